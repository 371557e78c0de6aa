//! The key of a publisher, and what others check its signatures with.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use fixlead_core::time::Instant;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use super::signature::{self, Kind};
use super::{ALGORITHM, CURVE, armor, mpi, next_mpi, next_packet, packet, padded};

const PRIVATE: &str = "PRIVATE KEY BLOCK";
const PUBLIC: &str = "PUBLIC KEY BLOCK";

/// The largest key that is read, in bytes of its text.
pub const MOST_KEY: usize = 128 * 1024;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// When it was made, in seconds since 1970.
    pub(super) created: u32,
    pub(super) point: [u8; 32],
    /// Whom it names, and with what it says so: packets as they came.
    certificates: Vec<u8>,
}

/// A key that signs. It is not told by `Debug`.
#[derive(Clone)]
pub struct Key {
    /// Its public half.
    pub public: PublicKey,
    secret: SigningKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("fingerprint", &self.public.fingerprint()).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// The body of its packet (RFC 9580, section 5.5.2.2).
    pub(super) fn body(&self) -> Vec<u8> {
        let mut body = vec![4];
        body.extend(self.created.to_be_bytes());
        body.push(ALGORITHM);
        body.extend(CURVE);
        let mut point = vec![0x40];
        point.extend(self.point);
        body.extend(mpi(&point));
        body
    }

    /// What stands for it in what is signed about it (section 5.2.4).
    pub(super) fn hashed(&self) -> Vec<u8> {
        let body = self.body();
        let mut out = vec![0x99];
        out.extend((body.len() as u16).to_be_bytes());
        out.extend(body);
        out
    }

    /// Its fingerprint (section 5.5.4.2).
    pub(super) fn print(&self) -> [u8; 20] {
        Sha1::digest(self.hashed()).into()
    }

    /// Its fingerprint in hexadecimal.
    pub fn fingerprint(&self) -> String {
        fixlead_core::text::hex(&self.print())
    }

    /// When it was made.
    pub fn created(&self) -> Instant {
        Instant::from_millis(i64::from(self.created) * 1_000)
    }

    /// It as text, for everybody.
    pub fn armored(&self) -> String {
        let mut bytes = packet(6, &self.body());
        bytes.extend(&self.certificates);
        armor::wrap(PUBLIC, &bytes)
    }

    /// Reads an armored public key.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn read(text: &str) -> Result<PublicKey, String> {
        let bytes = (text.len() <= MOST_KEY).then(|| armor::unwrap(PUBLIC, text)).flatten();
        let bytes = bytes.ok_or("this is no armored OpenPGP public key")?;
        let mut rest = bytes.as_slice();
        let Some((6, mut body)) = next_packet(&mut rest) else {
            return Err("this is no OpenPGP public key".to_owned());
        };
        PublicKey::take(&mut body, rest)
    }

    /// The public part at the front of a key packet, and the packets behind it.
    fn take(body: &mut &[u8], behind: &[u8]) -> Result<PublicKey, String> {
        const OTHER: &str = "only Ed25519 keys of version 4 sign here (GnuPG: `ed25519`, its primary key signing); make one \
                             with `fixlead advisory key FILE`";
        let head = 1 + 4 + 1 + CURVE.len();
        let (start, rest) = body.split_at_checked(head).ok_or(OTHER)?;
        if start[0] != 4 || start[5] != ALGORITHM || start[6..] != CURVE {
            return Err(OTHER.to_owned());
        }
        *body = rest;
        let point = next_mpi(body).and_then(|point| point.strip_prefix(&[0x40])).ok_or(OTHER)?;
        let point = <[u8; 32]>::try_from(point).map_err(|_| OTHER)?;
        let mut certificates = Vec::new();
        let mut rest = behind;
        while let Some((id @ (2 | 13), body)) = next_packet(&mut rest) {
            certificates.extend(packet(id, body));
        }
        let created = u32::from_be_bytes([start[1], start[2], start[3], start[4]]);
        Ok(PublicKey { created, point, certificates })
    }

    /// Whether a signature over a digest is this key's.
    pub(super) fn accepts(&self, digest: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        VerifyingKey::from_bytes(&self.point).is_ok_and(|key| key.verify_strict(digest, &signature).is_ok())
    }
}

