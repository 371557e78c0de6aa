//! `fixlead case`: list, read and work on cases.

use std::io::{self, Read, Write};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::search::{self, SearchArgs};
use super::{Asking, id, list, minute, new_key, text};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::terminal::{Style, Tone, plain, table};

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// List the cases you may know of, the next due first.
    List(ListArgs),
    /// Look for cases by what they say.
    Search(SearchArgs),
    /// Show a case: how it stands, and what is due.
    Show(CaseArgs),
    /// Record what was done or has happened, like `record ID cve.assigned id=CVE-2026-12345`.
    Record(RecordArgs),
    /// Write into a room of a case.
    Say(SayArgs),
    /// Show what happened in a case.
    History(CaseArgs),
}

/// Which cases.
#[derive(Args)]
pub struct ListArgs {
    /// Those that are closed, the last one closed first.
    #[arg(long)]
    closed: bool,
    /// Those of one project.
    #[arg(long, value_name = "ID", value_parser = id)]
    project: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Which case.
#[derive(Args)]
pub struct CaseArgs {
    /// The case.
    #[arg(value_parser = id)]
    case: String,
    #[command(flatten)]
    asking: Asking,
}

/// What to record.
#[derive(Args)]
pub struct RecordArgs {
    /// The case.
    #[arg(value_parser = id)]
    case: String,
    /// The type of the event, as in `fixlead-history/1`.
    event: String,
    /// Its fields; a value that is JSON is read as such, like branches='["main"]'.
    #[arg(value_name = "FIELD=VALUE", value_parser = field)]
    fields: Vec<(String, Value)>,
    /// It was found to have happened, at the instant of its field `at`; the policy cannot hold it.
    #[arg(long)]
    found: bool,
    /// Do it although the policy holds it, for this reason; it stands in the log.
    #[arg(long, value_name = "REASON")]
    although: Option<String>,
    /// The version you have read; the one that stands now, if left out.
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
    #[command(flatten)]
    asking: Asking,
}

/// Who can read it.
#[derive(Clone, Copy, ValueEnum)]
pub enum Room {
    /// Those who work on the case.
    Internal,
    /// They and the reporter.
    Reporter,
    /// They and the guests.
    Guest,
}

/// What to write.
#[derive(Args)]
pub struct SayArgs {
    /// The case.
    #[arg(value_parser = id)]
    case: String,
    /// What to write; `-` reads it from standard input.
    text: String,
    /// Who can read it.
    #[arg(long, value_enum, default_value = "internal")]
    room: Room,
    #[command(flatten)]
    asking: Asking,
}

fn field(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("a field is written NAME=VALUE")?;
    let value = match serde_json::from_str(value) {
        Ok(value @ (Value::Array(_) | Value::Object(_) | Value::Bool(_) | Value::Number(_))) => value,
        _ => Value::String(value.to_owned()),
    };
    Ok((name.to_owned(), value))
}

/// Runs `fixlead case`.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn run(
    command: &Command,
    style: Style,
    mut input: impl Read,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match command {
        Command::List(args) => args.asking.ask(
            out,
            messages,
            |server| all(server, args),
            |found, out| show_list(style, found, out),
        ),
        Command::Search(args) => search::run(args, style, out, messages),
        Command::Show(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let mut case = server.get(&format!("/api/v1/cases/{}", args.case))?.body;
                if !case["standing"].is_null() {
                    case["evaluation"] = server.get(&format!("/api/v1/cases/{}/evaluation", args.case))?.body;
                }
                Ok(case)
            },
            |case, out| show(style, case, out),
        ),
        Command::History(args) => args.asking.ask(
            out,
            messages,
            |server| {
                let case = server.get(&format!("/api/v1/cases/{}", args.case))?.body;
                Ok(json!({ "case": case["case"], "version": case["version"], "timeline": case["timeline"] }))
            },
            |case, out| history(style, case, out),
        ),
        Command::Record(args) => args.asking.ask(out, messages, |server| record(server, args), written),
        Command::Say(args) => {
            let mut body = args.text.clone();
            if body == "-" {
                body.clear();
                input.read_to_string(&mut body)?;
            }
            let room = match args.room {
                Room::Internal => "internal",
                Room::Reporter => "reporter",
                Room::Guest => "guest",
            };
            let sent = json!({ "room": room, "body": body });
            let path = format!("/api/v1/cases/{}/messages", args.case);
            let asks = |server: &Server| Ok(server.post(&path, &sent, Some(&new_key()), None)?.body);
            args.asking.ask(out, messages, asks, written)
        }
    }
}

