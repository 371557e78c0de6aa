//! A clock that shows what it was set to.

use std::sync::atomic::{AtomicI64, Ordering};

use fixlead_core::time::Instant;
use fixlead_store::Clock;

/// The clock.
pub struct SetClock(AtomicI64);

impl SetClock {
    /// Set to an instant.
    pub fn at(instant: Instant) -> SetClock {
        SetClock(AtomicI64::new(instant.millis()))
    }

    /// Sets it forward; nothing turns it back.
    pub fn set(&self, instant: Instant) {
        self.0.fetch_max(instant.millis(), Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}
