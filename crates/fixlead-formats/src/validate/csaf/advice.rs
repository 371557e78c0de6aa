//! What the standard recommends and what it remarks on (its sections 6.2 and
//! 6.3), told as warnings.

use std::collections::BTreeSet;

use fixlead_core::text::echo;
use serde_json::Value;

use super::super::date;
use super::super::shape::{Place, Report, items, text};
use super::walk;
use crate::format::csaf_file_name;

pub fn judge(value: &Value, report: &mut Report) {
    document(value, report);
    products(value, report);
    paths(value, report);
    let groups = walk::groups(value);
    let root = Place::Root;
    let list = root.key("vulnerabilities");
    for (index, vulnerability) in items(value, "vulnerabilities") {
        let place = list.item(index);
        let affected = walk::with_status(vulnerability, walk::AFFECTED);
        let undecided = walk::with_status(vulnerability, &["under_investigation"]);
        let helped: BTreeSet<&str> =
            items(vulnerability, "remediations").flat_map(|(_, item)| walk::named(item, &groups)).collect();
        let scored: BTreeSet<&str> = items(vulnerability, "scores")
            .flat_map(|(_, score)| items(score, "products"))
            .filter_map(|(_, id)| id.as_str())
            .collect();
        for id in affected.union(&undecided).filter(|id| !helped.contains(*id)) {
            report.warn(
                "6.2.2",
                &place.key("remediations"),
                format!("nothing says what users of `{}` should do", echo(id)),
            );
        }
        for id in affected.iter().filter(|id| !scored.contains(*id)) {
            report.warn(
                "6.2.3",
                &place.key("scores"),
                format!("the product `{}` is affected and has no score", echo(id)),
            );
        }
        let fixed = walk::with_status(vulnerability, walk::FIXED);
        let scores = place.key("scores");
        for (index, score) in items(vulnerability, "scores") {
            let place = scores.item(index);
            let products = place.key("products");
            let harmless = ["cvss_v3", "cvss_v2"].iter().filter_map(|key| score.get(key)).any(is_harmless);
            for (index, id) in items(score, "products") {
                if !harmless && id.as_str().is_some_and(|id| fixed.contains(id)) {
                    report.warn("6.2.19", &products.item(index), "a fixed product has a score that is not 0");
                }
            }
            let version = score.pointer("/cvss_v3/version").and_then(Value::as_str);
            if version == Some("3.0") {
                report.warn("6.3.2", &place.key("cvss_v3"), "score with CVSS 3.1 instead of 3.0");
            }
            if score.get("cvss_v2").is_some() && score.get("cvss_v3").is_none() {
                report.warn("6.3.1", &place, "CVSS 2.0 is the only score here; add one of 3.1");
            }
        }
        let involvements = place.key("involvements");
        for (index, _) in items(vulnerability, "involvements").filter(|(_, one)| one.get("date").is_none()) {
            report.warn("6.2.7", &involvements.item(index), "an involvement has a date");
        }
        let ids = place.key("ids");
        for (index, _) in
            items(vulnerability, "ids").filter(|(_, id)| fixlead_core::id::is_cve_id(text(id, "text")))
        {
            report.warn("6.2.17", &ids.item(index), "a CVE id stands in the key cve");
        }
        if vulnerability.get("cve").is_none() {
            report.warn("6.3.3", &place, "the vulnerability has no CVE id");
        }
        if vulnerability.get("cwe").is_none() {
            report.warn("6.3.4", &place, "the vulnerability names no weakness");
        }
    }
}

/// Whether the environment that a score is for leaves nothing of the danger.
fn is_harmless(cvss: &Value) -> bool {
    let vector = text(cvss, "vectorString");
    let gives = |metric: &str| vector.split('/').any(|part| part == metric);
    let unharmed = [
        ("MC:N", "modifiedConfidentialityImpact"),
        ("MI:N", "modifiedIntegrityImpact"),
        ("MA:N", "modifiedAvailabilityImpact"),
    ];
    cvss.get("environmentalScore").and_then(Value::as_f64) == Some(0.0)
        || unharmed.iter().all(|(metric, key)| gives(metric) || text(cvss, key) == "NONE")
        || gives("TD:N")
        || text(cvss, "targetDistribution") == "NONE"
}

