//! `fixlead policy show`: a policy as it is written.

use std::io::{self, Write};

use clap::Args;
use fixlead_core::policy::Document;
use fixlead_core::policy::document::{Entry, Written};
use serde_json::{Map, Value, json};

use super::source::{self, Unreadable};
use crate::commands::Outcome;

/// Which policy to show.
#[derive(Args)]
pub struct ShowArgs {
    /// A built-in policy or a file.
    #[arg(value_name = "ID-or-FILE")]
    policy: String,
    /// Print its sections and its parameters with their values as one JSON
    /// object.
    #[arg(long)]
    json: bool,
}

/// Runs `fixlead policy show`. Without `--json` it prints the text byte for
/// byte, so that a copy to start from has the same hash.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ShowArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let read = || {
        let text = source::text(&args.policy)?;
        let document =
            Document::parse(&text).map_err(|error| Unreadable { policy: args.policy.clone(), error })?;
        Ok((text, document))
    };
    match read() {
        Err(unreadable) => super::complain(&unreadable, args.json, out, messages),
        Ok((_, document)) if args.json => {
            writeln!(out, "{}", structured(&document))?;
            Ok(Outcome::Done)
        }
        Ok((text, _)) => {
            out.write_all(text.as_bytes())?;
            Ok(Outcome::Done)
        }
    }
}

/// A document as JSON: its sections in order, then its parameters.
fn structured(document: &Document) -> Value {
    let about = |key: &str| document.one("policy").and_then(|policy| policy.text(key));
    let parameters: Vec<Value> = document
        .all("parameter")
        .map(|entry| {
            json!({
                "id": entry.text("id"),
                "holds": entry.text("holds"),
                "value": entry.text("default"),
                "clauses": clauses(entry),
                "why": entry.text("why"),
            })
        })
        .collect();
    let sections: Vec<Value> = document
        .entries
        .iter()
        .map(|entry| {
            let keys: Map<String, Value> = entry
                .values
                .iter()
                .map(|(key, value, _)| {
                    let value = match value {
                        Written::Text(text) => json!(text),
                        Written::Texts(list) => list.iter().map(|(text, _)| text.as_str()).collect(),
                    };
                    ((*key).to_owned(), value)
                })
                .collect();
            json!({ "section": entry.section.name, "keys": keys })
        })
        .collect();
    json!({
        "policy": about("id"),
        "version": about("version"),
        "kind": about("kind"),
        "title": about("title"),
        "parameters": parameters,
        "sections": sections,
    })
}

fn clauses(entry: &Entry) -> Vec<&str> {
    entry.texts("clauses").map(|(clause, _)| clause).collect()
}
