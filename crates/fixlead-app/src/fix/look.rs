//! What the page of a fix shows, to somebody who may read it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fixlead_core::access::Action;
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::case::{BranchClass, Project};
use fixlead_core::desk::event::{Run, Sighting};
use fixlead_core::id::{CaseId, PersonId, ProjectId};

use super::lint::{self, Remark};
use super::push::named;
use super::{Commit, Fault, Owner, Patch, Radar};
use crate::accounts::Caller;
use crate::case::read::View;
use crate::desk::Desk;
use crate::problem::{Problem, Result};

/// Most commits of a page that are shown with what they change.
const MOST_PATCHES: usize = 10;
/// How long a page waits for what is found out aside; then it says that it is not yet.
const PATIENCE: Duration = Duration::from_secs(4);

/// Of which commits it is shown what they change. That takes a run of git for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patches {
    /// Of none.
    None,
    /// Of the first few.
    First,
    /// Of this one.
    Of(String),
}

/// Why there is nothing to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// The installation does not say what the repositories of the project are made from.
    NoUpstream,
    /// Nobody has made one yet.
    NotMade,
    /// One was made and is not here: on another machine, or lost.
    NotHere,
    /// The case is closed, and it was taken away.
    Closed,
}

/// Why no branch can be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoBranch {
    /// The facts that the case goes by name no branch that is supported.
    NoneNamed,
    /// The same, and those of its project name some by now.
    FactsMoved,
    /// None of those that they name is public under that name.
    NoneThere,
}

/// A fix as somebody sees it.
pub struct Look {
    /// The case.
    pub view: View,
    /// Whether the installation knows what to make a repository from.
    pub upstream: Option<String>,
    /// The project, as configuration names it.
    pub project: ProjectId,
    /// What it was made from, if it is there.
    pub made: Option<String>,
    /// Why there is no repository, where there is none.
    pub empty: Option<Empty>,
    /// Why nothing can be tried, where nothing can.
    pub no_branch: Option<NoBranch>,
    /// The private branches.
    pub branches: Vec<Branch>,
    /// Where the fix still has to go, and whom to ask.
    pub radar: Radar,
    /// Whether that is still being found out.
    pub working: bool,
    /// Who is named for the changed paths, and who that is here.
    pub owners: Vec<Known>,
    /// Public changes that resemble it, and whether somebody said that one is no leak.
    pub sightings: Vec<(Sighting, bool)>,
}

/// Somebody who is named for changed paths.
pub struct Known {
    /// As the file names them.
    pub owner: Owner,
    /// The one person here who is called exactly so, with their name.
    pub person: Option<(PersonId, String)>,
    /// Whether they reach the case already.
    pub is_in: bool,
}

/// A path that a commit changes.
pub struct ChangedPath {
    /// The path.
    pub path: String,
    /// Who may approve it as the files name them, and whether the one person here who
    /// is called so has agreed to the commit.
    pub approvers: Vec<(String, bool)>,
}

/// A private branch.
pub struct Branch {
    /// The public branch that it is for.
    pub name: String,
    /// Its commits, parents first.
    pub commits: Vec<Shown>,
}

/// A commit, with what was said to it.
pub struct Shown {
    /// The commit.
    pub commit: Commit,
    /// What it changes; nothing where it was not asked for.
    pub patch: Option<Patch>,
    /// Who agreed to exactly this commit.
    pub lgtms: Vec<(PersonId, String)>,
    /// Whether whoever looks may agree: they have not yet, and it is not their own.
    pub may_agree: bool,
    /// What its message says too much.
    pub remarks: Vec<Remark>,
    /// The paths that it changes, once they are found out.
    pub paths: Vec<ChangedPath>,
    /// What the project's own checks said to it last.
    pub run: Option<Run>,
}

