//! Looking for cases by what they say, as far as whoever asks may see it now.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::finding::ask::{Excerpt, Hit, Question};
use fixlead_app::problem::Problem;
use fixlead_app::search::Order;
use fixlead_core::id::ProjectId;
use fixlead_core::text;
use serde::Deserialize;

use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words::Moment;
use crate::api::Wire;
use crate::serve::world;
use crate::web::query::Query;

/// How many hits a page has.
const HITS: usize = 20;

/// What somebody asks.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    q: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    after: String,
    /// Whether the places are left out where the words are.
    #[serde(default)]
    brief: String,
}

/// A part of a text, cut where it was found.
struct Place {
    of: &'static str,
    parts: Vec<(String, bool)>,
}

/// A case that matches.
struct Row {
    case: String,
    title: Option<String>,
    state: &'static str,
    project: String,
    opened: Moment,
    latest: Moment,
    places: Vec<Place>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct Page {
    frame: Frame,
    question: String,
    latest: bool,
    brief: bool,
    asked: bool,
    total: usize,
    rows: Vec<Row>,
    first: bool,
    next: Option<String>,
    percent: Option<u8>,
    wrong: Option<String>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/search", get(search))
}

fn place(excerpt: Excerpt) -> Place {
    let of = match (excerpt.field, excerpt.room) {
        ("report", _) => "report",
        ("message", Some("reporter")) => "room Reporter",
        ("message", Some("guest")) => "room Guests",
        ("message", _) => "room Team",
        ("people", _) => "people",
        ("component", _) => "component",
        ("alias", _) => "reference",
        ("attachment", _) => "file",
        _ => "text",
    };
    // An excerpt is one line, however the text is set.
    let line = |text: &str| text::plain(&text.replace(['\n', '\r', '\t'], " "));
    let parts = excerpt.parts.into_iter().map(|part| (line(&part.text), part.found));
    Place { of, parts: parts.collect() }
}

fn row(hit: Hit, projects: &BTreeMap<ProjectId, String>) -> Row {
    let now = world::now();
    Row {
        case: hit.case.to_string(),
        title: hit.title,
        state: hit.state.unwrap_or_default(),
        project: projects.get(&hit.project).cloned().unwrap_or_default(),
        opened: Moment::new(hit.opened, now),
        latest: Moment::new(hit.latest, now),
        places: hit.excerpts.into_iter().map(place).collect(),
    }
}

async fn search(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let question = wanted.q.trim().to_owned();
    let (latest, brief) = (wanted.order == "latest", !wanted.brief.is_empty());
    let mut page = Page {
        frame: Frame::desk("Search", "search", &visitor),
        asked: !question.is_empty(),
        question,
        latest,
        brief,
        total: 0,
        rows: Vec::new(),
        first: wanted.after.is_empty(),
        next: None,
        percent: None,
        wrong: None,
    };
    if !page.asked {
        let state = wire.desk.search_state();
        page.percent = (!state.ready).then_some(state.percent);
        return Ok(page::show(StatusCode::OK, &page));
    }
    let asked = Question {
        query: page.question.clone(),
        order: if latest { Order::Latest } else { Order::Fit },
        after: Some(wanted.after).filter(|after| !after.is_empty()),
        limit: HITS,
        excerpts: !brief,
    };
    let status = match wire.desk.search(&visitor.caller, &asked).await {
        Ok(answer) => {
            let projects = wire.desk.projects_for_reporters().await?;
            let projects = projects.into_iter().map(|project| (project.project, project.name)).collect();
            page.total = answer.total;
            page.rows = answer.items.into_iter().map(|hit| row(hit, &projects)).collect();
            page.next = answer.next;
            page.percent = (!answer.complete).then_some(answer.percent);
            StatusCode::OK
        }
        Err(Problem::Invalid { errors }) => {
            let message = errors.into_iter().next().map(|fault| fault.message).unwrap_or_default();
            let said = message.strip_prefix("`q`, ").or(message.strip_prefix("`q`: ")).unwrap_or(&message);
            page.wrong = Some(said.to_owned());
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(problem @ (Problem::TooMany { .. } | Problem::Unavailable { .. })) => {
            page.wrong = Some(problem.to_string());
            StatusCode::SERVICE_UNAVAILABLE
        }
        Err(problem) => return Err(problem.into()),
    };
    Ok(page::show(status, &page))
}
