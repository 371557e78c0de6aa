//! Which tags and branches a flaw affects, from the commits that brought it in
//! and those that mend it.
//!
//! A name is affected when its history holds an introducing commit that is in
//! force and no fix in force that was made with that commit in its own
//! history. A commit is in force unless a revert of it, made after it, is in
//! force: so a revert of the introducing commit mends, a revert of the fix
//! opens again, and a revert of that revert mends again. Each introducing
//! commit is followed for itself. Nothing depends on dates, or on the order in
//! which branches were merged.

mod equivalents;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use equivalents::{Because, Candidate, How, Same};

use crate::error::{Error, Result};
use crate::graph::{Bits, Graph, Sweep};
use crate::history::History;
use crate::id::Id;
use crate::refs::{Kind, Ref};
use crate::repository::Repository;
use crate::workspace::Workspace;
pub(crate) use equivalents::Equivalents;

/// In place of an introducing commit: the flaw was there from the beginning.
pub const FROM_THE_BEGINNING: &str = "0";

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What it is called in the answer.
    pub id: String,
    /// Revisions that brought the flaw in, or [`FROM_THE_BEGINNING`].
    pub introduced: Vec<String>,
    /// Revisions that mend it; none if nothing does yet.
    pub fixed: Vec<String>,
}

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The named commits, the same changes on other branches, and reverts.
    Everything,
    /// The named commits alone.
    NamedOnly,
}

/// Where a tag or branch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has the flaw.
    Affected,
    /// It had the flaw in its history.
    Fixed,
    /// It never had it.
    Unaffected,
}

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Affected => "affected",
            State::Fixed => "fixed",
            State::Unaffected => "unaffected",
        }
    }
}

/// The answer for one query in one repository.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The repository whose tags and branches they are.
    pub repository: &'a Repository,
    /// Every commit that counts as introducing.
    pub introduced: Vec<Id>,
    /// Every commit that counts as a fix.
    pub fixed: Vec<Id>,
    /// The same changes and the reverts that were found, and how.
    pub same: &'a [Same],
    /// Commits that may be the same change; somebody has to look.
    pub candidates: &'a [Candidate],
    /// The repository's names, tags first; the states are in their order.
    pub names: &'a [Ref],
    /// Of each name.
    pub states: States<'a>,
}

/// Where the names of a repository stand, a bit for each: there can be thousands, and
/// thousands of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct States<'a> {
    count: usize,
    known: &'a [u64],
    affected: &'a [u64],
    reached: &'a [u64],
}

impl States<'_> {
    /// Of each name; `None` for a tag that stands for no commit.
    pub fn iter(&self) -> impl Iterator<Item = Option<State>> + '_ {
        (0..self.count).map(|place| self.of(place))
    }

    /// Of the name at a place.
    pub fn of(&self, place: usize) -> Option<State> {
        let has = |words: &[u64]| words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1);
        if !has(self.known) {
            return None;
        }
        Some(match (has(self.affected), has(self.reached)) {
            (true, _) => State::Affected,
            (false, true) => State::Fixed,
            (false, false) => State::Unaffected,
        })
    }

    /// The names in a state, 64 in a word, the first in the lowest bit.
    pub fn words(&self, state: State) -> impl Iterator<Item = u64> + '_ {
        let all = self.known.iter().zip(self.affected).zip(self.reached);
        all.map(move |((known, affected), reached)| match state {
            State::Affected => affected & known,
            State::Fixed => reached & !affected & known,
            State::Unaffected => !reached & !affected & known,
        })
    }
}

/// Everything that was read to answer, so that many questions cost little
/// more than one.
pub struct Affected<'a>(History<'a>);

/// The introducing commits and the fixes that a query names.
type Sides = (Vec<Id>, Vec<Id>);

/// A query whose revisions have become numbers.
struct Followed {
    introduced: Vec<u32>,
    fixed: Vec<u32>,
    same: Vec<Same>,
    candidates: Vec<Candidate>,
}

impl<'a> Affected<'a> {
    /// Reads names and history, and for [`Reach::Everything`] the index.
    ///
    /// # Errors
    /// When git cannot read them.
    pub fn open(workspace: &'a Workspace, reach: Reach, named: &[Query]) -> Result<Self> {
        let revisions: Vec<&str> = revisions(named).collect();
        Ok(Affected(History::open(workspace, reach == Reach::Everything, &revisions)?))
    }