impl Desk {
    /// A fix, as far as somebody may see it; that they did is recorded.
    pub async fn fix(&self, caller: &Caller, case: CaseId, patches: Patches) -> Result<Look> {
        let (snapshot, kept) = self.read_as(caller, case, &[Action::FixRead]).await?;
        let file = &kept.file;
        let project = file.opened.as_ref().map(|opened| opened.project).ok_or(Problem::NotFound)?;
        let view = self.view(caller, &snapshot, &kept);
        let onto = supported(&file.facts);
        let asked = onto.clone();
        let found = self
            .with_fixes(move |fixes| {
                let upstream = fixes.upstream(project);
                let branches = match fixes.branches(case) {
                    Ok(branches) => branches,
                    Err(Fault::Absent) => return Ok((upstream, None, BTreeMap::new(), None)),
                    Err(fault) => return Err(fault),
                };
                let mut ids: Vec<String> =
                    branches.values().flatten().map(|commit| commit.id.clone()).collect();
                match patches {
                    Patches::None => ids.clear(),
                    Patches::First => ids.truncate(MOST_PATCHES),
                    Patches::Of(wanted) => ids.retain(|id| *id == wanted),
                }
                ids.dedup();
                let changes = fixes.patches(case, &ids)?;
                let radar = fixes.radar(case, &asked)?;
                Ok((upstream, Some(branches), changes, radar))
            })
            .await;
        let (upstream, branches, mut changes, radar) = match found {
            Ok(found) => found,
            // A desk that keeps no fixes has a page that says so.
            Err(_) if self.inner.fixes.get().is_none() => (None, None, BTreeMap::new(), None),
            Err(problem) => return Err(problem),
        };
        // It is waited for where that holds nobody else up.
        let (radar, working) = match radar {
            None => (Some(Arc::default()), false),
            Some(mut found) => {
                let waited = tokio::time::timeout(PATIENCE, found.wait_for(Option::is_some)).await;
                let radar = waited.ok().and_then(|found| found.ok()?.clone());
                let working = radar.is_none();
                (radar, working)
            }
        };
        let radar: Radar = radar.map(Arc::unwrap_or_clone).unwrap_or_default();
        let empty = match &branches {
            Some(_) => None,
            None if file.closed => Some(Empty::Closed),
            None if file.fix.is_some() => Some(Empty::NotHere),
            None if upstream.is_none() => Some(Empty::NoUpstream),
            None => Some(Empty::NotMade),
        };
        let pushed = branches.as_ref().is_some_and(|branches| !branches.is_empty());
        let facts = snapshot.directory.projects.get(&project).map(|project| supported(&project.facts));
        let nothing = pushed && !working && radar.standings.is_empty() && radar.failed.is_empty();
        let no_branch = nothing.then_some(match facts {
            _ if !onto.is_empty() => NoBranch::NoneThere,
            Some(facts) if !facts.is_empty() => NoBranch::FactsMoved,
            _ => NoBranch::NoneNamed,
        });
        let made = branches.as_ref().and(file.fix.as_ref()).map(ToString::to_string);
        let may_agree = view.may.contains(&Action::Lgtm.name());
        let me = caller.person.to_string();
        let id = case.to_string();
        let mut shown = |commit: Commit| {
            let given = file.history.iter().filter(|event| {
                event.kind == EventKind::Lgtm && event.texts(Field::On).any(|on| on == commit.id)
            });
            let given = given.flat_map(|event| event.texts(Field::By));
            let mut lgtms: Vec<(PersonId, String)> = given
                .filter_map(|by| PersonId::parse(by).ok())
                .map(|person| {
                    (person, Desk::name_of(&snapshot, person).unwrap_or_else(|| "somebody".to_owned()))
                })
                .collect();
            lgtms.dedup();
            let may = |name: &String| {
                let person = named(&snapshot, name);
                (name.clone(), lgtms.iter().any(|(agreed, _)| Some(*agreed) == person))
            };
            let paths = radar.paths.iter().filter(|one| one.commit == commit.id);
            let paths = paths.map(|one| ChangedPath {
                path: one.path.clone(),
                approvers: one.approvers.iter().map(may).collect(),
            });
            let paths = paths.collect();
            let run = file.runs.iter().find(|(id, _)| ***id == *commit.id).map(|(_, (_, run))| run.clone());
            let agreed = lgtms.iter().any(|(person, _)| *person == caller.person);
            let proposed = file.proposal(&commit.id).is_some();
            Shown {
                may_agree: may_agree && proposed && !agreed && !file.wrote(&commit.id, &me),
                remarks: lint::remarks(&commit.message, &[&id]),
                lgtms,
                paths,
                run,
                patch: changes.remove(&commit.id),
                commit,
            }
        };
        let branches = branches
            .unwrap_or_default()
            .into_iter()
            .map(|(name, commits)| Branch { name, commits: commits.into_iter().map(&mut shown).collect() });
        let branches = branches.collect();
        let now = self.now();
        let owners = radar.owners.iter().map(|owner| {
            let person = named(&snapshot, &owner.name);
            let is_in = person.is_some_and(|person| {
                file.grants_of(person).iter().any(|grant| grant.is_active(now))
                    || snapshot.directory.responds(person, project, now)
            });
            let called = |person| (person, Desk::name_of(&snapshot, person).unwrap_or_default());
            Known { owner: owner.clone(), person: person.map(called), is_in }
        });
        Ok(Look {
            owners: owners.collect(),
            branches,
            project,
            upstream,
            made,
            empty,
            no_branch,
            radar,
            working,
            sightings: file.sightings.values().cloned().collect(),
            view,
        })
    }

    /// Has the repository of a fix take over what was published meanwhile.
    pub async fn refresh_fix(&self, caller: &Caller, case: CaseId) -> Result<()> {
        let (_, kept) = self.read_as(caller, case, &[Action::FixRead]).await?;
        let project = kept.file.opened.as_ref().map(|opened| opened.project).ok_or(Problem::NotFound)?;
        let upstream = self.repositories()?.upstream(project).ok_or(Fault::Absent)?;
        self.fetch_public(upstream).await?;
        let turn = self.fix_turn(case).await?;
        self.with_fix(turn, move |fixes| fixes.refresh(case, project)).await
    }
}

/// The branches that a fix goes on, as facts name them.
fn supported(facts: &Project) -> Vec<String> {
    let supported = |class: BranchClass| matches!(class, BranchClass::Supported | BranchClass::Development);
    let branches = facts.branches.iter().filter(|branch| supported(branch.class));
    branches.map(|branch| branch.name.to_string()).collect()
}
