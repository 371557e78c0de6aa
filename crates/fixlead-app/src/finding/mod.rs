//! The desk's search at work: the index of [`crate::search`], filled from the
//! store and kept current, and the question that somebody asks of it.
//!
//! - `known`: what the gate has to know of every case, in memory.
//! - `sights`: what somebody sees of all of them.
//! - `texts`: which text of a case stands in which field of the index, and what
//!   somebody must be allowed to see it.
//! - `fill`: from the copy that this node keeps in a file, from the streams,
//!   and from what any node appends. `copy`: that file.
//! - [`ask`]: a question, answered as far as whoever asks may see. [`alike`]: likely
//!   duplicates.
//!
//! Every question first looks at the end of the log. A case that has changed
//! since the index took it in is invisible until it has been read again, so that
//! who was recused or had a role revoked finds nothing with the next question,
//! on every node.

pub mod alike;
pub mod ask;
mod copy;
mod fill;
mod known;
mod sights;
mod texts;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use fixlead_core::id::{CaseId, PersonId};
use tokio::sync::Semaphore;

pub use copy::Reopened;
pub use fill::Tended;
use known::Cases;

use crate::case::kept::Kept;
use crate::desk::lock;
use crate::problem::{Problem, Result};
use crate::search::Index;

/// Questions that are answered at the same time; each has a thread for itself.
const AT_ONCE: usize = 2;
/// New cases that are remembered until they are taken in. Where there are more,
/// they are read.
const MOST_FRESH: usize = 1024;
/// How long a question waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// Questions of one person that wait or are answered at the same time.
const MOST_OF_A_PERSON: usize = 2;

/// The search of a desk.
pub(crate) struct Finder {
    body: RwLock<Body>,
    /// Held by whoever fills the index.
    progress: tokio::sync::Mutex<Progress>,
    /// Whether it was looked through the log to its end at least once.
    begun: AtomicBool,
    /// Whether somebody fills the index in the background.
    tended: AtomicBool,
    /// Cases that this node has just opened, so that they need not be read.
    fresh: Mutex<HashMap<CaseId, Arc<Kept>>>,
    /// Cases that changed since a copy was written.
    changed: AtomicU64,
    /// Where this node keeps its copy.
    file: OnceLock<PathBuf>,
    room: Arc<Semaphore>,
    asking: Mutex<BTreeMap<PersonId, usize>>,
}

/// What questions are answered from.
struct Body {
    index: Index,
    cases: Cases,
    /// Cases that have changed since they were taken in, and new ones, with the
    /// version that was noticed. Nobody sees them before they have been.
    behind: HashMap<CaseId, u64>,
}

/// How far the log was looked through.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// The position of the last event that was noticed.
    position: u64,
    /// The number of the last entry whose erasures were noticed.
    entry: u64,
    /// Whether the beginning was settled.
    settled: bool,
}

/// How far the search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchState {
    /// Whether every case can be found.
    pub ready: bool,
    /// How many of a hundred cases can be.
    pub percent: u8,
    /// How many cases can be.
    pub cases: usize,
}

impl Finder {
    pub fn new(key: [u8; 16]) -> Finder {
        let body = Body { index: Index::new(key), cases: Cases::default(), behind: HashMap::new() };
        Finder {
            body: RwLock::new(body),
            progress: tokio::sync::Mutex::default(),
            begun: AtomicBool::new(false),
            tended: AtomicBool::new(false),
            fresh: Mutex::default(),
            changed: AtomicU64::new(0),
            file: OnceLock::new(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            asking: Mutex::default(),
        }
    }

    /// Remembers a case that was just opened here, for when it is taken in.
    pub fn opened(&self, case: CaseId, kept: Kept) {
        if !self.tended.load(Ordering::Acquire) || self.read().cases.version(case) >= kept.version {
            return;
        }
        let mut fresh = lock(&self.fresh);
        if fresh.len() >= MOST_FRESH {
            fresh.clear();
        }
        fresh.insert(case, Arc::new(kept));
    }

    fn read(&self) -> RwLockReadGuard<'_, Body> {
        self.body.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Body> {
        self.body.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> SearchState {
        let body = self.read();
        let (cases, behind) = (body.cases.count(), body.behind.len());
        let begun = self.begun.load(Ordering::Acquire);
        let percent = match (begun, behind) {
            (false, _) => 0,
            (true, 0) => 100,
            // Those that are behind may be among those that were taken in.
            (true, _) => cases * 100 / (cases + behind),
        };
        let percent = u8::try_from(percent).unwrap_or(100);
        SearchState {
            ready: begun && behind == 0,
            percent: percent.min(if behind == 0 { 100 } else { 99 }),
            cases,
        }
    }

    /// A turn for a person's question.
    fn turn(self: &Finder, person: PersonId) -> Result<Turn<'_>> {
        let mut asking = lock(&self.asking);
        let count = asking.entry(person).or_default();
        if *count >= MOST_OF_A_PERSON {
            return Err(Problem::TooMany { retry_after: 1 });
        }
        *count += 1;
        Ok(Turn { finder: self, person })
    }
}

/// That a person's question is being answered.
struct Turn<'a> {
    finder: &'a Finder,
    person: PersonId,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut asking = lock(&self.finder.asking);
        if let Some(count) = asking.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                asking.remove(&self.person);
            }
        }
    }
}
