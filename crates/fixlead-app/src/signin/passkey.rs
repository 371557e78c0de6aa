//! Passkeys: what a browser sends when one is made or used, checked as WebAuthn
//! Level 3 says in section 7.1 (registering) and 7.2 (an assertion).
//!
//! The numbers beside the checks are the steps of those sections. What needs
//! memory (that the challenge was ours and is used once, whose credential it
//! is) is done by [`crate::accounts`], which asks here for the rest.
//!
//! What this desk decides where the specification leaves room: the user is
//! always verified, not only present; the page may stand in no frame; no
//! attestation is asked for, and none is believed; an authenticator whose counter
//! does not grow is taken for a copy.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::public_key::PublicKey;

/// Bytes of a challenge (section 13.4.3 asks for at least 16).
pub const CHALLENGE: usize = 32;
/// The longest id of a credential, in bytes (step 25 of 7.1).
const MOST_ID: usize = 1023;
/// The most of anything that a browser sends, in letters.
const MOST_SENT: usize = 32 * 1024;

/// Who asks for passkeys: this desk, by the address people reach it at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relying {
    /// The name that passkeys are bound to.
    pub id: String,
    /// The origin that browsers have to be at.
    pub origin: String,
}

impl Relying {
    /// Of an origin such as `https://desk.example.org`. Nothing if it is no name:
    /// passkeys are not made for numbers, and browsers make none without TLS
    /// except on the machine itself.
    pub fn of(origin: &str) -> Option<Relying> {
        let (scheme, authority) = origin.split_once("://")?;
        if authority.starts_with('[') {
            return None;
        }
        let host = authority.split(':').next()?;
        let is_name = !host.is_empty() && host.parse::<std::net::IpAddr>().is_err();
        let is_safe = scheme == "https" || host == "localhost" || host.ends_with(".localhost");
        (is_name && is_safe).then(|| Relying { id: host.to_owned(), origin: origin.to_owned() })
    }
}

/// Why what a browser sent does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It cannot be read.
    Malformed,
    /// It is an answer to another kind of question.
    Kind,
    /// It was made for another origin, or in a frame.
    Origin,
    /// It was made for another relying party.
    Relying,
    /// Nobody was there.
    Presence,
    /// Nobody was asked who they are: no finger, no number.
    Verification,
    /// What it says about copies of the key contradicts itself.
    BackUp,
    /// The key is of an algorithm that is not used here.
    Algorithm,
    /// It vouches for the authenticator, wrongly or in a way nobody asked for.
    Attestation,
    /// The signature is not of this key.
    Signature,
    /// The counter did not grow: there may be two of this authenticator.
    Counter,
}

/// What a browser sends when a passkey is made, each in base64url.
#[derive(Clone, Debug, Default)]
pub struct Making {
    /// What the browser knows.
    pub client_data: String,
    /// What the authenticator says.
    pub attestation: String,
}

/// What a browser sends when a passkey is used, each in base64url.
#[derive(Clone, Debug, Default)]
pub struct Using {
    /// Which credential.
    pub credential: String,
    /// What the browser knows.
    pub client_data: String,
    /// What the authenticator says.
    pub authenticator: String,
    /// The signature over both.
    pub signature: String,
    /// Whose it is, as the authenticator keeps it; empty if it says nothing.
    pub user: String,
}

/// A passkey that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The id of the credential.
    pub id: Vec<u8>,
    /// Its public key.
    pub key: PublicKey,
    /// How often it was used, as far as the authenticator counts.
    pub count: u32,
    /// Whether it may be on several devices.
    pub may_travel: bool,
    /// Whether there is a copy of it elsewhere.
    pub travels: bool,
}

/// A passkey that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// The counter now.
    pub count: u32,
    /// Whether there is a copy of it elsewhere now.
    pub travels: bool,
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
    #[serde(default, rename = "topOrigin")]
    top_origin: Option<String>,
}

/// What comes in base64url.
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    (text.len() <= MOST_SENT).then(|| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok())?
}

/// The challenge that an answer is to, as the browser says.
pub fn challenge(client_data: &str) -> Option<[u8; CHALLENGE]> {
    let data: ClientData = serde_json::from_slice(&decoded(client_data)?).ok()?;
    decoded(&data.challenge)?.try_into().ok()
}

/// Steps 5 to 12 of 7.1, and 8 to 14 and 20 of 7.2: what the browser says. Its hash.
fn client_data(relying: &Relying, kind: &str, sent: &str) -> Result<[u8; 32], Flaw> {
    let bytes = decoded(sent).ok_or(Flaw::Malformed)?;
    let data: ClientData = serde_json::from_slice(&bytes).map_err(|_| Flaw::Malformed)?;
    if data.kind != kind {
        return Err(Flaw::Kind);
    }
    if data.origin != relying.origin || data.cross_origin || data.top_origin.is_some() {
        return Err(Flaw::Origin);
    }
    Ok(Sha256::digest(&bytes).into())
}

/// What an authenticator says (section 6.1).
struct Authenticator {
    flags: u8,
    count: u32,
    attested: Option<(Vec<u8>, PublicKey)>,
}

impl Authenticator {
    const PRESENT: u8 = 1;
    const VERIFIED: u8 = 1 << 2;
    const MAY_TRAVEL: u8 = 1 << 3;
    const TRAVELS: u8 = 1 << 4;
    const ATTESTED: u8 = 1 << 6;
    const EXTENDED: u8 = 1 << 7;

