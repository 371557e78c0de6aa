//! Likely duplicates of a report, with why, as far as whoever asks may see.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fixlead_core::access::Action;
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_core::time::Instant;
use serde::Serialize;

use super::{PATIENCE, fill};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::search::alike::Alike;
use crate::search::{Field, Sight};

/// Most cases of an answer.
const MOST: usize = 5;

/// Cases that are likely to be the same as another one.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Likely {
    /// The cases, the likeliest first.
    pub items: Vec<LikelyCase>,
    /// Whether every case was compared. Not yet, for a while after a start.
    pub complete: bool,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct LikelyCase {
    /// The case.
    pub case: CaseId,
    /// Its project.
    pub project: ProjectId,
    /// When it was opened.
    pub opened: Instant,
    /// What it is about.
    pub title: String,
    /// Embargoed, public or closed.
    pub state: &'static str,
    /// How much of what the report says that is rare elsewhere it says too, of a
    /// hundred.
    pub share: u8,
    /// The rarest words that both have.
    pub words: Vec<String>,
}

impl Desk {
    /// The cases that are likely to be the same as one that somebody works on.
    ///
    /// # Errors
    /// That they do not; that they ask too much at once; that the database does not
    /// answer.
    pub async fn likely_duplicates(&self, caller: &Caller, case: CaseId) -> Result<Likely> {
        let kept = self.kept(case).await?;
        let snapshot = self.directory().await?;
        self.case_permit(caller, &snapshot, &kept.file, Action::CaseRead)?;
        let finder = &self.inner.finder;
        let _turn = finder.turn(caller.person)?;
        let room = tokio::time::timeout(PATIENCE, Arc::clone(&finder.room).acquire_owned()).await;
        let Ok(Ok(room)) = room else { return Err(Problem::Unavailable { retry_after: 2 }) };
        if finder.tended.load(Ordering::Acquire) && !finder.begun.load(Ordering::Acquire) {
            return Ok(Likely { items: Vec::new(), complete: false });
        }
        {
            let mut progress = finder.progress.lock().await;
            self.notice(&mut progress, usize::MAX).await?;
            self.absorb(fill::AT_ONCE).await?;
        }
        let (desk, asks, seen) = (self.clone(), caller.clone(), Arc::clone(&snapshot));
        let look = tokio::task::spawn_blocking(move || {
            let _room = room;
            desk.alike(&asks, &seen, case)
        });
        let alike = look.await.map_err(|_| Problem::Unavailable { retry_after: 1 })?;
        let mut items = Vec::with_capacity(alike.len());
        for Alike { case, share, words } in alike {
            // Each is asked of the gate once more as it stands in the store.
            let other = match self.kept(case).await {
                Err(Problem::NotFound) => continue,
                other => other?,
            };
            let may = |action| self.case_permit(caller, &snapshot, &other.file, action).is_ok();
            let (Some(opened), Some(standing)) = (&other.file.opened, other.file.standing()) else {
                continue;
            };
            if may(Action::CaseRead) && may(Action::InternalRead) {
                let (project, title) = (opened.project, opened.title.to_string());
                let state = standing.state.name();
                items.push(LikelyCase { case, project, opened: opened.at, title, state, share, words });
            }
        }
        Ok(Likely { items, complete: finder.state().ready })
    }

    fn alike(&self, caller: &Caller, snapshot: &Snapshot, case: CaseId) -> Vec<Alike> {
        let body = self.inner.finder.read();
        // Only what somebody works on is compared: titles and reports are for them.
        let works = |sight: Sight, _| {
            let works = sight.sees(Field::Title) && sight.sees(Field::Report) && sight.sees(Field::Component);
            if works { sight } else { Sight::NOTHING }
        };
        body.index.alike(case, MOST, body.sights(self, caller, snapshot, works))
    }
}
