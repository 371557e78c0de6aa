//! Recording an event of the policy's vocabulary, as a document has it.

use fixlead_core::access::{Action, Denied};
use fixlead_core::case::{EventKind, Field, history};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::id::CaseId;

use serde_json::{Value, json};

use super::act::{Act, Acted, Although, Evidence};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// An event that somebody records.
pub struct Recording {
    /// The event, as `fixlead-history/1` has it. Of what is done now, the desk
    /// sets the instant.
    pub event: Value,
    /// Whether it is done now, or was found to have happened.
    pub source: Source,
    /// The version that it was decided on.
    pub expected: u64,
    /// Why it is done although the policy holds it.
    pub although: Option<Although>,
    /// What is given as evidence with it.
    pub evidence: Option<Evidence>,
}

impl Desk {
    /// Records an event in a case.
    pub async fn record(
        &self,
        caller: &Caller,
        case: CaseId,
        recording: Recording,
        repeat: Repeat,
    ) -> Result<Acted> {
        let snapshot = self.directory().await?;
        let kept = self.kept(case).await?;
        // What is wrong with an event is told only to those who may know of
        // the case: the answer names its branches.
        let knows = [Action::CaseRead, Action::ReporterRead, Action::GuestRead];
        let knows = knows.map(|action| self.case_permit(caller, &snapshot, &kept.file, action));
        if knows.iter().all(|decided| matches!(decided, Err(Denied::NotFound))) {
            return Err(Problem::NotFound);
        }
        let mut event = recording.event;
        if let (Source::Done, Some(fields)) = (recording.source, event.as_object_mut()) {
            fields.insert("at".to_owned(), json!(self.now()));
        }
        let sent = event.to_string();
        let event = history::read_one(&sent, &kept.file.facts).map_err(|error| {
            Problem::invalid(format!("/event{}", error.place), without_values(&error.message, &sent))
        })?;
        let command = Command::Record { event, source: recording.source, overriding: None };
        let act = Act {
            command,
            expected: Some(recording.expected),
            although: recording.although,
            repeat: Some(repeat),
            evidence: recording.evidence,
        };
        self.act(caller, case, act).await
    }
}

/// A complaint without what was sent: that may be what nobody should read in a
/// log of whoever asks.
fn without_values(message: &str, sent: &str) -> String {
    let mut quoted = false;
    let parts = message.split('`').map(|part| {
        let is_value = quoted
            && EventKind::parse(part).is_none()
            && Field::parse(part).is_none()
            && sent.contains(part.trim_end_matches('…'));
        quoted = !quoted;
        if is_value { "…" } else { part }
    });
    parts.collect::<Vec<_>>().join("`")
}
