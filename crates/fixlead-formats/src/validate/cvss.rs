//! CVSS as JSON: the schemas of FIRST for versions 2.0 to 4.0, and whether the
//! numbers and words beside a vector are the vector's.

use fixlead_core::severity::{Group, Score, Scores, Vector, Version};
use fixlead_core::text::echo;
use serde_json::Value;

use super::shape::{Place, Report, text};

/// The names of the rules that an object can break.
pub struct Rules {
    /// It is no CVSS object.
    pub invalid: &'static str,
    /// A number is not the vector's.
    pub computed: &'static str,
    /// A word is not the vector's.
    pub inconsistent: &'static str,
    /// Whether keys that the schema does not have are refused.
    pub closed: bool,
}

/// A metric, the key of its word, and the words for its values.
type Metric = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const UNDEFINED: (&str, &str) = ("X", "NOT_DEFINED");
const AV3: &[(&str, &str)] =
    &[("N", "NETWORK"), ("A", "ADJACENT_NETWORK"), ("L", "LOCAL"), ("P", "PHYSICAL"), UNDEFINED];
const AV4: &[(&str, &str)] =
    &[("N", "NETWORK"), ("A", "ADJACENT"), ("L", "LOCAL"), ("P", "PHYSICAL"), UNDEFINED];
const AC: &[(&str, &str)] = &[("L", "LOW"), ("H", "HIGH"), UNDEFINED];
const LEVEL: &[(&str, &str)] = &[("N", "NONE"), ("L", "LOW"), ("H", "HIGH"), UNDEFINED];
const SAFETY: &[(&str, &str)] = &[("N", "NONE"), ("L", "LOW"), ("H", "HIGH"), ("S", "SAFETY"), UNDEFINED];
const REQUIREMENT: &[(&str, &str)] = &[("L", "LOW"), ("M", "MEDIUM"), ("H", "HIGH"), UNDEFINED];
const UI3: &[(&str, &str)] = &[("N", "NONE"), ("R", "REQUIRED"), UNDEFINED];
const UI4: &[(&str, &str)] = &[("N", "NONE"), ("P", "PASSIVE"), ("A", "ACTIVE"), UNDEFINED];
const AT: &[(&str, &str)] = &[("N", "NONE"), ("P", "PRESENT"), UNDEFINED];
const SCOPE: &[(&str, &str)] = &[("U", "UNCHANGED"), ("C", "CHANGED"), UNDEFINED];
const PARTIAL: &[(&str, &str)] = &[("N", "NONE"), ("P", "PARTIAL"), ("C", "COMPLETE")];
const REQUIREMENT2: &[(&str, &str)] = &[("L", "LOW"), ("M", "MEDIUM"), ("H", "HIGH"), ("ND", "NOT_DEFINED")];

const V2: &[Metric] = &[
    ("AV", "accessVector", &[("N", "NETWORK"), ("A", "ADJACENT_NETWORK"), ("L", "LOCAL")]),
    ("AC", "accessComplexity", &[("L", "LOW"), ("M", "MEDIUM"), ("H", "HIGH")]),
    ("Au", "authentication", &[("N", "NONE"), ("S", "SINGLE"), ("M", "MULTIPLE")]),
    ("C", "confidentialityImpact", PARTIAL),
    ("I", "integrityImpact", PARTIAL),
    ("A", "availabilityImpact", PARTIAL),
    (
        "E",
        "exploitability",
        &[
            ("U", "UNPROVEN"),
            ("POC", "PROOF_OF_CONCEPT"),
            ("F", "FUNCTIONAL"),
            ("H", "HIGH"),
            ("ND", "NOT_DEFINED"),
        ],
    ),
    (
        "RL",
        "remediationLevel",
        &[
            ("OF", "OFFICIAL_FIX"),
            ("TF", "TEMPORARY_FIX"),
            ("W", "WORKAROUND"),
            ("U", "UNAVAILABLE"),
            ("ND", "NOT_DEFINED"),
        ],
    ),
    (
        "RC",
        "reportConfidence",
        &[("UC", "UNCONFIRMED"), ("UR", "UNCORROBORATED"), ("C", "CONFIRMED"), ("ND", "NOT_DEFINED")],
    ),
    (
        "CDP",
        "collateralDamagePotential",
        &[
            ("N", "NONE"),
            ("L", "LOW"),
            ("LM", "LOW_MEDIUM"),
            ("MH", "MEDIUM_HIGH"),
            ("H", "HIGH"),
            ("ND", "NOT_DEFINED"),
        ],
    ),
    (
        "TD",
        "targetDistribution",
        &[("N", "NONE"), ("L", "LOW"), ("M", "MEDIUM"), ("H", "HIGH"), ("ND", "NOT_DEFINED")],
    ),
    ("CR", "confidentialityRequirement", REQUIREMENT2),
    ("IR", "integrityRequirement", REQUIREMENT2),
    ("AR", "availabilityRequirement", REQUIREMENT2),
];

