//! What a desk costs: reports taken in over HTTP, pages read, memory, start;
//! with few cases and with very many.
//!
//! `./bench desk` runs it and writes the table. It prints one JSON object, and
//! what it is doing on standard error. The desk is the real command in a process
//! of its own, of which the CPU time is read; whoever asks it is in this one.
//!
//! - `FIXLEAD_BIN`: the command (default: as this was built)
//! - `FIXLEAD_BENCH_CASES`: how many cases the largest database holds
//!   (default: 1,000,000; the middle one has a tenth of it)
//! - `FIXLEAD_BENCH_DIR`: a directory on the disk to measure (default: that for
//!   temporary files)
//! - `FIXLEAD_BENCH_ONLY=intake`: only reports, among a thousand cases, in a
//!   minute; `pages`: only pages, among a tenth of the cases

#![allow(clippy::unwrap_used, reason = "a benchmark may stop with a panic")]
#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod ground;
mod limit;
mod load;
mod server;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Watch};

use serde_json::{Value, json};

use ground::Ground;
use load::Until;
use server::Server;

/// How often everything is measured; medians are told.
const TURNS: usize = 5;
/// How long a turn of reports takes.
const LENGTH: Duration = Duration::from_millis(2000);
/// How many reports a smallest database holds.
const FEW: u64 = 1_000;
/// Reports before the first turn, which also tell how large one is.
const WARM: u64 = 200;
/// How many pages are read in a turn.
const PAGES: u64 = 400;
/// Of one turn of a page, in milliseconds: CPU, median, 99 of 100.
type Turn = (f64, f64, f64);
/// Pages that somebody who works on cases looks at.
const OF_A_RESPONDER: &[&str] = &[
    "/inbox",
    "/inbox?show=mine",
    "/search?q=parser",
    "/account",
    "/calendar",
    "/preferences",
    "/report",
    "/cases/CASE",
    "/cases/CASE/severity",
    "/cases/CASE/plan",
    "/cases/CASE/communication",
    "/cases/CASE/history",
    "/cases/CASE/duties",
    "/cases/CASE/record",
    "/cases/CASE/record/score.set",
    "/cases/CASE/triage",
    "/cases/CASE/alike",
    "/cases/CASE/relate",
    "/cases/CASE/public-issue",
    "/cases/CASE/who-knew",
    "/cases/CASE/advisory",
    "/cases/CASE/fix",
    "/projects/PROJECT/report",
    "/projects/PROJECT/policy",
    "/projects/PROJECT/form",
    "/projects/PROJECT/answers",
    "/admin",
    "/admin/overview",
    "/admin/projects",
    "/admin/projects/PROJECT",
    "/admin/projects/PROJECT/policy",
    "/admin/people",
    "/admin/policies",
    "/admin/policies/opentelemetry",
    "/admin/rota",
    "/admin/rota/PROJECT",
    "/admin/webhooks",
    "/admin/retention",
];
/// Pages of whoever keeps the installation.
const OF_AN_OPERATOR: &[&str] = &["/admin/access", "/admin/audit", "/admin/cna", "/admin/installation"];

