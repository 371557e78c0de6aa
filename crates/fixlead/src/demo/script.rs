//! What a demonstration tells: people, projects and cases, as files that people
//! can read and write. Instants in them count from the start.
//!
//! | written | is |
//! |---|---|
//! | `-9d3h20m` | so long before the start; with `+`, after it |
//! | `slot-10d` | the first release slot from ten days before the start on: 16:00 UTC, Monday to Thursday |
//! | `slot-10d+5m` | five minutes after that |
//! | `2024-06-03T15:10:16Z` | this instant |
//!
//! In an event `{…}` holds such an instant, or the first name of somebody.

use std::collections::BTreeMap;

use fixlead_core::case::{Branch, BranchClass};
use fixlead_core::desk::directory::Login;
use fixlead_core::time::{Instant, Span};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const DESK: &str = include_str!("../../demo/desk.toml");

/// The cases, in the order in which they are read.
const CASES: &[(&str, &str)] = &[
    ("baggage", include_str!("../../demo/cases/baggage.toml")),
    ("pprof", include_str!("../../demo/cases/pprof.toml")),
    ("quota", include_str!("../../demo/cases/quota.toml")),
    ("acknowledged", include_str!("../../demo/cases/acknowledged.toml")),
    ("grants", include_str!("../../demo/cases/grants.toml")),
    ("signing", include_str!("../../demo/cases/signing.toml")),
    ("cache", include_str!("../../demo/cases/cache.toml")),
    ("manifest", include_str!("../../demo/cases/manifest.toml")),
    ("reload", include_str!("../../demo/cases/reload.toml")),
    ("library", include_str!("../../demo/cases/library.toml")),
    ("timezone", include_str!("../../demo/cases/timezone.toml")),
    ("repeat", include_str!("../../demo/cases/repeat.toml")),
    ("labels", include_str!("../../demo/cases/labels.toml")),
    ("retention", include_str!("../../demo/cases/retention.toml")),
    ("backups", include_str!("../../demo/cases/backups.toml")),
    ("header", include_str!("../../demo/cases/header.toml")),
    ("study", include_str!("../../demo/cases/study.toml")),
];

/// Everything.
pub struct Script {
    /// When the house is settled.
    pub begins: Instant,
    /// The start.
    pub now: Instant,
    /// The organisation.
    pub organisation: String,
    /// Who works there.
    pub people: Vec<PersonText>,
    /// On what.
    pub projects: Vec<ProjectText>,
    /// Who can be tried.
    pub ways: Vec<WayText>,
    /// The cases.
    pub cases: Vec<CaseText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DeskText {
    begins: String,
    organisation: String,
    people: Vec<PersonText>,
    projects: Vec<ProjectText>,
    ways: Vec<WayText>,
}

/// Somebody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PersonText {
    /// The first name, in small letters.
    pub name: String,
    /// The whole name.
    pub called: String,
    /// Whether they are responder of every project. One of them is the second
    /// person for what needs two.
    #[serde(default)]
    pub everywhere: bool,
    /// Whether they check who did and knew what.
    #[serde(default)]
    pub auditor: bool,
    /// How files name them, and commits.
    #[serde(default)]
    pub logins: Vec<Login>,
    /// When they are away: first and last day, counted from the start.
    pub away: Option<(i64, i64)>,
}

/// A project.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProjectText {
    /// A word for it.
    pub name: String,
    /// What it is called.
    pub called: String,
    /// Its policy.
    pub policy: String,
    /// What the policy leaves open.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Those who answer reports and take turns.
    pub responders: Vec<String>,
    /// Its maintainers.
    pub maintainers: Vec<String>,
    /// Who owns what.
    pub owners: BTreeMap<String, Vec<String>>,
    /// Its branches.
    pub branches: Vec<BranchText>,
}

/// A branch.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BranchText {
    name: String,
    class: String,
    since: Option<String>,
}

