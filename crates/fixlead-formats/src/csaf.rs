//! CSAF documents: version 2.0, and the draft of 2.1.

use fixlead_core::severity::Version;
use serde_json::{Value, json};

use crate::cwe;
use crate::format::{CsafVersion, ENGINE, ENGINE_VERSION, Options, Profile};
use crate::purl::{Purl, decode, encode};
use crate::source::{Advisory, Affected, Kind, Range, Status};
use crate::tell::{self, list, object};

/// What a reference of each kind is called, since CSAF knows no kinds.
pub const KINDS: &[(Kind, &str)] = &[
    (Kind::Fix, "Fix"),
    (Kind::Advisory, "Advisory"),
    (Kind::Report, "Report"),
    (Kind::Web, "Further reading"),
    (Kind::Package, "Package"),
    (Kind::Evidence, "Evidence"),
];

/// The products of one package, by their ids.
struct Products {
    affected: Vec<(String, Option<String>)>,
    fixed: Vec<(String, String)>,
    whole: Option<String>,
}

pub fn build(advisory: &Advisory, options: Options) -> Value {
    let draft = options.csaf == CsafVersion::V21;
    let mut count = 0;
    let mut vendor_branches = Vec::new();
    let mut products = Vec::new();
    for affected in &advisory.affected {
        let (branch, own) = branch(advisory, affected, draft, &mut count);
        vendor_branches.push(branch);
        products.push(own);
    }
    let tree = json!({
        "branches": [{ "category": "vendor", "name": advisory.publisher.name, "branches": vendor_branches }],
    });
    let schema = draft.then(|| json!("https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"));
    let document = object([
        ("$schema", schema),
        ("document", Some(document(advisory, options))),
        ("product_tree", Some(tree)),
        ("vulnerabilities", Some(json!([vulnerability(advisory, &products, draft)]))),
    ]);
    sorted(document)
}

/// The same with the keys of every object in the order of the alphabet, as the
/// standard recommends (section 6.2.13).
fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().collect())
        }
        other => other,
    }
}

fn document(advisory: &Advisory, options: Options) -> Value {
    let draft = options.csaf == CsafVersion::V21;
    let history = advisory.history();
    let revisions: Vec<Value> = history
        .iter()
        .map(|revision| json!({ "date": revision.date.to_string(), "number": revision.number, "summary": revision.summary }))
        .collect();
    let current = history.last().map_or(advisory.published, |revision| revision.date);
    let initial = history.first().map_or(advisory.published, |revision| revision.date);
    // An advisory is about something that is affected.
    let affected = advisory.affected.iter().any(Affected::has_affected_versions);
    let profile = options.profile.unwrap_or(if affected { Profile::Advisory } else { Profile::Vex });
    let category = match profile {
        Profile::Advisory => "csaf_security_advisory",
        Profile::Vex => "csaf_vex",
    };
    let mut notes = vec![json!({ "category": "summary", "title": "Summary", "text": advisory.summary })];
    if let Some(date) = advisory.withdrawn {
        notes.push(json!({ "category": "general", "title": "Withdrawn", "text": date.to_string() }));
    }
    let aliases =
        advisory.aliases.iter().chain([&advisory.id]).filter(|alias| **alias != advisory.public_id());
    object([
        ("category", Some(json!(category))),
        ("csaf_version", Some(json!(options.csaf.as_str()))),
        ("title", Some(json!(advisory.title))),
        ("lang", Some(json!("en"))),
        ("distribution", Some(json!({ "tlp": { "label": if draft { "CLEAR" } else { "WHITE" } } }))),
        ("aggregate_severity", advisory.severity.as_ref().map(|word| json!({ "text": word }))),
        ("notes", Some(Value::Array(notes))),
        (
            "publisher",
            Some(json!({
                "category": advisory.publisher.category.as_str(),
                "name": advisory.publisher.name,
                "namespace": advisory.publisher.namespace,
            })),
        ),
        (
            "tracking",
            Some(object([
                ("id", Some(json!(advisory.public_id()))),
                ("aliases", list(aliases.map(|alias| json!(alias)))),
                ("status", Some(json!("final"))),
                ("version", Some(json!(advisory.number()))),
                ("initial_release_date", Some(json!(initial.to_string()))),
                ("current_release_date", Some(json!(current.to_string()))),
                ("generator", Some(json!({ "engine": { "name": ENGINE, "version": ENGINE_VERSION } }))),
                ("revision_history", Some(Value::Array(revisions))),
            ])),
        ),
    ])
}

