//! The one source of an advisory: `CASE.toml`, as docs/advisories.md describes
//! it. [`read()`] is the only way in, [`write()`] the only way out.

pub mod draft;
mod read;
mod write;

use fixlead_core::severity::Vector;
use fixlead_core::time::Instant;

use crate::words::words;

pub use read::{Complaint, MOST_BYTES, Source, read};
pub use write::write;

/// Everything that is told about a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advisory {
    /// What the desk calls it; it stands in public only where there is no
    /// other id.
    pub id: String,
    /// The CVE id.
    pub cve: Option<String>,
    /// What others call it.
    pub aliases: Vec<String>,
    /// One line.
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Markdown.
    pub description: String,
    /// When it became public.
    pub published: Instant,
    /// When it was changed last.
    pub modified: Option<Instant>,
    /// When it was found to be none.
    pub withdrawn: Option<Instant>,
    /// The severity in the words of the project's policy.
    pub severity: Option<String>,
    /// Weaknesses as `CWE-79`.
    pub cwe: Vec<String>,
    /// What somebody holds its severity to be.
    pub scores: Vec<Score>,
    /// Which packages, and which of their versions.
    pub affected: Vec<Affected>,
    /// What helps before an upgrade.
    pub mitigations: Vec<String>,
    /// Where more is to be read.
    pub references: Vec<Reference>,
    /// Who is thanked.
    pub credits: Vec<Credit>,
    /// What changed when; empty where nothing but the publication happened.
    pub revisions: Vec<Revision>,
    /// Who publishes.
    pub publisher: Publisher,
}

/// A vector and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The vector as it was written, which is one.
    pub vector: Vector,
    /// Who scored.
    pub by: Option<String>,
}

/// A package and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// A package URL without a version.
    pub package: String,
    /// The address of the repository.
    pub repo: Option<String>,
    /// Whether it is affected.
    pub status: Status,
    /// Why it is not.
    pub justification: Option<Justification>,
    /// The same in a sentence.
    pub impact: Option<String>,
    /// Which versions are affected.
    pub ranges: Vec<Range>,
}

/// The affected versions of one branch.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The first affected version; `0` where it was never otherwise.
    pub introduced: String,
    /// The first version that is not affected any more.
    pub fixed: Option<String>,
    /// Where there is no such version: the last one that is affected.
    pub last_affected: Option<String>,
    /// The commit that brought it in.
    pub introduced_commit: Option<String>,
    /// The commit that mended it.
    pub fixed_commit: Option<String>,
}

/// An address and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What is there.
    pub kind: Kind,
    /// The address.
    pub url: String,
}

/// Somebody who is thanked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// As they want to be called.
    pub name: String,
    /// What for.
    pub role: Role,
    /// Addresses at which they can be reached, public like everything here.
    pub contact: Vec<String>,
    /// What GitHub calls them.
    pub login: Option<String>,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// When.
    pub date: Instant,
    /// A whole number, or three of them with dots.
    pub number: String,
    /// What changed.
    pub summary: String,
}

/// Who publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The name.
    pub name: String,
    /// An address that is theirs and names no other publisher.
    pub namespace: String,
    /// What they are to the product.
    pub category: Category,
    /// The CNA that assigned the CVE id, by the id of its organisation.
    pub cna_org: Option<String>,
}

words! {
    /// Whether a package is affected.
    Status, "status":
    /// Some versions are.
    Affected = "affected",
    /// None is.
    NotAffected = "not-affected",
    /// Nobody knows yet.
    UnderInvestigation = "under-investigation",
    /// Some were, and there are versions that are not.
    Fixed = "fixed",
}

words! {
    /// Why a package is not affected, in the words that CSAF and OpenVEX share.
    Justification, "justification":
    /// The package does not have the vulnerable part.
    ComponentNotPresent = "component_not_present",
    /// It has the part without the vulnerable code.
    CodeNotPresent = "vulnerable_code_not_present",
    /// It never executes it.
    CodeNotExecuted = "vulnerable_code_not_in_execute_path",
    /// It executes it with nothing that an attacker chooses.
    CodeNotControlled = "vulnerable_code_cannot_be_controlled_by_adversary",
    /// Something in it stops the attack.
    Mitigated = "inline_mitigations_already_exist",
}

