//! The release planner: an instant, what objects to it, the earliest lawful
//! one, the one that is proposed, and a month to choose from. And what other
//! projects have agreed, with the ids of the case.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::schedule::{Day, Lead, Schedule, Upstream, Verdict};
use fixlead_core::id::CaseId;
use fixlead_core::time::{Instant, Span, format_day, parse_day};
use serde::Deserialize;

use super::act::instant;
use super::head::Head;
use super::rows::WhyRow;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::serve::world;
use crate::web::form::once;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// A day of the calendar.
struct Cell {
    /// Its number in the month.
    number: String,
    /// Where a release on it is looked at.
    address: String,
    /// What is said of it.
    label: String,
    /// The clauses that object, where the day is still to come.
    objects: String,
    tone: &'static str,
    other_month: bool,
    today: bool,
    chosen: bool,
    planned: bool,
    holiday: bool,
    marks: Vec<(String, bool)>,
}

/// A notice that has to go out before.
struct LeadRow {
    name: String,
    say: String,
    clauses: String,
    span: String,
    latest: Option<Moment>,
    sent: Option<Moment>,
    kept: bool,
}

/// What is said of an instant.
struct VerdictRow {
    at: Moment,
    allowed: bool,
    because: String,
    clauses: String,
    rather: Vec<(String, String)>,
    input: String,
    why: WhyRow,
}

/// A date of another project.
struct UpstreamRow {
    project: String,
    until: Option<Moment>,
    reference: String,
    agreed: Moment,
    holds: bool,
}

#[derive(Template)]
#[template(path = "plan.html")]
struct Page {
    frame: Frame,
    head: Head,
    plan: Option<Moment>,
    released: Option<Moment>,
    earliest: Option<(Moment, String)>,
    proposed: Option<(Moment, String)>,
    obstacle: Option<(String, String)>,
    slot: Option<(String, String)>,
    verdict: Option<VerdictRow>,
    input: String,
    month: String,
    before: String,
    after: String,
    weeks: Vec<Vec<Cell>>,
    leads: Vec<LeadRow>,
    upstream: Vec<UpstreamRow>,
    cves: Vec<String>,
    revision: u64,
    may_plan: bool,
    may_override: bool,
    done: bool,
    once: String,
}

/// What somebody looks at.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    at: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    done: String,
}

/// An instant as a field for one sends it.
fn field(at: Instant) -> String {
    at.to_string().chars().take(16).collect()
}

/// The first day of the month of a day, and of those around it.
fn month(day: i64) -> (i64, i64, i64) {
    let text = format_day(day);
    let first = parse_day(&format!("{}01", text.get(..8).unwrap_or("1970-01-"))).unwrap_or(day);
    let start = |day: i64| {
        let text = format_day(day);
        parse_day(&format!("{}01", text.get(..8).unwrap_or("1970-01-"))).unwrap_or(day)
    };
    (start(first - 1), first, start(first + 31))
}

fn cell(day: &Day, schedule: &Schedule, case: CaseId, first: i64, today: i64) -> Cell {
    let iso = format_day(day.day);
    let at = Moment::new(day.at, schedule.board.at);
    let said = match (day.allowed, day.preferred) {
        _ if schedule.released.is_some() => "released already".to_owned(),
        (true, true) => "may be planned".to_owned(),
        (true, false) => "may be planned, another hour or day is preferred".to_owned(),
        (false, _) if day.at < schedule.board.at => "has passed".to_owned(),
        (false, _) => format!("held by {}", day.clauses.join(" ")),
    };
    Cell {
        number: iso.get(8..).unwrap_or_default().trim_start_matches('0').to_owned(),
        address: format!("/cases/{case}/plan?at={}&month={}", field(day.at), format_day(first)),
        label: format!("{}: {said}", at.text),
        objects: match day.allowed || day.at < schedule.board.at {
            true => String::new(),
            false => day.clauses.join(" "),
        },
        tone: match (day.allowed, day.preferred) {
            _ if day.at < schedule.board.at => "past",
            (true, true) => "good",
            (true, false) => "fair",
            (false, _) => "held",
        },
        other_month: month(day.day).1 != first,
        today: day.day == today,
        chosen: schedule.verdict.as_ref().is_some_and(|verdict| verdict.at.day() == day.day),
        planned: schedule.plan.is_some_and(|plan| plan.day() == day.day),
        holiday: day.holiday,
        marks: day.marks.iter().map(|(text, done)| (words::name(text), *done)).collect(),
    }
}

