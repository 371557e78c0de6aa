//! What no schema says of an advisory is said with its place and a remedy.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use fixlead_formats::lint::{Insiders, Level, lint};
use fixlead_formats::source;

/// An advisory with nothing to be said against it.
const GOOD: &str = r#"id = "case-1"
cve = "CVE-2026-12345"
title = "Compressed requests exhaust memory"
summary = "A small compressed request makes the server use all of its memory."
description = "The size of what was decompressed had no bound."
published = 2026-11-30T16:00:00Z
severity = "high"
cwe = ["CWE-409"]

[[score]]
vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"

[[affected]]
package = "pkg:golang/example.org/collector"
repo = "https://github.com/example/collector"
status = "affected"
[[affected.range]]
introduced = "0"
fixed = "0.102.1"
[[affected.range]]
introduced = "0.103.0"
fixed = "0.103.2"

[[mitigation]]
text = "Bound the size of requests in front of it."

[[reference]]
kind = "fix"
url = "https://github.com/example/collector/pull/1"

[publisher]
name = "Example"
namespace = "https://example.org"
category = "vendor"
cna_org = "a0819718-46f1-4df5-94e2-005712e83aaa"
"#;

/// What the lint says, each with its level, rule and line.
fn said(text: &str) -> Vec<(Level, &'static str, usize, String)> {
    let source = source::read(text).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let insiders = Insiders(vec!["https://desk.example.org".to_owned()]);
    lint(&source.advisory, &insiders)
        .into_iter()
        .map(|finding| {
            let complaint = source.complaint(&finding.path, &finding.message);
            (finding.level, finding.rule, complaint.spot.map_or(0, |spot| spot.line), complaint.message)
        })
        .collect()
}

#[test]
fn a_good_source_is_left_in_peace() {
    assert_eq!(said(GOOD), []);
}

#[test]
fn each_mistake_is_found_where_it_is() {
    let cases: &[(&str, &str, Level, &str, usize)] = &[
        // What stands there, what instead, and the complaint with its line.
        ("fixed = \"0.103.2\"", "fixed = \"0.102.5\"", Level::Error, "range", 22),
        ("introduced = \"0.103.0\"", "introduced = \"0.101.0\"", Level::Error, "range", 21),
        ("introduced = \"0.103.0\"", "introduced = \"0\"", Level::Error, "range", 21),
        ("fixed = \"0.102.1\"", "fixed = \"v0.102.1\"", Level::Error, "version", 19),
        ("fixed = \"0.102.1\"", "fixed = \"0.102\"", Level::Error, "version", 19),
        ("fixed = \"0.103.2\"", "", Level::Warning, "range", 20),
        ("CWE-409", "CWE-16", Level::Error, "cwe", 8),
        ("published = 2026-11-30T16:00:00Z", "published = 1970-01-01T00:00:00Z", Level::Error, "dates", 6),
        ("CVE-2026-12345", "CVE-26-1", Level::Error, "id", 2),
        ("severity = \"high\"", "severity = \"low\"", Level::Warning, "score", 7),
        (
            "pkg:golang/example.org/collector",
            "pkg:golang/example.org/collector@1.0.0",
            Level::Error,
            "package",
            14,
        ),
        ("pkg:golang/example.org/collector", "collector", Level::Error, "package", 14),
        (
            "https://github.com/example/collector/pull/1",
            "https://desk.example.org/cases/x",
            Level::Error,
            "link",
            29,
        ),
        (
            "https://github.com/example/collector/pull/1",
            "https://DESK.example.org:443/cases/x",
            Level::Error,
            "link",
            29,
        ),
        ("https://github.com/example/collector/pull/1", "https://10.0.0.1/x", Level::Error, "link", 29),
        ("had no bound.", "had no bound: https://desk.example.org/x.", Level::Error, "link", 5),
        ("kind = \"fix\"", "kind = \"report\"", Level::Warning, "actionable", 27),
        ("a0819718-46f1-4df5-94e2-005712e83aaa", "example", Level::Error, "cna", 35),
        ("status = \"affected\"", "status = \"not-affected\"", Level::Error, "status", 16),
        ("of its memory.", "of its memory", Level::Warning, "summary", 4),
    ];
    for (from, to, level, rule, line) in cases {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD);
        let said = said(&text);
        let found = said.iter().find(|(own, name, at, _)| own == level && name == rule && at == line);
        let (_, _, _, message) = found.unwrap_or_else(|| panic!("{from} -> {to}: {said:#?}"));
        assert!(message.len() > 20, "{message}");
    }
}

