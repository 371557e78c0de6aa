//! Every duty and gate of a case with the whole of its reasons: duties that are to be done,
//! that are open no more, and that never applied.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::board::Obligation;
use fixlead_core::id::CaseId;
use fixlead_core::plan::duties::State as DutyState;

use super::head::Head;
use super::rows::{self, DutyRow, GateRow};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "duties.html")]
struct Page {
    frame: Frame,
    head: Head,
    duties: Vec<DutyRow>,
    gates: Vec<GateRow>,
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
    let (open, closed): (Vec<_>, Vec<_>) = board.duties.iter().partition(|duty| rows::is_open(duty));
    let (idle, settled): (Vec<_>, Vec<_>) =
        closed.into_iter().partition(|duty| duty.state == DutyState::NotApplicable);
    let made =
        |duties: Vec<&Obligation>| duties.into_iter().map(|duty| rows::reasoned(&board, duty)).collect();
    let page = Page {
        frame: Frame::desk("Every duty and gate", "inbox", &visitor),
        head: Head::of(&board.view, "duties"),
        duties: made(open),
        gates: rows::gates(&board.gates, board.at),
        settled: made(settled),
        idle: made(idle),
    };
    Ok(page::show(StatusCode::OK, &page))
}
