//! Patch ids, as `git patch-id --stable` has them: the same for the same
//! change wherever it stands in a file, white space not counted.
//!
//! The patch that goes in is `git diff-tree -p --full-index --no-renames
//! --root` with three lines of context, by git's first algorithm and without
//! attributes, so that it is the same on every machine. Each is asked for once and
//! kept as a line `ALGORITHM PATCH-ID COMMIT`.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use crate::error::Result;
use crate::id::Id;
use crate::workspace::{Workspace, keep};

const NAME: &str = "fixlead-patch-ids";
/// Which patch, and which id of it.
const ALGORITHM: &str = "stable-1";
/// For a commit that has no patch id: a merge, or one that changes nothing.
const NO_PATCH: &str = "-";

/// How patches are written wherever they are compared.
pub const DIFF: &[&str] = &[
    "diff-tree",
    "--stdin",
    "-r",
    "-p",
    "--root",
    "--full-index",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--unified=3",
    "--diff-algorithm=myers",
    "--no-indent-heuristic",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

/// Patch ids by commit, those that were asked for once.
#[derive(Debug, Default)]
pub struct PatchIds {
    known: HashMap<Id, Option<Id>>,
}

impl PatchIds {
    /// What is kept.
    pub fn load(workspace: &Workspace) -> Self {
        let text = fs::read_to_string(workspace.directory().join(NAME)).unwrap_or_default();
        let mut known = HashMap::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let [ALGORITHM, patch, commit] = words[..]
                && let Some(commit) = Id::from_hex(commit)
            {
                match Id::from_hex(patch) {
                    Some(patch) => drop(known.insert(commit, Some(patch))),
                    None if patch == NO_PATCH => drop(known.insert(commit, None)),
                    None => {}
                }
            }
        }
        PatchIds { known }
    }

    /// The patch id of a commit that was asked for.
    pub fn of(&self, commit: &Id) -> Option<Id> {
        self.known.get(commit).copied().flatten()
    }

    /// Asks git for those that are not known yet, and keeps them.
    ///
    /// # Errors
    /// When git cannot read one, such as for want of a file in a partial clone.
    pub fn ask(&mut self, workspace: &Workspace, commits: impl Iterator<Item = Id>) -> Result<()> {
        let new: BTreeMap<Id, ()> =
            commits.filter(|commit| !self.known.contains_key(commit)).map(|commit| (commit, ())).collect();
        if new.is_empty() {
            return Ok(());
        }
        let input: String = new.keys().map(|commit| format!("{commit}\n")).collect();
        let lines = workspace.git().pipe(DIFF, &["patch-id", "--stable"], input.as_bytes())?;
        self.known.extend(new.keys().map(|commit| (*commit, None)));
        for line in String::from_utf8_lossy(&lines).lines() {
            let ids = line.split_once(' ').map(|(patch, commit)| (Id::from_hex(patch), Id::from_hex(commit)));
            if let Some((Some(patch), Some(commit))) = ids {
                self.known.insert(commit, Some(patch));
            }
        }
        if workspace.keeps() {
            self.save(workspace)?;
        }
        Ok(())
    }

    fn save(&self, workspace: &Workspace) -> Result<()> {
        let sorted: BTreeMap<&Id, &Option<Id>> = self.known.iter().collect();
        let mut text = String::new();
        for (commit, patch) in sorted {
            let patch = patch.map_or_else(|| NO_PATCH.to_owned(), |patch| patch.to_string());
            text.push_str(&format!("{ALGORITHM} {patch} {commit}\n"));
        }
        keep(&workspace.directory().join(NAME), text.as_bytes())
    }
}
