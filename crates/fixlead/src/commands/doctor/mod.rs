//! `fixlead doctor`: checks a deployment, and says what to do about what is
//! wrong. It makes nothing and needs no desk to be running; it opens a database
//! that is there as a start would, which brings its schema up to date.

mod checks;
mod publishing;

use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use crate::commands::Outcome;
use crate::configuration::{self, Flags, document, environment};
use crate::terminal::lines::{Head, write};
use crate::terminal::{Style, Tone};

/// What to check.
#[derive(Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    flags: Flags,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Print the JSON Schema of the configuration file, and check nothing.
    #[arg(long)]
    schema: bool,
    /// Print every key of the configuration file, and check nothing.
    #[arg(long, conflicts_with = "schema")]
    keys: bool,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, but somebody should look at it.
    Warn,
    /// The desk does not work, or is not safe.
    Fail,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Warn => "warn",
            State::Fail => "fail",
        }
    }
}

/// A check: what was looked at, what was found, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it came out.
    pub state: State,
    /// What was found, and what to do if it is not as it should be.
    pub message: String,
}

impl Check {
    fn new(name: &'static str, state: State, message: impl Into<String>) -> Self {
        Check { name, state, message: message.into() }
    }
}

/// Runs `fixlead doctor`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    args: &DoctorArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    if args.schema {
        writeln!(out, "{:#}", document::schema())?;
        return Ok(Outcome::Done);
    }
    if args.keys {
        write!(out, "{}", document::markdown())?;
        return Ok(Outcome::Done);
    }
    let settings = match configuration::load(&args.flags, &environment) {
        Ok(settings) => settings,
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let checks = checks::all(&settings, &environment, &runtime);
    let worst = checks.iter().map(|check| check.state).max_by_key(|state| *state as u8).unwrap_or(State::Ok);
    if args.json {
        let list: Vec<_> = checks
            .iter()
            .map(
                |check| json!({ "check": check.name, "state": check.state.word(), "message": check.message }),
            )
            .collect();
        writeln!(out, "{}", json!({ "state": worst.word(), "checks": list }))?;
    } else {
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
        for check in &checks {
            let tone = match check.state {
                State::Ok => Tone::Good,
                State::Warn => Tone::Care,
                State::Fail => Tone::Bad,
            };
            let head = Head::plain("").and(style, tone, &format!("{:4}", check.state.word()));
            let head = head.and(style, Tone::Plain, &format!("  {:width$}  ", check.name));
            write(out, style, &head, head.columns(), &check.message, None)?;
        }
    }
    Ok(if worst == State::Fail { Outcome::No } else { Outcome::Done })
}
