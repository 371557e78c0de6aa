//! What was acknowledged stays, whatever happens to the process and the disk.
//! Each trial has a control that must fail: a trial that never fails proves
//! nothing. `docs/durability.md` says what the trials promise.
//!
//!     cargo test --release -p fixlead-store --features test-hooks --test durability -- [TRIAL...]
//!
//! Without a name the short trials run. Lengths come from the environment:
//! `FIXLEAD_CUTS`, `FIXLEAD_KILLS`, `FIXLEAD_SECONDS`, `FIXLEAD_FLIPS`,
//! `FIXLEAD_JUMPS`; `FIXLEAD_SEED` makes another run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]
#![allow(clippy::print_stdout, reason = "a trial says what it counted")]

mod chance;
mod desk;
mod disk;
mod driver;
mod faults;
mod flips;
mod jumps;
mod kill;
mod place;
mod power;
mod shim;
mod trace;
mod watch;

use std::process::ExitCode;

use disk::Model;
use place::Place;
use power::Recording;

/// The longest that a start may take after a kill, in milliseconds.
const LONGEST_START: u64 = 1000;

/// A trial: its name, whether it is short, and what it does.
type Trial = (&'static str, bool, fn() -> Result<(), String>);

const TRIALS: &[Trial] = &[
    ("power-cuts", true, power_cuts),
    ("power-cuts-are-noticed", true, power_cuts_are_noticed),
    ("kills", true, kills),
    ("kills-are-noticed", true, kills_are_noticed),
    ("failing-disk", false, failing_disk),
    ("full-disk", false, full_disk),
    ("clock-jumps", false, clock_jumps),
    ("bit-flips", false, bit_flips),
];

/// A number from the environment.
fn length(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    }
}

fn seed() -> u64 {
    length("FIXLEAD_SEED", 1)
}

/// Runs something of the store.
fn on_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

/// The first few of many complaints.
fn first(complaints: &[String]) -> String {
    let shown: Vec<&str> = complaints.iter().take(10).map(String::as_str).collect();
    format!("{} times wrong:\n  {}", complaints.len(), shown.join("\n  "))
}

/// Nothing that was acknowledged is lost when the power goes, on a disk that
/// works and on one that fails now and then, under both models of names.
fn power_cuts() -> Result<(), String> {
    let cuts = length("FIXLEAD_CUTS", 400) as usize;
    let place = Place::new("power");
    for (model, faulty) in
        [(Model::Ordered, false), (Model::Ordered, true), (Model::Strict, false), (Model::Strict, true)]
    {
        // Small checkpoints on the failing disk, so that many are cut through.
        let checkpoint = if faulty { 150 } else { 800 };
        let recording = Recording { faulty, checkpoint, ..Recording::new(seed() + u64::from(faulty)) };
        let recorded = power::record(&place, recording)?;
        let (calls, syncs) = recorded.size();
        let tally = recorded.cut(&place, model, cuts / 4);
        println!(
            "{model:?} names, {} disk: {calls} calls with {syncs} syncs cut {} times, {} of these in the \
             first start; {} lost; started again in at most {} ms",
            if faulty { "failing" } else { "good" },
            tally.cuts,
            tally.first_starts,
            tally.losses.len(),
            tally.slowest,
        );
        if !tally.losses.is_empty() {
            return Err(first(&tally.losses));
        }
        if tally.appends < 100 {
            return Err(format!("only {} appends were there to be lost", tally.appends));
        }
    }
    Ok(())
}

/// The same must find what is lost by a store that does not wait for the disk,
/// and by a process that acknowledges too early.
fn power_cuts_are_noticed() -> Result<(), String> {
    let cuts = length("FIXLEAD_CUTS", 400) as usize / 8;
    let place = Place::new("power-noticed");
    for (name, weak, early) in [("synchronous=NORMAL", true, false), ("too early", false, true)] {
        for model in [Model::Ordered, Model::Strict] {
            let recorded = power::record(&place, Recording { weak, early, ..Recording::new(seed()) })?;
            let tally = recorded.cut(&place, model, cuts.max(20));
            println!("{name}, {model:?} names: {} of {} cuts lost something", tally.losses.len(), tally.cuts);
            if tally.losses.is_empty() {
                return Err(format!("{name}: nothing was lost, so these trials would not notice"));
            }
        }
    }
    Ok(())
}

