//! Questions are answered.
//!
//! A case matches when each clause is met by a visible text of it, and none that
//! must not be. The score of a case is the sum over the clauses of
//!
//! ```text
//! rarity × weight / (weight + 8)
//! ```
//!
//! where `weight` adds up the weights of the visible texts that meet the clause
//! (a title 8, a message 2), and `rarity` is the binary logarithm of
//!
//! ```text
//! 1 + (visible cases + 1) / (matching visible cases + ½)
//! ```
//!
//! That is the shape of BM25 (Robertson and Zaragoza, The Probabilistic Relevance
//! Framework, 2009) with whole texts in the place of single words, and without
//! the lengths of texts. It is computed in whole numbers, so that every machine
//! says the same. Equal scores stand in the order of the latest visible text,
//! then of ids.

use std::cmp::Reverse;

use fixlead_core::id::CaseId;
use fixlead_core::time::Instant;

use super::index::{Index, NEVER, Slot, parts};
use super::passages::{Draft, passages};
use super::phrase::Pattern;
use super::query::{Clause, Query};
use super::terms::TermId;
use super::{Field, Sight};

/// The most cases of one answer.
pub const MOST_HITS: usize = 1_000;
/// The weight with which a clause has half of what it can give.
const HALF: u32 = 8;
/// The place of a case that must not be among the answers.
const EXCLUDED: u8 = u8::MAX;

/// What stands first in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// What fits best.
    Fit,
    /// What has the latest visible text.
    Latest,
}

/// Which part of an answer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// What stands first.
    pub order: Order,
    /// How many are left out at the beginning.
    pub skip: usize,
    /// How many are wanted, at most [`MOST_HITS`].
    pub most: usize,
}

/// A case that matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The case.
    pub case: CaseId,
    /// How well it fits.
    pub score: u32,
    /// The instant of its latest visible text.
    pub latest: Instant,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many visible cases match.
    pub total: usize,
    /// Those of the wanted page, in order.
    pub hits: Vec<Hit>,
}

const WEIGHTS: [u16; 16] = {
    let mut weights = [0; 16];
    let mut field = 0;
    while field < Field::ALL.len() {
        weights[field] = Field::ALL[field].weight();
        field += 1;
    }
    weights
};

/// The weight of each case for a clause, and the cases that have one.
struct Tally {
    weights: Vec<u16>,
    met: Vec<Slot>,
}

impl Tally {
    #[inline]
    fn add(&mut self, slot: Slot, field: u32) {
        let weight = &mut self.weights[slot as usize];
        if *weight == 0 {
            self.met.push(slot);
        }
        *weight = weight.saturating_add(WEIGHTS[field as usize & 15]);
    }
}

/// What somebody sees of an index while a question is answered.
pub(super) struct View<'a> {
    pub index: &'a Index,
    /// The fields that are seen and have a text, of each case.
    pub seen: Vec<u16>,
}

impl Index {
    /// The cases that match, as somebody sees them who sees of each case what
    /// `sight` says. It is asked once for every case, matching or not.
    pub fn search(&self, query: &Query, page: &Page, sight: impl Fn(CaseId) -> Sight) -> Found {
        let seen: Vec<u16> = self
            .ids
            .iter()
            .zip(&self.fields)
            .map(|(id, fields)| if *fields == 0 { 0 } else { sight(*id).0 & fields })
            .collect();
        let visible = seen.iter().filter(|seen| **seen != 0).count() as u32;
        let view = View { index: self, seen };
        let cases = self.ids.len();
        let mut tally = Tally { weights: vec![0; cases], met: Vec::new() };
        let mut scores = vec![0_u32; cases];
        let mut met = vec![0_u8; cases];
        let mut wanted = 0;
        for clause in query.clauses.iter().filter(|clause| !clause.negated) {
            view.tally(clause, &mut tally);
            let rarity = rarity(visible, tally.met.len() as u32);
            for slot in tally.met.drain(..) {
                let place = slot as usize;
                let weight = u32::from(std::mem::take(&mut tally.weights[place]));
                if met[place] == wanted {
                    met[place] = wanted + 1;
                    scores[place] += (rarity * ((weight << 8) / (weight + HALF))) >> 8;
                }
            }
            wanted += 1;
        }
        for clause in query.clauses.iter().filter(|clause| clause.negated) {
            view.tally(clause, &mut tally);
            for slot in tally.met.drain(..) {
                tally.weights[slot as usize] = 0;
                met[slot as usize] = EXCLUDED;
            }
        }
        let mut matching: Vec<(u32, i64, CaseId)> = Vec::new();
        for (place, met) in met.iter().enumerate() {
            if *met == wanted && view.seen[place] != 0 {
                matching.push((scores[place], view.latest(place), self.ids[place]));
            }
        }
        let total = matching.len();
        let hits = cut(matching, page);
        Found { total, hits }
    }
}

