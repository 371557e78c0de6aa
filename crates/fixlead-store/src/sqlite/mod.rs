//! SQLite: one file, one thread that writes, readers on connections of their
//! own. Write-ahead log, `synchronous = FULL`: what was answered is on the disk.

pub(crate) mod read;
pub(crate) mod write;
mod writer;

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, watch};

use crate::error::{Error, Result};
use crate::files;
use crate::world::Clock;

pub(crate) use writer::Writer;

/// The file below the data directory.
pub(crate) const FILE: &str = "fixlead.db";

/// The schema, step by step; `PRAGMA user_version` counts the steps taken.
const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/sqlite/0001.sql"), include_str!("../../migrations/sqlite/0002.sql")];

/// Marks the file as Fixlead's (`PRAGMA application_id`): "FXLD".
const APPLICATION: i32 = 0x4658_4c44;

/// Most reading connections.
const READERS: usize = 4;

/// Statements that are kept prepared by each connection.
const STATEMENTS: usize = 64;

/// An SQLite database.
#[derive(Clone)]
pub(crate) struct Sqlite {
    path: Arc<Path>,
    pub(crate) writer: Writer,
    readers: Arc<Readers>,
    position: watch::Receiver<u64>,
}

struct Readers {
    idle: Mutex<Vec<Connection>>,
    free: Arc<Semaphore>,
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Error::Unavailable("the disk or the database is full".into()),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Error::Schema(format!("the database file is damaged ({error}); restore a backup"))
            }
            // What SQLite says names tables and codes, never values.
            _ => Error::Unavailable(error.to_string()),
        }
    }
}

impl Sqlite {
    /// Opens or makes the database below a data directory.
    pub(crate) fn open(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let path = make_file(directory)?;
        let connection = migrate_file(&path)?;
        // A process that was killed may have left commits in the write-ahead
        // log that it had not synced. They are read from now on, so they have
        // to last: a checkpoint syncs them first.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()))?;
        let position: i64 = connection.query_row("SELECT position FROM chain", (), |row| row.get(0))?;
        let (sender, receiver) = watch::channel(position as u64);
        let writer = Writer::start(path.clone(), connection, clock, sender)?;
        Ok(Sqlite { path: path.into(), writer, readers: Arc::new(Readers::new()), position: receiver })
    }

    /// Is told the position of the last event after each commit.
    pub(crate) fn position(&self) -> watch::Receiver<u64> {
        self.position.clone()
    }

    /// Finishes what was asked, closes every connection, and lets nothing more
    /// in.
    pub(crate) async fn close(&self) {
        // Whoever reads has one of these.
        if let Ok(all) = self.readers.free.acquire_many(READERS as u32).await {
            all.forget();
        }
        self.readers.free.close();
        self.readers.lock().clear();
        // The last connection empties the write-ahead log when it closes.
        self.writer.close().await;
    }

    /// Runs a query that looks at a few rows, on this thread: with write-ahead logging it
    /// waits for nobody who writes, and takes less time than to wake another thread.
    pub(crate) async fn look<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let _turn = Arc::clone(&self.readers.free).acquire_owned().await.map_err(closed)?;
        self.readers.run(&self.path, query)
    }

    /// Runs a query on a reading connection, away from the async threads.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let readers = Arc::clone(&self.readers);
        let path = Arc::clone(&self.path);
        let turn = Arc::clone(&readers.free).acquire_owned().await.map_err(closed)?;
        tokio::task::spawn_blocking(move || {
            // Whoever asked may be gone before this ends.
            let _turn = turn;
            readers.run(&path, query)
        })
        .await
        .map_err(|_| Error::Unavailable("a query was broken off".into()))?
    }
}

fn closed(_: tokio::sync::AcquireError) -> Error {
    Error::Unavailable("the store was closed".into())
}

