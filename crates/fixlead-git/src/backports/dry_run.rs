//! Cherry-picks that happen nowhere: `git merge-tree` in a directory of
//! objects that goes away.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::run::Git;
use crate::scratch::Scratch;
use crate::workspace::{Workspace, keep};

/// Where dry runs write their objects.
pub struct DryRun {
    git: Git,
    _scratch: Scratch,
}

/// One cherry-pick to try.
#[derive(Clone, Copy, Debug)]
pub struct Pick {
    /// The commit before the change; none if the change begins a history.
    pub base: Option<Id>,
    /// A commit or tree to make the change on.
    pub onto: Id,
    /// The change.
    pub commit: Id,
}

/// What came of it, as `git merge-tree` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The tree that it makes.
    Clean(Id),
    /// It needs a person.
    Conflict(Vec<Conflict>),
}

/// A file that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its path.
    pub path: String,
    /// What git calls it: `contents`, `modify/delete`, `rename/delete`, ….
    pub kind: String,
    /// The places in it; none where the whole file is meant.
    pub hunks: Vec<Hunk>,
}

/// A place in a file where both sides changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The line of its first mark in the file as git leaves it, from 1.
    pub line: usize,
    /// The branch's lines.
    pub ours: Vec<String>,
    /// The change's lines.
    pub theirs: Vec<String>,
}

/// Marks of conflicts are read in files up to this size, in bytes.
const MOST_BYTES: usize = 16 << 20;
const MOST_HUNKS: usize = 200;
const MOST_LINES: usize = 200;

impl DryRun {
    /// A place for dry runs, with all objects of the workspace.
    pub fn new(workspace: &Workspace) -> Result<Self> {
        let scratch = Scratch::new()?;
        let info = scratch.path().join("info");
        fs::create_dir(&info).map_err(Error::file(&info))?;
        let lender = workspace.directory().join("objects");
        let line = format!("{}\n", lender.display());
        keep(&info.join("alternates"), line.as_bytes())?;
        Ok(DryRun { git: workspace.git().with_objects(scratch.path()), _scratch: scratch })
    }

    /// git, with what dry runs have made.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// The tree of a commit.
    pub fn tree(&self, commit: &Id) -> Result<Id> {
        let text = self.git.run(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")], &[])?;
        Id::from_hex(String::from_utf8_lossy(&text).trim())
            .ok_or_else(|| Error::Unexpected { what: "rev-parse".to_owned(), detail: "no id".to_owned() })
    }

    /// Tries picks, each for itself.
    pub fn picks(&self, picks: &[Pick]) -> Result<Vec<Outcome>> {
        if picks.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = String::new();
        for pick in picks {
            let base = match pick.base {
                Some(base) => base,
                None => self.empty_tree()?,
            };
            input.push_str(&format!("{base} -- {} {}\n", pick.onto, pick.commit));
        }
        let output =
            self.git.run(&["merge-tree", "--stdin", "-z", "--name-only", "--messages"], input.as_bytes())?;
        let mut fields = output.split(|byte| *byte == 0);
        let mut outcomes = Vec::new();
        for _ in picks {
            outcomes.push(self.outcome(&mut fields)?);
        }
        Ok(outcomes)
    }

    fn empty_tree(&self) -> Result<Id> {
        let text = self.git.run(&["hash-object", "-w", "-t", "tree", "--stdin"], &[])?;
        Id::from_hex(String::from_utf8_lossy(&text).trim()).ok_or_else(|| unexpected(""))
    }

    /// Reads one answer: whether it is clean, the tree, the paths in conflict,
    /// and what git has to say of them.
    fn outcome<'a>(&self, fields: &mut impl Iterator<Item = &'a [u8]>) -> Result<Outcome> {
        let mut next = || fields.next().map(|field| String::from_utf8_lossy(field).into_owned());
        let (status, tree) = (next().unwrap_or_default(), next().unwrap_or_default());
        let tree = Id::from_hex(tree.trim()).ok_or_else(|| unexpected(&tree))?;
        let mut paths = Vec::new();
        if status == "0" {
            while let Some(path) = next().filter(|path| !path.is_empty()) {
                paths.push(path);
            }
        } else if status == "1" {
            // Between the tree and what is said of it.
            next();
        } else {
            return Err(unexpected(&status));
        }
        let mut said: Vec<(Vec<String>, String)> = Vec::new();
        while let Some(count) = next().filter(|count| !count.is_empty()) {
            let count: usize = count.parse().map_err(|_| unexpected(&count))?;
            let about: Vec<String> = (0..count).map_while(|_| next()).collect();
            let kind = next().unwrap_or_default();
            next();
            said.push((about, kind));
        }
        if status == "1" {
            return Ok(Outcome::Clean(tree));
        }
        // A directory that is in the way has a conflict and no path of its own.
        for (about, kind) in &said {
            if kind.starts_with("CONFLICT") && !about.iter().any(|path| paths.contains(path)) {
                paths.extend(about.first().cloned());
            }
        }
        let conflicts = paths.into_iter().map(|path| {
            let kind =
                said.iter().find(|(about, kind)| about.contains(&path) && kind.starts_with("CONFLICT"));
            let kind = kind
                .map_or("contents", |(_, kind)| kind.trim_start_matches("CONFLICT (").trim_end_matches(')'));
            let hunks = self.hunks(&tree, &path)?;
            Ok(Conflict { kind: kind.to_owned(), path, hunks })
        });
        Ok(Outcome::Conflict(conflicts.collect::<Result<Vec<_>>>()?))
    }

    fn hunks(&self, tree: &Id, path: &str) -> Result<Vec<Hunk>> {
        if path.contains('\n') {
            return Ok(Vec::new());
        }
        let output = self.git.run(&["cat-file", "--batch"], format!("{tree}:{path}\n").as_bytes())?;
        let Some(end) = output.iter().position(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
        let is_file = String::from_utf8_lossy(&output[..end]).split(' ').nth(1) == Some("blob");
        if !is_file || output.len() > MOST_BYTES {
            return Ok(Vec::new());
        }
        Ok(marks(&String::from_utf8_lossy(&output[end + 1..])))
    }
}

/// Finds what git marked as conflicts.
fn marks(text: &str) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let mut open: Option<(Hunk, bool)> = None;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("<<<<<<< ") {
            open = Some((Hunk { line: number + 1, ours: Vec::new(), theirs: Vec::new() }, false));
        } else if let Some((hunk, theirs)) = &mut open {
            if line.starts_with(">>>>>>> ") && *theirs {
                hunks.extend(open.take().map(|(hunk, _)| hunk));
                if hunks.len() == MOST_HUNKS {
                    break;
                }
            } else if line == "=======" && !*theirs {
                *theirs = true;
            } else {
                let side = if *theirs { &mut hunk.theirs } else { &mut hunk.ours };
                if side.len() < MOST_LINES {
                    side.push(line.to_owned());
                }
            }
        }
    }
    hunks
}

fn unexpected(detail: &str) -> Error {
    Error::Unexpected { what: "merge-tree".to_owned(), detail: fixlead_core::text::echo(detail) }
}

/// Whether a path names something below the repository, as git demands too.
pub fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}
