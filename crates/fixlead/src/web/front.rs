//! The front page: where reports go, and the way in.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::public::Reporting;

use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Anybody;
use crate::api::Wire;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    frame: Frame,
    projects: Vec<Reporting>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/", get(front)).route("/report", get(choose))
}

/// Where reports go: the form itself where there is one project, and the choice
/// of a project otherwise.
async fn choose(State(wire): State<Wire>) -> Result<Response, Trouble> {
    let projects = wire.desk.projects_for_reporters().await?;
    match projects.as_slice() {
        [only] => super::report::empty(&wire, only.project).await,
        _ => Ok(shown(&wire, projects)),
    }
}

async fn front(State(wire): State<Wire>, Anybody(visitor): Anybody) -> Result<Response, Trouble> {
    if visitor.is_some() {
        return Ok(page::go("/inbox"));
    }
    let projects = wire.desk.projects_for_reporters().await?;
    Ok(shown(&wire, projects))
}

fn shown(wire: &Wire, projects: Vec<Reporting>) -> Response {
    let publishes = wire.advisories.is_some();
    let frame = Frame { publishes, ..Frame::open("Report a vulnerability") };
    page::show(StatusCode::OK, &Front { frame, projects })
}
