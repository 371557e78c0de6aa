//! People, what waits for a second person, and sub-teams.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use fixlead_app::administration::Administration;
use fixlead_app::problem::Problem;
use fixlead_core::access::{Action, Standing};
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::rota::is_away;
use fixlead_core::desk::directory::{Person, Proposed};
use fixlead_core::desk::event::By as Author;
use fixlead_core::id::{GrantId, OfferId, PersonId, ProjectId, TeamId};
use fixlead_core::time::format_day;
use serde::Deserialize;

use super::shell::{self, Answer, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// Somebody in the list.
struct Row {
    id: String,
    name: String,
    standing: &'static str,
    tone: &'static str,
    roles: Vec<(String, String)>,
    away: Option<String>,
}

/// What waits for a second person.
struct Offer {
    id: String,
    what: String,
    reason: String,
    by: String,
    until: Option<Moment>,
    may: bool,
}

/// A sub-team.
struct Team {
    id: String,
    name: String,
    project: String,
    members: Vec<(String, String)>,
    may: bool,
}

#[derive(Template)]
#[template(path = "admin-people.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    rows: Vec<Row>,
    wanted: String,
    offers: Vec<Offer>,
    teams: Vec<Team>,
    may_invite: bool,
    may_give: bool,
    active: Vec<(String, String)>,
    delegates: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin-invited.html")]
struct Invited {
    frame: Frame,
    shell: Shell,
    name: String,
    person: String,
    address: String,
}

/// What of the list is wanted.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    standing: String,
    #[serde(default)]
    done: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/people", get(people))
        .route("/admin/people/invite", post(invite))
        .route("/admin/people/{person}/invite", post(invite_again))
        .route("/admin/offers/{offer}/confirm", post(confirm))
        .route("/admin/teams", post(delegate))
        .route("/admin/teams/{team}/members", post(join))
        .route("/admin/teams/{team}/members/{person}/remove", post(leave))
        .route("/admin/teams/{team}/end", post(end))
}

/// How somebody's standing looks.
pub fn tone(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "good",
        Standing::Invited => "open",
        Standing::Suspended => "care",
        Standing::Removed => "quiet",
    }
}

/// Until when somebody is away, if they are today.
pub fn away(person: &Person, today: i64) -> Option<String> {
    let now = person.leave.iter().find(|(first, last)| is_away(&[(*first, *last)], today));
    now.map(|(_, last)| format_day(*last))
}

async fn people(State(wire): State<Wire>, visitor: Visitor, Query(wanted): Query<Wanted>) -> Answer {
    show(&wire, visitor, wanted.standing, Typed::default(), !wanted.done.is_empty()).await
}

async fn again(wire: &Wire, visitor: Visitor, typed: Typed) -> Answer {
    show(wire, visitor, String::new(), typed, false).await
}

