//! What sealing and the log cost an append: the same appends by a store that
//! seals and hashes and by one that does neither, in turns on the same disk,
//! with one client and with 64. The one that does neither writes the same rows
//! of the same lengths; names of lists and records are hashed in both.
//!
//! `cargo bench -p fixlead-store --features test-hooks --bench store` prints one
//! JSON object. `FIXLEAD_BENCH_DIR` names a directory on the disk to measure.

#![allow(clippy::unwrap_used, reason = "a benchmark may stop with a panic")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Watch};

use fixlead_core::access::{Action, Actor, CaseStanding, CaseState, Permit, Target, decide};
use fixlead_core::id::{CaseId, OrganisationId, ProjectId};
use fixlead_core::time::Instant;
use fixlead_store::{
    Append, Clock, Idempotency, Keyring, Lane, ListChange, Location, Random, RecordChange, Secret, Store,
    WorkChange, hooks,
};

/// Lengths of the events of a report.
const EVENTS: [usize; 4] = [680, 290, 1760, 300];
const TURNS: usize = 7;

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Instant {
        Instant::from_millis(1_800_000_000_000)
    }
}

/// The system's, as a desk has it.
struct System;

impl Random for System {
    fn fill(&self, bytes: &mut [u8]) {
        use std::io::Read as _;
        // Opened once; reading it is the same call to the kernel.
        static SOURCE: std::sync::OnceLock<std::fs::File> = std::sync::OnceLock::new();
        let mut source = SOURCE.get_or_init(|| std::fs::File::open("/dev/urandom").unwrap());
        source.read_exact(bytes).unwrap();
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
    rate: f64,
    cpu_ms: f64,
}

/// What a report becomes: its events, a wake-up, a row of a list, a receipt and
/// the answer to a repetition.
fn report(number: u64) -> (CaseId, Append) {
    let name = *blake3::hash(&number.to_le_bytes()).as_bytes();
    let case = CaseId::from_bytes(*name.first_chunk().unwrap());
    let mut append = Append::to(case.into(), 0);
    append.events = EVENTS.iter().map(|length| vec![b'r'; *length]).collect();
    let due = Instant::from_millis(1_800_000_000_000 + number as i64);
    append.lists = vec![ListChange { list: "open".into(), row: Some((due, vec![b'l'; 560])) }];
    append.work = vec![WorkChange::Wake { lane: Lane(1), due, body: Vec::new() }];
    let (kind, key) = ("receipt".to_owned(), name.to_vec());
    append.records =
        vec![RecordChange { kind, key, expected: 0, value: Some(vec![b'c'; 80]), expires: None }];
    append.idempotency = Some(Idempotency { key: name[..24].to_vec(), answer: vec![b'a'; 270], until: due });
    (case, append)
}

async fn reports(store: &Store, clients: u64, length: Duration, next: &Arc<AtomicU64>) -> Turn {
    let (before, began) = (cpu(), Watch::now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (store, next) = (store.clone(), Arc::clone(next));
        tasks.spawn(async move {
            let mut count = 0;
            while began.elapsed() < length {
                let (case, append) = report(next.fetch_add(1, Ordering::Relaxed));
                assert!(store.append(&permit(case), append).await.unwrap().is_written());
                count += 1;
            }
            count
        });
    }
    let appends: u64 = tasks.join_all().await.into_iter().sum();
    let seconds = began.elapsed().as_secs_f64();
    Turn { rate: appends as f64 / seconds, cpu_ms: (cpu() - before).as_secs_f64() * 1e3 / appends as f64 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How much more something is, of each pair of turns; the median, in per cent.
fn more(pairs: &[(Turn, Turn)], of: fn(&Turn) -> f64) -> f64 {
    100.0 * (median(pairs.iter().map(|(plain, sealed)| of(sealed) / of(plain)).collect()) - 1.0)
}

fn main() {
    let place = std::env::var_os("FIXLEAD_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let place = place.join(format!("fixlead-bench-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let next = Arc::new(AtomicU64::new(0));
    let length = Duration::from_millis(1500);
    let open = |name: &str| {
        let keyring = Keyring::new(Secret::from_bytes([7; 32]));
        let location = Location::Directory(place.join(name));
        runtime.block_on(Store::open(location, keyring, Arc::new(Fixed), Arc::new(System))).unwrap()
    };
    let sealed = open("sealed");
    hooks::set_plain(true);
    let plain = open("plain");
    let mut told = Vec::new();
    for clients in [1, 64] {
        let turn = |store: &Store, is_plain: bool| {
            hooks::set_plain(is_plain);
            runtime.block_on(reports(store, clients, length, &next))
        };
        let pairs: Vec<(Turn, Turn)> =
            (0..TURNS).map(|_| (turn(&plain, true), turn(&sealed, false))).collect();
        let of = |get: fn(&(Turn, Turn)) -> f64| median(pairs.iter().map(get).collect());
        told.push(serde_json::json!({
            "clients": clients,
            "plain_a_second": of(|(plain, _)| plain.rate),
            "sealed_a_second": of(|(_, sealed)| sealed.rate),
            "plain_cpu_ms": of(|(plain, _)| plain.cpu_ms),
            "sealed_cpu_ms": of(|(_, sealed)| sealed.cpu_ms),
            "longer_percent": more(&pairs, |turn| 1.0 / turn.rate),
            "more_cpu_percent": more(&pairs, |turn| turn.cpu_ms),
        }));
    }
    println!("{}", serde_json::json!(told));
    drop((plain, sealed));
    drop(runtime);
    std::fs::remove_dir_all(&place).unwrap();
}
