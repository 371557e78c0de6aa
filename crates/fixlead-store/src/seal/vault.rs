//! Keys of streams and of the database, wrapped by the installation's key.

use std::collections::HashMap;
use std::sync::Mutex;

use fixlead_core::id::StreamId;
use hkdf::Hkdf;
use sha2::Sha256;

use super::keyring::Keyring;
use super::{Place, Secret, open, seal_padded};
use crate::error::{Error, Result};
use crate::world::Random;

/// Most keys of streams that are kept in memory.
const MOST_CACHED: usize = 4096;

/// A key, sealed by the installation's key.
#[derive(Clone)]
pub(crate) struct Wrapped {
    /// Which key seals it.
    pub by: u64,
    /// The sealed key.
    pub sealed: Vec<u8>,
}

impl Wrapped {
    /// As one value: the id of the wrapping key, then the sealed key.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [self.by.to_be_bytes().as_slice(), &self.sealed].concat()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let (by, sealed) =
            bytes.split_first_chunk::<8>().ok_or_else(|| Error::Tampered("a wrapped key".into()))?;
        Ok(Wrapped { by: u64::from_be_bytes(*by), sealed: sealed.to_vec() })
    }
}

/// The keys for what belongs to no stream, each for one purpose.
pub(crate) struct DatabaseKeys {
    /// Seals records.
    pub records: Secret,
    /// Seals rows of lists.
    pub lists: Secret,
    /// Seals settings.
    pub settings: Secret,
    /// Makes names of lists and records unreadable.
    names: Secret,
    /// Of this the keys of copies are made.
    copies: Secret,
}

impl DatabaseKeys {
    pub(crate) fn derive(key: &Secret) -> Self {
        let derivation = Hkdf::<Sha256>::new(None, key.expose());
        let sub = |purpose: &str| {
            let mut bytes = [0; 32];
            derivation
                .expand(purpose.as_bytes(), &mut bytes)
                .unwrap_or_else(|_| unreachable!("32 bytes are within what HKDF gives"));
            let secret = Secret::from_bytes(bytes);
            zeroize::Zeroize::zeroize(&mut bytes);
            secret
        };
        DatabaseKeys {
            records: sub("fixlead/1 records"),
            lists: sub("fixlead/1 lists"),
            settings: sub("fixlead/1 settings"),
            names: sub("fixlead/1 names"),
            copies: sub("fixlead/1 copies"),
        }
    }

    /// The key of copies, as the secret of copies stands.
    pub(crate) fn copies(&self, secret: &[u8]) -> Secret {
        let mut hasher = blake3::Hasher::new_keyed(self.copies.expose());
        hasher.update(secret);
        Secret::from_bytes(*hasher.finalize().as_bytes())
    }

    /// The stored name of a list.
    pub(crate) fn list(&self, name: &str) -> [u8; 16] {
        self.name(b"list", &[name.as_bytes()])
    }

    /// The stored name of a record: the first half for its kind.
    pub(crate) fn record(&self, kind: &str, key: &[u8]) -> [u8; 32] {
        let mut row = [0; 32];
        row[..16].copy_from_slice(&self.name(b"kind", &[kind.as_bytes()]));
        row[16..].copy_from_slice(&self.name(b"record", &[kind.as_bytes(), key]));
        row
    }

    fn name(&self, what: &[u8], parts: &[&[u8]]) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new_keyed(self.names.expose());
        hasher.update(what);
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut name = [0; 16];
        name.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        name
    }
}

/// Unwraps keys, and remembers those of streams that were used lately.
pub(crate) struct Vault {
    pub(crate) keyring: Keyring,
    cache: Mutex<HashMap<StreamId, Secret>>,
}

impl Vault {
    pub(crate) fn new(keyring: Keyring) -> Self {
        Vault { keyring, cache: Mutex::new(HashMap::new()) }
    }

    /// Wraps a key with the current installation key.
    pub(crate) fn wrap(&self, stream: Option<StreamId>, key: &Secret, random: &dyn Random) -> Wrapped {
        let (by, wrapping) = self.keyring.wrapping();
        Wrapped { by, sealed: seal_padded(wrapping, place(stream, by), key.expose(), 1, random) }
    }

    /// Unwraps a key with whichever installation key wrapped it.
    pub(crate) fn unwrap(&self, stream: Option<StreamId>, wrapped: Wrapped) -> Result<Secret> {
        let Some(wrapping) = self.keyring.find(wrapped.by) else {
            return Err(Error::Key(format!(
                "the database was sealed with another installation key ({:016x}); give the right one",
                wrapped.by
            )));
        };
        let mut bytes = open(wrapping, place(stream, wrapped.by), wrapped.sealed).ok_or_else(|| {
            Error::Tampered(match stream {
                Some(stream) => format!("the key of {stream}"),
                None => "the key of the database".into(),
            })
        })?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Secret::from_bytes);
        zeroize::Zeroize::zeroize(&mut bytes);
        key.map_err(|_| Error::Tampered("a wrapped key".into()))
    }

    /// A remembered key.
    pub(crate) fn cached(&self, stream: StreamId) -> Option<Secret> {
        self.lock().get(&stream).cloned()
    }

    /// Remembers the key of a stream.
    pub(crate) fn remember(&self, stream: StreamId, key: &Secret) {
        let mut cache = self.lock();
        if cache.len() >= MOST_CACHED {
            // Which ones go hardly matters: a key is read again in one query.
            let mut keep = false;
            cache.retain(|_, _| {
                keep = !keep;
                keep
            });
        }
        cache.insert(stream, key.clone());
    }

    /// Forgets the key of a stream.
    pub(crate) fn forget(&self, stream: StreamId) {
        self.lock().remove(&stream);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<StreamId, Secret>> {
        self.cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn place(stream: Option<StreamId>, by: u64) -> Place<'static> {
    match stream {
        Some(stream) => Place::StreamKey(stream, by),
        None => Place::DatabaseKey(by),
    }
}
