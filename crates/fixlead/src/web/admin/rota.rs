//! Whose turn it is in each project, and why.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use fixlead_app::administration::Administration;
use fixlead_app::problem::Problem;
use fixlead_core::access::{Action, Role, Scope};
use fixlead_core::desk::directory::ProjectRecord;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Turns;
use fixlead_core::desk::directory::rota::is_away;
use fixlead_core::id::{PersonId, ProjectId};
use fixlead_core::time::{format_day, parse_day};

use super::people::away;
use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;

/// How many weeks to come are shown.
const WEEKS: i64 = 8;

/// A project in the list.
struct Row {
    id: String,
    name: String,
    turns: &'static str,
    next: Option<(String, String)>,
    why: String,
    away: Vec<String>,
    owed: Vec<String>,
}

/// Somebody who takes turns, or could.
struct Taker {
    id: String,
    name: String,
    place: String,
    next: bool,
    owed: bool,
    away: Option<String>,
    leave: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin-rotas.html")]
struct List {
    frame: Frame,
    shell: Shell,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "admin-rota.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    id: String,
    name: String,
    next: Option<String>,
    why: String,
    weekly: bool,
    monday: String,
    takers: Vec<Taker>,
    could: Vec<Taker>,
    weeks: Vec<(String, String, bool)>,
    may: bool,
}

impl Page {
    fn place(&self, id: &str) -> String {
        format!("place-{id}")
    }
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/rota", get(list))
        .route("/admin/rota/{project}", get(rota).post(set))
        .route("/admin/rota/{project}/leave/{person}", post(leave))
}

/// Why it is somebody's turn, in a sentence.
fn why(desk: &Administration, id: ProjectId, record: &ProjectRecord) -> String {
    let turns = desk.turns(id);
    let parts = desk.parts();
    let Some((next, _)) = turns.iter().find(|(_, away)| !away) else {
        return match record.rota.is_empty() {
            true => {
                "Nobody takes turns: the policy cannot name a Fix Lead, and reminders go to all responders."
                    .to_owned()
            }
            false => "Everybody who takes turns is away today.".to_owned(),
        };
    };
    let passed: Vec<String> =
        turns.iter().take_while(|(_, away)| *away).map(|(person, _)| parts.name(*person)).collect();
    let mut words = match record.turns {
        Turns::Weekly { .. } if passed.is_empty() => "This week is theirs.".to_owned(),
        Turns::Weekly { .. } => String::new(),
        Turns::RoundRobin if record.owed.contains(next) => {
            "They were passed over while they were away, and are owed this turn.".to_owned()
        }
        Turns::RoundRobin => "They stand next in the order.".to_owned(),
    };
    if !passed.is_empty() {
        let (is, they) = if passed.len() == 1 { ("is", "whose turn it would be, ") } else { ("are", "") };
        words = format!("{} {they}{is} away; they come next. {words}", passed.join(", "));
    }
    words.trim().to_owned()
}

async fn list(State(wire): State<Wire>, visitor: Visitor) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let (frame, shell) = shell::shell(&visitor, &desk, "Rota", "/admin/rota", Typed::default(), false);
    let parts = desk.parts();
    let today = desk.seen.at.day();
    let mut rows: Vec<Row> = parts
        .projects
        .iter()
        .map(|(id, record)| {
            let gone = record.rota.iter().filter_map(|person| {
                let known = desk.seen.directory().people.get(person)?;
                Some(format!("{} until {}", parts.name(*person), away(known, today)?))
            });
            Row {
                id: id.to_string(),
                name: record.name.to_string(),
                turns: words(record.turns),
                next: desk.next_lead(*id).map(|person| (person.to_string(), parts.name(person))),
                why: why(&desk, *id, record),
                away: gone.collect(),
                owed: record.owed.iter().map(|person| parts.name(*person)).collect(),
            }
        })
        .collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(page::show(StatusCode::OK, &List { frame, shell, rows }))
}

fn words(turns: Turns) -> &'static str {
    match turns {
        Turns::RoundRobin => "case by case",
        Turns::Weekly { .. } => "week by week",
    }
}

async fn rota(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    Query(done): Query<Done>,
) -> Answer {
    show(&wire, visitor, project, Typed::default(), done.is_so()).await
}

