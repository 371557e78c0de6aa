//! Erasing a case: one person asks, another confirms, and the key is
//! destroyed. What is left is ciphertext that nobody can open, so that the log
//! can still be verified.

use fixlead_core::access::Action;
use fixlead_core::desk::command::{Command, Wrong};
use fixlead_core::desk::event::Second;
use fixlead_core::desk::wire::{Line, Sha256};
use fixlead_core::id::{CaseId, OfferId};
use fixlead_core::text::hex;
use sha2::Digest;

use super::act::{Act, Acted};
use crate::accounts::Caller;
use crate::desk::{Desk, lock};
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

impl Desk {
    /// Asks that a case be erased. Nothing is, before another person confirms.
    pub async fn ask_erasure(
        &self,
        caller: &Caller,
        case: CaseId,
        reason: Line,
        repeat: Option<Repeat>,
    ) -> Result<(Acted, OfferId)> {
        let offer = match &repeat {
            Some(repeat) => OfferId::from_bytes(repeat.id(caller.person, "offer")),
            None => OfferId::from_bytes(self.draw()),
        };
        let digest = sha2::Sha256::digest(case.bytes());
        let sha256 = Sha256::new(&hex(&digest)).map_err(|message| Problem::invalid("", message))?;
        let what = Second::Erasure;
        let ask = Command::AskSecond { offer, what, sha256, reason, overriding: None };
        let acted = self.act(caller, case, Act { repeat, ..Act::new(ask) }).await?;
        Ok((acted, offer))
    }

    /// Confirms that a case be erased, and erases it. May be asked again by
    /// whoever confirmed, when they do not know what became of it.
    pub async fn confirm_erasure(&self, caller: &Caller, case: CaseId, offer: OfferId) -> Result<()> {
        let kept = self.kept(case).await?;
        let snapshot = self.directory().await?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, Action::CaseEraseConfirm)?;
        let proposal = kept.file.proposals.get(&offer);
        let proposal = proposal.filter(|proposal| proposal.what == Second::Erasure);
        if let Some(proposal) = proposal {
            self.asked_by_one_who_may(&snapshot, &kept.file, proposal, Action::CaseErase)?;
        }
        let confirmed = proposal.and_then(|proposal| proposal.confirmed);
        if confirmed.is_none() || confirmed != Some(caller.person) {
            proposal.ok_or_else(|| Problem::invalid("/offer", "nobody asked for this; ask first"))?;
            self.act(caller, case, Act::new(Command::ConfirmSecond { offer })).await?;
        }
        // The hold may have come after the confirmation.
        if self.kept(case).await?.file.hold.is_some() {
            return Err(Problem::invalid("", Wrong::Kept.to_string()));
        }
        self.inner.store.erase(&permit, case.into()).await?;
        lock(&self.inner.cases).forget(case);
        self.search_forgets(case)
    }
}
