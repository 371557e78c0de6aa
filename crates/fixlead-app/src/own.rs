//! What somebody does with what lets them in: their sessions and tokens.

use fixlead_core::access::{self, Action, Target, Within};
use fixlead_core::id::{SessionId, TokenId};

use crate::accounts::{Caller, NewToken};
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::signin::session::{Session, Token};

impl Desk {
    /// Whether somebody may do something with their own record.
    pub(crate) async fn own(&self, caller: &Caller, action: Action) -> Result<()> {
        let snapshot = self.directory().await?;
        let actor = self.actor(caller, &snapshot);
        let target = Target::Directory(self.inner.installation, Within::Person(caller.person));
        access::decide(&actor, &[], action, target, self.now())?;
        Ok(())
    }

    /// The sessions of whoever asks, newest first.
    pub async fn own_sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        self.own(caller, Action::OwnRead).await?;
        self.inner.accounts.sessions(caller.person).await
    }

    /// Ends a session of whoever asks. Nobody has to prove anything again for
    /// that: it takes a right away.
    pub async fn end_session(&self, caller: &Caller, session: SessionId) -> Result<()> {
        self.own(caller, Action::OwnProfile).await?;
        match self.inner.accounts.revoke_sessions(caller.person, Some(session)).await? {
            0 => Err(Problem::NotFound),
            _ => Ok(()),
        }
    }

    /// The tokens of whoever asks, newest first.
    pub async fn own_tokens(&self, caller: &Caller) -> Result<Vec<Token>> {
        self.own(caller, Action::OwnRead).await?;
        self.inner.accounts.tokens(caller.person).await
    }

    /// Makes a token for whoever asks. Its secret is shown once.
    pub async fn make_own_token(&self, caller: &Caller, new: NewToken) -> Result<(String, Token)> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.make_token(caller.person, new).await
    }

    /// Ends a token of whoever asks.
    pub async fn end_token(&self, caller: &Caller, token: TokenId) -> Result<()> {
        self.own(caller, Action::OwnProfile).await?;
        match self.inner.accounts.revoke_tokens(caller.person, Some(token)).await? {
            0 => Err(Problem::NotFound),
            _ => Ok(()),
        }
    }
}
