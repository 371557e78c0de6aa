//! One commit: many appends, each judged on its own, and the rows that they
//! add up to. Both engines read what [`judge`] has to know, and write what it
//! decides; neither decides anything itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::Instant;

use crate::append::Outcome;
use crate::log::hash::{self, EntryHasher, EventPlace, Extra, Hash};
use crate::seal::vault::Wrapped;

/// The end of the installation's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// The number of the last entry.
    pub number: u64,
    /// The position of the last event.
    pub position: u64,
    /// The hash of the last entry.
    pub hash: Hash,
}

/// A sealed append. Records alone come without a stream.
pub(crate) struct Prepared {
    pub stream: Option<StreamId>,
    pub expected: u64,
    /// The key of a new stream.
    pub key: Option<Wrapped>,
    pub events: Vec<Vec<u8>>,
    pub work: Vec<WorkRow>,
    /// Lanes in which the stream is not woken any more.
    pub sleep: Vec<i16>,
    pub finish: Vec<(WorkId, [u8; 16])>,
    pub lists: Vec<ListRow>,
    /// Whether the stream has no other rows.
    pub afresh: bool,
    pub records: Vec<RecordRow>,
    pub blobs: Vec<BlobRow>,
    pub idempotency: Option<RecordRow>,
    /// Other streams that have to be at these versions.
    pub seen: Vec<(StreamId, u64)>,
    /// Appends to other streams that are written with this one or not at all.
    pub also: Vec<Prepared>,
}

impl Prepared {
    /// This append and those that belong to it, in their order.
    fn parts(&self) -> impl Iterator<Item = &Prepared> {
        std::iter::once(self).chain(&self.also)
    }
}

/// Work as it is stored.
pub(crate) struct WorkRow {
    pub id: WorkId,
    pub lane: i16,
    pub wake: bool,
    pub due: Instant,
    pub sealed: Vec<u8>,
}

/// A row of a list as it is stored; nothing takes it out.
pub(crate) struct ListRow {
    pub list: [u8; 16],
    pub row: Option<([u8; 24], Vec<u8>)>,
}

/// A record as it is stored; nothing takes it away.
pub(crate) struct RecordRow {
    pub row: [u8; 32],
    pub expected: u64,
    pub sealed: Option<Vec<u8>>,
    pub expires: Option<Instant>,
}

/// An attachment as it is stored.
pub(crate) struct BlobRow {
    pub id: [u8; 16],
    pub hash: Hash,
    pub parts: Vec<Vec<u8>>,
}

/// What the database knows of a stream.
#[derive(Clone, Copy)]
pub(crate) struct StreamState {
    pub version: u64,
    pub hash: Hash,
    pub erased: bool,
}

/// What the database knows of a record.
pub(crate) struct RecordState {
    pub version: u64,
    pub expires: Option<Instant>,
    pub sealed: Vec<u8>,
}

/// All that the judgement needs to know.
#[derive(Default)]
pub(crate) struct Standing {
    pub streams: HashMap<StreamId, StreamState>,
    pub records: HashMap<[u8; 32], RecordState>,
    pub leases: HashMap<WorkId, [u8; 16]>,
    /// Ids of attachments that are taken.
    pub blobs: BTreeSet<[u8; 16]>,
}

/// What has to be read before a batch can be judged.
#[derive(Default)]
pub(crate) struct Wanted {
    pub streams: BTreeSet<StreamId>,
    pub records: BTreeSet<[u8; 32]>,
    pub leases: BTreeSet<WorkId>,
    pub blobs: BTreeSet<[u8; 16]>,
}

impl Wanted {
    pub(crate) fn of<'a>(batch: impl IntoIterator<Item = &'a Prepared>) -> Self {
        let mut wanted = Wanted::default();
        for append in batch.into_iter().flat_map(Prepared::parts) {
            wanted.streams.extend(append.stream);
            wanted.streams.extend(append.seen.iter().map(|(stream, _)| *stream));
            wanted.records.extend(append.records.iter().map(|record| record.row));
            wanted.records.extend(append.idempotency.iter().map(|record| record.row));
            wanted.leases.extend(append.finish.iter().map(|(work, _)| *work));
            wanted.blobs.extend(append.blobs.iter().map(|blob| blob.id));
        }
        wanted
    }
}

