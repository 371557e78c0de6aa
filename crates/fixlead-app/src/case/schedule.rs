//! When the release may be: what objects to an instant, the earliest lawful
//! one, the one that the planner proposes, and a month of days to choose from.

use fixlead_core::access::Action as Right;
use fixlead_core::case::{Action, Ask, EventKind, Field};
use fixlead_core::id::CaseId;
use fixlead_core::plan::planner::{Answer, in_slot};
use fixlead_core::plan::{self, words};
use fixlead_core::policy::model::Window;
use fixlead_core::time::{Instant, Span, When};

use super::board::Board;
use super::why::{self, Why};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// What is said of a release at an instant.
#[derive(Clone)]
pub struct Verdict {
    /// The instant.
    pub at: Instant,
    /// Whether it may be planned.
    pub allowed: bool,
    /// The arithmetic.
    pub because: String,
    /// The clauses that object.
    pub clauses: Vec<String>,
    /// What would rather have it otherwise: clauses and sentences.
    pub rather: Vec<(String, String)>,
    /// Why.
    pub why: Why,
}

/// A day of the calendar.
#[derive(Clone)]
pub struct Day {
    /// Days since 1970.
    pub day: i64,
    /// A release on it, at the hour that was asked about or that is preferred.
    pub at: Instant,
    /// Whether that may be planned.
    pub allowed: bool,
    /// Which clauses object.
    pub clauses: Vec<String>,
    /// Whether the policy prefers the instant.
    pub preferred: bool,
    /// Whether the project has a holiday.
    pub holiday: bool,
    /// What happens on it: the event or duty, whether it is done.
    pub marks: Vec<(String, bool)>,
}

/// A notice that has to go out before the release.
#[derive(Clone)]
pub struct Lead {
    /// The duty.
    pub duty: String,
    /// The policy's sentence.
    pub say: String,
    /// The clauses.
    pub clauses: Vec<String>,
    /// How long before.
    pub span: Span,
    /// When it has to go out at the latest for the release that was asked about.
    pub latest: Option<Instant>,
    /// When it went out.
    pub sent: Option<When>,
}

/// A date that another project gave.
#[derive(Clone)]
pub struct Upstream {
    /// When it was agreed.
    pub at: When,
    /// The project.
    pub project: Option<String>,
    /// The date.
    pub until: Option<Instant>,
    /// Where that can be read.
    pub reference: Option<String>,
    /// Whether it still holds something.
    pub holds: bool,
}

/// When the release may be.
pub struct Schedule {
    /// The case.
    pub board: Board,
    /// The plan in force.
    pub plan: Option<Instant>,
    /// When it was released.
    pub released: Option<When>,
    /// The earliest lawful instant.
    pub earliest: Option<Instant>,
    /// The instant that the planner proposes.
    pub proposed: Option<Instant>,
    /// What is in the way where there is none.
    pub obstacle: Option<(String, Vec<String>)>,
    /// What is said of the instant that was asked about.
    pub verdict: Option<Verdict>,
    /// The policy's sentence about the preferred hour.
    pub slot: Option<(String, Vec<String>)>,
    /// Six weeks around the month.
    pub days: Vec<Day>,
    /// What has to go out before.
    pub leads: Vec<Lead>,
    /// Dates of other projects.
    pub upstream: Vec<Upstream>,
    /// CVE ids of the case.
    pub cves: Vec<String>,
}

fn owned(clauses: Vec<&str>) -> Vec<String> {
    clauses.into_iter().map(str::to_owned).collect()
}

fn ask(plan: &plan::Case<'_>, action: Action, release_at: Option<Instant>, now: Instant) -> Answer {
    let id = action.name().to_owned();
    plan.answer(&Ask { id, at: now, action, release_at, branches: 0, channel: None })
}

