//! Signatures of version 4 (RFC 9580, section 5.2.3).

use sha2::{Digest as _, Sha512};

use super::{ALGORITHM, HASH, Key, PublicKey, armor, length, mpi, next_mpi, next_packet, padded};

/// What is signed.
pub enum Kind<'a> {
    /// A file as it is.
    File(&'a [u8]),
    /// A text, whatever ends its lines.
    Text(&'a str),
    /// That a key belongs to somebody.
    Certification(&'a str),
}

impl Kind<'_> {
    const fn code(&self) -> u8 {
        match self {
            Kind::File(_) => 0x00,
            Kind::Text(_) => 0x01,
            Kind::Certification(_) => 0x13,
        }
    }

    /// What is hashed before the signature's own part (section 5.2.4).
    fn hash(&self, key: &PublicKey, hasher: &mut Sha512) {
        match self {
            Kind::File(bytes) => hasher.update(bytes),
            Kind::Text(text) => {
                let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
                hasher.update(lines.join("\r\n"));
            }
            Kind::Certification(owner) => {
                hasher.update(key.hashed());
                hasher.update([0xb4]);
                hasher.update((owner.len() as u32).to_be_bytes());
                hasher.update(owner);
            }
        }
    }
}

fn digest(kind: &Kind<'_>, key: &PublicKey, hashed: &[u8]) -> [u8; 64] {
    let mut hasher = Sha512::new();
    kind.hash(key, &mut hasher);
    hasher.update(hashed);
    hasher.update([4, 0xff]);
    hasher.update((hashed.len() as u32).to_be_bytes());
    hasher.finalize().into()
}

fn subpacket(out: &mut Vec<u8>, id: u8, body: &[u8]) {
    out.push(body.len() as u8 + 1);
    out.push(id);
    out.extend(body);
}

/// The body of a signature's packet.
pub fn make(key: &Key, kind: Kind<'_>, seconds: u32) -> Vec<u8> {
    let print = key.public.print();
    let mut said = Vec::new();
    // The issuer's fingerprint, then when.
    let mut issuer = vec![4];
    issuer.extend(print);
    subpacket(&mut said, 33, &issuer);
    subpacket(&mut said, 2, &seconds.to_be_bytes());
    if matches!(kind, Kind::Certification(_)) {
        // It certifies and signs, and hashes with SHA-512.
        subpacket(&mut said, 27, &[0x03]);
        subpacket(&mut said, 21, &[HASH]);
    }
    let mut body = vec![4, kind.code(), ALGORITHM, HASH];
    body.extend((said.len() as u16).to_be_bytes());
    body.extend(said);
    let digest = digest(&kind, &key.public, &body);
    let mut unhashed = Vec::new();
    subpacket(&mut unhashed, 16, &print[12..]);
    body.extend((unhashed.len() as u16).to_be_bytes());
    body.extend(unhashed);
    body.extend(&digest[..2]);
    let signature = key.raw(&digest);
    body.extend(mpi(&signature[..32]));
    body.extend(mpi(&signature[32..]));
    body
}

fn holds(key: &PublicKey, kind: &Kind<'_>, armored: &str) -> Result<(), &'static str> {
    const BROKEN: &str = "the signature is damaged";
    let bytes = armor::unwrap("SIGNATURE", armored).ok_or("there is no armored signature")?;
    let mut rest = bytes.as_slice();
    let Some((2, body)) = next_packet(&mut rest) else { return Err("there is no signature") };
    let [4, code, algorithm, hash, high, low, ..] = *body else { return Err(BROKEN) };
    if code != kind.code() {
        return Err("the signature is of another kind");
    }
    if (algorithm, hash) != (ALGORITHM, HASH) {
        return Err("the signature is none of Ed25519 with SHA-512, and cannot be checked here");
    }
    let said = usize::from(u16::from_be_bytes([high, low]));
    let (hashed, rest) = body.split_at_checked(6 + said).ok_or(BROKEN)?;
    let (unhashed, rest) = rest.split_at_checked(2).ok_or(BROKEN)?;
    let unhashed = usize::from(u16::from_be_bytes([unhashed[0], unhashed[1]]));
    let (_, rest) = rest.split_at_checked(unhashed).ok_or(BROKEN)?;
    let (start, mut rest) = rest.split_at_checked(2).ok_or(BROKEN)?;
    if !names(&hashed[6..], key) {
        return Err("the signature is of another key");
    }
    let mut both = [0; 64];
    for half in both.chunks_mut(32) {
        half.copy_from_slice(&next_mpi(&mut rest).and_then(padded::<32>).ok_or(BROKEN)?);
    }
    let digest = digest(kind, key, hashed);
    if start == &digest[..2] && key.accepts(&digest, &both) {
        Ok(())
    } else {
        Err("the signature does not fit")
    }
}

/// Whether the subpackets name this key as the issuer.
fn names(mut subpackets: &[u8], key: &PublicKey) -> bool {
    while let Some((size, rest)) = length(subpackets) {
        let Some((body, rest)) = rest.split_at_checked(size) else { return false };
        if let [33, 4, print @ ..] = body {
            return print == key.print();
        }
        subpackets = rest;
    }
    false
}

/// Whether a signature apart from a file is over it, and of this key.
///
/// # Errors
/// What is wrong.
pub fn verify(key: &PublicKey, file: &[u8], armored: &str) -> Result<(), &'static str> {
    holds(key, &Kind::File(file), armored)
}

/// The text of a message that is signed in the clear by this key (section 7).
///
/// # Errors
/// What is wrong.
pub fn verify_clear(key: &PublicKey, message: &str) -> Result<String, &'static str> {
    const NONE: &str = "this is no text with a signature";
    let rest = message.strip_prefix("-----BEGIN PGP SIGNED MESSAGE-----\n").ok_or(NONE)?;
    let (_, rest) = rest.split_once("\n\n").ok_or(NONE)?;
    let (text, signature) = rest.split_once("\n-----BEGIN PGP SIGNATURE-----").ok_or(NONE)?;
    let text: String =
        text.lines().map(|line| format!("{}\n", line.strip_prefix("- ").unwrap_or(line))).collect();
    let signature = format!("-----BEGIN PGP SIGNATURE-----{signature}");
    holds(key, &Kind::Text(&text), &signature).map(|()| text)
}

