//! `fixlead report`: send a report, and see how it stands.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Asking, id, list, send, text, written};
use crate::client::{ClientError, Server};
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
    /// Print the signed timestamp of a report, the proof of when it came in.
    Timestamp(StatusArgs),
    /// Write to those who work on a report, with its receipt.
    Say(SayArgs),
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
    /// Do not say who sends it, although a token is set or somebody has signed in.
    #[arg(long)]
    anonymous: bool,
    #[command(flatten)]
    asking: Asking,
}

/// What to write.
#[derive(Args)]
pub struct SayArgs {
    /// What to write; `-` reads it from standard input.
    text: String,
    #[command(flatten)]
    status: StatusArgs,
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
            let mut silent = false;
            let asks = |server: &Server| {
                if args.anonymous {
                    return send(&server.without(), &path, &sent);
                }
                match send(server, &path, &sent) {
                    // Anybody may report. A token that was made for something else
                    // does not keep them from it; it is only not shown.
                    Err(ClientError::Refused(refused))
                        if refused.kind == "forbidden" && server.is_shown() =>
                    {
                        silent = true;
                        send(&server.without(), &path, &sent)
                    }
                    answered => answered,
                }
            };
            let outcome = args.asking.ask(out, messages, asks, |taken, out| {
                writeln!(out, "received at {}", text(&taken["at"]))?;
                writeln!(out, "{}", text(&taken["receipt"]))?;
                writeln!(out, "keep this receipt: it is shown once, and is the way back to the report")
            })?;
            if silent && outcome == Outcome::Done {
                writeln!(
                    messages,
                    "fixlead: sent without saying who you are: your token was not made for reports (scope `intake`)"
                )?;
            }
            Ok(outcome)
        }
        Command::Status(args) => {
            let asks = |server: &Server| Ok(server.get("/api/v1/report")?.body);
            with_receipt(args, out, messages, asks, status)
        }
        Command::Timestamp(args) => {
            // It is a file for `fixlead log verify --timestamp`, so it is printed as it came.
            let asks = |server: &Server| Ok(server.get("/api/v1/report/timestamp")?.body);
            with_receipt(args, out, messages, asks, |timestamp, out| writeln!(out, "{timestamp}"))
        }
        Command::Say(args) => {
            let mut body = args.text.clone();
            if body == "-" {
                body.clear();
                input.read_to_string(&mut body)?;
            }
            let sent = json!({ "body": body });
            let asks = |server: &Server| send(server, "/api/v1/report/messages", &sent);
            with_receipt(&args.status, out, messages, asks, written)
        }
    }
}

/// Asks as whoever holds the receipt.
fn with_receipt(
    args: &StatusArgs,
    out: &mut impl Write,
    messages: &mut impl Write,
    asks: impl FnOnce(&Server) -> Result<Value, ClientError>,
    show: impl FnOnce(&Value, &mut dyn Write) -> io::Result<()>,
) -> io::Result<Outcome> {
    let receipt = match (&args.receipt, environment("FIXLEAD_RECEIPT")) {
        (Some(path), _) => secret::read(path),
        (None, Some(receipt)) => receipt.into_string().map_err(|_| "FIXLEAD_RECEIPT is not UTF-8".to_owned()),
        (None, None) => Err("name the file of the receipt with --receipt, or set FIXLEAD_RECEIPT".into()),
    };
    match receipt.and_then(|receipt| Server::find_with(&args.asking.server, &environment, receipt)) {
        Ok(server) => args.asking.ask_at(&server, out, messages, asks, show),
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            Ok(Outcome::Unreadable)
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
