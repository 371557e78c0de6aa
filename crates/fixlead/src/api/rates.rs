//! How often: reports, reporters' messages and attempts to sign in, by where
//! they come from and by what they are for. Everything is in memory, bounded,
//! and of this process alone; a restart forgets it.
//!
//! Nobody is locked out by somebody else: what is counted by source counts
//! against that source, and wrong passwords against the name and the source
//! together. What is counted by project keeps a flood from filling the disk,
//! and whoever meets it is told until when, and how else to reach the team.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fixlead_app::problem::Problem;
use fixlead_app::signin::session::Attempts;
use fixlead_core::id::{CaseId, ProjectId, SessionId};
use fixlead_core::time::{Instant, Span};
use sha2::{Digest as _, Sha256};

use super::problem::Refusal;
use super::source::Source;
use crate::configuration::Settings;

/// How many sources, projects, receipts or names are remembered at a time.
const MOST_KEPT: usize = 10_000;
/// How much of a name to sign in with is remembered, in letters.
const MOST_NAME: usize = 200;
/// What a report or message takes beside its text, in bytes, about.
const AROUND: u64 = 2048;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Where somebody is, as far as rates go: an address, or the /64 of an IPv6
/// one, which whoever has one address has whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(u128);

impl Place {
    /// The place of a request; nowhere, where the other end is not known.
    pub fn of(source: Source) -> Option<Place> {
        source.0.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => Place(u128::from(address.to_ipv6_mapped())),
            IpAddr::V6(address) => Place(u128::from(address) & !u128::from(u64::MAX)),
        })
    }
}

impl Place {
    /// What is kept of it where it need only be compared.
    pub fn hash(self) -> u64 {
        let digest = Sha256::digest(self.0.to_be_bytes());
        digest.iter().take(8).fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }
}

/// What is remembered of so many keys at most; what ranks least is forgotten
/// for what is new.
struct Bounded<K, R, V> {
    all: BTreeMap<K, (R, V)>,
    ranks: BTreeSet<(R, K)>,
}

impl<K, R, V> Default for Bounded<K, R, V> {
    fn default() -> Self {
        Bounded { all: BTreeMap::new(), ranks: BTreeSet::new() }
    }
}

impl<K: Clone + Ord, R: Copy + Ord, V: Copy> Bounded<K, R, V> {
    fn get(&self, key: &K) -> Option<V> {
        self.all.get(key).map(|(_, value)| *value)
    }

    fn set(&mut self, key: K, rank: R, value: V) {
        self.remove(&key);
        if self.all.len() >= MOST_KEPT
            && let Some((_, least)) = self.ranks.pop_first()
        {
            self.all.remove(&least);
        }
        self.ranks.insert((rank, key.clone()));
        self.all.insert(key, (rank, value));
    }

    fn remove(&mut self, key: &K) {
        if let Some((rank, _)) = self.all.remove(key) {
            self.ranks.remove(&(rank, key.clone()));
        }
    }
}

/// So much in so long, for each key alone; what was used comes back evenly.
pub struct Buckets<K> {
    most: u64,
    period: Duration,
    /// When each is full again. Of those who are remembered, whoever has used
    /// least is forgotten first.
    full_at: Mutex<Bounded<K, Duration, Duration>>,
}

impl<K: Copy + Ord> Buckets<K> {
    /// So much in so long.
    pub fn new(most: u64, period: Duration) -> Self {
        Buckets { most: most.max(1), period, full_at: Mutex::default() }
    }

    /// Takes so much, or says how long to wait until there is so much. What is
    /// larger than everything takes everything.
    ///
    /// # Errors
    /// How long to wait.
    pub fn take(&self, key: K, much: u64, now: Duration) -> Result<(), Duration> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let nanos = self.period.as_nanos() * u128::from(much.min(self.most)) / u128::from(self.most);
        let takes = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let until = full_at.get(&key).unwrap_or_default().max(now) + takes;
        let over = until.saturating_sub(now + self.period);
        if !over.is_zero() {
            return Err(over);
        }
        full_at.set(key, until, until);
        Ok(())
    }
}

/// What wrong guesses are counted for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guesser {
    /// A name, tried from a place.
    Name(String, Option<Place>),
    /// A session, whose person proves again that it is them.
    Session(SessionId),
}

impl Guesser {
    /// Of a name as it was typed.
    pub fn name(login: &str, place: Option<Place>) -> Guesser {
        Guesser::Name(login.trim().to_lowercase().chars().take(MOST_NAME).collect(), place)
    }
}

/// The rates of a desk.
pub struct Rates {
    reports: Buckets<Place>,
    of_project: Buckets<ProjectId>,
    bytes: Buckets<ProjectId>,
    messages: Buckets<CaseId>,
    sign_ins: Buckets<Place>,
    guesses: Mutex<Bounded<Guesser, Option<Instant>, Attempts>>,
    other_way: Option<String>,
}

impl Rates {
    /// As they are set.
    pub fn of(settings: &Settings) -> Self {
        let keys = &settings.keys;
        Rates {
            reports: Buckets::new(keys.limits_reports_per_hour.0, HOUR),
            of_project: Buckets::new(keys.limits_reports_per_project.0, HOUR),
            bytes: Buckets::new(keys.limits_report_bytes.0, DAY),
            messages: Buckets::new(keys.limits_messages_per_hour.0, HOUR),
            sign_ins: Buckets::new(keys.limits_sign_ins_per_minute.0, MINUTE),
            guesses: Mutex::default(),
            other_way: keys.intake_other_way.as_ref().map(|way| way.0.clone()),
        }
    }

