//! How a stream's id is written into rows and hashes: a byte for its kind, then
//! its 128 bits.

use fixlead_core::id::{StreamId, StreamKind};

/// The length of the stored form.
pub(crate) const BYTES: usize = 17;

/// The stored form.
pub(crate) fn to_bytes(stream: StreamId) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes[0] = match stream.kind() {
        StreamKind::Installation => 1,
        StreamKind::Project => 2,
        StreamKind::Person => 3,
        StreamKind::Case => 4,
    };
    bytes[1..].copy_from_slice(&stream.bytes());
    bytes
}

/// From the stored form; nothing when it is none.
pub(crate) fn from_bytes(bytes: &[u8]) -> Option<StreamId> {
    let (first, rest) = bytes.split_first()?;
    let kind = match first {
        1 => StreamKind::Installation,
        2 => StreamKind::Project,
        3 => StreamKind::Person,
        4 => StreamKind::Case,
        _ => return None,
    };
    Some(StreamId::new(kind, rest.try_into().ok()?))
}
