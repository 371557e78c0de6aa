//! Secrets, and the signatures that they make: `v1` of Standard Webhooks,
//! HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fixlead_core::desk::wire;
use fixlead_core::text::hex;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// How many random bytes a secret has; Standard Webhooks asks for 24 to 64.
pub const BYTES: usize = 32;

/// A secret. It is shown once, to whoever set the webhook up.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; BYTES]);

impl Key {
    /// Of bytes that nobody could foretell, or that were kept.
    pub fn from_bytes(bytes: [u8; BYTES]) -> Key {
        Key(bytes)
    }

    /// As it is kept.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As it was kept.
    pub(crate) fn read(bytes: &[u8]) -> Option<Key> {
        bytes.try_into().ok().map(Key)
    }

    /// As the receiver is given it.
    pub fn text(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// Of the text that the receiver was given.
    pub fn parse(text: &str) -> Option<Key> {
        Key::read(&STANDARD.decode(text.strip_prefix("whsec_")?).ok()?)
    }

    /// By what the right one is known. Nothing can be told from it.
    pub fn hash(&self) -> Option<wire::Sha256> {
        let mut hasher = Sha256::new();
        hasher.update(b"fixlead webhook secret\0");
        hasher.update(self.0);
        wire::Sha256::new(&hex(&hasher.finalize())).ok()
    }

    /// Its signature over a message.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// What the header says: a signature of each secret, the newest first.
pub fn signatures(keys: &[Key], id: &str, timestamp: i64, body: &[u8]) -> String {
    let signed: Vec<String> = keys.iter().map(|key| key.sign(id, timestamp, body)).collect();
    signed.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out with `openssl dgst -sha256 -mac HMAC`, not with this code.
    #[test]
    fn a_signature_is_what_others_compute() {
        let key = Key::from_bytes(*b"0123456789abcdef0123456789abcdef");
        assert_eq!(key.text(), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
        let signed = key.sign("msg_1", 1_800_000_000, b"{\"type\":\"webhook.test\"}");
        assert_eq!(signed, "v1,+S5oO3XCX2jlyhi85/HFNQydatM+v2rdO5hZe3Y+C1Y=");
        let both = signatures(&[key.clone(), Key::from_bytes([1; 32])], "msg_1", 1_800_000_000, b"{}");
        assert_eq!(both.split(' ').count(), 2);
        assert_eq!(both.split(' ').next(), Some(&*key.sign("msg_1", 1_800_000_000, b"{}")));
    }
}
