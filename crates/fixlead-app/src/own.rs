//! What somebody does with what lets them in: their passkeys, their password and
//! what belongs to it, sessions and tokens.

use fixlead_core::access::{self, Action, Target, Within};
use fixlead_core::id::{PasskeyId, SessionId, TokenId};

use crate::accounts::{Asked, Authenticator, Caller, Chosen, NewToken, Passkey, Ways};
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::providers::Linked;
use crate::signin::passkey::{Making, Relying};
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

    /// The passkeys of whoever asks, newest first.
    pub async fn own_passkeys(&self, caller: &Caller) -> Result<Vec<Passkey>> {
        self.own(caller, Action::OwnRead).await?;
        self.inner.accounts.passkeys(caller.person).await
    }

    /// What a browser is asked for to add a passkey to whoever asks.
    pub async fn ask_for_passkey(&self, caller: &Caller, relying: &Relying) -> Result<Asked> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.ask_to_add(relying, caller).await
    }

    /// Adds a passkey to whoever asks.
    pub async fn add_passkey(
        &self,
        caller: &Caller,
        relying: &Relying,
        name: &str,
        sent: &Making,
    ) -> Result<PasskeyId> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.add_passkey(relying, caller, name, sent).await
    }

    /// Calls a passkey of whoever asks something else.
    pub async fn rename_passkey(&self, caller: &Caller, id: PasskeyId, name: &str) -> Result<()> {
        self.own(caller, Action::OwnProfile).await?;
        self.inner.accounts.rename_passkey(caller.person, id, name).await
    }

    /// Takes a passkey of whoever asks away. It weighs as much as adding one: a
    /// stolen session must not take the ways in from whom it was stolen from.
    pub async fn remove_passkey(&self, caller: &Caller, id: PasskeyId) -> Result<()> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.remove_passkey(caller.person, id).await
    }

    /// The ways in that whoever asks has, beside passkeys.
    pub async fn own_ways(&self, caller: &Caller) -> Result<Ways> {
        self.own(caller, Action::OwnRead).await?;
        self.inner.accounts.ways(caller.person).await
    }

    /// Shows an authenticator that is to be theirs.
    pub async fn offer_authenticator(
        &self,
        caller: &Caller,
        issuer: &str,
        host: &str,
    ) -> Result<Authenticator> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.offer_authenticator(caller.person, issuer, host).await
    }

    /// Makes it theirs; with a name and a password for whoever had none. The new
    /// recovery codes are shown once.
    pub async fn set_authenticator(
        &self,
        caller: &Caller,
        code: &str,
        chosen: Option<Chosen>,
    ) -> Result<Vec<String>> {
        self.own(caller, Action::OwnKeys).await?;
        let name = self.own_name(caller).await?.unwrap_or_default();
        self.inner.accounts.set_authenticator(caller, code, chosen, &[&name]).await
    }

    /// Changes their password.
    pub async fn set_password(&self, caller: &Caller, password: &str) -> Result<()> {
        self.own(caller, Action::OwnKeys).await?;
        let name = self.own_name(caller).await?.unwrap_or_default();
        self.inner.accounts.set_password(caller, password, &[&name]).await
    }

    /// Makes new recovery codes, which are shown once.
    pub async fn set_recovery_codes(&self, caller: &Caller) -> Result<Vec<String>> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.set_recovery_codes(caller.person).await
    }

    /// Ends every session of theirs but the one that asks.
    pub async fn end_other_sessions(&self, caller: &Caller) -> Result<()> {
        self.own(caller, Action::OwnProfile).await?;
        self.inner.accounts.end_others(caller).await
    }

    /// The accounts elsewhere that are linked with whoever asks.
    pub async fn own_linked(&self, caller: &Caller) -> Result<Vec<Linked>> {
        self.own(caller, Action::OwnRead).await?;
        self.inner.accounts.linked(caller.person).await
    }

    /// Whether whoever asks may link another account.
    pub async fn may_link(&self, caller: &Caller) -> Result<()> {
        self.own(caller, Action::OwnKeys).await
    }

    /// Unlinks one.
    pub async fn unlink(&self, caller: &Caller, issuer: &str, subject: &str) -> Result<()> {
        self.own(caller, Action::OwnKeys).await?;
        self.inner.accounts.unlink(caller.person, issuer, subject).await
    }
}
