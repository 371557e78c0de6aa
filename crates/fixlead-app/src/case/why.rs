//! Why something in a case stands as it does: the sentences of the policy
//! under its clauses, the events that it is counted from, and the decisions
//! that could change it.

use fixlead_core::case::EventKind;
use fixlead_core::plan::duties::Duty;
use fixlead_core::plan::planner::Answer;
use fixlead_core::plan::{Evaluation, Record, words};
use fixlead_core::policy::Policy;
use fixlead_core::policy::model::ClauseIndex;
use fixlead_core::time::When;

/// Most events that are named; the history of the case has them all.
const MOST_EVENTS: usize = 6;

/// Why something stands as it does.
#[derive(Clone, Default)]
pub struct Why {
    /// The clauses, and every sentence of the policy under each.
    pub clauses: Vec<(String, Vec<String>)>,
    /// The events that count for it, in order of time.
    pub events: Vec<(EventKind, When)>,
    /// Events that would change it, decisions that the policy allows first.
    pub change: Vec<EventKind>,
}

/// Something that the policy says of the whole case.
#[derive(Clone)]
pub struct Standing {
    /// What it is: `class`, `severity`, `mode`, `release path`.
    pub what: &'static str,
    /// How it stands.
    pub value: String,
    /// Why.
    pub why: Why,
}

/// The sentences under clauses.
fn clauses(policy: &Policy, named: &[ClauseIndex]) -> Vec<(String, Vec<String>)> {
    let said = |clause: &ClauseIndex| policy.sentences(*clause).into_iter().map(str::to_owned).collect();
    named.iter().map(|clause| (policy.clause(*clause).to_owned(), said(clause))).collect()
}

/// The events of some types that have happened.
fn happened(record: &Record<'_>, kinds: &[EventKind]) -> Vec<(EventKind, When)> {
    let fitting = record.events.iter().filter(|event| kinds.contains(&event.kind));
    let mut latest: Vec<_> = fitting.rev().take(MOST_EVENTS).map(|event| (event.kind, event.at)).collect();
    latest.reverse();
    latest
}

/// What could change something, decisions first.
fn change(policy: &Policy, kinds: impl IntoIterator<Item = EventKind>) -> Vec<EventKind> {
    let mut list: Vec<EventKind> = Vec::new();
    for kind in kinds {
        if !list.contains(&kind) {
            list.push(kind);
        }
    }
    list.sort_by_key(|kind| !policy.is_decision(*kind));
    list
}

/// Why a duty stands as it does.
pub(super) fn of_duty(record: &Record<'_>, duty: &Duty) -> Why {
    let policy = record.policy;
    let Some(rule) = policy.duties.get(usize::from(duty.rule)) else { return Why::default() };
    let moving = policy
        .permissions
        .iter()
        .filter(|permission| permission.duties.contains(&usize::from(duty.rule)))
        .map(|permission| permission.event);
    let adjusting = policy.is_decision(EventKind::ScheduleAdjusted) && duty.due.is_some();
    let adjusting = adjusting.then_some(EventKind::ScheduleAdjusted);
    Why {
        clauses: clauses(policy, &rule.heading.clauses),
        events: happened(record, &policy.events_of_duty(rule)),
        change: change(policy, moving.chain(policy.excusing(rule)).chain(adjusting)),
    }
}

/// Why an action is held.
pub(super) fn of_answer(record: &Record<'_>, answer: &Answer) -> Why {
    let policy = record.policy;
    let gates = answer.holds.iter().filter_map(|hold| policy.gates.get(usize::from(hold.gate)));
    let kinds: Vec<EventKind> = gates.flat_map(|gate| policy.events_of_gate(gate)).collect();
    Why {
        clauses: clauses(policy, &answer.clauses),
        events: happened(record, &kinds),
        change: change(policy, kinds.iter().copied()),
    }
}

/// How the whole case stands, and why.
pub(super) fn of_case(record: &Record<'_>, evaluation: &Evaluation) -> Vec<Standing> {
    let policy = record.policy;
    let mut standings = Vec::new();
    let rule = policy.classes.iter().find(|rule| rule.class == evaluation.class);
    let rule = rule.or(policy.classes.first()).map(|rule| clauses(policy, &rule.heading.clauses));
    standings.push(Standing {
        what: "class",
        value: evaluation.class.name().to_owned(),
        why: Why {
            clauses: rule.unwrap_or_default(),
            events: happened(record, &[EventKind::AffectedSet]),
            change: vec![EventKind::AffectedSet],
        },
    });
    let scored = [EventKind::ScoreSet, EventKind::SeverityClassified];
    let band = policy.bands.iter().find(|(word, ..)| Some(*word) == evaluation.severity);
    let named =
        band.map(|(.., named)| &**named).or(policy.scoring.as_ref().map(|rule| &*rule.heading.clauses));
    standings.push(Standing {
        what: "severity",
        value: evaluation.severity.map_or("not known", |severity| severity.name()).to_owned(),
        why: Why {
            clauses: clauses(policy, named.unwrap_or_default()),
            events: happened(record, &scored),
            change: change(policy, scored),
        },
    });
    let mode = evaluation.modes.last().map(|(_, mode)| *mode);
    if let Some(mode) = mode {
        let rule = policy.modes.iter().find(|rule| rule.mode == mode);
        let named = rule
            .map(|rule| &rule.heading.clauses)
            .or(policy.windows.as_ref().map(|(heading, _)| &heading.clauses));
        let kinds: Vec<EventKind> = policy.modes.iter().flat_map(|rule| rule.when.events()).collect();
        standings.push(Standing {
            what: "pace",
            value: mode.name().to_owned(),
            why: Why {
                clauses: named.map(|named| clauses(policy, named)).unwrap_or_default(),
                events: happened(record, &kinds),
                change: change(policy, kinds.iter().copied()),
            },
        });
    }
    if let Some(path) = evaluation.release_path.and_then(|path| policy.paths.get(usize::from(path))) {
        standings.push(Standing {
            what: "release",
            value: words::release_path(record, evaluation).unwrap_or_default(),
            why: Why {
                clauses: clauses(policy, &path.heading.clauses),
                events: happened(record, &path.when.events()),
                change: change(policy, path.when.events()),
            },
        });
    }
    standings
}