/// Somebody who can be tried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WayText {
    /// The word in the link.
    pub word: String,
    /// What they are called.
    pub name: String,
    /// What they are.
    pub role: String,
    /// What they would like to see.
    pub why: String,
    /// Who of the people it is.
    #[serde(default)]
    pub person: String,
    /// The case whose reporter it is.
    pub receipt: Option<String>,
    /// What they could try.
    pub tries: Vec<TryText>,
}

/// Something to try.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryText {
    /// What.
    pub say: String,
    /// Where: a page, or `case:` and a case with perhaps a page of it, or `report:` and a project.
    pub to: String,
}

/// A case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseText {
    /// A word for it, its file's.
    #[serde(default)]
    pub name: String,
    /// The word of its project.
    pub project: String,
    /// When it is reported.
    pub reported: String,
    /// Its title.
    pub title: String,
    /// The report.
    pub body: String,
    /// Whether it was public.
    #[serde(default)]
    pub public: bool,
    /// How it came in, if not by the form.
    pub channel: Option<String>,
    /// The name to thank.
    pub credit: Option<String>,
    /// What happens then.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepText>,
}

/// A step: when, by whom (`reporter`, or a first name), and one of what can be done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepText {
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Written into `room`.
    pub say: Option<String>,
    /// The room: `reporter`, `internal`, `guest`.
    pub room: Option<String>,
    /// A note for the team.
    pub note: Option<String>,
    /// Takes the lead.
    pub lead: Option<bool>,
    /// Offers the lead to somebody.
    pub offer: Option<String>,
    /// Takes the lead that is offered.
    pub accept: Option<bool>,
    /// Asks somebody in, `as` something.
    pub ask: Option<String>,
    /// As what.
    pub r#as: Option<String>,
    /// An event that is done now.
    pub done: Option<Value>,
    /// An event that was found to have happened.
    pub found: Option<Value>,
    /// Why it is done although the policy holds it.
    pub although: Option<String>,
    /// The duty for which evidence is given with the event.
    pub evidence: Option<String>,
    /// What the evidence says.
    pub text: Option<String>,
    /// Where it is found.
    pub reference: Option<String>,
    /// A file for `room`, with its `text`.
    pub attach: Option<String>,
    /// The source of the advisory, written.
    pub advisory: Option<String>,
    /// Asks that the advisory be made public, and why.
    pub publish: Option<String>,
    /// Confirms that.
    pub confirm: Option<bool>,
    /// Makes a private repository for the fix.
    pub repository: Option<bool>,
    /// Pushes what this name of the public repository's file holds.
    pub push: Option<String>,
    /// Closes the case, and why.
    pub close: Option<String>,
    /// Merges it into another case, and why.
    pub merge: Option<String>,
    /// Keeps somebody with a conflict of interest out.
    pub recuse: Option<String>,
    /// Restricts it to those who have a role in it.
    pub restrict: Option<bool>,
    /// The reason for what needs one.
    pub because: Option<String>,
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| format!("{name}: {error}"))
}

impl Script {
    /// Reads all of it, as of an instant.
    pub fn read(now: Instant) -> Result<Script, String> {
        let desk: DeskText = read("desk", DESK)?;
        let mut cases = Vec::new();
        for (name, text) in CASES {
            let mut case: CaseText = read(name, text)?;
            case.name = (*name).to_owned();
            cases.push(case);
        }
        let DeskText { begins, organisation, people, projects, ways } = desk;
        let begins = instant(&begins, now)?;
        Ok(Script { begins, now, organisation, people, projects, ways, cases })
    }
}

impl BranchText {
    /// As the facts of a project have it.
    pub fn branch(&self) -> Result<Branch, String> {
        let class = match self.class.as_str() {
            "development" => BranchClass::Development,
            "supported" => BranchClass::Supported,
            "unsupported" => BranchClass::Unsupported,
            other => return Err(format!("`{other}` is no class of a branch")),
        };
        let since = match &self.since {
            Some(day) => Some(Instant::midnight(fixlead_core::time::parse_day(day)?)),
            None => None,
        };
        Ok(Branch { name: self.name.as_str().into(), class, since })
    }
}

