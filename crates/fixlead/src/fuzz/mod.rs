//! Everything here that reads what strangers wrote, each reader as a function of
//! bytes that says more than that nothing panics: what was read is written and
//! read again as it was, a refusal is a sentence, nothing grows without bound.
//!
//! `./torture fuzz` builds the program with `--cfg fuzzing`, where it is libFuzzer
//! and one of these; which is said by `FIXLEAD_FUZZ`. `./test` gives them what lies
//! in `tests/fuzz/corpora`. Readers that a crate shows to nobody have their
//! functions there.
//!
//! - [`engine`]: policies, histories, scores, times, text. [`documents`]: advisories
//!   and all their formats, and what is published. [`desk`]: reports, signing in,
//!   searching. [`wire`]: bodies, forms, heads of requests, files of the command.

mod desk;
mod documents;
mod engine;
mod wire;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixlead_core::text::is_harmful;

/// A name, which is that of its folder, and what is given the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// A complaint stands in one short message that a terminal can show.
fn is_presentable(message: &str) {
    assert!(!message.is_empty() && message.len() < 3_000, "{} bytes: {message}", message.len());
    let shown = |letter: char| letter == '\n' || !is_harmful(letter);
    assert!(message.chars().all(shown), "what nobody sees reaches the message: {message:?}");
}

/// What strangers wrote as text, if it is any.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The two parts of what strangers wrote, which a zero byte divides.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[]),
    }
}

/// A block of armor around bytes that bring none.
fn armored(kind: &str, data: &[u8]) -> String {
    match text(data).filter(|text| text.contains("-----BEGIN")) {
        Some(text) => text.to_owned(),
        None => {
            format!("-----BEGIN PGP {kind}-----\n\n{}\n-----END PGP {kind}-----\n", STANDARD.encode(data))
        }
    }
}

#[cfg(fuzzing)]
mod fuzzed {
    use std::process;
    use std::sync::OnceLock;

    use super::{Target, desk, documents, engine, wire};

    static CHOSEN: OnceLock<fn(&[u8])> = OnceLock::new();

    /// Chooses what is fuzzed; without a name, prints what there is.
    fn choose() {
        let all = || {
            [engine::TARGETS, documents::TARGETS, desk::TARGETS, wire::TARGETS, fixlead_git::fuzz::TARGETS]
        };
        let wanted = std::env::var("FIXLEAD_FUZZ").unwrap_or_default();
        let chosen: Option<&Target> = all().into_iter().flatten().find(|(name, _)| *name == wanted);
        match chosen {
            Some((_, target)) => drop(CHOSEN.set(*target)),
            None => {
                all().into_iter().flatten().for_each(|(name, _)| println!("{name}"));
                process::exit(i32::from(!wanted.is_empty()));
            }
        }
    }

    libfuzzer_sys::fuzz_target!(init: choose(), |data: &[u8]| {
        if let Some(target) = CHOSEN.get() {
            target(data);
        }
    });
}

#[cfg(test)]
#[path = "../../../../tests/fuzz/replay.rs"]
mod replay;

#[test]
fn what_once_broke_a_reader_breaks_it_no_more() {
    for targets in [engine::TARGETS, documents::TARGETS, desk::TARGETS, wire::TARGETS] {
        replay::all(targets);
    }
}
