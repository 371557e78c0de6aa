//! Appends, one or several that belong together: checked, sealed for the places
//! they will take, and handed to the engine.

use std::collections::BTreeSet;

use crate::append::{
    Append, Idempotency, Joint, ListChange, MOST_BLOB, MOST_EVENT, MOST_EVENTS, NewBlob, Outcome,
    RecordChange, Sort, WorkChange,
};
use crate::batch::{BlobRow, ListRow, Prepared, RecordRow, Verdict, WorkRow};
use crate::error::{Error, Result};
use crate::log::hash::BlobHasher;
use crate::seal::{self, BLOB_STEP, Place, Secret};
use crate::store::{Store, demand, new_wake};
use fixlead_core::access::{Access, Permit};
use fixlead_core::id::StreamId;

/// Bytes of an attachment in one part: with their length they fill whole steps.
const PART: usize = 64 * 1024 - 4;

/// The kind of the records that make repetitions recognisable.
pub(crate) const IDEMPOTENCY: &str = "idempotency";

impl Store {
    /// Appends to a stream, and whatever changes with it, in one commit. When
    /// this returns, it is on the disk.
    pub async fn append(&self, permit: &Permit, append: Append) -> Result<Outcome> {
        self.append_together(vec![(permit, append)]).await.map(|joint| joint.outcome)
    }

    /// Appends to several streams in one commit: all of it, or nothing. Each
    /// append brings what changes with it; an idempotency key comes with the
    /// first, for all of them.
    pub async fn append_together(&self, appends: Vec<(&Permit, Append)>) -> Result<Joint> {
        let mut streams = BTreeSet::new();
        for (index, (permit, append)) in appends.iter().enumerate() {
            demand(permit, append.stream, Access::Write)?;
            if !streams.insert(append.stream) {
                return Err(Error::Refused("two appends that belong together are to one stream".into()));
            }
            if index > 0 && append.idempotency.is_some() {
                return Err(Error::Refused("an idempotency key comes with the first append".into()));
            }
        }
        let mut keys = Vec::new();
        let mut whole: Option<Prepared> = None;
        for (index, (_, append)) in appends.into_iter().enumerate() {
            let stream = append.stream;
            let Some((prepared, key)) = self.prepare(append).await? else {
                return Ok(Joint { index, outcome: Outcome::Conflict { actual: 0 } });
            };
            keys.push((stream, key));
            match &mut whole {
                Some(whole) => whole.also.push(prepared),
                none => *none = Some(prepared),
            }
        }
        let whole = whole.ok_or_else(|| Error::Refused("nothing to append".into()))?;
        let mut records = BTreeSet::new();
        let parts = std::iter::once(&whole).chain(&whole.also);
        if !parts.flat_map(|part| &part.records).all(|record| records.insert(record.row)) {
            return Err(Error::Refused("one record is changed twice at once".into()));
        }
        let repeats = whole.idempotency.as_ref().map(|record| record.row);
        let (index, verdict) = match self.inner.engine.commit(whole).await? {
            Verdict::Beside { index, verdict } => (index, *verdict),
            verdict => (0, verdict),
        };
        match verdict {
            Verdict::Done(outcome) => {
                if outcome.is_written() {
                    keys.iter().for_each(|(stream, key)| self.inner.vault.remember(*stream, key));
                }
                Ok(Joint { index, outcome })
            }
            Verdict::Repeated { version, sealed } => {
                let row = repeats.unwrap_or_default();
                let answer = seal::open(&self.inner.keys.records, Place::Record(&row, version), sealed)
                    .ok_or_else(|| Error::Tampered("the answer to a repeated request".into()))?;
                Ok(Joint { index, outcome: Outcome::Repeated { answer } })
            }
            Verdict::Erased => match keys.get(index) {
                Some((stream, _)) => {
                    self.inner.vault.forget(*stream);
                    Err(Error::Erased(stream.to_string()))
                }
                None => Err(Error::Erased("a stream".into())),
            },
            Verdict::BlobTaken => Err(Error::Refused("the id of an attachment is taken".into())),
            // It stands beside another verdict and holds no other of its kind.
            Verdict::Beside { .. } => Err(Error::Unavailable("the commit was not judged".into())),
        }
    }

