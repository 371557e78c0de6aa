//! Adds events up to facts, and judges each by what was known at its instant.
//!
//! The events of one instant are taken in together first; then each of them
//! is judged, so that a gate sees all of them.

use std::ops::Range;

use super::Record;
use super::conditions::{View, bits, version_of};
use super::facts::{
    Commit, Decision, EventIndex, Facts, Final, Finding, Mode, Moved, Note, Notice, Subject, note_first,
};
use super::{gates, rotation};
use crate::case::event::{Action, Event, EventKind, Field, Value};
use crate::policy::expression::{Class, Severity};
use crate::policy::model::{Each, FindingKind, Wait};
use crate::severity::{Group, Vector, Version};
use crate::time::{Instant, Truth, When};

/// Decisions whose effect lasts while their conditions hold.
const LASTING: [EventKind; 5] = [
    EventKind::SlowdownDecided,
    EventKind::SemipublicDecided,
    EventKind::EarlyWarningDecided,
    EventKind::EmergencyDeclared,
    EventKind::ExceptionExtreme,
];

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

/// Folds the events of one instant.
pub fn fold(case: &Record<'_>, facts: &mut Facts, range: Range<usize>) {
    let at = case.events[range.start].at.first();
    pass(case, facts, at);
    judge_deferred(case, facts, at);
    facts.until = at;
    for index in range.clone() {
        take_in(case, facts, index);
    }
    let day = case.events[range.clone()].iter().map(|event| event.at).max_by_key(|when| when.last());
    let when = day.unwrap_or(When::at(at));
    settle(case, facts, when);
    for index in range.clone() {
        match case.events[index].kind {
            EventKind::Merged => merge(case, facts, index),
            EventKind::Released => release(case, facts, index),
            _ => {}
        }
    }
    enter_mode(case, facts, when);
    for index in range {
        if case.events[index].at.is_exact() {
            judge(case, facts, index);
        } else {
            discharge(case, facts, index);
            facts.deferred.push(index as EventIndex);
        }
    }
}

/// What time alone brings up to an instant, at the end of the events.
pub fn close(case: &Record<'_>, facts: &mut Facts, now: Instant) {
    pass(case, facts, now);
    judge_deferred(case, facts, Instant::from_millis(i64::MAX));
}

/// The upstream project's date passes without an event.
fn pass(case: &Record<'_>, facts: &mut Facts, at: Instant) {
    if let Some(date) = facts.upstream.filter(|date| facts.mode == Mode::UpstreamBound && *date <= at) {
        enter_mode(case, facts, When::at(date));
    }
}

