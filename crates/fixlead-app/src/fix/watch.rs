//! Whether an embargoed fix stands in public already. What is found is for people
//! to look at: nothing is published, and no embargo ends, by itself.

use std::collections::{BTreeMap, BTreeSet};

use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, ProjectId};

use crate::accounts::Caller;
use crate::case::act::{Act, Acted, Writing};
use crate::desk::Desk;
use crate::problem::{Problem, Result};

impl Desk {
    /// Fetches what is public once, has every repository follow it, and looks for the
    /// fixes there. Says how many public changes resemble one that is embargoed.
    pub async fn watch_fixes(&self) -> Result<usize> {
        let Some(repositories) = self.inner.fixes.get().cloned() else { return Ok(0) };
        let (mut found, mut failed) = (0, None);
        let mut open: BTreeMap<ProjectId, Vec<CaseId>> = BTreeMap::new();
        for case in repositories.all() {
            match self.kept(case).await {
                Ok(kept) => {
                    if let Some(opened) = kept.file.opened.as_ref().filter(|_| !kept.file.closed) {
                        open.entry(opened.project).or_default().push(case);
                    }
                }
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        // Several projects can be in one repository.
        let mut fetched = BTreeSet::new();
        for (project, cases) in open {
            for name in repositories.public(project) {
                if fetched.insert(name.clone()) {
                    // One that fails is tried again the next time, and does not keep the others.
                    failed = failed.or(self.fetch_public(name).await.err());
                }
            }
            for case in cases {
                match self.watch_fix(case, project).await {
                    Ok(count) => found += count,
                    Err(problem) => failed = failed.or(Some(problem)),
                }
            }
        }
        failed.map_or(Ok(found), Err)
    }

    async fn watch_fix(&self, case: CaseId, project: ProjectId) -> Result<usize> {
        let turn = self.fix_turn(case).await?;
        self.with_fix(turn, move |fixes| fixes.refresh(case, project)).await?;
        let kept = self.kept(case).await?;
        if kept.file.public {
            return Ok(0);
        }
        let mut found = 0;
        for sighting in self.with_fixes(move |fixes| fixes.watch(case, project)).await? {
            let kept = self.kept(case).await?;
            if kept.file.sightings.contains_key(&sighting.commit) {
                continue;
            }
            let permit = self.own_permit(&kept.file, Action::ReminderRecord)?;
            let snapshot = self.directory().await?;
            let command = Command::SuspectLeak { sighting };
            let happened = self.decided(&snapshot, &kept, &permit, command).await?;
            // Whoever wrote in between is asked again in the next round.
            found +=
                usize::from(self.write(case, &kept, happened, Writing::itself(&permit)).await?.is_some());
        }
        Ok(found)
    }

    /// Says that a public change that resembles the fix is no leak.
    pub async fn dismiss_leak(
        &self,
        caller: &Caller,
        case: CaseId,
        commit: &str,
        reason: &str,
    ) -> Result<Acted> {
        let line = |pointer: &str, text: &str| Line::new(text).map_err(|why| Problem::invalid(pointer, why));
        let command =
            Command::DismissLeak { commit: line("/commit", commit)?, reason: line("/reason", reason)? };
        self.act(caller, case, Act::new(command)).await
    }
}
