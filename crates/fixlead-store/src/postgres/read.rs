//! The queries.

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::Instant;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::Postgres;
use super::append::LATEST;
use crate::batch::Chain;
use crate::error::Result;
use crate::log::SignedHead;
use crate::log::hash::Hash;
use crate::log::timestamp::Stamp;
use crate::rebuild::SealedBeside;
use crate::rows::{Followed, KeyRow, SealedEvent, SealedListRow, SealedRecord, StreamHead};
use crate::seal::vault::Wrapped;
use crate::stream::{from_bytes, to_bytes};

/// Bytes of a fixed length; those of another length count as zeros, which
/// verify as nothing.
pub(super) fn array<const N: usize>(row: &Row, column: usize) -> std::result::Result<[u8; N], Error> {
    let bytes: &[u8] = row.try_get(column)?;
    Ok(bytes.try_into().unwrap_or([0; N]))
}

/// The id of a stream; what is none counts as a case of zeros.
pub(super) fn stream_id(row: &Row, column: usize) -> std::result::Result<StreamId, Error> {
    let bytes: &[u8] = row.try_get(column)?;
    Ok(from_bytes(bytes).unwrap_or(StreamId::new(fixlead_core::id::StreamKind::Case, [0; 16])))
}

pub(super) fn number(row: &Row, column: usize) -> std::result::Result<u64, Error> {
    Ok(row.try_get::<_, i64>(column)? as u64)
}

pub(super) fn instant(row: &Row, column: usize) -> std::result::Result<Instant, Error> {
    row.try_get(column).map(Instant::from_millis)
}

/// A key and, in the column before it, which key wraps it.
pub(super) fn wrapped(row: &Row, column: usize) -> std::result::Result<Option<Wrapped>, Error> {
    let by: Option<i64> = row.try_get(column)?;
    let sealed: Option<Vec<u8>> = row.try_get(column + 1)?;
    Ok(by.zip(sealed).map(|(by, sealed)| Wrapped { by: by as u64, sealed }))
}

pub(super) fn chain(row: &Row) -> std::result::Result<Chain, Error> {
    Ok(Chain { number: number(row, 0)?, position: number(row, 1)?, hash: array(row, 2)? })
}

fn sealed_record(row: &Row) -> std::result::Result<SealedRecord, Error> {
    Ok(SealedRecord {
        row: array(row, 0)?,
        version: number(row, 1)?,
        expires: row.try_get::<_, Option<i64>>(2)?.map(Instant::from_millis),
        sealed: row.try_get(3)?,
    })
}

impl Postgres {
    async fn rows<T>(
        &self,
        query: &str,
        values: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> std::result::Result<T, Error>,
    ) -> Result<Vec<T>> {
        let client = self.client().await?;
        let statement = client.prepare_cached(query).await?;
        let rows = client.query(&statement, values).await?;
        Ok(rows.iter().map(read).collect::<std::result::Result<_, _>>()?)
    }

    async fn row<T>(
        &self,
        query: &str,
        values: &[&(dyn ToSql + Sync)],
        read: impl Fn(&Row) -> std::result::Result<T, Error>,
    ) -> Result<Option<T>> {
        Ok(self.rows(query, values, read).await?.pop())
    }

    pub(crate) async fn chain(&self) -> Result<Chain> {
        let found = self.row("SELECT number, position, hash FROM chain", &[], chain).await?;
        found.ok_or_else(|| crate::Error::Schema("the chain has no end; restore a backup".into()))
    }

    pub(crate) async fn latest(&self) -> Result<Instant> {
        let found = self.row(LATEST, &[], |row| instant(row, 0)).await?;
        Ok(found.unwrap_or(Instant::EPOCH))
    }

    /// The instant now, by the server's clock.
    pub(crate) async fn time(&self) -> Result<Instant> {
        let query = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let found = self.row(query, &[], |row| instant(row, 0)).await?;
        found.ok_or_else(|| crate::Error::Unavailable("it does not say what time it is".into()))
    }

