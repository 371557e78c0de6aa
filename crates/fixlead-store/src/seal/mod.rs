//! Sealing: what is kept is ciphertext, bound to the place where it lies.
//!
//! XChaCha20-Poly1305 with a random 24-byte nonce. The associated data names
//! the format, the table and the row, so that ciphertext moved to another row,
//! field or version does not open. A body is padded to full steps before it is
//! sealed, so that its length says little.
//!
//! - [`keyring`]: the installation's key, which lies outside the database.
//! - `vault`: the keys of streams and of the database, wrapped by it.

pub mod keyring;
pub(crate) mod vault;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Key, Tag, XChaCha20Poly1305, XNonce};
use fixlead_core::id::StreamId;
use zeroize::Zeroize;

use crate::stream;
use crate::world::Random;

/// The one form of sealed bytes that there is: this byte, the nonce, the
/// ciphertext, the tag.
const FORMAT: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// The length of the body, in front of it.
const LENGTH: usize = 4;

/// Bodies are padded to a multiple of this many bytes.
pub const STEP: usize = 64;
/// The last part of an attachment is padded to a multiple of this many bytes.
pub const BLOB_STEP: usize = 4096;

/// 32 secret bytes. They are overwritten when they are dropped, and never
/// printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Takes 32 bytes as a secret.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Secret(bytes)
    }

    /// A new secret.
    pub(crate) fn random(random: &dyn Random) -> Self {
        Secret(crate::world::draw(random))
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The place that sealed bytes belong to. Elsewhere they do not open.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// A wrapped key of a stream; the id of the wrapping key.
    StreamKey(StreamId, u64),
    /// The wrapped key of the database; the id of the wrapping key.
    DatabaseKey(u64),
    /// An event.
    Event(StreamId, u64),
    /// A piece of work.
    Work(StreamId, &'a [u8; 16]),
    /// A part of an attachment, and whether it is the last.
    Blob(StreamId, &'a [u8; 16], u32, bool),
    /// A row of a list: the list's name, the sort, the stream.
    List(&'a [u8; 16], &'a [u8; 24], StreamId),
    /// A record and its version.
    Record(&'a [u8; 32], u64),
    /// A setting.
    Setting(&'a str),
    /// A part of a copy: the installation, its name and head, the part's number, whether it is the last.
    Copy(&'a [u8; 16], &'a str, &'a [u8; 32], u32, bool),
}

/// Associated data; small enough to need no allocation.
struct Associated {
    bytes: [u8; 96],
    length: usize,
}

impl Associated {
    fn push(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }

    fn of(place: Place<'_>) -> Self {
        let mut data = Associated { bytes: [0; 96], length: 0 };
        data.push(b"fixlead");
        data.push(&[FORMAT]);
        match place {
            Place::StreamKey(stream, key) => {
                data.push(b"K");
                data.push(&stream::to_bytes(stream));
                data.push(&key.to_be_bytes());
            }
            Place::DatabaseKey(key) => {
                data.push(b"D");
                data.push(&key.to_be_bytes());
            }
            Place::Event(stream, version) => {
                data.push(b"E");
                data.push(&stream::to_bytes(stream));
                data.push(&version.to_be_bytes());
            }
            Place::Work(stream, id) => {
                data.push(b"W");
                data.push(&stream::to_bytes(stream));
                data.push(id);
            }
            Place::Blob(stream, id, part, last) => {
                data.push(b"B");
                data.push(&stream::to_bytes(stream));
                data.push(id);
                data.push(&part.to_be_bytes());
                data.push(&[u8::from(last)]);
            }
            Place::List(name, sort, stream) => {
                data.push(b"L");
                data.push(name);
                data.push(sort);
                data.push(&stream::to_bytes(stream));
            }
            Place::Record(row, version) => {
                data.push(b"R");
                data.push(row);
                data.push(&version.to_be_bytes());
            }
            Place::Setting(name) => {
                data.push(b"S");
                data.push(&name.as_bytes()[..name.len().min(64)]);
            }
            Place::Copy(installation, name, head, part, last) => {
                data.push(b"C");
                data.push(installation);
                data.push(head);
                data.push(&part.to_be_bytes());
                data.push(&[u8::from(last)]);
                data.push(&name.as_bytes()[..name.len().min(32)]);
            }
        }
        data
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Seals a body for a place, padded to a multiple of `step` bytes.
pub(crate) fn seal_padded(
    key: &Secret,
    place: Place<'_>,
    body: &[u8],
    step: usize,
    random: &dyn Random,
) -> Vec<u8> {
    let inner = (LENGTH + body.len()).next_multiple_of(step);
    let mut out = Vec::with_capacity(1 + NONCE + inner + TAG);
    out.push(FORMAT);
    out.resize(1 + NONCE, 0);
    random.fill(&mut out[1..]);
    // Bodies are bounded far below four gigabytes where they come in.
    out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(body);
    out.resize(1 + NONCE + inner, 0);
    let (head, text) = out.split_at_mut(1 + NONCE);
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(&head[1..]);
    let cipher = XChaCha20Poly1305::new(&Key::from(*key.expose()));
    let tag = cipher
        .encrypt_inout_detached(&nonce, Associated::of(place).bytes(), text.into())
        .unwrap_or_else(|_| unreachable!("only texts beyond 256 GiB are refused"));
    out.extend_from_slice(&tag);
    out
}

/// Seals a body for a place.
pub(crate) fn seal(key: &Secret, place: Place<'_>, body: &[u8], random: &dyn Random) -> Vec<u8> {
    seal_padded(key, place, body, STEP, random)
}

/// Opens what was sealed for this place; nothing when it was not, or was
/// changed. It opens in place: the result reuses the ciphertext's memory.
pub(crate) fn open(key: &Secret, place: Place<'_>, mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    if sealed.len() < 1 + NONCE + LENGTH + TAG || sealed[0] != FORMAT {
        return None;
    }
    let mut tag = Tag::default();
    tag.copy_from_slice(&sealed[sealed.len() - TAG..]);
    sealed.truncate(sealed.len() - TAG);
    let (head, text) = sealed.split_at_mut(1 + NONCE);
    let mut nonce = XNonce::default();
    nonce.copy_from_slice(&head[1..]);
    let cipher = XChaCha20Poly1305::new(&Key::from(*key.expose()));
    cipher.decrypt_inout_detached(&nonce, Associated::of(place).bytes(), text.into(), &tag).ok()?;
    let length = u32::from_le_bytes(text[..LENGTH].try_into().ok()?) as usize;
    let start = 1 + NONCE + LENGTH;
    if start + length > sealed.len() {
        return None;
    }
    sealed.truncate(start + length);
    sealed.drain(..start);
    Some(sealed)
}