const V3: &[Metric] = &[
    ("AV", "attackVector", AV3),
    ("AC", "attackComplexity", AC),
    ("PR", "privilegesRequired", LEVEL),
    ("UI", "userInteraction", UI3),
    ("S", "scope", SCOPE),
    ("C", "confidentialityImpact", LEVEL),
    ("I", "integrityImpact", LEVEL),
    ("A", "availabilityImpact", LEVEL),
    (
        "E",
        "exploitCodeMaturity",
        &[("U", "UNPROVEN"), ("P", "PROOF_OF_CONCEPT"), ("F", "FUNCTIONAL"), ("H", "HIGH"), UNDEFINED],
    ),
    (
        "RL",
        "remediationLevel",
        &[
            ("O", "OFFICIAL_FIX"),
            ("T", "TEMPORARY_FIX"),
            ("W", "WORKAROUND"),
            ("U", "UNAVAILABLE"),
            UNDEFINED,
        ],
    ),
    ("RC", "reportConfidence", &[("U", "UNKNOWN"), ("R", "REASONABLE"), ("C", "CONFIRMED"), UNDEFINED]),
    ("CR", "confidentialityRequirement", REQUIREMENT),
    ("IR", "integrityRequirement", REQUIREMENT),
    ("AR", "availabilityRequirement", REQUIREMENT),
    ("MAV", "modifiedAttackVector", AV3),
    ("MAC", "modifiedAttackComplexity", AC),
    ("MPR", "modifiedPrivilegesRequired", LEVEL),
    ("MUI", "modifiedUserInteraction", UI3),
    ("MS", "modifiedScope", SCOPE),
    ("MC", "modifiedConfidentialityImpact", LEVEL),
    ("MI", "modifiedIntegrityImpact", LEVEL),
    ("MA", "modifiedAvailabilityImpact", LEVEL),
];

const V4: &[Metric] = &[
    ("AV", "attackVector", AV4),
    ("AC", "attackComplexity", AC),
    ("AT", "attackRequirements", AT),
    ("PR", "privilegesRequired", LEVEL),
    ("UI", "userInteraction", UI4),
    ("VC", "vulnConfidentialityImpact", LEVEL),
    ("VI", "vulnIntegrityImpact", LEVEL),
    ("VA", "vulnAvailabilityImpact", LEVEL),
    ("SC", "subConfidentialityImpact", LEVEL),
    ("SI", "subIntegrityImpact", LEVEL),
    ("SA", "subAvailabilityImpact", LEVEL),
    ("E", "exploitMaturity", &[("U", "UNREPORTED"), ("P", "PROOF_OF_CONCEPT"), ("A", "ATTACKED"), UNDEFINED]),
    ("CR", "confidentialityRequirement", REQUIREMENT),
    ("IR", "integrityRequirement", REQUIREMENT),
    ("AR", "availabilityRequirement", REQUIREMENT),
    ("MAV", "modifiedAttackVector", AV4),
    ("MAC", "modifiedAttackComplexity", AC),
    ("MAT", "modifiedAttackRequirements", AT),
    ("MPR", "modifiedPrivilegesRequired", LEVEL),
    ("MUI", "modifiedUserInteraction", UI4),
    ("MVC", "modifiedVulnConfidentialityImpact", LEVEL),
    ("MVI", "modifiedVulnIntegrityImpact", LEVEL),
    ("MVA", "modifiedVulnAvailabilityImpact", LEVEL),
    ("MSC", "modifiedSubConfidentialityImpact", LEVEL),
    ("MSI", "modifiedSubIntegrityImpact", SAFETY),
    ("MSA", "modifiedSubAvailabilityImpact", SAFETY),
    ("S", "Safety", &[("N", "NEGLIGIBLE"), ("P", "PRESENT"), UNDEFINED]),
    ("AU", "Automatable", &[("N", "NO"), ("Y", "YES"), UNDEFINED]),
    ("R", "Recovery", &[("A", "AUTOMATIC"), ("U", "USER"), ("I", "IRRECOVERABLE"), UNDEFINED]),
    ("V", "valueDensity", &[("D", "DIFFUSE"), ("C", "CONCENTRATED"), UNDEFINED]),
    ("RE", "vulnerabilityResponseEffort", &[("L", "LOW"), ("M", "MODERATE"), ("H", "HIGH"), UNDEFINED]),
    (
        "U",
        "providerUrgency",
        &[("Clear", "CLEAR"), ("Green", "GREEN"), ("Amber", "AMBER"), ("Red", "RED"), UNDEFINED],
    ),
];

