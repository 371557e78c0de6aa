//! Who governs a path, and whether every commit of a fix is reviewed.
//!
//! An OWNERS file governs a path when it is the nearest one up the tree. An
//! LGTM is bound to the commit id it was given on and never comes from the
//! commit's author. [`review`] says of one commit which count, and for what.

use super::Record;
use super::facts::{Commit, Facts};
use crate::case::event::Field;
use crate::case::project::{OwnersRule, Project};
use crate::policy::model::LgtmRule;

/// The place of the OWNERS file that governs a path.
fn governing(project: &Project, path: &str) -> Option<usize> {
    let path = path.trim_start_matches('/');
    let above =
        project.owners.iter().enumerate().filter(|(_, (directory, _))| path.starts_with(&**directory));
    above.max_by_key(|(_, (directory, _))| directory.len()).map(|(index, _)| index)
}

/// Whether every commit that the completion covers has its LGTMs.
///
/// A history without commits has nothing to review. Cherry-picks proposed for
/// a branch after the completion are approved branch by branch instead.
pub fn reviewed(case: &Record<'_>, facts: &Facts) -> bool {
    let covered = |(index, commit): &(usize, &Commit)| is_covered(facts, *index, **commit);
    let mut commits = facts.commits.iter().enumerate().filter(covered).peekable();
    if commits.peek().is_none() {
        return true;
    }
    let approvals = approvals(case, facts);
    commits.all(|(_, commit)| is_reviewed(case, *commit, &approvals))
}

/// Whether the release waits for the LGTMs of a commit, by its place.
fn is_covered(facts: &Facts, place: usize, commit: Commit) -> bool {
    !commit.on_branch || facts.complete.is_none() || place < facts.commits_complete
}

/// The present id of a commit.
fn present<'a>(case: &'a Record<'_>, commit: Commit) -> Option<&'a str> {
    let named = &case.events[commit.named as usize];
    if commit.proposed == commit.named { named.text(Field::Id) } else { named.text(Field::To) }
}

/// Sorted pairs of a commit's id and a person who gave it an LGTM.
fn approvals<'a>(case: &'a Record<'_>, facts: &Facts) -> Vec<(&'a str, &'a str)> {
    let lgtms = facts.lgtms.iter().map(|index| &case.events[*index as usize]);
    let mut approvals: Vec<(&str, &str)> = lgtms
        .filter_map(|lgtm| Some((lgtm, lgtm.text(Field::By)?)))
        .flat_map(|(lgtm, by)| lgtm.texts(Field::On).map(move |on| (on, by)))
        .collect();
    approvals.sort_unstable();
    approvals
}

/// Whether a commit has its LGTMs among the approvals, which are sorted pairs
/// of a commit's id and a person.
fn is_reviewed(case: &Record<'_>, commit: Commit, approvals: &[(&str, &str)]) -> bool {
    let proposed = &case.events[commit.proposed as usize];
    let (author, id) = (proposed.text(Field::Author), present(case, commit));
    let first = approvals.partition_point(|(on, _)| Some(*on) < id);
    let own = approvals[first..].iter().take_while(|(on, _)| Some(*on) == id);
    let approvers: Vec<&str> = own.map(|(_, by)| *by).filter(|by| Some(*by) != author).collect();
    let project = case.project;
    match quorum(case) {
        Quorum::Anybody => !approvers.is_empty(),
        Quorum::Maintainers(count) => {
            let mut distinct: Vec<&&str> = approvers.iter().filter(|by| maintains(project, by)).collect();
            distinct.sort_unstable();
            distinct.dedup();
            distinct.len() >= usize::from(count)
        }
        Quorum::AnyOwner => approvers.iter().any(|by| owns_anything(project, by)),
        Quorum::EachOwner => {
            !approvers.is_empty()
                && proposed.texts(Field::Paths).filter_map(|path| governing(project, path)).all(|file| {
                    let (_, names) = &project.owners[file];
                    approvers.iter().any(|by| is_listed(names, by))
                })
        }
    }
}

