//! The same change on other branches, and what takes a change back.
//!
//! The same is what git's patch id says, and what a message says (`(cherry
//! picked from commit …)`). A commit that names several picks brings each of
//! them and is the same as none, unless they were picked from each other.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::error::Result;
use crate::graph::Graph;
use crate::id::Id;
use crate::index::patch_ids::PatchIds;
use crate::index::{Facts, Index, Says};
use crate::workspace::Workspace;

/// How a commit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// It has the same patch id.
    PatchId,
    /// A message says that it was picked.
    Trailer,
    /// Its message, or that of the same change elsewhere, says it takes it back.
    Reverts,
}

impl How {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            How::PatchId => "patch-id",
            How::Trailer => "trailer",
            How::Reverts => "reverts",
        }
    }
}

/// A commit that counts beside one that was named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Same {
    /// The commit that was named.
    pub of: Id,
    /// The other.
    pub commit: Id,
    /// How it was found.
    pub how: How,
}

/// Why a commit may be the same change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The same author wrote it under the same subject.
    AuthorAndSubject,
    /// Its subject says that it reverts one with that subject.
    RevertSubject,
}

impl Because {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Because::AuthorAndSubject => "author-and-subject",
            Because::RevertSubject => "revert-subject",
        }
    }
}

/// A commit that does not count until somebody has looked at it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The commit that was named.
    pub of: Id,
    /// The other.
    pub commit: Id,
    /// Why it is shown.
    pub because: Because,
}

/// More commits than anybody looks at for one that was named.
const MOST_CANDIDATES: usize = 20;

/// What is the same as what, as far as it was asked.
#[derive(Debug, Default)]
pub struct Equivalents {
    /// From a commit to those that bring it, by their messages.
    brought_by: HashMap<Id, BTreeSet<Id>>,
    reverted_by: HashMap<Id, BTreeSet<Id>>,
    patches: HashMap<Id, Id>,
    by_patch: HashMap<Id, BTreeSet<Id>>,
    candidates: HashMap<Id, Vec<Candidate>>,
}

impl Equivalents {
    /// Nothing is the same as anything else.
    pub fn none() -> Self {
        Equivalents::default()
    }

    /// Finds what is the same as commits, what reverts any of these, what is
    /// the same as that, and so on.
    ///
    /// # Errors
    /// When git cannot read a patch that has to be compared.
    pub fn find(
        workspace: &Workspace,
        graph: &Graph,
        index: &Index,
        patch_ids: &mut PatchIds,
        seeds: impl Iterator<Item = Id>,
    ) -> Result<Self> {
        let mut found = Equivalents::default();
        found.read_notes(graph, index);
        let seeds: HashSet<Id> = seeds.collect();
        let mut wanted = seeds.clone();
        let mut open = seeds.clone();
        while !open.is_empty() {
            let paths: HashSet<u64> =
                facts_of(index, &open).map(|facts| facts.paths).filter(|paths| *paths != 0).collect();
            let alike: Vec<Id> = index
                .facts
                .iter()
                .filter(|facts| paths.contains(&facts.paths))
                .map(|facts| facts.commit)
                .collect();
            patch_ids.ask(workspace, alike.iter().copied())?;
            for commit in alike {
                if let Some(patch) = patch_ids.of(&commit) {
                    found.patches.insert(commit, patch);
                    found.by_patch.entry(patch).or_default().insert(commit);
                }
            }
            let mut next = HashSet::new();
            for commit in &open {
                let others = found
                    .neighbours(commit)
                    .chain(found.reverted_by.get(commit).into_iter().flatten().copied());
                next.extend(others.filter(|other| !wanted.contains(other)));
            }
            wanted.extend(&next);
            open = next;
        }
        found.find_candidates(index, &seeds);
        Ok(found)
    }

