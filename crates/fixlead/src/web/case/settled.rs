//! The duties of a case that are open no more, and those that never applied:
//! each with the whole of its reasons.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_core::id::CaseId;
use fixlead_core::plan::duties::State as DutyState;

use super::rows::{self, DutyRow};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "settled.html")]
struct Page {
    frame: Frame,
    case: String,
    title: String,
    state: &'static str,
    here: &'static str,
    settled: Vec<DutyRow>,
    idle: Vec<DutyRow>,
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let board = wire.desk.board(&visitor.caller, case).await?;
    let closed = board.duties.iter().filter(|duty| !rows::is_open(duty));
    let (idle, settled): (Vec<_>, Vec<_>) = closed.partition(|duty| duty.state == DutyState::NotApplicable);
    let made = |duties: Vec<_>| duties.into_iter().map(|duty| rows::duty(&board, duty)).collect();
    let about = board.view.about.as_ref();
    let page = Page {
        frame: Frame::desk("Settled duties", "inbox", &visitor),
        case: case.to_string(),
        title: about.map(|about| about.title.clone()).unwrap_or_default(),
        state: about.map_or("", |about| about.state),
        here: "",
        settled: made(settled),
        idle: made(idle),
    };
    Ok(page::show(StatusCode::OK, &page))
}
