//! What is held, by which gate, and until when.

use super::conditions::{View, bits};
use super::facts::{Facts, Notice};
use crate::case::event::{Action, BranchSet, EventKind, Field};
use crate::policy::Policy;
use crate::policy::model::{Anchor, Duty, Wait, Window};
use crate::time::{Instant, Span, Truth, When};

/// Why a gate is closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// Its condition does not hold.
    Condition,
    /// It opens at this instant.
    Until(Instant),
    /// It closed at this instant.
    Past(Instant),
    /// The notice that the lead counts from was not sent.
    NoNotice(Span),
    /// The notice that the lead counts from states another release than this.
    OtherRelease {
        /// When the notice was sent, the last one if there are several.
        sent: When,
        /// The release that it states.
        states: Instant,
        /// The release that is planned, or happens.
        release: Instant,
    },
    /// The lead from this notice is not over.
    Lead(When, Span),
    /// The release that it is a step of is held, or planned for another day.
    Step,
}

/// A gate that is closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    /// The gate, by place.
    pub gate: u16,
    /// Why.
    pub reason: Reason,
    /// Whether no date-only event leaves it open.
    pub certain: bool,
}

/// The instant of an anchor, if it is known.
pub fn anchor(view: &View<'_, '_>, anchor: &Anchor) -> Option<When> {
    let facts = view.facts;
    match anchor {
        Anchor::Disclosure => facts.disclosure(),
        Anchor::Plan => facts.plan.map(When::at),
        Anchor::Mitigated => facts.mitigated,
        Anchor::FirstNotice => {
            let kinds = [
                EventKind::NoticeForthcoming,
                EventKind::NoticeAdvance,
                EventKind::NoticePrerelease,
                EventKind::Announced,
            ];
            kinds.iter().filter_map(|kind| facts.first(*kind)).min_by_key(|when| when.first())
        }
        Anchor::Upstream => facts.upstream.map(When::at),
        Anchor::Warned => facts.first(EventKind::PublicWarning),
        Anchor::Announced => facts.first(EventKind::Announced),
        Anchor::Released => facts.first(EventKind::Released),
        Anchor::Event(kind) => facts.first(*kind),
        Anchor::Duty(duty) => view.case.done_at(facts, *duty),
        Anchor::Known(list) => list.iter().find_map(|part| self::anchor(view, part)),
        Anchor::Earliest(list) => {
            list.iter().filter_map(|part| self::anchor(view, part)).min_by_key(|when| when.first())
        }
    }
}

/// The hold of a gate, if it is closed at the instant of the view.
pub fn hold(view: &View<'_, '_>, gate: u16) -> Option<Hold> {
    let rule = &view.case.policy.gates[usize::from(gate)];
    let stands = view.holds(&rule.when);
    if stands.is_no() {
        return None;
    }
    let instant = view.planned.map_or(view.at, When::at);
    let (open, reason) = match &rule.wait {
        Wait::Needs(condition) => (view.holds(condition), Reason::Condition),
        Wait::Until(until, _) => match anchor(view, until) {
            Some(until) => (until.at_or_before(instant), Reason::Until(until.first())),
            None => return None,
        },
        Wait::Within(from, _, span) => match anchor(view, from) {
            Some(from) => (instant.at_or_before(from + *span), Reason::Past((from + *span).first())),
            None => return None,
        },
        Wait::Lead(duty) => lead(view, &view.case.policy.duties[*duty]),
        Wait::StepOf(..) => {
            let step = step(view, gate);
            (Truth::of(step.held.is_empty() && step.on_the_day), Reason::Step)
        }
    };
    if open.is_yes() {
        return None;
    }
    Some(Hold { gate, reason, certain: open.is_no() && stands.is_yes() })
}

/// What a step of the release waits for.
#[derive(Debug)]
pub struct Step {
    /// The gates of the release that are closed.
    pub held: Vec<u16>,
    /// Whether the plan in force lies on the same UTC day, or everything is
    /// public anyway.
    pub on_the_day: bool,
}

