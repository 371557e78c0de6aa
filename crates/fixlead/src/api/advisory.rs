//! The advisory of a case: read and written as its source, looked through, as the
//! documents that are made of it, and made public.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::Caller;
use fixlead_app::case::advisory::CaseAdvisory;
use fixlead_app::problem::Problem;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, OfferId, PersonId};
use fixlead_core::time::Instant;
use fixlead_formats::check::Checked;
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::lint::Level;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::extract::{IfMatch, InPath, Once};
use super::json::Json;
use super::lifecycle::Changed;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{self, Id, Moment, Text};
use crate::serve::advisories::PublicSite;

/// The source of an advisory, `CASE.toml`.
#[derive(Deserialize, ToSchema)]
pub struct AdvisorySource {
    /// The whole of it, finished or not.
    #[schema(value_type = Text)]
    source: String,
}

/// Why an advisory is to be made public now.
#[derive(Deserialize, ToSchema)]
pub struct Publication {
    /// Why; it stands in the log.
    #[schema(value_type = shapes::Line)]
    reason: Line,
    /// Why, although the policy holds it, if it does when it is confirmed.
    although: Option<Regardless>,
}

/// Why a publication is confirmed although the policy holds it.
#[derive(Deserialize, ToSchema)]
pub struct Confirmation {
    /// Left out where nothing holds it, or where whoever asked has said why.
    although: Option<Regardless>,
}

/// Why the policy is overridden; a Fix Lead says it.
#[derive(Deserialize, ToSchema)]
pub struct Regardless {
    /// Why; it stands in the log.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// Something that is said of a source.
#[derive(Serialize, ToSchema)]
pub struct Remark {
    /// `error`, which keeps documents from being made, or `warning`.
    level: &'static str,
    /// A short name for the rule.
    rule: String,
    /// The part of the source, like `affected/0/range/1/fixed`; empty for the whole.
    path: String,
    /// The line of the source, from 1.
    line: Option<usize>,
    /// What is wrong, and what to do.
    message: String,
}

/// What is said of a source.
#[derive(Serialize, ToSchema)]
pub struct Remarks {
    /// Whether every document can be made of it.
    sound: bool,
    /// Errors first.
    remarks: Vec<Remark>,
}

/// A publication that waits for a second person.
#[derive(Serialize, ToSchema)]
pub struct AskedPublication {
    /// What the second person confirms.
    #[schema(value_type = Id)]
    offer: OfferId,
    /// Who asked.
    #[schema(value_type = Option<Id>)]
    by: Option<PersonId>,
    /// Whether it is for what the source says now.
    stands: bool,
}

/// The advisory of a case.
#[derive(Serialize, ToSchema)]
pub struct AdvisoryView {
    /// How often it was written; 0 where nobody has, and `source` is a beginning.
    version: u64,
    /// The source, `CASE.toml`.
    #[schema(value_type = String)]
    source: String,
    /// When it was written last.
    #[schema(value_type = Option<Moment>)]
    written: Option<Instant>,
    /// By whom.
    #[schema(value_type = Option<Id>)]
    by: Option<PersonId>,
    /// When it was made public last.
    #[schema(value_type = Option<Moment>)]
    published: Option<Instant>,
    /// Whether it is public exactly as it stands.
    is_published: bool,
    /// Its publication, where it waits for a second person.
    asked: Option<AskedPublication>,
    /// Whether every document can be made of it.
    sound: bool,
    /// What is said of it, errors first.
    remarks: Vec<Remark>,
}

/// An advisory that was written.
#[derive(Serialize, ToSchema)]
pub struct AdvisoryWritten {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: Instant,
    /// The version of the advisory, which `ETag` has too.
    version: u64,
}

/// A publication that waits for a second person.
#[derive(Serialize, ToSchema)]
pub struct PublicationAsked {
    /// When it was asked for.
    #[schema(value_type = Moment)]
    at: Instant,
    /// The version of the case after it.
    version: u64,
    /// What the second person confirms.
    #[schema(value_type = Id)]
    offer: OfferId,
    /// What of the policy holds it now, if something does; it is confirmed when that is over.
    held: Option<String>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(advisory, write))
        .routes(routes!(check_source))
        .routes(routes!(document))
        .routes(routes!(ask))
        .routes(routes!(confirm))
}

/// Where this desk makes advisories public. Its own pages but those for everybody are for
/// insiders alone.
pub fn site(wire: &Wire) -> PublicSite {
    let own = wire.public.as_str();
    let pages = ["/cases", "/inbox", "/admin", "/api/", "/search", "/status"];
    PublicSite::new(pages.iter().map(|path| format!("{own}{path}")), wire.advisories.clone())
}

/// A document of what is kept.
///
/// # Errors
/// What keeps it from being made.
pub fn made(wire: &Wire, found: &CaseAdvisory, format: Format) -> Result<String, Problem> {
    let checked = found.ground.looked_through(&found.source, &site(wire));
    let Some(advisory) = checked.advisory.as_ref().filter(|_| checked.is_sound()) else {
        let message = "no document can be made of the advisory yet; see what is said of it, and mend that";
        return Err(Problem::invalid("/source", message));
    };
    build(advisory, format, Options::default()).map_err(|wrong| Problem::invalid("/source", wrong))
}