/// Judges date-only events whose day is over.
fn judge_deferred(case: &Record<'_>, facts: &mut Facts, at: Instant) {
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

/// Enters the mode that the facts ask for.
fn enter_mode(case: &Record<'_>, facts: &mut Facts, at: When) {
    let Some(disclosure) = facts.disclosure() else { return };
    // What happened on a day is known when the day is over.
    let view = View::new(case, facts, at.last());
    let (mode, asap) = (view.mode(), view.is_asap());
    match (asap, facts.asap_since) {
        (true, None) => facts.asap_since = Some(at),
        (false, Some(_)) => facts.asap_since = None,
        _ => {}
    }
    if facts.modes.is_empty() || mode != facts.mode {
        facts.mode = mode;
        let from = if facts.modes.is_empty() && disclosure.first() < at.first() { disclosure } else { at };
        facts.modes.push((from, mode));
    }
}

/// Sets the first public appearance; `by_release` when the release brings it.
fn appear(facts: &mut Facts, at: When, by_release: bool) {
    if facts.public_at.is_none() {
        facts.public_at = Some(at);
        if !by_release {
            facts.publicity = Some(at);
        }
    }
}

/// Takes one event in, without judging it.
fn take_in(case: &Record<'_>, facts: &mut Facts, index: usize) {
    use EventKind as K;
    let event = &case.events[index];
    let (at, here) = (event.at, index as EventIndex);
    if View::of(case, facts, event).counts(event) {
        note_first(&mut facts.first[event.kind as usize], at);
    }
    match event.kind {
        K::ReportReceived => {
            if event.text(Field::Visibility) == Some("public") {
                note_first(&mut facts.public_report, at);
                appear(facts, at, false);
            } else {
                note_first(&mut facts.private_report, at);
            }
        }
        K::PublicAppeared | K::ExploitPublic | K::EmbargoLeaked => appear(facts, at, false),
        K::PublicWarning => {
            appear(facts, at, false);
            note_first(&mut facts.mitigated, at);
        }
        K::ExploitationAware => {
            let since = event.instant(Field::Since).map_or(at, When::at);
            if facts.exploited.is_none_or(|known| since.first() < known.first()) {
                facts.exploited = Some(since);
            }
        }
        K::TriageDecided => {
            facts.dismissed = !matches!(event.text(Field::Disposition), Some("valid" | "already-public"));
        }
        K::CaseMerged => facts.dismissed = true,
        K::CaseReopened => facts.dismissed = false,
        K::AffectedSet => facts.affected = event.branches(Field::Branches).unwrap_or(0),
        K::FixLeadAssigned | K::FixLeadVolunteered | K::FixLeadAccepted => {
            facts.lead = Some(here);
            if facts.first_lead.is_none() {
                facts.first_lead = Some(here);
                out_of_turn(case, facts, event);
            }
        }
        K::FixTeamAdded => facts.team.push(here),
        K::ScoreSet => score(case, facts, index),
        K::SeverityClassified => {
            if permitted(case, facts, event).is_yes() {
                facts.classified = event.text(Field::Severity).and_then(Severity::parse);
            }
        }
        K::CveAssigned => {
            facts.cve = Some(at);
            facts.cve_event = Some(here);
        }
        K::CveRejected => {
            facts.cve = None;
            facts.cve_event = None;
        }
        K::CommitProposed => facts.commits.push(Commit {
            proposed: here,
            named: here,
            on_branch: event.get(Field::Branch).is_some(),
        }),
        K::CommitRewritten => {
            let from = event.text(Field::From);
            let found = facts.commits.iter().position(|commit| {
                let named = &case.events[commit.named as usize];
                let id = if commit.named == commit.proposed {
                    named.text(Field::Id)
                } else {
                    named.text(Field::To)
                };
                id == from
            });
            if let Some(place) = found {
                facts.commits[place].named = here;
                facts.complete = None;
                facts.ready = None;
            }
        }
        K::Lgtm => facts.lgtms.push(here),
        K::FixComplete => {
            if facts.complete.is_none() {
                facts.complete = Some(at);
                facts.commits_complete = facts.commits.len();
            }
        }
        K::ScheduleAdjusted => {
            if permitted(case, facts, event).is_yes() {
                if let Some(Value::Dues(dues)) = event.get(Field::Dues) {
                    for (duty, due) in dues {
                        let found = case.policy.duties.iter().position(|rule| rule.heading.id == *duty);
                        facts.moved.extend(found.map(|duty| Moved {
                            duty: duty as u16,
                            at,
                            due: *due,
                            slowed: false,
                        }));
                    }
                }
            }
        }
        K::Override => {
            if permitted(case, facts, event).is_yes() {
                facts.overrides.push(here);
            }
        }
        K::UpstreamTimeline => {
            facts.upstream = event.instant(Field::Until);
            if let (Some(date), Some(plan)) = (facts.upstream, facts.plan) {
                facts.plan = Some(plan.max(date));
            }
        }
        K::ReleaseScheduled => facts.plan = event.instant(Field::For),
        K::NoticeForthcoming | K::NoticeAdvance | K::NoticePrerelease | K::NoticeCorrection => {
            let states = event.instant(Field::States);
            facts.plan = states.or(facts.plan);
            facts.notices.push(Notice { at, kind: event.kind, states });
            if event.kind == K::NoticeForthcoming
                && event.text(Field::Mitigation).is_some_and(|text| !text.trim().is_empty())
            {
                note_first(&mut facts.mitigated, at);
            }
        }
        K::LeakDecided => facts.leak_continued = event.text(Field::Decision) == Some("continue"),
        K::PatchDiffers => facts.differs |= event.branches(Field::Branch).unwrap_or(0),
        K::Approved => each_branch(facts, event, |branch| &mut branch.approved),
        K::BinariesVerified => each_branch(facts, event, |branch| &mut branch.binaries),
        K::Merged if event.text(Field::Repo) != Some("private") => {
            facts.merged = true;
            each_branch(facts, event, |branch| &mut branch.merged);
        }
        K::Released => note_first(&mut facts.mitigated, at),
        K::Announced => appear(facts, at, true),
        K::TrackingClosed => facts.tracking_closed = Some(at),
        K::TrackingReopened => facts.tracking_closed = None,
        _ => {}
    }
    if LASTING.contains(&event.kind) {
        if let Some(permission) = case.policy.index.permissions[event.kind as usize] {
            facts.decisions.push(Decision { permission, event: here, since: None });
        }
    }
}

/// A release that names no branches is one of all that are kept and affected.
fn release(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    let set = event.branches(Field::Branches).unwrap_or_else(|| View::of(case, facts, event).maintained());
    for index in bits(set) {
        note_first(&mut facts.branches[index].released, event.at);
    }
}

fn each_branch(
    facts: &mut Facts,
    event: &Event,
    slot: impl Fn(&mut super::facts::BranchFacts) -> &mut Option<When>,
) {
    for index in bits(event.branches(Field::Branches).unwrap_or(0)) {
        note_first(slot(&mut facts.branches[index]), event.at);
    }
}

/// Whether the policy gives an event an effect; certainly not where it has no
/// word for it.
fn permitted(case: &Record<'_>, facts: &Facts, event: &Event) -> Truth {
    let Some(permission) = case.policy.index.permissions[event.kind as usize] else { return Truth::No };
    let rule = &case.policy.permissions[usize::from(permission)];
    let view = View::of(case, facts, event);
    let after = rule.after.map_or(Truth::Yes, |kind| view.passed(facts.first(kind)));
    after.and(view.holds(&rule.when))
}

/// Takes a score in: the final one counts, every version's latest is kept.
fn score(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    let vector = event.text(Field::Vector).and_then(|text| Vector::parse(text).ok());
    let computed = vector.as_ref().map(|vector| group_score(vector, event.text(Field::Group)));
    let stated = match event.get(Field::Score) {
        Some(Value::Score(hundredths)) => Some(*hundredths),
        _ => None,
    };
    let Some(hundredths) = stated.or(computed) else { return };
    if let (Some(stated), Some(computed)) = (stated, computed) {
        let groups = ["base", "temporal", "environmental"].map(Some);
        let any = |vector: &Vector| groups.iter().any(|group| group_score(vector, *group) == stated);
        if stated != computed && (event.get(Field::Group).is_some() || !vector.as_ref().is_some_and(any)) {
            let clause =
                case.policy.scoring.as_ref().and_then(|scoring| scoring.heading.clauses.first().copied());
            facts.findings.push(Finding {
                at: event.at,
                kind: FindingKind::Deviation,
                clause,
                subject: Subject::None,
                note: Note::ScoreDiffers { stated, computed },
            });
        }
    }
    let place = |version: Version| match version {
        Version::V2 => 0,
        Version::V30 => 1,
        Version::V31 => 2,
        Version::V40 => 3,
    };
    let version = version_of(event)
        .and_then(|name| ["2.0", "3.0", "3.1", "4.0"].iter().position(|known| *known == name));
    if let Some(version) = version {
        facts.by_version[version] = Some(hundredths);
    }
    if let Some(vector) = &vector {
        // One vector read by the other 3.x version can round differently.
        let other = match vector.version() {
            Version::V30 => Some(Version::V31),
            Version::V31 => Some(Version::V30),
            _ => None,
        };
        if let Some(again) = other.and_then(|other| vector.with_version(other)) {
            facts.read_again[place(again.version())] = Some(group_score(&again, event.text(Field::Group)));
        }
        let interaction = vector.metric("UI");
        facts.user_interaction = matches!(interaction, Some("R" | "A" | "P"));
    }
    let permitted = case.policy.index.permissions[EventKind::ScoreSet as usize].is_none()
        || permitted(case, facts, event).is_yes();
    if event.flag(Field::Final, true) && permitted {
        facts.score = Some(Final { hundredths, event: index as EventIndex });
    } else {
        note_first(&mut facts.estimate, event.at);
    }
    straddle(case, facts, event.at);
}

/// The score of a metric group, in hundredths; the base score where the group is
/// absent.
fn group_score(vector: &Vector, group: Option<&str>) -> u16 {
    let scores = vector.scores();
    let group = match group {
        Some("temporal") => Some(Group::Temporal),
        Some("environmental") => Some(Group::Environmental),
        Some("threat") => Some(Group::Threat),
        _ => None,
    };
    let named = group.and_then(|group| scores.group(group));
    let score = named.unwrap_or_else(|| vector.base().scores().overall().1);
    u16::from(score.tenths()) * 10
}

/// Scores of the versions that the policy names, on different sides of a
/// threshold.
fn straddle(case: &Record<'_>, facts: &mut Facts, at: When) {
    let Some(scoring) = &case.policy.scoring else { return };
    let known = ["2.0", "3.0", "3.1", "4.0"];
    let scores = scoring
        .versions
        .iter()
        .filter_map(|version| known.iter().position(|name| *name == &**version))
        .filter_map(|version| facts.by_version[version].or(facts.read_again[version]));
    let (Some(low), Some(high)) = (scores.clone().min(), scores.max()) else { return };
    for threshold in &scoring.thresholds {
        if low < *threshold && high >= *threshold {
            let note = Note::Straddle { threshold: *threshold, scores: (low, high) };
            if facts.findings.iter().any(|finding| finding.note == note) {
                continue;
            }
            let clause = scoring.heading.clauses.first().copied();
            facts.findings.push(Finding {
                at,
                kind: FindingKind::Straddle,
                clause,
                subject: Subject::None,
                note,
            });
        }
    }
}

/// The first Fix Lead of a case was not the next in turn.
fn out_of_turn(case: &Record<'_>, facts: &mut Facts, event: &Event) {
    let Some(heading) = &case.policy.rotation else { return };
    let expected = rotation::expected(case.project, event.at.first());
    if expected.is_some_and(|(expected, _)| event.text(Field::Who) != Some(expected)) {
        facts.findings.push(Finding {
            at: event.at,
            kind: FindingKind::Deviation,
            clause: heading.clauses.first().copied(),
            subject: Subject::None,
            note: Note::OutOfTurn,
        });
    }
}

/// What follows once all events of an instant are taken in.
fn settle(case: &Record<'_>, facts: &mut Facts, at: When) {
    if facts.complete.is_some() && facts.ready.is_none() && super::owners::reviewed(case, facts) {
        facts.ready = Some(at);
    }
    for place in 0..facts.decisions.len() {
        let decision = facts.decisions[place];
        let stands = {
            let rule = &case.policy.permissions[usize::from(decision.permission)];
            let event = &case.events[decision.event as usize];
            let mut view = View::of(case, facts, event);
            view.at = at;
            let after = rule.after.map_or(Truth::Yes, |kind| view.passed(facts.first(kind)));
            after.and(view.holds(&rule.when)).is_yes()
        };
        let since = if stands { decision.since.or(Some(at)) } else { None };
        if since == decision.since {
            continue;
        }
        facts.decisions[place].since = since;
        let event = &case.events[decision.event as usize];
        if event.kind == EventKind::SlowdownDecided {
            slow_down(case, facts, decision.permission, event, since);
        }
    }
}

/// A slow-down takes effect, or loses it.
fn slow_down(case: &Record<'_>, facts: &mut Facts, permission: u16, event: &Event, since: Option<When>) {
    let Some(due) = event.instant(Field::NewDue) else { return };
    match since {
        Some(at) => {
            for duty in &case.policy.permissions[usize::from(permission)].duties {
                facts.moved.push(Moved { duty: *duty as u16, at, due, slowed: true });
            }
        }
        None => facts.moved.retain(|moved| !moved.slowed || moved.due != due),
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
fn merge(case: &Record<'_>, facts: &mut Facts, index: usize) {
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
            let excused = gates::overridden(&view, *gate, Action::Merge)
                || (step.on_the_day
                    && step.held.iter().all(|inner| gates::overridden(&view, *inner, Action::Merge)));
            let kind = if excused { FindingKind::Override } else { rule.finding };
            found.push((kind, *gate));
        }
    }
    let overridden = found.iter().all(|(kind, _)| *kind == FindingKind::Override);
    for (kind, gate) in found {
        facts.findings.push(gate_finding(case, event, kind, gate));
    }
    appear(facts, event.at, lawful || (overridden && on_the_day));
}

fn gate_finding(case: &Record<'_>, event: &Event, kind: FindingKind, gate: u16) -> Finding {
    let rule = &case.policy.gates[usize::from(gate)];
    let branches = event.branches(Field::Branches).unwrap_or(0);
    let subject = if branches.count_ones() == 1 {
        Subject::Branch(branches.trailing_zeros() as u8)
    } else {
        Subject::None
    };
    Finding {
        at: event.at,
        kind,
        clause: rule.heading.clauses.first().copied(),
        subject,
        note: Note::Gate(gate),
    }
}

/// The actions that an event carries out.
fn actions(view: &View<'_, '_>, event: &Event) -> &'static [Action] {
    use EventKind as K;
    match event.kind {
        K::ReleaseScheduled => &[Action::ReleaseSchedule],
        K::Released => &[Action::Release],
        K::Announced => &[Action::Announce],
        K::NoticeForthcoming => &[Action::NoticeForthcoming],
        K::NoticeAdvance => &[Action::NoticeAdvance],
        K::NoticePrerelease => &[Action::NoticePrerelease],
        K::ListPosted => &[Action::ListPost],
        K::FixComplete => &[Action::FixComplete],
        K::SemipublicDecided => &[Action::SemipublicPr],
        K::PublicWarning => &[Action::PublicWarning],
        K::TrackingClosed => &[Action::TrackingClose],
        K::CvePublished => &[Action::CvePublish],
        K::CaseClosed => &[Action::CaseClose],
        K::Merged
            if view.decided(K::SemipublicDecided).is_some() && event.text(Field::Repo) != Some("private") =>
        {
            &[Action::SemipublicMerge]
        }
        _ => &[],
    }
}

