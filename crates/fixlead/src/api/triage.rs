//! Deciding about reports: a decision with its answer, likely duplicates, canned
//! answers, and what somebody has seen.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::case::unread::Extent;
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_app::triage::answers::{Answer, Answers};
use fixlead_app::triage::decide::{Original, PublicIssue, Triage};
use fixlead_core::desk::event::Room;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, ProjectId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::extract::{IfMatch, InPath, MaybeIfMatch, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{self, Id, Moment, RoomName, StateName, Text};

/// What is done about a report.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionName {
    /// It is acknowledged, and nothing decided.
    Acknowledge,
    /// It is a vulnerability of the project.
    Valid,
    /// It was reported before, or is known elsewhere.
    Duplicate,
    /// It is hardening.
    DefenseInDepth,
    /// It works as it should.
    NotAVulnerability,
    /// It is not the project's to answer.
    OutOfScope,
    /// It cannot be seen as described.
    NotReproducible,
    /// It is public.
    AlreadyPublic,
}

impl DecisionName {
    const ALL: [(DecisionName, Decision); 8] = [
        (DecisionName::Acknowledge, Decision::Acknowledge),
        (DecisionName::Valid, Decision::Valid),
        (DecisionName::Duplicate, Decision::Duplicate),
        (DecisionName::DefenseInDepth, Decision::DefenseInDepth),
        (DecisionName::NotAVulnerability, Decision::NotAVulnerability),
        (DecisionName::OutOfScope, Decision::OutOfScope),
        (DecisionName::NotReproducible, Decision::NotReproducible),
        (DecisionName::AlreadyPublic, Decision::AlreadyPublic),
    ];

    fn decision(self) -> Decision {
        Self::ALL
            .into_iter()
            .find(|(name, _)| *name as u8 == self as u8)
            .map_or(Decision::Acknowledge, |(_, is)| is)
    }

    fn of(decision: Decision) -> Option<DecisionName> {
        Self::ALL.into_iter().find(|(_, is)| *is == decision).map(|(name, _)| name)
    }
}

/// A public issue, as somebody has posted it.
#[derive(Deserialize, ToSchema)]
pub struct Issue {
    /// Its permanent address.
    #[schema(value_type = shapes::Line)]
    url: Line,
    /// What it is called.
    #[schema(value_type = shapes::Line)]
    title: Line,
    /// What it says; kept as a note.
    #[schema(value_type = Text)]
    text: Body,
}

/// A decision about a report, and what its reporter is told.
#[derive(Deserialize, ToSchema)]
pub struct Decide {
    /// What is decided.
    decision: DecisionName,
    /// Of a duplicate, the case that it is merged into.
    #[schema(value_type = Option<Id>)]
    duplicate_of: Option<CaseId>,
    /// Of a duplicate that is known elsewhere, where.
    #[schema(value_type = Option<shapes::Line>)]
    known_as: Option<Line>,
    /// What the reporter is told, in Markdown; it acknowledges the report too.
    #[schema(value_type = Option<Text>)]
    answer: Option<Body>,
    /// A public issue that was opened for it.
    issue: Option<Issue>,
    /// Whether the case is closed with it.
    close: Option<bool>,
}

/// What was done.
#[derive(Serialize, ToSchema)]
pub struct Decided {
    /// When it was recorded.
    #[schema(value_type = Moment)]
    at: String,
    /// The version of the case after it.
    version: u64,
    /// Whether the reporter was answered.
    answered: bool,
    /// Whether the case is closed now.
    closed: bool,
    /// The case that it was merged into.
    #[schema(value_type = Option<Id>, required)]
    merged: Option<String>,
}

/// Cases that are likely to be the same.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the use case's own answer is described")]
pub struct LikelyDuplicates {
    /// The cases, the likeliest first.
    items: Vec<LikelyDuplicate>,
    /// Whether every case was compared; for a while after a start it was not.
    complete: bool,
}

/// One of them.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the use case's own answer is described")]
pub struct LikelyDuplicate {
    /// The case.
    case: Id,
    /// Its project.
    project: Id,
    /// When it was opened (RFC 3339).
    opened: Moment,
    /// What it is about.
    title: String,
    /// How it stands.
    state: StateName,
    /// How much of what the report says that is rare elsewhere it says too, of a
    /// hundred.
    #[schema(maximum = 100)]
    share: u8,
    /// The rarest words that both have.
    words: Vec<String>,
}

/// A canned answer.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct CannedAnswer {
    /// What it is called.
    #[schema(value_type = shapes::Line)]
    name: Line,
    /// The decision it goes with; any, if left out.
    with: Option<DecisionName>,
    /// What it says, with `{reporter}`, `{report}`, `{project}`, `{policy}`, `{next}` and `{me}` to be
    /// filled in.
    #[schema(value_type = Text)]
    text: Body,
}

/// The canned answers of a project.
#[derive(Serialize, ToSchema)]
pub struct CannedAnswers {
    /// The answers, in the project's order.
    items: Vec<CannedAnswer>,
}

/// All canned answers of a project, in their new order.
#[derive(Deserialize, ToSchema)]
pub struct SetAnswers {
    /// At most 50.
    #[schema(max_items = 50)]
    items: Vec<CannedAnswer>,
}

/// The version of a project's canned answers.
#[derive(Serialize, ToSchema)]
pub struct AnswersSet {
    /// How often they were changed.
    version: u64,
}

/// How much of a room somebody has seen.
#[derive(Deserialize, ToSchema)]
pub struct SeenRoom {
    /// The room; the case alone, if left out.
    #[schema(value_type = Option<RoomName>)]
    room: Option<Room>,
    /// Messages, from the first on.
    #[schema(maximum = 1000000)]
    messages: Option<u32>,
    /// Files, from the first on.
    #[schema(maximum = 1000000)]
    files: Option<u32>,
}

