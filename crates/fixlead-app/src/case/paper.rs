//! What somebody has to know who records an event by hand: the duties it
//! discharges, what the policy expects of it, the words it looks for, and
//! whether it is held as things stand.

use std::collections::BTreeMap;

use fixlead_core::access::Action as Right;
use fixlead_core::case::{Action, EventKind, Field};
use fixlead_core::id::CaseId;
use fixlead_core::plan::words;
use fixlead_core::policy::Policy;
use fixlead_core::policy::model::{FindingKind, Heading};

use super::board::{Board, Gated, plain};
use super::why;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// A sentence of the policy with its clauses.
#[derive(Clone)]
pub struct Said {
    /// The rule.
    pub id: String,
    /// The sentence.
    pub say: String,
    /// The clauses.
    pub clauses: Vec<String>,
}

/// What there is to know about recording an event of a type.
pub struct Paper {
    /// The case.
    pub board: Board,
    /// The duties that such an event can discharge.
    pub duties: Vec<Said>,
    /// What the policy expects of it, and what it is called otherwise.
    pub expects: Vec<(Said, FindingKind)>,
    /// The decision that it records, if it is one.
    pub decision: Option<Said>,
    /// Bodies and roles that can stand as those who did it.
    pub roles: Vec<Said>,
    /// Words that rules look for, by field.
    pub words: BTreeMap<Field, Vec<String>>,
    /// The fields that rules expect it to carry.
    pub wanted: Vec<Field>,
    /// What holds it as things stand.
    pub held: Option<Gated>,
    /// Commits that were proposed, the latest first.
    pub commits: Vec<String>,
}

fn said(policy: &Policy, heading: &Heading) -> Said {
    let clauses = heading.clauses.iter().map(|clause| policy.clause(*clause).to_owned());
    Said { id: heading.id.to_string(), say: heading.say.to_string(), clauses: clauses.collect() }
}

impl Desk {
    /// What there is to know about recording an event of a type in a case, for
    /// a duty if one is named.
    pub async fn paper(&self, caller: &Caller, case: CaseId, kind: EventKind, duty: &str) -> Result<Paper> {
        let board = self.board(caller, case).await?;
        let (_, kept) = self.read_as(caller, case, &[Right::CaseRead]).await?;
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = kept.file.plan(&policy);
        // What is asked about an instant is asked where that is entered.
        let action = kind.records().filter(|action| *action != Action::ReleaseSchedule);
        let held = action.and_then(|action| {
            let answer = plan.answer(&plain(action, board.at));
            (!answer.allowed).then(|| Gated {
                action,
                allowed: false,
                clauses: words::clauses(&plan.record, &answer.clauses)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                because: words::answer(&plan.record, &answer),
                earliest: answer.earliest,
                why: why::of_answer(&plan.record, &answer),
            })
        });
        let (required, optional) = kind.fields();
        let of_field = |field: &Field| {
            let words: Vec<String> =
                policy.words(kind, *field, duty).into_iter().map(str::to_owned).collect();
            (!words.is_empty()).then_some((*field, words))
        };
        // What the form was opened for is what it is about.
        let named = policy.duties.iter().any(|rule| *rule.heading.id == *duty && rule.done.contains(&kind));
        let duties = policy.duties.iter().filter(|rule| rule.done.contains(&kind));
        let duties = duties.filter(|rule| !named || *rule.heading.id == *duty);
        let expects = policy.checks.iter().filter(|rule| rule.on.contains(&kind));
        let commits = plan.record.events.iter().rev().filter_map(|event| match event.kind {
            EventKind::CommitProposed => event.text(Field::Id),
            EventKind::CommitRewritten => event.text(Field::To),
            _ => None,
        });
        Ok(Paper {
            duties: duties.map(|rule| said(&policy, &rule.heading)).collect(),
            expects: expects.map(|rule| (said(&policy, &rule.heading), rule.finding)).collect(),
            decision: policy
                .permissions
                .iter()
                .find(|rule| rule.event == kind)
                .map(|rule| said(&policy, &rule.heading)),
            roles: policy.roles.iter().map(|rule| said(&policy, &rule.heading)).collect(),
            words: required.iter().chain(optional).filter_map(of_field).collect(),
            wanted: policy.wanted(kind),
            held,
            commits: commits.map(str::to_owned).collect(),
            board,
        })
    }
}
