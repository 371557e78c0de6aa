//! What the page of a case shows line by line: duties, gates, decisions, how
//! the whole stands, and why each is so.

use std::collections::BTreeSet;

use fixlead_app::case::board::{Board, Decision, Gated, Obligation};
use fixlead_app::case::why::{Standing, Why};
use fixlead_core::case::EventKind;
use fixlead_core::plan::duties::State;
use fixlead_core::time::Instant;

use super::entry::capital;
use crate::web::words::{self, Moment};

/// Why something stands as it does.
#[derive(Default, PartialEq)]
pub struct WhyRow {
    /// Clauses with the policy's sentences under each.
    pub clauses: Vec<(String, Vec<String>)>,
    /// The events that count.
    pub events: Vec<(String, Moment)>,
    /// What would change it.
    pub change: Vec<(&'static str, String)>,
}

impl WhyRow {
    /// Why, as a page shows it. No sentence is said twice, and none that stands
    /// beside it anyway.
    pub fn new(why: &Why, beside: &[&str], now: Instant) -> WhyRow {
        let mut said = BTreeSet::new();
        let mut is_new = |say: &str| {
            let plain = say.trim_end_matches('.');
            !beside.iter().any(|text| text.contains(plain)) && said.insert(plain.to_owned())
        };
        let clauses = why.clauses.iter().map(|(clause, says)| {
            let says = says.iter().filter(|say| is_new(say)).map(|say| words::sentence(say));
            (clause.clone(), says.collect())
        });
        WhyRow {
            clauses: clauses.filter(|(_, says): &(String, Vec<String>)| !says.is_empty()).collect(),
            events: why
                .events
                .iter()
                .map(|(kind, at)| (capital(&words::happening(*kind)), Moment::of(*at, now)))
                .collect(),
            change: WhyRow::changes(why, EventKind::CaseSplit),
        }
    }