/// Whose LGTMs a commit needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quorum {
    /// That of anybody: no owner is listed.
    Anybody,
    /// Those of so many maintainers.
    Maintainers(u8),
    /// That of one owner, of whatever.
    AnyOwner,
    /// For each OWNERS file that governs a path, that of somebody it lists.
    EachOwner,
}

/// Whose LGTMs every commit of a case needs.
fn quorum(case: &Record<'_>) -> Quorum {
    let project = case.project;
    match (case.policy.lgtm, project.owners_rule) {
        (LgtmRule::Maintainers(count), _) => Quorum::Maintainers(count),
        // Nobody is listed, so anybody else's word is a review.
        (LgtmRule::Owners(_), _) if project.owners.is_empty() => Quorum::Anybody,
        (LgtmRule::Owners(rule), own) => match own.unwrap_or(rule) {
            OwnersRule::Strict => Quorum::EachOwner,
            OwnersRule::Lenient => Quorum::AnyOwner,
        },
    }
}

fn is_listed(names: &[Box<str>], who: &str) -> bool {
    names.iter().any(|name| &**name == who)
}

/// Whether somebody is a maintainer; where nobody is listed, everybody is.
fn maintains(project: &Project, who: &str) -> bool {
    project.maintainers.is_empty() || is_listed(&project.maintainers, who)
}

fn owns_anything(project: &Project, who: &str) -> bool {
    project.owners.iter().any(|(_, names)| is_listed(names, who))
}

/// What the LGTMs of a commit add up to.
pub struct Review<'a> {
    /// Whose it needs.
    pub quorum: Quorum,
    /// Whether the release waits for them; it does not for a pick for a branch that came
    /// after the fix was complete.
    pub needed: bool,
    /// Whether it has them.
    pub done: bool,
    /// The paths that it changes.
    pub paths: Vec<Path<'a>>,
    project: &'a Project,
}

/// A path that a commit changes.
pub struct Path<'a> {
    /// The path.
    pub path: &'a str,
    /// Whose LGTM counts for it; nothing where anybody's does.
    pub owners: Option<&'a [Box<str>]>,
}

impl Review<'_> {
    /// Whether the LGTM of somebody who is not the author counts for anything.
    pub fn counts(&self, who: &str) -> bool {
        match self.quorum {
            Quorum::Anybody => true,
            Quorum::Maintainers(_) => maintains(self.project, who),
            Quorum::AnyOwner => owns_anything(self.project, who),
            // A commit of which no path is governed needs one of anybody.
            Quorum::EachOwner => {
                let governed = self.paths.iter().any(|path| path.owners.is_some());
                !governed || self.paths.iter().any(|path| path.counts(who) && path.owners.is_some())
            }
        }
    }
}

impl Path<'_> {
    /// Whether the LGTM of somebody counts for it.
    pub fn counts(&self, who: &str) -> bool {
        self.owners.is_none_or(|owners| is_listed(owners, who))
    }
}

/// What the LGTMs of a commit add up to, by its present id; nothing for one that is no
/// part of the fix.
pub fn review<'a>(case: &'a Record<'_>, facts: &Facts, id: &str) -> Option<Review<'a>> {
    let place = facts.commits.iter().position(|commit| present(case, *commit) == Some(id))?;
    let commit = facts.commits[place];
    let proposed = &case.events[commit.proposed as usize];
    let quorum = quorum(case);
    let owners = |path| match quorum {
        Quorum::EachOwner => governing(case.project, path).map(|file| &*case.project.owners[file].1),
        _ => None,
    };
    let paths = proposed.texts(Field::Paths).map(|path| Path { path, owners: owners(path) });
    Some(Review {
        quorum,
        needed: is_covered(facts, place, commit),
        done: is_reviewed(case, commit, &approvals(case, facts)),
        paths: paths.collect(),
        project: case.project,
    })
}

/// Everybody whom OWNERS names for the paths of the fix.
pub fn invited<'a>(case: &'a Record<'_>, facts: &'a Facts) -> impl Iterator<Item = &'a str> {
    facts
        .commits
        .iter()
        .flat_map(|commit| case.events[commit.proposed as usize].texts(Field::Paths))
        .filter_map(|path| governing(case.project, path))
        .flat_map(|file| case.project.owners[file].1.iter().map(|name| &**name))
}
