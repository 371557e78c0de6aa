//! Products: that each is defined once, that no statement contradicts another
//! (sections 6.1.1 to 6.1.6, 6.1.13, 6.1.25, 6.1.29, 6.1.31 to 6.1.33).

use std::collections::{BTreeMap, BTreeSet};

use fixlead_core::text::echo;
use serde_json::Value;

use super::super::shape::{Place, Report, items, text};
use super::walk;
use crate::purl::Purl;

pub fn judge(value: &Value, report: &mut Report) {
    definitions(value, report);
    groups(value, report);
    circles(value, report);
    names_of_versions(value, report);
    let groups = walk::groups(value);
    let root = Place::Root;
    let list = root.key("vulnerabilities");
    for (index, vulnerability) in items(value, "vulnerabilities") {
        let place = list.item(index);
        contradictions(vulnerability, &place, report);
        without_products(vulnerability, &place, report);
        flags(vulnerability, &groups, &place, report);
    }
}

fn definitions(value: &Value, report: &mut Report) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    walk::products(value, &mut |product, place| {
        let id = text(product, "product_id");
        if !known.insert(id.to_owned()) {
            report.error(
                "6.1.2",
                &place.key("product_id"),
                format!("the product `{}` is defined twice; give one another id", echo(id)),
            );
        }
        let Some(helper) = product.get("product_identification_helper") else { return };
        let place = place.key("product_identification_helper");
        if let Some(purl) = helper.get("purl").and_then(Value::as_str)
            && let Err(wrong) = Purl::parse(purl)
        {
            report.error("6.1.13", &place.key("purl"), wrong);
        }
        let list = place.key("purls");
        for (index, purl) in items(helper, "purls") {
            if let Some(Err(wrong)) = purl.as_str().map(Purl::parse) {
                report.error("6.1.13", &list.item(index), wrong);
            }
        }
        let list = place.key("hashes");
        for (index, file) in items(helper, "hashes") {
            let place = list.item(index);
            let mut algorithms = BTreeSet::new();
            let list = place.key("file_hashes");
            for (index, hash) in items(file, "file_hashes") {
                let algorithm = text(hash, "algorithm");
                if !algorithms.insert(algorithm) {
                    let message =
                        format!("`{}` stands twice for one file; keep the right value", echo(algorithm));
                    report.error("6.1.25", &list.item(index).key("algorithm"), message);
                }
            }
        }
    });
    walk::references(value, &mut |id, place| {
        if let Some(id) = id.as_str()
            && !known.contains(id)
        {
            report.error("6.1.1", place, format!("no product `{}` is defined in the product tree", echo(id)));
        }
    });
}

fn groups(value: &Value, report: &mut Report) {
    let root = Place::Root;
    let mut known = BTreeSet::new();
    let place = root.key("product_tree");
    let list = place.key("product_groups");
    for (index, group) in items(value.get("product_tree").unwrap_or(&Value::Null), "product_groups") {
        let id = text(group, "group_id");
        if !known.insert(id) {
            report.error(
                "6.1.5",
                &list.item(index).key("group_id"),
                format!("the group `{}` is defined twice", echo(id)),
            );
        }
    }
    walk::group_references(value, &mut |id, place| {
        if let Some(id) = id.as_str()
            && !known.contains(id)
        {
            report.error("6.1.4", place, format!("no group `{}` is defined in the product tree", echo(id)));
        }
    });
}

/// A product that is made of itself.
fn circles(value: &Value, report: &mut Report) {
    let tree = value.get("product_tree").unwrap_or(&Value::Null);
    let mut made_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut makes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut ids: Vec<(usize, &str)> = Vec::new();
    for (index, relationship) in items(tree, "relationships") {
        let Some(id) = relationship.pointer("/full_product_name/product_id").and_then(Value::as_str) else {
            continue;
        };
        ids.push((index, id));
        for key in ["product_reference", "relates_to_product_reference"] {
            let part = text(relationship, key);
            made_of.entry(id).or_default().insert(part);
            makes.entry(part).or_default().insert(id);
        }
    }
    // What is in no circle runs out of parts sooner or later, or of what it is a part of.
    let mut left: BTreeSet<&str> = ids.iter().map(|(_, id)| *id).collect();
    strip(&mut left, &made_of, &makes);
    strip(&mut left, &makes, &made_of);
    let root = Place::Root;
    let place = root.key("product_tree");
    let list = place.key("relationships");
    for (index, id) in ids.into_iter().filter(|(_, id)| left.contains(id)) {
        let place = list.item(index);
        report.error(
            "6.1.3",
            &place.key("full_product_name"),
            format!("the product `{}` is made of itself", echo(id)),
        );
    }
}

