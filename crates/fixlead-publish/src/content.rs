//! What a file holds: parts of what it held before, and what is new.

use std::io::{self, Write};
use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Old(Range<usize>),
    New(Vec<u8>),
}

/// What a file holds. What it held before is not copied: a long file of which little
/// changed costs no memory of its own.
#[derive(Clone, Debug)]
pub struct Content<'a> {
    old: &'a [u8],
    parts: Vec<Part>,
}

impl From<Vec<u8>> for Content<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Content { old: &[], parts: vec![Part::New(bytes)] }
    }
}

impl<'a> Content<'a> {
    /// Nothing yet, of a file that held this before.
    pub fn upon(old: &'a [u8]) -> Content<'a> {
        Content { old, parts: Vec::new() }
    }

    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        match self.parts.last_mut() {
            Some(Part::New(last)) => last.extend_from_slice(bytes),
            _ if bytes.is_empty() => {}
            _ => self.parts.push(Part::New(bytes.to_vec())),
        }
    }

    /// Adds a part of what was there before; nothing where there is no such part.
    pub fn keep(&mut self, part: Range<usize>) {
        debug_assert!(self.old.get(part.clone()).is_some());
        match self.parts.last_mut() {
            Some(Part::Old(last)) if last.end == part.start => last.end = part.end,
            _ => self.parts.push(Part::Old(part)),
        }
    }

    /// Adds what stands between two parts, and a part of what was there before.
    pub fn keep_after(&mut self, between: &[u8], part: Range<usize>) {
        match self.parts.last_mut() {
            Some(Part::Old(last)) if self.old.get(last.end..part.start) == Some(between) => {
                last.end = part.end;
            }
            _ => {
                self.add(between);
                self.keep(part);
            }
        }
    }

    /// Its bytes, part by part.
    pub fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| match part {
            Part::Old(range) => self.old.get(range.clone()).unwrap_or_default(),
            Part::New(bytes) => bytes,
        })
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.parts().map(<[u8]>::len).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its BLAKE3 digest, in hexadecimal: whether it is what it was is asked of every large file
    /// of every publication.
    pub fn digest(&self) -> String {
        let mut all = blake3::Hasher::new();
        self.parts().for_each(|part| {
            all.update(part);
        });
        all.finalize().to_hex().to_string()
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.parts().try_for_each(|part| out.write_all(part))
    }

    /// Its bytes as one.
    pub fn into_bytes(mut self) -> Vec<u8> {
        if let [Part::New(bytes)] = self.parts.as_mut_slice() {
            return std::mem::take(bytes);
        }
        let mut whole = Vec::with_capacity(self.len());
        self.parts().for_each(|part| whole.extend_from_slice(part));
        whole
    }
}

/// The parts of a text that begin and end so, one after the other.
pub fn cut<'a>(text: &'a str, open: &str, close: &str) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = &rest[rest.find(open)?..];
        let (part, after) = rest.split_at(rest.find(close)? + close.len());
        rest = after;
        Some(part)
    })
}

/// The digest of what a file holds, as [`Content::digest`] is of what is to be one.
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_stood_together_are_one_and_the_bytes_are_those_that_were_added() {
        let old = b"one,two,three";
        let mut content = Content::upon(old);
        content.add(b"[");
        content.keep(0..3);
        content.keep_after(b",", 4..7);
        content.keep_after(b";", 8..13);
        content.add(b"");
        content.keep_after(b",", 0..3);
        content.add(b"]");
        assert_eq!(content.clone().into_bytes(), b"[one,two;three,one]");
        assert_eq!(content.parts.len(), 7, "{:?}", content.parts);
        assert_eq!(content.len(), 19);
        assert_eq!(content.digest(), digest(b"[one,two;three,one]"));
        let mut written = Vec::new();
        content.write(&mut written).unwrap();
        assert_eq!(written, content.into_bytes());
        assert!(Content::upon(old).is_empty());
    }
}
