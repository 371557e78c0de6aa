//! How long the plan takes: a case from nothing, and one more event.
//!
//! Prints one JSON object; `bench/engine.sh` writes the table from it. Every
//! figure is the median of several runs of CPU-bound loops on one thread.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark measures time and prints it"
)]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop with a panic")]

use std::hint::black_box;
use std::time::Instant as Clock;

use fixlead_core::case::History;
use fixlead_core::plan::Case;
use fixlead_core::replay::{built_in_policy, replay, to_json};

const CASE: &str = include_str!("engine/thirty-events.json");

/// Nanoseconds a turn, the median of several runs.
fn measure(turns: usize, mut turn: impl FnMut()) -> f64 {
    let mut runs: Vec<f64> = (0..9)
        .map(|_| {
            let start = Clock::now();
            for _ in 0..turns {
                turn();
            }
            start.elapsed().as_nanos() as f64 / turns as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn main() {
    let history = History::parse(CASE).unwrap();
    assert_eq!(history.events.len(), 30, "the benchmark's case has 30 events");
    let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters).unwrap();
    let now = history.evaluate_at.unwrap();
    let (last, rest) = history.events.split_last().unwrap();

    let from_nothing = measure(2_000, || {
        let mut case = Case::new(&policy, &history.project);
        for event in &history.events {
            case.push(black_box(event).clone());
        }
        black_box(case.evaluate(now));
    });
    let case = Case::with_events(&policy, &history.project, rest.iter().cloned());
    // One more event and the whole answer again; copying the case is what the
    // benchmark needs to begin anew, and is measured apart.
    let copy = measure(5_000, || {
        black_box(case.clone());
    });
    let with_one_more = measure(5_000, || {
        let mut case = case.clone();
        case.push(black_box(last).clone());
        black_box(case.evaluate(now));
    });
    let whole = Case::with_events(&policy, &history.project, history.events.iter().cloned());
    let again = measure(10_000, || {
        black_box(whole.evaluate(black_box(now)));
    });
    let parse = measure(300, || {
        black_box(built_in_policy(&history.policy, &history.overlays, &history.parameters).unwrap());
    });
    let full = measure(500, || {
        black_box(to_json(&replay(&policy, &history, None)).to_string());
    });
    println!(
        "{}",
        serde_json::json!({
            "events": history.events.len(),
            "from_nothing_us": from_nothing / 1e3,
            "one_more_event_us": (with_one_more - copy) / 1e3,
            "evaluate_again_us": again / 1e3,
            "policy_parse_and_compile_us": parse / 1e3,
            "replay_to_json_us": full / 1e3,
        })
    );
}
