//! Doing something with a case. What the policy holds answers 409 `held` with
//! the gate, its clauses, the arithmetic and the earliest instant.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::{Act, Although};
use fixlead_app::case::record::Recording;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::Role;
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::event::Room;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, MessageId, OfferId, PersonId};
use fixlead_core::time::Instant;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::versioned;
use super::directory::{Because, Nothing};
use super::extract::{IfMatch, InPath, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::answers::{Done, Granted, Offered, Posted};
use super::shapes::{self, Id, Moment, NewEvent, RoleName, RoomName, Text};

/// A message for a room.
#[derive(Deserialize, ToSchema)]
pub struct Post {
    /// `internal`, `reporter` or `guest`.
    #[schema(value_type = RoomName)]
    room: Room,
    /// What it says, in Markdown.
    #[schema(value_type = Text)]
    body: Body,
    /// The message it answers.
    #[schema(value_type = Option<Id>)]
    answers: Option<MessageId>,
}

/// Why something is done although the policy holds it.
#[derive(Deserialize, ToSchema)]
pub struct Overridden {
    /// The reason; it stands in the log.
    #[schema(value_type = shapes::Line)]
    reason: Line,
    /// The one branch or channel it is for.
    #[schema(value_type = Option<shapes::Line>)]
    subject: Option<Line>,
}

impl Overridden {
    fn although(self) -> Although {
        Although { reason: self.reason, subject: self.subject }
    }
}

/// Whether it is done now, or was found to have happened.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Recorded {
    /// It is done now: the policy can hold it, and the desk sets the instant.
    Done,
    /// It happened, whoever did it, at the instant that it names.
    Found,
}

/// An event to be recorded.
#[derive(Deserialize, ToSchema)]
pub struct Record {
    /// As `fixlead-history/1` has it.
    #[schema(value_type = NewEvent)]
    event: Value,
    /// Done now, if left out.
    source: Option<Recorded>,
    /// Why, although the policy holds it.
    although: Option<Overridden>,
}

/// A role in a case.
#[derive(Deserialize, ToSchema)]
pub struct Give {
    /// To whom.
    #[schema(value_type = Id)]
    person: PersonId,
    /// Which.
    #[schema(value_type = RoleName)]
    role: Role,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
    /// Until when (RFC 3339).
    #[schema(value_type = Option<Moment>)]
    until: Option<Instant>,
}

/// The lead, offered to somebody.
#[derive(Deserialize, ToSchema)]
pub struct HandOff {
    /// To whom.
    #[schema(value_type = Id)]
    to: PersonId,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// Somebody to lead a case.
#[derive(Deserialize, ToSchema)]
pub struct Lead {
    /// Who; whoever asks, if left out.
    #[schema(value_type = Option<Id>)]
    person: Option<PersonId>,
    /// Why, where it is somebody else.
    #[schema(value_type = Option<shapes::Line>)]
    reason: Option<Line>,
    /// Whether it is their turn; no, if left out.
    by_rotation: Option<bool>,
}

/// A note.
#[derive(Deserialize, ToSchema)]
pub struct Note {
    /// What it says.
    #[schema(value_type = Text)]
    text: Body,
}

/// The end of a case.
#[derive(Deserialize, ToSchema)]
pub struct Close {
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
    /// Why, although the policy holds it.
    although: Option<Overridden>,
}

/// Somebody with a conflict of interest.
#[derive(Deserialize, ToSchema)]
pub struct Recuse {
    /// Who.
    #[schema(value_type = Id)]
    person: PersonId,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(post))
        .routes(routes!(record))
        .routes(routes!(lead))
        .routes(routes!(hand_off))
        .routes(routes!(accept))
        .routes(routes!(decline))
        .routes(routes!(give))
        .routes(routes!(revoke))
        .routes(routes!(note))
        .routes(routes!(recuse))
        .routes(routes!(close))
        .routes(routes!(reopen))
}

pub(super) async fn act(
    wire: &Wire,
    caller: &Caller,
    case: CaseId,
    act: Act,
    mut body: Value,
) -> Result<Response, Refusal> {
    let acted = wire.desk.act(caller, case, act).await?;
    body["at"] = json!(acted.at);
    body["version"] = json!(acted.version);
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

pub(super) fn once(command: Command, repeat: Repeat) -> Act {
    Act { repeat: Some(repeat), ..Act::new(command) }
}

/// Writes into a room.
#[utoipa::path(post, path = "/api/v1/cases/{case}/messages", tag = "cases", params(("case" = String, Path)),
    request_body = Post,
    responses((status = 201, body = Posted), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn post(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Post { room, body, answers }, repeat): Once<Post>,
) -> Result<Response, Refusal> {
    let id = MessageId::from_bytes(repeat.id(caller.person, "message"));
    let command = Command::Post { id, room, body, answers };
    act(&wire, &caller, case, once(command, repeat), json!({ "message": id })).await
}

/// Records an event that the policy looks at, on the version that was read.
#[utoipa::path(post, path = "/api/v1/cases/{case}/events", tag = "cases", params(("case" = String, Path)),
    request_body = Record,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 428, body = ProblemDocument)))]
