//! What is known of every commit on tags and branches: which paths it changes,
//! who wrote it under what subject, and which commits its message names as
//! picked or reverted. From it commits are found that may be the same change;
//! [`patch_ids`] says which are.
//!
//! It is kept in the workspace, and each time only the commits are read that
//! came since. It holds hashes and ids, nothing of texts.

pub(crate) mod message;
pub mod patch_ids;
pub(crate) mod store;

use std::collections::HashSet;
use std::io::BufRead;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::id::Id;
use crate::workspace::Workspace;
pub use message::Says;

/// What is known of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The commit.
    pub commit: Id,
    /// Of the paths that it changes; 0 for a merge or one that changes none.
    /// Commits with the same patch id have the same.
    pub paths: u64,
    /// Of its author's address.
    pub author: u64,
    /// Of its subject, without branch names before it and numbers behind it.
    pub subject: u64,
    /// Of the subject that it says it reverts; 0 if it says so of none.
    pub reverts_subject: u64,
}

/// That the message of a commit names another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which commit says it, as a place among the facts.
    pub by: u32,
    /// What it says.
    pub says: Says,
    /// The beginning of the other's id, in hexadecimal.
    pub of: String,
}

/// Everything that is known.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// The tips that it has been read from.
    tips: Vec<Id>,
    /// Of each commit.
    pub facts: Vec<Facts>,
    /// Which commits name others.
    pub notes: Vec<Note>,
}

impl Index {
    /// What is known, with what came since.
    ///
    /// # Errors
    /// When git cannot read new commits, or the index cannot be kept.
    pub fn refresh(workspace: &Workspace, graph: &Graph, tips: &[Id]) -> Result<Self> {
        let mut wanted: Vec<Id> = tips.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut index = store::load(workspace)?;
        if index.tips == wanted {
            return Ok(index);
        }
        let known: HashSet<&Id> = index.tips.iter().collect();
        let new: Vec<Id> = wanted.iter().filter(|tip| !known.contains(tip)).copied().collect();
        // Of branches that were rewritten the old tips may be gone.
        let there = workspace.kinds(&index.tips)?.into_iter();
        let there: Vec<Id> = there.filter(|(_, kind)| kind == "commit").map(|(id, _)| id).collect();
        let before: HashSet<Id> = index.facts.iter().map(|facts| facts.commit).collect();
        if !new.is_empty() {
            index.read(workspace, &new, &there, &before)?;
        }
        index.forget(graph, &wanted);
        index.tips = wanted;
        if workspace.keeps() {
            store::save(workspace, &index)?;
        }
        Ok(index)
    }

    /// Forgets what no tip leads to any more, and what may be gone therefore.
    fn forget(&mut self, graph: &Graph, tips: &[Id]) {
        let reached = graph.reachable(tips);
        let is_reached =
            |facts: &Facts| graph.position(&facts.commit).is_some_and(|position| reached[position as usize]);
        let mut places = Vec::with_capacity(self.facts.len());
        let mut kept = 0;
        for facts in &self.facts {
            let stays = is_reached(facts);
            places.push(stays.then_some(kept));
            kept += u32::from(stays);
        }
        self.facts.retain(is_reached);
        self.notes.retain_mut(|note| match places[note.by as usize] {
            Some(place) => {
                note.by = place;
                true
            }
            None => false,
        });
    }

    /// Reads the commits that new tips bring. A partial clone without
    /// directories is an error; files are not looked at.
    fn read(&mut self, workspace: &Workspace, new: &[Id], old: &[Id], before: &HashSet<Id>) -> Result<()> {
        let mut input: String = new.iter().map(|id| format!("{id}\n")).collect();
        input.extend(old.iter().map(|id| format!("^{id}\n")));
        let arguments = [
            "log",
            "-z",
            "--stdin",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--root",
            "--no-diff-merges",
            "--no-show-signature",
            "--no-notes",
            "--encoding=UTF-8",
            "--format=tformat:%H%x00%ae%x00%B",
        ];
        workspace.git().stream(&arguments, input.as_bytes(), |out| self.take_in(out, before))
    }

    /// Takes in commits as git tells them in that format, but for those that are known before.
    pub(crate) fn take_in(&mut self, out: &mut dyn BufRead, before: &HashSet<Id>) -> Result<()> {
        let mut token = Vec::new();
        let mut waiting = next(out, &mut token)?;
        while waiting {
            let id = std::str::from_utf8(&token).ok().map(str::trim).and_then(Id::from_hex);
            let id = id.ok_or_else(|| unexpected(&token))?;
            next(out, &mut token)?;
            let author = hash(&token);
            next(out, &mut token)?;
            let message = message::read(&String::from_utf8_lossy(&token));
            let mut paths: Vec<Vec<u8>> = Vec::new();
            loop {
                waiting = next(out, &mut token)?;
                let entry = token.iter().position(|byte| *byte != b'\n').map(|start| token[start]);
                if !waiting || entry.is_some_and(|first| first != b':') {
                    break;
                }
                if entry.is_some() {
                    next(out, &mut token)?;
                    // As patch ids do not count white space.
                    paths.push(token.iter().filter(|byte| !byte.is_ascii_whitespace()).copied().collect());
                }
            }
            if before.contains(&id) {
                continue;
            }
            paths.sort_unstable();
            let by = self.facts.len() as u32;
            self.facts.push(Facts {
                commit: id,
                paths: if paths.is_empty() { 0 } else { hash(&paths.join(&0)) },
                author,
                subject: hash(message.subject.as_bytes()),
                reverts_subject: message.reverts_subject.map_or(0, |subject| hash(subject.as_bytes())),
            });
            self.notes.extend(message.notes.into_iter().map(|(says, of)| Note { by, says, of }));
        }
        Ok(())
    }
}

/// The longest message or path that is read, in bytes.
const MOST_TOKEN: u64 = 16 << 20;

/// Reads up to the next zero byte; false at the end.
fn next(out: &mut dyn BufRead, token: &mut Vec<u8>) -> Result<bool> {
    token.clear();
    let mut bounded = std::io::Read::take(&mut *out, MOST_TOKEN);
    let read = bounded.read_until(0, token).map_err(Error::Start)?;
    if token.last() == Some(&0) {
        token.pop();
    } else if read as u64 == MOST_TOKEN {
        return Err(Error::TooMuch { what: "log".to_owned(), most: MOST_TOKEN as usize });
    }
    Ok(read > 0)
}

fn unexpected(token: &[u8]) -> Error {
    let detail = fixlead_core::text::echo(&String::from_utf8_lossy(token));
    Error::Unexpected { what: "log".to_owned(), detail }
}

/// A number for a text; never 0.
fn hash(text: &[u8]) -> u64 {
    let hash = Sha256::digest(text);
    let number = hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    number.max(1)
}
