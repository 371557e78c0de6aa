//! What a project published elsewhere, taken in: at once by one person, or by two where it
//! may be recent.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::advisory::import::{Came, Waiting};
use fixlead_core::id::{OfferId, PersonId, ProjectId};
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::advisory::site;
use super::answer;
use super::directory::{Because, Nothing};
use super::extract::{InPath, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{Id, Moment, Text};

/// Advisories that a project published elsewhere.
#[derive(Deserialize, ToSchema)]
pub struct Advisories {
    /// Their sources, at most 50.
    #[schema(value_type = Vec<Text>, max_items = 50)]
    advisories: Vec<String>,
}

/// What became of advisories that were to be taken in.
#[derive(Serialize, ToSchema)]
pub struct TakenIn {
    /// The public ids of those that are public here now.
    items: Vec<String>,
    /// What another person confirms before any of them is public; only where they wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    offer: Option<OfferId>,
    /// The public ids of those that wait.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    waiting: Vec<String>,
}

/// An advisory that waits.
#[derive(Serialize, ToSchema)]
pub struct WaitingAdvisory {
    /// Its public id.
    id: String,
    /// The hash of its source, in hexadecimal.
    sha256: String,
    /// The latest instant that it names, by its dates and the years of its ids.
    #[schema(value_type = Moment)]
    latest: Instant,
    /// The source, `CASE.toml`; left out in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

/// Advisories that wait for a second person.
#[derive(Serialize, ToSchema)]
pub struct WaitingImport {
    /// What is confirmed or declined.
    #[schema(value_type = Id)]
    offer: OfferId,
    /// Who proposed them.
    #[schema(value_type = Option<Id>)]
    by: Option<PersonId>,
    /// When.
    #[schema(value_type = Moment)]
    at: Instant,
    /// Until when they wait.
    #[schema(value_type = Moment)]
    until: Instant,
    /// What they are.
    advisories: Vec<WaitingAdvisory>,
}

/// What waits in a project.
#[derive(Serialize, ToSchema)]
pub struct WaitingImports {
    /// The imports.
    items: Vec<WaitingImport>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(take_in))
        .routes(routes!(waiting))
        .routes(routes!(one_waiting))
        .routes(routes!(confirm))
        .routes(routes!(decline))
}

fn told(came: Came) -> Response {
    let Came { ids, waits } = came;
    let (items, waiting) = if waits.is_some() { (Vec::new(), ids) } else { (ids, Vec::new()) };
    let status = if waits.is_some() { StatusCode::ACCEPTED } else { StatusCode::CREATED };
    answer::json(status, &TakenIn { items, offer: waits, waiting })
}

fn shown(waiting: Waiting, sources: Vec<String>) -> WaitingImport {
    let Waiting { offer, import, .. } = waiting;
    let mut sources = sources.into_iter();
    let advisories = import.advisories.into_iter().map(|one| WaitingAdvisory {
        id: one.id.to_string(),
        sha256: one.sha256.to_string(),
        latest: one.latest,
        source: sources.next(),
    });
    WaitingImport {
        offer,
        by: import.by,
        at: import.at,
        until: import.until,
        advisories: advisories.collect(),
    }
}

/// Takes in advisories that a project published elsewhere: all of them or none. One that
/// is here already is replaced. Where one of them names an instant of the last 90 days, by its
/// dates or the year of an id, nothing is public (202) before another person confirms.
#[utoipa::path(post, path = "/api/v1/projects/{project}/advisories", tag = "advisories",
    params(("project" = String, Path)), request_body = Advisories,
    responses((status = 201, body = TakenIn), (status = 202, body = TakenIn),
        (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn take_in(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    Once(Advisories { advisories }, repeat): Once<Advisories>,
) -> Result<Response, Refusal> {
    let site = site(&wire);
    let came = wire.desk.take_in_advisories(&caller, project, advisories, &site, Some(&repeat)).await?;
    Ok(told(came))
}

/// Advisories that wait for a second person, for those who could be it.
#[utoipa::path(get, path = "/api/v1/projects/{project}/imports", tag = "advisories",
    params(("project" = String, Path)),
    responses((status = 200, body = WaitingImports), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn waiting(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
) -> Result<Response, Refusal> {
    let waiting = wire.desk.waiting_imports(&caller, project).await?;
    let items = waiting.into_iter().map(|waiting| shown(waiting, Vec::new())).collect();
    Ok(answer::json(StatusCode::OK, &WaitingImports { items }))
}

/// Advisories that wait for a second person, with their sources.
#[utoipa::path(get, path = "/api/v1/projects/{project}/imports/{offer}", tag = "advisories",
    params(("project" = String, Path), ("offer" = String, Path)),
    responses((status = 200, body = WaitingImport), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn one_waiting(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((project, offer)): InPath<(ProjectId, OfferId)>,
) -> Result<Response, Refusal> {
    let (waiting, sources) = wire.desk.waiting_import(&caller, project, offer).await?;
    Ok(answer::json(StatusCode::OK, &shown(waiting, sources?)))
}

/// Confirms what somebody else proposed, and makes it public, exactly as it was proposed.
#[utoipa::path(post, path = "/api/v1/projects/{project}/imports/{offer}/confirm", tag = "advisories",
    params(("project" = String, Path), ("offer" = String, Path)), request_body = Nothing,
    responses((status = 201, body = TakenIn), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn confirm(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((project, offer)): InPath<(ProjectId, OfferId)>,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    let came = wire.desk.confirm_import(&caller, project, offer, &site(&wire), Some(&repeat)).await?;
    Ok(told(came))
}

/// Declines what somebody else proposed, or takes back what one proposed oneself.
#[utoipa::path(post, path = "/api/v1/projects/{project}/imports/{offer}/decline", tag = "advisories",
    params(("project" = String, Path), ("offer" = String, Path)), request_body = Because,
    responses((status = 201, body = TakenIn), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn decline(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((project, offer)): InPath<(ProjectId, OfferId)>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    Ok(told(wire.desk.decline_import(&caller, project, offer, reason, Some(&repeat)).await?))
}