fn document(value: &Value, report: &mut Report) {
    let root = Place::Root;
    let place = root.key("document");
    let document = value.get("document").unwrap_or(&Value::Null);
    let tracking = document.get("tracking").unwrap_or(&Value::Null);
    let dates: Vec<date::Instant> = items(tracking, "revision_history")
        .filter_map(|(_, revision)| date::read(text(revision, "date")))
        .collect();
    let inner = place.key("tracking");
    let history = inner.key("revision_history");
    for (index, revision) in items(tracking, "revision_history") {
        if text(revision, "number").contains('+') {
            report.warn(
                "6.2.4",
                &history.item(index).key("number"),
                "a revision's number carries no build metadata",
            );
        }
    }
    let of = |key: &str| date::read(text(tracking, key));
    if of("initial_release_date").zip(dates.iter().min().cloned()).is_some_and(|(own, first)| own < first) {
        report.warn("6.2.5", &inner.key("initial_release_date"), "this is older than the oldest revision");
    }
    if of("current_release_date").zip(dates.iter().max().cloned()).is_some_and(|(own, last)| own < last) {
        report.warn("6.2.6", &inner.key("current_release_date"), "this is older than the newest revision");
    }
    if document.pointer("/distribution/tlp/label").is_none() {
        report.warn("6.2.10", &place, "nothing says who may read it: add distribution/tlp/label");
    }
    let file = csaf_file_name(text(tracking, "id"));
    let canonical = items(document, "references").any(|(_, reference)| {
        let url = text(reference, "url");
        text(reference, "category") == "self" && url.starts_with("https://") && url.ends_with(&file)
    });
    if !canonical {
        report.warn(
            "6.2.11",
            &place.key("references"),
            format!("no reference of the category self leads to https://…/{}", echo(&file)),
        );
    }
    if document.get("lang").is_none() {
        report.warn("6.2.12", &place, "nothing says in which language it is written: add lang");
    }
    for key in ["lang", "source_lang"] {
        let language = text(document, key).to_ascii_lowercase();
        let parts: Vec<&str> = language.split('-').collect();
        let first = parts.first().copied().unwrap_or_default();
        let reserved = first.len() == 3 && ("qaa"..="qtz").contains(&first);
        let region = |part: &&str| {
            matches!(*part, "aa" | "zz" | "qaaa")
                || (part.len() == 2 && (("qm".."r").contains(part) || ("xa"..="xz").contains(part)))
        };
        let script = |part: &&str| part.len() == 4 && ("qaaa"..="qabx").contains(part);
        if parts.contains(&"x") || reserved || parts.iter().skip(1).any(|part| region(part) || script(part)) {
            report.warn("6.2.14", &place.key(key), "a language that only some know");
        }
        if language == "i-default" {
            report.warn("6.2.15", &place.key(key), "name the language itself");
        }
    }
    if !is_sorted(value) {
        report.warn("6.2.13", &root, "the keys of an object are not in the order of the alphabet");
    }
}

fn is_sorted(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.keys().is_sorted() && map.values().all(is_sorted),
        Value::Array(items) => items.iter().all(is_sorted),
        _ => true,
    }
}

/// A product is found by who makes it, what it is called and its version.
fn paths(value: &Value, report: &mut Report) {
    fn below<'v>(value: &'v Value, path: &mut Vec<&'v str>, place: &Place<'_>, report: &mut Report) {
        let list = place.key("branches");
        for (index, branch) in items(value, "branches") {
            let place = list.item(index);
            path.push(text(branch, "category"));
            if branch.get("product").is_some() {
                let mut categories = path.iter();
                let known = ["vendor", "product_name", "product_version"];
                if !known.iter().all(|wanted| categories.any(|category| category == wanted)) {
                    let message =
                        "above a product stand, in this order, vendor, product_name and product_version";
                    report.warn("6.3.9", &place.key("product"), message);
                }
            }
            below(branch, path, &place, report);
            path.pop();
        }
    }
    let root = Place::Root;
    if let Some(tree) = value.get("product_tree") {
        below(tree, &mut Vec::new(), &root.key("product_tree"), report);
    }
}

fn products(value: &Value, report: &mut Report) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    walk::references(value, &mut |id, _| {
        used.extend(id.as_str().map(str::to_owned));
    });
    let informational =
        value.pointer("/document/category").and_then(Value::as_str) == Some("csaf_informational_advisory");
    walk::products(value, &mut |product, place| {
        let id = text(product, "product_id");
        if !used.contains(id) && !informational {
            report.warn(
                "6.2.1",
                &place.key("product_id"),
                format!("nothing is said of the product `{}`", echo(id)),
            );
        }
        let Some(helper) = product.get("product_identification_helper") else {
            return report.warn(
                "6.2.16",
                place,
                "nothing helps programs to recognise this product: add product_identification_helper",
            );
        };
        let place = place.key("product_identification_helper");
        let list = place.key("hashes");
        for (index, file) in items(helper, "hashes") {
            let algorithms: Vec<&str> =
                items(file, "file_hashes").map(|(_, hash)| text(hash, "algorithm")).collect();
            for (weak, rule) in [("md5", "6.2.8"), ("sha1", "6.2.9")] {
                if !algorithms.is_empty() && algorithms.iter().all(|algorithm| *algorithm == weak) {
                    report.warn(rule, &list.item(index), format!("{weak} is the only hash; add sha256"));
                }
            }
            let short = items(file, "file_hashes").any(|(_, hash)| text(hash, "value").len() < 64);
            if short {
                report.warn("6.3.5", &list.item(index), "a hash is shorter than 64 digits");
            }
        }
    });
    walk::branches(value, &mut |branch, place| {
        let (category, name) = (text(branch, "category"), text(branch, "name"));
        if category == "product_version_range" {
            if !name.starts_with("vers:") && !name.starts_with("vls:") {
                report.warn("6.2.18", &place.key("name"), "write the range as vers:… or vls:…");
            }
            report.warn(
                "6.3.10",
                &place.key("category"),
                "single versions are easier to compare than a range",
            );
        }
        let number = name
            .strip_prefix(['v', 'V'])
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
        if category == "product_version" && number {
            report.warn("6.3.11", &place.key("name"), "write the version without the `v`");
        }
    });
}
