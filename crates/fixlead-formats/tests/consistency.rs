//! One advisory, every format: what is made is valid, and each document says
//! what the source says.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod generate;

use std::collections::BTreeSet;

use fixlead_formats::facts::{self, Fact};
use fixlead_formats::format::{CsafVersion, Format, Options, Profile, build};
use fixlead_formats::html::escape;
use fixlead_formats::lint::{Insiders, Level, lint};
use fixlead_formats::purl::ECOSYSTEMS;
use fixlead_formats::source::draft::{Draft, OUTLINE, Outline};
use fixlead_formats::source::{self, Advisory, Category, Justification, Kind, Role, Status};
use fixlead_formats::validate::validate;

/// How many advisories are made up.
const COUNT: u64 = 400;

fn options() -> [Options; 4] {
    let own = |csaf, profile| Options { csaf, profile };
    [
        Options::default(),
        own(CsafVersion::V20, Some(Profile::Vex)),
        own(CsafVersion::V21, None),
        own(CsafVersion::V21, Some(Profile::Vex)),
    ]
}

#[test]
fn of_a_withdrawn_advisory_that_and_why_is_said_before_anything_else() {
    let withdrawn = (0..COUNT).map(generate::advisory).filter(|advisory| advisory.withdrawn.is_some());
    let mut count = 0;
    for advisory in withdrawn {
        count += 1;
        let page = build(&advisory, Format::Html, Options::default()).unwrap();
        let before = page.split("<h2>").next().unwrap();
        assert!(before.contains("<strong>Withdrawn</strong>"), "{page}");
        assert!(before.contains("nothing is to be done.</p>\n<p>It said:</p>"), "{page}");
        let mail = build(&advisory, Format::Mail, Options::default()).unwrap();
        assert!(mail.lines().nth(2).unwrap().starts_with("This advisory was withdrawn."), "{mail}");
        for text in [&page, &mail] {
            assert!(!text.contains("What to do") && text.contains("What it advised"), "{text}");
        }
        let why = advisory.revisions.last().filter(|last| Some(last.date) >= advisory.withdrawn);
        assert!(why.is_none_or(|why| before.contains(&escape(&why.summary))), "{page}");
    }
    assert!(count > 20, "{count}");
}

#[test]
fn made_up_advisories_use_every_branch_of_the_source() {
    let mut met: BTreeSet<String> = BTreeSet::new();
    for seed in 0..COUNT.min(240) {
        let advisory = generate::advisory(seed);
        let mut say = |what: &str, word: &str| {
            met.insert(format!("{what} {word}"));
        };
        let some = |is: bool| if is { "there" } else { "none" };
        for (what, is) in [
            ("cve", advisory.cve.is_some()),
            ("aliases", !advisory.aliases.is_empty()),
            ("modified", advisory.modified.is_some()),
            ("withdrawn", advisory.withdrawn.is_some()),
            ("severity", advisory.severity.is_some()),
            ("cwe", !advisory.cwe.is_empty()),
            ("mitigations", !advisory.mitigations.is_empty()),
            ("credits", !advisory.credits.is_empty()),
            ("revisions", !advisory.revisions.is_empty()),
            ("cna_org", advisory.publisher.cna_org.is_some()),
        ] {
            say(what, some(is));
        }
        say("category", advisory.publisher.category.as_str());
        advisory.references.iter().for_each(|one| say("reference", one.kind.as_str()));
        advisory.credits.iter().for_each(|one| say("credit", one.role.as_str()));
        advisory.scores.iter().for_each(|one| say("score", &one.vector.version().to_string()));
        for affected in &advisory.affected {
            say("status", affected.status.as_str());
            say("repo", some(affected.repo.is_some()));
            let none = affected.status == Status::NotAffected;
            if let (true, Some(reason)) = (none, affected.justification) {
                say("justification", reason.as_str());
            }
            say("package", affected.package.split('/').next().unwrap_or_default());
            for range in &affected.ranges {
                say("from the first", some(range.introduced == "0"));
                say("fixed", some(range.fixed.is_some()));
                say("last affected", some(range.last_affected.is_some()));
                say("introduced by", some(range.introduced_commit.is_some()));
                say("fixed by", some(range.fixed_commit.is_some()));
            }
        }
    }
    let mut lacking = Vec::new();
    let mut want = |what: &str, words: Vec<&str>| {
        let all = words.into_iter().map(|word| format!("{what} {word}"));
        lacking.extend(all.filter(|word| !met.contains(word)));
    };
    let optional = "cve aliases modified withdrawn severity cwe mitigations credits revisions cna_org repo";
    for what in
        optional.split(' ').chain(["from the first", "fixed", "last affected", "introduced by", "fixed by"])
    {
        want(what, vec!["there", "none"]);
    }
    // A translator's CSAF document names a language that no source has words for: `check` refuses it.
    let categories = Category::ALL.iter().filter(|one| **one != Category::Translator);
    want("category", categories.map(|one| one.as_str()).collect());
    want("reference", Kind::ALL.iter().map(|one| one.as_str()).collect());
    want("credit", Role::ALL.iter().map(|one| one.as_str()).collect());
    want("status", Status::ALL.iter().map(|one| one.as_str()).collect());
    want("justification", Justification::ALL.iter().map(|one| one.as_str()).collect());
    want("score", vec!["2.0", "3.0", "3.1", "4.0"]);
    let kinds: Vec<String> = ECOSYSTEMS.iter().map(|one| format!("pkg:{}", one.kind)).collect();
    want("package", kinds.iter().map(String::as_str).collect());
    assert!(lacking.is_empty(), "no advisory has {lacking:?}");
}

