//! A case that goes on under another policy, or with the facts of its project as
//! they are now.

use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::CaseId;

use super::act::{Act, Acted};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::policies::NewPolicy;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

impl Desk {
    /// Has a case go on under another policy; without one, under that which new
    /// cases of its project get.
    pub async fn move_policy(
        &self,
        caller: &Caller,
        case: CaseId,
        policy: Option<NewPolicy>,
        reason: Line,
        expected: u64,
        repeat: Repeat,
    ) -> Result<Acted> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        // What is wrong with a policy is told, and it is kept, only for those
        // who may move the case.
        self.case_permit(caller, &snapshot, &kept.file, Action::PolicyMove)?;
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let policy = match policy {
            Some(policy) => self.keep_policy(policy).await?,
            None => {
                let project = snapshot.directory.projects.get(&opened.project);
                project.ok_or(Problem::NotFound)?.policy.clone()
            }
        };
        let command = Command::MovePolicy { policy, reason };
        let (expected, repeat) = (Some(expected), Some(repeat));
        self.act(caller, case, Act { expected, repeat, ..Act::new(command) }).await
    }

    /// Has a case go on with the facts of its project as they are now.
    pub async fn move_facts(
        &self,
        caller: &Caller,
        case: CaseId,
        reason: Line,
        repeat: Repeat,
    ) -> Result<Acted> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::FactsMove)?;
        let opened = kept.file.opened.as_ref().ok_or(Problem::NotFound)?;
        let facts = self.facts_of(&snapshot, opened.project, self.now()).ok_or(Problem::NotFound)?;
        let command = Command::MoveFacts { facts: Box::new(facts), reason };
        self.act(caller, case, Act { repeat: Some(repeat), ..Act::new(command) }).await
    }
}
