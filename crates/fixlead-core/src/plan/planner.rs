//! The release planner: what may be done when, the earliest lawful instant,
//! and the instant it recommends.
//!
//! Every hold opens at an instant that can be computed from what is known, so
//! the earliest allowed instant is one of a few candidates: each is tried.

use super::conditions::View;
use super::facts::Subject;
use super::gates::{self, Hold, Reason};
use super::{Case, Record};
use crate::case::event::{Action, Ask, BranchSet};
use crate::policy::Policy;
use crate::policy::expression::{Expression, Fact};
use crate::policy::model::{ClauseIndex, Wait, Window};
use crate::time::{DAY, Instant, When};

/// The answer to an ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Whether it may be done.
    pub allowed: bool,
    /// What holds it.
    pub holds: Vec<Hold>,
    /// Clauses of what holds it.
    pub clauses: Vec<ClauseIndex>,
    /// Holds that an override by the Fix Lead lifts.
    pub overridden: Vec<u16>,
    /// The excuse that shortens a lead, by place.
    pub excuse: Option<usize>,
    /// The first instant at which it would be allowed if everything else
    /// stands still.
    pub earliest: Option<Instant>,
    /// The instant that the planner recommends for the release.
    pub proposed: Option<Instant>,
    /// Clauses that would rather have it otherwise.
    pub preferences: Vec<ClauseIndex>,
    /// For `case.close`: what is left to do.
    pub left: Vec<Subject>,
}

/// Whether an instant is one the policy recommends.
pub fn in_slot(policy: &Policy, instant: Instant) -> bool {
    policy.slot.as_ref().is_none_or(|slot| instant.time_of_day() == slot.at && slot.days[instant.weekday()])
}

/// The first recommended instant at or after another, holidays left out.
pub fn next_slot(case: &Record<'_>, from: Instant) -> Instant {
    let Some(slot) = &case.policy.slot else { return from };
    let mut candidate = Instant::midnight(from.day()) + slot.at;
    // A year of holidays is not a plan; then the instant itself is as good.
    for _ in 0..400 {
        let holiday = case.project.holidays.contains(&candidate.day());
        if candidate >= from && slot.days[candidate.weekday()] && !holiday {
            return candidate;
        }
        candidate = Instant::midnight(candidate.day() + 1) + slot.at;
    }
    from
}

impl<'p> Case<'p> {
    /// Answers an ask by what is known: the caller has pushed only what
    /// happened before it.
    pub fn answer(&self, ask: &Ask) -> Answer {
        let view = View {
            branches: ask.branches,
            channel: ask.channel.as_deref(),
            ..View::new(&self.record, self.facts(), ask.at)
        };
        let mut answer = match ask.action {
            Action::ReleaseSchedule => self.plan(&view, ask.release_at.unwrap_or(ask.at)),
            Action::ReleasePropose => self.offer(&view),
            action => self.act(&view, action),
        };
        if matches!(ask.action, Action::ReleaseSchedule | Action::ReleasePropose) {
            answer.proposed = self.propose(&view);
            let instant =
                if ask.action == Action::ReleaseSchedule { ask.release_at } else { answer.proposed };
            if let (Some(slot), Some(instant)) = (&self.record.policy.slot, instant)
                && !in_slot(self.record.policy, instant)
            {
                answer.preferences = slot.heading.clauses.to_vec();
            }
        }
        if ask.action == Action::CaseClose {
            let left = self.record.undone(self.facts(), view.at);
            answer.left = left.into_iter().map(|duty| Subject::Duty(duty as u16)).collect();
        }
        answer
    }

    /// What holds an action at the instant of the view.
    fn holds(&self, view: &View<'_, 'p>, action: Action) -> (Vec<Hold>, Vec<u16>) {
        let mut holds = Vec::new();
        let mut lifted = Vec::new();
        for gate in &self.record.policy.index.gates[action as usize] {
            let Some(hold) = gates::hold(view, *gate) else { continue };
            if gates::overridden(view, *gate, action) {
                lifted.push(*gate);
                continue;
            }
            if hold.reason == Reason::Step {
                let step = gates::step(view, *gate);
                let (over, under): (Vec<u16>, Vec<u16>) =
                    step.held.iter().partition(|inner| gates::overridden(view, **inner, action));
                if step.on_the_day && under.is_empty() {
                    lifted.extend(over);
                    continue;
                }
                holds.push(hold);
                holds.extend(under.iter().filter_map(|inner| gates::hold(view, *inner)));
                continue;
            }
            holds.push(hold);
        }
        (holds, lifted)
    }