/// Nothing that was acknowledged is lost when the process is killed.
fn kills() -> Result<(), String> {
    let place = Place::new("kills");
    let tally = kill::kills(&place, length("FIXLEAD_KILLS", 80), false, seed());
    println!(
        "{} kills: {} lost of {} acknowledged; started again in at most {} ms",
        tally.kills,
        tally.losses.len(),
        tally.acknowledged,
        tally.slowest
    );
    if !tally.losses.is_empty() {
        return Err(first(&tally.losses));
    }
    if tally.acknowledged < tally.kills * 4 {
        return Err(format!("only {} appends were there to be lost", tally.acknowledged));
    }
    if tally.slowest > LONGEST_START {
        return Err(format!("a start took {} ms, at most {LONGEST_START} are allowed", tally.slowest));
    }
    Ok(())
}

/// The same must find what is lost when it is acknowledged too early.
fn kills_are_noticed() -> Result<(), String> {
    let place = Place::new("kills-noticed");
    let tally = kill::kills(&place, (length("FIXLEAD_KILLS", 80) / 5).max(8), true, seed());
    println!("too early: {} of {} kills lost something", tally.losses.len(), tally.kills);
    match tally.losses.is_empty() {
        true => Err("nothing was lost, so these trials would not notice".into()),
        false => Ok(()),
    }
}

fn failing_disk() -> Result<(), String> {
    let place = Place::new("failing");
    faults::storms(&place, &[10, 50, 100, 200], length("FIXLEAD_SECONDS", 10))
}

fn full_disk() -> Result<(), String> {
    faults::full_disk(&Place::new("full"), length("FIXLEAD_SECONDS", 10))
}

fn clock_jumps() -> Result<(), String> {
    let jumps = length("FIXLEAD_JUMPS", 50);
    let appends = jumps::jumps(&Place::new("clock"), jumps, seed())?;
    println!("{jumps} jumps of a year: {appends} appends in order, nothing early");
    Ok(())
}

fn bit_flips() -> Result<(), String> {
    let tally = flips::flips(&Place::new("flips"), length("FIXLEAD_FLIPS", 1000), seed())?;
    println!(
        "{} flipped bits: {} detected ({} of these by a witness alone), {} harmless, {} unnoticed",
        tally.flips,
        tally.detected,
        tally.by_witness,
        tally.harmless,
        tally.silent.len()
    );
    if !tally.silent.is_empty() {
        return Err(first(&tally.silent));
    }
    if tally.detected == 0 {
        return Err("nothing was detected, so nothing was tried".into());
    }
    Ok(())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "drive") {
        driver::run(&words[1..]);
        return ExitCode::SUCCESS;
    }
    if let Some(strange) = words.iter().find(|word| TRIALS.iter().all(|(name, _, _)| name != word)) {
        let names: Vec<&str> = TRIALS.iter().map(|(name, _, _)| *name).collect();
        eprintln!("there is no trial `{strange}`; there are {}", names.join(" "));
        return ExitCode::from(2);
    }
    let mut verdict = ExitCode::SUCCESS;
    for (name, short, trial) in TRIALS {
        if if words.is_empty() { !short } else { !words.iter().any(|word| word == name) } {
            continue;
        }
        let watch = watch::Watch::start();
        println!("-- {name}");
        match trial() {
            Ok(()) => println!("   passed in {} s", watch.millis() / 1000),
            Err(why) => {
                println!("   FAILED after {} s: {why}", watch.millis() / 1000);
                verdict = ExitCode::FAILURE;
            }
        }
    }
    verdict
}
