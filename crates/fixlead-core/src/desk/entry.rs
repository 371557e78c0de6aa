//! Reads and writes an entry of the case log: one JSON object,
//! `{"at", "by", "event": {"type", …}}`.
//!
//! Reading is strict: no unknown type or field, nothing twice, bounded sizes.

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{By, DeskEvent, Entry, Happening};
use crate::case::json::{At, HistoryError, Node};
use crate::case::{EventKind, Project, history, write};
use crate::id::PersonId;
use crate::text::plain;
use crate::time::Instant;

/// The largest entry, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;

/// The words of an entry by the installation itself.
const SYSTEM: &str = "system";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    at: Instant,
    #[serde(deserialize_with = "read_by")]
    by: By,
    event: Value,
}

fn read_by<'de, D: Deserializer<'de>>(deserializer: D) -> Result<By, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == SYSTEM {
        return Ok(By::System);
    }
    PersonId::parse(&text).map(By::Person).map_err(D::Error::custom)
}

pub(super) fn complaint(place: &str, error: &serde_json::Error) -> HistoryError {
    HistoryError { place: place.to_owned(), message: plain(&error.to_string()) }
}

/// The parts of a line: when, by whom, what.
pub(super) fn envelope(text: &str) -> Result<(Instant, By, Value), HistoryError> {
    parts(text).map(|(_, envelope)| (envelope.at, envelope.by, envelope.event))
}

fn parts(text: &str) -> Result<(Node, Envelope), HistoryError> {
    if text.len() > MOST_BYTES {
        let message = format!("{} bytes, at most {MOST_BYTES} are read", text.len());
        return Err(HistoryError { place: String::new(), message });
    }
    // Read twice: once to see every key with its place, once for the types.
    let node: Node = serde_json::from_str(text).map_err(|error| complaint("", &error))?;
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| complaint("", &error))?;
    Ok((node, envelope))
}

/// What a line is written from; no tree of values is made for it.
#[derive(Serialize)]
struct Written<'a, E> {
    at: &'a str,
    by: &'a str,
    event: E,
}

/// A line of its parts.
pub(super) fn line(at: Instant, by: By, event: impl Serialize) -> String {
    let by = match by {
        By::System => SYSTEM.to_owned(),
        By::Person(person) => person.to_string(),
    };
    // Neither events nor values have anything that JSON cannot say.
    serde_json::to_string(&Written { at: &at.to_string(), by: &by, event }).unwrap_or_default()
}

/// Reads an entry. Branches are those of the project's facts.
pub fn read(text: &str, project: &Project) -> Result<Entry, HistoryError> {
    let (node, envelope) = parts(text)?;
    let kind = envelope.event.get("type").and_then(Value::as_str).unwrap_or_default();
    let event = if EventKind::parse(kind).is_some() {
        let mut event = None;
        At::root(&node).entries(|key, at| {
            if key == "event" {
                event = Some(history::read_event(at, project)?);
            }
            Ok(())
        })?;
        event.map(Happening::Case)
    } else {
        let event: DeskEvent =
            serde_json::from_value(envelope.event).map_err(|error| complaint("/event", &error))?;
        Some(event.into())
    };
    match event {
        Some(event) => Ok(Entry { at: envelope.at, by: envelope.by, event }),
        None => At::root(&node).error("`event` is missing"),
    }
}

/// Writes an entry in one line.
pub fn write(entry: &Entry, project: &Project) -> String {
    match &entry.event {
        Happening::Case(event) => line(entry.at, entry.by, write::event(event, project)),
        Happening::Desk(event) => line(entry.at, entry.by, event),
    }
}
