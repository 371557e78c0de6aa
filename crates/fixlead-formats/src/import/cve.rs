//! CVE records.

use fixlead_core::text::echo;
use serde_json::Value;

use super::{Draft, line, of, single, text};
use crate::cve::TAGS;
use crate::purl::{ECOSYSTEMS, Purl};
use crate::source::{Kind, Range, Reference, Status};
use crate::validate::shape::{items, text as under};

pub fn read(value: &Value, draft: &mut Draft) -> Result<(), String> {
    let cna = value.pointer("/containers/cna").unwrap_or(value);
    if cna.get("providerMetadata").is_none() {
        return Err("this is no CVE record: it has no containers/cna".to_owned());
    }
    if cna.get("rejectedReasons").is_some() {
        return Err("this record was rejected: there is nothing to advise".to_owned());
    }
    draft.id(of(value, "/cveMetadata/cveId"));
    draft.id(of(cna, "/source/advisory"));
    for (_, alias) in items(cna, "x_aliases") {
        draft.id(alias.as_str().unwrap_or_default());
    }
    draft.advisory.title = under(cna, "title").to_owned();
    let english = |one: &Value| under(one, "lang").starts_with("en");
    let descriptions: Vec<&str> = items(cna, "descriptions")
        .filter(|(_, one)| english(one))
        .map(|(_, one)| under(one, "value"))
        .collect();
    draft.advisory.description = descriptions.join("\n\n");
    draft.published = draft.date("datePublished", of(value, "/cveMetadata/datePublished"));
    if draft.published.is_none() {
        draft.published = draft.date("datePublic", under(cna, "datePublic"));
    }
    draft.advisory.modified = draft.date("dateUpdated", of(value, "/cveMetadata/dateUpdated"));
    let organisation = of(cna, "/providerMetadata/orgId");
    if organisation != crate::cve::NOBODY && !organisation.is_empty() {
        draft.advisory.publisher.cna_org = Some(line(organisation));
    }
    for (_, metric) in items(cna, "metrics") {
        for key in ["cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"] {
            if let Some(object) = metric.get(key) {
                draft.score(under(object, "vectorString"));
            }
        }
        if of(metric, "/other/type") == "severity" {
            draft.advisory.severity =
                Some(line(of(metric, "/other/content/value"))).filter(|word| !word.is_empty());
        }
    }
    for (_, problem) in items(cna, "problemTypes") {
        for (_, one) in items(problem, "descriptions").filter(|(_, one)| one.get("cweId").is_some()) {
            draft.weakness(under(one, "cweId"));
        }
    }
    for (_, one) in items(cna, "workarounds").filter(|(_, one)| english(one)) {
        draft.advisory.mitigations.push(text(under(one, "value")));
    }
    for (_, one) in items(cna, "references") {
        let tagged =
            items(one, "tags").find_map(|(_, tag)| TAGS.iter().find(|(_, own)| *own == tag.as_str()));
        let kind = tagged.map_or(Kind::Web, |(kind, _)| *kind);
        draft.reference(Reference { kind, url: under(one, "url").to_owned() });
    }
    for (_, one) in items(cna, "credits") {
        draft.credit(under(one, "value"), under(one, "type"), None, Vec::new());
    }
    for (_, product) in items(cna, "affected") {
        let purl = purl(product);
        if draft.advisory.publisher.name == super::UNKNOWN && !under(product, "vendor").is_empty() {
            draft.advisory.publisher.name = line(under(product, "vendor"));
            draft.note("the publisher's name is the vendor's: complete [publisher]");
        }
        versions(product, &purl, draft);
    }
    Ok(())
}

fn purl(product: &Value) -> Purl {
    if let Ok(purl) = Purl::parse(under(product, "packageURL")) {
        return purl;
    }
    let (collection, name) =
        (under(product, "collectionURL").trim_end_matches('/'), under(product, "packageName"));
    match ECOSYSTEMS.iter().find(|known| known.collection == collection && !name.is_empty()) {
        Some(known) => Purl::of(known, name),
        None => {
            let filled = |text: &str| Some(line(text)).filter(|text| !text.is_empty());
            Purl {
                kind: "generic".to_owned(),
                namespace: filled(under(product, "vendor")),
                name: filled(under(product, "product"))
                    .or(filled(name))
                    .unwrap_or_else(|| "unknown".to_owned()),
                version: None,
                qualifiers: Vec::new(),
                subpath: None,
            }
        }
    }
}

fn versions(product: &Value, purl: &Purl, draft: &mut Draft) {
    let status = match under(product, "defaultStatus") {
        "unaffected" => Status::NotAffected,
        "affected" => Status::Affected,
        _ => Status::UnderInvestigation,
    };
    let repo = Some(line(under(product, "repo"))).filter(|repo| !repo.is_empty());
    let entry = draft.package(purl, status);
    entry.repo = repo;
    let mut commits = false;
    for (_, version) in items(product, "versions") {
        let first = line(under(version, "version"));
        if under(version, "versionType") == "git" {
            commits = true;
            continue;
        }
        if under(version, "status") != "affected" {
            continue;
        }
        let ends = |key: &str| Some(line(under(version, key))).filter(|end| !end.is_empty() && end != "*");
        let open = under(version, "lessThan") == "*" || under(version, "lessThanOrEqual") == "*";
        let (fixed, last_affected) = (ends("lessThan"), ends("lessThanOrEqual"));
        // Some write "n/a" or "unspecified" for the first version of all.
        let introduced =
            if ["n/a", "unspecified", "*"].contains(&first.as_str()) { "0".to_owned() } else { first };
        let range = if fixed.is_none() && last_affected.is_none() && !open {
            single(&introduced)
        } else {
            Range { introduced, fixed, last_affected, ..Range::default() }
        };
        if version.get("changes").is_some() {
            draft.note(format!("changes within a range of {} are left out", echo(&purl.to_string())));
        }
        draft.range(purl, range);
    }
    if commits {
        draft.note(format!(
            "the commits of {} are left out: nothing says which belong to which range",
            echo(&purl.to_string())
        ));
    }
    let entry = draft.package(purl, status);
    if entry.status == Status::NotAffected {
        draft.note(format!(
            "{} is not affected, and the record does not say why: write a justification",
            echo(&purl.to_string())
        ));
    }
}
