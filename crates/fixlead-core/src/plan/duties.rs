//! What is due: every duty of the policy with its state and its arithmetic.

use super::conditions::{View, bits};
use super::facts::{Facts, Finding, Moved, Note, Subject};
use super::gates;
use crate::case::event::{BranchSet, EventKind, vocabulary};
use crate::case::project::BranchClass;
use crate::policy::model::{self, Each, FindingKind, Window};
use crate::time::{Span, Truth, When};

vocabulary! {
    /// How a duty stands.
    State {
        Open = "open",
        Met = "met",
        Late = "late",
        Overdue = "overdue",
        Missed = "missed",
        Excused = "excused",
        Waived = "waived",
        Held = "held",
        Indeterminate = "indeterminate",
        NotApplicable = "not-applicable",
    }
}

/// Why a duty is due when it is due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Because {
    /// It does not apply to the case.
    NotApplicable,
    /// It has no due; elapsed time counts from here.
    Elapsed(Option<When>),
    /// The anchor of its window is not known yet.
    NoAnchor,
    /// Its window, from the anchor.
    Window(When),
    /// As soon as possible since this instant; the window from this anchor is
    /// what it is held against, if there is one.
    Asap(When, Option<When>),
    /// A decision at this instant gave it its due.
    Moved {
        /// When it was decided.
        at: When,
        /// Whether it was a slow-down.
        slowed: bool,
    },
}

/// A duty as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duty {
    /// The rule, by place.
    pub rule: u16,
    /// The branch or channel it is for.
    pub subject: Subject,
    /// How it stands.
    pub state: State,
    /// When it is due.
    pub due: Option<When>,
    /// The due it had before everything became as soon as possible.
    pub reference_due: Option<When>,
    /// When it was done.
    pub done_at: Option<When>,
    /// The arithmetic.
    pub because: Because,
    /// The excuse that shortens it, by place.
    pub excuse: Option<u16>,
    /// The gate that holds it, by place.
    pub held_by: Option<u16>,
}

impl Duty {
    /// Due minus done: how much was to spare, negative when it was late.
    pub fn margin(&self) -> Option<Span> {
        self.due.or(self.reference_due)?.since(self.done_at?)
    }
}

/// Every duty of the policy.
pub fn derive(view: &View<'_, '_>, findings: &mut Vec<Finding>) -> Vec<Duty> {
    walk(view, findings, true)
}

/// Only what has to be looked at to know what is left to do; gates that ask
/// for that are not asked in turn.
pub fn derive_undone(view: &View<'_, '_>, findings: &mut Vec<Finding>) -> Vec<Duty> {
    walk(view, findings, false)
}

fn walk(view: &View<'_, '_>, findings: &mut Vec<Finding>, with_gates: bool) -> Vec<Duty> {
    let (case, facts) = (view.case, view.facts);
    let mut duties: Vec<Duty> = Vec::with_capacity(facts.done.len());
    let any_unsure = !facts.unsure.is_empty();
    for (place, rule) in case.policy.duties.iter().enumerate() {
        // What counts from another duty arises when that is done.
        let arises = match &rule.window {
            Window::After { anchor: model::Anchor::Duty(first), .. } => case.done_at(facts, *first).is_some(),
            _ => true,
        };
        let applies = arises && !view.holds(&rule.when).is_no();
        let slot = case.slot(place);
        let mut add = |subject: Subject, done: Option<When>, applies: bool| {
            // A report that is dismissed leaves nothing to do.
            let applies = applies && !(facts.dismissed && done.is_none());
            duties.push(state_of(view, place, rule, subject, done, applies, with_gates, findings));
            if any_unsure
                && is_unsure(facts, slot, subject)
                && let Some(duty) = duties.last_mut().filter(|duty| duty.state == State::Met)
            {
                duty.state = State::Indeterminate;
            }
        };
        match rule.each {
            Each::Case => add(Subject::None, case.done_at(facts, place), applies),
            Each::Channel => {
                for (channel, named) in case.policy.channels.iter().enumerate() {
                    let done = facts.done[slot + channel];
                    let wanted = done.is_some() || !view.holds(&named.when).is_no();
                    if wanted {
                        add(Subject::Channel(channel as u16), done, applies);
                    }
                }
            }
            Each::Development => {
                let mut set = bits(subjects(view, rule.each)).map(|branch| facts.done[slot + branch]);
                let all = set.next().flatten().and_then(|first| {
                    set.try_fold(first, |last, one| {
                        one.map(|one| if one.last() > last.last() { one } else { last })
                    })
                });
                add(Subject::None, all, applies);
            }
            each => {
                for branch in bits(subjects(view, each)) {
                    add(Subject::Branch(branch as u8), facts.done[slot + branch], applies);
                }
            }
        }
    }
    duties
}

