//! The statements that write, and the reads that a judgement needs first.

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::{Instant, Span};
use rusqlite::{Connection, OptionalExtension, params};

use super::read::{bytes, chain, instant, latest, stream_id, wrapped};
use crate::append::Lease;
use crate::batch::{
    self, EntryRow, Prepared, RecordState, Standing, StreamState, Verdict, Wanted, Writes, judge,
};
use crate::error::Result;
use crate::log::SignedHead;
use crate::log::hash::Extra;
use crate::rows::{KeyRow, SealedWork};
use crate::store::setting;
use crate::stream::to_bytes;

/// Judges and writes appends within the open transaction.
pub(super) fn appends<'a>(
    connection: &Connection,
    batch: impl Iterator<Item = &'a Prepared> + Clone,
    at: Instant,
) -> rusqlite::Result<Vec<Verdict>> {
    let standing = standing(connection, &Wanted::of(batch.clone()))?;
    let before = chain(connection)?;
    let at = at.max(latest(connection)?);
    let (verdicts, writes) = judge(batch, before, standing, at);
    write(connection, &writes, at)?;
    if let Some(row) = &writes.entry {
        entry(connection, row, &before.hash, at)?;
    }
    Ok(verdicts)
}

fn standing(connection: &Connection, wanted: &Wanted) -> rusqlite::Result<Standing> {
    let mut standing = Standing::default();
    let mut query =
        connection.prepare_cached("SELECT version, hash, key IS NULL FROM stream WHERE id = ?1")?;
    for stream in &wanted.streams {
        let state = query
            .query_row([to_bytes(*stream)], |row| {
                Ok(StreamState {
                    version: row.get::<_, i64>(0)? as u64,
                    hash: row.get(1)?,
                    erased: row.get(2)?,
                })
            })
            .optional()?;
        standing.streams.extend(state.map(|state| (*stream, state)));
    }
    for record in &wanted.records {
        let state = connection
            .prepare_cached("SELECT version, expires, sealed FROM record WHERE row = ?1")?
            .query_row([record], |row| {
                Ok(RecordState {
                    version: row.get::<_, i64>(0)? as u64,
                    expires: row.get::<_, Option<i64>>(1)?.map(Instant::from_millis),
                    sealed: row.get(2)?,
                })
            })
            .optional()?;
        standing.records.extend(state.map(|state| (*record, state)));
    }
    for work in &wanted.leases {
        let token: Option<[u8; 16]> = connection
            .prepare_cached("SELECT lease FROM work WHERE id = ?1")?
            .query_row([work.bytes()], |row| row.get(0))
            .optional()?
            .flatten();
        standing.leases.extend(token.map(|token| (*work, token)));
    }
    for blob in &wanted.blobs {
        let taken = connection
            .prepare_cached("SELECT 1 FROM blob WHERE id = ?1 UNION SELECT 1 FROM blob_part WHERE blob = ?1")?
            .exists([blob])?;
        standing.blobs.extend(taken.then_some(*blob));
    }
    Ok(standing)
}

