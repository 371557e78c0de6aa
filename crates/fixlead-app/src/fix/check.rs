//! What a project's own checks say to the end of each private branch. A command of
//! the installation runs them; here it is decided on what, and written down.

use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::{Run, RunOutcome};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::CaseId;

use crate::case::act::Writing;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// How often it is tried to write down what was found, while others write.
const TRIES: usize = 20;

/// How a run of the checks ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// How.
    pub outcome: RunOutcome,
    /// The exit code, if there was one.
    pub code: Option<i32>,
    /// The end of what it wrote, or why it was not run.
    pub output: String,
}

impl Desk {
    /// Waits until somebody has pushed.
    pub async fn fix_pushed(&self) {
        self.inner.pushed.notified().await;
    }

    /// Has the checks run on each private branch whose end they have not seen, one
    /// after the other. Says on how many.
    pub async fn check_fixes(&self) -> Result<usize> {
        let Some(repositories) = self.inner.fixes.get().cloned() else { return Ok(0) };
        let (mut count, mut failed) = (0, None);
        for case in repositories.all() {
            // One that fails is tried again the next time, and does not keep the others.
            match self.check_fix(case).await {
                Ok(checked) => count += checked,
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        failed.map_or(Ok(count), Err)
    }

    async fn check_fix(&self, case: CaseId) -> Result<usize> {
        let mut count = 0;
        let branches = self.with_fixes(move |fixes| fixes.branches(case)).await?;
        for (branch, commits) in branches {
            let Some(end) = commits.last() else { continue };
            let kept = self.kept(case).await?;
            let file = &kept.file;
            let is_new =
                !file.runs.keys().any(|known| **known == *end.id) && file.proposal(&end.id).is_some();
            if file.closed || !is_new {
                continue;
            }
            let (on, commit) = (branch.clone(), end.id.clone());
            // One runs at a time; it has no room that others wait for.
            let ran = self.run_checks(move |fixes| fixes.check(case, &on, &commit)).await?;
            let output = Body::new(&ran.output).ok();
            let (branch, commit) = (Line::tamed(&branch), Line::tamed(&end.id));
            let run = Run { branch, commit, outcome: ran.outcome, code: ran.code, output };
            match self.note_run(case, run.clone()).await {
                // What it wrote cannot be kept, such as a secret of the desk.
                Err(Problem::Invalid { .. }) => self.note_run(case, Run { output: None, ..run }).await?,
                noted => noted?,
            }
            count += 1;
        }
        Ok(count)
    }

    async fn note_run(&self, case: CaseId, run: Run) -> Result<()> {
        for _ in 0..TRIES {
            let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
            if kept.file.closed {
                return Ok(());
            }
            let permit = self.own_permit(&kept.file, Action::ReminderRecord)?;
            let command = Command::RecordRun { run: Box::new(run.clone()) };
            let happened = self.decided(&snapshot, &kept, &permit, command).await?;
            if self.write(case, &kept, happened, Writing::itself(&permit)).await?.is_some() {
                return Ok(());
            }
        }
        Err(Problem::Unavailable { retry_after: 5 })
    }
}
