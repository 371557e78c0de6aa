//! What people get to read.

use super::{BASE, with};
use fixlead_core::policy::render::{markdown, security_md};
use fixlead_core::policy::{Document, compile, library};

fn page(text: &str, overlays: &[&str], values: &[(&str, &str)]) -> String {
    let base = Document::parse(text).unwrap();
    let overlays: Vec<Document> = overlays.iter().map(|text| Document::parse(text).unwrap()).collect();
    let overlays: Vec<&Document> = overlays.iter().collect();
    let values: Vec<(String, String)> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    markdown(&base, &overlays, &compile(&base, &overlays, &values).unwrap())
}

fn built_in(id: &str) -> &'static str {
    library::built_in(id).unwrap()
}

/// The clauses that stand behind sentences and in the last column of tables.
fn cited(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| {
            let sentence =
                line.strip_suffix(")_").and_then(|line| line.rsplit_once("_(")).map(|(_, list)| list);
            let row = line.strip_suffix(" |").and_then(|line| line.rsplit_once("| ")).map(|(_, list)| list);
            sentence.or(row)
        })
        .flat_map(|list| list.split(", "))
        .collect()
}

#[test]
fn every_clause_of_a_policy_is_on_its_page() {
    let overlays = [built_in("linux-distros"), built_in("cra-art14")];
    for id in ["vitess", "opentelemetry"] {
        let page = page(built_in(id), &overlays, &[]);
        let cited = cited(&page);
        for text in [built_in(id)].iter().chain(&overlays) {
            let document = Document::parse(text).unwrap();
            for entry in &document.entries {
                for (clause, _) in entry.texts("clauses") {
                    assert!(cited.contains(&clause), "{id}: {clause} is on no line");
                }
            }
        }
    }
}

#[test]
fn every_sentence_of_a_policy_is_on_its_page() {
    for id in ["vitess", "opentelemetry"] {
        let page = page(built_in(id), &[], &[]);
        let document = Document::parse(built_in(id)).unwrap();
        for entry in &document.entries {
            for key in ["say", "why"] {
                // Up to what is filled in.
                let text = entry.text(key).unwrap_or_default().split('{').next().unwrap_or_default();
                assert!(page.contains(text), "{id}: {text}");
            }
        }
    }
}

#[test]
fn clocks_and_parameters_are_filled_in() {
    let text = with(
        "[[parameter]]\nid = \"window\"\nclauses = [\"S-02\"]\nholds = \"span\"\ndefault = \"P7D\"\nwhy = \"A week | no more.\"\n\
         [[parameter]]\nid = \"intake\"\nclauses = [\"S-03\"]\nholds = \"address\"\nwhy = \"Left open.\"\n\
         [[duty]]\nid = \"fix\"\nclauses = [\"S-02\"]\nwho = \"lead\"\ndone = [\"fix.complete\"]\nafter = \"disclosure\"\n\
         within = \"$window\"\nsay = \"Within {window} there is a fix.\"\n\
         [[check]]\nid = \"there\"\nclauses = [\"S-03\"]\non = [\"report.received\"]\nneeds = \"the visibility is private\"\n\
         finding = \"deviation\"\nsay = \"Report <here>: {intake}.\"\n\
         [[gate]]\nid = \"wait\"\nclauses = [\"S-04\"]\nactions = [\"release\"]\nby = \"fix\"\nwithin = \"PT36H\"\nsay = \"Soon.\"\n",
    );
    assert_eq!(
        page(&text, &[], &[("window", "P1DT12H")]),
        "# Small

A policy to try things on.

Policy `small`, version 1. Source: <https://example.org>

## Who

- **Lead**: The lead leads. _(S-01)_

## Reports

- Report \\<here>: _not set: intake_. Looked at on `report.received`; otherwise: deviation. _(S-03)_

## Timelines

| Duty | Who | Due | Clauses |
| --- | --- | --- | --- |
| `fix` | Lead | 1 day 12 hours (`P1DT12H`) after disclosure | S-02 |

The document says nothing about reminders: the desk reminds with a ladder of its own.

## The fix

- Within 1 day 12 hours (`P1DT12H`) there is a fix. _(S-02)_

## What holds what

| Held | Until | Why | Clauses |
| --- | --- | --- | --- |
| `release` | not later than 36 hours (`PT36H`) after the duty `fix` | Soon. | S-04 |

## Parameters

| Parameter | Value | Why | Clauses |
| --- | --- | --- | --- |
| `window` | 1 day 12 hours (`P1DT12H`) | A week \\| no more. | S-02 |
| `intake` | _not set_ | Left open. | S-03 |
"
    );
}

