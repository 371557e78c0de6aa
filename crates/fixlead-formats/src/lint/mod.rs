//! What no schema can say of an advisory: whether it is true to itself, to the
//! rules of those who take it in, and of use to who reads it.
//!
//! An error stops the documents from being made, since one of them would be
//! wrong or refused. A warning is for whoever writes to decide on.

mod links;
mod ranges;

use fixlead_core::id::is_cve_id;
use fixlead_core::text::echo;
use fixlead_core::time::Instant;

use crate::cwe;
use crate::source::{Advisory, Affected, Status};

pub use links::Insiders;
pub(crate) use links::urls;

/// How much is at stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A document would be wrong.
    Error,
    /// It could be better.
    Warning,
}

impl Level {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much is at stake.
    pub level: Level,
    /// A short name for the rule.
    pub rule: &'static str,
    /// The part of the source: `affected/0/range/1/fixed`.
    pub path: String,
    /// What is wrong, and the remedy.
    pub message: String,
}

/// What is found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, rule: &'static str, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding { level: Level::Error, rule, path: path.into(), message: message.into() });
    }

    fn warn(&mut self, rule: &'static str, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Finding { level: Level::Warning, rule, path: path.into(), message: message.into() });
    }
}

/// Everything that can be said against an advisory, errors first.
pub fn lint(advisory: &Advisory, insiders: &Insiders) -> Vec<Finding> {
    let mut findings = Findings::default();
    ids(advisory, &mut findings);
    dates(advisory, &mut findings);
    severity(advisory, &mut findings);
    if advisory.affected.is_empty() {
        findings.error("affected", "", "no package is named; write an [[affected]] section for each, also for those that are not affected");
    }
    for (place, affected) in advisory.affected.iter().enumerate() {
        let path = format!("affected/{place}");
        ranges::lint(affected, &path, &mut findings);
        let same = advisory.affected[..place].iter().any(|other| other.package == affected.package);
        if same {
            findings.error(
                "affected",
                format!("{path}/package"),
                "this package has a section already; put its ranges together",
            );
        }
        status(affected, &path, &mut findings);
    }
    actionable(advisory, &mut findings);
    records(advisory, &mut findings);
    links::lint(advisory, insiders, &mut findings);
    let mut findings = findings.0;
    findings.sort_by_key(|finding| finding.level);
    findings
}

/// GHSA ids leave out the letters that are taken for others.
pub(crate) fn is_ghsa(id: &str) -> bool {
    let Some(rest) = id.strip_prefix("GHSA-") else { return false };
    let parts: Vec<&str> = rest.split('-').collect();
    parts.len() == 3
        && parts
            .iter()
            .all(|part| part.len() == 4 && part.chars().all(|letter| "23456789cfghjmpqrvwx".contains(letter)))
}

fn ids(advisory: &Advisory, findings: &mut Findings) {
    if let Some(cve) = &advisory.cve
        && !is_cve_id(cve)
    {
        findings.error("id", "cve", format!("`{}` is no CVE id; write it like CVE-2026-12345", echo(cve)));
    }
    for (place, alias) in advisory.aliases.iter().enumerate() {
        let path = format!("aliases/{place}");
        if alias.starts_with("GHSA-") && !is_ghsa(alias) {
            findings.error(
                "id",
                &path,
                format!("`{}` is no GHSA id; copy it whole from GitHub", echo(alias)),
            );
        }
        if alias.starts_with("CVE-") && !is_cve_id(alias) {
            findings.error(
                "id",
                &path,
                format!("`{}` is no CVE id; write it like CVE-2026-12345", echo(alias)),
            );
        }
        if alias.contains(char::is_whitespace) {
            findings.error("id", &path, "an id has no spaces; write each into quotes of its own");
        }
        if advisory.cve.as_ref() == Some(alias) || advisory.aliases[..place].contains(alias) {
            findings.error("id", &path, format!("`{}` is named twice; keep one", echo(alias)));
        }
    }
    if advisory.cve.is_none() {
        if let Some(place) = advisory.aliases.iter().position(|alias| is_cve_id(alias)) {
            findings.error(
                "id",
                format!("aliases/{place}"),
                "a CVE id stands as `cve = \"…\"`; move it there",
            );
        } else {
            findings.warn(
                "id",
                "id",
                "there is no CVE id, so no CVE record is made; most readers look for one",
            );
        }
    }
    let mut seen = Vec::new();
    for (place, id) in advisory.cwe.iter().enumerate() {
        let path = format!("cwe/{place}");
        if cwe::name(id).is_none() {
            let message = format!(
                "`{}` is no weakness of CWE 4.20; write one like CWE-79, no category and no view",
                echo(id)
            );
            findings.error("cwe", &path, message);
        }
        if seen.contains(&id) {
            findings.error("cwe", &path, format!("`{}` is named twice; keep one", echo(id)));
        }
        seen.push(id);
    }
    if advisory.cwe.is_empty() {
        findings.warn("cwe", "", "no weakness is named; write cwe = [\"CWE-…\"], which CVE asks for");
    }
}