/// Every document of an advisory with what it was made as.
fn documents(advisory: &Advisory) -> Vec<(Format, Options, String)> {
    let mut documents = Vec::new();
    for format in Format::ALL {
        let count = if *format == Format::Csaf { 4 } else { 1 };
        for options in options().into_iter().take(count) {
            match build(advisory, *format, options) {
                Ok(document) => documents.push((*format, options, document)),
                Err(_) => assert!(*format == Format::Cve && advisory.cve.is_none()),
            }
        }
    }
    documents
}

#[test]
fn every_document_is_valid_and_says_what_the_source_says() {
    let mut seen = BTreeSet::new();
    for seed in 0..COUNT {
        let advisory = generate::advisory(seed);
        let errors: Vec<_> = lint(&advisory, &Insiders::default())
            .into_iter()
            .filter(|finding| finding.level == Level::Error)
            .collect();
        assert_eq!(errors, [], "seed {seed}");
        seen.extend(advisory.affected.iter().map(|affected| affected.status));
        for (format, options, document) in documents(&advisory) {
            let name = format.as_str();
            if matches!(format, Format::Cve | Format::Osv | Format::Csaf | Format::OpenVex) {
                let verdict = validate(&document).unwrap();
                assert_eq!(verdict.format.map(|format| format.as_str()), Some(name), "seed {seed}");
                assert_eq!(verdict.errors, [], "seed {seed}, {name}\n{document}");
            }
            let differences = facts::compare(&advisory, format, options, &document).unwrap();
            let told: Vec<String> = differences.iter().map(ToString::to_string).collect();
            assert!(told.is_empty(), "seed {seed}, {name}: {told:#?}\n{document}");
        }
    }
    assert_eq!(seen.len(), Status::ALL.len(), "the generator leaves something out");
}

#[test]
fn the_source_that_is_written_is_the_one_that_is_read() {
    for seed in 0..COUNT {
        let advisory = generate::advisory(seed);
        let text = source::write(&advisory);
        let again = source::read(&text).unwrap_or_else(|wrong| panic!("seed {seed}: {}\n{text}", wrong[0]));
        assert_eq!(again.advisory, advisory, "seed {seed}");
        assert_eq!(source::write(&again.advisory), text);
    }
}