/// Issue 12 is no part of issue 1, and no host is a part of another one.
#[test]
fn an_address_that_only_begins_like_one_of_insiders_is_let_be() {
    let text = GOOD.replace("collector/pull/1", "collector/pull/12").replacen(
        "kind = \"fix\"",
        "kind = \"web\"\nurl = \"https://desk.example.org.uk/\"\n[[reference]]\nkind = \"fix\"",
        1,
    );
    let source = source::read(&text).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let insiders = |of: &str| lint(&source.advisory, &Insiders(vec![of.to_owned()]));
    for one in ["https://github.com/example/collector/pull/1", "https://desk.example.org"] {
        assert!(!insiders(one).iter().any(|finding| finding.rule == "link"), "{one}");
    }
    for one in ["https://github.com/example/collector", "https://desk.example.org.uk"] {
        assert!(insiders(one).iter().any(|finding| finding.rule == "link"), "{one}");
    }
}

#[test]
fn nothing_to_do_is_remarked_on() {
    let text = GOOD.replace("[[mitigation]]\ntext = \"Bound the size of requests in front of it.\"\n", "");
    assert!(said(&text).iter().any(|(level, rule, _, _)| *level == Level::Warning && *rule == "actionable"));
    let text = GOOD.split("[[reference]]").next().unwrap().to_owned()
        + "[publisher]"
        + GOOD.split("[publisher]").nth(1).unwrap();
    let said = said(&text);
    assert!(said.iter().any(|(level, rule, _, _)| *level == Level::Error && *rule == "cna"), "{said:#?}");
}

#[test]
fn what_is_not_known_is_refused_with_its_place() {
    let cases = [
        ("severity = \"high\"", "severty = \"high\"", 7, "did you mean `severity`?"),
        ("kind = \"fix\"", "kind = \"fixed\"", 28, "did you mean `fix`?"),
        ("published = 2026-11-30T16:00:00Z", "published = 2026-11-30", 6, "instant in UTC"),
        ("published = 2026-11-30T16:00:00Z", "", 1, "`published` is missing"),
        ("[publisher]", "[publishers]", 31, "did you mean `publisher`?"),
        ("name = \"Example\"", "name = \"Exam\\u202eple\"", 32, "U+202E"),
        ("cwe = [\"CWE-409\"]", "cwe = \"CWE-409\"", 8, "list of texts"),
        ("CVSS:3.1/AV:N", "CVSS:3.1/AV:X", 11, ""),
        ("fixed = \"0.103.2\"", "fixed_commit = \"abc123\"", 22, "git rev-parse"),
        ("[[mitigation]]", "[mitigation]", 24, "[[mitigation]]"),
    ];
    for (from, to, line, part) in cases {
        let text = GOOD.replacen(from, to, 1);
        let complaints = source::read(&text).unwrap_err();
        let found = complaints.iter().any(|complaint| {
            complaint.spot.as_ref().is_some_and(|spot| spot.line == line) && complaint.message.contains(part)
        });
        assert!(found, "{to}: {complaints:#?}");
    }
}

#[test]
fn every_mistake_is_told_at_once() {
    let text =
        GOOD.replace("kind = \"fix\"", "kind = \"x\"").replace("category = \"vendor\"", "category = \"y\"");
    assert_eq!(source::read(&text).unwrap_err().len(), 2);
}
