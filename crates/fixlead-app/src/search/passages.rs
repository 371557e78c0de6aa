//! The texts of a case as rows of word numbers.
//!
//! They tell phrases from words that merely stand somewhere, they say which
//! words go when a case is erased, and they are what a snapshot holds. A case's
//! texts are one run of bytes, each text (a passage):
//!
//! ```text
//! field     1 byte
//! length    of the rest, in bytes
//! length    of the words, in bytes
//! words     the number of each, in order
//! joined    how many words further (since the one before), how many words are
//!           joined, the number of the joined one
//! ```
//!
//! Numbers are written in groups of seven bits, the least first, all but the
//! last with the high bit set. A word's number therefore never begins within
//! another one, and a row of words can be searched as bytes.

use super::terms::TermId;

/// Writes a number.
pub fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number that was written by [`put`]; no other way to write it counts.
#[inline]
pub fn take(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut number = 0_u32;
    for group in 0..5 {
        let byte = *bytes.get(*at)?;
        *at += 1;
        if group == 4 && byte > 0x0f || group > 0 && byte == 0 {
            return None;
        }
        number |= u32::from(byte & 0x7f) << (7 * group);
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// A text's words before they are written.
#[derive(Default)]
pub struct Draft {
    /// The words in order.
    pub words: Vec<TermId>,
    /// Where joined words begin, how many they join, and their numbers.
    pub joined: Vec<Joined>,
}

/// A joined word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The first of the words that it joins.
    pub at: u32,
    /// How many.
    pub span: u32,
    /// Its number.
    pub term: TermId,
}

impl Draft {
    /// Every distinct word, ascending.
    pub fn distinct(&self) -> Vec<TermId> {
        let mut terms: Vec<TermId> =
            self.words.iter().copied().chain(self.joined.iter().map(|joined| joined.term)).collect();
        terms.sort_unstable();
        terms.dedup();
        terms
    }

    /// Writes the text as it stands among a case's texts.
    pub fn write(&self, field: u8, out: &mut Vec<u8>) {
        let mut words = Vec::with_capacity(self.words.len() * 2);
        self.words.iter().for_each(|term| put(&mut words, *term));
        let mut rest = Vec::with_capacity(words.len() + 8);
        put(&mut rest, words.len() as u32);
        rest.extend_from_slice(&words);
        let mut before = 0;
        for joined in &self.joined {
            put(&mut rest, joined.at - before);
            put(&mut rest, joined.span);
            put(&mut rest, joined.term);
            before = joined.at;
        }
        out.push(field);
        put(out, rest.len() as u32);
        out.extend_from_slice(&rest);
    }
}

/// A text as it is kept.
#[derive(Clone, Copy)]
pub struct Passage<'a> {
    /// Its field's number.
    pub field: u8,
    /// Its words.
    pub words: &'a [u8],
    /// Its joined words.
    pub joined: &'a [u8],
    /// The whole of it.
    pub bytes: &'a [u8],
}

/// The texts of a case. Ends early where the bytes make no sense.
pub struct Passages<'a> {
    rest: &'a [u8],
}

/// The texts of a case.
pub fn passages(bytes: &[u8]) -> Passages<'_> {
    Passages { rest: bytes }
}

impl<'a> Iterator for Passages<'a> {
    type Item = Passage<'a>;

    #[inline]
    fn next(&mut self) -> Option<Passage<'a>> {
        let field = *self.rest.first()?;
        let mut at = 1;
        let length = take(self.rest, &mut at)? as usize;
        let end = at.checked_add(length)?;
        let body = self.rest.get(at..end)?;
        let bytes = &self.rest[..end];
        let mut within = 0;
        let words = take(body, &mut within)? as usize;
        let (words, joined) = body[within..].split_at_checked(words)?;
        self.rest = &self.rest[end..];
        Some(Passage { field, words, joined, bytes })
    }
}

impl Passages<'_> {
    /// Whether everything was read.
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }
}

impl Passage<'_> {
    /// Reads its words into a draft. None where the bytes make no sense.
    pub fn read(&self, draft: &mut Draft) -> Option<()> {
        draft.words.clear();
        draft.joined.clear();
        let mut at = 0;
        while at < self.words.len() {
            draft.words.push(take(self.words, &mut at)?);
        }
        let (mut at, mut place) = (0, 0_u32);
        while at < self.joined.len() {
            place = place.checked_add(take(self.joined, &mut at)?)?;
            let span = take(self.joined, &mut at)?;
            let term = take(self.joined, &mut at)?;
            let end = place.checked_add(span)? as usize;
            if span < 2 || end > draft.words.len() {
                return None;
            }
            draft.joined.push(Joined { at: place, span, term });
        }
        Some(())
    }
}
