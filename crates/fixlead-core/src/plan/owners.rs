//! Who governs a path, and whether every commit of a fix is reviewed.
//!
//! An OWNERS file governs a path when it is the nearest one up the tree. An
//! LGTM is bound to the commit id it was given on and never comes from the
//! commit's author.

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
    let covered = |(index, commit): &(usize, &Commit)| {
        !commit.on_branch || facts.complete.is_none() || *index < facts.commits_complete
    };
    let mut commits = facts.commits.iter().enumerate().filter(covered).peekable();
    if commits.peek().is_none() {
        return true;
    }
    let lgtms = facts.lgtms.iter().map(|index| &case.events[*index as usize]);
    let mut approvals: Vec<(&str, &str)> = lgtms
        .filter_map(|lgtm| Some((lgtm, lgtm.text(Field::By)?)))
        .flat_map(|(lgtm, by)| lgtm.texts(Field::On).map(move |on| (on, by)))
        .collect();
    approvals.sort_unstable();
    commits.all(|(_, commit)| is_reviewed(case, *commit, &approvals))
}

/// Whether a commit has its LGTMs among the approvals, which are sorted pairs
/// of a commit's id and a person.
fn is_reviewed(case: &Record<'_>, commit: Commit, approvals: &[(&str, &str)]) -> bool {
    let (proposed, named) = (&case.events[commit.proposed as usize], &case.events[commit.named as usize]);
    let author = proposed.text(Field::Author);
    let id = if commit.proposed == commit.named { named.text(Field::Id) } else { named.text(Field::To) };
    let first = approvals.partition_point(|(on, _)| Some(*on) < id);
    let own = approvals[first..].iter().take_while(|(on, _)| Some(*on) == id);
    let approvers: Vec<&str> = own.map(|(_, by)| *by).filter(|by| Some(*by) != author).collect();
    let project = case.project;
    let rule = match (case.policy.lgtm, project.owners_rule) {
        (LgtmRule::Owners(_), Some(rule)) => LgtmRule::Owners(rule),
        (rule, _) => rule,
    };
    match rule {
        LgtmRule::Maintainers(count) => {
            let counts = |by: &&&str| {
                project.maintainers.is_empty() || project.maintainers.iter().any(|name| &**name == **by)
            };
            let mut distinct: Vec<&&str> = approvers.iter().filter(counts).collect();
            distinct.sort_unstable();
            distinct.dedup();
            distinct.len() >= usize::from(count)
        }
        // Nobody is listed, so anybody else's word is a review.
        LgtmRule::Owners(_) if project.owners.is_empty() => !approvers.is_empty(),
        LgtmRule::Owners(OwnersRule::Lenient) => {
            let listed =
                |by: &&str| project.owners.iter().any(|(_, names)| names.iter().any(|name| &**name == *by));
            approvers.iter().any(listed)
        }
        LgtmRule::Owners(OwnersRule::Strict) => {
            !approvers.is_empty()
                && proposed.texts(Field::Paths).filter_map(|path| governing(project, path)).all(|file| {
                    let (_, names) = &project.owners[file];
                    approvers.iter().any(|by| names.iter().any(|name| &**name == *by))
                })
        }
    }
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
