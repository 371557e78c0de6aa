//! Accounts: signing in, sessions, tokens, links that work once.
//!
//! Everything here is kept in sealed records, looked up by the hash of a
//! secret at every request: what is revoked is gone with the next one, on
//! every node. The pure parts are in [`crate::signin`].

mod demonstration;
pub(crate) mod kept;
mod links;
mod sign_in;
mod tokens;

use std::sync::Arc;

use fixlead_core::access::Presence;
use fixlead_core::id::{CaseId, PersonId, SessionId, TokenId};
use fixlead_core::time::Instant;
use fixlead_store::{Clock, Random, Store};
use tokio::sync::Semaphore;

pub use links::{Enrolment, Welcome};
pub use sign_in::{Proof, SignedIn};
pub use tokens::NewToken;

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
    store: Store,
    clock: Arc<dyn Clock>,
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
        Ok(Caller { person: token.person, presence: token.presence(), by: By::Token(token.id) })
    }

    async fn session(&self, hash: &[u8; 32]) -> Result<Option<Session>> {
        let found = kept::get::<KeptSession>(&self.store, "session", hash).await?;
        Ok(found.map(|found| found.value.into()))
    }

    async fn token(&self, hash: &[u8; 32]) -> Result<Option<Token>> {
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

    async fn put_session(&self, hash: &[u8; 32], expected: u64, session: &Session) -> Result<bool> {
        let ends = Some(session.ends(self.lengths));
        kept::put(&self.store, "session", hash, expected, Some(&KeptSession::from(session)), ends).await
    }

    fn draw<const N: usize>(&self) -> [u8; N] {
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