fn dates(advisory: &Advisory, findings: &mut Findings) {
    if advisory.published <= Instant::EPOCH {
        findings.error(
            "dates",
            "published",
            "nobody published it in 1970; write the day on which it became public",
        );
    }
    for (key, date) in [("modified", advisory.modified), ("withdrawn", advisory.withdrawn)] {
        if date.is_some_and(|date| date < advisory.published) {
            findings.error(
                "dates",
                key,
                format!("it was {key} before it was published; correct one of the dates"),
            );
        }
    }
    let numbers: Vec<Option<Vec<u64>>> =
        advisory.revisions.iter().map(|revision| number(&revision.number)).collect();
    for (place, revision) in advisory.revisions.iter().enumerate() {
        let path = format!("revision/{place}");
        let Some(own) = &numbers[place] else {
            let message = format!(
                "`{}` is no number of a revision; write 1, 2, 3 or 1.0.0, 1.1.0",
                echo(&revision.number)
            );
            findings.error("revision", format!("{path}/number"), message);
            continue;
        };
        if own.first() == Some(&0) {
            findings.error(
                "revision",
                format!("{path}/number"),
                "a published revision has a number from 1; leave drafts out",
            );
        }
        let Some(before) = place.checked_sub(1) else { continue };
        if advisory.revisions[before].date > revision.date {
            findings.error("revision", format!("{path}/date"), "revisions stand in the order of their dates");
        }
        let Some(earlier) = &numbers[before] else { continue };
        if earlier.len() != own.len() {
            findings.error(
                "revision",
                format!("{path}/number"),
                "all revisions are numbered in the same way",
            );
        } else if earlier >= own {
            findings.error("revision", format!("{path}/number"), "a later revision has a higher number");
        } else if own.first() > earlier.first().map(|first| first + 1).as_ref() {
            findings.error(
                "revision",
                format!("{path}/number"),
                "a revision is missing before it; count on by one",
            );
        }
    }
    if let (Some(first), [Some(numbered), ..]) = (advisory.revisions.first(), numbers.as_slice()) {
        if numbered.first() > Some(&1) {
            findings.error("revision", "revision/0/number", "the first revision has the number 1 or 1.0.0");
        }
        if first.date > advisory.published {
            findings.error(
                "revision",
                "revision/0/date",
                "the first revision is the publication; write its date",
            );
        }
    }
    if let Some(last) = advisory.revisions.last()
        && last.date != advisory.changed()
    {
        let path = format!("revision/{}/date", advisory.revisions.len() - 1);
        findings.error(
            "revision",
            path,
            format!(
                "the newest revision is of {}, and the advisory changed on {}; write the same instant",
                last.date,
                advisory.changed()
            ),
        );
    }
}

