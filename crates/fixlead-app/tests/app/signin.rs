//! What proves who somebody is.

use fixlead_app::signin::{bearer, password, recovery, totp};
use fixlead_core::time::Instant;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

#[test]
fn a_password_opens_only_with_itself() {
    let kept = password::hash("four unrelated words here", &[7; 16]).unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    assert!(password::verify("four unrelated words here", Some(&kept)));
    assert!(!password::verify("four unrelated words her", Some(&kept)));
    assert!(!password::verify("four unrelated words here", None));
    assert_ne!(kept, password::hash("four unrelated words here", &[8; 16]).unwrap());
}

#[test]
fn a_password_is_judged_by_what_makes_it_guessable() {
    use password::Unfit;
    let names = ["Ana Lima", "ana.lima@example.org"];
    for (text, expected) in [
        ("short", Err(Unfit::Short)),
        ("aaaaaaaaaaaaaaaa", Err(Unfit::Simple)),
        ("abcdefghijklmnop", Err(Unfit::Simple)),
        ("qwertyuiopasdfgh", Err(Unfit::Simple)),
        ("analimaexample1", Err(Unfit::Known)),
        ("correct horse battery", Ok(())),
        ("пять несвязанных слов", Ok(())),
    ] {
        assert_eq!(password::accept(text, &names), expected, "{text}");
    }
    assert_eq!(password::accept(&"long ".repeat(300), &names), Err(Unfit::Long));
}

#[test]
fn a_code_of_the_authenticator_counts_once_and_for_its_time() {
    // RFC 6238, appendix B: at 1111111109 s the eight digits are 07081804.
    let secret = b"12345678901234567890";
    let now = at("2005-03-18T01:58:29Z");
    assert_eq!(totp::code(secret, now).unwrap(), "081804");
    let step = totp::check(secret, "081 804", now, None).unwrap();
    assert_eq!(totp::check(secret, "081804", now, Some(step)), None, "a second time");
    assert_eq!(totp::check(secret, "081805", now, None), None);
    assert!(totp::check(secret, "081804", at("2005-03-18T01:58:59Z"), None).is_some(), "a slow clock");
    assert_eq!(totp::check(secret, "081804", at("2005-03-18T01:59:31Z"), None), None, "too late");
    for hostile in ["", "０８１８０４", "081804 081804", "-81804", "\u{202e}081804"] {
        assert_eq!(totp::check(secret, hostile, now, None), None, "{hostile:?}");
    }
}

#[test]
fn an_authenticator_is_told_the_secret_in_its_own_form() {
    assert_eq!(totp::base32(b"12345678901234567890"), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    assert_eq!(totp::base32(b"fo"), "MZXQ");
    assert_eq!(
        totp::address(b"12345678901234567890", "Fix lead", "ana@example.org"),
        "otpauth://totp/Fix%20lead:ana%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Fix%20lead"
    );
}

#[test]
fn a_bearer_secret_is_told_from_a_mistyped_one_and_from_one_for_something_else() {
    use bearer::Purpose;
    let text = bearer::text(Purpose::Token, &[0xa5; 32]);
    assert_eq!(text.len(), "fixlead_token_".len() + 56);
    assert!(bearer::lookup(Purpose::Token, &text).is_some());
    assert!(bearer::lookup(Purpose::Session, &text).is_none());
    let mistyped = text.replacen("mm", "mn", 1);
    assert!(mistyped == text || bearer::lookup(Purpose::Token, &mistyped).is_none());
    for place in 0..text.len() {
        let mut other = text.clone().into_bytes();
        other[place] = if other[place] == b'7' { b'8' } else { b'7' };
        let other = String::from_utf8(other).unwrap();
        assert!(bearer::lookup(Purpose::Token, &other).is_none(), "letter {place}");
    }
    assert_ne!(bearer::text(Purpose::Token, &[1; 32]), bearer::text(Purpose::Token, &[2; 32]));
}

#[test]
fn a_secret_pasted_into_a_text_is_found() {
    use bearer::Purpose;
    let secret = bearer::text(Purpose::Session, &[3; 32]);
    let text = format!("fixlead_session_ is a cookie; mine is `{secret}` — \u{1f511}");
    let (purpose, place) = bearer::pasted(&text).unwrap();
    assert_eq!((purpose, &text[place]), (Purpose::Session, &*secret));
    assert_eq!(bearer::pasted("fixlead_token_ and fixlead_session_é"), None);
    assert_eq!(bearer::pasted(&secret[..secret.len() - 1]), None);
}

#[test]
fn a_recovery_code_is_found_however_it_is_typed() {
    let codes: Vec<String> = (0..recovery::COUNT as u8).map(|seed| recovery::text(&[seed; 10])).collect();
    let kept: Vec<_> = codes.iter().map(|code| recovery::hash(code)).collect();
    // Five bits a letter: 00000 00100 00000 10000 00010 00000 01000 00001, twice.
    assert_eq!(codes[1], "040g-2081-040g-2081");
    assert_eq!(recovery::find(" 040G 2081040g-2081 ", &kept), Some(1));
    assert_eq!(recovery::find(&codes[9].to_uppercase(), &kept), Some(9));
    assert_eq!(recovery::find("040g-2081-040g-2082", &kept), None);
}

#[test]
fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_its_days() {
    use fixlead_app::signin::session::{Lengths, Session};
    use fixlead_core::id::{PersonId, SessionId};
    let session = Session {
        id: SessionId::from_bytes([1; 16]),
        person: PersonId::from_bytes([2; 16]),
        began: at("2027-01-04T08:00:00Z"),
        used: at("2027-01-04T20:00:00Z"),
        stepped_up: None,
        browser: String::new(),
        place: None,
    };
    let lengths = Lengths::default();
    assert!(session.is_live(lengths, at("2027-01-05T07:59:59Z")));
    assert!(!session.is_live(lengths, at("2027-01-05T08:00:00Z")), "twelve hours without use");
    let busy = Session { used: at("2027-01-11T07:00:00Z"), ..session.clone() };
    assert!(busy.is_live(lengths, at("2027-01-11T07:59:59Z")));
    assert!(!busy.is_live(lengths, at("2027-01-11T08:00:00Z")), "seven days in all");
    assert!(!session.is_live(lengths, at("2027-01-04T07:59:59Z")), "a clock that jumped back");
}

#[test]
fn guessing_gets_slow_and_nobody_is_locked_out_for_good() {
    use fixlead_app::signin::session::Attempts;
    let start = at("2027-01-04T08:00:00Z");
    let mut attempts = Attempts::default();
    let mut waits = Vec::new();
    for _ in 0..20 {
        attempts = attempts.fail(start);
        waits.push(attempts.free_from().map_or(0, |free| (free - start).millis() / 1_000));
    }
    assert_eq!(waits[..8], [0, 0, 0, 0, 1, 2, 4, 8]);
    assert_eq!(waits[19], 900, "never more than a quarter of an hour");
    assert_eq!(attempts.fail(at("2027-01-04T09:00:00Z")).failed, 1, "an hour forgets");
}
