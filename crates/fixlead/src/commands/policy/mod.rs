//! `fixlead policy`: read, check and replay policies.

mod check;
mod list;
mod render;
mod replay;
mod show;
pub mod source;

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Outcome;
use crate::terminal::Style;
use source::Unreadable;

/// What `fixlead policy` can do.
#[derive(Subcommand)]
pub enum Command {
    /// List the built-in policies.
    List(list::ListArgs),
    /// Show a policy as it is written.
    Show(show::ShowArgs),
    /// Check policies: what they leave open, and where they are at odds.
    Check(check::CheckArgs),
    /// Write a policy as a document for people.
    Render(render::RenderArgs),
    /// Replay a case history under a policy.
    Replay(replay::ReplayArgs),
}

/// What a policy is read with.
#[derive(Args)]
pub struct Readings {
    /// Lay this overlay (a built-in one or a file) over the policy; may be
    /// given several times.
    #[arg(long = "overlay", value_name = "ID")]
    overlays: Vec<String>,
    /// Set a parameter of the policy; may be given several times.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    values: Vec<(String, String)>,
}

/// Reads `NAME=VALUE`.
fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write a parameter and its value like window=P5D".to_owned()),
    }
}

/// Runs `fixlead policy`.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn run(
    command: &Command,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match command {
        Command::List(args) => list::run(args, style, out),
        Command::Show(args) => show::run(args, out, messages),
        Command::Check(args) => check::run(args, style, out, messages),
        Command::Render(args) => render::run(args, out, messages),
        Command::Replay(args) => replay::run(args, style, out, messages),
    }
}

/// Says that a policy cannot be read: to people, and as JSON if asked.
fn complain(
    unreadable: &Unreadable,
    as_json: bool,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    writeln!(messages, "fixlead: {unreadable}")?;
    if as_json {
        // What concerns no single place has none.
        let place = |number: usize| if number == 0 { Value::Null } else { json!(number) };
        let error = &unreadable.error;
        let json = json!({
            "policy": unreadable.policy,
            "error": {
                "line": place(error.line),
                "column": place(error.column),
                "message": error.message,
            },
        });
        writeln!(out, "{json}")?;
    }
    Ok(Outcome::Unreadable)
}
