//! Lists and wake-ups made anew from the events of each case, or compared with
//! them: projections are rebuilt from events, never the other way round.
//!
//! A case is written only where it differs, by an append without events that
//! expects the version it was made from; so a desk may be at work meanwhile.
//! What follows from a case can change with time alone: it is compared as it
//! would be now, and as it was when its last event was recorded.

use std::collections::{BTreeMap, BTreeSet};

use fixlead_core::access::{Action, Permit};
use fixlead_core::id::{CaseId, StreamKind};
use fixlead_core::time::Instant;
use fixlead_store::{Append, Beside, Error, ListName, Outcome, Sort, WorkChange};

use crate::case::kept::{Kept, Unread};
use crate::case::rows::{self, Follows};
use crate::desk::{DUTIES, Desk};
use crate::problem::{Problem, Result};

/// Places of events that are read at once.
const PAGE: u32 = 10_000;
/// How often a case is tried that others write to.
const TRIES: usize = 50;

/// What was found, and mended if that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Cases that were looked at.
    pub cases: usize,
    /// Those whose rows or wake-up were not what their events say.
    pub differing: Vec<CaseId>,
    /// Those that cannot be read; nothing was done with them.
    pub unreadable: Vec<CaseId>,
    /// Rows and pieces of work that belong to no case that is there.
    pub strays: u64,
}

impl Rebuilt {
    /// Whether everything is as the events say.
    pub fn agrees(&self) -> bool {
        self.differing.is_empty() && self.unreadable.is_empty() && self.strays == 0
    }
}

/// What should stand beside a case.
struct Wanted {
    rows: BTreeMap<ListName, (Sort, Vec<u8>)>,
    wake: Option<Instant>,
}

impl Desk {
    /// Compares lists and wake-ups of all cases with their events, and with
    /// `mend` makes them anew where they differ.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rebuild(&self, mend: bool) -> Result<Rebuilt> {
        let mut done = Rebuilt::default();
        for case in self.every_case().await? {
            match self.rebuild_case(case, mend).await {
                Ok(Some(differs)) => {
                    done.cases += 1;
                    done.differing.extend(differs.then_some(case));
                }
                Ok(None) => {}
                Err(Unread::Refused(error)) if error.is_retryable() => return Err(error.into()),
                Err(_) => done.unreadable.push(case),
            }
        }
        let store = &self.inner.store;
        done.strays = if mend { store.drop_strays().await? } else { store.strays().await? };
        Ok(done)
    }

    /// Every case that was ever opened, those that were erased among them.
    async fn every_case(&self) -> Result<BTreeSet<CaseId>> {
        let (mut cases, mut follow) = (BTreeSet::new(), self.inner.store.follow(0));
        loop {
            let page = follow.now(PAGE).await?;
            if page.is_empty() {
                return Ok(cases);
            }
            let streams = page.iter().map(|event| event.stream);
            let of_cases = streams.filter(|stream| stream.kind() == StreamKind::Case);
            cases.extend(of_cases.map(|stream| CaseId::from_bytes(stream.bytes())));
        }
    }

    /// Whether a case differed; nothing, when it is not there any more.
    async fn rebuild_case(&self, case: CaseId, mend: bool) -> std::result::Result<Option<bool>, Unread> {
        for _ in 0..TRIES {
            let kept = match self.looked_at(case).await {
                Err(Unread::Missing | Unread::Refused(Error::Erased(_) | Error::Missing(_))) => {
                    return Ok(None);
                }
                read => read?,
            };
            // A case without its first event, or with a policy that is not kept, is none.
            let permit = self.own_permit(&kept.file, Action::ReminderRecord).map_err(|_| Unread::Strange)?;
            let beside = match self.inner.store.beside(&permit, case.into()).await {
                Err(Error::Erased(_) | Error::Missing(_)) => return Ok(None),
                beside => beside.map_err(Unread::Refused)?,
            };
            let now = self.now();
            let follows = self.follows_at(&kept, now).await?;
            let wanted = self.wanted(case, &follows);
            let then = kept.file.latest.unwrap_or(now);
            let same = agrees(&beside, &wanted)
                || agrees(&beside, &self.wanted(case, &self.follows_at(&kept, then).await?));
            if same || !mend {
                return Ok(Some(!same));
            }
            let mut append = Append::to(case.into(), kept.version);
            (append.afresh, append.lists) = (true, follows.lists);
            append.work = vec![follows.wake];
            if self.is_written(&permit, append).await? {
                return Ok(Some(true));
            }
        }
        Err(Unread::Refused(Error::Unavailable("a case is written to all the time".into())))
    }

    async fn is_written(&self, permit: &Permit, append: Append) -> std::result::Result<bool, Unread> {
        let outcome = self.inner.store.append(permit, append).await.map_err(Unread::Refused)?;
        Ok(matches!(outcome, Outcome::Appended { .. }))
    }

    async fn follows_at(&self, kept: &Kept, at: Instant) -> std::result::Result<Follows, Unread> {
        let policy = match self.policy(kept.file.pin().ok_or(Unread::Strange)?).await {
            Err(Problem::Unavailable { .. }) => {
                return Err(Unread::Refused(Error::Unavailable("the policy of a case".into())));
            }
            policy => policy.map_err(|_| Unread::Strange)?,
        };
        Ok(rows::follows(&kept.file, &policy, &self.inner.settings.ladder, None, at))
    }

    fn wanted(&self, case: CaseId, follows: &Follows) -> Wanted {
        let row = |change: &fixlead_store::ListChange| {
            let (at, body) = change.row.clone()?;
            Some((self.inner.store.list_name(&change.list), (Sort::new(at, case.into()), body)))
        };
        let wake = match &follows.wake {
            WorkChange::Wake { due, .. } => Some(*due),
            _ => None,
        };
        Wanted { rows: follows.lists.iter().filter_map(row).collect(), wake }
    }
}

/// Whether what stands is what should. A case may be woken early: it is looked at,
/// and put to sleep again.
fn agrees(beside: &Beside, wanted: &Wanted) -> bool {
    let wake = beside.wakes.get(&DUTIES).map(|(due, _)| *due);
    let wakes = match (wake, wanted.wake) {
        (Some(stands), Some(should)) => stands <= should,
        (stands, should) => stands == should,
    };
    beside.unreadable == 0 && beside.rows == wanted.rows && wakes
}