/// Whether a day leaves open that what was done counts.
fn is_unsure(facts: &Facts, slot: usize, subject: Subject) -> bool {
    let place = match subject {
        Subject::Branch(branch) => slot + usize::from(branch),
        Subject::Channel(channel) => slot + usize::from(channel),
        _ => slot,
    };
    facts.unsure.iter().any(|unsure| usize::from(*unsure) == place)
}

/// The branches that a duty arises for.
fn subjects(view: &View<'_, '_>, each: Each) -> BranchSet {
    let at = view.at.first();
    match each {
        Each::Supported => view.facts.affected & view.case.project.of_class(BranchClass::Supported, at),
        Each::Development => view.facts.affected & view.case.project.of_class(BranchClass::Development, at),
        _ => view.maintained(),
    }
}

#[allow(clippy::too_many_arguments, reason = "the parts of one row of the answer")]
fn state_of(
    view: &View<'_, '_>,
    place: usize,
    rule: &model::Duty,
    subject: Subject,
    done: Option<When>,
    applies: bool,
    with_gates: bool,
    findings: &mut Vec<Finding>,
) -> Duty {
    let mut duty = Duty {
        rule: place as u16,
        subject,
        state: State::NotApplicable,
        due: None,
        reference_due: None,
        done_at: done,
        because: Because::NotApplicable,
        excuse: None,
        held_by: None,
    };
    if !applies {
        return duty;
    }
    match &rule.window {
        Window::None => match moved(view, place, done) {
            Some(moved) => {
                let due = When::at(moved.due);
                duty.due = Some(due);
                duty.because = Because::Moved { at: moved.at, slowed: moved.slowed };
                duty.state = against(view, due, done);
            }
            None => {
                duty.because = Because::Elapsed(view.facts.disclosure());
                duty.state = if done.is_some() { State::Met } else { State::Open };
            }
        },
        Window::After { anchor, span, .. } => {
            let from_disclosure = matches!(anchor, model::Anchor::Disclosure);
            let from = gates::anchor(view, anchor);
            window(view, place, &mut duty, from, from_disclosure, *span);
        }
        Window::Before { anchor, span, most, .. } => {
            let release = gates::anchor(view, anchor);
            lead(view, place, rule, &mut duty, release, *span);
            let early = match (duty.done_at, release, most) {
                (Some(done), Some(release), Some(most)) => (done + *most).before(release),
                _ => Truth::No,
            };
            let is_over = view.facts.first(EventKind::Announced).is_some();
            if early.is_yes() && is_over {
                findings.push(Finding {
                    at: duty.done_at.unwrap_or(view.at),
                    kind: FindingKind::Preference,
                    clause: rule.heading.clauses.first().copied(),
                    subject: Subject::Duty(place as u16),
                    note: Note::TooEarly(place as u16),
                });
            }
        }
    }
    missed(view, rule, &mut duty);
    if with_gates && duty.state == State::Open {
        hold(view, rule, &mut duty);
    }
    if matches!(duty.state, State::Late | State::Overdue | State::Missed) {
        waive(view, rule, &mut duty);
        let holding = view.case.policy.windows.as_ref().filter(|(_, holding)| *holding);
        if let Some((heading, _)) = holding.filter(|_| duty.state != State::Waived) {
            findings.push(Finding {
                at: duty.done_at.or(duty.due).or(duty.reference_due).unwrap_or(view.at),
                kind: FindingKind::Violation,
                clause: heading.clauses.first().copied(),
                subject: Subject::Duty(place as u16),
                note: Note::WindowMissed(place as u16),
            });
        }
    }
    duty
}

/// The state of something that is due at an instant.
fn against(view: &View<'_, '_>, due: When, done: Option<When>) -> State {
    match done {
        Some(done) => match done.at_or_before(due) {
            Truth::Yes => State::Met,
            Truth::No => State::Late,
            Truth::Unknown => State::Indeterminate,
        },
        None => match view.at.at_or_before(due) {
            Truth::Yes => State::Open,
            Truth::No => State::Overdue,
            Truth::Unknown => State::Indeterminate,
        },
    }
}

/// The decision that gave a duty the due it has, if one did: what was undone
/// when it was taken keeps the new one.
#[inline]
fn moved(view: &View<'_, '_>, place: usize, done: Option<When>) -> Option<Moved> {
    // Hardly any case has one.
    if view.facts.moved.is_empty() { None } else { latest_move(view, place, done) }
}

fn latest_move(view: &View<'_, '_>, place: usize, done: Option<When>) -> Option<Moved> {
    let all = view.facts.moved.iter().rev().filter(|moved| usize::from(moved.duty) == place);
    all.filter(|moved| done.is_none_or(|done| !done.before(moved.at).is_yes()))
        .max_by_key(|moved| moved.at.first())
        .copied()
}

