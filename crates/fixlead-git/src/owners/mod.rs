//! Whose agreement a change needs: the people that files in the repository
//! name for each path. Read are `OWNERS` as Prow has them, `CODEOWNERS` of
//! GitHub and GitLab, and `MAINTAINERS` of the kernel's form or with tables in
//! Markdown; each as its own house reads it, all of them where there are several.

pub(crate) mod codeowners;
pub(crate) mod maintainers;
mod pattern;
pub(crate) mod prow;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::series;
use crate::workspace::Workspace;

/// Somebody who is named, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// As it is written: a login, a team, an address, a name.
    pub name: String,
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The alias that stands there in place of the name.
    pub alias: Option<String>,
    /// The section of `CODEOWNERS` or `MAINTAINERS`.
    pub section: Option<String>,
    /// Whether the section is satisfied without.
    pub optional: bool,
    /// How many of the section have to agree, where it says so.
    pub approvals: Option<u32>,
}

impl Named {
    fn new(name: &str, file: &str, line: usize) -> Self {
        Named {
            name: name.to_owned(),
            file: file.to_owned(),
            line,
            alias: None,
            section: None,
            optional: false,
            approvals: None,
        }
    }
}

/// Who is named for a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathOwners {
    /// The path.
    pub path: String,
    /// The `OWNERS` file that governs it: the nearest up the tree that says
    /// anything of it.
    pub governing: Option<String>,
    /// Who may agree, the nearest first.
    pub approvers: Vec<Named>,
    /// Who may look, the nearest first.
    pub reviewers: Vec<Named>,
}

/// A line that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, from the root of the repository.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// The answer.
#[derive(Debug, Default)]
pub struct Owners {
    /// The commit whose files were read.
    pub at: Option<Id>,
    /// Each path, in order.
    pub paths: Vec<PathOwners>,
    /// Who is told of security matters, as files say.
    pub security_contacts: Vec<Named>,
    /// Lines that were passed over.
    pub problems: Vec<Problem>,
}

/// The largest file of owners that is read, in bytes.
const MOST_BYTES: usize = 4 << 20;
/// So many paths are answered.
const MOST_PATHS: usize = 100_000;
/// Files in the root, besides `OWNERS`.
const IN_ROOT: &[&str] = &["OWNERS_ALIASES", "SECURITY_CONTACTS"];

/// The paths of a file with one a line, or those that a series (`A..B`, one
/// commit) changes; of a rename both. With a series comes the commit before it.
///
/// # Errors
/// When neither can be read.
pub fn paths(workspace: &Workspace, from: &str) -> Result<(Vec<String>, Option<Id>)> {
    let path = Path::new(from);
    let mut found = BTreeSet::new();
    let mut before = None;
    if path.is_file() {
        let text = fs::read_to_string(path).map_err(Error::file(path))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let name = line.trim().trim_start_matches("./");
            if name.starts_with('/')
                || name.split('/').any(|part| part == "..")
                || name.chars().any(char::is_control)
            {
                let message = "write a path from the root of the repository, like src/main.go".to_owned();
                return Err(Error::Line { file: path.to_owned(), line: number + 1, message });
            }
            found.insert(name.to_owned());
        }
    } else {
        let commits = series::read(workspace, from)?;
        before = match from.split_once("..") {
            Some((old, _)) => Some(workspace.commit(old)?),
            None => commits.first().and_then(|commit| commit.parent),
        };
        let input: String = commits.iter().map(|commit| format!("{}\n", commit.id)).collect();
        let arguments =
            ["diff-tree", "--stdin", "-r", "-z", "--root", "--name-only", "--no-renames", "--no-commit-id"];
        let output = workspace.git().run(&arguments, input.as_bytes())?;
        let names = output.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        found.extend(names.map(|name| String::from_utf8_lossy(name).into_owned()));
    }
    if found.len() > MOST_PATHS {
        return Err(Error::Series(
            from.to_owned(),
            format!("more than {MOST_PATHS} paths; ask about fewer at once"),
        ));
    }
    Ok((found.into_iter().collect(), before))
}

