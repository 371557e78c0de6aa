//! Every distinct word once, with a number.
//!
//! Numbers are given in the order of first appearance, so that frequent words
//! have small ones. When the last text that holds a word goes, so does the
//! word: its letters are overwritten and its number is given to another.

use std::hash::Hasher as _;

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use super::words::LONGEST_WORD;

/// The number of a word.
pub type TermId = u32;

/// How many numbers stand in one block of the sorted order.
const BLOCK: usize = 512;
/// Letters of words that are gone, in bytes, before room is made.
const MOST_WASTE: usize = 1 << 20;

#[derive(Clone, Copy, Default)]
struct Place {
    start: u32,
    /// 0 when the number is free.
    length: u8,
}

/// Neighbours in the sorted order; never empty.
struct Block {
    /// The beginning of its first word, so that a search seldom has to look
    /// the word up.
    head: u64,
    terms: Vec<TermId>,
}

/// The first eight bytes of a word, in an order that agrees with the words'.
fn head(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text[..length]);
    u64::from_be_bytes(bytes)
}

/// The words.
pub struct Terms {
    /// Which words collide is nobody's to choose who does not know the key.
    key: [u8; 16],
    letters: Vec<u8>,
    places: Vec<Place>,
    free: Vec<TermId>,
    by_text: HashTable<TermId>,
    /// In the order of their texts, in blocks, so that a new word moves few.
    sorted: Vec<Block>,
    waste: usize,
}

fn text_of<'a>(letters: &'a [u8], places: &[Place], term: TermId) -> &'a [u8] {
    let Some(place) = places.get(term as usize) else { return &[] };
    letters.get(place.start as usize..place.start as usize + usize::from(place.length)).unwrap_or_default()
}

fn hash(key: &[u8; 16], text: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_key(key);
    hasher.write(text);
    hasher.finish()
}

impl Terms {
    pub fn new(key: [u8; 16]) -> Self {
        Terms {
            key,
            letters: Vec::new(),
            places: Vec::new(),
            free: Vec::new(),
            by_text: HashTable::new(),
            sorted: Vec::new(),
            waste: 0,
        }
    }

    /// Words that there are.
    pub fn count(&self) -> usize {
        self.by_text.len()
    }

    /// Numbers that were ever given: each is smaller.
    pub fn numbers(&self) -> usize {
        self.places.len()
    }

    /// A word's letters; none for a free number.
    pub fn text(&self, term: TermId) -> &[u8] {
        text_of(&self.letters, &self.places, term)
    }

    /// The number of a word.
    pub fn find(&self, text: &str) -> Option<TermId> {
        let (letters, places) = (&self.letters, &self.places);
        let same = |term: &TermId| text_of(letters, places, *term) == text.as_bytes();
        self.by_text.find(hash(&self.key, text.as_bytes()), same).copied()
    }

    /// The number of a word, a new one if need be. None when there is no more
    /// room for its letters (4 GiB).
    pub fn find_or_add(&mut self, text: &str) -> Option<TermId> {
        if let Some(term) = self.find(text) {
            return Some(term);
        }
        let term = self.free.last().copied().unwrap_or(self.places.len() as TermId);
        let place = self.write(text)?;
        if self.free.pop().is_none() {
            self.places.push(place);
        } else {
            self.places[term as usize] = place;
        }
        self.enter(term, text);
        let (block, within) = self.position(text.as_bytes());
        let beginning = head(text.as_bytes());
        if self.sorted.is_empty() {
            self.sorted.push(Block { head: beginning, terms: Vec::new() });
        }
        let found = &mut self.sorted[block];
        found.terms.insert(within, term);
        if within == 0 {
            found.head = beginning;
        }
        if found.terms.len() == BLOCK {
            let terms = found.terms.split_off(BLOCK / 2);
            let head = head(self.text(terms[0]));
            self.sorted.insert(block + 1, Block { head, terms });
        }
        Some(term)
    }

