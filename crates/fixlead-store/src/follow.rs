//! Following the log: what has been appended since, in the order of positions.

use std::time::Duration;

use tokio::sync::watch;

use crate::error::Result;
use crate::rows::Followed;
use crate::store::Store;

/// How long a follower waits before it looks whether another process has
/// written without telling.
const POLL: Duration = Duration::from_secs(1);

/// A place in the log that moves on.
pub struct Follow {
    store: Store,
    position: u64,
    told: watch::Receiver<u64>,
}

impl Follow {
    pub(crate) fn new(store: Store, position: u64) -> Self {
        let told = store.inner.engine.position();
        Follow { store, position, told }
    }

    /// The last position that was seen.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What has been appended since, at most so many events; waits until there
    /// are some.
    pub async fn next(&mut self, most: u32) -> Result<Vec<Followed>> {
        loop {
            self.told.mark_unchanged();
            let found = self.now(most).await?;
            if !found.is_empty() {
                return Ok(found);
            }
            // Either way the log is looked at: being told is only quicker.
            let _ = tokio::time::timeout(POLL, self.told.changed()).await;
        }
    }

    /// What has been appended since, perhaps nothing.
    pub async fn now(&mut self, most: u32) -> Result<Vec<Followed>> {
        let found = self.store.inner.engine.followed(self.position, most).await?;
        if let Some(last) = found.last() {
            self.position = last.position;
        }
        Ok(found)
    }
}
