//! What is kept of each message: when it was tried, and what came of it. What
//! nobody knows stands there as unknown.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `webhook-secret` | the webhook, the secret's hash | the secret |
//! | `webhook-sent/` and the webhook | the message | [`Delivery`] |
//! | `webhook-health` | the webhook | [`Health`] |

use fixlead_core::desk::directory::webhook::WebhookEvent;
use fixlead_core::desk::wire::Sha256;
use fixlead_core::id::{CaseId, WebhookId, WorkId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::RecordChange;
use serde::{Deserialize, Serialize};

use super::courier::Sent;
use super::sign::Key;
use crate::accounts::kept::{self, Found};
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// How long it is kept what became of a message.
const KEPT: Span = Span::hours(24 * 30);
/// The most attempts that are kept of a message; the first ones go.
const MOST_ATTEMPTS: usize = 25;

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// It is tried again.
    Waiting,
    /// Somebody said that it came.
    Delivered,
    /// It is not tried any more.
    Failed,
    /// It was not to be sent any more when its turn came.
    Withheld,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Somebody said that it came.
    Delivered,
    /// Somebody answered with a status that says it did not.
    Rejected,
    /// It was sent, or was about to be, and nobody knows whether it came.
    Unknown,
    /// Nobody was there.
    Unreachable,
    /// Whoever was there could not show that it is them.
    Untrusted,
    /// The name stands for nothing.
    Unresolved,
    /// The address is not one that may be called.
    Forbidden,
    /// It was not sent: it may not be any more.
    Withheld,
}

impl Outcome {
    /// Every one.
    pub const ALL: [Outcome; 8] = [
        Outcome::Delivered,
        Outcome::Rejected,
        Outcome::Unknown,
        Outcome::Unreachable,
        Outcome::Untrusted,
        Outcome::Unresolved,
        Outcome::Forbidden,
        Outcome::Withheld,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Delivered => "delivered",
            Outcome::Rejected => "rejected",
            Outcome::Unknown => "unknown",
            Outcome::Unreachable => "unreachable",
            Outcome::Untrusted => "untrusted",
            Outcome::Unresolved => "unresolved",
            Outcome::Forbidden => "forbidden",
            Outcome::Withheld => "withheld",
        }
    }

    pub(super) fn of(sent: Sent) -> Outcome {
        match sent {
            Sent::Answered { status: 200..=299, .. } => Outcome::Delivered,
            Sent::Answered { .. } => Outcome::Rejected,
            Sent::Unknown => Outcome::Unknown,
            Sent::Unreachable => Outcome::Unreachable,
            Sent::Untrusted => Outcome::Untrusted,
            Sent::Unresolved => Outcome::Unresolved,
            Sent::Forbidden => Outcome::Forbidden,
        }
    }
}

/// An attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// The status of the answer, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub took: Option<i64>,
}

/// What is kept of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which.
    pub message: WorkId,
    /// What it tells of.
    pub event: WebhookEvent,
    /// The case it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The entry of its log.
    pub version: u64,
    /// When that was recorded, in milliseconds since 1970.
    pub made: i64,
    /// Where it stands.
    pub stage: Stage,
    /// When it is tried next, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
    /// How often it was tried since somebody last asked for it.
    pub tries: u32,
    /// The attempts, the first one first.
    pub attempts: Vec<Attempt>,
}

impl Delivery {
    pub(super) fn begin(&mut self, now: Instant) {
        self.tries += 1;
        self.stage = Stage::Waiting;
        self.next = None;
        if self.attempts.len() >= MOST_ATTEMPTS {
            self.attempts.remove(0);
        }
        // Until something is known, that is what is known.
        let attempt = Attempt { at: now.millis(), outcome: Outcome::Unknown, status: None, took: None };
        self.attempts.push(attempt);
    }

    pub(super) fn end(&mut self, outcome: Outcome, status: Option<u16>, now: Instant) {
        if let Some(last) = self.attempts.last_mut() {
            last.outcome = outcome;
            last.status = status;
            last.took = Some(now.millis() - last.at);
        }
    }
}

