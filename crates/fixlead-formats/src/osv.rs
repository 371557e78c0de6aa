//! Entries of the Open Source Vulnerability format, version 1.7.5.

use serde_json::{Value, json};

use crate::source::{Advisory, Affected, Range};
use crate::tell::{self, list, object};
use crate::version::Scheme;

/// The version of the format.
const VERSION: &str = "1.7.5";

/// The heading under which the text says what OSV has no field for.
const MITIGATION: &str = "## Mitigation";

pub fn build(advisory: &Advisory) -> Value {
    let mut aliases: Vec<&str> = advisory.other_ids();
    aliases.sort_unstable();
    let mut details = advisory.description.trim_end().to_owned();
    if !advisory.mitigations.is_empty() {
        details.push_str(&format!("\n\n{MITIGATION}\n\n{}", advisory.mitigations.join("\n\n")));
    }
    let severity = advisory.scores.iter().map(|score| {
        let vector = score.vector.canonical();
        let kind = ["CVSS_V2", "CVSS_V3", "CVSS_V3", "CVSS_V4"][score.vector.version() as usize];
        json!({ "type": kind, "score": vector })
    });
    let credits = advisory.credits.iter().map(|credit| {
        object([
            ("name", Some(json!(credit.name))),
            ("contact", list(credit.contact.iter().map(|contact| json!(contact)))),
            ("type", Some(json!(credit.role.as_str().replace('-', "_").to_ascii_uppercase()))),
        ])
    });
    let references = advisory.references.iter().map(
        |reference| json!({ "type": reference.kind.as_str().to_ascii_uppercase(), "url": reference.url }),
    );
    let specific = object([
        ("severity", advisory.severity.as_ref().map(|word| json!(word))),
        ("cwe_ids", list(advisory.cwe.iter().map(|id| json!(id)))),
    ]);
    object([
        ("schema_version", Some(json!(VERSION))),
        ("id", Some(json!(advisory.public_id()))),
        ("modified", Some(json!(advisory.changed().to_string()))),
        ("published", Some(json!(advisory.published.to_string()))),
        ("withdrawn", advisory.withdrawn.map(|date| json!(date.to_string()))),
        ("aliases", list(aliases.into_iter().map(|alias| json!(alias)))),
        ("summary", Some(json!(advisory.title))),
        ("details", Some(json!(details))),
        ("severity", list(severity)),
        ("affected", list(advisory.affected.iter().filter_map(affected))),
        ("references", list(references)),
        ("credits", list(credits)),
        ("database_specific", specific.as_object().is_some_and(|map| !map.is_empty()).then_some(specific)),
    ])
}

/// OSV names what is affected and nothing else.
fn affected(affected: &Affected) -> Option<Value> {
    if !affected.has_affected_versions() {
        return None;
    }
    let purl = tell::purl(affected);
    let ecosystem = purl.ecosystem();
    let package = ecosystem.map(
        |ecosystem| json!({ "ecosystem": ecosystem.osv, "name": purl.full_name(), "purl": affected.package }),
    );
    let kind = if purl.scheme() == Scheme::Semver { "SEMVER" } else { "ECOSYSTEM" };
    // A range of its own for each branch: what ends with its last affected
    // version and what ends with a fix may not stand in one.
    let mut ranges: Vec<Value> = Vec::new();
    for range in &affected.ranges {
        if package.is_some() {
            ranges.push(json!({ "type": kind, "events": events(&range.introduced, range) }));
        }
    }
    for (introduced, fixes) in commits(affected) {
        let mut events = vec![json!({ "introduced": introduced })];
        events.extend(fixes.iter().map(|fixed| json!({ "fixed": fixed })));
        ranges.push(object([
            ("type", Some(json!("GIT"))),
            ("repo", affected.repo.as_ref().map(|repo| json!(repo))),
            ("events", Some(Value::Array(events))),
        ]));
    }
    let specific = package.is_none().then(|| json!({ "package": affected.package }));
    Some(object([("package", package), ("ranges", list(ranges)), ("database_specific", specific)]))
}

fn events(introduced: &str, range: &Range) -> Vec<Value> {
    let mut events = vec![json!({ "introduced": introduced })];
    events.extend(range.fixed.as_ref().map(|fixed| json!({ "fixed": fixed })));
    events.extend(range.last_affected.as_ref().map(|last| json!({ "last_affected": last })));
    events
}

/// With which commit the flaw came in, and which mend it. What begins with a
/// commit of its own stands alone; the others count from the first commit of
/// all if the flaw does, and are left out if nobody knows with which it came.
pub fn commits(affected: &Affected) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    let from_the_beginning = affected.ranges.iter().any(|range| range.introduced == "0");
    for range in &affected.ranges {
        let introduced = match &range.introduced_commit {
            Some(commit) => commit.as_str(),
            None if from_the_beginning && range.fixed_commit.is_some() => "0",
            None => continue,
        };
        let fixed = range.fixed_commit.as_deref();
        match found.iter_mut().find(|(known, _)| *known == introduced) {
            Some((_, fixes)) => fixes.extend(fixed),
            None => found.push((introduced, fixed.into_iter().collect())),
        }
    }
    found
}
