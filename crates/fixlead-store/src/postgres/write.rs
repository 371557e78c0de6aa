//! The writes that do not append, each in a transaction of its own.

use fixlead_core::id::{StreamId, WorkId};
use fixlead_core::time::{Instant, Span};

use super::Postgres;
use super::append::{CHAIN, ENTRY, LATEST, LOCK};
use super::read::{array, chain, instant, stream_id, wrapped};
use crate::append::Lease;
use crate::batch::entry_without_events;
use crate::error::Result;
use crate::log::SignedHead;
use crate::log::hash::Extra;
use crate::rows::{KeyRow, SealedWork};
use crate::store::setting;
use crate::stream::to_bytes;

/// Takes work that is ready; what somebody else is just taking is passed over.
const CLAIM: &str = "
    WITH ready AS (
        SELECT id FROM work WHERE lane = $1 AND ready <= $2
        ORDER BY ready LIMIT $3 FOR UPDATE SKIP LOCKED
    ), numbered AS (
        SELECT id, row_number() OVER () AS number FROM ready
    )
    UPDATE work SET ready = $4, attempts = attempts + 1, lease = ($5::bytea[])[number]
    FROM numbered, stream WHERE work.id = numbered.id AND stream.id = work.stream
    RETURNING work.id, work.stream, work.due, work.attempts, work.sealed, work.lease, stream.key_id, stream.key";

impl Postgres {
    pub(crate) async fn claim(
        &self,
        lane: i16,
        now: Instant,
        lease: Span,
        tokens: Vec<[u8; 16]>,
    ) -> Result<Vec<SealedWork>> {
        let client = self.client().await?;
        let statement = client.prepare_cached(CLAIM).await?;
        let most = tokens.len() as i64;
        let tokens: Vec<&[u8]> = tokens.iter().map(<[u8; 16]>::as_slice).collect();
        let until = (now + lease).millis();
        let rows = client.query(&statement, &[&lane, &now.millis(), &most, &until, &tokens]).await?;
        let mut work = Vec::with_capacity(rows.len());
        for row in &rows {
            work.push(SealedWork {
                id: WorkId::from_bytes(array(row, 0)?),
                stream: stream_id(row, 1)?,
                due: instant(row, 2)?,
                attempts: row.try_get::<_, i64>(3)? as u32,
                sealed: row.try_get(4)?,
                token: array(row, 5)?,
                key: wrapped(row, 6)?,
            });
        }
        Ok(work)
    }

    pub(crate) async fn release(&self, lease: Lease, again: Option<Instant>) -> Result<bool> {
        let release = "UPDATE work SET ready = $3, lease = NULL WHERE id = $1 AND lease = $2";
        let (id, token) = (lease.work.bytes(), lease.token);
        let again = again.map(Instant::millis);
        let changed =
            self.client().await?.execute(release, &[&id.as_slice(), &token.as_slice(), &again]).await?;
        Ok(changed == 1)
    }