/// How a webhook has been lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// When something was last delivered, to the hour, in milliseconds.
    pub delivered: Option<i64>,
    /// Since when nothing is, in milliseconds.
    pub failing: Option<i64>,
}

fn sent_kind(webhook: WebhookId) -> String {
    format!("webhook-sent/{webhook}")
}

const SECRET: &str = "webhook-secret";
const HEALTH: &str = "webhook-health";

fn secret_key(webhook: WebhookId, hash: &Sha256) -> Vec<u8> {
    [&webhook.bytes()[..], hash.as_bytes()].concat()
}

impl Desk {
    pub(super) async fn delivery(
        &self,
        webhook: WebhookId,
        message: WorkId,
    ) -> Result<Option<Found<Delivery>>> {
        kept::get(&self.inner.store, &sent_kind(webhook), &message.bytes()).await
    }

    /// The change that writes it over the version that was read.
    pub(super) fn keep_delivery(
        &self,
        webhook: WebhookId,
        delivery: &Delivery,
        expected: u64,
    ) -> Result<RecordChange> {
        let value = serde_json::to_vec(delivery).map_err(|_| Problem::Unavailable { retry_after: 60 })?;
        Ok(RecordChange {
            kind: sent_kind(webhook),
            key: delivery.message.bytes().to_vec(),
            expected,
            value: Some(value),
            expires: Some(self.now() + KEPT),
        })
    }

    pub(super) async fn deliveries_of(&self, webhook: WebhookId) -> Result<Vec<Delivery>> {
        let records = self.inner.store.records(&sent_kind(webhook)).await?;
        let read = |value: &[u8]| serde_json::from_slice::<Delivery>(value).ok();
        Ok(records.iter().filter_map(|record| read(&record.value)).collect())
    }

    pub(super) async fn health(&self, webhook: WebhookId) -> Result<Health> {
        let found = kept::get::<Health>(&self.inner.store, HEALTH, &webhook.bytes()).await?;
        Ok(found.map(|found| found.value).unwrap_or_default())
    }

    /// Notes how it went. That it goes well is written once an hour.
    pub(super) async fn note_health(&self, webhook: WebhookId, delivered: bool) -> Result<Health> {
        let now = self.now().millis();
        let known = self.health(webhook).await?;
        let recent = known.delivered.is_some_and(|last| now - last < Span::hours(1).millis());
        let mut health = known.clone();
        if delivered {
            health.failing = None;
            health.delivered = if recent { known.delivered } else { Some(now) };
        } else {
            health.failing = known.failing.or(Some(now));
        }
        if health != known {
            let write = health.clone();
            kept::update::<Health>(&self.inner.store, HEALTH, &webhook.bytes(), |kept| {
                kept.clone_from(&write);
            })
            .await?;
        }
        Ok(health)
    }

    /// A secret with the hash that the directory names.
    pub(super) async fn secret(&self, webhook: WebhookId, hash: &Sha256) -> Result<Option<(u64, Key)>> {
        let found = self.inner.store.record(SECRET, &secret_key(webhook, hash)).await?;
        let Some(found) = found else { return Ok(None) };
        // A record can be put back or exchanged by whoever writes to the
        // database; the hash stands in the log.
        let key = Key::read(&found.value).filter(|key| key.hash().as_ref() == Some(hash));
        Ok(key.map(|key| (found.version, key)))
    }

    /// The change that keeps a secret, until an instant if one is given.
    pub(super) fn keep_secret(
        webhook: WebhookId,
        hash: &Sha256,
        key: Option<&Key>,
        expected: u64,
        expires: Option<Instant>,
    ) -> RecordChange {
        RecordChange {
            kind: SECRET.to_owned(),
            key: secret_key(webhook, hash),
            expected,
            value: key.map(|key| key.bytes().to_vec()),
            expires,
        }
    }
}
