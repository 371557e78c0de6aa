//! What one append brings: events of a stream, and whatever has to change with
//! them in the same commit.

use fixlead_core::id::{BlobId, StreamId, WorkId};
use fixlead_core::time::Instant;

/// Largest event, in bytes.
pub const MOST_EVENT: usize = 1 << 20;
/// Largest attachment, in bytes.
pub const MOST_BLOB: usize = 256 << 20;
/// Most events in one append.
pub const MOST_EVENTS: usize = 1000;

/// Events for one stream, with the changes that they cause.
#[derive(Clone, Debug)]
pub struct Append {
    /// The stream; it begins to exist with its first event.
    pub stream: StreamId,
    /// The version that the writer has seen; 0 for a new stream.
    pub expected: u64,
    /// The bodies, in their order.
    pub events: Vec<Vec<u8>>,
    /// Work that comes, goes or is done.
    pub work: Vec<WorkChange>,
    /// The rows of this stream in lists.
    pub lists: Vec<ListChange>,
    /// Whether these are all the rows that the stream has; others are deleted.
    pub afresh: bool,
    /// Records that change together with it.
    pub records: Vec<RecordChange>,
    /// New attachments.
    pub blobs: Vec<NewBlob>,
    /// Makes a repetition recognisable.
    pub idempotency: Option<Idempotency>,
    /// Other streams that it was decided on, with the versions that the writer
    /// has seen: nothing is written if one of them has moved on.
    pub seen: Vec<(StreamId, u64)>,
}

impl Append {
    /// To a stream of which the writer has seen this version.
    pub fn to(stream: StreamId, expected: u64) -> Self {
        Append {
            stream,
            expected,
            events: Vec::new(),
            work: Vec::new(),
            lists: Vec::new(),
            afresh: false,
            records: Vec::new(),
            blobs: Vec::new(),
            idempotency: None,
            seen: Vec::new(),
        }
    }

    /// With one more event.
    #[must_use]
    pub fn event(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.events.push(body.into());
        self
    }
}

/// Which kind of worker does it. The numbers are the application's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub i16);

/// A change of work.
#[derive(Clone, Debug)]
pub enum WorkChange {
    /// Something to be done once. An id that stands already is replaced.
    Put {
        /// Its id.
        id: WorkId,
        /// Who does it.
        lane: Lane,
        /// Not before this instant.
        due: Instant,
        /// What to do; sealed.
        body: Vec<u8>,
    },
    /// A wake-up of this stream: one at most in each lane, replaced by the
    /// next.
    Wake {
        /// Who is woken.
        lane: Lane,
        /// When.
        due: Instant,
        /// What for; sealed.
        body: Vec<u8>,
    },
    /// No wake-up of this stream in this lane any more.
    Sleep {
        /// Who is left alone.
        lane: Lane,
    },
    /// It is done. The append takes place only if the lease still holds.
    Finish(Lease),
}

/// The right to do a piece of work until some instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The work.
    pub work: WorkId,
    /// Known to nobody else.
    pub(crate) token: [u8; 16],
    /// Until when nobody else gets it.
    pub until: Instant,
}

/// Where a row stands in a list: by an instant, then by the stream's random
/// bits, so that no two rows stand at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sort {
    /// The instant, such as the next due.
    pub at: Instant,
    tie: [u8; 16],
}

impl Sort {
    /// Where the row of a stream stands.
    pub fn new(at: Instant, stream: StreamId) -> Self {
        Sort { at, tie: stream.bytes() }
    }

    /// In an order that databases can compare byte by byte.
    pub(crate) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&((self.at.millis() as u64) ^ (1 << 63)).to_be_bytes());
        bytes[8..].copy_from_slice(&self.tie);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; 24]) -> Self {
        let (mut at, mut tie) = ([0; 8], [0; 16]);
        at.copy_from_slice(&bytes[..8]);
        tie.copy_from_slice(&bytes[8..]);
        Sort { at: Instant::from_millis((u64::from_be_bytes(at) ^ (1 << 63)) as i64), tie }
    }
}

/// The row of a stream in a list: one at most in each list.
#[derive(Clone, Debug)]
pub struct ListChange {
    /// The name of the list.
    pub list: String,
    /// By which instant it stands and what it says; nothing takes it out.
    pub row: Option<(Instant, Vec<u8>)>,
}

/// A change of a record.
#[derive(Clone, Debug)]
pub struct RecordChange {
    /// What kind of record.
    pub kind: String,
    /// Its key; only a keyed hash of it is stored.
    pub key: Vec<u8>,
    /// The version that the writer has seen; 0 when there is none.
    pub expected: u64,
    /// The value, sealed; nothing takes the record away.
    pub value: Option<Vec<u8>>,
    /// From when on it counts as gone.
    pub expires: Option<Instant>,
}

/// A new attachment.
#[derive(Clone, Debug)]
pub struct NewBlob {
    /// Its id.
    pub id: BlobId,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A key that the caller repeats when it does not know what became of a
/// request, and the answer for the repetition.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The caller's key, with whatever tells callers apart.
    pub key: Vec<u8>,
    /// What a repetition is answered.
    pub answer: Vec<u8>,
    /// Until when it is remembered.
    pub until: Instant,
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the disk.
    Appended {
        /// The version of the stream after it.
        version: u64,
        /// The position of its last event in the installation.
        position: u64,
        /// When it was recorded.
        at: Instant,
    },
    /// Somebody else has written in between; nothing was written.
    Conflict {
        /// The version of the stream.
        actual: u64,
    },
    /// A stream that it was decided on has moved on; nothing was written.
    Outdated,
    /// It had been appended before; nothing was written again.
    Repeated {
        /// The answer of the first time.
        answer: Vec<u8>,
    },
    /// One of its records has another version; nothing was written.
    RecordConflict {
        /// Which of the append's records.
        index: usize,
        /// The version of the record; 0 when there is none.
        actual: u64,
    },
    /// The lease had run out and somebody else has the work, or it is gone;
    /// nothing was written.
    LeaseLost {
        /// The work.
        work: WorkId,
    },
}

impl Outcome {
    /// Whether it was written, now or before.
    pub fn is_written(&self) -> bool {
        matches!(self, Outcome::Appended { .. } | Outcome::Repeated { .. })
    }
}

/// What became of appends that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joint {
    /// Which of them the outcome is of: the first one when all were written,
    /// else the first that could not be, and then nothing was.
    pub index: usize,
    /// What became of it.
    pub outcome: Outcome,
}