/// Takes away whatever leads to nothing that is left, again and again.
fn strip<'v>(
    left: &mut BTreeSet<&'v str>,
    leads_to: &BTreeMap<&'v str, BTreeSet<&'v str>>,
    comes_from: &BTreeMap<&'v str, BTreeSet<&'v str>>,
) {
    let count =
        |id: &str| leads_to.get(id).into_iter().flatten().filter(|other| left.contains(*other)).count();
    let mut open: BTreeMap<&str, usize> = left.iter().map(|id| (*id, count(id))).collect();
    let mut done: Vec<&str> = open.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    while let Some(id) = done.pop() {
        left.remove(id);
        for earlier in comes_from.get(id).into_iter().flatten() {
            if let Some(count) = open.get_mut(earlier).filter(|count| **count > 0) {
                *count -= 1;
                if *count == 0 {
                    done.push(earlier);
                }
            }
        }
    }
}

/// One version is no range of them.
fn names_of_versions(value: &Value, report: &mut Report) {
    const SIGNS: &[&str] = &["<", "<=", ">", ">="];
    const WORDS: &[&str] = &["after", "all", "before", "earlier", "later", "prior", "versions"];
    walk::branches(value, &mut |branch, place| {
        if text(branch, "category") != "product_version" {
            return;
        }
        let name = text(branch, "name").to_lowercase();
        let sign = SIGNS.iter().any(|sign| name.contains(sign));
        let between = |letter: char| letter.is_whitespace() || "(),;".contains(letter);
        let word = name.split(between).any(|word| WORDS.contains(&word));
        if sign || word {
            let message = format!("`{}` is a range; use the category product_version_range", echo(&name));
            report.error("6.1.31", &place.key("name"), message);
        }
    });
}

fn contradictions(vulnerability: &Value, place: &Place<'_>, report: &mut Report) {
    let sets = [walk::AFFECTED, walk::NOT_AFFECTED, walk::FIXED, &["under_investigation"]];
    let mut meanings: BTreeMap<&str, usize> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for (meaning, statuses) in sets.iter().enumerate() {
        for id in walk::with_status(vulnerability, statuses) {
            let first = *meanings.entry(id).or_insert(meaning);
            if first != meaning && told.insert(id) {
                let message = format!(
                    "the product `{}` stands in {} and in {}",
                    echo(id),
                    sets[first].join("/"),
                    statuses.join("/")
                );
                report.error("6.1.6", &place.key("product_status"), message);
            }
        }
    }
}

fn without_products(vulnerability: &Value, place: &Place<'_>, report: &mut Report) {
    for (key, rule) in [("remediations", "6.1.29"), ("flags", "6.1.32")] {
        let list = place.key(key);
        for (index, item) in items(vulnerability, key) {
            if item.get("product_ids").is_none() && item.get("group_ids").is_none() {
                report.error(rule, &list.item(index), "this names no product; add product_ids or group_ids");
            }
        }
    }
}

fn flags<'v>(
    vulnerability: &'v Value,
    groups: &BTreeMap<&'v str, Vec<&'v str>>,
    place: &Place<'_>,
    report: &mut Report,
) {
    let mut flagged = BTreeSet::new();
    let list = place.key("flags");
    for (index, flag) in items(vulnerability, "flags") {
        for id in walk::named(flag, groups) {
            if !flagged.insert(id) {
                let message =
                    format!("the product `{}` has a flag already; keep the one that holds", echo(id));
                report.error("6.1.33", &list.item(index), message);
            }
        }
    }
}
