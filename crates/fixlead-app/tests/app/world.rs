//! The world of a story: a store on SQLite in a directory that goes away, a
//! clock that is set by hand, randomness from a seed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use fixlead_core::time::{Instant, Span};
use fixlead_store::{Clock, Keyring, Location, Random, Secret, Store};
use sha2::{Digest, Sha256};

/// A clock that stands still until it is told.
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that a seed repeats.
struct Seeded(AtomicU64);

impl Random for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::SeqCst);
            part.copy_from_slice(&Sha256::digest(drawn.to_le_bytes())[..part.len()]);
        }
    }
}

/// Everything a story needs.
pub struct World {
    directory: PathBuf,
    location: Location,
    pub clock: Arc<HandClock>,
    pub random: Arc<dyn Random>,
    pub store: Store,
}

impl World {
    /// A new one, at 2027-01-15T08:00:00Z.
    pub async fn new() -> Self {
        Self::at(None).await
    }

    /// One on a database that is there.
    pub async fn on(location: Location) -> Self {
        Self::at(Some(location)).await
    }

    async fn at(location: Option<Location>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let directory = std::env::temp_dir().join(format!("fixlead-app-{}-{number}", std::process::id()));
        let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000_000)));
        let random: Arc<dyn Random> = Arc::new(Seeded(AtomicU64::new(0)));
        let keyring = Keyring::new(Secret::from_bytes([9; 32]));
        let location = location.unwrap_or_else(|| Location::Directory(directory.clone()));
        let store =
            Store::open(location.clone(), keyring, clock.clone(), random.clone()).await.expect("a store");
        World { directory, location, clock, random, store }
    }

    /// Statements that go past the store. `NOTHING` is a byte, `STRAY` the id of a
    /// case that there is not.
    pub async fn execute(&self, sql: &str) {
        let stray = format!("04{}", "ab".repeat(16));
        match &self.location {
            Location::Directory(directory) => {
                let sql = sql.replace("NOTHING", "x'00'").replace("STRAY", &format!("x'{stray}'"));
                let connection = rusqlite::Connection::open(directory.join("fixlead.db")).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
                connection.execute_batch(&sql).unwrap();
            }
            Location::Postgres(address) => {
                let bytes = |hex: &str| format!("decode('{hex}', 'hex')");
                let sql = sql.replace("NOTHING", &bytes("00")).replace("STRAY", &bytes(&stray));
                crate::cluster::connect(address).await.batch_execute(&sql).await.unwrap();
            }
        }
    }

    /// Lets time pass.
    pub fn wait(&self, span: Span) {
        self.clock.0.fetch_add(span.millis(), Ordering::SeqCst);
    }

    /// Where it lies; it goes away with the world.
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// The instant now.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
