//! What reads better in rows: dues, gates, bands and parameters.

use std::fmt::Write;

use super::{Page, clauses, words};
use crate::policy::document::Entry;

/// A table, if it has rows.
fn table(heads: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("| {} |\n|{}\n", heads.join(" | "), " --- |".repeat(heads.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| words::cell(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// Every duty: who, until when, by which clause.
pub(super) fn dues(page: &Page<'_>) -> String {
    let rows = page.all("duty").map(|duty| {
        let id = duty.text("id").unwrap_or_default();
        let who = duty.text("who").unwrap_or_default();
        vec![format!("`{id}`"), words::role(who), due(page, duty), clauses(duty)]
    });
    table(&["Duty", "Who", "Due", "Clauses"], rows.collect())
}

/// When a duty is due, in words.
pub(super) fn due(page: &Page<'_>, duty: &Entry) -> String {
    let span = |key: &str| duty.text(key).map(|text| span(page, text));
    let anchor = |key: &str| duty.text(key).map(|name| words::anchor(page.policy, name));
    let is_zero = |key: &str| duty.text(key).is_some_and(|text| words::span(value(page, text)) == "no time");
    let mut due = match (anchor("after"), span("within"), anchor("before"), span("lead")) {
        (Some(after), Some(_), _, _) if is_zero("within") => format!("by {after} at the latest"),
        (Some(after), Some(within), _, _) => match after.strip_suffix(" is done") {
            Some(duty) => format!("{within} after {duty}"),
            None => format!("{within} after {after}"),
        },
        (_, _, Some(before), Some(lead)) => match span("most") {
            Some(most) => format!("at least {lead} and at most {most} before {before}"),
            None => format!("at least {lead} before {before}"),
        },
        _ => "no due".to_owned(),
    };
    match duty.text("each") {
        Some("supported") => due.push_str(", for each supported branch"),
        Some("development") => due.push_str(", for each development branch"),
        Some("maintained") => due.push_str(", for each branch that is maintained"),
        Some("channel") => due.push_str(", for each channel"),
        _ => {}
    }
    if let Some(condition) = duty.text("when") {
        let _ = write!(due, ", when {}", page.code(condition));
    }
    due
}

/// A span of a rule, or the parameter's value.
fn value<'v>(page: &'v Page<'_>, text: &'v str) -> &'v str {
    text.strip_prefix('$').and_then(|id| page.policy.parameter(id)).unwrap_or(text)
}

fn span(page: &Page<'_>, text: &str) -> String {
    words::span_with_source(value(page, text))
}

/// Every gate: what it holds, until when, and the sentence.
pub(super) fn gates(page: &Page<'_>) -> String {
    let rows = page.all("gate").map(|gate| {
        let actions: Vec<String> = gate.texts("actions").map(|(action, _)| format!("`{action}`")).collect();
        let anchor = |key: &str| gate.text(key).map(|name| words::anchor(page.policy, name));
        let mut until = if let Some(needs) = gate.text("needs") {
            page.code(needs)
        } else if let Some(until) = anchor("until") {
            until
        } else if let Some(by) = anchor("by") {
            let by = by.strip_suffix(" is done").map(str::to_owned).unwrap_or(by);
            format!("not later than {} after {by}", span(page, gate.text("within").unwrap_or_default()))
        } else if let Some(duty) = gate.text("lead-of") {
            format!("the lead of `{duty}` is over")
        } else {
            format!("`{}` is allowed, on the day it is planned for", gate.text("step-of").unwrap_or_default())
        };
        let apart: Vec<String> = gate.texts("apart-from").map(|(other, _)| format!("`{other}`")).collect();
        if !apart.is_empty() {
            let _ = write!(until, ", apart from its gate {}", apart.join(", "));
        }
        if let Some(condition) = gate.text("when") {
            let _ = write!(until, "; stands when {}", page.code(condition));
        }
        vec![actions.join(", "), until, page.say(gate), clauses(gate)]
    });
    table(&["Held", "Until", "Why", "Clauses"], rows.collect())
}

/// The severity bands.
pub(super) fn bands(page: &Page<'_>) -> String {
    let rows = page.all("band").map(|band| {
        let text = |key: &str| words::prose(band.text(key).unwrap_or_default());
        vec![text("id"), text("from"), clauses(band)]
    });
    table(&["Severity", "From score", "Clauses"], rows.collect())
}

/// Every parameter with its value and the reason for it.
pub(super) fn parameters(page: &Page<'_>) -> String {
    let rows = page.all("parameter").map(|parameter| {
        let text = |key: &str| parameter.text(key).unwrap_or_default();
        let value = page.parameter(text("id"));
        vec![
            format!("`{}`", text("id")),
            if value.starts_with("_not set") { "_not set_".to_owned() } else { value },
            words::prose(text("why")),
            clauses(parameter),
        ]
    });
    table(&["Parameter", "Value", "Why", "Clauses"], rows.collect())
}
