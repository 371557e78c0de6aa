//! What was kept long enough, and erasing it: one person asks, another
//! confirms, many cases at once. A hold keeps a case all the same.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::Act;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::CaseId;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{json, versioned};
use super::extract::{InPath, Once};
use super::json::Json;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::answers::Done;
use super::shapes::keeping::{Ending, Erasures};
use super::shapes::{Id, Line as LineShape};

/// Cases to be erased.
#[derive(Deserialize, ToSchema)]
pub struct AskErasures {
    /// Which; at most 200.
    #[schema(value_type = Vec<Id>)]
    cases: Vec<CaseId>,
    /// Why; it stands in the log of each.
    #[schema(value_type = LineShape)]
    reason: Line,
}

/// Cases that somebody else wants erased.
#[derive(Deserialize, ToSchema)]
pub struct ConfirmErasures {
    /// Which; at most 200.
    #[schema(value_type = Vec<Id>)]
    cases: Vec<CaseId>,
}

/// Why a case is kept, or no longer has to be.
#[derive(Deserialize, ToSchema)]
pub struct HoldReason {
    /// The reason.
    #[schema(value_type = LineShape)]
    reason: Line,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(ending))
        .routes(routes!(ask_erasures))
        .routes(routes!(confirm_erasures))
        .routes(routes!(hold))
        .routes(routes!(lift_hold))
}

/// Closed cases that were kept long enough, or soon will be, of the projects
/// that somebody responds for.
#[utoipa::path(get, path = "/api/v1/retention", tag = "cases",
    responses((status = 200, body = Ending), (status = 401, body = ProblemDocument)))]
async fn ending(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    let items = wire.desk.ending(&caller).await?;
    Ok(json(StatusCode::OK, &json!({ "items": items })))
}

/// Asks that cases be erased that were kept long enough.
#[utoipa::path(post, path = "/api/v1/retention/ask", tag = "cases", request_body = AskErasures,
    responses((status = 200, body = Erasures), (status = 403, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn ask_erasures(
    State(wire): State<Wire>,
    caller: Caller,
    Json(AskErasures { cases, reason }): Json<AskErasures>,
) -> Result<Response, Refusal> {
    let items = wire.desk.ask_erasures(&caller, &cases, &reason).await?;
    Ok(json(StatusCode::OK, &json!({ "items": items })))
}

/// Confirms what somebody else has asked for, and erases it.
#[utoipa::path(post, path = "/api/v1/retention/confirm", tag = "cases", request_body = ConfirmErasures,
    responses((status = 200, body = Erasures), (status = 403, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn confirm_erasures(
    State(wire): State<Wire>,
    caller: Caller,
    Json(ConfirmErasures { cases }): Json<ConfirmErasures>,
) -> Result<Response, Refusal> {
    let items = wire.desk.confirm_erasures(&caller, &cases).await?;
    Ok(json(StatusCode::OK, &json!({ "items": items })))
}

/// Puts a hold on a case: nobody erases it, however old it is.
#[utoipa::path(post, path = "/api/v1/cases/{case}/hold", tag = "cases", params(("case" = String, Path)),
    request_body = HoldReason,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn hold(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(HoldReason { reason }, repeat): Once<HoldReason>,
) -> Result<Response, Refusal> {
    let act = Act { repeat: Some(repeat), ..Act::new(Command::Hold { reason }) };
    acted(&wire, &caller, case, act).await
}

/// Takes the hold off a case.
#[utoipa::path(post, path = "/api/v1/cases/{case}/hold/lift", tag = "cases", params(("case" = String, Path)),
    request_body = HoldReason,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn lift_hold(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(HoldReason { reason }, repeat): Once<HoldReason>,
) -> Result<Response, Refusal> {
    let act = Act { repeat: Some(repeat), ..Act::new(Command::LiftHold { reason }) };
    acted(&wire, &caller, case, act).await
}

async fn acted(wire: &Wire, caller: &Caller, case: CaseId, act: Act) -> Result<Response, Refusal> {
    let acted = wire.desk.act(caller, case, act).await?;
    let body = json!({ "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}
