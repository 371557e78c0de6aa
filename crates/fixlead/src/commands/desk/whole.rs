//! `fixlead case`: what becomes of a case as a whole.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::case::CaseArgs;
use super::lead::ReasonArgs;
use super::{Asking, Asks, id, list, named, read_file, send, send_on, text, written};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;

/// What becomes of it.
#[derive(Subcommand)]
pub enum Command {
    /// Close a case.
    Close(CloseArgs),
    /// Open a closed case again.
    Reopen(ReasonArgs),
    /// Let only those reach a case who have a role in it; somebody has to lead it.
    Restrict(ReasonArgs),
    /// Let everybody reach it again who answers for its project.
    Unrestrict(ReasonArgs),
    /// Close a case in favour of another, which keeps everybody who reported it.
    Merge(MergeArgs),
    /// Make a part of a case a case of its own.
    Split(SplitArgs),
    /// Have another project answer a case; its reporter goes with it.
    TakeOver(TakeOverArgs),
    /// Have a case go on under another policy, or the one its project has now.
    Policy(PolicyArgs),
    /// Have a case go on with the facts of its project as they are now.
    Facts(ReasonArgs),
    /// Ask that a closed case be erased, or confirm what somebody else asked for.
    Erase(EraseArgs),
}

/// The end of a case.
#[derive(Args)]
pub struct CloseArgs {
    #[command(flatten)]
    case: ReasonArgs,
    /// Close it although the policy holds it, for this reason; it stands in the log.
    #[arg(long, value_name = "REASON")]
    although: Option<String>,
    /// The version you have read; the one that stands now, if left out.
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

/// The other case.
#[derive(Args)]
pub struct MergeArgs {
    #[command(flatten)]
    case: ReasonArgs,
    /// The case it is the same as.
    #[arg(value_parser = id)]
    into: String,
    /// The version you have read; the one that stands now, if left out.
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

/// The part.
#[derive(Args)]
pub struct SplitArgs {
    #[command(flatten)]
    case: ReasonArgs,
    /// A line that says what the new case is about.
    #[arg(long)]
    title: String,
    /// The file that says everything else; `-` reads standard input.
    #[arg(value_name = "FILE")]
    body: PathBuf,
}

/// The other project.
#[derive(Args)]
pub struct TakeOverArgs {
    #[command(flatten)]
    case: ReasonArgs,
    /// The project, by name or id; you have to be a responder there.
    project: String,
    /// The version you have read; the one that stands now, if left out.
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

/// Another policy.
#[derive(Args)]
pub struct PolicyArgs {
    #[command(flatten)]
    case: ReasonArgs,
    #[command(flatten)]
    policy: PolicyNamed,
    /// The version you have read; the one that stands now, if left out.
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

/// A policy, as it is named on the command line.
#[derive(Args)]
pub struct PolicyNamed {
    /// The id of a built-in policy, or the file of one.
    #[arg(long, value_name = "ID-OR-FILE")]
    policy: Option<String>,
    /// The same of an overlay; as often as needed.
    #[arg(long, value_name = "ID-OR-FILE", requires = "policy")]
    overlay: Vec<String>,
    /// A value for a parameter of the policy; as often as needed.
    #[arg(long, value_name = "NAME=VALUE", requires = "policy", value_parser = parameter)]
    parameter: Vec<(String, String)>,
}

/// Nothing of it any more.
#[derive(Args)]
pub struct EraseArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Why, where you ask for it.
    #[arg(long, value_name = "TEXT", required_unless_present = "confirm")]
    reason: Option<String>,
    /// Be the second person: erase it now and for good.
    #[arg(long, conflicts_with = "reason")]
    confirm: bool,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl PolicyNamed {
    /// Whether one is named.
    pub fn is_named(&self) -> bool {
        self.policy.is_some()
    }

    /// As the API reads it, beside a reason.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn sent(&self, reason: &str) -> Result<Value, ClientError> {
        let mut sent = json!({ "reason": reason });
        let Some(policy) = &self.policy else { return Ok(sent) };
        let text = |named: &String| match Path::new(named) {
            path if path.is_file() => read_file(path),
            _ => Ok(named.clone()),
        };
        sent["policy"] = json!(text(policy)?);
        let overlays = self.overlay.iter().map(text).collect::<Result<Vec<String>, ClientError>>()?;
        if !overlays.is_empty() {
            sent["overlays"] = json!(overlays);
        }
        if !self.parameter.is_empty() {
            let values = self.parameter.iter().map(|(name, value)| (name.clone(), json!(value)));
            sent["parameters"] = Value::Object(values.collect::<Map<String, Value>>());
        }
        Ok(sent)
    }
}

/// Runs it.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let because = |args: &ReasonArgs, what: &str, server: &Server| {
        send(server, &args.case.path(what), &json!({ "reason": args.reason }))
    };
    let (asking, asks): (&Asking, Asks<'_>) = match command {
        Command::Reopen(args) => {
            (&args.case.asking, Box::new(move |server| because(args, "/reopen", server)))
        }
        Command::Restrict(args) => {
            (&args.case.asking, Box::new(move |server| because(args, "/restrict", server)))
        }
        Command::Unrestrict(args) => {
            (&args.case.asking, Box::new(move |server| because(args, "/unrestrict", server)))
        }
        Command::Facts(args) => (&args.case.asking, Box::new(move |server| because(args, "/facts", server))),
        Command::Close(args) => (
            &args.case.case.asking,
            Box::new(move |server| {
                let mut sent = json!({ "reason": args.case.reason });
                if let Some(although) = &args.although {
                    sent["although"] = json!({ "reason": although });
                }
                send_on(server, &args.case.case.case, "close", &sent, args.version)
            }),
        ),
        Command::Merge(args) => (
            &args.case.case.asking,
            Box::new(move |server| {
                let sent = json!({ "into": args.into, "reason": args.case.reason });
                send_on(server, &args.case.case.case, "merge", &sent, args.version)
            }),
        ),
        Command::Split(args) => (
            &args.case.case.asking,
            Box::new(move |server| {
                let body = read_file(&args.body)?;
                let sent = json!({ "title": args.title, "body": body, "reason": args.case.reason });
                send(server, &args.case.case.path("/split"), &sent)
            }),
        ),
        Command::TakeOver(args) => (
            &args.case.case.asking,
            Box::new(move |server| {
                let project = named::project(server, &args.project)?;
                let sent = json!({ "project": project, "reason": args.case.reason });
                send_on(server, &args.case.case.case, "take-over", &sent, args.version)
            }),
        ),
        Command::Policy(args) => (
            &args.case.case.asking,
            Box::new(move |server| {
                let sent = args.policy.sent(&args.case.reason)?;
                send_on(server, &args.case.case.case, "policy", &sent, args.version)
            }),
        ),
        Command::Erase(args) => (&args.case.asking, Box::new(move |server| erase(server, args))),
    };
    asking.ask(out, messages, asks, |answer, out| {
        if let Some(erased) = answer["erased"].as_str() {
            return writeln!(out, "{erased} is erased; nobody can read it any more");
        }
        written(answer, out)?;
        if let Some(case) = answer["case"].as_str() {
            writeln!(out, "the other case is {case}")?;
        }
        match answer["offer"].as_str() {
            Some(_) => writeln!(out, "nothing is erased before somebody else runs `case erase --confirm`"),
            None => Ok(()),
        }
    })
}

fn erase(server: &Server, args: &EraseArgs) -> Result<Value, ClientError> {
    let Some(reason) = &args.reason else {
        let case = server.get(&args.case.path(""))?.body;
        let waits = |waiting: &&Value| waiting[1] == "erasure";
        let offers: Vec<String> = list(&case["standing"]["waiting"])
            .iter()
            .filter(waits)
            .map(|waiting| text(&waiting[0]))
            .collect();
        let Some(offer) = offers.last() else {
            let why =
                "nobody has asked that this case be erased; ask with --reason, and somebody else confirms";
            return Err(ClientError::Unclear(why.into()));
        };
        return send(server, &args.case.path(&format!("/erasure/{offer}/confirm")), &json!({}));
    };
    send(server, &args.case.path("/erasure"), &json!({ "reason": reason }))
}