    fn read_notes(&mut self, graph: &Graph, index: &Index) {
        let mut picks: HashMap<Id, BTreeSet<Id>> = HashMap::new();
        for note in &index.notes {
            let by = index.facts[note.by as usize].commit;
            match graph.beginning_with(&note.of) {
                Some(of) if of != by => match note.says {
                    Says::Picked => drop(picks.entry(by).or_default().insert(of)),
                    Says::Reverts => drop(self.reverted_by.entry(of).or_default().insert(by)),
                },
                _ => {}
            }
        }
        for (by, sources) in &picks {
            // A pick of a pick names both.
            let is_chain = sources.iter().any(|last| {
                sources
                    .iter()
                    .all(|source| source == last || picks.get(last).is_some_and(|of| of.contains(source)))
            });
            for source in sources {
                self.brought_by.entry(*source).or_default().insert(*by);
                if is_chain {
                    self.brought_by.entry(*by).or_default().insert(*source);
                }
            }
        }
    }

    fn find_candidates(&mut self, index: &Index, seeds: &HashSet<Id>) {
        let mut subjects: HashMap<u64, Vec<&Facts>> = HashMap::new();
        for facts in facts_of(index, seeds) {
            subjects.entry(facts.subject).or_default().push(facts);
        }
        let mut found: HashMap<Id, Vec<Candidate>> = HashMap::new();
        for facts in &index.facts {
            let same =
                subjects.get(&facts.subject).into_iter().flatten().filter(|seed| seed.author == facts.author);
            let same = same.map(|seed| (seed, Because::AuthorAndSubject));
            let reverts = subjects.get(&facts.reverts_subject).into_iter().flatten();
            let reverts = reverts.map(|seed| (seed, Because::RevertSubject));
            for (seed, because) in same.chain(reverts).filter(|(seed, _)| seed.commit != facts.commit) {
                found.entry(seed.commit).or_default().push(Candidate {
                    of: seed.commit,
                    commit: facts.commit,
                    because,
                });
            }
        }
        for (seed, candidates) in &mut found {
            let known: BTreeSet<Id> =
                self.of(seed).map(|same| same.commit).chain(self.reverts(seed)).collect();
            candidates.retain(|candidate| !known.contains(&candidate.commit));
            candidates.truncate(MOST_CANDIDATES);
        }
        self.candidates = found;
    }

    fn neighbours<'a>(&'a self, commit: &'a Id) -> impl Iterator<Item = Id> + 'a {
        let by_patch = self.patches.get(commit).and_then(|patch| self.by_patch.get(patch));
        let by_message = self.brought_by.get(commit);
        by_patch.into_iter().chain(by_message).flatten().copied().filter(move |other| other != commit)
    }

    /// Every commit that brings the change of this one, itself left out.
    fn class(&self, commit: &Id) -> BTreeSet<Id> {
        let mut class = BTreeSet::from([*commit]);
        let mut open = vec![*commit];
        while let Some(member) = open.pop() {
            for other in self.neighbours(&member) {
                if class.insert(other) {
                    open.push(other);
                }
            }
        }
        class.remove(commit);
        class
    }

    /// What is the same as a commit.
    pub fn of(&self, commit: &Id) -> impl Iterator<Item = Same> + '_ {
        let patch = self.patches.get(commit).copied();
        let named = *commit;
        self.class(commit).into_iter().map(move |other| {
            let same = patch.is_some() && self.patches.get(&other).copied() == patch;
            Same { of: named, commit: other, how: if same { How::PatchId } else { How::Trailer } }
        })
    }

    /// What takes a commit back, or the same change elsewhere; whether it was
    /// made after it is for the history to say.
    pub fn reverts(&self, commit: &Id) -> impl Iterator<Item = Id> + use<> {
        let mut found = BTreeSet::new();
        for member in self.class(commit).into_iter().chain([*commit]) {
            for revert in self.reverted_by.get(&member).into_iter().flatten() {
                found.insert(*revert);
                found.extend(self.class(revert));
            }
        }
        found.into_iter()
    }

    /// The same, as it is told.
    pub fn reverts_of(&self, commit: &Id) -> impl Iterator<Item = Same> + use<> {
        let named = *commit;
        self.reverts(commit).map(move |revert| Same { of: named, commit: revert, how: How::Reverts })
    }

    /// What may be the same.
    pub fn candidates(&self, commit: &Id) -> &[Candidate] {
        self.candidates.get(commit).map(Vec::as_slice).unwrap_or_default()
    }
}

fn facts_of<'a>(index: &'a Index, commits: &'a HashSet<Id>) -> impl Iterator<Item = &'a Facts> {
    index.facts.iter().filter(|facts| commits.contains(&facts.commit))
}
