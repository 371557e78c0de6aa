//! OpenVEX documents, version 0.2.0.

use serde_json::Value;

use super::shape::{Fields, Others, Place, Report, STRUCTURE, Shape, TEXT, URI, date_time, hold, text, uri};

const TIME: Shape = Shape::Text(1, 64, date_time);
const IDENTIFIERS: Shape = Shape::Object(&Fields {
    needed: &[],
    known: &[("purl", &TEXT), ("cpe22", &TEXT), ("cpe23", &TEXT)],
    others: Others::Refused,
    least: 1,
});
const HASHES: Shape = Shape::Object(&Fields {
    needed: &[],
    known: &[
        ("md5", &TEXT),
        ("sha1", &TEXT),
        ("sha-256", &TEXT),
        ("sha-384", &TEXT),
        ("sha-512", &TEXT),
        ("sha3-224", &TEXT),
        ("sha3-256", &TEXT),
        ("sha3-384", &TEXT),
        ("sha3-512", &TEXT),
        ("blake2s-256", &TEXT),
        ("blake2b-256", &TEXT),
        ("blake2b-512", &TEXT),
    ],
    others: Others::Refused,
    least: 0,
});
const SUBCOMPONENT: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[],
        known: &[("@id", &URI), ("identifiers", &IDENTIFIERS), ("hashes", &HASHES)],
        others: Others::Refused,
        least: 0,
    }),
    &Shape::Judged(identified),
);
const PRODUCT: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[],
        known: &[
            ("@id", &URI),
            ("identifiers", &IDENTIFIERS),
            ("hashes", &HASHES),
            ("subcomponents", &Shape::List(&SUBCOMPONENT, 0, true)),
        ],
        others: Others::Refused,
        least: 0,
    }),
    &Shape::Judged(identified),
);
const VULNERABILITY: Shape = Shape::Object(&Fields {
    needed: &[("name", &TEXT)],
    known: &[("@id", &URI), ("description", &TEXT), ("aliases", &Shape::List(&TEXT, 0, true))],
    others: Others::Refused,
    least: 0,
});
const STATEMENT: Shape = Shape::Both(
    &Shape::Object(&Fields {
        needed: &[
            ("vulnerability", &VULNERABILITY),
            ("status", &Shape::Word(&["not_affected", "affected", "fixed", "under_investigation"])),
        ],
        known: &[
            ("@id", &URI),
            ("version", &Shape::Whole(1)),
            ("timestamp", &TIME),
            ("last_updated", &TIME),
            ("products", &Shape::List(&PRODUCT, 0, true)),
            ("supplier", &TEXT),
            ("status_notes", &TEXT),
            (
                "justification",
                &Shape::Word(&[
                    "component_not_present",
                    "vulnerable_code_not_present",
                    "vulnerable_code_not_in_execute_path",
                    "vulnerable_code_cannot_be_controlled_by_adversary",
                    "inline_mitigations_already_exist",
                ]),
            ),
            ("impact_statement", &TEXT),
            ("action_statement", &TEXT),
            ("action_statement_timestamp", &TIME),
        ],
        others: Others::Refused,
        least: 0,
    }),
    &Shape::Judged(statement),
);
const DOCUMENT: Shape = Shape::Object(&Fields {
    needed: &[
        ("@context", &Shape::Text(1, 256, context)),
        ("@id", &URI),
        ("author", &TEXT),
        ("timestamp", &TIME),
        ("version", &Shape::Whole(1)),
        ("statements", &Shape::List(&STATEMENT, 1, true)),
    ],
    known: &[("role", &TEXT), ("last_updated", &TIME), ("tooling", &TEXT)],
    others: Others::Refused,
    least: 0,
});

pub fn judge(value: &Value, report: &mut Report) {
    hold(value, &DOCUMENT, &Place::Root, report);
}

fn context(text: &str) -> Result<(), &'static str> {
    uri(text)?;
    if text.starts_with("https://openvex.dev/ns") { Ok(()) } else { Err("https://openvex.dev/ns/v0.2.0") }
}

fn identified(value: &Value, place: &Place<'_>, report: &mut Report) {
    if value.get("@id").is_none() && value.get("identifiers").is_none() {
        report.error(STRUCTURE, place, "name it by @id or identifiers");
    }
}

fn statement(value: &Value, place: &Place<'_>, report: &mut Report) {
    let has = |key: &str| value.get(key).is_some();
    match text(value, "status") {
        "not_affected" if !has("justification") && !has("impact_statement") => {
            report.error(
                STRUCTURE,
                place,
                "say why it is not affected: add justification or impact_statement",
            );
        }
        "affected" if !has("action_statement") => {
            report.error(STRUCTURE, place, "say what its users should do: add action_statement");
        }
        _ => {}
    }
    if !has("products") {
        report.warn("products", place, "a statement names no product; readers cannot apply it");
    }
    if has("justification") && text(value, "status") != "not_affected" {
        report.warn(
            "justification",
            &place.key("justification"),
            "only what is not affected has a justification",
        );
    }
}
