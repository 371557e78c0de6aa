//! `fixlead retention`: what was kept long enough, erasing it by two, and holds.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Asking, id, list, minute, send, text};
use crate::client::Server;
use crate::commands::Outcome;
use crate::terminal::{Style, plain, table};

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// List closed cases that were kept long enough, or soon will be.
    List(ListArgs),
    /// Ask that cases be erased; another person confirms each.
    Ask(AskArgs),
    /// Confirm what somebody else has asked for, and erase it.
    Confirm(ConfirmArgs),
    /// Keep a case whatever its age.
    Hold(HoldArgs),
    /// Take the hold off a case.
    Release(HoldArgs),
}

/// Nothing in particular.
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    asking: Asking,
}

/// Which cases, and why.
#[derive(Args)]
pub struct AskArgs {
    /// The cases; at most 200.
    #[arg(value_parser = id, required = true)]
    cases: Vec<String>,
    /// Why; it stands in the log of each.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// Which cases.
#[derive(Args)]
pub struct ConfirmArgs {
    /// The cases; at most 200.
    #[arg(value_parser = id, required = true)]
    cases: Vec<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Which case, and why.
#[derive(Args)]
pub struct HoldArgs {
    /// The case.
    #[arg(value_parser = id)]
    case: String,
    /// Why; it stands in its log.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// How a case of the list stands.
fn state(kept: &Value) -> &'static str {
    match (kept["held"].as_bool(), kept["asked"].as_str(), kept["is_due"].as_bool()) {
        (Some(true), ..) => "held",
        (_, Some("you"), _) => "you asked",
        (_, Some(_), _) => "confirm it",
        (_, None, Some(true)) => "may be erased",
        _ => "announced",
    }
}

/// Runs `fixlead retention`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    command: &Command,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match command {
        Command::List(args) => {
            let asks = |server: &Server| Ok(server.get("/api/v1/retention")?.body);
            args.asking.ask(out, messages, asks, |found, out| {
                let row = |kept: &Value| {
                    let [closed, until] = ["closed", "until"].map(|field| minute(&kept[field]));
                    [state(kept).to_owned(), closed, until, text(&kept["case"])]
                };
                let rows: Vec<[String; 4]> = list(&found["items"]).iter().map(row).collect();
                if rows.is_empty() {
                    return writeln!(out, "nothing was kept long enough, or will be soon");
                }
                table::write(style, ["STATE", "CLOSED (UTC)", "KEPT UNTIL (UTC)", "!CASE"], &rows, &mut {
                    out
                })
            })
        }
        Command::Ask(args) => {
            let sent = json!({ "cases": args.cases, "reason": args.reason });
            each(
                &args.asking,
                "/api/v1/retention/ask",
                &sent,
                "asked for; another person confirms",
                out,
                messages,
            )
        }
        Command::Confirm(args) => {
            let sent = json!({ "cases": args.cases });
            each(&args.asking, "/api/v1/retention/confirm", &sent, "erased", out, messages)
        }
        Command::Hold(args) => hold(args, "/hold", "held", out, messages),
        Command::Release(args) => hold(args, "/hold/lift", "released", out, messages),
    }
}

/// Does something with several cases. "No" if one of them was refused.
fn each(
    asking: &Asking,
    path: &str,
    sent: &Value,
    done: &str,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let mut refused = false;
    let asks = |server: &Server| send(server, path, sent);
    let outcome = asking.ask(out, messages, asks, |answer, out| {
        for one in list(&answer["items"]) {
            let why = match one["done"].as_bool() {
                Some(true) => done.to_owned(),
                _ => {
                    refused = true;
                    plain(&text(&one["why"])).to_string()
                }
            };
            writeln!(out, "{}  {why}", plain(&text(&one["case"])))?;
        }
        Ok(())
    })?;
    Ok(if refused { Outcome::No } else { outcome })
}

fn hold(
    args: &HoldArgs,
    what: &str,
    done: &str,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let path = format!("/api/v1/cases/{}{what}", args.case);
    let sent = json!({ "reason": args.reason });
    let asks = |server: &Server| send(server, &path, &sent);
    args.asking.ask(out, messages, asks, |answer, out| {
        writeln!(out, "{done}; the case is at version {}", text(&answer["version"]))
    })
}
