//! The plan: what a case is due, what is held, what was found, and why.
//!
//! One pure function of policy, project, events and an instant:
//! [`Case::evaluate`]. No state is stored; a [`Case`] folds its events as they
//! come, so that one more event costs little, and gives the same answer as a
//! fold from nothing.
//!
//! - [`facts`]: what the events add up to; `fold` adds them up, `judge`
//!   looks at each with everything known at its instant.
//! - [`conditions`]: whether a condition of the policy holds.
//! - [`gates`]: what is held; [`planner`]: the earliest lawful instant.
//! - [`duties`], [`exposure`], [`rotation`], [`owners`]: the answer's parts.
//!
//! Reasons are data here. Words for them stand in [`words`].

pub mod conditions;
pub mod duties;
pub mod exposure;
pub mod facts;
mod fold;
pub mod gates;
mod judge;
pub mod owners;
pub mod planner;
pub mod rotation;
mod score;
pub mod words;

use crate::case::{Event, EventKind, Project};
use crate::policy::Policy;
use crate::policy::expression::{Class, Severity};
use crate::policy::model::Each;
use crate::time::{Instant, When};

use conditions::View;
use duties::{Duty, State};
use exposure::Exposure;
use facts::{Facts, Finding, Mode};
use rotation::Rotation;

/// What a plan is made from: policy, project, events.
#[derive(Clone, Debug)]
pub struct Record<'p> {
    /// The policy the case runs under.
    pub policy: &'p Policy,
    /// The project it belongs to.
    pub project: &'p Project,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Where it stands that each duty was done.
    slots: Vec<Slot>,
    /// Whether a public merge is a step of the release; judged with what is
    /// known now, so that a re-classification reaches back.
    merge_counts: bool,
}

/// Where it stands that a duty was done.
#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Its first place in the table of discharges.
    first: u16,
    /// For a duty of the whole case, what says so.
    by: Done,
}

/// What says that a duty of the whole case was done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Done {
    /// The table of discharges.
    Table,
    /// The completion, once every commit has its LGTMs.
    Ready,
    /// A closing of the tracking issue that stands.
    Closed,
}

/// A case under a policy: its events, and what they add up to.
#[derive(Clone, Debug)]
pub struct Case<'p> {
    /// What it is made from.
    pub record: Record<'p>,
    facts: Facts,
    /// The same without the events of the last instant, which count together:
    /// when one more comes, they are folded again.
    before: Facts,
    /// Where the events of the last instant begin.
    group: usize,
}

impl Record<'_> {
    /// The first place of a duty in the table of discharges.
    pub(crate) fn slot(&self, duty: usize) -> usize {
        usize::from(self.slots[duty].first)
    }

    /// When a duty of the whole case was done.
    pub(crate) fn done_at(&self, facts: &Facts, duty: usize) -> Option<When> {
        let slot = self.slots[duty];
        match slot.by {
            Done::Table => facts.done[usize::from(slot.first)],
            Done::Ready => facts.ready,
            Done::Closed => facts.tracking_closed,
        }
    }

    /// Duties that apply, are more than encouraged and are not done, by place.
    pub(crate) fn undone(&self, facts: &Facts, at: When) -> Vec<usize> {
        let view = View::new(self, facts, at);
        let mut findings = Vec::new();
        duties::derive_undone(&view, &mut findings)
            .into_iter()
            .filter(|duty| !self.policy.duties[usize::from(duty.rule)].encouraged)
            .filter(|duty| {
                matches!(duty.state, State::Open | State::Overdue | State::Held | State::Indeterminate)
            })
            .map(|duty| usize::from(duty.rule))
            .collect()
    }
}

/// The answer of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// The instant it is for.
    pub at: Instant,
    /// Which branches are affected, as far as the policy tells them apart.
    pub class: Class,
    /// The severity in force.
    pub severity: Option<Severity>,
    /// Every change of mode.
    pub modes: Vec<(When, Mode)>,
    /// Disclosure, first public appearance, release.
    pub anchors: [Option<When>; 3],
    /// Duties, in the policy's order.
    pub duties: Vec<Duty>,
    /// Findings, in order of time.
    pub findings: Vec<Finding>,
    /// The release path, as a place in the policy's list.
    pub release_path: Option<u16>,
    /// Whose turn it is.
    pub rotation: Option<Rotation>,
    /// How long users were exposed.
    pub exposure: Exposure,
}