async fn record(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    IfMatch(expected): IfMatch,
    Once(sent, repeat): Once<Record>,
) -> Result<Response, Refusal> {
    let source = match sent.source {
        None | Some(Recorded::Done) => Source::Done,
        Some(Recorded::Found) => Source::Found,
    };
    let although = sent.although.map(Overridden::although);
    let recording = Recording { event: sent.event, source, expected, although, evidence: None };
    let acted = wire.desk.record(&caller, case, recording, repeat).await?;
    let body = json!({ "at": acted.at, "version": acted.version });
    Ok(versioned(StatusCode::CREATED, &body, acted.version))
}

/// Has somebody lead a case: whoever asks, or who is assigned.
#[utoipa::path(post, path = "/api/v1/cases/{case}/lead", tag = "cases", params(("case" = String, Path)),
    request_body = Lead,
    responses((status = 201, body = Granted), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn lead(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Lead { person, reason, by_rotation }, repeat): Once<Lead>,
) -> Result<Response, Refusal> {
    let grant = GrantId::from_bytes(repeat.id(caller.person, "grant"));
    let command = match person {
        None => Command::Volunteer { grant },
        Some(person) => {
            let reason = reason.unwrap_or_else(|| Line::tamed("assigned"));
            Command::Assign { person, grant, by_rotation: by_rotation.unwrap_or(false), reason }
        }
    };
    act(&wire, &caller, case, once(command, repeat), json!({ "grant": grant })).await
}

/// Offers the lead to somebody. It changes hands when they take it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/hand-off", tag = "cases", params(("case" = String, Path)),
    request_body = HandOff,
    responses((status = 201, body = Offered), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn hand_off(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(HandOff { to, reason }, repeat): Once<HandOff>,
) -> Result<Response, Refusal> {
    let offer = OfferId::from_bytes(repeat.id(caller.person, "offer"));
    let command = Command::OfferLead { offer, to, reason };
    act(&wire, &caller, case, once(command, repeat), json!({ "offer": offer })).await
}

/// Takes the lead that is offered.
#[utoipa::path(post, path = "/api/v1/cases/{case}/hand-off/{offer}/accept", tag = "cases",
    params(("case" = String, Path), ("offer" = String, Path)), request_body = Nothing,
    responses((status = 201, body = Granted), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn accept(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, offer)): InPath<(CaseId, OfferId)>,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    let grant = GrantId::from_bytes(repeat.id(caller.person, "grant"));
    let command = Command::AcceptLead { offer, grant };
    act(&wire, &caller, case, once(command, repeat), json!({ "grant": grant })).await
}

/// Does not take it.
#[utoipa::path(post, path = "/api/v1/cases/{case}/hand-off/{offer}/decline", tag = "cases",
    params(("case" = String, Path), ("offer" = String, Path)), request_body = Because,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn decline(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, offer)): InPath<(CaseId, OfferId)>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::DeclineLead { offer, reason }, repeat), json!({})).await
}

/// Lets somebody into a case.
#[utoipa::path(post, path = "/api/v1/cases/{case}/grants", tag = "cases", params(("case" = String, Path)),
    request_body = Give,
    responses((status = 201, body = Granted), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn give(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Give { person, role, reason, until }, repeat): Once<Give>,
) -> Result<Response, Refusal> {
    let grant = GrantId::from_bytes(repeat.id(caller.person, "grant"));
    let command = Command::Give { grant, person, role, reason, until };
    act(&wire, &caller, case, once(command, repeat), json!({ "grant": grant })).await
}

/// Takes a grant of a case back.
#[utoipa::path(post, path = "/api/v1/cases/{case}/grants/{grant}/revoke", tag = "cases",
    params(("case" = String, Path), ("grant" = String, Path)), request_body = Because,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn revoke(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((case, grant)): InPath<(CaseId, GrantId)>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::Revoke { grant, reason }, repeat), json!({})).await
}

/// Writes a note for those who work on a case.
#[utoipa::path(post, path = "/api/v1/cases/{case}/notes", tag = "cases", params(("case" = String, Path)),
    request_body = Note,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn note(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Note { text }, repeat): Once<Note>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::Note { text }, repeat), json!({})).await
}

/// Keeps somebody out of a case who has a conflict of interest.
#[utoipa::path(post, path = "/api/v1/cases/{case}/recusals", tag = "cases", params(("case" = String, Path)),
    request_body = Recuse,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn recuse(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Recuse { person, reason }, repeat): Once<Recuse>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::Recuse { person, reason }, repeat), json!({})).await
}

/// Closes a case, on the version that was read.
#[utoipa::path(post, path = "/api/v1/cases/{case}/close", tag = "cases", params(("case" = String, Path)),
    request_body = Close,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 428, body = ProblemDocument)))]
async fn close(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    IfMatch(expected): IfMatch,
    Once(Close { reason, although }, repeat): Once<Close>,
) -> Result<Response, Refusal> {
    let although = although.map(Overridden::although);
    let command = Command::Close { reason, overriding: None };
    let closing = Act { expected: Some(expected), although, repeat: Some(repeat), ..Act::new(command) };
    act(&wire, &caller, case, closing, json!({})).await
}

/// Opens a case again.
#[utoipa::path(post, path = "/api/v1/cases/{case}/reopen", tag = "cases", params(("case" = String, Path)),
    request_body = Because,
    responses((status = 201, body = Done), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn reopen(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    act(&wire, &caller, case, once(Command::Reopen { reason }, repeat), json!({})).await
}