    /// What would change something, apart from one event.
    pub fn changes(why: &Why, apart: EventKind) -> Vec<(&'static str, String)> {
        let own = [apart, EventKind::FixTeamAdded, EventKind::FixTeamRevoked, EventKind::CaseClosed];
        let kinds = why.change.iter().filter(|kind| !own.contains(kind)).take(8);
        kinds.map(|kind| (kind.name(), words::happening(*kind))).collect()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty() && self.events.is_empty() && self.change.is_empty()
    }
}

/// A duty, as the page shows it.
pub struct DutyRow {
    pub id: String,
    pub name: String,
    pub subject: Option<String>,
    pub who: String,
    pub say: String,
    pub clauses: String,
    pub because: String,
    pub state: &'static str,
    pub tone: &'static str,
    pub due: Option<Moment>,
    pub done: Option<Moment>,
    pub margin: Option<String>,
    pub encouraged: bool,
    pub open: bool,
    /// Where it is done from: an address, and its words.
    pub by: Vec<(String, String)>,
    pub evidence: Vec<(String, Option<String>)>,
    /// Its reasons, where they stand on the same page.
    pub why: Option<WhyRow>,
}

impl DutyRow {
    /// What the row is called within its page.
    pub fn anchor(&self) -> String {
        let subject = self.subject.iter().map(|subject| format!("-{}", escaped(subject)));
        format!("d-{}{}", self.id, subject.collect::<String>())
    }
}

/// Actions, and whether they are allowed: those that the same holds stand together.
pub struct GateRow {
    /// What the row is called within its page.
    pub anchor: String,
    /// Each with the event that records it.
    pub actions: Vec<(String, Option<&'static str>)>,
    pub allowed: bool,
    pub clauses: String,
    pub because: String,
    pub earliest: Option<Moment>,
    pub why: WhyRow,
}

/// A decision that somebody may take.
pub struct DecisionRow {
    pub kind: &'static str,
    pub name: String,
    pub say: String,
    pub clauses: String,
    pub taken: Option<Moment>,
}

/// A branch of the project.
pub struct BranchRow {
    pub name: String,
    pub class: &'static str,
    pub affected: bool,
    /// What is asked for it alone: the duty, how it stands, its colour.
    pub steps: Vec<(String, &'static str, &'static str)>,
}

/// The rows of the branches.
pub fn branches(board: &Board) -> Vec<BranchRow> {
    let steps = |name: &str| {
        let own = board.duties.iter().filter(|duty| duty.subject.as_deref() == Some(name));
        let own = own.filter(|duty| duty.state != State::NotApplicable);
        own.map(|duty| (words::name(&duty.id), words::state(duty.state), words::tone(duty.state))).collect()
    };
    let row = |(name, class): &(String, &'static str)| BranchRow {
        name: name.clone(),
        class,
        affected: board.affected.contains(name),
        steps: steps(name),
    };
    board.branches.iter().map(row).collect()
}

/// How the whole case stands in one respect.
pub struct StandingRow {
    pub what: &'static str,
    pub value: String,
    pub why: WhyRow,
}

/// Whether a duty is still to be done.
pub fn is_open(duty: &Obligation) -> bool {
    matches!(duty.state, State::Open | State::Overdue | State::Held | State::Indeterminate)
}

/// What is to be done next: what is due first, and of what is held only where
/// nothing else is due. While nobody leads, what comes first in the policy comes
/// first, whether it has a due or not: there is nobody yet to do the rest.
pub fn next(board: &Board) -> Option<&Obligation> {
    let due = |duty: &&Obligation| duty.due.map_or(i64::MAX, |due| due.first().millis());
    let open = || board.duties.iter().filter(|duty| is_open(duty) && duty.state != State::Held);
    let overdue = open().filter(|duty| duty.state == State::Overdue).min_by_key(due);
    let leads = board.view.standing.as_ref().is_some_and(|standing| standing.lead.is_some());
    let first = || open().next().filter(|_| !leads);
    let dated = || open().filter(|duty| duty.due.is_some()).min_by_key(due);
    let held = || board.duties.iter().filter(|duty| is_open(duty) && duty.due.is_some()).min_by_key(due);
    overdue.or_else(first).or_else(dated).or_else(held)
}

/// Where an event is recorded from: a form of its own on this page, or the form
/// for any event.
fn offer(board: &Board, duty: &Obligation, kind: EventKind) -> Option<(String, String)> {
    let case = board.view.case;
    let leads = board.view.standing.as_ref().is_some_and(|standing| standing.lead.is_some());
    Some(match kind {
        EventKind::FixLeadVolunteered if !leads => {
            (format!("/cases/{case}#lead"), "Lead it, or assign it".to_owned())
        }
        EventKind::FixLeadAssigned if leads => (
            format!("/cases/{case}/record/{}?duty={}", kind.name(), duty.id),
            "Say since when they lead it".to_owned(),
        ),
        EventKind::FixLeadAssigned | EventKind::FixLeadVolunteered | EventKind::FixLeadAccepted => {
            return None;
        }
        EventKind::FixTeamAdded if duty.done_at.is_none() => {
            (format!("/cases/{case}#ask-in"), "Ask somebody in".to_owned())
        }
        EventKind::FixTeamRevoked if has_team(board) => {
            (format!("/cases/{case}#dismiss"), "Let the Fix Team go".to_owned())
        }
        _ => {
            let subject = duty.subject.as_ref().map(|subject| format!("&subject={}", escaped(subject)));
            let address = format!(
                "/cases/{case}/record/{}?duty={}{}",
                kind.name(),
                duty.id,
                subject.unwrap_or_default()
            );
            (address, format!("Record: {}", words::happening(kind)))
        }
    })
}

/// Whether somebody is in the Fix Team now.
pub fn has_team(board: &Board) -> bool {
    let people = board.view.standing.iter().flat_map(|standing| &standing.people);
    people.into_iter().any(|member| matches!(member.role.name(), "fix-team" | "release-manager"))
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let part = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(part).collect()
}

/// The row of a duty with the whole of its reasons.
pub fn reasoned(board: &Board, of: &Obligation) -> DutyRow {
    let why = WhyRow::new(&of.why, &[&of.say, &of.because], board.at);
    DutyRow { why: Some(why), ..duty(board, of) }
}

/// The row of a duty.
pub fn duty(board: &Board, duty: &Obligation) -> DutyRow {
    let now = board.at;
    let margin = duty.margin.map(|margin| {
        let word = if margin.millis() < 0 { "late" } else { "to spare" };
        format!("{} {word}", words::span(margin))
    });
    DutyRow {
        id: duty.id.clone(),
        name: words::name(&duty.id),
        subject: duty.subject.clone(),
        who: words::name(&duty.who),
        say: words::sentence(&duty.say),
        clauses: duty.clauses.join(" "),
        because: words::sentence(&duty.because),
        state: words::state(duty.state),
        tone: words::tone(duty.state),
        due: duty.due.map(|due| Moment::of(due, now)),
        done: duty.done_at.map(|done| Moment::of(done, now)),
        margin,
        encouraged: duty.encouraged,
        open: is_open(duty),
        by: duty.done_by.iter().filter_map(|kind| offer(board, duty, *kind)).collect(),
        evidence: duty.evidence.clone(),
        why: None,
    }
}

/// The rows of gates.
pub fn gates(gates: &[Gated], now: Instant) -> Vec<GateRow> {
    let mut rows: Vec<GateRow> = Vec::new();
    for row in gates.iter().map(|one| gate(one, now)) {
        match rows.iter_mut().find(|other| other.is_held_as(&row)) {
            Some(other) => other.actions.extend(row.actions),
            None => rows.push(row),
        }
    }
    rows
}

impl GateRow {
    fn is_held_as(&self, other: &GateRow) -> bool {
        let same = || {
            (&self.because, &self.clauses, &self.earliest, &self.why)
                == (&other.because, &other.clauses, &other.earliest, &other.why)
        };
        self.allowed == other.allowed && (self.allowed || same())
    }
}

fn gate(gate: &Gated, now: Instant) -> GateRow {
    let kind = gate.action.reported_by().map(EventKind::name).filter(|kind| *kind != "case.closed");
    GateRow {
        anchor: format!("g-{}", escaped(gate.action.name())),
        actions: vec![(capital(&words::name(gate.action.name())), kind)],
        allowed: gate.allowed,
        clauses: gate.clauses.join(" "),
        because: words::sentence(&gate.because),
        earliest: gate.earliest.map(|at| Moment::new(at, now)),
        why: if gate.allowed { WhyRow::default() } else { WhyRow::new(&gate.why, &[&gate.because], now) },
    }
}

/// The row of a decision.
pub fn decision(decision: &Decision, now: Instant) -> DecisionRow {
    DecisionRow {
        kind: decision.kind.name(),
        name: capital(&words::happening(decision.kind)),
        say: words::sentence(&decision.say),
        clauses: decision.clauses.join(" "),
        taken: decision.taken.map(|at| Moment::of(at, now)),
    }
}

/// The row of how the case stands.
pub fn standing(standing: &Standing, now: Instant) -> StandingRow {
    StandingRow {
        what: standing.what,
        value: words::name(&standing.value),
        why: WhyRow::new(&standing.why, &[], now),
    }
}
