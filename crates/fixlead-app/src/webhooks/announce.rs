//! What an append puts into the outbox: a piece of work for each webhook that
//! is told of it, in the same commit.

use fixlead_core::access::{CaseStanding, CaseState};
use fixlead_core::case::EventKind;
use fixlead_core::desk::directory::Webhook;
use fixlead_core::desk::directory::webhook::{WebhookEvent, WebhookState};
use fixlead_core::desk::event::{DeskEvent, Entry, Happening, Reminder};
use fixlead_core::id::StreamId;
use fixlead_store::WorkChange;

use super::{Job, WEBHOOKS};
use crate::case::kept::Kept;
use crate::desk::{Desk, lock};
use crate::directory::Snapshot;

/// What an entry of a case's log is to those outside; nothing for what changes
/// nothing.
pub(super) fn told(entry: &Entry) -> Option<WebhookEvent> {
    let duty = |reminder: &Reminder| match reminder.due <= entry.at {
        true => WebhookEvent::DutyOverdue,
        false => WebhookEvent::DutyDueSoon,
    };
    Some(match &entry.event {
        Happening::Case(event) => match event.kind {
            EventKind::Released => WebhookEvent::CaseReleased,
            EventKind::CaseClosed => WebhookEvent::CaseClosed,
            _ => WebhookEvent::CaseUpdated,
        },
        Happening::Desk(event) => match &**event {
            DeskEvent::CaseOpened { .. } => WebhookEvent::ReportReceived,
            DeskEvent::DutyReminded(reminder) | DeskEvent::DutyEscalated(reminder) => duty(reminder),
            // Who read is nobody's business outside.
            DeskEvent::ReadRecorded { .. } => return None,
            _ => WebhookEvent::CaseUpdated,
        },
    })
}

fn is_duty(event: WebhookEvent) -> bool {
    matches!(event, WebhookEvent::DutyDueSoon | WebhookEvent::DutyOverdue)
}

/// As what an event is told of a case that stands so. Of a restricted one
/// nobody learns what happened, and of one under embargo not that there is a
/// release; that something did is told to those who want to hear it.
pub(super) fn shown(webhook: &Webhook, event: WebhookEvent, standing: &CaseStanding) -> Option<WebhookEvent> {
    let hidden = standing.restricted
        || (event == WebhookEvent::CaseReleased && standing.state == CaseState::Embargoed);
    let event = if hidden { WebhookEvent::CaseUpdated } else { event };
    if webhook.wants(event) {
        return Some(event);
    }
    let general = !is_duty(event) && webhook.wants(WebhookEvent::CaseUpdated);
    general.then_some(WebhookEvent::CaseUpdated)
}

/// What a webhook is told of entries that came together: each reminder, and
/// otherwise the particular things, or once that something happened.
fn together(told: &[(u64, WebhookEvent)]) -> Vec<(u64, WebhookEvent)> {
    let general = |event: WebhookEvent| event == WebhookEvent::CaseUpdated;
    let particular = told.iter().any(|(_, event)| !general(*event) && !is_duty(*event));
    let last = told.iter().rev().find(|(_, event)| general(*event)).filter(|_| !particular);
    told.iter().filter(|(_, event)| !general(*event)).chain(last).copied().collect()
}

impl Desk {
    /// The work that an entry of the directory brings, at this version of it.
    pub(crate) fn announced_itself(
        &self,
        snapshot: &Snapshot,
        event: WebhookEvent,
        version: u64,
    ) -> Vec<WorkChange> {
        let (now, stream) = (self.now(), StreamId::from(self.inner.installation));
        let listens = |webhook: &Webhook| {
            webhook.state == WebhookState::Active
                && webhook.wants(event)
                && self.keeper_may_check(snapshot, webhook)
        };
        let hooks = snapshot.directory.webhooks.iter().filter(|(_, webhook)| listens(webhook));
        hooks
            .map(|(id, _)| {
                let job = Job { webhook: *id, event, version, made: now.millis() };
                WorkChange::Put { id: job.id(stream), lane: WEBHOOKS, due: now, body: job.body() }
            })
            .collect()
    }

    /// The work that the entries of a case after a version bring.
    pub(crate) fn announced(&self, after: &Kept, version: u64) -> Vec<WorkChange> {
        let snapshot = std::sync::Arc::clone(&lock(&self.inner.directory));
        let directory = &snapshot.directory;
        let Some(standing) = after.file.standing() else { return Vec::new() };
        if directory.webhooks.is_empty() {
            return Vec::new();
        }
        let entries = (1_u64..).zip(&after.entries).filter(|(place, _)| *place > version);
        let told: Vec<(u64, WebhookEvent)> =
            entries.filter_map(|(place, entry)| Some((place, told(entry)?))).collect();
        let (now, stream) = (self.now(), StreamId::from(standing.case));
        let mut work = Vec::new();
        for (id, webhook) in &directory.webhooks {
            let listens = webhook.state == WebhookState::Active
                && webhook.reaches(directory, standing.project)
                && self.keeper_may_keep(&snapshot, *id)
                && self.keeper_may_know(&snapshot, webhook, &after.file, &standing);
            if !listens {
                continue;
            }
            let theirs: Vec<(u64, WebhookEvent)> = told
                .iter()
                .filter_map(|(place, event)| Some((*place, shown(webhook, *event, &standing)?)))
                .collect();
            for (version, event) in together(&theirs) {
                let job = Job { webhook: *id, event, version, made: now.millis() };
                let (id, body) = (job.id(stream), job.body());
                work.push(WorkChange::Put { id, lane: WEBHOOKS, due: now, body });
            }
        }
        work
    }
}