/// The branch of one package, with a leaf for each range and each fixed version.
fn branch(advisory: &Advisory, affected: &Affected, draft: bool, count: &mut usize) -> (Value, Products) {
    let purl = tell::purl(affected);
    let name = purl.full_name();
    let mut leaves = Vec::new();
    let mut products = Products { affected: Vec::new(), fixed: Vec::new(), whole: None };
    let mut leaf = |category: &str, version: String, shown: String, purl: &Purl| {
        *count += 1;
        let id = format!("CSAFPID-{count:04}");
        leaves.push(json!({
            "category": category,
            "name": version,
            "product": {
                "name": format!("{} {name} {shown}", advisory.publisher.name),
                "product_id": id,
                "product_identification_helper": helper(purl, draft),
            },
        }));
        id
    };
    if affected.has_affected_versions() {
        for range in &affected.ranges {
            let id = leaf("product_version_range", vers(&purl, range), tell::range(range), &purl);
            products.affected.push((id, range.fixed.clone()));
        }
        for version in tell::fixed(affected) {
            let id = leaf("product_version", version.to_owned(), version.to_owned(), &purl.at(version));
            products.fixed.push((id, version.to_owned()));
        }
    } else {
        let all = format!("vers:{}/*", purl.kind);
        products.whole = Some(leaf("product_version_range", all, "in all versions".to_owned(), &purl));
    }
    (json!({ "category": "product_name", "name": name, "branches": leaves }), products)
}

/// Types whose package URLs always have a version, by their definition.
const ALWAYS_VERSIONED: &[&str] = &["cran", "swift"];

/// What programs recognise a product by.
fn helper(purl: &Purl, draft: bool) -> Value {
    let text = purl.to_string();
    if purl.version.is_none() && ALWAYS_VERSIONED.contains(&purl.kind.as_str()) {
        return json!({ "x_generic_uris": [{ "namespace": "https://packageurl.org", "uri": text }] });
    }
    if draft { json!({ "purls": [text] }) } else { json!({ "purl": text }) }
}

/// The package URL in what `helper` makes.
pub fn purl_of(helper: &Value) -> &str {
    let found = helper
        .get("purl")
        .or_else(|| helper.pointer("/purls/0"))
        .or_else(|| helper.pointer("/x_generic_uris/0/uri"));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// A range in the notation of version ranges: `vers:npm/>=1.2|<1.4`.
fn vers(purl: &Purl, range: &Range) -> String {
    let start = (range.introduced != "0").then(|| format!(">={}", encode(&range.introduced)));
    let end = match (&range.fixed, &range.last_affected) {
        (Some(fixed), _) => Some(format!("<{}", encode(fixed))),
        (None, Some(last)) => Some(format!("<={}", encode(last))),
        (None, None) => None,
    };
    let constraints: Vec<String> = [start, end].into_iter().flatten().collect();
    let constraints = if constraints.is_empty() { "*".to_owned() } else { constraints.join("|") };
    format!("vers:{}/{constraints}", purl.kind)
}

/// The range that a notation of one package's versions says, if it is one of ours.
pub fn range_of(notation: &str) -> Option<Range> {
    let (_, constraints) = notation.strip_prefix("vers:")?.split_once('/')?;
    let mut range = Range { introduced: "0".to_owned(), ..Range::default() };
    for constraint in constraints.split('|').filter(|constraint| *constraint != "*") {
        if let Some(version) = constraint.strip_prefix(">=") {
            range.introduced = decode(version)?;
        } else if let Some(version) = constraint.strip_prefix("<=") {
            range.last_affected = Some(decode(version)?);
        } else {
            range.fixed = Some(decode(constraint.strip_prefix('<')?)?);
        }
    }
    Some(range)
}

fn vulnerability(advisory: &Advisory, products: &[Products], draft: bool) -> Value {
    let all_affected: Vec<&str> =
        products.iter().flat_map(|own| &own.affected).map(|(id, _)| id.as_str()).collect();
    let ids = |ids: Vec<&str>| list(ids.into_iter().map(|id| json!(id)));
    let fixed = products.iter().flat_map(|own| &own.fixed).map(|(id, _)| id.as_str()).collect();
    let whole = |status: Status| -> Vec<&str> {
        let own = advisory.affected.iter().zip(products).filter(|(affected, _)| affected.status == status);
        own.filter_map(|(_, products)| products.whole.as_deref()).collect()
    };
    let status = object([
        ("known_affected", ids(all_affected.clone())),
        ("fixed", ids(fixed)),
        ("known_not_affected", ids(whole(Status::NotAffected))),
        ("under_investigation", ids(whole(Status::UnderInvestigation))),
    ]);
    let system = |alias: &str| match alias.split('-').next() {
        Some("GHSA") => "GitHub Security Advisory".to_owned(),
        Some(prefix) if prefix.len() < alias.len() => prefix.to_owned(),
        _ => advisory.publisher.name.clone(),
    };
    let aliases: Vec<&str> = match &advisory.cve {
        Some(_) => advisory.other_ids(),
        None => advisory.aliases.iter().map(String::as_str).collect(),
    };
    let mut identities: Vec<Value> =
        aliases.iter().map(|alias| json!({ "system_name": system(alias), "text": alias })).collect();
    if advisory.cve.is_none() && identities.is_empty() {
        identities.push(json!({ "system_name": advisory.publisher.name, "text": advisory.public_id() }));
    }
    let weaknesses = advisory.cwe.iter().map(|id| {
        let name = cwe::name(id).unwrap_or_default();
        if draft {
            json!({ "id": id, "name": name, "version": "4.20" })
        } else {
            json!({ "id": id, "name": name })
        }
    });
    let weaknesses: Vec<Value> = weaknesses.collect();
    // Version 2.0 has room for one weakness; the others stand in a note.
    let more: Vec<&str> =
        if draft { Vec::new() } else { advisory.cwe.iter().skip(1).map(String::as_str).collect() };
    let mut notes = vec![
        json!({ "category": "description", "title": "Description", "text": advisory.description.trim() }),
    ];
    if !more.is_empty() {
        notes.push(json!({ "category": "other", "title": "Further weaknesses", "text": more.join(", ") }));
    }
    let references = advisory.references.iter().map(|reference| {
        let summary =
            KINDS.iter().find(|(kind, _)| *kind == reference.kind).map_or("", |(_, summary)| summary);
        json!({ "category": "external", "summary": summary, "url": reference.url })
    });
    let thanks = advisory
        .credits
        .iter()
        .map(|credit| json!({ "names": [credit.name], "summary": credit.role.as_str().replace('-', " ") }));
    object([
        ("title", Some(json!(advisory.title))),
        ("cve", advisory.cve.as_ref().map(|id| json!(id))),
        ("ids", list(identities)),
        ("cwe", if draft { None } else { weaknesses.first().cloned() }),
        ("cwes", if draft { list(weaknesses) } else { None }),
        ("notes", Some(Value::Array(notes))),
        (if draft { "disclosure_date" } else { "release_date" }, Some(json!(advisory.published.to_string()))),
        ("product_status", status.as_object().is_some_and(|map| !map.is_empty()).then_some(status)),
        (if draft { "metrics" } else { "scores" }, scores(advisory, &all_affected, draft)),
        ("flags", list(flags(advisory, products))),
        ("threats", list(impacts(advisory, products))),
        ("remediations", list(remediations(advisory, products))),
        ("references", list(references)),
        ("acknowledgments", list(thanks)),
    ])
}

fn scores(advisory: &Advisory, products: &[&str], draft: bool) -> Option<Value> {
    if products.is_empty() {
        return None;
    }
    let newer = advisory.scores.iter().any(|score| score.vector.version() == Version::V31);
    let scores = advisory.scores.iter().filter_map(|score| {
        let key = ["cvss_v2", "cvss_v3", "cvss_v3", "cvss_v4"][score.vector.version() as usize];
        let cvss = tell::cvss(&score.vector);
        match key {
            // Readers take 3.0 and 3.1 for one.
            "cvss_v3" if score.vector.version() == Version::V30 && newer => None,
            // Version 2.0 is older than CVSS 4.0.
            "cvss_v4" if !draft => None,
            _ if draft => Some(json!({ "content": { key: cvss }, "products": products })),
            _ => Some(json!({ key: cvss, "products": products })),
        }
    });
    list(scores)
}

fn unaffected<'a>(
    advisory: &'a Advisory,
    products: &'a [Products],
) -> impl Iterator<Item = (&'a Affected, &'a str)> {
    let all = advisory.affected.iter().zip(products);
    all.filter(|(affected, _)| affected.status == Status::NotAffected)
        .filter_map(|(affected, own)| Some((affected, own.whole.as_deref()?)))
}

