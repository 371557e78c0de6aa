//! The page of a case.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use fixlead_app::case::board::{Board, Obligation};
use fixlead_app::case::read::{RoomView, View};
use fixlead_app::problem::Problem;
use fixlead_core::case::EventKind;
use fixlead_core::desk::event::Room;
use fixlead_core::id::{BlobId, CaseId, PersonId};
use fixlead_core::plan::duties::State as DutyState;
use fixlead_core::policy::model::FindingKind;
use fixlead_core::time::Instant;
use serde::Deserialize;

use super::entry;
use super::head::Head;
use super::history::{self, StepRow};
use super::picture::{self, Picture};
use super::rows::{self, BranchRow, DecisionRow, DutyRow, GateRow, StandingRow};
use super::said::Said;
use crate::api::Wire;
use crate::api::attachments::{self, Proof};
use crate::api::caller::{Shown, shown};
use crate::api::extract::InPath;
use crate::serve::world;
use crate::web::form::once;
use crate::web::markdown::{Inert, inert};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::status::Message;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// Somebody in the case.
pub struct PersonRow {
    grant: String,
    name: String,
    role: String,
    from: Moment,
    given_by: Option<String>,
    reason: String,
    until: Option<Moment>,
    /// The end as a field for one sends it.
    until_input: String,
    revocable: bool,
    movable: bool,
}

/// A room.
pub struct RoomTab {
    key: &'static str,
    name: &'static str,
    about: &'static str,
    messages: Vec<Message>,
    files: Vec<FileRow>,
    open: bool,
    /// How much of others is new here since whoever looks last did.
    news: usize,
}

/// A file.
pub struct FileRow {
    id: String,
    name: String,
    size: String,
}

/// How many of the last entries of the log stand on the page itself.
const ON_CASE: usize = 6;
/// How many duties have the whole of their reasons there.
const WITH_REASONS: usize = 3;
/// How many duties to do stand there, and how many others, a line each: those of many branches
/// would fill any page.
const MOST_DUTIES: usize = 24;
const MOST_SETTLED: usize = 64;

#[derive(Template)]
#[template(path = "case.html")]
struct Page {
    frame: Frame,
    head: Head,
    version: u64,
    opened: Moment,
    project: String,
    policy: String,
    policy_version: String,
    class: &'static str,
    severity: Option<&'static str>,
    mode: Option<String>,
    path: Option<String>,
    exposed: Option<String>,
    restricted: bool,
    merged_into: Option<String>,
    lead: Option<String>,
    leads: bool,
    offered: Option<(String, String, bool)>,
    next: Option<DutyRow>,
    picture: Option<Picture>,
    duties: Vec<DutyRow>,
    settled: Vec<DutyRow>,
    /// How many more there are of both, which stand on the page of every duty.
    more: usize,
    more_settled: usize,
    /// How many duties do not apply.
    idle: usize,
    gates: Vec<GateRow>,
    decisions: Vec<DecisionRow>,
    standings: Vec<StandingRow>,
    has_team: bool,
    findings: Vec<(Moment, String, String, String)>,
    report: Option<(Inert, Option<String>, String)>,
    said: Said,
    rooms: Vec<RoomTab>,
    people: Vec<PersonRow>,
    candidates: Vec<(String, String)>,
    recused: Vec<String>,
    branches: Vec<BranchRow>,
    steps: Vec<StepRow>,
    /// How many entries the whole log has.
    written: usize,
    may: Vec<&'static str>,
    once: String,
    done: Option<String>,
}

impl RoomTab {
    /// Which room it is, and whether it is the one that is shown.
    pub fn shown(&self) -> (&'static str, bool) {
        (self.key, self.open)
    }

    /// How many messages and files stand in it.
    pub fn extent(&self) -> (usize, usize) {
        (self.messages.len(), self.files.len())
    }

    /// How much of it is new.
    pub fn set_news(&mut self, news: usize) {
        self.news = news;
    }
}

impl Page {
    fn may(&self, action: &str) -> bool {
        self.may.contains(&action)
    }
}

#[derive(Template)]
#[template(path = "case-narrow.html")]
struct Narrow {
    frame: Frame,
    case: String,
    title: Option<String>,
    report: Option<Inert>,
    rooms: Vec<RoomTab>,
    once: String,
}

/// Which part somebody wants to see first.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    room: String,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    match wire.desk.board(&visitor.caller, case).await {
        Ok(board) => {
            let mut page = of(board, &visitor, &wanted);
            super::looked::mark(&wire, &visitor, case, &mut page.rooms).await?;
            Ok(page::show(StatusCode::OK, &page))
        }
        // Guests and the reporter see their rooms and no more.
        Err(Problem::NotFound | Problem::Forbidden { .. }) => {
            let view = wire.desk.read(&visitor.caller, case).await?;
            let mut page = narrow(view, &visitor, case, &wanted);
            super::looked::mark(&wire, &visitor, case, &mut page.rooms).await?;
            Ok(page::show(StatusCode::OK, &page))
        }
        Err(problem) => Err(problem.into()),
    }
}

