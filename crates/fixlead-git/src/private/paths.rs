//! Which paths commits change, counted directory by directory.
//!
//! `git diff-tree -r` holds all of them in memory before it writes the first, and a
//! few directories that hold each other can stand for more paths than anybody could
//! list. Here each pair of directories is compared once, and only as far as the
//! bound allows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};

use super::{Private, Proposed};
use crate::error::{Error, Result};
use crate::id::Id;

/// The longest path that a commit may change, in bytes.
const LONGEST: usize = 4096;

/// Two directories, the later one second; nothing where there is none.
type Pair = (Option<String>, Option<String>);
/// Pairs of directories that are still to be compared, each with the commits that
/// change it and where.
type Open = BTreeMap<Pair, BTreeSet<(Id, Vec<u8>)>>;

impl Private {
    /// The paths that each commit changes.
    ///
    /// # Errors
    /// When one changes more than `most`, or git cannot read it.
    pub fn paths(&self, commits: &[Proposed], most: usize) -> Result<BTreeMap<Id, Vec<String>>> {
        let mut found: BTreeMap<Id, BTreeSet<Vec<u8>>> = BTreeMap::new();
        let mut open = self.roots(commits)?;
        while !open.is_empty() {
            let mut next = Open::new();
            // Something is changed in every directory that stays open.
            let mut counts: BTreeMap<Id, usize> =
                found.iter().map(|(commit, paths)| (*commit, paths.len())).collect();
            for (pair, entries) in self.compared(&open)? {
                let Some(places) = open.get(&pair) else {
                    return Err(unexpected("a pair that was not asked"));
                };
                for ((commit, above), entry) in
                    places.iter().flat_map(|place| entries.iter().map(move |entry| (place, entry)))
                {
                    let count = counts.entry(*commit).or_default();
                    let mut path = above.clone();
                    path.extend(&entry.name);
                    let why = if *count >= most {
                        format!("changes more than {most} paths; a fix is smaller")
                    } else if path.len() > LONGEST {
                        format!("changes a path of more than {LONGEST} bytes")
                    } else {
                        *count += 1;
                        if entry.is_file {
                            found.entry(*commit).or_default().insert(path.clone());
                        }
                        if entry.below != (None, None) {
                            path.push(b'/');
                            next.entry(entry.below.clone()).or_default().insert((*commit, path));
                        }
                        continue;
                    };
                    return Err(Error::Series(commit.to_string(), why));
                }
            }
            open = next;
        }
        let text = |path: Vec<u8>| String::from_utf8_lossy(&path).into_owned();
        Ok(found.into_iter().map(|(id, paths)| (id, paths.into_iter().map(text).collect())).collect())
    }

    /// Where each commit begins: its directory, and that of its first parent.
    fn roots(&self, commits: &[Proposed]) -> Result<Open> {
        let mut asked = String::new();
        for commit in commits {
            asked.push_str(&format!("{}^{{tree}}\n", commit.id));
            if let Some(parent) = commit.parents.first() {
                asked.push_str(&format!("{parent}^{{tree}}\n"));
            }
        }
        let trees = self.git.run(&["cat-file", "--batch-check=%(objectname)"], asked.as_bytes())?;
        let trees = String::from_utf8_lossy(&trees).into_owned();
        let mut trees = trees.lines().map(str::to_owned);
        let mut open = Open::new();
        for commit in commits {
            let after = trees.next();
            let before = commit.parents.first().and_then(|_| trees.next());
            if before != after {
                open.entry((before, after)).or_default().insert((commit.id, Vec::new()));
            }
        }
        Ok(open)
    }

    /// What is different in each pair, without what is below its directories.
    fn compared(&self, open: &Open) -> Result<Vec<(Pair, Vec<Entry>)>> {
        let length = open.keys().find_map(|(old, new)| old.as_ref().or(new.as_ref())).map_or(40, String::len);
        let nothing = if length == 64 { NOTHING_SHA256 } else { NOTHING_SHA1 };
        let named = |tree: &Option<String>| tree.clone().unwrap_or_else(|| nothing.to_owned());
        let input: String =
            open.keys().map(|(old, new)| format!("{} {}\n", named(old), named(new))).collect();
        let is_tree = |id: &str| (id != nothing).then(|| id.to_owned());
        self.git.stream(&["diff-tree", "--stdin", "--raw", "-z", "--no-renames"], input.as_bytes(), |out| {
            let mut all: Vec<(Pair, Vec<Entry>)> = Vec::new();
            while let Some(first) = out.fill_buf().map_err(Error::Start)?.first().copied() {
                if first != b':' {
                    let head = until(out, b'\n')?;
                    let (old, new) = head.trim().split_once(' ').ok_or_else(|| unexpected(&head))?;
                    all.push(((is_tree(old), is_tree(new)), Vec::new()));
                    continue;
                }
                let entry = Entry::read(out)?;
                let (_, entries) = all.last_mut().ok_or_else(|| unexpected("no pair"))?;
                entries.push(entry);
            }
            Ok(all)
        })
    }
}

/// The directory with nothing in it, which git knows without its being there.
const NOTHING_SHA1: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
const NOTHING_SHA256: &str = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

/// A name in a directory that stands for something else than before.
struct Entry {
    name: Vec<u8>,
    /// Whether it is or was a file.
    is_file: bool,
    /// The directories that it was and is.
    below: Pair,
}

impl Entry {
    /// Reads `:MODE MODE ID ID STATUS` and the name behind it.
    fn read(out: &mut dyn BufRead) -> Result<Entry> {
        let line = until(out, 0)?;
        let name = until_bytes(out, 0)?;
        let words: Vec<&str> = line.trim_start_matches(':').split(' ').collect();
        let [before, after, old, new, _] = words[..] else { return Err(unexpected(&line)) };
        let tree = |mode: &str, id: &str| (mode == "040000").then(|| id.to_owned());
        let file = |mode: &str| mode != "040000" && mode != "000000";
        Ok(Entry { name, is_file: file(before) || file(after), below: (tree(before, old), tree(after, new)) })
    }
}

fn until_bytes(out: &mut dyn BufRead, end: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    out.take(LONGEST as u64 + 2).read_until(end, &mut bytes).map_err(Error::Start)?;
    if bytes.pop() == Some(end) { Ok(bytes) } else { Err(unexpected("a name that is too long")) }
}

fn until(out: &mut dyn BufRead, end: u8) -> Result<String> {
    Ok(String::from_utf8_lossy(&until_bytes(out, end)?).into_owned())
}

fn unexpected(detail: &str) -> Error {
    Error::Unexpected { what: "diff-tree".to_owned(), detail: fixlead_core::text::echo(detail) }
}
