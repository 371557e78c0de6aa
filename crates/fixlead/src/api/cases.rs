//! Reading cases: lists, one of them as far as somebody may see it, what its
//! policy says, its history, its log, and who knew of it.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::inbox::{Shelf, Wanted as Listing, Whose};
use fixlead_app::problem::Problem;
use fixlead_core::id::{CaseId, ProjectId};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::extract::{InPath, Page, query};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::case::{CaseLog, CasePage, CaseView, WhoKnew};
use super::shapes::documents::{EvaluationDocument, HistoryDocument};
use super::shapes::{Id, ShelfName, WhoseName};

/// Which part of which list.
pub struct Wanted {
    shelf: Shelf,
    whose: Whose,
    project: Option<ProjectId>,
    severity: Option<String>,
    page: Page,
}

impl FromRequestParts<Wire> for Wanted {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        let pairs = query(parts, &["shelf", "whose", "project", "severity", "after", "limit"])?;
        let of =
            |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let shelf = match of("shelf") {
            None | Some("open") => Shelf::Open,
            Some("closed") => Shelf::Closed,
            Some(_) => return Err(Problem::invalid("", "`shelf` is `open` or `closed`").into()),
        };
        let project = of("project").map(ProjectId::parse).transpose();
        let project = project.map_err(|_| Problem::invalid("", "`project` is the id of a project"))?;
        let whose = match of("whose") {
            None | Some("all") => Whose::All,
            Some("mine") => Whose::Mine,
            Some("nobodys") => Whose::Nobodys,
            Some(_) => return Err(Problem::invalid("", "`whose` is `all`, `mine` or `nobodys`").into()),
        };
        let severity = of("severity").map(str::to_owned);
        Ok(Wanted { shelf, whose, project, severity, page: Page::of(&pairs)? })
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(inbox))
        .routes(routes!(case))
        .routes(routes!(evaluation))
        .routes(routes!(history))
        .routes(routes!(log))
        .routes(routes!(who_knew))
}

/// Lists the cases that somebody may know of, by the next due, or by when users began to
/// be exposed to what is publicly known.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "cases",
    params(("shelf" = Option<ShelfName>, Query), ("whose" = Option<WhoseName>, Query),
        ("project" = Option<Id>, Query),
        ("severity" = Option<String>, Query, description = "One severity as the policy says it, or `unscored`."),
        ("after" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = CasePage), (status = 401, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn inbox(State(wire): State<Wire>, caller: Caller, wanted: Wanted) -> Result<Response, Refusal> {
    let Wanted { shelf, whose, project, severity, page } = wanted;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let (severity, after) = (severity.as_deref(), page.after.as_deref());
    let listing = Listing { shelf, whose, project, severity, after, limit };
    let listed = wire.desk.listed(&caller, &listing).await?;
    Ok(answer::json(StatusCode::OK, &listed))
}

/// A case, as far as somebody may see it. `ETag` is its version.
#[utoipa::path(get, path = "/api/v1/cases/{case}", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = CaseView), (status = 404, body = ProblemDocument)))]
async fn case(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    let view = wire.desk.read(&caller, case).await?;
    Ok(versioned(StatusCode::OK, &view, view.version))
}

/// How a case stands under its policy now, as `fixlead-replay/1`.
#[utoipa::path(get, path = "/api/v1/cases/{case}/evaluation", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = EvaluationDocument), (status = 404, body = ProblemDocument)))]
async fn evaluation(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    Ok(answer::json(StatusCode::OK, &wire.desk.evaluation(&caller, case).await?))
}

/// The history of a case, as `fixlead-history/1`.
#[utoipa::path(get, path = "/api/v1/cases/{case}/history", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = HistoryDocument), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn history(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    Ok(answer::json(StatusCode::OK, &wire.desk.export_history(&caller, case).await?))
}

/// The log of a case: who recorded which event when, not what it says.
#[utoipa::path(get, path = "/api/v1/cases/{case}/log", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = CaseLog), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn log(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    let lines = wire.desk.log(&caller, case).await?;
    Ok(answer::json(StatusCode::OK, &json!({ "items": lines })))
}

/// Who could read a case, who did, and when.
#[utoipa::path(get, path = "/api/v1/cases/{case}/who-knew", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = WhoKnew), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn who_knew(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    Ok(answer::json(StatusCode::OK, &wire.desk.who_knew(&caller, case).await?))
}
