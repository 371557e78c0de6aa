//! The communication plan: who is told what, where and when. What the policy
//! asks for stands beside what the team has planned.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::communication::{Communication, Line, Told};
use fixlead_app::case::record::Recording;
use fixlead_app::problem::Problem;
use fixlead_core::case::EventKind;
use fixlead_core::desk::command::Source;
use fixlead_core::id::CaseId;
use fixlead_core::plan::duties::State as DutyState;
use fixlead_core::time::Instant;
use serde::Deserialize;
use serde_json::json;

use super::head::Head;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// Empty lines below those that are there.
const SPARE: usize = 3;
/// Most lines of a plan.
const MOST: usize = 40;

/// Something that the policy has people told.
struct ToldRow {
    address: String,
    action: String,
    audience: String,
    channel: String,
    say: String,
    clauses: String,
    at: Option<Moment>,
    state: &'static str,
    tone: &'static str,
    because: String,
}

/// A line of the plan.
struct LineRow {
    number: usize,
    line: Line,
    spare: bool,
}

#[derive(Template)]
#[template(path = "communication.html")]
struct Page {
    frame: Frame,
    head: Head,
    told: Vec<ToldRow>,
    lines: Vec<LineRow>,
    drafted: bool,
    planned: Option<Moment>,
    release: Option<Moment>,
    revision: u64,
    may_plan: bool,
    errors: Vec<String>,
    done: bool,
    once: String,
}

/// Who hears of it, by the event that tells them.
fn audience(kind: EventKind) -> &'static str {
    match kind {
        EventKind::NoticeForthcoming | EventKind::NoticeChannel => "users",
        EventKind::NoticeAdvance | EventKind::NoticePrerelease => "distributors",
        EventKind::ListPosted => "distributions",
        EventKind::CvePublished => "readers of CVE records",
        EventKind::RetroSent => "the project",
        EventKind::CraEarlyWarning | EventKind::CraNotification | EventKind::CraFinal => "authorities",
        _ => "everybody",
    }
}

fn channel(told: &Told) -> String {
    let usual = match told.kind {
        EventKind::NoticeForthcoming => "the users' channel",
        EventKind::NoticeAdvance | EventKind::NoticePrerelease => "distributors list",
        EventKind::CvePublished => "CVE record",
        EventKind::RetroSent => "mail",
        _ => "to be chosen",
    };
    told.channel.clone().unwrap_or_else(|| usual.to_owned())
}

/// Words to begin with. None of them says what the flaw is.
fn template(kind: EventKind) -> &'static str {
    match kind {
        EventKind::NoticeForthcoming => {
            "A release with a security fix comes on DATE at HOUR UTC. Please block time to upgrade. Until then: MITIGATION."
        }
        EventKind::NoticeAdvance => {
            "Under embargo until DATE, HOUR UTC: patches, how to reproduce it, mitigations and the timeline for a fix. Please confirm that you have it."
        }
        EventKind::NoticePrerelease => {
            "The release comes on DATE at HOUR UTC. The public text is attached; it stays under embargo until then."
        }
        EventKind::NoticeChannel => "BRANCH is affected by THREAT. Please upgrade to VERSION.",
        EventKind::Announced => {
            "VERSION fixes CVE-ID (SEVERITY): what it allows, who is affected, how to upgrade, and what helps before that."
        }
        EventKind::CvePublished => "The record of CVE-ID: affected and fixed versions, references, credit.",
        EventKind::RetroSent => {
            "Who was involved, the timeline, what introduced it, what we do better. Without blame."
        }
        _ => "",
    }
}