fn flags(advisory: &Advisory, products: &[Products]) -> Vec<Value> {
    unaffected(advisory, products)
        .filter_map(|(affected, id)| {
            Some(json!({ "label": affected.justification?.as_str(), "product_ids": [id] }))
        })
        .collect()
}

fn impacts(advisory: &Advisory, products: &[Products]) -> Vec<Value> {
    unaffected(advisory, products)
        .filter_map(|(affected, id)| {
            let impact = affected.impact.as_ref()?;
            Some(json!({ "category": "impact", "details": impact, "product_ids": [id] }))
        })
        .collect()
}

/// What helps each affected product: the version that fixes its branch, what
/// helps before, or the word that nothing does yet.
fn remediations(advisory: &Advisory, products: &[Products]) -> Vec<Value> {
    let mut remediations = Vec::new();
    let mut helpless: Vec<&str> = Vec::new();
    let mut all: Vec<&str> = Vec::new();
    for (affected, own) in advisory.affected.iter().zip(products) {
        for (id, fixed) in &own.affected {
            all.push(id);
            match fixed.as_deref().and_then(|version| tell::upgrade(affected, &[version])) {
                Some(upgrade) => remediations
                    .push(json!({ "category": "vendor_fix", "details": upgrade, "product_ids": [id] })),
                None => helpless.push(id),
            }
        }
    }
    if all.is_empty() {
        return remediations;
    }
    for mitigation in &advisory.mitigations {
        remediations
            .push(json!({ "category": "workaround", "details": mitigation.trim(), "product_ids": all }));
    }
    if !helpless.is_empty() && advisory.mitigations.is_empty() {
        remediations.push(
            json!({ "category": "none_available", "details": tell::NO_REMEDY, "product_ids": helpless }),
        );
    }
    remediations
}