impl Key {
    /// A new key out of 32 random bytes, which names its owner:
    /// `Example Project <security@example.org>`.
    ///
    /// # Errors
    /// Why the name is none.
    pub fn new(seed: &Zeroizing<[u8; 32]>, owner: &str, created: Instant) -> Result<Key, String> {
        let fits = (1..=500).contains(&owner.len()) && !owner.chars().any(char::is_control);
        if !fits {
            return Err("whose key it is stands on one line of at most 500 bytes, like `Example Project <security@example.org>`".to_owned());
        }
        let seconds = u32::try_from(created.millis() / 1_000)
            .map_err(|_| "OpenPGP knows instants from 1970 to 2106".to_owned())?;
        let secret = SigningKey::from_bytes(seed);
        let point = secret.verifying_key().to_bytes();
        let public = PublicKey { created: seconds, point, certificates: Vec::new() };
        let mut key = Key { public, secret };
        let mut certificates = packet(13, owner.as_bytes());
        certificates.extend(packet(2, &signature::make(&key, Kind::Certification(owner), seconds)));
        key.public.certificates = certificates;
        Ok(key)
    }

    /// It as text, unprotected: for a file that only its owner reads.
    pub fn armored_secret(&self) -> Zeroizing<String> {
        let number = Zeroizing::new(mpi(self.secret.as_bytes()));
        let mut body = Zeroizing::new(self.public.body());
        body.push(0);
        body.extend(number.iter());
        let sum = number.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        body.extend(sum.to_be_bytes());
        let mut bytes = Zeroizing::new(packet(5, &body));
        bytes.extend(&self.public.certificates);
        Zeroizing::new(armor::wrap(PRIVATE, &bytes))
    }

    /// Reads an armored secret key.
    ///
    /// # Errors
    /// What is wrong with it, and what to do; never what it says.
    pub fn read(text: &str) -> Result<Key, String> {
        const NONE: &str =
            "this is no armored OpenPGP private key; make one with `fixlead advisory key FILE`";
        const LOCKED: &str = "this key is protected with a passphrase, which nobody could type here; make a key of its own \
                              with `fixlead advisory key FILE`";
        const DAMAGED: &str = "the key is damaged; take it from where you keep its copy";
        let bytes = (text.len() <= MOST_KEY).then(|| armor::unwrap(PRIVATE, text)).flatten();
        let bytes = Zeroizing::new(bytes.ok_or(NONE)?);
        let mut rest = bytes.as_slice();
        let Some((5, mut body)) = next_packet(&mut rest) else { return Err(NONE.to_owned()) };
        let public = PublicKey::take(&mut body, rest)?;
        let Some((0, mut body)) = body.split_first() else { return Err(LOCKED.to_owned()) };
        let secret = next_mpi(&mut body).and_then(padded::<32>).map(Zeroizing::new).ok_or(DAMAGED)?;
        let secret = SigningKey::from_bytes(&secret);
        if secret.verifying_key().to_bytes() != public.point {
            return Err(DAMAGED.to_owned());
        }
        if public.certificates.is_empty() {
            return Err("the key names nobody; export it with its user id".to_owned());
        }
        Ok(Key { public, secret })
    }

    pub(super) fn raw(&self, digest: &[u8]) -> [u8; 64] {
        self.secret.sign(digest).to_bytes()
    }

    /// A signature over a file, apart from it. A signature is not older than
    /// its key.
    pub fn sign(&self, file: &[u8], at: Instant) -> String {
        armor::wrap("SIGNATURE", &packet(2, &signature::make(self, Kind::File(file), self.seconds(at))))
    }

    /// A text with a signature in one (section 7).
    pub fn sign_clear(&self, text: &str, at: Instant) -> String {
        let made = signature::make(self, Kind::Text(text), self.seconds(at));
        let mut out = String::from("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n");
        for line in text.lines() {
            out.push_str(if line.starts_with('-') { "- " } else { "" });
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out + &armor::wrap("SIGNATURE", &packet(2, &made))
    }

    fn seconds(&self, at: Instant) -> u32 {
        u32::try_from(at.millis() / 1_000).unwrap_or(0).max(self.public.created)
    }
}