    /// Steps 14 to 17, 20 and 25 of 7.1, and 15 to 18 of 7.2.
    fn read(relying: &Relying, bytes: &[u8]) -> Result<Authenticator, Flaw> {
        let (hash, rest) = bytes.split_at_checked(32).ok_or(Flaw::Malformed)?;
        let (&flags, rest) = rest.split_first().ok_or(Flaw::Malformed)?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(Flaw::Malformed)?;
        let expected: [u8; 32] = Sha256::digest(relying.id.as_bytes()).into();
        if hash != expected {
            return Err(Flaw::Relying);
        }
        let mut attested = None;
        if flags & Self::ATTESTED != 0 {
            let (_model, after) = rest.split_at_checked(16).ok_or(Flaw::Malformed)?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(Flaw::Malformed)?;
            let length = usize::from(u16::from_be_bytes(*length));
            let (id, after) = after.split_at_checked(length).ok_or(Flaw::Malformed)?;
            if id.is_empty() || id.len() > MOST_ID {
                return Err(Flaw::Malformed);
            }
            rest = after;
            let key = cbor(&mut rest)?;
            attested = Some((id.to_vec(), PublicKey::read(&key).ok_or(Flaw::Algorithm)?));
        }
        if flags & Self::EXTENDED != 0 {
            // Nothing was asked for; what comes all the same is not looked at.
            cbor(&mut rest)?.as_map().ok_or(Flaw::Malformed)?;
        }
        if !rest.is_empty() {
            return Err(Flaw::Malformed);
        }
        if flags & Self::PRESENT == 0 {
            return Err(Flaw::Presence);
        }
        if flags & Self::VERIFIED == 0 {
            return Err(Flaw::Verification);
        }
        if flags & Self::MAY_TRAVEL == 0 && flags & Self::TRAVELS != 0 {
            return Err(Flaw::BackUp);
        }
        Ok(Authenticator { flags, count: u32::from_be_bytes(*count), attested })
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// One value of CBOR, and what comes after it.
fn cbor(rest: &mut &[u8]) -> Result<Value, Flaw> {
    ciborium::de::from_reader_with_recursion_limit(rest, 8).map_err(|_| Flaw::Malformed)
}

/// Checks a passkey that was made (section 7.1, without the challenge).
///
/// # Errors
/// Why it does not count.
pub fn made(relying: &Relying, sent: &Making) -> Result<Made, Flaw> {
    let hash = client_data(relying, "webauthn.create", &sent.client_data)?;
    // Step 13: the attestation object.
    let object = decoded(&sent.attestation).ok_or(Flaw::Malformed)?;
    let mut rest = &object[..];
    let object = cbor(&mut rest)?;
    if !rest.is_empty() {
        return Err(Flaw::Malformed);
    }
    let map = object.as_map().ok_or(Flaw::Malformed)?;
    let at = |name: &str| {
        let mut found = map.iter().filter(|(key, _)| key.as_text() == Some(name));
        let value = found.next().map(|(_, value)| value);
        if found.next().is_some() { None } else { value }
    };
    let said = at("authData").and_then(Value::as_bytes).ok_or(Flaw::Malformed)?;
    let format = at("fmt").and_then(Value::as_text).ok_or(Flaw::Malformed)?;
    let statement = at("attStmt").and_then(Value::as_map).ok_or(Flaw::Malformed)?;
    let authenticator = Authenticator::read(relying, said)?;
    let (id, key) = authenticator.attested.clone().ok_or(Flaw::Malformed)?;
    // Steps 21 to 24. None was asked for; a browser lets the authenticator sign
    // with the new key itself all the same, which vouches for nothing more.
    match format {
        "none" if statement.is_empty() => {}
        "packed" => {
            let field = |name: &str| statement.iter().find(|(key, _)| key.as_text() == Some(name));
            let algorithm = field("alg").and_then(|(_, value)| value.as_integer());
            let signature = field("sig").and_then(|(_, value)| value.as_bytes());
            let own = statement.len() == 2 && algorithm == Some(key.algorithm().into());
            let signed = [&said[..], &hash].concat();
            if !own || !signature.is_some_and(|signature| key.verifies(&signed, signature)) {
                return Err(Flaw::Attestation);
            }
        }
        _ => return Err(Flaw::Attestation),
    }
    let may_travel = authenticator.has(Authenticator::MAY_TRAVEL);
    let travels = authenticator.has(Authenticator::TRAVELS);
    Ok(Made { id, key, count: authenticator.count, may_travel, travels })
}

/// Checks that a passkey was used (section 7.2, without the challenge and
/// without finding the credential).
///
/// # Errors
/// Why it does not count.
pub fn used(relying: &Relying, sent: &Using, known: &Made) -> Result<Used, Flaw> {
    let hash = client_data(relying, "webauthn.get", &sent.client_data)?;
    let said = decoded(&sent.authenticator).ok_or(Flaw::Malformed)?;
    let authenticator = Authenticator::read(relying, &said)?;
    // Step 19: whether a key may travel never changes.
    if authenticator.has(Authenticator::MAY_TRAVEL) != known.may_travel {
        return Err(Flaw::BackUp);
    }
    // Step 21: the signature.
    let signature = decoded(&sent.signature).ok_or(Flaw::Malformed)?;
    if !known.key.verifies(&[&said[..], &hash].concat(), &signature) {
        return Err(Flaw::Signature);
    }
    // Step 22: the counter, of those authenticators that have one.
    if (authenticator.count != 0 || known.count != 0) && authenticator.count <= known.count {
        return Err(Flaw::Counter);
    }
    Ok(Used { count: authenticator.count, travels: authenticator.has(Authenticator::TRAVELS) })
}