/// More than any case holds of anything.
const MOST_SEEN: u32 = 1_000_000;

/// What is new in a case to whoever asks.
#[derive(Serialize, ToSchema)]
pub struct Unread {
    /// Whether they have looked at it before.
    seen: bool,
    /// The rooms in which something of others is new.
    items: Vec<UnreadRoom>,
}

/// A room in which something is new.
#[derive(Serialize, ToSchema)]
pub struct UnreadRoom {
    /// The room.
    #[schema(value_type = RoomName)]
    room: Room,
    /// How many messages and files.
    count: usize,
}

impl Unread {
    async fn of(wire: &Wire, caller: &Caller, case: CaseId) -> Result<Unread, Refusal> {
        let (new, seen) = wire.desk.unread(caller, case).await?;
        let items = new.into_iter().map(|new| UnreadRoom { room: new.room, count: new.count });
        Ok(Unread { seen, items: items.collect() })
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(triage))
        .routes(routes!(alike))
        .routes(routes!(unread))
        .routes(routes!(seen))
        .routes(routes!(answers))
        .routes(routes!(set_answers))
}

/// Acknowledges a report or decides what it is, answers its reporter, and closes or
/// merges the case with it: all of it, or nothing.
#[utoipa::path(post, path = "/api/v1/cases/{case}/triage", tag = "cases", params(("case" = String, Path)),
    request_body = Decide,
    responses((status = 201, body = Decided), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn triage(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(sent, repeat): Once<Decide>,
) -> Result<Response, Refusal> {
    let of = match (sent.duplicate_of, sent.known_as) {
        (Some(_), Some(_)) => {
            return Err(Problem::invalid("/known_as", "say either the case or where it is known").into());
        }
        (Some(case), None) => Some(Original::Case(case)),
        (None, line) => line.map(Original::Elsewhere),
    };
    let issue = sent.issue.map(|Issue { url, title, text }| PublicIssue { url, title, text });
    let triage = Triage {
        decision: sent.decision.decision(),
        of,
        answer: sent.answer,
        issue,
        close: sent.close.unwrap_or(false),
        expected,
        although: None,
        repeat: Some(repeat),
    };
    let done = wire.desk.triage(&caller, case, triage).await?;
    let (at, version) = (done.acted.at.to_string(), done.acted.version);
    let merged = done.merged.map(|case| case.to_string());
    let body = Decided { at, version, answered: done.answered, closed: done.closed, merged };
    Ok(versioned(StatusCode::CREATED, &body, version))
}

/// The cases that are likely to be the same as this one, with the words they share.
#[utoipa::path(get, path = "/api/v1/cases/{case}/alike", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = LikelyDuplicates), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn alike(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    Ok(answer::json(StatusCode::OK, &wire.desk.likely_duplicates(&caller, case).await?))
}

/// What is new in the rooms of a case since you last looked.
#[utoipa::path(get, path = "/api/v1/cases/{case}/unread", tag = "cases", params(("case" = String, Path)),
    responses((status = 200, body = Unread), (status = 404, body = ProblemDocument)))]
async fn unread(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Refusal> {
    Ok(answer::json(StatusCode::OK, &Unread::of(&wire, &caller, case).await?))
}

/// Says how much of a room you have seen. What was seen before stays seen.
#[utoipa::path(post, path = "/api/v1/cases/{case}/seen", tag = "cases", params(("case" = String, Path)),
    request_body = SeenRoom,
    responses((status = 200, body = Unread), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn seen(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(case): InPath<CaseId>,
    Once(SeenRoom { room, messages, files }, _): Once<SeenRoom>,
) -> Result<Response, Refusal> {
    for (place, count) in [("/messages", messages), ("/files", files)] {
        if count.is_some_and(|count| count > MOST_SEEN) {
            return Err(Problem::invalid(place, format!("at most {MOST_SEEN} can be seen of a room")).into());
        }
    }
    let extent = Extent { messages: messages.unwrap_or(0), files: files.unwrap_or(0) };
    wire.desk.mark_seen(&caller, case, room.map(|room| (room, extent))).await?;
    Ok(answer::json(StatusCode::OK, &Unread::of(&wire, &caller, case).await?))
}

/// The canned answers of a project; `ETag` is their version.
#[utoipa::path(get, path = "/api/v1/projects/{project}/answers", tag = "directory",
    params(("project" = String, Path)),
    responses((status = 200, body = CannedAnswers), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn answers(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
) -> Result<Response, Refusal> {
    let Answers { version, items, .. } = wire.desk.answers_of(&caller, project).await?;
    let items = items.into_iter().map(|answer| CannedAnswer {
        name: answer.name,
        with: answer.with.and_then(DecisionName::of),
        text: answer.text,
    });
    Ok(versioned(StatusCode::OK, &CannedAnswers { items: items.collect() }, version))
}

/// Sets all canned answers of a project, over the version that was read.
#[utoipa::path(post, path = "/api/v1/projects/{project}/answers", tag = "directory",
    params(("project" = String, Path)), request_body = SetAnswers,
    responses((status = 200, body = AnswersSet), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 428, body = ProblemDocument)))]
async fn set_answers(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    IfMatch(expected): IfMatch,
    Once(SetAnswers { items }, _): Once<SetAnswers>,
) -> Result<Response, Refusal> {
    let items = items.into_iter().map(|sent| Answer {
        name: sent.name,
        with: sent.with.map(DecisionName::decision),
        text: sent.text,
    });
    let version = wire.desk.set_answers(&caller, project, items.collect(), expected).await?;
    Ok(versioned(StatusCode::OK, &AnswersSet { version }, version))
}
