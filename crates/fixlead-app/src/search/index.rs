//! Texts come and go.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use fixlead_core::id::CaseId;
use fixlead_core::time::Instant;

use super::passages::{Draft, Joined, Passage, passages};
use super::postings::{Number, Postings};
use super::terms::{TermId, Terms};
use super::words::{Identifiers, Part, Word, scan};
use super::{FIELDS, Field, Sight, Sights};

/// A place in the index where a case is.
pub(super) type Slot = u32;

/// How many bits of an entry say where its case is; the others say the field.
const SLOT_BITS: u32 = 28;
/// The most bytes that the texts of one case take as rows of words; that is
/// some thirty million words. More is not taken.
pub(super) const MOST_OF_A_CASE: usize = 1 << 26;
/// The entry of a text that is gone.
const GONE: u32 = u32::MAX;
/// The mark of a case that got none.
const UNMARKED: u32 = u32::MAX;
/// The most lists that are kept for the next question.
const MOST_SPARE: usize = 4;
/// The instant of a field without texts.
pub(super) const NEVER: i64 = i64::MIN;

/// What the desk searches: the words of all cases, in memory.
///
/// It has no `Debug`, so that nothing of a case gets into a log by it.
pub struct Index {
    pub(super) terms: Terms,
    /// The texts that hold a word, by its number.
    pub(super) postings: Vec<Postings>,
    /// Whether a word is anywhere a joined one, by its number.
    pub(super) joinable: Vec<bool>,
    /// The case and the field of a text, by its number.
    entries: Vec<u32>,
    gone: usize,
    slots: BTreeMap<CaseId, Slot>,
    free: Vec<Slot>,
    /// What there is about each case, by its slot. Apart, because every question
    /// walks the first two from end to end.
    pub(super) ids: Vec<CaseId>,
    pub(super) fields: Vec<u16>,
    /// The latest instant of all fields of each, in milliseconds.
    pub(super) newest: Vec<i64>,
    /// See [`Index::mark`].
    pub(super) marks: Vec<u32>,
    pub(super) cases: Vec<Case>,
    pub(super) spare: Spare,
}

/// What a question reckoned with, for the next one: to get new memory for a number
/// of each case takes as long as to go through it.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<Vec<u16>>>);

impl Spare {
    /// A list of so many zeros.
    pub fn zeros(&self, length: usize) -> Vec<u16> {
        let mut list = self.any();
        list.resize(length, 0);
        list
    }

    /// An empty list.
    fn any(&self) -> Vec<u16> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a list.
    pub fn give(&self, mut list: Vec<u16>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MOST_SPARE {
            list.clear();
            kept.push(list);
        }
    }
}

/// The texts of a case.
pub(super) struct Case {
    /// The latest instant of each field, in milliseconds.
    pub latest: [i64; FIELDS],
    /// See [`super::passages`].
    pub texts: Vec<u8>,
}

impl Case {
    fn empty() -> Self {
        Case { latest: [NEVER; FIELDS], texts: Vec::new() }
    }

    /// The latest instant of all fields.
    pub fn newest(&self) -> i64 {
        self.latest.iter().copied().max().unwrap_or(NEVER)
    }
}

/// What was taken of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// So many words.
    pub words: usize,
    /// Whether its end was left out, because it was too long.
    pub cut: bool,
}

/// How much an index holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Cases.
    pub cases: usize,
    /// Texts of cases.
    pub texts: usize,
    /// Distinct words.
    pub words: usize,
}

fn entry(slot: Slot, field: u8) -> u32 {
    slot | u32::from(field) << SLOT_BITS
}

/// The slot and the field's number of an entry; an impossible field when it is
/// gone.
#[inline]
pub(super) fn parts(entry: u32) -> (Slot, u32) {
    (entry & ((1 << SLOT_BITS) - 1), entry >> SLOT_BITS)
}

/// Overwrites what is about to be freed.
fn wipe(bytes: &mut Vec<u8>) {
    bytes.fill(0);
    // Without this the compiler sees that nobody reads it again.
    std::hint::black_box(bytes);
}

impl Index {
    /// An empty one. The key is random and secret, so that nobody outside can
    /// choose words that slow it down.
    pub fn new(key: [u8; 16]) -> Self {
        Index::with_terms(Terms::new(key))
    }

    pub(super) fn with_terms(terms: Terms) -> Self {
        let numbers = terms.numbers();
        Index {
            terms,
            postings: std::iter::repeat_with(Postings::default).take(numbers).collect(),
            joinable: vec![false; numbers],
            entries: Vec::new(),
            gone: 0,
            slots: BTreeMap::new(),
            free: Vec::new(),
            ids: Vec::new(),
            fields: Vec::new(),
            newest: Vec::new(),
            marks: Vec::new(),
            cases: Vec::new(),
            spare: Spare::default(),
        }
    }

    /// How much it holds.
    pub fn size(&self) -> Size {
        Size { cases: self.slots.len(), texts: self.entries.len() - self.gone, words: self.terms.count() }
    }

