//! How what the desk keeps is written: texts with bounds, instants and words
//! as JSON. Reading is strict; what does not fit is refused with a remedy.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use crate::access::{Role, Standing};
use crate::case::Project;
use crate::case::history;
use crate::case::json::{At, Node};
use crate::case::write;
use crate::desk::directory::Login;
use crate::text::{self, Untold};
use crate::time::Instant;

/// The longest line, in letters.
pub const MOST_LINE: usize = 300;
/// The longest body, in bytes.
pub const MOST_BODY: usize = 256 * 1024;

/// A single line: a title, a reason, a name. Never empty, never longer than
/// 300 letters, and nothing in it is obeyed by a terminal or turns the reading
/// direction round. Its `Debug` tells its length and not what it says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line(Box<str>);

impl Line {
    /// A line as it was written, if it is one.
    pub fn new(line: &str) -> Result<Line, &'static str> {
        if line.trim().is_empty() {
            return Err("the text is empty; write a line");
        }
        if line.chars().count() > MOST_LINE {
            return Err("the text is longer than 300 letters; shorten it");
        }
        if line.chars().any(|letter| letter == '\t' || text::is_harmful(letter)) {
            return Err("the text holds control or direction characters; write it in one plain line");
        }
        Ok(Line(line.into()))
    }

    /// A line made of whatever came in, so that nobody is turned away for how
    /// they wrote it.
    pub fn tamed(line: &str) -> Line {
        let short = text::short(line.trim(), MOST_LINE - 1);
        Line(if short.trim().is_empty() { "(empty)".into() } else { short.into() })
    }
}

impl std::ops::Deref for Line {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({:?})", Untold(&self.0))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({:?})", Untold(&self.0))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Line::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// What somebody wrote: kept as it came, at most 256 KiB. Whoever shows it
/// makes control and direction characters visible. Its `Debug` tells its length
/// and not what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Box<str>);

impl Body {
    /// A body, if it is one.
    pub fn new(body: &str) -> Result<Body, &'static str> {
        if body.trim().is_empty() {
            return Err("the text is empty; write something");
        }
        if body.len() > MOST_BODY {
            return Err("the text is longer than 256 KiB; attach it as a file");
        }
        Ok(Body(body.into()))
    }
}

impl std::ops::Deref for Body {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Body::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A SHA-256 in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sha256(Box<str>);

impl Sha256 {
    /// One that is written as 64 lower-case hexadecimal digits.
    pub fn new(hex: &str) -> Result<Sha256, &'static str> {
        let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() == 64 && hex.bytes().all(digit) {
            Ok(Sha256(hex.into()))
        } else {
            Err("a SHA-256 is 64 lower-case hexadecimal digits")
        }
    }
}

impl Sha256 {
    /// The one over a text.
    pub fn of(text: &str) -> Sha256 {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(text);
        Sha256(text::hex(&digest).into())
    }
}

impl std::ops::Deref for Sha256 {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sha256::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Instant::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

macro_rules! words {
    ($($name:ty,)+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                let known = || <$name>::ALL.iter().map(|known| known.name()).collect::<Vec<_>>().join(", ");
                <$name>::parse(&word).ok_or_else(|| D::Error::custom(format!("unknown word; known are {}", known())))
            }
        }
    )+};
}

words! {
    Role,
    Standing,
    super::event::Room,
    super::event::Visibility,
    super::event::RunOutcome,
    super::event::Second,
    super::form::Question,
    super::form::Thanks,
    super::directory::webhook::WebhookEvent,
    super::directory::webhook::WebhookEnd,
    crate::case::project::BranchClass,
    crate::access::Breadth,
}

impl Serialize for Project {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write::project(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Project {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let node = Node::deserialize(deserializer)?;
        history::read_project(At::root(&node)).map_err(D::Error::custom)
    }
}

impl Serialize for Login {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Login {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Login::new(&text).map_err(D::Error::custom)
    }
}