impl<'p> Case<'p> {
    /// A case in which nothing has happened yet.
    pub fn new(policy: &'p Policy, project: &'p Project) -> Self {
        let mut slots = Vec::with_capacity(policy.duties.len());
        let mut next = 0;
        for duty in &policy.duties {
            let by = match &*duty.done {
                done if done.contains(&EventKind::FixComplete) => Done::Ready,
                done if done.contains(&EventKind::TrackingClosed) => Done::Closed,
                _ => Done::Table,
            };
            slots.push(Slot { first: next as u16, by });
            next += match duty.each {
                Each::Case => 1,
                Each::Channel => policy.channels.len(),
                _ => project.branches.len(),
            };
        }
        let facts = Facts::new(project.branches.len(), next);
        let record = Record { policy, project, events: Vec::new(), slots, merge_counts: false };
        Case { record, before: facts.clone(), facts, group: 0 }
    }

    /// A case with all its events, in any order; those of one instant keep
    /// theirs.
    pub fn with_events(
        policy: &'p Policy,
        project: &'p Project,
        events: impl IntoIterator<Item = Event>,
    ) -> Self {
        let mut case = Case::new(policy, project);
        case.extend(events);
        case
    }

    /// Adds an event.
    ///
    /// The next in time costs little. An older one is put in its place, and
    /// everything is folded from nothing.
    pub fn push(&mut self, event: Event) {
        let at = event.at.first();
        let events = &mut self.record.events;
        if events.is_empty() || at > self.facts.until {
            self.before.clone_from(&self.facts);
            self.group = events.len();
        } else if at == self.facts.until {
            self.facts.clone_from(&self.before);
        } else {
            let place = events.partition_point(|earlier| earlier.at.first() <= at);
            events.insert(place, event);
            self.refold(0);
            self.settle_merges();
            return;
        }
        events.push(event);
        let end = events.len();
        fold::fold(&self.record, &mut self.facts, self.group..end);
        self.settle_merges();
    }

    /// Adds several events, in any order.
    pub fn extend(&mut self, events: impl IntoIterator<Item = Event>) {
        let known = self.record.events.len();
        self.record.events.extend(events);
        let new = &self.record.events[known..];
        let in_order = new.is_sorted_by_key(|event| event.at.first())
            && new.first().is_none_or(|first| known == 0 || first.at.first() > self.facts.until);
        if in_order {
            self.refold(known);
        } else {
            self.record.events.sort_by_key(|event| event.at.first());
            self.refold(0);
        }
        self.settle_merges();
    }

    /// Folds the events from a place on; from the first on, from nothing.
    fn refold(&mut self, from: usize) {
        if from == 0 {
            self.facts = Facts::new(self.record.project.branches.len(), self.facts.done.len());
        }
        let mut start = from;
        while let Some(first) = self.record.events.get(start) {
            let at = first.at.first();
            let end = start + self.record.events[start..].partition_point(|event| event.at.first() == at);
            if end == self.record.events.len() {
                self.before.clone_from(&self.facts);
                self.group = start;
            }
            fold::fold(&self.record, &mut self.facts, start..end);
            start = end;
        }
    }

    /// Whether a public merge is a step of the release can change with what
    /// becomes known; the merges before are then seen anew.
    fn settle_merges(&mut self) {
        for _ in 0..2 {
            let counts = View::new(&self.record, &self.facts, self.facts.until).merge_counts();
            if counts == self.record.merge_counts {
                return;
            }
            self.record.merge_counts = counts;
            if !self.facts.merged {
                return;
            }
            self.refold(0);
        }
    }

    /// The facts as of the last event.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The whole answer for an instant, which must not lie before the last
    /// event.
    pub fn evaluate(&self, now: Instant) -> Evaluation {
        let mut own;
        let mut facts = &self.facts;
        if !facts.deferred.is_empty() || facts.mode == Mode::UpstreamBound {
            own = facts.clone();
            fold::close(&self.record, &mut own, now);
            facts = &own;
        }
        let view = View::new(&self.record, facts, now);
        let class = view.class();
        let parameters = self.record.policy.parameters.len();
        let mut findings = Vec::with_capacity(facts.findings.len() + parameters + 2);
        judge::standing_findings(&view, class, &mut findings);
        findings.extend_from_slice(&facts.findings);
        let duties = duties::derive(&view, &mut findings);
        if !findings.is_sorted_by_key(|finding| finding.at.first()) {
            findings.sort_by_key(|finding| finding.at.first());
        }
        let path = view.path();
        Evaluation {
            at: now,
            class,
            severity: view.severity(),
            modes: facts.modes.clone(),
            anchors: [facts.disclosure(), facts.public_at, facts.first(EventKind::Released)],
            duties,
            findings,
            release_path: path
                .and_then(|id| self.record.policy.paths.iter().position(|path| &*path.heading.id == id))
                .map(|place| place as u16),
            rotation: rotation::derive(&view),
            exposure: exposure::derive(&view),
        }
    }
}