    /// Destroys the key of a stream and what can be deleted; says in the chain
    /// that it was done. Whether there was anything to erase.
    pub(crate) async fn erase(&self, stream: StreamId, at: Instant, copies: &[u8]) -> Result<bool> {
        let id = to_bytes(stream).to_vec();
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        let before = chain(&transaction.query_one(LOCK, &[]).await?)?;
        let erase = "UPDATE stream SET key = NULL, key_id = NULL WHERE id = $1 AND key IS NOT NULL";
        if transaction.execute(erase, &[&id]).await? == 0 {
            return Ok(false);
        }
        for delete in [
            "DELETE FROM blob_part WHERE blob IN (SELECT id FROM blob WHERE stream = $1)",
            "DELETE FROM blob WHERE stream = $1",
            "DELETE FROM list WHERE stream = $1",
            "DELETE FROM work WHERE stream = $1",
        ] {
            transaction.execute(delete, &[&id]).await?;
        }
        let at = at.max(instant(&transaction.query_one(LATEST, &[]).await?, 0)?);
        let replace = "UPDATE setting SET value = $1 WHERE name = $2";
        transaction.execute(replace, &[&copies, &setting::COPIES]).await?;
        let row = entry_without_events(before, at, &Extra::Erased { stream });
        let (number, position, at) = (row.number as i64, row.position as i64, at.millis());
        let (previous, hash) = (before.hash.as_slice(), row.hash.as_slice());
        transaction.execute(ENTRY, &[&number, &at, &position, &previous, &row.extras, &hash]).await?;
        transaction.execute(CHAIN, &[&number, &position, &hash]).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Frees the space of what was deleted, so that it is written over.
    pub(crate) async fn vacuum(&self) -> Result<()> {
        let vacuum = "VACUUM stream; VACUUM setting; VACUUM blob_part; VACUUM list; VACUUM work";
        // Each has to be a statement of its own, outside of any transaction.
        let client = self.client().await?;
        for statement in vacuum.split("; ") {
            client.batch_execute(statement).await?;
        }
        Ok(())
    }

    pub(crate) async fn put_head(&self, head: SignedHead) -> Result<()> {
        let insert = "
            INSERT INTO head (number, position, at, hash, signature) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (number) DO UPDATE SET at = excluded.at, signature = excluded.signature";
        let (number, position) = (head.number as i64, head.position as i64);
        let (hash, signature) = (head.hash.as_slice(), head.signature.as_slice());
        let client = self.client().await?;
        client.execute(insert, &[&number, &position, &head.at, &hash, &signature]).await?;
        Ok(())
    }

    pub(crate) async fn rewrap(&self, keys: Vec<KeyRow>, old: u64) -> Result<()> {
        let update = "
            UPDATE stream SET key = new.key, key_id = new.key_id
            FROM unnest($1::bytea[], $2::bytea[], $3::bigint[]) AS new (id, key, key_id)
            WHERE stream.id = new.id AND stream.key_id = $4";
        let ids: Vec<Vec<u8>> = keys.iter().map(|row| to_bytes(row.stream).to_vec()).collect();
        let sealed: Vec<&[u8]> = keys.iter().map(|row| row.key.sealed.as_slice()).collect();
        let by: Vec<i64> = keys.iter().map(|row| row.key.by as i64).collect();
        self.client().await?.execute(update, &[&ids, &sealed, &by, &(old as i64)]).await?;
        Ok(())
    }

    pub(crate) async fn set(&self, name: &str, value: Vec<u8>) -> Result<()> {
        let insert = "
            INSERT INTO setting (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.client().await?.execute(insert, &[&name, &value]).await?;
        Ok(())
    }

    pub(crate) async fn set_new(&self, settings: Vec<(&'static str, Vec<u8>)>) -> Result<()> {
        let mut client = self.client().await?;
        let transaction = client.transaction().await?;
        transaction.query_one(LOCK, &[]).await?;
        if transaction.query("SELECT name FROM setting LIMIT 1", &[]).await?.is_empty() {
            for (name, value) in &settings {
                transaction.execute("INSERT INTO setting VALUES ($1, $2)", &[name, value]).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    pub(crate) async fn sweep(&self, now: Instant, most: u32) -> Result<usize> {
        let delete = "
            DELETE FROM record WHERE row IN (SELECT row FROM record WHERE expires <= $1 LIMIT $2)";
        let deleted = self.client().await?.execute(delete, &[&now.millis(), &i64::from(most)]).await?;
        Ok(deleted as usize)
    }

    /// Rows and work of streams that do not exist or were erased: how many, and
    /// whether they go.
    pub(crate) async fn strays(&self, drop: bool) -> Result<u64> {
        let client = self.client().await?;
        let mut found = 0;
        for table in ["list", "work"] {
            let of = "WHERE stream NOT IN (SELECT id FROM stream WHERE key IS NOT NULL)";
            found += if drop {
                client.execute(&format!("DELETE FROM {table} {of}"), &[]).await?
            } else {
                let count = client.query_one(&format!("SELECT count(*) FROM {table} {of}"), &[]).await?;
                count.try_get::<_, i64>(0)? as u64
            };
        }
        Ok(found)
    }
}
