//! Adds events up to facts.
//!
//! The events of one instant are taken in together first; then each of them
//! is judged by [`super::judge`], so that a gate sees all of them.

use std::ops::Range;

use super::Record;
use super::conditions::{View, bits};
use super::facts::{
    BranchFacts, Commit, Decision, EventIndex, Facts, Finding, Mode, Moved, Note, Notice, Subject, note_first,
};
use super::{judge, rotation, score};
use crate::case::event::{Event, EventKind, Field, Value};
use crate::policy::expression::Severity;
use crate::policy::model::FindingKind;
use crate::time::{Instant, Truth, When};

/// Decisions whose effect lasts while their conditions hold.
const LASTING: [EventKind; 5] = [
    EventKind::SlowdownDecided,
    EventKind::SemipublicDecided,
    EventKind::EarlyWarningDecided,
    EventKind::EmergencyDeclared,
    EventKind::ExceptionExtreme,
];

/// Events that make somebody the Fix Lead.
const LEADS: [EventKind; 3] =
    [EventKind::FixLeadAssigned, EventKind::FixLeadVolunteered, EventKind::FixLeadAccepted];

/// Folds the events of one instant.
pub fn fold(case: &Record<'_>, facts: &mut Facts, range: Range<usize>) {
    let at = case.events[range.start].at.first();
    pass(case, facts, at);
    judge::deferred(case, facts, at);
    facts.until = at;
    // Who leads is known first: what others do at that instant may ask for it.
    let leads = |index: &usize| LEADS.contains(&case.events[*index].kind);
    for index in range.clone().filter(leads).chain(range.clone().filter(|index| !leads(index))) {
        take_in(case, facts, index);
    }
    let day = case.events[range.clone()].iter().map(|event| event.at).max_by_key(|when| when.last());
    let when = day.unwrap_or(When::at(at));
    let reviews = |event: &Event| {
        use EventKind as K;
        matches!(event.kind, K::FixComplete | K::Lgtm | K::CommitProposed | K::CommitRewritten)
    };
    if case.events[range.clone()].iter().any(reviews) {
        review(case, facts, when);
    }
    settle(case, facts, when);
    for index in range.clone() {
        match case.events[index].kind {
            EventKind::Merged => judge::merge(case, facts, index),
            EventKind::Released => release(case, facts, index),
            _ => {}
        }
    }
    for event in case.events[range.clone()].iter().filter(|event| event.kind == EventKind::Announced) {
        // Whatever else made it public at that instant came first.
        appear(facts, event.at, true);
    }
    enter_mode(case, facts, when);
    for index in range {
        if case.events[index].at.is_exact() {
            judge::judge(case, facts, index);
        } else {
            judge::discharge(case, facts, index);
            facts.deferred.push(index as EventIndex);
        }
    }
}

/// What time alone brings up to an instant, at the end of the events.
pub fn close(case: &Record<'_>, facts: &mut Facts, now: Instant) {
    pass(case, facts, now);
    judge::deferred(case, facts, Instant::from_millis(i64::MAX));
}

/// The upstream project's date passes without an event.
fn pass(case: &Record<'_>, facts: &mut Facts, at: Instant) {
    if let Some(date) = facts.upstream.filter(|date| facts.mode == Mode::UpstreamBound && *date <= at) {
        enter_mode(case, facts, When::at(date));
    }
}

/// Enters the mode that the facts ask for.
fn enter_mode(case: &Record<'_>, facts: &mut Facts, at: When) {
    let Some(disclosure) = facts.disclosure() else { return };
    // What happened on a day is known when the day is over.
    let view = View::new(case, facts, at.last());
    let (mode, asap) = view.mode();
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
pub(super) fn appear(facts: &mut Facts, at: When, by_release: bool) {
    note_first(&mut facts.public_at, at);
    // Until the release, what others make known counts apart from what a merge
    // of the release day shows.
    let ends = [EventKind::Released, EventKind::Announced];
    let is_over = ends.iter().filter_map(|kind| facts.first(*kind)).any(|end| end.first() < at.first());
    let is_first = facts.public_at == Some(at) || !is_over;
    if !by_release && is_first {
        note_first(&mut facts.publicity, at);
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
        K::ScoreSet => score::take_in(case, facts, index),
        K::SeverityClassified if permitted(case, facts, event).is_yes() => {
            facts.classified = event.text(Field::Severity).and_then(Severity::parse);
        }
        K::CveAssigned => {
            facts.cves.push(here);
            assigned(case, facts);
        }
        K::CveRejected => {
            // Without an id, whatever is assigned is meant.
            let rejected = event.text(Field::Id);
            facts.cves.retain(|index| {
                let id = case.events[*index as usize].text(Field::Id);
                rejected.is_some() && id.is_some() && id != rejected
            });
            assigned(case, facts);
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
        K::FixComplete if facts.complete.is_none() => {
            facts.complete = Some(at);
            facts.commits_complete = facts.commits.len();
        }
        K::ScheduleAdjusted => {
            if permitted(case, facts, event).is_yes()
                && let Some(Value::Dues(dues)) = event.get(Field::Dues)
            {
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
        K::Override if permitted(case, facts, event).is_yes() => {
            facts.overrides.push(here);
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
        K::TrackingClosed => facts.tracking_closed = Some(at),
        K::TrackingReopened => facts.tracking_closed = None,
        _ => {}
    }
    if LASTING.contains(&event.kind)
        && let Some(permission) = case.policy.index.permissions[event.kind as usize]
    {
        facts.decisions.push(Decision { permission, event: here, since: None });
    }
}

/// Since when a CVE id is assigned, and the one named last.
fn assigned(case: &Record<'_>, facts: &mut Facts) {
    facts.cve = facts.cves.first().map(|index| case.events[*index as usize].at);
    facts.cve_event = facts.cves.last().copied();
}

/// A release that names no branches is one of all that are kept and affected.
fn release(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    let set = event.branches(Field::Branches).unwrap_or_else(|| View::of(case, facts, event).maintained());
    for index in bits(set) {
        note_first(&mut facts.branches[index].released, event.at);
    }
}

fn each_branch(facts: &mut Facts, event: &Event, slot: impl Fn(&mut BranchFacts) -> &mut Option<When>) {
    for index in bits(event.branches(Field::Branches).unwrap_or(0)) {
        note_first(slot(&mut facts.branches[index]), event.at);
    }
}

/// Whether the policy gives an event an effect; certainly not where it has no
/// word for it.
pub(super) fn permitted(case: &Record<'_>, facts: &Facts, event: &Event) -> Truth {
    let Some(permission) = case.policy.index.permissions[event.kind as usize] else { return Truth::No };
    let rule = &case.policy.permissions[usize::from(permission)];
    let view = View::of(case, facts, event);
    let after = rule.after.map_or(Truth::Yes, |kind| view.passed(facts.first(kind)));
    after.and(view.holds(&rule.when))
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

/// Notes when the completion stands and every commit has its LGTMs.
fn review(case: &Record<'_>, facts: &mut Facts, at: When) {
    facts.reviewed = super::owners::reviewed(case, facts);
    if facts.complete.is_some() && facts.ready.is_none() && facts.reviewed {
        facts.ready = Some(at);
    }
}

/// Which lasting decisions have an effect once all events of an instant are
/// taken in.
fn settle(case: &Record<'_>, facts: &mut Facts, at: When) {
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