/// Judges a CVSS object of one of these versions.
pub fn judge(value: &Value, versions: &[Version], rules: &Rules, place: &Place<'_>, report: &mut Report) {
    let Some(map) = value.as_object() else {
        return report.error(rules.invalid, place, "expected a CVSS object");
    };
    let Some(version) = Version::parse(text(value, "version")).filter(|version| versions.contains(version))
    else {
        let known: Vec<&str> = versions.iter().map(|version| version.as_str()).collect();
        let message = format!(
            "the version is {}, and `{}` stands here",
            known.join(" or "),
            echo(text(value, "version"))
        );
        return report.error(rules.invalid, &place.key("version"), message);
    };
    let metrics = match version {
        Version::V2 => V2,
        Version::V30 | Version::V31 => V3,
        Version::V40 => V4,
    };
    for key in ["vectorString", "baseScore", "baseSeverity"] {
        if !map.contains_key(key) && (key != "baseSeverity" || version != Version::V2) {
            report.error(rules.invalid, place, format!("the key `{key}` is missing"));
        }
    }
    let written = text(value, "vectorString");
    let vector = match Vector::parse(&in_order(written, metrics)) {
        Ok(vector) if vector.version() == version => Some(vector),
        Ok(_) => {
            report.error(
                rules.invalid,
                &place.key("vectorString"),
                format!("the vector is not of version {version}"),
            );
            None
        }
        Err(wrong) => {
            if map.contains_key("vectorString") {
                report.error(
                    rules.invalid,
                    &place.key("vectorString"),
                    format!("`{}`: {wrong}", echo(written)),
                );
            }
            None
        }
    };
    if rules.closed && version != Version::V2 {
        said_twice(value, version, rules, place, report);
    }
    let scores = vector.as_ref().map(Vector::scores);
    for (key, found) in map {
        let inner = place.key(key);
        if let Some((name, _, words)) = metrics.iter().find(|(_, property, _)| property == key) {
            word(found, name, words, vector.as_ref(), rules, &inner, report);
        } else if let Some((group, is_score)) = number(key, version) {
            let own = match (group, &scores) {
                // Version 4.0 has one score; some write that of its base metrics alone.
                (Group::Base, Some(Scores::Combined { score, .. })) => {
                    let base = vector.as_ref().map(|vector| vector.base().scores().overall().1);
                    let written = if is_score { found.to_string() } else { text(value, key).to_owned() };
                    let is_base =
                        |base: &Score| written == if is_score { tenths(*base) } else { band(*base, version) };
                    base.filter(is_base).or(Some(*score))
                }
                // Where no metric of a group is defined, the score is the one before it.
                (Group::Environmental, Some(scores)) => scores
                    .group(group)
                    .or_else(|| scores.group(Group::Temporal))
                    .or_else(|| scores.group(Group::Base)),
                (_, Some(scores)) => scores.group(group).or_else(|| scores.group(Group::Base)),
                _ => None,
            };
            let expected = own.map(|own| if is_score { tenths(own) } else { band(own, version) });
            computed(found, is_score, expected, rules, &inner, report);
        } else if rules.closed && !matches!(key.as_str(), "version" | "vectorString") {
            report.error(rules.invalid, &inner, format!("CVSS {version} has no such key; take it out"));
        }
    }
}

