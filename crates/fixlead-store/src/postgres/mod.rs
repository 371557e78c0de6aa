//! PostgreSQL: any number of processes on one database. Nothing here needs a
//! single writer: who appends locks the end of the chain for the length of a
//! commit, and work is taken with `SKIP LOCKED`.

mod append;
mod listen;
pub(crate) mod read;
mod tls;
pub(crate) mod write;
mod writer;

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::sync::watch;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, Connection, Socket};

use crate::error::{Error, Result};
use crate::world::Clock;
use tls::{Asked, Tls};

pub(crate) use writer::Writer;

/// The schema, step by step; `fixlead_schema` counts the steps taken.
const MIGRATIONS: &[&str] =
    &[include_str!("../../migrations/postgres/0001.sql"), include_str!("../../migrations/postgres/0002.sql")];

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
        if let Some(why) = tls::explain(&error) {
            return Error::Refused(why);
        }
        match error.as_db_error() {
            // The detail is left out: it may hold values.
            Some(known) => Error::Unavailable(format!("{} ({})", known.message(), known.code().code())),
            // The cause is of the system or the protocol, and holds no values.
            None => Error::Unavailable(match std::error::Error::source(&error) {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            }),
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
        let server = Server::read(url)?;
        let mut client = server.client().await?;
        migrate(&mut client).await?;
        let position: i64 = client.query_one("SELECT position FROM chain", &[]).await?.try_get(0)?;
        let (told, receiver) = watch::channel(position as u64);
        let told = Arc::new(told);
        listen::start(server.clone(), Arc::clone(&told));
        let writer = Writer::start(server.clone(), clock, told);
        Ok(Postgres { writer, pool: server.pool()?, position: receiver })
    }

    /// Is told the position of the last event after each commit.
    pub(crate) fn position(&self) -> watch::Receiver<u64> {
        self.position.clone()
    }

    /// Finishes what was asked, closes every connection, and lets nothing more
    /// in.
    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.pool.close();
    }

    /// A connection out of the pool.
    pub(crate) async fn client(&self) -> Result<Object> {
        Ok(self.pool.get().await?)
    }
}

/// A connection to a database that is there, past any store.
pub(crate) async fn connect_to(url: &str) -> Result<Client> {
    Server::read(url)?.client().await
}

/// A connection to a database with the whole schema.
pub(crate) async fn connect_and_migrate(url: &str) -> Result<Client> {
    let mut client = connect_to(url).await?;
    migrate(&mut client).await?;
    Ok(client)
}

/// A server and how it is talked to.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tls: Tls,
}

impl Server {
    /// Reads the address of a database.
    ///
    /// # Errors
    /// What is wrong with it; never what stands in it.
    pub(crate) fn read(url: &str) -> Result<Self> {
        let (mut config, asked) = Self::split(url)?;
        let tls = Tls::new(&mut config, &asked)?;
        config.application_name("fixlead").connect_timeout(Duration::from_secs(10));
        Ok(Server { config, tls })
    }

    /// An address without what it asks of the connection's protection, which
    /// the driver knows by other words, and that.
    fn split(url: &str) -> Result<(Config, Asked)> {
        let (mut asked, mut plain) = (Asked::default(), url.to_owned());
        if let Some((address, query)) = url.split_once('?').filter(|_| url.contains("://")) {
            let mut kept = Vec::new();
            for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let place = match name {
                    tls::MODE => &mut asked.mode,
                    tls::AUTHORITIES => &mut asked.authorities,
                    "sslnegotiation" => {
                        kept.push(pair);
                        continue;
                    }
                    name if name.starts_with("ssl") => {
                        let known = "sslmode, sslrootcert and sslnegotiation are";
                        return Err(Error::Refused(format!(
                            "the address of the database has an option about TLS that is not known; {known}"
                        )));
                    }
                    _ => {
                        kept.push(pair);
                        continue;
                    }
                };
                let twice = || Error::Refused(format!("the address of the database says {name} twice"));
                let value = decoded(value)?;
                if place.replace(value).is_some() {
                    return Err(twice());
                }
            }
            plain = match kept.is_empty() {
                true => address.to_owned(),
                false => format!("{address}?{}", kept.join("&")),
            };
        }
        // The message of the parser may repeat the password.
        let config = Config::from_str(&plain).map_err(|_| unlike())?;
        if asked.mode.is_none() {
            // Without a URL the driver has read it.
            asked.mode = match config.get_ssl_mode() {
                SslMode::Disable => Some("disable".to_owned()),
                SslMode::Require => Some("require".to_owned()),
                _ => None,
            };
        }
        Ok((config, asked))
    }

    /// A connection, and the task that has to run for it.
    async fn connect(&self) -> std::result::Result<(Client, Wire), tokio_postgres::Error> {
        self.config.connect(self.tls.clone()).await
    }

    /// A connection outside of the pool.
    async fn client(&self) -> Result<Client> {
        let (client, connection) = self.connect().await?;
        // It ends when the client is dropped; its error reaches whoever waits.
        tokio::spawn(connection);
        client.batch_execute(SESSION).await?;
        Ok(client)
    }

    fn pool(self) -> Result<Pool> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        Pool::builder(Manager::from_config(self.config, self.tls, recycling))
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
}

/// What carries a connection's messages.
type Wire = Connection<Socket, tls::Protected<Socket>>;

fn unlike() -> Error {
    Error::Refused("the address of the database is not like postgres://user@host/name".into())
}

/// A value of an address without its percent signs.
fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next()), digit(rest.next()));
        let (high, low) = high.zip(low).ok_or_else(unlike)?;
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| unlike())
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
