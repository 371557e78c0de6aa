//! What the page of a fix shows, to somebody who may read it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fixlead_core::access::{Action, Standing};
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::case::{BranchClass, Project};
use fixlead_core::desk::event::{Run, Sighting};
use fixlead_core::id::{CaseId, PersonId, ProjectId};
use fixlead_core::plan::owners::{self, Quorum, Review};

use super::lint::{self, Remark};
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
    /// Whether the case goes by other owners than its project by now: a file or a login
    /// was changed since it took them over.
    pub owners_moved: bool,
    /// Public changes that resemble it, and whether somebody said that one is no leak.
    pub sightings: Vec<(Sighting, bool)>,
}

/// Somebody who is named for changed paths.
pub struct Known {
    /// As the file names them.
    pub owner: Owner,
    /// Whose login or address that is here, with their name.
    pub person: Option<(PersonId, String)>,
    /// Whether they reach the case already.
    pub is_in: bool,
    /// Whether they can act here: they have joined, and are not suspended.
    pub is_active: bool,
}

/// A path that a commit changes.
pub struct ChangedPath {
    /// The path.
    pub path: String,
    /// Who may approve it as the files name them, and whose login that is here; none while
    /// that is being found out.
    pub approvers: Vec<(String, Option<String>)>,
    /// Whose LGTM counts for it by the facts that the case goes by, by name; nothing where
    /// owners are not asked for each path.
    pub owners: Option<Vec<String>>,
    /// Whose LGTMs count for it.
    pub counts: Vec<(PersonId, String)>,
}

/// An LGTM.
pub struct Lgtm {
    /// Who gave it.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Whether it counts: for the release, as the case goes by owners or maintainers.
    pub counts: bool,
}

/// What the release asks of a commit.
pub struct Reviewed {
    /// Whose LGTMs it needs.
    pub quorum: Quorum,
    /// Whether the release waits for them.
    pub needed: bool,
    /// Whether it has them.
    pub done: bool,
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
    pub lgtms: Vec<Lgtm>,
    /// Whose the release asks for; nothing for a commit that the case does not know.
    pub reviewed: Option<Reviewed>,
    /// Whether whoever looks may agree: they have not yet, and it is not their own.
    pub may_agree: bool,
    /// What its message says too much.
    pub remarks: Vec<Remark>,
    /// The paths that it changes.
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
        let host = self.code_host(project);
        let name = |person| Desk::name_of(&snapshot, person).unwrap_or_else(|| "somebody".to_owned());
        let policy = self.policy(file.pin().ok_or(Problem::NotFound)?).await?;
        let plan = file.plan(&policy);
        let mut shown = |commit: Commit| {
            let given = file.history.iter().filter(|event| {
                event.kind == EventKind::Lgtm && event.texts(Field::On).any(|on| on == commit.id)
            });
            let given = given.flat_map(|event| event.texts(Field::By));
            let mut agreed: Vec<PersonId> = given.filter_map(|by| PersonId::parse(by).ok()).collect();
            agreed.dedup();
            let review = owners::review(&plan.record, plan.facts(), &commit.id);
            let counts = |person: PersonId| review.as_ref().is_some_and(|of| of.counts(&person.to_string()));
            let lgtm =
                |person: &PersonId| Lgtm { person: *person, name: name(*person), counts: counts(*person) };
            let lgtms: Vec<Lgtm> = agreed.iter().map(lgtm).collect();
            let login = |login: &String| {
                let person = snapshot.directory.meant(login, host.as_deref());
                (login.clone(), person.map(name))
            };
            let named = radar.paths.iter().filter(|one| one.commit == commit.id);
            let named = named.map(|one| (&*one.path, one.approvers.iter().map(login).collect()));
            let paths = matrix(review.as_ref(), named.collect(), &lgtms, |owner| {
                PersonId::parse(owner).map_or_else(|_| owner.to_owned(), name)
            });
            let run = file.runs.iter().find(|(id, _)| ***id == *commit.id).map(|(_, (_, run))| run.clone());
            let agreed = agreed.contains(&caller.person);
            let proposed = file.proposal(&commit.id).is_some();
            Shown {
                may_agree: may_agree && proposed && !agreed && !file.wrote(&commit.id, &me),
                remarks: lint::remarks(&commit.message, &[&id]),
                lgtms,
                reviewed: review.map(|Review { quorum, needed, done, .. }| Reviewed { quorum, needed, done }),
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
            let person = snapshot.directory.meant(&owner.name, host.as_deref());
            let is_in = person.is_some_and(|person| {
                file.grants_of(person).iter().any(|grant| grant.is_active(now))
                    || snapshot.directory.responds(person, project, now)
            });
            let standing = person.and_then(|person| snapshot.directory.standing(person));
            let is_active = standing == Some(Standing::Active);
            Known {
                owner: owner.clone(),
                person: person.map(|person| (person, name(person))),
                is_in,
                is_active,
            }
        });
        let now_owned = self.facts_of(&snapshot, project, now).map(|facts| facts.owners);
        Ok(Look {
            owners: owners.collect(),
            owners_moved: now_owned.is_some_and(|owned| owned != file.facts.owners),
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

/// The paths of a commit: whose LGTM each needs, whose it has that counts, and whom the
/// files name.
fn matrix(
    review: Option<&Review<'_>>,
    mut named: BTreeMap<&str, Vec<(String, Option<String>)>>,
    lgtms: &[Lgtm],
    called: impl Fn(&str) -> String,
) -> Vec<ChangedPath> {
    let Some(review) = review else {
        let paths = named.into_iter().map(|(path, approvers)| ChangedPath {
            path: path.to_owned(),
            approvers,
            owners: None,
            counts: Vec::new(),
        });
        return paths.collect();
    };
    let paths = review.paths.iter().map(|of| {
        let counting = lgtms.iter().filter(|lgtm| lgtm.counts && of.counts(&lgtm.person.to_string()));
        ChangedPath {
            path: of.path.to_owned(),
            approvers: named.remove(of.path).unwrap_or_default(),
            owners: of.owners.map(|owners| owners.iter().map(|owner| called(owner)).collect()),
            counts: counting.map(|lgtm| (lgtm.person, lgtm.name.clone())).collect(),
        }
    });
    paths.collect()
}

/// The branches that a fix goes on, as facts name them.
fn supported(facts: &Project) -> Vec<String> {
    let supported = |class: BranchClass| matches!(class, BranchClass::Supported | BranchClass::Development);
    let branches = facts.branches.iter().filter(|branch| supported(branch.class));
    branches.map(|branch| branch.name.to_string()).collect()
}
