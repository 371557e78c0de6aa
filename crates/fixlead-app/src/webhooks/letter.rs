//! What is sent, decided at the moment of sending: what was allowed when it
//! happened may not be any more.

use fixlead_core::access::CaseState;
use fixlead_core::desk::directory::DirectoryEvent;
use fixlead_core::desk::directory::webhook::{Webhook, WebhookEvent, WebhookState};
use fixlead_core::desk::event::{DeskEvent, Entry, Happening, Reminder};
use fixlead_core::id::{CaseId, StreamId, StreamKind};
use serde_json::{Value, json};

use super::{Job, announce, instant};
use crate::case::kept::Kept;
use crate::case::read::kind;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};

/// Why something is not sent, though it was to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// There is no such webhook any more, or no such case.
    Gone,
    /// Somebody paused it, or the desk stopped calling it.
    Stopped,
    /// Whoever keeps it may not any more.
    Keeper,
    /// They may not know of the case.
    Unknowable,
    /// It does not want to hear as little as can be told now.
    Unwanted,
}

/// A body that may be sent.
pub(super) struct Body {
    pub event: WebhookEvent,
    pub json: Value,
}

impl Desk {
    /// What may be sent now of what was to be sent.
    pub(super) async fn body(
        &self,
        snapshot: &Snapshot,
        job: &Job,
        stream: StreamId,
    ) -> Result<std::result::Result<Body, Withheld>> {
        let Some(webhook) = snapshot.directory.webhooks.get(&job.webhook) else {
            return Ok(Err(Withheld::Gone));
        };
        if webhook.state != WebhookState::Active {
            return Ok(Err(Withheld::Stopped));
        }
        if !self.keeper_may_keep(snapshot, job.webhook) {
            return Ok(Err(Withheld::Keeper));
        }
        if stream.kind() != StreamKind::Case {
            return self.of_directory(snapshot, webhook, job).await;
        }
        let kept = match self.kept(CaseId::from_bytes(stream.bytes())).await {
            Ok(kept) => kept,
            Err(Problem::NotFound) => return Ok(Err(Withheld::Gone)),
            Err(problem) => return Err(problem),
        };
        let place = usize::try_from(job.version).unwrap_or_default().wrapping_sub(1);
        let (Some(standing), Some(entry)) = (kept.file.standing(), kept.entries.get(place)) else {
            return Ok(Err(Withheld::Gone));
        };
        if !webhook.reaches(&snapshot.directory, standing.project)
            || !self.keeper_may_know(snapshot, webhook, &kept.file, &standing)
        {
            return Ok(Err(Withheld::Unknowable));
        }
        let Some(event) = announce::shown(webhook, job.event, &standing) else {
            return Ok(Err(Withheld::Unwanted));
        };
        let data = if standing.restricted {
            json!({ "case": standing.case })
        } else {
            let mut data =
                json!({ "project": standing.project, "case": standing.case, "version": job.version });
            if standing.state == CaseState::Public && event == WebhookEvent::CaseUpdated {
                data["what"] = json!(kind(&entry.event));
            }
            if let Some((reminder, escalated)) = reminder(entry) {
                self.duty(&kept, reminder, escalated, &mut data).await?;
            }
            data
        };
        Ok(Ok(Body { event, json: envelope(event, entry.at.millis(), data) }))
    }

    /// What is told of the directory: by ids, and to those alone who may check
    /// its log.
    async fn of_directory(
        &self,
        snapshot: &Snapshot,
        webhook: &Webhook,
        job: &Job,
    ) -> Result<std::result::Result<Body, Withheld>> {
        let tell = |data: Value| Ok(Ok(Body { event: job.event, json: envelope(job.event, job.made, data) }));
        if job.event == WebhookEvent::WebhookTest {
            return tell(json!({ "webhook": job.webhook }));
        }
        if !webhook.wants(job.event) {
            return Ok(Err(Withheld::Unwanted));
        }
        if !self.keeper_may_check(snapshot, webhook) {
            return Ok(Err(Withheld::Unknowable));
        }
        match self.directory_entry(job.version).await?.map(|entry| entry.event) {
            Some(DirectoryEvent::ReadingStopped { person, cases, until }) => {
                tell(json!({ "person": person, "cases": cases, "until": until }))
            }
            _ => Ok(Err(Withheld::Gone)),
        }
    }

    /// The duty that somebody is reminded of, by its ids.
    async fn duty(&self, kept: &Kept, reminder: &Reminder, escalated: bool, data: &mut Value) -> Result<()> {
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let rule = policy.duties.iter().find(|rule| *rule.heading.id == *reminder.duty);
        let clauses: Vec<&str> = rule
            .map(|rule| rule.heading.clauses.iter().map(|clause| policy.clause(*clause)).collect())
            .unwrap_or_default();
        data["duty"] = json!(reminder.duty);
        data["clauses"] = json!(clauses);
        data["due"] = json!(reminder.due);
        data["told"] = json!(reminder.to);
        data["escalated"] = json!(escalated);
        Ok(())
    }
}

fn reminder(entry: &Entry) -> Option<(&Reminder, bool)> {
    let Happening::Desk(event) = &entry.event else { return None };
    match &**event {
        DeskEvent::DutyReminded(reminder) => Some((reminder, false)),
        DeskEvent::DutyEscalated(reminder) => Some((reminder, true)),
        _ => None,
    }
}

fn envelope(event: WebhookEvent, at: i64, data: Value) -> Value {
    json!({ "type": event.name(), "timestamp": instant(at), "data": data })
}
