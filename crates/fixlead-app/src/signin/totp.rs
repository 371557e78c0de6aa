//! Codes of an authenticator (RFC 6238): six digits, thirty seconds, SHA-1,
//! which is what authenticators understand.
//!
//! A code counts once. Whoever keeps the secret keeps the step of the last code
//! that was accepted beside it, and a code of that step or before is refused.

use fixlead_core::time::Instant;
use totp_rs::{Builder, Totp};

/// The length of a secret in bytes: that of SHA-1's output (RFC 4226 section
/// 4, R6).
pub const SECRET: usize = 20;

fn totp(secret: &[u8; SECRET]) -> Option<Totp> {
    // One step to either side: clocks of telephones are not exact.
    Builder::new().with_secret(*secret).with_skew(1).build().ok()
}

fn seconds(now: Instant) -> u64 {
    u64::try_from(now.millis() / 1_000).unwrap_or(0)
}

/// The step of a code, if it is right now and later than the last one that was
/// accepted.
pub fn check(secret: &[u8; SECRET], code: &str, now: Instant, last: Option<u64>) -> Option<u64> {
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).take(7).collect();
    let step = totp(secret)?.check(&code, seconds(now))?;
    last.is_none_or(|last| step > last).then_some(step)
}

/// The code of an instant, as an authenticator shows it.
pub fn code(secret: &[u8; SECRET], now: Instant) -> Option<String> {
    Some(totp(secret)?.generate(seconds(now)).to_string())
}

/// The address that an authenticator reads from a QR code (the Key URI Format
/// of Google Authenticator).
pub fn address(secret: &[u8; SECRET], issuer: &str, account: &str) -> String {
    let encode = |text: &str| {
        let mut encoded = String::new();
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    encoded.push(char::from(byte));
                }
                _ => encoded.push_str(&format!("%{byte:02X}")),
            }
        }
        encoded
    };
    let (issuer, account) = (encode(issuer), encode(account));
    format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", base32(secret))
}

/// RFC 4648 base32 without padding, as authenticators take it by hand.
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let bits = group
            .iter()
            .enumerate()
            .fold(0_u64, |bits, (place, byte)| bits | u64::from(*byte) << (32 - 8 * place));
        for place in 0..(group.len() * 8).div_ceil(5) {
            text.push(char::from(LETTERS[(bits >> (35 - 5 * place) & 31) as usize]));
        }
    }
    text
}
