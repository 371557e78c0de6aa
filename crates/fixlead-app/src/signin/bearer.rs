//! Bearer secrets: who holds one is let in, so they are long, random, and kept
//! only as a hash.
//!
//! Their text begins with what they are for, so that a secret in the wrong
//! place is recognised by people, by scanners, and by the desk itself, which
//! refuses to store text that holds one.

use fixlead_core::id::ALPHABET;
use sha2::{Digest, Sha256};

/// How many random bytes a secret has.
pub const BYTES: usize = 32;

/// 32 bytes are 256 bits, 52 letters of five bits.
const LETTERS: usize = 52;
/// Letters of the check at the end.
const CHECK: usize = 4;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A session in a browser.
    Session,
    /// A token for programs.
    Token,
    /// A link that works once: the first set-up, an invitation.
    Link,
    /// A reporter's way back to their report.
    Receipt,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 4] = [Purpose::Session, Purpose::Token, Purpose::Link, Purpose::Receipt];

    /// How its text begins.
    pub fn prefix(self) -> &'static str {
        match self {
            Purpose::Session => "fixlead_session_",
            Purpose::Token => "fixlead_token_",
            Purpose::Link => "fixlead_link_",
            Purpose::Receipt => "fixlead_receipt_",
        }
    }
}

/// The text of a secret. It is shown once, to the one it is for.
pub fn text(purpose: Purpose, bytes: &[u8; BYTES]) -> String {
    let mut text = String::from(purpose.prefix());
    let mut bits: u32 = 0;
    let mut held = 0;
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(ALPHABET[(bits >> held & 31) as usize]));
        }
    }
    text.push(char::from(ALPHABET[(bits << (5 - held) & 31) as usize]));
    let check = check(&text);
    text + &check
}

/// What the letters before it add up to: tells a mistyped secret from a wrong
/// one, and a pasted one from a word that only begins like it.
fn check(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(CHECK).map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}

/// What is kept of a secret: a hash, under which it is looked up. Without the
/// purpose's beginning or with a mistyped letter there is none.
pub fn lookup(purpose: Purpose, text: &str) -> Option<[u8; 32]> {
    let rest = text.strip_prefix(purpose.prefix())?;
    if rest.len() != LETTERS + CHECK || !rest.bytes().all(|letter| ALPHABET.contains(&letter)) {
        return None;
    }
    let (before, stated) = text.split_at(text.len() - CHECK);
    (check(before) == stated).then(|| Sha256::digest(text.as_bytes()).into())
}

/// The first place in a text where somebody pasted a bearer secret.
pub fn pasted(text: &str) -> Option<(Purpose, std::ops::Range<usize>)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("fixlead_") {
        let start = from + found;
        for purpose in Purpose::ALL {
            let end = start + purpose.prefix().len() + LETTERS + CHECK;
            if text.get(start..end).is_some_and(|part| lookup(purpose, part).is_some()) {
                return Some((purpose, start..end));
            }
        }
        from = start + "fixlead_".len();
    }
    None
}

/// Every bearer secret in a text, the first so many.
pub fn all_pasted(text: &str, most: usize) -> Vec<(Purpose, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((purpose, range)) = pasted(&text[from..]).filter(|_| found.len() < most) {
        found.push((purpose, &text[from + range.start..from + range.end]));
        from += range.end;
    }
    found
}

/// Everything in a text that looks like the secret of a webhook, the first so
/// many; whether it is one, its hash tells.
pub fn webhook_secrets(text: &str, most: usize) -> Vec<&str> {
    const PREFIX: &str = "whsec_";
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let starts = text.match_indices(PREFIX).take(most);
    starts
        .map(|(start, _)| {
            let rest = &text.as_bytes()[start + PREFIX.len()..];
            let length = rest.iter().take(100).take_while(|byte| letter(byte)).count();
            &text[start..start + PREFIX.len() + length]
        })
        .collect()
}
/// The token in a header `Authorization: Basic …` (RFC 7617), where it is the
/// password. The name beside it does not count.
pub fn of_basic(header: &str) -> Option<String> {
    use base64::Engine as _;
    let (scheme, text) = header.split_once(' ')?;
    let plain = scheme.eq_ignore_ascii_case("basic") && text.len() <= 1024;
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok().filter(|_| plain)?;
    let text = String::from_utf8(bytes).ok()?;
    let (_, password) = text.split_once(':')?;
    lookup(Purpose::Token, password).is_some().then(|| password.to_owned())
}
