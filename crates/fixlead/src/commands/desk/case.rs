//! `fixlead case`: list, read and work on cases.

use std::io::{self, Read, Write};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::named::name;
use super::search::{self, SearchArgs};
use super::{
    Asking, advisory, cve, files, id, lead, list, minute, origin, send, send_on, text, whole, written,
};
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
    /// Write a note for those who work on a case.
    Note(NoteArgs),
    /// Say where the flaw of a case came from, and which tags and branches have it.
    Origin(origin::OriginArgs),
    /// Write the advisory of a case, look it through, make it public.
    #[command(subcommand)]
    Advisory(advisory::Command),
    /// Reserve a CVE id for a case, publish its record, reject it.
    #[command(subcommand)]
    Cve(cve::Command),
    /// Show what happened in a case.
    History(HistoryArgs),
    /// Show the log of a case: who recorded which event when, not what it says.
    Log(CaseArgs),
    /// Show who could read a case, who did, and when.
    WhoKnew(CaseArgs),
    #[command(flatten)]
    People(lead::Command),
    #[command(flatten)]
    Files(files::Command),
    #[command(flatten)]
    Whole(whole::Command),
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
    pub case: String,
    #[command(flatten)]
    pub asking: Asking,
}

impl CaseArgs {
    /// The address of something of it.
    pub fn path(&self, what: &str) -> String {
        format!("/api/v1/cases/{}{what}", self.case)
    }
}

/// How to show what happened.
#[derive(Args)]
pub struct HistoryArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// Print it as the document that `fixlead policy replay -` reads.
    #[arg(long)]
    replay: bool,
}

/// A note.
#[derive(Args)]
pub struct NoteArgs {
    #[command(flatten)]
    case: CaseArgs,
    /// What it says; `-` reads it from standard input.
    text: String,
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

impl Room {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Room::Internal => "internal",
            Room::Reporter => "reporter",
            Room::Guest => "guest",
        }
    }
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
        Command::Origin(args) => origin::run(args, out, messages),
        Command::Advisory(command) => advisory::run(command, out, messages),
        Command::Cve(command) => cve::run(command, out, messages),
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
        Command::History(HistoryArgs { case: args, replay: true }) => args.asking.ask(
            out,
            messages,
            |server| Ok(server.get(&args.path("/history"))?.body),
            |document, out| writeln!(out, "{document}"),
        ),
        Command::History(HistoryArgs { case: args, replay: false }) => args.asking.ask(
            out,
            messages,
            |server| {
                let case = server.get(&args.path(""))?.body;
                Ok(json!({
                    "case": case["case"], "version": case["version"], "timeline": case["timeline"],
                    "names": case["names"],
                }))
            },
            |case, out| history(style, case, out),
        ),
        Command::Log(args) => args.asking.ask(
            out,
            messages,
            |server| Ok(server.get(&args.path("/log"))?.body),
            |found, out| {
                let row = |line: &Value| {
                    let by = line["name"].as_str().map_or_else(|| text(&line["by"]), str::to_owned);
                    [text(&line["version"]), minute(&line["at"]), by, text(&line["event"])]
                };
                let rows: Vec<[String; 4]> = list(&found["items"]).iter().map(row).collect();
                table::write(style, [">VERSION", "!AT (UTC)", "BY", "EVENT"], &rows, &mut { out })
            },
        ),
        Command::WhoKnew(args) => args.asking.ask(
            out,
            messages,
            |server| Ok(server.get(&args.path("/who-knew"))?.body),
            |found, out| who_knew(style, found, out),
        ),
        Command::Note(args) => {
            let sent = json!({ "text": typed(&args.text, &mut input)? });
            let asks = |server: &Server| send(server, &args.case.path("/notes"), &sent);
            args.case.asking.ask(out, messages, asks, written)
        }
        Command::People(command) => lead::run(command, out, messages),
        Command::Files(command) => files::run(command, style, out, messages),
        Command::Whole(command) => whole::run(command, out, messages),
        Command::Record(args) => args.asking.ask(out, messages, |server| record(server, args), written),
        Command::Say(args) => {
            let sent = json!({ "room": args.room.name(), "body": typed(&args.text, &mut input)? });
            let path = format!("/api/v1/cases/{}/messages", args.case);
            args.asking.ask(out, messages, |server| send(server, &path, &sent), written)
        }
    }
}

