//! Damaged input: whatever is read either means something or is refused in
//! words. Nothing panics, nothing hangs. `FIXLEAD_DAMAGE` says how many times
//! each document is damaged.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod generate;

use std::panic::{AssertUnwindSafe, catch_unwind};

use fixlead_core::text::is_harmful;
use fixlead_formats::check::check;
use fixlead_formats::facts;
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::import::{From, import};
use fixlead_formats::lint::{Insiders, lint};
use fixlead_formats::purl::Purl;
use fixlead_formats::source;
use fixlead_formats::source::draft::{Draft, MOST_IN_ALL};
use fixlead_formats::validate::{MOST_BYTES, validate};
use fixlead_formats::version::Scheme;
use generate::Chance;

/// Bits that mean something to a reader, or to a terminal.
const BITS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "=",
    "null",
    "true",
    "-1",
    "1e999",
    "9999999999999999999999",
    "0",
    "2027-02-30T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "\u{202e}",
    "\u{200b}",
    "\u{0}",
    "\u{1b}[2J",
    "é",
    "#",
    "%",
    "%zz",
    "/",
    "@",
    "CVSS:4.0/",
    "CVE-2026-1",
    "pkg:",
    "vers:npm/>=",
    "\"document\"",
    "\"affected\"",
    "[[affected.range]]\n",
    "\"\"\"",
    "https://localhost/",
    "<script>",
    "product_id",
];

/// A text with a few damages.
fn damage(text: &str, chance: &mut Chance) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=chance.next(4) {
        let at = chance.next(bytes.len());
        let end = (at + chance.next(60)).min(bytes.len());
        match chance.next(4) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, BITS[chance.next(BITS.len())].bytes())),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = chance.next(bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => drop(bytes.splice(at..end, BITS[chance.next(BITS.len())].bytes())),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_damaged(texts: &[String], usual: u64, read: impl Fn(&str)) {
    let times = std::env::var("FIXLEAD_DAMAGE").ok().and_then(|count| count.parse().ok()).unwrap_or(usual);
    assert!(!texts.is_empty(), "there is nothing to damage");
    for (place, text) in texts.iter().enumerate() {
        for time in 0..times {
            let hurt = damage(text, &mut Chance::of((place as u64) << 32 | time));
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&hurt)));
            assert!(outcome.is_ok(), "document {place}, damage {time} breaks the reader:\n{hurt}");
        }
    }
}

/// A complaint stands in one short message that a terminal can show.
fn is_presentable(message: &str) {
    assert!(!message.is_empty() && message.len() < 3_000, "{} bytes: {message}", message.len());
    let shown = |letter: char| letter == '\n' || !is_harmful(letter);
    assert!(message.chars().all(shown), "what nobody sees reaches the message: {message:?}");
}

#[test]
fn damaged_sources_are_made_into_documents_or_refused() {
    let texts: Vec<String> = (0..20).map(|seed| source::write(&generate::advisory(seed))).collect();
    read_damaged(&texts, 150, |text| match source::read(text) {
        Ok(source) => {
            for finding in lint(&source.advisory, &Insiders::default()) {
                is_presentable(&finding.message);
                is_presentable(&source.complaint(&finding.path, &finding.message).to_string());
            }
            for format in Format::ALL {
                // Also what the lint objects to is made without breaking.
                if let Ok(document) = build(&source.advisory, *format, Options::default()) {
                    let _ = facts::compare(&source.advisory, *format, Options::default(), &document).unwrap();
                }
            }
        }
        Err(complaints) => complaints.iter().for_each(|complaint| is_presentable(&complaint.to_string())),
    });
}

#[test]
fn damaged_documents_are_judged_and_imported_or_refused() {
    let mut texts = Vec::new();
    for seed in 0..12 {
        let advisory = generate::advisory(seed);
        texts.extend(
            Format::ALL.iter().filter_map(|format| build(&advisory, *format, Options::default()).ok()),
        );
    }
    read_damaged(&texts, 60, |text| {
        match validate(text) {
            Ok(verdict) => {
                for problem in verdict.errors.iter().chain(&verdict.warnings) {
                    is_presentable(&problem.message);
                    assert!(problem.pointer.len() < 2_000 && !problem.pointer.chars().any(is_harmful));
                }
            }
            Err(wrong) => is_presentable(&wrong),
        }
        let _ = From::of(text);
        for from in From::ALL {
            match import(*from, text) {
                Ok(import) => {
                    import.notes.iter().for_each(|note| is_presentable(note));
                    // What is printed can be read again.
                    let printed = source::write(&import.advisory);
                    if let Err(complaints) = source::read(&printed) {
                        assert!(complaints.iter().all(|complaint| complaint.spot.is_some()), "{printed}");
                    }
                }
                Err(wrong) => is_presentable(&wrong),
            }
        }
        for format in Format::ALL {
            let _ = facts::read(*format, text);
        }
    });
}

