//! The index as bytes.
//!
//! They hold the words of every case in the clear: the caller seals them. What
//! is read back is checked as if a stranger had written it.
//!
//! ```text
//! "fixlead-search\n" version
//! sections: length (4 bytes, little end first), bytes, digest (16 bytes)
//! ```
//!
//! A section begins with a letter: `w` words in the order of their numbers (length
//! byte, letters; an empty one for a number that is free), `c` cases (id, the
//! fields that have texts as two bytes, an instant in milliseconds for each of
//! them as eight bytes, length of the texts as four, the texts), `e` the end,
//! with the number of words and cases. A digest is the beginning of the SHA-256
//! of the digest before it and the section, so that no section can be missing,
//! changed, or somewhere else.

use std::fmt;
use std::io::{self, Read, Write};

use fixlead_core::id::CaseId;
use sha2::{Digest as _, Sha256};

use super::index::{Index, MOST_OF_A_CASE, NEVER};
use super::passages::{Draft, passages};
use super::terms::Terms;
use super::words::LONGEST_WORD;
use super::{FIELDS, Sight};

const MAGIC: &[u8] = b"fixlead-search\n";
const VERSION: u8 = 1;
/// Where a section is closed; it may be longer by one case.
const SECTION: usize = 1 << 18;
/// The longest section that is read.
const MOST_SECTION: usize = SECTION + MOST_OF_A_CASE + 256;
const DIGEST: usize = 16;

/// What is wrong with a snapshot. Whatever it is, the remedy is the same: build
/// the index from the cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It does not begin like one.
    Foreign,
    /// It is of this version, which is not read here.
    Version(u8),
    /// It ends too early.
    Short,
    /// A section is not what was written.
    Digest,
    /// A section is longer than any that is written.
    TooLong,
    /// It goes on after its end.
    Trailing,
    /// A word is none, or stands there twice, or in no text.
    Words,
    /// A case makes no sense, or stands there twice.
    Cases,
    /// A section is unknown, or in the wrong place, or their counts are wrong.
    Order,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the snapshot of the search index ")?;
        match self {
            Damage::Foreign => f.write_str("does not begin like one")?,
            Damage::Version(version) => write!(f, "is of version {version}, and {VERSION} is read here")?,
            Damage::Short => f.write_str("ends too early")?,
            Damage::Digest => f.write_str("was changed after it was written")?,
            Damage::TooLong => f.write_str("has a section that is too long")?,
            Damage::Trailing => f.write_str("goes on after its end")?,
            Damage::Words => f.write_str("has a list of words that makes no sense")?,
            Damage::Cases => f.write_str("has a case that makes no sense")?,
            Damage::Order => f.write_str("has its sections in disorder")?,
        }
        f.write_str("; build the index from the cases again")
    }
}

impl std::error::Error for Damage {}

/// Why a snapshot could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// It could not be read.
    Read(io::Error),
    /// It is damaged.
    Damaged(Damage),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Read(error) => write!(f, "the snapshot of the search index cannot be read: {error}"),
            LoadError::Damaged(damage) => damage.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<Damage> for LoadError {
    fn from(damage: Damage) -> Self {
        LoadError::Damaged(damage)
    }
}

struct Sections<W> {
    out: W,
    digest: [u8; DIGEST],
    section: Vec<u8>,
}

fn digest(before: &[u8; DIGEST], section: &[u8]) -> [u8; DIGEST] {
    let whole = Sha256::new().chain_update(before).chain_update(section).finalize();
    let mut digest = [0; DIGEST];
    digest.copy_from_slice(&whole[..DIGEST]);
    digest
}

impl<W: Write> Sections<W> {
    /// Writes the section if it is long enough, and begins another of the kind.
    fn close(&mut self, least: usize, next: u8) -> io::Result<()> {
        if self.section.len() <= least {
            return Ok(());
        }
        let length = u32::try_from(self.section.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.digest = digest(&self.digest, &self.section);
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&self.section)?;
        self.out.write_all(&self.digest)?;
        self.section.clear();
        self.section.push(next);
        Ok(())
    }
}

