//! Judges events by everything known at their instant: what was held and
//! done all the same, what a check expects, what discharges a duty.

use super::Record;
use super::conditions::{View, bits};
use super::facts::{EventIndex, Facts, Finding, Note, Subject, note_first};
use super::fold::{appear, permitted};
use super::gates;
use crate::case::event::{Action, BranchSet, Event, EventKind, Field};
use crate::policy::expression::Class;
use crate::policy::model::{Each, FindingKind, Wait};
use crate::time::{Instant, Truth, When};

/// Decisions that need a word of the policy.
const NEEDS_WORD: [EventKind; 7] = [
    EventKind::SlowdownDecided,
    EventKind::SemipublicDecided,
    EventKind::EarlyWarningDecided,
    EventKind::EmergencyDeclared,
    EventKind::ExceptionExtreme,
    EventKind::SeverityClassified,
    EventKind::IssueDeletionAsked,
];

/// Judges date-only events whose day is over.
pub(super) fn deferred(case: &Record<'_>, facts: &mut Facts, at: Instant) {
    if facts.deferred.is_empty() {
        return;
    }
    let deferred = std::mem::take(&mut facts.deferred);
    for index in deferred {
        if case.events[index as usize].at.last() < at {
            judge(case, facts, index as usize);
        } else {
            facts.deferred.push(index);
        }
    }
}

impl View<'_, '_> {
    /// Whether a public merge is a step of the release, for what is known now.
    pub(super) fn merge_counts(&self) -> bool {
        let gates = &self.case.policy.index.gates[Action::Merge as usize];
        let stands =
            gates.iter().any(|gate| self.holds(&self.case.policy.gates[usize::from(*gate)].when).is_yes());
        stands && self.decided(EventKind::SemipublicDecided).is_none()
    }
}

/// Judges a public merge: a step of the release, or the first appearance.
pub(super) fn merge(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    if !case.merge_counts || event.text(Field::Repo) == Some("private") {
        return;
    }
    let mut lawful = true;
    let mut on_the_day = false;
    let mut found = Vec::new();
    {
        let view = View::of(case, facts, event);
        for gate in &case.policy.index.gates[Action::Merge as usize] {
            let rule = &case.policy.gates[usize::from(*gate)];
            if !matches!(rule.wait, Wait::StepOf(..)) {
                continue;
            }
            let step = gates::step(&view, *gate);
            on_the_day |= step.on_the_day;
            if step.held.is_empty() && step.on_the_day {
                continue;
            }
            lawful = false;
            // An override of what the release waits for covers its steps; a
            // merge on another day needs one of its own.
            let mut lift = gates::lift(&view, *gate, Action::Merge);
            lift.whole |= step.on_the_day
                && step.held.iter().all(|inner| gates::lift(&view, *inner, Action::Merge).whole);
            found.extend(gate_findings(case, event, rule.finding, *gate, lift));
        }
    }
    let overridden = found.iter().all(|finding| finding.kind == FindingKind::Override);
    facts.findings.append(&mut found);
    appear(facts, event.at, lawful || (overridden && on_the_day));
}

/// What passing a closed gate comes to: a finding, an override, or one of each
/// where the override reaches only some of the branches.
fn gate_findings(
    case: &Record<'_>,
    event: &Event,
    kind: FindingKind,
    gate: u16,
    lift: gates::Lift,
) -> impl Iterator<Item = Finding> {
    let clause = case.policy.gates[usize::from(gate)].heading.clauses.first().copied();
    let finding = move |kind: FindingKind, branches: BranchSet| {
        let single = branches.count_ones() == 1;
        let subject = if single { Subject::Branch(branches.trailing_zeros() as u8) } else { Subject::None };
        Finding { at: event.at, kind, clause, subject, note: Note::Gate(gate) }
    };
    let named = event.branches(Field::Branches).unwrap_or(0);
    let (first, second) = if lift.whole {
        (finding(FindingKind::Override, named), None)
    } else if lift.lifted == 0 {
        (finding(kind, named), None)
    } else {
        (finding(kind, lift.rest), Some(finding(FindingKind::Override, lift.lifted)))
    };
    std::iter::once(first).chain(second)
}

/// The action that an event carries out. A public merge is judged with the
/// release it is a step of; here only one that is semi-public.
fn action(view: &View<'_, '_>, event: &Event) -> Option<Action> {
    match event.kind.records() {
        Some(Action::Merge) => {
            let semi_public = view.decided(EventKind::SemipublicDecided).is_some();
            (semi_public && event.text(Field::Repo) != Some("private")).then_some(Action::SemipublicMerge)
        }
        other => other,
    }
}

/// The most findings that are kept of one case; more help nobody.
const MOST_FINDINGS: usize = 10_000;

