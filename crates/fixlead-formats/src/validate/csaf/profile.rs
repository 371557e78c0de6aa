//! What a profile asks for (section 6.1.27), and that a vulnerability or an
//! involvement stands once (6.1.23, 6.1.24).

use std::collections::BTreeSet;

use fixlead_core::text::echo;
use serde_json::Value;

use super::super::shape::{Place, Report, items, map, text};
use super::walk;

pub fn judge(value: &Value, report: &mut Report) {
    once(value, report);
    let document = value.get("document").unwrap_or(&Value::Null);
    match text(document, "category") {
        "csaf_security_incident_response" => with_text(document, report),
        "csaf_informational_advisory" => {
            with_text(document, report);
            if value.get("vulnerabilities").is_some() {
                let place = Place::Root;
                report.error("6.1.27.3", &place.key("vulnerabilities"), "an informational advisory tells of no vulnerability; take this out, or write csaf_security_advisory");
            }
        }
        "csaf_security_advisory" => {
            with_vulnerabilities(value, report);
            walk::vulnerabilities(value, &mut |vulnerability, place| {
                if vulnerability.get("product_status").is_none() {
                    report.error("6.1.27.6", place, "say which products are affected: add product_status");
                }
            });
        }
        "csaf_vex" => {
            with_vulnerabilities(value, report);
            vex(value, report);
        }
        _ => {}
    }
}

fn once(value: &Value, report: &mut Report) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    walk::vulnerabilities(value, &mut |vulnerability, place| {
        let cve = text(vulnerability, "cve");
        if !cve.is_empty() && !seen.insert(cve.to_owned()) {
            report.error(
                "6.1.23",
                &place.key("cve"),
                format!("{} stands twice; put what is said of it together", echo(cve)),
            );
        }
        let mut parties = BTreeSet::new();
        let list = place.key("involvements");
        for (index, involvement) in items(vulnerability, "involvements") {
            if !parties.insert((text(involvement, "party"), text(involvement, "date"))) {
                report.error("6.1.24", &list.item(index), "this party has an entry of this date already");
            }
        }
    });
}

fn with_text(document: &Value, report: &mut Report) {
    let root = Place::Root;
    let place = root.key("document");
    let known = ["description", "details", "general", "summary"];
    if !items(document, "notes").any(|(_, note)| known.contains(&text(note, "category"))) {
        report.error(
            "6.1.27.1",
            &place,
            "this profile needs a note of the category description, details, general or summary",
        );
    }
    if !items(document, "references")
        .any(|(_, reference)| ["", "external"].contains(&text(reference, "category")))
    {
        report.error("6.1.27.2", &place, "this profile needs a reference of the category external");
    }
}

fn with_vulnerabilities(value: &Value, report: &mut Report) {
    let root = Place::Root;
    if value.get("product_tree").is_none() {
        report.error("6.1.27.4", &root, "this profile needs a product_tree");
    }
    if value.get("vulnerabilities").is_none() {
        report.error("6.1.27.11", &root, "this profile needs vulnerabilities");
    }
    walk::vulnerabilities(value, &mut |vulnerability, place| {
        if vulnerability.get("notes").is_none() {
            report.error("6.1.27.5", place, "say what it is: add notes");
        }
    });
}

fn vex(value: &Value, report: &mut Report) {
    const STATUSES: &[&str] = &["fixed", "known_affected", "known_not_affected", "under_investigation"];
    let groups = walk::groups(value);
    let root = Place::Root;
    let list = root.key("vulnerabilities");
    for (index, vulnerability) in items(value, "vulnerabilities") {
        let place = list.item(index);
        let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
        if !map(status).any(|(key, _)| STATUSES.contains(&key.as_str())) {
            let message = format!("say of the products whether they are {}", STATUSES.join(", "));
            report.error("6.1.27.7", &place.key("product_status"), message);
        }
        if vulnerability.get("cve").is_none() && vulnerability.get("ids").is_none() {
            report.error("6.1.27.8", &place, "name the vulnerability: add cve or ids");
        }
        let flags = items(vulnerability, "flags").map(|(_, flag)| flag);
        let impacts = items(vulnerability, "threats")
            .map(|(_, threat)| threat)
            .filter(|threat| text(threat, "category") == "impact");
        let reasoned: BTreeSet<&str> =
            flags.chain(impacts).flat_map(|item| walk::named(item, &groups)).collect();
        let helped: BTreeSet<&str> =
            items(vulnerability, "remediations").flat_map(|(_, item)| walk::named(item, &groups)).collect();
        let inner = place.key("product_status");
        for (key, named, rule, message) in [
            (
                "known_not_affected",
                &reasoned,
                "6.1.27.9",
                "say why it is not affected: a flag, or a threat of the category impact",
            ),
            ("known_affected", &helped, "6.1.27.10", "say what its users should do: a remediation"),
        ] {
            let list = inner.key(key);
            for (index, id) in items(status, key) {
                if !id.as_str().is_some_and(|id| named.contains(id)) {
                    report.error(rule, &list.item(index), message);
                }
            }
        }
    }
}
