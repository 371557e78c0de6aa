//! How long documents take: `cargo bench -p fixlead-formats`. Prints a line of
//! JSON: seconds of one thread, which `benches/formats.sh` lays beside its peers.
//! With a directory, the CSAF documents that were judged are written there.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement looks at the clock and prints"
)]

#[path = "../tests/generate/mod.rs"]
mod generate;

use std::time::Instant;

use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::validate::validate;

const COUNT: u64 = 240;
const TURNS: usize = 5;

/// The median of several turns.
fn median(mut turn: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..TURNS)
        .map(|_| {
            let begun = Instant::now();
            turn();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[TURNS / 2]
}

fn main() {
    let advisories: Vec<_> = (0..COUNT).map(generate::advisory).collect();
    let csaf: Vec<String> = advisories
        .iter()
        .map(|advisory| build(advisory, Format::Csaf, Options::default()).expect("a document"))
        .collect();
    if let Some(directory) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        for (place, document) in csaf.iter().enumerate() {
            std::fs::write(format!("{directory}/{place:04}.json"), document).expect("a file");
        }
    }
    let made = median(|| {
        for advisory in &advisories {
            for format in Format::ALL {
                std::hint::black_box(build(advisory, *format, Options::default()).ok());
            }
        }
    });
    let judged = median(|| {
        for document in &csaf {
            assert!(validate(document).expect("a verdict").is_valid());
        }
    });
    println!(
        "{{\"documents\":{COUNT},\"make_all_of_one\":{},\"validate_csaf\":{}}}",
        made / COUNT as f64,
        judged / COUNT as f64
    );
}
