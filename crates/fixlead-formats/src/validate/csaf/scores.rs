//! Scores and weaknesses (sections 6.1.7 to 6.1.11).

use std::collections::BTreeSet;

use fixlead_core::severity::Version;
use fixlead_core::text::echo;
use serde_json::Value;

use super::super::cvss;
use super::super::shape::{Place, Report, items, text};
use super::walk;
use crate::cwe;

const RULES: cvss::Rules =
    cvss::Rules { invalid: "6.1.8", computed: "6.1.9", inconsistent: "6.1.10", closed: false };

/// The keys of scores, and the versions that stand there.
const KEYS: &[(&str, &[Version])] =
    &[("cvss_v2", &[Version::V2]), ("cvss_v3", &[Version::V30, Version::V31]), ("cvss_v4", &[Version::V40])];

pub fn judge(value: &Value, report: &mut Report) {
    walk::vulnerabilities(value, &mut |vulnerability, place| {
        let mut scored: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (key, inner) in [("scores", None), ("metrics", Some("content"))] {
            let list = place.key(key);
            for (index, score) in items(vulnerability, key) {
                let place = list.item(index);
                let (content, place) = match inner {
                    Some(inner) => (score.get(inner).unwrap_or(&Value::Null), &place.key(inner)),
                    None => (score, &place),
                };
                let products: Vec<&str> =
                    items(score, "products").filter_map(|(_, id)| id.as_str()).collect();
                for (key, versions) in KEYS {
                    let Some(object) = content.get(key) else { continue };
                    cvss::judge(object, versions, &RULES, &place.key(key), report);
                    let source = text(score, "source");
                    let version = text(object, "version");
                    for id in &products {
                        if source.is_empty() && !scored.insert((id, version)) {
                            let message = format!(
                                "the product `{}` has two scores of CVSS {}",
                                echo(id),
                                echo(version)
                            );
                            report.error("6.1.7", place, message);
                        }
                    }
                }
            }
        }
        if let Some(weakness) = vulnerability.get("cwe") {
            weak(weakness, &place.key("cwe"), report);
        }
        let list = place.key("cwes");
        for (index, weakness) in items(vulnerability, "cwes") {
            weak(weakness, &list.item(index), report);
        }
    });
}

fn weak(weakness: &Value, place: &Place<'_>, report: &mut Report) {
    let (id, name) = (text(weakness, "id"), text(weakness, "name"));
    match cwe::name(id) {
        None => {
            report.error("6.1.11", &place.key("id"), format!("`{}` is no weakness of CWE 4.20", echo(id)))
        }
        // The draft names the version of the list, and with it names of its own.
        Some(own) if own != name && weakness.get("version").is_none() => {
            report.error("6.1.11", &place.key("name"), format!("{id} is called `{own}`"));
        }
        Some(_) => {}
    }
}
