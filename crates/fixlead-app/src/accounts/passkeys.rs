//! Passkeys of people: made, used, listed, renamed, taken away.
//!
//! A challenge is a sealed record that says what it was made for. It counts once
//! and for a few minutes: whoever answers takes it away first, whatever the
//! answer is worth. What is wrong with an answer to sign in with is not said.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fixlead_core::id::{PasskeyId, PersonId};
use fixlead_core::time::{Instant, Span};
use sha2::{Digest, Sha256};

use super::kept::{self, Challenge, Credentials, Found, KeptPasskey, Login};
use super::{Accounts, By, Caller};
use crate::problem::{Problem, Result};
use crate::signin::bearer::{self, Purpose};
use crate::signin::passkey::{self, CHALLENGE, Flaw, Made, Making, Relying, Using};
use crate::signin::public_key::ALGORITHMS;

/// How long a challenge stands.
const STANDS: Span = Span::minutes(5);
/// Most passkeys of one person.
const MOST: usize = 20;
/// The longest name of one, in characters.
const MOST_NAME: usize = 60;

/// A passkey, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// Which.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub made: Instant,
    /// When it was last used.
    pub used: Option<Instant>,
    /// Whether there is a copy of it elsewhere, as synchronised ones have.
    pub travels: bool,
    /// Whether its counter did not grow, so that it opens nothing any more.
    pub doubted: bool,
}

/// What a browser is asked for, as texts that go into a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The challenge, in base64url.
    pub challenge: String,
    /// The relying party.
    pub relying: String,
    /// Credentials by their ids, in base64url: those to use, or those that there are already.
    pub credentials: Vec<String>,
    /// Whose the passkey is going to be, in base64url; nothing where one is used.
    pub user: Option<String>,
    /// The algorithms that are taken, by their numbers.
    pub algorithms: &'static [i64],
}

impl Accounts {
    /// What a browser is asked for to sign somebody in, whoever it is.
    pub async fn ask_to_sign_in(&self, relying: &Relying) -> Result<Asked> {
        self.ask(relying, Challenge::SignIn, None, Vec::new()).await
    }

    /// What a browser is asked for to show again that it is them; nothing if they have no passkey.
    pub async fn ask_again(&self, relying: &Relying, caller: &Caller) -> Result<Option<Asked>> {
        let By::Session(session) = caller.by else { return Err(Problem::Unauthenticated) };
        let known = self.passkeys_of(caller.person).await?.value;
        if known.is_empty() {
            return Ok(None);
        }
        self.ask(relying, Challenge::StepUp(session), None, known).await.map(Some)
    }

    /// What a browser is asked for to add a passkey.
    pub(crate) async fn ask_to_add(&self, relying: &Relying, caller: &Caller) -> Result<Asked> {
        let By::Session(session) = caller.by else { return Err(Problem::Unauthenticated) };
        let known = self.passkeys_of(caller.person).await?.value;
        self.ask(relying, Challenge::Add(session), Some(caller.person), known).await
    }

    /// What a browser is asked for to come in by a link.
    pub async fn ask_to_enrol(&self, relying: &Relying, link: &str) -> Result<Asked> {
        let (hash, found) = self.link(link).await?;
        self.ask(relying, Challenge::Link(hash), Some(found.value.person), Vec::new()).await
    }

    async fn ask(
        &self,
        relying: &Relying,
        challenge: Challenge,
        user: Option<PersonId>,
        known: Vec<KeptPasskey>,
    ) -> Result<Asked> {
        let bytes: [u8; CHALLENGE] = self.draw();
        let ends = Some(self.clock.now() + STANDS);
        kept::put(&self.store, "challenge", &Sha256::digest(bytes), 0, Some(&challenge), ends).await?;
        let counts = known.iter().filter(|known| user.is_some() || known.doubted.is_none());
        Ok(Asked {
            challenge: URL_SAFE_NO_PAD.encode(bytes),
            relying: relying.id.clone(),
            credentials: counts.map(|known| URL_SAFE_NO_PAD.encode(&known.credential)).collect(),
            user: user.map(|person| URL_SAFE_NO_PAD.encode(person.bytes())),
            algorithms: &ALGORITHMS,
        })
    }

