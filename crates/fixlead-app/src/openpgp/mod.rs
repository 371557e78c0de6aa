//! As much of OpenPGP (RFC 9580) as it takes to take in a public key and an
//! encrypted report: ASCII armor, the framing of packets, fingerprints, until
//! when a key says it can be used. The desk encrypts and decrypts nothing and
//! checks no signature; whoever uses a key compares its fingerprint.
//!
//! - [`armor`]: text to bytes. [`packets`]: bytes to packets.
//! - [`key`]: a project's public key. [`message`]: to whom a report is encrypted.

pub mod armor;
pub mod key;
pub mod message;
pub mod packets;

pub use key::PublicKey;
pub use message::Message;

/// A fingerprint or key id in groups of four, as people compare it.
pub fn grouped(hex: &str) -> String {
    let letters: Vec<char> = hex.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
