//! Facts read back from the formats that are JSON.

use serde_json::Value;

use super::Fact::*;
use super::{Fact, Facts, commit, credit, fixed, range, reference, status, words_of};
use crate::source::{Kind, Range, Role, Status};
use crate::validate::shape::{items, text};
use crate::{csaf as csaf_format, cve as cve_format, ghsa as ghsa_format, openvex as openvex_format, tell};

/// The texts at the end of a path of keys, through every list on the way.
fn texts<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v str> {
    match path {
        [] => value.as_str().into_iter().collect(),
        [key, rest @ ..] => match value.get(key) {
            Some(Value::Array(items)) => items.iter().flat_map(|item| texts(item, rest)).collect(),
            Some(inner) => texts(inner, rest),
            None => Vec::new(),
        },
    }
}

fn say(facts: &mut Facts, fact: Fact, value: &Value, path: &[&str]) {
    facts.say(fact, texts(value, path).into_iter().map(str::to_owned));
}

fn dates(facts: &mut Facts, value: &Value, paths: &[(&str, &[&str])]) {
    for (name, path) in paths {
        facts.say(Dates, texts(value, path).into_iter().map(|date| format!("{name} {date}")));
    }
}

/// A CVSS object: its vector, and the number that stands beside it.
fn cvss(facts: &mut Facts, object: &Value) {
    let written = text(object, "vectorString");
    let base = object.get("baseScore").and_then(Value::as_f64).unwrap_or(-1.0);
    facts.say(Scores, [written.to_owned(), format!("{written} is {base:.1}")]);
}

fn role(word: &str) -> Option<Role> {
    Role::parse(&word.to_ascii_lowercase().replace([' ', '_'], "-")).ok()
}

/// A range of versions from what begins and what ends it.
fn interval(introduced: &str, fixed: Option<&str>, last: Option<&str>) -> String {
    let owned = |text: &str| text.to_owned();
    tell::range(&Range {
        introduced: introduced.to_owned(),
        fixed: fixed.filter(|end| *end != "*").map(owned),
        last_affected: last.map(owned),
        ..Range::default()
    })
}

pub fn osv(value: &Value) -> Facts {
    let mut facts = Facts::default();
    say(&mut facts, Ids, value, &["id"]);
    say(&mut facts, Ids, value, &["aliases"]);
    say(&mut facts, Title, value, &["summary"]);
    say(&mut facts, Scores, value, &["severity", "score"]);
    say(&mut facts, Severity, value, &["database_specific", "severity"]);
    say(&mut facts, Weaknesses, value, &["database_specific", "cwe_ids"]);
    dates(
        &mut facts,
        value,
        &[("published", &["published"]), ("changed", &["modified"]), ("withdrawn", &["withdrawn"])],
    );
    for (_, affected) in items(value, "affected") {
        let purl =
            affected.pointer("/package/purl").or_else(|| affected.pointer("/database_specific/package"));
        let package = purl.and_then(Value::as_str).unwrap_or_default();
        facts.say(Packages, [status(package, Status::Affected)]);
        for (_, one) in items(affected, "ranges") {
            let event = |key: &str| -> Vec<&str> {
                items(one, "events").filter_map(|(_, event)| event.get(key)?.as_str()).collect()
            };
            let introduced = event("introduced").first().copied().unwrap_or_default().to_owned();
            let fixes = event("fixed");
            if text(one, "type") == "GIT" {
                let fixes = if fixes.is_empty() { vec![None] } else { fixes.into_iter().map(Some).collect() };
                facts.say(Commits, fixes.into_iter().map(|fixed| commit(package, &introduced, fixed)));
            } else {
                let last = event("last_affected");
                let own = interval(&introduced, fixes.first().copied(), last.first().copied());
                facts.say(Ranges, [range(package, &own)]);
            }
        }
    }
    for (_, one) in items(value, "credits") {
        facts.say(Credits, role(text(one, "type")).map(|role| credit(text(one, "name"), role)));
    }
    for (_, one) in items(value, "references") {
        let kind = Kind::parse(&text(one, "type").to_ascii_lowercase());
        facts.say(References, kind.ok().map(|kind| reference(kind, text(one, "url"))));
    }
    mitigations(&mut facts, text(value, "details"), "## Mitigation");
    facts
}

/// The parts of a text below a heading.
fn below<'t>(text: &'t str, heading: &str) -> &'t str {
    let Some((_, rest)) = text.rsplit_once(&format!("\n{heading}\n")) else { return "" };
    rest.split("\n### ").next().unwrap_or_default().trim()
}

/// The text says them one after the other, so that they are compared as one.
fn mitigations(facts: &mut Facts, text: &str, heading: &str) {
    let text = below(text, heading);
    facts.say(Mitigations, (!text.is_empty()).then(|| words_of(text)));
}