    /// Takes the challenge of an answer away, if it was made for this.
    async fn take(&self, client_data: &str, wanted: Challenge) -> Result<bool> {
        let Some(bytes) = passkey::challenge(client_data) else { return Ok(false) };
        let key = Sha256::digest(bytes);
        let Some(found) = kept::get::<Challenge>(&self.store, "challenge", &key).await? else {
            return Ok(false);
        };
        let taken = kept::put::<Challenge>(&self.store, "challenge", &key, found.version, None, None).await?;
        Ok(taken && found.value == wanted)
    }

    /// Signs in whoever a passkey belongs to.
    pub async fn sign_in_with_passkey(
        &self,
        relying: &Relying,
        sent: &Using,
        browser: &str,
    ) -> Result<super::SignedIn> {
        if !self.take(&sent.client_data, Challenge::SignIn).await? {
            return Err(Problem::PasskeyFailed);
        }
        let person = self.prove_by_passkey(relying, sent, None).await?;
        let credentials = kept::get::<Credentials>(&self.store, "credentials", &person.bytes()).await?;
        let left = credentials.map_or(0, |found| found.value.recovery.len());
        self.begin(person, browser, left, Some(self.clock.now())).await
    }

    /// A person who is signed in shows again that it is them.
    pub async fn step_up_with_passkey(
        &self,
        secret: &str,
        relying: &Relying,
        sent: &Using,
    ) -> Result<Instant> {
        let session = self.live(secret).await?;
        if !self.take(&sent.client_data, Challenge::StepUp(session.id)).await? {
            return Err(Problem::PasskeyFailed);
        }
        self.prove_by_passkey(relying, sent, Some(session.person)).await?;
        self.stepped_up(secret, self.clock.now()).await
    }