fn write(connection: &Connection, writes: &Writes<'_>, at: Instant) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO event (position, stream, version, at, hash, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for event in &writes.events {
        insert.execute(params![
            event.position as i64,
            to_bytes(event.stream),
            event.version as i64,
            at.millis(),
            event.hash,
            event.sealed
        ])?;
    }
    for (stream, row) in &writes.streams {
        match row.key {
            Some(key) => connection
                .prepare_cached(
                    "INSERT INTO stream (id, version, hash, key, key_id) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    to_bytes(*stream),
                    row.version as i64,
                    row.hash,
                    key.sealed,
                    key.by as i64
                ])?,
            None => connection
                .prepare_cached("UPDATE stream SET version = ?2, hash = ?3 WHERE id = ?1")?
                .execute(params![to_bytes(*stream), row.version as i64, row.hash])?,
        };
    }
    for work in &writes.finished {
        connection.prepare_cached("DELETE FROM work WHERE id = ?1")?.execute([work.bytes()])?;
    }
    // A new stream has no rows that could be in the way.
    let is_new = |stream| writes.streams.get(stream).is_some_and(|row| row.key.is_some());
    for ((stream, lane), row) in &writes.wakes {
        if !is_new(stream) {
            connection
                .prepare_cached("DELETE FROM work WHERE stream = ?1 AND lane = ?2 AND wake = 1")?
                .execute(params![to_bytes(*stream), lane])?;
        }
        if let Some(row) = row {
            put_work(connection, *stream, row)?;
        }
    }
    for (stream, row) in writes.work.values() {
        put_work(connection, *stream, row)?;
    }
    for stream in &writes.afresh {
        connection.prepare_cached("DELETE FROM list WHERE stream = ?1")?.execute([to_bytes(*stream)])?;
    }
    for ((list, stream), row) in &writes.lists {
        let is_new = is_new(stream);
        let stream = to_bytes(*stream);
        if !is_new {
            connection
                .prepare_cached("DELETE FROM list WHERE stream = ?1 AND list = ?2")?
                .execute(params![stream, list])?;
        }
        if let Some((sort, sealed)) = &row.row {
            connection
                .prepare_cached("INSERT INTO list (list, stream, sort, sealed) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![list, stream, sort, sealed])?;
        }
    }
    for (row, (version, record)) in &writes.records {
        match &record.sealed {
            Some(sealed) => connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO record (row, version, expires, sealed) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![row, *version as i64, record.expires.map(Instant::millis), sealed])?,
            None => connection.prepare_cached("DELETE FROM record WHERE row = ?1")?.execute([row])?,
        };
    }
    for (stream, blob) in &writes.blobs {
        connection
            .prepare_cached("INSERT INTO blob (id, stream, parts, hash) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![blob.id, to_bytes(*stream), blob.parts.len() as i64, blob.hash])?;
        for (part, sealed) in blob.parts.iter().enumerate() {
            connection
                .prepare_cached("INSERT INTO blob_part (blob, part, sealed) VALUES (?1, ?2, ?3)")?
                .execute(params![blob.id, part as i64, sealed])?;
        }
    }
    Ok(())
}

fn put_work(connection: &Connection, stream: StreamId, row: &batch::WorkRow) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO work (id, stream, lane, wake, due, ready, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        )?
        .execute(params![row.id.bytes(), to_bytes(stream), row.lane, row.wake, row.due.millis(), row.sealed])
}

fn entry(connection: &Connection, row: &EntryRow, previous: &[u8; 32], at: Instant) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO entry (number, at, position, previous, extras, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            row.number as i64,
            at.millis(),
            row.position as i64,
            previous,
            row.extras,
            row.hash
        ])?;
    connection.prepare_cached("UPDATE chain SET number = ?1, position = ?2, hash = ?3")?.execute(params![
        row.number as i64,
        row.position as i64,
        row.hash
    ])?;
    Ok(())
}

