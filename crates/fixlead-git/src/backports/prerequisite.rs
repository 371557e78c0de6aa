//! Commits without which a fix does not apply: those that last wrote the lines
//! it changes or stands beside, or that made the file, and that the branch
//! lacks. Each is a guess until a dry run with it is clean.

use std::collections::{BTreeMap, BTreeSet};

use super::Known;
use super::dry_run::{Conflict, DryRun, Outcome, Pick, is_below};
use crate::blame;
use crate::diff::{self, FilePatch};
use crate::error::Result;
use crate::id::Id;
use crate::index::patch_ids::DIFF;
use crate::series::Commit;

/// So many commits are tried.
const MOST_TRIED: usize = 8;
/// With more files in conflict nothing is looked for.
const MOST_FILES: usize = 5;

/// Commits that wrote what a commit changes, by the path before it: the same
/// for every branch, so found once.
pub type Suspects = BTreeMap<String, BTreeSet<Id>>;

/// Finds who wrote lines in a file that a commit changes, and who made it.
fn suspects_of<'s>(
    dry_run: &DryRun,
    commit: &Commit,
    parent: &Id,
    file: &FilePatch,
    known: &'s mut Suspects,
) -> Result<Option<&'s BTreeSet<Id>>> {
    let Some(path) = file.old.as_deref().filter(|path| is_below(path)) else { return Ok(None) };
    let key = format!("{} {path}", commit.id);
    if !known.contains_key(&key) {
        let ranges = file.hunks.iter().map(|hunk| (hunk.old_start, hunk.old_start + hunk.old_count));
        let mut found: BTreeSet<Id> =
            blame::lines(dry_run.git(), parent, path, ranges)?.into_values().collect();
        found.extend(made(dry_run, parent, path)?);
        known.insert(key.clone(), found);
    }
    Ok(known.get(&key))
}

/// The commits that have to be picked before, in order; none if no few of them
/// help. `on` is where the series stands and the commit of the branch.
pub fn find(
    dry_run: &DryRun,
    known: &Known<'_>,
    commit: &Commit,
    on: (&Id, &Id),
    conflicts: &[Conflict],
    found: &mut Suspects,
) -> Result<Vec<Id>> {
    let Some(parent) = commit.parent else { return Ok(Vec::new()) };
    // So much that differs is a person's work, whatever is picked before.
    if conflicts.len() > MOST_FILES {
        return Ok(Vec::new());
    }
    let (onto, tip) = on;
    let mut suspects = BTreeSet::new();
    let patch = dry_run.git().run(DIFF, format!("{}\n", commit.id).as_bytes())?;
    for file in diff::read(&patch) {
        let is_in =
            |path: Option<&str>| conflicts.iter().any(|conflict| Some(conflict.path.as_str()) == path);
        if is_in(file.old.as_deref()) || is_in(file.new.as_deref()) {
            suspects
                .extend(suspects_of(dry_run, commit, &parent, &file, found)?.into_iter().flatten().copied());
        }
    }
    let graph = &known.history.graph;
    let positions: Vec<u32> = suspects.iter().filter_map(|suspect| graph.position(suspect)).collect();
    // The first in history first, of those that the branch lacks.
    let mut ordered: BTreeMap<(u32, u32), Id> = BTreeMap::new();
    for (position, contained) in positions.iter().zip(known.all_contained(tip, &positions)) {
        if let Some(suspect) = graph.id(*position).filter(|_| !contained) {
            ordered.insert((graph.level(*position), *position), suspect);
        }
    }
    let suspects: Vec<Id> = ordered.into_values().collect();
    for suspect in suspects.iter().rev().take(MOST_TRIED) {
        if applies_after(dry_run, known, std::slice::from_ref(suspect), onto, commit)? {
            return Ok(vec![*suspect]);
        }
    }
    let few = (2..=MOST_TRIED).contains(&suspects.len());
    if few && applies_after(dry_run, known, &suspects, onto, commit)? {
        return Ok(suspects);
    }
    Ok(Vec::new())
}

/// Whether a commit applies once others have been picked.
fn applies_after(
    dry_run: &DryRun,
    known: &Known<'_>,
    before: &[Id],
    onto: &Id,
    commit: &Commit,
) -> Result<bool> {
    let mut onto = *onto;
    let graph = &known.history.graph;
    for pick in before {
        let parents = graph.position(pick).map(|position| graph.parents(position)).unwrap_or_default();
        // A merge is no change that can be picked.
        if parents.len() > 1 {
            return Ok(false);
        }
        let base = parents.first().and_then(|parent| graph.id(*parent));
        match dry_run.picks(&[Pick { base, onto, commit: *pick }])?.pop() {
            Some(Outcome::Clean(tree)) => onto = tree,
            _ => return Ok(false),
        }
    }
    let last = dry_run.picks(&[Pick { base: commit.parent, onto, commit: commit.id }])?;
    Ok(matches!(last[..], [Outcome::Clean(_)]))
}

/// The commit that made a file.
fn made(dry_run: &DryRun, at: &Id, path: &str) -> Result<Option<Id>> {
    let arguments = [
        "log",
        "--max-count=1",
        "--diff-filter=A",
        "--no-renames",
        "--format=%H",
        &at.to_string(),
        "--",
        &format!(":(literal){path}"),
    ];
    let output = dry_run.git().run(&arguments, &[])?;
    Ok(Id::from_hex(String::from_utf8_lossy(&output).trim()))
}