async fn show(wire: &Wire, visitor: Visitor, wanted: String, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let (frame, shell) = shell::shell(&visitor, &desk, "People", "/admin/people", typed, done);
    let parts = desk.parts();
    let today = desk.seen.at.day();
    let mut roles: BTreeMap<PersonId, Vec<(String, String)>> = BTreeMap::new();
    for grant in &parts.grants {
        let reach = shell::reach_of(&desk, grant.scope);
        roles.entry(grant.person).or_default().push((grant.role.name().to_owned(), reach));
    }
    let fits = |person: &Person| match Standing::parse(&wanted) {
        Some(standing) => person.standing == standing,
        // Who was removed is listed when they are asked for.
        None => person.standing != Standing::Removed,
    };
    let mut rows: Vec<Row> = parts
        .people
        .iter()
        .filter(|(_, person)| fits(person))
        .map(|(id, person)| Row {
            id: id.to_string(),
            name: person.name.to_string(),
            standing: person.standing.name(),
            tone: tone(person.standing),
            roles: roles.remove(id).unwrap_or_default(),
            away: away(person, today),
        })
        .collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let active = desk.seen.names().into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let delegates = parts.projects.iter().filter(|(id, _)| desk.may_in(Action::TeamDelegate, *id));
    let page = Page {
        frame,
        shell,
        rows,
        wanted,
        offers: offers(&desk),
        teams: teams(&desk),
        may_invite: desk.may_everywhere(Action::PeopleInvite),
        may_give: desk.may_anywhere(Action::RolesGive),
        active,
        delegates: delegates.map(|(id, record)| (id.to_string(), record.name.to_string())).collect(),
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

fn offers(desk: &Administration) -> Vec<Offer> {
    let parts = desk.parts();
    let by = |by: Author| match by {
        Author::System => "the desk".to_owned(),
        Author::Person(person) => parts.name(person),
    };
    let shown = parts.proposed.iter().map(|(offer, proposed)| {
        let (what, reason, until) = match proposed {
            Proposed::Role { grant, .. } => {
                let what = format!("{} as {}", parts.name(grant.person), shell::role_in(desk, grant));
                let until = grant.until.map(|until| Moment::new(until, desk.seen.at));
                (what, grant.reason.to_string(), until)
            }
            Proposed::Team { record, .. } => {
                let project = parts.project(record.project);
                (format!("the sub-team {} responds for {project}", record.name), String::new(), None)
            }
        };
        let may = desk.may_confirm(*offer, proposed);
        Offer { id: offer.to_string(), what, reason, by: by(proposed.by()), until, may }
    });
    shown.collect()
}

fn teams(desk: &Administration) -> Vec<Team> {
    let parts = desk.parts();
    let shown = parts.teams.iter().map(|(id, team)| Team {
        id: id.to_string(),
        name: team.name.to_string(),
        project: parts.project(team.project),
        members: team.members.keys().map(|person| (person.to_string(), parts.name(*person))).collect(),
        may: desk.may_in(Action::TeamDelegate, team.project),
    });
    shown.collect()
}

async fn invite(State(wire): State<Wire>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let invited = async {
        let name = sent.line("name")?;
        wire.desk.invite(&sent.visitor.caller, name, Some(&repeat)).await
    };
    match invited.await {
        Ok((person, link)) => shown_link(&wire, &sent.visitor, person, &link).await,
        Err(problem) => {
            sent.answered::<()>(Err(problem), "invite", "", async |visitor, typed| {
                again(&wire, visitor, typed).await
            })
            .await
        }
    }
}

async fn invite_again(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    match wire.desk.invite_again(&sent.visitor.caller, person, Some(&repeat)).await {
        Ok(link) => shown_link(&wire, &sent.visitor, person, &link).await,
        Err(Problem::StepUp) => Ok(sent.prove(None)),
        Err(problem) => Err(problem.into()),
    }
}

/// The link of an invitation, which is shown this once.
async fn shown_link(wire: &Wire, visitor: &Visitor, person: PersonId, link: &str) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let (frame, shell) =
        shell::shell(visitor, &desk, "An invitation", "/admin/people", Typed::default(), false);
    let name = desk.parts().name(person);
    let address = format!("{}/setup#{link}", wire.public.as_str());
    let page = Invited { frame, shell, name, person: person.to_string(), address };
    Ok(page::show(StatusCode::CREATED, &page))
}

async fn confirm(State(wire): State<Wire>, InPath(offer): InPath<OfferId>, sent: Sent) -> Answer {
    let result = sent.direct(&wire, DirectoryCommand::Confirm { offer }, None).await;
    let to = "/admin/people";
    sent.answered(result, "offers", to, async |visitor, typed| again(&wire, visitor, typed).await).await
}

async fn delegate(State(wire): State<Wire>, sent: Sent) -> Answer {
    let (offer, team) = (OfferId::from_bytes(sent.made("offer")?), TeamId::from_bytes(sent.made("team")?));
    let command = || {
        let project = ProjectId::parse(sent.form.text("project"))
            .map_err(|_| Problem::invalid("/project", "choose the project it works for"))?;
        let (name, reason) = (sent.line("name")?, sent.line("reason")?);
        Ok(DirectoryCommand::ProposeTeam { offer, team, project, name, reason })
    };
    let result = match command() {
        Ok(command) => sent.direct(&wire, command, None).await,
        Err(problem) => Err(problem),
    };
    let to = "/admin/people";
    sent.answered(result, "team", to, async |visitor, typed| again(&wire, visitor, typed).await).await
}

async fn join(State(wire): State<Wire>, InPath(team): InPath<TeamId>, sent: Sent) -> Answer {
    let grant = GrantId::from_bytes(sent.made("grant")?);
    let result = match sent.person("person") {
        Ok(person) => sent.direct(&wire, DirectoryCommand::JoinTeam { team, person, grant }, None).await,
        Err(problem) => Err(problem),
    };
    let (to, name) = ("/admin/people", format!("join-{team}"));
    sent.answered(result, &name, to, async |visitor, typed| again(&wire, visitor, typed).await).await
}

async fn leave(
    State(wire): State<Wire>,
    InPath((team, person)): InPath<(TeamId, PersonId)>,
    sent: Sent,
) -> Answer {
    let result = sent.direct(&wire, DirectoryCommand::LeaveTeam { team, person }, None).await;
    let (to, name) = ("/admin/people", format!("join-{team}"));
    sent.answered(result, &name, to, async |visitor, typed| again(&wire, visitor, typed).await).await
}

async fn end(State(wire): State<Wire>, InPath(team): InPath<TeamId>, sent: Sent) -> Answer {
    let result = match sent.line("reason") {
        Ok(reason) => sent.direct(&wire, DirectoryCommand::EndTeam { team, reason }, None).await,
        Err(problem) => Err(problem),
    };
    let (to, name) = ("/admin/people", format!("end-{team}"));
    sent.answered(result, &name, to, async |visitor, typed| again(&wire, visitor, typed).await).await
}