/// Every page of a list.
fn all(server: &Server, args: &ListArgs) -> Result<Value, ClientError> {
    let shelf = if args.closed { "closed" } else { "open" };
    let project = args.project.as_ref().map(|id| format!("&project={id}")).unwrap_or_default();
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.get(&format!("/api/v1/inbox?shelf={shelf}&limit=200{project}{after}"))?.body;
        items.extend_from_slice(list(&page["items"]));
        match page["next"].as_str() {
            Some(next) if next.bytes().all(|letter| letter.is_ascii_graphic() && letter != b'&') => {
                after = format!("&after={next}");
            }
            _ => return Ok(json!({ "items": items })),
        }
    }
}

fn show_list(style: Style, found: &Value, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 5]> = list(&found["items"])
        .iter()
        .map(|item| {
            let [case, duty, severity, title] =
                ["case", "duty", "severity", "title"].map(|name| text(&item[name]));
            [case, minute(&item["due"]), duty, severity, title]
        })
        .collect();
    if rows.is_empty() {
        return writeln!(out, "no cases");
    }
    table::write(style, ["!CASE", "!DUE (UTC)", "DUTY", "SEVERITY", "TITLE"], &rows, &mut { out })
}

fn show(style: Style, case: &Value, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |name: &str, value: &Value| {
        if value.is_null() {
            return Ok(());
        }
        writeln!(out, "{} {}", style.paint(Tone::Quiet, format!("{name:<10}")), plain(&text(value)))
    };
    line("title", &case["about"]["title"])?;
    line("case", &case["case"])?;
    line("version", &case["version"])?;
    line("state", &case["about"]["state"])?;
    line("opened", &case["about"]["opened"])?;
    line("policy", &case["standing"]["policy"])?;
    line("lead", &case["standing"]["lead"])?;
    line("class", &case["evaluation"]["class"])?;
    let duties = list(&case["evaluation"]["duties"]).iter();
    let rows: Vec<[String; 5]> = duties
        .filter(|duty| duty["state"] != "not-applicable")
        .map(|duty| {
            let clauses: Vec<String> = list(&duty["clauses"]).iter().map(text).collect();
            let [id, who, state] = ["id", "who", "state"].map(|name| text(&duty[name]));
            // A duty that arises for each branch or channel names its own.
            let id = duty["subject"].as_str().map_or(id.clone(), |subject| format!("{id} ({subject})"));
            [id, state, minute(&duty["due"]), who, clauses.join(" ")]
        })
        .collect();
    if !rows.is_empty() {
        writeln!(out)?;
        table::write(style, ["!DUTY", "STATE", "!DUE (UTC)", "WHO", "!CLAUSES"], &rows, &mut { &mut *out })?;
    }
    for room in list(&case["rooms"]) {
        for message in list(&room["messages"]) {
            let head =
                format!("{} · {} · {}", text(&room["room"]), text(&message["at"]), text(&message["by"]));
            writeln!(out, "\n{}", style.paint(Tone::Quiet, plain(&head)))?;
            for line in text(&message["body"]).lines() {
                writeln!(out, "  {}", plain(line))?;
            }
        }
    }
    Ok(())
}

fn history(style: Style, case: &Value, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 4]> = list(&case["timeline"])
        .iter()
        .map(|step| {
            let event = step["event"].as_object().cloned().unwrap_or_default();
            let told: Vec<String> = event
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "type" | "at" | "by"))
                .map(|(name, value)| format!("{name}={}", text(value)))
                .collect();
            [minute(&step["at"]), text(&step["by"]), text(&step["event"]["type"]), told.join(" ")]
        })
        .collect();
    if rows.is_empty() {
        return writeln!(out, "nothing that you may see");
    }
    table::write(style, ["!AT (UTC)", "BY", "!EVENT", "WHAT"], &rows, &mut { out })
}

fn record(server: &Server, args: &RecordArgs) -> Result<Value, ClientError> {
    let path = format!("/api/v1/cases/{}", args.case);
    let version = match args.version {
        Some(version) => format!("\"{version}\""),
        None => server.get(&path)?.etag.unwrap_or_default(),
    };
    let mut event: Map<String, Value> = args.fields.iter().cloned().collect();
    event.insert("type".to_owned(), json!(args.event));
    let mut sent = json!({ "event": event, "source": if args.found { "found" } else { "done" } });
    if let Some(reason) = &args.although {
        sent["although"] = json!({ "reason": reason });
    }
    Ok(server.post(&format!("{path}/events"), &sent, Some(&new_key()), Some(&version))?.body)
}

fn written(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "recorded at {}; the case is at version {}", text(&answer["at"]), text(&answer["version"]))
}
