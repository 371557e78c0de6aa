//! Webhooks: addresses outside that are told what happens, as far as whoever
//! keeps them may know of it.
//!
//! Here stand what may be done with one and what its log adds up to. What is
//! sent, and how, is the application's. A secret never stands here, only the
//! hash by which the right one is known.

use std::collections::BTreeMap;

use super::command::{DirectoryCommand, unknown, wrong};
use super::event::{DirectoryEntry, DirectoryEvent, Reach};
use super::state::{Directory, author};
use crate::access::{Action, Within};
use crate::case::event::vocabulary;
use crate::desk::command::{Refused, Thing, Wrong};
use crate::desk::wire::{Line, Sha256};
use crate::id::{PersonId, ProjectId, WebhookId};
use crate::time::{Instant, Span};

/// The most webhooks of an installation, so that one thing that happens is
/// not told a thousand times.
pub const MOST_WEBHOOKS: usize = 100;
/// The longest that a secret goes on signing beside its successor.
pub const MOST_OVERLAP: Span = Span::hours(24 * 7);

vocabulary! {
    /// What a webhook can be told of.
    WebhookEvent {
        ReportReceived = "report.received",
        CaseUpdated = "case.updated",
        CaseReleased = "case.released",
        CaseClosed = "case.closed",
        DutyDueSoon = "duty.due-soon",
        DutyOverdue = "duty.overdue",
        ReadingStopped = "reading.stopped",
        WebhookTest = "webhook.test",
    }
}

impl WebhookEvent {
    /// What webhooks are told when something is done with the directory;
    /// nothing for most of it.
    pub const fn of_directory(command: &DirectoryCommand) -> Option<WebhookEvent> {
        match command {
            DirectoryCommand::StopReading { .. } => Some(WebhookEvent::ReadingStopped),
            _ => None,
        }
    }
}

vocabulary! {
    /// Why the desk itself stopped calling a webhook.
    WebhookEnd {
        Failing = "failing",
        Gone = "gone",
        Keeper = "keeper",
    }
}

/// Whether a webhook is called.
#[derive(Clone, Debug, PartialEq)]
pub enum WebhookState {
    /// It is.
    Active,
    /// Somebody stopped it for a while.
    Paused {
        /// Why.
        reason: Line,
    },
    /// The desk stopped it, until somebody has it go on.
    Disabled {
        /// Why.
        why: WebhookEnd,
    },
}

/// A webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Whose events it is told of.
    pub reach: Reach,
    /// Where it is.
    pub url: Line,
    /// What it is told of.
    pub events: Vec<WebhookEvent>,
    /// Whoever decided last what it is told, and where: it learns of a case
    /// only what they may know.
    pub keeper: Option<PersonId>,
    /// Hashes of the secrets that sign, the newest first; each older one until
    /// its instant.
    pub secrets: Vec<(Sha256, Option<Instant>)>,
    /// Whether it is called.
    pub state: WebhookState,
    /// Since when it is so.
    pub since: Instant,
    /// When it was added.
    pub added: Instant,
}

impl Webhook {
    /// Whether it is told of an event. A test always is.
    pub fn wants(&self, event: WebhookEvent) -> bool {
        event == WebhookEvent::WebhookTest || self.events.contains(&event)
    }

    /// Whether the cases of a project are in its reach.
    pub fn reaches(&self, directory: &Directory, project: ProjectId) -> bool {
        match self.reach {
            Reach::Installation => true,
            Reach::Project(own) => own == project,
            Reach::Organisation(own) => {
                directory.projects.get(&project).is_some_and(|record| record.organisation == own)
            }
        }
    }

    /// The secrets that sign at an instant, the newest first.
    pub fn signs(&self, now: Instant) -> impl Iterator<Item = &Sha256> {
        let counts = move |until: &Option<Instant>| until.is_none_or(|until| now < until);
        self.secrets.iter().filter(move |(_, until)| counts(until)).map(|(secret, _)| secret)
    }
}

/// Something to do with a webhook.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are those of the events they become")]
pub enum WebhookCommand {
    Add {
        webhook: WebhookId,
        reach: Reach,
        url: Line,
        events: Vec<WebhookEvent>,
        secret: Sha256,
    },
    Change {
        webhook: WebhookId,
        url: Line,
        events: Vec<WebhookEvent>,
    },
    Rotate {
        webhook: WebhookId,
        secret: Sha256,
        until: Instant,
    },
    Pause {
        webhook: WebhookId,
        reason: Line,
    },
    /// Have it go on, and be the one who keeps it.
    Resume {
        webhook: WebhookId,
    },
    Disable {
        webhook: WebhookId,
        why: WebhookEnd,
    },
    Remove {
        webhook: WebhookId,
        reason: Line,
    },
}

impl Directory {
    /// A webhook, and the part of the directory it belongs to.
    pub fn webhook(&self, webhook: WebhookId) -> Result<(&Webhook, Within), Refused> {
        match self.webhooks.get(&webhook) {
            Some(known) => Ok((known, self.within_reach(known.reach.scope())?)),
            None => unknown(Thing::Webhook, webhook),
        }
    }
}

