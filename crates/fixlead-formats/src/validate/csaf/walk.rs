//! Going through a document: every product that it defines, every one that it
//! refers to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::shape::{Place, items, map, text};

/// What is told of a product or a reference, and where it stands.
pub type Visit<'f> = &'f mut dyn FnMut(&Value, &Place<'_>);

/// Visits every branch of the product tree.
pub fn branches(value: &Value, visit: Visit<'_>) {
    fn below(value: &Value, place: &Place<'_>, visit: Visit<'_>) {
        let list = place.key("branches");
        for (index, branch) in items(value, "branches") {
            let place = list.item(index);
            visit(branch, &place);
            below(branch, &place, visit);
        }
    }
    if let Some(tree) = value.get("product_tree") {
        below(tree, &Place::Root.key("product_tree"), visit);
    }
}

/// Visits every full product name: in branches, in the list, in relationships.
pub fn products(value: &Value, visit: Visit<'_>) {
    branches(value, &mut |branch, place| {
        if let Some(product) = branch.get("product") {
            visit(product, &place.key("product"));
        }
    });
    let Some(tree) = value.get("product_tree") else { return };
    let root = Place::Root;
    let place = root.key("product_tree");
    let list = place.key("full_product_names");
    for (index, product) in items(tree, "full_product_names") {
        visit(product, &list.item(index));
    }
    let list = place.key("relationships");
    for (index, relationship) in items(tree, "relationships") {
        if let Some(product) = relationship.get("full_product_name") {
            visit(product, &list.item(index).key("full_product_name"));
        }
    }
}

/// Visits every vulnerability.
pub fn vulnerabilities(value: &Value, visit: Visit<'_>) {
    let root = Place::Root;
    let list = root.key("vulnerabilities");
    for (index, vulnerability) in items(value, "vulnerabilities") {
        visit(vulnerability, &list.item(index));
    }
}

/// The lists of a vulnerability whose items name products or groups.
const REFERRING: &[(&str, &str)] = &[
    ("flags", "product_ids"),
    ("remediations", "product_ids"),
    ("threats", "product_ids"),
    ("scores", "products"),
    ("metrics", "products"),
];

/// Visits every reference to a product.
pub fn references(value: &Value, visit: Visit<'_>) {
    let root = Place::Root;
    let tree_place = root.key("product_tree");
    if let Some(tree) = value.get("product_tree") {
        let list = tree_place.key("product_groups");
        for (index, group) in items(tree, "product_groups") {
            let place = list.item(index);
            let ids = place.key("product_ids");
            for (index, id) in items(group, "product_ids") {
                visit(id, &ids.item(index));
            }
        }
        let list = tree_place.key("relationships");
        for (index, relationship) in items(tree, "relationships") {
            let place = list.item(index);
            for key in ["product_reference", "relates_to_product_reference"] {
                if let Some(id) = relationship.get(key) {
                    visit(id, &place.key(key));
                }
            }
        }
    }
    vulnerabilities(value, &mut |vulnerability, place| {
        statuses(vulnerability, place, &mut |_, id, place| visit(id, place));
        for (key, ids) in REFERRING {
            let list = place.key(key);
            for (index, item) in items(vulnerability, key) {
                let place = list.item(index);
                let list = place.key(ids);
                for (index, id) in items(item, ids) {
                    visit(id, &list.item(index));
                }
            }
        }
    });
}

/// Visits every reference to a group of products.
pub fn group_references(value: &Value, visit: Visit<'_>) {
    vulnerabilities(value, &mut |vulnerability, place| {
        for key in ["flags", "remediations", "threats"] {
            let list = place.key(key);
            for (index, item) in items(vulnerability, key) {
                let place = list.item(index);
                let list = place.key("group_ids");
                for (index, id) in items(item, "group_ids") {
                    visit(id, &list.item(index));
                }
            }
        }
    });
}

/// Visits each product of each status of a vulnerability.
pub fn statuses(vulnerability: &Value, place: &Place<'_>, visit: &mut dyn FnMut(&str, &Value, &Place<'_>)) {
    let Some(status) = vulnerability.get("product_status") else { return };
    let list = place.key("product_status");
    for (key, _) in map(status) {
        let place = list.key(key);
        for (index, id) in items(status, key) {
            visit(key, id, &place.item(index));
        }
    }
}

/// The products of each group.
pub fn groups(value: &Value) -> BTreeMap<&str, Vec<&str>> {
    let tree = value.get("product_tree").unwrap_or(&Value::Null);
    items(tree, "product_groups")
        .map(|(_, group)| {
            (text(group, "group_id"), items(group, "product_ids").filter_map(|(_, id)| id.as_str()).collect())
        })
        .collect()
}

/// The products that an item names, itself or by its groups.
pub fn named<'v>(item: &'v Value, groups: &BTreeMap<&'v str, Vec<&'v str>>) -> BTreeSet<&'v str> {
    let own = items(item, "product_ids").filter_map(|(_, id)| id.as_str());
    let of_groups = items(item, "group_ids")
        .filter_map(|(_, id)| groups.get(id.as_str()?))
        .flat_map(|ids| ids.iter().copied());
    own.chain(of_groups).collect()
}

/// The products of a vulnerability that have one of these statuses.
pub fn with_status<'v>(vulnerability: &'v Value, wanted: &[&str]) -> BTreeSet<&'v str> {
    let Some(status) = vulnerability.get("product_status") else { return BTreeSet::new() };
    wanted.iter().flat_map(|key| items(status, key)).filter_map(|(_, id)| id.as_str()).collect()
}

/// Statuses that say the same of a product (section 6.1.6).
pub const AFFECTED: &[&str] = &["first_affected", "known_affected", "last_affected"];
/// The same for what is not affected.
pub const NOT_AFFECTED: &[&str] = &["known_not_affected"];
/// The same for what is fixed.
pub const FIXED: &[&str] = &["first_fixed", "fixed"];
