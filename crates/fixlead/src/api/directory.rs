//! Organisations, projects, people, standing roles, rota and leave.
//!
//! Everything here is answered with the version of the whole directory, which
//! stands in `ETag`. A command that brings it in `If-Match` is done to that
//! version alone; what replaces a whole that somebody has read, such as the
//! rota, has to bring it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::directory::Directed;
use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::access::{Role, Standing};
use fixlead_core::case::Project;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::{Reach, Turns};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{GrantId, OfferId, OrganisationId, PersonId, ProjectId};
use fixlead_core::time::{Instant, parse_day};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::{self, versioned};
use super::extract::{IfMatch, InPath, MaybeIfMatch, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::answers::{self, Invited, OrganisationAdded, ProjectAdded, Proposed};
use super::shapes::directory::DirectoryView;
use super::shapes::documents::ProjectFacts;
use super::shapes::{self, Day, Days, Id, Moment, ReachName, RoleName, StandingName};

/// An organisation to be added.
#[derive(Deserialize, ToSchema)]
pub struct AddOrganisation {
    /// What it is called.
    #[schema(value_type = shapes::Line)]
    name: Line,
}

/// A project to be added.
#[derive(Deserialize, ToSchema)]
pub struct AddProject {
    /// The organisation it belongs to.
    #[schema(value_type = Id)]
    organisation: OrganisationId,
    /// What it is called.
    #[schema(value_type = shapes::Line)]
    name: Line,
    /// The id of a built-in policy, or the text of one.
    #[schema(example = "opentelemetry")]
    policy: String,
    /// The same of overlays.
    overlays: Option<Vec<String>>,
    /// Values for the parameters of the policy.
    #[schema(value_type = Option<BTreeMap<String, shapes::Line>>)]
    parameters: Option<BTreeMap<String, Line>>,
}

/// Another policy for the cases that are opened from now on.
#[derive(Deserialize, ToSchema)]
pub struct SetPolicy {
    /// The id of a built-in policy, or the text of one.
    #[schema(example = "opentelemetry")]
    policy: String,
    /// The same of overlays.
    overlays: Option<Vec<String>>,
    /// Values for the parameters of the policy.
    #[schema(value_type = Option<BTreeMap<String, shapes::Line>>)]
    parameters: Option<BTreeMap<String, Line>>,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// The facts of a project.
#[derive(Deserialize, ToSchema)]
pub struct SetFacts {
    /// As `project` of `fixlead-history/1`: branches, owners, holidays.
    #[schema(value_type = ProjectFacts)]
    facts: Project,
}

/// The maintainers of a project.
#[derive(Deserialize, ToSchema)]
pub struct SetMaintainers {
    /// Who.
    #[schema(value_type = Vec<Id>)]
    people: Vec<PersonId>,
}

/// Who takes turns as Fix Lead.
#[derive(Deserialize, ToSchema)]
pub struct SetRota {
    /// Who, in their order.
    #[schema(value_type = Vec<Id>)]
    people: Vec<PersonId>,
    /// The Monday of the first week, where everybody has a week; case by case
    /// if left out.
    #[schema(value_type = Option<Day>)]
    first_monday: Option<String>,
}

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
pub struct Invite {
    /// What they are called.
    #[schema(value_type = shapes::Line)]
    name: Line,
}

/// Whether somebody may act.
#[derive(Deserialize, ToSchema)]
pub struct SetStanding {
    /// `active`, `suspended` or `removed`.
    #[schema(value_type = StandingName)]
    standing: Standing,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// When somebody is away.
#[derive(Deserialize, ToSchema)]
pub struct SetLeave {
    /// First and last day, both included, like `["2026-11-20", "2026-12-15"]`.
    #[schema(value_type = Vec<Days>)]
    days: Vec<(String, String)>,
}

/// A standing role to be given.
#[derive(Deserialize, ToSchema)]
pub struct ProposeRole {
    /// To whom.
    #[schema(value_type = Id)]
    person: PersonId,
    /// Which.
    #[schema(value_type = RoleName)]
    role: Role,
    /// Where: `"installation"`, `{"organisation": ID}` or `{"project": ID}`.
    #[schema(value_type = ReachName)]
    reach: Reach,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
    /// Until when (RFC 3339).
    #[schema(value_type = Option<Moment>)]
    until: Option<Instant>,
}

/// A reason.
#[derive(Deserialize, ToSchema)]
pub struct Because {
    /// Why.
    #[schema(value_type = shapes::Line)]
    pub reason: Line,
}

/// Nothing beside the address.
#[derive(Deserialize, ToSchema)]
pub struct Nothing {}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(directory))
        .routes(routes!(add_organisation))
        .routes(routes!(add_project))
        .routes(routes!(set_policy))
        .routes(routes!(set_facts))
        .routes(routes!(set_maintainers))
        .routes(routes!(set_rota))
        .routes(routes!(invite))
        .routes(routes!(set_standing))
        .routes(routes!(set_leave))
        .routes(routes!(propose_role))
        .routes(routes!(confirm))
        .routes(routes!(revoke))
}

pub(super) fn done(directed: Directed, mut body: Value) -> Response {
    body["version"] = json!(directed.version);
    let status = if body.as_object().is_some_and(|body| body.len() > 1) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    versioned(status, &body, directed.version)
}

pub(super) async fn direct(
    wire: &Wire,
    caller: &Caller,
    command: DirectoryCommand,
    expected: Option<u64>,
    repeat: &Repeat,
    body: Value,
) -> Result<Response, Refusal> {
    let directed = wire.desk.direct(caller, command, expected, Some(repeat)).await?;
    Ok(done(directed, body))
}

/// The part of the directory that somebody may read.
#[utoipa::path(get, path = "/api/v1/directory", tag = "directory",
    responses((status = 200, body = DirectoryView,
        headers(("ETag" = String, description = "The version of the directory."))), (status = 401, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn directory(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    let seen = wire.desk.read_directory(&caller).await?;
    let version = seen.version;
    Ok(versioned(StatusCode::OK, &seen.document(), version))
}

/// Adds an organisation.
#[utoipa::path(post, path = "/api/v1/organisations", tag = "directory", request_body = AddOrganisation,
    responses((status = 201, body = OrganisationAdded), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn add_organisation(
    State(wire): State<Wire>,
    caller: Caller,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(AddOrganisation { name }, repeat): Once<AddOrganisation>,
) -> Result<Response, Refusal> {
    let organisation = OrganisationId::from_bytes(repeat.id(caller.person, "organisation"));
    let command = DirectoryCommand::AddOrganisation { organisation, name };
    direct(&wire, &caller, command, expected, &repeat, json!({ "organisation": organisation })).await
}

/// Adds a project, whose cases run under a policy.
#[utoipa::path(post, path = "/api/v1/projects", tag = "directory", request_body = AddProject,
    responses((status = 201, body = ProjectAdded), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn add_project(
    State(wire): State<Wire>,
    caller: Caller,
    Once(sent, repeat): Once<AddProject>,
) -> Result<Response, Refusal> {
    let project = ProjectId::from_bytes(repeat.id(caller.person, "project"));
    let policy = NewPolicy {
        policy: sent.policy,
        overlays: sent.overlays.unwrap_or_default(),
        parameters: sent.parameters.unwrap_or_default(),
    };
    let directed =
        wire.desk.add_project(&caller, project, sent.organisation, sent.name, policy, Some(&repeat)).await?;
    Ok(done(directed, json!({ "project": project })))
}

/// Has new cases of a project run under a policy.
#[utoipa::path(post, path = "/api/v1/projects/{project}/policy", tag = "directory",
    params(("project" = String, Path)), request_body = SetPolicy,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn set_policy(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(sent, repeat): Once<SetPolicy>,
) -> Result<Response, Refusal> {
    let policy = NewPolicy {
        policy: sent.policy,
        overlays: sent.overlays.unwrap_or_default(),
        parameters: sent.parameters.unwrap_or_default(),
    };
    let directed =
        wire.desk.set_policy(&caller, project, policy, sent.reason, expected, Some(&repeat)).await?;
    Ok(done(directed, json!({})))
}

/// Says what a project is: branches, owners, holidays.
#[utoipa::path(post, path = "/api/v1/projects/{project}/facts", tag = "directory",
    params(("project" = String, Path)), request_body = SetFacts,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 428, body = ProblemDocument)))]
async fn set_facts(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    IfMatch(expected): IfMatch,
    Once(SetFacts { facts }, repeat): Once<SetFacts>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::SetFacts { project, facts: Box::new(facts) };
    direct(&wire, &caller, command, Some(expected), &repeat, json!({})).await
}

/// Says who maintains a project.
#[utoipa::path(post, path = "/api/v1/projects/{project}/maintainers", tag = "directory",
    params(("project" = String, Path)), request_body = SetMaintainers,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 428, body = ProblemDocument)))]