/// The closed schemas hold the word for a score against its number.
fn said_twice(value: &Value, version: Version, rules: &Rules, place: &Place<'_>, report: &mut Report) {
    let written = value.get("baseScore").and_then(Value::as_f64).map(|score| format!("{score:.1}"));
    let Some(score) = written.and_then(|written| Score::parse(&written).ok()) else { return };
    let word = text(value, "baseSeverity");
    if !word.is_empty() && word != band(score, version) {
        let message = format!("{score} is called {}, and `{}` stands here", band(score, version), echo(word));
        report.error(rules.invalid, &place.key("baseSeverity"), message);
    }
}

fn tenths(score: Score) -> String {
    score.to_string()
}

fn band(score: Score, version: Version) -> String {
    score.band(version).as_str().to_ascii_uppercase()
}

/// The group of a key that holds a score or its word.
fn number(key: &str, version: Version) -> Option<(Group, bool)> {
    let (group, is_score) = match key.strip_suffix("Score") {
        Some(group) => (group, true),
        None => (key.strip_suffix("Severity")?, false),
    };
    if version == Version::V2 && !is_score {
        return None;
    }
    match (group, version) {
        ("base", _) => Some((Group::Base, is_score)),
        ("temporal", Version::V2 | Version::V30 | Version::V31) => Some((Group::Temporal, is_score)),
        ("environmental", Version::V2 | Version::V30 | Version::V31) => {
            Some((Group::Environmental, is_score))
        }
        _ => None,
    }
}

fn computed(
    found: &Value,
    is_score: bool,
    expected: Option<String>,
    rules: &Rules,
    place: &Place<'_>,
    report: &mut Report,
) {
    let written = match found {
        Value::Number(number) if is_score => number
            .as_f64()
            .filter(|number| (0.0..=10.0).contains(number))
            .map(|number| format!("{number:.1}")),
        Value::String(word) if !is_score => {
            ["NONE", "LOW", "MEDIUM", "HIGH", "CRITICAL"].contains(&word.as_str()).then(|| word.clone())
        }
        _ => None,
    };
    let Some(written) = written else {
        let wanted =
            if is_score { "a score from 0.0 to 10.0" } else { "NONE, LOW, MEDIUM, HIGH or CRITICAL" };
        return report.error(rules.invalid, place, format!("expected {wanted}"));
    };
    let Some(expected) = expected else { return };
    if written != expected {
        report.error(
            rules.computed,
            place,
            format!("the vector gives {expected}, and {written} stands here"),
        );
    }
}

fn word(
    found: &Value,
    metric: &str,
    words: &[(&str, &str)],
    vector: Option<&Vector>,
    rules: &Rules,
    place: &Place<'_>,
    report: &mut Report,
) {
    let written = found.as_str().unwrap_or_default();
    let Some((_, word)) = words.iter().find(|(_, word)| *word == written) else {
        let known: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
        return report.error(rules.invalid, place, format!("expected one of {}", known.join(", ")));
    };
    // What the vector leaves out may be said beside it.
    let Some(given) = vector.and_then(|vector| vector.metric(metric)) else { return };
    let expected = words.iter().find(|(short, _)| *short == given).map(|(_, word)| *word);
    if expected.is_some_and(|expected| expected != *word) {
        report.error(
            rules.inconsistent,
            place,
            format!("the vector says {metric}:{given}, and {word} stands here"),
        );
    }
}

/// The vector with its metrics in the order of the specification; the schemas
/// allow any order before version 4.0.
fn in_order(written: &str, metrics: &[Metric]) -> String {
    let (prefix, rest) = match written.strip_prefix("CVSS:3.") {
        Some(rest) => match rest.split_once('/') {
            Some((minor, rest)) => (format!("CVSS:3.{minor}/"), rest),
            None => return written.to_owned(),
        },
        None if written.starts_with("CVSS:") => return written.to_owned(),
        None => (String::new(), written),
    };
    let mut parts: Vec<&str> = rest.split('/').collect();
    parts.sort_by_key(|part| {
        let name = part.split(':').next().unwrap_or_default();
        metrics.iter().position(|(metric, _, _)| *metric == name).unwrap_or(metrics.len())
    });
    format!("{prefix}{}", parts.join("/"))
}

/// The vector with its metrics in the order of its own version.
pub fn ordered(written: &str) -> String {
    in_order(written, if written.starts_with("CVSS:3.") { V3 } else { V2 })
}
