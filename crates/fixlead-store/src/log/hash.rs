//! What exactly is hashed. Every field but the last has a fixed length, so two
//! different things never give the same input. BLAKE3 throughout.

use fixlead_core::id::StreamId;
use fixlead_core::time::Instant;

use crate::stream;

/// A BLAKE3 hash.
pub type Hash = [u8; 32];

/// The hash before the first one.
pub(crate) const NOTHING: Hash = [0; 32];

/// Where an event stands.
#[derive(Clone, Copy)]
pub(crate) struct EventPlace {
    pub stream: StreamId,
    pub version: u64,
    pub position: u64,
    pub at: Instant,
}

/// Covers the event before it in its stream, its place and its sealed bytes.
pub(crate) fn event(previous: &Hash, place: EventPlace, sealed: &[u8]) -> Hash {
    #[cfg(feature = "test-hooks")]
    if crate::hooks::is_plain() {
        return *previous;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"fixlead event 1\0");
    hasher.update(previous);
    hasher.update(&stream::to_bytes(place.stream));
    hasher.update(&place.version.to_be_bytes());
    hasher.update(&place.position.to_be_bytes());
    hasher.update(&place.at.millis().to_be_bytes());
    hasher.update(sealed);
    *hasher.finalize().as_bytes()
}

/// Covers an attachment: the sealed parts in their order.
pub(crate) struct BlobHasher(blake3::Hasher);

impl BlobHasher {
    pub(crate) fn new(stream: StreamId, id: &[u8; 16]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"fixlead blob 1\0");
        hasher.update(&stream::to_bytes(stream));
        hasher.update(id);
        BlobHasher(hasher)
    }

    pub(crate) fn part(&mut self, sealed: &[u8]) {
        self.0.update(&(sealed.len() as u64).to_be_bytes());
        self.0.update(sealed);
    }

    pub(crate) fn finish(self) -> Hash {
        *self.0.finalize().as_bytes()
    }
}

/// What an entry covers besides events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    /// An attachment was added to a stream.
    Blob { stream: StreamId, id: [u8; 16], hash: Hash },
    /// The content of a stream was erased.
    Erased { stream: StreamId },
}

impl Extra {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Extra::Blob { stream, id, hash } => {
                out.push(1);
                out.extend_from_slice(&stream::to_bytes(*stream));
                out.extend_from_slice(id);
                out.extend_from_slice(hash);
            }
            Extra::Erased { stream } => {
                out.push(2);
                out.extend_from_slice(&stream::to_bytes(*stream));
            }
        }
    }

    /// All of an entry; nothing when the bytes are no such list.
    pub(crate) fn decode(mut bytes: &[u8]) -> Option<Vec<Extra>> {
        let mut extras = Vec::new();
        while let Some((&tag, rest)) = bytes.split_first() {
            let (id, rest) = rest.split_at_checked(stream::BYTES)?;
            let stream = stream::from_bytes(id)?;
            bytes = match tag {
                1 => {
                    let (id, rest) = rest.split_at_checked(16)?;
                    let (hash, rest) = rest.split_at_checked(32)?;
                    let (id, hash) = (id.try_into().ok()?, hash.try_into().ok()?);
                    extras.push(Extra::Blob { stream, id, hash });
                    rest
                }
                2 => {
                    extras.push(Extra::Erased { stream });
                    rest
                }
                _ => return None,
            };
        }
        Some(extras)
    }
}

/// Hashes an entry of the installation's chain, event by event.
pub(crate) struct EntryHasher {
    hasher: blake3::Hasher,
}

impl EntryHasher {
    /// `last` is the position of the last event once the entry stands.
    pub(crate) fn new(previous: &Hash, number: u64, at: Instant, last: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"fixlead entry 1\0");
        hasher.update(previous);
        hasher.update(&number.to_be_bytes());
        hasher.update(&at.millis().to_be_bytes());
        hasher.update(&last.to_be_bytes());
        EntryHasher { hasher }
    }

    pub(crate) fn event(&mut self, stream: StreamId, version: u64, hash: &Hash) {
        #[cfg(feature = "test-hooks")]
        if crate::hooks::is_plain() {
            return;
        }
        self.hasher.update(b"E");
        self.hasher.update(&stream::to_bytes(stream));
        self.hasher.update(&version.to_be_bytes());
        self.hasher.update(hash);
    }

    pub(crate) fn finish(mut self, extras: &[u8]) -> Hash {
        self.hasher.update(b"X");
        self.hasher.update(extras);
        *self.hasher.finalize().as_bytes()
    }
}
