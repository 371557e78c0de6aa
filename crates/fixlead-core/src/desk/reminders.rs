//! Who is told of a duty, and when: a ladder of rungs before and after its
//! due.
//!
//! A policy can have ladders of its own; the one that is passed in is for duties
//! that none of them is for. A duty without a due is told of only where a
//! policy says how often.
//!
//! Given what the plan says is due and who was told already, [`due`] says who
//! has to be told now and when to look again. Each rung is told once for each
//! due; another due begins the ladder anew. After a pause only the highest
//! rung that was reached is told, so that nobody gets a heap of messages. A
//! rung before the due that does not lie after the opening of the case is left
//! out: whoever it is for hears of the case itself at that instant.

use super::event::Reminder;
use super::state::CaseFile;
use super::wire::Line;
use crate::access::{Action, Role};
use crate::case::EventKind;
use crate::plan::duties::State;
use crate::plan::{Evaluation, Record, words};
use crate::policy::model::{LadderRule, Window};
use crate::time::{Instant, Span};

/// Who is told at a rung.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Whoever has the duty.
    Holder,
    /// A role of the policy; others than the holder, so it is an escalation.
    Others(Line),
}

/// A rung: how long after the due (before it, if negative), and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Counted from the due.
    pub after: Span,
    /// Who is told.
    pub told: Told,
}

/// Rungs in order of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder(Vec<Rung>);

impl Ladder {
    /// The most rungs of a ladder.
    pub const MOST_RUNGS: usize = 16;

    /// A ladder of these rungs, in whatever order they come.
    pub fn new(mut rungs: Vec<Rung>) -> Result<Ladder, &'static str> {
        if rungs.len() > Ladder::MOST_RUNGS {
            return Err("a ladder has at most 16 rungs; leave some out");
        }
        rungs.sort_by_key(|rung| rung.after);
        if rungs.windows(2).any(|pair| pair[0].after == pair[1].after) {
            return Err("two rungs lie at the same instant; leave one out");
        }
        Ok(Ladder(rungs))
    }

    /// What a policy says for some of its duties.
    pub fn of(rule: &LadderRule) -> Ladder {
        let told = |to: &Option<Box<str>>| match to {
            Some(role) => Told::Others(Line::tamed(role)),
            None => Told::Holder,
        };
        Ladder(rule.rungs.iter().map(|(after, to)| Rung { after: *after, told: told(to) }).collect())
    }

    /// A day before and an hour before the due, and at it, the holder; a day
    /// later the role that is given.
    pub fn usual(escalate_to: Line) -> Ladder {
        let holder = |after| Rung { after, told: Told::Holder };
        let later = Rung { after: Span::hours(24), told: Told::Others(escalate_to) };
        let hours = |hours: i64| Span::hours(-hours);
        Ladder(vec![holder(hours(24)), holder(hours(1)), holder(Span::ZERO), later])
    }

    /// Its rungs.
    pub fn rungs(&self) -> &[Rung] {
        &self.0
    }
}

/// What the clock asks for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Due {
    /// Who has to be told now; `true` where it is an escalation.
    pub reminders: Vec<(Reminder, bool)>,
    /// When to look again, if nothing happens before.
    pub wake: Option<Instant>,
    /// Whether the Fix Team is no longer needed and still has access: the
    /// release has happened, nothing of it is left to do, and the policy asks
    /// for it.
    pub dismiss_team: bool,
}

