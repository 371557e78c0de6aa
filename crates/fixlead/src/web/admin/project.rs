//! A project: the facts its policy works with, its maintainers, the policy
//! itself, and cases that still run under another one.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fixlead_app::administration::{Administration, Elsewhere};
use fixlead_app::problem::Problem;
use fixlead_core::access::Action;
use fixlead_core::case::Project;
use fixlead_core::case::project::{Branch, BranchClass, MOST_BRANCHES, OwnersRule};
use fixlead_core::desk::directory::ProjectRecord;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::directory::event::Turns;
use fixlead_core::id::{CaseId, PersonId, ProjectId};
use fixlead_core::time::{Instant, Span, format_day, parse_day};

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;

/// Lines for branches that are still to be named.
const SPARE: usize = 3;

/// A line of the table of branches.
struct BranchRow {
    at: usize,
    name: String,
    class: &'static str,
    since: String,
}

#[derive(Template)]
#[template(path = "admin-project.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    id: String,
    name: String,
    organisation: String,
    policy: String,
    version: String,
    hash: String,
    overlays: String,
    parameters: Vec<(String, String)>,
    may_facts: bool,
    may_policy: bool,
    branches: Vec<BranchRow>,
    spare: Vec<usize>,
    owners: String,
    rule: &'static str,
    holidays: String,
    people: Vec<(String, String, bool)>,
    maintainers: Vec<(String, String)>,
    turns: &'static str,
    next: Option<String>,
    taking: usize,
    elsewhere: Vec<Elsewhere>,
}

impl Page {
    fn field(&self, at: &usize, what: &str) -> String {
        format!("branch-{at}-{what}")
    }
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/projects/{project}", get(project))
        .route("/admin/projects/{project}/facts", post(facts))
        .route("/admin/projects/{project}/maintainers", post(maintainers))
        .route("/admin/projects/{project}/cases/{case}/policy", post(move_policy))
}

async fn project(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    Query(done): Query<Done>,
) -> Answer {
    show(&wire, visitor, project, Typed::default(), done.is_so()).await
}

/// Names of people that are the only one of that name, both ways.
struct Names {
    by_id: BTreeMap<String, String>,
    by_name: BTreeMap<String, Option<PersonId>>,
}

impl Names {
    fn of(desk: &Administration) -> Names {
        let (mut by_id, mut by_name) = (BTreeMap::new(), BTreeMap::new());
        for (id, person) in desk.parts().people {
            by_id.insert(id.to_string(), person.name.to_string());
            by_name.entry(person.name.to_lowercase()).and_modify(|known| *known = None).or_insert(Some(id));
        }
        Names { by_id, by_name }
    }

    /// An id as a name, where only one person has it.
    fn shown<'n>(&'n self, id: &'n str) -> &'n str {
        let name =
            self.by_id.get(id).filter(|name| matches!(self.by_name.get(&name.to_lowercase()), Some(Some(_))));
        name.map_or(id, String::as_str)
    }

    /// What somebody typed as it is kept: people by their ids.
    fn kept(&self, typed: &str) -> Box<str> {
        match self.by_name.get(&typed.to_lowercase()) {
            Some(Some(id)) => id.to_string().into(),
            _ => typed.into(),
        }
    }
}

fn owners(facts: &Project, names: &Names) -> String {
    let line = |(place, people): &(Box<str>, Vec<Box<str>>)| {
        let people: Vec<&str> = people.iter().map(|person| names.shown(person)).collect();
        format!("/{place}: {}\n", people.join(", "))
    };
    facts.owners.iter().map(line).collect()
}

