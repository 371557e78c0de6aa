//! The installation's key. It lies outside the database: in a file that only
//! its owner can read, in a systemd credential, or in the environment.
//!
//! Its text is base64, one key a line. The first seals; the others only open,
//! until everything has been wrapped anew.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use super::Secret;
use crate::error::{Error, Result};
use crate::world::Random;

/// Most keys that a keyring holds.
const MOST_KEYS: usize = 16;

/// The key that wraps, and older ones that still open.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<(u64, Secret)>,
}

/// Who may be able to read a key file besides its owner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Nobody.
    Owner,
    /// The group too, when the owner is root: systemd gives credentials to a
    /// service this way.
    Credential,
}

impl Keyring {
    /// With one key and no older ones.
    pub fn new(key: Secret) -> Self {
        Keyring { keys: vec![(identify(&key), key)] }
    }

    /// With a newer key in front: it wraps from now on.
    #[must_use]
    pub fn with_newer(mut self, key: Secret) -> Self {
        self.keys.insert(0, (identify(&key), key));
        self
    }

    /// Reads the text form: base64, one key a line, the current one first.
    pub fn parse(text: &str) -> Result<Self> {
        let unfit = || {
            Error::Key(
                "the installation key is not 32 bytes in base64; restore it from where you keep it".into(),
            )
        };
        let mut keys = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let bytes = Zeroizing::new(STANDARD.decode(line).map_err(|_| unfit())?);
            let mut key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| unfit())?;
            let secret = Secret::from_bytes(key);
            key.zeroize();
            if secret.expose() == &[0; 32] {
                return Err(Error::Key("the installation key is all zeros; make a new one".into()));
            }
            keys.push((identify(&secret), secret));
        }
        match keys.len() {
            0 => Err(unfit()),
            1..=MOST_KEYS => Ok(Keyring { keys }),
            many => Err(Error::Key(format!("the keyring holds {many} keys, at most {MOST_KEYS} are read"))),
        }
    }

    /// Reads a key file, after it has made sure that nobody else can.
    pub fn read(path: &Path, readers: Readers) -> Result<Self> {
        let about = fs::metadata(path).map_err(|error| Error::file(path, error))?;
        let others = if readers == Readers::Credential && about.uid() == 0 { 0o037 } else { 0o077 };
        if about.mode() & others != 0 {
            return Err(Error::Key(format!(
                "{}: the key file can be read by others (mode {:04o}); run `chmod 600` on it",
                path.display(),
                about.mode() & 0o7777
            )));
        }
        // What the process itself is made of belongs to whoever runs it.
        if let Ok(own) = fs::metadata("/proc/self")
            && about.uid() != own.uid()
            && about.uid() != 0
        {
            return Err(Error::Key(format!(
                "{}: the key file belongs to user {}, not to the user that runs this ({})",
                path.display(),
                about.uid(),
                own.uid()
            )));
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| Error::file(path, error))?);
        Self::parse(&text)
    }

    /// Makes a new key in a new file that only its owner can read.
    pub fn create(path: &Path, random: &dyn Random) -> Result<Self> {
        let key = Secret::random(random);
        let keyring = Keyring::new(key);
        keyring.write_new(path)?;
        Ok(keyring)
    }

    /// Writes all keys into a new file that only its owner can read.
    pub fn write_new(&self, path: &Path) -> Result<()> {
        let fail = |error| Error::file(path, error);
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(fail)?;
        for (_, key) in &self.keys {
            let line = Zeroizing::new(STANDARD.encode(key.expose()));
            file.write_all(line.as_bytes()).and_then(|()| file.write_all(b"\n")).map_err(fail)?;
        }
        file.sync_all().map_err(fail)?;
        crate::files::sync_name(path)
    }

    /// With a new random key in front: it wraps from now on.
    pub fn with_new(self, random: &dyn Random) -> Result<Self> {
        if self.keys.len() >= MOST_KEYS {
            return Err(Error::Key(format!(
                "the keyring holds {MOST_KEYS} keys already; remove the older ones first"
            )));
        }
        Ok(self.with_newer(Secret::random(random)))
    }

    /// Without the older keys.
    #[must_use]
    pub fn without_older(mut self) -> Self {
        self.keys.truncate(1);
        self
    }

    /// Writes all keys in the place of a key file: whoever reads it, or starts
    /// after the power went, finds the old file or the new one, whole.
    pub fn replace(&self, path: &Path) -> Result<()> {
        let fail = |error| Error::file(path, error);
        // A link stays one, and leads to the new file.
        let path = fs::canonicalize(path).map_err(fail)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let new = path.with_file_name(name);
        match fs::remove_file(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file(&new, error));
            }
            _ => {}
        }
        self.write_new(&new)?;
        fs::rename(&new, &path).map_err(|error| Error::file(&path, error))?;
        crate::files::sync_name(&path)
    }

    /// The id of the key that wraps.
    pub fn current(&self) -> u64 {
        self.keys[0].0
    }

    /// The ids of all keys, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().map(|(id, _)| *id)
    }

    /// The key that wraps, with its id.
    pub(crate) fn wrapping(&self) -> (u64, &Secret) {
        (self.keys[0].0, &self.keys[0].1)
    }

    pub(crate) fn find(&self, id: u64) -> Option<&Secret> {
        self.keys.iter().find(|(known, _)| *known == id).map(|(_, key)| key)
    }
}

/// A key's id: 63 bits of a hash that tells nothing else about it, so that a
/// database's whole numbers hold it.
fn identify(key: &Secret) -> u64 {
    let hash = blake3::derive_key("fixlead 2026 id of an installation key", key.expose());
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first) >> 1
}