/// What the clock asks for in a case at the instant of its evaluation.
pub fn due(record: &Record<'_>, evaluation: &Evaluation, file: &CaseFile, ladder: &Ladder) -> Due {
    let now = evaluation.at;
    let mut due = Due::default();
    if file.closed {
        return due;
    }
    due.dismiss_team = is_over(record, evaluation) && has_team(file, now);
    for duty in &evaluation.duties {
        let rule = &record.policy.duties[usize::from(duty.rule)];
        let waits = matches!(duty.state, State::Open | State::Overdue | State::Indeterminate);
        // What a gate holds cannot be done; its ladder is climbed when it
        // opens.
        let held = duty.state == State::Held;
        if !waits && !held {
            continue;
        }
        let own = record.policy.ladder(usize::from(duty.rule));
        let subject = words::subject(record, duty.subject).map(|subject| Line::tamed(&subject));
        let name = Line::tamed(&rule.heading.id);
        let told = file.reminded.get(&(name.clone(), subject.clone())).into_iter().flatten();
        let Some(instant) = duty.due else {
            // One whose anchor is to come has no due yet, and will have one.
            let never = waits && rule.window == Window::None;
            let every = own.and_then(|ladder| ladder.every).filter(|_| never);
            let Some((last, next)) = every.and_then(|every| turns(file, every, now)) else { continue };
            due.wake = [due.wake, Some(next)].into_iter().flatten().min();
            if let Some(turn) = last.filter(|last| !told.clone().any(|known| known.due == *last)) {
                let to = Line::tamed(&rule.who);
                let reminder = Reminder { duty: name, subject, due: turn, rung: 0, to };
                due.reminders.push((reminder, false));
            }
            continue;
        };
        let instant = instant.first();
        let chosen = own.map(Ladder::of);
        let ladder = chosen.as_ref().unwrap_or(ladder);
        let highest = told.filter(|known| known.due == instant).map(|known| known.rung).max();
        let is_news = |rung: &Rung| {
            rung.after < Span::ZERO
                && file.opened.as_ref().is_some_and(|opened| instant + rung.after <= opened.at)
        };
        let reached = ladder.0.iter().rposition(|rung| instant + rung.after <= now && !is_news(rung));
        let next = ladder.0.iter().map(|rung| instant + rung.after).find(|at| *at > now);
        due.wake = [due.wake, next].into_iter().flatten().min();
        let Some(place) = reached.filter(|_| waits) else { continue };
        let number = u8::try_from(place).unwrap_or(u8::MAX);
        if highest.is_some_and(|highest| highest >= number) {
            continue;
        }
        let (to, escalated) = match &ladder.0[place].told {
            Told::Holder => (Line::tamed(&rule.who), false),
            Told::Others(role) => (role.clone(), true),
        };
        due.reminders.push((Reminder { duty: name, subject, due: instant, rung: number, to }, escalated));
    }
    due
}

/// The last time that somebody is reminded every so often since the case was
/// opened, if it has come, and the next.
fn turns(file: &CaseFile, every: Span, now: Instant) -> Option<(Option<Instant>, Instant)> {
    let opened = file.opened.as_ref()?.at;
    let turn = (now - opened).millis().max(0) / every.millis().max(1);
    let at = |turn: i64| opened + Span::from_millis(every.millis().saturating_mul(turn));
    Some(((turn > 0).then(|| at(turn)), at(turn.saturating_add(1))))
}

/// Whether anybody still has access for their part in the fix.
fn has_team(file: &CaseFile, now: Instant) -> bool {
    [Role::FixTeam, Role::ReleaseManager].into_iter().any(|role| file.active(role, now).next().is_some())
}

/// Whether the work of the Fix Team is over, where the policy asks for its
/// access to end: released, and nothing of the fix or the release undone.
fn is_over(record: &Record<'_>, evaluation: &Evaluation) -> bool {
    let rule = |rule: u16| &record.policy.duties[usize::from(rule)];
    let asked = evaluation.duties.iter().any(|duty| {
        duty.state != State::NotApplicable && rule(duty.rule).done.contains(&EventKind::FixTeamRevoked)
    });
    let work = [Action::RecordFix, Action::Lgtm, Action::Approve, Action::RecordRelease];
    let left = evaluation.duties.iter().any(|duty| {
        matches!(duty.state, State::Open | State::Overdue | State::Held | State::Indeterminate)
            && rule(duty.rule).done.iter().any(|kind| work.contains(&Action::recording(*kind)))
    });
    asked && !left && evaluation.anchors[2].is_some()
}