    /// Seals an append. Nothing when it expects a stream that does not exist.
    pub(crate) async fn prepare(&self, append: Append) -> Result<Option<(Prepared, Secret)>> {
        check(&append)?;
        let inner = &self.inner;
        let random = &*inner.random;
        let stream = append.stream;
        let (key, wrapped) = if append.expected == 0 {
            let key = Secret::random(random);
            let wrapped = inner.vault.wrap(Some(stream), &key, random);
            (key, Some(wrapped))
        } else if let Some(key) = inner.vault.cached(stream) {
            (key, None)
        } else {
            let Some(head) = inner.engine.stream(stream).await? else { return Ok(None) };
            (self.key(stream, head.key)?, None)
        };
        let mut prepared = self.prepare_records(append.records)?;
        prepared.stream = Some(stream);
        prepared.expected = append.expected;
        prepared.key = wrapped;
        prepared.seen = append.seen;
        prepared.idempotency = append.idempotency.map(|repeat| self.seal_idempotency(repeat));
        prepared.events = (append.expected + 1..)
            .zip(&append.events)
            .map(|(version, body)| seal::seal(&key, Place::Event(stream, version), body, random))
            .collect();
        for change in append.work {
            let (id, lane, wake, due, body) = match change {
                WorkChange::Put { id, lane, due, body } => (id, lane, false, due, body),
                WorkChange::Wake { lane, due, body } => (new_wake(stream, random), lane, true, due, body),
                WorkChange::Sleep { lane } => {
                    prepared.sleep.push(lane.0);
                    continue;
                }
                WorkChange::Finish(lease) => {
                    prepared.finish.push((lease.work, lease.token));
                    continue;
                }
            };
            let sealed = seal::seal(&key, Place::Work(stream, &id.bytes()), &body, random);
            prepared.work.push(WorkRow { id, lane: lane.0, wake, due, sealed });
        }
        prepared.afresh = append.afresh;
        prepared.lists = append.lists.into_iter().map(|change| self.seal_row(stream, change)).collect();
        prepared.blobs = append.blobs.iter().map(|blob| self.seal_blob(stream, &key, blob)).collect();
        Ok(Some((prepared, key)))
    }

    /// Seals records that change on their own.
    pub(crate) fn prepare_records(&self, records: Vec<RecordChange>) -> Result<Prepared> {
        let records: Vec<RecordRow> = records.into_iter().map(|record| self.seal_record(record)).collect();
        let rows: BTreeSet<_> = records.iter().map(|record| record.row).collect();
        if rows.len() != records.len() {
            return Err(Error::Refused("one record is changed twice at once".into()));
        }
        Ok(Prepared {
            stream: None,
            expected: 0,
            key: None,
            events: Vec::new(),
            work: Vec::new(),
            sleep: Vec::new(),
            finish: Vec::new(),
            lists: Vec::new(),
            afresh: false,
            records,
            blobs: Vec::new(),
            idempotency: None,
            seen: Vec::new(),
            also: Vec::new(),
        })
    }

    fn seal_record(&self, change: RecordChange) -> RecordRow {
        let row = self.inner.keys.record(&change.kind, &change.key);
        let place = Place::Record(&row, change.expected + 1);
        let sealed = change
            .value
            .map(|value| seal::seal(&self.inner.keys.records, place, &value, &*self.inner.random));
        RecordRow { row, expected: change.expected, sealed, expires: change.expires }
    }

    fn seal_idempotency(&self, repeat: Idempotency) -> RecordRow {
        self.seal_record(RecordChange {
            kind: IDEMPOTENCY.to_owned(),
            key: repeat.key,
            expected: 0,
            value: Some(repeat.answer),
            expires: Some(repeat.until),
        })
    }

    fn seal_row(&self, stream: StreamId, change: ListChange) -> ListRow {
        let list = self.inner.keys.list(&change.list);
        let row = change.row.map(|(at, body)| {
            let sort = Sort::new(at, stream).to_bytes();
            let place = Place::List(&list, &sort, stream);
            (sort, seal::seal(&self.inner.keys.lists, place, &body, &*self.inner.random))
        });
        ListRow { list, row }
    }

    fn seal_blob(&self, stream: StreamId, key: &Secret, blob: &NewBlob) -> BlobRow {
        let id = blob.id.bytes();
        let mut hasher = BlobHasher::new(stream, &id);
        let count = blob.bytes.len().div_ceil(PART).max(1);
        let parts = (0..count).map(|part| {
            let body = &blob.bytes[part * PART..blob.bytes.len().min((part + 1) * PART)];
            let place = Place::Blob(stream, &id, part as u32, part + 1 == count);
            let sealed = seal::seal_padded(key, place, body, BLOB_STEP, &*self.inner.random);
            hasher.part(&sealed);
            sealed
        });
        let parts = parts.collect();
        BlobRow { id, hash: hasher.finish(), parts }
    }
}

/// Whether an append is one.
fn check(append: &Append) -> Result<()> {
    let refuse = |what: String| Err(Error::Refused(what));
    if append.expected == 0 && append.events.is_empty() {
        return refuse("a stream begins with an event".into());
    }
    if append.events.len() > MOST_EVENTS {
        return refuse(format!("{} events at once, at most {MOST_EVENTS}", append.events.len()));
    }
    if let Some(long) = append.events.iter().map(Vec::len).find(|length| *length > MOST_EVENT) {
        return refuse(format!("an event has {long} bytes, at most {MOST_EVENT}; attach what is long"));
    }
    if let Some(long) = append.blobs.iter().map(|blob| blob.bytes.len()).find(|length| *length > MOST_BLOB) {
        return refuse(format!("an attachment has {long} bytes, at most {MOST_BLOB}"));
    }
    let ids: BTreeSet<_> = append.blobs.iter().map(|blob| blob.id).collect();
    if ids.len() != append.blobs.len() {
        return refuse("two attachments have one id".into());
    }
    Ok(())
}