#[cfg(test)]
mod tests {
    use fixlead_core::time::Instant;
    use zeroize::Zeroizing;

    use super::*;

    fn key(seed: u8) -> Key {
        let at = Instant::parse("2026-11-23T10:11:12Z").unwrap();
        Key::new(&Zeroizing::new([seed; 32]), "Example Project <security@example.org>", at).unwrap()
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        for seed in 0..40 {
            let key = key(seed);
            let read = Key::read(&key.armored_secret()).unwrap();
            assert_eq!(read.public, key.public);
            assert_eq!(PublicKey::read(&key.public.armored()).unwrap(), key.public);
            assert!(!key.public.armored().contains(key.armored_secret().lines().nth(3).unwrap()));
        }
    }

    #[test]
    fn a_signature_holds_for_its_file_and_its_key_alone() {
        let at = Instant::parse("2026-11-24T00:00:00Z").unwrap();
        // Several, since numbers of a signature can begin with zeros.
        for seed in 0..40 {
            let key = key(seed);
            let file = [seed; 100];
            let signature = key.sign(&file, at);
            assert_eq!(signature, key.sign(&file, at), "the same each time");
            assert_eq!(verify(&key.public, &file, &signature), Ok(()));
            assert!(verify(&key.public, &file[1..], &signature).is_err());
            assert!(verify(&self::key(seed + 1).public, &file, &signature).is_err());
            assert!(verify(&key.public, &file, &key.sign_clear("x", at)).is_err());
        }
    }

    #[test]
    fn a_text_is_signed_in_the_clear_whatever_its_lines_begin_and_end_with() {
        let at = Instant::parse("2026-11-24T00:00:00Z").unwrap();
        let key = key(7);
        let text = "# first\n- second\n\n-----BEGIN PGP SIGNATURE-----\nlast\n";
        let signed = key.sign_clear(text, at);
        assert_eq!(verify_clear(&key.public, &signed).as_deref(), Ok(text));
        assert!(verify_clear(&key.public, &signed.replace("last", "lost")).is_err());
    }

    #[test]
    fn damaged_keys_and_signatures_are_refused_and_nothing_panics() {
        let key = key(3);
        let at = Instant::from_millis(0);
        let secret = key.armored_secret();
        let bytes = armor::unwrap("PRIVATE KEY BLOCK", &secret).unwrap();
        let signature = key.sign(b"file", at);
        let signed = armor::unwrap("SIGNATURE", &signature).unwrap();
        for place in 0..bytes.len() {
            let cut = armor::wrap("PRIVATE KEY BLOCK", &bytes[..place]);
            let mut other = bytes.clone();
            other[place] ^= 0x40;
            let _ = Key::read(&armor::wrap("PRIVATE KEY BLOCK", &other));
            assert!(Key::read(&cut).is_err() || place > 80, "{place}");
        }
        for place in 0..signed.len() {
            let mut other = signed.clone();
            other[place] ^= 1;
            // What stands in the part that is not hashed is not asked.
            let free = (39..49).contains(&place);
            let held = verify(&key.public, b"file", &armor::wrap("SIGNATURE", &other)).is_ok();
            assert!(!held || free, "{place}");
            assert!(verify(&key.public, b"file", &armor::wrap("SIGNATURE", &signed[..place])).is_err());
        }
    }
}
