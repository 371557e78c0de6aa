//! What the search at work costs a desk of 100,000 cases: warming from the
//! streams and from the sealed copy, reports taken in meanwhile, questions, and
//! memory. Prints one JSON object. The number of cases can be given.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark measures time and prints it"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may stop with a panic")]
#![allow(dead_code, unused_imports, reason = "the tests' house has more rooms than are entered here")]

#[path = "../tests/app/accounts.rs"]
mod accounts;
#[path = "../../fixlead-store/tests/store/cluster.rs"]
mod cluster;
#[path = "../tests/app/house.rs"]
mod house;
#[path = "search/prose.rs"]
mod prose;
#[path = "../tests/app/world.rs"]
mod world;
mod ground {
    pub fn run(story: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story);
    }
}

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant as Tick;

use fixlead_app::accounts::{By, Caller};
use fixlead_app::finding::ask::Question;
use fixlead_app::intake::{More, Report};
use fixlead_app::search::Order;
use fixlead_app::{Desk, Settings};
use fixlead_core::access::Presence;
use fixlead_core::desk::event::Visibility;
use fixlead_core::id::{PersonId, SessionId};
use fixlead_core::time::Instant;
use fixlead_store::{Clock, Keyring, Location, Random, Secret, Store};
use house::{House, PROJECT};
use prose::{Chance, Prose};
use sha2::{Digest as _, Sha256};

const SEED: u64 = 20_261_122;
/// Reports that are on their way at the same time.
const AT_ONCE: usize = 64;

struct Later;

impl Clock for Later {
    fn now(&self) -> Instant {
        Instant::from_millis(1_800_000_600_000)
    }
}

/// Other bytes than those of the process that filled the database.
struct Other(AtomicU64);

impl Random for Other {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(32) {
            let drawn = self.0.fetch_add(1, Ordering::SeqCst);
            part.copy_from_slice(
                &Sha256::digest([&b"later"[..], &drawn.to_le_bytes()].concat())[..part.len()],
            );
        }
    }
}

/// Megabytes of memory that a line of the process's status says.
fn memory(line: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|known| known.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_000.0
}

fn report(prose: &mut Prose) -> Report {
    Report {
        project: PROJECT,
        title: prose.text(50),
        body: prose.text(3_000),
        visibility: Visibility::Private,
        channel: None,
        credit: None,
        more: More::default(),
    }
}

async fn open(directory: &Path) -> Desk {
    let (clock, random) = (Arc::new(Later), Arc::new(Other(AtomicU64::new(0))));
    let keyring = Keyring::new(Secret::from_bytes([9; 32]));
    let location = Location::Directory(directory.to_owned());
    let store = Store::open(location, keyring, clock.clone(), random.clone()).await.unwrap();
    Desk::open(store, clock, random, Settings::default()).await.unwrap()
}

/// A start of its own: from the copy if there is one, from the streams if not.
async fn warm(directory: &Path, person: PersonId) {
    let start = Tick::now();
    let desk = open(directory).await;
    desk.search_is_tended();
    let before = memory("VmRSS");
    let tending = {
        let (desk, file) = (desk.clone(), directory.join("search.sealed"));
        tokio::spawn(async move {
            let begun = desk.open_search(&file).await.unwrap();
            let opened = start.elapsed().as_secs_f64();
            while desk.tend_search().await.unwrap().behind > 0 {}
            (begun, opened, start.elapsed().as_secs_f64())
        })
    };
    // Reports come in from the first moment on.
    let mut prose = Prose::new(SEED + 1);
    let (mut first, mut slowest) = (0.0, 0.0_f64);
    while !tending.is_finished() {
        let sent = Tick::now();
        desk.take_report(None, report(&mut prose), None).await.unwrap();
        if first == 0.0 {
            first = start.elapsed().as_secs_f64();
        }
        slowest = slowest.max(sent.elapsed().as_secs_f64());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (begun, opened, warm) = tending.await.unwrap();
    let warmed = (memory("VmRSS"), memory("VmHWM"));
    let presence = Presence::Session { stepped_up: None };
    let caller = Caller { person, presence, by: By::Session(SessionId::from_bytes([1; 16])) };
    let mut slow = Vec::new();
    for query in ["heap overflow", "attacker", "\"heap overflow\"", "parser -memory", "deser*", "is:open the"]
    {
        let asked =
            Question { query: query.into(), order: Order::Fit, after: None, limit: 20, excerpts: false };
        let mut took: Vec<f64> = Vec::new();
        for _ in 0..15 {
            let sent = Tick::now();
            let answer = desk.search(&caller, &asked).await.unwrap();
            took.push(sent.elapsed().as_secs_f64() * 1e3);
            assert!(answer.complete && answer.total > 0, "{query}");
        }
        took.sort_by(f64::total_cmp);
        slow.push(format!("{query:?}:{:.1}", took[took.len() / 2]));
    }
    let sent = Tick::now();
    let bytes = desk.keep_search().await.unwrap().unwrap();
    println!(
        "{{\"begun\":\"{begun:?}\",\"cases\":{},\"opened_s\":{opened:.2},\"warm_s\":{warm:.2},\"first_report_s\":{first:.3},\
         \"slowest_report_ms\":{:.1},\"rss_before_mb\":{before:.0},\"rss_mb\":{:.0},\"rss_peak_mb\":{:.0},\
         \"questions_ms\":{{{}}},\"keep_s\":{:.2},\"copy_mb\":{:.1},\"rss_after_keep_mb\":{:.0}}}",
        desk.search_state().cases,
        slowest * 1e3,
        warmed.0,
        warmed.1,
        slow.join(","),
        sent.elapsed().as_secs_f64(),
        bytes as f64 / 1e6,
        memory("VmHWM"),
    );
}

async fn fill(cases: usize) {
    let house = House::under("opentelemetry").await;
    let mut prose = Prose::new(SEED);
    let start = Tick::now();
    let mut coming = tokio::task::JoinSet::new();
    for _ in 0..cases {
        if coming.len() >= AT_ONCE {
            coming.join_next().await.unwrap().unwrap();
        }
        let (desk, report) = (house.desk.clone(), report(&mut prose));
        coming.spawn(async move { desk.take_report(None, report, None).await.map(drop).unwrap() });
    }
    coming.join_all().await;
    eprintln!("{cases} reports in {:.0} s", start.elapsed().as_secs_f64());
    // Two starts: the first reads every case and leaves a copy for the second.
    for _ in 0..2 {
        let ran = std::process::Command::new(std::env::current_exe().unwrap())
            .arg("warm")
            .arg(house.world.directory())
            .arg(house.ana.to_string())
            .status();
        assert!(ran.unwrap().success());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        match arguments.as_slice() {
            [what, directory, person] if what == "warm" => {
                warm(Path::new(directory), PersonId::parse(person).unwrap()).await;
            }
            rest => fill(rest.first().and_then(|cases| cases.parse().ok()).unwrap_or(100_000)).await,
        }
    });
}