#[test]
fn damaged_fields_of_a_form_make_a_draft_that_says_what_is_wrong() {
    let texts: Vec<String> = (0..12)
        .map(|seed| {
            let draft = Draft::read(&source::write(&generate::advisory(seed))).unwrap();
            let paths = ["title", "affected/0/package", "affected/0/range/1/fixed", "credit/0/name", "cwe"];
            let fields = paths.map(|path| format!("{path}={}", draft.get(path)));
            fields.join("&")
        })
        .collect();
    read_damaged(&texts, 600, |text| {
        let pairs = || text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let mut draft = Draft::from_fields(pairs());
        for (path, _) in pairs() {
            draft.add(path);
            draft.remove(path);
        }
        let written = draft.write();
        // What a form has made is read again as it was.
        assert_eq!(Draft::read(&written).unwrap().write(), written);
        check(&written, &Insiders::default()).remarks.iter().for_each(|one| is_presentable(&one.message));
    });
}

#[test]
fn damaged_package_urls_and_versions_are_read_or_refused() {
    let texts = [
        "pkg:maven/org.example/name@1.0?classifier=x&type=jar#a/b",
        "pkg:npm/%40scope/n%C3%A9@1!2.0rc1.post3.dev4+local.5",
    ];
    read_damaged(&texts.map(str::to_owned), 4_000, |text| {
        match Purl::parse(text) {
            Ok(purl) => {
                assert_eq!(Purl::parse(&purl.to_string()).unwrap().to_string(), purl.to_string(), "{text}")
            }
            Err(wrong) => is_presentable(&wrong),
        }
        let versions =
            text.split_at(text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at));
        for scheme in
            [Scheme::Semver, Scheme::Python, Scheme::Maven, Scheme::Gem, Scheme::Dotted, Scheme::Unknown]
        {
            let _ = scheme.check(text);
            let order = scheme.compare(versions.0, versions.1);
            assert_eq!(
                scheme.compare(versions.1, versions.0).map(std::cmp::Ordering::reverse),
                order,
                "{scheme:?} {versions:?}"
            );
        }
    });
}

#[test]
fn what_is_far_too_large_is_refused_at_once() {
    let large =
        format!("{{\"document\":{{\"csaf_version\":\"2.0\",\"title\":\"{}\"}}}}", "x".repeat(50 << 20));
    assert!(validate(&large).unwrap_err().contains(&MOST_BYTES.to_string()));
    assert!(source::read(&large).unwrap_err()[0].message.contains("at most"));
    assert!(import(From::Csaf, &large).is_err());
}

#[test]
fn what_is_deep_or_wide_is_judged_within_bounds() {
    let deep = format!("{}1{}", "{\"branches\":[".repeat(60), "]}".repeat(60));
    let tree = format!("{{\"document\":{{\"csaf_version\":\"2.0\"}},\"product_tree\":{deep}}}");
    assert!(!validate(&tree).unwrap().is_valid());
    let wide = format!(
        "{{\"document\":{{\"csaf_version\":\"2.0\"}},\"vulnerabilities\":[{}1]}}",
        "{},".repeat(200_000)
    );
    let verdict = validate(&wide).unwrap();
    assert!(verdict.errors.len() <= 500 && verdict.warnings.len() <= 500);
    // Many relationships in one long chain that ends where it begins.
    let link = |from: usize, to: usize| {
        format!(
            "{{\"category\":\"installed_on\",\"product_reference\":\"p{to}\",\"relates_to_product_reference\":\"p{to}\",\
             \"full_product_name\":{{\"name\":\"n\",\"product_id\":\"p{from}\"}}}}"
        )
    };
    let count = 3_000;
    let links: Vec<String> = (0..count).map(|place| link(place, (place + 1) % count)).collect();
    let round = format!(
        "{{\"document\":{{\"csaf_version\":\"2.0\"}},\"product_tree\":{{\"relationships\":[{}]}}}}",
        links.join(",")
    );
    assert!(validate(&round).unwrap().errors.iter().any(|problem| problem.rule == "6.1.3"));
}

#[test]
fn a_short_form_makes_no_large_draft() {
    let fields: Vec<String> =
        (0..500).map(|place| format!("affected/{place}/range/499/introduced")).collect();
    let draft = Draft::from_fields(fields.iter().map(|path| (path.as_str(), "1")));
    let ranges: usize = draft.sections("affected").iter().map(|one| one.sections("range").len()).sum();
    assert!(ranges + draft.sections("affected").len() <= MOST_IN_ALL, "{ranges}");
    assert!(ranges >= 500, "what there is room for is kept: {ranges}");
    let tables = vec!["{}"; 500].join(",");
    let many = vec![format!("{{range=[{tables}]}}"); 5].join(",");
    let wrong = Draft::read(&format!("affected=[{many}]")).unwrap_err();
    assert!(wrong.message.contains("sections in all"), "{}", wrong.message);
    assert!(Draft::read(&format!("affected=[{{range=[{tables}]}}]")).is_ok());
}
