//! A signed timestamp: that something was in the log at a place which a signed
//! head covers. Whoever has one can show later what was reported and when,
//! without the desk and against it.

use std::path::Path;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use fixlead_core::access::{Access, Permit};
use fixlead_core::id::StreamId;
use serde::{Deserialize, Serialize};

use super::SignedHead;
use super::hash::Hash;
use crate::error::{Error, Result};
use crate::hex;
use crate::store::{Store, demand};

/// The largest file that is read as a timestamp, in bytes.
const MOST_BYTES: u64 = 64 * 1024;

/// A signed timestamp. Bytes are in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timestamp {
    /// SHA-256 over what was reported: the title, a line feed, the text.
    #[serde(with = "hex")]
    pub report: [u8; 32],
    /// When it was recorded, in milliseconds since 1970.
    pub recorded: i64,
    /// Its place in the log.
    pub position: u64,
    /// The hash of its event, over ciphertext.
    #[serde(with = "hex")]
    pub event: Hash,
    /// The first signed head that covers it.
    pub head: SignedHead,
    /// Ed25519 with the head's key over the installation, all of the above, and
    /// the head's number and hash.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// Where an event stands, without what it says.
pub(crate) struct Stamp {
    pub position: u64,
    pub at: i64,
    pub hash: Hash,
}

impl Timestamp {
    fn message(&self) -> Vec<u8> {
        let mut message = b"fixlead timestamp 1\0".to_vec();
        message.extend_from_slice(&self.head.installation);
        message.extend_from_slice(&self.report);
        message.extend_from_slice(&self.recorded.to_be_bytes());
        message.extend_from_slice(&self.position.to_be_bytes());
        message.extend_from_slice(&self.event);
        message.extend_from_slice(&self.head.number.to_be_bytes());
        message.extend_from_slice(&self.head.hash);
        message
    }

    /// What is wrong with it, as far as it can say itself. Whether its key is
    /// the desk's is for whoever knows that to compare.
    pub fn fault(&self) -> Option<&'static str> {
        if !self.head.is_signed() {
            return Some("the head is not signed by the key that it names");
        }
        let signature = Signature::from_bytes(&self.signature);
        let key = VerifyingKey::from_bytes(&self.head.key).ok();
        if key.is_none_or(|key| key.verify_strict(&self.message(), &signature).is_err()) {
            return Some("the timestamp is not signed by the key of its head");
        }
        (self.position == 0 || self.head.position < self.position)
            .then_some("the head does not reach as far as the event")
    }

    /// Reads a file that holds one.
    pub fn read(path: &Path) -> Result<Self> {
        let fail = |error: &dyn std::fmt::Display| Error::file(path, error);
        let about = std::fs::metadata(path).map_err(|error| fail(&error))?;
        if about.len() > MOST_BYTES {
            return Err(fail(&"this is too long for a signed timestamp"));
        }
        let text = std::fs::read(path).map_err(|error| fail(&error))?;
        serde_json::from_slice(&text).map_err(|error| fail(&format_args!("no signed timestamp: {error}")))
    }
}

impl Store {
    /// A signed timestamp of an event and of what it reports; nothing before a
    /// head is signed that covers it.
    pub async fn timestamp(
        &self,
        permit: &Permit,
        stream: StreamId,
        version: u64,
        report: [u8; 32],
    ) -> Result<Option<Timestamp>> {
        demand(permit, stream, Access::Read)?;
        let Some(stamp) = self.inner.engine.stamp(stream, version).await? else { return Ok(None) };
        let Some(head) = self.first_head_over(stamp.position).await? else { return Ok(None) };
        let (recorded, position, event) = (stamp.at, stamp.position, stamp.hash);
        let mut timestamp = Timestamp { report, recorded, position, event, head, signature: [0; 64] };
        let key = SigningKey::from_bytes(self.inner.signing.expose());
        timestamp.signature = key.sign(&timestamp.message()).to_bytes();
        Ok(Some(timestamp))
    }

    /// The first signed head that covers a position. Positions grow with the
    /// numbers of heads, so that halving finds it.
    async fn first_head_over(&self, position: u64) -> Result<Option<SignedHead>> {
        let (mut below, mut above) = (0, self.head().await?.number);
        // The head at `below` does not cover it, the one after `above` does if any.
        while below < above {
            let middle = below + (above - below) / 2;
            match self.heads(middle, 1).await?.first() {
                Some(head) if head.position < position => below = head.number,
                _ => above = middle,
            }
        }
        Ok(self.heads(below, 1).await?.pop().filter(|head| head.position >= position))
    }
}
