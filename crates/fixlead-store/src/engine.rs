//! One of the two databases. What happens here is only the choice; the
//! statements are in `sqlite` and `postgres`.

use fixlead_core::id::StreamId;
use fixlead_core::time::{Instant, Span};
use tokio::sync::watch;

use crate::append::Lease;
use crate::batch::{Chain, Prepared, Verdict};
use crate::error::Result;
use crate::log::SignedHead;
use crate::log::hash::Hash;
use crate::log::timestamp::Stamp;
use crate::postgres::Postgres;
use crate::rebuild::SealedBeside;
use crate::rows::{Followed, KeyRow, SealedEvent, SealedListRow, SealedRecord, SealedWork, StreamHead};
use crate::sqlite::{Sqlite, read, write};

/// As many rows are read on the thread that asks.
const FEW: u32 = 256;

/// Where the rows lie.
#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Engine {
    pub(crate) fn position(&self) -> watch::Receiver<u64> {
        match self {
            Engine::Sqlite(database) => database.position(),
            Engine::Postgres(database) => database.position(),
        }
    }

    pub(crate) async fn commit(&self, append: Prepared) -> Result<Verdict> {
        match self {
            Engine::Sqlite(database) => database.writer.append(Box::new(append)).await,
            Engine::Postgres(database) => database.writer.append(Box::new(append)).await,
        }
    }

    pub(crate) async fn stream(&self, stream: StreamId) -> Result<Option<StreamHead>> {
        match self {
            Engine::Sqlite(database) => database.look(move |c| read::stream(c, stream)).await,
            Engine::Postgres(database) => database.stream(stream).await,
        }
    }

    /// The versions of those of these streams that there are, in no order.
    pub(crate) async fn versions(&self, streams: Vec<StreamId>) -> Result<Vec<(StreamId, u64)>> {
        match self {
            Engine::Sqlite(database) => {
                let few = streams.len() <= FEW as usize;
                let query = move |c: &rusqlite::Connection| read::versions(c, &streams);
                if few { database.look(query).await } else { database.read(query).await }
            }
            Engine::Postgres(database) => database.versions(&streams).await,
        }
    }

    /// A stream and its events after a version, both of one moment.
    pub(crate) async fn load(
        &self,
        stream: StreamId,
        after: u64,
        most: u32,
    ) -> Result<Option<(StreamHead, Vec<SealedEvent>)>> {
        match self {
            Engine::Sqlite(database) => {
                let all = move |c: &rusqlite::Connection| {
                    let moment = c.unchecked_transaction()?;
                    let Some(head) = read::stream(&moment, stream)? else { return Ok(None) };
                    let events = read::events(&moment, stream, after, most)?;
                    moment.finish()?;
                    Ok(Some((head, events)))
                };
                let many = |head: &StreamHead| head.version.saturating_sub(after) > u64::from(FEW.min(most));
                match database.look(move |c| read::stream(c, stream)).await? {
                    None => Ok(None),
                    Some(head) if head.version <= after => Ok(Some((head, Vec::new()))),
                    Some(head) if many(&head) => database.read(all).await,
                    Some(_) => database.look(all).await,
                }
            }
            Engine::Postgres(database) => {
                let Some(head) = database.stream(stream).await? else { return Ok(None) };
                Ok(Some((head, database.events(stream, after, most).await?)))
            }
        }
    }

    pub(crate) async fn list(
        &self,
        list: [u8; 16],
        from: ([u8; 24], bool),
        backwards: bool,
        most: u32,
    ) -> Result<Vec<SealedListRow>> {
        match self {
            Engine::Sqlite(database) => {
                let query = move |c: &rusqlite::Connection| read::list(c, list, from, backwards, most);
                if most <= FEW { database.look(query).await } else { database.read(query).await }
            }
            Engine::Postgres(database) => database.list(list, from, backwards, most).await,
        }
    }

    pub(crate) async fn record(&self, row: [u8; 32]) -> Result<Option<SealedRecord>> {
        match self {
            Engine::Sqlite(database) => database.look(move |c| read::record(c, row)).await,
            Engine::Postgres(database) => database.record(row).await,
        }
    }

    /// Those of these records that there are, in no order.
    pub(crate) async fn records_at(&self, rows: Vec<[u8; 32]>) -> Result<Vec<SealedRecord>> {
        match self {
            Engine::Sqlite(database) => {
                let few = rows.len() <= FEW as usize;
                let query = move |c: &rusqlite::Connection| read::records_at(c, &rows);
                if few { database.look(query).await } else { database.read(query).await }
            }
            Engine::Postgres(database) => database.records_at(&rows).await,
        }
    }

    pub(crate) async fn records(
        &self,
        after: [u8; 32],
        last: [u8; 32],
        most: u32,
    ) -> Result<Vec<SealedRecord>> {
        match self {
            Engine::Sqlite(database) => {
                let query = move |c: &rusqlite::Connection| read::records(c, after, last, most);
                if most <= FEW { database.look(query).await } else { database.read(query).await }
            }
            Engine::Postgres(database) => database.records(after, last, most).await,
        }
    }

    pub(crate) async fn claim(
        &self,
        lane: i16,
        now: Instant,
        lease: Span,
        tokens: Vec<[u8; 16]>,
    ) -> Result<Vec<SealedWork>> {
        match self {
            Engine::Sqlite(database) => {
                database.writer.task(move |c| write::claim(c, lane, now, lease, &tokens)).await
            }
            Engine::Postgres(database) => database.claim(lane, now, lease, tokens).await,
        }
    }

    pub(crate) async fn release(&self, lease: Lease, again: Option<Instant>) -> Result<bool> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::release(c, &lease, again)).await,
            Engine::Postgres(database) => database.release(lease, again).await,
        }
    }

    pub(crate) async fn blob(&self, id: [u8; 16]) -> Result<Option<(StreamId, u32, Hash)>> {
        match self {
            Engine::Sqlite(database) => database.look(move |c| read::blob(c, id)).await,
            Engine::Postgres(database) => database.blob(id).await,
        }
    }

    pub(crate) async fn blob_part(&self, id: [u8; 16], part: u32) -> Result<Option<Vec<u8>>> {
        match self {
            Engine::Sqlite(database) => database.read(move |c| read::blob_part(c, id, part)).await,
            Engine::Postgres(database) => database.blob_part(id, part).await,
        }
    }

    pub(crate) async fn followed(&self, after: u64, most: u32) -> Result<Vec<Followed>> {
        match self {
            Engine::Sqlite(database) => database.read(move |c| read::followed(c, after, most)).await,
            Engine::Postgres(database) => database.followed(after, most).await,
        }
    }

    /// `copies` takes the place of the secret of copies.
    pub(crate) async fn erase(&self, stream: StreamId, at: Instant, copies: Vec<u8>) -> Result<bool> {
        match self {
            Engine::Sqlite(database) => {
                let erased = database.writer.task(move |c| write::erase(c, stream, at, &copies)).await?;
                if erased {
                    // The old page is still in the write-ahead log.
                    self.settle().await?;
                }
                Ok(erased)
            }
            Engine::Postgres(database) => {
                let erased = database.erase(stream, at, &copies).await?;
                if erased {
                    self.settle().await?;
                }
                Ok(erased)
            }
        }
    }

    /// Leaves nothing of what was overwritten.
    pub(crate) async fn settle(&self) -> Result<()> {
        match self {
            Engine::Sqlite(database) => database.writer.alone(checkpoint).await,
            Engine::Postgres(database) => database.vacuum().await,
        }
    }

    /// Whether the database answers and, as far as it can tell, is whole.
    pub(crate) async fn check(&self) -> Result<()> {
        match self {
            Engine::Sqlite(database) => {
                let found: String = database
                    .read(|c| Ok(c.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0))?))
                    .await?;
                if found == "ok" {
                    return Ok(());
                }
                Err(crate::Error::Schema(format!("the database file is damaged ({found}); restore a backup")))
            }
            // PostgreSQL checks its pages when it reads them.
            Engine::Postgres(database) => database.chain().await.map(drop),
        }
    }

    pub(crate) async fn limit_pages(&self, pages: u32) -> Result<()> {
        match self {
            Engine::Sqlite(database) => {
                let limit =
                    move |c: &rusqlite::Connection| Ok(c.pragma_update(None, "max_page_count", pages)?);
                database.writer.alone(limit).await
            }
            Engine::Postgres(_) => Err(crate::Error::Refused("PostgreSQL has no limit of pages".into())),
        }
    }

    pub(crate) async fn chain(&self) -> Result<Chain> {
        match self {
            Engine::Sqlite(database) => database.look(|c| Ok(read::chain(c)?)).await,
            Engine::Postgres(database) => database.chain().await,
        }
    }

    /// When the last entry of the chain was written; long ago when there is
    /// none.
    pub(crate) async fn latest(&self) -> Result<Instant> {
        match self {
            Engine::Sqlite(database) => database.look(|c| Ok(read::latest(c)?)).await,
            Engine::Postgres(database) => database.latest().await,
        }
    }

    /// What time it is where the database is, if that has a clock of its own.
    pub(crate) async fn time(&self) -> Result<Option<Instant>> {
        match self {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(database) => database.time().await.map(Some),
        }
    }

    /// Finishes what was asked, and lets nothing more in.
    pub(crate) async fn close(&self) {
        match self {
            Engine::Sqlite(database) => database.close().await,
            Engine::Postgres(database) => database.close().await,
        }
    }

    pub(crate) async fn put_head(&self, head: SignedHead) -> Result<()> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::head(c, &head)).await,
            Engine::Postgres(database) => database.put_head(head).await,
        }
    }

    pub(crate) async fn heads(
        &self,
        installation: [u8; 16],
        key: [u8; 32],
        after: u64,
        most: u32,
    ) -> Result<Vec<SignedHead>> {
        match self {
            Engine::Sqlite(database) => {
                database.read(move |c| read::heads(c, installation, key, after, most)).await
            }
            Engine::Postgres(database) => database.heads(installation, key, after, most).await,
        }
    }

    /// Where an event stands.
    pub(crate) async fn stamp(&self, stream: StreamId, version: u64) -> Result<Option<Stamp>> {
        match self {
            Engine::Sqlite(database) => database.look(move |c| read::stamp(c, stream, version)).await,
            Engine::Postgres(database) => database.stamp(stream, version).await,
        }
    }

    pub(crate) async fn wrapped_by(&self, by: u64, most: u32) -> Result<Vec<KeyRow>> {
        match self {
            Engine::Sqlite(database) => database.read(move |c| read::wrapped_by(c, by, most)).await,
            Engine::Postgres(database) => database.wrapped_by(by, most).await,
        }
    }

    pub(crate) async fn rewrap(&self, keys: Vec<KeyRow>, old: u64) -> Result<()> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::rewrap(c, &keys, old)).await,
            Engine::Postgres(database) => database.rewrap(keys, old).await,
        }
    }

    pub(crate) async fn setting(&self, name: &'static str) -> Result<Option<Vec<u8>>> {
        match self {
            Engine::Sqlite(database) => database.look(move |c| read::setting(c, name)).await,
            Engine::Postgres(database) => database.setting(name).await,
        }
    }

    pub(crate) async fn set(&self, name: &'static str, value: Vec<u8>) -> Result<()> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::set(c, name, &value)).await,
            Engine::Postgres(database) => database.set(name, value).await,
        }
    }

    /// All of these settings, unless there are some already.
    pub(crate) async fn set_new(&self, settings: Vec<(&'static str, Vec<u8>)>) -> Result<()> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::set_new(c, &settings)).await,
            Engine::Postgres(database) => database.set_new(settings).await,
        }
    }

    pub(crate) async fn sweep(&self, now: Instant, most: u32) -> Result<usize> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::sweep(c, now, most)).await,
            Engine::Postgres(database) => database.sweep(now, most).await,
        }
    }

    /// The rows of a stream in all lists, and its wake-ups.
    pub(crate) async fn beside(&self, stream: StreamId) -> Result<SealedBeside> {
        match self {
            Engine::Sqlite(database) => database.read(move |c| read::beside(c, stream)).await,
            Engine::Postgres(database) => database.beside(stream).await,
        }
    }

    /// Rows and work of streams that do not exist or were erased.
    pub(crate) async fn strays(&self, drop: bool) -> Result<u64> {
        match self {
            Engine::Sqlite(database) => database.writer.task(move |c| write::strays(c, drop)).await,
            Engine::Postgres(database) => database.strays(drop).await,
        }
    }

    /// Entries after a number and up to another that name more than events.
    pub(crate) async fn extras(&self, after: u64, last: u64, most: u32) -> Result<Vec<(u64, Vec<u8>)>> {
        match self {
            Engine::Sqlite(database) => database.read(move |c| read::extras(c, after, last, most)).await,
            Engine::Postgres(database) => database.extras(after, last, most).await,
        }
    }
}

/// Moves the write-ahead log into the database, so that nothing old is left.
fn checkpoint(connection: &rusqlite::Connection) -> Result<()> {
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
    if busy != 0 {
        return Err(crate::error::Error::Unavailable(
            "it is done, but a reader kept the write-ahead log from being emptied".into(),
        ));
    }
    Ok(())
}
