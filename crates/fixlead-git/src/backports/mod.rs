//! Where a fix still has to go, and what stands in its way: each commit of a
//! series is picked on each branch as a dry run. Nothing is written anywhere.

mod dry_run;
mod prerequisite;

pub use dry_run::{Conflict, Hunk};

use std::collections::HashMap;

use crate::affected::Equivalents;
use crate::error::Result;
use crate::history::History;
use crate::id::Id;
use crate::refs::Ref;
use crate::repository::Repository;
use crate::series::{self, Commit};
use crate::workspace::Workspace;
use dry_run::{DryRun, Outcome, Pick};

/// What became of one commit on one branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It applies.
    Clean,
    /// The branch has it: under this id, or its lines however they came.
    AlreadyApplied(Option<Id>),
    /// It needs a person.
    Conflict(Vec<Conflict>),
    /// It applies when these are picked before it, in order.
    MissingPrerequisite(Vec<Id>, Vec<Conflict>),
    /// One before it does not apply.
    NotTried,
}

impl Step {
    /// The words for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Step::Clean => "clean",
            Step::AlreadyApplied(_) => "already-applied",
            Step::Conflict(_) => "conflict",
            Step::MissingPrerequisite(..) => "missing-prerequisite",
            Step::NotTried => "not-tried",
        }
    }
}

/// How a series stands to a branch.
#[derive(Debug)]
pub struct Standing<'a> {
    /// The repository of the branch.
    pub repository: &'a Repository,
    /// The branch, with the commit that was tried.
    pub branch: Ref,
    /// What became of each commit, in order.
    pub steps: Vec<Step>,
    /// The tree that the whole series makes, if it applies.
    pub tree: Option<Id>,
}

impl Standing<'_> {
    /// Of the whole series: the first step that stands in the way, otherwise
    /// clean, or already applied if that holds of every commit.
    pub fn outcome(&self) -> &'static str {
        let in_the_way =
            self.steps.iter().find(|step| matches!(step, Step::Conflict(_) | Step::MissingPrerequisite(..)));
        match in_the_way {
            Some(step) => step.as_str(),
            None if self.steps.iter().all(|step| matches!(step, Step::AlreadyApplied(_))) => {
                "already-applied"
            }
            None => "clean",
        }
    }
}

/// The radar of a series.
#[derive(Debug)]
pub struct Radar<'a> {
    /// The commits of the series, in order.
    pub series: Vec<Commit>,
    /// Each branch, by repository and name.
    pub standings: Vec<Standing<'a>>,
}

/// Tries a series (`OLD..NEW` or one commit) on branches, by names or patterns.
///
/// # Errors
/// When the series or a branch is not there, or git cannot read an object.
pub fn scan<'a>(workspace: &'a Workspace, series: &str, onto: &[String]) -> Result<Radar<'a>> {
    let series = series::read(workspace, series)?;
    let branches = workspace.branches(onto)?;
    let dry_run = DryRun::new(workspace)?;
    let mut current = Vec::new();
    let mut trees: HashMap<Id, Id> = HashMap::new();
    for (_, branch) in &branches {
        let tree = match trees.get(&branch.target) {
            Some(tree) => *tree,
            None => dry_run.tree(&branch.target)?,
        };
        trees.insert(branch.target, tree);
        current.push(Place { onto: branch.target, tree, steps: Vec::new(), stopped: false });
    }
    // Known only when something does not apply as it is.
    let mut known: Option<Known<'_>> = None;
    let mut suspects = prerequisite::Suspects::new();
    for commit in &series {
        let open: Vec<usize> = (0..current.len()).filter(|place| !current[*place].stopped).collect();
        let picks: Vec<Pick> = open
            .iter()
            .map(|place| Pick { base: commit.parent, onto: current[*place].onto, commit: commit.id })
            .collect();
        for (place, outcome) in open.into_iter().zip(dry_run.picks(&picks)?) {
            let step = match outcome {
                Outcome::Clean(tree) if tree == current[place].tree => Step::AlreadyApplied(
                    Known::get(&mut known, workspace, &series)?.on(&commit.id, &branches[place].1.target),
                ),
                Outcome::Clean(tree) => {
                    (current[place].onto, current[place].tree) = (tree, tree);
                    Step::Clean
                }
                Outcome::Conflict(conflicts) => {
                    let known = Known::get(&mut known, workspace, &series)?;
                    match known.on(&commit.id, &branches[place].1.target) {
                        Some(same) => Step::AlreadyApplied(Some(same)),
                        None => {
                            current[place].stopped = true;
                            let on = (&current[place].onto, &branches[place].1.target);
                            let missing =
                                prerequisite::find(&dry_run, known, commit, on, &conflicts, &mut suspects)?;
                            if missing.is_empty() {
                                Step::Conflict(conflicts)
                            } else {
                                Step::MissingPrerequisite(missing, conflicts)
                            }
                        }
                    }
                }
            };
            current[place].steps.push(step);
        }
    }
    let standings = branches.into_iter().zip(current).map(|((repository, branch), mut place)| {
        place.steps.resize(series.len(), Step::NotTried);
        let tree = (!place.stopped).then_some(place.tree);
        Standing { repository, branch, steps: place.steps, tree }
    });
    Ok(Radar { standings: standings.collect(), series })
}

/// How far a branch has come.
struct Place {
    /// The commit or tree to pick on.
    onto: Id,
    tree: Id,
    steps: Vec<Step>,
    /// Whether a commit did not apply.
    stopped: bool,
}

/// What is the same as the commits of the series, and who has it.
struct Known<'a> {
    history: History<'a>,
    equivalents: Equivalents,
}

impl<'a> Known<'a> {
    fn get<'k>(
        known: &'k mut Option<Known<'a>>,
        workspace: &'a Workspace,
        series: &[Commit],
    ) -> Result<&'k mut Known<'a>> {
        match known {
            Some(known) => Ok(known),
            None => {
                let names: Vec<String> = series.iter().map(|commit| commit.id.to_string()).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let mut history = History::open(workspace, true, &names)?;
                let mut equivalents = Equivalents::none();
                if let Some((index, patch_ids)) = &mut history.index {
                    let seeds = series.iter().map(|commit| commit.id);
                    equivalents = Equivalents::find(workspace, &history.graph, index, patch_ids, seeds)?;
                }
                Ok(known.insert(Known { history, equivalents }))
            }
        }
    }

    /// The same change in the history of a commit, unless it was taken back.
    fn on(&self, commit: &Id, tip: &Id) -> Option<Id> {
        let class: Vec<Id> =
            std::iter::once(*commit).chain(self.equivalents.of(commit).map(|same| same.commit)).collect();
        let found = class.iter().copied().find(|same| self.contains(tip, same))?;
        let taken_back = self.equivalents.reverts(commit).any(|revert| self.contains(tip, &revert));
        (!taken_back).then_some(found)
    }

    /// Of each commit, whether it is in the history of another.
    fn all_contained(&self, tip: &Id, commits: &[u32]) -> Vec<bool> {
        match self.history.graph.position(tip) {
            Some(tip) => {
                self.history.sweep.descends(&commits.iter().map(|commit| (tip, *commit)).collect::<Vec<_>>())
            }
            None => vec![false; commits.len()],
        }
    }

    /// Whether a commit is in the history of another.
    fn contains(&self, tip: &Id, commit: &Id) -> bool {
        let graph = &self.history.graph;
        match (graph.position(tip), graph.position(commit)) {
            (Some(tip), Some(commit)) => self.history.sweep.descends(&[(tip, commit)])[0],
            _ => false,
        }
    }
}
