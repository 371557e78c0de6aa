//! The statements that append: one for each table and commit, whatever the
//! number of appends, most of them sent without waiting for one another.

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::Instant;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::listen::CHANNEL;
use super::read::{array, chain, instant, stream_id};
use crate::batch::{
    Chain, Prepared, RecordState, Standing, StreamState, Verdict, Wanted, WorkRow, Writes, judge,
};
use crate::stream::to_bytes;

/// Locks the end of the chain.
pub(super) const LOCK: &str = "SELECT number, position, hash FROM chain FOR UPDATE";
/// When the last entry was written. Asked after the lock, so that it sees what
/// was committed while others waited for it.
pub(super) const LATEST: &str = "SELECT coalesce((SELECT at FROM entry ORDER BY number DESC LIMIT 1), 0)";
const STREAMS: &str = "SELECT id, version, hash, key IS NULL FROM stream WHERE id = ANY($1)";
const RECORDS: &str = "SELECT row, version, expires, sealed FROM record WHERE row = ANY($1)";
const LEASES: &str = "SELECT id, lease FROM work WHERE id = ANY($1) AND lease IS NOT NULL FOR UPDATE";
const BLOBS: &str = "SELECT id FROM blob WHERE id = ANY($1)";
const EVENTS: &str = "
    INSERT INTO event (position, stream, version, at, hash, sealed)
    SELECT position, stream, version, $6::bigint, hash, sealed
    FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[])
      AS new (position, stream, version, hash, sealed)";
const NEW_STREAMS: &str = "
    INSERT INTO stream (id, version, hash, key, key_id)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bigint[])";
const OLD_STREAMS: &str = "
    UPDATE stream SET version = new.version, hash = new.hash
    FROM unnest($1::bytea[], $2::bigint[], $3::bytea[]) AS new (id, version, hash) WHERE stream.id = new.id";
const FINISH: &str = "DELETE FROM work WHERE id = ANY($1)";
const SLEEP: &str = "
    DELETE FROM work USING unnest($1::bytea[], $2::smallint[]) AS old (stream, lane)
    WHERE work.stream = old.stream AND work.lane = old.lane AND work.wake = 1";
const WORK: &str = "
    INSERT INTO work (id, stream, lane, wake, due, ready, sealed)
    SELECT id, stream, lane, wake, due, due, sealed
    FROM unnest($1::bytea[], $2::bytea[], $3::smallint[], $4::smallint[], $5::bigint[], $6::bytea[])
      AS new (id, stream, lane, wake, due, sealed)
    ON CONFLICT (id) DO UPDATE SET stream = excluded.stream, lane = excluded.lane, wake = excluded.wake,
      due = excluded.due, ready = excluded.due, attempts = 0, lease = NULL, sealed = excluded.sealed";
const UNLIST_ALL: &str = "DELETE FROM list WHERE stream = ANY($1)";
const UNLIST: &str = "
    DELETE FROM list USING unnest($1::bytea[], $2::bytea[]) AS old (list, stream)
    WHERE list.list = old.list AND list.stream = old.stream";
const LIST: &str = "
    INSERT INTO list (list, stream, sort, sealed)
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
    ON CONFLICT (stream, list) DO UPDATE SET sort = excluded.sort, sealed = excluded.sealed";
const UNRECORD: &str = "DELETE FROM record WHERE row = ANY($1)";
const RECORD: &str = "
    INSERT INTO record (row, version, expires, sealed)
    SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[])
    ON CONFLICT (row) DO UPDATE SET version = excluded.version, expires = excluded.expires,
      sealed = excluded.sealed";
const BLOB: &str = "INSERT INTO blob (id, stream, parts, hash) VALUES ($1, $2, $3, $4)";
const BLOB_PART: &str = "INSERT INTO blob_part (blob, part, sealed) VALUES ($1, $2, $3)";
/// Adds an entry to the chain.
pub(super) const ENTRY: &str = "
    INSERT INTO entry (number, at, position, previous, extras, hash) VALUES ($1, $2, $3, $4, $5, $6)";
/// Moves the end of the chain.
pub(super) const CHAIN: &str = "UPDATE chain SET number = $1, position = $2, hash = $3";
const NOTIFY: &str = "SELECT pg_notify($1, $2)";

