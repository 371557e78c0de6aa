//! The inbox: the cases of everybody's projects, the next promise first; what is
//! new in them, and whose they are.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::case::inbox::{Item, Shelf, Wanted as Listing, Whose};
use fixlead_app::live::Open;
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_core::desk::event::Room;
use fixlead_core::id::ProjectId;
use serde::Deserialize;

use super::case::choice;
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words::{self, Moment};
use crate::api::Wire;
use crate::serve::world;
use crate::web::query::Query;

/// How many rows a page has.
const ROWS: usize = 50;
/// The shelves, by their names in addresses.
const SHELVES: [(&str, &str); 4] =
    [("", "All open"), ("mine", "Mine"), ("unassigned", "Unassigned"), ("closed", "Closed")];
/// Severities that can be asked for.
const SEVERITIES: [(&str, &str); 5] = [
    ("critical", "critical"),
    ("high", "high"),
    ("medium", "medium"),
    ("low", "low"),
    ("unscored", "not scored"),
];

/// Which part of which list.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    shelf: String,
    #[serde(default)]
    project: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn shelf(&self) -> &'static str {
        SHELVES.iter().map(|(key, _)| *key).find(|key| *key == self.shelf).unwrap_or_default()
    }

    /// The page of the list, as it is watched by what it showed.
    pub fn open(&self, digest: String) -> Result<Open, Trouble> {
        let severity = SEVERITIES.iter().map(|(key, _)| *key).find(|key| *key == self.severity);
        let project = match self.project.as_str() {
            "" => None,
            text => Some(ProjectId::parse(text).map_err(|_| Problem::NotFound)?),
        };
        Ok(Open::List {
            shelf: if self.shelf() == "closed" { Shelf::Closed } else { Shelf::Open },
            whose: match self.shelf() {
                "mine" => Whose::Mine,
                "unassigned" => Whose::Nobodys,
                _ => Whose::All,
            },
            project,
            severity: severity.map(str::to_owned),
            after: Some(self.after.clone()).filter(|after| !after.is_empty()),
            limit: ROWS,
            digest,
        })
    }
}

/// It, and what was done just before.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(flatten)]
    asked: Asked,
    /// What was decided just before, and whether its reporter was answered.
    #[serde(default)]
    did: String,
    #[serde(default)]
    answered: String,
}

/// A row.
struct Row {
    case: String,
    title: Option<String>,
    project: String,
    state: String,
    severity: Option<String>,
    lead: Option<String>,
    due: Option<(String, Moment)>,
    /// How long users have been exposed, while they are.
    exposed: Option<String>,
    tone: &'static str,
    opened: Moment,
    /// Whether whoever looks works on it.
    works: bool,
    /// Whether they have looked at it before.
    seen: bool,
    /// What is new to them.
    unread: Option<String>,
    /// Whether anything is.
    fresh: bool,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    most: usize,
    shelf: &'static str,
    shelves: &'static [(&'static str, &'static str)],
    closed: bool,
    first: bool,
    project: String,
    projects: Vec<(String, String)>,
    severity: String,
    severities: &'static [(&'static str, &'static str)],
    /// Project and severity, as they stand in an address.
    filters: Address,
    /// Where it stands, for whoever is told when that changes.
    live: Address,
    narrowed: bool,
    next: Option<String>,
    /// Whether whoever looks can make a project.
    begins: bool,
    /// Whether they hold no role, so that no list can have anything for them.
    without_role: bool,
    did: Option<String>,
}

/// A part of an address, made of ids and known words alone.
struct Address(String);

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Address {}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/inbox", get(inbox))
}

async fn inbox(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let asked = &wanted.asked;
    let Open::List { shelf: list, whose, project, severity, after, limit, .. } = asked.open(String::new())?
    else {
        return Err(Problem::NotFound.into());
    };
    let (shelf, closed) = (asked.shelf(), list == Shelf::Closed);
    let (severity, after) = (severity.as_deref(), after.as_deref());
    let listing = Listing { shelf: list, whose, project, severity, after, limit };
    let listed = wire.desk.listed(&visitor.caller, &listing).await?;
    let projects: BTreeMap<ProjectId, String> = wire
        .desk
        .projects_for_reporters()
        .await?
        .into_iter()
        .map(|project| (project.project, project.name))
        .collect();
    let digest = listed.digest();
    let rows: Vec<Row> = listed.items.into_iter().map(|item| row(item, &projects)).collect();
    let mut filters = project.map(|project| format!("&amp;project={project}")).unwrap_or_default();
    filters.extend(severity.map(|severity| format!("&amp;severity={severity}")));
    let begins = rows.is_empty() && wire.desk.may_begin(&visitor.caller).await?;
    let without_role = rows.is_empty() && !begins && !wire.desk.has_role(&visitor.caller).await?;
    // A cursor that the desk has read is digits, letters and a full stop.
    let plain =
        |after: &&str| after.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    let from = listing.after.filter(plain).map(|after| format!("&amp;after={after}")).unwrap_or_default();
    let live = format!("shelf={shelf}{filters}{from}&amp;digest={digest}");
    let page = Page {
        begins,
        without_role,
        frame: Frame::desk("Inbox", "inbox", &visitor),
        rows,
        most: ROWS,
        shelf,
        shelves: &SHELVES,
        closed,
        first: after.is_none(),
        narrowed: project.is_some() || severity.is_some(),
        project: project.map(|project| project.to_string()).unwrap_or_default(),
        live: Address(live),
        projects: projects.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        severity: severity.unwrap_or_default().to_owned(),
        severities: &SEVERITIES,
        filters: Address(filters),
        next: listed.next,
        did: did(&wanted.did, !wanted.answered.is_empty()),
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// What was decided just before, in words.
fn did(name: &str, answered: bool) -> Option<String> {
    let decision = Decision::parse(name)?;
    let what = match decision {
        Decision::Acknowledge => "The report is acknowledged".to_owned(),
        decision => format!("Recorded: {}", choice(decision).label.to_lowercase()),
    };
    Some(if answered { format!("{what}, and the reporter was answered.") } else { format!("{what}.") })
}

/// Which rooms have something new.
fn unread(rooms: &[Room]) -> Option<String> {
    let name = |room: &Room| match room {
        Room::Reporter => "the reporter",
        Room::Internal => "the team",
        Room::Guest => "guests",
    };
    let names: Vec<&str> = rooms.iter().map(name).collect();
    (!names.is_empty()).then(|| format!("new from {}", names.join(", ")))
}

fn row(item: Item, projects: &BTreeMap<ProjectId, String>) -> Row {
    let now = world::now();
    let due = item.due.zip(item.duty).map(|(due, duty)| (words::name(&duty), Moment::new(due, now)));
    let tone = match &due {
        _ if item.exposed_since.is_some() => "bad",
        Some((_, due)) if due.past => "bad",
        Some(_) if item.due.is_some_and(|due| (due - now).millis() < 86_400_000) => "care",
        Some(_) => "open",
        None => "quiet",
    };
    Row {
        case: item.case.to_string(),
        title: item.title,
        project: projects.get(&item.project).cloned().unwrap_or_default(),
        state: item.state.unwrap_or_default(),
        severity: item.severity,
        lead: item.lead_name,
        due,
        exposed: item.exposed_since.map(|since| words::span(now - since)),
        tone,
        opened: Moment::new(item.opened, now),
        works: item.works,
        seen: item.seen,
        fresh: !item.seen || !item.unread.is_empty(),
        unread: unread(&item.unread),
    }
}
