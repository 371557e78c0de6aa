//! Documents of others become a source, as far as it has words for them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod generate;

use fixlead_core::time::Instant;
use fixlead_formats::facts::{self, Fact};
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::import::{From, import};
use fixlead_formats::source;

#[test]
fn what_was_made_here_comes_back_as_what_it_was() {
    for seed in 0..200 {
        let advisory = generate::advisory(seed);
        for (from, format) in [
            (From::Osv, Format::Osv),
            (From::Cve, Format::Cve),
            (From::Csaf, Format::Csaf),
            (From::Ghsa, Format::Ghsa),
        ] {
            let Ok(document) = build(&advisory, format, Options::default()) else { continue };
            let imported = import(from, &document).unwrap();
            let printed = source::write(&imported.advisory);
            let again =
                source::read(&printed).unwrap_or_else(|wrong| panic!("seed {seed}: {}\n{printed}", wrong[0]));
            assert_eq!(again.advisory, imported.advisory);
            // Held against the document it comes from, like a source.
            let differences =
                facts::compare(&imported.advisory, format, Options::default(), &document).unwrap();
            let told: Vec<String> = differences
                .iter()
                // Some commits belong to no range for certain, which is noted; a text
                // that begins like a chapter is taken for one; several mitigations become one.
                .filter(|difference| !matches!(difference.fact, Fact::Commits | Fact::Mitigations))
                .map(ToString::to_string)
                .collect();
            // An alias that OSV's own id hides, and the login under which GitHub thanks.
            assert!(told.is_empty(), "seed {seed}, {}: {told:#?}\n{document}\n{printed}", format.as_str());
        }
    }
}

#[test]
fn an_advisory_of_github_is_taken_over() {
    let document = r#"{
        "ghsa_id": "GHSA-c74f-6mfw-mm4v", "cve_id": "CVE-2024-36129",
        "summary": "Denial of service", "description": "It decompresses.\n\n### Workarounds\n\nUse a proxy.\n\n### References\n\n- https://example.org/pull/1",
        "published_at": "2024-06-05T16:00:00Z", "updated_at": "2024-06-06T10:00:00.123456Z", "severity": "high",
        "cvss": {"vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "score": 7.5},
        "cwes": [{"cwe_id": "CWE-119", "name": "x"}, {"cwe_id": "CWE-9999", "name": "y"}],
        "vulnerabilities": [
            {"package": {"ecosystem": "go", "name": "go.opentelemetry.io/collector/config/confighttp"},
             "vulnerable_version_range": "< 0.102.0", "patched_versions": "0.102.0"},
            {"package": {"ecosystem": "go", "name": "example.org/b"}, "vulnerable_version_range": "> 1.0.0", "patched_versions": ""}],
        "credits": [{"user": {"login": "someone"}, "type": "reporter"}]
    }"#;
    let import = import(From::Ghsa, document).unwrap();
    let advisory = &import.advisory;
    assert_eq!(advisory.cve.as_deref(), Some("CVE-2024-36129"));
    assert_eq!(advisory.aliases, ["GHSA-c74f-6mfw-mm4v"]);
    assert_eq!(advisory.modified, Some(Instant::parse("2024-06-06T10:00:00.123Z").unwrap()));
    assert_eq!(advisory.affected.len(), 1);
    assert_eq!(advisory.affected[0].package, "pkg:golang/go.opentelemetry.io/collector/config/confighttp");
    assert_eq!(advisory.affected[0].ranges[0].fixed.as_deref(), Some("0.102.0"));
    assert_eq!(advisory.mitigations, ["Use a proxy."]);
    assert_eq!(advisory.references[0].url, "https://example.org/pull/1");
    assert_eq!(advisory.credits[0].login.as_deref(), Some("someone"));
    let notes = import.notes.join("\n");
    for part in ["CWE-9999", "> 1.0.0", "[publisher]"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

#[test]
fn what_is_something_else_is_refused_by_name() {
    for from in From::ALL {
        let wrong = import(*from, r#"{"hello": 1}"#).unwrap_err();
        assert!(wrong.contains("this is no"), "{wrong}");
    }
}
