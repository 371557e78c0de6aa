//! OpenVEX documents, version 0.2.0.

use serde_json::{Value, json};

use crate::format::{ENGINE, ENGINE_VERSION};
use crate::source::{Advisory, Affected, Status};
use crate::tell::{self, list, object};

pub fn build(advisory: &Advisory) -> Value {
    let id = advisory.public_id();
    let namespace = advisory.publisher.namespace.trim_end_matches('/');
    let aliases = advisory.other_ids();
    let vulnerability = object([
        ("name", Some(json!(id))),
        ("description", Some(json!(advisory.title))),
        ("aliases", list(aliases.into_iter().map(|alias| json!(alias)))),
    ]);
    let statements =
        advisory.affected.iter().flat_map(|affected| statements(advisory, affected, &vulnerability));
    let changed = advisory.changed();
    object([
        ("@context", Some(json!("https://openvex.dev/ns/v0.2.0"))),
        ("@id", Some(json!(format!("{namespace}/openvex/{}", crate::purl::encode(&id))))),
        ("author", Some(json!(advisory.publisher.name))),
        ("role", Some(json!(advisory.publisher.category.as_str()))),
        ("timestamp", Some(json!(advisory.published.to_string()))),
        ("last_updated", (changed != advisory.published).then(|| json!(changed.to_string()))),
        ("version", Some(json!(advisory.history().len()))),
        ("tooling", Some(json!(format!("{ENGINE} {ENGINE_VERSION}")))),
        ("statements", list(statements)),
    ])
}

/// A package is affected as a whole, since there are no ranges here: which of
/// its versions are, stands in the notes. Each fixed version is its own product.
fn statements(advisory: &Advisory, affected: &Affected, vulnerability: &Value) -> Vec<Value> {
    let purl = tell::purl(affected);
    let product = |id: String| json!({ "@id": id, "identifiers": { "purl": id } });
    let whole = json!([product(purl.to_string())]);
    let statement = |products: Value, status: &str, more: Vec<(&str, Value)>| {
        let mut statement = json!({ "vulnerability": vulnerability, "products": products, "status": status });
        if let Some(map) = statement.as_object_mut() {
            map.extend(more.into_iter().map(|(key, value)| (key.to_owned(), value)));
        }
        statement
    };
    let mut statements = Vec::new();
    match affected.status {
        Status::NotAffected => {
            let mut more = Vec::new();
            if let Some(justification) = affected.justification {
                more.push(("justification", json!(justification.as_str())));
            }
            if let Some(impact) = &affected.impact {
                more.push(("impact_statement", json!(impact)));
            }
            statements.push(statement(whole, "not_affected", more));
        }
        Status::UnderInvestigation => statements.push(statement(whole, "under_investigation", Vec::new())),
        Status::Affected | Status::Fixed => {
            let ranges: Vec<String> = affected.ranges.iter().map(tell::range).collect();
            let notes = format!("{AFFECTED}{}", ranges.join(" || "));
            let more = vec![
                ("status_notes", json!(notes)),
                ("action_statement", json!(tell::actions(advisory, affected))),
            ];
            statements.push(statement(whole, "affected", more));
            let fixed: Vec<Value> = tell::fixed(affected)
                .into_iter()
                .map(|version| product(purl.at(version).to_string()))
                .collect();
            if !fixed.is_empty() {
                statements.push(statement(Value::Array(fixed), "fixed", Vec::new()));
            }
        }
    }
    statements
}

/// How the notes on affected versions begin.
pub const AFFECTED: &str = "Affected versions: ";
