//! Links that work once: the first set-up, and invitations.

use fixlead_core::id::PersonId;
use fixlead_core::time::{Instant, Span};

use super::Accounts;
use super::fallback::wrong_code;
use super::kept::{self, Credentials, Link, Login};
use crate::problem::{Problem, Result};
use crate::signin::bearer::{self, Purpose};
use crate::signin::{recovery, totp};

/// How long a link works.
const LASTS: Span = Span::days(3);

/// What a person needs to see before they can enrol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Who they are going to be.
    pub person: PersonId,
    /// Whether they are the first, who sets the installation up.
    pub first: bool,
    /// The secret for an authenticator, to type.
    pub secret: String,
    /// The same as an address, to scan.
    pub address: String,
}

/// What a person enrols with.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The name to sign in with; an address is fine.
    pub login: String,
    /// The password they chose.
    pub password: String,
    /// A code of their authenticator, which shows that it works.
    pub code: String,
}

impl Accounts {
    /// Makes a link for a person. Its text is shown once.
    pub async fn make_link(&self, person: PersonId, first: bool) -> Result<String> {
        let secret = self.draw();
        let text = bearer::text(Purpose::Link, &secret);
        let ends = self.clock.now() + LASTS;
        let link = Link { person, first, totp: self.draw(), ends: ends.millis() };
        let hash = bearer::lookup(Purpose::Link, &text).ok_or(Problem::Unavailable { retry_after: 1 })?;
        // Listed before it works, so that each can be ended.
        self.change_index("links", person, move |hashes| hashes.push(hash)).await?;
        kept::put(&self.store, "link", &hash, 0, Some(&link), Some(ends)).await?;
        Ok(text)
    }

    /// Ends every link of a person.
    pub async fn end_links(&self, person: PersonId) -> Result<()> {
        let gone = self.index("links", person).await?;
        for hash in &gone {
            self.delete("link", hash).await?;
        }
        self.change_index("links", person, move |hashes| hashes.retain(|hash| !gone.contains(hash))).await
    }

    /// What a link is for.
    pub async fn welcome(&self, link: &str, issuer: &str, login: &str) -> Result<Welcome> {
        let (_, found) = self.link(link).await?;
        let Link { person, first, totp: secret, .. } = found.value;
        Ok(Welcome {
            person,
            first,
            secret: totp::base32(&secret),
            address: totp::address(&secret, issuer, login),
        })
    }

    /// Enrols the person of a link, which then works no more. The recovery
    /// codes are shown once.
    pub async fn enrol(
        &self,
        link: &str,
        enrolment: Enrolment,
        names: &[&str],
    ) -> Result<(PersonId, Vec<String>)> {
        let (hash, found) = self.link(link).await?;
        let Link { person, totp: secret, .. } = found.value;
        let Enrolment { login, password, code } = enrolment;
        let now = self.clock.now();
        let (key, hashed) = self.checked(&login, password, names).await?;
        let step = totp::check(&secret, &code, now, None).ok_or_else(wrong_code)?;
        let codes = self.recovery_codes();
        // The link first: two who open it at once do not both get in.
        if !kept::put::<Link>(&self.store, "link", &hash, found.version, None, None).await? {
            return Err(Problem::NotFound);
        }
        if !kept::put(&self.store, "login", &key, 0, Some(&Login { person }), None).await? {
            let ends = Some(Instant::from_millis(found.value.ends));
            kept::put(&self.store, "link", &hash, 0, Some(&found.value), ends).await?;
            return Err(Problem::invalid(
                "/login",
                "somebody signs in with this name already; choose another",
            ));
        }
        let credentials = Credentials {
            login: login.trim().to_owned(),
            password: hashed,
            totp: secret,
            last_step: Some(step),
            recovery: codes.iter().map(|code| recovery::hash(code)).collect(),
            failed: 0,
            last_failed: None,
        };
        // Whatever let them in before lets nobody in any more.
        self.forget_passkeys(person).await?;
        self.forget_linked(person).await?;
        let known = kept::get::<Credentials>(&self.store, "credentials", &person.bytes()).await?;
        let version = known.map_or(0, |known| known.version);
        kept::put(&self.store, "credentials", &person.bytes(), version, Some(&credentials), None).await?;
        // Whoever finds another link of theirs does not become them.
        self.end_links(person).await?;
        Ok((person, codes))
    }

    pub(crate) async fn link(&self, text: &str) -> Result<([u8; 32], kept::Found<Link>)> {
        let hash = bearer::lookup(Purpose::Link, text).ok_or(Problem::NotFound)?;
        let found = kept::get::<Link>(&self.store, "link", &hash).await?.ok_or(Problem::NotFound)?;
        Ok((hash, found))
    }
}