impl Index {
    /// Writes everything it holds, in the clear, for somebody who seals it.
    pub fn snapshot(&self, mut out: impl Write) -> io::Result<()> {
        out.write_all(MAGIC)?;
        out.write_all(&[VERSION])?;
        let mut sections = Sections { out, digest: [0; DIGEST], section: vec![b'w'] };
        let numbers = self.terms.numbers() as u32;
        for term in 0..numbers {
            let text = self.terms.text(term);
            sections.section.push(text.len() as u8);
            sections.section.extend_from_slice(text);
            sections.close(SECTION, b'w')?;
        }
        sections.close(0, b'c')?;
        for (id, slot) in self.slots() {
            let case = &self.cases[*slot as usize];
            let fields = self.fields[*slot as usize];
            let length = u32::try_from(case.texts.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
            let section = &mut sections.section;
            section.extend_from_slice(&id.bytes());
            section.extend_from_slice(&fields.to_le_bytes());
            for latest in (0..).zip(&case.latest).filter(|(field, _)| fields & 1 << field != 0) {
                section.extend_from_slice(&latest.1.to_le_bytes());
            }
            section.extend_from_slice(&length.to_le_bytes());
            section.extend_from_slice(&case.texts);
            sections.close(SECTION, b'c')?;
        }
        sections.close(0, b'e')?;
        sections.section.extend_from_slice(&numbers.to_le_bytes());
        sections.section.extend_from_slice(&(self.slots().len() as u32).to_le_bytes());
        sections.close(0, b'e')?;
        sections.out.flush()
    }

    /// Reads what [`Index::snapshot`] wrote, to its end. The key need not be the
    /// same.
    pub fn load(mut from: impl Read, key: [u8; 16]) -> Result<Self, LoadError> {
        let mut head = [0; MAGIC.len() + 1];
        fill(&mut from, &mut head)?;
        match head.split_at(MAGIC.len()) {
            (MAGIC, [VERSION]) => {}
            (MAGIC, [version]) => return Err(Damage::Version(*version).into()),
            _ => return Err(Damage::Foreign.into()),
        }
        let mut loading = Loading { words: Vec::new(), numbers: 0, index: None, draft: Draft::default() };
        let (mut before, mut section) = ([0; DIGEST], Vec::new());
        let mut index = loop {
            read_section(&mut from, &mut section)?;
            let mut kept = [0; DIGEST];
            fill(&mut from, &mut kept)?;
            before = digest(&before, &section);
            if before != kept {
                return Err(Damage::Digest.into());
            }
            match section.split_first() {
                Some((b'w', rest)) if loading.index.is_none() => loading.words(rest)?,
                Some((b'c', rest)) => loading.cases(rest, key)?,
                Some((b'e', rest)) => break loading.end(rest, key)?,
                _ => return Err(Damage::Order.into()),
            }
        };
        if from.read(&mut [0]).map_err(LoadError::Read)? != 0 {
            return Err(Damage::Trailing.into());
        }
        index.tidy();
        if !index.every_word_is_held() {
            return Err(Damage::Words.into());
        }
        Ok(index)
    }
}

fn fill(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), LoadError> {
    from.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Damage::Short.into(),
        _ => LoadError::Read(error),
    })
}

/// Reads a section's bytes. Room is made as they come, not as they are promised.
fn read_section(from: &mut impl Read, section: &mut Vec<u8>) -> Result<(), LoadError> {
    let mut length = [0; 4];
    fill(from, &mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MOST_SECTION {
        return Err(Damage::TooLong.into());
    }
    section.clear();
    from.take(length as u64).read_to_end(section).map_err(LoadError::Read)?;
    if section.len() < length { Err(Damage::Short.into()) } else { Ok(()) }
}

/// What was read so far.
struct Loading {
    /// The words, one after the other: a length byte, and the letters.
    words: Vec<u8>,
    numbers: u32,
    index: Option<Index>,
    draft: Draft,
}

fn split<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(length)?;
    *rest = tail;
    Some(head)
}

