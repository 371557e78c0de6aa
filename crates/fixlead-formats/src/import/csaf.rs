//! CSAF documents: their first vulnerability.

use fixlead_core::text::echo;
use serde_json::Value;

use super::{Draft, line, of, single, text};
use crate::csaf::{KINDS, purl_of, range_of};
use crate::purl::Purl;
use crate::source::{Category, Justification, Kind, Reference, Revision, Status};
use crate::validate::shape::{items, text as under};

pub fn read(value: &Value, draft: &mut Draft) -> Result<(), String> {
    let Some(document) = value.get("document").filter(|document| document.get("csaf_version").is_some())
    else {
        return Err("this is no CSAF document: it has no document/csaf_version".to_owned());
    };
    let Some(vulnerability) = value.pointer("/vulnerabilities/0") else {
        return Err("this document tells of no vulnerability: there is nothing to advise".to_owned());
    };
    if value.pointer("/vulnerabilities/1").is_some() {
        draft.note("the document tells of several vulnerabilities: only the first was taken over");
    }
    draft.id(under(vulnerability, "cve"));
    draft.id(of(document, "/tracking/id"));
    for (_, id) in items(vulnerability, "ids") {
        draft.id(under(id, "text"));
    }
    draft.advisory.title = of(document, "/title").to_owned();
    draft.advisory.severity =
        Some(line(of(document, "/aggregate_severity/text"))).filter(|word| !word.is_empty());
    let publisher = &mut draft.advisory.publisher;
    publisher.name = line(of(document, "/publisher/name"));
    publisher.namespace = line(of(document, "/publisher/namespace"));
    publisher.category = Category::parse(of(document, "/publisher/category")).unwrap_or(Category::Other);
    dates(document, vulnerability, draft);
    for (_, note) in items(document, "notes") {
        match under(note, "category") {
            "summary" => draft.advisory.summary = under(note, "text").to_owned(),
            "general" if under(note, "title") == "Withdrawn" => {
                draft.advisory.withdrawn = draft.date("of withdrawal", under(note, "text"));
            }
            _ => {}
        }
    }
    for (_, note) in items(vulnerability, "notes") {
        match (under(note, "category"), under(note, "title")) {
            (_, "Further weaknesses") => under(note, "text").split(", ").for_each(|id| draft.weakness(id)),
            ("description" | "details", _) if draft.advisory.description.is_empty() => {
                draft.advisory.description = under(note, "text").to_owned();
            }
            ("summary", _) if draft.advisory.summary.is_empty() => {
                draft.advisory.summary = under(note, "text").to_owned();
            }
            _ => {}
        }
    }
    let weakness = of(vulnerability, "/cwe/id");
    if !weakness.is_empty() {
        draft.weakness(weakness);
    }
    for (_, weakness) in items(vulnerability, "cwes") {
        draft.weakness(under(weakness, "id"));
    }
    for key in ["scores", "metrics"] {
        for (_, score) in items(vulnerability, key) {
            let content = score.get("content").unwrap_or(score);
            for key in ["cvss_v4", "cvss_v3", "cvss_v2"] {
                if let Some(object) = content.get(key) {
                    draft.score(under(object, "vectorString"));
                }
            }
        }
    }
    for (_, one) in items(vulnerability, "remediations") {
        if ["workaround", "mitigation"].contains(&under(one, "category")) {
            let own = text(under(one, "details"));
            if !own.is_empty() && !draft.advisory.mitigations.contains(&own) {
                draft.advisory.mitigations.push(own);
            }
        }
    }
    for source in [document, vulnerability] {
        for (_, one) in items(source, "references") {
            let summary = under(one, "summary");
            let kind = KINDS.iter().find(|(_, known)| *known == summary).map(|(kind, _)| *kind);
            let own = if under(one, "category") == "self" { Kind::Advisory } else { Kind::Web };
            draft.reference(Reference { kind: kind.unwrap_or(own), url: under(one, "url").to_owned() });
        }
        for (_, one) in items(source, "acknowledgments") {
            for (_, name) in items(one, "names") {
                draft.credit(name.as_str().unwrap_or_default(), under(one, "summary"), None, Vec::new());
            }
        }
    }
    products(value, vulnerability, draft);
    Ok(())
}

