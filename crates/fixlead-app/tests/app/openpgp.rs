//! Public keys and encrypted reports. The keys and messages of version 4 were
//! made with GnuPG, which prints the same fingerprints; the key of version 6 is
//! the one of RFC 9580, appendix A.3.

use base64::Engine as _;
use fixlead_app::openpgp::{grouped, key, message};
use fixlead_core::time::Instant;
use proptest::prelude::*;

const KEY: &str = include_str!("openpgp/key.asc");
const VERSION_6: &str = include_str!("openpgp/version-6.asc");
const SIGN_ONLY: &str = include_str!("openpgp/sign-only.asc");
const MESSAGE: &str = include_str!("openpgp/message.asc");
const HIDDEN: &str = include_str!("openpgp/hidden.asc");
const SIGNED: &str = include_str!("openpgp/signed.asc");

fn armored(kind: &str, bytes: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!("-----BEGIN PGP {kind}-----\n\n{text}\n-----END PGP {kind}-----\n")
}

#[test]
fn a_key_says_its_fingerprint_whom_it_names_and_until_when() {
    let key = key::read(KEY).unwrap();
    assert_eq!(key.fingerprint, "6D084E076B98E43B771EA5F1E5DF61546C3B77D9");
    assert_eq!(grouped(&key.fingerprint), "6D08 4E07 6B98 E43B 771E A5F1 E5DF 6154 6C3B 77D9");
    assert_eq!(key.subkeys, ["8CDF9096F726F4CA9492ED6A7DBB92A2953C3F5B"]);
    assert_eq!(key.user.as_deref(), Some("Collector security <security@example.org>"));
    assert_eq!(key.created, Instant::parse("2026-01-01T00:00:00Z").unwrap());
    // The subkey that is encrypted to ends before the key itself.
    assert_eq!(key.expires, Some(Instant::parse("2026-12-01T00:00:00Z").unwrap()));
}

#[test]
fn a_key_of_version_6_is_read_as_the_standard_shows_it() {
    let key = key::read(VERSION_6).unwrap();
    assert_eq!(key.fingerprint, "CB186C4F0609A697E4D52DFA6C722B0C1F1E27C18A56708F6525EC27BAD9ACC9");
    assert!(key.goes_by("CB186C4F0609A697"), "its id is the beginning of its fingerprint");
    assert_eq!(key.expires, None);
}

#[test]
fn a_message_says_for_which_key_it_is() {
    let read = message::read(MESSAGE).unwrap();
    assert_eq!(read.keys, ["7DBB92A2953C3F5B"]);
    assert!(key::read(KEY).unwrap().goes_by(&read.keys[0]));
    assert!(!key::read(VERSION_6).unwrap().goes_by(&read.keys[0]));
    let hidden = message::read(HIDDEN).unwrap();
    assert!(hidden.keys.is_empty(), "whoever is not named stays so");
    assert!(message::is_armored(&format!("\n  {MESSAGE}")));
    assert!(!message::is_armored("I found -----BEGIN PGP MESSAGE----- in a file"));
}

#[test]
fn what_is_no_public_key_to_encrypt_to_is_refused_with_a_remedy() {
    let refused = |text: &str| key::read(text).unwrap_err();
    // What names itself a public key and is not is looked into.
    let secret = armored("PUBLIC KEY BLOCK", &[0xc5, 2, 4, 0]);
    assert!(refused(&secret).contains("secret"), "{}", refused(&secret));
    let private = KEY.replace("PUBLIC", "PRIVATE");
    assert!(refused(&private).contains("secret"), "{}", refused(&private));
    assert!(refused(SIGN_ONLY).contains("encrypted"), "{}", refused(SIGN_ONLY));
    assert!(refused(MESSAGE).contains("no public key"), "{}", refused(MESSAGE));
    let two = base64_of(KEY).into_iter().chain(base64_of(VERSION_6)).collect::<Vec<u8>>();
    assert!(refused(&armored("PUBLIC KEY BLOCK", &two)).contains("more than one"));
    assert!(refused("hello").contains("no OpenPGP block"));
    assert!(refused(KEY.split_at(400).0).contains("cut off"));
    assert!(refused(&format!("{KEY}\nand more")).contains("behind"));
    assert!(refused(&"x".repeat(key::MOST_KEY + 1)).contains("128 KiB"));
    let message = |text: &str| message::read(text).unwrap_err();
    assert!(message(SIGNED).contains("not encrypted"), "{}", message(SIGNED));
    assert!(message(KEY).contains("no message"), "{}", message(KEY));
}

fn base64_of(text: &str) -> Vec<u8> {
    fixlead_app::openpgp::armor::open(text).unwrap().1
}

proptest! {
    #[test]
    fn whatever_stands_in_armor_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = key::read(&armored("PUBLIC KEY BLOCK", &bytes));
        let _ = message::read(&armored("MESSAGE", &bytes));
    }

    #[test]
    fn a_damaged_key_is_refused_or_is_another_or_says_the_same(place in 0_usize..1000, bit in 0_u8..8, cut in 0_usize..1000) {
        let whole = base64_of(KEY);
        let mut bytes = whole.clone();
        let at = place % bytes.len();
        bytes[at] ^= 1 << bit;
        bytes.truncate(cut.max(at + 1));
        let known = key::read(KEY).unwrap();
        if let Ok(read) = key::read(&armored("PUBLIC KEY BLOCK", &bytes)) {
            // The first packet is 53 bytes long, and the fingerprint covers it.
            prop_assert_eq!(read.fingerprint == known.fingerprint, at >= 53 || bytes[..53] == whole[..53]);
        }
        let _ = message::read(&armored("MESSAGE", &bytes));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s)(-----BEGIN PGP (PUBLIC KEY BLOCK|MESSAGE)-----\n)?.{0,300}") {
        let _ = key::read(&text);
        let _ = message::read(&text);
    }
}