impl Readers {
    fn new() -> Self {
        Readers { idle: Mutex::new(Vec::new()), free: Arc::new(Semaphore::new(READERS)) }
    }

    /// Runs a query on an idle connection, or a new one; for whoever has a turn.
    fn run<T>(&self, path: &Path, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(path)?,
        };
        let result = query(&connection);
        // A connection that failed is not used again.
        if result.is_ok() || connection.is_autocommit() {
            self.lock().push(connection);
        }
        result
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the directory and an empty database file that only their owner can
/// read, unless they are there.
pub(crate) fn make_file(directory: &Path) -> Result<PathBuf> {
    files::make_directory(directory)?;
    let path = directory.join(FILE);
    // SQLite gives its other files the mode of this one.
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| Error::file(&path, error))?;
    Ok(path)
}

/// A connection that may write.
fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    prepare_once(&connection)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -16384;
         PRAGMA wal_autocheckpoint = 8000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    #[cfg(feature = "test-hooks")]
    crate::hooks::apply(&connection)?;
    Ok(connection)
}

/// Statements are kept, and their plans hold for every value: otherwise SQLite
/// prepares those with a range or a bound anew whenever a value changes.
fn prepare_once(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// A connection that only reads.
pub(crate) fn open_reader(path: &Path) -> Result<Connection> {
    if !path.exists() {
        return Err(Error::file(path, "there is no database"));
    }
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    prepare_once(&connection)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection
        .execute_batch("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -8192;")?;
    Ok(connection)
}

/// Opens a file to write it, with the whole schema.
pub(crate) fn migrate_file(path: &Path) -> Result<Connection> {
    let mut connection = connect(path)?;
    migrate(&mut connection, MIGRATIONS)?;
    Ok(connection)
}

/// Takes the steps that are missing, each in one transaction.
fn migrate(connection: &mut Connection, steps: &[&str]) -> Result<()> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let taken: usize =
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? as usize;
    if application != APPLICATION && (application != 0 || taken != 0) {
        return Err(Error::Schema("the file is a database of another program".into()));
    }
    if taken > steps.len() {
        return Err(Error::Schema(format!(
            "the database has schema {taken}, this program knows up to {}; use a newer fixlead",
            steps.len()
        )));
    }
    for (number, step) in steps.iter().enumerate().skip(taken) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive)?;
        let now: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now as usize > number {
            // Another process was faster.
            continue;
        }
        transaction.execute_batch(step)?;
        if number == 0 {
            transaction.execute("INSERT INTO chain VALUES (1, 0, 0, ?1)", [crate::log::hash::NOTHING])?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", number as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Writes a copy of one moment into an empty file, while others write.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let connection = Connection::open_with_flags(
        from,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    let to = to.to_str().ok_or_else(|| Error::file(to, "the path is not UTF-8"))?;
    connection.execute("VACUUM INTO ?1", [to])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::{migrate_file, open_reader};

    #[test]
    fn no_statement_is_prepared_anew_for_another_parameter() {
        let place = std::env::temp_dir().join(format!("fixlead-prepared-{}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        let path = super::make_file(&place).unwrap();
        drop(migrate_file(&path).unwrap());
        let reader = open_reader(&path).unwrap();
        for sql in [
            "SELECT stream, sort, sealed FROM list WHERE list = ?1 AND sort > ?2 ORDER BY sort LIMIT ?3",
            "SELECT row, version FROM record WHERE row > ?1 AND row <= ?2 ORDER BY row LIMIT ?3",
            "SELECT version, sealed FROM event WHERE stream = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
        ] {
            let mut statement = reader.prepare(sql).unwrap();
            for number in 1..4_i64 {
                for place in 1..=statement.parameter_count() {
                    statement.raw_bind_parameter(place, number).unwrap();
                }
                let mut rows = statement.raw_query();
                while rows.next().unwrap().is_some() {}
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
        }
        std::fs::remove_dir_all(&place).unwrap();
    }
}
