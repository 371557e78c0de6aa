//! How reports reach a project: the questions of its form, the key that
//! reports can be encrypted to, a pause of its intake.

use axum::extract::State;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::form::{Asked, QuestionList};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::ProjectId;
use fixlead_core::time::Instant;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::directory::{Nothing, direct, done};
use super::extract::{IfMatch, InPath, MaybeIfMatch, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::answers;
use super::shapes::directory::AskedView;
use super::shapes::{self, Moment};
use fixlead_app::problem::Problem;

/// What the form of a project asks.
#[derive(Deserialize, ToSchema)]
pub struct SetQuestions {
    /// The questions in their order, each at most once.
    #[schema(value_type = Vec<AskedView>)]
    questions: Vec<Asked>,
}

/// The key that reports can be encrypted to.
#[derive(Deserialize, ToSchema)]
pub struct SetKey {
    /// An OpenPGP public key in ASCII armor; none any more, if left out.
    key: Option<String>,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// A pause of a project's intake.
#[derive(Deserialize, ToSchema)]
pub struct PauseIntake {
    /// When it ends by itself (RFC 3339), 93 days from now at the latest.
    #[schema(value_type = Moment)]
    until: Instant,
    /// Why, for everybody to read.
    #[schema(value_type = shapes::Line)]
    reason: Line,
    /// How to reach the team when it cannot wait.
    #[schema(value_type = shapes::Line)]
    instead: Line,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(set_questions))
        .routes(routes!(set_key))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// Says what the form of a project asks beside a line and a text.
#[utoipa::path(post, path = "/api/v1/projects/{project}/questions", tag = "directory",
    params(("project" = String, Path)), request_body = SetQuestions,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument),
        (status = 428, body = ProblemDocument)))]
async fn set_questions(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    IfMatch(expected): IfMatch,
    Once(SetQuestions { questions }, repeat): Once<SetQuestions>,
) -> Result<Response, Refusal> {
    let questions =
        QuestionList::new(questions).map_err(|message| Problem::invalid("/questions", message))?;
    let command = DirectoryCommand::SetQuestions { project, questions };
    direct(&wire, &caller, command, Some(expected), &repeat, json!({})).await
}

/// Offers a key to encrypt reports to, or none any more.
#[utoipa::path(post, path = "/api/v1/projects/{project}/key", tag = "directory",
    params(("project" = String, Path)), request_body = SetKey,
    responses((status = 200, body = answers::Directed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn set_key(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(SetKey { key, reason }, repeat): Once<SetKey>,
) -> Result<Response, Refusal> {
    let set =
        wire.desk.set_report_key(&caller, project, key.as_deref(), reason, expected, Some(&repeat)).await?;
    Ok(done(set, json!({})))
}

/// Takes no reports in from outside until an instant. What is public or
/// exploited is taken in all the same.
#[utoipa::path(post, path = "/api/v1/projects/{project}/pause", tag = "directory",
    params(("project" = String, Path)), request_body = PauseIntake,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn pause(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(PauseIntake { until, reason, instead }, repeat): Once<PauseIntake>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::PauseIntake { project, until, reason, instead };
    direct(&wire, &caller, command, expected, &repeat, json!({})).await
}

/// Takes reports in again before a pause is over.
#[utoipa::path(post, path = "/api/v1/projects/{project}/resume", tag = "directory",
    params(("project" = String, Path)), request_body = Nothing,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn resume(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    direct(&wire, &caller, DirectoryCommand::ResumeIntake { project }, expected, &repeat, json!({})).await
}
