//! Where a fix still has to go, and who is named for what it changes.

use std::collections::{BTreeMap, BTreeSet};

use fixlead_app::fix::push::MOST_PATHS;
use fixlead_app::fix::{Conflict, Fault, Owner, PathOwners, Radar, Standing};
use fixlead_git::backports::{self, Step};
use fixlead_git::private::{Ends, MOST_COMMITS};
use fixlead_git::{Error, Id, Private, Workspace, owners};

use super::fault;

/// What the radar is of: the fix and the branches as they are now.
pub fn key(ends: &Ends, onto: &[String]) -> String {
    let mut key = String::new();
    for (branch, end) in &ends.private {
        key.push_str(&format!("{branch} {end}\n"));
    }
    for branch in onto {
        key.push_str(&format!("{branch} {}\n", ends.public[branch]));
    }
    key
}

/// Tries each private branch on its own public one as that is now, and on those that
/// have none, and looks up who is named for what it changes.
pub fn scan(private: &Private, ends: &BTreeMap<String, Id>, onto: &[String]) -> Radar {
    let mut radar = Radar::default();
    let scanned = private.workspace().and_then(|workspace| {
        let mut owned: BTreeMap<(String, bool, String, usize), BTreeSet<String>> = BTreeMap::new();
        for (fix, end) in ends {
            let series = private.series(end)?;
            let Some(range) = Private::range(&series) else { continue };
            let (paths, before) = owners::paths(&workspace, &range)?;
            if let Some(at) = before {
                let found = owners::owners(&workspace, at, &paths)?;
                let approvers: BTreeMap<&str, BTreeSet<&str>> = found
                    .paths
                    .iter()
                    .map(|one| {
                        let names = one.approvers.iter().map(|named| named.name.as_str());
                        (one.path.as_str(), names.collect())
                    })
                    .collect();
                for (commit, changed) in private.paths(&series, MOST_PATHS)? {
                    radar.paths.extend(changed.into_iter().map(|path| {
                        PathOwners {
                            commit: commit.to_string(),
                            approvers: approvers
                                .get(path.as_str())
                                .into_iter()
                                .flatten()
                                .map(|name| (*name).to_owned())
                                .collect(),
                            path,
                        }
                    }));
                }
                for path in found.paths {
                    let approve = path.approvers.into_iter().map(|named| (true, named));
                    let review = path.reviewers.into_iter().map(|named| (false, named));
                    for (approves, named) in approve.chain(review) {
                        let key = (named.name, approves, named.file, named.line);
                        owned.entry(key).or_default().insert(path.path.clone());
                    }
                }
            }
            // Where there is a private branch already, that one has to apply, and no other.
            let open = |branch: &&String| *branch == fix || !ends.contains_key(*branch);
            let onto: Vec<String> = onto.iter().filter(open).cloned().collect();
            if onto.is_empty() {
                continue;
            }
            let tried = backports::scan(&workspace, &range, &onto)?;
            for standing in &tried.standings {
                radar.standings.push(stands(&workspace, fix, standing)?);
            }
        }
        radar.owners = owned
            .into_iter()
            .map(|((name, approves, file, line), paths)| Owner {
                name,
                approves,
                place: (file, line),
                paths: paths.into_iter().collect(),
            })
            .collect();
        Ok(())
    });
    if let Err(error) = scanned {
        radar.failed.push(match fault(error) {
            Fault::Said(why) => why,
            _ => "git could not try it; the log of the desk says when".to_owned(),
        });
    }
    radar
}

fn stands(workspace: &Workspace, fix: &str, standing: &backports::Standing<'_>) -> Result<Standing, Error> {
    let (mut conflicts, mut missing) = (Vec::new(), Vec::new());
    for step in &standing.steps {
        let found = match step {
            Step::Conflict(found) => found,
            Step::MissingPrerequisite(ids, found) => {
                for id in ids.iter().take(MOST_COMMITS) {
                    let commits = fixlead_git::series::read(workspace, &id.to_string())?;
                    let subject = commits.into_iter().next().map(|commit| commit.subject).unwrap_or_default();
                    missing.push((id.to_string(), subject));
                }
                found
            }
            _ => continue,
        };
        conflicts.extend(found.iter().map(|conflict| {
            Conflict {
                path: conflict.path.clone(),
                kind: conflict.kind.clone(),
                hunks: conflict
                    .hunks
                    .iter()
                    .take(5)
                    .map(|hunk| (hunk.line, hunk.ours.join("\n"), hunk.theirs.join("\n")))
                    .collect(),
            }
        }));
    }
    conflicts.truncate(20);
    Ok(Standing {
        fix: fix.to_owned(),
        branch: standing.branch.name.clone(),
        outcome: standing.outcome(),
        conflicts,
        missing,
    })
}
