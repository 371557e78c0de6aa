//! Sending what is in the outbox.
//!
//! Any number of nodes may ask; a piece of work is leased to one of them. Before
//! a message is sent it is written down that it will be, and afterwards what
//! came of it, together with the end of the work. A node that dies in between
//! leaves an attempt of which nobody knows whether it arrived; the next one says
//! so and sends it again under the same id: at least once, and never twice
//! where it could be known.

use std::collections::BTreeMap;
use std::sync::Arc;

use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::webhook::{WebhookCommand, WebhookEnd};
use fixlead_core::id::{CaseId, StreamKind, WebhookId, WorkId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::{Again, Work};
use tokio::task::JoinSet;

use super::address::Address;
use super::courier::{Courier, Letter, Sent};
use super::evidence::{Delivery, Outcome, Stage};
use super::letter::Withheld;
use super::sign::{self, Key};
use super::{Job, WEBHOOKS, message_name};
use crate::desk::{Desk, lock};
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};

/// The longest that a courier takes.
pub const PATIENCE: Span = Span::from_millis(20_000);
/// How long a node has for what it claimed.
const LEASE: Span = Span::minutes(3);
/// Most messages that are claimed at once.
const MOST: usize = 32;
/// How long the others of a webhook wait when one was not answered.
const PAUSE: Span = Span::from_millis(30_000);
/// How long one webhook has in a round, so that the others get their turn; what
/// is under way goes on.
const SHARE: Span = Span::from_millis(5_000);
/// How soon is tried again what this desk itself could not do.
const AGAIN: Span = Span::minutes(1);
/// The longest that somebody can ask us to wait.
const MOST_WAIT: Span = Span::hours(24);

/// How long after each attempt the next one is: three days and three hours in
/// all, as Standard Webhooks proposes.
pub const RETRIES: [Span; 9] = [
    Span::from_millis(5_000),
    Span::minutes(5),
    Span::minutes(30),
    Span::hours(2),
    Span::hours(5),
    Span::hours(10),
    Span::hours(14),
    Span::hours(20),
    Span::hours(24),
];

/// What became of one message in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// The webhook.
    pub webhook: WebhookId,
    /// The message.
    pub message: WorkId,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether it is tried again.
    pub again: bool,
}

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// The messages that were looked at.
    pub done: Vec<Done>,
    /// Webhooks that are not called any more, and why.
    pub disabled: Vec<(WebhookId, WebhookEnd)>,
    /// How many this desk could not do; they are tried again.
    pub failed: usize,
    /// Whether there may be more.
    pub more: bool,
}

impl Desk {
    /// Sends what is to be sent now, once. Webhooks do not wait for each other
    /// within a round, and what is for one of them goes one after the other.
    pub async fn deliver(&self, courier: &Arc<dyn Courier>) -> Result<Sending> {
        let works = self.inner.store.claim(WEBHOOKS, self.now(), LEASE, MOST).await?;
        let mut sending = Sending { more: works.len() == MOST, ..Sending::default() };
        let mut groups: BTreeMap<WebhookId, Vec<(Job, Work)>> = BTreeMap::new();
        for work in works {
            match serde_json::from_slice::<Job>(&work.body) {
                Ok(job) => groups.entry(job.webhook).or_default().push((job, work)),
                // Of another version of this desk, and of no use to this one.
                Err(_) => {
                    sending.failed += 1;
                    self.inner.store.release(work.lease, Again::Held).await?;
                }
            }
        }
        let mut running = JoinSet::new();
        for (webhook, group) in groups {
            let alone = lock(&self.inner.silent).get(&webhook).copied().filter(|until| self.now() < *until);
            if let Some(until) = alone {
                for (_, work) in group {
                    self.inner.store.release(work.lease, Again::At(until)).await?;
                }
                continue;
            }
            let (desk, courier) = (self.clone(), Arc::clone(courier));
            running.spawn(async move { desk.deliver_to_one(&*courier, group).await });
        }
        while let Some(ended) = running.join_next().await {
            let Ok(theirs) = ended else { continue };
            sending.done.extend(theirs.done);
            sending.disabled.extend(theirs.disabled);
            sending.failed += theirs.failed;
        }
        Ok(sending)
    }