/// A text as it was typed; from standard input for `-`.
fn typed(text: &str, input: &mut impl Read) -> io::Result<String> {
    let mut body = text.to_owned();
    if body == "-" {
        body.clear();
        input.read_to_string(&mut body)?;
    }
    Ok(body)
}

fn who_knew(style: Style, found: &Value, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 5]> = list(&found["people"])
        .iter()
        .map(|knew| {
            let name = knew["name"].as_str().map_or_else(|| text(&knew["person"]), str::to_owned);
            let roles: Vec<String> = list(&knew["could"]).iter().map(|could| text(&could["role"])).collect();
            let reads = list(&knew["read"]);
            let last = reads.last().map_or_else(|| "-".to_owned(), |read| minute(&read["at"]));
            let note = if knew["recused"].is_null() { "" } else { "kept out" };
            [name, roles.join(", "), format!("{}", reads.len()), last, note.to_owned()]
        })
        .collect();
    table::write(style, ["NAME", "COULD READ AS", ">READ", "!LAST (UTC)", "NOTE"], &rows, &mut { out })
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
    let rows: Vec<[String; 6]> = list(&found["items"])
        .iter()
        .map(|item| {
            let [case, duty, severity, title] =
                ["case", "duty", "severity", "title"].map(|name| text(&item[name]));
            let lead = item["lead_name"].as_str().map_or_else(|| text(&item["lead"]), str::to_owned);
            [case, minute(&item["due"]), duty, severity, lead, title]
        })
        .collect();
    if rows.is_empty() {
        return writeln!(out, "no cases");
    }
    if list(&found["items"]).iter().all(|item| item["lead"].is_null()) {
        // The room is the titles'.
        let rows: Vec<[String; 5]> = rows
            .into_iter()
            .map(|[case, due, duty, severity, _, title]| [case, due, duty, severity, title])
            .collect();
        let heads = ["!CASE", "!DUE (UTC)", "DUTY", "SEVERITY", "TITLE"];
        return table::write(style, heads, &rows, &mut { out });
    }
    table::write(style, ["!CASE", "!DUE (UTC)", "DUTY", "SEVERITY", "LEAD", "TITLE"], &rows, &mut { out })
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
    let names = &case["names"];
    if !case["standing"]["lead"].is_null() {
        line("lead", &json!(name(names, &case["standing"]["lead"])))?;
    }
    if !case["standing"]["handoff"].is_null() {
        line("offered to", &json!(name(names, &case["standing"]["handoff"][1])))?;
    }
    if case["standing"]["restricted"] == true {
        line("reached by", &json!("those with a role in it"))?;
    }
    line("merged", &case["standing"]["merged_into"])?;
    for other in list(&case["standing"]["absorbed"]) {
        line("holds", &json!(format!("{}, reported {}", text(&other[0]), text(&other[1]))))?;
    }
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
    let rows = lead::members(case);
    if !rows.is_empty() {
        writeln!(out)?;
        table::write(style, ["NAME", "ROLE", "UNTIL", "!GRANT"], &rows, &mut { &mut *out })?;
    }
    for room in list(&case["rooms"]) {
        for message in list(&room["messages"]) {
            let by = name(names, &message["by"]);
            let head = format!("{} · {} · {by}", text(&room["room"]), text(&message["at"]));
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
                .map(|(field, value)| format!("{field}={}", named(&case["names"], value)))
                .collect();
            let by = name(&case["names"], &step["by"]);
            [minute(&step["at"]), by, text(&step["event"]["type"]), told.join(" ")]
        })
        .collect();
    if rows.is_empty() {
        return writeln!(out, "nothing that you may see");
    }
    table::write(style, ["!AT (UTC)", "BY", "!EVENT", "WHAT"], &rows, &mut { out })
}

/// A value of an event, with names where it names people.
fn named(names: &Value, value: &Value) -> String {
    match value {
        Value::String(_) => name(names, value),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(|one| named(names, one)).collect();
            all.join(",")
        }
        other => text(other),
    }
}

fn record(server: &Server, args: &RecordArgs) -> Result<Value, ClientError> {
    let mut event: Map<String, Value> = args.fields.iter().cloned().collect();
    event.insert("type".to_owned(), json!(args.event));
    let mut sent = json!({ "event": event, "source": if args.found { "found" } else { "done" } });
    if let Some(reason) = &args.although {
        sent["although"] = json!({ "reason": reason });
    }
    send_on(server, &args.case, "events", &sent, args.version)
}
