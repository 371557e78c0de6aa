//! The index as a file: numbers with the most significant byte first, written
//! anew whenever something came. A file that is damaged, of another version or
//! of another format is as good as none.

use std::fs;

use super::{Facts, Index, Note, Says};
use crate::error::Result;
use crate::id::{Format, Id};
use crate::workspace::{Workspace, keep};

const NAME: &str = "fixlead-commits";
/// Changed with whatever changes in what is kept.
const VERSION: &[u8] = b"fixlead commits 1\n";

/// What is kept; nothing if that cannot be read.
pub fn load(workspace: &Workspace) -> Result<Index> {
    let bytes = fs::read(workspace.directory().join(NAME)).unwrap_or_default();
    Ok(read(&bytes, workspace.format()).unwrap_or_default())
}

/// Reads what [`written`] wrote.
pub fn read(bytes: &[u8], format: Format) -> Option<Index> {
    let mut reader = Reader { bytes, length: format.length() };
    reader.index().filter(|_| reader.bytes.is_empty())
}

/// Keeps it, for oneself alone.
pub fn save(workspace: &Workspace, index: &Index) -> Result<()> {
    keep(&workspace.directory().join(NAME), &written(index))
}

/// An index as bytes.
pub fn written(index: &Index) -> Vec<u8> {
    let mut bytes = VERSION.to_vec();
    let number = |bytes: &mut Vec<u8>, number: usize| bytes.extend((number as u32).to_be_bytes());
    number(&mut bytes, index.tips.len());
    index.tips.iter().for_each(|tip| bytes.extend_from_slice(tip.as_bytes()));
    number(&mut bytes, index.facts.len());
    for facts in &index.facts {
        bytes.extend_from_slice(facts.commit.as_bytes());
        for hash in [facts.paths, facts.author, facts.subject, facts.reverts_subject] {
            bytes.extend(hash.to_be_bytes());
        }
    }
    number(&mut bytes, index.notes.len());
    for note in &index.notes {
        number(&mut bytes, note.by as usize);
        bytes.push(match note.says {
            Says::Picked => 0,
            Says::Reverts => 1,
        });
        bytes.push(note.of.len() as u8);
        bytes.extend_from_slice(note.of.as_bytes());
    }
    bytes
}

struct Reader<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?) as usize)
    }

    fn hash(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    fn id(&mut self) -> Option<Id> {
        let length = self.length;
        Id::from_bytes(self.take(length)?)
    }

    fn index(&mut self) -> Option<Index> {
        if self.take(VERSION.len())? != VERSION {
            return None;
        }
        let mut index = Index::default();
        for _ in 0..self.number()? {
            index.tips.push(self.id()?);
        }
        for _ in 0..self.number()? {
            index.facts.push(Facts {
                commit: self.id()?,
                paths: self.hash()?,
                author: self.hash()?,
                subject: self.hash()?,
                reverts_subject: self.hash()?,
            });
        }
        for _ in 0..self.number()? {
            let by = self.number()?;
            let says = match self.take(1)? {
                [0] => Says::Picked,
                [1] => Says::Reverts,
                _ => return None,
            };
            let length = usize::from(*self.take(1)?.first()?);
            let of = String::from_utf8(self.take(length)?.to_vec()).ok()?;
            if by >= index.facts.len() {
                return None;
            }
            index.notes.push(Note { by: by as u32, says, of });
        }
        Some(index)
    }
}