    async fn deliver_to_one(&self, courier: &dyn Courier, group: Vec<(Job, Work)>) -> Sending {
        let mut sending = Sending::default();
        let (mut silent, began) = (false, self.now());
        for (job, work) in group {
            let lease = work.lease;
            // Whoever was not answered does not knock a hundred times, and who
            // has no time left lets another.
            let late = lease.until < self.now() + PATIENCE + Span::from_millis(10_000);
            if silent || late || began + SHARE < self.now() {
                let wait = if silent { PAUSE } else { Span::ZERO };
                let _ = self.inner.store.release(lease, Again::At(self.now() + wait)).await;
                continue;
            }
            match self.deliver_one(courier, &job, &work, &mut sending).await {
                Ok(Some(done)) => {
                    let spoke = [Outcome::Delivered, Outcome::Rejected, Outcome::Withheld];
                    silent = !spoke.contains(&done.outcome);
                    let mut all = lock(&self.inner.silent);
                    if silent {
                        all.insert(job.webhook, self.now() + PAUSE);
                    } else {
                        all.remove(&job.webhook);
                    }
                    drop(all);
                    sending.done.push(done);
                }
                // Somebody else has it.
                Ok(None) => {}
                Err(_) => {
                    sending.failed += 1;
                    // If this fails too, the lease runs out by itself.
                    let _ = self.inner.store.release(lease, Again::At(self.now() + AGAIN)).await;
                }
            }
        }
        sending
    }

    async fn deliver_one(
        &self,
        courier: &dyn Courier,
        job: &Job,
        work: &Work,
        sending: &mut Sending,
    ) -> Result<Option<Done>> {
        let (webhook, message) = (job.webhook, work.lease.work);
        let snapshot = self.directory().await?;
        let case = (work.stream.kind() == StreamKind::Case).then(|| CaseId::from_bytes(work.stream.bytes()));
        let found = self.delivery(webhook, message).await?;
        let (version, mut delivery) = match found {
            Some(found) => (found.version, found.value),
            None => (0, new_delivery(job, message, case)),
        };
        let body = match self.body(&snapshot, job, work.stream).await? {
            Ok(body) => body,
            Err(withheld) => {
                if withheld == Withheld::Keeper {
                    self.disable(webhook, WebhookEnd::Keeper, sending).await;
                }
                // A webhook that is gone keeps no evidence, and neither does a
                // case that is.
                let mut records = Vec::new();
                if withheld != Withheld::Gone {
                    delivery.begin(self.now());
                    delivery.end(Outcome::Withheld, None, self.now());
                    (delivery.stage, delivery.next) = (Stage::Withheld, None);
                    records.push(self.keep_delivery(webhook, &delivery, version)?);
                }
                let finished = self.inner.store.finish_with(work.lease, records).await?;
                let done = Done { webhook, message, outcome: Outcome::Withheld, again: false };
                return Ok(finished.then_some(done));
            }
        };
        let letter = self.letter(&snapshot, webhook, message, &body.json).await?;
        delivery.event = body.event;
        delivery.begin(self.now());
        let first = self.keep_delivery(webhook, &delivery, version)?;
        // Whoever wrote in between has the work; nothing is sent.
        let Ok(version) = self.inner.store.put_record(first).await? else { return Ok(None) };
        let sent = match letter {
            Some(letter) => courier.bring(letter).await,
            None => Sent::Forbidden,
        };
        let outcome = Outcome::of(sent);
        let status = match sent {
            Sent::Answered { status, .. } => Some(status),
            _ => None,
        };
        delivery.end(outcome, status, self.now());
        let again = match (outcome, status) {
            (Outcome::Delivered, _) => None,
            // Whoever answers so wants to hear nothing any more.
            (_, Some(410)) => None,
            _ => self.next(&delivery, sent),
        };
        delivery.next = again.map(Instant::millis);
        delivery.stage = match (outcome, again) {
            (Outcome::Delivered, _) => Stage::Delivered,
            (_, Some(_)) => Stage::Waiting,
            (_, None) => Stage::Failed,
        };
        let record = self.keep_delivery(webhook, &delivery, version)?;
        match again {
            // When this is not written, the lease runs out, and what was
            // written before says that nobody knows.
            None => drop(self.inner.store.finish_with(work.lease, vec![record]).await?),
            Some(at) => {
                let _ = self.inner.store.put_record(record).await?;
                self.inner.store.release(work.lease, Again::At(at)).await?;
            }
        }
        let health = self.note_health(webhook, outcome == Outcome::Delivered).await?;
        if status == Some(410) {
            self.disable(webhook, WebhookEnd::Gone, sending).await;
        } else if delivery.stage == Stage::Failed {
            let begun = delivery.attempts.iter().rev().take(delivery.tries as usize).next_back();
            // Nothing came through in all the time that this was tried.
            if health.failing.zip(begun).is_some_and(|(failing, begun)| failing <= begun.at + PAUSE.millis())
            {
                self.disable(webhook, WebhookEnd::Failing, sending).await;
            }
        }
        Ok(Some(Done { webhook, message, outcome, again: again.is_some() }))
    }

