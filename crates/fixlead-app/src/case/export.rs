//! The history of a case as a document that `fixlead policy replay` reads.

use fixlead_core::access::Action;
use fixlead_core::case::event::Field;
use fixlead_core::case::{history, write};
use fixlead_core::id::CaseId;
use serde_json::{Value, json};

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

impl Desk {
    /// The history of a case, as `fixlead-history/1`: what the policy looks
    /// at, and nothing of what people wrote to each other. It names people by
    /// their ids, and who reported it only to those who may know. Taking a
    /// case out of the desk is more than reading it: it asks for a fresh proof.
    pub async fn export_history(&self, caller: &Caller, case: CaseId) -> Result<Value> {
        let (snapshot, kept) = self.read_as(caller, case, &[Action::CaseExport]).await?;
        let file = &kept.file;
        let reporters = self.case_permit(caller, &snapshot, file, Action::ReporterRead).is_ok();
        let pin = file.pin().ok_or(Problem::NotFound)?;
        let events = file.history.iter().map(|event| {
            let mut event = event.clone();
            event.fields.retain(|(field, _)| reporters || *field != Field::Reporter);
            write::event(&event, &file.facts)
        });
        let events: Vec<Value> = events.collect();
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
