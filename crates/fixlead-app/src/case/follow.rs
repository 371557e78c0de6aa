//! A report as whoever sent it sees it: where it stands, what was promised by
//! when, what was decided, and that others reported it before.
//!
//! It holds nothing of another case but since when it is known and how far it
//! is, and nothing of its own that is the team's: no plan, no embargo, no name.

use fixlead_core::access::Action;
use fixlead_core::case::EventKind;
use fixlead_core::case::event::Field;
use fixlead_core::desk::CaseFile;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::form::{CreditWish, Thanks};
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_core::plan::duties::State;
use fixlead_core::plan::words;
use fixlead_core::time::{Instant, When};

use super::act::{Act, Writing};
use super::read::View;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How often a case can have been merged further for its reporters to be told.
const MOST_MOVES: usize = 8;
/// How often a wish is written beside others who write.
const TRIES: usize = 50;

/// How far a report has come, as reporters are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// It is here.
    Received,
    /// Somebody said that they have it.
    Acknowledged,
    /// It is a vulnerability.
    Confirmed,
    /// The fix is complete.
    Fixed,
    /// It is released.
    Released,
    /// Everybody is told.
    Announced,
}

/// A report, as whoever sent it sees it.
#[derive(Clone)]
pub struct Following {
    /// The case, as far as they may see it.
    pub view: View,
    /// Its project, and what that is called.
    pub project: (ProjectId, String),
    /// What its policy is called.
    pub policy: String,
    /// Now.
    pub at: Instant,
    /// The stages that it has come to, and when.
    pub stages: Vec<(Stage, When)>,
    /// What the policy promises to them, in its order.
    pub promises: Vec<Promise>,
    /// How they want to be thanked.
    pub wish: CreditWish,
    /// What was decided about the report, where it is no new vulnerability.
    pub decided: Option<Decision>,
    /// That somebody reported the same.
    pub same: Option<Same>,
    /// Whether nobody works on it any more.
    pub closed: bool,
}

/// A clock that the policy starts for a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// The duty.
    pub duty: String,
    /// The policy's sentence.
    pub say: String,
    /// Its clauses.
    pub clauses: Vec<String>,
    /// How it stands.
    pub state: State,
    /// When it is due.
    pub due: Option<When>,
    /// When it was done.
    pub done_at: Option<When>,
}

/// What was decided, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The disposition, in the words of the vocabulary.
    pub disposition: String,
    /// When.
    pub at: When,
    /// The reason with which the case was closed. Nothing for a duplicate,
    /// where it may speak of somebody else's report.
    pub reason: Option<String>,
}

/// That somebody reported the same, and what a reporter may know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Same {
    /// Since when it is known.
    pub since: Instant,
    /// Whether this report was the first.
    pub first: bool,
    /// How far it has come.
    pub stage: Stage,
    /// Whether whoever asks is thanked there by name.
    pub credited: bool,
}

/// What a reporter hears of, by the events that discharge it.
const TOLD: [EventKind; 6] = [
    EventKind::ReportAcknowledged,
    EventKind::TriageDecided,
    EventKind::FixLeadAssigned,
    EventKind::CveAssigned,
    EventKind::FixComplete,
    EventKind::Released,
];

/// The stages that a case has come to, each when it first did.
fn stages(file: &CaseFile) -> Vec<(Stage, When)> {
    let mut reached: Vec<(Stage, When)> = Vec::new();
    for event in &file.history {
        let stage = match event.kind {
            EventKind::ReportReceived => Stage::Received,
            EventKind::ReportAcknowledged => Stage::Acknowledged,
            EventKind::TriageDecided if event.text(Field::Disposition) == Some("valid") => Stage::Confirmed,
            EventKind::FixComplete => Stage::Fixed,
            EventKind::Released => Stage::Released,
            EventKind::Announced => Stage::Announced,
            _ => continue,
        };
        if reached.iter().all(|(known, _)| *known != stage) {
            reached.push((stage, event.at));
        }
    }
    reached.sort_by_key(|(stage, _)| *stage);
    reached
}

/// What was decided last, unless it is that the report is right.
fn decided(file: &CaseFile) -> Option<Decision> {
    let last = file.history.iter().rev().find(|event| event.kind == EventKind::TriageDecided)?;
    let disposition = last.text(Field::Disposition)?;
    if disposition == "valid" {
        return None;
    }
    let closed = file.history.iter().rev().find(|event| event.kind == EventKind::CaseClosed);
    let reason = closed.filter(|_| file.closed && disposition != "duplicate");
    let reason = reason.and_then(|event| event.text(Field::Reason)).map(str::to_owned);
    Some(Decision { disposition: disposition.to_owned(), at: last.at, reason })
}