/// What a step of the release waits for at the instant of the view.
pub fn step(view: &View<'_, '_>, gate: u16) -> Step {
    let Wait::StepOf(action, apart) = &view.case.policy.gates[usize::from(gate)].wait else {
        return Step { held: Vec::new(), on_the_day: true };
    };
    let gates = &view.case.policy.index.gates[*action as usize];
    // Leads run to the release that is planned, not to each of its steps.
    let plan = view.facts.plan.filter(|plan| *plan >= view.at.first());
    let view = &View { release: plan, ..*view };
    let held = gates
        .iter()
        .filter(|inner| !apart.contains(&usize::from(**inner)))
        .filter(|inner| hold(view, **inner).is_some_and(|hold| hold.certain))
        .copied()
        .collect();
    // A case that is public already needs no plan; one that there is, is kept.
    let already = view.facts.publicity.is_some_and(|public| public.before(view.at).is_yes());
    let on_the_day = view.facts.plan.map_or(already, |plan| plan.day() == view.at.first().day());
    Step { held, on_the_day }
}

/// Whether a lead is kept at the release (planned or actual) of the view.
fn lead(view: &View<'_, '_>, duty: &Duty) -> (Truth, Reason) {
    let Window::Before { span, .. } = duty.window else { return (Truth::Yes, Reason::Condition) };
    let release = view.release.or(view.planned).map_or(view.at, When::at);
    if excuse(view, duty).is_some() {
        // The notice is still owed, and is missed when it never comes.
        return (Truth::Yes, Reason::Condition);
    }
    let required = span;
    let (sent, certain) = counted(view.facts, duty, release);
    let kept = match sent {
        Some(notice) if certain => (notice + required).at_or_before(release),
        Some(_) => Truth::Unknown,
        None => Truth::No,
    };
    // A plan may also be kept by a notice that is still to be sent.
    let can_be = Truth::of(view.planned.is_some_and(|planned| {
        let free = view.facts.first(EventKind::Released).is_none();
        free && view.at.first() + required <= planned && restarts(view.facts, duty, planned)
    }));
    let reason = match (sent, last_stating(view, duty)) {
        (Some(notice), _) => Reason::Lead(notice, required),
        (None, Some((sent, states))) => Reason::OtherRelease { sent, states, release: release.first() },
        (None, None) => Reason::NoNotice(required),
    };
    (kept.or(can_be), reason)
}

/// Whether a notice still to be sent can be the first that counts.
fn restarts(facts: &Facts, duty: &Duty, planned: Instant) -> bool {
    counting(facts, duty, planned).is_none()
}

/// The first notice that counts for a release at this instant.
///
/// Where what a notice states binds it, a notice counts only for a release at
/// or after the instant it states; a correction is a notice of its own.
pub fn counting(facts: &Facts, duty: &Duty, release: Instant) -> Option<When> {
    let mut sent = false;
    for notice in &facts.notices {
        let is_one = duty.done.contains(&notice.kind);
        sent |= is_one;
        let corrects = duty.states_bind && sent && notice.kind == EventKind::NoticeCorrection;
        let binds = duty.states_bind && notice.states.is_some_and(|states| states > release);
        if (is_one || corrects) && !binds {
            return Some(notice.at);
        }
    }
    None
}

/// The last notice of a duty that states a release, and which.
fn last_stating(view: &View<'_, '_>, duty: &Duty) -> Option<(When, Instant)> {
    let until = view.at.last();
    let stating = notices(view.facts, duty).filter(|notice| notice.at.first() <= until);
    stating.filter_map(|notice| Some((notice.at, notice.states?))).max_by_key(|(sent, _)| sent.first())
}

