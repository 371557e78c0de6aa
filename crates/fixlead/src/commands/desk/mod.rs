//! The verbs that ask a running desk over its API: `fixlead case`, `report`,
//! `people`, `rota`. The desk decides what its answer shows; here it is only
//! set for people, or printed as it came.

pub mod case;
pub mod people;
pub mod report;
pub mod search;

use std::io::{self, Write};

use clap::Args;
use serde_json::Value;

use crate::client::{ClientError, Server, ServerArgs};
use crate::commands::Outcome;
use crate::configuration::environment;
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
    fn ask(
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