impl Desk {
    /// When the release may be; `first` is the first day of the calendar.
    pub async fn schedule(
        &self,
        caller: &Caller,
        case: CaseId,
        asked: Option<Instant>,
        first: i64,
    ) -> Result<Schedule> {
        let board = self.board(caller, case).await?;
        let (_, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = kept.file.plan(&policy);
        let (record, facts, now) = (&plan.record, plan.facts(), board.at);
        let say = |clause: &u16| {
            let said = policy.sentences(*clause).into_iter().next().unwrap_or_default();
            (policy.clause(*clause).to_owned(), said.to_owned())
        };
        let offer = ask(&plan, Action::ReleasePropose, None, now);
        let verdict = asked.map(|at| {
            let answer = ask(&plan, Action::ReleaseSchedule, Some(at), now);
            Verdict {
                at,
                allowed: answer.allowed,
                because: words::answer(record, &answer),
                clauses: owned(words::clauses(record, &answer.clauses)),
                rather: answer.preferences.iter().map(say).collect(),
                why: why::of_answer(record, &answer),
            }
        });
        let released = facts.first(EventKind::Released);
        // The hour that was asked about, else the policy's, else that of the plan.
        let hour = asked
            .map(Instant::time_of_day)
            .or(policy.slot.as_ref().map(|slot| slot.at))
            .or(facts.plan.map(Instant::time_of_day))
            .unwrap_or(Span::hours(16));
        let marks = |day: i64| {
            let on = |at: When| at.first().day() == day;
            let events = record.events.iter().filter(|event| {
                on(event.at)
                    && (event.kind.name().starts_with("notice.")
                        || matches!(
                            event.kind,
                            EventKind::Released | EventKind::Announced | EventKind::PublicWarning
                        ))
            });
            let mut marks: Vec<(String, bool)> =
                events.map(|event| (event.kind.name().to_owned(), true)).collect();
            for duty in board.duties.iter().filter(|duty| duty.done_at.is_none()) {
                if duty.due.is_some_and(on) {
                    marks.push((format!("{} due", duty.id), false));
                }
            }
            if facts.plan.is_some_and(|plan| plan.day() == day) && released.is_none() {
                marks.push(("release planned".to_owned(), false));
            }
            if facts.upstream.is_some_and(|date| date.day() == day) {
                marks.push(("upstream date".to_owned(), false));
            }
            marks.dedup();
            marks
        };
        let days = (first..first + 42).map(|day| {
            let at = Instant::midnight(day) + hour;
            let answer = ask(&plan, Action::ReleaseSchedule, Some(at), now);
            Day {
                day,
                at,
                allowed: answer.allowed && released.is_none(),
                clauses: owned(words::clauses(record, &answer.clauses)),
                preferred: in_slot(&policy, at),
                holiday: record.project.holidays.contains(&day),
                marks: marks(day),
            }
        });
        let days = days.collect();
        let leads = policy.duties.iter().filter_map(|rule| {
            let Window::Before { span, .. } = rule.window else { return None };
            let row = board.duties.iter().find(|duty| *duty.id == *rule.heading.id)?;
            (row.state != plan::duties::State::NotApplicable).then(|| Lead {
                duty: row.id.clone(),
                say: row.say.clone(),
                clauses: row.clauses.clone(),
                span,
                latest: asked.or(facts.plan).or(offer.proposed).map(|release| release - span),
                sent: rule.done.iter().filter_map(|kind| facts.first(*kind)).min_by_key(|at| at.first()),
            })
        });
        let leads = leads.collect();
        let of_kind = |kind: EventKind| record.events.iter().filter(move |event| event.kind == kind);
        let upstream = of_kind(EventKind::UpstreamTimeline).map(|event| Upstream {
            at: event.at,
            project: event.text(Field::Project).map(str::to_owned),
            until: event.instant(Field::Until),
            reference: event.text(Field::Reference).map(str::to_owned),
            holds: facts.upstream == event.instant(Field::Until)
                && facts.upstream.is_some_and(|date| date > now),
        });
        let upstream = upstream.collect();
        let rejected: Vec<&str> =
            of_kind(EventKind::CveRejected).filter_map(|event| event.text(Field::Id)).collect();
        let mut cves: Vec<String> = of_kind(EventKind::CveAssigned)
            .filter_map(|event| event.text(Field::Id))
            .filter(|id| !rejected.contains(id))
            .map(str::to_owned)
            .collect();
        cves.sort();
        cves.dedup();
        let obstacle = (!offer.allowed)
            .then(|| (words::answer(record, &offer), owned(words::clauses(record, &offer.clauses))));
        let slot = policy
            .slot
            .as_ref()
            .map(|slot| (slot.heading.say.to_string(), owned(words::clauses(record, &slot.heading.clauses))));
        Ok(Schedule {
            plan: facts.plan,
            released,
            earliest: offer.earliest,
            proposed: offer.proposed,
            obstacle,
            verdict,
            slot,
            days,
            leads,
            upstream,
            cves,
            board,
        })
    }
}