async fn show(wire: &Wire, visitor: Visitor, id: ProjectId, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let parts = desk.parts();
    let (_, record) =
        parts.projects.iter().find(|(known, _)| *known == id).copied().ok_or(Problem::NotFound)?;
    let today = desk.seen.at.day();
    let next = desk.next_lead(id);
    let taker = |person: PersonId, place: Option<usize>| {
        let known = desk.seen.directory().people.get(&person);
        let leave = known.map_or(&[][..], |known| &known.leave);
        let coming = leave.iter().filter(|(_, last)| *last >= today);
        Taker {
            id: person.to_string(),
            name: parts.name(person),
            place: place.map(|place| (place + 1).to_string()).unwrap_or_default(),
            next: Some(person) == next,
            owed: record.owed.contains(&person),
            away: known.and_then(|known| away(known, today)),
            leave: coming
                .map(|(first, last)| format!("{} to {}", format_day(*first), format_day(*last)))
                .collect(),
        }
    };
    let takers = record.rota.iter().enumerate().map(|(place, person)| taker(*person, Some(place)));
    let responds = |person: PersonId| {
        parts.grants.iter().any(|grant| {
            let here = match grant.scope {
                Scope::Project(own) => own == id,
                Scope::Organisation(own) => own == record.organisation,
                Scope::Installation | Scope::Case(_) => false,
            };
            grant.person == person && grant.role == Role::Responder && here
        })
    };
    let active = desk.seen.names().into_iter().map(|(person, _)| person);
    let could = active.filter(|person| !record.rota.contains(person) && responds(*person));
    let mut weeks = Vec::new();
    if let (Turns::Weekly { first }, count @ 1..) = (record.turns, record.rota.len()) {
        let this = (today - first).div_euclid(7);
        for week in this..this + WEEKS {
            let monday = first + week * 7;
            let person = record.rota[week.rem_euclid(count as i64) as usize];
            let leave = desk.seen.directory().people.get(&person).map_or(&[][..], |known| &known.leave);
            let gone = (monday..monday + 7).any(|day| is_away(leave, day));
            weeks.push((
                format!("{} to {}", format_day(monday), format_day(monday + 6)),
                parts.name(person),
                gone,
            ));
        }
    }
    // The Monday of this week, where nothing else is known: 1970-01-05 was one.
    let monday = match record.turns {
        Turns::Weekly { first } => first,
        Turns::RoundRobin => today - (today - 4).rem_euclid(7),
    };
    let (frame, shell) = shell::shell(&visitor, &desk, "A rota", "/admin/rota", typed, done);
    let page = Page {
        id: id.to_string(),
        name: record.name.to_string(),
        next: next.map(|person| parts.name(person)),
        why: why(&desk, id, record),
        weekly: record.turns != Turns::RoundRobin,
        monday: format_day(monday),
        takers: takers.collect(),
        could: could.map(|person| taker(person, None)).collect(),
        weeks,
        may: desk.may_in(Action::RotaManage, id),
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

/// Who takes turns, by the places that were typed.
fn read(sent: &Sent) -> Result<(Vec<PersonId>, Turns), Problem> {
    let mut placed: Vec<(u32, PersonId)> = Vec::new();
    for (name, value) in sent.form.fields() {
        let Some(id) = name.strip_prefix("place-") else { continue };
        if value.trim().is_empty() {
            continue;
        }
        let place = value.trim().parse();
        let place = place
            .map_err(|_| Problem::invalid("/place", "a place is a number; leave it empty for no turn"))?;
        let person = PersonId::parse(id).map_err(|_| Problem::invalid("/place", "load the page again"))?;
        placed.push((place, person));
    }
    placed.sort();
    let turns = match sent.form.text("turns") {
        "weekly" => {
            let first = parse_day(sent.form.text("monday"))
                .map_err(|message| Problem::invalid("/monday", message))?;
            if (first - 4).rem_euclid(7) != 0 {
                return Err(Problem::invalid("/monday", "weeks begin on a Monday; this day is none"));
            }
            Turns::Weekly { first }
        }
        _ => Turns::RoundRobin,
    };
    Ok((placed.into_iter().map(|(_, person)| person).collect(), turns))
}

async fn set(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let result = match read(&sent) {
        Ok((people, turns)) => {
            let command = DirectoryCommand::SetRota { project, people, turns };
            sent.direct(&wire, command, sent.version()).await
        }
        Err(problem) => Err(problem),
    };
    let to = format!("/admin/rota/{project}");
    sent.answered(result, "rota", &to, async |visitor, typed| {
        show(&wire, visitor, project, typed, false).await
    })
    .await
}

async fn leave(
    State(wire): State<Wire>,
    InPath((project, person)): InPath<(ProjectId, PersonId)>,
    sent: Sent,
) -> Answer {
    let desk = wire.desk.administration(&sent.visitor.caller).await?;
    let known = desk.parts().people.into_iter().find(|(id, _)| *id == person);
    let (_, known) = known.ok_or(Problem::NotFound)?;
    let day = |name: &str| {
        parse_day(sent.form.text(name)).map_err(|message| Problem::invalid(format!("/{name}"), message))
    };
    let days = || {
        let (first, last) = (day("first")?, day("last")?);
        let mut days = known.leave.clone();
        days.push((first, last));
        days.sort_unstable();
        Ok(days)
    };
    let result = match days() {
        // Others may add a period at the same time: only to what this page has seen.
        Ok(days) => {
            sent.direct(&wire, DirectoryCommand::SetLeave { person, days }, Some(desk.seen.version)).await
        }
        Err(problem) => Err(problem),
    };
    let (to, name) = (format!("/admin/rota/{project}"), format!("leave-{person}"));
    sent.answered(result, &name, &to, async |visitor, typed| {
        show(&wire, visitor, project, typed, false).await
    })
    .await
}