    fn act(&self, view: &View<'_, 'p>, action: Action) -> Answer {
        let (holds, overridden) = self.holds(view, action);
        let mut answer = Answer::open(None);
        answer.allowed = holds.is_empty();
        answer.earliest = if answer.allowed {
            Some(view.at.first())
        } else {
            let open = |at: Instant| {
                let later = View { at: When::at(at), ..*view };
                self.holds(&later, action).0.is_empty()
            };
            self.candidates(view, action).into_iter().filter(|at| *at > view.at.first()).find(|at| open(*at))
        };
        answer.finish(&self.record, view, holds, overridden)
    }

    fn plan(&self, view: &View<'_, 'p>, release: Instant) -> Answer {
        let planned = View { planned: Some(release), ..*view };
        let (holds, overridden) = self.holds(&planned, Action::ReleaseSchedule);
        let mut answer = Answer::open(self.earliest_release(view));
        answer.allowed = holds.is_empty() && release >= view.at.first();
        answer.finish(&self.record, &planned, holds, overridden)
    }

    /// Whether there is an instant to propose; if not, everything that is in
    /// the way of one.
    fn offer(&self, view: &View<'_, 'p>) -> Answer {
        let mut answer = Answer::open(self.earliest_release(view));
        answer.allowed = answer.earliest.is_some();
        let mut holds: Vec<Hold> = Vec::new();
        if !answer.allowed {
            for at in self.candidates(view, Action::ReleaseSchedule) {
                let planned = View { planned: Some(at), ..*view };
                for hold in self.holds(&planned, Action::ReleaseSchedule).0 {
                    if !holds.iter().any(|known| known.gate == hold.gate) {
                        holds.push(hold);
                    }
                }
            }
        }
        answer.finish(&self.record, view, holds, Vec::new())
    }

    /// The earliest instant for which a release can lawfully be planned.
    pub fn earliest_release(&self, view: &View<'_, 'p>) -> Option<Instant> {
        let open = |at: Instant| {
            let planned = View { planned: Some(at), ..*view };
            self.holds(&planned, Action::ReleaseSchedule).0.is_empty()
        };
        self.candidates(view, Action::ReleaseSchedule).into_iter().find(|at| open(*at))
    }

    /// The instant recommended for the release.
    fn propose(&self, view: &View<'_, 'p>) -> Option<Instant> {
        let earliest = self.earliest_release(view)?;
        // What is public already does not wait for a convenient hour.
        if view.mode().1 && !view.holds(&Expression::Fact(Fact::Slowed)).is_yes() {
            return Some(earliest);
        }
        if let Some(date) = self.facts().upstream.filter(|date| *date > view.at.first()) {
            if self.leads_kept(view, date) {
                return Some(date);
            }
            let kept = self
                .candidates(view, Action::ReleaseSchedule)
                .into_iter()
                .find(|at| *at >= date && self.leads_kept(view, *at))?;
            return Some(next_slot(&self.record, kept));
        }
        if self.record.policy.slot.is_none() {
            // Users were told to block time at the instant that is planned.
            return Some(self.facts().plan.filter(|plan| *plan >= earliest).unwrap_or(earliest));
        }
        let slot = next_slot(&self.record, earliest);
        let planned = View { planned: Some(slot), ..*view };
        let open = self.holds(&planned, Action::ReleaseSchedule).0.is_empty();
        Some(if open { slot } else { earliest })
    }

