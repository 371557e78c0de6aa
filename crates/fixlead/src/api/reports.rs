//! Reports: taken in from anybody, and followed with the receipt that was given
//! for them. The receipt comes in the header `Authorization`.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::Act;
use fixlead_app::intake::{More, Report};
use fixlead_app::problem::Problem;
use fixlead_app::signin::bearer::Purpose;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::{Room, Visibility};
use fixlead_core::desk::form::{CreditWish, Thanks};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, MessageId, ProjectId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
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
use super::shapes::keeping::TimestampShape;
use super::shapes::{self, Id, Moment, Text, ThanksName, VisibilityName};
use super::source::{Source, moment};

/// Within how many seconds the log is signed after a report came in.
const SIGNED_WITHIN: u32 = 60;

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
    /// How to thank; by the name, if there is one, where this is left out.
    #[schema(value_type = Option<ThanksName>)]
    thanks: Option<Thanks>,
    /// An address on the web that goes with the name.
    #[schema(value_type = Option<shapes::Line>)]
    link: Option<String>,
    /// Answers to the questions of the project, by their names. Which it asks
    /// stands on its form.
    #[schema(value_type = Option<BTreeMap<String, Text>>)]
    details: Option<BTreeMap<String, String>>,
    /// Where it is public already.
    #[schema(value_type = Option<shapes::Line>)]
    public: Option<String>,
    /// That it is being exploited, and how that is known.
    #[schema(value_type = Option<shapes::Line>)]
    exploited: Option<String>,
}

/// How whoever reported wants to be thanked.
#[derive(Deserialize, ToSchema)]
pub struct WishCredit {
    /// By name, without one, or not at all.
    #[schema(value_type = ThanksName)]
    thanks: Thanks,
    /// The name, where it is by name.
    #[schema(value_type = Option<shapes::Line>)]
    name: Option<Line>,
    /// An address on the web that goes with it.
    #[schema(value_type = Option<shapes::Line>)]
    link: Option<Line>,
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
    OpenApiRouter::new()
        .routes(routes!(send))
        .routes(routes!(follow))
        .routes(routes!(prove))
        .routes(routes!(say))
        .routes(routes!(wish))
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
        let answers = sent.details.iter().flatten().map(|(_, answer)| answer.len());
        let bytes = sent.title.len() + sent.body.len() + answers.sum::<usize>();
        wire.rates.report(Place::of(source), project, bytes, moment())?;
    }
    let report = Report {
        project,
        title: sent.title,
        body: sent.body,
        visibility: sent.visibility.unwrap_or(Visibility::Private),
        channel: Some(sent.channel.unwrap_or_else(|| "api".to_owned())),
        credit: sent.credit,
        more: More {
            details: sent.details.unwrap_or_default().into_iter().collect(),
            thanks: sent.thanks,
            link: sent.link,
            public: sent.public,
            exploited: sent.exploited,
        },
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

/// A signed timestamp of what was reported, for whoever holds its receipt: that
/// it was in the log which the signed head covers. `fixlead log verify
/// --timestamp` checks it anywhere. Until the head is signed, within a minute,
/// it is to come.
#[utoipa::path(get, path = "/api/v1/report/timestamp", tag = "reports", security(("receipt" = [])),
    responses((status = 200, body = TimestampShape), (status = 404, body = ProblemDocument),
        (status = 503, body = ProblemDocument)))]
async fn prove(State(wire): State<Wire>, Holder(caller, case): Holder) -> Result<Response, Refusal> {
    let timestamp = wire.desk.report_timestamp(&caller, case).await?;
    let timestamp = timestamp.ok_or(Problem::Unavailable { retry_after: SIGNED_WITHIN })?;
    Ok(answer::json(StatusCode::OK, &timestamp))
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

/// Changes how to thank whoever holds a receipt.
#[utoipa::path(post, path = "/api/v1/report/credit", tag = "reports", request_body = WishCredit,
    security(("receipt" = [])),
    responses((status = 200, body = CaseView), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn wish(
    State(wire): State<Wire>,
    Holder(caller, case): Holder,
    Once(WishCredit { thanks, name, link }, repeat): Once<WishCredit>,
) -> Result<Response, Refusal> {
    let wish = CreditWish::new(thanks, name, link).map_err(|(place, message)| {
        let place = if place == "credit" { "name" } else { place };
        Problem::invalid(format!("/{place}"), message)
    })?;
    wire.rates.message(case, wire.desk.project_of(case).await?, 0, moment())?;
    wire.desk.wish_credit(&caller, case, wish, Some(repeat)).await?;
    let view = wire.desk.read(&caller, case).await?;
    Ok(versioned(StatusCode::OK, &view, view.version))
}
