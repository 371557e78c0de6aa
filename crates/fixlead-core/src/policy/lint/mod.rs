//! The linter: what a policy that can be read still leaves open, or says at
//! odds with itself.
//!
//! It looks at rules, not at histories: what it finds, it finds by the words
//! of the policy alone. It says nothing that it is not sure of: a condition
//! that may hold in some case is taken to hold.
//!
//! - [`satisfy`]: whether a condition can hold at all.
//! - `uses`: what is unset, unused, or stands for nobody.
//! - `rules`: rules that never apply, bands and thresholds.
//! - `windows`: times that cannot be kept.
//! - `conflicts`: gates that hold what a duty asks for.
//! - `ladders`: reminders of nothing, or to nobody.

mod conflicts;
mod ladders;
mod rules;
pub mod satisfy;
mod uses;
mod windows;

use super::document::{Document, Entry};
use super::model::{Clauses, Policy};
use crate::case::event::vocabulary;

vocabulary! {
    /// What kind of finding it is.
    Kind {
        UnsetParameter = "unset-parameter",
        Unused = "unused",
        NoRoster = "no-roster",
        NoDischarge = "no-discharge",
        NeverApplies = "never-applies",
        Window = "window",
        UnreportedAction = "unreported-action",
        Contradiction = "contradiction",
        Shadowed = "shadowed",
        Bands = "bands",
        Threshold = "threshold",
        TwoWindows = "two-windows",
        Ladder = "ladder",
    }
}

impl Kind {
    /// What the kind means, in a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Kind::UnsetParameter => "a parameter has no value",
            Kind::Unused => "a parameter, role, excuse or anchor is declared and nothing uses it",
            Kind::NoRoster => "a role that has to act has no roster to take its people from",
            Kind::NoDischarge => "no event can discharge a duty, or one of those listed never does",
            Kind::NeverApplies => "the condition of a rule can never hold",
            Kind::Window => "a window or lead cannot be kept, or never comes due",
            Kind::UnreportedAction => "a gate holds only actions that no event reports",
            Kind::Contradiction => "gates hold what a duty asks for, with no condition under which they open",
            Kind::Shadowed => "several permissions for one event: only the last has an effect",
            Kind::Bands => "severity bands are missing or do not begin at 0.0",
            Kind::Threshold => "a score decides something and is no band's boundary, parameter or threshold",
            Kind::TwoWindows => "one clause is cited for two different windows",
            Kind::Ladder => "a ladder of reminders is for no duty, or reaches nobody",
        }
    }
}

/// So many findings are told; who has more begins with these.
pub const MOST_FINDINGS: usize = 1_000;
/// So many rules are named in one finding.
const MOST_NAMED: usize = 10;

/// Something the linter found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind it is.
    pub kind: Kind,
    /// The clauses it concerns, the first before all.
    pub clauses: Vec<String>,
    /// What it is, in a sentence, and the remedy.
    pub text: String,
}

/// Looks a policy over: `policy` is what `base` and `overlays` compile to.
///
/// Findings come in the order of [`Kind::ALL`], then of the file.
pub fn lint(base: &Document, overlays: &[&Document], policy: &Policy) -> Vec<Finding> {
    let entries = std::iter::once(&base).chain(overlays).flat_map(|document| &document.entries).collect();
    let mut lint = Lint { policy, entries, findings: Vec::new() };
    uses::look(&mut lint);
    rules::look(&mut lint);
    windows::look(&mut lint);
    conflicts::look(&mut lint);
    ladders::look(&mut lint);
    lint.findings.sort_by_key(|finding| finding.kind);
    lint.findings
}

/// A policy being looked over.
struct Lint<'p> {
    policy: &'p Policy,
    /// Its sections as they are written, overlays last.
    entries: Vec<&'p Entry>,
    findings: Vec<Finding>,
}

impl<'p> Lint<'p> {
    fn add(&mut self, kind: Kind, clauses: Vec<String>, text: String) {
        if !self.is_full() {
            self.findings.push(Finding { kind, clauses, text });
        }
    }

    /// Whether there is no use in looking further.
    fn is_full(&self) -> bool {
        self.findings.len() >= MOST_FINDINGS
    }

    /// The sections of a name.
    fn all<'l>(&'l self, section: &'l str) -> impl Iterator<Item = &'p Entry> + 'l {
        self.entries.iter().copied().filter(move |entry| entry.section.name == section)
    }

    /// The section of a rule.
    fn entry(&self, section: &str, id: &str) -> Option<&'p Entry> {
        self.entries
            .iter()
            .copied()
            .find(|entry| entry.section.name == section && entry.text("id").unwrap_or_default() == id)
    }

    /// What stands under a key of a rule.
    fn written(&self, section: &str, id: &str, key: &str) -> &'p str {
        self.entry(section, id).and_then(|entry| entry.text(key)).unwrap_or_default()
    }

    /// The clause ids of compiled rules, each once.
    fn cited(&self, lists: &[&Clauses]) -> Vec<String> {
        let mut cited: Vec<String> = Vec::new();
        for clause in lists.iter().flat_map(|list| list.iter()) {
            let clause = self.policy.clause(*clause);
            if !cited.iter().any(|known| known == clause) {
                cited.push(clause.to_owned());
            }
        }
        cited
    }
}

/// The clause ids of sections, each once.
fn clauses_of<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<String> {
    let mut cited: Vec<String> = Vec::new();
    for (clause, _) in entries.into_iter().flat_map(|entry| entry.texts("clauses").collect::<Vec<_>>()) {
        if !cited.iter().any(|known| known == clause) {
            cited.push(clause.to_owned());
        }
    }
    cited
}

/// A section as people name it, with its clauses.
fn label(entry: &Entry) -> String {
    let clauses = clauses_of([entry]).join(", ");
    match entry.text("id") {
        Some(id) => format!("{} `{id}` ({clauses})", entry.section.name),
        None => format!("[{}] ({clauses})", entry.section.name),
    }
}

/// Several sections as people name them.
fn labels(entries: &[&Entry]) -> String {
    let mut list: Vec<String> = entries.iter().take(MOST_NAMED).map(|entry| label(entry)).collect();
    if entries.len() > MOST_NAMED {
        list.push(format!("{} more", entries.len() - MOST_NAMED));
    }
    list.join(", ")
}

/// The conditions of a section, as they are written.
fn conditions(entry: &Entry) -> impl Iterator<Item = &str> {
    ["when", "where", "needs"].into_iter().filter_map(|key| entry.text(key))
}

/// The words of a condition.
fn words(condition: &str) -> impl Iterator<Item = &str> {
    condition
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '(' | ')' | '<' | '>' | '='))
        .filter(|word| !word.is_empty())
}
