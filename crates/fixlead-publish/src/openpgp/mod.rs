//! OpenPGP as far as publishing needs it: one Ed25519 key of version 4 that
//! signs files apart from them and texts in the clear (RFC 9580; before it RFC
//! 4880 with the algorithm that GnuPG calls EdDSA, which every reader knows).
//!
//! Signing is deterministic and the time of a signature is given, so that the
//! same file has the same signature whenever it is made.

mod armor;
mod key;
mod signature;

pub use key::{Key, PublicKey};
pub use signature::{verify, verify_clear};
pub use zeroize::Zeroizing;

/// `EdDSALegacy` (RFC 9580, section 9.1).
const ALGORITHM: u8 = 22;
/// SHA-512 (section 9.5).
const HASH: u8 = 10;
/// Ed25519 by its object identifier, with its length (section 9.2).
const CURVE: [u8; 10] = [9, 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01];

/// A packet with its header in today's form (section 4.2.1).
fn packet(id: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![0xc0 | id];
    match u32::try_from(body.len()).unwrap_or(u32::MAX) {
        length @ 0..192 => out.push(length as u8),
        length @ 192..8384 => out.extend([((length - 192) >> 8) as u8 + 192, (length - 192) as u8]),
        length => {
            out.push(255);
            out.extend(length.to_be_bytes());
        }
    }
    out.extend(body);
    out
}

/// Takes a packet off the front, in either form of header (section 4.2).
fn next_packet<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (first, rest) = bytes.split_first()?;
    let number = |bytes: &[u8]| bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let (id, length, rest) = match (first & 0x80, first & 0x40) {
        (0, _) => return None,
        (_, 0) => {
            let octets = *[1, 2, 4].get(usize::from(first & 3))?;
            let (length, rest) = rest.split_at_checked(octets)?;
            (first >> 2 & 0x0f, number(length), rest)
        }
        _ => {
            let (length, rest) = length(rest)?;
            (first & 0x3f, length, rest)
        }
    };
    let (body, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((id, body))
}

/// A length of one, two or five octets.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    match bytes {
        [one @ 0..192, rest @ ..] => Some((usize::from(*one), rest)),
        [one @ 192..224, two, rest @ ..] => {
            Some((((usize::from(*one) - 192) << 8) + usize::from(*two) + 192, rest))
        }
        [255, a, b, c, d, rest @ ..] => {
            Some((usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?, rest))
        }
        _ => None,
    }
}

/// A number of any size (section 3.2): its length in bits, then its bytes.
fn mpi(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let bytes = &bytes[start..];
    let bits = bytes.first().map_or(0, |first| bytes.len() * 8 - first.leading_zeros() as usize);
    let mut out = (bits as u16).to_be_bytes().to_vec();
    out.extend(bytes);
    out
}

/// Takes such a number off the front, written in the one way there is.
fn next_mpi<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (bits, rest) = bytes.split_at_checked(2)?;
    let bits = usize::from(u16::from_be_bytes([bits[0], bits[1]]));
    let (number, rest) = rest.split_at_checked(bits.div_ceil(8))?;
    let first = number.first().map_or(0, |first| first.leading_zeros() as usize);
    *bytes = rest;
    (number.len() * 8 - first == bits).then_some(number)
}

/// A number with zeros before it, as long as it has to be.
fn padded<const N: usize>(number: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    out.get_mut(N.checked_sub(number.len())?..)?.copy_from_slice(number);
    Some(out)
}