/// A window after an anchor.
fn window(
    view: &View<'_, '_>,
    place: usize,
    duty: &mut Duty,
    from: Option<When>,
    from_disclosure: bool,
    span: Span,
) {
    let facts = view.facts;
    let done = duty.done_at;
    let Some(from) = from else {
        duty.because = Because::NoAnchor;
        duty.state = if done.is_some() { State::Met } else { State::Open };
        return;
    };
    if let Some(moved) = moved(view, place, done) {
        let due = When::at(moved.due);
        duty.due = Some(due);
        duty.because = Because::Moved { at: moved.at, slowed: moved.slowed };
        duty.state = against(view, due, done);
        return;
    }
    let due = from + span;
    let asap = facts
        .asap_since
        .filter(|since| from_disclosure && done.is_none_or(|done| !done.before(*since).is_yes()));
    if let Some(since) = asap {
        if facts.public_from_start() {
            duty.because = Because::Asap(since, None);
            duty.state = if done.is_some() { State::Met } else { State::Open };
        } else {
            duty.reference_due = Some(due);
            duty.because = Because::Asap(since, Some(from));
            duty.state = against(view, due, done);
        }
        return;
    }
    duty.due = Some(due);
    duty.because = Because::Window(from);
    duty.state = against(view, due, done);
}

/// A lead before an anchor.
fn lead(
    view: &View<'_, '_>,
    place: usize,
    rule: &model::Duty,
    duty: &mut Duty,
    release: Option<When>,
    span: Span,
) {
    let Some(release) = release else {
        duty.because = Because::NoAnchor;
        duty.state = if duty.done_at.is_some() { State::Met } else { State::Open };
        return;
    };
    let due = release - span;
    let (counts, certain) = gates::counted(view.facts, rule, release);
    // A notice that came after the release served nothing any more.
    let served =
        counts.filter(|notice| !release.before(*notice).is_yes() || view.at.before(release).is_yes());
    duty.done_at = served;
    if let Some(moved) = moved(view, place, served) {
        duty.due = Some(When::at(moved.due));
        duty.because = Because::Moved { at: moved.at, slowed: moved.slowed };
        duty.state = against(view, When::at(moved.due), served);
        return;
    }
    duty.due = Some(due);
    duty.because = Because::Window(release);
    duty.state = if certain { against(view, due, served) } else { State::Indeterminate };
    if matches!(duty.state, State::Late | State::Indeterminate | State::Overdue) {
        let at_release = View { at: release, planned: Some(release.first()), ..*view };
        let excuse = gates::excuse(&at_release, rule);
        duty.excuse = excuse.map(|excuse| excuse as u16);
        match (excuse, duty.state) {
            (Some(_), State::Late) => duty.state = State::Excused,
            // A shortened lead is not over before the release.
            (Some(_), State::Overdue) => duty.state = State::Open,
            _ => {}
        }
    }
}

/// What served a moment that has passed can no longer be done.
fn missed(view: &View<'_, '_>, rule: &model::Duty, duty: &mut Duty) {
    let Some(moment) = rule.missed.as_ref().and_then(|moment| gates::anchor(view, moment)) else { return };
    let passed = match duty.done_at {
        Some(done) => moment.before(done),
        None => moment.at_or_before(view.at),
    };
    if passed.is_yes() {
        duty.state = State::Missed;
        duty.done_at = None;
        duty.excuse = None;
    }
}

/// A gate may be closed in front of what is open.
fn hold(view: &View<'_, '_>, rule: &model::Duty, duty: &mut Duty) {
    let Some(action) = rule.action else { return };
    let case = view.case;
    let closed = case.policy.index.gates[action as usize]
        .iter()
        .find(|gate| gates::hold(view, **gate).is_some() && !gates::overridden(view, **gate, action));
    if let Some(gate) = closed {
        duty.state = State::Held;
        duty.held_by = Some(*gate);
    }
}

/// The Fix Lead may waive a duty by its clause, where no gate goes by it.
fn waive(view: &View<'_, '_>, rule: &model::Duty, duty: &mut Duty) {
    let policy = view.case.policy;
    let gated = |clause: &u16| policy.gates.iter().any(|gate| gate.heading.clauses.contains(clause));
    let waivable: Vec<&u16> = rule.heading.clauses.iter().filter(|clause| !gated(clause)).collect();
    let named = view
        .facts
        .overrides
        .iter()
        .filter_map(|index| view.case.events[*index as usize].text(crate::case::Field::Gate));
    let waived = named.clone().any(|name| {
        waivable.iter().any(|clause| policy.clause(**clause) == name) || name == &*rule.heading.id
    });
    if waived {
        duty.state = State::Waived;
    }
}