    /// Steps 6 and 22 to 25 of section 7.2, around the check of the rest: whose
    /// credential it is, and what is kept of it afterwards.
    async fn prove_by_passkey(
        &self,
        relying: &Relying,
        sent: &Using,
        expected: Option<PersonId>,
    ) -> Result<PersonId> {
        let failed = Problem::PasskeyFailed;
        let credential = passkey::decoded(&sent.credential).ok_or(failed.clone())?;
        let user = passkey::decoded(&sent.user).ok_or(failed.clone())?;
        let key = Sha256::digest(&credential);
        let owner = kept::get::<PersonId>(&self.store, "passkey", &key).await?.ok_or(failed.clone())?.value;
        let is_owner = user == owner.bytes() || (user.is_empty() && expected.is_some());
        if !is_owner || expected.is_some_and(|expected| expected != owner) {
            return Err(failed);
        }
        let Found { version, value: mut all } = self.passkeys_of(owner).await?;
        let place = all.iter().position(|known| known.credential == credential).ok_or(failed.clone())?;
        let known = &mut all[place];
        if known.doubted.is_some() {
            return Err(failed);
        }
        let now = self.clock.now().millis();
        let before = Made {
            id: known.credential.clone(),
            key: known.key.clone(),
            count: known.count,
            may_travel: known.may_travel,
            travels: known.travels,
        };
        let verdict = passkey::used(relying, sent, &before);
        match verdict {
            Ok(used) => {
                known.count = used.count;
                known.travels = used.travels;
                known.used = Some(now);
            }
            // There may be a copy, and nobody can say which of the two this is.
            Err(Flaw::Counter) => known.doubted = Some(now),
            Err(_) => return Err(failed),
        }
        if !kept::put(&self.store, "passkeys", &owner.bytes(), version, Some(&all), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        verdict.map(|_| owner).map_err(|_| failed)
    }

    /// Adds a passkey to a person who is signed in.
    pub(crate) async fn add_passkey(
        &self,
        relying: &Relying,
        caller: &Caller,
        name: &str,
        sent: &Making,
    ) -> Result<PasskeyId> {
        let By::Session(session) = caller.by else { return Err(Problem::Unauthenticated) };
        if !self.take(&sent.client_data, Challenge::Add(session)).await? {
            return Err(stale());
        }
        let made = passkey::made(relying, sent).map_err(|flaw| Problem::invalid("", why(flaw)))?;
        self.keep_passkey(caller.person, name, made).await
    }

    /// Lets the person of a link in with a passkey; the link then works no more,
    /// and nothing else that let them in before does.
    pub(crate) async fn enrol_with_passkey(
        &self,
        link: &str,
        relying: &Relying,
        name: &str,
        sent: &Making,
    ) -> Result<PersonId> {
        let (hash, found) = self.link(link).await?;
        if !self.take(&sent.client_data, Challenge::Link(hash)).await? {
            return Err(stale());
        }
        let made = passkey::made(relying, sent).map_err(|flaw| Problem::invalid("", why(flaw)))?;
        let name = named(name)?;
        let person = found.value.person;
        // The link first: two who open it at once do not both get in.
        if !kept::put::<kept::Link>(&self.store, "link", &hash, found.version, None, None).await? {
            return Err(Problem::NotFound);
        }
        self.forget(person).await?;
        self.keep_passkey(person, &name, made).await?;
        self.end_links(person).await?;
        Ok(person)
    }

    async fn keep_passkey(&self, person: PersonId, name: &str, made: Made) -> Result<PasskeyId> {
        let name = named(name)?;
        let Found { version, value: mut all } = self.passkeys_of(person).await?;
        if all.len() >= MOST {
            return Err(Problem::invalid(
                "",
                "a person has at most 20 passkeys; remove one that is not used",
            ));
        }
        let id = PasskeyId::from_bytes(self.draw());
        let key = Sha256::digest(&made.id);
        // Step 26 of section 7.1: a credential is nobody's yet.
        if !kept::put(&self.store, "passkey", &key, 0, Some(&person), None).await? {
            return Err(Problem::invalid("", "this passkey is known here already; use it to sign in"));
        }
        all.push(KeptPasskey {
            id,
            credential: made.id,
            key: made.key,
            count: made.count,
            may_travel: made.may_travel,
            travels: made.travels,
            name,
            made: self.clock.now().millis(),
            used: None,
            doubted: None,
        });
        if !kept::put(&self.store, "passkeys", &person.bytes(), version, Some(&all), None).await? {
            self.delete("passkey", &key).await?;
            return Err(Problem::TooMany { retry_after: 1 });
        }
        Ok(id)
    }

    /// The passkeys of a person, the newest first.
    pub async fn passkeys(&self, person: PersonId) -> Result<Vec<Passkey>> {
        let known = self.passkeys_of(person).await?.value;
        let seen = |kept: KeptPasskey| Passkey {
            id: kept.id,
            name: kept.name,
            made: Instant::from_millis(kept.made),
            used: kept.used.map(Instant::from_millis),
            travels: kept.travels,
            doubted: kept.doubted.is_some(),
        };
        Ok(known.into_iter().rev().map(seen).collect())
    }

    /// Calls a passkey something else.
    pub(crate) async fn rename_passkey(&self, person: PersonId, id: PasskeyId, name: &str) -> Result<()> {
        let name = named(name)?;
        let Found { version, value: mut all } = self.passkeys_of(person).await?;
        all.iter_mut().find(|known| known.id == id).ok_or(Problem::NotFound)?.name = name;
        match kept::put(&self.store, "passkeys", &person.bytes(), version, Some(&all), None).await? {
            true => Ok(()),
            false => Err(Problem::TooMany { retry_after: 1 }),
        }
    }

    /// Takes a passkey away; it opens nothing any more. Not the last one of
    /// somebody who has no other way in.
    pub(crate) async fn remove_passkey(&self, person: PersonId, id: PasskeyId) -> Result<()> {
        let Found { version, value: mut all } = self.passkeys_of(person).await?;
        let place = all.iter().position(|known| known.id == id).ok_or(Problem::NotFound)?;
        let gone = all.remove(place);
        self.has_another_way(person, Some(&all), false).await?;
        if !kept::put(&self.store, "passkeys", &person.bytes(), version, Some(&all), None).await? {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        self.delete("passkey", &Sha256::digest(&gone.credential)).await
    }

    /// Refuses to take the last way in away from somebody: whether they have one
    /// beside these passkeys, if they are about to be all, and beside what is
    /// linked, if that is about to go.
    pub(crate) async fn has_another_way(
        &self,
        person: PersonId,
        passkeys: Option<&[KeptPasskey]>,
        unlinking: bool,
    ) -> Result<()> {
        let counts = |all: &[KeptPasskey]| all.iter().any(|known| known.doubted.is_none());
        let by_passkey = match passkeys {
            Some(left) => counts(left),
            None => counts(&self.passkeys_of(person).await?.value),
        };
        let linked = !unlinking && !self.linked(person).await?.is_empty();
        if by_passkey || linked || self.ways(person).await?.login.is_some() {
            return Ok(());
        }
        let message =
            "this is the only way in that you have; add a passkey or a password with an authenticator first";
        Err(Problem::invalid("", message))
    }

    /// Forgets every way in that a person has.
    pub(crate) async fn forget(&self, person: PersonId) -> Result<()> {
        self.forget_passkeys(person).await?;
        self.forget_linked(person).await?;
        if let Some(found) = kept::get::<Credentials>(&self.store, "credentials", &person.bytes()).await? {
            self.forget_login(person, &found.value.login).await?;
            self.delete("credentials", &person.bytes()).await?;
        }
        Ok(())
    }

    /// Forgets the passkeys of a person.
    pub(super) async fn forget_passkeys(&self, person: PersonId) -> Result<()> {
        for known in self.passkeys_of(person).await?.value {
            self.delete("passkey", &Sha256::digest(&known.credential)).await?;
        }
        self.delete("passkeys", &person.bytes()).await
    }

    /// Forgets a name, if it is this person's.
    pub(super) async fn forget_login(&self, person: PersonId, login: &str) -> Result<()> {
        let key = super::login_key(login);
        let known = kept::get::<Login>(&self.store, "login", &key).await?;
        if known.is_some_and(|known| known.value.person == person) {
            self.delete("login", &key).await?;
        }
        Ok(())
    }

    async fn passkeys_of(&self, person: PersonId) -> Result<Found<Vec<KeptPasskey>>> {
        let found = kept::get::<Vec<KeptPasskey>>(&self.store, "passkeys", &person.bytes()).await?;
        Ok(found.unwrap_or(Found { version: 0, value: Vec::new() }))
    }

    /// The session of a secret, if it counts.
    pub(crate) async fn live(&self, secret: &str) -> Result<crate::signin::session::Session> {
        let hash = bearer::lookup(Purpose::Session, secret).ok_or(Problem::Unauthenticated)?;
        let session = self.session(&hash).await?;
        let now = self.clock.now();
        session.filter(|session| session.is_live(self.lengths, now)).ok_or(Problem::Unauthenticated)
    }
}

/// What a passkey is called.
fn named(name: &str) -> Result<String> {
    let name = fixlead_core::text::plain(name.trim());
    match name.chars().count() {
        1..=MOST_NAME => Ok(name),
        _ => Err(Problem::invalid("/name", "call the passkey something, in 1 to 60 characters")),
    }
}

fn stale() -> Problem {
    Problem::invalid(
        "",
        "this took too long, or was sent before; load the page again and make the passkey once more",
    )
}

/// Why a passkey that somebody makes is not taken, and what to do.
fn why(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Verification | Flaw::Presence => {
            "this authenticator did not ask who you are; set a PIN or a fingerprint up on it, and try again"
        }
        Flaw::Origin | Flaw::Relying => {
            "this passkey was made for another address; open the desk at its own address, and try again"
        }
        Flaw::Algorithm => "this authenticator signs in a way that is not taken here; use another one",
        _ => "what the browser sent does not hold together; try again, or use another authenticator",
    }
}
