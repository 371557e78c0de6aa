//! The log of a case as people read it: the last entries on its page, all of
//! them page by page.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::read::View;
use fixlead_core::case::EventKind;
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::time::Instant;
use serde::Deserialize;

use super::head::Head;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// Entries on a page.
const SHOWN: usize = 100;

/// A line of the log.
pub struct StepRow {
    pub at: Moment,
    pub by: String,
    pub what: String,
    pub more: Vec<(String, String)>,
}

/// The entries, the last first.
pub fn rows(view: &View, now: Instant) -> impl Iterator<Item = StepRow> {
    let names = &view.names;
    view.timeline.iter().rev().map(move |step| StepRow {
        at: Moment::new(step.at, now),
        by: step.by.map_or_else(|| "the desk".to_owned(), |by| words::called(names, by)),
        what: what(&step.event),
        more: happened(&step.event, step.at, now)
            .into_iter()
            .chain(details(&step.event, step.by, names))
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "history.html")]
struct Page {
    frame: Frame,
    head: Head,
    steps: Vec<StepRow>,
    first: usize,
    last: usize,
    written: usize,
    newer: Option<usize>,
    older: Option<usize>,
}

/// From where in the log, counted from its end.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    after: usize,
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let board = wire.desk.board(&visitor.caller, case).await?;
    let view = &board.view;
    let written = view.timeline.len();
    let after = wanted.after.min(written.saturating_sub(1));
    let steps: Vec<StepRow> = rows(view, board.at).skip(after).take(SHOWN).collect();
    let page = Page {
        frame: Frame::desk("What happened", "inbox", &visitor),
        head: Head::of(&board.view, "history"),
        first: after + 1,
        last: after + steps.len(),
        written,
        newer: (after > 0).then(|| after.saturating_sub(SHOWN)),
        older: (after + steps.len() < written).then_some(after + steps.len()),
        steps,
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// What an entry of the log is about.
fn what(event: &serde_json::Value) -> String {
    let kind = event["type"].as_str().unwrap_or_default();
    EventKind::parse(kind).map_or_else(|| words::name(kind), words::happening)
}

/// When something happened that was written down later.
fn happened(event: &serde_json::Value, recorded: Instant, now: Instant) -> Option<(String, String)> {
    let at = event["at"].as_str()?;
    let text = match Instant::parse(at) {
        Ok(at) => {
            // Within the same minute it was written down at once.
            let text = Moment::new(at, now).text;
            if text == Moment::new(recorded, now).text {
                return None;
            }
            text
        }
        Err(_) => fixlead_core::text::plain(at),
    };
    Some(("happened".to_owned(), text))
}

/// The fields of an event as words, but not again by whom; ids of people as
/// names. Cases have ids of the same form.
fn details(
    event: &serde_json::Value,
    by: Option<PersonId>,
    names: &BTreeMap<PersonId, String>,
) -> Vec<(String, String)> {
    let Some(fields) = event.as_object() else { return Vec::new() };
    let text = |name: &str, value: &serde_json::Value| match value {
        serde_json::Value::String(text) => match (PersonId::parse(text).ok(), name) {
            (Some(person), _) if names.contains_key(&person) => names[&person].clone(),
            (Some(_), "by" | "from" | "person" | "reporter" | "reporters" | "to" | "who") => {
                words::OUTSIDER.to_owned()
            }
            (Some(_), "into" | "of") => format!("case {text}"),
            _ => words::sentence(&fixlead_core::text::plain(text)),
        },
        serde_json::Value::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        other => fixlead_core::text::plain(&other.to_string()),
    };
    let is_known = |name: &str, value: &serde_json::Value| {
        // Who did it can be a list of one.
        let only = value.as_array().filter(|list| list.len() == 1).map_or(value, |list| &list[0]);
        let person = only.as_str().and_then(|text| PersonId::parse(text).ok());
        name == "by" && person.is_some() && person == by
    };
    fields
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "type" | "at" | "offer" | "grant" | "sha256"))
        .filter(|(name, value)| !is_known(name, value))
        .map(|(name, value)| {
            let text = match value {
                serde_json::Value::Array(list) => {
                    list.iter().map(|value| text(name, value)).collect::<Vec<_>>().join(", ")
                }
                value => text(name, value),
            };
            (words::name(name), text)
        })
        .collect()
}
