//! The queries.

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::Instant;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::batch::Chain;
use crate::error::Result;
use crate::log::SignedHead;
use crate::log::hash::Hash;
use crate::log::timestamp::Stamp;
use crate::rebuild::SealedBeside;
use crate::rows::{Followed, KeyRow, SealedEvent, SealedListRow, SealedRecord, StreamHead};
use crate::seal::vault::Wrapped;
use crate::stream::{from_bytes, to_bytes};

pub(crate) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)? as u64)
}

pub(crate) fn instant(row: &Row<'_>, column: usize) -> rusqlite::Result<Instant> {
    row.get(column).map(Instant::from_millis)
}

pub(crate) fn bytes(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<u8>> {
    row.get(column)
}

pub(crate) fn stream_id(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamId> {
    let stored = row.get_ref(column)?.as_blob()?;
    from_bytes(stored)
        .ok_or_else(|| rusqlite::Error::InvalidColumnType(column, "the id of a stream".into(), Type::Blob))
}

/// A key and, in the column before it, which key wraps it.
pub(crate) fn wrapped(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Wrapped>> {
    let by: Option<i64> = row.get(column)?;
    let sealed: Option<Vec<u8>> = row.get(column + 1)?;
    Ok(by.zip(sealed).map(|(by, sealed)| Wrapped { by: by as u64, sealed }))
}

pub(crate) fn chain(connection: &Connection) -> rusqlite::Result<Chain> {
    connection.prepare_cached("SELECT number, position, hash FROM chain")?.query_row((), |row| {
        Ok(Chain { number: number(row, 0)?, position: number(row, 1)?, hash: row.get(2)? })
    })
}

/// When the last entry of the chain was written; long ago when there is none.
pub(crate) fn latest(connection: &Connection) -> rusqlite::Result<Instant> {
    connection
        .prepare_cached("SELECT coalesce((SELECT at FROM entry ORDER BY number DESC LIMIT 1), 0)")?
        .query_row((), |row| row.get(0).map(Instant::from_millis))
}

/// Version and key of a stream, if it exists.
pub(crate) fn stream(connection: &Connection, stream: StreamId) -> Result<Option<StreamHead>> {
    Ok(connection
        .prepare_cached("SELECT version, key_id, key FROM stream WHERE id = ?1")?
        .query_row([to_bytes(stream)], |row| {
            Ok(StreamHead { version: number(row, 0)?, key: wrapped(row, 1)? })
        })
        .optional()?)
}

/// The versions of those of these streams that there are.
pub(crate) fn versions(connection: &Connection, streams: &[StreamId]) -> Result<Vec<(StreamId, u64)>> {
    let mut query = connection.prepare_cached("SELECT version FROM stream WHERE id = ?1")?;
    let mut found = Vec::with_capacity(streams.len());
    for stream in streams {
        let version = query.query_row([to_bytes(*stream)], |row| number(row, 0)).optional()?;
        found.extend(version.map(|version| (*stream, version)));
    }
    Ok(found)
}

/// Events of a stream after a version.
pub(crate) fn events(
    connection: &Connection,
    stream: StreamId,
    after: u64,
    most: u32,
) -> Result<Vec<SealedEvent>> {
    let mut query = connection.prepare_cached(
        "SELECT version, position, at, sealed FROM event WHERE stream = ?1 AND version > ?2
         ORDER BY version LIMIT ?3",
    )?;
    let rows = query.query_map(params![to_bytes(stream), after as i64, most], |row| {
        Ok(SealedEvent {
            version: number(row, 0)?,
            position: number(row, 1)?,
            at: instant(row, 2)?,
            sealed: bytes(row, 3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page of a list.
pub(crate) fn list(
    connection: &Connection,
    list: [u8; 16],
    from: ([u8; 24], bool),
    backwards: bool,
    most: u32,
) -> Result<Vec<SealedListRow>> {
    let mut query = connection.prepare_cached(if backwards {
        "SELECT stream, sort, sealed FROM list WHERE list = ?1 AND sort < ?2 ORDER BY sort DESC LIMIT ?3"
    } else if from.1 {
        "SELECT stream, sort, sealed FROM list WHERE list = ?1 AND sort >= ?2 ORDER BY sort LIMIT ?3"
    } else {
        "SELECT stream, sort, sealed FROM list WHERE list = ?1 AND sort > ?2 ORDER BY sort LIMIT ?3"
    })?;
    let rows = query.query_map(params![list, from.0, most], |row| {
        Ok(SealedListRow { stream: stream_id(row, 0)?, sort: row.get(1)?, sealed: bytes(row, 2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn sealed_record(row: &Row<'_>) -> rusqlite::Result<SealedRecord> {
    Ok(SealedRecord {
        row: row.get(0)?,
        version: number(row, 1)?,
        expires: row.get::<_, Option<i64>>(2)?.map(Instant::from_millis),
        sealed: bytes(row, 3)?,
    })
}

/// A record.
pub(crate) fn record(connection: &Connection, row: [u8; 32]) -> Result<Option<SealedRecord>> {
    Ok(connection
        .prepare_cached("SELECT row, version, expires, sealed FROM record WHERE row = ?1")?
        .query_row([row], sealed_record)
        .optional()?)
}

/// Those of these records that there are.
pub(crate) fn records_at(connection: &Connection, rows: &[[u8; 32]]) -> Result<Vec<SealedRecord>> {
    let found = rows.iter().map(|row| record(connection, *row));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Records between two rows, the first excluded.
pub(crate) fn records(
    connection: &Connection,
    after: [u8; 32],
    last: [u8; 32],
    most: u32,
) -> Result<Vec<SealedRecord>> {
    let mut query = connection.prepare_cached(
        "SELECT row, version, expires, sealed FROM record WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3",
    )?;
    let rows = query.query_map(params![after, last, most], sealed_record)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The stream of an attachment, how many parts it has, and its hash.
pub(crate) fn blob(connection: &Connection, id: [u8; 16]) -> Result<Option<(StreamId, u32, Hash)>> {
    Ok(connection
        .prepare_cached("SELECT stream, parts, hash FROM blob WHERE id = ?1")?
        .query_row([id], |row| Ok((stream_id(row, 0)?, row.get(1)?, row.get(2)?)))
        .optional()?)
}

/// A part of an attachment.
pub(crate) fn blob_part(connection: &Connection, id: [u8; 16], part: u32) -> Result<Option<Vec<u8>>> {
    Ok(connection
        .prepare_cached("SELECT sealed FROM blob_part WHERE blob = ?1 AND part = ?2")?
        .query_row(params![id, part], |row| bytes(row, 0))
        .optional()?)
}

/// Events of all streams after a position, without their bodies.
pub(crate) fn followed(connection: &Connection, after: u64, most: u32) -> Result<Vec<Followed>> {
    let mut query = connection.prepare_cached(
        "SELECT position, stream, version, at FROM event WHERE position > ?1 ORDER BY position LIMIT ?2",
    )?;
    let rows = query.query_map(params![after as i64, most], |row| {
        Ok(Followed {
            position: number(row, 0)?,
            stream: stream_id(row, 1)?,
            version: number(row, 2)?,
            at: instant(row, 3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Streams whose key is wrapped by a certain one.
pub(crate) fn wrapped_by(connection: &Connection, by: u64, most: u32) -> Result<Vec<KeyRow>> {
    let mut query =
        connection.prepare_cached("SELECT id, key_id, key FROM stream WHERE key_id = ?1 LIMIT ?2")?;
    let rows = query.query_map(params![by as i64, most], |row| Ok((stream_id(row, 0)?, wrapped(row, 1)?)))?;
    let mut keys = Vec::new();
    for row in rows {
        let (stream, key) = row?;
        keys.extend(key.map(|key| KeyRow { stream, key }));
    }
    Ok(keys)
}

/// A setting.
pub(crate) fn setting(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    Ok(connection
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| bytes(row, 0))
        .optional()?)
}

/// Where an event stands.
pub(crate) fn stamp(connection: &Connection, stream: StreamId, version: u64) -> Result<Option<Stamp>> {
    Ok(connection
        .prepare_cached("SELECT position, at, hash FROM event WHERE stream = ?1 AND version = ?2")?
        .query_row(params![to_bytes(stream), version as i64], |row| {
            Ok(Stamp { position: number(row, 0)?, at: row.get(1)?, hash: row.get(2)? })
        })
        .optional()?)
}

/// Signed heads after a number of an entry.
pub(crate) fn heads(
    connection: &Connection,
    installation: [u8; 16],
    key: [u8; 32],
    after: u64,
    most: u32,
) -> Result<Vec<SignedHead>> {
    let mut query = connection.prepare_cached(
        "SELECT number, position, at, hash, signature FROM head WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let rows = query.query_map(params![after as i64, most], |row| {
        Ok(SignedHead {
            installation,
            number: number(row, 0)?,
            position: number(row, 1)?,
            at: row.get(2)?,
            hash: row.get(3)?,
            key,
            signature: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The rows of a stream in all lists, and its wake-ups.
pub(crate) fn beside(connection: &Connection, stream: StreamId) -> Result<SealedBeside> {
    let mut query = connection.prepare_cached("SELECT list, sort, sealed FROM list WHERE stream = ?1")?;
    let rows = query.query_map([to_bytes(stream)], |row| {
        Ok((row.get(0)?, SealedListRow { stream, sort: row.get(1)?, sealed: bytes(row, 2)? }))
    })?;
    let rows = rows.collect::<rusqlite::Result<_>>()?;
    let mut query =
        connection.prepare_cached("SELECT lane, id, due, sealed FROM work WHERE stream = ?1 AND wake = 1")?;
    let wakes = query.query_map([to_bytes(stream)], |row| {
        Ok((row.get(0)?, WorkId::from_bytes(row.get(1)?), instant(row, 2)?, bytes(row, 3)?))
    })?;
    Ok((rows, wakes.collect::<rusqlite::Result<_>>()?))
}

/// Entries after a number and up to another that name more than events.
pub(crate) fn extras(
    connection: &Connection,
    after: u64,
    last: u64,
    most: u32,
) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut query = connection.prepare_cached(
        "SELECT number, extras FROM entry WHERE number > ?1 AND number <= ?2 AND length(extras) > 0
         ORDER BY number LIMIT ?3",
    )?;
    let rows = query
        .query_map(params![after as i64, last as i64, most], |row| Ok((number(row, 0)?, bytes(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