async fn show(wire: &Wire, visitor: Visitor, id: ProjectId, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let parts = desk.parts();
    let record = parts.projects.iter().find(|(known, _)| *known == id).ok_or(Problem::NotFound)?.1;
    let names = Names::of(&desk);
    let ProjectRecord { facts, policy: pin, .. } = record;
    let day = |since: Option<Instant>| since.map(|since| format_day(since.day())).unwrap_or_default();
    let branches = facts.branches.iter().enumerate().map(|(at, branch)| BranchRow {
        at,
        name: branch.name.to_string(),
        class: branch.class.name(),
        since: day(branch.since),
    });
    let branches: Vec<BranchRow> = branches.collect();
    let spare = branches.len()..(branches.len() + SPARE).min(MOST_BRANCHES);
    let mut people: Vec<(String, String, bool)> = desk
        .seen
        .names()
        .into_iter()
        .map(|(id, name)| (id.to_string(), name, record.maintainers.contains(&id)))
        .collect();
    people.sort_by(|one, other| (!one.2, &one.1).cmp(&(!other.2, &other.1)));
    let elsewhere = wire.desk.cases_elsewhere(&visitor.caller, id).await?;
    let (frame, shell) = shell::shell(&visitor, &desk, "A project", "/admin/projects", typed, done);
    let page = Page {
        id: id.to_string(),
        name: record.name.to_string(),
        organisation: parts.organisation(record.organisation),
        policy: pin.policy.to_string(),
        version: pin.version.to_string(),
        hash: pin.sha256.to_string(),
        overlays: pin.overlays.iter().map(|id| id.to_string()).collect::<Vec<_>>().join(", "),
        parameters: pin.parameters.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        may_facts: desk.may_in(Action::ProjectFacts, id),
        may_policy: desk.may_in(Action::ProjectPolicy, id),
        spare: spare.collect(),
        branches,
        owners: owners(facts, &names),
        rule: facts.owners_rule.map_or("", OwnersRule::name),
        holidays: facts.holidays.iter().map(|day| format!("{}\n", format_day(*day))).collect(),
        people,
        maintainers: record.maintainers.iter().map(|id| (id.to_string(), parts.name(*id))).collect(),
        turns: match record.turns {
            Turns::RoundRobin => "case by case",
            Turns::Weekly { .. } => "week by week",
        },
        next: desk.next_lead(id).map(|person| parts.name(person)),
        taking: record.rota.len(),
        elsewhere,
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

/// The facts as the form sends them. What the form does not show stays.
fn read_facts(sent: &Sent, known: &Project, names: &Names) -> Result<Project, Problem> {
    let wrong = |field: &str, message: String| Problem::invalid(format!("/{field}"), message);
    let mut branches: Vec<Branch> = Vec::new();
    for at in 0..MOST_BRANCHES {
        let field = |what: &str| sent.form.text(&format!("branch-{at}-{what}"));
        if field("name").is_empty() {
            continue;
        }
        let name = field("name");
        if branches.iter().any(|branch| &*branch.name == name) {
            return Err(wrong("branches", format!("the branch {name} stands there twice; name each once")));
        }
        let class = BranchClass::parse(field("class"))
            .ok_or_else(|| wrong("branches", format!("say what the branch {name} is to its users")))?;
        let since = match field("since") {
            "" => None,
            text => {
                let day = parse_day(text).map_err(|message| wrong("branches", message))?;
                Some(Instant::EPOCH + Span::days(day))
            }
        };
        branches.push(Branch { name: name.into(), class, since });
    }
    let mut owners: Vec<(Box<str>, Vec<Box<str>>)> = Vec::new();
    for line in sent.form.text("owners").lines().map(str::trim).filter(|line| !line.is_empty()) {
        let example = "a line is a directory, a colon and names, like /exporter/: Ana Ruiz, Bo Lind";
        let (place, people) =
            line.split_once(':').ok_or_else(|| wrong("owners", format!("`{line}`: {example}")))?;
        let mut place = place.trim().trim_matches('/').to_owned();
        if !place.is_empty() {
            place.push('/');
        }
        let people = people.split(',').map(str::trim).filter(|name| !name.is_empty());
        let people: Vec<Box<str>> = people.map(|name| names.kept(name)).collect();
        if people.is_empty() {
            return Err(wrong("owners", format!("`{line}`: {example}")));
        }
        owners.push((place.into(), people));
    }
    let days = sent.form.text("holidays").split_whitespace();
    let holidays = days.map(|day| parse_day(day).map_err(|message| wrong("holidays", message)));
    Ok(Project {
        branches,
        owners,
        owners_rule: OwnersRule::parse(sent.form.text("rule")),
        holidays: holidays.collect::<Result<_, _>>()?,
        ..known.clone()
    })
}

async fn facts(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let desk = wire.desk.administration(&sent.visitor.caller).await?;
    let record = desk.parts().projects.into_iter().find(|(id, _)| *id == project);
    let (_, record) = record.ok_or(Problem::NotFound)?;
    let result = match read_facts(&sent, &record.facts, &Names::of(&desk)) {
        Ok(facts) => {
            let command = DirectoryCommand::SetFacts { project, facts: Box::new(facts) };
            sent.direct(&wire, command, sent.version()).await
        }
        Err(problem) => Err(problem),
    };
    let to = format!("/admin/projects/{project}");
    sent.answered(result, "facts", &to, async |visitor, typed| {
        show(&wire, visitor, project, typed, false).await
    })
    .await
}

async fn maintainers(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let people = sent.form.all("person").map(PersonId::parse).collect::<Result<Vec<_>, _>>();
    let result = match people {
        Ok(people) => {
            let command = DirectoryCommand::SetMaintainers { project, people };
            sent.direct(&wire, command, sent.version()).await
        }
        Err(_) => Err(Problem::invalid("/person", "choose people from the list")),
    };
    let to = format!("/admin/projects/{project}");
    let name = "maintainers";
    sent.answered(result, name, &to, async |visitor, typed| show(&wire, visitor, project, typed, false).await)
        .await
}

async fn move_policy(
    State(wire): State<Wire>,
    InPath((project, case)): InPath<(ProjectId, CaseId)>,
    sent: Sent,
) -> Answer {
    let repeat = sent.repeat()?;
    let moved = async {
        let version = sent.version().ok_or_else(|| Problem::invalid("/version", "load the page again"))?;
        let reason = sent.line("reason")?;
        wire.desk.move_policy(&sent.visitor.caller, case, None, reason, version, repeat).await
    };
    let result = moved.await;
    let (to, name) = (format!("/admin/projects/{project}"), format!("move-{case}"));
    sent.answered(result, &name, &to, async |visitor, typed| {
        show(&wire, visitor, project, typed, false).await
    })
    .await
}