/// Takes work that is ready, for the length of a lease.
pub(crate) fn claim(
    connection: &Connection,
    lane: i16,
    now: Instant,
    lease: Span,
    tokens: &[[u8; 16]],
) -> Result<Vec<SealedWork>> {
    let mut query = connection.prepare_cached(
        "SELECT work.id, work.stream, work.due, work.attempts, work.sealed, stream.key_id, stream.key
         FROM work JOIN stream ON stream.id = work.stream
         WHERE work.lane = ?1 AND work.ready <= ?2 ORDER BY work.ready LIMIT ?3",
    )?;
    let mut found: Vec<SealedWork> = query
        .query_map(params![lane, now.millis(), tokens.len() as i64], |row| {
            Ok(SealedWork {
                id: WorkId::from_bytes(row.get(0)?),
                stream: stream_id(row, 1)?,
                due: instant(row, 2)?,
                attempts: row.get::<_, u32>(3)? + 1,
                sealed: bytes(row, 4)?,
                token: [0; 16],
                key: wrapped(row, 5)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut update =
        connection.prepare_cached("UPDATE work SET ready = ?2, lease = ?3, attempts = ?4 WHERE id = ?1")?;
    for (work, token) in found.iter_mut().zip(tokens) {
        work.token = *token;
        update.execute(params![work.id.bytes(), (now + lease).millis(), token, work.attempts])?;
    }
    Ok(found)
}

/// Gives work back, to be taken again at an instant or only once a person has
/// decided. Whether the lease still held.
pub(crate) fn release(connection: &Connection, lease: &Lease, again: Option<Instant>) -> Result<bool> {
    let changed = connection
        .prepare_cached("UPDATE work SET ready = ?3, lease = NULL WHERE id = ?1 AND lease = ?2")?
        .execute(params![lease.work.bytes(), lease.token, again.map(Instant::millis)])?;
    Ok(changed == 1)
}

/// Destroys the key of a stream and what can be deleted; says in the chain that
/// it was done. Whether there was anything to erase.
pub(crate) fn erase(connection: &Connection, stream: StreamId, at: Instant, copies: &[u8]) -> Result<bool> {
    let id = to_bytes(stream);
    let erased = connection
        .prepare_cached("UPDATE stream SET key = NULL, key_id = NULL WHERE id = ?1 AND key IS NOT NULL")?
        .execute([id])?;
    if erased == 0 {
        return Ok(false);
    }
    for delete in [
        "DELETE FROM blob_part WHERE blob IN (SELECT id FROM blob WHERE stream = ?1)",
        "DELETE FROM blob WHERE stream = ?1",
        "DELETE FROM list WHERE stream = ?1",
        "DELETE FROM work WHERE stream = ?1",
    ] {
        connection.execute(delete, [id])?;
    }
    connection.execute("UPDATE setting SET value = ?1 WHERE name = ?2", params![copies, setting::COPIES])?;
    let before = chain(connection)?;
    let at = at.max(latest(connection)?);
    let row = batch::entry_without_events(before, at, &Extra::Erased { stream });
    entry(connection, &row, &before.hash, at)?;
    Ok(true)
}

/// Stores a signed head.
pub(crate) fn head(connection: &Connection, head: &SignedHead) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO head (number, position, at, hash, signature) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            head.number as i64,
            head.position as i64,
            head.at,
            head.hash,
            head.signature.as_slice()
        ])?;
    Ok(())
}

/// Stores keys that were wrapped anew, unless they were erased meanwhile.
pub(crate) fn rewrap(connection: &Connection, keys: &[KeyRow], old: u64) -> Result<()> {
    let mut update =
        connection.prepare_cached("UPDATE stream SET key = ?2, key_id = ?3 WHERE id = ?1 AND key_id = ?4")?;
    for row in keys {
        update.execute(params![to_bytes(row.stream), row.key.sealed, row.key.by as i64, old as i64])?;
    }
    Ok(())
}

/// Stores a setting.
pub(crate) fn set(connection: &Connection, name: &str, value: &[u8]) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

/// Stores settings that are not there yet.
pub(crate) fn set_new(connection: &Connection, settings: &[(&str, Vec<u8>)]) -> Result<()> {
    let known: i64 = connection.query_row("SELECT count(*) FROM setting", (), |row| row.get(0))?;
    if known == 0 {
        for (name, value) in settings {
            set(connection, name, value)?;
        }
    }
    Ok(())
}

/// Deletes records that have expired, at most so many.
pub(crate) fn sweep(connection: &Connection, now: Instant, most: u32) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM record WHERE row IN (SELECT row FROM record WHERE expires <= ?1 LIMIT ?2)",
        )?
        .execute(params![now.millis(), most])?)
}

/// Rows and work of streams that do not exist or were erased: how many, and
/// whether they go.
pub(crate) fn strays(connection: &Connection, drop: bool) -> Result<u64> {
    let mut found = 0;
    for (count, delete) in [
        (
            "SELECT count(*) FROM list WHERE stream NOT IN (SELECT id FROM stream WHERE key IS NOT NULL)",
            "DELETE FROM list WHERE stream NOT IN (SELECT id FROM stream WHERE key IS NOT NULL)",
        ),
        (
            "SELECT count(*) FROM work WHERE stream NOT IN (SELECT id FROM stream WHERE key IS NOT NULL)",
            "DELETE FROM work WHERE stream NOT IN (SELECT id FROM stream WHERE key IS NOT NULL)",
        ),
    ] {
        found += match drop {
            true => connection.execute(delete, ())? as u64,
            false => connection.query_row(count, (), |row| row.get::<_, i64>(0))? as u64,
        };
    }
    Ok(found)
}
