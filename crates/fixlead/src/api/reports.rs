//! Reports: taken in from anybody, and followed with the receipt that was given
//! for them. The receipt comes in the header `Authorization`.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::Act;
use fixlead_app::intake::Report;
use fixlead_app::problem::Problem;
use fixlead_app::signin::bearer::Purpose;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::{Room, Visibility};
use fixlead_core::desk::wire::Body;
use fixlead_core::id::{CaseId, MessageId, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::caller::MaybeCaller;
use super::enrolment::bearer;
use super::extract::{InPath, Once};
use super::problem::{ProblemDocument, Refusal};
use super::rates::Place;
use super::shapes::answers::Posted;
use super::shapes::case::CaseView;
use super::shapes::{self, Id, Moment, Text, VisibilityName};
use super::source::{Source, moment};

/// A report.
#[derive(Deserialize, ToSchema)]
pub struct SendReport {
    /// A line that says what it is about.
    #[schema(value_type = shapes::Line)]
    title: String,
    /// Everything else, in Markdown.
    #[schema(value_type = Text)]
    body: String,
    /// `private`, or `public` where everybody can read it already; private if
    /// left out.
    #[schema(value_type = Option<VisibilityName>)]
    visibility: Option<Visibility>,
    /// How it came in, such as `web`; `api` if left out.
    #[schema(value_type = Option<shapes::Line>)]
    channel: Option<String>,
    /// The name to thank.
    #[schema(value_type = Option<shapes::Line>)]
    credit: Option<String>,
}

/// A report that was taken in.
#[derive(Serialize, ToSchema)]
pub struct Received {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: String,
    /// The way back to it; shown once.
    receipt: String,
    /// The case, for those who are signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    case: Option<String>,
}

/// What a reporter writes.
#[derive(Deserialize, ToSchema)]
pub struct Say {
    /// What it says, in Markdown.
    #[schema(value_type = Text)]
    body: Body,
    /// The message it answers.
    #[schema(value_type = Option<Id>)]
    answers: Option<MessageId>,
}

/// Whoever holds a receipt, and the case it opens.
pub struct Holder(Caller, CaseId);

impl FromRequestParts<Wire> for Holder {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Refusal> {
        let receipt = bearer(parts, Purpose::Receipt).ok_or(Problem::NotFound)?;
        let (caller, case) = wire.desk.by_receipt(&receipt).await?;
        Ok(Holder(caller, case))
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(send)).routes(routes!(follow)).routes(routes!(say))
}

/// Takes a report in, from anybody.
#[utoipa::path(post, path = "/api/v1/projects/{project}/reports", tag = "reports",
    params(("project" = String, Path)), request_body = SendReport,
    security((), ("token" = []), ("session" = [])),
    responses((status = 201, body = Received), (status = 404, body = ProblemDocument),
        (status = 413, body = ProblemDocument), (status = 422, body = ProblemDocument),
        (status = 429, body = ProblemDocument)))]
async fn send(
    State(wire): State<Wire>,
    MaybeCaller(caller): MaybeCaller,
    source: Source,
    InPath(project): InPath<ProjectId>,
    Once(sent, repeat): Once<SendReport>,
) -> Result<Response, Refusal> {
    // Who is signed in can be asked; from outside only so much is taken in.
    if caller.is_none() {
        let bytes = sent.title.len() + sent.body.len();
        wire.rates.report(Place::of(source), project, bytes, moment())?;
    }
    let report = Report {
        project,
        title: sent.title,
        body: sent.body,
        visibility: sent.visibility.unwrap_or(Visibility::Private),
        channel: Some(sent.channel.unwrap_or_else(|| "api".to_owned())),
        credit: sent.credit,
    };
    let taken = wire.desk.take_report(caller.as_ref(), report, Some(&repeat)).await?;
    let body = Received {
        at: taken.at.to_string(),
        receipt: taken.receipt,
        case: caller.map(|_| taken.case.to_string()),
    };
    Ok(answer::json(StatusCode::CREATED, &body))
}

/// How a report stands, for whoever holds its receipt.
#[utoipa::path(get, path = "/api/v1/report", tag = "reports", security(("receipt" = [])),
    responses((status = 200, body = CaseView), (status = 404, body = ProblemDocument)))]
async fn follow(State(wire): State<Wire>, Holder(caller, case): Holder) -> Result<Response, Refusal> {
    let view = wire.desk.read(&caller, case).await?;
    Ok(versioned(StatusCode::OK, &view, view.version))
}

/// Writes to those who work on a report, as whoever holds its receipt.
#[utoipa::path(post, path = "/api/v1/report/messages", tag = "reports", request_body = Say,
    security(("receipt" = [])),
    responses((status = 201, body = Posted), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn say(
    State(wire): State<Wire>,
    Holder(caller, case): Holder,
    Once(Say { body, answers }, repeat): Once<Say>,
) -> Result<Response, Refusal> {
    wire.rates.message(case, wire.desk.project_of(case).await?, body.len(), moment())?;
    let id = MessageId::from_bytes(repeat.id(caller.person, "message"));
    let command = Command::Post { id, room: Room::Reporter, body, answers };
    let act = Act { repeat: Some(repeat), ..Act::new(command) };
    let acted = wire.desk.act(&caller, case, act).await?;
    let body = json!({ "message": id, "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}