pub fn cve(value: &Value) -> Facts {
    let mut facts = Facts::default();
    let cna = value.pointer("/containers/cna").unwrap_or(value);
    say(&mut facts, Ids, value, &["cveMetadata", "cveId"]);
    say(&mut facts, Ids, cna, &["source", "advisory"]);
    say(&mut facts, Ids, cna, &["x_aliases"]);
    say(&mut facts, Title, cna, &["title"]);
    say(&mut facts, Weaknesses, cna, &["problemTypes", "descriptions", "cweId"]);
    say(&mut facts, Severity, cna, &["metrics", "other", "content", "value"]);
    let published: &[(&str, &[&str])] =
        &[("published", &["cveMetadata", "datePublished"]), ("changed", &["cveMetadata", "dateUpdated"])];
    dates(&mut facts, value, published);
    dates(
        &mut facts,
        cna,
        &[("published", &["datePublic"]), ("changed", &["providerMetadata", "dateUpdated"])],
    );
    for (_, metric) in items(cna, "metrics") {
        for key in ["cvssV2_0", "cvssV3_0", "cvssV3_1", "cvssV4_0"] {
            if let Some(object) = metric.get(key) {
                cvss(&mut facts, object);
            }
        }
    }
    for (_, product) in items(cna, "affected") {
        let package = text(product, "packageURL");
        let known = match (product.get("versions").is_some(), text(product, "defaultStatus")) {
            (true, _) => Status::Affected,
            (false, "unaffected") => Status::NotAffected,
            (false, _) => Status::UnderInvestigation,
        };
        facts.say(Packages, [status(package, known)]);
        for (_, version) in items(product, "versions") {
            let (introduced, end) =
                (text(version, "version"), version.get("lessThan").and_then(Value::as_str));
            let last = version.get("lessThanOrEqual").and_then(Value::as_str);
            if text(version, "versionType") == "git" {
                facts.say(Commits, [commit(package, introduced, end.filter(|end| *end != "*"))]);
            } else {
                facts.say(Ranges, [range(package, &interval(introduced, end, last))]);
            }
        }
    }
    for (_, one) in items(cna, "credits") {
        facts.say(Credits, role(text(one, "type")).map(|role| credit(text(one, "value"), role)));
    }
    for (_, one) in items(cna, "references") {
        let tag = texts(one, &["tags"]).first().copied();
        let kind = cve_format::TAGS.iter().find(|(_, known)| *known == tag).map(|(kind, _)| *kind);
        facts.say(References, kind.map(|kind| reference(kind, text(one, "url"))));
    }
    facts.say(Mitigations, texts(cna, &["workarounds", "value"]).into_iter().map(words_of));
    facts
}

pub fn csaf(value: &Value) -> Facts {
    let mut facts = Facts::default();
    let vulnerability = value.pointer("/vulnerabilities/0").unwrap_or(&Value::Null);
    say(&mut facts, Ids, value, &["document", "tracking", "id"]);
    say(&mut facts, Ids, vulnerability, &["cve"]);
    say(&mut facts, Ids, vulnerability, &["ids", "text"]);
    say(&mut facts, Title, value, &["document", "title"]);
    say(&mut facts, Title, vulnerability, &["title"]);
    say(&mut facts, Severity, value, &["document", "aggregate_severity", "text"]);
    say(&mut facts, Weaknesses, vulnerability, &["cwe", "id"]);
    say(&mut facts, Weaknesses, vulnerability, &["cwes", "id"]);
    for (_, note) in
        items(vulnerability, "notes").filter(|(_, note)| text(note, "title") == "Further weaknesses")
    {
        facts.say(Weaknesses, text(note, "text").split(", ").map(str::to_owned));
    }
    dates(
        &mut facts,
        vulnerability,
        &[("published", &["release_date"]), ("published", &["disclosure_date"])],
    );
    dates(&mut facts, value, &[("changed", &["document", "tracking", "current_release_date"])]);
    let head = value.get("document").unwrap_or(&Value::Null);
    for (_, note) in items(head, "notes").filter(|(_, note)| text(note, "title") == "Withdrawn") {
        facts.say(Dates, [format!("withdrawn {}", text(note, "text"))]);
    }
    for key in ["scores", "metrics"] {
        for (_, score) in items(vulnerability, key) {
            let content = score.get("content").unwrap_or(score);
            for key in ["cvss_v2", "cvss_v3", "cvss_v4"] {
                if let Some(object) = content.get(key) {
                    cvss(&mut facts, object);
                }
            }
        }
    }
    products(value, vulnerability, &mut facts);
    for (_, one) in items(vulnerability, "acknowledgments") {
        if let Some(role) = role(text(one, "summary")) {
            facts.say(Credits, texts(one, &["names"]).into_iter().map(|name| credit(name, role)));
        }
    }
    for (_, one) in items(vulnerability, "references") {
        let summary = text(one, "summary");
        let kind = csaf_format::KINDS.iter().find(|(_, known)| *known == summary).map(|(kind, _)| *kind);
        facts.say(References, kind.map(|kind| reference(kind, text(one, "url"))));
    }
    let workarounds =
        items(vulnerability, "remediations").filter(|(_, one)| text(one, "category") == "workaround");
    facts.say(Mitigations, workarounds.map(|(_, one)| words_of(text(one, "details"))));
    facts
}

