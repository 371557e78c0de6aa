//! A reporter's proof: a signed timestamp of what was reported.

use fixlead_core::access::Action;
use fixlead_core::desk::event::{DeskEvent, Happening};
use fixlead_core::id::CaseId;
pub use fixlead_store::log::Timestamp;
use sha2::Digest as _;

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

impl Desk {
    /// A signed timestamp of the report of a case, for whoever reported it.
    /// Where no signed head covers it yet, one is signed; that is at most one
    /// for each thing that happens.
    pub async fn report_timestamp(&self, caller: &Caller, case: CaseId) -> Result<Option<Timestamp>> {
        let kept = self.kept(case).await?;
        let snapshot = self.directory().await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, Action::ReporterRead)?;
        let content = kept.entries.iter().enumerate().find_map(|(place, entry)| match &entry.event {
            Happening::Desk(event) => match &**event {
                DeskEvent::ReportContent { title, body, .. } => Some((place as u64 + 1, title, body)),
                _ => None,
            },
            Happening::Case(_) => None,
        });
        let (version, title, body) = content.ok_or(Problem::NotFound)?;
        let mut hasher = sha2::Sha256::new();
        hasher.update(title.as_bytes());
        hasher.update(b"\n");
        hasher.update(body.as_bytes());
        let report: [u8; 32] = hasher.finalize().into();
        let store = &self.inner.store;
        match store.timestamp(&permit, case.into(), version, report).await? {
            Some(timestamp) => Ok(Some(timestamp)),
            None => {
                store.sign_head().await?;
                Ok(store.timestamp(&permit, case.into(), version, report).await?)
            }
        }
    }
}
