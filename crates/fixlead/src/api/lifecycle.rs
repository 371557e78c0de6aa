//! What becomes of a case as a whole: restricted, merged, split, taken over,
//! moved to another policy, erased.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::joint::{Join, Joining};
use fixlead_app::policies::NewPolicy;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, OfferId, PersonId, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::commands::{act, once};
use super::directory::{Because, Nothing};
use super::extract::{IfMatch, InPath, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{self, Id, Moment, Text};

/// What was done to a case.
#[derive(Serialize, ToSchema)]
pub struct Changed {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: String,
    /// The version of the case after it.
    version: u64,
}

/// What was done to a case, and the other case.
#[derive(Serialize, ToSchema)]
pub struct Related {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: String,
    /// The version of the case after it.
    version: u64,
    /// The other case: the one it was merged into, or the new one.
    #[schema(value_type = Id)]
    case: String,
}

/// A case that waits for a second person to be erased.
#[derive(Serialize, ToSchema)]
pub struct ErasureAsked {
    /// When it was asked for.
    #[schema(value_type = Moment)]
    at: String,
    /// The version of the case after it.
    version: u64,
    /// What the second person confirms.
    #[schema(value_type = Id)]
    offer: String,
}

/// A case that was erased.
#[derive(Serialize, ToSchema)]
pub struct Erased {
    /// Which.
    #[schema(value_type = Id)]
    erased: String,
}

/// The case that another one is the same as.
#[derive(Deserialize, ToSchema)]
pub struct MergeInto {
    /// Which; it keeps everybody who reported this one.
    #[schema(value_type = Id)]
    into: CaseId,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// A part of a case that becomes a case of its own.
#[derive(Deserialize, ToSchema)]
pub struct SplitOff {
    /// A line that says what the new case is about.
    #[schema(value_type = shapes::Line)]
    title: Line,
    /// Everything else, in Markdown.
    #[schema(value_type = Text)]
    body: Body,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// The project that answers a case from now on.
#[derive(Deserialize, ToSchema)]
pub struct TakeOver {
    /// Which. Whoever asks has to be a responder there.
    #[schema(value_type = Id)]
    project: ProjectId,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// Another policy for a case, or another version of it.
#[derive(Deserialize, ToSchema)]
pub struct MovePolicy {
    /// The id of a built-in policy, or the text of one; the one that new cases
    /// of the project get, if left out.
    #[schema(example = "opentelemetry")]
    policy: Option<String>,
    /// The same of overlays.
    overlays: Option<Vec<String>>,
    /// Values for the parameters of the policy.
    #[schema(value_type = Option<BTreeMap<String, shapes::Line>>)]
    parameters: Option<BTreeMap<String, Line>>,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(restrict))
        .routes(routes!(unrestrict))
        .routes(routes!(lift_recusal))
        .routes(routes!(merge))
        .routes(routes!(split))
        .routes(routes!(take_over))
        .routes(routes!(move_policy))
        .routes(routes!(move_facts))
        .routes(routes!(ask_erasure))
        .routes(routes!(confirm_erasure))
}

async fn relate(wire: &Wire, caller: &Caller, case: CaseId, joining: Joining) -> Result<Response, Refusal> {
    let (acted, other) = wire.desk.relate(caller, case, joining).await?;
    let version = acted.version;
    let body = Related { at: acted.at.to_string(), version, case: other.to_string() };
    Ok(versioned(StatusCode::CREATED, &body, version))
}

/// Lets only those reach a case who have a role in it. Somebody has to lead it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/restrict", tag = "cases", params(("case" = String, Path)),
    request_body = Because,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn restrict(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::Restrict { reason }, repeat), json!({})).await
}

/// Lets everybody reach a case again who answers for its project.
#[utoipa::path(post, path = "/api/v1/cases/{case}/unrestrict", tag = "cases", params(("case" = String, Path)),
    request_body = Because,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn unrestrict(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::Unrestrict { reason }, repeat), json!({})).await
}

/// Lets somebody into a case again whose conflict of interest is over.
#[utoipa::path(post, path = "/api/v1/cases/{case}/recusals/{person}/lift", tag = "cases",
    params(("case" = String, Path), ("person" = String, Path)), request_body = Because,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn lift_recusal(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, person)): InPath<(CaseId, PersonId)>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::LiftRecusal { person, reason }, repeat), json!({})).await
}

