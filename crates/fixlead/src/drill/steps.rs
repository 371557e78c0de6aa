//! The steps people take, and which of them are wanted now. A step is wanted
//! because the engine lists its duty as undone, or because the work itself
//! needs it; how it is carried out stands in the modules of the acts.

use fixlead_core::time::{Instant, Span};

use super::answer::Answer;
use super::rehearsal::Rehearsal;

/// Declares the steps once, as an enum and in the order in which they usually
/// come.
macro_rules! steps {
    ($($step:ident,)+) => {
        /// A step somebody takes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each step is the name it stands for")]
        pub enum Step { $($step,)+ }

        /// The order in which the steps usually come.
        const ORDER: &[Step] = &[$(Step::$step,)+];
    };
}

steps! {
    Acknowledge,
    Triage,
    TakeLead,
    AcceptLead,
    AskPrivate,
    FixTeam,
    Overview,
    Score,
    AssignCve,
    AskTooEarly,
    Mitigation,
    WriteFix,
    Review,
    ReviewAgain,
    Backport,
    ReviewBackports,
    CompleteFix,
    PlanCommunication,
    Plan,
    Replan,
    Correct,
    Forthcoming,
    Advance,
    UnrelatedWork,
    LeakAssess,
    LeakDecide,
    Prerelease,
    Approve,
    Merge,
    Build,
    Rebuild,
    Release,
    Announce,
    PopulateCve,
    CloseTracking,
    RevokeTeam,
    Retrospective,
    Feedback,
    CloseCase,
}

/// When a wanted step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As soon as whoever does it gets round to it.
    Soon,
    /// After so many minutes of work, at least and at most.
    Work(i64, i64),
    /// At an instant.
    At(Instant),
}

/// All steps that are wanted now, with their beginning.
pub fn wanted(case: &Rehearsal, answer: &Answer) -> Vec<(Step, Start)> {
    ORDER.iter().filter_map(|step| start(*step, case, answer).map(|start| (*step, start))).collect()
}

