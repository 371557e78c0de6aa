//! Signed heads of the installation's chain, and the file that a witness keeps.
//!
//! Whoever rewrites the whole chain can sign it anew if they hold the key, but
//! cannot change what a witness wrote down elsewhere.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use crate::error::{Error, Result};
use crate::hex;
use crate::seal::Secret;

/// The end of the chain at some instant, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The installation's random id, in hexadecimal like all bytes here.
    #[serde(with = "hex")]
    pub installation: [u8; 16],
    /// The number of the last entry.
    pub number: u64,
    /// The position of the last event.
    pub position: u64,
    /// When it was signed, in milliseconds since 1970.
    pub at: i64,
    /// The hash of the last entry.
    #[serde(with = "hex")]
    pub hash: Hash,
    /// The public key that verifies the signature.
    #[serde(with = "hex")]
    pub key: [u8; 32],
    /// Ed25519 over all of the above but the key.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// What is signed: the fields in their order, each of fixed length.
fn message(installation: &[u8; 16], number: u64, position: u64, at: i64, hash: &Hash) -> Vec<u8> {
    let mut message = Vec::with_capacity(96);
    message.extend_from_slice(b"fixlead head 1\0");
    message.extend_from_slice(installation);
    message.extend_from_slice(&number.to_be_bytes());
    message.extend_from_slice(&position.to_be_bytes());
    message.extend_from_slice(&at.to_be_bytes());
    message.extend_from_slice(hash);
    message
}

impl SignedHead {
    pub(crate) fn sign(
        key: &Secret,
        installation: [u8; 16],
        number: u64,
        position: u64,
        at: Instant,
        hash: Hash,
    ) -> Self {
        let key = SigningKey::from_bytes(key.expose());
        let at = at.millis();
        let signature = key.sign(&message(&installation, number, position, at, &hash)).to_bytes();
        SignedHead {
            installation,
            number,
            position,
            at,
            hash,
            key: key.verifying_key().to_bytes(),
            signature,
        }
    }

    /// Whether the signature is right for the public key that it names. Whether
    /// that is the key one trusts is for the caller to compare.
    pub fn is_signed(&self) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.key) else { return false };
        let message = message(&self.installation, self.number, self.position, self.at, &self.hash);
        key.verify(&message, &Signature::from_bytes(&self.signature)).is_ok()
    }

    /// Adds the head as a line to a witness's file, and waits until it is on
    /// the disk.
    pub fn append_to(&self, path: &Path) -> Result<()> {
        let fail = |error| Error::file(path, error);
        let mut line = serde_json::to_vec(self).map_err(|error| Error::file(path, error))?;
        line.push(b'\n');
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).map_err(fail)?;
        file.write_all(&line).and_then(|()| file.sync_data()).map_err(fail)?;
        crate::files::sync_name(path)
    }

    /// Reads a witness's file. A last line without its end is left out: the
    /// witness may have died while it wrote.
    pub fn read_all(path: &Path) -> Result<Vec<SignedHead>> {
        let mut reader = BufReader::new(fs::File::open(path).map_err(|error| Error::file(path, error))?);
        let mut heads = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(|error| Error::file(path, error))?;
            if read == 0 || line.last() != Some(&b'\n') {
                return Ok(heads);
            }
            let head = serde_json::from_slice(&line).map_err(|error| {
                Error::file(path, format!("line {} is no signed head: {error}", heads.len() + 1))
            })?;
            heads.push(head);
        }
    }
}

/// The public half of a signing key.
pub(crate) fn public(key: &Secret) -> [u8; 32] {
    SigningKey::from_bytes(key.expose()).verifying_key().to_bytes()
}
