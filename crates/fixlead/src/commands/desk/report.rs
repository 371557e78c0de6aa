//! `fixlead report`: send a report, and see how it stands.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Asking, id, list, new_key, text};
use crate::client::Server;
use crate::commands::Outcome;
use crate::configuration::{environment, secret, shown};
use crate::terminal::plain;

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Send a report to a project; no account is needed.
    Send(SendArgs),
    /// Show how a report stands, with the receipt that came for it.
    Status(StatusArgs),
}

/// What to send.
#[derive(Args)]
pub struct SendArgs {
    /// The project.
    #[arg(value_parser = id)]
    project: String,
    /// A line that says what it is about.
    #[arg(long)]
    title: String,
    /// The file that says everything else; `-` reads standard input.
    #[arg(value_name = "FILE")]
    body: PathBuf,
    /// The name to thank.
    #[arg(long, value_name = "NAME")]
    credit: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Which report.
#[derive(Args)]
pub struct StatusArgs {
    /// The file that holds the receipt [default: FIXLEAD_RECEIPT].
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    #[command(flatten)]
    asking: Asking,
}

/// Runs `fixlead report`.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn run(
    command: &Command,
    mut input: impl Read,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match command {
        Command::Send(args) => {
            let body = if args.body.as_os_str() == "-" {
                let mut body = String::new();
                input.read_to_string(&mut body)?;
                body
            } else {
                match fs::read_to_string(&args.body) {
                    Ok(body) => body,
                    Err(error) => {
                        writeln!(messages, "fixlead: {}: cannot be read: {error}", shown(&args.body))?;
                        return Ok(Outcome::Unreadable);
                    }
                }
            };
            let mut sent = json!({ "title": args.title, "body": body, "channel": "command line" });
            if let Some(credit) = &args.credit {
                sent["credit"] = json!(credit);
            }
            let path = format!("/api/v1/projects/{}/reports", args.project);
            let asks = |server: &Server| Ok(server.post(&path, &sent, Some(&new_key()), None)?.body);
            args.asking.ask(out, messages, asks, |taken, out| {
                writeln!(out, "received at {}", text(&taken["at"]))?;
                writeln!(out, "{}", text(&taken["receipt"]))?;
                writeln!(out, "keep this receipt: it is shown once, and is the way back to the report")
            })
        }
        Command::Status(args) => {
            let receipt = match (&args.receipt, environment("FIXLEAD_RECEIPT")) {
                (Some(path), _) => secret::read(path),
                (None, Some(receipt)) => {
                    receipt.into_string().map_err(|_| "FIXLEAD_RECEIPT is not UTF-8".to_owned())
                }
                (None, None) => {
                    Err("name the file of the receipt with --receipt, or set FIXLEAD_RECEIPT".into())
                }
            };
            let server =
                receipt.and_then(|receipt| Server::find_with(&args.asking.server, &environment, receipt));
            match server {
                Ok(server) => {
                    let asks = |server: &Server| Ok(server.get("/api/v1/report")?.body);
                    args.asking.ask_at(&server, out, messages, asks, status)
                }
                Err(why) => {
                    writeln!(messages, "fixlead: {why}")?;
                    Ok(Outcome::Unreadable)
                }
            }
        }
    }
}

fn status(case: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", plain(&text(&case["about"]["title"])))?;
    writeln!(out, "{}, received {}", text(&case["about"]["state"]), text(&case["about"]["opened"]))?;
    for room in list(&case["rooms"]) {
        for message in list(&room["messages"]) {
            writeln!(out, "\n{}", text(&message["at"]))?;
            for line in text(&message["body"]).lines() {
                writeln!(out, "  {}", plain(line))?;
            }
        }
    }
    Ok(())
}
