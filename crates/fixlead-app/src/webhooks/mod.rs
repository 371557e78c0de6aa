//! Webhooks: telling addresses outside what happens, without telling what it
//! is about.
//!
//! - [`manage`]: setting them up, and seeing what became of what was sent.
//! - `announce`: what an append puts into the outbox, in the same commit.
//! - `letter`: what is sent, decided at the moment of sending.
//! - [`deliver`]: sending, again and again for three days, and what is kept as
//!   evidence of it ([`evidence`]).
//! - [`courier`]: the port behind which somebody really calls. [`address`]:
//!   where they may. [`sign`]: by what the receiver knows that it was us.
//!
//! Headers, signature and envelope are those of Standard Webhooks
//! (<https://www.standardwebhooks.com>). Which webhooks there are stands in the
//! directory; of their secrets only hashes do. The secrets are sealed records,
//! and one that does not have the hash signs nothing.

pub mod address;
mod announce;
pub mod courier;
pub mod deliver;
pub mod evidence;
mod letter;
pub mod manage;
pub mod sign;

use fixlead_core::access::{self, Action, Actor, CaseStanding, Grant, Presence, Standing, Target, Within};
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::directory::Webhook;
use fixlead_core::desk::directory::webhook::WebhookEvent;
use fixlead_core::id::{StreamId, WebhookId, WorkId};
use fixlead_core::time::Instant;
use fixlead_store::Lane;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::directory::Snapshot;

/// The lane of what is to be sent.
pub const WEBHOOKS: Lane = Lane(2);

/// Something to be sent, as it stands in the outbox: what happened is in the
/// log that it belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Job {
    pub webhook: WebhookId,
    pub event: WebhookEvent,
    /// The entry of the log that it tells of.
    pub version: u64,
    /// When that was recorded, in milliseconds.
    pub made: i64,
}

impl Job {
    /// The id of the message: the same whoever works it out, so that what is
    /// put twice stands once.
    pub fn id(&self, stream: StreamId) -> WorkId {
        let mut hasher = Sha256::new();
        hasher.update(b"fixlead webhook message\0");
        hasher.update(self.webhook.bytes());
        hasher.update(stream.to_string().as_bytes());
        hasher.update(self.version.to_be_bytes());
        hasher.update(self.event.name().as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        WorkId::from_bytes(id)
    }

    pub fn body(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The id of a message as receivers see it.
pub fn message_name(message: WorkId) -> String {
    format!("msg_{message}")
}

impl Desk {
    /// What the keeper of a webhook may know, asked of the one gate as if they
    /// were here and read.
    fn keeper_may(
        &self,
        snapshot: &Snapshot,
        webhook: &Webhook,
        grants: &[Grant],
        action: Action,
        target: Target<'_>,
    ) -> bool {
        let Some(person) = webhook.keeper else { return false };
        let standing = snapshot.directory.standing(person).unwrap_or(Standing::Removed);
        let actor = Actor::Person { person, standing, presence: Presence::Session { stepped_up: None } };
        access::decide(&actor, grants, action, target, self.now()).is_ok()
    }

    /// Whether they may still keep it.
    pub(crate) fn keeper_may_keep(&self, snapshot: &Snapshot, id: WebhookId) -> bool {
        let Ok((webhook, within)) = snapshot.directory.webhook(id) else { return false };
        let grants = webhook.keeper.map(|person| snapshot.directory.grants_of(person)).unwrap_or_default();
        let target = Target::Directory(self.inner.installation, within);
        self.keeper_may(snapshot, webhook, &grants, Action::WebhooksRead, target)
    }

    /// Whether they check the log of the installation, and so may be told what
    /// stands in it.
    pub(crate) fn keeper_may_check(&self, snapshot: &Snapshot, webhook: &Webhook) -> bool {
        let grants = webhook.keeper.map(|person| snapshot.directory.grants_of(person)).unwrap_or_default();
        let target = Target::Directory(self.inner.installation, Within::Installation);
        self.keeper_may(snapshot, webhook, &grants, Action::InstallationLogRead, target)
    }

    /// Whether they may know of a case, and so the webhook be told of it.
    pub(crate) fn keeper_may_know(
        &self,
        snapshot: &Snapshot,
        webhook: &Webhook,
        file: &CaseFile,
        standing: &CaseStanding,
    ) -> bool {
        let Some(person) = webhook.keeper else { return false };
        let own = file.grants.values().filter(|grant| grant.person == person).cloned();
        let grants: Vec<Grant> = snapshot.directory.grants_of(person).into_iter().chain(own).collect();
        self.keeper_may(snapshot, webhook, &grants, Action::CaseRead, Target::Case(standing))
    }
}

/// An instant that was kept.
fn instant(millis: i64) -> Instant {
    Instant::from_millis(millis)
}
