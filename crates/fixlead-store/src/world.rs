//! What the store is given from outside: the time and chance. It has neither
//! of its own, so that a test can bring both.

use fixlead_core::time::Instant;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// The instant now.
    fn now(&self) -> Instant;
}

/// Gives bytes that nobody can foretell.
pub trait Random: Send + Sync + 'static {
    /// Fills all of `bytes`. A source that cannot must not return.
    fn fill(&self, bytes: &mut [u8]);
}

/// A fixed number of random bytes.
pub(crate) fn draw<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}
