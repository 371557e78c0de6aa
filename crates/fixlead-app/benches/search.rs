//! What the search costs among 100,000 cases: memory, texts that come, questions,
//! and the snapshot.
//!
//! Prints one JSON object; `benches/search.sh` writes the table from it. The
//! number of cases can be given as an argument.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark measures time and prints it"
)]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop with a panic")]

#[path = "search/prose.rs"]
mod prose;

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant as Clock;

use fixlead_app::search::{Field, Index, Order, Page, Query, Room, Sight};
use fixlead_core::id::CaseId;
use fixlead_core::time::Instant;
use prose::{Chance, Prose};

const SEED: u64 = 20_261_122;
const KEY: [u8; 16] = *b"a benchmark's k.";
const RUNS: usize = 9;

/// Nanoseconds this thread has spent on a processor, as Linux counts them.
fn cpu_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// Megabytes of memory that a line of the process's status says.
fn memory(line: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|known| known.starts_with(line)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_000.0
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Milliseconds of CPU time, the median of several runs.
fn milliseconds(mut turn: impl FnMut()) -> f64 {
    let runs = (0..RUNS).map(|_| {
        // The system counts in steps of some milliseconds: a run is many.
        let (start, mut turns) = (cpu_time(), 0.0);
        while cpu_time() - start < 60e6 {
            turn();
            turns += 1.0;
        }
        (cpu_time() - start) / 1e6 / turns
    });
    median(runs.collect())
}

fn at(number: usize) -> Instant {
    Instant::from_millis(1_700_000_000_000 + number as i64 * 60_000)
}

fn ask(index: &Index, text: &str, sight: impl Fn(CaseId) -> Sight) -> usize {
    let page = Page { order: Order::Fit, skip: 0, most: 50 };
    let found = index.search(&Query::parse(text).unwrap(), &page, index.sights_of(sight));
    black_box(&found.hits);
    found.total
}

fn main() {
    let cases: usize = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let mut figures: Vec<(String, f64)> = vec![("cases".to_owned(), cases as f64)];
    let mut note = |name: &str, figure: f64| figures.push((name.to_owned(), figure));
    let mut prose = Prose::new(SEED);
    let before = memory("VmRSS");
    let mut index = Index::new(KEY);
    let (mut bytes, mut words, mut spent) = (0, 0, 0.0);
    let mut ids = Vec::with_capacity(cases);
    for number in 0..cases {
        let (id, texts) = prose.case();
        ids.push(id);
        let start = cpu_time();
        for (field, text) in &texts {
            words += index.add(id, *field, text, at(number)).words;
        }
        spent += cpu_time() - start;
        bytes += texts.iter().map(|(_, text)| text.len()).sum::<usize>();
    }
    note("bytes_a_case", bytes as f64 / cases as f64);
    note("words_a_case", words as f64 / cases as f64);
    note("distinct_words", index.size().words as f64);
    note("texts", index.size().texts as f64);
    note("memory_mb", memory("VmRSS") - before);
    note("memory_peak_mb", memory("VmHWM") - before);
    note("build_s", spent / 1e9);

    // Texts that come one at a time.
    let mut one = |texts: Vec<(CaseId, Field, String)>| {
        let mut costs = Vec::new();
        let before = cpu_time();
        for (number, (id, field, text)) in texts.iter().enumerate() {
            let start = Clock::now();
            index.add(*id, *field, text, at(cases + number));
            costs.push(start.elapsed().as_secs_f64() * 1e6);
        }
        let mean = (cpu_time() - before) / 1e3 / costs.len() as f64;
        costs.sort_by(f64::total_cmp);
        (mean, costs[costs.len() * 99 / 100])
    };
    let mut chance = Chance::new(SEED);
    let some = |chance: &mut Chance| ids[chance.below(ids.len())];
    let messages: Vec<_> =
        (0..2_000).map(|_| (some(&mut chance), Field::Message(Room::Team), prose.text(400))).collect();
    let reports: Vec<_> = (0..2_000).map(|_| (prose.case().0, Field::Report, prose.text(1_500))).collect();
    let new: Vec<CaseId> = reports.iter().map(|(id, ..)| *id).collect();
    let (mean, most) = one(messages);
    note("add_message_us", mean);
    note("add_message_99_us", most);
    let (mean, most) = one(reports);
    note("add_report_us", mean);
    note("add_report_99_us", most);
    let start = cpu_time();
    new[..200].iter().for_each(|id| assert!(index.remove(*id)));
    note("remove_case_ms", (cpu_time() - start) / 1e6 / 200.0);
    new[200..].iter().for_each(|id| assert!(index.remove(*id)));

    // What a team sees: a tenth of the cases not at all, of another tenth one
    // room, as a table of the caller says.
    let guest = Sight::NOTHING.with(Field::Message(Room::Guest));
    let sights: HashMap<CaseId, Sight> = ids
        .iter()
        .enumerate()
        .map(|(number, id)| (*id, [Sight::NOTHING, guest, Sight::EVERYTHING][(number % 10).min(2)]))
        .collect();
    let team = |id: CaseId| sights.get(&id).copied().unwrap_or(Sight::NOTHING);
    let (rare, middling) = (prose.word(40_000).to_owned(), prose.word(900).to_owned());
    let questions = [
        ("rare_word", rare.clone()),
        ("middling_word", middling.clone()),
        ("frequent_word", "attacker".to_owned()),
        ("most_frequent_word", "the".to_owned()),
        ("three_words", format!("heap overflow {middling}")),
        ("five_frequent_words", "attacker server memory request version".to_owned()),
        ("exclusion", "heap overflow -parser -reporter".to_owned()),
        ("field", "people:ana component:parser".to_owned()),
        ("cve", "cve:2026-12345".to_owned()),
        ("prefix", "deser*".to_owned()),
        ("short_prefix", "re*".to_owned()),
        ("phrase", "\"heap overflow\"".to_owned()),
        ("frequent_phrase", "\"of the\"".to_owned()),
        ("path", "config/parser".to_owned()),
        ("worst_words", "the to a of and is in that it for this with on be as not".to_owned()),
        ("worst_phrase", "\"the to\" \"a of\" \"and is\" \"in that\"".to_owned()),
        ("worst_prefixes", "re* co*".to_owned()),
    ];
    for (name, text) in &questions {
        let total = ask(&index, text, team);
        note(
            &format!("query_{name}_ms"),
            milliseconds(|| {
                ask(&index, text, team);
            }),
        );
        note(&format!("query_{name}_found"), total as f64);
    }
    note(
        "sight_ms",
        milliseconds(|| {
            black_box(ids.iter().filter(|id| team(**id) == Sight::EVERYTHING).count());
        }),
    );
    // What is invisible can be seen in the time alone, if at all.
    let blind = |_: CaseId| Sight::NOTHING;
    for (name, text) in [("nowhere", "qqxzzq"), ("rare", rare.as_str()), ("everywhere", "the")] {
        note(&format!("invisible_{name}_ms"), milliseconds(|| assert_eq!(ask(&index, text, blind), 0)));
    }

    // The snapshot.
    let mut kept = Vec::new();
    index.snapshot(&mut kept).unwrap();
    note("snapshot_mb", kept.len() as f64 / 1e6);
    note("snapshot_write_s", milliseconds(|| index.snapshot(std::io::sink()).unwrap()) / 1e3);
    let (size, total) = (index.size(), ask(&index, "heap overflow", team));
    drop(index);
    let loads = (0..5).map(|_| {
        let start = cpu_time();
        let loaded = Index::load(kept.as_slice(), KEY).unwrap();
        let spent = (cpu_time() - start) / 1e9;
        assert_eq!(loaded.size(), size);
        assert_eq!(ask(&loaded, "heap overflow", team), total);
        spent
    });
    let loads = median(loads.collect());
    note("snapshot_load_s", loads);
    note("snapshot_load_s_per_100k", loads * 100_000.0 / cases as f64);

    let fields: Vec<String> =
        figures.iter().map(|(name, figure)| format!("\"{name}\": {:.5}", figure)).collect();
    println!("{{{}}}", fields.join(", "));
}
