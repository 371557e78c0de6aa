//! `docs/policy-language.md` names everything that the language has.

use fixlead_core::case::event::{Action, EventKind};
use fixlead_core::policy::compile::BUILT_IN_ANCHORS;
use fixlead_core::policy::document::SECTIONS;
use fixlead_core::policy::expression::{Class, Fact, Severity};
use fixlead_core::policy::lint::Kind;
use fixlead_core::policy::model::{FindingKind, Mode};

const REFERENCE: &str = include_str!("../../../../docs/policy-language.md");

/// The part of the reference under a heading.
fn part(heading: &str) -> &'static str {
    let start = REFERENCE.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let rest = &REFERENCE[start + heading.len() + 1..];
    let depth = |line: &str| line.chars().take_while(|letter| *letter == '#').count();
    let mut end = 0;
    for line in rest.split_inclusive('\n') {
        if end > 0 && (1..=depth(heading)).contains(&depth(line)) {
            break;
        }
        end += line.len();
    }
    &rest[..end]
}

/// The names in the first column of a part's tables.
fn rows(part: &str) -> Vec<&str> {
    part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn every_section_has_its_keys_in_order() {
    for section in SECTIONS {
        let how = if section.repeats { "repeats" } else { "once" };
        let part = part(&format!("### `{}` ({how})", section.name));
        let keys: Vec<&str> = section.keys.iter().map(|(key, _, _)| *key).collect();
        assert_eq!(rows(part), keys, "{}", section.name);
        for (key, _, required) in section.keys {
            assert_eq!(part.contains(&format!("| `{key}` * |")), *required, "{} {key}", section.name);
        }
    }
    let sections = part("## Sections");
    assert_eq!(sections.matches("\n### ").count(), SECTIONS.len());
}

#[test]
fn every_fact_anchor_action_and_finding_has_a_line() {
    let names = |part: &'static str| rows(part);
    assert_eq!(names(part("### Facts")), Fact::ALL.iter().map(|fact| fact.name()).collect::<Vec<_>>());
    assert_eq!(names(part("## Anchors")), BUILT_IN_ANCHORS);
    assert_eq!(names(part("## Actions")), Action::ALL.iter().map(|action| action.name()).collect::<Vec<_>>());
    assert_eq!(
        names(part("## Findings of a case")),
        FindingKind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>()
    );
    let linted: Vec<String> =
        Kind::ALL.iter().map(|kind| format!("| `{}` | {} |", kind.name(), kind.meaning())).collect();
    assert!(part("## Findings of `policy check`").contains(&linted.join("\n")));
}

#[test]
fn every_word_of_a_condition_is_explained() {
    let conditions = part("## Conditions");
    for word in [
        "seen",
        "score <",
        "score >=",
        "severity <",
        "severity >=",
        "class is",
        "has",
        "the",
        "by",
        "who from",
    ] {
        assert!(conditions.contains(&format!("`{word}`")), "{word}");
    }
    for class in Class::ALL {
        assert!(conditions.contains(&format!("`{}`", class.name())), "{}", class.name());
    }
    let bands = part("### `band` (repeats)");
    assert!(Severity::ALL.iter().all(|severity| bands.contains(&format!("`{}`", severity.name()))));
    let modes = part("### `mode` (repeats)");
    assert!(Mode::ALL.iter().all(|mode| modes.contains(&format!("`{}`", mode.name()))));
}

#[test]
fn every_event_is_listed_with_its_fields() {
    let list = |fields: &[fixlead_core::case::event::Field]| {
        let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name())).collect();
        if names.is_empty() { String::new() } else { format!("{} ", names.join(", ")) }
    };
    let events = part("## Events");
    for kind in EventKind::ALL {
        let (required, optional) = kind.fields();
        let row = format!("| `{}` | {}| {}|\n", kind.name(), list(required), list(optional));
        assert!(events.contains(&row), "the reference lacks this row: {row}");
    }
}
