//! The index is filled and kept current.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use fixlead_core::id::{CaseId, StreamId, StreamKind};
use fixlead_store::Error;

use super::{Finder, Progress, SearchState, texts};
use crate::case::kept::{Kept, Unread};
use crate::desk::{Desk, lock};
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};

/// Places of events that are read at once.
const PAGE: u32 = 10_000;
/// Cases that are taken in at once.
pub(super) const AT_ONCE: usize = 64;

/// What was done to keep the search current.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tended {
    /// Cases that were taken in.
    pub taken: usize,
    /// Cases that wait for it.
    pub behind: usize,
    /// Cases that are gone, because they were erased.
    pub erased: usize,
    /// Cases that cannot be read; they cannot be found either.
    pub unreadable: usize,
}

/// A case as it was read for the index.
enum Learned {
    Case(CaseId, Arc<Kept>),
    /// It was erased.
    Gone(CaseId),
    /// It cannot be read: it was altered, or is written in a newer form.
    Unreadable(CaseId),
}

impl Finder {
    /// Forgets a case. Whether anything was known of it.
    pub fn forget(&self, case: CaseId) -> bool {
        lock(&self.fresh).remove(&case);
        let mut body = self.write();
        body.behind.remove(&case);
        let known = body.cases.remove(case);
        body.index.remove(case) || known
    }

    /// Takes in what was read.
    fn take(&self, learned: Vec<Learned>, snapshot: &Snapshot) -> Tended {
        let mut done = Tended::default();
        let mut body = self.write();
        let body = &mut *body;
        for learned in learned {
            match learned {
                Learned::Case(case, kept) => {
                    let known = body.cases.version(case);
                    let after = usize::try_from(known).unwrap_or(usize::MAX);
                    for entry in kept.entries.iter().skip(after) {
                        let name = |person| Desk::name_of(snapshot, person);
                        for (field, text) in texts::of_entry(entry, name) {
                            body.index.add(case, field, &text, entry.at);
                        }
                    }
                    if let Some(class) = body.cases.put(&kept.file, kept.version) {
                        body.index.mark(case, class);
                    }
                    body.behind.remove(&case);
                    done.taken += 1;
                }
                Learned::Gone(case) => {
                    body.behind.remove(&case);
                    body.cases.remove(case);
                    body.index.remove(case);
                    done.erased += 1;
                }
                Learned::Unreadable(case) => {
                    body.behind.remove(&case);
                    body.cases.remove(case);
                    body.index.remove(case);
                    done.unreadable += 1;
                }
            }
        }
        done.behind = body.behind.len();
        self.changed.fetch_add((done.taken + done.erased) as u64, Ordering::Relaxed);
        done
    }
}

impl Desk {
    /// How far the search is.
    pub fn search_state(&self) -> SearchState {
        self.inner.finder.state()
    }

    /// Says that somebody keeps the search current in the background, so that
    /// nobody who asks has to wait for the beginning.
    pub fn search_is_tended(&self) {
        self.inner.finder.tended.store(true, Ordering::Release);
    }

    /// Keeps the search current by one step. As long as cases are behind there is
    /// more to do.
    pub async fn tend_search(&self) -> Result<Tended> {
        let finder = &self.inner.finder;
        // The first look through the log may be long. It is given up between two
        // pages, so that whoever asks does not wait for its end.
        let erased = loop {
            let mut progress = finder.progress.lock().await;
            if let Some(erased) = self.notice(&mut progress, 1).await? {
                break erased;
            }
        };
        let _progress = finder.progress.lock().await;
        let done = self.absorb(AT_ONCE).await?;
        Ok(Tended { erased: done.erased + erased, ..done })
    }

    /// Waits until something was appended that the search has not noticed.
    pub async fn search_has_more(&self) -> Result<()> {
        let position = self.inner.finder.progress.lock().await.position;
        self.inner.store.follow(position).next(1).await?;
        Ok(())
    }

    /// Looks what has happened since, in at most so many pages. How many cases
    /// were erased; nothing, when the end was not reached.
    pub(super) async fn notice(&self, progress: &mut Progress, pages: usize) -> Result<Option<usize>> {
        let (finder, store) = (&self.inner.finder, &self.inner.store);
        let head = store.head().await?;
        if !progress.settled {
            // What was erased before cannot be read, and so is not taken in.
            (progress.entry, progress.settled) = (head.number, true);
        }
        let mut follow = store.follow(progress.position);
        for _ in 0..pages {
            if progress.position >= head.position {
                break;
            }
            let page = follow.now(PAGE).await?;
            if page.is_empty() {
                break;
            }
            let mut body = finder.write();
            for event in page.iter().filter(|event| event.stream.kind() == StreamKind::Case) {
                let case = CaseId::from_bytes(event.stream.bytes());
                if body.cases.version(case) < event.version {
                    let noticed = body.behind.entry(case).or_default();
                    *noticed = event.version.max(*noticed);
                }
            }
            progress.position = follow.position();
        }
        if progress.position < head.position {
            return Ok(None);
        }
        let mut erased = 0;
        if progress.entry < head.number {
            let (streams, entry) = store.erased_since(progress.entry).await?;
            let case = |stream: &StreamId| CaseId::from_bytes(stream.bytes());
            erased = streams.len();
            for stream in &streams {
                finder.forget(case(stream));
            }
            progress.entry = entry;
            if erased > 0 {
                self.drop_copy()?;
            }
        }
        finder.begun.store(true, Ordering::Release);
        Ok(Some(erased))
    }

    /// Takes in cases that are behind, at most so many.
    pub(super) async fn absorb(&self, most: usize) -> Result<Tended> {
        let finder = &self.inner.finder;
        let noticed = |(case, version): (&CaseId, &u64)| (*case, *version);
        let cases: Vec<(CaseId, u64)> = finder.read().behind.iter().map(noticed).take(most).collect();
        if cases.is_empty() {
            return Ok(Tended::default());
        }
        let snapshot = self.directory().await?;
        let mut learned = Vec::with_capacity(cases.len());
        for (case, version) in cases {
            // What has been written later is noticed later.
            let fresh = lock(&finder.fresh).remove(&case);
            if let Some(kept) = fresh.filter(|kept| kept.version >= version) {
                learned.push(Learned::Case(case, kept));
                continue;
            }
            learned.push(match self.looked_at(case).await {
                Ok(kept) => Learned::Case(case, kept),
                Err(Unread::Missing | Unread::Refused(Error::Erased(_) | Error::Missing(_))) => {
                    Learned::Gone(case)
                }
                Err(Unread::Refused(error)) if error.is_retryable() => return Err(error.into()),
                Err(Unread::Strange | Unread::Refused(_)) => Learned::Unreadable(case),
            });
        }
        // Taking texts in is work, and waits for questions: not on this thread.
        let desk = self.clone();
        let take = tokio::task::spawn_blocking(move || desk.inner.finder.take(learned, &snapshot));
        take.await.map_err(|_| Problem::Unavailable { retry_after: 1 })
    }
}
