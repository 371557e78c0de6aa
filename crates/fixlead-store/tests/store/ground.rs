//! The ground that stories stand on: a database of either kind in a place of
//! its own, a clock that is set by hand, and randomness from a seed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::cluster;
use fixlead_core::access::{
    Action, Actor, CaseStanding, CaseState, Grant, Permit, Presence, Role, Scope, Standing, Target, decide,
};
use fixlead_core::id::{CaseId, GrantId, OrganisationId, PersonId, ProjectId, StreamId};
use fixlead_core::time::Instant;
use fixlead_store::{Clock, Keyring, Location, Random, Secret, Store};

/// 2027-01-15T08:00:00Z.
pub const MORNING: i64 = 1_800_000_000_000;

/// A clock that stands still until it is told.
#[derive(Clone, Default)]
pub struct HandClock(Arc<AtomicI64>);

impl HandClock {
    pub fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that a seed repeats.
pub struct Seeded {
    key: [u8; 32],
    drawn: AtomicU64,
}

impl Seeded {
    pub fn new(seed: &str) -> Arc<Self> {
        Arc::new(Seeded {
            key: blake3::derive_key("fixlead tests", seed.as_bytes()),
            drawn: AtomicU64::new(0),
        })
    }
}

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&drawn.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}

/// A directory that goes away with the test that made it.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("fixlead-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One database, and what a store is opened with.
pub struct Ground {
    scratch: Scratch,
    pub location: Location,
    pub clock: HandClock,
    pub keyring: Keyring,
    pub name: String,
    opened: AtomicU64,
}

/// A key that only tests use.
pub fn key(number: u8) -> Secret {
    Secret::from_bytes(blake3::derive_key("fixlead tests installation key", &[number]))
}

impl Ground {
    pub fn sqlite(name: &str) -> Self {
        let scratch = Scratch::new();
        let location = Location::Directory(scratch.path().join("data"));
        Self::new(name, scratch, location)
    }

    pub fn postgres(name: &str) -> Self {
        Self::new(name, Scratch::new(), Location::Postgres(cluster::new_database()))
    }

    fn new(name: &str, scratch: Scratch, location: Location) -> Self {
        let clock = HandClock::default();
        clock.set(MORNING);
        Ground {
            scratch,
            location,
            clock,
            keyring: Keyring::new(key(1)),
            name: name.to_owned(),
            opened: AtomicU64::new(0),
        }
    }

    /// An empty database of the same engine, and one of the other.
    pub fn elsewhere(&self) -> (Ground, Ground) {
        let name = format!("{} elsewhere", self.name);
        let make = || (Ground::sqlite(&name), Ground::postgres(&name));
        // Making a PostgreSQL database waits for the server, off the async threads.
        let (sqlite, postgres) = std::thread::scope(|scope| scope.spawn(make).join().unwrap());
        match self.location {
            Location::Directory(_) => (sqlite, postgres),
            Location::Postgres(_) => (postgres, sqlite),
        }
    }

    pub async fn open(&self) -> Store {
        self.open_with(self.keyring.clone()).await.expect("the store opens")
    }

    pub async fn open_with(&self, keyring: Keyring) -> fixlead_store::Result<Store> {
        let number = self.opened.fetch_add(1, Ordering::SeqCst);
        let random = Seeded::new(&format!("{} {number}", self.name));
        Store::open(self.location.clone(), keyring, Arc::new(self.clock.clone()), random).await
    }
}

/// The case with a number.
pub fn case(number: u64) -> StreamId {
    let hash = blake3::hash(&number.to_le_bytes());
    CaseId::from_bytes(hash.as_bytes()[..16].try_into().unwrap()).into()
}

/// A permit to write a case, and so to read it.
pub fn may(stream: StreamId) -> Permit {
    permit(stream, Action::ReminderRecord)
}

/// A permit only to read a case.
pub fn may_read(stream: StreamId) -> Permit {
    permit(stream, Action::CaseEvaluate)
}

/// What the installation may do by itself.
fn permit(stream: StreamId, action: Action) -> Permit {
    let standing = standing(stream, CaseState::Embargoed);
    decide(&Actor::System, &[], action, Target::Case(&standing), Instant::from_millis(MORNING)).unwrap()
}

