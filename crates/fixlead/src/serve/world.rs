//! The time and chance that everything inside is given: the one place that asks
//! the system for them.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fixlead_core::id;
use fixlead_core::time::Instant;

/// The instant now, by the system's clock.
#[allow(clippy::disallowed_methods, reason = "the one clock that everything else is given")]
pub fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Time that never jumps, from the first call on. It goes on while the machine
/// sleeps.
pub fn ticks() -> Duration {
    static START: OnceLock<Duration> = OnceLock::new();
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let now = Duration::try_from(now).unwrap_or_default();
    now.saturating_sub(*START.get_or_init(|| now))
}

/// Fills bytes from the system's source of randomness. A machine that has none
/// must not go on: every secret would be guessable.
pub fn random(bytes: &mut [u8]) {
    if getrandom::fill(bytes).is_err() {
        // Nothing can be said safely any more, not even a message.
        std::process::abort();
    }
}

/// An id that says nothing, for a request.
pub fn random_id() -> id::WorkId {
    let mut bytes = [0; id::BYTES];
    random(&mut bytes);
    id::WorkId::from_bytes(bytes)
}
