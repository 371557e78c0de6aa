//! Whether what was released is what was sent, as evidence in the case.

use fixlead_core::access::Action;
use fixlead_core::case::event::{Event, EventKind, Field, Value};
use fixlead_core::desk::command::{Command, Source};
use fixlead_core::desk::event::Room;
use fixlead_core::id::CaseId;

use super::Comparison;
use crate::accounts::Caller;
use crate::case::act::Act;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

impl Desk {
    /// Compares what a private branch holds with what was released. What anybody can
    /// check again is put into the team's room; a difference is recorded, and holds
    /// the release as the policy says.
    pub async fn compare_fix(
        &self,
        caller: &Caller,
        case: CaseId,
        branch: String,
        released: String,
    ) -> Result<Comparison> {
        let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
        self.case_permit(caller, &snapshot, &kept.file, Action::RecordRelease)?;
        self.case_permit(caller, &snapshot, &kept.file, Action::FixRead)?;
        let place =
            kept.file.facts.branches.iter().position(|known| *known.name == *branch).ok_or_else(|| {
                Problem::invalid("/branch", "the project's facts name no such branch; add it there first")
            })?;
        let asked = branch.clone();
        let compared = self.with_fixes(move |fixes| fixes.compare(case, &asked, &released)).await?;
        let name: String = branch.chars().map(|letter| if letter == '/' { '-' } else { letter }).collect();
        let name = format!("patch-identity-{name}.txt");
        self.attach(caller, case, Room::Internal, &name, compared.evidence.clone().into_bytes(), None)
            .await?;
        if !compared.identical {
            let different = compared.patches.iter().filter(|(status, _)| *status != "same").count();
            let what = format!("{different} of {} patches; see {name}", compared.patches.len());
            let event = Event::new(self.now(), EventKind::PatchDiffers)
                .with(Field::Branch, Value::Branches(1 << place))
                .with(Field::What, Value::Text(what.into()));
            let record = Command::Record { event, source: Source::Done, overriding: None };
            self.act(caller, case, Act::new(record)).await?;
        }
        Ok(compared)
    }
}