    /// Whether a report from outside is taken in now.
    ///
    /// # Errors
    /// Until when it is not.
    pub fn report(
        &self,
        from: Option<Place>,
        to: ProjectId,
        bytes: usize,
        at: Ticking,
    ) -> Result<(), Refusal> {
        // The source first: whoever floods from one place uses up nothing of
        // what the project takes from others.
        let here = from.map_or(Ok(()), |place| self.reports.take(place, 1, at.ticks));
        here.map_err(|wait| self.full("from where you are", wait, at))?;
        self.of_project.take(to, 1, at.ticks).map_err(|wait| self.full("for this project", wait, at))?;
        self.bytes.take(to, size(bytes), at.ticks).map_err(|wait| self.full("for this project", wait, at))
    }

    /// Whether a message of whoever holds a receipt is taken in now.
    ///
    /// # Errors
    /// Until when it is not.
    pub fn message(&self, case: CaseId, of: ProjectId, bytes: usize, at: Ticking) -> Result<(), Refusal> {
        self.messages.take(case, 1, at.ticks).map_err(|wait| self.full("for this report", wait, at))?;
        self.bytes.take(of, size(bytes), at.ticks).map_err(|wait| self.full("for this project", wait, at))
    }

    fn full(&self, of: &'static str, wait: Duration, at: Ticking) -> Refusal {
        let seconds = seconds(wait);
        Refusal::Full {
            of,
            retry_after: seconds,
            until: at.now + Span::from_millis(i64::from(seconds) * 1_000),
            other_way: self.other_way.clone(),
        }
    }

    /// Whether an attempt to sign in from a place is looked at.
    ///
    /// # Errors
    /// How long to wait.
    pub fn sign_in(&self, from: Option<Place>, at: Ticking) -> Result<(), Refusal> {
        let taken = from.map_or(Ok(()), |place| self.sign_ins.take(place, 1, at.ticks));
        taken.map_err(|wait| Problem::TooMany { retry_after: seconds(wait) }.into())
    }

    /// Counts a guess as wrong before it is looked at, so that many at the same
    /// moment do not pass for one.
    ///
    /// # Errors
    /// How long to wait.
    pub fn guess(&self, guesser: &Guesser, at: Ticking) -> Result<(), Refusal> {
        let mut guesses = self.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let attempts = guesses.get(guesser).unwrap_or_default();
        if let Some(free) = attempts.free_from().filter(|free| at.now < *free) {
            let wait = u64::try_from((free - at.now).millis()).unwrap_or(0);
            return Err(Problem::TooMany { retry_after: seconds(Duration::from_millis(wait)) }.into());
        }
        let failed = attempts.fail(at.now);
        guesses.set(guesser.clone(), failed.last, failed);
        Ok(())
    }

    /// The guess was right.
    pub fn right(&self, guesser: &Guesser) {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner).remove(guesser);
    }
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(AROUND)
}

/// Whole seconds, at least one.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}

/// The moment of a request: by the clock that people read, and by one that
/// never jumps.
#[derive(Clone, Copy, Debug)]
pub struct Ticking {
    /// By the clock.
    pub now: Instant,
    /// Since some beginning.
    pub ticks: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Ticking {
        Ticking { now: Instant::from_millis(1_000 * seconds as i64), ticks: Duration::from_secs(seconds) }
    }

    fn place(text: &str) -> Option<Place> {
        Place::of(Source(Some(text.parse().unwrap())))
    }

    #[test]
    fn what_was_used_comes_back_evenly_and_to_whom_it_belongs() {
        let buckets = Buckets::new(60, HOUR);
        for _ in 0..60 {
            assert_eq!(buckets.take('a', 1, at(0).ticks), Ok(()));
        }
        assert_eq!(buckets.take('a', 1, at(0).ticks), Err(MINUTE), "one a minute comes back");
        assert_eq!(buckets.take('b', 1, at(0).ticks), Ok(()));
        assert_eq!(buckets.take('a', 1, at(60).ticks), Ok(()));
        assert_eq!(buckets.take('a', 1, at(60).ticks), Err(MINUTE));
        assert_eq!(buckets.take('a', 1_000_000, at(2 * 3600).ticks), Ok(()), "more than all takes all");
        assert_eq!(buckets.take('a', 1, at(2 * 3600).ticks), Err(MINUTE));
    }

    #[test]
    fn a_flood_of_sources_takes_no_more_memory_and_forgives_nobody_who_floods() {
        let buckets = Buckets::new(2, HOUR);
        assert_eq!(buckets.take(u64::MAX, 2, at(0).ticks), Ok(()));
        for other in 0..3 * MOST_KEPT as u64 {
            assert_eq!(buckets.take(other, 1, at(0).ticks), Ok(()));
        }
        assert_eq!(buckets.full_at.lock().unwrap().all.len(), MOST_KEPT);
        assert!(buckets.take(u64::MAX, 1, at(0).ticks).is_err(), "whoever has used more is kept in mind");
    }

    #[test]
    fn whoever_has_an_ipv6_address_has_its_whole_network() {
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:192.0.2.1"), place("192.0.2.1"));
        assert_ne!(place("192.0.2.1"), place("192.0.2.2"));
        assert_eq!(Place::of(Source(None)), None);
    }
}
