//! `fixlead import --into` and `fixlead project imports`: advisories that a project published
//! elsewhere, taken into a desk, by two people where they may be recent.

use std::io::{self, Write};

use clap::Args;
use fixlead_core::text::plain;
use serde_json::{Value, json};

use super::{Asking, id, list, minute, named, send, text};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;

/// Advisories that wait for a second person.
#[derive(Args)]
pub struct ImportsArgs {
    /// The project, by name or id.
    project: String,
    /// One of them, by its id, with the sources that would be public; without, they are listed.
    #[arg(value_parser = id)]
    offer: Option<String>,
    /// Be the second person: make it public now.
    #[arg(long, requires = "offer")]
    confirm: bool,
    /// Decline it, or take back what you proposed, for this reason; it stands in the log.
    #[arg(long, value_name = "REASON", requires = "offer", conflicts_with = "confirm")]
    decline: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// Takes advisories that a project published elsewhere into a desk.
///
/// # Errors
/// What the desk said, or that it did not.
pub fn take_in(server: &Server, project: &str, sources: &[String]) -> Result<Value, ClientError> {
    let project = named::project(server, project)?;
    send(server, &format!("/api/v1/projects/{project}/advisories"), &json!({ "advisories": sources }))
}

/// Says what became of them.
///
/// # Errors
/// When the stream cannot be written.
pub fn taken(answer: &Value, project: &str, out: &mut dyn Write) -> io::Result<()> {
    for id in list(&answer["items"]) {
        writeln!(out, "{}", plain(&text(id)))?;
    }
    let Some(offer) = answer["offer"].as_str() else { return Ok(()) };
    let waiting: Vec<String> = list(&answer["waiting"]).iter().map(|id| plain(&text(id))).collect();
    writeln!(out, "waiting for a second person, because one of them may be recent: {}", waiting.join(", "))?;
    writeln!(
        out,
        "nothing is public before somebody else runs `project imports {} {offer} --confirm`",
        plain(project)
    )
}

/// Runs `fixlead project imports`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ImportsArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let asks = |server: &Server| {
        let project = named::project(server, &args.project)?;
        let path = format!("/api/v1/projects/{project}/imports");
        let path = match &args.offer {
            Some(offer) => format!("{path}/{offer}"),
            None => path,
        };
        match &args.decline {
            Some(reason) => send(server, &format!("{path}/decline"), &json!({ "reason": reason })),
            None if args.confirm => send(server, &format!("{path}/confirm"), &json!({})),
            None => {
                let people = server.get("/api/v1/directory")?.body["people"].clone();
                Ok(json!({ "people": people, "found": server.get(&path)?.body }))
            }
        }
    };
    args.asking.ask(out, messages, asks, |answer, out| {
        if args.decline.is_some() {
            return writeln!(out, "declined; nothing of it is public");
        }
        if args.confirm {
            return taken(answer, &args.project, out);
        }
        let found = &answer["found"];
        let one = std::slice::from_ref(found);
        let all = if args.offer.is_some() { one } else { list(&found["items"]) };
        if all.is_empty() {
            return writeln!(out, "nothing waits for a second person");
        }
        for import in all {
            let named = list(&answer["people"]).iter().find(|known| known["person"] == import["by"]);
            let by = plain(&named.map_or_else(|| text(&import["by"]), |known| text(&known["name"])));
            let offer = text(&import["offer"]);
            let [at, until] = ["at", "until"].map(|field| minute(&import[field]));
            writeln!(out, "{offer}  proposed {at} by {by}, until {until}")?;
            for advisory in list(&import["advisories"]) {
                let id = plain(&text(&advisory["id"]));
                writeln!(out, "  {id}  of {} at the latest", minute(&advisory["latest"]))?;
                writeln!(out, "  sha256 {}", text(&advisory["sha256"]))?;
                if let Some(source) = advisory["source"].as_str() {
                    writeln!(out, "\n{}", plain_lines(source))?;
                }
            }
        }
        Ok(())
    })
}

/// A text of several lines, made fit for a terminal.
fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
}
