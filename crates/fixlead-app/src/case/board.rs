//! A case as its Fix Lead looks at it: what is due and why, what is held and
//! who may override, what was found, how long users were exposed.

use fixlead_core::access::Action as Right;
use fixlead_core::case::{Action, Ask, EventKind};
use fixlead_core::id::{CaseId, PersonId};
use fixlead_core::plan::duties::State;
use fixlead_core::plan::exposure::Length;
use fixlead_core::plan::words;
use fixlead_core::policy::model::FindingKind;
use fixlead_core::time::{Instant, Span, When};

use super::read::View;
use super::why::{self, Standing, Why};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// A case under its policy, as it stands now.
#[derive(Clone)]
pub struct Board {
    /// What its reader may see of it.
    pub view: View,
    /// Whom its reader may ask to do something, by name: those they see in
    /// the directory.
    pub candidates: Vec<(PersonId, String)>,
    /// What the project is called.
    pub project: String,
    /// What the policy is called.
    pub policy_title: String,
    /// The instant it is for.
    pub at: Instant,
    /// Which branches are affected, as far as the policy tells them apart.
    pub class: &'static str,
    /// The severity in force.
    pub severity: Option<&'static str>,
    /// The mode in force, such as `as-soon-as-possible`.
    pub mode: Option<&'static str>,
    /// The release path that the policy names.
    pub path: Option<String>,
    /// When it was disclosed, became public, was released.
    pub anchors: [Option<When>; 3],
    /// Its duties, in the policy's order.
    pub duties: Vec<Obligation>,
    /// What may be done now, and what is held.
    pub gates: Vec<Gated>,
    /// What was found, the latest first.
    pub findings: Vec<Found>,
    /// How long users were exposed to what was public; least, most, and
    /// whether it still runs.
    pub exposed: Option<Length>,
    /// The branches of the project, with their classes.
    pub branches: Vec<(String, &'static str)>,
    /// Those of them that are affected.
    pub affected: Vec<String>,
    /// How the whole case stands, and why.
    pub standings: Vec<Standing>,
    /// Decisions that the policy lets somebody take.
    pub decisions: Vec<Decision>,
}

/// A decision that the policy allows under a condition.
#[derive(Clone)]
pub struct Decision {
    /// The event that records it.
    pub kind: EventKind,
    /// The policy's sentence.
    pub say: String,
    /// The clauses.
    pub clauses: Vec<String>,
    /// When it was taken, the last time.
    pub taken: Option<When>,
}

/// A duty.
#[derive(Clone)]
pub struct Obligation {
    /// Its id in the policy.
    pub id: String,
    /// The branch or channel it is for.
    pub subject: Option<String>,
    /// Who discharges it.
    pub who: String,
    /// The policy's sentence.
    pub say: String,
    /// How it stands.
    pub state: State,
    /// When it is due.
    pub due: Option<When>,
    /// When it was done.
    pub done_at: Option<When>,
    /// How much was to spare; negative when it was late.
    pub margin: Option<Span>,
    /// The clauses it executes.
    pub clauses: Vec<String>,
    /// The arithmetic.
    pub because: String,
    /// The events that discharge it.
    pub done_by: Vec<EventKind>,
    /// Whether it is only encouraged.
    pub encouraged: bool,
    /// What was given as evidence, and where it can be read.
    pub evidence: Vec<(String, Option<String>)>,
    /// Why it stands so.
    pub why: Why,
}

/// Whether an action is allowed now.
#[derive(Clone)]
pub struct Gated {
    /// The action.
    pub action: Action,
    /// Whether it is.
    pub allowed: bool,
    /// The clauses that say so.
    pub clauses: Vec<String>,
    /// Why.
    pub because: String,
    /// From when on, if everything else stands still.
    pub earliest: Option<Instant>,
    /// Why.
    pub why: Why,
}

/// A finding.
#[derive(Clone)]
pub struct Found {
    /// The instant it is of.
    pub at: When,
    /// Whether it violates the policy, deviates from it or remarks.
    pub kind: FindingKind,
    /// The clauses.
    pub clauses: Vec<String>,
    /// What it is about.
    pub subject: Option<String>,
    /// In words.
    pub text: String,
}

fn owned(clauses: Vec<&str>) -> Vec<String> {
    clauses.into_iter().map(str::to_owned).collect()
}

/// A question about an action alone.
pub(super) fn plain(action: Action, at: Instant) -> Ask {
    Ask { id: action.name().to_owned(), at, action, release_at: None, branches: 0, channel: None }
}

impl Desk {
    /// A case as it stands, for those who work on it.
    pub async fn board(&self, caller: &Caller, case: CaseId) -> Result<Board> {
        let (snapshot, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let view = self.view(caller, &snapshot, &kept);
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = kept.file.plan(&policy);
        let now = self.now();
        let evaluation = plan.evaluate(now);
        let record = &plan.record;
        let evidence = |duty: &str| {
            let given = kept.file.evidence.iter().filter(|(named, ..)| **named == *duty);
            given
                .map(|(_, text, reference)| (text.to_string(), reference.as_ref().map(ToString::to_string)))
                .collect()
        };
        let duties = evaluation.duties.iter().map(|duty| {
            let rule = &policy.duties[usize::from(duty.rule)];
            Obligation {
                id: rule.heading.id.to_string(),
                subject: words::subject(record, duty.subject),
                who: rule.who.to_string(),
                say: rule.heading.say.to_string(),
                state: duty.state,
                due: duty.due,
                done_at: duty.done_at,
                margin: duty.margin(),
                clauses: owned(words::duty_clauses(record, duty)),
                because: words::because(record, duty),
                done_by: rule.done.to_vec(),
                encouraged: rule.encouraged,
                evidence: evidence(&rule.heading.id),
                why: why::of_duty(record, duty),
            }
        });
        let asked = |action: Action| plain(action, now);
        // What is asked about an instant, a branch or a channel is asked where
        // that is entered.
        let asks = [
            Action::NoticeForthcoming,
            Action::NoticeAdvance,
            Action::NoticePrerelease,
            Action::FixComplete,
            Action::SemipublicPr,
            Action::PublicWarning,
            Action::Release,
            Action::CvePublish,
            Action::TrackingClose,
            Action::CaseClose,
        ];
        let gates = asks.into_iter().map(|action| {
            let answer = plan.answer(&asked(action));
            Gated {
                action,
                allowed: answer.allowed,
                clauses: owned(words::clauses(record, &answer.clauses)),
                because: words::answer(record, &answer),
                earliest: answer.earliest,
                why: why::of_answer(record, &answer),
            }
        });
        let mut findings: Vec<Found> = evaluation
            .findings
            .iter()
            .map(|finding| Found {
                at: finding.at,
                kind: finding.kind,
                clauses: owned(words::finding_clauses(record, finding)),
                subject: words::subject(record, finding.subject),
                text: words::finding(record, finding),
            })
            .collect();
        findings.reverse();
        let project =
            view.standing.as_ref().and_then(|standing| snapshot.directory.projects.get(&standing.project));
        // Who may read nothing of the directory knows those in the case alone.
        let candidates = match self.read_directory(caller).await {
            Ok(seen) => seen.names(),
            Err(_) => view.names.iter().map(|(id, name)| (*id, name.clone())).collect(),
        };
        let decisions = policy.permissions.iter().filter(|rule| rule.event != EventKind::Override);
        let decisions = decisions.map(|rule| Decision {
            kind: rule.event,
            say: rule.heading.say.to_string(),
            clauses: owned(words::clauses(record, &rule.heading.clauses)),
            taken: record.events.iter().rev().find(|event| event.kind == rule.event).map(|event| event.at),
        });
        let branches = record.project.branches.iter().enumerate();
        let affected = branches.filter(|(place, _)| plan.facts().affected >> place & 1 == 1);
        Ok(Board {
            affected: affected.map(|(_, branch)| branch.name.to_string()).collect(),
            standings: why::of_case(record, &evaluation),
            decisions: decisions.collect(),
            candidates,
            project: project.map(|record| record.name.to_string()).unwrap_or_default(),
            policy_title: policy.title.to_string(),
            at: now,
            class: evaluation.class.name(),
            severity: evaluation.severity.map(|severity| severity.name()),
            mode: evaluation.modes.last().map(|(_, mode)| mode.name()),
            path: words::release_path(record, &evaluation),
            anchors: evaluation.anchors,
            duties: duties.collect(),
            gates: gates.collect(),
            findings,
            exposed: evaluation.exposure.public,
            branches: record
                .project
                .branches
                .iter()
                .map(|branch| (branch.name.to_string(), branch.class.name()))
                .collect(),
            view,
        })
    }
}