/// Who is named for paths by the files of a commit. That should be the one
/// before a change: nobody is made an owner by what they ask for.
///
/// # Errors
/// When git cannot read the files.
pub fn owners(workspace: &Workspace, at: Id, paths: &[String]) -> Result<Owners> {
    let mut problems = Vec::new();
    let files = gather(workspace, &at, paths, &mut problems)?;
    let prow = prow::Prow::read(&files, &mut problems);
    let code_owners = codeowners::CodeOwners::read(&files, &mut problems);
    let maintainers = maintainers::Maintainers::read(&files, &mut problems);
    let mut answer =
        Owners { at: Some(at), security_contacts: prow.security_contacts(), ..Owners::default() };
    for path in paths {
        let mut of = PathOwners { path: path.clone(), ..PathOwners::default() };
        prow.find(&mut of);
        code_owners.find(&mut of);
        maintainers.find(&mut of);
        answer.paths.push(of);
    }
    problems.sort();
    problems.dedup();
    answer.problems = problems;
    Ok(answer)
}

/// Files of owners by their paths.
pub(crate) type Files = BTreeMap<String, String>;

/// Reads every file that can name somebody for the paths, in one run of git.
fn gather(workspace: &Workspace, at: &Id, paths: &[String], problems: &mut Vec<Problem>) -> Result<Files> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for path in paths {
        names.extend(directories(path).map(|directory| format!("{directory}OWNERS")));
    }
    names.insert("OWNERS".to_owned());
    let fixed = IN_ROOT.iter().chain(codeowners::PLACES).chain(maintainers::PLACES);
    names.extend(fixed.map(|name| (*name).to_owned()));
    names.retain(|name| !name.contains('\n'));
    let input: String = names.iter().map(|name| format!("{at}:{name}\n")).collect();
    // First what there is and how large, so that nothing large is read.
    let sizes =
        workspace.git().run(&["cat-file", "--batch-check=%(objecttype) %(objectsize)"], input.as_bytes())?;
    let sizes = String::from_utf8_lossy(&sizes).into_owned();
    let mut there: Vec<&String> = Vec::new();
    for (name, line) in names.iter().zip(sizes.lines()) {
        match line.strip_prefix("blob ").and_then(|size| size.parse::<usize>().ok()) {
            None => {}
            Some(size) if size <= MOST_BYTES => there.push(name),
            Some(size) => {
                let message = format!("{size} bytes; at most {MOST_BYTES} are read");
                problems.push(Problem { file: name.clone(), line: 1, message });
            }
        }
    }
    if there.is_empty() {
        return Ok(Files::new());
    }
    let input: String = there.iter().map(|name| format!("{at}:{name}\n")).collect();
    let output = workspace.git().run(&["cat-file", "--batch=%(objectsize)"], input.as_bytes())?;
    let mut rest = output.as_slice();
    let mut files = Files::new();
    for name in there {
        let cut = || Error::Unexpected {
            what: "cat-file".to_owned(),
            detail: "an answer that is cut short".to_owned(),
        };
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(cut)?;
        let size: usize = String::from_utf8_lossy(&rest[..end]).parse().map_err(|_| cut())?;
        let text = rest.get(end + 1..end + 1 + size).ok_or_else(cut)?;
        files.insert(name.clone(), String::from_utf8_lossy(text).into_owned());
        rest = rest.get(end + size + 2..).ok_or_else(cut)?;
    }
    Ok(files)
}

/// The directories that a path lies in, the nearest first, each with a slash at
/// its end; the root is empty.
fn directories(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest?;
        let end = path.trim_end_matches('/').rfind('/').map_or(0, |slash| slash + 1);
        rest = (end > 0).then_some(&path[..end]);
        Some(&path[..end])
    })
}