fn dates(document: &Value, vulnerability: &Value, draft: &mut Draft) {
    let initial = of(document, "/tracking/initial_release_date");
    let current = of(document, "/tracking/current_release_date");
    for key in ["release_date", "disclosure_date"] {
        if draft.published.is_none() {
            draft.published = draft.date(key, under(vulnerability, key));
        }
    }
    if draft.published.is_none() {
        draft.published = draft.date("initial_release_date", initial);
    }
    draft.advisory.modified = draft.date("current_release_date", current);
    let tracking = document.get("tracking").unwrap_or(&Value::Null);
    for (_, one) in items(tracking, "revision_history") {
        if let Some(date) = draft.date("of a revision", under(one, "date")) {
            let (number, summary) = (line(under(one, "number")), line(under(one, "summary")));
            draft.advisory.revisions.push(Revision { date, number, summary });
        }
    }
    draft.advisory.revisions.sort_by_key(|revision| revision.date);
}

/// A leaf of the product tree: its category, its name and its product.
fn leaves(value: &Value) -> Vec<(&str, &str, &Value)> {
    let tree = value.get("product_tree").unwrap_or(&Value::Null);
    let mut leaves: Vec<(&str, &str, &Value)> =
        items(tree, "full_product_names").map(|(_, product)| ("", under(product, "name"), product)).collect();
    let mut open: Vec<&Value> = vec![tree];
    while let Some(branch) = open.pop() {
        if let Some(product) = branch.get("product") {
            leaves.push((under(branch, "category"), under(branch, "name"), product));
        }
        let inner: Vec<&Value> = items(branch, "branches").map(|(_, inner)| inner).collect();
        open.extend(inner.into_iter().rev());
    }
    leaves
}

fn products(value: &Value, vulnerability: &Value, draft: &mut Draft) {
    let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
    let has = |keys: &[&str], id: &str| {
        keys.iter().any(|key| items(status, key).any(|(_, own)| own.as_str() == Some(id)))
    };
    for (category, name, product) in leaves(value) {
        let id = under(product, "product_id");
        let helper = product.get("product_identification_helper").unwrap_or(&Value::Null);
        let written = purl_of(helper);
        let affected = has(&["known_affected", "first_affected", "last_affected"], id);
        let unaffected = has(&["known_not_affected"], id);
        let open = has(&["under_investigation"], id);
        if !affected && !unaffected && !open {
            continue;
        }
        let Ok(purl) = Purl::parse(written) else {
            draft.note(format!(
                "the product `{}` is left out: it has no package URL",
                echo(under(product, "name"))
            ));
            continue;
        };
        if unaffected {
            let entry = draft.package(&purl, Status::NotAffected);
            let names = |item: &Value| items(item, "product_ids").any(|(_, own)| own.as_str() == Some(id));
            let flag = items(vulnerability, "flags")
                .find(|(_, flag)| names(flag))
                .map(|(_, flag)| under(flag, "label"));
            let impact = items(vulnerability, "threats")
                .find(|(_, one)| under(one, "category") == "impact" && names(one));
            entry.justification = flag.and_then(|label| Justification::parse(label).ok());
            entry.impact = impact.map(|(_, one)| text(under(one, "details")));
        } else if open {
            draft.package(&purl, Status::UnderInvestigation);
        } else {
            let range = match (category, &purl.version) {
                ("product_version_range", _) => range_of(name),
                ("product_version", _) => Some(single(&line(name))),
                (_, Some(version)) => Some(single(version)),
                _ => None,
            };
            match range {
                Some(range) => draft.range(&purl, range),
                None => {
                    draft.note(format!("the versions of {} are left out: `{}`", echo(written), echo(name)))
                }
            }
        }
    }
}
