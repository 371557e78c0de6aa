//! A reporter's proof: a signed timestamp of what was reported.

use fixlead_core::access::Action;
use fixlead_core::desk::event::{DeskEvent, Happening};
use fixlead_core::id::CaseId;
pub use fixlead_store::log::Timestamp;
use sha2::Digest as _;

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// What is proven of a report: its title, a line feed, its text, and for each
/// question that was answered a line feed, its name, `: ` and the answer.
fn proven(event: &DeskEvent) -> Option<String> {
    let DeskEvent::ReportContent { title, body, details, .. } = event else { return None };
    let mut text = [&**title, "\n", &**body].concat();
    for detail in details {
        text.push_str(&["\n", detail.question.name(), ": ", &detail.answer].concat());
    }
    Some(text)
}

impl Desk {
    /// What a reporter's timestamp is about, exactly: its SHA-256 stands there.
    pub async fn report_text(&self, caller: &Caller, case: CaseId) -> Result<String> {
        let kept = self.kept(case).await?;
        let snapshot = self.directory().await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::ReporterRead)?;
        let text = kept.entries.iter().find_map(|entry| match &entry.event {
            Happening::Desk(event) => proven(event),
            Happening::Case(_) => None,
        });
        text.ok_or(Problem::NotFound)
    }

    /// A signed timestamp of the report of a case, for whoever reported it.
    /// Where no signed head covers it yet, one is signed; that is at most one
    /// for each thing that happens.
    pub async fn report_timestamp(&self, caller: &Caller, case: CaseId) -> Result<Option<Timestamp>> {
        let kept = self.kept(case).await?;
        let snapshot = self.directory().await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, Action::ReporterRead)?;
        let content = kept.entries.iter().enumerate().find_map(|(place, entry)| match &entry.event {
            Happening::Desk(event) => match &**event {
                event => proven(event).map(|text| (place as u64 + 1, text)),
            },
            Happening::Case(_) => None,
        });
        let (version, text) = content.ok_or(Problem::NotFound)?;
        let report: [u8; 32] = sha2::Sha256::digest(text.as_bytes()).into();
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
