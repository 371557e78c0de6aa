//! What durability tests do to the store to see that they would notice, and to
//! see more of it in less time; and what a benchmark leaves out to see its cost. It is compiled only with the feature
//! `test-hooks`, which nothing that is shipped switches on.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static PLAIN: AtomicBool = AtomicBool::new(false);

static WEAK: AtomicBool = AtomicBool::new(false);
static CHECKPOINT: AtomicU32 = AtomicU32::new(0);

/// From now on, connections of this process answer before the disk has it.
pub fn set_weak(weak: bool) {
    WEAK.store(weak, Ordering::SeqCst);
}

/// From now on, the write-ahead log is moved into the database whenever it has
/// so many pages; 0 leaves that as it is.
pub fn set_checkpoint(pages: u32) {
    CHECKPOINT.store(pages, Ordering::SeqCst);
}

/// From now on, this process neither encrypts nor hashes what is kept, in a
/// database of its own: so can be measured what both cost.
pub fn set_plain(plain: bool) {
    PLAIN.store(plain, Ordering::SeqCst);
}

/// Whether nothing is encrypted or hashed.
pub(crate) fn is_plain() -> bool {
    PLAIN.load(Ordering::Relaxed)
}

/// Does it to a connection.
pub(crate) fn apply(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    if WEAK.load(Ordering::SeqCst) {
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    match CHECKPOINT.load(Ordering::SeqCst) {
        0 => Ok(()),
        pages => connection.pragma_update(None, "wal_autocheckpoint", pages),
    }
}
