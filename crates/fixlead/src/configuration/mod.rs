//! How a desk is set up: one TOML file, a few flags over it, and secrets that
//! come from files or the environment.
//!
//! [`keys`] is the one list of everything that can be set. The reader, the
//! defaults, `docs/configuration.md` and its JSON Schema are made from it.
//! Nothing here opens a database or a socket, and no message repeats a secret.

pub mod document;
pub mod keys;
pub mod read;
pub mod secret;
pub mod values;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use fixlead_core::text::short;

pub use keys::Configuration;
use secret::DatabaseUrl;
use values::Origin;

/// What can be said on the command line. A flag is worth more than the file.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Read this file; otherwise fixlead.toml in the data directory, if it is there.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Keep everything in this directory [default: ./fixlead-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Listen on this address and port [default: 127.0.0.1:8470].
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Use this PostgreSQL database; a password in it is seen by whoever lists
    /// processes, so better name a file in the configuration.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// How people reach the desk, like `https://desk.example.org`.
    #[arg(long, value_name = "URL", value_parser = Origin::parse)]
    pub public_url: Option<Origin>,
}

/// The environment, so that a test can bring its own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The environment of this process.
pub fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Everything that was set, and where it was read.
pub struct Settings {
    /// The keys.
    pub keys: Configuration,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// The PostgreSQL database, unless everything is in the data directory.
    pub database: Option<DatabaseUrl>,
}

impl Settings {
    /// Where the installation key lies: outside the data directory, so that a
    /// copy of the one is not a copy of the other.
    pub fn key_file(&self) -> PathBuf {
        self.keys.key_file.clone().unwrap_or_else(|| {
            let mut name = self.keys.data.file_name().unwrap_or_else(|| "fixlead".as_ref()).to_owned();
            name.push(".key");
            self.keys.data.with_file_name(name)
        })
    }

    /// How people reach the desk.
    pub fn public_url(&self) -> Origin {
        self.keys.public_url.clone().unwrap_or_else(|| Origin::of_address(self.keys.listen))
    }
}

/// Reads the file, and lays the flags over it.
///
/// # Errors
/// One message with file, line, column and remedy.
pub fn load(flags: &Flags, environment: Environment<'_>) -> Result<Settings, String> {
    let mut keys = Configuration::default();
    let data = flags.data.clone().unwrap_or_else(|| keys.data.clone());
    let inside = data.join("fixlead.toml");
    let file = flags.config.clone().or_else(|| inside.is_file().then(|| inside.clone()));
    if let Some(path) = &file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("{}: cannot be read: {error}; name another file with --config", shown(path))
        })?;
        let base = path.parent().unwrap_or(Path::new(""));
        let set = read::read(&text, base, &mut keys).map_err(|fault| fault.about(&shown(path)))?;
        if flags.config.is_none() && set.contains(&"data") {
            return Err(format!(
                "{}: it was found in the data directory, and names another one; take `data` out of it, or \
                 name the file with --config",
                shown(path)
            ));
        }
    }
    if flags.data.is_some() || file.is_none() {
        keys.data = data;
    }
    if let Some(listen) = flags.listen {
        keys.listen = listen;
    }
    if let Some(url) = &flags.public_url {
        keys.public_url = Some(url.clone());
    }
    let database = DatabaseUrl::find(flags, &keys, environment)?;
    Ok(Settings { keys, file, database })
}

/// A path as messages show it.
pub fn shown(path: &Path) -> String {
    short(&path.display().to_string(), 200)
}

#[cfg(test)]
mod tests;
