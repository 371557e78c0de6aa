//! The verbs that ask a running desk over its API. The desk decides what its
//! answer shows; here it is only set for people, or printed as it came.
//!
//! - [`case`]: lists, one case, what is written into it. [`lead`]: who works on
//!   it. [`files`]: its files. [`whole`]: what becomes of it. [`retention`]:
//!   what was kept long enough.
//! - [`people`], [`roles`], [`project`]: the directory. [`report`]: reports.
//!   [`account`], [`tokens`]: signing in, and what programs show.
//! - [`webhook`]: addresses outside. [`named`]: people and projects by the names that people type.

pub mod account;
pub mod advisory;
pub mod case;
pub mod cve;
pub mod files;
pub mod import;
pub mod lead;
pub mod named;
mod origin;
pub mod people;
pub mod project;
pub mod report;
pub mod retention;
pub mod roles;
pub mod search;
pub mod tokens;
pub mod webhook;
pub mod whole;

use std::fs;
use std::io::{self, Read as _, Write};
use std::path::Path;

use clap::Args;
use serde_json::Value;

use crate::client::{ClientError, Server, ServerArgs};
use crate::commands::Outcome;
use crate::configuration::{environment, shown};
use crate::serve::world;

/// Which desk to ask, and how to show what it says.
#[derive(Args)]
pub struct Asking {
    #[command(flatten)]
    server: ServerArgs,
    /// Print what the desk answered, as one JSON object.
    #[arg(long)]
    json: bool,
}

impl Asking {
    /// Asks, and shows the answer; or says why there is none.
    pub fn ask(
        &self,
        out: &mut impl Write,
        messages: &mut impl Write,
        asks: impl FnOnce(&Server) -> Result<Value, ClientError>,
        show: impl FnOnce(&Value, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        match Server::find(&self.server, &environment) {
            Ok(server) => self.ask_at(&server, out, messages, asks, show),
            Err(why) => {
                writeln!(messages, "fixlead: {why}")?;
                Ok(Outcome::Unreadable)
            }
        }
    }

    fn ask_at(
        &self,
        server: &Server,
        out: &mut impl Write,
        messages: &mut impl Write,
        asks: impl FnOnce(&Server) -> Result<Value, ClientError>,
        show: impl FnOnce(&Value, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<Outcome> {
        match asks(server) {
            Ok(answer) if self.json => writeln!(out, "{answer}")?,
            Ok(answer) => show(&answer, out)?,
            Err(error) => {
                writeln!(messages, "fixlead: {error}")?;
                return Ok(if error.is_answer() { Outcome::No } else { Outcome::Unreadable });
            }
        }
        Ok(Outcome::Done)
    }
}

/// What is asked of a desk.
type Asks<'a> = Box<dyn Fn(&Server) -> Result<Value, ClientError> + 'a>;

/// Sends something under a new key: a body to an address.
fn send(server: &Server, path: &str, sent: &Value) -> Result<Value, ClientError> {
    Ok(server.post(path, sent, Some(&new_key()), None)?.body)
}

/// Sends something to a case, on the version that stands now unless one is
/// given.
fn send_on(
    server: &Server,
    case: &str,
    what: &str,
    sent: &Value,
    version: Option<u64>,
) -> Result<Value, ClientError> {
    let path = format!("/api/v1/cases/{case}");
    let version = match version {
        Some(version) => format!("\"{version}\""),
        None => server.get(&path)?.etag.unwrap_or_default(),
    };
    Ok(server.post(&format!("{path}/{what}"), sent, Some(&new_key()), Some(&version))?.body)
}

/// Says that something is written into a case.
fn written(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "recorded at {}; the case is at version {}", text(&answer["at"]), text(&answer["version"]))
}

/// The text of a file; of standard input for `-`.
fn read_file(path: &Path) -> Result<String, ClientError> {
    let fail = |error: io::Error| ClientError::Unclear(format!("{}: cannot be read: {error}", shown(path)));
    if path.as_os_str() == "-" {
        let mut text = String::new();
        return io::stdin().lock().read_to_string(&mut text).map(|_| text).map_err(fail);
    }
    fs::read_to_string(path).map_err(fail)
}

/// A key under which the desk knows a request that is sent again.
fn new_key() -> String {
    world::random_id().to_string()
}

/// A text of an answer; `-` where there is none.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// An instant to the minute, in UTC.
fn minute(value: &Value) -> String {
    let text = text(value);
    match (text.get(..10), text.get(10..11), text.get(11..16)) {
        (Some(day), Some("T"), Some(time)) => format!("{day} {time}"),
        _ => text,
    }
}

/// The items of a list.
fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A part of an address: an id, or nothing that could be another address.
fn id(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|letter| letter.is_ascii_alphanumeric());
    if fits { Ok(text.to_owned()) } else { Err("an id is letters and digits, as the lists show it".into()) }
}