fn main() {
    let binary =
        std::env::var_os("FIXLEAD_BIN").map_or_else(|| env!("CARGO_BIN_EXE_fixlead").into(), PathBuf::from);
    let many = std::env::var("FIXLEAD_BENCH_CASES").ok().map_or(1_000_000, |text| text.parse().unwrap());
    let place = std::env::var_os("FIXLEAD_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let place = place.join(format!("fixlead-bench-desk-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let only = std::env::var("FIXLEAD_BENCH_ONLY").ok();
    let figures = match only.as_deref() {
        Some("intake") => reports(&binary, &place),
        Some("pages") => looks(&binary, &place, many / 10),
        Some(other) => panic!("FIXLEAD_BENCH_ONLY is `{other}`; it can be `intake` or `pages`"),
        None => measure(&binary, &place, [FEW, many / 10, many]),
    };
    std::fs::remove_dir_all(&place).unwrap();
    println!("{figures:#}");
}

/// Only what reports cost.
fn reports(binary: &Path, place: &Path) -> Value {
    let ground = Ground::lay(&place.join("few"), FEW);
    let mut server = Server::start(binary, &ground.place);
    let intake = intake(place, &ground, &server);
    server.stop();
    json!({ "intake": [intake] })
}

/// Only what pages cost, among many cases.
fn looks(binary: &Path, place: &Path, cases: u64) -> Value {
    let ground = Ground::lay(&place.join("many"), cases);
    let mut server = Server::start(binary, &ground.place);
    let warm = warmed(&ground, &server);
    let web = web(&ground, &server);
    let memory = server.memory();
    server.stop();
    json!({ "web": web, "search_filled_s": warm, "memory_mb": memory })
}

fn measure(binary: &Path, place: &Path, sizes: [u64; 3]) -> Value {
    tell("an empty desk starts");
    let empty: Vec<Value> =
        (0..TURNS).map(|turn| empty(binary, &place.join(format!("empty-{turn}")))).collect();
    let (mut grounds, mut filled) = (Vec::new(), Vec::new());
    for cases in sizes {
        let began = Watch::now();
        let ground = Ground::lay(&place.join(cases.to_string()), cases);
        let seconds = began.elapsed().as_secs_f64();
        tell(&format!("{cases} cases were made in {seconds:.0} s"));
        filled.push(json!({ "cases": cases, "seconds": seconds, "bytes": ground.bytes() }));
        grounds.push(ground);
    }
    tell("the desk with many cases starts");
    let starts: Vec<f64> = (0..TURNS).map(|_| start(binary, &grounds[1])).collect();
    let mut servers: Vec<Server> =
        grounds.iter().map(|ground| Server::start(binary, &ground.place)).collect();
    tell("reports, in turns with a plain table");
    let intake: Vec<Value> =
        grounds.iter().zip(&servers).take(2).map(|(ground, server)| intake(place, ground, server)).collect();
    tell("searches are filled");
    let warm: Vec<f64> =
        grounds.iter().zip(&servers).map(|(ground, server)| warmed(ground, server)).collect();
    tell("pages");
    let pages = pages(&grounds, &servers);
    let web = web(&grounds[1], &servers[1]);
    let search = search(&grounds[1], &servers[1]);
    let memory: Vec<f64> = servers.iter().map(Server::memory).collect();
    tell("what was taken in is counted");
    let counted: Vec<Value> =
        grounds.iter().zip(&servers).map(|(ground, server)| counted(ground, server)).collect();
    servers.iter_mut().for_each(Server::stop);
    let verified = server::verified(binary, &grounds[0].place);
    json!({
        "empty": empty, "filled": filled, "start_ms": starts, "intake": intake, "pages": pages,
        "web": web, "search": search, "search_filled_s": warm,
        "memory_mb": memory, "counted": counted, "verified": verified,
    })
}

/// Says on standard error what goes on.
fn tell(what: &str) {
    eprintln!("desk: {what}");
}

/// A desk without anything: from the start of the process until it is ready,
/// and the memory it then holds.
fn empty(binary: &Path, place: &Path) -> Value {
    let began = Watch::now();
    let mut server = Server::start(binary, place);
    let ready = load::once(server.address, &load::get("/readyz", ""));
    let start_ms = began.elapsed().as_secs_f64() * 1e3;
    assert_eq!(ready.status, 200);
    std::thread::sleep(Duration::from_millis(500));
    let memory = server.memory();
    server.stop();
    json!({ "start_ms": start_ms, "memory_mb": memory })
}

/// From the start of the process to the first report that is on the disk.
fn start(binary: &Path, ground: &Ground) -> f64 {
    let request = ground.reports()();
    let began = Watch::now();
    let mut server = Server::start(binary, &ground.place);
    let taken = load::once(server.address, &request);
    let took = began.elapsed().as_secs_f64() * 1e3;
    assert_eq!(taken.status, 201);
    ground.add(1);
    server.stop();
    took
}

/// Reports from one client and from 64, each beside the limits of the same disk.
fn intake(place: &Path, ground: &Ground, server: &Server) -> Value {
    let before = ground.sealed();
    let first = load::run(server.address, 1, Until::Count(WARM), ground.reports());
    ground.add(first.answered);
    let row = (ground.sealed() - before) / WARM;
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        for clients in [1, 64] {
            let one_table = limit::one_table(place, row, LENGTH);
            let same_rows = limit::same_rows(place, LENGTH);
            let (cpu, commits) = (server.cpu_ms(), ground.commits());
            let burst = load::run(server.address, clients, Until::Over(LENGTH), ground.reports());
            let (cpu, commits) = (server.cpu_ms() - cpu, ground.commits() - commits);
            ground.add(burst.answered);
            let taken = burst.answered as f64;
            turns.push(json!({
                "clients": clients, "taken": burst.answered, "refused": burst.refused,
                "a_second": taken / burst.seconds, "cpu_ms": cpu / taken, "a_commit": taken / commits as f64,
                "one_table_a_second": one_table, "same_rows_a_second": same_rows, "median_ms": burst.median_ms,
            }));
        }
    }
    json!({ "cases": ground.cases, "row_bytes": row, "turns": turns })
}

