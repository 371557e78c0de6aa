//! How long something took. Tests of durability wait for real processes and
//! real disks, so they are the one place that looks at a real clock.

/// A stopwatch.
#[derive(Clone, Copy)]
pub struct Watch(std::time::Instant);

impl Watch {
    /// Begins now.
    #[allow(clippy::disallowed_methods)]
    pub fn start() -> Self {
        Watch(std::time::Instant::now())
    }

    /// Milliseconds since.
    pub fn millis(self) -> u64 {
        self.0.elapsed().as_millis() as u64
    }
}
