//! Events as documents have them: a shape for each type, made from the one list
//! of what each may carry.

use fixlead_core::case::EventKind;
use fixlead_core::case::event::{Field, FieldType};
use serde_json::{Map, Value, json};

use super::{described, reference};

/// The types of what only the desk looks at, as far as a timeline shows them.
const DESK: &[&str] = &[
    "grant.given",
    "grant.moved",
    "grant.revoked",
    "person.recused",
    "recusal.lifted",
    "case.restricted",
    "case.unrestricted",
    "case.absorbed",
    "handoff.offered",
    "handoff.accepted",
    "handoff.declined",
    "duty.reminded",
    "duty.escalated",
    "policy.moved",
    "note.added",
    "hold.placed",
    "hold.lifted",
    "evidence.added",
    "advisory.written",
    "advisory.published",
    "fix.opened",
    "fix.pushed",
    "fix.checked",
    "leak.suspected",
    "leak.dismissed",
    "second.asked",
    "second.confirmed",
];

/// The shapes of events, under their names.
pub fn written() -> Vec<(&'static str, Value)> {
    let each = |at: bool| -> Value {
        EventKind::ALL.iter().map(|kind| of_kind(*kind, at)).collect::<Vec<_>>().into()
    };
    let desk = json!({
        "type": "object", "required": ["type"], "additionalProperties": true,
        "properties": { "type": { "type": "string", "enum": DESK } },
    });
    vec![
        (
            "CaseEvent",
            described(
                "Something that a policy looks at, as fixlead-history/1 has it.",
                json!({ "oneOf": each(true) }),
            ),
        ),
        (
            "NewEvent",
            described(
                "An event to be recorded, as fixlead-history/1 has it. Of what is done now the desk sets the instant.",
                json!({ "oneOf": each(false) }),
            ),
        ),
        (
            "TimelineEvent",
            described(
                "Something that happened: to the policy, or among people.",
                json!({ "anyOf": [reference("CaseEvent"), desk] }),
            ),
        ),
    ]
}

fn of_kind(kind: EventKind, at: bool) -> Value {
    let (required, optional) = kind.fields();
    let mut properties = Map::new();
    properties.insert("type".to_owned(), json!({ "type": "string", "const": kind.name() }));
    properties.insert("at".to_owned(), reference("InstantOrDay"));
    for field in [&[Field::By], required, optional].concat() {
        properties.insert(field.name().to_owned(), held(field, kind));
    }
    let mut needed = vec!["type"];
    needed.extend(at.then_some("at"));
    needed.extend(required.iter().map(|field| field.name()));
    json!({ "type": "object", "required": needed, "properties": properties })
}

fn held(field: Field, kind: EventKind) -> Value {
    let text = json!({ "type": "string" });
    let several = |one: Value| json!({ "anyOf": [one, { "type": "array", "items": one }] });
    match field.holds(kind) {
        FieldType::Text | FieldType::Branch => text,
        FieldType::Texts => several(match field.words() {
            Some(words) => json!({ "type": "string", "enum": words }),
            None => text,
        }),
        FieldType::Word(words) => json!({ "type": "string", "enum": words }),
        FieldType::Flag => json!({ "type": "boolean" }),
        FieldType::Score => json!({ "type": "number", "minimum": 0, "maximum": 10, "multipleOf": 0.01 }),
        FieldType::Instant => reference("Moment"),
        FieldType::Branches => several(text),
        FieldType::Dues => json!({ "type": "object", "additionalProperties": reference("Moment") }),
    }
}