impl WebhookCommand {
    /// What a permit for it has to allow, and where.
    pub(super) fn needs(&self, directory: &Directory) -> Result<(Action, Within), Refused> {
        use WebhookCommand as C;
        let (action, webhook) = match self {
            C::Add { reach, .. } => {
                return Ok((Action::WebhooksManage, directory.within_reach(reach.scope())?));
            }
            C::Change { webhook, .. } | C::Rotate { webhook, .. } | C::Resume { webhook } => {
                (Action::WebhooksManage, webhook)
            }
            C::Pause { webhook, .. } | C::Disable { webhook, .. } | C::Remove { webhook, .. } => {
                (Action::WebhooksRun, webhook)
            }
        };
        Ok((action, directory.webhook(*webhook)?.1))
    }

    /// What it leads to.
    pub(super) fn decide(self, directory: &Directory, now: Instant) -> Result<DirectoryEvent, Refused> {
        use DirectoryEvent as E;
        use WebhookCommand as C;
        let known = |webhook: WebhookId| directory.webhook(webhook).map(|(known, _)| known);
        Ok(match self {
            C::Add { webhook, .. } if directory.webhooks.contains_key(&webhook) => {
                return wrong(Wrong::Repeated);
            }
            C::Add { .. } if directory.webhooks.len() >= MOST_WEBHOOKS => return wrong(Wrong::TooMany),
            C::Add { reach: Reach::Project(id), .. } if !directory.projects.contains_key(&id) => {
                return unknown(Thing::Project, id);
            }
            C::Add { webhook, reach, url, events, secret } => {
                E::WebhookAdded { webhook, reach, url, events: once(events), secret }
            }
            C::Change { webhook, url, events } => {
                let events = once(events);
                let old = known(webhook)?;
                if old.url == url && old.events == events {
                    return wrong(Wrong::Unchanged);
                }
                E::WebhookChanged { webhook, url, events }
            }
            C::Rotate { until, .. } if until < now || now + MOST_OVERLAP < until => {
                return wrong(Wrong::Ended);
            }
            C::Rotate { webhook, secret, until } => E::WebhookSecret { webhook, secret, until },
            C::Pause { webhook, .. } if !matches!(known(webhook)?.state, WebhookState::Active) => {
                return wrong(Wrong::Unchanged);
            }
            C::Pause { webhook, reason } => E::WebhookPaused { webhook, reason },
            C::Resume { webhook } if matches!(known(webhook)?.state, WebhookState::Active) => {
                return wrong(Wrong::Unchanged);
            }
            C::Resume { webhook } => E::WebhookResumed { webhook },
            C::Disable { webhook, .. } if !matches!(known(webhook)?.state, WebhookState::Active) => {
                return wrong(Wrong::Unchanged);
            }
            C::Disable { webhook, why } => E::WebhookDisabled { webhook, why },
            C::Remove { webhook, reason } => {
                known(webhook)?;
                E::WebhookRemoved { webhook, reason }
            }
        })
    }
}

/// Each event once, in their order; a test needs no asking.
fn once(mut events: Vec<WebhookEvent>) -> Vec<WebhookEvent> {
    events.sort_unstable();
    events.dedup();
    events.retain(|event| *event != WebhookEvent::WebhookTest);
    events
}

/// Adds an entry of the log.
pub(super) fn apply(webhooks: &mut BTreeMap<WebhookId, Webhook>, entry: &DirectoryEntry) {
    use DirectoryEvent as E;
    let (at, by) = (entry.at, author(entry.by));
    let state = |webhooks: &mut BTreeMap<WebhookId, Webhook>, webhook: &WebhookId, state| {
        if let Some(known) = webhooks.get_mut(webhook) {
            (known.state, known.since) = (state, at);
        }
    };
    match &entry.event {
        E::WebhookAdded { webhook, reach, url, events, secret } => {
            webhooks.entry(*webhook).or_insert_with(|| Webhook {
                reach: *reach,
                url: url.clone(),
                events: events.clone(),
                keeper: by,
                secrets: vec![(secret.clone(), None)],
                state: WebhookState::Active,
                since: at,
                added: at,
            });
        }
        E::WebhookChanged { webhook, url, events } => {
            if let Some(known) = webhooks.get_mut(webhook) {
                known.url.clone_from(url);
                known.events.clone_from(events);
                known.keeper = by;
            }
        }
        E::WebhookSecret { webhook, secret, until } => {
            if let Some(known) = webhooks.get_mut(webhook) {
                // Two at most: who rotates again in a hurry means the oldest.
                known.secrets.truncate(1);
                for old in &mut known.secrets {
                    old.1 = Some(*until);
                }
                known.secrets.insert(0, (secret.clone(), None));
                known.keeper = by;
            }
        }
        E::WebhookPaused { webhook, reason } => {
            state(webhooks, webhook, WebhookState::Paused { reason: reason.clone() });
        }
        E::WebhookResumed { webhook } => {
            state(webhooks, webhook, WebhookState::Active);
            if let Some(known) = webhooks.get_mut(webhook) {
                known.keeper = by;
            }
        }
        E::WebhookDisabled { webhook, why } => {
            state(webhooks, webhook, WebhookState::Disabled { why: *why });
        }
        E::WebhookRemoved { webhook, .. } => {
            webhooks.remove(webhook);
        }
        _ => {}
    }
}