fn start(step: Step, case: &Rehearsal, answer: &Answer) -> Option<Start> {
    use Start::{At, Soon, Work};
    let done = |step| case.is_done(step);
    let first = !done(step);
    let undone = |duty: &str| !answer.undone(duty).is_empty();
    let facts = &case.facts;
    let led = facts.lead.is_some();
    let before_release = facts.released_at.is_none();
    let after_release = !before_release;
    let when = |condition: bool, start: Start| condition.then_some(start);
    match step {
        Step::Acknowledge => when(first, Soon),
        Step::Triage => when(first && done(Step::Acknowledge), Work(40, 200)),
        Step::TakeLead => when(first && done(Step::Triage), Soon),
        Step::AcceptLead => when(facts.handing_to.is_some(), Soon),
        Step::AskPrivate => when(first && undone("ask-private"), Soon),
        Step::FixTeam => when(first && led && undone("fix-team"), Soon),
        Step::Overview => when(first && led && undone("overview") && done(Step::FixTeam), Soon),
        Step::Score => when(first && led && (undone("score") || !answer.knows("score")), Work(90, 700)),
        Step::AssignCve => when(first && done(Step::Score), Work(60, 500)),
        Step::AskTooEarly => {
            let notice = undone("forthcoming-notice") || undone("advance-notice");
            when(
                first && case.impatient && done(Step::Score) && !done(Step::Mitigation) && notice,
                Work(20, 60),
            )
        }
        Step::Mitigation => when(first && done(Step::Score), Work(300, 1200)),
        Step::WriteFix => {
            let staffed = !answer.knows("fix-team") || done(Step::FixTeam);
            when(first && led && done(Step::Score) && staffed, Work(500, 2000))
        }
        Step::Review => when(first && done(Step::WriteFix), Work(100, 500)),
        Step::ReviewAgain => when(facts.needs_second_review, Work(60, 300)),
        Step::Backport => when(first && done(Step::Review) && !facts.needs_second_review, Work(200, 600)),
        Step::ReviewBackports => when(first && done(Step::Backport), Work(100, 500)),
        Step::CompleteFix => when(first && done(Step::ReviewBackports) && done(Step::Mitigation), Soon),
        Step::PlanCommunication => when(first && done(Step::CompleteFix), Soon),
        Step::Plan => {
            let identified = done(Step::AssignCve);
            when(first && done(Step::PlanCommunication) && identified, Soon)
        }
        Step::Replan => {
            let late = facts.plan.is_some_and(|plan| plan <= case.clock.now());
            let changed = facts.plan.is_some() && case.circumstances(answer) != facts.plan_basis;
            let undecided = facts.leaked && !done(Step::LeakDecide);
            when(before_release && (changed || late) && !undecided && !done(Step::Merge), Work(10, 60))
        }
        Step::Correct => when(facts.correction_owed.is_some() && before_release, Work(5, 20)),
        Step::Forthcoming => {
            let wanted = settled(case, answer) && before_release && undone("forthcoming-notice");
            when(wanted && facts.forthcoming.is_none_or(|plan| Some(plan) != facts.plan), Work(10, 90))
        }
        Step::Advance => {
            let wanted = settled(case, answer) && before_release && undone("advance-notice");
            when(wanted && facts.advance.is_none_or(|(_, plan)| Some(plan) != facts.plan), Work(15, 90))
        }
        Step::UnrelatedWork => when(first && facts.plan.is_some() && before_release, Work(600, 1500)),
        Step::LeakAssess => when(first && facts.leaked, Work(15, 60)),
        Step::LeakDecide => when(first && done(Step::LeakAssess), Work(10, 40)),
        Step::Prerelease => {
            let plan = facts.plan.filter(|_| before_release)?;
            let told = facts.prerelease.is_some_and(|(_, stated)| stated == plan);
            let duty = answer.undone("prerelease-notice").into_iter().next()?;
            if told || undone("advance-notice") || !settled(case, answer) {
                return None;
            }
            let due = duty.due.unwrap_or(plan - Span::hours(24));
            let planned = due - Span::hours(3);
            let now = case.clock.now();
            // A release that is days away is not told about sooner for haste.
            let pressed = case.hurries(answer) && plan - now < Span::hours(48);
            let pressed = pressed || planned <= now;
            Some(if pressed { Work(10, 40) } else { At(planned) })
        }
        Step::Approve => {
            let plan = facts.plan?;
            let ready = first && notices_are_out(case, answer) && undone("approve");
            when(ready, At(plan - Span::minutes(110)))
        }
        Step::Merge => {
            let plan = facts.plan?;
            let approved = done(Step::Approve) || !undone("approve");
            let ready = first && notices_are_out(case, answer) && approved;
            when(ready, At(plan - Span::minutes(55)))
        }
        Step::Build => {
            let plan = facts.plan?;
            when(first && done(Step::Merge), At(plan - Span::minutes(30)))
        }
        Step::Rebuild => when(facts.broken.is_some(), Work(70, 100)),
        Step::Release => {
            let plan = facts.plan?;
            let ready = first && done(Step::Build) && facts.broken.is_none();
            when(ready && facts.correction_owed.is_none(), At(plan))
        }
        Step::Announce => {
            let owed = !answer.undone("announce").is_empty() || undone("fixed-notice");
            when(after_release && owed, Work(2, 10))
        }
        Step::PopulateCve => when(first && after_release, Work(15, 80)),
        Step::CloseTracking => {
            when(first && after_release && undone("tracking-close") && done(Step::PopulateCve), Soon)
        }
        Step::RevokeTeam => when(first && after_release && undone("fix-team-revoke"), Soon),
        Step::Retrospective => {
            let released = facts.released_at?;
            let day = Instant::midnight(released.day() + 2);
            when(first, At(day + Span::hours(case.retrospective_hour)))
        }
        Step::Feedback => when(first && done(Step::Retrospective) && undone("feedback"), Soon),
        Step::CloseCase => {
            let told = !undone("feedback") && !undone("fix-team-revoke") && !undone("tracking-close");
            when(first && done(Step::Retrospective) && done(Step::PopulateCve) && told, Soon)
        }
    }
}

/// The duty that a step serves or leads to.
pub fn duty(step: Step) -> Option<&'static str> {
    Some(match step {
        Step::Acknowledge | Step::Triage | Step::TakeLead | Step::FixTeam => "fix-team",
        Step::Overview => "overview",
        Step::Score => "score",
        Step::AssignCve => "cve",
        Step::Mitigation
        | Step::WriteFix
        | Step::Review
        | Step::ReviewAgain
        | Step::Backport
        | Step::ReviewBackports
        | Step::CompleteFix => "fix-complete",
        Step::PlanCommunication | Step::Plan | Step::Forthcoming => "forthcoming-notice",
        Step::Advance => "advance-notice",
        _ => return None,
    })
}

/// Whether there is a date that nobody is about to change, so that others can
/// be told.
fn settled(case: &Rehearsal, answer: &Answer) -> bool {
    let facts = &case.facts;
    let undecided = facts.leaked && !case.is_done(Step::LeakDecide);
    let current = case.is_done(Step::Merge) || case.circumstances(answer) == facts.plan_basis;
    facts.plan.is_some_and(|plan| plan > case.clock.now()) && !undecided && current
}

/// Whether everyone who must hear beforehand has heard of the plan in force.
fn notices_are_out(case: &Rehearsal, answer: &Answer) -> bool {
    case.facts.correction_owed.is_none()
        && ["forthcoming-notice", "advance-notice", "prerelease-notice"]
            .iter()
            .all(|notice| answer.undone(notice).is_empty())
}
