//! `fixlead policy check`: what a policy leaves open, and where it is at odds
//! with itself.

use std::io::{self, Write};

use clap::Args;
use fixlead_core::policy::document::Document;
use fixlead_core::policy::library;
use fixlead_core::policy::lint::{Finding, MOST_FINDINGS, lint};
use fixlead_core::text::file;
use serde_json::{Value, json};

use super::Readings;
use super::source::{self, Source, Unreadable};
use crate::commands::Outcome;
use crate::terminal::Style;
use crate::terminal::lines::{self, Head};

/// What to check.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct CheckArgs {
    /// Built-in policies or files; an overlay named here is checked over each
    /// built-in policy.
    #[arg(value_name = "FILE-or-ID", required = true)]
    policies: Vec<String>,
    #[command(flatten)]
    readings: Readings,
    /// Print one JSON object a policy.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
A JSON object has the policy and its findings, each with its kind, the clauses
it concerns and a text; one that cannot be read has an error with line, column
and message instead.

Exit code: 0 when nothing was found, 1 when something was, 2 when a policy
cannot be read; the others are checked all the same.";

/// Runs `fixlead policy check`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    args: &CheckArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::Done;
    for (place, id) in args.policies.iter().enumerate() {
        match check(id, &args.readings) {
            Ok(findings) => {
                if args.json {
                    writeln!(out, "{}", to_json(id, &findings))?;
                } else {
                    if place > 0 {
                        writeln!(out)?;
                    }
                    print(id, &findings, style, out)?;
                }
                if findings.len() >= MOST_FINDINGS {
                    let id = file(id);
                    writeln!(messages, "fixlead: {id}: only the first {MOST_FINDINGS} findings are shown")?;
                }
                if !findings.is_empty() && outcome == Outcome::Done {
                    outcome = Outcome::No;
                }
            }
            Err(unreadable) => outcome = super::complain(&unreadable, args.json, out, messages)?,
        }
    }
    Ok(outcome)
}

fn check(id: &str, readings: &Readings) -> Result<Vec<Finding>, Unreadable> {
    let document = source::document(id)?;
    let is_overlay = document.one("policy").and_then(|policy| policy.text("kind")) == Some("overlay");
    if is_overlay && readings.overlays.is_empty() {
        return check_overlay(id, &document, &readings.values);
    }
    let overlays = readings.overlays.iter().map(|id| source::document(id)).collect::<Result<Vec<_>, _>>()?;
    source::laid_over(id, document, &readings.overlays, overlays, &readings.values)
        .map(|source| found(&source))
}

fn found(source: &Source) -> Vec<Finding> {
    lint(&source.base, &source.overlays.iter().collect::<Vec<_>>(), &source.policy)
}

/// An overlay on its own: what it adds to the findings of each built-in policy.
fn check_overlay(
    id: &str,
    overlay: &Document,
    values: &[(String, String)],
) -> Result<Vec<Finding>, Unreadable> {
    let mut over: Vec<(&str, Vec<Finding>)> = Vec::new();
    let mut failed = None;
    for (base, text) in library::BUILT_IN {
        let read = |text: &str| {
            Document::parse(text).map_err(|error| Unreadable { policy: (*base).to_owned(), error })
        };
        let document = read(text)?;
        if document.one("policy").and_then(|policy| policy.text("kind")) != Some("base") {
            continue;
        }
        let plain = source::laid_over(base, read(text)?, &[], Vec::new(), &[])?;
        match source::laid_over(base, document, &[id.to_owned()], vec![overlay.clone()], values) {
            Ok(source) => {
                let known = found(&plain);
                let added = found(&source).into_iter().filter(|finding| !known.contains(finding));
                over.push((base, added.collect()));
            }
            Err(unreadable) => failed = failed.or(Some(unreadable)),
        }
    }
    if let (true, Some(mut unreadable)) = (over.is_empty(), failed) {
        unreadable.error.message.push_str(&format!(
            "; it fits none of the built-in policies, so name the one it is for: fixlead policy check POLICY --overlay {}",
            file(id)
        ));
        return Err(unreadable);
    }
    let mut findings: Vec<Finding> = Vec::new();
    for (base, added) in &over {
        for finding in added {
            let everywhere = over.iter().all(|(_, other)| other.contains(finding));
            let mut finding = finding.clone();
            if !everywhere {
                finding.text = format!("over {base}: {}", finding.text);
            }
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings.sort_by_key(|finding| finding.kind);
    Ok(findings)
}

fn to_json(id: &str, findings: &[Finding]) -> Value {
    let list: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "kind": finding.kind.name(),
                "clauses": finding.clauses,
                "text": finding.text,
                "history": null,
            })
        })
        .collect();
    json!({ "policy": id, "findings": list })
}

fn print(id: &str, findings: &[Finding], style: Style, out: &mut impl Write) -> io::Result<()> {
    let id = file(id);
    let found = match findings.len() {
        0 => format!("{id}: nothing found"),
        1 => format!("{id}: 1 finding"),
        number => format!("{id}: {number} findings"),
    };
    lines::write(out, style, &Head::plain(""), 2, &found, None)?;
    for finding in findings {
        writeln!(out)?;
        let head = Head::plain(format!("  {}  ", finding.kind.name()));
        lines::write(out, style, &head, 4, &finding.clauses.join(", "), None)?;
        lines::indented(out, style, 4, &finding.text, None)?;
    }
    Ok(())
}
