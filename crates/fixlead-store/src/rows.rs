//! Rows as both engines read them.

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::Instant;

use crate::seal::vault::Wrapped;

/// A stream without its events. Without a key it was erased.
pub(crate) struct StreamHead {
    pub version: u64,
    pub key: Option<Wrapped>,
}

/// An event still sealed.
pub(crate) struct SealedEvent {
    pub version: u64,
    pub position: u64,
    pub at: Instant,
    pub sealed: Vec<u8>,
}

/// A row of a list still sealed.
pub(crate) struct SealedListRow {
    pub stream: StreamId,
    pub sort: [u8; 24],
    pub sealed: Vec<u8>,
}

/// A record still sealed.
pub(crate) struct SealedRecord {
    pub row: [u8; 32],
    pub version: u64,
    pub expires: Option<Instant>,
    pub sealed: Vec<u8>,
}

/// Claimed work still sealed.
pub(crate) struct SealedWork {
    pub id: WorkId,
    pub stream: StreamId,
    pub due: Instant,
    pub attempts: u32,
    pub sealed: Vec<u8>,
    /// Proves the lease.
    pub token: [u8; 16],
    pub key: Option<Wrapped>,
}

/// An event's place, as caches that follow the log see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its place in the installation.
    pub position: u64,
    /// Its stream.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: u64,
    /// When it was recorded.
    pub at: Instant,
}

/// A key that is to be wrapped anew.
pub(crate) struct KeyRow {
    pub stream: StreamId,
    pub key: Wrapped,
}
