//! Accounts: signing in, sessions, tokens, links that work once.
//!
//! Everything here is kept in sealed records, looked up by the hash of a
//! secret at every request: what is revoked is gone with the next one, on
//! every node. The pure parts are in [`crate::signin`].

mod demonstration;
mod fallback;
pub(crate) mod kept;
mod links;
mod passkeys;
pub mod place;
mod sign_in;
mod tokens;

use std::sync::Arc;

use fixlead_core::access::Presence;
use fixlead_core::id::{CaseId, PersonId, SessionId, TokenId};
use fixlead_core::time::Instant;
use fixlead_store::{Clock, Random, Store};
use tokio::sync::Semaphore;

pub use fallback::{Authenticator, Chosen, Ways};
pub use links::{Enrolment, Welcome};
pub use passkeys::{Asked, Passkey};
pub use sign_in::{Proof, SignedIn};
pub use tokens::NewToken;

use crate::pasted::What;
use crate::problem::{Problem, Result};
use crate::signin::bearer::{self, Purpose};
use crate::signin::session::{Lengths, Session, Token};
use kept::{KeptSession, KeptToken};

/// Passwords that are hashed at the same time; each takes 19 MiB.
const HASHED_AT_ONCE: usize = 4;

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who it is.
    pub person: PersonId,
    /// How that is known.
    pub presence: Presence,
    /// By what.
    pub by: By,
}

/// By what it is known who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A session in a browser.
    Session(SessionId),
    /// A token for programs.
    Token(TokenId),
    /// The receipt of a report. It counts for the case it was given for.
    Receipt(CaseId),
}

impl Caller {
    /// A name for requests that the installation makes itself.
    pub(crate) fn nobody() -> Caller {
        Caller {
            person: PersonId::from_bytes([0; 16]),
            presence: Presence::Session { stepped_up: None },
            by: By::Session(SessionId::from_bytes([0; 16])),
        }
    }
}

/// The accounts of an installation. Clones share them.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    lengths: Lengths,
    hashing: Arc<Semaphore>,
}

impl Accounts {
    /// The accounts that a store keeps.
    pub fn new(store: Store, clock: Arc<dyn Clock>, random: Arc<dyn Random>, lengths: Lengths) -> Self {
        Accounts { store, clock, random, lengths, hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)) }
    }

    /// Who holds a secret: a session or a token that counts now.
    pub async fn caller(&self, secret: &str) -> Result<Caller> {
        self.holder(secret, true).await
    }

    /// The same, for what goes on by itself: no session lives longer by it.
    pub async fn still(&self, secret: &str) -> Result<Caller> {
        self.holder(secret, false).await
    }

    async fn holder(&self, secret: &str, uses: bool) -> Result<Caller> {
        let now = self.clock.now();
        if let Some(hash) = bearer::lookup(Purpose::Session, secret) {
            let session = self.session(&hash).await?;
            let session = session.filter(|session| session.is_live(self.lengths, now));
            let session = session.ok_or(Problem::Unauthenticated)?;
            if uses && session.is_worth_touching(now) {
                self.touch(&hash, now).await?;
            }
            let by = By::Session(session.id);
            return Ok(Caller { person: session.person, presence: session.presence(), by });
        }
        let Some(hash) = bearer::lookup(Purpose::Token, secret) else { return Err(Problem::Unauthenticated) };
        let token = self.token(&hash).await?.filter(|token| token.is_live(now));
        let token = token.ok_or(Problem::Unauthenticated)?;
        if token.is_worth_touching(now) {
            self.touch_token(&hash, now).await?;
        }
        Ok(Caller { person: token.person, presence: token.presence(), by: By::Token(token.id) })
    }

    /// Who holds a secret that a browser brought, which calls itself something.
    ///
    /// A cookie that another browser brings was taken away: its session ends, and
    /// whose it was is told. From another place it goes on, for people carry
    /// computers about; but what asks for a proof asks for a new one, given there.
    pub async fn caller_from(&self, secret: &str, agent: Option<&str>) -> Result<Caller> {
        let caller = self.caller(secret).await?;
        let By::Session(id) = caller.by else { return Ok(caller) };
        let Some(hash) = bearer::lookup(Purpose::Session, secret) else {
            return Err(Problem::Unauthenticated);
        };
        let found = kept::get::<KeptSession>(&self.store, "session", &hash).await?;
        let found = found.ok_or(Problem::Unauthenticated)?;
        let session = Session::from(found.value);
        let agent = sign_in::described(agent.unwrap_or(sign_in::NAMELESS));
        if agent != session.browser {
            self.revoke_sessions(session.person, Some(id)).await?;
            self.notice(session.person, What::Replayed).await?;
            return Err(Problem::Unauthenticated);
        }
        // What was proved counts where it was proved, and nobody takes that over.
        if session.place == Some(place::here()) {
            return Ok(caller);
        }
        Ok(Caller { presence: Presence::Session { stepped_up: None }, ..caller })
    }

    pub(crate) async fn session(&self, hash: &[u8; 32]) -> Result<Option<Session>> {
        let found = kept::get::<KeptSession>(&self.store, "session", hash).await?;
        Ok(found.map(|found| found.value.into()))
    }

    pub(crate) async fn token(&self, hash: &[u8; 32]) -> Result<Option<Token>> {
        let found = kept::get::<KeptToken>(&self.store, "token", hash).await?;
        Ok(found.map(|found| found.value.into()))
    }

    /// Notes that a session was used. A session that was revoked meanwhile
    /// stays revoked: nothing is written over a version nobody read.
    async fn touch(&self, hash: &[u8; 32], now: Instant) -> Result<()> {
        let Some(found) = kept::get::<KeptSession>(&self.store, "session", hash).await? else {
            return Ok(());
        };
        let mut session = Session::from(found.value);
        session.used = now;
        self.put_session(hash, found.version, &session).await.map(drop)
    }

    /// Notes that a token was used, and never over a version nobody read: one that was
    /// ended meanwhile stays ended.
    async fn touch_token(&self, hash: &[u8; 32], now: Instant) -> Result<()> {
        let Some(found) = kept::get::<KeptToken>(&self.store, "token", hash).await? else { return Ok(()) };
        let mut token = Token::from(found.value);
        token.used = Some(now);
        let (kept, ends) = (KeptToken::from(&token), Some(token.ends));
        kept::put(&self.store, "token", hash, found.version, Some(&kept), ends).await.map(drop)
    }

    async fn put_session(&self, hash: &[u8; 32], expected: u64, session: &Session) -> Result<bool> {
        let ends = Some(session.ends(self.lengths));
        kept::put(&self.store, "session", hash, expected, Some(&KeptSession::from(session)), ends).await
    }

    pub(crate) fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// Does something that takes long and much memory, a few at a time.
    async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = |_| Problem::Unavailable { retry_after: 1 };
        let _turn = self.hashing.acquire().await.map_err(|_| Problem::Unavailable { retry_after: 1 })?;
        tokio::task::spawn_blocking(work).await.map_err(busy)
    }
}

/// A name to sign in with, as it is looked up: without the space around it, in
/// small letters.
fn login_key(login: &str) -> Vec<u8> {
    login.trim().to_lowercase().into_bytes()
}