/// Judges one event by everything known at its instant.
pub(super) fn judge(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    discharge(case, facts, index);
    let mut found: Vec<Finding> = Vec::new();
    let view = View::of(case, facts, event);
    if let Some(action) = action(&view, event) {
        for gate in &case.policy.index.gates[action as usize] {
            let rule = &case.policy.gates[usize::from(*gate)];
            let mut asked = view;
            if action == Action::ReleaseSchedule {
                asked.planned = event.instant(Field::For);
            }
            if gates::hold(&asked, *gate).is_some_and(|hold| hold.certain) {
                let lift = gates::lift(&view, *gate, action);
                found.extend(gate_findings(case, event, rule.finding, *gate, lift));
            }
        }
    }
    for check in &case.policy.index.checks[event.kind as usize] {
        let rule = &case.policy.checks[usize::from(*check)];
        if view.holds(&rule.when).is_yes() && view.holds(&rule.needs).is_no() {
            let subject = if event.get(Field::By).is_some() && rule.finding == FindingKind::Strike {
                Subject::Actor(index as EventIndex)
            } else {
                Subject::None
            };
            let clause = rule.heading.clauses.first().copied();
            found.push(Finding {
                at: event.at,
                kind: rule.finding,
                clause,
                subject,
                note: Note::Check(*check),
            });
        }
    }
    match case.policy.index.permissions[event.kind as usize] {
        Some(permission) => {
            let lasting = facts.decisions.iter().find(|decision| decision.event as usize == index);
            let effect = match lasting {
                Some(decision) => {
                    Truth::of(decision.since.is_some_and(|since| since.at_or_before(event.at) != Truth::No))
                }
                None => permitted(case, facts, event),
            };
            let lacks = event.kind == EventKind::Override
                && !gates::known(case.policy, event.text(Field::Gate).unwrap_or_default());
            if effect.is_no() && !lacks {
                let clauses = &case.policy.permissions[usize::from(permission)].heading.clauses;
                // What must come first is cited last in the rule.
                let waits = case.policy.permissions[usize::from(permission)]
                    .after
                    .is_some_and(|kind| facts.first(kind).is_none());
                let clause = if waits { clauses.last() } else { clauses.first() }.copied();
                found.push(Finding {
                    at: event.at,
                    kind: FindingKind::NoEffect,
                    clause,
                    subject: Subject::None,
                    note: Note::Permission(permission),
                });
            }
        }
        None if NEEDS_WORD.contains(&event.kind) => {
            let note = Note::Silent(event.kind);
            found.push(Finding {
                at: event.at,
                kind: FindingKind::PolicySilent,
                clause: None,
                subject: Subject::None,
                note,
            });
        }
        None => {}
    }
    for finding in found {
        // Release and announcement of one instant meet the same gate.
        let is_new = !facts.findings.iter().rev().take(16).any(|known| *known == finding);
        if is_new && facts.findings.len() < MOST_FINDINGS {
            facts.findings.push(finding);
        }
    }
}

/// Notes which duties an event discharges.
pub(super) fn discharge(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    for duty in &case.policy.index.duties[event.kind as usize] {
        let rule = &case.policy.duties[usize::from(*duty)];
        let slot = case.slot(usize::from(*duty));
        let counts = View::of(case, facts, event).holds(&rule.filter);
        if counts.is_no() {
            continue;
        }
        let mut note = |slot: usize| note_done(facts, slot, event.at, counts.is_yes());
        match rule.each {
            Each::Case => note(slot),
            Each::Channel => {
                for (place, channel) in case.policy.channels.iter().enumerate() {
                    if event.texts(Field::Channels).any(|name| name == &*channel.heading.id) {
                        note(slot + place);
                    }
                }
            }
            _ => {
                let set = event.branches(Field::Branches).or(event.branches(Field::Branch)).unwrap_or(0);
                bits(set).for_each(|branch| note(slot + branch));
            }
        }
    }
}

/// Notes when something was done. Where a day leaves open whether it counts, it
/// stands until something does that surely counts.
fn note_done(facts: &mut Facts, slot: usize, at: When, is_sure: bool) {
    let unsure = facts.unsure.iter().position(|known| usize::from(*known) == slot);
    match (unsure, is_sure) {
        (Some(place), true) => {
            facts.unsure.swap_remove(place);
            facts.done[slot] = Some(at);
        }
        (None, true) => note_first(&mut facts.done[slot], at),
        (None, false) if facts.done[slot].is_none() => {
            facts.unsure.push(slot as u16);
            facts.done[slot] = Some(at);
        }
        _ => {}
    }
}

/// Findings that stand as long as something is as it is.
pub fn standing_findings(view: &View<'_, '_>, class: Class, findings: &mut Vec<Finding>) {
    let case = view.case;
    let start = view.facts.disclosure().unwrap_or(view.at);
    for (place, parameter) in case.policy.parameters.iter().enumerate() {
        if parameter.value.is_none() {
            findings.push(Finding {
                at: start,
                kind: FindingKind::UnsetParameter,
                clause: parameter.heading.clauses.first().copied(),
                subject: Subject::Parameter(place as u16),
                note: Note::Unset,
            });
        }
    }
    if class == Class::PolicySilent {
        let at = view.facts.first(EventKind::AffectedSet).unwrap_or(start);
        let clause = case.policy.classes.first().and_then(|rule| rule.heading.clauses.first().copied());
        findings.push(Finding {
            at,
            kind: FindingKind::PolicySilent,
            clause,
            subject: Subject::None,
            note: Note::SilentClass,
        });
    }
}
