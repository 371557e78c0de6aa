//! ASCII armor (RFC 9580, section 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What armor is around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `PGP PUBLIC KEY BLOCK`.
    PublicKey,
    /// `PGP PRIVATE KEY BLOCK`.
    PrivateKey,
    /// `PGP MESSAGE`.
    Message,
}

const NAMES: [(Kind, &str); 3] = [
    (Kind::PublicKey, "PGP PUBLIC KEY BLOCK"),
    (Kind::PrivateKey, "PGP PRIVATE KEY BLOCK"),
    (Kind::Message, "PGP MESSAGE"),
];

fn border<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.trim_end().strip_prefix("-----")?.strip_suffix("-----")?.strip_prefix(word)?.strip_prefix(' ')
}

/// What a text begins with, if it is armor.
pub fn kind(text: &str) -> Option<Kind> {
    let name = border(text.trim_start().lines().next()?, "BEGIN")?;
    NAMES.into_iter().find(|(_, known)| *known == name).map(|(kind, _)| kind)
}

/// The bytes in a text that is one armored block and nothing else. The checksum
/// is left out of account, as section 6.1 asks.
///
/// # Errors
/// What is wrong, and what to do.
pub fn open(text: &str) -> Result<(Kind, Vec<u8>), &'static str> {
    const NONE: &str =
        "this is no OpenPGP block; copy it with its lines `-----BEGIN PGP …` and `-----END PGP …`";
    let kind = kind(text).ok_or(NONE)?;
    let mut lines = text.trim().lines().map(str::trim_end);
    let begun = lines.next().and_then(|line| border(line, "BEGIN")).ok_or(NONE)?;
    // Headers such as `Comment: …` end with an empty line; some clients leave
    // both out.
    let mut lines = lines.peekable();
    while lines.peek().is_some_and(|line| line.contains(": ") || line.ends_with(':')) {
        lines.next();
    }
    if lines.peek().is_some_and(|line| line.is_empty()) {
        lines.next();
    }
    let mut letters = String::with_capacity(text.len());
    let mut ended = false;
    for line in lines.by_ref() {
        if let Some(name) = border(line, "END") {
            ended = name == begun;
            break;
        }
        // The checksum begins with `=`; padding never stands first.
        if !line.starts_with('=') {
            letters.push_str(line);
        }
    }
    if !ended {
        return Err("the OpenPGP block is cut off; copy it with its last line");
    }
    if lines.next().is_some() {
        return Err("something stands behind the OpenPGP block; send the block alone");
    }
    let bytes = STANDARD.decode(letters).map_err(|_| "the OpenPGP block is damaged; export it again")?;
    Ok((kind, bytes))
}
