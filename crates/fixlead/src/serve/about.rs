//! What an installation is, for those who keep it running: what is set, where
//! everything is kept, its keys by their names. Never a secret.

use std::sync::Arc;

use fixlead_core::time::Instant;
use fixlead_store::Store;

use super::installation;
use super::verification::Verification;
use super::witnesses::Board;
use super::world;
use crate::configuration::values::Known;
use crate::configuration::{Settings, shown};

/// What an installation is.
pub struct About {
    /// Every key of the configuration: its path, what it is, what it does.
    pub configuration: Vec<(&'static str, String, &'static str)>,
    /// The file that was read.
    pub file: Option<String>,
    /// Where everything is kept.
    pub store: String,
    /// When this process began.
    pub started: Instant,
    /// The names of its installation keys, the one that seals what is new first.
    pub keys: Vec<String>,
    /// Its id and the public key of its log, as others name them to keep its heads.
    pub known: String,
    /// Checks of its log.
    pub verification: Arc<Verification>,
    /// Who else keeps the heads of its log.
    pub witnesses: Arc<Board>,
}

impl About {
    /// Of what is set and opened.
    pub fn of(settings: &Settings, store: &Store, witnesses: Arc<Board>) -> About {
        let known =
            fixlead_app::witness::Known { installation: store.installation(), key: store.public_key() };
        About {
            configuration: settings.keys.told(),
            file: settings.file.as_deref().map(shown),
            store: match &settings.database {
                Some(_) => "PostgreSQL".to_owned(),
                None => format!("SQLite, in {}", shown(&settings.keys.data)),
            },
            started: world::now(),
            keys: store.key_ids().iter().map(|id| format!("{id:016x}")).collect(),
            known: Known::written(&known),
            verification: Arc::new(Verification::of(installation::location(settings))),
            witnesses,
        }
    }
}
