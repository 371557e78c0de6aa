//! What a desk stands on: its key, its database, the time and chance that it is
//! given.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use fixlead_app::Desk;
use fixlead_app::case::retention::Retention;
use fixlead_app::providers::{Provider, Providers};
use fixlead_app::signin::session::Lengths;
use fixlead_core::time::Instant;
use fixlead_store::{Clock, Keyring, Location, Random, Readers, Store};

use super::clock::{self, WatchedClock};
use super::world;
use crate::api::health::{Checks, Readiness};
use crate::configuration::{Configuration, Environment, Settings, shown};

/// The name of the key among systemd's credentials.
const CREDENTIAL: &str = "fixlead-key";
/// How long the database may take to answer that it is well.
const PATIENCE: Duration = Duration::from_secs(2);

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        world::now()
    }
}

/// The system's source of randomness.
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        world::random(bytes);
    }
}

/// Where the installation key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// `FIXLEAD_KEY`
    Environment,
    /// A credential that systemd gave.
    Credential(PathBuf),
    /// The file of the configuration.
    File(PathBuf),
}

impl KeySource {
    /// The first that is there; the file if none is.
    pub fn find(settings: &Settings, environment: Environment<'_>) -> Self {
        if environment("FIXLEAD_KEY").is_some() {
            return KeySource::Environment;
        }
        let credential = environment("CREDENTIALS_DIRECTORY").map(|place| Path::new(&place).join(CREDENTIAL));
        match credential.filter(|path| path.is_file()) {
            Some(path) => KeySource::Credential(path),
            None => KeySource::File(settings.key_file()),
        }
    }

    /// Reads the key.
    ///
    /// # Errors
    /// What is wrong with it, and what to do; never the key.
    pub fn read(&self, environment: Environment<'_>) -> Result<Keyring, String> {
        let said = |error: fixlead_store::Error| error.to_string();
        match self {
            KeySource::Environment => {
                let text = environment("FIXLEAD_KEY").and_then(|text| text.into_string().ok());
                let text = text.ok_or("FIXLEAD_KEY is not UTF-8; it holds 32 bytes in base64")?;
                Keyring::parse(&text).map_err(|error| format!("FIXLEAD_KEY: {error}"))
            }
            KeySource::Credential(path) => Keyring::read(path, Readers::Credential).map_err(said),
            KeySource::File(path) => Keyring::read(path, Readers::Owner).map_err(said),
        }
    }
}

/// A store that was opened, and the key file if it was made for it.
pub struct Opened {
    /// The store.
    pub store: Store,
    /// The key file that was made.
    pub made_key: Option<PathBuf>,
}

/// Where the database is.
pub fn location(settings: &Settings) -> Location {
    match &settings.database {
        Some(url) => {
            let authorities = settings.keys.database_certificate_authorities.as_deref();
            Location::Postgres(authorities.map_or_else(|| url.expose().to_owned(), |path| url.trusting(path)))
        }
        None => Location::Directory(settings.keys.data.clone()),
    }
}

/// The file of the SQLite database.
pub fn database_file(settings: &Settings) -> PathBuf {
    settings.keys.data.join("fixlead.db")
}

/// Opens the database with its key. The first start makes both.
///
/// # Errors
/// What is wrong, and what to do.
pub async fn open(
    settings: &Settings,
    environment: Environment<'_>,
    clock: Arc<dyn Clock>,
) -> Result<Opened, String> {
    let source = KeySource::find(settings, environment);
    let mut made_key = None;
    let keyring = match &source {
        KeySource::File(path) if !path.exists() => {
            if settings.database.is_none() && database_file(settings).exists() {
                return Err(format!(
                    "{}: the installation key is missing, and there is a database that was sealed with it; restore \
                     the key from where you keep it",
                    shown(path)
                ));
            }
            made_key = Some(path.clone());
            Keyring::create(path, &SystemRandom).map_err(|error| error.to_string())?
        }
        source => source.read(environment)?,
    };
    match Store::open(location(settings), keyring, clock, Arc::new(SystemRandom)).await {
        Ok(store) => Ok(Opened { store, made_key }),
        Err(error) => {
            // A key that has sealed nothing must not be taken for the one that did.
            if let Some(path) = made_key
                && !database_file(settings).exists()
            {
                let _ = std::fs::remove_file(path);
            }
            Err(error.to_string())
        }
    }
}

