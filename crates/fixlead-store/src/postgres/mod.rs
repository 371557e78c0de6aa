//! PostgreSQL: any number of processes on one database. Nothing here needs a
//! single writer: who appends locks the end of the chain for the length of a
//! commit, and work is taken with `SKIP LOCKED`.

mod append;
mod listen;
pub(crate) mod read;
pub(crate) mod write;
mod writer;

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::sync::watch;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{Error, Result};
use crate::world::Clock;

pub(crate) use writer::Writer;

/// The schema, step by step; `fixlead_schema` counts the steps taken.
const MIGRATIONS: &[&str] = &[include_str!("../../migrations/postgres/0001.sql")];

/// Most pooled connections of one process.
const MOST_CONNECTIONS: usize = 12;
/// How long anybody waits for a connection.
const PATIENCE: Duration = Duration::from_secs(20);

/// What every connection is told first. Nobody holds a lock for long, even
/// when the process behind it is gone; and what is committed is on the disk.
const SESSION: &str = "
    SET statement_timeout = '60s';
    SET lock_timeout = '20s';
    SET idle_in_transaction_session_timeout = '20s';
    SELECT set_config('synchronous_commit', 'on', false)
     WHERE current_setting('synchronous_commit') = 'off'";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS fixlead_schema (
        one smallint PRIMARY KEY CHECK (one = 1),
        taken integer NOT NULL
    );
    INSERT INTO fixlead_schema VALUES (1, 0) ON CONFLICT DO NOTHING";

/// A PostgreSQL database.
#[derive(Clone)]
pub(crate) struct Postgres {
    pub(crate) writer: Writer,
    pool: Pool,
    position: watch::Receiver<u64>,
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            // The detail is left out: it may hold values.
            Some(known) => Error::Unavailable(format!("{} ({})", known.message(), known.code().code())),
            None => Error::Unavailable(error.to_string()),
        }
    }
}

impl From<deadpool_postgres::PoolError> for Error {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            other => Error::Unavailable(other.to_string()),
        }
    }
}

impl Postgres {
    /// Connects, and makes the tables that are missing.
    pub(crate) async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        let config = config(url)?;
        let mut client = connect(&config).await?;
        migrate(&mut client).await?;
        let position: i64 = client.query_one("SELECT position FROM chain", &[]).await?.try_get(0)?;
        let (told, receiver) = watch::channel(position as u64);
        let told = Arc::new(told);
        listen::start(config.clone(), Arc::clone(&told));
        let writer = Writer::start(config.clone(), clock, told);
        Ok(Postgres { writer, pool: pool(config)?, position: receiver })
    }

    /// Is told the position of the last event after each commit.
    pub(crate) fn position(&self) -> watch::Receiver<u64> {
        self.position.clone()
    }

    /// A connection out of the pool.
    pub(crate) async fn client(&self) -> Result<Object> {
        Ok(self.pool.get().await?)
    }
}

/// A connection to a database that is there, past any store.
pub(crate) async fn connect_to(url: &str) -> Result<Client> {
    connect(&config(url)?).await
}

/// A connection to a database with the whole schema.
pub(crate) async fn connect_and_migrate(url: &str) -> Result<Client> {
    let mut client = connect_to(url).await?;
    migrate(&mut client).await?;
    Ok(client)
}

fn config(url: &str) -> Result<Config> {
    // The message of the parser may repeat the password.
    let mut config = Config::from_str(url).map_err(|_| {
        Error::Refused("the address of the database is not like postgres://user@host/name".into())
    })?;
    config.application_name("fixlead").connect_timeout(Duration::from_secs(10));
    Ok(config)
}

/// Connections to a database.
fn pool(config: Config) -> Result<Pool> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(MOST_CONNECTIONS)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
        }))
        .build()
        .map_err(|error| Error::Unavailable(error.to_string()))
}

/// A connection outside of the pool.
async fn connect(config: &Config) -> Result<Client> {
    let (client, connection) = config.connect(NoTls).await?;
    // It ends when the client is dropped; its error reaches whoever waits.
    tokio::spawn(connection);
    client.batch_execute(SESSION).await?;
    Ok(client)
}

/// Takes the steps that are missing. Several processes may try at once, and
/// two that create a table disturb each other.
async fn migrate(client: &mut Client) -> Result<()> {
    for _ in 0..4 {
        match migrate_once(client).await {
            Err(Error::Unavailable(_)) => drop(client.batch_execute("ROLLBACK").await),
            result => return result,
        }
    }
    migrate_once(client).await
}

async fn migrate_once(client: &mut Client) -> Result<()> {
    client.batch_execute(SCHEMA).await?;
    let transaction = client.transaction().await?;
    let taken = transaction.query_one("SELECT taken FROM fixlead_schema FOR UPDATE", &[]).await?;
    let taken = taken.try_get::<_, i32>(0)? as usize;
    if taken > MIGRATIONS.len() {
        return Err(Error::Schema(format!(
            "the database has schema {taken}, this program knows up to {}; use a newer fixlead",
            MIGRATIONS.len()
        )));
    }
    for (number, step) in (1_i32..).zip(MIGRATIONS).skip(taken) {
        transaction.batch_execute(step).await?;
        if number == 1 {
            let nothing = crate::log::hash::NOTHING;
            transaction.execute("INSERT INTO chain VALUES (1, 0, 0, $1)", &[&nothing.as_slice()]).await?;
        }
        transaction.execute("UPDATE fixlead_schema SET taken = $1", &[&number]).await?;
    }
    Ok(transaction.commit().await?)
}