/// One parameter.
type Value<'a> = &'a (dyn ToSql + Sync);

/// The connection that appends, with the statements prepared that nearly every
/// commit needs.
pub(super) struct Connection {
    client: Client,
    lock: Statement,
    latest: Statement,
    streams: Statement,
    records: Statement,
    events: Statement,
    new_streams: Statement,
    old_streams: Statement,
    work: Statement,
    sleep: Statement,
    list: Statement,
    record: Statement,
    entry: Statement,
    chain: Statement,
    notify: Statement,
}

impl Connection {
    pub(super) async fn prepare(client: Client) -> Result<Self, Error> {
        let (lock, latest, streams, records, events, new_streams, old_streams, work) = tokio::try_join!(
            client.prepare(LOCK),
            client.prepare(LATEST),
            client.prepare(STREAMS),
            client.prepare(RECORDS),
            client.prepare(EVENTS),
            client.prepare(NEW_STREAMS),
            client.prepare(OLD_STREAMS),
            client.prepare(WORK),
        )?;
        let (sleep, list, record, entry, chain, notify) = tokio::try_join!(
            client.prepare(SLEEP),
            client.prepare(LIST),
            client.prepare(RECORD),
            client.prepare(ENTRY),
            client.prepare(CHAIN),
            client.prepare(NOTIFY),
        )?;
        Ok(Connection {
            client,
            lock,
            latest,
            streams,
            records,
            events,
            new_streams,
            old_streams,
            work,
            sleep,
            list,
            record,
            entry,
            chain,
            notify,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Judges and writes appends in one transaction. What each came to, and the
    /// position of the last event.
    pub(super) async fn append(
        &mut self,
        appends: &[Box<Prepared>],
        at: Instant,
    ) -> Result<(Vec<Verdict>, u64), Error> {
        let batch = || appends.iter().map(AsRef::as_ref);
        let (before, latest, standing) = self.begin(&Wanted::of(batch())).await?;
        // The clocks of several nodes differ; the log's instants never go back.
        let at = at.max(latest);
        let (verdicts, writes) = judge(batch(), before, standing, at);
        tokio::try_join!(
            biased;
            self.chain(&writes, &before, at),
            self.events(&writes, at),
            self.streams(&writes),
            self.work(&writes),
            self.lists(&writes),
            self.records(&writes),
            self.blobs(&writes),
        )?;
        // Only now: a commit after a refused statement would be a rollback that
        // looks like success.
        self.client.batch_execute("COMMIT").await?;
        let position = writes.entry.as_ref().map_or(before.position, |entry| entry.position);
        Ok((verdicts, position))
    }

    /// Begins, locks, and reads what the judgement has to know. It is all sent
    /// at once, in this order.
    async fn begin(&self, wanted: &Wanted) -> Result<(Chain, Instant, Standing), Error> {
        let streams: Vec<Vec<u8>> = wanted.streams.iter().map(|stream| to_bytes(*stream).to_vec()).collect();
        let records: Vec<&[u8]> = wanted.records.iter().map(<[u8; 32]>::as_slice).collect();
        let leases: Vec<Vec<u8>> = wanted.leases.iter().map(|work| work.bytes().to_vec()).collect();
        let blobs: Vec<&[u8]> = wanted.blobs.iter().map(<[u8; 16]>::as_slice).collect();
        let leased = async {
            if leases.is_empty() { Ok(Vec::new()) } else { self.client.query(LEASES, &[&leases]).await }
        };
        let taken = async {
            if blobs.is_empty() { Ok(Vec::new()) } else { self.client.query(BLOBS, &[&blobs]).await }
        };
        let nothing: [Value<'_>; 0] = [];
        let wanted_streams: [Value<'_>; 1] = [&streams];
        let wanted_records: [Value<'_>; 1] = [&records];
        let (_, locked, latest, streams, records) = tokio::try_join!(
            biased;
            self.client.batch_execute("BEGIN"),
            self.client.query_one(&self.lock, &nothing),
            self.client.query_one(&self.latest, &nothing),
            self.client.query(&self.streams, &wanted_streams),
            self.client.query(&self.records, &wanted_records),
        )?;
        let leased: Vec<Row> = leased.await?;
        let taken: Vec<Row> = taken.await?;
        let mut standing = Standing::default();
        for row in &streams {
            let state = StreamState {
                version: row.try_get::<_, i64>(1)? as u64,
                hash: array(row, 2)?,
                erased: row.try_get(3)?,
            };
            standing.streams.insert(stream_id(row, 0)?, state);
        }
        for row in &records {
            let state = RecordState {
                version: row.try_get::<_, i64>(1)? as u64,
                expires: row.try_get::<_, Option<i64>>(2)?.map(Instant::from_millis),
                sealed: row.try_get(3)?,
            };
            standing.records.insert(array(row, 0)?, state);
        }
        for row in &leased {
            standing.leases.insert(WorkId::from_bytes(array(row, 0)?), array(row, 1)?);
        }
        for row in &taken {
            standing.blobs.insert(array(row, 0)?);
        }
        Ok((chain(&locked)?, instant(&latest, 0)?, standing))
    }

    async fn events(&self, writes: &Writes<'_>, at: Instant) -> Result<(), Error> {
        let events = &writes.events;
        if events.is_empty() {
            return Ok(());
        }
        let positions: Vec<i64> = events.iter().map(|event| event.position as i64).collect();
        let streams: Vec<Vec<u8>> = events.iter().map(|event| to_bytes(event.stream).to_vec()).collect();
        let versions: Vec<i64> = events.iter().map(|event| event.version as i64).collect();
        let hashes: Vec<&[u8]> = events.iter().map(|event| event.hash.as_slice()).collect();
        let sealed: Vec<&[u8]> = events.iter().map(|event| event.sealed).collect();
        let at = at.millis();
        let values: [Value<'_>; 6] = [&positions, &streams, &versions, &hashes, &sealed, &at];
        self.client.execute(&self.events, &values).await.map(drop)
    }

    async fn streams(&self, writes: &Writes<'_>) -> Result<(), Error> {
        let (new, old): (Vec<_>, Vec<_>) = writes.streams.iter().partition(|(_, row)| row.key.is_some());
        for (rows, statement) in [(new, &self.new_streams), (old, &self.old_streams)] {
            if rows.is_empty() {
                continue;
            }
            let ids: Vec<Vec<u8>> = rows.iter().map(|(stream, _)| to_bytes(**stream).to_vec()).collect();
            let versions: Vec<i64> = rows.iter().map(|(_, row)| row.version as i64).collect();
            let hashes: Vec<&[u8]> = rows.iter().map(|(_, row)| row.hash.as_slice()).collect();
            let keys: Vec<_> = rows.iter().filter_map(|(_, row)| row.key).collect();
            let sealed: Vec<&[u8]> = keys.iter().map(|key| key.sealed.as_slice()).collect();
            let by: Vec<i64> = keys.iter().map(|key| key.by as i64).collect();
            let values: [Value<'_>; 5] = [&ids, &versions, &hashes, &sealed, &by];
            let values = if keys.is_empty() { &values[..3] } else { &values[..] };
            self.client.execute(statement, values).await?;
        }
        Ok(())
    }

    async fn work(&self, writes: &Writes<'_>) -> Result<(), Error> {
        if !writes.finished.is_empty() {
            let ids: Vec<Vec<u8>> = writes.finished.iter().map(|work| work.bytes().to_vec()).collect();
            self.client.execute(FINISH, &[&ids]).await?;
        }
        if !writes.wakes.is_empty() {
            let streams: Vec<Vec<u8>> = writes.wakes.keys().map(|(id, _)| to_bytes(*id).to_vec()).collect();
            let lanes: Vec<i16> = writes.wakes.keys().map(|(_, lane)| *lane).collect();
            self.client.execute(&self.sleep, &[&streams, &lanes]).await?;
        }
        let wakes = writes.wakes.iter().filter_map(|((stream, _), row)| Some((*stream, (*row)?)));
        let rows: Vec<(StreamId, &WorkRow)> = wakes.chain(writes.work.values().copied()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let ids: Vec<Vec<u8>> = rows.iter().map(|(_, row)| row.id.bytes().to_vec()).collect();
        let streams: Vec<Vec<u8>> = rows.iter().map(|(stream, _)| to_bytes(*stream).to_vec()).collect();
        let lanes: Vec<i16> = rows.iter().map(|(_, row)| row.lane).collect();
        let wake: Vec<i16> = rows.iter().map(|(_, row)| i16::from(row.wake)).collect();
        let due: Vec<i64> = rows.iter().map(|(_, row)| row.due.millis()).collect();
        let sealed: Vec<&[u8]> = rows.iter().map(|(_, row)| row.sealed.as_slice()).collect();
        let values: [Value<'_>; 6] = [&ids, &streams, &lanes, &wake, &due, &sealed];
        self.client.execute(&self.work, &values).await.map(drop)
    }

    async fn lists(&self, writes: &Writes<'_>) -> Result<(), Error> {
        if !writes.afresh.is_empty() {
            let streams: Vec<Vec<u8>> =
                writes.afresh.iter().map(|stream| to_bytes(*stream).to_vec()).collect();
            self.client.execute(UNLIST_ALL, &[&streams]).await?;
        }
        let (mut gone, mut gone_of) = (Vec::new(), Vec::new());
        let (mut lists, mut streams, mut sorts, mut sealed) = (vec![], vec![], vec![], vec![]);
        for ((list, stream), row) in &writes.lists {
            let stream = to_bytes(*stream).to_vec();
            match &row.row {
                Some((sort, body)) => {
                    lists.push(list.as_slice());
                    streams.push(stream);
                    sorts.push(sort.as_slice());
                    sealed.push(body.as_slice());
                }
                None => {
                    gone.push(list.as_slice());
                    gone_of.push(stream);
                }
            }
        }
        if !gone.is_empty() {
            self.client.execute(UNLIST, &[&gone, &gone_of]).await?;
        }
        if !lists.is_empty() {
            self.client.execute(&self.list, &[&lists, &streams, &sorts, &sealed]).await?;
        }
        Ok(())
    }

    async fn records(&self, writes: &Writes<'_>) -> Result<(), Error> {
        let mut gone = Vec::new();
        let (mut rows, mut versions, mut expires, mut sealed) = (vec![], vec![], vec![], vec![]);
        for (row, (version, record)) in &writes.records {
            match &record.sealed {
                Some(body) => {
                    rows.push(row.as_slice());
                    versions.push(*version as i64);
                    expires.push(record.expires.map(Instant::millis));
                    sealed.push(body.as_slice());
                }
                None => gone.push(row.as_slice()),
            }
        }
        if !gone.is_empty() {
            self.client.execute(UNRECORD, &[&gone]).await?;
        }
        if !rows.is_empty() {
            self.client.execute(&self.record, &[&rows, &versions, &expires, &sealed]).await?;
        }
        Ok(())
    }

    async fn blobs(&self, writes: &Writes<'_>) -> Result<(), Error> {
        if writes.blobs.is_empty() {
            return Ok(());
        }
        let insert = self.client.prepare(BLOB_PART).await?;
        for (stream, blob) in &writes.blobs {
            let (id, stream) = (blob.id.as_slice(), to_bytes(*stream).to_vec());
            let parts = blob.parts.len() as i32;
            let hash = blob.hash.as_slice();
            self.client.execute(BLOB, &[&id, &stream, &parts, &hash]).await?;
            for (part, sealed) in (0_i32..).zip(&blob.parts) {
                self.client.execute(&insert, &[&id, &part, sealed]).await?;
            }
        }
        Ok(())
    }

    async fn chain(&self, writes: &Writes<'_>, before: &Chain, at: Instant) -> Result<(), Error> {
        let Some(row) = &writes.entry else { return Ok(()) };
        let (number, position) = (row.number as i64, row.position as i64);
        let (previous, hash) = (before.hash.as_slice(), row.hash.as_slice());
        let (at, text) = (at.millis(), row.position.to_string());
        let entry: [Value<'_>; 6] = [&number, &at, &position, &previous, &row.extras, &hash];
        let chain: [Value<'_>; 3] = [&number, &position, &hash];
        let notify: [Value<'_>; 2] = [&CHANNEL, &text];
        tokio::try_join!(
            biased;
            self.client.execute(&self.entry, &entry),
            self.client.execute(&self.chain, &chain),
            self.client.execute(&self.notify, &notify),
        )
        .map(drop)
    }
}
