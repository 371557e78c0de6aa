//! What comes to a desk: reports under OpenPGP, signing in, pasted texts,
//! questions to the search, addresses of webhooks.

use std::net::IpAddr;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use fixlead_app::openpgp;
use fixlead_app::search::query::Query;
use fixlead_app::search::words::{Identifiers, LONGEST_WORD, scan};
use fixlead_app::search::{Field, Index, Order, Page, Sight, snippet};
use fixlead_app::signin::id_token::{self, Expected, Keys};
use fixlead_app::signin::passkey::{self, Making, Relying, Using};
use fixlead_app::signin::{bearer, recovery, totp};
use fixlead_app::triage::scrub::scrub;
use fixlead_app::webhooks::address::{Address, Host, is_public};
use fixlead_app::webhooks::sign;
use fixlead_app::welcome::code;
use fixlead_core::id::CaseId;
use fixlead_core::time::Instant;
use sha2::{Digest as _, Sha256};

use super::{Target, armored, halves, is_presentable, text};

pub const TARGETS: &[Target] = &[
    ("encrypted-report", encrypted_report),
    ("id-token", id_token),
    ("pasted-owners", pasted_owners),
    ("passkey", passkey),
    ("reporters-key", reporters_key),
    ("scrub", scrubbed),
    ("search-question", question),
    ("search-snapshot", snapshot),
    ("secret", secret),
    ("webhook-address", webhook_address),
];

fn now() -> Instant {
    Instant::from_millis(1_800_000_000_000)
}

fn encrypted_report(data: &[u8]) {
    let report = armored("MESSAGE", data);
    let _ = openpgp::message::is_armored(&report);
    match openpgp::message::read(&report) {
        Ok(message) => {
            assert!(message.keys.iter().all(|key| key.bytes().all(|digit| digit.is_ascii_hexdigit())))
        }
        Err(why) => is_presentable(why),
    }
}

fn reporters_key(data: &[u8]) {
    match openpgp::key::read(&armored("PUBLIC KEY BLOCK", data)) {
        Ok(key) => assert!(key.goes_by(&key.fingerprint), "{}", key.fingerprint),
        Err(why) => is_presentable(why),
    }
}

