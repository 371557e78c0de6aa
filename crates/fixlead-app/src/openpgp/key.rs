//! A public key (a transferable public key, RFC 9580, section 10.1).

use fixlead_core::time::Instant;
use sha1::{Digest as _, Sha1};
use sha2::{Digest as _, Sha256};

use super::armor::{self, Kind};
use super::hex;
use super::packets::{Packets, subpackets};

/// The largest key, in bytes of its text.
pub const MOST_KEY: usize = 128 * 1024;
/// Most packets of a key.
const MOST_PACKETS: usize = 2_000;

/// What a public key says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its fingerprint in hexadecimal.
    pub fingerprint: String,
    /// The fingerprints of its subkeys.
    pub subkeys: Vec<String>,
    /// Whom it names first.
    pub user: Option<String>,
    /// When it was made.
    pub created: Instant,
    /// Until when something can be encrypted to it.
    pub expires: Option<Instant>,
}

impl PublicKey {
    /// Whether it, or one of its subkeys, goes by this id or fingerprint.
    pub fn goes_by(&self, name: &str) -> bool {
        let mut all = std::iter::once(&self.fingerprint).chain(&self.subkeys);
        // The id is the end of a fingerprint of version 4 and the beginning of
        // one of version 6 (section 5.5.4).
        all.any(|known| match known.len() {
            40 => known.ends_with(name),
            _ => known.starts_with(name),
        })
    }
}

/// A key packet, and what its latest self-signature says.
struct Part {
    fingerprint: String,
    created: i64,
    algorithm: u8,
    /// When that signature was made.
    signed: Option<u32>,
    expires_after: Option<u32>,
    flags: Option<u8>,
    revoked: bool,
}

impl Part {
    /// Sections 5.5.2 and 5.5.4.
    fn read(body: &[u8]) -> Option<Part> {
        let (version, rest) = body.split_first()?;
        let (created, rest) = rest.split_at_checked(4)?;
        let created = created.iter().fold(0, |sum, byte| sum << 8 | i64::from(*byte));
        let algorithm = *rest.first()?;
        let fingerprint = match version {
            4 => {
                let length = u16::try_from(body.len()).ok()?.to_be_bytes();
                hex(&Sha1::new().chain_update([0x99]).chain_update(length).chain_update(body).finalize())
            }
            6 => {
                let length = u32::try_from(body.len()).ok()?.to_be_bytes();
                hex(&Sha256::new().chain_update([0x9b]).chain_update(length).chain_update(body).finalize())
            }
            _ => return None,
        };
        let (signed, expires_after, flags) = (None, None, None);
        Some(Part { fingerprint, created, algorithm, signed, expires_after, flags, revoked: false })
    }

    /// Until when, in seconds since 1970; nothing if for ever.
    fn until(&self) -> Option<i64> {
        self.expires_after.filter(|after| *after != 0).map(|after| self.created + i64::from(after))
    }

    /// Whether something can be encrypted to it: by its flags (section
    /// 5.2.3.29), else by its algorithm (section 9.1).
    fn encrypts(&self) -> bool {
        let able = matches!(self.algorithm, 1 | 2 | 16 | 18 | 25 | 26);
        able && !self.revoked && self.flags.is_none_or(|flags| flags & 0x0c != 0)
    }
}

/// What a signature (section 5.2.3) says of the key before it.
fn sign(part: &mut Part, body: &[u8], primary: bool) {
    let (kind, hashed) = match body {
        [4, kind, _, _, high, low, rest @ ..] => {
            (*kind, rest.get(..usize::from(*high) << 8 | usize::from(*low)))
        }
        [6, kind, _, _, a, b, c, d, rest @ ..] => {
            let size = u32::from_be_bytes([*a, *b, *c, *d]);
            (*kind, usize::try_from(size).ok().and_then(|size| rest.get(..size)))
        }
        _ => return,
    };
    let Some(hashed) = hashed else { return };
    // Certifications and direct signatures tell of the primary key, a binding
    // of a subkey; 0x20 and 0x28 revoke (section 5.2.1).
    let tells = if primary { matches!(kind, 0x10..=0x13 | 0x1f) } else { kind == 0x18 };
    part.revoked |= kind == if primary { 0x20 } else { 0x28 };
    if !tells {
        return;
    }
    let (mut made, mut expires_after, mut flags) = (0, None, None);
    for (subpacket, said) in subpackets(hashed) {
        let seconds = || <[u8; 4]>::try_from(said).ok().map(u32::from_be_bytes);
        match subpacket {
            2 => made = seconds().unwrap_or(0),
            9 => expires_after = seconds(),
            27 => flags = said.first().copied(),
            _ => {}
        }
    }
    // Certifications by others say neither; the latest of one's own counts.
    let own = flags.is_some() || expires_after.is_some() || part.signed.is_none();
    if own && part.signed.is_none_or(|signed| signed <= made) {
        (part.signed, part.expires_after, part.flags) = (Some(made), expires_after, flags);
    }
}

/// Reads an armored public key.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn read(text: &str) -> Result<PublicKey, &'static str> {
    const DAMAGED: &str = "the key is damaged; export it again";
    const SECRET: &str =
        "this holds a secret key, and was not kept; export the public one, and consider the secret one known";
    if text.len() > MOST_KEY {
        return Err("the key is larger than 128 KiB; export it without the signatures of others");
    }
    // Said before anything else: whoever has pasted it has to know.
    if armor::kind(text) == Some(Kind::PrivateKey) {
        return Err(SECRET);
    }
    let (kind, bytes) = armor::open(text)?;
    if kind != Kind::PublicKey {
        return Err("this is no public key; export one");
    }
    let mut parts: Vec<Part> = Vec::new();
    let mut user = None;
    for (place, packet) in Packets::of(&bytes).enumerate() {
        if place >= MOST_PACKETS {
            return Err("the key has too many parts; export it without the signatures of others");
        }
        let packet = packet.map_err(|_| DAMAGED)?;
        match packet.id {
            5 | 7 => return Err(SECRET),
            6 if !parts.is_empty() => return Err("there is more than one key; give one"),
            14 if parts.is_empty() => return Err(DAMAGED),
            6 | 14 => parts
                .push(Part::read(packet.body).ok_or(
                    "the key is of a version that is not used any more; make one of version 4 or 6",
                )?),
            _ if parts.is_empty() => return Err("this is no public key; export one"),
            13 if user.is_none() => user = Some(String::from_utf8_lossy(packet.body).into_owned()),
            2 => {
                let primary = parts.len() == 1;
                if let Some(part) = parts.last_mut() {
                    sign(part, packet.body, primary);
                }
            }
            _ => {}
        }
    }
    let (primary, subkeys) = parts.split_first().ok_or("this is no public key; export one")?;
    if primary.revoked {
        return Err("this key was revoked; give one that is in use");
    }
    let able: Vec<&Part> = parts.iter().filter(|part| part.encrypts()).collect();
    if able.is_empty() {
        return Err("nothing can be encrypted to this key; give one with a subkey for encryption");
    }
    // For ever is later than anything.
    let longest = if able.iter().any(|part| part.until().is_none()) {
        None
    } else {
        able.iter().filter_map(|part| part.until()).max()
    };
    let expires = [longest, primary.until()].into_iter().flatten().min();
    let instant = |seconds: i64| Instant::from_millis(seconds * 1_000);
    Ok(PublicKey {
        fingerprint: primary.fingerprint.clone(),
        subkeys: subkeys.iter().map(|part| part.fingerprint.clone()).collect(),
        user,
        created: instant(primary.created),
        expires: expires.map(instant),
    })
}