/// An advisory that says something of every kind.
fn full() -> Advisory {
    let has = |advisory: &Advisory| {
        let commits = advisory
            .affected
            .iter()
            .flat_map(|one| &one.ranges)
            .any(|one| one.introduced_commit.is_some() && one.fixed.is_some());
        let known = |status: Status| advisory.affected.iter().any(|one| one.status == status);
        advisory.cve.is_some()
            && !advisory.aliases.is_empty()
            && commits
            && known(Status::Affected)
            && advisory.scores.iter().any(|score| score.vector.version().as_str() == "3.1")
            && advisory.severity.as_deref() == Some("high")
            && !advisory.cwe.is_empty()
            && !advisory.credits.is_empty()
            && !advisory.mitigations.is_empty()
            && advisory.modified.is_some()
    };
    (0..1_000_000).map(generate::advisory).find(has).expect("one of a million says everything")
}

/// Puts another value into the source, so that the old document is the wrong one.
fn changed(advisory: &Advisory, fact: Fact) -> Advisory {
    let mut other = advisory.clone();
    let branch = other.affected.iter_mut().find(|one| {
        one.ranges.iter().any(|range| range.introduced_commit.is_some() && range.fixed.is_some())
    });
    let branch = branch.expect("a branch with commits");
    let range = branch
        .ranges
        .iter_mut()
        .find(|range| range.introduced_commit.is_some() && range.fixed.is_some())
        .unwrap();
    match fact {
        Fact::Ids => other.cve = Some("CVE-2026-99999".to_owned()),
        Fact::Title => other.title.push('x'),
        Fact::Packages => branch.package.push('x'),
        Fact::Ranges => range.fixed.as_mut().unwrap().push_str(".9"),
        Fact::Commits => range.introduced_commit = Some("0123456789".repeat(4)),
        Fact::Scores => {
            for score in &mut other.scores {
                let vector = match score.vector.version().as_str() {
                    "2.0" => "AV:L/AC:H/Au:M/C:P/I:P/A:P",
                    "3.0" => "CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:L/A:L",
                    "3.1" => "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:L/A:L",
                    _ => "CVSS:4.0/AV:L/AC:H/AT:P/PR:H/UI:A/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N",
                };
                score.vector = fixlead_core::severity::Vector::parse(vector).unwrap();
            }
        }
        Fact::Severity => other.severity = Some("low".to_owned()),
        Fact::Weaknesses => other.cwe.push("CWE-78".to_owned()),
        Fact::Dates => {
            other.modified =
                other.modified.map(|date| fixlead_core::time::Instant::from_millis(date.millis() + 1000));
            other.published = fixlead_core::time::Instant::from_millis(other.published.millis() + 1000);
        }
        Fact::Credits => other.credits[0].name.push('x'),
        Fact::References => other.references[0].url.push('x'),
        Fact::Mitigations => other.mitigations[0].push_str(" Or not."),
    }
    if fact == Fact::Credits {
        other.credits[0].login = other.credits[0].login.take().map(|login| format!("{login}x"));
    }
    other
}

#[test]
fn a_fact_that_is_changed_in_one_document_is_caught_there() {
    let advisory = full();
    let mut caught: BTreeSet<(Fact, Format)> = BTreeSet::new();
    for fact in Fact::ALL {
        let other = changed(&advisory, *fact);
        for (format, options, document) in documents(&advisory) {
            let found = facts::compare(&other, format, options, &document).unwrap();
            if found.iter().any(|difference| difference.fact == *fact) {
                caught.insert((*fact, format));
            }
        }
    }
    // What a format has no words for cannot be wrong in it.
    let silent = |fact: Fact, format: Format| match format {
        Format::Atom => !matches!(fact, Fact::Ids | Fact::Title | Fact::Dates),
        Format::OpenVex => {
            !matches!(fact, Fact::Ids | Fact::Title | Fact::Dates | Fact::Packages | Fact::Ranges)
        }
        Format::Ghsa => matches!(fact, Fact::Commits | Fact::Severity | Fact::Dates),
        Format::Cve | Format::Osv => false,
        Format::Csaf | Format::Mail | Format::Html => fact == Fact::Commits,
    };
    for fact in Fact::ALL {
        for format in Format::ALL {
            assert_eq!(caught.contains(&(*fact, *format)), !silent(*fact, *format), "{fact:?} in {format:?}");
        }
    }
}

