//! What the policy says of a case: duties, findings, exposure.

use fixlead_core::access::Action;
use fixlead_core::id::CaseId;
use fixlead_core::replay::{self, Replay};
use serde_json::Value;

use super::kept::Kept;
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

impl Desk {
    /// How a case stands under its policy now, as `fixlead-replay/1`.
    pub async fn evaluation(&self, caller: &Caller, case: CaseId) -> Result<Value> {
        let (_, kept) = self.read_as(caller, case, &[Action::CaseRead]).await?;
        self.evaluated(&kept).await
    }

    pub(crate) async fn evaluated(&self, kept: &Kept) -> Result<Value> {
        let policy = self.policy(kept.file.pin().ok_or(Problem::NotFound)?).await?;
        let case = kept.file.plan(&policy);
        let evaluation = case.evaluate(self.now());
        Ok(replay::to_json(&Replay { case, answers: Vec::new(), evaluation }))
    }
}