    /// When it is tried next, if it is: later each time, and never all at one
    /// instant.
    fn next(&self, delivery: &Delivery, sent: Sent) -> Option<Instant> {
        let tried = usize::try_from(delivery.tries).unwrap_or(usize::MAX);
        let wait = RETRIES.get(tried.saturating_sub(1))?.millis();
        let wished = match sent {
            Sent::Answered { retry_after: Some(seconds), .. } => i64::from(seconds) * 1000,
            _ => 0,
        };
        let wait = wait.max(wished.min(MOST_WAIT.millis()));
        let [chance] = self.draw::<1>();
        // Up to a tenth more.
        let wait = wait + wait * i64::from(chance) / 2560;
        Some(Instant::from_millis(self.now().millis() + wait))
    }

    /// The letter with its signatures; nothing where it may not be sent.
    async fn letter(
        &self,
        snapshot: &Snapshot,
        webhook: WebhookId,
        message: WorkId,
        json: &serde_json::Value,
    ) -> Result<Option<Letter>> {
        let Some(known) = snapshot.directory.webhooks.get(&webhook) else { return Ok(None) };
        let Ok(address) = Address::parse(&known.url) else { return Ok(None) };
        if address.refusal(self.inner.settings.webhooks_inside).is_some() {
            return Ok(None);
        }
        let now = self.now();
        let mut keys: Vec<Key> = Vec::new();
        for hash in known.signs(now) {
            keys.extend(self.secret(webhook, hash).await?.map(|(_, key)| key));
        }
        if keys.is_empty() {
            // Without its secret a message proves nothing; nobody should get
            // used to such ones.
            return Err(Problem::Unavailable { retry_after: 60 });
        }
        let id = message_name(message);
        let timestamp = now.millis().div_euclid(1000);
        let body = serde_json::to_vec(json).map_err(|_| Problem::Unavailable { retry_after: 60 })?;
        let signature = sign::signatures(&keys, &id, timestamp, &body);
        Ok(Some(Letter { address, id, timestamp, signature, body }))
    }

    /// Calls a webhook no more, until somebody has it go on.
    async fn disable(&self, webhook: WebhookId, why: WebhookEnd, sending: &mut Sending) {
        let command = DirectoryCommand::Webhook(WebhookCommand::Disable { webhook, why });
        // Another node may have done it, or somebody removed it.
        if self.direct_itself(command).await.is_ok() {
            sending.disabled.push((webhook, why));
        }
    }
}

fn new_delivery(job: &Job, message: WorkId, case: Option<CaseId>) -> Delivery {
    Delivery {
        message,
        event: job.event,
        case,
        version: job.version,
        made: job.made,
        stage: Stage::Waiting,
        next: None,
        tries: 0,
        attempts: Vec::new(),
    }
}
