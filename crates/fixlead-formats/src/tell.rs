//! What several documents say in the same words, or write in the same way.

use std::collections::BTreeSet;

use fixlead_core::severity::{Group, Score, Scores, Vector, Version};
use serde_json::{Map, Value, json};

use crate::purl::Purl;
use crate::source::{Advisory, Affected, Range};

/// A JSON object of those entries that have something in them.
pub fn object<const N: usize>(entries: [(&str, Option<Value>); N]) -> Value {
    let mut map = Map::with_capacity(N);
    for (key, value) in entries {
        if let Some(value) = value {
            map.insert(key.to_owned(), value);
        }
    }
    Value::Object(map)
}

/// A list of what is told, each once, unless it is empty.
pub fn list(items: impl IntoIterator<Item = Value>) -> Option<Value> {
    let mut told = BTreeSet::new();
    let distinct: Vec<Value> = items.into_iter().filter(|item| told.insert(item.to_string())).collect();
    (!distinct.is_empty()).then_some(Value::Array(distinct))
}

/// The package of an entry, which the lint has read before.
pub fn purl(affected: &Affected) -> Purl {
    Purl::parse(&affected.package).unwrap_or_else(|_| Purl {
        kind: "generic".to_owned(),
        namespace: None,
        name: affected.package.clone(),
        version: None,
        qualifiers: Vec::new(),
        subpath: None,
    })
}

/// A score as JSON has it: 9.8.
pub fn score(score: Score) -> Value {
    json!(f64::from(score.tenths()) / 10.0)
}

/// The word for a score in capitals.
pub fn band(score: Score, version: Version) -> String {
    score.band(version).as_str().to_ascii_uppercase()
}

/// What the schemas of FIRST call the base score: of version 4.0, which has one
/// score, that of the whole vector.
pub fn base_score(vector: &Vector) -> Score {
    match vector.scores() {
        Scores::Grouped { base, .. } => base,
        Scores::Combined { score, .. } => score,
    }
}

/// A vector with its scores, as the JSON schemas of FIRST have it.
pub fn cvss(vector: &Vector) -> Value {
    let version = vector.version();
    let scores = vector.scores();
    let base = base_score(vector);
    let mut map = Map::new();
    map.insert("version".to_owned(), json!(version.as_str()));
    map.insert("vectorString".to_owned(), json!(vector.canonical()));
    map.insert("baseScore".to_owned(), score(base));
    let has_words = version != Version::V2;
    if has_words {
        map.insert("baseSeverity".to_owned(), json!(band(base, version)));
    }
    if let Scores::Grouped { .. } = scores {
        for (group, key) in [(Group::Temporal, "temporal"), (Group::Environmental, "environmental")] {
            let Some(own) = scores.group(group) else { continue };
            map.insert(format!("{key}Score"), score(own));
            if has_words {
                map.insert(format!("{key}Severity"), json!(band(own, version)));
            }
        }
    }
    Value::Object(map)
}

/// A range as people of many ecosystems write one: `>= 1.2, < 1.4`.
pub fn range(range: &Range) -> String {
    let start = (range.introduced != "0").then(|| format!(">= {}", range.introduced));
    let end = match (&range.fixed, &range.last_affected) {
        (Some(fixed), _) => Some(format!("< {fixed}")),
        (None, Some(last)) => Some(format!("<= {last}")),
        (None, None) => None,
    };
    match (start, end) {
        (Some(start), Some(end)) => format!("{start}, {end}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => ">= 0".to_owned(),
    }
}

/// The fixed versions of a package, each once.
pub fn fixed(affected: &Affected) -> Vec<&str> {
    let mut versions: Vec<&str> = Vec::new();
    for version in affected.ranges.iter().filter_map(|range| range.fixed.as_deref()) {
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    versions
}

/// What to upgrade to, a sentence for each package that has a fixed version.
pub fn upgrades(advisory: &Advisory) -> Vec<String> {
    let packages = advisory.affected.iter().filter(|affected| affected.has_affected_versions());
    packages.filter_map(|affected| upgrade(affected, &fixed(affected))).collect()
}

/// The sentence for one package.
pub fn upgrade(affected: &Affected, versions: &[&str]) -> Option<String> {
    let versions = match versions {
        [] => return None,
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    };
    Some(format!("Upgrade {} to {versions}, or to a later version.", purl(affected).full_name()))
}

/// What can be done, in one text: the upgrades, then what helps before.
pub fn actions(advisory: &Advisory, affected: &Affected) -> String {
    let mut sentences: Vec<String> = upgrade(affected, &fixed(affected)).into_iter().collect();
    sentences.extend(advisory.mitigations.iter().cloned());
    if sentences.is_empty() { NO_REMEDY.to_owned() } else { sentences.join("\n\n") }
}

/// What is said where nothing helps.
pub const NO_REMEDY: &str = "There is no fixed version and no mitigation yet.";

/// That an advisory was withdrawn, and why, if its newest revision says so: what stands before
/// everything else, so that nobody acts on the rest.
pub fn withdrawn(advisory: &Advisory) -> Option<String> {
    let date = advisory.withdrawn?;
    let last = advisory.revisions.last().filter(|revision| revision.date >= date);
    let why = last.map(|revision| {
        let end = if revision.summary.ends_with(['.', '!', '?']) { "" } else { "." };
        format!("{}{end} ", revision.summary)
    });
    Some(format!("{}No version is affected by it, and nothing is to be done.", why.unwrap_or_default()))
}

/// What the part is called that says what to do.
pub const fn remedy_heading(advisory: &Advisory) -> &'static str {
    if advisory.withdrawn.is_some() { "What it advised" } else { "What to do" }
}
