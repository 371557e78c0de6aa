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
use fixlead_core::policy::Policy;
use fixlead_core::replay::{built_in_policy, replay, to_json};
use fixlead_core::time::Instant;

const CASE: &str = include_str!("engine/thirty-events.json");

/// Nanoseconds this thread has spent on a processor, as Linux counts them.
fn cpu_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

/// Nanoseconds of CPU time a turn, the median of several runs.
fn measure(turns: usize, mut turn: impl FnMut()) -> f64 {
    let mut runs: Vec<f64> = (0..15)
        .map(|_| {
            let start = cpu_time();
            for _ in 0..turns {
                turn();
            }
            (cpu_time() - start) / turns as f64
        })
        .collect();
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

/// Seconds for a million cases from nothing on two threads.
fn million_cases(policy: &Policy, history: &History, now: Instant) -> f64 {
    let start = Clock::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..500_000 {
                    let case = Case::with_events(
                        policy,
                        &history.project,
                        black_box(&history.events).iter().cloned(),
                    );
                    black_box(case.evaluate(now));
                }
            });
        }
    });
    start.elapsed().as_secs_f64()
}

fn main() {
    let history = History::parse(CASE).unwrap();
    assert_eq!(history.events.len(), 30, "the benchmark's case has 30 events");
    let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters).unwrap();
    let now = history.evaluate_at.unwrap();

    let from_nothing = measure(2_000, || {
        let case = Case::with_events(&policy, &history.project, black_box(&history.events).iter().cloned());
        black_box(case.evaluate(now));
    });
    // One more event and the whole answer again: the last ten events of the
    // case, each followed by the whole answer. Making cases and events ready is
    // not timed.
    let (rest, last) = history.events.split_at(history.events.len() - 10);
    let case = Case::with_events(&policy, &history.project, rest.iter().cloned());
    let (one_more, undisturbed) = {
        // Short stretches by the wall clock: the kernel counts CPU time in
        // ticks that are longer than these, and the median leaves out those in
        // which something else ran.
        let mut runs: Vec<f64> = (0..3_000)
            .map(|_| {
                let mut cases: Vec<_> = (0..10).map(|_| (case.clone(), last.to_vec())).collect();
                let start = Clock::now();
                for (case, events) in &mut cases {
                    for event in events.drain(..) {
                        case.push(black_box(event));
                        black_box(case.evaluate(now));
                    }
                }
                start.elapsed().as_nanos() as f64 / (10.0 * last.len() as f64)
            })
            .collect();
        runs.sort_by(f64::total_cmp);
        (runs[runs.len() / 2], runs[runs.len() / 10])
    };
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
    let million = million_cases(&policy, &history, now);
    println!(
        "{}",
        serde_json::json!({
            "events": history.events.len(),
            "from_nothing_us": from_nothing / 1e3,
            "one_more_event_us": one_more / 1e3,
            "one_more_event_undisturbed_us": undisturbed / 1e3,
            "evaluate_again_us": again / 1e3,
            "million_cases_s": million,
            "policy_parse_and_compile_us": parse / 1e3,
            "replay_to_json_us": full / 1e3,
        })
    );
}