fn remarks(checked: Checked) -> Remarks {
    let sound = checked.is_sound();
    let remarks = checked.remarks.into_iter().map(|remark| Remark {
        level: Level::as_str(remark.level),
        rule: remark.rule,
        path: remark.path,
        line: remark.spot.map(|spot| spot.line),
        message: remark.message,
    });
    Remarks { sound, remarks: remarks.collect() }
}

/// The advisory of a case; one to begin with, where nobody has written it.
#[utoipa::path(get, path = "/api/v1/cases/{case}/advisory", tag = "advisories", params(("case" = String, Path)),
    responses((status = 200, body = AdvisoryView), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn advisory(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    let site = site(&wire);
    let found = wire.desk.advisory(&caller, case, &site).await?;
    let Remarks { sound, remarks } = remarks(found.ground.looked_through(&found.source, &site));
    let view = AdvisoryView {
        version: found.version,
        source: found.source,
        written: found.written.map(|(at, _)| at),
        by: found.written.and_then(|(_, by)| by),
        published: found.published,
        is_published: found.is_published,
        asked: found.asked.map(|(offer, by, stands)| AskedPublication { offer, by, stands }),
        sound,
        remarks,
    };
    Ok(versioned(StatusCode::OK, &view, view.version))
}

/// Writes the advisory of a case, finished or not, over the version that was read;
/// `"0"` where there was none.
#[utoipa::path(put, path = "/api/v1/cases/{case}/advisory", tag = "advisories", params(("case" = String, Path)),
    request_body = AdvisorySource,
    responses((status = 201, body = AdvisoryWritten), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 428, body = ProblemDocument)))]
async fn write(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    IfMatch(over): IfMatch,
    Once(AdvisorySource { source }, repeat): Once<AdvisorySource>,
) -> Result<Response, Refusal> {
    let (acted, version) = wire.desk.write_advisory(&caller, case, &source, over, Some(repeat)).await?;
    Ok(versioned(StatusCode::CREATED, &AdvisoryWritten { at: acted.at, version }, version))
}

/// Says of a source what can be said, and keeps nothing.
#[utoipa::path(post, path = "/api/v1/cases/{case}/advisory/check", tag = "advisories",
    params(("case" = String, Path)), request_body = AdvisorySource,
    responses((status = 200, body = Remarks), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn check_source(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Json(AdvisorySource { source }): Json<AdvisorySource>,
) -> Result<Response, Refusal> {
    let ground = wire.desk.advisory_ground(&caller, case).await?;
    let source = Body::new(&source).map_err(|message| Problem::invalid("/source", message))?;
    Ok(answer::json(StatusCode::OK, &remarks(ground.looked_through(&source, &site(&wire)))))
}

/// A document of the advisory as it is kept: cve, osv, csaf, openvex, ghsa, mail, html
/// or atom. Until the advisory is public, nor is it.
#[utoipa::path(get, path = "/api/v1/cases/{case}/advisory/documents/{format}", tag = "advisories",
    params(("case" = String, Path), ("format" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn document(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, format)): InPath<(CaseId, String)>,
) -> Result<Response, Refusal> {
    let format = Format::parse(&format).map_err(|_| Problem::NotFound)?;
    let found = wire.desk.advisory(&caller, case, &site(&wire)).await?;
    let text = made(&wire, &found, format)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// Asks that the advisory be made public as it stands. Nothing is, before another
/// person confirms.
#[utoipa::path(post, path = "/api/v1/cases/{case}/advisory/publication", tag = "advisories",
    params(("case" = String, Path)), request_body = Publication,
    responses((status = 201, body = PublicationAsked), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn ask(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Publication { reason, although }, repeat): Once<Publication>,
) -> Result<Response, Refusal> {
    let why = (reason, although.map(|although| although.reason));
    let (acted, offer) = wire.desk.ask_publication(&caller, case, why, &site(&wire), Some(repeat)).await?;
    let held = wire.desk.publication_held(&caller, case).await?.map(|problem| problem.to_string());
    let body = PublicationAsked { at: acted.at, version: acted.version, offer, held };
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// Confirms what somebody else has asked for, and makes the advisory public, unless
/// the policy holds it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/advisory/publication/{offer}/confirm", tag = "advisories",
    params(("case" = String, Path), ("offer" = String, Path)), request_body = Confirmation,
    responses((status = 201, body = Changed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn confirm(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, offer)): InPath<(CaseId, OfferId)>,
    Once(Confirmation { although }, repeat): Once<Confirmation>,
) -> Result<Response, Refusal> {
    let (site, although) = (site(&wire), although.map(|although| although.reason));
    let acted = wire.desk.publish_advisory(&caller, case, offer, although, &site, Some(repeat)).await?;
    let body = json!({ "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}