    pub(crate) async fn stream(&self, stream: StreamId) -> Result<Option<StreamHead>> {
        let query = "SELECT version, key_id, key FROM stream WHERE id = $1";
        let read = |row: &Row| Ok(StreamHead { version: number(row, 0)?, key: wrapped(row, 1)? });
        self.row(query, &[&to_bytes(stream).as_slice()], read).await
    }

    pub(crate) async fn versions(&self, streams: &[StreamId]) -> Result<Vec<(StreamId, u64)>> {
        let query = "SELECT id, version FROM stream WHERE id = ANY($1)";
        let ids: Vec<Vec<u8>> = streams.iter().map(|stream| to_bytes(*stream).to_vec()).collect();
        self.rows(query, &[&ids], |row| Ok((stream_id(row, 0)?, number(row, 1)?))).await
    }

    pub(crate) async fn events(&self, stream: StreamId, after: u64, most: u32) -> Result<Vec<SealedEvent>> {
        let query = "
            SELECT version, position, at, sealed FROM event WHERE stream = $1 AND version > $2
            ORDER BY version LIMIT $3";
        let read = |row: &Row| {
            Ok(SealedEvent {
                version: number(row, 0)?,
                position: number(row, 1)?,
                at: instant(row, 2)?,
                sealed: row.try_get(3)?,
            })
        };
        let (stream, after, most) = (to_bytes(stream).to_vec(), after as i64, i64::from(most));
        let values: [&(dyn ToSql + Sync); 3] = [&stream, &after, &most];
        self.rows(query, &values, read).await
    }

    pub(crate) async fn list(
        &self,
        list: [u8; 16],
        from: ([u8; 24], bool),
        backwards: bool,
        most: u32,
    ) -> Result<Vec<SealedListRow>> {
        let query = if backwards {
            "SELECT stream, sort, sealed FROM list WHERE list = $1 AND sort < $2 ORDER BY sort DESC LIMIT $3"
        } else if from.1 {
            "SELECT stream, sort, sealed FROM list WHERE list = $1 AND sort >= $2 ORDER BY sort LIMIT $3"
        } else {
            "SELECT stream, sort, sealed FROM list WHERE list = $1 AND sort > $2 ORDER BY sort LIMIT $3"
        };
        let read = |row: &Row| {
            Ok(SealedListRow { stream: stream_id(row, 0)?, sort: array(row, 1)?, sealed: row.try_get(2)? })
        };
        let (list, from, most) = (list.as_slice(), from.0.as_slice(), i64::from(most));
        let values: [&(dyn ToSql + Sync); 3] = [&list, &from, &most];
        self.rows(query, &values, read).await
    }

    pub(crate) async fn record(&self, row: [u8; 32]) -> Result<Option<SealedRecord>> {
        let query = "SELECT row, version, expires, sealed FROM record WHERE row = $1";
        self.row(query, &[&row.as_slice()], sealed_record).await
    }

    pub(crate) async fn records_at(&self, rows: &[[u8; 32]]) -> Result<Vec<SealedRecord>> {
        let query = "SELECT row, version, expires, sealed FROM record WHERE row = ANY($1)";
        let rows: Vec<&[u8]> = rows.iter().map(|row| row.as_slice()).collect();
        self.rows(query, &[&rows], sealed_record).await
    }

    pub(crate) async fn records(
        &self,
        after: [u8; 32],
        last: [u8; 32],
        most: u32,
    ) -> Result<Vec<SealedRecord>> {
        let query = "
            SELECT row, version, expires, sealed FROM record WHERE row > $1 AND row <= $2
            ORDER BY row LIMIT $3";
        let (after, last, most) = (after.as_slice(), last.as_slice(), i64::from(most));
        let values: [&(dyn ToSql + Sync); 3] = [&after, &last, &most];
        self.rows(query, &values, sealed_record).await
    }

    pub(crate) async fn blob(&self, id: [u8; 16]) -> Result<Option<(StreamId, u32, Hash)>> {
        let query = "SELECT stream, parts, hash FROM blob WHERE id = $1";
        let read = |row: &Row| Ok((stream_id(row, 0)?, row.try_get::<_, i32>(1)? as u32, array(row, 2)?));
        self.row(query, &[&id.as_slice()], read).await
    }