fn row(told: &Told, case: CaseId, now: Instant) -> ToldRow {
    let duty = &told.duty;
    let subject = duty.subject.as_ref().map(|subject| format!("&subject={subject}")).unwrap_or_default();
    let (state, tone) = match (duty.state, duty.done_at, told.planned) {
        (DutyState::Late, ..) => ("sent late", "care"),
        (DutyState::Excused, ..) => ("sent, excused", "good"),
        (DutyState::Missed, ..) => ("missed", "bad"),
        (_, Some(_), _) => ("sent", "good"),
        (DutyState::Overdue, ..) => ("late", "bad"),
        (DutyState::Held, ..) => ("held", "care"),
        (_, None, Some(_)) => ("planned", "open"),
        (_, None, None) => ("no date yet", "quiet"),
    };
    ToldRow {
        address: format!("/cases/{case}/record/{}?duty={}{subject}", told.kind.name(), duty.id),
        action: words::happening(told.kind),
        audience: audience(told.kind).to_owned(),
        channel: channel(told),
        say: words::sentence(&duty.say),
        clauses: duty.clauses.join(" "),
        at: duty.done_at.or(told.planned).map(|at| Moment::of(at, now)),
        state,
        tone,
        because: words::sentence(&duty.because),
    }
}

/// The lines to begin with: what was planned, or what the policy asks for.
fn drafted(found: &Communication) -> Vec<Line> {
    let line = |told: &Told| Line {
        audience: audience(told.kind).to_owned(),
        channel: channel(told),
        at: told.planned.map(|at| Moment::of(at, found.board.at).text).unwrap_or_default(),
        message: template(told.kind).to_owned(),
    };
    if found.lines.is_empty() { found.told.iter().map(line).collect() } else { found.lines.clone() }
}

/// Whether it was just recorded.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    done: String,
}

fn shown(
    found: &Communication,
    visitor: &Visitor,
    case: CaseId,
    lines: Vec<Line>,
    errors: Vec<String>,
    done: bool,
) -> Page {
    let now = found.board.at;
    let filled = lines.len();
    let spare = std::iter::repeat_with(Line::default).take(SPARE);
    let lines = lines.into_iter().chain(spare).take(MOST).enumerate();
    Page {
        frame: Frame::desk("Communication", "inbox", visitor),
        head: Head::of(&found.board.view, "communication"),
        told: found.told.iter().map(|told| row(told, case, now)).collect(),
        lines: lines.map(|(number, line)| LineRow { number, line, spare: number >= filled }).collect(),
        drafted: found.lines.is_empty(),
        planned: found.planned.map(|at| Moment::of(at, now)),
        release: found.release.map(|at| Moment::new(at, now)),
        revision: found.board.view.version,
        may_plan: found.board.view.may.contains(&"record.plan"),
        errors,
        done,
        once: once(),
    }
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let found = wire.desk.communication(&visitor.caller, case).await?;
    let lines = drafted(&found);
    let page = shown(&found, &visitor, case, lines, Vec::new(), !wanted.done.is_empty());
    Ok(page::show(StatusCode::OK, &page))
}

/// What it sends: the whole plan.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = form.repeat(&format!("case {case} communication"))?;
    let part = |number: usize, name: &str| form.text(&format!("{name}.{number}")).to_owned();
    let lines: Vec<Line> = (0..MOST)
        .map(|number| Line {
            audience: part(number, "audience"),
            channel: part(number, "channel"),
            at: part(number, "at"),
            message: part(number, "message"),
        })
        .filter(|line| *line != Line::default())
        .collect();
    let parts: Vec<String> = lines.iter().map(Line::written).collect();
    let recording = Recording {
        event: json!({ "type": EventKind::CommsPlanned.name(), "parts": parts }),
        source: Source::Done,
        expected: form.text("seen").parse().unwrap_or(0),
        although: None,
        evidence: None,
    };
    let error = match wire.desk.record(&visitor.caller, case, recording, repeat).await {
        Ok(_) => return Ok(page::go(&format!("/cases/{case}/communication?done=1"))),
        Err(Problem::Invalid { errors }) => {
            errors.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")
        }
        Err(Problem::Conflict { .. }) => {
            "somebody has changed the case since you opened this page; look whether it still applies, and send it again"
                .to_owned()
        }
        Err(problem) => return Err(problem.into()),
    };
    let found = wire.desk.communication(&visitor.caller, case).await?;
    let page = shown(&found, &visitor, case, lines, vec![error], false);
    Ok(page::show(StatusCode::CONFLICT, &page))
}