fn number<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    split(rest, N)?.try_into().ok()
}

impl Loading {
    fn words(&mut self, section: &[u8]) -> Result<(), Damage> {
        let mut rest = section;
        while let Some([length]) = number(&mut rest) {
            let text = split(&mut rest, usize::from(length)).ok_or(Damage::Words)?;
            if text.len() > LONGEST_WORD || std::str::from_utf8(text).is_err() {
                return Err(Damage::Words);
            }
            self.numbers = self.numbers.checked_add(1).ok_or(Damage::Words)?;
        }
        self.words.extend_from_slice(section);
        Ok(())
    }

    /// The index with its words, once all of them were read.
    fn index(&mut self, key: [u8; 16]) -> Result<&mut Index, Damage> {
        if self.index.is_none() {
            let bytes = std::mem::take(&mut self.words);
            let mut rest = bytes.as_slice();
            let texts = std::iter::from_fn(|| {
                let [length] = number(&mut rest)?;
                std::str::from_utf8(split(&mut rest, usize::from(length))?).ok()
            });
            self.index = Some(Index::with_terms(Terms::load(key, texts).ok_or(Damage::Words)?));
        }
        self.index.as_mut().ok_or(Damage::Words)
    }

    fn cases(&mut self, mut rest: &[u8], key: [u8; 16]) -> Result<(), Damage> {
        let mut draft = std::mem::take(&mut self.draft);
        let index = self.index(key)?;
        while !rest.is_empty() {
            case(index, &mut rest, &mut draft).ok_or(Damage::Cases)?;
        }
        self.draft = draft;
        Ok(())
    }

    fn end(mut self, mut rest: &[u8], key: [u8; 16]) -> Result<Index, Damage> {
        let words = number(&mut rest).map(u32::from_le_bytes);
        let cases = number(&mut rest).map(u32::from_le_bytes);
        let numbers = self.numbers;
        let index = self.index(key)?;
        let counts = words == Some(numbers) && cases == Some(index.slots().len() as u32);
        if !counts || !rest.is_empty() {
            return Err(Damage::Order);
        }
        self.index.ok_or(Damage::Order)
    }
}

/// Reads a case. None when it makes no sense.
fn case(index: &mut Index, rest: &mut &[u8], draft: &mut Draft) -> Option<()> {
    let id = CaseId::from_bytes(number(rest)?);
    let fields = u16::from_le_bytes(number(rest)?);
    let mut latest = [NEVER; FIELDS];
    for (_, latest) in (0..).zip(&mut latest).filter(|(field, _)| fields & 1 << field != 0) {
        *latest = i64::from_le_bytes(number(rest)?);
    }
    let length = u32::from_le_bytes(number(rest)?);
    let texts = split(rest, usize::try_from(length).ok()?)?;
    let mut seen = 0_u16;
    let mut read = passages(texts);
    for passage in read.by_ref() {
        passage.read(draft)?;
        let known = |term: &u32| !index.terms.text(*term).is_empty();
        let fits = usize::from(passage.field) < FIELDS
            && draft.words.iter().all(known)
            && draft.joined.iter().all(|joined| known(&joined.term));
        if !fits {
            return None;
        }
        seen |= 1 << passage.field;
    }
    if !read.is_done()
        || seen != fields
        || fields == 0
        || fields & !Sight::EVERYTHING.0 != 0
        || index.holds(id)
    {
        return None;
    }
    let slot = index.slot(id)? as usize;
    index.fields[slot] = fields;
    index.cases[slot].latest = latest;
    index.newest[slot] = index.cases[slot].newest();
    index.cases[slot].texts = texts.to_vec();
    Some(())
}