#[test]
fn every_single_value_of_a_record_matters_to_some_fact_or_to_none_by_name() {
    // Documents are altered value by value; what is a fact of the source is caught.
    let advisory = full();
    for format in [Format::Cve, Format::Osv, Format::Csaf] {
        let document = build(&advisory, format, Options::default()).unwrap();
        let needles = [
            advisory.cve.clone().unwrap(),
            advisory.aliases[0].clone(),
            advisory.references[0].url.clone(),
            advisory.credits[0].name.clone(),
            advisory.published.to_string(),
            advisory.changed().to_string(),
            advisory.cwe[0].clone(),
            advisory.affected[0].package.clone(),
        ];
        for needle in needles {
            let needle = serde_json::Value::from(needle.as_str()).to_string();
            let altered = document.replace(&needle, "\"2001-01-01T00:00:00Z\"");
            assert_ne!(altered, document, "{} does not hold {needle}", format.as_str());
            let differences = facts::compare(&advisory, format, Options::default(), &altered).unwrap();
            assert!(!differences.is_empty(), "{} without {needle}", format.as_str());
        }
    }
}

/// What a form would send of a draft.
fn fields(outline: &Outline, draft: &Draft, path: &str, into: &mut Vec<(String, String)>) {
    into.extend(
        outline.keys.iter().map(|key| (format!("{path}{}", key.name), draft.get(key.name).to_owned())),
    );
    for inner in outline.sections {
        for (place, section) in draft.sections(inner.name).iter().enumerate() {
            let place = if inner.repeats { format!("{place}/") } else { String::new() };
            fields(inner, section, &format!("{path}{}/{place}", inner.name), into);
        }
    }
}

#[test]
fn what_was_written_survives_a_form_whatever_it_says() {
    for seed in 0..COUNT {
        let advisory = generate::advisory(seed);
        let draft = Draft::read(&source::write(&advisory)).unwrap();
        assert_eq!(source::read(&draft.write()).unwrap().advisory, advisory, "seed {seed}");
        let mut sent = Vec::new();
        fields(&OUTLINE, &draft, "", &mut sent);
        let sent = Draft::from_fields(sent.iter().map(|(path, value)| (path.as_str(), value.as_str())));
        assert_eq!(source::read(&sent.write()).unwrap().advisory, advisory, "seed {seed}");
    }
}

#[test]
fn an_unfinished_advisory_is_kept_and_what_it_lacks_is_told_at_its_place() {
    let mut draft = Draft::from_fields([
        ("title", "  A title "),
        ("description", "one\ntwo \\ three \u{1}"),
        ("published", "tomorrow"),
        ("cwe", "CWE-79\n\n CWE-80"),
        ("affected/1/package", "pkg:cargo/x"),
        ("affected/1/range/0/fixed", "1.0\n"),
        ("affected/9999999999/package", "nobody has so many"),
        ("unknown/0/key", "x"),
    ]);
    draft.add("affected/1/range");
    draft.add("mitigation");
    let text = draft.write();
    let again = Draft::read(&text).unwrap();
    assert_eq!(again.write(), text);
    assert_eq!(again.sections("affected").len(), 2);
    assert_eq!(again.sections("affected")[1].sections("range").len(), 2);
    let complaints = source::read(&text).unwrap_err();
    let paths: Vec<&str> = complaints.iter().map(|complaint| complaint.path.as_str()).collect();
    for path in [
        "summary",
        "description",
        "published",
        "affected/0/package",
        "affected/1/status",
        "affected/1/range/0/introduced",
        "affected/1/range/1/introduced",
        "mitigation/0/text",
    ] {
        assert!(paths.contains(&path), "{path}: {paths:?}");
    }
    draft.remove("affected/1/range/1");
    draft.remove("affected/0");
    draft.remove("mitigation/7");
    assert_eq!(draft.sections("affected").len(), 1);
    assert_eq!(draft.sections("affected")[0].sections("range").len(), 1);
    assert_eq!(draft.sections("mitigation").len(), 1);
    for wrong in ["title = 1", "cwe = [[1]]", "x = 1", "[[publisher]]", "[score]", "a = = b"] {
        assert!(Draft::read(wrong).is_err(), "{wrong}");
    }
}
