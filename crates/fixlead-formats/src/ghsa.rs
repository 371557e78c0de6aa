//! Security advisories of GitHub repositories: the body with which one is made
//! or changed over GitHub's REST API (2022-11-28).

use fixlead_core::severity::Version;
use serde_json::{Value, json};

use crate::source::{Advisory, Affected};
use crate::tell::{self, list, object};

/// The headings under which the text says what there is no field for.
pub const WORKAROUNDS: &str = "### Workarounds";
/// The same for addresses.
pub const REFERENCES: &str = "### References";
/// The same for those whom GitHub does not know.
pub const CREDITS: &str = "### Credits";

pub fn build(advisory: &Advisory) -> Value {
    // One vector or a word: GitHub takes no second.
    let newest = |wanted: &[Version]| {
        advisory
            .scores
            .iter()
            .find(|score| wanted.contains(&score.vector.version()))
            .map(|score| score.vector.canonical())
    };
    let vector =
        newest(&[Version::V31]).or_else(|| newest(&[Version::V30])).or_else(|| newest(&[Version::V40]));
    let severity = advisory.severity.as_deref().map(str::to_ascii_lowercase);
    let severity = severity.map(|word| if word == "moderate" { "medium".to_owned() } else { word });
    let severity = severity
        .filter(|word| vector.is_none() && ["low", "medium", "high", "critical"].contains(&word.as_str()));
    let affected = advisory.affected.iter().filter(|affected| affected.has_affected_versions());
    let credits = advisory.credits.iter().filter_map(|credit| {
        Some(json!({ "login": credit.login.as_ref()?, "type": credit.role.as_str().replace('-', "_") }))
    });
    object([
        ("summary", Some(json!(advisory.title))),
        ("description", Some(json!(description(advisory)))),
        ("cve_id", advisory.cve.as_ref().map(|id| json!(id))),
        ("vulnerabilities", Some(Value::Array(affected.flat_map(vulnerabilities).collect()))),
        ("cwe_ids", list(advisory.cwe.iter().map(|id| json!(id)))),
        ("credits", list(credits)),
        ("severity", severity.map(|word| json!(word))),
        ("cvss_vector_string", vector.map(|vector| json!(vector))),
    ])
}

/// One entry a branch, as GitHub has it.
fn vulnerabilities(affected: &Affected) -> Vec<Value> {
    let purl = tell::purl(affected);
    let package = match purl.ecosystem() {
        Some(ecosystem) if ecosystem.ghsa != "other" => {
            json!({ "ecosystem": ecosystem.ghsa, "name": purl.full_name() })
        }
        _ => json!({ "ecosystem": "other", "name": affected.package }),
    };
    let entry = |range: &crate::source::Range| {
        json!({
            "package": package,
            "vulnerable_version_range": tell::range(range),
            "patched_versions": range.fixed,
        })
    };
    affected.ranges.iter().map(entry).collect()
}

fn description(advisory: &Advisory) -> String {
    let mut text = advisory.description.trim_end().to_owned();
    if !advisory.mitigations.is_empty() {
        text.push_str(&format!("\n\n{WORKAROUNDS}\n\n{}", advisory.mitigations.join("\n\n")));
    }
    if !advisory.references.is_empty() {
        let lines: Vec<String> = advisory
            .references
            .iter()
            .map(|reference| format!("- {}: <{}>", reference.kind.as_str(), reference.url))
            .collect();
        text.push_str(&format!("\n\n{REFERENCES}\n\n{}", lines.join("\n")));
    }
    let unknown: Vec<String> = advisory
        .credits
        .iter()
        .filter(|credit| credit.login.is_none())
        .map(|credit| format!("- {} ({})", credit.name, credit.role.as_str()))
        .collect();
    if !unknown.is_empty() {
        text.push_str(&format!("\n\n{CREDITS}\n\n{}", unknown.join("\n")));
    }
    text
}
