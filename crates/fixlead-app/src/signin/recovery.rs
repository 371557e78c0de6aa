//! Recovery codes, for the day when the authenticator is gone.
//!
//! Ten codes of sixteen letters (80 bits), each of which counts once. They are
//! kept as hashes; with 80 random bits no slow hash is needed.

use fixlead_core::id::ALPHABET;
use sha2::{Digest, Sha256};

/// How many codes there are.
pub const COUNT: usize = 10;
/// Random bytes of a code.
pub const BYTES: usize = 10;

/// The text of a code, in four groups of four letters.
pub fn text(bytes: &[u8; BYTES]) -> String {
    let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    let mut text = String::with_capacity(19);
    for place in 0..16 {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(ALPHABET[(bits >> (75 - 5 * place) & 31) as usize]));
    }
    text
}

/// What is kept of a code. Letter case, spaces and dashes do not matter.
pub fn hash(code: &str) -> [u8; 32] {
    let letters: String = code
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .take(64)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    Sha256::digest(letters.as_bytes()).into()
}

/// The place of a code among those that are left.
pub fn find(code: &str, left: &[[u8; 32]]) -> Option<usize> {
    let hash = hash(code);
    left.iter().position(|kept| *kept == hash)
}