/// The number of a revision: a whole one, or three with dots.
fn number(text: &str) -> Option<Vec<u64>> {
    let plain = |part: &str| {
        part == "0" || (!part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let parts: Option<Vec<u64>> =
        text.split('.').map(|part| if plain(part) { part.parse().ok() } else { None }).collect();
    parts.filter(|parts| parts.len() == 1 || parts.len() == 3)
}

fn severity(advisory: &Advisory, findings: &mut Findings) {
    for (place, score) in advisory.scores.iter().enumerate() {
        let version = score.vector.version();
        if advisory.scores[..place].iter().any(|other| other.vector.version() == version) {
            let message = format!(
                "there is a vector of CVSS {version} already, and readers take one; keep what you stand by"
            );
            findings.error("score", format!("score/{place}/vector"), message);
        }
    }
    if advisory.scores.is_empty() && advisory.severity.is_none() {
        findings.warn("score", "", "nothing says how bad it is; write a [[score]] or a severity");
    }
    let Some(word) = &advisory.severity else { return };
    let words = ["none", "low", "medium", "high", "critical"];
    let word = word.to_ascii_lowercase();
    let word = if word == "moderate" { "medium" } else { word.as_str() };
    // A policy may have words of its own, which no score contradicts.
    if !words.contains(&word) || advisory.scores.is_empty() {
        return;
    }
    let bands: Vec<&str> = advisory
        .scores
        .iter()
        .map(|score| score.vector.scores().overall().1.band(score.vector.version()).as_str())
        .collect();
    if !bands.contains(&word) {
        let message = format!(
            "`{word}` is what no vector gives: they say {}; correct one, or say in the description why",
            bands.join(", ")
        );
        findings.warn("score", "severity", message);
    }
}

fn status(affected: &Affected, path: &str, findings: &mut Findings) {
    let none = affected.status == Status::NotAffected;
    if none && affected.justification.is_none() && affected.impact.is_none() {
        findings.error(
            "status",
            format!("{path}/status"),
            "say why it is not affected: justification = \"…\" or impact = \"…\"",
        );
    }
    if !none && affected.justification.is_some() {
        findings.error(
            "status",
            format!("{path}/justification"),
            "only what is not affected has a justification",
        );
    }
    if matches!(affected.status, Status::NotAffected | Status::UnderInvestigation)
        && !affected.ranges.is_empty()
    {
        let message = format!(
            "a package that is {} has no affected ranges; leave them out or change the status",
            affected.status.as_str()
        );
        findings.error("status", format!("{path}/range"), message);
    }
    if affected.has_affected_versions() && affected.ranges.is_empty() {
        findings.error(
            "status",
            format!("{path}/status"),
            "name the affected versions: an [[affected.range]] for each branch",
        );
    }
    if affected.status == Status::Fixed && affected.ranges.iter().any(|range| range.fixed.is_none()) {
        findings.error(
            "status",
            format!("{path}/status"),
            "a branch has no fixed version; write the status `affected`",
        );
    }
}

/// Whether somebody who reads it can do something: upgrade, and until then
/// lessen the danger.
fn actionable(advisory: &Advisory, findings: &mut Findings) {
    let is_affected = advisory.affected.iter().any(Affected::has_affected_versions);
    if !is_affected || advisory.withdrawn.is_some() {
        return;
    }
    if advisory.mitigations.is_empty() {
        findings.warn("actionable", "", "no [[mitigation]] says what to do before upgrading; write the exact steps, or that there are none");
    }
    let fixed =
        advisory.affected.iter().flat_map(|affected| &affected.ranges).any(|range| range.fixed.is_some());
    if fixed && !advisory.references.iter().any(|reference| is_fix(reference.kind)) {
        findings.warn(
            "actionable",
            "reference",
            "no reference leads to the fix or its release; write one of the kind `fix` or `package`",
        );
    }
    for (place, affected) in advisory.affected.iter().enumerate() {
        for (branch, range) in affected.ranges.iter().enumerate() {
            if affected.has_affected_versions() && range.fixed.is_none() && advisory.mitigations.is_empty() {
                let message =
                    "this branch has neither a fixed version nor a mitigation: nobody on it can do anything";
                findings.warn("actionable", format!("affected/{place}/range/{branch}"), message);
            }
        }
    }
}

fn is_fix(kind: crate::source::Kind) -> bool {
    use crate::source::Kind;
    matches!(kind, Kind::Fix | Kind::Package | Kind::Advisory)
}

/// What the record formats demand beyond their structure.
fn records(advisory: &Advisory, findings: &mut Findings) {
    let title = advisory.title.chars().count();
    if title > 256 {
        findings.error("length", "title", format!("{title} characters; a CVE record takes at most 256"));
    }
    let description = advisory.description.chars().count();
    if advisory.cve.is_some() && description > 4096 {
        findings.error(
            "length",
            "description",
            format!("{description} characters; a CVE record takes at most 4096"),
        );
    }
    if !advisory.summary.trim_end().ends_with(['.', '!', '?']) || advisory.summary.chars().count() > 400 {
        findings.warn("summary", "summary", "write one whole sentence of at most 400 characters");
    }
    for (place, text) in advisory.mitigations.iter().enumerate() {
        if advisory.cve.is_some() && text.chars().count() > 4096 {
            findings.error(
                "length",
                format!("mitigation/{place}/text"),
                "a CVE record takes at most 4096 characters",
            );
        }
    }
    let Some(_) = &advisory.cve else { return };
    if advisory.references.is_empty() {
        findings.error(
            "cna",
            "",
            "a CVE record needs a public reference; write a [[reference]], the advisory's own page at least",
        );
    }
    match &advisory.publisher.cna_org {
        None => findings.warn("cna", "publisher", "the CVE record names no CNA, so that its organisation is all zeros; write cna_org, the id of the one that assigned it"),
        Some(org) if !is_uuid4(org) => {
            findings.error("cna", "publisher/cna_org", format!("`{}` is no UUID of version 4, as CVE services give to an organisation", echo(org)));
        }
        Some(_) => {}
    }
    if advisory.withdrawn.is_some() && advisory.revisions.is_empty() {
        let message =
            "say why: write a [[revision]] of that day, whose summary stands before everything else";
        findings.warn("revision", "withdrawn", message);
    }
    if advisory.withdrawn.is_some() {
        findings.warn("cna", "withdrawn", "the CVE record stays published: ask the CNA to reject it");
    }
}

fn is_uuid4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && parts[2].starts_with('4')
        && parts[3].starts_with(['8', '9', 'a', 'b', 'A', 'B'])
}
