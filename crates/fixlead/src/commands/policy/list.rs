//! `fixlead policy list`: the built-in policies.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::Args;
use fixlead_core::policy::{Document, library};
use serde_json::json;

use crate::commands::Outcome;
use crate::terminal::Style;
use crate::terminal::lines::{self, Head};

/// How to list them.
#[derive(Args)]
pub struct ListArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Runs `fixlead policy list`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ListArgs, style: Style, out: &mut impl Write) -> io::Result<Outcome> {
    let mut rows = Vec::new();
    for (_, text) in library::BUILT_IN {
        let document = Document::parse(text).map_err(io::Error::other)?;
        let about =
            |key: &str| document.one("policy").and_then(|policy| policy.text(key)).unwrap_or_default();
        let cited = document.entries.iter().flat_map(|entry| entry.texts("clauses"));
        let clauses = cited.map(|(clause, _)| clause).collect::<BTreeSet<_>>().len();
        let rules = document.entries.iter().filter(|entry| entry.section.is_rule).count();
        rows.push([
            about("id").to_owned(),
            about("version").to_owned(),
            about("kind").to_owned(),
            clauses.to_string(),
            rules.to_string(),
            about("title").to_owned(),
        ]);
    }
    if args.json {
        let policies: Vec<_> = rows
            .iter()
            .map(|[id, version, kind, clauses, rules, title]| {
                let number = |text: &str| text.parse::<usize>().unwrap_or(0);
                json!({
                    "id": id, "version": version, "kind": kind, "title": title,
                    "clauses": number(clauses), "rules": number(rules),
                })
            })
            .collect();
        writeln!(out, "{}", json!({ "policies": policies }))?;
        return Ok(Outcome::Done);
    }
    let heads = ["ID", "VERSION", "KIND", "CLAUSES", "RULES", "TITLE"].map(str::to_owned);
    let mut widths = [0; 6];
    for row in std::iter::once(&heads).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in std::iter::once(&heads).chain(&rows) {
        let [cells @ .., title] = row;
        let cells = cells.iter().zip(widths).enumerate();
        let line: String = cells
            .map(|(column, (cell, width))| match column {
                3 | 4 => format!("{cell:>width$}  "),
                _ => format!("{cell:width$}  "),
            })
            .collect();
        let head = Head::plain(line);
        lines::write(out, style, &head, head.columns(), title, None)?;
    }
    Ok(Outcome::Done)
}
