//! The desk: what every use case stands on.
//!
//! A [`Desk`] is a store, a clock, a source of randomness, and what it keeps in
//! memory: the directory, compiled policies, cases that were read lately. All
//! of that is checked against the store at every use, so that any number of
//! desks can work on one store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use fixlead_core::access::{Actor, Standing};
use fixlead_core::desk::reminders::Ladder;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, InstallationId, WebhookId};
use fixlead_core::time::{Instant, Span};
use fixlead_store::{Clock, Lane, Random, Store};

use crate::accounts::{Accounts, By, Caller};
use crate::case::kept::Cases;
use crate::case::pace::Opened;
use crate::case::retention::Retention;
use crate::cna::Registry;
use crate::directory::Snapshot;
use crate::finding::Finder;
use crate::fix::Repositories;
use crate::fix::turn::Turns;
use crate::overview::Tally;
use crate::policies::Policies;
use crate::problem::Result;
use crate::signin::session::Lengths;
use crate::witness::Known;

/// The lane in which cases are woken for their duties.
pub const DUTIES: Lane = Lane(1);

/// How much is done with repositories of fixes at a time.
const FIX_ROOM: usize = 4;
/// How much of what is public is fetched at a time, beside that.
const FETCH_ROOM: usize = 3;

/// What an installation can choose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long sessions last.
    pub lengths: Lengths,
    /// Who is told of a duty, and when.
    pub ladder: Ladder,
    /// How long a repeated request is recognised.
    pub remembered: Span,
    /// How many bytes of cases are kept in memory, about.
    pub kept: usize,
    /// Whether webhooks may call addresses that are not public. Which ones, is
    /// for whoever calls them to know.
    pub webhooks_inside: bool,
    /// How many cases somebody may open in an hour.
    pub cases_per_hour: usize,
    /// How long closed cases are kept.
    pub retention: Retention,
    /// The installations whose signed heads are kept here.
    pub witnessed: Vec<Known>,
    /// Whether it is a demonstration, in which anybody may be anybody.
    pub demonstration: bool,
}

impl Default for Settings {
    /// Reminders a day and an hour before a due and at it, responders told a
    /// day later; a day for repetitions; 64 MiB of cases.
    fn default() -> Self {
        Settings {
            lengths: Lengths::default(),
            ladder: Ladder::usual(Line::tamed("responders")),
            remembered: Span::days(1),
            kept: 64 << 20,
            webhooks_inside: false,
            cases_per_hour: 120,
            retention: Retention::default(),
            witnessed: Vec::new(),
            demonstration: false,
        }
    }
}

/// The desk. Clones share it.
#[derive(Clone)]
pub struct Desk {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub settings: Settings,
    pub accounts: Accounts,
    pub installation: InstallationId,
    pub directory: Mutex<Arc<Snapshot>>,
    pub policies: Policies,
    pub cases: Mutex<Cases>,
    /// Webhooks that did not answer, and until when they are left alone.
    pub silent: Mutex<BTreeMap<WebhookId, Instant>>,
    pub finder: Finder,
    /// Rows of lists, as they were counted last.
    pub tally: tokio::sync::Mutex<Tally>,
    /// What people have opened lately.
    pub opened: Mutex<Opened>,
    /// Told when an advisory was made public here.
    pub published: tokio::sync::Notify,
    /// Where the repositories of fixes are, if anywhere.
    pub fixes: OnceLock<Arc<dyn Repositories>>,
    /// Room for work on them: it waits for programs, and leaves threads to others.
    pub fix_room: Arc<tokio::sync::Semaphore>,
    /// Room for fetching what is public, which waits for others.
    pub fetch_room: Arc<tokio::sync::Semaphore>,
    /// Room for the checks of projects: one run at a time.
    pub check_room: Arc<tokio::sync::Semaphore>,
    /// Told when somebody has pushed.
    pub pushed: tokio::sync::Notify,
    /// Whose turn it is with each repository.
    pub fix_turns: Arc<Turns>,
    /// What speaks with CVE Services, if anything does.
    pub registry: OnceLock<Arc<dyn Registry>>,
    /// The cases about which they are being asked.
    pub asking: Mutex<BTreeSet<CaseId>>,
}

impl Desk {
    /// A desk on a store.
    pub async fn open(
        store: Store,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: Settings,
    ) -> Result<Desk> {
        let accounts =
            Accounts::new(store.clone(), Arc::clone(&clock), Arc::clone(&random), settings.lengths);
        let mut key = [0; 16];
        random.fill(&mut key);
        let desk = Desk {
            inner: Arc::new(Inner {
                installation: InstallationId::from_bytes(store.installation()),
                cases: Mutex::new(Cases::new(settings.kept)),
                directory: Mutex::default(),
                finder: Finder::new(key),
                tally: tokio::sync::Mutex::default(),
                policies: Policies::default(),
                silent: Mutex::default(),
                opened: Mutex::default(),
                published: tokio::sync::Notify::new(),
                fixes: OnceLock::new(),
                fix_room: Arc::new(tokio::sync::Semaphore::new(FIX_ROOM)),
                fetch_room: Arc::new(tokio::sync::Semaphore::new(FETCH_ROOM)),
                check_room: Arc::new(tokio::sync::Semaphore::new(1)),
                pushed: tokio::sync::Notify::new(),
                fix_turns: Arc::default(),
                registry: OnceLock::new(),
                asking: Mutex::default(),
                store,
                clock,
                random,
                settings,
                accounts,
            }),
        };
        desk.directory().await?;
        Ok(desk)
    }

    /// Who signs in: sessions, tokens, links.
    pub fn accounts(&self) -> &Accounts {
        &self.inner.accounts
    }

    /// The store that the desk works on.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn now(&self) -> Instant {
        self.inner.clock.now()
    }

    /// The instant now, but not before the last of what it is about was
    /// recorded: the clocks of several desks differ, and what one has revoked
    /// is revoked for the other at once.
    pub(crate) fn now_after(&self, latest: Option<Instant>) -> Instant {
        let now = self.now();
        latest.map_or(now, |latest| now.max(latest))
    }

    pub(crate) fn draw<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.inner.random.fill(&mut bytes);
        bytes
    }

    /// Whoever sent a request, with the standing they have now.
    pub(crate) fn actor(&self, caller: &Caller, snapshot: &Snapshot) -> Actor {
        // Who holds a receipt need not be anybody here; who is, has to be in
        // good standing.
        let unknown = match caller.by {
            By::Receipt(_) => Standing::Active,
            By::Session(_) | By::Token(_) => Standing::Removed,
        };
        Actor::Person {
            person: caller.person,
            standing: snapshot.directory.standing(caller.person).unwrap_or(unknown),
            presence: caller.presence.clone(),
        }
    }
}

/// A lock that a panic elsewhere does not close for good.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
