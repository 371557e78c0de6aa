//! CVE Services: who asks there for a project, and the CVE ids of a case, reserved, published
//! and rejected. Each asks a service outside, within a time that has an end.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::Caller;
use fixlead_app::cna::cases::Ids;
use fixlead_app::cna::{Account, Quota, Shown};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, PersonId, ProjectId};
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::directory::Nothing;
use super::extract::{InPath, Once};
use super::json::Json;
use super::lifecycle::Changed;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{self, Id, Moment, Text};
use crate::cve::ADDRESS;

/// Who asks at CVE Services for a project.
#[derive(Deserialize, ToSchema)]
pub struct CnaSet {
    /// Where they are; those of the CVE Program, if left out.
    address: Option<String>,
    /// The short name of the organisation there.
    #[schema(value_type = Text)]
    organisation: String,
    /// The name of the user there.
    #[schema(value_type = Text)]
    user: String,
    /// The key of the user; the one that is kept, if left out.
    key: Option<String>,
}

/// How many ids a CNA may have reserved.
#[derive(Serialize, ToSchema)]
pub struct QuotaView {
    /// All of them.
    most: u64,
    /// Reserved, and neither published nor rejected.
    reserved: u64,
    /// What is left.
    available: u64,
    /// When it was told.
    #[schema(value_type = Option<Moment>)]
    at: Option<Instant>,
}

/// Who asks at CVE Services for a project. The key is shown to nobody.
#[derive(Serialize, ToSchema)]
pub struct CnaView {
    /// The project.
    #[schema(value_type = Id)]
    project: ProjectId,
    /// Where the services are.
    address: String,
    /// The short name of the organisation there.
    organisation: String,
    /// The name of the user there.
    user: String,
    /// Who entered it.
    #[schema(value_type = Id)]
    by: PersonId,
    /// When.
    #[schema(value_type = Moment)]
    at: Instant,
    /// How many ids may be reserved, as it was told last.
    quota: Option<QuotaView>,
}

/// All of them.
#[derive(Serialize, ToSchema)]
pub struct Cnas {
    /// One for each project that has one.
    items: Vec<CnaView>,
}

/// A CVE id of a case.
#[derive(Serialize, ToSchema)]
pub struct CveId {
    /// The id.
    id: String,
    /// `assigned`, `published` or `rejected`.
    state: &'static str,
}

/// The CVE ids of a case.
#[derive(Serialize, ToSchema)]
pub struct CveIds {
    /// In the order in which the case heard of them.
    items: Vec<CveId>,
    /// The CNA of the project, if one is set.
    organisation: Option<String>,
    /// How many ids it may reserve, as it was told last.
    quota: Option<QuotaView>,
    /// The id whose record may be published, from the advisory as it is public now.
    publishable: Option<String>,
}

/// An id that was reserved.
#[derive(Serialize, ToSchema)]
pub struct Reserved {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: Instant,
    /// The version of the case after it.
    version: u64,
    /// The id; nothing when this was asked for before, and the case says which it is.
    id: Option<String>,
}

/// How a record is published.
#[derive(Deserialize, ToSchema)]
pub struct RecordSent {
    /// Whether there is one already, which it replaces.
    #[serde(default)]
    anew: bool,
}

/// Why an id is rejected.
#[derive(Deserialize, ToSchema)]
pub struct Rejection {
    /// Why; everybody reads it.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(cnas))
        .routes(routes!(set, remove))
        .routes(routes!(ask))
        .routes(routes!(ids, reserve))
        .routes(routes!(publish))
        .routes(routes!(reject))
}

fn quota(quota: Quota, at: Option<Instant>) -> QuotaView {
    let Quota { most, reserved, available } = quota;
    QuotaView { most, reserved, available, at }
}

fn view(shown: Shown) -> CnaView {
    let Shown { project, address, organisation, user, by, at, quota: told } = shown;
    let told = told.map(|(told, at)| quota(told, Some(at)));
    CnaView { project, address, organisation, user, by, at, quota: told }
}