/// The first notice that counts for a release that may be known only by its
/// day, and whether it counts however the day went.
pub fn counted(facts: &Facts, duty: &Duty, release: When) -> (Option<When>, bool) {
    let early = counting(facts, duty, release.first());
    if release.is_exact() {
        return (early, true);
    }
    let late = counting(facts, duty, release.last());
    (early.or(late), early == late)
}

/// The notices that a duty asks for, corrections included where they count.
pub fn notices<'a>(facts: &'a Facts, duty: &'a Duty) -> impl Iterator<Item = &'a Notice> {
    facts.notices.iter().filter(|notice| {
        duty.done.contains(&notice.kind) || (duty.states_bind && notice.kind == EventKind::NoticeCorrection)
    })
}

/// The excuse that shortens a duty's lead, by place.
pub fn excuse(view: &View<'_, '_>, duty: &Duty) -> Option<usize> {
    // A warning is the disclosure that the lead is for, and a merge at the
    // instant of the release is a part of it; neither can excuse itself.
    let facts = view.facts;
    let others = [EventKind::PublicAppeared, EventKind::ExploitPublic, EventKind::EmbargoLeaked];
    let by_others = others.iter().map(|kind| facts.first(*kind)).chain([facts.public_report]);
    let alone = facts.publicity == Some(view.at)
        && by_others.flatten().all(|other| other.at_or_before(view.at).is_no());
    let view = View { leaves_out_own: alone, ..*view };
    duty.excuses.iter().copied().find(|excuse| view.holds(&view.case.policy.excuses[*excuse].when).is_yes())
}

/// How far overrides lift a closed gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lift {
    /// For everything concerned.
    pub whole: bool,
    /// Else for these branches.
    pub lifted: BranchSet,
    /// And not for these.
    pub rest: BranchSet,
}

/// How far overrides lift a closed gate: one names the gate by a clause or by
/// the action (that of the release covers its steps), and perhaps a branch or
/// channel as its subject.
pub fn lift(view: &View<'_, '_>, gate: u16, action: Action) -> Lift {
    let policy = view.case.policy;
    let clauses = &policy.gates[usize::from(gate)].heading.clauses;
    let day = matches!(action, Action::Merge | Action::Announce | Action::Release);
    let mut lift = Lift { whole: false, lifted: 0, rest: 0 };
    for event in view.facts.overrides.iter().map(|index| &view.case.events[*index as usize]) {
        let named = event.text(Field::Gate).unwrap_or_default();
        let by_clause = clauses.iter().any(|clause| policy.clause(*clause) == named);
        let by_action = named == action.name() || (day && named == Action::Release.name());
        if !(by_clause || by_action) || event.at.at_or_before(view.at).is_no() {
            continue;
        }
        match event.text(Field::Subject) {
            None => lift.whole = true,
            Some(subject) => match view.case.project.branch(subject) {
                Some(branch) => lift.lifted |= 1 << branch,
                None => lift.whole |= view.is_only_about(subject),
            },
        }
    }
    if lift.whole || lift.lifted == 0 {
        return lift;
    }
    // What the gate is closed for, branch by branch.
    let concerned = if view.branches == 0 { view.maintained() } else { view.branches };
    let closed =
        bits(concerned).filter(|branch| hold(&View { branches: 1 << branch, ..*view }, gate).is_some());
    let closed = closed.fold(0, |set, branch| set | 1 << branch);
    lift.rest = closed & !lift.lifted;
    lift.lifted &= closed;
    lift.whole = lift.lifted != 0 && lift.rest == 0;
    lift
}

/// Whether overrides lift a closed gate for everything concerned.
pub fn overridden(view: &View<'_, '_>, gate: u16, action: Action) -> bool {
    lift(view, gate, action).whole
}

/// Whether the policy has the clause or action that an override names.
pub fn known(policy: &Policy, named: &str) -> bool {
    Action::parse(named).is_some() || policy.clauses.iter().any(|clause| &**clause == named)
}
