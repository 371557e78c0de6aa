//! CVE records, version 5.2 of their format.

use serde_json::{Value, json};

use crate::format::{ENGINE, ENGINE_VERSION};
use crate::source::{Advisory, Affected, Kind, Status};
use crate::tell::{self, list, object};
use crate::{cwe, html, osv};

/// The version of the format.
const VERSION: &str = "5.2.0";
/// A UUID that no organisation has, where the source names none.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// The longest text of another form beside a description, in characters.
const MOST_MEDIA: usize = 16_384;

/// What a record says of the kind of an address.
pub const TAGS: &[(Kind, Option<&str>)] = &[
    (Kind::Fix, Some("patch")),
    (Kind::Advisory, Some("vendor-advisory")),
    (Kind::Report, Some("issue-tracking")),
    (Kind::Web, None),
    (Kind::Package, Some("product")),
    (Kind::Evidence, Some("exploit")),
];

pub fn build(advisory: &Advisory) -> Result<Value, String> {
    let Some(id) = &advisory.cve else {
        return Err("there is no CVE id; write cve = \"CVE-…\" when one was assigned".to_owned());
    };
    let organisation = advisory.publisher.cna_org.as_deref().unwrap_or(NOBODY);
    let changed = advisory.changed().to_string();
    let published = advisory.published.to_string();
    let aliases = advisory.other_ids();
    let ghsa = aliases.iter().find(|alias| alias.starts_with("GHSA-"));
    let others = aliases.iter().filter(|alias| Some(*alias) != ghsa).map(|alias| json!(alias));
    let problems = advisory.cwe.iter().map(|id| {
        let name = cwe::name(id).unwrap_or_default();
        json!({ "descriptions": [{ "type": "CWE", "lang": "en", "cweId": id, "description": format!("{id}: {name}") }] })
    });
    let references = advisory.references.iter().map(|reference| {
        let tag = TAGS.iter().find(|(kind, _)| *kind == reference.kind).and_then(|(_, tag)| *tag);
        object([("url", Some(json!(reference.url))), ("tags", tag.map(|tag| json!([tag])))])
    });
    let credits = advisory
        .credits
        .iter()
        .map(|credit| json!({ "lang": "en", "value": credit.name, "type": credit.role.as_str().replace('-', " ") }));
    let cna = object([
        ("providerMetadata", Some(json!({ "orgId": organisation, "dateUpdated": changed }))),
        ("title", Some(json!(advisory.title))),
        ("datePublic", Some(json!(published))),
        ("descriptions", Some(json!([text(&advisory.description)]))),
        ("affected", list(advisory.affected.iter().map(|affected| product(advisory, affected)))),
        ("problemTypes", list(problems)),
        ("metrics", metrics(advisory)),
        ("references", list(references)),
        (
            "solutions",
            list(tell::upgrades(advisory).iter().map(|text| json!({ "lang": "en", "value": text }))),
        ),
        ("workarounds", list(advisory.mitigations.iter().map(|mitigation| text(mitigation)))),
        ("credits", list(credits)),
        ("source", ghsa.map(|id| json!({ "advisory": id }))),
        ("x_aliases", list(others)),
        ("x_generator", Some(json!({ "engine": format!("{ENGINE} {ENGINE_VERSION}") }))),
    ]);
    Ok(json!({
        "dataType": "CVE_RECORD",
        "dataVersion": VERSION,
        "cveMetadata": {
            "cveId": id,
            "assignerOrgId": organisation,
            "state": "PUBLISHED",
            "datePublished": published,
            "dateUpdated": changed,
        },
        "containers": { "cna": cna },
    }))
}

/// A text with its Markdown as it is, and the same as HTML where that fits.
fn text(markdown: &str) -> Value {
    let rendered = html::markdown(markdown);
    let fits = rendered.chars().count() <= MOST_MEDIA;
    let media = json!([{ "type": "text/html", "base64": false, "value": rendered }]);
    object([
        ("lang", Some(json!("en"))),
        ("value", Some(json!(markdown.trim()))),
        ("supportingMedia", fits.then_some(media)),
    ])
}

fn product(advisory: &Advisory, affected: &Affected) -> Value {
    let purl = tell::purl(affected);
    let status = match affected.status {
        Status::UnderInvestigation => "unknown",
        Status::Affected | Status::Fixed | Status::NotAffected => "unaffected",
    };
    let mut versions = Vec::new();
    for range in &affected.ranges {
        let kind = purl.scheme().cve_word();
        let (end, last) = match (&range.fixed, &range.last_affected) {
            (Some(fixed), _) => (Some(fixed.as_str()), None),
            (None, Some(last)) => (None, Some(last)),
            (None, None) => (Some("*"), None),
        };
        versions.push(object([
            ("version", Some(json!(range.introduced))),
            ("status", Some(json!("affected"))),
            ("versionType", Some(json!(kind))),
            ("lessThan", end.map(|end| json!(end))),
            ("lessThanOrEqual", last.map(|last| json!(last))),
        ]));
    }
    for (introduced, fixes) in osv::commits(affected) {
        let ends = if fixes.is_empty() { vec!["*"] } else { fixes };
        versions.extend(ends.into_iter().map(|end| {
            json!({ "version": introduced, "status": "affected", "versionType": "git", "lessThan": end })
        }));
    }
    let collection = purl.ecosystem().map(|ecosystem| ecosystem.collection);
    object([
        ("vendor", Some(json!(advisory.publisher.name))),
        ("product", Some(json!(purl.full_name()))),
        ("collectionURL", collection.map(|collection| json!(collection))),
        ("packageName", collection.map(|_| json!(purl.full_name()))),
        ("packageURL", Some(json!(affected.package))),
        ("repo", affected.repo.as_ref().map(|repo| json!(repo))),
        ("defaultStatus", Some(json!(status))),
        ("versions", list(versions)),
    ])
}

fn metrics(advisory: &Advisory) -> Option<Value> {
    let mut metrics: Vec<Value> = Vec::new();
    for score in &advisory.scores {
        let key = ["cvssV2_0", "cvssV3_0", "cvssV3_1", "cvssV4_0"][score.vector.version() as usize];
        metrics.push(json!({ "format": "CVSS", key: tell::cvss(&score.vector) }));
    }
    if let Some(word) = &advisory.severity {
        let content = json!({ "namespace": advisory.publisher.namespace, "value": word });
        metrics.push(json!({ "other": { "type": "severity", "content": content } }));
    }
    list(metrics)
}
