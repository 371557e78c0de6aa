//! What an advisory says, told by its source and read back from each document:
//! the two have to be the same, as far as the document can say it.
//!
//! What a format has no words for stands in one place, `expected`; everything
//! else that differs is a mistake.

mod expected;
mod records;
mod texts;

use std::collections::BTreeSet;
use std::fmt;

use fixlead_core::severity::Vector;
use fixlead_core::text::echo;

use crate::format::{Format, Options};
use crate::source::{Advisory, Kind, Role, Status};
use crate::words::words;

words! {
    /// A kind of fact.
    Fact, "kind of fact":
    /// What it is called.
    Ids = "ids",
    /// Its title.
    Title = "title",
    /// Packages and what is known of them.
    Packages = "packages",
    /// Which of their versions are affected.
    Ranges = "ranges",
    /// Which commits brought it in, and mended it.
    Commits = "commits",
    /// Vectors, and the numbers beside them.
    Scores = "scores",
    /// The severity in words.
    Severity = "severity",
    /// Weaknesses.
    Weaknesses = "weaknesses",
    /// When it was published, changed, withdrawn.
    Dates = "dates",
    /// Who is thanked, and what for.
    Credits = "credits",
    /// Addresses and what is there.
    References = "references",
    /// What to do before upgrading.
    Mitigations = "mitigations",
}

/// The facts of a document: for each kind what is said, or nothing where the
/// format has no words for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    said: Vec<(Fact, BTreeSet<String>)>,
}

impl Facts {
    /// Adds what is said of a kind; saying nothing of it is said, too.
    pub(crate) fn say(&mut self, fact: Fact, texts: impl IntoIterator<Item = String>) {
        match self.said.iter_mut().find(|(known, _)| *known == fact) {
            Some((_, said)) => said.extend(texts),
            None => self.said.push((fact, texts.into_iter().collect())),
        }
    }

    /// What is said of a kind.
    pub fn of(&self, fact: Fact) -> Option<&BTreeSet<String>> {
        self.said.iter().find(|(known, _)| *known == fact).map(|(_, said)| said)
    }
}

/// A fact in which a document and its source differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The kind.
    pub fact: Fact,
    /// What the source says and the document does not.
    pub missing: Vec<String>,
    /// What the document says and the source does not.
    pub added: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |texts: &[String]| texts.iter().map(|text| echo(text)).collect::<Vec<_>>().join(", ");
        write!(f, "{}:", self.fact.as_str())?;
        if !self.missing.is_empty() {
            write!(f, " the source says {}", list(&self.missing))?;
        }
        if !self.added.is_empty() {
            let joint = if self.missing.is_empty() { "" } else { "," };
            write!(f, "{joint} the document says {}", list(&self.added))?;
        }
        Ok(())
    }
}

/// Holds a document against the source it was made from.
///
/// # Errors
/// Why the document cannot be read.
pub fn compare(
    advisory: &Advisory,
    format: Format,
    options: Options,
    document: &str,
) -> Result<Vec<Difference>, String> {
    let found = read(format, document)?;
    let expected = expected::facts(advisory, format, options);
    let nothing = BTreeSet::new();
    let mut differences = Vec::new();
    for fact in Fact::ALL {
        let (expected, found) = (expected.of(*fact), found.of(*fact));
        let (expected, found) = (expected.unwrap_or(&nothing), found.unwrap_or(&nothing));
        if expected != found {
            differences.push(Difference {
                fact: *fact,
                missing: expected.difference(found).cloned().collect(),
                added: found.difference(expected).cloned().collect(),
            });
        }
    }
    Ok(differences)
}

/// The facts of a document.
///
/// # Errors
/// Why it cannot be read.
pub fn read(format: Format, document: &str) -> Result<Facts, String> {
    match format {
        Format::Mail => Ok(texts::mail(document)),
        Format::Html => Ok(texts::html(document)),
        Format::Atom => Ok(texts::atom(document)),
        Format::Cve => crate::json::read(document).map(|value| records::cve(&value)),
        Format::Osv => crate::json::read(document).map(|value| records::osv(&value)),
        Format::Csaf => crate::json::read(document).map(|value| records::csaf(&value)),
        Format::OpenVex => crate::json::read(document).map(|value| records::openvex(&value)),
        Format::Ghsa => crate::json::read(document).map(|value| records::ghsa(&value)),
    }
}

// How single facts are written, so that two of them can be compared.

/// A range of a package, as people write it.
pub(crate) fn range(package: &str, range: &str) -> String {
    format!("{package} {range}")
}

/// A fix of a package.
pub(crate) fn fixed(package: &str, version: &str) -> String {
    format!("{package} fixed in {version}")
}

pub(crate) fn status(package: &str, status: Status) -> String {
    format!("{package} {}", status.as_str())
}

pub(crate) fn vector(vector: &Vector) -> String {
    vector.canonical()
}

pub(crate) fn number(vector: &Vector) -> String {
    format!("{} is {}", vector.canonical(), crate::tell::base_score(vector))
}

pub(crate) fn credit(name: &str, role: Role) -> String {
    format!("{} ({name})", role.as_str())
}

pub(crate) fn reference(kind: Kind, url: &str) -> String {
    format!("{} {url}", kind.as_str())
}

pub(crate) fn commit(package: &str, introduced: &str, fixed: Option<&str>) -> String {
    format!("{package} {introduced}..{}", fixed.unwrap_or("*"))
}

/// A text whatever its line breaks and spaces.
pub(crate) fn words_of(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