/// The desk on a store; perhaps one in which anybody may be anybody.
///
/// # Errors
/// What the database said.
pub async fn desk(
    settings: &Settings,
    store: Store,
    clock: Arc<dyn Clock>,
    demonstration: bool,
) -> Result<Desk, String> {
    let lengths = Lengths { idle: settings.keys.session_idle.0, most: settings.keys.session_most.0 };
    let witnessed = settings.keys.witness_keep.iter().map(|known| known.0).collect();
    let keys = &settings.keys;
    let retention = Retention {
        closed_cases: keys.retention_closed_cases.map(|length| length.0),
        rejected_reports: keys.retention_rejected_reports.map(|length| length.0),
        announce: keys.retention_announce.0,
    };
    let webhooks_inside = !keys.webhook_allowed_networks.is_empty();
    let chosen = fixlead_app::Settings {
        lengths,
        webhooks_inside,
        cases_per_hour: usize::try_from(keys.limits_cases_per_hour.0).unwrap_or(usize::MAX),
        witnessed,
        retention,
        demonstration,
        ..fixlead_app::Settings::default()
    };
    let opened = Desk::open(store, clock, Arc::new(SystemRandom), chosen).await;
    opened.map_err(|problem| problem.to_string())
}

/// The providers of sign-in that are configured, with their secrets.
///
/// # Errors
/// Which is wrong, and what to do.
pub fn providers(keys: &Configuration) -> Result<Providers, String> {
    let mut all: Vec<Provider> = Vec::new();
    for set in &keys.sign_in_providers {
        if all.iter().any(|known| known.id == set.id || known.issuer == set.issuer) {
            return Err(format!(
                "`sign-in.providers`: two with the id `{}` or the issuer `{}`; each of both is given once",
                set.id, set.issuer
            ));
        }
        all.push(Provider {
            id: set.id.clone(),
            name: set.name.clone(),
            issuer: set.issuer.clone(),
            client: set.client.clone(),
            secret: set.secret_file.as_deref().map(crate::configuration::secret::read).transpose()?,
        });
    }
    Ok(Providers::new(all, Arc::new(super::fetch::HttpFetcher::new(keys)?)))
}

/// Whether the clock of this node fits to what its database knows of the time.
///
/// # Errors
/// What does not, and what to do.
pub async fn compare_clocks(store: &Store, clock: &dyn Clock) -> Result<(), String> {
    let said = |error: fixlead_store::Error| error.to_string();
    let (database, latest) =
        (store.database_time().await.map_err(said)?, store.latest().await.map_err(said)?);
    let here = clock.now();
    if let Some(database) = database {
        clock::agree(here, database)?;
    }
    // Wrong now, or wrong then: either way the desk works, and what it records
    // bears the later instant until the clock has caught up.
    if let Some(latest) = latest.filter(|latest| *latest - here > clock::MOST_APART) {
        tracing::warn!(target: "fixlead::clock", %latest, %here, "the log ends later than it is now; is the clock right?");
    }
    Ok(())
}

/// Whether a desk can work: its database answers, and its clock runs evenly.
pub struct DeskReadiness {
    /// Its store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<WatchedClock>,
}

impl Readiness for DeskReadiness {
    fn check(&self) -> Pin<Box<dyn Future<Output = Checks> + Send + '_>> {
        Box::pin(async {
            let answered = tokio::time::timeout(PATIENCE, self.store.head()).await;
            vec![("database", matches!(answered, Ok(Ok(_)))), ("clock", self.clock.jumped().is_none())]
        })
    }
}