/// What an authenticator says of a new key, and of one that is used: bytes that
/// begin with a hash are taken as they are, others come behind the right one.
fn passkey(data: &[u8]) {
    let relying = Relying::of("https://desk.example.org").expect("a name");
    let client = |kind: &str| {
        let said = format!(r#"{{"type":"{kind}","challenge":"AAAA","origin":"https://desk.example.org"}}"#);
        URL_SAFE_NO_PAD.encode(said.as_bytes())
    };
    let making = Making { client_data: client("webauthn.create"), attestation: URL_SAFE_NO_PAD.encode(data) };
    let Ok(made) = passkey::made(&relying, &making) else {
        let (client_data, _) = halves(data);
        let _ = passkey::challenge(&URL_SAFE_NO_PAD.encode(client_data));
        return;
    };
    assert!(!made.id.is_empty() && made.id.len() <= 1023);
    let mut authenticator = Sha256::digest(b"desk.example.org").to_vec();
    authenticator.extend([0b101, 0, 0, 0, 1]);
    let using = Using {
        client_data: client("webauthn.get"),
        authenticator: URL_SAFE_NO_PAD.encode(&authenticator),
        signature: URL_SAFE_NO_PAD.encode(&data[..data.len().min(64)]),
        ..Using::default()
    };
    assert!(passkey::used(&relying, &using, &made).is_err(), "a signature that nobody made");
}

/// The keys of a provider, and a token: no token that is made up counts.
fn id_token(data: &[u8]) {
    let (keys, token) = halves(data);
    let Some(token) = text(token) else { return };
    let expected =
        Expected { issuer: "https://id.example.org", client: "desk", nonce: "n", since: Some(now()) };
    if let Some(keys) = Keys::read(keys) {
        // As it came, and with its parts in the clear.
        let clear: Vec<String> =
            token.split('.').map(|part| URL_SAFE_NO_PAD.encode(part.as_bytes())).collect();
        for token in [token, &clear.join(".")] {
            assert!(id_token::check(token, &keys, &expected, now()).is_err(), "a token that nobody signed");
        }
    }
}

fn pasted_owners(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let owners = code::owners(text);
    let names: usize = owners.directories.iter().map(|(_, names)| names.len()).sum();
    assert!(names + owners.left_out.len() <= text.len() + 1, "more is read than is written");
    assert!(owners.names().iter().all(|name| !name.is_empty() && text.contains(name.as_str())));
    match code::branches(text) {
        Ok(branches) => assert!(branches.iter().all(|branch| text.contains(&*branch.name))),
        Err(wrong) => is_presentable(&wrong),
    }
    if let Some((place, name)) = code::of_repository(text) {
        assert!(!place.is_empty() && !name.is_empty());
    }
}

/// The name of a reporter, and what they wrote.
fn scrubbed(data: &[u8]) {
    let (name, body) = halves(data);
    let (Some(name), Some(body)) = (text(name), text(body)) else { return };
    let names = [name.to_owned()];
    let issue = scrub(body.lines().next().unwrap_or_default(), body, &names);
    assert!(issue.text.len() <= 2 * body.len() + 1_000, "{} bytes", issue.text.len());
    for kept in [&issue.title, &issue.text] {
        assert!(!kept.contains("https://"), "an address stays: {kept:?}");
    }
}

/// A question, and a text that it is asked of.
fn question(data: &[u8]) {
    let (asked, of) = halves(data);
    let of = String::from_utf8_lossy(of);
    let fits = |place: &Range<usize>| of.get(place.clone()).is_some();
    let mut words = 0;
    scan(&of, Identifiers::Divided, |word| {
        assert!(!word.text.is_empty() && word.text.len() <= LONGEST_WORD && fits(&word.place), "{word:?}");
        words += 1;
    });
    assert!(words <= 8 * of.len() + 1);
    let Some(asked) = text(asked) else { return };
    let query = match Query::parse(asked) {
        Ok(query) => query,
        Err(error) => {
            assert!(error.character <= asked.chars().count() + 1);
            return is_presentable(&error.to_string());
        }
    };
    let places = snippet::places(&query, Field::Report, &of);
    assert!(places.iter().all(fits) && places.windows(2).all(|two| two[0].end <= two[1].start), "{places:?}");
    let shown = snippet::excerpt(&of, &places, 40);
    assert!(fits(&shown) && shown.len() <= of.len().min(40), "{shown:?}");
    let (mut index, case) = (Index::new([1; 16]), CaseId::from_bytes([2; 16]));
    index.add(case, Field::Report, &of, now());
    let sights = index.sights_of(|_| Sight::EVERYTHING);
    let found = index.search(&query, &Page { order: Order::Fit, skip: 0, most: 10 }, sights);
    assert!(found.total <= 1 && found.hits.len() == found.total);
    // What somebody may not know of is not found, whatever they ask.
    let nothing = index.sights_of(|_| Sight::NOTHING);
    assert_eq!(index.search(&query, &Page { order: Order::Fit, skip: 0, most: 10 }, nothing).total, 0);
    let mut kept = Vec::new();
    index.snapshot(&mut kept).expect("memory can be written");
    let again = Index::load(&kept[..], [3; 16]).expect("what was written can be read");
    let sights = again.sights_of(|_| Sight::EVERYTHING);
    assert_eq!(
        again.search(&query, &Page { order: Order::Fit, skip: 0, most: 10 }, sights).total,
        found.total
    );
}

/// The sections of a kept index, each behind its length in two bytes; what they
/// add up to is put right, as a stranger would.
fn snapshot(data: &[u8]) {
    let mut whole = b"fixlead-search\n\x01".to_vec();
    let (mut rest, mut digest) = (data, [0; 16]);
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let (section, after) = after.split_at(after.len().min(usize::from(u16::from_le_bytes(*length))));
        whole.extend((section.len() as u32).to_le_bytes());
        whole.extend(section);
        let all = Sha256::new().chain_update(digest).chain_update(section).finalize();
        digest.copy_from_slice(&all[..16]);
        whole.extend(digest);
        rest = after;
    }
    let _ = Index::load(data, [1; 16]);
    let Ok(index) = Index::load(&whole[..], [1; 16]) else { return };
    let mut kept = Vec::new();
    index.snapshot(&mut kept).expect("memory can be written");
    let again = Index::load(&kept[..], [1; 16]).expect("what was written can be read");
    assert_eq!(again.size(), index.size());
    let query = Query::parse("flaw").expect("a question");
    let sights = index.sights_of(|_| Sight::EVERYTHING);
    let _ = index.search(&query, &Page { order: Order::Latest, skip: 0, most: 10 }, sights);
}

/// Secrets as people type and paste them.
fn secret(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for purpose in bearer::Purpose::ALL {
        let known = bearer::text(purpose, &[9; bearer::BYTES]);
        let around = format!("{text}{known}{text}");
        assert!(bearer::pasted(&around).is_some(), "a secret stays unseen between {text:?}");
        assert!(bearer::lookup(purpose, text).is_none() || text.starts_with(purpose.prefix()));
    }
    if let Some((_, place)) = bearer::pasted(text) {
        assert!(text.get(place).is_some());
    }
    assert!(bearer::all_pasted(text, 5).len() <= 5 && bearer::webhook_secrets(text, 5).len() <= 5);
    let _ = bearer::of_basic(text);
    let _ = bearer::of_basic(&format!("Basic {}", STANDARD.encode(data)));
    if let Some(key) = sign::Key::parse(text) {
        assert_eq!(key.text(), text, "a secret has one text");
    }
    assert_eq!(
        recovery::hash(text),
        recovery::hash(&text.replace(['-', ' '], "")),
        "hyphens and spaces count"
    );
    assert!(
        totp::check(&[5; totp::SECRET], text, now(), None).is_none() || text.chars().any(char::is_numeric)
    );
}

fn webhook_address(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Address::parse(text) {
        Ok(address) => {
            let scheme = if address.is_encrypted() { "https" } else { "http" };
            let written = format!("{scheme}://{}{}", address.authority(), address.path());
            assert_eq!(Address::parse(&written).as_ref(), Ok(&address), "{written}");
            if let Host::Number(number) = address.host()
                && address.refusal(false).is_none()
            {
                assert!(is_public(*number), "{number} is inside");
            }
            if let Host::Name(name) = address.host() {
                assert!(name.parse::<IpAddr>().is_err(), "{name} is a number");
            }
        }
        Err(why) => is_presentable(why),
    }
}
