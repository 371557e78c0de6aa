//! Sub-teams that work is delegated to, what people are called, and links that
//! were lost.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Caller;
use fixlead_app::problem::Problem;
use fixlead_core::desk::directory::Login;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::login::MOST_LOGINS;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{GrantId, OfferId, PersonId, ProjectId, TeamId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer;
use super::directory::{Because, Nothing, direct};
use super::extract::{InPath, MaybeIfMatch, Once};
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{self, Id};

/// A sub-team to be made.
#[derive(Deserialize, ToSchema)]
pub struct DelegateTeam {
    /// What it is called.
    #[schema(value_type = shapes::Line)]
    name: Line,
    /// Why.
    #[schema(value_type = shapes::Line)]
    reason: Line,
}

/// Somebody who joins a sub-team.
#[derive(Deserialize, ToSchema)]
pub struct AddMember {
    /// Who.
    #[schema(value_type = Id)]
    person: PersonId,
}

/// What somebody is called.
#[derive(Deserialize, ToSchema)]
pub struct Rename {
    /// From now on.
    #[schema(value_type = shapes::Line)]
    name: Line,
}

/// How files of projects name somebody, and commits.
#[derive(Deserialize, ToSchema)]
pub struct SetLogins {
    /// All of them, in place of what was: a login of a code host like `eli`, one at a host
    /// like `github.com/eli`, an e-mail address.
    #[schema(max_items = 20)]
    logins: Vec<String>,
}

/// A sub-team that waits for a second person.
#[derive(Serialize, ToSchema)]
pub struct TeamProposed {
    /// The sub-team.
    #[schema(value_type = Id)]
    team: String,
    /// What the second person confirms.
    #[schema(value_type = Id)]
    offer: String,
    /// The version of the directory after it.
    version: u64,
}

/// Somebody who has joined a sub-team.
#[derive(Serialize, ToSchema)]
pub struct MemberAdded {
    /// The role they have by that.
    #[schema(value_type = Id)]
    grant: String,
    /// The version of the directory after it.
    version: u64,
}

/// A change of the directory.
#[derive(Serialize, ToSchema)]
pub struct DirectoryChanged {
    /// Its version after it.
    version: u64,
}

/// A new link in place of one that was lost.
#[derive(Serialize, ToSchema)]
pub struct LinkMade {
    /// For whom.
    #[schema(value_type = Id)]
    person: String,
    /// The secret of the link; shown once.
    link: String,
    /// The same as an address.
    address: String,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(delegate))
        .routes(routes!(end_team))
        .routes(routes!(add_member))
        .routes(routes!(remove_member))
        .routes(routes!(rename))
        .routes(routes!(set_logins))
        .routes(routes!(invite_again))
}

