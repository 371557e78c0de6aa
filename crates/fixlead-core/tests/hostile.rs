//! Damaged input: whatever is read either means something or is refused in
//! words. Nothing panics, nothing hangs.
//!
//! Real documents are damaged byte by byte and word by word by a seeded
//! generator. `FIXLEAD_DAMAGE` says how many times each (the torture run says
//! a great many); the seed is printed when something breaks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fixlead_core::case::History;
use fixlead_core::policy::{Document, compile, library, lint, render};
use fixlead_core::replay::{built_in_policy, replay, to_json};
use fixlead_core::severity::Vector;
use fixlead_core::text::is_harmful;

/// Marsaglia's xorshift: small, and the same everywhere.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

/// Bits that mean something to a reader, or to a terminal.
const BITS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "=",
    "$",
    "(",
    ")",
    " and ",
    " or ",
    "not ",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "2027-02-30",
    "9999-12-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "P9999999999D",
    "PT",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\u{0}",
    "\u{1b}[2J",
    "\u{fffd}",
    "é",
    "#",
    "CVSS:4.0/",
    "/AV:N",
    "OT-49",
    "disclosure",
    "[[duty]]\n",
    "released",
];

/// A text with a few damages.
fn damage(text: &str, chance: &mut Chance) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=chance.next(4) {
        let at = chance.next(bytes.len());
        let end = (at + chance.next(40)).min(bytes.len());
        match chance.next(5) {
            0 => drop(bytes.drain(at..end)),
            1 => {
                let bit = BITS[chance.next(BITS.len())];
                bytes.splice(at..at, bit.bytes());
            }
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = chance.next(bytes.len());
                bytes.splice(to..to, copy);
            }
            3 => {
                let bit = BITS[chance.next(BITS.len())];
                bytes.splice(at..end, bit.bytes());
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = 32 + chance.next(95) as u8;
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many times each document is damaged.
fn times(usual: usize) -> usize {
    std::env::var("FIXLEAD_DAMAGE").ok().and_then(|count| count.parse().ok()).unwrap_or(usual)
}

/// Reads damaged copies of every text.
fn read_damaged(texts: &[String], usual: usize, read: impl Fn(&str)) {
    assert!(!texts.is_empty(), "there is nothing to damage");
    for (place, text) in texts.iter().enumerate() {
        for time in 0..times(usual) {
            let seed = 0x9e37_79b9_7f4a_7c15 ^ ((place as u64) << 32) ^ (time as u64 + 1);
            let hurt = damage(text, &mut Chance(seed));
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&hurt)));
            assert!(outcome.is_ok(), "document {place}, damage {time} breaks the reader:\n{hurt}");
        }
    }
}

/// A complaint stands in one short message that a terminal can show.
fn is_presentable(message: &str) {
    assert!(!message.is_empty() && message.len() < 2_000, "{} bytes: {message}", message.len());
    let shown = |letter: char| letter == '\n' || !is_harmful(letter);
    assert!(message.chars().all(shown), "what nobody sees reaches the message: {message:?}");
}

fn histories() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut texts: Vec<(std::path::PathBuf, String)> = std::fs::read_dir(folder)
        .expect("the examples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("a text")))
        .collect();
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn damaged_histories_are_answered_or_refused() {
    let policy = built_in_policy("opentelemetry", &[], &[]).expect("a policy");
    read_damaged(&histories(), 250, |text| match History::parse(text) {
        Ok(history) => {
            let _ = to_json(&replay(&policy, &history, None)).to_string();
        }
        Err(error) => is_presentable(&error.to_string()),
    });
}

#[test]
fn damaged_policies_are_executed_or_refused() {
    let history = History::parse(&histories()[0]).expect("a history");
    let texts: Vec<String> = library::BUILT_IN.iter().map(|(_, text)| (*text).to_owned()).collect();
    read_damaged(&texts, 150, |text| {
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => return is_presentable(&error.to_string()),
        };
        let again = Document::parse(&document.to_string()).expect("what is printed can be read");
        assert_eq!(document, again, "printing changes the policy");
        match compile(&document, &[], &[]) {
            Ok(policy) => {
                let _ = lint::lint(&document, &[], &policy);
                let _ = render::markdown(&document, &[], &policy);
                let _ = to_json(&replay(&policy, &history, None));
            }
            Err(error) => is_presentable(&error.to_string()),
        }
    });
}

#[test]
fn damaged_vectors_are_scored_or_refused() {
    let texts = [
        "AV:L/AC:M/Au:S/C:P/I:C/A:N/E:POC/RL:OF/RC:UC/CDP:LM/TD:H/CR:L/IR:M/AR:H",
        "CVSS:3.0/AV:N/AC:L/PR:H/UI:R/S:C/C:L/I:H/A:N/E:F/RL:T/RC:C/CR:H/MAV:A",
        "CVSS:3.1/AV:P/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RC:R/MS:C/MC:L",
        "CVSS:4.0/AV:N/AC:L/AT:P/PR:L/UI:A/VC:H/VI:L/VA:N/SC:N/SI:H/SA:L/E:P/CR:M/MAV:L/MSI:S/S:P/AU:Y",
    ]
    .map(str::to_owned);
    read_damaged(&texts, 5_000, |text| match Vector::parse(text) {
        Ok(vector) => {
            let _ = vector.scores();
            assert_eq!(Vector::parse(&vector.canonical()).expect("a canonical vector"), vector);
        }
        Err(error) => is_presentable(&error.to_string()),
    });
}
