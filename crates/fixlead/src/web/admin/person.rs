//! Somebody: standing, roles, and when they are away.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fixlead_app::problem::Problem;
use fixlead_core::access::{Action, Role, Standing};
use fixlead_core::desk::directory::Login;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{GrantId, OfferId, PersonId};
use fixlead_core::text::short;
use fixlead_core::time::{format_day, parse_day};

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::case::act::instant;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// A standing role.
struct Given {
    id: String,
    role: &'static str,
    reach: String,
    reason: String,
    by: String,
    from: Moment,
    until: Option<Moment>,
    team: bool,
    may_revoke: bool,
}

#[derive(Template)]
#[template(path = "admin-person.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    id: String,
    name: String,
    own: bool,
    standing: &'static str,
    tone: &'static str,
    given: Vec<Given>,
    proposed: Vec<String>,
    turns: Vec<(String, String)>,
    logins: String,
    may_logins: bool,
    leave: String,
    may_leave: bool,
    may_rename: bool,
    may_link: bool,
    standings: Vec<(&'static str, &'static str)>,
    roles: Vec<(&'static str, &'static str)>,
    places: Vec<(String, String)>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/people/{person}", get(person))
        .route("/admin/people/{person}/name", post(rename))
        .route("/admin/people/{person}/standing", post(standing))
        .route("/admin/people/{person}/leave", post(leave))
        .route("/admin/people/{person}/logins", post(logins))
        .route("/admin/people/{person}/roles", post(give))
        .route("/admin/people/{person}/roles/{grant}/revoke", post(revoke))
}

/// Roles that stand, and what each is.
const ROLES: [(Role, &str); 3] = [
    (Role::Responder, "responder: answers reports of a project"),
    (Role::Operator, "operator: keeps the installation running, reads no case"),
    (Role::Auditor, "auditor: checks who did and knew what, reads no case"),
];

async fn person(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(person): InPath<PersonId>,
    Query(done): Query<Done>,
) -> Answer {
    show(&wire, visitor, person, Typed::default(), done.is_so()).await
}