impl Desk {
    /// A report, for whoever sent it.
    pub async fn follow(&self, caller: &Caller, case: CaseId) -> Result<Following> {
        let (snapshot, kept) = self.read_as(caller, case, &[Action::ReporterRead]).await?;
        let view = self.view(caller, &snapshot, &kept);
        let file = &kept.file;
        let opened = file.opened.as_ref().ok_or(Problem::NotFound)?;
        let policy = self.policy(file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = file.plan(&policy);
        let now = self.now();
        let evaluation = plan.evaluate(now);
        let told = evaluation.duties.iter().filter_map(|duty| {
            let rule = &policy.duties[usize::from(duty.rule)];
            let concerns = rule.done.iter().any(|kind| TOLD.contains(kind));
            let promise = Promise {
                duty: rule.heading.id.to_string(),
                say: rule.heading.say.to_string(),
                clauses: words::duty_clauses(&plan.record, duty).into_iter().map(str::to_owned).collect(),
                state: duty.state,
                due: duty.due,
                done_at: duty.done_at,
            };
            (concerns
                && duty.state != State::NotApplicable
                && words::subject(&plan.record, duty.subject).is_none())
            .then_some(promise)
        });
        let decided = decided(file);
        let same = self.same(caller, file, opened.at).await?;
        // What is no case of its own any more has no clocks of its own.
        let over = file.merged_into.is_some() || decided.is_some();
        let promises = if over { Vec::new() } else { told.collect() };
        let project = snapshot.directory.projects.get(&opened.project);
        let wish = file.wishes.get(&caller.person).cloned().unwrap_or_else(|| {
            let name = file.credits.iter().find(|credit| credit.person == Some(caller.person));
            let name = name.map(|credit| credit.name.clone());
            let thanks = if name.is_some() { Thanks::Named } else { Thanks::Nobody };
            CreditWish { thanks, name, link: None }
        });
        Ok(Following {
            project: (opened.project, project.map(|record| record.name.to_string()).unwrap_or_default()),
            policy: policy.title.to_string(),
            at: now,
            stages: stages(file),
            promises,
            wish,
            decided,
            same,
            closed: file.closed,
            view,
        })
    }

    /// The case that goes on with what a merged one was about.
    async fn surviving(&self, file: &CaseFile) -> Option<CaseId> {
        let into = |file: &CaseFile| file.merged_into.as_deref().and_then(|into| CaseId::parse(into).ok());
        let mut next = into(file)?;
        for _ in 0..MOST_MOVES {
            match self.kept(next).await.ok().and_then(|kept| into(&kept.file)) {
                Some(further) => next = further,
                None => return Some(next),
            }
        }
        None
    }

    async fn same(&self, caller: &Caller, file: &CaseFile, reported: Instant) -> Result<Option<Same>> {
        let Some(into) = self.surviving(file).await else { return Ok(None) };
        let Ok(other) = self.kept(into).await else { return Ok(None) };
        self.own_permit(&other.file, Action::CaseEvaluate)?;
        let opened = other.file.opened.as_ref().map(|opened| opened.at);
        let all = opened.into_iter().chain(other.file.absorbed.iter().map(|absorbed| absorbed.reported));
        let since = all.min().unwrap_or(reported).min(reported);
        let stage = stages(&other.file).last().map_or(Stage::Received, |(stage, _)| *stage);
        let credited = other.file.credits.iter().any(|credit| credit.person == Some(caller.person));
        Ok(Some(Same { since, first: since == reported, stage, credited }))
    }

    /// Changes how whoever reported wants to be thanked, in their case and in
    /// the one that it was merged into.
    pub async fn wish_credit(
        &self,
        caller: &Caller,
        case: CaseId,
        wish: CreditWish,
        repeat: Option<Repeat>,
    ) -> Result<()> {
        let command = Command::Wish { person: caller.person, wish: wish.clone() };
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::ReporterPost)?;
        if kept.file.wishes.get(&caller.person) != Some(&wish) {
            self.act(caller, case, Act { repeat, ..Act::new(command.clone()) }).await?;
        }
        let Some(into) = self.surviving(&kept.file).await else { return Ok(()) };
        for _ in 0..TRIES {
            let Ok(other) = self.kept(into).await else { return Ok(()) };
            if other.file.wishes.get(&caller.person) == Some(&wish) {
                return Ok(());
            }
            let permit = self.own_permit(&other.file, Action::ReporterPost)?;
            let happened = self.decided(&snapshot, &other, &permit, command.clone()).await?;
            if self.write(into, &other, happened, Writing::itself(&permit)).await?.is_some() {
                return Ok(());
            }
        }
        Err(Problem::Unavailable { retry_after: 1 })
    }
}
