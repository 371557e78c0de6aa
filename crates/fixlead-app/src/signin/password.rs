//! Passwords: which are accepted, and how they are kept.
//!
//! Argon2id with 19 MiB, two passes and one lane (the second of the parameter
//! sets that OWASP's Password Storage Cheat Sheet calls equal), a random salt
//! of 16 bytes, written as a PHC string. What is accepted follows NIST SP
//! 800-63B section 5.1.1.2: length decides, not kinds of characters.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// The fewest characters of a password.
pub const FEWEST: usize = 12;
/// The most bytes of a password; longer ones would only cost time.
pub const MOST_BYTES: usize = 1024;
/// The length of a salt in bytes.
pub const SALT: usize = 16;

/// Why a password is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few characters.
    #[error("a password has at least {FEWEST} characters; several unrelated words make a good one")]
    Short,
    /// Too many bytes.
    #[error("a password has at most {MOST_BYTES} bytes")]
    Long,
    /// Too few different characters, or a run like `abcdefgh`.
    #[error(
        "this password repeats itself or runs along the keyboard; several unrelated words make a good one"
    )]
    Simple,
    /// It is the person's or the project's name with a little around it.
    #[error("this password holds your name or address; choose one that nobody can guess from who you are")]
    Known,
}

/// Whether a password may be chosen by somebody known by these names.
pub fn accept(password: &str, names: &[&str]) -> Result<(), Unfit> {
    if password.len() > MOST_BYTES {
        return Err(Unfit::Long);
    }
    let letters: Vec<char> = password.chars().collect();
    if letters.len() < FEWEST {
        return Err(Unfit::Short);
    }
    let mut distinct = letters.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5 || longest_run(&letters) * 2 > letters.len() {
        return Err(Unfit::Simple);
    }
    let lower = password.to_lowercase();
    let parts = names.iter().flat_map(|name| name.split(['@', '.', ' ', '-', '_']));
    let mut rest = lower.clone();
    for part in parts.filter(|part| part.chars().count() >= 3) {
        rest = rest.replace(&part.to_lowercase(), "");
    }
    if rest.chars().count() < FEWEST / 2 && rest != lower {
        return Err(Unfit::Known);
    }
    Ok(())
}

/// The longest stretch in which each character is the one before it, or its
/// neighbour in the alphabet or in a row of keys.
fn longest_run(letters: &[char]) -> usize {
    const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let close = |first: char, second: char| {
        let (first, second) = (first.to_ascii_lowercase(), second.to_ascii_lowercase());
        let in_row = |row: &str| {
            let place = |letter: char| row.chars().position(|key| key == letter);
            matches!((place(first), place(second)), (Some(one), Some(other)) if one.abs_diff(other) == 1)
        };
        u32::from(first).abs_diff(u32::from(second)) <= 1 || ROWS.iter().any(|row| in_row(row))
    };
    let (mut longest, mut run) = (1, 1);
    for pair in letters.windows(2) {
        run = if close(pair[0], pair[1]) { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

fn hasher() -> Option<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// What is kept of a password. Takes about 20 ms and 19 MiB; nothing when the
/// machine cannot give that.
pub fn hash(password: &str, salt: &[u8; SALT]) -> Option<String> {
    let hash: PasswordHash = hasher()?.hash_password_with_salt(password.as_bytes(), salt).ok()?;
    Some(hash.to_string())
}

/// Whether a password is the one that was kept. Where nothing was kept, because
/// there is no such person, it takes as long and says no.
pub fn verify(password: &str, kept: Option<&str>) -> bool {
    // A hash that no password has: its output is not Argon2's.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    if password.len() > MOST_BYTES {
        return false;
    }
    let Some(hasher) = hasher() else { return false };
    let matches = hasher.verify_password(password.as_bytes(), kept.unwrap_or(NOBODY)).is_ok();
    matches && kept.is_some()
}