    /// Answers queries in order, each for every repository in order; a query
    /// that names no commit gets its own error.
    ///
    /// # Errors
    /// When git cannot read a patch, or the answer cannot be taken.
    pub fn answer<E>(
        &mut self,
        queries: &[Query],
        mut take: impl FnMut(&Query, std::result::Result<&Answer<'_>, &Error>) -> std::result::Result<(), E>,
    ) -> Result<std::result::Result<(), E>> {
        let asked = self.resolve(queries)?;
        let equivalents = match &mut self.0.index {
            None => Equivalents::none(),
            Some((index, patch_ids)) => {
                let asked = asked.iter().flatten();
                let seeds = asked.flat_map(|(introduced, fixed)| introduced.iter().chain(fixed).copied());
                Equivalents::find(self.0.workspace, &self.0.graph, index, patch_ids, seeds)?
            }
        };
        let followed: Vec<std::result::Result<Followed, Error>> = asked
            .into_iter()
            .map(|asked| asked.map(|(introduced, fixed)| self.follow(&equivalents, &introduced, &fixed)))
            .collect();
        let (columns, known) = self.columns();
        let force =
            Force::weigh(&self.0.graph, &self.0.sweep, &columns, &equivalents, followed.iter().flatten());
        for (query, followed) in queries.iter().zip(&followed) {
            let followed = match followed {
                Ok(followed) => followed,
                Err(error) => match take(query, Err(error)) {
                    Ok(()) => continue,
                    Err(error) => return Ok(Err(error)),
                },
            };
            let (affected, reached) = force.judge(&followed.introduced, &followed.fixed, columns.len());
            let mut first = 0;
            for (repository, names) in self.0.workspace.repositories().iter().zip(&self.0.names) {
                let own = first..first + names.len().div_ceil(64);
                first = own.end;
                let states = States {
                    count: names.len(),
                    known: &known.words()[own.clone()],
                    affected: &affected.words()[own.clone()],
                    reached: &reached.words()[own],
                };
                let answer = Answer {
                    repository,
                    introduced: self.ids(&followed.introduced),
                    fixed: self.ids(&followed.fixed),
                    same: &followed.same,
                    candidates: &followed.candidates,
                    names,
                    states,
                };
                if let Err(error) = take(query, Ok(&answer)) {
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(()))
    }

    /// The introducing commits and the fixes of each query.
    fn resolve(&self, queries: &[Query]) -> Result<Vec<Result<Sides>>> {
        let named: Vec<&str> = revisions(queries).collect();
        let mut commits = self.0.workspace.resolve(&named, Some(&self.0.graph))?.into_iter();
        let mut roots: Option<Vec<Id>> = None;
        let mut side = |names: &[String]| -> Result<Vec<Id>> {
            // Every name takes its commit, also after one that is an error.
            let mut found = Ok(Vec::new());
            for name in names {
                let more = if name == FROM_THE_BEGINNING {
                    Ok(roots.get_or_insert_with(|| self.roots()).clone())
                } else {
                    commits
                        .next()
                        .unwrap_or_else(|| Err(Error::UnknownRevision(name.clone())))
                        .map(|id| vec![id])
                };
                found = found.and_then(|mut found: Vec<Id>| {
                    found.extend(more?);
                    Ok(found)
                });
            }
            found
        };
        let sides = queries.iter().map(|query| (side(&query.introduced), side(&query.fixed)));
        Ok(sides.map(|(introduced, fixed)| Ok((introduced?, fixed?))).collect())
    }

    fn ids(&self, positions: &[u32]) -> Vec<Id> {
        positions.iter().filter_map(|position| self.0.graph.id(*position)).collect()
    }

    /// Commits without parents.
    fn roots(&self) -> Vec<Id> {
        let all = 0..self.0.graph.len() as u32;
        all.filter(|position| self.0.graph.parents(*position).is_empty())
            .filter_map(|position| self.0.graph.id(position))
            .collect()
    }

    /// The commits that the names stand for, each repository's from a whole word on, and
    /// which of them there are.
    fn columns(&self) -> (Vec<Option<u32>>, Bits) {
        let mut columns = Vec::new();
        for names in &self.0.names {
            columns.extend(names.iter().map(|name| self.0.graph.position(&name.target)));
            columns.resize(columns.len().next_multiple_of(64), None);
        }
        let mut known = Bits::none(columns.len());
        let there = columns.iter().enumerate().filter(|(_, tip)| tip.is_some());
        there.for_each(|(place, _)| known.add(place));
        (columns, known)
    }

    fn follow(&self, equivalents: &Equivalents, introduced: &[Id], fixed: &[Id]) -> Followed {
        let mut same = Vec::new();
        let mut candidates = Vec::new();
        let mut widen = |named: &[Id]| -> Vec<u32> {
            let mut all: BTreeSet<u32> = BTreeSet::new();
            for commit in named {
                all.extend(self.0.graph.position(commit));
                for other in equivalents.of(commit) {
                    all.extend(self.0.graph.position(&other.commit));
                    same.push(other.clone());
                }
                same.extend(equivalents.reverts_of(commit));
                candidates.extend(equivalents.candidates(commit).iter().cloned());
            }
            let mut all: Vec<u32> = all.into_iter().collect();
            all.sort_by_key(|position| (self.0.graph.level(*position), *position));
            all
        };
        let (introduced, fixed) = (widen(introduced), widen(fixed));
        let known: BTreeSet<Id> =
            introduced.iter().chain(&fixed).filter_map(|position| self.0.graph.id(*position)).collect();
        same.sort();
        same.dedup();
        candidates.retain(|candidate| !known.contains(&candidate.commit));
        candidates.sort();
        candidates.dedup();
        Followed { introduced, fixed, same, candidates }
    }
}

fn revisions(queries: &[Query]) -> impl Iterator<Item = &str> {
    queries
        .iter()
        .flat_map(|query| query.introduced.iter().chain(&query.fixed))
        .map(String::as_str)
        .filter(|name| *name != FROM_THE_BEGINNING)
}

/// On which tips each commit of the questions is in force.
struct Force {
    /// The tips that contain the commit.
    contained: HashMap<u32, Bits>,
    /// Those on which no revert takes it back, of commits that have one.
    in_force: HashMap<u32, Bits>,
    /// Fixes with the introducing commits that stand in their history.
    mends: BTreeSet<(u32, u32)>,
}

impl Force {
    fn weigh<'b>(
        graph: &Graph,
        sweep: &Sweep,
        tips: &[Option<u32>],
        equivalents: &Equivalents,
        followed: impl Iterator<Item = &'b Followed> + Clone,
    ) -> Force {
        let mut commits: BTreeSet<u32> =
            followed.clone().flat_map(|query| query.introduced.iter().chain(&query.fixed)).copied().collect();
        // Reverts of what is asked about, reverts of these, and so on.
        let mut reverts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        let mut open: Vec<u32> = commits.iter().copied().collect();
        while let Some(commit) = open.pop() {
            let Some(id) = graph.id(commit) else { continue };
            let by: Vec<u32> =
                equivalents.reverts(&id).filter_map(|revert| graph.position(&revert)).collect();
            open.extend(by.iter().filter(|revert| commits.insert(**revert)));
            if !by.is_empty() {
                reverts.insert(commit, by);
            }
        }
        let commits: Vec<u32> = commits.into_iter().collect();
        let rows = sweep.tips_containing(&commits, tips);
        let contained: HashMap<u32, Bits> = commits.iter().copied().zip(rows).collect();
        let mut pairs: Vec<(u32, u32)> = followed
            .flat_map(|query| {
                query.fixed.iter().flat_map(|fix| query.introduced.iter().map(|flaw| (*fix, *flaw)))
            })
            .filter(|(fix, flaw)| contained[fix].meets(&contained[flaw]))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        let of_reverts = reverts.iter().flat_map(|(commit, by)| by.iter().map(|revert| (*revert, *commit)));
        let fixes = pairs.len();
        pairs.extend(of_reverts);
        let answers = sweep.descends(&pairs);
        let mends = pairs
            .iter()
            .zip(&answers)
            .take(fixes)
            .filter(|(_, descends)| **descends)
            .map(|(pair, _)| *pair)
            .collect();
        let mut taken_back: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for ((revert, commit), _) in pairs
            .iter()
            .zip(&answers)
            .skip(fixes)
            .filter(|((revert, commit), descends)| **descends && revert != commit)
        {
            taken_back.entry(*commit).or_default().push(*revert);
        }
        // Descendants first: what is in force depends on later commits alone.
        let mut order: Vec<u32> = taken_back.keys().copied().collect();
        order.sort_by_key(|commit| std::cmp::Reverse(graph.level(*commit)));
        let mut force = Force { contained, in_force: HashMap::new(), mends };
        for commit in order {
            let mut bits = force.contained[&commit].clone();
            for revert in taken_back.get(&commit).into_iter().flatten() {
                bits.without(force.in_force(*revert));
            }
            force.in_force.insert(commit, bits);
        }
        force
    }

    /// The tips on which a commit is in force.
    fn in_force(&self, commit: u32) -> &Bits {
        self.in_force.get(&commit).unwrap_or_else(|| &self.contained[&commit])
    }

    /// The tips that are affected, and those that hold an introducing commit.
    fn judge(&self, introduced: &[u32], fixed: &[u32], tips: usize) -> (Bits, Bits) {
        let (mut affected, mut reached) = (Bits::none(tips), Bits::none(tips));
        for flaw in introduced {
            reached.join(&self.contained[flaw]);
            let mut open = self.in_force(*flaw).clone();
            for fix in fixed.iter().filter(|fix| self.mends.contains(&(**fix, *flaw))) {
                open.without(self.in_force(*fix));
            }
            affected.join(&open);
        }
        (affected, reached)
    }
}

impl Answer<'_> {
    /// The names of a kind that are in a state, in order.
    pub fn names_in(&self, tags: bool, state: State) -> impl Iterator<Item = &str> {
        let all = self.names.iter().zip(self.states.iter());
        all.filter(move |(name, own)| (name.kind == Kind::Tag) == tags && *own == Some(state))
            .map(|(name, _)| name.name.as_str())
    }
}