async fn set_maintainers(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    IfMatch(expected): IfMatch,
    Once(SetMaintainers { people }, repeat): Once<SetMaintainers>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::SetMaintainers { project, people };
    direct(&wire, &caller, command, Some(expected), &repeat, json!({})).await
}

/// Says who takes turns as Fix Lead.
#[utoipa::path(post, path = "/api/v1/projects/{project}/rota", tag = "directory",
    params(("project" = String, Path)), request_body = SetRota,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument), (status = 428, body = ProblemDocument)))]
async fn set_rota(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    IfMatch(expected): IfMatch,
    Once(SetRota { people, first_monday }, repeat): Once<SetRota>,
) -> Result<Response, Refusal> {
    let turns = match first_monday {
        None => Turns::RoundRobin,
        Some(day) => Turns::Weekly { first: day_at("/first_monday", &day)? },
    };
    let command = DirectoryCommand::SetRota { project, people, turns };
    direct(&wire, &caller, command, Some(expected), &repeat, json!({})).await
}

fn day_at(pointer: &str, day: &str) -> Result<i64, Problem> {
    parse_day(day).map_err(|_| Problem::invalid(pointer, "a day is written like 2026-11-20"))
}

/// Invites somebody. The link is for them alone, works for three days, and is
/// in this answer only.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "directory", request_body = Invite,
    responses((status = 201, body = Invited), (status = 403, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn invite(
    State(wire): State<Wire>,
    caller: Caller,
    Once(Invite { name }, repeat): Once<Invite>,
) -> Result<Response, Refusal> {
    let (person, link) = wire.desk.invite(&caller, name, Some(&repeat)).await?;
    let address = format!("{}/setup#{link}", wire.public.as_str());
    Ok(answer::json(StatusCode::CREATED, &json!({ "person": person, "link": link, "address": address })))
}

/// Says whether somebody may act.
#[utoipa::path(post, path = "/api/v1/people/{person}/standing", tag = "directory",
    params(("person" = String, Path)), request_body = SetStanding,
    responses((status = 200, body = answers::Directed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn set_standing(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(person): InPath<PersonId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(SetStanding { standing, reason }, repeat): Once<SetStanding>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::SetStanding { person, standing, reason };
    direct(&wire, &caller, command, expected, &repeat, json!({})).await
}

/// Says when somebody is away.
#[utoipa::path(post, path = "/api/v1/people/{person}/leave", tag = "directory",
    params(("person" = String, Path)), request_body = SetLeave,
    responses((status = 200, body = answers::Directed), (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn set_leave(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(person): InPath<PersonId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(SetLeave { days }, repeat): Once<SetLeave>,
) -> Result<Response, Refusal> {
    let read = |(place, (first, last)): (usize, &(String, String))| {
        Ok((day_at(&format!("/days/{place}/0"), first)?, day_at(&format!("/days/{place}/1"), last)?))
    };
    let days = days.iter().enumerate().map(read).collect::<Result<Vec<_>, Problem>>()?;
    direct(&wire, &caller, DirectoryCommand::SetLeave { person, days }, expected, &repeat, json!({})).await
}

/// Gives a standing role. It counts when a second person has confirmed it.
#[utoipa::path(post, path = "/api/v1/roles", tag = "directory", request_body = ProposeRole,
    responses((status = 201, body = Proposed), (status = 403, body = ProblemDocument), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn propose_role(
    State(wire): State<Wire>,
    caller: Caller,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(sent, repeat): Once<ProposeRole>,
) -> Result<Response, Refusal> {
    let offer = OfferId::from_bytes(repeat.id(caller.person, "offer"));
    let grant = GrantId::from_bytes(repeat.id(caller.person, "grant"));
    let ProposeRole { person, role, reach, reason, until } = sent;
    let command = DirectoryCommand::ProposeRole { offer, grant, person, role, reach, reason, until };
    direct(&wire, &caller, command, expected, &repeat, json!({ "offer": offer, "grant": grant })).await
}

/// Is the second person of what was proposed.
#[utoipa::path(post, path = "/api/v1/offers/{offer}/confirm", tag = "directory",
    params(("offer" = String, Path)), request_body = Nothing,
    responses((status = 200, body = answers::Directed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn confirm(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(offer): InPath<OfferId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    direct(&wire, &caller, DirectoryCommand::Confirm { offer }, expected, &repeat, json!({})).await
}

/// Takes a standing role back.
#[utoipa::path(post, path = "/api/v1/roles/{grant}/revoke", tag = "directory",
    params(("grant" = String, Path)), request_body = Because,
    responses((status = 200, body = answers::Directed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument),
        (status = 409, body = ProblemDocument)))]
async fn revoke(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(grant): InPath<GrantId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    direct(&wire, &caller, DirectoryCommand::RevokeRole { grant, reason }, expected, &repeat, json!({})).await
}
