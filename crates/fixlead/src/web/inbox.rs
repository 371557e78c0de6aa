//! The inbox: the cases of everybody's projects, the next promise first.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::case::inbox::{Item, Shelf};
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_core::id::ProjectId;
use serde::Deserialize;

use super::case::choice;
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words::{self, Moment};
use crate::api::Wire;
use crate::serve::world;

/// How many rows a page has.
const ROWS: usize = 50;

/// Which part of which list.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    shelf: String,
    #[serde(default)]
    project: String,
    #[serde(default)]
    after: String,
    /// What was decided just before, and whether its reporter was answered.
    #[serde(default)]
    did: String,
    #[serde(default)]
    answered: String,
}

/// A row.
struct Row {
    case: String,
    title: Option<String>,
    project: String,
    state: String,
    severity: Option<String>,
    lead: Option<String>,
    due: Option<(String, Moment)>,
    tone: &'static str,
    opened: Moment,
    /// Whether whoever looks works on it.
    works: bool,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    closed: bool,
    first: bool,
    project: String,
    projects: Vec<(String, String)>,
    next: Option<String>,
    did: Option<String>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/inbox", get(inbox))
}

async fn inbox(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let closed = wanted.shelf == "closed";
    let project = match wanted.project.as_str() {
        "" => None,
        text => Some(ProjectId::parse(text).map_err(|_| Problem::NotFound)?),
    };
    let shelf = if closed { Shelf::Closed } else { Shelf::Open };
    let after = Some(wanted.after.as_str()).filter(|after| !after.is_empty());
    let listed = wire.desk.inbox(&visitor.caller, shelf, project, after, ROWS).await?;
    let projects: BTreeMap<ProjectId, String> = wire
        .desk
        .projects_for_reporters()
        .await?
        .into_iter()
        .map(|project| (project.project, project.name))
        .collect();
    let mut rows = Vec::new();
    for item in listed.items {
        let lead = match item.lead {
            Some(person) => wire.desk.name_for(person).await?,
            None => None,
        };
        rows.push(row(item, lead, &projects));
    }
    let page = Page {
        frame: Frame::desk("Inbox", "inbox", &visitor),
        rows,
        closed,
        first: after.is_none(),
        project: wanted.project,
        projects: projects.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        next: listed.next,
        did: did(&wanted.did, !wanted.answered.is_empty()),
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// What was decided just before, in words.
fn did(name: &str, answered: bool) -> Option<String> {
    let decision = Decision::parse(name)?;
    let what = match decision {
        Decision::Acknowledge => "The report is acknowledged".to_owned(),
        decision => format!("Recorded: {}", choice(decision).label.to_lowercase()),
    };
    Some(if answered { format!("{what}, and the reporter was answered.") } else { format!("{what}.") })
}

fn row(item: Item, lead: Option<String>, projects: &BTreeMap<ProjectId, String>) -> Row {
    let now = world::now();
    let due = item.due.zip(item.duty).map(|(due, duty)| (words::name(&duty), Moment::new(due, now)));
    let tone = match &due {
        Some((_, due)) if due.past => "bad",
        Some(_) if item.due.is_some_and(|due| (due - now).millis() < 86_400_000) => "care",
        Some(_) => "open",
        None => "quiet",
    };
    Row {
        case: item.case.to_string(),
        title: item.title,
        project: projects.get(&item.project).cloned().unwrap_or_default(),
        state: item.state.unwrap_or_default(),
        severity: item.severity,
        lead,
        due,
        tone,
        opened: Moment::new(item.opened, now),
        works: item.works,
    }
}
