//! What lets people in, of everybody: sessions and tokens, for whoever keeps the
//! installation running. They may end each, and make none.

use fixlead_core::access::{Action, Within};
use fixlead_core::id::{PersonId, SessionId, TokenId};

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::signin::session::{Session, Token};

/// The most people whose sessions and tokens one list reads.
pub const MOST_PEOPLE: usize = 2_000;

/// Sessions and tokens of an installation.
pub struct Everybodys {
    /// Sessions that count, the last one used first.
    pub sessions: Vec<Session>,
    /// Tokens that count, the next one to end first.
    pub tokens: Vec<Token>,
    /// Whether there are more people than are listed.
    pub more: bool,
}

impl Desk {
    async fn keeps(&self, caller: &Caller) -> Result<()> {
        let snapshot = self.directory().await?;
        match self.directory_permit(&snapshot, caller, Action::TokensManage, Within::Installation) {
            Ok(_) => Ok(()),
            Err(denied) => Err(denied.into()),
        }
    }

    /// The sessions and tokens of everybody; never a secret.
    pub async fn everybodys(&self, caller: &Caller) -> Result<Everybodys> {
        self.keeps(caller).await?;
        let snapshot = self.directory().await?;
        let people: Vec<PersonId> = snapshot.directory.people.keys().copied().collect();
        let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
        for person in people.iter().take(MOST_PEOPLE) {
            sessions.extend(self.inner.accounts.sessions(*person).await?);
            tokens.extend(self.inner.accounts.tokens(*person).await?);
        }
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.used), session.id));
        tokens.sort_by_key(|token| (token.ends, token.id));
        Ok(Everybodys { sessions, tokens, more: people.len() > MOST_PEOPLE })
    }

    /// Ends a session of somebody; the next request with it finds nobody signed in.
    pub async fn end_session_of(&self, caller: &Caller, person: PersonId, session: SessionId) -> Result<()> {
        self.keeps(caller).await?;
        match self.inner.accounts.revoke_sessions(person, Some(session)).await? {
            0 => Err(Problem::NotFound),
            _ => Ok(()),
        }
    }

    /// Ends every session of somebody. How many.
    pub async fn end_sessions_of(&self, caller: &Caller, person: PersonId) -> Result<usize> {
        self.keeps(caller).await?;
        self.inner.accounts.revoke_sessions(person, None).await
    }

    /// Ends a token of somebody.
    pub async fn end_token_of(&self, caller: &Caller, person: PersonId, token: TokenId) -> Result<()> {
        self.keeps(caller).await?;
        match self.inner.accounts.revoke_tokens(person, Some(token)).await? {
            0 => Err(Problem::NotFound),
            _ => Ok(()),
        }
    }
}