/// Judges one event by everything known at its instant.
fn judge(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    if event.at.is_exact() {
        discharge(case, facts, index);
    }
    let mut found: Vec<Finding> = Vec::new();
    let view = View::of(case, facts, event);
    for action in actions(&view, event) {
        for gate in &case.policy.index.gates[*action as usize] {
            let rule = &case.policy.gates[usize::from(*gate)];
            let mut asked = view;
            if *action == Action::ReleaseSchedule {
                asked.planned = event.instant(Field::For);
            }
            if gates::hold(&asked, *gate).is_some_and(|hold| hold.certain) {
                let kind = if gates::overridden(&view, *gate, *action) {
                    FindingKind::Override
                } else {
                    rule.finding
                };
                found.push(gate_finding(case, event, kind, *gate));
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
    facts.findings.append(&mut found);
}

/// Notes which duties an event discharges.
fn discharge(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    for duty in &case.policy.index.duties[event.kind as usize] {
        let rule = &case.policy.duties[usize::from(*duty)];
        let slot = case.slot(usize::from(*duty));
        if !View::of(case, facts, event).holds(&rule.filter).is_yes() {
            continue;
        }
        match rule.each {
            Each::Case => note_first(&mut facts.done[slot], event.at),
            Each::Channel => {
                for (place, channel) in case.policy.channels.iter().enumerate() {
                    if event.texts(Field::Channels).any(|name| name == &*channel.heading.id) {
                        note_first(&mut facts.done[slot + place], event.at);
                    }
                }
            }
            _ => {
                let set = event.branches(Field::Branches).or(event.branches(Field::Branch)).unwrap_or(0);
                for branch in bits(set) {
                    note_first(&mut facts.done[slot + branch], event.at);
                }
            }
        }
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