words! {
    /// What a reference leads to.
    Kind, "kind of reference":
    /// The change that mends it.
    Fix = "fix",
    /// Another advisory on the same.
    Advisory = "advisory",
    /// How it was reported, or the tracking issue.
    Report = "report",
    /// Anything else.
    Web = "web",
    /// Where the package is to be had.
    Package = "package",
    /// A proof or a demonstration.
    Evidence = "evidence",
}

words! {
    /// What somebody is thanked for; the words that CVE, OSV and GHSA share.
    Role, "role":
    /// Found it.
    Finder = "finder",
    /// Told the project.
    Reporter = "reporter",
    /// Worked out what it does.
    Analyst = "analyst",
    /// Brought people together.
    Coordinator = "coordinator",
    /// Wrote the fix.
    RemediationDeveloper = "remediation-developer",
    /// Reviewed it.
    RemediationReviewer = "remediation-reviewer",
    /// Tried it out.
    RemediationVerifier = "remediation-verifier",
    /// A program that found it.
    Tool = "tool",
    /// Paid for the work.
    Sponsor = "sponsor",
    /// Something else.
    Other = "other",
}

words! {
    /// What a publisher is to the product (CSAF 2.0, section 3.2.1.8.1).
    Category, "category of publisher":
    /// Brings others together.
    Coordinator = "coordinator",
    /// Finds flaws of others.
    Discoverer = "discoverer",
    /// None of these.
    Other = "other",
    /// Passes on what others publish.
    Translator = "translator",
    /// Uses the product.
    User = "user",
    /// Makes the product.
    Vendor = "vendor",
}

impl Advisory {
    /// What others call it: the CVE id, else a GHSA id, else an id of the kind
    /// that OSV leaves to everybody.
    pub fn public_id(&self) -> String {
        if let Some(cve) = &self.cve {
            return cve.clone();
        }
        let known = |prefix: &str| self.aliases.iter().find(|alias| alias.starts_with(prefix));
        match known("GHSA-").or_else(|| known("x_")) {
            Some(alias) => alias.clone(),
            None => format!("x_{}-{}", slug(&self.publisher.name), slug(&self.id)),
        }
    }

    /// Every id but the public one.
    pub fn other_ids(&self) -> Vec<&str> {
        let public = self.public_id();
        self.aliases.iter().map(String::as_str).filter(|alias| *alias != public).collect()
    }

    /// When it changed last.
    pub fn changed(&self) -> Instant {
        [self.modified, self.withdrawn].into_iter().flatten().fold(self.published, Instant::max)
    }

    /// Its history; what the dates say where none was written.
    pub fn history(&self) -> Vec<Revision> {
        if !self.revisions.is_empty() {
            return self.revisions.clone();
        }
        let mut dates = vec![(self.published, "initial publication")];
        dates.extend(self.modified.map(|date| (date, "update")));
        dates.extend(self.withdrawn.map(|date| (date, "withdrawn")));
        dates.sort_by_key(|(date, _)| *date);
        dates
            .into_iter()
            .enumerate()
            .map(|(place, (date, summary))| Revision {
                date,
                number: (place + 1).to_string(),
                summary: summary.to_owned(),
            })
            .collect()
    }

    /// The number of its newest revision.
    pub fn number(&self) -> String {
        self.history().pop().map_or_else(|| "1".to_owned(), |revision| revision.number)
    }
}

impl Affected {
    /// Whether some of its versions are affected.
    pub fn has_affected_versions(&self) -> bool {
        matches!(self.status, Status::Affected | Status::Fixed)
    }
}

/// Letters and digits of a text in lower case, with hyphens between its words.
fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    if words.is_empty() { "unnamed".to_owned() } else { words.join("-") }
}
