//! Names for what is kept: 128 random bits, and a type for each kind of thing.
//!
//! An id says nothing about what it names, and not how many there are; that of a
//! case says in which second it was opened, so that what is written together
//! lies together. Whoever makes one brings the random bytes. Its text is 26
//! characters of Crockford's base32 (<https://www.crockford.com/base32.html>) in
//! lower case. Upper case is read too; the letters `i`, `l`, `o` and `u`, which
//! people take for others, are refused rather than guessed.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::time::Instant;

/// The length of an id in bytes.
pub const BYTES: usize = 16;
/// The length of its text.
pub const LETTERS: usize = 26;

/// The letters of ids, and of everything that people copy by hand: five bits
/// each, and none that is taken for another.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no id. It never repeats the text, which may be a secret that
/// somebody pasted into the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdError {
    /// It has another length.
    Length,
    /// It holds something that is no letter of an id.
    Letter,
    /// It stands for more than 128 bits.
    Range,
    /// It names no kind of stream.
    Kind,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IdError::Length => "an id has 26 characters; copy the whole of it",
            IdError::Letter => "an id is made of digits and letters without i, l, o and u; copy it again",
            IdError::Range => "an id begins with a digit from 0 to 7; copy the whole of it",
            IdError::Kind => "a stream is `installation-`, `project-`, `person-` or `case-` and an id",
        })
    }
}

impl std::error::Error for IdError {}

/// The text of an id.
fn write(bytes: [u8; BYTES], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let bits = u128::from_be_bytes(bytes);
    let mut text = [0_u8; LETTERS];
    for (place, letter) in text.iter_mut().enumerate() {
        let shift = 5 * (LETTERS - 1 - place);
        *letter = ALPHABET[((bits >> shift) & 31) as usize];
    }
    f.write_str(std::str::from_utf8(&text).unwrap_or_default())
}

/// The bytes of an id's text.
fn read(text: &str) -> Result<[u8; BYTES], IdError> {
    if text.len() != LETTERS {
        return Err(IdError::Length);
    }
    let mut bits: u128 = 0;
    for (place, letter) in text.bytes().enumerate() {
        let letter = letter.to_ascii_lowercase();
        let value = ALPHABET.iter().position(|known| *known == letter).ok_or(IdError::Letter)?;
        if place == 0 && value > 7 {
            return Err(IdError::Range);
        }
        bits = (bits << 5) | value as u128;
    }
    Ok(bits.to_be_bytes())
}

/// Reads an id out of a document.
fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; BYTES], D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    read(&text).map_err(D::Error::custom)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; BYTES]);

        impl $name {
            /// From bytes that a source of randomness gave, or that were kept.
            pub const fn from_bytes(bytes: [u8; BYTES]) -> Self {
                $name(bytes)
            }

            /// Its bytes.
            pub const fn bytes(self) -> [u8; BYTES] {
                self.0
            }

            /// Reads its text.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                read(text).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write(self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                $name::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize(deserializer).map($name)
            }
        }
    )+};
}

ids! {
    /// An installation of the desk.
    InstallationId,
    /// An organisation that projects belong to.
    OrganisationId,
    /// A project.
    ProjectId,
    /// A person.
    PersonId,
    /// A case.
    CaseId,
    /// A grant of a role.
    GrantId,
    /// A sub-team that work was delegated to.
    TeamId,
    /// A message in a room.
    MessageId,
    /// The bytes of an attachment.
    BlobId,
    /// A session of somebody signed in.
    SessionId,
    /// A token of the API.
    TokenId,
    /// A passkey of somebody.
    PasskeyId,
    /// A piece of work to be done once.
    WorkId,
    /// A webhook: an address outside that is told what happens.
    WebhookId,
    /// Somebody who keeps heads of the log.
    WitnessId,
    /// An offer, proposal or invitation that somebody else has to answer.
    OfferId,
}

impl CaseId {
    /// The id of a case that is opened at an instant: the second, counted from
    /// 1970, and 88 random bits.
    pub fn opened(at: Instant, random: [u8; 11]) -> CaseId {
        let second = at.millis().div_euclid(1_000).max(0).to_be_bytes();
        let mut bytes = [0; BYTES];
        bytes[..5].copy_from_slice(&second[3..]);
        bytes[5..].copy_from_slice(&random);
        CaseId(bytes)
    }
}

/// What a stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// The directory of the installation.
    Installation,
    /// A project.
    Project,
    /// A person.
    Person,
    /// A case.
    Case,
}

impl StreamKind {
    /// Every kind.
    pub const ALL: [StreamKind; 4] =
        [StreamKind::Installation, StreamKind::Project, StreamKind::Person, StreamKind::Case];

    /// Its name in an id's text.
    pub const fn name(self) -> &'static str {
        match self {
            StreamKind::Installation => "installation",
            StreamKind::Project => "project",
            StreamKind::Person => "person",
            StreamKind::Case => "case",
        }
    }
}

/// A stream of events: its kind and 128 bits. Its text is the kind, a hyphen
/// and the id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    kind: StreamKind,
    bytes: [u8; BYTES],
}

impl StreamId {
    /// A stream whose parts were kept apart.
    pub const fn new(kind: StreamKind, bytes: [u8; BYTES]) -> Self {
        StreamId { kind, bytes }
    }

    /// What it is about.
    pub const fn kind(self) -> StreamKind {
        self.kind
    }

    /// Its 128 bits.
    pub const fn bytes(self) -> [u8; BYTES] {
        self.bytes
    }

    /// Reads its text.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let (kind, id) = text.split_once('-').ok_or(IdError::Kind)?;
        let kind = StreamKind::ALL.into_iter().find(|known| known.name() == kind).ok_or(IdError::Kind)?;
        Ok(StreamId { kind, bytes: read(id)? })
    }
}

macro_rules! streams {
    ($($id:ident => $kind:ident,)+) => {$(
        impl From<$id> for StreamId {
            fn from(id: $id) -> Self {
                StreamId { kind: StreamKind::$kind, bytes: id.0 }
            }
        }
    )+};
}

streams! {
    InstallationId => Installation,
    ProjectId => Project,
    PersonId => Person,
    CaseId => Case,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.kind.name())?;
        write(self.bytes, f)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for StreamId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StreamId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        StreamId::parse(&text).map_err(D::Error::custom)
    }
}

/// Whether a text is the id of a CVE record (CVE Record Format 5.1, `cveId`):
/// a year of four digits and a number of 4 to 19.
pub fn is_cve_id(text: &str) -> bool {
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let rest = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    rest.is_some_and(|(year, number)| digits(year, 4, 4) && digits(number, 4, 19))
}