async fn show(wire: &Wire, visitor: Visitor, id: PersonId, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let parts = desk.parts();
    let now = desk.seen.at;
    let known = parts.people.iter().find(|(known, _)| *known == id).ok_or(Problem::NotFound)?.1;
    let given = parts.grants.iter().filter(|grant| grant.person == id).map(|grant| {
        let revoke = DirectoryCommand::RevokeRole { grant: grant.id, reason: Line::tamed("-") };
        Given {
            id: grant.id.to_string(),
            role: grant.role.name(),
            reach: shell::reach_of(&desk, grant.scope),
            reason: grant.reason.to_string(),
            by: grant.given_by.map_or_else(|| "the desk".to_owned(), |by| parts.name(by)),
            from: Moment::new(grant.from, now),
            until: grant.until.map(|until| Moment::new(until, now)),
            team: grant.team.is_some(),
            may_revoke: desk.may_direct(&revoke) && grant.team.is_none(),
        }
    });
    let turns = parts.projects.iter().filter(|(_, record)| record.rota.contains(&id));
    let proposed = parts.proposed.iter().filter_map(|(_, proposed)| match proposed {
        fixlead_core::desk::directory::Proposed::Role { grant, .. } if grant.person == id => {
            Some(shell::role_in(&desk, grant))
        }
        _ => None,
    });
    let set_logins = DirectoryCommand::SetLogins { person: id, logins: Vec::new() };
    let set_leave = DirectoryCommand::SetLeave { person: id, days: Vec::new() };
    let rename = DirectoryCommand::Rename { person: id, name: Line::tamed("-") };
    let invites = desk.may_everywhere(Action::PeopleInvite);
    let standings = match known.standing {
        _ if !desk.may_everywhere(Action::PeopleStanding) => Vec::new(),
        Standing::Active => vec![
            ("suspended", "Suspend: nothing counts until it is lifted"),
            ("removed", "Remove: nothing they were given counts again"),
        ],
        Standing::Suspended => vec![
            ("active", "Lift it: everything counts again"),
            ("removed", "Remove: nothing they were given counts again"),
        ],
        Standing::Invited => vec![("removed", "Take the invitation back")],
        Standing::Removed => Vec::new(),
    };
    let leave =
        known.leave.iter().map(|(first, last)| format!("{} to {}\n", format_day(*first), format_day(*last)));
    let places = shell::places(&desk, Action::RolesGive);
    let (frame, shell) = shell::shell(&visitor, &desk, "Somebody", "/admin/people", typed, done);
    let page = Page {
        id: id.to_string(),
        name: known.name.to_string(),
        own: id == desk.person(),
        standing: known.standing.name(),
        tone: super::people::tone(known.standing),
        given: given.collect(),
        proposed: proposed.collect(),
        turns: turns.map(|(id, record)| (id.to_string(), record.name.to_string())).collect(),
        logins: known.logins.iter().map(|login| format!("{}\n", &**login)).collect(),
        may_logins: desk.may_direct(&set_logins) && known.standing != Standing::Removed,
        leave: leave.collect(),
        may_leave: desk.may_direct(&set_leave) || id == desk.person(),
        may_rename: desk.may_direct(&rename) || id == desk.person(),
        may_link: invites && matches!(known.standing, Standing::Invited | Standing::Removed),
        standings,
        roles: ROLES.iter().map(|(role, words)| (role.name(), *words)).collect(),
        places: if known.standing == Standing::Active { places } else { Vec::new() },
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

async fn done(
    wire: &Wire,
    sent: Sent,
    person: PersonId,
    name: &str,
    command: Result<DirectoryCommand, Problem>,
) -> Answer {
    let result = match command {
        Ok(command) => sent.direct(wire, command, None).await,
        Err(problem) => Err(problem),
    };
    let to = format!("/admin/people/{person}");
    sent.answered(result, name, &to, async |visitor, typed| show(wire, visitor, person, typed, false).await)
        .await
}

async fn rename(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let command = sent.line("name").map(|name| DirectoryCommand::Rename { person, name });
    done(&wire, sent, person, "name", command).await
}

async fn standing(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let chosen = Standing::parse(sent.form.text("standing"));
    let command =
        chosen.ok_or_else(|| Problem::invalid("/standing", "choose what is to be")).and_then(|standing| {
            Ok(DirectoryCommand::SetStanding { person, standing, reason: sent.line("reason")? })
        });
    done(&wire, sent, person, "standing", command).await
}

/// Periods as people write them: a first and a last day, one period a line.
fn periods(text: &str) -> Result<Vec<(i64, i64)>, Problem> {
    let mut days = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let wrong = |_| {
            Problem::invalid(
                "/days",
                format!("`{line}`: write a first and a last day like 2026-11-20 to 2026-12-15"),
            )
        };
        let (first, last) = match line.split_once("to").or_else(|| line.split_once("..")) {
            Some((first, last)) => (first.trim(), last.trim()),
            None => (line, line),
        };
        days.push((parse_day(first).map_err(wrong)?, parse_day(last).map_err(wrong)?));
    }
    Ok(days)
}

async fn leave(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let command = periods(sent.form.text("days")).map(|days| DirectoryCommand::SetLeave { person, days });
    done(&wire, sent, person, "leave", command).await
}

async fn logins(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let lines = sent.form.text("logins").lines().map(str::trim).filter(|line| !line.is_empty());
    let read = |line: &str| {
        Login::new(line).map_err(|why| Problem::invalid("/logins", format!("`{}`: {why}", short(line, 60))))
    };
    let logins = lines.map(read).collect::<Result<Vec<_>, _>>();
    let command = logins.map(|logins| DirectoryCommand::SetLogins { person, logins });
    done(&wire, sent, person, "logins", command).await
}

async fn give(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let (offer, grant) = (OfferId::from_bytes(sent.made("offer")?), GrantId::from_bytes(sent.made("grant")?));
    let command = || {
        let role =
            Role::parse(sent.form.text("role")).ok_or_else(|| Problem::invalid("/role", "choose a role"))?;
        let until = match sent.form.some("until") {
            None => None,
            Some(text) => {
                Some(instant(text).or_else(|| instant(&format!("{text}T00:00"))).ok_or_else(|| {
                    Problem::invalid("/until", "write a day like 2027-01-31, or leave it empty")
                })?)
            }
        };
        let (reach, reason) = (sent.reach("reach")?, sent.line("reason")?);
        Ok(DirectoryCommand::ProposeRole { offer, grant, person, role, reach, reason, until })
    };
    let command = command();
    done(&wire, sent, person, "give", command).await
}

async fn revoke(
    State(wire): State<Wire>,
    InPath((person, grant)): InPath<(PersonId, GrantId)>,
    sent: Sent,
) -> Answer {
    let command = sent.line("reason").map(|reason| DirectoryCommand::RevokeRole { grant, reason });
    done(&wire, sent, person, &format!("revoke-{grant}"), command).await
}

#[cfg(test)]
mod tests {
    use super::periods;

    #[test]
    fn a_period_is_two_days_or_one_and_nothing_else() {
        let read = periods("2026-11-20 to 2026-12-15\n\n2027-01-02\n2027-02-01..2027-02-03\n");
        let days: Vec<i64> = read.unwrap_or_default().into_iter().map(|(first, last)| last - first).collect();
        assert_eq!(days, [25, 0, 2]);
        assert!(periods("next week").is_err());
    }
}