/// Delegates the work of a project to a sub-team. It counts when a second
/// person has confirmed it; its members are responders as long as they belong
/// to it.
#[utoipa::path(post, path = "/api/v1/projects/{project}/teams", tag = "directory",
    params(("project" = String, Path)), request_body = DelegateTeam,
    responses((status = 201, body = TeamProposed), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn delegate(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(project): InPath<ProjectId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(DelegateTeam { name, reason }, repeat): Once<DelegateTeam>,
) -> Result<Response, Refusal> {
    let offer = OfferId::from_bytes(repeat.id(caller.person, "offer"));
    let team = TeamId::from_bytes(repeat.id(caller.person, "team"));
    let command = DirectoryCommand::ProposeTeam { offer, team, project, name, reason };
    direct(&wire, &caller, command, expected, &repeat, json!({ "team": team, "offer": offer })).await
}

/// Ends a sub-team; its members have its role no more.
#[utoipa::path(post, path = "/api/v1/teams/{team}/end", tag = "directory",
    params(("team" = String, Path)), request_body = Because,
    responses((status = 200, body = DirectoryChanged), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn end_team(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(team): InPath<TeamId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(Because { reason }, repeat): Once<Because>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::EndTeam { team, reason };
    direct(&wire, &caller, command, expected, &repeat, json!({})).await
}

/// Adds somebody else to a sub-team.
#[utoipa::path(post, path = "/api/v1/teams/{team}/members", tag = "directory",
    params(("team" = String, Path)), request_body = AddMember,
    responses((status = 201, body = MemberAdded), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn add_member(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(team): InPath<TeamId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(AddMember { person }, repeat): Once<AddMember>,
) -> Result<Response, Refusal> {
    let grant = GrantId::from_bytes(repeat.id(caller.person, "grant"));
    let command = DirectoryCommand::JoinTeam { team, person, grant };
    direct(&wire, &caller, command, expected, &repeat, json!({ "grant": grant })).await
}

/// Takes somebody out of a sub-team.
#[utoipa::path(post, path = "/api/v1/teams/{team}/members/{person}/remove", tag = "directory",
    params(("team" = String, Path), ("person" = String, Path)), request_body = Nothing,
    responses((status = 200, body = DirectoryChanged), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn remove_member(
    State(wire): State<Wire>,
    caller: Caller,
    InPath((team, person)): InPath<(TeamId, PersonId)>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::LeaveTeam { team, person };
    direct(&wire, &caller, command, expected, &repeat, json!({})).await
}

/// Says what somebody is called: oneself, or anybody for who invites people.
#[utoipa::path(post, path = "/api/v1/people/{person}/name", tag = "directory",
    params(("person" = String, Path)), request_body = Rename,
    responses((status = 200, body = DirectoryChanged), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn rename(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(person): InPath<PersonId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(Rename { name }, repeat): Once<Rename>,
) -> Result<Response, Refusal> {
    let command = DirectoryCommand::Rename { person, name };
    direct(&wire, &caller, command, expected, &repeat, json!({})).await
}

/// Says which logins of code hosts, and which e-mail addresses, are somebody's. They decide
/// whose LGTM counts as an owner's: each is of one person alone, and nobody sets their own
/// where there has been anybody else to do it.
#[utoipa::path(post, path = "/api/v1/people/{person}/logins", tag = "directory",
    params(("person" = String, Path)), request_body = SetLogins,
    responses((status = 200, body = DirectoryChanged), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 409, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn set_logins(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(person): InPath<PersonId>,
    MaybeIfMatch(expected): MaybeIfMatch,
    Once(SetLogins { logins }, repeat): Once<SetLogins>,
) -> Result<Response, Refusal> {
    if logins.len() > MOST_LOGINS {
        return Err(
            Problem::invalid("/logins", format!("at most {MOST_LOGINS} are kept; leave some out")).into()
        );
    }
    let read = |(place, login): (usize, &String)| {
        Login::new(login).map_err(|why| Problem::invalid(format!("/logins/{place}"), why))
    };
    let logins = logins.iter().enumerate().map(read).collect::<Result<Vec<_>, Problem>>()?;
    let command = DirectoryCommand::SetLogins { person, logins };
    direct(&wire, &caller, command, expected, &repeat, json!({})).await
}

/// Makes another link for somebody who was invited and has not joined. The ones
/// before work no more; this one works for three days, and is in this answer
/// only.
#[utoipa::path(post, path = "/api/v1/people/{person}/invitation", tag = "directory",
    params(("person" = String, Path)), request_body = Nothing,
    responses((status = 201, body = LinkMade), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn invite_again(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(person): InPath<PersonId>,
    Once(Nothing {}, repeat): Once<Nothing>,
) -> Result<Response, Refusal> {
    let link = wire.desk.invite_again(&caller, person, Some(&repeat)).await?;
    let address = format!("{}/setup#{link}", wire.public.as_str());
    let made = LinkMade { person: person.to_string(), link, address };
    Ok(answer::json(StatusCode::CREATED, &made))
}