fn narrow(view: View, visitor: &Visitor, case: CaseId, wanted: &Wanted) -> Narrow {
    let names = BTreeMap::new();
    Narrow {
        frame: Frame::desk("Case", "inbox", visitor),
        case: case.to_string(),
        title: view.about.as_ref().map(|about| about.title.clone()),
        report: view.report.as_ref().map(|report| inert(&report.body)),
        rooms: rooms(view.rooms, &names, visitor.caller.person, world::now(), &wanted.room),
        once: once(),
    }
}

fn of(board: Board, visitor: &Visitor, wanted: &Wanted) -> Page {
    let me = visitor.caller.person;
    let now = board.at;
    let picture = picture::draw(&board);
    let Board { view, candidates, .. } = &board;
    let names = &view.names;
    let called = |person: PersonId| words::called(names, person);
    let standing = view.standing.as_ref();
    let people = standing.into_iter().flat_map(|standing| &standing.people).map(|member| PersonRow {
        grant: member.grant.to_string(),
        name: member.name.clone().unwrap_or_else(|| called(member.person)),
        role: words::name(member.role.name()),
        from: Moment::new(member.from, now),
        given_by: member.given_by.filter(|by| *by != member.person).map(called),
        reason: member.reason.clone(),
        until: member.until.map(|until| Moment::new(until, now)),
        until_input: member
            .until
            .map(|until| until.to_string().chars().take(16).collect())
            .unwrap_or_default(),
        revocable: match member.role.name() {
            "fix-team" | "release-manager" => view.may.contains(&"team.revoke"),
            "fix-lead" => false,
            _ => view.may.contains(&"access.revoke"),
        },
        movable: match member.role.name() {
            "fix-team" | "release-manager" => view.may.contains(&"team.add"),
            "fix-lead" | "reporter" => false,
            _ => view.may.contains(&"access.give"),
        },
    });
    let (mut open, mut settled, mut idle) = (Vec::new(), Vec::new(), 0);
    for duty in &board.duties {
        match duty.state {
            DutyState::NotApplicable => idle += 1,
            _ if rows::is_open(duty) => open.push(duty),
            _ => settled.push(duty),
        }
    }
    // What is due first comes first; what has no due comes last.
    open.sort_by_key(|duty| duty.due.map_or(i64::MAX, |due| due.first().millis()));
    let row = |(place, duty): (usize, &&Obligation)| match place {
        0..WITH_REASONS => rows::reasoned(&board, duty),
        _ => rows::duty(&board, duty),
    };
    let duties = open.iter().take(MOST_DUTIES).enumerate().map(row).collect();
    let more = open.len().saturating_sub(MOST_DUTIES);
    let more_settled = settled.len().saturating_sub(MOST_SETTLED);
    let settled = settled.into_iter().take(MOST_SETTLED).map(|duty| rows::duty(&board, duty)).collect();
    let next = rows::next(&board).map(|duty| rows::duty(&board, duty));
    // What is not set in the policy is for whoever keeps the project.
    let of_case = board.findings.iter().filter(|found| found.kind != FindingKind::UnsetParameter);
    let findings = of_case.take(100).map(|found| {
        let about = found.subject.clone().map(|subject| format!(" ({subject})")).unwrap_or_default();
        (
            Moment::of(found.at, now),
            found.kind.name().to_owned(),
            found.clauses.join(" "),
            format!("{}{about}", words::sentence(&found.text)),
        )
    });
    let said = view.report.as_ref().map(Said::of).unwrap_or_default();
    let report = view.report.as_ref().map(|report| {
        let by = report.reporter.map(called).unwrap_or_else(|| "the reporter".to_owned());
        (inert(&report.body), report.credit.clone(), by)
    });
    let offered = standing
        .and_then(|standing| standing.handoff)
        .map(|(offer, to)| (offer.to_string(), called(to), to == me));
    let exposed = board.exposed.map(|length| {
        let running = if length.running { ", and still" } else { "" };
        format!("{}{running}", words::span(length.most))
    });
    let lead = standing.and_then(|standing| standing.lead);
    let is_recused = |person: &PersonId| standing.is_some_and(|standing| standing.recused.contains(person));
    let candidates = candidates.iter().filter(|(person, _)| !is_recused(person));
    let written = view.timeline.len();
    Page {
        frame: Frame::desk("Case", "inbox", visitor),
        head: Head::of(view, "case"),
        version: view.version,
        opened: Moment::new(view.about.as_ref().map_or(now, |about| about.opened), now),
        project: board.project.clone(),
        policy: board.policy_title.clone(),
        policy_version: standing.map(|standing| standing.policy_version.clone()).unwrap_or_default(),
        class: board.class,
        severity: board.severity,
        mode: board.mode.filter(|mode| *mode != "normal").map(words::name),
        path: board.path.clone().map(|path| words::name(&path)),
        exposed,
        restricted: standing.is_some_and(|standing| standing.restricted),
        merged_into: standing.and_then(|standing| standing.merged_into.clone()),
        lead: lead.map(called),
        leads: lead == Some(me),
        offered,
        next,
        picture,
        settled,
        more,
        more_settled,
        gates: rows::gates(&board.gates, now),
        decisions: board.decisions.iter().map(|decision| rows::decision(decision, now)).collect(),
        standings: board.standings.iter().map(|standing| rows::standing(standing, now)).collect(),
        has_team: rows::has_team(&board),
        idle,
        findings: findings.collect(),
        report,
        said,
        rooms: rooms(view.rooms.clone(), names, me, now, &wanted.room),
        people: people.collect(),
        candidates: candidates.map(|(id, name)| (id.to_string(), name.clone())).collect(),
        recused: standing
            .into_iter()
            .flat_map(|standing| &standing.recused)
            .map(|person| called(*person))
            .collect(),
        branches: rows::branches(&board),
        steps: history::rows(view, now).take(ON_CASE).collect(),
        written,
        may: view.may.clone(),
        once: once(),
        done: done(&wanted.done),
        duties,
    }
}

