//! The clock jumps by a year, forwards and backwards, while things are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fixlead_core::time::Instant;
use fixlead_store::Clock;

use crate::chance::Chance;
use crate::desk::{self, Acknowledged};
use crate::place::Place;

const YEAR: i64 = 365 * 86_400_000;

/// A clock that somebody turns.
struct Turned(AtomicI64);

impl Clock for Turned {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Appends while the clock jumps, through several starts.
pub fn jumps(place: &Place, jumps: u64, seed: u64) -> Result<u64, String> {
    let data = place.directory("root").join("data");
    let mut chance = Chance::new(seed);
    let mut acknowledged = Acknowledged::new();
    let clock = Arc::new(Turned(AtomicI64::new(desk::DUE - 2 * YEAR)));
    let mut number = 0;
    for jump in 0..jumps {
        let seed = chance.next();
        crate::on_runtime(async {
            let store = desk::open_at(&data, seed, Arc::clone(&clock) as Arc<dyn Clock>).await?;
            for _ in 0..5 {
                number += 1;
                let (permit, append) = desk::append(0, number);
                let outcome = store.append(&permit, append).await.map_err(|error| error.to_string())?;
                if !outcome.is_written() {
                    return Err(format!("append {number} after jump {jump}: {outcome:?}"));
                }
                acknowledged.insert(0, number);
            }
            store.sign_head().await.map_err(|error| error.to_string())?;
            // Never to where the work of these appends is due.
            let by = if clock.0.load(Ordering::SeqCst) + YEAR >= desk::DUE { -YEAR } else { YEAR };
            let now = clock.0.fetch_add(by, Ordering::SeqCst) + by;
            desk::nothing_due(&store, Instant::from_millis(now)).await?;
            desk::inspect(&store, 1, &acknowledged, None).await?;
            desk::verify(&data, &[]).await
        })?;
    }
    Ok(number)
}