    /// Whether a release can be planned for an instant without the excuse that
    /// an upstream date gives.
    fn leads_kept(&self, view: &View<'_, 'p>, release: Instant) -> bool {
        let planned = View { planned: Some(release), ..*view };
        let by_upstream =
            |excuse: usize| self.record.policy.excuses[excuse].when == Expression::Fact(Fact::UpstreamDay);
        self.holds(&planned, Action::ReleaseSchedule).0.is_empty()
            && self.record.policy.index.gates[Action::ReleaseSchedule as usize].iter().all(|gate| {
                let Wait::Lead(duty) = self.record.policy.gates[usize::from(*gate)].wait else { return true };
                let rule = &self.record.policy.duties[duty];
                if !view.holds(&self.record.policy.gates[usize::from(*gate)].when).is_yes()
                    || !gates::excuse(&planned, rule).is_some_and(by_upstream)
                {
                    return true;
                }
                let Window::Before { span, .. } = rule.window else { return true };
                let sent =
                    gates::counting(self.facts(), rule, release).map_or(view.at.first(), |sent| sent.first());
                sent + span <= release
            })
    }

    /// Instants at which something that holds an action can change.
    fn candidates(&self, view: &View<'_, 'p>, action: Action) -> Vec<Instant> {
        let now = view.at.first();
        let mut list = vec![now];
        let mut gates: Vec<u16> = self.record.policy.index.gates[action as usize].clone();
        for gate in gates.clone() {
            if let Wait::StepOf(inner, _) = &self.record.policy.gates[usize::from(gate)].wait {
                gates.extend(&self.record.policy.index.gates[*inner as usize]);
                list.extend(self.facts().plan.map(|plan| Instant::midnight(plan.day())));
            }
        }
        for gate in gates {
            match &self.record.policy.gates[usize::from(gate)].wait {
                Wait::Within(anchor, _, span) => {
                    list.extend(gates::anchor(view, anchor).map(|when| when.first() + *span))
                }
                Wait::Until(anchor, _) => list.extend(gates::anchor(view, anchor).map(|when| when.last())),
                Wait::Lead(duty) => {
                    let rule = &self.record.policy.duties[*duty];
                    let Window::Before { span, .. } = rule.window else { continue };
                    list.push(now + span);
                    for notice in gates::notices(self.facts(), rule) {
                        list.push(notice.at.last() + span);
                        list.push(notice.at.last());
                        list.extend(notice.states);
                    }
                }
                _ => {}
            }
        }
        // The excuse of an upstream date ends with its day.
        if let Some(date) = self.facts().upstream {
            list.extend([date, Instant::from_millis((date.day() + 1) * DAY)]);
        }
        list.retain(|at| *at >= now);
        list.sort_unstable();
        list.dedup();
        list
    }

    /// The branches of a class of names, for an ask about all of them.
    pub fn every_branch(&self) -> BranchSet {
        if self.record.project.branches.is_empty() {
            0
        } else {
            BranchSet::MAX >> (BranchSet::BITS as usize - self.record.project.branches.len())
        }
    }
}

impl Answer {
    fn open(earliest: Option<Instant>) -> Self {
        Answer {
            allowed: false,
            holds: Vec::new(),
            clauses: Vec::new(),
            overridden: Vec::new(),
            excuse: None,
            earliest,
            proposed: None,
            preferences: Vec::new(),
            left: Vec::new(),
        }
    }

    fn finish(
        mut self,
        case: &Record<'_>,
        view: &View<'_, '_>,
        holds: Vec<Hold>,
        overridden: Vec<u16>,
    ) -> Self {
        for hold in &holds {
            for clause in &case.policy.gates[usize::from(hold.gate)].heading.clauses {
                if !self.clauses.contains(clause) {
                    self.clauses.push(*clause);
                }
            }
        }
        self.excuse = holds
            .iter()
            .all(|hold| {
                !matches!(hold.reason, Reason::Lead(..) | Reason::NoNotice(_) | Reason::OtherRelease { .. })
            })
            .then(|| {
                let leads = case.policy.gates.iter().filter_map(|gate| match gate.wait {
                    Wait::Lead(duty) if view.planned.is_some() => Some(duty),
                    _ => None,
                });
                leads.filter_map(|duty| gates::excuse(view, &case.policy.duties[duty])).next()
            })
            .flatten();
        self.holds = holds;
        self.overridden = overridden;
        self
    }
}