/// What was just recorded, if something was.
fn done(named: &str) -> Option<String> {
    let kind = || EventKind::parse(named).map(|kind| entry::capital(&words::happening(kind)));
    (!named.is_empty()).then(|| kind().map(|name| format!("{name}.")).unwrap_or_default())
}

fn rooms(
    rooms: Vec<RoomView>,
    names: &BTreeMap<PersonId, String>,
    me: PersonId,
    now: Instant,
    wanted: &str,
) -> Vec<RoomTab> {
    let about = |room: Room| match room {
        Room::Reporter => ("Reporter", "Whoever reported it reads this room."),
        Room::Internal => ("Team", "Only those who work on the case read this room."),
        Room::Guest => ("Guests", "Distributors and guests of the case read this room."),
    };
    let first = rooms.first().map(|room| room.room.name());
    let chosen = rooms.iter().map(|room| room.room.name()).find(|name| *name == wanted).or(first);
    let tab = |room: RoomView| {
        let (name, about) = about(room.room);
        let messages = room.messages.into_iter().map(|message| {
            let by = message.by.map_or_else(
                || "The desk".to_owned(),
                |person| names.get(&person).cloned().unwrap_or_else(|| "From outside".to_owned()),
            );
            Message {
                by,
                own: message.by == Some(me),
                at: Moment::new(message.at, now),
                body: inert(&message.body),
            }
        });
        let files = room.files.into_iter().map(|file| FileRow {
            id: file.blob.to_string(),
            name: file.name,
            size: size(file.size),
        });
        let key = room.room.name();
        RoomTab {
            key,
            name,
            about,
            messages: messages.collect(),
            files: files.collect(),
            open: chosen == Some(key),
            news: 0,
        }
    };
    rooms.into_iter().map(tab).collect()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{} MiB", bytes / 1_048_576),
    }
}

/// A file, to be saved.
pub async fn file(
    State(wire): State<Wire>,
    visitor: Visitor,
    headers: HeaderMap,
    InPath((case, file)): InPath<(CaseId, BlobId)>,
) -> Result<Response, Trouble> {
    let Some(Shown::Session(secret)) = shown(&headers, wire.public.is_https()) else {
        return Err(Problem::Unauthenticated.into());
    };
    Ok(attachments::save(&wire, &visitor.caller, Proof::Caller(secret.to_owned()), case, file).await?)
}

/// Somebody in the report on who knew.
pub struct KnewRow {
    name: String,
    could: Vec<(String, Moment, Option<Moment>)>,
    recused: Option<Moment>,
    read: Vec<(Moment, String)>,
    wrote: Option<(Moment, Moment, usize)>,
}

#[derive(Template)]
#[template(path = "who-knew.html")]
struct WhoKnew {
    frame: Frame,
    case: String,
    at: Moment,
    people: Vec<KnewRow>,
}

/// Who could read the case, and who did.
pub async fn who_knew(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let report = wire.desk.who_knew(&visitor.caller, case).await?;
    let now = report.at;
    let people = report.people.into_iter().map(|knew| KnewRow {
        name: knew.name.unwrap_or_else(|| words::OUTSIDER.to_owned()),
        could: knew
            .could
            .into_iter()
            .map(|could| {
                let until = could.until.map(|until| Moment::new(until, now));
                (words::name(could.role.name()), Moment::new(could.from, now), until)
            })
            .collect(),
        recused: knew.recused.map(|at| Moment::new(at, now)),
        read: knew
            .read
            .into_iter()
            .map(|read| (Moment::new(read.at, now), words::name(&read.what)))
            .collect(),
        wrote: knew
            .wrote
            .map(|(first, last, count)| (Moment::new(first, now), Moment::new(last, now), count)),
    });
    let frame = Frame::desk("Who knew", "inbox", &visitor);
    let page = WhoKnew { frame, case: case.to_string(), at: Moment::new(now, now), people: people.collect() };
    Ok(page::show(StatusCode::OK, &page))
}