/// What one append came to. A repetition's answer is still sealed.
#[derive(Debug)]
pub(crate) enum Verdict {
    Done(Outcome),
    Repeated {
        version: u64,
        sealed: Vec<u8>,
    },
    Erased,
    BlobTaken,
    /// Why nothing was written of appends that belong together: one beside the
    /// first was refused.
    Beside {
        index: usize,
        verdict: Box<Verdict>,
    },
}

/// An event as it is stored.
pub(crate) struct EventRow<'a> {
    pub stream: StreamId,
    pub version: u64,
    pub position: u64,
    pub hash: Hash,
    pub sealed: &'a [u8],
}

/// A stream as it is stored.
pub(crate) struct StreamRow<'a> {
    pub version: u64,
    pub hash: Hash,
    /// Only for a new one.
    pub key: Option<&'a Wrapped>,
}

/// An entry of the installation's chain.
pub(crate) struct EntryRow {
    pub number: u64,
    pub position: u64,
    pub extras: Vec<u8>,
    pub hash: Hash,
}

/// The rows of a commit. Where appends of one batch change the same row, the
/// last one is what is written.
#[derive(Default)]
pub(crate) struct Writes<'a> {
    pub events: Vec<EventRow<'a>>,
    pub streams: BTreeMap<StreamId, StreamRow<'a>>,
    pub finished: Vec<WorkId>,
    pub work: BTreeMap<WorkId, (StreamId, &'a WorkRow)>,
    /// Wake-ups by stream and lane; nothing takes one away.
    pub wakes: BTreeMap<(StreamId, i16), Option<&'a WorkRow>>,
    pub lists: BTreeMap<([u8; 16], StreamId), &'a ListRow>,
    /// Streams whose other rows are deleted first.
    pub afresh: BTreeSet<StreamId>,
    /// Records with their new version.
    pub records: BTreeMap<[u8; 32], (u64, &'a RecordRow)>,
    pub blobs: Vec<(StreamId, &'a BlobRow)>,
    /// Nothing when no event was written.
    pub entry: Option<EntryRow>,
}

/// Judges appends one after the other, each by what those before it have left.
pub(crate) fn judge<'a>(
    batch: impl IntoIterator<Item = &'a Prepared>,
    chain: Chain,
    mut standing: Standing,
    at: Instant,
) -> (Vec<Verdict>, Writes<'a>) {
    let mut writes = Writes::default();
    let mut position = chain.position;
    let mut extras = Vec::new();
    let mut verdicts = Vec::new();
    for append in batch {
        let refused = append.parts().enumerate().find_map(|(index, part)| {
            let verdict = refusal(part, &standing, at)?;
            Some(if index == 0 { verdict } else { Verdict::Beside { index, verdict: Box::new(verdict) } })
        });
        if let Some(verdict) = refused {
            verdicts.push(verdict);
            continue;
        }
        let mut first = None;
        for append in append.parts() {
            let version = take(append, at, &mut position, &mut standing, &mut writes, &mut extras);
            first.get_or_insert(Outcome::Appended { version, position, at });
        }
        verdicts.extend(first.map(Verdict::Done));
    }
    if !writes.events.is_empty() || !extras.is_empty() {
        writes.entry = Some(entry(chain, position, at, &writes.events, extras));
    }
    (verdicts, writes)
}

/// Adds the rows of an append that nothing speaks against. The version of its
/// stream after it.
fn take<'a>(
    append: &'a Prepared,
    at: Instant,
    position: &mut u64,
    standing: &mut Standing,
    writes: &mut Writes<'a>,
    extras: &mut Vec<u8>,
) -> u64 {
    let mut version = 0;
    if let Some(stream) = append.stream {
        let state = standing.streams.entry(stream).or_insert(StreamState {
            version: 0,
            hash: hash::NOTHING,
            erased: false,
        });
        for sealed in &append.events {
            *position += 1;
            state.version += 1;
            let place = EventPlace { stream, version: state.version, position: *position, at };
            state.hash = hash::event(&state.hash, place, sealed);
            let (version, position, hash) = (state.version, *position, state.hash);
            let row = EventRow { stream, version, position, hash, sealed };
            writes.events.push(row);
        }
        version = state.version;
        if !append.events.is_empty() {
            let key = append.key.as_ref().filter(|_| append.expected == 0);
            let row = StreamRow { version, hash: state.hash, key };
            match writes.streams.get_mut(&stream) {
                // Two appends of one batch to a new stream: its key is the first one's.
                Some(known) => *known = StreamRow { key: known.key, ..row },
                None => drop(writes.streams.insert(stream, row)),
            }
        }
        for row in &append.work {
            if row.wake {
                writes.wakes.insert((stream, row.lane), Some(row));
            } else {
                writes.work.insert(row.id, (stream, row));
            }
        }
        for lane in &append.sleep {
            writes.wakes.insert((stream, *lane), None);
        }
        if append.afresh {
            writes.lists.retain(|(_, of), _| *of != stream);
            writes.afresh.insert(stream);
        }
        for row in &append.lists {
            writes.lists.insert((row.list, stream), row);
        }
        for blob in &append.blobs {
            standing.blobs.insert(blob.id);
            Extra::Blob { stream, id: blob.id, hash: blob.hash }.encode(extras);
            writes.blobs.push((stream, blob));
        }
    }
    for (work, _) in &append.finish {
        standing.leases.remove(work);
        writes.finished.push(*work);
    }
    for record in append.records.iter().chain(&append.idempotency) {
        let version = record.expected + 1;
        match &record.sealed {
            Some(sealed) => {
                let state = RecordState { version, expires: record.expires, sealed: sealed.clone() };
                standing.records.insert(record.row, state);
            }
            None => drop(standing.records.remove(&record.row)),
        }
        writes.records.insert(record.row, (version, record));
    }
    version
}

