//! Whether what somebody has open has changed.
//!
//! They are told that, and nothing of what. A look costs little as long as nothing
//! was appended anywhere; only then is the case or the page of the list asked
//! again, by the same use cases that showed it, so that whoever lost a right is
//! refused with the next look.

use fixlead_core::access::Action;
use fixlead_core::id::{CaseId, ProjectId, StreamKind};
use fixlead_core::time::{Instant, Span};
use fixlead_store::Follow;

use crate::accounts::Caller;
use crate::case::inbox::{Shelf, Wanted, Whose};
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// How many appends are looked through at a time.
const PAGE: u32 = 10_000;
/// How often a page of a list is compared at most.
const LISTED_EVERY: Span = Span::from_millis(3_000);

/// What somebody has open.
#[derive(Clone, Debug)]
pub enum Open {
    /// A case as it stood at a version.
    Case {
        /// Which.
        case: CaseId,
        /// The version.
        version: u64,
    },
    /// A page of a list.
    List {
        /// Open or closed cases.
        shelf: Shelf,
        /// Whose.
        whose: Whose,
        /// Of which project.
        project: Option<ProjectId>,
        /// Of which severity.
        severity: Option<String>,
        /// Where it begins.
        after: Option<String>,
        /// How many cases it has at most.
        limit: usize,
        /// What it showed, as [`Listed::digest`](crate::case::inbox::Listed::digest) says.
        digest: String,
    },
}

/// A watch over it.
pub struct Watch {
    open: Open,
    follow: Follow,
    /// When a list was compared last; a case is looked at with every append to it.
    compared: Option<Instant>,
    /// Whether something was appended that was not looked at yet.
    stirred: bool,
}

impl Desk {
    /// Begins to watch what somebody has open.
    pub async fn watch(&self, caller: &Caller, open: Open) -> Result<Watch> {
        self.own(caller, Action::OwnRead).await?;
        let position = self.inner.store.head().await?.position;
        let follow = self.inner.store.follow(position);
        // What was appended between the page and the watch counts too.
        Ok(Watch { open, follow, compared: None, stirred: true })
    }

    /// Whether it has changed.
    ///
    /// # Errors
    /// That whoever asks may not see it any more.
    pub async fn has_changed(&self, caller: &Caller, watch: &mut Watch) -> Result<bool> {
        // Whoever was suspended or removed is told nothing, not even that.
        self.own(caller, Action::OwnRead).await?;
        if let Open::Case { case, .. } = watch.open {
            let knows = [Action::CaseRead, Action::ReporterRead, Action::GuestRead];
            let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
            let may = |action| self.case_permit(caller, &snapshot, &kept.file, action).is_ok();
            if !knows.into_iter().any(may) {
                return Err(Problem::NotFound);
            }
        }
        let appended = watch.follow.now(PAGE).await?;
        watch.stirred |= appended.iter().any(|event| match &watch.open {
            Open::Case { case, .. } => event.stream == (*case).into(),
            Open::List { .. } => event.stream.kind() == StreamKind::Case,
        });
        if !watch.stirred {
            return Ok(false);
        }
        match &watch.open {
            Open::Case { case, version } => {
                watch.stirred = false;
                Ok(self.kept(*case).await?.revision > *version)
            }
            Open::List { shelf, whose, project, severity, after, limit, digest } => {
                let now = self.now();
                if watch.compared.is_some_and(|compared| compared <= now && now < compared + LISTED_EVERY) {
                    return Ok(false);
                }
                (watch.compared, watch.stirred) = (Some(now), false);
                let wanted = Wanted {
                    shelf: *shelf,
                    whose: *whose,
                    project: *project,
                    severity: severity.as_deref(),
                    after: after.as_deref(),
                    limit: *limit,
                };
                Ok(self.listed(caller, &wanted).await?.digest() != *digest)
            }
        }
    }
}