fn products(value: &Value, vulnerability: &Value, facts: &mut Facts) {
    let mut leaves: Vec<&Value> = Vec::new();
    let mut open: Vec<&Value> = value.get("product_tree").into_iter().collect();
    while let Some(branch) = open.pop() {
        if branch.get("product").is_some() {
            leaves.push(branch);
        }
        open.extend(items(branch, "branches").map(|(_, inner)| inner));
    }
    for leaf in leaves {
        let id = leaf.pointer("/product/product_id").and_then(Value::as_str).unwrap_or_default();
        let helper = leaf.pointer("/product/product_identification_helper").unwrap_or(&Value::Null);
        let purl = csaf_format::purl_of(helper);
        let package = package(purl);
        let has = |status: &str| texts(vulnerability, &["product_status", status]).contains(&id);
        let name = text(leaf, "name");
        if has("known_affected") {
            facts.say(Packages, [status(&package, Status::Affected)]);
            facts.say(Ranges, csaf_format::range_of(name).map(|own| range(&package, &tell::range(&own))));
        } else if has("fixed") {
            facts.say(Ranges, [fixed(&package, name)]);
        } else if has("known_not_affected") {
            facts.say(Packages, [status(&package, Status::NotAffected)]);
        } else if has("under_investigation") {
            facts.say(Packages, [status(&package, Status::UnderInvestigation)]);
        }
    }
}

/// A package URL without its version.
fn package(purl: &str) -> String {
    match crate::purl::Purl::parse(purl) {
        Ok(purl) => crate::purl::Purl { version: None, ..purl }.to_string(),
        Err(_) => purl.to_owned(),
    }
}

pub fn openvex(value: &Value) -> Facts {
    let mut facts = Facts::default();
    say(&mut facts, Ids, value, &["statements", "vulnerability", "name"]);
    say(&mut facts, Ids, value, &["statements", "vulnerability", "aliases"]);
    say(&mut facts, Title, value, &["statements", "vulnerability", "description"]);
    let published = text(value, "timestamp");
    let changed = value.get("last_updated").and_then(Value::as_str).unwrap_or(published);
    facts.say(Dates, [format!("published {published}"), format!("changed {changed}")]);
    for (_, statement) in items(value, "statements") {
        for purl in texts(statement, &["products", "@id"]) {
            let own = package(purl);
            let known = match text(statement, "status") {
                "fixed" => {
                    let version = crate::purl::Purl::parse(purl).ok().and_then(|purl| purl.version);
                    facts.say(Ranges, version.map(|version| fixed(&own, &version)));
                    continue;
                }
                "affected" => Status::Affected,
                "not_affected" => Status::NotAffected,
                _ => Status::UnderInvestigation,
            };
            facts.say(Packages, [status(&own, known)]);
            let notes = text(statement, "status_notes").strip_prefix(openvex_format::AFFECTED);
            for one in notes.into_iter().flat_map(|notes| notes.split(" || ")) {
                facts.say(Ranges, [range(&own, one)]);
            }
        }
    }
    facts
}

pub fn ghsa(value: &Value) -> Facts {
    let mut facts = Facts::default();
    say(&mut facts, Ids, value, &["cve_id"]);
    say(&mut facts, Title, value, &["summary"]);
    say(&mut facts, Scores, value, &["cvss_vector_string"]);
    say(&mut facts, Weaknesses, value, &["cwe_ids"]);
    for (_, one) in items(value, "vulnerabilities") {
        let of = |key: &str| one.pointer(key).and_then(Value::as_str).unwrap_or_default();
        let package = format!("{}:{}", of("/package/ecosystem"), of("/package/name"));
        facts.say(Packages, [status(&package, Status::Affected)]);
        facts.say(Ranges, [range(&package, text(one, "vulnerable_version_range"))]);
        let version = one.get("patched_versions").and_then(Value::as_str);
        facts.say(Ranges, version.map(|version| fixed(&package, version)));
    }
    for (_, one) in items(value, "credits") {
        facts.say(Credits, role(text(one, "type")).map(|role| credit(text(one, "login"), role)));
    }
    let description = text(value, "description");
    mitigations(&mut facts, description, ghsa_format::WORKAROUNDS);
    for line in below(description, ghsa_format::REFERENCES).lines() {
        let parts = line
            .strip_prefix("- ")
            .and_then(|line| line.strip_suffix('>'))
            .and_then(|line| line.split_once(": <"));
        facts.say(References, parts.and_then(|(kind, url)| Some(reference(Kind::parse(kind).ok()?, url))));
    }
    for line in below(description, ghsa_format::CREDITS).lines() {
        facts.say(Credits, thanked(line.strip_prefix("- ").unwrap_or_default()));
    }
    facts
}

/// Somebody and what for: `Ana (finder)`.
pub fn thanked(line: &str) -> Option<String> {
    let (name, word) = line.strip_suffix(')')?.rsplit_once(" (")?;
    Some(credit(name, role(word)?))
}