/// Who asks at CVE Services, for each project that has somebody.
#[utoipa::path(get, path = "/api/v1/cnas", tag = "advisories",
    responses((status = 200, body = Cnas), (status = 403, body = ProblemDocument)))]
async fn cnas(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    let items = wire.desk.cnas(&caller).await?.into_iter().map(view).collect();
    Ok(answer::json(StatusCode::OK, &Cnas { items }))
}

/// Names who asks at CVE Services for a project. The key is kept sealed, and shown to nobody.
#[utoipa::path(put, path = "/api/v1/projects/{project}/cna", tag = "advisories", params(("project" = String, Path)),
    request_body = CnaSet,
    responses((status = 200, body = CnaView), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn set(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    Json(CnaSet { address, organisation, user, key }): Json<CnaSet>,
) -> Result<Response, Refusal> {
    let anew = key.is_some();
    let (address, key) = (address.unwrap_or_else(|| ADDRESS.to_owned()), key.unwrap_or_default());
    let account = Account { address, organisation, user, key };
    let shown = wire.desk.set_cna(&caller, project, account, anew).await?;
    Ok(answer::json(StatusCode::OK, &view(shown)))
}

/// Forgets who asks at CVE Services for a project.
#[utoipa::path(delete, path = "/api/v1/projects/{project}/cna", tag = "advisories",
    params(("project" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn remove(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
) -> Result<Response, Refusal> {
    wire.desk.remove_cna(&caller, project).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Asks CVE Services how many ids may be reserved for a project.
#[utoipa::path(post, path = "/api/v1/projects/{project}/cna/quota", tag = "advisories",
    params(("project" = String, Path)), request_body = Nothing,
    responses((status = 200, body = QuotaView), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 502, body = ProblemDocument)))]
async fn ask(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    Json(Nothing {}): Json<Nothing>,
) -> Result<Response, Refusal> {
    let told = wire.desk.ask_quota(&caller, project).await?;
    Ok(answer::json(StatusCode::OK, &quota(told, None)))
}

/// The CVE ids of a case, and the CNA that can reserve more.
#[utoipa::path(get, path = "/api/v1/cases/{case}/cve", tag = "advisories", params(("case" = String, Path)),
    responses((status = 200, body = CveIds), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn ids(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    let Ids { ids, organisation, quota: told, publishable, .. } = wire.desk.cve_ids(&caller, case).await?;
    let items = ids.into_iter().map(|(id, state)| CveId { id, state: state.name() }).collect();
    let told = told.map(|(told, at)| quota(told, Some(at)));
    Ok(answer::json(StatusCode::OK, &CveIds { items, organisation, quota: told, publishable }))
}

/// Has CVE Services reserve an id for a case, and records it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/cve", tag = "advisories", params(("case" = String, Path)),
    request_body = Nothing,
    responses((status = 201, body = Reserved), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 502, body = ProblemDocument)))]
async fn reserve(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    let (acted, id) = wire.desk.reserve_cve(&caller, case, Some(repeat)).await?;
    let body = Reserved { at: acted.at, version: acted.version, id };
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// Has CVE Services publish the record of an id, as the public advisory says it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/cve/{id}/record", tag = "advisories",
    params(("case" = String, Path), ("id" = String, Path)), request_body = RecordSent,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 502, body = ProblemDocument)))]
async fn publish(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, id)): InPath<(CaseId, String)>,
    Once(RecordSent { anew }, repeat): Once<RecordSent>,
) -> Result<Response, Refusal> {
    let acted = wire.desk.publish_cve(&caller, case, &id, anew, Some(repeat)).await?;
    let body = json!({ "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// Has CVE Services reject an id of a case.
#[utoipa::path(post, path = "/api/v1/cases/{case}/cve/{id}/reject", tag = "advisories",
    params(("case" = String, Path), ("id" = String, Path)), request_body = Rejection,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 502, body = ProblemDocument)))]
async fn reject(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, id)): InPath<(CaseId, String)>,
    Once(Rejection { reason }, repeat): Once<Rejection>,
) -> Result<Response, Refusal> {
    let acted = wire.desk.reject_cve(&caller, case, &id, reason, Some(repeat)).await?;
    let body = json!({ "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}
