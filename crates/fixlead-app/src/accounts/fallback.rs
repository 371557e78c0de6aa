//! Password, authenticator and recovery codes of somebody who is signed in:
//! what there is, and changing it. Whoever changes one is signed out everywhere
//! else.

use fixlead_core::id::{PersonId, SessionId};
use fixlead_core::time::Span;

use super::kept::{self, Credentials, Found, Login};
use super::{Accounts, By, Caller, login_key};
use crate::problem::{Problem, Result};
use crate::signin::{password, recovery, totp};

/// How long an authenticator that was shown can be confirmed.
const STANDS: Span = Span::minutes(30);

/// The ways in that somebody has, beside passkeys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// The name that they sign in with, if they have a password and an authenticator.
    pub login: Option<String>,
    /// How many recovery codes are left.
    pub recovery_left: usize,
}

/// An authenticator that is to be somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticator {
    /// Its secret, to type.
    pub secret: String,
    /// The same as an address, to scan.
    pub address: String,
}

/// What somebody chooses to sign in with, where they had no password.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The name.
    pub login: String,
    /// The password.
    pub password: String,
}

impl Accounts {
    /// The ways in that somebody has, beside passkeys.
    pub async fn ways(&self, person: PersonId) -> Result<Ways> {
        let found = kept::get::<Credentials>(&self.store, "credentials", &person.bytes()).await?;
        Ok(found.map_or_else(Ways::default, |found| Ways {
            login: Some(found.value.login),
            recovery_left: found.value.recovery.len(),
        }))
    }

    /// Shows an authenticator that is to be somebody's: the same one until it is
    /// confirmed, or until that took too long.
    pub(crate) async fn offer_authenticator(
        &self,
        person: PersonId,
        issuer: &str,
        login: &str,
    ) -> Result<Authenticator> {
        let key = person.bytes();
        let known = kept::get::<[u8; totp::SECRET]>(&self.store, "authenticator", &key).await?;
        let secret = match known {
            Some(known) => known.value,
            None => {
                let secret = self.draw();
                let ends = Some(self.clock.now() + STANDS);
                // Somebody who opens two pages at once is shown one of the two.
                if !kept::put(&self.store, "authenticator", &key, 0, Some(&secret), ends).await? {
                    return Err(Problem::TooMany { retry_after: 1 });
                }
                secret
            }
        };
        Ok(Authenticator { secret: totp::base32(&secret), address: totp::address(&secret, issuer, login) })
    }

    /// Makes the authenticator that was shown theirs, with new recovery codes;
    /// with a name and a password for whoever had none.
    pub(crate) async fn set_authenticator(
        &self,
        caller: &Caller,
        code: &str,
        chosen: Option<Chosen>,
        names: &[&str],
    ) -> Result<Vec<String>> {
        let person = caller.person;
        let shown = kept::get::<[u8; totp::SECRET]>(&self.store, "authenticator", &person.bytes()).await?;
        let shown = shown.ok_or_else(|| {
            Problem::invalid("/code", "this took too long; load the page again and scan the new code")
        })?;
        let now = self.clock.now();
        let step = totp::check(&shown.value, code, now, None).ok_or_else(wrong_code)?;
        let found = kept::get::<Credentials>(&self.store, "credentials", &person.bytes()).await?;
        let codes = self.recovery_codes();
        let (version, mut credentials) = match (found, chosen) {
            (Some(Found { version, value }), _) => (version, value),
            (None, Some(chosen)) => (0, self.choose(person, chosen, names).await?),
            (None, None) => return Err(Problem::invalid("/login", "choose a name and a password too")),
        };
        credentials.totp = shown.value;
        credentials.last_step = Some(step);
        credentials.recovery = codes.iter().map(|code| recovery::hash(code)).collect();
        if !kept::put(&self.store, "credentials", &person.bytes(), version, Some(&credentials), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        self.delete("authenticator", &person.bytes()).await?;
        self.end_others(caller).await?;
        Ok(codes)
    }

    async fn choose(&self, person: PersonId, chosen: Chosen, names: &[&str]) -> Result<Credentials> {
        let Chosen { login, password } = chosen;
        let (key, hashed) = self.checked(&login, password, names).await?;
        if !kept::put(&self.store, "login", &key, 0, Some(&Login { person }), None).await? {
            return Err(Problem::invalid(
                "/login",
                "somebody signs in with this name already; choose another",
            ));
        }
        Ok(Credentials {
            login: login.trim().to_owned(),
            password: hashed,
            totp: [0; totp::SECRET],
            last_step: None,
            recovery: Vec::new(),
            failed: 0,
            last_failed: None,
        })
    }

    /// Whether a name and a password may be chosen; the name as it is looked up,
    /// and what is kept of the password.
    pub(super) async fn checked(
        &self,
        login: &str,
        password: String,
        names: &[&str],
    ) -> Result<(Vec<u8>, String)> {
        let key = login_key(login);
        if !(3..=200).contains(&key.len()) || key.iter().any(u8::is_ascii_control) {
            return Err(Problem::invalid("/login", "choose a name of 3 to 200 characters to sign in with"));
        }
        let mut known: Vec<&str> = names.to_vec();
        known.push(login);
        password::accept(&password, &known)
            .map_err(|unfit| Problem::invalid("/password", unfit.to_string()))?;
        let salt = self.draw();
        let hashed = self.slowly(move || password::hash(&password, &salt)).await?;
        Ok((key, hashed.ok_or(Problem::Unavailable { retry_after: 5 })?))
    }

    /// Changes the password of somebody who has one.
    pub(crate) async fn set_password(&self, caller: &Caller, password: &str, names: &[&str]) -> Result<()> {
        let key = caller.person.bytes();
        let found = kept::get::<Credentials>(&self.store, "credentials", &key).await?;
        let Found { version, value: mut credentials } = found.ok_or(Problem::NotFound)?;
        let login = credentials.login.clone();
        credentials.password = self.checked(&login, password.to_owned(), names).await?.1;
        if !kept::put(&self.store, "credentials", &key, version, Some(&credentials), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        self.end_others(caller).await
    }

    /// Makes new recovery codes; the ones before count no more.
    pub(crate) async fn set_recovery_codes(&self, person: PersonId) -> Result<Vec<String>> {
        let key = person.bytes();
        let found = kept::get::<Credentials>(&self.store, "credentials", &key).await?;
        let Found { version, value: mut credentials } = found.ok_or(Problem::NotFound)?;
        let codes = self.recovery_codes();
        credentials.recovery = codes.iter().map(|code| recovery::hash(code)).collect();
        match kept::put(&self.store, "credentials", &key, version, Some(&credentials), None).await? {
            true => Ok(codes),
            false => Err(Problem::TooMany { retry_after: 1 }),
        }
    }

    pub(super) fn recovery_codes(&self) -> Vec<String> {
        (0..recovery::COUNT).map(|_| recovery::text(&self.draw())).collect()
    }

    /// Ends every session of somebody but the one that asks. How many.
    pub(crate) async fn end_others(&self, caller: &Caller) -> Result<()> {
        let own: Option<SessionId> = match caller.by {
            By::Session(id) => Some(id),
            By::Token(_) | By::Receipt(_) => None,
        };
        for session in self.sessions(caller.person).await? {
            if Some(session.id) != own {
                self.revoke_sessions(caller.person, Some(session.id)).await?;
            }
        }
        Ok(())
    }
}

pub(super) fn wrong_code() -> Problem {
    Problem::invalid("/code", "this is not the code that your authenticator shows now; check its clock")
}
