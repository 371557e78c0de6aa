//! The copy of the index that a node keeps in a file, so that a start need not
//! read every case.
//!
//! It is sealed by the store, and opens no more once anything was erased
//! anywhere. What is wrong with a copy has one remedy: it is thrown away, and the
//! index is made from the cases.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use fixlead_store::{Moment, copy};

use super::known::Cases;
use super::texts::WAY;
use super::{Body, Progress, fill};
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::search::Index;

/// The name that copies are bound to.
const NAME: &str = "search";

/// What became of the copy at a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reopened {
    /// It was taken, with so many cases.
    Taken(usize),
    /// There was none.
    Missing,
    /// It did not open, and was thrown away: damaged, foreign, or older than an
    /// erasure.
    ThrownAway,
}

impl Desk {
    /// Begins with the copy in a file, and keeps it there from now on. Comes
    /// before anything else that is done with the search.
    ///
    /// # Errors
    /// When the database does not answer, or a copy cannot be thrown away.
    pub async fn open_search(&self, file: &Path) -> Result<Reopened> {
        let finder = &self.inner.finder;
        let file = finder.file.get_or_init(|| file.to_owned()).clone();
        let mut progress = finder.progress.lock().await;
        let head = self.inner.store.head().await?;
        let key = self.inner.store.copy_key().await?;
        let index_key = self.draw();
        let read = move || -> io::Result<Option<(Moment, Body)>> {
            let opened = key.open(&file, NAME).map_err(io::Error::other)?;
            let Some(opened) = opened else { return Ok(None) };
            let moment = opened.moment();
            let mut from = io::BufReader::with_capacity(1 << 16, opened);
            let mut way = [0];
            io::Read::read_exact(&mut from, &mut way)?;
            if way != [WAY] || moment.position > head.position || moment.entry > head.number {
                return Err(io::Error::other("it is of another program, or of a later moment"));
            }
            let cases = Cases::read(&mut from)?;
            let mut index = Index::load(&mut from, index_key).map_err(io::Error::other)?;
            cases.numbered().for_each(|(case, class)| index.mark(case, class));
            Ok(Some((moment, Body { index, cases, behind: Default::default() })))
        };
        // It takes seconds, and a thread for itself.
        let read = tokio::task::spawn_blocking(read).await;
        match read.map_err(|_| Problem::Unavailable { retry_after: 1 })? {
            Ok(Some((moment, body))) => {
                let cases = body.cases.count();
                *finder.write() = body;
                *progress = Progress { position: moment.position, entry: moment.entry, settled: true };
                Ok(Reopened::Taken(cases))
            }
            Ok(None) => Ok(Reopened::Missing),
            Err(_) => {
                self.drop_copy()?;
                Ok(Reopened::ThrownAway)
            }
        }
    }

    /// Writes the copy anew, unless cases are behind. How many bytes it has.
    ///
    /// # Errors
    /// When the database does not answer, or the file cannot be written.
    pub async fn keep_search(&self) -> Result<Option<u64>> {
        let finder = &self.inner.finder;
        let Some(file) = finder.file.get().cloned() else { return Ok(None) };
        // The key comes first: what is erased after the look below is in a copy
        // that no longer opens.
        let key = self.inner.store.copy_key().await?;
        let mut progress = finder.progress.lock().await;
        if self.notice(&mut progress, usize::MAX).await?.is_none() {
            return Ok(None);
        }
        while self.absorb(fill::AT_ONCE).await?.behind > 0 {}
        let moment = Moment { position: progress.position, entry: progress.entry };
        let desk = self.clone();
        let write = move || {
            let finder = &desk.inner.finder;
            let body = finder.read();
            let written = key.write(&file, NAME, moment, |out| {
                let mut out = io::BufWriter::with_capacity(1 << 16, out);
                out.write_all(&[WAY])?;
                body.cases.write(&mut out)?;
                body.index.snapshot(&mut out)?;
                out.flush()
            });
            if written.is_ok() {
                finder.changed.store(0, Ordering::Relaxed);
            }
            written
        };
        let written = tokio::task::spawn_blocking(write).await;
        let written = written.map_err(|_| Problem::Unavailable { retry_after: 1 })?;
        Ok(Some(written?))
    }

    /// How many cases have changed since the copy was written.
    pub fn search_changed(&self) -> u64 {
        self.inner.finder.changed.load(Ordering::Relaxed)
    }

    /// Deletes the copy.
    pub(super) fn drop_copy(&self) -> Result<()> {
        let file: Option<&PathBuf> = self.inner.finder.file.get();
        file.map_or(Ok(false), |file| copy::delete(file))?;
        // Another one is worth writing.
        self.inner.finder.changed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Has the search forget a case that was erased, in memory and in its copy.
    pub(crate) fn search_forgets(&self, case: fixlead_core::id::CaseId) -> Result<()> {
        self.inner.finder.forget(case);
        self.drop_copy()
    }
}