fn entry(chain: Chain, position: u64, at: Instant, events: &[EventRow<'_>], extras: Vec<u8>) -> EntryRow {
    let number = chain.number + 1;
    let mut hasher = EntryHasher::new(&chain.hash, number, at, position);
    for event in events {
        hasher.event(event.stream, event.version, &event.hash);
    }
    let hash = hasher.finish(&extras);
    EntryRow { number, position, extras, hash }
}

/// An entry that covers no event, such as an erasure.
pub(crate) fn entry_without_events(chain: Chain, at: Instant, extra: &Extra) -> EntryRow {
    let mut extras = Vec::new();
    extra.encode(&mut extras);
    entry(chain, chain.position, at, &[], extras)
}

/// Why an append is not written, if it is not.
fn refusal(append: &Prepared, standing: &Standing, now: Instant) -> Option<Verdict> {
    let live = |row: &[u8; 32]| {
        standing.records.get(row).filter(|record| record.expires.is_none_or(|expires| now < expires))
    };
    if let Some(known) = append.idempotency.as_ref().and_then(|record| live(&record.row)) {
        return Some(Verdict::Repeated { version: known.version, sealed: known.sealed.clone() });
    }
    if let Some(stream) = append.stream {
        let state = standing.streams.get(&stream);
        if state.is_some_and(|state| state.erased) {
            return Some(Verdict::Erased);
        }
        let actual = state.map_or(0, |state| state.version);
        if actual != append.expected {
            return Some(Verdict::Done(Outcome::Conflict { actual }));
        }
    }
    let version = |stream| standing.streams.get(stream).map_or(0, |state| state.version);
    if append.seen.iter().any(|(stream, seen)| version(stream) != *seen) {
        return Some(Verdict::Done(Outcome::Outdated));
    }
    for (index, record) in append.records.iter().enumerate() {
        let actual = live(&record.row).map_or(0, |record| record.version);
        if actual != record.expected {
            return Some(Verdict::Done(Outcome::RecordConflict { index, actual }));
        }
    }
    for (work, token) in &append.finish {
        if standing.leases.get(work) != Some(token) {
            return Some(Verdict::Done(Outcome::LeaseLost { work: *work }));
        }
    }
    append.blobs.iter().any(|blob| standing.blobs.contains(&blob.id)).then_some(Verdict::BlobTaken)
}
