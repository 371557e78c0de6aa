//! The history of a case as a document that `fixlead policy replay` reads.

use fixlead_core::access::Action;
use fixlead_core::case::{history, write};
use fixlead_core::id::CaseId;
use serde_json::{Value, json};

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

impl Desk {
    /// The history of a case, as `fixlead-history/1`: what the policy looks
    /// at, and nothing of what people wrote to each other. It names people by
    /// their ids.
    pub async fn export_history(&self, caller: &Caller, case: CaseId) -> Result<Value> {
        let (_, kept) = self.read_as(caller, case, &[Action::CaseExport]).await?;
        let file = &kept.file;
        let pin = file.pin().ok_or(Problem::NotFound)?;
        let events: Vec<Value> = file.history.iter().map(|event| write::event(event, &file.facts)).collect();
        Ok(json!({
            "format": history::FORMAT,
            "policy": &*pin.policy,
            "overlays": pin.overlays.iter().map(|id| &**id).collect::<Vec<_>>(),
            "parameters": pin.parameters.iter().map(|(name, value)| (name.clone(), json!(&**value)))
                .collect::<serde_json::Map<_, _>>(),
            "project": write::project(&file.facts),
            "events": events,
            "evaluate_at": self.now().to_string(),
        }))
    }
}
