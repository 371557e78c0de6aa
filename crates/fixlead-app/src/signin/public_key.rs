//! Public keys of passkeys, as authenticators write them (COSE, RFC 9052), and
//! whether a signature is theirs.
//!
//! The list of algorithms is closed: ES256, EdDSA with Ed25519, and RS256 for
//! the authenticators of Windows that know nothing else (WebAuthn section 5.8.5
//! names them with their numbers).

use ciborium::Value;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};

/// The algorithms, by their numbers in COSE, the one that is liked best first.
pub const ALGORITHMS: [i64; 3] = [-8, -7, -257];

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PublicKey {
    /// ECDSA on P-256 with SHA-256: the point, uncompressed.
    Es256(Vec<u8>),
    /// Ed25519.
    Ed25519(Vec<u8>),
    /// RSA with SHA-256 and the padding of PKCS1 v1.5.
    Rs256 {
        /// The modulus, big-endian, without zeros in front.
        n: Vec<u8>,
        /// The exponent, likewise.
        e: Vec<u8>,
    },
}

impl PublicKey {
    /// Reads a key; nothing if it is not one of the algorithms, or not written
    /// as they are.
    pub fn read(cose: &Value) -> Option<Self> {
        let map = cose.as_map()?;
        let at = |label: i64| {
            let mut found = map.iter().filter(|(key, _)| integer(key) == Some(label));
            let (_, value) = found.next()?;
            // Two of a label, and two readers could take different ones.
            found.next().is_none().then_some(value)
        };
        let bytes = |label| at(label).and_then(Value::as_bytes);
        match (integer(at(1)?)?, integer(at(3)?)?) {
            (2, -7) if integer(at(-1)?)? == 1 => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                let fits = x.len() == 32 && y.len() == 32;
                fits.then(|| PublicKey::Es256([&[4][..], x, y].concat()))
            }
            (1, -8) if integer(at(-1)?)? == 6 => {
                let x = bytes(-2)?;
                (x.len() == 32).then(|| PublicKey::Ed25519(x.clone()))
            }
            (3, -257) => {
                let (n, e) = (bytes(-1)?, bytes(-2)?);
                let fits = (256..=1024).contains(&n.len()) && (1..=8).contains(&e.len());
                fits.then(|| PublicKey::Rs256 { n: n.clone(), e: e.clone() })
            }
            _ => None,
        }
    }

    /// The number of its algorithm.
    pub fn algorithm(&self) -> i64 {
        match self {
            PublicKey::Es256(_) => -7,
            PublicKey::Ed25519(_) => -8,
            PublicKey::Rs256 { .. } => -257,
        }
    }

    /// Whether a signature of a message is by the holder of this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            PublicKey::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            PublicKey::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            PublicKey::Rs256 { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.is_ok()
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_integer().and_then(|number| i64::try_from(number).ok())
}
