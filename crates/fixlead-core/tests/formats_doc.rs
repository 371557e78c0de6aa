//! The documents of the formats name everything that the formats have.

use std::collections::BTreeSet;

use fixlead_core::case::event::FieldType;
use fixlead_core::case::{Action, EventKind, Field, History};
use fixlead_core::plan::duties::State;
use fixlead_core::plan::facts::Mode;
use fixlead_core::policy::expression::{Class, Severity};
use fixlead_core::policy::model::FindingKind;
use fixlead_core::replay::{built_in_policy, replay, to_json};
use serde_json::Value;

const HISTORY: &str = include_str!("../../../docs/formats/history.md");
const REPLAY: &str = include_str!("../../../docs/formats/replay.md");

/// Everything that stands between back-ticks.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The cells of the table row that begins with this name.
fn row<'a>(document: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!("| `{name}` |");
    let line = document.lines().find(|line| line.starts_with(&begin));
    line.unwrap_or_else(|| panic!("no row for `{name}`")).split('|').collect()
}

#[test]
fn every_event_type_stands_with_exactly_its_fields() {
    for kind in EventKind::ALL {
        let cells = row(HISTORY, kind.name());
        let (required, optional) = cells[2].split_once('[').unwrap_or((cells[2], ""));
        let (needs, may) = kind.fields();
        let names = |fields: &[Field]| fields.iter().map(|field| field.name()).collect::<BTreeSet<_>>();
        assert_eq!(quoted(required), names(needs), "required fields of `{}`", kind.name());
        assert_eq!(quoted(optional), names(may), "optional fields of `{}`", kind.name());
        assert!(!cells[3].trim().is_empty(), "`{}` has no meaning", kind.name());
    }
}

#[test]
fn every_field_action_and_word_is_named() {
    let names = quoted(HISTORY);
    for field in Field::ALL {
        assert!(names.contains(field.name()), "the field `{}`", field.name());
        let words = EventKind::ALL.iter().filter_map(|kind| match field.holds(*kind) {
            FieldType::Word(words) => Some(words),
            _ => field.words(),
        });
        for word in words.flatten() {
            assert!(names.contains(word), "the word `{word}` of `{}`", field.name());
        }
    }
    for action in Action::ALL {
        assert!(names.contains(action.name()), "the action `{}`", action.name());
    }
}

#[test]
fn every_word_of_an_answer_is_named() {
    let names = quoted(REPLAY);
    let words = State::ALL.iter().map(|one| one.name()).chain(FindingKind::ALL.iter().map(|one| one.name()));
    let words = words.chain(Mode::ALL.iter().map(|one| one.name()));
    let words = words.chain(Class::ALL.iter().map(|one| one.name()));
    for word in words.chain(Severity::ALL.iter().map(|one| one.name())) {
        assert!(names.contains(word), "`{word}`");
    }
}

#[test]
fn every_key_of_an_answer_is_named() {
    let text = include_str!("../../../examples/linux-dirty-pipe-2022.json");
    let history = History::parse(text).expect("an example can be read");
    let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters).expect("a policy");
    let answer = to_json(&replay(&policy, &history, None));
    let names = quoted(REPLAY);
    let mut open = vec![&answer];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(table) => {
                for (key, value) in table {
                    let branch = history.project.branch(key).is_some();
                    assert!(branch || names.contains(key.as_str()), "the key `{key}`");
                    open.push(value);
                }
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
}