fn lead_row(lead: &Lead, now: Instant) -> LeadRow {
    let kept = match (lead.sent, lead.latest) {
        (Some(sent), Some(latest)) => sent.last() <= latest,
        (None, Some(latest)) => now <= latest,
        _ => true,
    };
    LeadRow {
        name: words::name(&lead.duty),
        say: words::sentence(&lead.say),
        clauses: lead.clauses.join(" "),
        span: words::span(lead.span),
        latest: lead.latest.map(|at| Moment::new(at, now)),
        sent: lead.sent.map(|at| Moment::of(at, now)),
        kept,
    }
}

fn verdict_row(verdict: &Verdict, now: Instant) -> VerdictRow {
    VerdictRow {
        at: Moment::new(verdict.at, now),
        allowed: verdict.allowed,
        because: words::sentence(&verdict.because),
        clauses: verdict.clauses.join(" "),
        rather: verdict.rather.clone(),
        input: field(verdict.at),
        why: if verdict.allowed { WhyRow::default() } else { WhyRow::new(&verdict.why, &[], now) },
    }
}

fn upstream_row(upstream: &Upstream, now: Instant) -> UpstreamRow {
    UpstreamRow {
        project: upstream.project.clone().unwrap_or_else(|| "another project".to_owned()),
        until: upstream.until.map(|at| Moment::new(at, now)),
        reference: upstream.reference.clone().unwrap_or_default(),
        agreed: Moment::of(upstream.at, now),
        holds: upstream.holds,
    }
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let today = world::now().day();
    let asked = instant(&wanted.at);
    let shown = parse_day(&wanted.month).ok().or(asked.map(Instant::day)).unwrap_or(today);
    let (before, first, after) = month(shown);
    let monday = first - i64::try_from(Instant::midnight(first).weekday()).unwrap_or(0);
    let schedule = wire.desk.schedule(&visitor.caller, case, asked, monday).await?;
    let now = schedule.board.at;
    let linked = |at: Instant| {
        (
            Moment::new(at, now),
            format!("/cases/{case}/plan?at={}&month={}", field(at), format_day(month(at.day()).1)),
        )
    };
    let may = |action: &str| schedule.board.view.may.contains(&action);
    let cells: Vec<Cell> = schedule.days.iter().map(|day| cell(day, &schedule, case, first, today)).collect();
    let mut weeks: Vec<Vec<Cell>> = Vec::new();
    for one in cells {
        match weeks.last_mut().filter(|week| week.len() < 7) {
            Some(week) => week.push(one),
            None => weeks.push(vec![one]),
        }
    }
    weeks.retain(|week| week.iter().any(|day| !day.other_month));
    let usual = asked.or(schedule.plan).or(schedule.proposed).unwrap_or(now + Span::days(1));
    let title = Moment::new(Instant::midnight(first), now).text;
    let page = Page {
        frame: Frame::desk("Release plan", "inbox", &visitor),
        head: Head::of(&schedule.board.view, "plan"),
        plan: schedule.plan.map(|at| Moment::new(at, now)),
        released: schedule.released.map(|at| Moment::of(at, now)),
        earliest: schedule.earliest.map(linked),
        proposed: schedule.proposed.map(linked),
        obstacle: schedule
            .obstacle
            .as_ref()
            .map(|(because, clauses)| (words::sentence(because), clauses.join(" "))),
        slot: schedule.slot.as_ref().map(|(say, clauses)| (say.clone(), clauses.join(" "))),
        verdict: schedule.verdict.as_ref().map(|verdict| verdict_row(verdict, now)),
        input: field(usual),
        // Of `Sun 1 Nov 2026, 00:00 UTC` the month and the year.
        month: title.split(',').next().unwrap_or_default().split(' ').skip(2).collect::<Vec<_>>().join(" "),
        before: format_day(before),
        after: format_day(after),
        weeks,
        leads: schedule.leads.iter().map(|lead| lead_row(lead, now)).collect(),
        upstream: schedule.upstream.iter().map(|upstream| upstream_row(upstream, now)).collect(),
        cves: schedule.cves.clone(),
        revision: schedule.board.view.version,
        may_plan: may("record.plan"),
        may_override: may("override"),
        done: !wanted.done.is_empty(),
        once: once(),
    };
    Ok(page::show(StatusCode::OK, &page))
}