/// A permit to erase a closed case, with its second person's confirmation.
pub fn may_erase(stream: StreamId) -> Permit {
    let now = Instant::from_millis(MORNING);
    let person = PersonId::from_bytes([3; 16]);
    let presence = Presence::Session { stepped_up: Some(now) };
    let grant = Grant {
        id: GrantId::from_bytes([4; 16]),
        person,
        role: Role::FixLead,
        scope: Scope::Case(CaseId::from_bytes(stream.bytes())),
        reason: "leads the case".into(),
        given_by: None,
        team: None,
        from: now,
        until: None,
        revoked: None,
    };
    let actor = Actor::Person { person, standing: Standing::Active, presence };
    let case = standing(stream, CaseState::Closed);
    decide(&actor, &[grant], Action::CaseEraseConfirm, Target::Case(&case), now).unwrap()
}

fn standing(stream: StreamId, state: CaseState) -> CaseStanding {
    CaseStanding {
        case: CaseId::from_bytes(stream.bytes()),
        project: ProjectId::from_bytes([1; 16]),
        organisation: OrganisationId::from_bytes([2; 16]),
        state,
        restricted: false,
        recused: Vec::new(),
    }
}

/// Runs a story.
pub fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(story);
}

/// Makes a test for each engine out of each story.
macro_rules! on_both_engines {
    ($($story:ident)+) => {
        mod sqlite {
            $(#[test]
            fn $story() {
                let ground = $crate::ground::Ground::sqlite(concat!(module_path!(), stringify!($story)));
                $crate::ground::run(super::$story(ground));
            })+
        }
        mod postgres {
            $(#[test]
            fn $story() {
                let ground = $crate::ground::Ground::postgres(concat!(module_path!(), stringify!($story)));
                $crate::ground::run(super::$story(ground));
            })+
        }
    };
}
pub(crate) use on_both_engines;

impl Ground {
    /// The first column of a query that goes past the store, as whoever has
    /// the database can ask it.
    pub async fn query(&self, sql: &str) -> Vec<Vec<u8>> {
        match &self.location {
            Location::Directory(directory) => {
                let connection = rusqlite::Connection::open(directory.join("fixlead.db")).unwrap();
                let mut query = connection.prepare(sql).unwrap();
                query.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Location::Postgres(address) => {
                let rows = cluster::connect(address).await.query(sql, &[]).await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Statements that go past the store.
    pub async fn execute(&self, sql: &str) {
        match &self.location {
            Location::Directory(directory) => {
                let connection = rusqlite::Connection::open(directory.join("fixlead.db")).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Location::Postgres(address) => {
                cluster::connect(address).await.batch_execute(sql).await.unwrap();
            }
        }
    }

    /// Where a test may put files.
    pub fn path(&self) -> &Path {
        self.scratch.path()
    }

    /// A number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        match &self.location {
            Location::Directory(directory) => {
                let connection = rusqlite::Connection::open(directory.join("fixlead.db")).unwrap();
                connection.query_row(sql, (), |row| row.get(0)).unwrap()
            }
            Location::Postgres(address) => {
                let sql = format!("SELECT ({sql})::bigint");
                cluster::connect(address).await.query_one(&sql, &[]).await.unwrap().get(0)
            }
        }
    }

    /// Changes bytes in all rows that fit, past the store.
    pub async fn change(&self, table: &str, column: &str, condition: &str, change: impl Fn(&mut Vec<u8>)) {
        let found = self.query(&format!("SELECT {column} FROM {table} WHERE {condition}")).await;
        assert!(!found.is_empty(), "{table} has such a row");
        for before in found {
            let mut after = before.clone();
            change(&mut after);
            let (before, after) = (self.literal(&before), self.literal(&after));
            self.execute(&format!(
                "UPDATE {table} SET {column} = {after} WHERE {column} = {before} AND ({condition})"
            ))
            .await;
        }
    }

    fn literal(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match &self.location {
            Location::Directory(_) => format!("x'{hex}'"),
            Location::Postgres(_) => format!("decode('{hex}', 'hex')"),
        }
    }
}