/// Pages, of each database in turns.
fn pages(grounds: &[Ground], servers: &[Server]) -> Value {
    let mut turns = vec![Vec::new(); grounds.len()];
    for _ in 0..TURNS {
        for ((ground, server), turns) in grounds.iter().zip(servers).zip(&mut turns) {
            let ask = |path: &str| {
                let request = load::get(path, &ground.shows());
                let cpu = server.cpu_ms();
                let burst = load::run(server.address, 1, Until::Count(PAGES), move || request.clone());
                assert_eq!(burst.refused, 0, "{path}");
                (server.cpu_ms() - cpu) / burst.answered as f64
            };
            turns.push(json!({
                "inbox_cpu_ms": ask("/api/v1/inbox?limit=50"),
                "middle_of_inbox_cpu_ms": ask(&ground.middle()),
                "case_cpu_ms": ask(&format!("/api/v1/cases/{}", ground.talk)),
            }));
        }
    }
    grounds
        .iter()
        .zip(turns)
        .map(|(ground, turns)| json!({ "cases": ground.cases, "turns": turns }))
        .collect()
}

/// Every page of the desk, one after the other by one browser, among many cases.
fn web(ground: &Ground, server: &Server) -> Value {
    let (case, project) = (ground.talk, ground.project);
    let written =
        |path: &str| path.replace("CASE", &case.to_string()).replace("PROJECT", &project.to_string());
    // An operator has no case to look at, a responder nothing of the installation's.
    let asked: Vec<(&str, Vec<u8>)> = OF_A_RESPONDER
        .iter()
        .map(|path| (*path, load::get(&written(path), &ground.browser(false))))
        .chain(OF_AN_OPERATOR.iter().map(|path| (*path, load::get(&written(path), &ground.browser(true)))))
        .collect();
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); asked.len()];
    for _ in 0..TURNS {
        for ((path, request), turns) in asked.iter().zip(&mut turns) {
            let (request, again) = (request.clone(), request.clone());
            let warm = load::run(server.address, 1, Until::Count(20), move || again.clone());
            let cpu = server.cpu_ms();
            let burst = load::run(server.address, 1, Until::Count(PAGES), move || request.clone());
            assert_eq!(warm.refused + burst.refused, 0, "{path}");
            let cpu = (server.cpu_ms() - cpu) / burst.answered as f64;
            turns.push((cpu, burst.median_ms, burst.p99_ms));
        }
    }
    // Other guests of the machine hold up single turns.
    let middle = |turns: &[Turn], of: fn(&Turn) -> f64| {
        let mut figures: Vec<f64> = turns.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let one = |(path, turns): (&str, Vec<Turn>)| {
        json!({
            "page": path,
            "cpu_ms": middle(&turns, |turn| turn.0),
            "median_ms": middle(&turns, |turn| turn.1),
            "p99_ms": middle(&turns, |turn| turn.2),
            "p99_ms_of_turns": turns.iter().map(|turn| turn.2).collect::<Vec<_>>(),
        })
    };
    asked.into_iter().map(|(path, _)| path).zip(turns).map(one).collect()
}

/// How long one has to wait until the search knows every case.
fn warmed(ground: &Ground, server: &Server) -> f64 {
    let began = Watch::now();
    let request = load::get("/api/v1/search?q=parser&limit=1", &ground.shows());
    loop {
        let answer = load::once(server.address, &request);
        let said: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        if answer.status == 200 && said["complete"] == true {
            return began.elapsed().as_secs_f64();
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// How long the search takes to be warm after a start, and a question; nothing
/// where the desk has no search.
fn search(ground: &Ground, server: &Server) -> Value {
    let request = load::get("/api/v1/search?q=parser", &ground.shows());
    let first = load::once(server.address, &request);
    if first.status == 404 || first.status == 405 {
        return Value::Null;
    }
    let cpu = server.cpu_ms();
    let burst = load::run(server.address, 1, Until::Count(50), move || request.clone());
    let warm = serde_json::from_str::<Value>(&first.text).ok();
    json!({
        "status": first.status,
        "says": warm.map(|said| said["complete"].clone()),
        "refused": burst.refused,
        "cpu_ms": (server.cpu_ms() - cpu) / burst.answered.max(1) as f64,
        "median_ms": burst.median_ms,
    })
}

/// Every case by the list that people read, beside what was taken in.
fn counted(ground: &Ground, server: &Server) -> Value {
    let mut found = 0;
    let mut after = String::new();
    loop {
        let request = load::get(&format!("/api/v1/inbox?limit=200{after}"), &ground.shows());
        let page: Value = serde_json::from_str(&load::once(server.address, &request).text).unwrap();
        found += page["items"].as_array().unwrap().len() as u64;
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    json!({ "expected": ground.expected(), "listed": found })
}