/// Closes a case in favour of another one, on the version that was read. The
/// other one keeps who reported this, when, and who is thanked.
#[utoipa::path(post, path = "/api/v1/cases/{case}/merge", tag = "cases", params(("case" = String, Path)),
    request_body = MergeInto,
    responses((status = 201, body = Related), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 428, body = ProblemDocument)))]
async fn merge(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    IfMatch(expected): IfMatch,
    Once(MergeInto { into, reason }, repeat): Once<MergeInto>,
) -> Result<Response, Refusal> {
    let (expected, repeat) = (Some(expected), Some(repeat));
    relate(&wire, &caller, case, Joining { what: Join::Merge(into), reason, expected, repeat }).await
}

/// Makes a part of a case a case of its own. Who works on the one works on the
/// other, and nothing that is due begins anew.
#[utoipa::path(post, path = "/api/v1/cases/{case}/split", tag = "cases", params(("case" = String, Path)),
    request_body = SplitOff,
    responses((status = 201, body = Related), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn split(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(SplitOff { title, body, reason }, repeat): Once<SplitOff>,
) -> Result<Response, Refusal> {
    let what = Join::Split { title, body };
    relate(&wire, &caller, case, Joining { what, reason, expected: None, repeat: Some(repeat) }).await
}

/// Has another project answer a case, on the version that was read. Its people
/// get a new case under their policy, and its reporter goes with it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/take-over", tag = "cases", params(("case" = String, Path)),
    request_body = TakeOver,
    responses((status = 201, body = Related), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 428, body = ProblemDocument)))]
async fn take_over(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    IfMatch(expected): IfMatch,
    Once(TakeOver { project, reason }, repeat): Once<TakeOver>,
) -> Result<Response, Refusal> {
    let (what, expected, repeat) = (Join::TakeOver(project), Some(expected), Some(repeat));
    relate(&wire, &caller, case, Joining { what, reason, expected, repeat }).await
}

/// Has a case go on under another policy, on the version that was read.
#[utoipa::path(post, path = "/api/v1/cases/{case}/policy", tag = "cases", params(("case" = String, Path)),
    request_body = MovePolicy,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 428, body = ProblemDocument)))]
async fn move_policy(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    IfMatch(expected): IfMatch,
    Once(sent, repeat): Once<MovePolicy>,
) -> Result<Response, Refusal> {
    let policy = sent.policy.map(|policy| NewPolicy {
        policy,
        overlays: sent.overlays.unwrap_or_default(),
        parameters: sent.parameters.unwrap_or_default(),
    });
    let acted = wire.desk.move_policy(&caller, case, policy, sent.reason, expected, repeat).await?;
    let body = Changed { at: acted.at.to_string(), version: acted.version };
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// Has a case go on with the facts of its project as they are now: branches,
/// owners, rota.
#[utoipa::path(post, path = "/api/v1/cases/{case}/facts", tag = "cases", params(("case" = String, Path)),
    request_body = Because,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn move_facts(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    let acted = wire.desk.move_facts(&caller, case, reason, repeat).await?;
    let body = Changed { at: acted.at.to_string(), version: acted.version };
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// Asks that a closed case be erased. Nothing is, before another person
/// confirms it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/erasure", tag = "cases", params(("case" = String, Path)),
    request_body = Because,
    responses((status = 201, body = ErasureAsked), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn ask_erasure(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    let (acted, offer) = wire.desk.ask_erasure(&caller, case, reason, Some(repeat)).await?;
    let (at, version) = (acted.at.to_string(), acted.version);
    Ok(versioned(StatusCode::CREATED, &ErasureAsked { at, version, offer: offer.to_string() }, version))
}

/// Erases a case that somebody else has asked to be erased. Whoever asks again
/// finds nothing there.
#[utoipa::path(post, path = "/api/v1/cases/{case}/erasure/{offer}/confirm", tag = "cases",
    params(("case" = String, Path), ("offer" = String, Path)), request_body = Nothing,
    responses((status = 200, body = Erased), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn confirm_erasure(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, offer)): InPath<(CaseId, OfferId)>,
    // Done twice it is done once: what is erased is gone.
    Once(Nothing {}, _): Once<Nothing>,
) -> Result<Response, Refusal> {
    wire.desk.confirm_erasure(&caller, case, offer).await?;
    Ok(answer::json(StatusCode::OK, &Erased { erased: case.to_string() }))
}