    pub(crate) async fn blob_part(&self, id: [u8; 16], part: u32) -> Result<Option<Vec<u8>>> {
        let query = "SELECT sealed FROM blob_part WHERE blob = $1 AND part = $2";
        self.row(query, &[&id.as_slice(), &(part as i32)], |row| row.try_get(0)).await
    }

    pub(crate) async fn followed(&self, after: u64, most: u32) -> Result<Vec<Followed>> {
        let query = "
            SELECT position, stream, version, at FROM event WHERE position > $1 ORDER BY position LIMIT $2";
        let read = |row: &Row| {
            Ok(Followed {
                position: number(row, 0)?,
                stream: stream_id(row, 1)?,
                version: number(row, 2)?,
                at: instant(row, 3)?,
            })
        };
        self.rows(query, &[&(after as i64), &i64::from(most)], read).await
    }

    pub(crate) async fn wrapped_by(&self, by: u64, most: u32) -> Result<Vec<KeyRow>> {
        let query = "SELECT id, key_id, key FROM stream WHERE key_id = $1 LIMIT $2";
        let read = |row: &Row| Ok((stream_id(row, 0)?, wrapped(row, 1)?));
        let rows = self.rows(query, &[&(by as i64), &i64::from(most)], read).await?;
        Ok(rows.into_iter().filter_map(|(stream, key)| Some(KeyRow { stream, key: key? })).collect())
    }

    pub(crate) async fn setting(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.row("SELECT value FROM setting WHERE name = $1", &[&name], |row| row.try_get(0)).await
    }

    pub(crate) async fn stamp(&self, stream: StreamId, version: u64) -> Result<Option<Stamp>> {
        let query = "SELECT position, at, hash FROM event WHERE stream = $1 AND version = $2";
        let read =
            |row: &Row| Ok(Stamp { position: number(row, 0)?, at: row.try_get(1)?, hash: array(row, 2)? });
        self.row(query, &[&to_bytes(stream).as_slice(), &(version as i64)], read).await
    }

    pub(crate) async fn heads(
        &self,
        installation: [u8; 16],
        key: [u8; 32],
        after: u64,
        most: u32,
    ) -> Result<Vec<SignedHead>> {
        let query = "
            SELECT number, position, at, hash, signature FROM head WHERE number > $1 ORDER BY number LIMIT $2";
        let read = |row: &Row| {
            Ok(SignedHead {
                installation,
                number: number(row, 0)?,
                position: number(row, 1)?,
                at: row.try_get(2)?,
                hash: array(row, 3)?,
                key,
                signature: array(row, 4)?,
            })
        };
        self.rows(query, &[&(after as i64), &i64::from(most)], read).await
    }

    /// The rows of a stream in all lists, and its wake-ups.
    pub(crate) async fn beside(&self, stream: StreamId) -> Result<SealedBeside> {
        let id = to_bytes(stream).to_vec();
        let of: [&(dyn ToSql + Sync); 1] = [&id];
        let rows = "SELECT list, sort, sealed FROM list WHERE stream = $1";
        let rows = self.rows(rows, &of, |row| {
            Ok((array(row, 0)?, SealedListRow { stream, sort: array(row, 1)?, sealed: row.try_get(2)? }))
        });
        let rows = rows.await?;
        let wakes = "SELECT lane, id, due, sealed FROM work WHERE stream = $1 AND wake = 1";
        let wakes = self.rows(wakes, &of, |row| {
            let id = WorkId::from_bytes(array(row, 1)?);
            Ok((row.try_get(0)?, id, instant(row, 2)?, row.try_get(3)?))
        });
        Ok((rows, wakes.await?))
    }

    /// Entries after a number and up to another that name more than events.
    pub(crate) async fn extras(&self, after: u64, last: u64, most: u32) -> Result<Vec<(u64, Vec<u8>)>> {
        let query = "
            SELECT number, extras FROM entry WHERE number > $1 AND number <= $2 AND length(extras) > 0
            ORDER BY number LIMIT $3";
        let values: [&(dyn ToSql + Sync); 3] = [&(after as i64), &(last as i64), &i64::from(most)];
        self.rows(query, &values, |row| Ok((number(row, 0)?, row.try_get(1)?))).await
    }
}