    /// Whether anything of a case is held.
    pub fn holds(&self, case: CaseId) -> bool {
        self.slots.contains_key(&case)
    }

    /// Notes a number for a case, by which [`Index::sights`] can tell what is seen of
    /// it without looking the case up. No snapshot holds it.
    pub fn mark(&mut self, case: CaseId, mark: u32) {
        if let Some(slot) = self.slots.get(&case) {
            self.marks[*slot as usize] = mark;
        }
    }

    /// What somebody sees: of each case what is said of its mark; of one without a mark
    /// nothing.
    pub fn sights(&self, of_mark: impl Fn(u32) -> Sight) -> Sights {
        // Mostly the case before has the same mark.
        let mut last = (UNMARKED, Sight::NOTHING.0);
        let seen = |mark: &u32| {
            if *mark != last.0 {
                last = (*mark, if *mark == UNMARKED { Sight::NOTHING.0 } else { of_mark(*mark).0 });
            }
            last.1
        };
        let mut sights = self.spare.any();
        sights.extend(self.marks.iter().map(seen));
        Sights(sights)
    }

    /// What somebody sees: of each case what is said of it.
    pub fn sights_of(&self, of_case: impl Fn(CaseId) -> Sight) -> Sights {
        let mut sights = Sights(self.spare.zeros(self.ids.len()));
        for (case, slot) in &self.slots {
            sights.0[*slot as usize] = of_case(*case).0;
        }
        sights
    }

    /// Says otherwise of one case.
    pub fn set_sight(&self, sights: &mut Sights, case: CaseId, sight: Sight) {
        if let Some(slot) = self.slots.get(&case) {
            sights.0[*slot as usize] = sight.0;
        }
    }