    fn write(&mut self, text: &str) -> Option<Place> {
        let start = u32::try_from(self.letters.len()).ok()?;
        let length = u8::try_from(text.len()).ok().filter(|length| usize::from(*length) <= LONGEST_WORD)?;
        self.letters.extend_from_slice(text.as_bytes());
        Some(Place { start, length })
    }

    fn enter(&mut self, term: TermId, text: &str) {
        let Terms { key, letters, places, by_text, .. } = self;
        let rehash = |term: &TermId| hash(key, text_of(letters, places, *term));
        by_text.insert_unique(hash(key, text.as_bytes()), term, rehash);
    }

    /// The block and the place in it where a text stands or would stand.
    fn position(&self, text: &[u8]) -> (usize, usize) {
        let wanted = head(text);
        let block = self.sorted.partition_point(|block| {
            block.head < wanted
                || block.head == wanted && block.terms.first().is_some_and(|first| self.text(*first) <= text)
        });
        let block = block.saturating_sub(1);
        let within = self
            .sorted
            .get(block)
            .map_or(0, |block| block.terms.partition_point(|term| self.text(*term) < text));
        (block, within)
    }

    /// The words that begin so, in their order.
    pub fn beginning(&self, prefix: &str) -> Vec<TermId> {
        let (block, mut within) = self.position(prefix.as_bytes());
        let mut found = Vec::new();
        for block in self.sorted.get(block..).unwrap_or_default() {
            let terms = block.terms.get(within..).unwrap_or_default();
            let fitting = terms.partition_point(|term| self.text(*term).starts_with(prefix.as_bytes()));
            found.extend_from_slice(&terms[..fitting]);
            if fitting < terms.len() {
                break;
            }
            within = 0;
        }
        found
    }

    /// Forgets a word that nothing holds any more.
    pub fn remove(&mut self, term: TermId) {
        let text = self.text(term).to_vec();
        if text.is_empty() {
            return;
        }
        if let Ok(entry) = self.by_text.find_entry(hash(&self.key, &text), |known| *known == term) {
            entry.remove();
        }
        let (block, within) = self.position(&text);
        if self.sorted.get(block).is_some_and(|block| block.terms.get(within) == Some(&term)) {
            self.sorted[block].terms.remove(within);
            match self.sorted[block].terms.first() {
                None => {
                    self.sorted.remove(block);
                }
                Some(first) => self.sorted[block].head = head(self.text(*first)),
            }
        }
        let place = std::mem::take(&mut self.places[term as usize]);
        let start = place.start as usize;
        self.letters[start..start + text.len()].fill(0);
        self.free.push(term);
        self.waste += text.len();
        if self.waste > MOST_WASTE && self.waste > self.letters.len() / 2 {
            self.make_room();
        }
    }

    /// Moves the letters together.
    fn make_room(&mut self) {
        let mut letters = Vec::with_capacity(self.letters.len() - self.waste);
        for place in &mut self.places {
            let start = place.start as usize;
            place.start = letters.len() as u32;
            letters.extend_from_slice(&self.letters[start..start + usize::from(place.length)]);
        }
        self.letters = letters;
        self.waste = 0;
    }

    /// Takes over words whose numbers are their places in the list, an empty
    /// text for a free number. None when one stands there twice or is too long.
    pub fn load<'a>(key: [u8; 16], texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut terms = Terms::new(key);
        for text in texts {
            let term = u32::try_from(terms.places.len()).ok()?;
            if text.is_empty() {
                terms.places.push(Place::default());
                terms.free.push(term);
                continue;
            }
            if terms.find(text).is_some() {
                return None;
            }
            let place = terms.write(text)?;
            terms.places.push(place);
            terms.enter(term, text);
        }
        let mut order: Vec<TermId> =
            (0..terms.places.len() as TermId).filter(|term| !terms.text(*term).is_empty()).collect();
        order.sort_unstable_by(|a, b| terms.text(*a).cmp(terms.text(*b)));
        terms.sorted = order
            .chunks(BLOCK / 2)
            .map(|part| Block { head: head(terms.text(part[0])), terms: part.to_vec() })
            .collect();
        Some(terms)
    }
}
