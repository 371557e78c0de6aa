//! An encrypted message: to whom.

use super::armor::{self, Kind};
use super::hex;
use super::packets::Packets;

/// Most recipients that are named.
const MOST: usize = 16;

/// A message that is encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The ids or fingerprints of the keys that open it, as far as it names
    /// them.
    pub keys: Vec<String>,
    /// Whether a passphrase opens it too.
    pub passphrase: bool,
}

/// Whether a text says of itself that it is an OpenPGP message.
pub fn is_armored(text: &str) -> bool {
    armor::kind(text) == Some(Kind::Message)
}

/// Reads an armored message, as far as it is readable without its key.
///
/// # Errors
/// What is wrong, and what to do.
pub fn read(text: &str) -> Result<Message, &'static str> {
    const PLAIN: &str =
        "this OpenPGP message is not encrypted; encrypt it to the key of the project, or send it as text";
    let (kind, bytes) = armor::open(text)?;
    if kind != Kind::Message {
        return Err("this OpenPGP block is no message; send the encrypted report");
    }
    let mut message = Message { keys: Vec::new(), passphrase: false };
    for packet in Packets::of(&bytes) {
        let packet = packet.map_err(|_| "the OpenPGP message is damaged; encrypt and send it again")?;
        match packet.id {
            // A session key for somebody (section 5.1): version 3 names a key id,
            // version 6 a fingerprint behind its length and version.
            1 => {
                let key = match packet.body {
                    [3, rest @ ..] => rest.get(..8),
                    [6, size, rest @ ..] => rest.get(..usize::from(*size)).and_then(|named| named.get(1..)),
                    _ => None,
                };
                // Zeros stand for somebody who is not named.
                let key = key.filter(|key| key.iter().any(|byte| *byte != 0)).map(hex);
                message.keys.extend(key.filter(|_| message.keys.len() < MOST));
            }
            3 => message.passphrase = true,
            // A marker and padding say nothing.
            10 | 21 => {}
            // Encrypted data, with integrity (18, 20) or of old (9).
            9 | 18 | 20 => return Ok(message),
            _ => return Err(PLAIN),
        }
    }
    Err("the OpenPGP message holds no encrypted data; encrypt and send it again")
}
