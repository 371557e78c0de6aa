//! Appends a second, durable, with one client and with 64, in turns with a
//! plain table of the same shape that commits row by row on the same disk; and
//! what sealing and the log cost in CPU.
//!
//! `cargo bench -p fixlead-store --bench store` prints one JSON object a line.
//! `FIXLEAD_BENCH_DIR` names a directory on the disk to measure.

#![allow(clippy::unwrap_used, reason = "a benchmark may stop with a panic")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Watch};

use fixlead_core::access::{Action, Actor, CaseStanding, CaseState, Permit, Target, decide};
use fixlead_core::id::{CaseId, OrganisationId, ProjectId};
use fixlead_core::time::Instant;
use fixlead_store::{Append, Clock, Keyring, ListChange, Location, Random, Secret, Store};

/// A report of middling length.
const BODY: usize = 1500;
const TURNS: usize = 5;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Instant {
        Instant::from_millis(1_800_000_000_000)
    }
}

/// Quick and foreseeable: the system's randomness is not what is measured.
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&number.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}

fn permit(case: CaseId) -> Permit {
    let standing = CaseStanding {
        case,
        project: ProjectId::from_bytes([1; 16]),
        organisation: OrganisationId::from_bytes([2; 16]),
        state: CaseState::Embargoed,
        restricted: false,
        recused: Vec::new(),
    };
    decide(&Actor::System, &[], Action::ReminderRecord, Target::Case(&standing), Instant::EPOCH).unwrap()
}

/// User and system time of this process.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

struct Turn {
    appends: u64,
    seconds: f64,
    cpu: f64,
    commits: u64,
}

/// New cases, each with one event and one row of a list.
async fn reports(store: &Store, clients: u64, length: Duration, next: &Arc<AtomicU64>) -> Turn {
    let (before, began) = (cpu(), Watch::now());
    let entries = store.head().await.unwrap().number;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (store, next) = (store.clone(), Arc::clone(next));
        tasks.spawn(async move {
            let mut count = 0;
            while began.elapsed() < length {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let case = CaseId::from_bytes(
                    *blake3::hash(&number.to_le_bytes()).as_bytes().first_chunk().unwrap(),
                );
                let mut append = Append::to(case.into(), 0).event(vec![b'r'; BODY]);
                append.lists = vec![ListChange {
                    list: "open".into(),
                    row: Some((Instant::from_millis(number as i64), vec![b'l'; 200])),
                }];
                assert!(store.append(&permit(case), append).await.unwrap().is_written());
                count += 1;
            }
            count
        });
    }
    let appends = tasks.join_all().await.into_iter().sum();
    let seconds = began.elapsed().as_secs_f64();
    let commits = store.head().await.unwrap().number - entries;
    Turn { appends, seconds, cpu: (cpu() - before).as_secs_f64(), commits }
}

/// The limit: the same rows, unsealed and without a log, `group` to a commit.
fn plain(directory: &Path, group: u64, length: Duration, next: &AtomicU64) -> Turn {
    let connection = rusqlite::Connection::open(directory.join("plain.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
             CREATE TABLE IF NOT EXISTS stream (id BLOB PRIMARY KEY, version INTEGER, hash BLOB, key BLOB) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS event (position INTEGER PRIMARY KEY, stream BLOB, version INTEGER, at INTEGER, body BLOB);
             CREATE UNIQUE INDEX IF NOT EXISTS event_of_stream ON event (stream, version);
             CREATE TABLE IF NOT EXISTS list (list BLOB, sort BLOB, stream BLOB, body BLOB,
               PRIMARY KEY (list, sort, stream)) WITHOUT ROWID;
             CREATE UNIQUE INDEX IF NOT EXISTS list_of_stream ON list (stream, list);",
        )
        .unwrap();
    let (before, began) = (cpu(), Watch::now());
    let (mut appends, mut commits) = (0, 0);
    let body = vec![b'r'; BODY + 60];
    let row = vec![b'l'; 260];
    while began.elapsed() < length {
        connection.prepare_cached("BEGIN IMMEDIATE").unwrap().execute(()).unwrap();
        for _ in 0..group {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let id = blake3::hash(&number.to_le_bytes());
            let id = &id.as_bytes()[..17];
            connection
                .prepare_cached("INSERT INTO stream VALUES (?1, 1, ?2, ?2)")
                .unwrap()
                .execute(rusqlite::params![id, [1_u8; 32]])
                .unwrap();
            connection
                .prepare_cached("INSERT INTO event (stream, version, at, body) VALUES (?1, 1, 0, ?2)")
                .unwrap()
                .execute(rusqlite::params![id, body])
                .unwrap();
            connection
                .prepare_cached("INSERT INTO list VALUES (?1, ?2, ?3, ?4)")
                .unwrap()
                .execute(rusqlite::params![[7_u8; 16], number.to_be_bytes(), id, row])
                .unwrap();
            appends += 1;
        }
        connection.prepare_cached("COMMIT").unwrap().execute(()).unwrap();
        commits += 1;
    }
    let seconds = began.elapsed().as_secs_f64();
    Turn { appends, seconds, cpu: (cpu() - before).as_secs_f64(), commits }
}

fn print(what: &str, turns: &[Turn]) {
    let median = |value: &dyn Fn(&Turn) -> f64| {
        let mut values: Vec<f64> = turns.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    println!(
        "{{\"what\":\"{what}\",\"appends_per_s\":{:.0},\"appends_per_commit\":{:.1},\"cpu_ms_per_append\":{:.4}}}",
        median(&|turn| turn.appends as f64 / turn.seconds),
        median(&|turn| turn.appends as f64 / turn.commits as f64),
        median(&|turn| turn.cpu * 1000.0 / turn.appends as f64),
    );
}

fn main() {
    let place = std::env::var_os("FIXLEAD_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let place = place.join(format!("fixlead-bench-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let length = Duration::from_millis(1500);
    let store = runtime.block_on(async {
        let random = Arc::new(Counting(AtomicU64::new(0)));
        let keyring = Keyring::new(Secret::from_bytes([7; 32]));
        Store::open(Location::Directory(place.join("data")), keyring, Arc::new(Fixed), random).await.unwrap()
    });
    let mut turns: [Vec<Turn>; 4] = Default::default();
    for _ in 0..TURNS {
        turns[0].push(plain(&place, 1, length, &next));
        turns[1].push(runtime.block_on(reports(&store, 1, length, &next)));
        turns[2].push(plain(&place, 64, length, &next));
        turns[3].push(runtime.block_on(reports(&store, 64, length, &next)));
    }
    print("plain table, a commit a row", &turns[0]);
    print("store, 1 client", &turns[1]);
    print("plain table, 64 rows a commit", &turns[2]);
    print("store, 64 clients", &turns[3]);
    drop(store);
    drop(runtime);
    std::fs::remove_dir_all(&place).unwrap();
}
