//! Signing in and out, and proving again that it is you.

use fixlead_core::id::{PersonId, SessionId};
use fixlead_core::time::Instant;

use super::kept::{self, Credentials, Found, KeptSession, Login};
use super::{Accounts, By, Caller, login_key, place};
use crate::problem::{Problem, Result};
use crate::signin::bearer::{self, Purpose};
use crate::signin::session::{Attempts, Session};
use crate::signin::{password, recovery, totp};

/// The longest description of a browser that is kept, in characters.
const MOST_BROWSER: usize = 120;

/// What shows that somebody holds the second factor.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A code of the authenticator.
    Code(String),
    /// A recovery code, which counts once.
    Recovery(String),
}

/// A session that has begun.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The secret for the browser; shown once.
    pub secret: String,
    /// The session.
    pub session: Session,
    /// How many recovery codes are left.
    pub recovery_left: usize,
}

/// What is kept of a browser that does not say what it is.
pub(super) const NAMELESS: &str = "a browser";

/// A browser in its own words, shortened, with what a terminal would obey shown.
pub(super) fn described(browser: &str) -> String {
    let browser = if browser.is_empty() { NAMELESS } else { browser };
    fixlead_core::text::plain(&browser.chars().take(MOST_BROWSER).collect::<String>())
}

impl Accounts {
    /// Signs somebody in. What was wrong is not said, and takes as long.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        proof: &Proof,
        browser: &str,
    ) -> Result<SignedIn> {
        let found = kept::get::<Login>(&self.store, "login", &login_key(login)).await?;
        let person = found.map(|found| found.value.person);
        let (person, left) = self.prove(person, password, proof).await?;
        self.begin(person, browser, left, Some(self.clock.now())).await
    }

    /// Begins a session of somebody who has shown who they are, at an instant if
    /// that is known.
    pub(crate) async fn begin(
        &self,
        person: PersonId,
        browser: &str,
        left: usize,
        shown: Option<Instant>,
    ) -> Result<SignedIn> {
        let now = self.clock.now();
        let secret = bearer::text(Purpose::Session, &self.draw());
        let hash =
            bearer::lookup(Purpose::Session, &secret).ok_or(Problem::Unavailable { retry_after: 1 })?;
        let session = Session {
            id: SessionId::from_bytes(self.draw()),
            person,
            began: now,
            used: now,
            // Who has just shown who they are has just proved it.
            stepped_up: shown,
            browser: described(browser),
            place: Some(place::here()),
        };
        // Listed before it begins: no session is ever open and not listed.
        self.change_index("sessions", person, move |hashes| hashes.push(hash)).await?;
        self.put_session(&hash, 0, &session).await?;
        // Whoever ended all sessions meanwhile did not see this one.
        let listed = self.sessions(person).await?;
        if !listed.iter().any(|known| known.id == session.id) {
            kept::put::<KeptSession>(&self.store, "session", &hash, 1, None, None).await?;
            return Err(Problem::Unavailable { retry_after: 1 });
        }
        Ok(SignedIn { secret, session, recovery_left: left })
    }

    /// A person who is signed in proves again that it is them.
    pub async fn step_up(&self, secret: &str, password: &str, proof: &Proof) -> Result<Instant> {
        let session = self.live(secret).await?;
        self.prove(Some(session.person), password, proof).await?;
        self.stepped_up(secret, self.clock.now()).await
    }

    /// Notes that the person of a session has proved again that it is them.
    pub(crate) async fn stepped_up(&self, secret: &str, at: Instant) -> Result<Instant> {
        let hash = bearer::lookup(Purpose::Session, secret).ok_or(Problem::Unauthenticated)?;
        let found = kept::get::<KeptSession>(&self.store, "session", &hash).await?;
        let found = found.ok_or(Problem::Unauthenticated)?;
        let now = self.clock.now();
        let stepped = Session {
            stepped_up: Some(at),
            used: now,
            place: Some(place::here()),
            ..Session::from(found.value)
        };
        if !self.put_session(&hash, found.version, &stepped).await? {
            return Err(Problem::Unauthenticated);
        }
        Ok(at)
    }

    /// The sessions of a person that count, newest first.
    pub async fn sessions(&self, person: PersonId) -> Result<Vec<Session>> {
        let now = self.clock.now();
        let mut sessions = Vec::new();
        for hash in self.index("sessions", person).await? {
            sessions.extend(self.session(&hash).await?.filter(|session| session.is_live(self.lengths, now)));
        }
        sessions.sort_by_key(|session| std::cmp::Reverse(session.began));
        Ok(sessions)
    }

    /// Ends a session of a person; all of them if none is named. How many.
    pub async fn revoke_sessions(&self, person: PersonId, one: Option<SessionId>) -> Result<usize> {
        let mut ended = Vec::new();
        for hash in self.index("sessions", person).await? {
            let Some(session) = self.session(&hash).await? else {
                ended.push((hash, false));
                continue;
            };
            if one.is_none_or(|id| id == session.id) {
                self.delete("session", &hash).await?;
                ended.push((hash, true));
            }
        }
        let gone: Vec<_> = ended.iter().map(|(hash, _)| *hash).collect();
        self.change_index("sessions", person, move |hashes| hashes.retain(|hash| !gone.contains(hash)))
            .await?;
        Ok(ended.iter().filter(|(_, was_open)| *was_open).count())
    }

    /// Ends the session that a request came with.
    pub async fn sign_out(&self, caller: &Caller) -> Result<()> {
        let By::Session(id) = caller.by else { return Ok(()) };
        self.revoke_sessions(caller.person, Some(id)).await.map(drop)
    }

    /// Checks password and second factor. How many recovery codes are left.
    ///
    /// Wrong passwords are not counted here, because whoever knows a name could
    /// then keep its owner out: the wire counts them by where they come from.
    async fn prove(
        &self,
        person: Option<PersonId>,
        password: &str,
        proof: &Proof,
    ) -> Result<(PersonId, usize)> {
        let known = match person {
            Some(person) => kept::get::<Credentials>(&self.store, "credentials", &person.bytes())
                .await?
                .map(|found| (person, found)),
            None => None,
        };
        let now = self.clock.now();
        if let Some((_, found)) = &known
            && let Some(free) = found.value.attempts().free_from().filter(|free| now < *free)
        {
            let wait = ((free - now).millis() + 999) / 1_000;
            return Err(Problem::TooMany { retry_after: u32::try_from(wait).unwrap_or(u32::MAX) });
        }
        let (typed, kept) =
            (password.to_owned(), known.as_ref().map(|(_, found)| found.value.password.clone()));
        let matches = self.slowly(move || password::verify(&typed, kept.as_deref())).await?;
        let Some((person, Found { version, value })) = known else { return Err(Problem::SignInFailed) };
        if !matches {
            return Err(Problem::SignInFailed);
        }
        // Whoever knows the password has so many guesses at the second factor,
        // from wherever they come. The attempt counts as failed before it is
        // looked at, so that many at the same moment do not pass for one.
        let mut credentials = value;
        credentials.set_attempts(credentials.attempts().fail(now));
        let key = person.bytes();
        if !kept::put(&self.store, "credentials", &key, version, Some(&credentials), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        if !use_up(&mut credentials, proof, now) {
            return Err(Problem::SignInFailed);
        }
        credentials.set_attempts(Attempts::default());
        let left = credentials.recovery.len();
        if !kept::put(&self.store, "credentials", &key, version + 1, Some(&credentials), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        Ok((person, left))
    }

    pub(super) async fn index(&self, kind: &str, person: PersonId) -> Result<Vec<[u8; 32]>> {
        let found = kept::get::<Vec<[u8; 32]>>(&self.store, kind, &person.bytes()).await?;
        Ok(found.map(|found| found.value).unwrap_or_default())
    }

    pub(super) async fn change_index(
        &self,
        kind: &str,
        person: PersonId,
        change: impl Fn(&mut Vec<[u8; 32]>),
    ) -> Result<()> {
        kept::update::<Vec<[u8; 32]>>(&self.store, kind, &person.bytes(), change).await
    }

    /// Deletes a record, whatever its version by now is.
    pub(crate) async fn delete(&self, kind: &str, key: &[u8]) -> Result<()> {
        while let Some(record) = self.store.record(kind, key).await? {
            if kept::put::<()>(&self.store, kind, key, record.version, None, None).await? {
                break;
            }
        }
        Ok(())
    }
}

/// Whether a second factor is right; it does not count a second time.
fn use_up(credentials: &mut Credentials, proof: &Proof, now: Instant) -> bool {
    match proof {
        Proof::Code(code) => match totp::check(&credentials.totp, code, now, credentials.last_step) {
            Some(step) => {
                credentials.last_step = Some(step);
                true
            }
            None => false,
        },
        Proof::Recovery(code) => match recovery::find(code, &credentials.recovery) {
            Some(place) => {
                credentials.recovery.remove(place);
                true
            }
            None => false,
        },
    }
}
