//! Requests that are sent again because nobody knows what became of them.
//!
//! The answer is kept with a hash of what was asked, so that a key that comes
//! with another request is noticed.

use fixlead_core::id::PersonId;
use fixlead_core::text::hex;
use fixlead_store::Idempotency;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// The longest key, in bytes.
pub const MOST_KEY: usize = 200;

/// A key that the sender chose, and a hash of what it came with.
#[derive(Clone, PartialEq, Eq)]
pub struct Repeat {
    key: String,
    content: [u8; 32],
}

/// What of a kept answer can be read without knowing what it answered.
#[derive(Deserialize)]
struct Asked {
    content: [u8; 32],
}

#[derive(Serialize, Deserialize)]
struct Answer<T> {
    content: [u8; 32],
    answer: T,
}

impl Repeat {
    /// A key and the whole of what was asked, the route included.
    pub fn new(key: &str, content: &[u8]) -> Result<Repeat> {
        if key.is_empty() || key.len() > MOST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "an idempotency key has 1 to 200 visible ASCII characters; a random id is best";
            return Err(Problem::invalid("", message));
        }
        Ok(Repeat { key: key.to_owned(), content: Sha256::digest(content).into() })
    }

    /// A part of this request that is carried out on its own, under a key of its
    /// own.
    pub fn part(&self, what: &str) -> Repeat {
        let mut hasher = Sha256::new();
        for part in [&b"part of"[..], self.key.as_bytes(), what.as_bytes()] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let key = hex(&hasher.finalize());
        Repeat { key, content: self.content }
    }

    /// The id of what this request makes: the same each time it is sent, so
    /// that a repetition is answered with what was made the first time.
    pub fn id(&self, person: PersonId, what: &str) -> [u8; 16] {
        let mut hasher = Sha256::new();
        for part in [b"made by", &person.bytes()[..], what.as_bytes(), self.key.as_bytes()] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        id
    }

    /// As it is looked up: keys of different people never meet.
    fn kept(&self, person: PersonId) -> Vec<u8> {
        [&person.bytes()[..], self.key.as_bytes()].concat()
    }
}

/// The answer of the first time, if this is the same request.
pub(crate) fn answer<T: DeserializeOwned>(repeat: Option<&Repeat>, kept: &[u8]) -> Result<T> {
    let lost = |_| Problem::Unavailable { retry_after: 60 };
    // What another request was answered with need not look like an answer to
    // this one: whether it is the same request comes first.
    let Asked { content } = serde_json::from_slice(kept).map_err(lost)?;
    match repeat {
        Some(repeat) if repeat.content == content => {
            serde_json::from_slice::<Answer<T>>(kept).map(|kept| kept.answer).map_err(lost)
        }
        _ => Err(Problem::KeyReused),
    }
}

impl Desk {
    /// The answer to a request that was carried out before.
    pub(crate) async fn repeated<T: DeserializeOwned>(
        &self,
        person: PersonId,
        repeat: Option<&Repeat>,
    ) -> Result<Option<T>> {
        let Some(repeat) = repeat else { return Ok(None) };
        match self.inner.store.repeated(&repeat.kept(person)).await? {
            Some(kept) => answer(Some(repeat), &kept).map(Some),
            None => Ok(None),
        }
    }

    /// What an append has to bring so that a repetition of it is recognised.
    pub(crate) fn remember<T: Serialize>(
        &self,
        person: PersonId,
        repeat: Option<&Repeat>,
        answer: &T,
    ) -> Option<Idempotency> {
        let repeat = repeat?;
        let answer = serde_json::to_vec(&Answer { content: repeat.content, answer }).ok()?;
        let until = self.now() + self.inner.settings.remembered;
        Some(Idempotency { key: repeat.kept(person), answer, until })
    }
}
