//! `fixlead case advisory`: what the world is told of a case.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use fixlead_core::text::plain;
use fixlead_formats::format::Format;
use serde_json::{Value, json};

use super::case::CaseArgs;
use super::{Asking, Asks, list, new_key, read_file, send, text, written};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;

/// What to do with it.
#[derive(Subcommand)]
pub enum Command {
    /// Print the source, or a document that is made of it.
    Show(ShowArgs),
    /// Write the source, finished or not, from a file.
    Write(WriteArgs),
    /// Say what is to be said of the source, or of a file in its place.
    Check(CheckArgs),
    /// Ask that the advisory be made public, or confirm what somebody else asked for.
    Publish(PublishArgs),
}

/// What to print.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// A document instead of the source: cve, osv, csaf, openvex, ghsa, mail, html or atom.
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse)]
    format: Option<Format>,
}

/// What to write.
#[derive(Args)]
pub struct WriteArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// The file; `-` reads standard input.
    file: PathBuf,
    /// The version of the advisory you have read; the one that stands now, if left out.
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

/// What to look through.
#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// The file; `-` reads standard input. What the desk has, if left out.
    file: Option<PathBuf>,
}

/// Why it is made public.
#[derive(Args)]
pub struct PublishArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Why, where you ask for it.
    #[arg(long, value_name = "TEXT", required_unless_present = "confirm")]
    reason: Option<String>,
    /// Have it public although the policy holds it, for this reason; it stands in the log.
    #[arg(long, value_name = "TEXT")]
    although: Option<String>,
    /// Be the second person: make it public now.
    #[arg(long, conflicts_with = "reason")]
    confirm: bool,
}

/// Runs it.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let (asking, asks): (&Asking, Asks<'_>) = match command {
        Command::Show(args) => (&args.case.asking, Box::new(|server| show(server, args))),
        Command::Write(args) => (
            &args.case.asking,
            Box::new(|server| {
                let sent = json!({ "source": read_file(&args.file)? });
                let path = args.case.path("/advisory");
                let version = match args.version {
                    Some(version) => format!("\"{version}\""),
                    None => server.get(&path)?.etag.unwrap_or_default(),
                };
                Ok(server.put(&path, &sent, &new_key(), &version)?.body)
            }),
        ),
        Command::Check(args) => (&args.case.asking, Box::new(|server| check(server, args))),
        Command::Publish(args) => (&args.case.asking, Box::new(|server| publish(server, args))),
    };
    let mut sound = true;
    let done = asking.ask(out, messages, asks, |answer, out| {
        if let Some(document) = answer["document"].as_str() {
            return out.write_all(document.as_bytes());
        }
        match command {
            Command::Show(_) => out.write_all(text(&answer["source"]).as_bytes()),
            Command::Check(_) => {
                sound = answer["sound"] == true;
                remarks(answer, out)
            }
            Command::Write(_) => {
                writeln!(out, "written; the advisory is at version {}", text(&answer["version"]))
            }
            Command::Publish(_) => {
                written(answer, out)?;
                match answer["offer"].as_str() {
                    Some(_) => {
                        if let Some(held) = answer["held"].as_str() {
                            writeln!(out, "the policy holds it now: {}", plain(held))?;
                        }
                        writeln!(
                            out,
                            "nothing is public before somebody else runs `case advisory publish --confirm`"
                        )
                    }
                    None => writeln!(out, "the advisory is public"),
                }
            }
        }
    })?;
    Ok(if sound { done } else { Outcome::No })
}

fn show(server: &Server, args: &ShowArgs) -> Result<Value, ClientError> {
    let Some(format) = args.format else { return Ok(server.get(&args.case.path("/advisory"))?.body) };
    let path = args.case.path(&format!("/advisory/documents/{}", format.as_str()));
    let bytes = server.download(&path)?;
    Ok(json!({ "document": String::from_utf8_lossy(&bytes) }))
}

fn check(server: &Server, args: &CheckArgs) -> Result<Value, ClientError> {
    let path = args.case.path("/advisory");
    match &args.file {
        None => Ok(server.get(&path)?.body),
        Some(file) => {
            let sent = json!({ "source": read_file(file)? });
            Ok(server.post(&format!("{path}/check"), &sent, None, None)?.body)
        }
    }
}

fn remarks(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    for remark in list(&answer["remarks"]) {
        let line = remark["line"].as_u64().map(|line| format!("line {line}: ")).unwrap_or_default();
        let [level, rule, message] = ["level", "rule", "message"].map(|field| plain(&text(&remark[field])));
        writeln!(out, "{line}{level}: {message} [{rule}]")?;
    }
    if answer["sound"] == true {
        writeln!(out, "every document can be made of it")?;
    }
    Ok(())
}

fn publish(server: &Server, args: &PublishArgs) -> Result<Value, ClientError> {
    let path = args.case.path("/advisory/publication");
    let mut sent = json!({});
    if let Some(although) = &args.although {
        sent["although"] = json!({ "reason": although });
    }
    if let Some(reason) = &args.reason {
        sent["reason"] = json!(reason);
        return send(server, &path, &sent);
    }
    let found = server.get(&args.case.path("/advisory"))?.body;
    let Some(offer) = found["asked"]["offer"].as_str() else {
        let why = "nobody has asked that this advisory be made public; ask with --reason, and somebody else confirms";
        return Err(ClientError::Unclear(why.into()));
    };
    send(server, &format!("{path}/{offer}/confirm"), &sent)
}
