//! `fixlead case cve` and `fixlead project cna`: CVE Services, asked by a desk.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::case::CaseArgs;
use super::{Asking, Asks, list, minute, named, new_key, send, text, written};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::configuration::secret;

/// What to do with the CVE ids of a case.
#[derive(Subcommand)]
pub enum Command {
    /// Show them, and how many more the CNA may reserve.
    Show(CaseArgs),
    /// Have CVE Services reserve one, and record it.
    Reserve(CaseArgs),
    /// Have the record of one published, as the public advisory says it.
    Publish(IdArgs),
    /// Have a published record written anew.
    Update(IdArgs),
    /// Have one rejected.
    Reject(RejectArgs),
}

/// Which id.
#[derive(Args)]
pub struct IdArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// The CVE id.
    #[arg(value_name = "CVE")]
    id: String,
}

/// Which id, and why.
#[derive(Args)]
pub struct RejectArgs {
    #[command(flatten)]
    of: IdArgs,
    /// Why; everybody reads it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Who asks at CVE Services for a project.
#[derive(Args)]
pub struct CnaArgs {
    /// The project, by name or id.
    project: String,
    /// Set it: the short name of the organisation there.
    #[arg(long, value_name = "NAME", requires = "user")]
    organisation: Option<String>,
    /// The name of the user there.
    #[arg(long, value_name = "NAME", requires = "organisation")]
    user: Option<String>,
    /// A file, mode 0600, with the key of the user; the key that is kept, if left out.
    #[arg(long, value_name = "FILE", requires = "organisation")]
    key_file: Option<PathBuf>,
    /// Where CVE Services are; those of the CVE Program, if left out.
    #[arg(long, value_name = "URL", requires = "organisation")]
    url: Option<String>,
    /// Ask how many ids may be reserved: whether what is set works.
    #[arg(long, conflicts_with_all = ["organisation", "remove"])]
    quota: bool,
    /// Forget it, key and all.
    #[arg(long, conflicts_with = "organisation")]
    remove: bool,
    #[command(flatten)]
    asking: Asking,
}

fn quota(quota: &Value) -> String {
    let [available, most] = ["available", "most"].map(|field| text(&quota[field]));
    let at = quota["at"].as_str().map(|_| format!(" (as of {})", minute(&quota["at"])));
    format!("{available} of {most} ids can be reserved{}", at.unwrap_or_default())
}

/// Runs `fixlead case cve`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let record = |args: &IdArgs, what: &str| args.case.path(&format!("/cve/{}/{what}", args.id));
    let (asking, asks): (&Asking, Asks<'_>) = match command {
        Command::Show(args) => (&args.asking, Box::new(|server| Ok(server.get(&args.path("/cve"))?.body))),
        Command::Reserve(args) => {
            (&args.asking, Box::new(|server| send(server, &args.path("/cve"), &json!({}))))
        }
        Command::Publish(args) => (
            &args.case.asking,
            Box::new(move |server| send(server, &record(args, "record"), &json!({ "anew": false }))),
        ),
        Command::Update(args) => (
            &args.case.asking,
            Box::new(move |server| send(server, &record(args, "record"), &json!({ "anew": true }))),
        ),
        Command::Reject(args) => (
            &args.of.case.asking,
            Box::new(move |server| {
                send(server, &record(&args.of, "reject"), &json!({ "reason": args.reason }))
            }),
        ),
    };
    asking.ask(out, messages, asks, |answer, out| match command {
        Command::Show(_) => {
            for one in list(&answer["items"]) {
                writeln!(out, "{}  {}", text(&one["id"]), text(&one["state"]))?;
            }
            match answer["organisation"].as_str() {
                None => writeln!(out, "no CNA is set for the project; record ids with `case record`"),
                Some(name) if answer["quota"].is_null() => writeln!(out, "the CNA is {name}"),
                Some(name) => writeln!(out, "the CNA is {name}: {}", quota(&answer["quota"])),
            }
        }
        Command::Reserve(_) => {
            if let Some(id) = answer["id"].as_str() {
                writeln!(out, "{id}")?;
            }
            written(answer, out)
        }
        Command::Publish(_) | Command::Update(_) | Command::Reject(_) => written(answer, out),
    })
}

fn cna(server: &Server, args: &CnaArgs) -> Result<Value, ClientError> {
    let project = named::project(server, &args.project)?;
    let path = format!("/api/v1/projects/{project}/cna");
    if args.remove {
        return Ok(server.delete(&path)?.body);
    }
    if args.quota {
        return Ok(server.post(&format!("{path}/quota"), &json!({}), None, None)?.body);
    }
    let Some(organisation) = &args.organisation else {
        let all = server.get("/api/v1/cnas")?.body;
        let own = list(&all["items"]).iter().find(|one| one["project"] == project.as_str()).cloned();
        return Ok(own.unwrap_or(Value::Null));
    };
    let mut sent = json!({ "organisation": organisation, "user": args.user });
    if let Some(url) = &args.url {
        sent["address"] = json!(url);
    }
    if let Some(file) = &args.key_file {
        let key = secret::read(file).map_err(ClientError::Unclear)?;
        sent["key"] = json!(key.trim());
    }
    Ok(server.put(&path, &sent, &new_key(), "")?.body)
}

/// Runs `fixlead project cna`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run_cna(args: &CnaArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    args.asking.ask(
        out,
        messages,
        |server| cna(server, args),
        |answer, out| match (args.remove, args.quota, answer) {
            (true, ..) => writeln!(out, "forgotten"),
            (_, true, _) => writeln!(out, "{}", quota(answer)),
            (.., Value::Null) => writeln!(out, "nobody asks at CVE Services for this project"),
            _ => {
                let [organisation, user, address] =
                    ["organisation", "user", "address"].map(|field| text(&answer[field]));
                writeln!(out, "{user} asks for {organisation} at {address}")?;
                match answer["quota"].is_null() {
                    true => Ok(()),
                    false => writeln!(out, "{}", quota(&answer["quota"])),
                }
            }
        },
    )
}
