//! The search: what is found, by whom, and what becomes of damage.

mod access;
mod hostile;
mod model;
mod questions;
mod snapshots;

use fixlead_app::search::{Found, Index, Order, Page, Query, Sight};
use fixlead_core::id::CaseId;
use fixlead_core::time::Instant;

const KEY: [u8; 16] = *b"0123456789abcdef";

fn case(number: u8) -> CaseId {
    CaseId::from_bytes([number; 16])
}

fn at(second: i64) -> Instant {
    Instant::from_millis(second * 1_000)
}

fn query(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Everything that matches, best first.
fn all(index: &Index, text: &str, sight: impl Fn(CaseId) -> Sight) -> Found {
    index.search(&query(text), &Page { order: Order::Fit, skip: 0, most: 1_000 }, index.sights_of(sight))
}

/// The numbers of the cases that somebody finds who sees everything.
fn found(index: &Index, text: &str) -> Vec<u8> {
    all(index, text, |_| Sight::EVERYTHING).hits.iter().map(|hit| hit.case.bytes()[0]).collect()
}