#[test]
fn a_security_md_says_what_it_still_needs() {
    let written = |values: &[(&str, &str)]| {
        let base = Document::parse(built_in("vitess")).unwrap();
        let values: Vec<(String, String)> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        security_md(&base, &[], &compile(&base, &[], &values).unwrap())
    };
    let gaps = written(&[]);
    assert_eq!(gaps.unset, ["intake"]);
    assert!(gaps.text.contains("in private, to _not set: intake_."));
    let whole = written(&[("intake", "security@vitess.example")]);
    assert_eq!(whole.unset, Vec::<String>::new());
    assert!(
        whole.text.contains("Report a suspected vulnerability in private, to security@vitess.example.\n")
    );
    assert!(whole.text.contains("Within 7 days (`P7D`) of disclosure users read on Slack that a fix comes"));
    assert!(whole.text.contains("Nobody outside hears of an undisclosed vulnerability in advance."));
    let headings: Vec<&str> = whole.text.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(
        headings,
        [
            "# Security policy",
            "## Reporting a vulnerability",
            "## What happens then",
            "## Embargo and distributors",
            "## Public disclosure",
            "## Supported versions",
            "## CVE ids and severity",
            "## Credits",
        ]
    );
}

#[test]
fn a_policy_that_says_little_gets_a_page_that_says_so() {
    let base = Document::parse(BASE).unwrap();
    let written = security_md(&base, &[], &compile(&base, &[], &[]).unwrap());
    assert_eq!(written.unset, ["intake"]);
    assert_eq!(written.text.matches("The policy says nothing about this.").count(), 5);
}

#[test]
fn overlays_are_named_on_the_page() {
    let page = page(built_in("vitess"), &[built_in("cra-art14")], &[]);
    assert!(page.contains("With the overlay **Cyber Resilience Act, Article 14**: What a manufacturer"));
    assert!(page.contains("| `cra-early-warning` | Fix Lead | 24 hours (`PT24H`) after `exploitation.aware`, when `seen exploitation.aware` | CRA-14-2-a |"));
}

#[test]
fn what_scoring_leaves_open_is_left_out() {
    let vitess = page(built_in("vitess"), &[], &[]);
    assert!(vitess.contains(" Versions: 3.0. _(VT-26)_"), "{vitess}");
    assert!(!vitess.contains("Thresholds"));
    assert!(page(built_in("opentelemetry"), &[], &[]).contains("Thresholds: "));
}

#[test]
fn a_ladder_is_told_in_words_and_where_there_is_none_that_too() {
    let own = "the desk reminds with a ladder of its own";
    for id in ["opentelemetry", "vitess"] {
        let text = library::built_in(id).unwrap();
        let rendered = |text: &str| {
            let document = Document::parse(text).unwrap();
            let policy = compile(&document, &[], &[]).unwrap_or_else(|error| panic!("{error}"));
            markdown(&document, &[], &policy)
        };
        assert!(rendered(text).contains(own), "{id} says nothing of reminders");
        let duty = Document::parse(text).unwrap().all("duty").next().unwrap().text("id").unwrap().to_owned();
        let ladder = format!(
            "\n[[ladder]]\nid = \"l\"\nclauses = [\"XX-1\"]\nduties = [\"{duty}\"]\nbefore = [\"P2D\"]\nescalate = [\"P1D\"]\nto = \"fix-lead\"\nevery = \"P7D\"\nsay = \"Nobody forgets.\"\n"
        );
        let with = rendered(&(text.to_owned() + &ladder));
        assert!(!with.contains(own), "it is the document's now");
        for part in
            ["Nobody forgets.", "XX-1", &duty, "2 days", "before the due", "is told", "reminded every"]
        {
            assert!(with.contains(part), "{part}\n{with}");
        }
    }
}
