//! ID tokens of OpenID Connect, checked as its Core specification says in
//! section 3.1.3.7, and the keys of providers they are signed with (RFC 7517).
//!
//! The list of algorithms is closed and asymmetric: `none` and whatever is
//! signed with a shared secret is refused before a key is looked for. Only keys
//! that the provider's own document names count; what a token says about where
//! its key is found is not read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fixlead_core::time::{Instant, Span};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// The longest token, in bytes.
const MOST_TOKEN: usize = 32 * 1024;
/// Most keys of a provider.
const MOST_KEYS: usize = 50;
/// How far the clock of a provider may be from ours.
pub const SKEW: Span = Span::minutes(1);
/// How old a token may be that comes straight from its provider.
const FRESH: Span = Span::minutes(10);

/// Why a token does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It cannot be read.
    Malformed,
    /// It is signed in a way that is not taken.
    Algorithm,
    /// No key of the provider has its id.
    Key,
    /// The signature is not of that key.
    Signature,
    /// Another issuer made it.
    Issuer,
    /// It was made for somebody else.
    Audience,
    /// It is over, not yet valid, or old.
    Time,
    /// It answers another request.
    Nonce,
    /// It does not say, or not well enough, when the person showed who they are.
    AuthTime,
}

/// What a token has to say.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// Who makes it.
    pub issuer: &'a str,
    /// For whom.
    pub client: &'a str,
    /// In answer to which request.
    pub nonce: &'a str,
    /// The person has to have shown who they are at this instant or later.
    pub since: Option<Instant>,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Whom it is about, as the issuer names them for good.
    pub subject: String,
    /// When they showed who they are, if it says.
    pub shown: Option<Instant>,
    /// How they are called there; for eyes only.
    pub called: Option<String>,
}

/// The keys of a provider.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Jwk>);

#[derive(Clone, Debug, Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Said {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    auth_time: Option<f64>,
    preferred_username: Option<String>,
    name: Option<String>,
}

impl Keys {
    /// Reads a set of keys; those of kinds that are not known are left out.
    pub fn read(bytes: &[u8]) -> Option<Keys> {
        let set: KeySet = serde_json::from_slice(bytes).ok()?;
        if set.keys.len() > MOST_KEYS {
            return None;
        }
        Some(Keys(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect()))
    }

    /// The key of a token: the one with its id, or the only one there can be.
    fn find(&self, header: &Header) -> Result<&Jwk, Flaw> {
        let kind = match header.alg.as_str() {
            "RS256" | "PS256" => ("RSA", None),
            "ES256" => ("EC", Some("P-256")),
            "ES384" => ("EC", Some("P-384")),
            "EdDSA" => ("OKP", Some("Ed25519")),
            _ => return Err(Flaw::Algorithm),
        };
        let mut fit = self.0.iter().filter(|key| {
            (key.kty.as_str(), key.crv.as_deref().filter(|_| kind.1.is_some())) == kind
                && key.usage.as_deref().is_none_or(|usage| usage == "sig")
                && key.alg.as_deref().is_none_or(|alg| alg == header.alg)
                && (header.kid.is_none() || key.kid == header.kid)
        });
        let found = fit.next().ok_or(Flaw::Key)?;
        if fit.next().is_some() { Err(Flaw::Key) } else { Ok(found) }
    }
}

impl Jwk {
    fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        let bytes = |field: &Option<String>| URL_SAFE_NO_PAD.decode(field.as_deref()?).ok();
        let point = || {
            let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
            Some([&[4][..], &x, &y].concat())
        };
        let rsa = || {
            let n = bytes(&self.n)?;
            Some(RsaPublicKeyComponents { n, e: bytes(&self.e)? })
        };
        let verified = match algorithm {
            "RS256" => rsa()?.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            "PS256" => rsa()?.verify(&RSA_PSS_2048_8192_SHA256, message, signature),
            "ES256" => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point()?).verify(message, signature),
            "ES384" => UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point()?).verify(message, signature),
            "EdDSA" => UnparsedPublicKey::new(&ED25519, bytes(&self.x)?).verify(message, signature),
            _ => return None,
        };
        Some(verified.is_ok())
    }
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Flaw> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Flaw::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Flaw::Malformed)
}

/// An instant of so many seconds since 1970.
fn instant(seconds: f64) -> Result<Instant, Flaw> {
    // The end of the year 9999; what is later cannot be written as a date.
    if !(0.0..=253_402_300_799.0).contains(&seconds) {
        return Err(Flaw::Malformed);
    }
    Ok(Instant::from_millis((seconds * 1_000.0) as i64))
}

/// Checks a token.
///
/// # Errors
/// Why it does not count.
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>, now: Instant) -> Result<Claims, Flaw> {
    if token.len() > MOST_TOKEN {
        return Err(Flaw::Malformed);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Flaw::Malformed)?;
    let (header, body) = signed.split_once('.').ok_or(Flaw::Malformed)?;
    if body.contains('.') {
        return Err(Flaw::Malformed);
    }
    let header: Header = part(header)?;
    // Nothing is understood that one has to understand (RFC 7515 section 4.1.11).
    if header.crit.is_some() {
        return Err(Flaw::Algorithm);
    }
    let key = keys.find(&header)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Flaw::Malformed)?;
    if !key.verifies(&header.alg, signed.as_bytes(), &signature).ok_or(Flaw::Key)? {
        return Err(Flaw::Signature);
    }
    let said: Said = part(body)?;
    if said.iss != expected.issuer {
        return Err(Flaw::Issuer);
    }
    // Others it was made for too could be handed it, and hand it on.
    let is_ours = match &said.aud {
        Audience::One(one) => one == expected.client,
        Audience::Many(many) => matches!(&many[..], [one] if one == expected.client),
    };
    if !is_ours || said.azp.is_some_and(|azp| azp != expected.client) {
        return Err(Flaw::Audience);
    }
    let (ends, made) = (instant(said.exp)?, instant(said.iat)?);
    let begins = said.nbf.map(instant).transpose()?;
    let is_late = ends + SKEW <= now || made + FRESH + SKEW < now;
    if is_late || made > now + SKEW || begins.is_some_and(|begins| begins > now + SKEW) {
        return Err(Flaw::Time);
    }
    if said.nonce.as_deref() != Some(expected.nonce) {
        return Err(Flaw::Nonce);
    }
    let shown = said.auth_time.map(instant).transpose()?;
    if let Some(since) = expected.since
        && shown.is_none_or(|shown| shown + SKEW < since || shown > now + SKEW)
    {
        return Err(Flaw::AuthTime);
    }
    if said.sub.is_empty() || said.sub.len() > 255 {
        return Err(Flaw::Malformed);
    }
    let shown = shown.filter(|shown| *shown <= now + SKEW).map(|shown| shown.min(now));
    Ok(Claims { subject: said.sub, shown, called: said.preferred_username.or(said.name) })
}