/// The wanted page of what matches.
fn cut(mut matching: Vec<(u32, i64, CaseId)>, page: &Page) -> Vec<Hit> {
    let by_fit = |(score, latest, id): &(u32, i64, CaseId)| (Reverse(*score), Reverse(*latest), *id);
    let by_time = |(score, latest, id): &(u32, i64, CaseId)| (Reverse(*latest), Reverse(*score), *id);
    let most = page.most.min(MOST_HITS);
    let end = page.skip.saturating_add(most);
    if end < matching.len() {
        match page.order {
            Order::Fit => matching.select_nth_unstable_by_key(end, by_fit),
            Order::Latest => matching.select_nth_unstable_by_key(end, by_time),
        };
        matching.truncate(end);
    }
    match page.order {
        Order::Fit => matching.sort_unstable_by_key(by_fit),
        Order::Latest => matching.sort_unstable_by_key(by_time),
    }
    let wanted = matching.into_iter().skip(page.skip);
    wanted.map(|(score, latest, case)| Hit { case, score, latest: Instant::from_millis(latest) }).collect()
}

/// The binary logarithm of `1 + (visible + 1) / (matching + ½)`, times 256, the
/// part after the point taken from the straight line between two powers. With the
/// 1 even a word that every case has can say where it stands.
pub(super) fn rarity(visible: u32, matching: u32) -> u32 {
    let ratio = ((u64::from(visible) * 2 + 2) << 16) / (u64::from(matching) * 2 + 1) + (1 << 16);
    let whole = ratio.ilog2();
    let part = ((ratio << 8) >> whole) as u32 & 255;
    ((whole - 16) << 8) | part
}

impl View<'_> {
    /// The latest instant of what is seen of a case.
    fn latest(&self, place: usize) -> i64 {
        let latest = &self.index.cases[place].latest;
        let seen = self.seen[place];
        (0..)
            .zip(latest)
            .filter(|(field, _)| seen & 1 << field != 0)
            .map(|(_, at)| *at)
            .max()
            .unwrap_or(NEVER)
    }

    /// Adds up the visible texts that meet a clause, for each case.
    fn tally(&self, clause: &Clause, tally: &mut Tally) {
        let fields = clause.fields.iter().copied().fold(Sight::NOTHING, Sight::with);
        let fields = if clause.fields.is_empty() { Sight::EVERYTHING.0 } else { fields.0 };
        match self.fitting(clause) {
            Some(mut places) if places.len() == 1 => {
                for term in places.pop().unwrap_or_default() {
                    self.each(term, fields, |slot, field| tally.add(slot, field));
                }
            }
            Some(places) => self.tally_phrase(places, fields, tally),
            None => {}
        }
    }

    /// The numbers of the words that fit each place of a clause, ascending. None
    /// when none fits some place.
    fn fitting(&self, clause: &Clause) -> Option<Vec<Vec<TermId>>> {
        let terms = &self.index.terms;
        let last = clause.words.len().checked_sub(1)?;
        let mut places = Vec::with_capacity(clause.words.len());
        for (place, word) in clause.words.iter().enumerate() {
            let mut fit: Vec<TermId> = if clause.prefix && place == last {
                terms.beginning(word)
            } else {
                terms.find(word).into_iter().collect()
            };
            if fit.is_empty() {
                return None;
            }
            fit.sort_unstable();
            places.push(fit);
        }
        Some(places)
    }

    /// Gives every visible text in these fields that holds a word.
    #[inline]
    pub fn each(&self, term: TermId, fields: u16, mut give: impl FnMut(Slot, u32)) {
        let entries = self.index.entries();
        let Some(postings) = self.index.postings.get(term as usize) else { return };
        postings.each(|number| {
            let Some(&entry) = entries.get(number as usize) else { return };
            let (slot, field) = parts(entry);
            let seen = self.seen.get(slot as usize).copied().unwrap_or(0);
            if (seen & fields) >> field & 1 != 0 {
                give(slot, field);
            }
        });
    }

    fn tally_phrase(&self, places: Vec<Vec<TermId>>, fields: u16, tally: &mut Tally) {
        // Cases that hold all of the words come first; they are fewer than texts.
        let mut held = vec![0_u8; self.seen.len()];
        let mut candidates = Vec::new();
        for (place, fit) in (0_u8..).zip(&places) {
            candidates.clear();
            for term in fit {
                self.each(*term, fields, |slot, _| {
                    if held[slot as usize] == place {
                        held[slot as usize] = place + 1;
                        candidates.push(slot);
                    }
                });
            }
        }
        candidates.sort_unstable();
        let joinable = places.iter().flatten().any(|term| self.index.joinable[*term as usize]);
        let pattern = Pattern::new(places, joinable);
        let mut draft = Draft::default();
        for slot in candidates {
            let texts = &self.index.cases[slot as usize].texts;
            if !pattern.may_be_in(texts) {
                continue;
            }
            let seen = self.seen[slot as usize] & fields;
            for passage in passages(texts).filter(|passage| seen >> passage.field & 1 != 0) {
                if pattern.is_in(&passage, &mut draft) {
                    tally.add(slot, u32::from(passage.field));
                }
            }
        }
    }
}
