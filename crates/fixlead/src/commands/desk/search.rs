//! `fixlead case search`: looking for cases by what they say.

use std::io::{self, Write};

use clap::Args;
use serde_json::{Value, json};

use super::{Asking, list, minute, text};
use crate::client::{ClientError, Server};
use crate::commands::Outcome;
use crate::terminal::{Style, Tone, plain, table};

/// Most hits on a page of the API.
const PAGE: usize = 200;

/// What to look for.
#[derive(Args)]
pub struct SearchArgs {
    /// Words, '"phrases"', beginnings*, title:word, is:open; behind `--` also -without. docs/search.md has all of it.
    #[arg(required = true)]
    words: Vec<String>,
    /// The latest first, not what fits best.
    #[arg(long)]
    latest: bool,
    /// Show where the words are; each case shown records that you have read it.
    #[arg(long)]
    excerpts: bool,
    /// At most so many cases.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    asking: Asking,
}

/// Runs `fixlead case search`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    args: &SearchArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    args.asking.ask(out, messages, |server| pages(server, args), |found, out| show(style, found, out))
}

/// A text as it may stand in an address (RFC 3986).
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// As many pages as are wanted, as one answer.
fn pages(server: &Server, args: &SearchArgs) -> Result<Value, ClientError> {
    let wanted = usize::from(args.limit);
    let order = if args.latest { "latest" } else { "fit" };
    let question = encoded(&args.words.join(" "));
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let limit = PAGE.min(wanted - items.len());
        let path = format!(
            "/api/v1/search?q={question}&order={order}&excerpts={}&limit={limit}{after}",
            args.excerpts
        );
        let page = server.get(&path)?.body;
        items.extend_from_slice(list(&page["items"]));
        match page["next"].as_str() {
            Some(next)
                if items.len() < wanted && next.bytes().all(|letter| letter.is_ascii_alphanumeric()) =>
            {
                after = format!("&after={next}");
            }
            _ => {
                return Ok(json!({
                    "total": page["total"], "items": items, "next": page["next"],
                    "complete": page["complete"], "percent": page["percent"],
                }));
            }
        }
    }
}

fn show(style: Style, found: &Value, out: &mut dyn Write) -> io::Result<()> {
    let items = list(&found["items"]);
    if found["complete"] == false {
        let percent = text(&found["percent"]);
        writeln!(
            out,
            "the desk has just started and has looked through {percent} % of the cases; ask again soon"
        )?;
    }
    if items.is_empty() {
        return writeln!(out, "no cases");
    }
    let rows: Vec<[String; 4]> = items
        .iter()
        .map(|item| {
            [text(&item["case"]), minute(&item["latest"]), text(&item["state"]), text(&item["title"])]
        })
        .collect();
    table::write(style, ["!CASE", "!LATEST (UTC)", "STATE", "TITLE"], &rows, &mut { &mut *out })?;
    for item in items {
        for excerpt in list(&item["excerpts"]) {
            let room = excerpt["room"].as_str().map(|room| format!(" ({room})")).unwrap_or_default();
            let head = format!("{} · {}{room}", text(&item["case"]), text(&excerpt["field"]));
            writeln!(out, "\n{}", style.paint(Tone::Quiet, plain(&head)))?;
            write!(out, "  ")?;
            for part in list(&excerpt["parts"]) {
                let said = plain(&text(&part["text"]).replace(['\n', '\t'], " "));
                let tone = if part["found"] == true { Tone::Good } else { Tone::Plain };
                write!(out, "{}", style.paint(tone, said))?;
            }
            writeln!(out)?;
        }
    }
    if items.len() < usize::try_from(found["total"].as_u64().unwrap_or(0)).unwrap_or(0) {
        writeln!(out, "\n{} of {} cases", items.len(), text(&found["total"]))?;
    }
    Ok(())
}