/// The first release slot from an instant on.
fn slot(from: Instant) -> Instant {
    let mut day = from.day();
    loop {
        let at = Instant::midnight(day) + Span::hours(16);
        if at >= from && at.weekday() <= 3 {
            return at;
        }
        day += 1;
    }
}

/// An instant, as the table above has it.
pub fn instant(text: &str, now: Instant) -> Result<Instant, String> {
    if text.ends_with('Z') {
        return Instant::parse(text);
    }
    let (is_slot, mut rest) = match text.strip_prefix("slot") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut at, mut first) = (now, true);
    while !rest.is_empty() {
        let end = rest[1..].find(['+', '-']).map_or(rest.len(), |end| end + 1);
        at = at + offset(&rest[..end])?;
        if is_slot && first {
            at = slot(at);
        }
        (rest, first) = (&rest[end..], false);
    }
    Ok(at)
}

/// `-9d3h20m`
fn offset(text: &str) -> Result<Span, String> {
    let wrong = || format!("`{text}` is no length of time; write one like -9d3h20m");
    let back = match text.as_bytes().first() {
        Some(b'-') => true,
        Some(b'+') => false,
        _ => return Err(wrong()),
    };
    let (mut minutes, mut number) = (0_i64, String::new());
    for letter in text[1..].chars() {
        if letter.is_ascii_digit() {
            number.push(letter);
            continue;
        }
        let count: i64 = number.parse().map_err(|_| wrong())?;
        number.clear();
        minutes += count
            * match letter {
                'd' => 1_440,
                'h' => 60,
                'm' => 1,
                _ => return Err(wrong()),
            };
    }
    if !number.is_empty() {
        return Err(wrong());
    }
    Ok(Span::minutes(if back { -minutes } else { minutes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(events: &[Value]) -> Vec<Value> {
        events.iter().filter(|event| event["type"] != "report.received").cloned().collect()
    }

    #[test]
    fn the_study_holds_the_public_facts_and_no_other() {
        let script = Script::read(Instant::from_millis(1_800_000_000_000)).unwrap();
        let study = script.cases.iter().find(|case| case.name == "study").unwrap();
        let found: Vec<Value> = study.steps.iter().filter_map(|step| step.found.clone()).collect();
        let example = include_str!("../../../../examples/opentelemetry-collector-decompression-2024.json");
        let example: Value = serde_json::from_str(example).unwrap();
        assert_eq!(found, facts(example["events"].as_array().unwrap()));
        let sources = example["sources"].to_string();
        for step in study.steps.iter().filter(|step| step.evidence.is_some()) {
            let reference = step.reference.as_deref().unwrap();
            assert!(sources.contains(reference), "{reference} is no source of the example");
        }
    }

    #[test]
    fn instants_count_from_the_start() {
        // A Monday, 10:00 UTC.
        let now = Instant::parse("2026-11-23T10:00:00Z").unwrap();
        let at = |text| instant(text, now).unwrap().to_string();
        assert_eq!(at("-9d3h20m"), "2026-11-14T06:40:00Z");
        assert_eq!(at("slot+0d"), "2026-11-23T16:00:00Z");
        assert_eq!(at("slot+4d"), "2026-11-30T16:00:00Z", "not on a Friday, nor at the weekend");
        assert_eq!(at("slot-3d-2h"), "2026-11-23T14:00:00Z");
        assert_eq!(at("2024-06-03T15:10:16Z"), "2024-06-03T15:10:16Z");
        for wrong in ["9d", "-9", "-9w", "-d", "slot9d"] {
            assert!(instant(wrong, now).is_err(), "{wrong}");
        }
    }
}
