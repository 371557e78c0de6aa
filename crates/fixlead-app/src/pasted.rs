//! Secrets that somebody pasted where others can read them, or brought where they
//! do not belong.
//!
//! Whatever is posted is looked through before anything is done with it. A text
//! that holds a secret of this desk is refused, and the secret has been shown:
//! what can be ended is ended there and then, and whoever it belongs to reads
//! so on the page of their account.

use fixlead_core::id::PersonId;
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::accounts::{Accounts, kept};
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::signin::bearer::{self, Purpose};
use crate::webhooks::sign;

/// Most notices that are kept for somebody.
const MOST_KEPT: usize = 20;
/// Most secrets of one text that are looked at.
const MOST_FOUND: usize = 32;

/// What somebody is told about a secret of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When it was found, in milliseconds since 1970.
    pub at: i64,
    /// What it was.
    pub what: What,
}

/// What was pasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A session, which was ended.
    Session,
    /// A token of this name, which was ended.
    Token(String),
    /// Nothing: another browser brought the cookie of a session, which was ended.
    Replayed,
    /// Nothing: somebody opened so many cases in an hour that they were stopped.
    ManyOpened {
        /// What they are called.
        name: String,
        /// How many.
        cases: u64,
    },
    /// The secret of a webhook they keep, which has to be exchanged.
    Webhook(String),
}

/// What can stand within a secret without being seen where it is read.
const fn is_unseen(letter: char) -> bool {
    matches!(letter, '\\' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

impl Desk {
    /// Refuses a text in which somebody pasted a secret of this desk, after
    /// doing what can be done about it.
    ///
    /// # Errors
    /// Which kind of secret it holds, and what to do.
    pub async fn refuse_pasted(&self, text: &str) -> Result<()> {
        // Editors write `\_` for `_`, and some put in what nobody sees.
        let bare: String;
        let mut text = text;
        if text.contains(is_unseen) {
            bare = text.chars().filter(|letter| !is_unseen(*letter)).collect();
            text = &bare;
        }
        let found = bearer::all_pasted(text, MOST_FOUND);
        let hooks = bearer::webhook_secrets(text, MOST_FOUND);
        let first = found.first().map(|(purpose, _)| *purpose);
        for (purpose, secret) in found {
            self.end_pasted(purpose, secret).await?;
        }
        let mut known = false;
        for secret in hooks {
            known |= self.tell_keeper(secret).await?;
        }
        let message = match first {
            Some(Purpose::Session) => {
                "the text holds the secret of a session (`fixlead_session_…`); that session was \
                                       ended, and whose it was is told; take it out and send the text again"
            }
            Some(Purpose::Token) => {
                "the text holds a token (`fixlead_token_…`); it was ended, and whose it was is \
                                     told; take it out and send the text again"
            }
            Some(Purpose::Link) => {
                "the text holds a link that lets somebody in (`fixlead_link_…`); it was ended; take \
                                    it out, and have another one made"
            }
            Some(Purpose::Receipt) => {
                "the text holds a receipt (`fixlead_receipt_…`), with which a report is read; \
                                       take it out and keep it to yourself"
            }
            None if known => {
                "the text holds the secret of a webhook (`whsec_…`); take it out, and give the webhook a \
                              new one; whoever keeps it is told"
            }
            None => return Ok(()),
        };
        Err(Problem::invalid("", message))
    }

    async fn end_pasted(&self, purpose: Purpose, secret: &str) -> Result<()> {
        let accounts = &self.inner.accounts;
        let Some(hash) = bearer::lookup(purpose, secret) else { return Ok(()) };
        match purpose {
            Purpose::Session => {
                if let Some(session) = accounts.session(&hash).await? {
                    accounts.revoke_sessions(session.person, Some(session.id)).await?;
                    accounts.notice(session.person, What::Session).await?;
                }
            }
            Purpose::Token => {
                if let Some(token) = accounts.token(&hash).await? {
                    accounts.revoke_tokens(token.person, Some(token.id)).await?;
                    accounts.notice(token.person, What::Token(token.name)).await?;
                }
            }
            Purpose::Link => accounts.delete("link", &hash).await?,
            // Its holder has no other way back to their report.
            Purpose::Receipt => {}
        }
        Ok(())
    }

    /// Tells whoever keeps the webhook of a secret. Whether there is one.
    async fn tell_keeper(&self, secret: &str) -> Result<bool> {
        let Some(hash) = sign::Key::parse(secret).and_then(|key| key.hash()) else { return Ok(false) };
        let snapshot = self.directory().await?;
        let mut all = snapshot.directory.webhooks.values();
        let Some(found) = all.find(|webhook| webhook.secrets.iter().any(|(known, _)| *known == hash)) else {
            return Ok(false);
        };
        if let Some(keeper) = found.keeper {
            self.inner.accounts.notice(keeper, What::Webhook(found.url.to_string())).await?;
        }
        Ok(true)
    }

    /// What somebody has to know about their secrets, the newest first.
    pub async fn own_notices(&self, caller: &crate::accounts::Caller) -> Result<Vec<(Instant, What)>> {
        self.own_sessions(caller).await?;
        let found = kept::get::<Vec<Notice>>(&self.inner.store, "notices", &caller.person.bytes()).await?;
        let all = found.map(|found| found.value).unwrap_or_default();
        Ok(all.into_iter().rev().map(|notice| (Instant::from_millis(notice.at), notice.what)).collect())
    }

    /// They have read them.
    pub async fn forget_notices(&self, caller: &crate::accounts::Caller) -> Result<()> {
        self.own_sessions(caller).await?;
        self.inner.accounts.delete("notices", &caller.person.bytes()).await
    }
}

impl Accounts {
    /// Has somebody told.
    pub(crate) async fn notice(&self, person: PersonId, what: What) -> Result<()> {
        let at = self.clock.now().millis();
        let key = person.bytes();
        kept::update::<Vec<Notice>>(&self.store, "notices", &key, move |all| {
            // The same thing pasted again and again is told once a minute.
            if all.last().is_some_and(|last| last.what == what && at - last.at < 60_000) {
                return;
            }
            all.push(Notice { at, what: what.clone() });
            if all.len() > MOST_KEPT {
                all.remove(0);
            }
        })
        .await
    }
}
