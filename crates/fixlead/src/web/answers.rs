//! The canned answers of a project: read by its responders, changed by those
//! who keep its facts.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_app::triage::answers::{Answer, MOST, VARIABLES};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::ProjectId;
use serde::Deserialize;

use super::case::choice;
use super::form::{Form, once};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words::Moment;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::api::problem::Refusal;
use crate::serve::world;
use crate::web::query::Query;

/// An answer as it is edited.
struct Edited {
    place: usize,
    name: String,
    with: String,
    text: String,
}

#[derive(Template)]
#[template(path = "answers.html")]
struct Page {
    frame: Frame,
    name: String,
    version: u64,
    changed: Option<(String, Moment)>,
    may_change: bool,
    items: Vec<Edited>,
    decisions: Vec<(&'static str, &'static str)>,
    variables: &'static [(&'static str, &'static str)],
    errors: Vec<String>,
    done: bool,
    once: String,
}

/// What was done just before.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    done: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/projects/{project}/answers", get(show).post(save))
}

async fn page(
    wire: &Wire,
    visitor: &Visitor,
    project: ProjectId,
    items: Option<Vec<Edited>>,
    errors: Vec<String>,
    done: bool,
) -> Result<Page, Trouble> {
    let answers = wire.desk.answers_of(&visitor.caller, project).await?;
    let called = wire.desk.project_for_reporters(project).await?.name;
    let changed = match answers.changed {
        Some((person, at)) => {
            let name = wire.desk.name_for(person).await?.unwrap_or_else(|| "somebody".to_owned());
            Some((name, Moment::new(at, world::now())))
        }
        None => None,
    };
    let mut items = items.unwrap_or_else(|| {
        let kept = answers.items.iter().enumerate();
        kept.map(|(place, answer)| Edited {
            place,
            name: answer.name.to_string(),
            with: answer.with.map(Decision::name).unwrap_or_default().to_owned(),
            text: answer.text.to_string(),
        })
        .collect()
    });
    if answers.may_change && items.len() < MOST {
        let place = items.len();
        items.push(Edited { place, name: String::new(), with: String::new(), text: String::new() });
    }
    Ok(Page {
        frame: Frame::desk("Canned answers", "inbox", visitor),
        name: called,
        version: answers.version,
        changed,
        may_change: answers.may_change,
        items,
        decisions: Decision::ALL.into_iter().map(|with| (with.name(), choice(with).label)).collect(),
        variables: &VARIABLES,
        errors,
        done,
        once: once(),
    })
}

async fn show(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let page = page(&wire, &visitor, project, None, Vec::new(), !wanted.done.is_empty()).await?;
    Ok(page::show(StatusCode::OK, &page))
}

async fn save(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    form: Form,
) -> Result<Response, Trouble> {
    let (mut items, mut edited, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..=MOST {
        let of = |field: &str| form.text(&format!("{field}-{place}")).to_owned();
        let (name, with, text) = (of("name"), of("with"), of("text"));
        // One that is emptied is taken out.
        if name.is_empty() && text.is_empty() {
            continue;
        }
        match (Line::new(&name), Body::new(&text)) {
            (Ok(name), Ok(text)) => items.push(Answer { name, with: Decision::parse(&with), text }),
            (Err(message), _) | (_, Err(message)) => {
                errors.push(format!("answer {}: {message}", edited.len() + 1));
            }
        }
        edited.push(Edited { place: edited.len(), name, with, text });
    }
    if errors.is_empty() {
        let expected = form.text("version").parse().unwrap_or(0);
        match wire.desk.set_answers(&visitor.caller, project, items, expected).await {
            Ok(_) => return Ok(page::go(&format!("/projects/{project}/answers?done=1"))),
            Err(Problem::Invalid { errors: faults }) => {
                errors.extend(faults.into_iter().map(|fault| {
                    let place = fault.pointer.split('/').nth(2).and_then(|place| place.parse::<usize>().ok());
                    match place {
                        Some(place) => format!("answer {}: {}", place + 1, fault.message),
                        None => fault.message,
                    }
                }));
            }
            Err(Problem::Conflict { .. }) => errors.push(
                "somebody has changed these answers meanwhile; what you wrote stands below: compare, and save again".to_owned(),
            ),
            Err(problem) => return Err(Refusal::from(problem).into()),
        }
    }
    let page = page(&wire, &visitor, project, Some(edited), errors, false).await?;
    Ok(page::show(StatusCode::CONFLICT, &page))
}