    /// Adds a text of a case, written at an instant. Texts that stand in one
    /// field are kept apart: no phrase reaches from one into the next.
    pub fn add(&mut self, case: CaseId, field: Field, text: &str, at: Instant) -> Taken {
        let mut draft = Draft::default();
        let mut full = false;
        let Index { terms, .. } = self;
        let whole = scan(text, Identifiers::Divided, |word: Word<'_>| {
            let Some(term) = terms.find_or_add(word.text) else {
                full = true;
                return;
            };
            match word.part {
                Part::Next => draft.words.push(term),
                Part::Joined(span) => {
                    draft.joined.push(Joined { at: draft.words.len() as u32, span: u32::from(span), term });
                }
            }
        });
        let most = draft.words.len() as u32;
        // Only where there was no room for some of its parts.
        draft.joined.retain(|joined| joined.at + joined.span <= most);
        let numbers = self.terms.numbers();
        self.postings.resize_with(numbers, Postings::default);
        self.joinable.resize(numbers, false);
        let mut bytes = Vec::new();
        draft.write(field.number(), &mut bytes);
        match self.slot_for(case, bytes.len()) {
            Some(slot) => {
                self.append(slot, field, &draft, &bytes, at);
                Taken { words: draft.words.len(), cut: full || !whole }
            }
            None => {
                self.forget_unheld(&draft.distinct());
                Taken { words: 0, cut: true }
            }
        }
    }

    /// Puts these texts in the place of all that the case has in a field.
    pub fn replace(&mut self, case: CaseId, field: Field, texts: &[&str], at: Instant) -> Taken {
        self.take_out(case, |passage| passage.field == field.number());
        let mut all = Taken { words: 0, cut: false };
        for text in texts {
            let taken = self.add(case, field, text, at);
            all = Taken { words: all.words + taken.words, cut: all.cut || taken.cut };
        }
        all
    }

    /// Removes everything about a case, for its erasure: its texts, and from the
    /// list of words those that no other case holds. False when there was
    /// nothing.
    pub fn remove(&mut self, case: CaseId) -> bool {
        let held = self.holds(case);
        self.take_out(case, |_| true);
        held
    }

    /// The case's slot, if it has room for so many bytes.
    fn slot_for(&mut self, case: CaseId, bytes: usize) -> Option<Slot> {
        let held = self.slots.get(&case).map_or(0, |slot| self.cases[*slot as usize].texts.len());
        if held + bytes > MOST_OF_A_CASE { None } else { self.slot(case) }
    }

    /// The case's slot, a new one if need be. None when there are 2^28 cases.
    pub(super) fn slot(&mut self, case: CaseId) -> Option<Slot> {
        if let Some(slot) = self.slots.get(&case) {
            return Some(*slot);
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                self.ids[slot as usize] = case;
                slot
            }
            None => {
                let slot = self.ids.len() as Slot;
                if slot >= (1 << SLOT_BITS) - 1 {
                    return None;
                }
                self.ids.push(case);
                self.fields.push(0);
                self.newest.push(NEVER);
                self.marks.push(UNMARKED);
                self.cases.push(Case::empty());
                slot
            }
        };
        self.slots.insert(case, slot);
        Some(slot)
    }

    fn append(&mut self, slot: Slot, field: Field, draft: &Draft, bytes: &[u8], at: Instant) {
        if self.entries.len() >= GONE as usize {
            self.tidy();
        }
        let number = self.entries.len() as Number;
        self.entries.push(entry(slot, field.number()));
        self.post(number, draft);
        self.fields[slot as usize] |= 1 << field.number();
        let case = &mut self.cases[slot as usize];
        let latest = &mut case.latest[usize::from(field.number())];
        *latest = at.millis().max(*latest);
        let newest = &mut self.newest[slot as usize];
        *newest = at.millis().max(*newest);
        // Room for one more text, and not for twice as many.
        case.texts.reserve_exact(bytes.len());
        case.texts.extend_from_slice(bytes);
    }

    /// Notes which words a text holds.
    fn post(&mut self, number: Number, draft: &Draft) {
        for term in draft.distinct() {
            self.postings[term as usize].push(number);
        }
        for joined in &draft.joined {
            self.joinable[joined.term as usize] = true;
        }
    }

    /// Removes those texts of a case that are chosen, and the case with its last.
    fn take_out(&mut self, case: CaseId, chosen: impl Fn(&Passage<'_>) -> bool) {
        let Some(&slot) = self.slots.get(&case) else { return };
        let mut texts = std::mem::take(&mut self.cases[slot as usize].texts);
        if passages(&texts).any(|passage| chosen(&passage)) {
            // Texts of a case stand in the order of their numbers.
            let numbers: Vec<Number> = (0..)
                .zip(&self.entries)
                .filter(|(_, entry)| parts(**entry).0 == slot)
                .map(|(n, _)| n)
                .collect();
            let (mut draft, mut rest, mut fields) = (Draft::default(), Vec::new(), 0);
            for (passage, number) in passages(&texts).zip(numbers) {
                if chosen(&passage) {
                    self.entries[number as usize] = GONE;
                    self.gone += 1;
                    // It was written here, so it can be read.
                    let _ = passage.read(&mut draft);
                    let terms = draft.distinct();
                    terms.iter().for_each(|term| self.postings[*term as usize].remove(number));
                    self.forget_unheld(&terms);
                } else {
                    fields |= 1 << passage.field;
                    rest.extend_from_slice(passage.bytes);
                }
            }
            wipe(&mut texts);
            texts = rest;
            self.fields[slot as usize] = fields;
            for (field, latest) in self.cases[slot as usize].latest.iter_mut().enumerate() {
                *latest = if fields & 1 << field == 0 { NEVER } else { *latest };
            }
            self.newest[slot as usize] = self.cases[slot as usize].newest();
        }
        if texts.is_empty() {
            self.slots.remove(&case);
            self.ids[slot as usize] = CaseId::from_bytes([0; 16]);
            self.marks[slot as usize] = UNMARKED;
            self.free.push(slot);
        }
        self.cases[slot as usize].texts = texts;
    }

    /// Forgets those of these words that no text holds.
    fn forget_unheld(&mut self, terms: &[TermId]) {
        for term in terms {
            if self.postings[*term as usize].is_empty() {
                self.terms.remove(*term);
                self.joinable[*term as usize] = false;
            }
        }
    }

    /// Gives every text its number anew, without the gaps of those that are
    /// gone. Loading a snapshot does it too; it takes as long.
    pub fn tidy(&mut self) {
        let numbers = self.terms.numbers();
        self.postings = std::iter::repeat_with(Postings::default).take(numbers).collect();
        self.joinable = vec![false; numbers];
        self.entries = Vec::new();
        self.gone = 0;
        // The last text that each word was seen in; quicker than to sort words.
        let mut last = vec![Number::MAX; numbers];
        let cases = std::mem::take(&mut self.cases);
        let mut draft = Draft::default();
        for (slot, case) in (0..).zip(&cases) {
            for passage in passages(&case.texts) {
                if passage.read(&mut draft).is_some() {
                    let number = self.entries.len() as Number;
                    self.entries.push(entry(slot, passage.field));
                    let joined = draft.joined.iter().map(|joined| joined.term);
                    for term in draft.words.iter().copied().chain(joined) {
                        if std::mem::replace(&mut last[term as usize], number) != number {
                            self.postings[term as usize].push(number);
                        }
                    }
                    draft.joined.iter().for_each(|joined| self.joinable[joined.term as usize] = true);
                }
            }
        }
        self.cases = cases;
    }

    /// The case and field of each text, by its number.
    #[inline]
    pub(super) fn entries(&self) -> &[u32] {
        &self.entries
    }

    /// The cases and their slots, in the order of their ids.
    pub(super) fn slots(&self) -> &BTreeMap<CaseId, Slot> {
        &self.slots
    }

    /// Whether every word has a text that holds it, as it must.
    pub(super) fn every_word_is_held(&self) -> bool {
        (0..)
            .zip(&self.postings)
            .all(|(term, postings)| postings.is_empty() == self.terms.text(term).is_empty())
    }
}
