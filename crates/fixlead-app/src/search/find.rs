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
use std::ops::ControlFlow;

use fixlead_core::id::CaseId;
use fixlead_core::time::Instant;

use super::index::{Index, NEVER, Slot, parts};
use super::passages::{Draft, passages};
use super::phrase::Pattern;
use super::query::{Clause, Query};
use super::terms::TermId;
use super::{Field, Sight, Sights};

/// The most cases of one answer.
pub const MOST_HITS: usize = 1_000;
/// The weight with which a clause has half of what it can give.
const HALF: u32 = 8;
/// Where more than this part of all cases may match, all of them are looked through.
const MANY: usize = 8;
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
    /// Those that have one, unless they may be so many that all weights are looked
    /// through instead.
    met: Option<Vec<Slot>>,
}

impl Tally {
    fn of(index: &Index) -> Tally {
        Tally { weights: index.spare.zeros(index.ids.len()), met: Some(Vec::new()) }
    }

    /// That up to so many texts are to be added.
    fn expect(&mut self, texts: usize) {
        if texts > self.weights.len() / MANY {
            self.met = None;
        }
    }

    #[inline]
    fn add(&mut self, slot: Slot, weight: u16) {
        let known = &mut self.weights[slot as usize];
        if *known == 0
            && let Some(met) = &mut self.met
        {
            met.push(slot);
        }
        *known = known.saturating_add(weight);
    }

    /// How many have one.
    fn count(&self) -> u32 {
        match &self.met {
            Some(met) => met.len() as u32,
            None => self.weights.iter().map(|weight| u32::from(*weight != 0)).sum(),
        }
    }

    /// Gives every case that has one, with it, and takes it away. The later ones come first.
    #[inline]
    fn drain(&mut self, mut give: impl FnMut(usize, u16)) {
        match self.met.replace(Vec::new()) {
            Some(met) => {
                for slot in met.into_iter().rev() {
                    let place = slot as usize;
                    give(place, std::mem::take(&mut self.weights[place]));
                }
            }
            None => {
                for (place, weight) in
                    self.weights.iter().enumerate().rev().filter(|(_, weight)| **weight != 0)
                {
                    give(place, *weight);
                }
                self.weights.fill(0);
            }
        }
    }
}

/// What somebody sees of an index while a question is answered.
pub(super) struct View<'a> {
    pub index: &'a Index,
    /// The fields that are seen and have a text, of each case.
    pub seen: Vec<u16>,
}

impl Index {
    /// The cases that match, as somebody sees them who sees so much of each.
    pub fn search(&self, query: &Query, page: &Page, sights: Sights) -> Found {
        let (view, visible) = View::of(self, sights);
        let cases = self.ids.len();
        let mut tally = Tally::of(self);
        let mut best = Best::new(page);
        if let [clause] = &query.clauses[..]
            && !clause.negated
        {
            view.tally(clause, &mut tally);
            let scores = Scores::of(rarity(visible, tally.count()));
            // The newest cases come first, so that the older ones soon are out of the question.
            tally.drain(|place, weight| best.offer(&view, place, scores.at(weight)));
            view.leave(tally);
            return best.found();
        }
        let mut scores = vec![0_u32; cases];
        let mut met = vec![0_u8; cases];
        let mut wanted = 0;
        for clause in query.clauses.iter().filter(|clause| !clause.negated) {
            view.tally(clause, &mut tally);
            let given = Scores::of(rarity(visible, tally.count()));
            tally.drain(|place, weight| {
                if met[place] == wanted {
                    met[place] = wanted + 1;
                    scores[place] += given.at(weight);
                }
            });
            wanted += 1;
        }
        for clause in query.clauses.iter().filter(|clause| clause.negated) {
            view.tally(clause, &mut tally);
            tally.drain(|place, _| met[place] = EXCLUDED);
        }
        for (place, met) in met.iter().enumerate().rev() {
            if *met == wanted && view.seen[place] != 0 {
                best.offer(&view, place, scores[place]);
            }
        }
        view.leave(tally);
        best.found()
    }
}

/// What a clause gives that is met with a weight.
struct Scores {
    rarity: u32,
    /// Of the weights that nearly all cases have, for a division takes long.
    light: [u32; 256],
}

impl Scores {
    fn of(rarity: u32) -> Scores {
        let mut light = [0; 256];
        light.iter_mut().zip(0..).for_each(|(score, weight)| *score = Scores::reckon(rarity, weight));
        Scores { rarity, light }
    }

    #[inline]
    fn at(&self, weight: u16) -> u32 {
        let light = self.light.get(usize::from(weight)).copied();
        light.unwrap_or_else(|| Scores::reckon(self.rarity, u32::from(weight)))
    }

    fn reckon(rarity: u32, weight: u32) -> u32 {
        (rarity * ((weight << 8) / (weight + HALF))) >> 8
    }
}

/// The first so many of what matches, in the order of a page.
struct Best {
    page: Page,
    /// Where the page ends.
    end: usize,
    total: usize,
    /// The last one that still is among them, once there are enough: its score and its instant.
    last: (u32, i64),
    kept: Vec<(u32, i64, CaseId)>,
}

impl Best {
    fn new(page: &Page) -> Best {
        let end = page.skip.saturating_add(page.most.min(MOST_HITS));
        Best { page: *page, end, total: 0, last: (0, NEVER), kept: Vec::new() }
    }

    /// Takes in a case that matches, if it can be among them.
    #[inline(always)]
    fn offer(&mut self, view: &View<'_>, place: usize, score: u32) {
        self.total += 1;
        let older = || view.index.newest[place] < self.last.1;
        let late = match self.page.order {
            Order::Fit => score < self.last.0 || score == self.last.0 && older(),
            Order::Latest => older(),
        };
        if !late {
            self.keep(view, place, score);
        }
    }

    #[cold]
    #[inline(never)]
    fn keep(&mut self, view: &View<'_>, place: usize, score: u32) {
        self.kept.push((score, view.latest(place), view.index.ids[place]));
        // Twice as many as are wanted are looked through at once.
        if self.kept.len() > 2 * self.end.min(MOST_HITS) + 64 {
            self.cut();
        }
    }

    /// Leaves those that are wanted, in no order.
    fn cut(&mut self) {
        if self.end >= self.kept.len() {
            return;
        }
        let (_, (score, latest, _), _) = match self.page.order {
            Order::Fit => self.kept.select_nth_unstable_by_key(self.end, by_fit),
            Order::Latest => self.kept.select_nth_unstable_by_key(self.end, by_time),
        };
        self.last = (*score, *latest);
        self.kept.truncate(self.end);
    }

    fn found(mut self) -> Found {
        self.cut();
        match self.page.order {
            Order::Fit => self.kept.sort_unstable_by_key(by_fit),
            Order::Latest => self.kept.sort_unstable_by_key(by_time),
        }
        let hit = |(score, latest, case)| Hit { case, score, latest: Instant::from_millis(latest) };
        let hits = self.kept.into_iter().skip(self.page.skip).map(hit).collect();
        Found { total: self.total, hits }
    }
}

fn by_fit((score, latest, id): &(u32, i64, CaseId)) -> (Reverse<u32>, Reverse<i64>, CaseId) {
    (Reverse(*score), Reverse(*latest), *id)
}

fn by_time((score, latest, id): &(u32, i64, CaseId)) -> (Reverse<i64>, Reverse<u32>, CaseId) {
    (Reverse(*latest), Reverse(*score), *id)
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

impl<'a> View<'a> {
    /// What is seen of an index, and of how many cases.
    pub fn of(index: &'a Index, sights: Sights) -> (View<'a>, u32) {
        let mut seen = sights.0;
        seen.resize(index.fields.len(), 0);
        seen.iter_mut().zip(&index.fields).for_each(|(seen, fields)| *seen &= fields);
        let visible = seen.iter().filter(|seen| **seen != 0).count() as u32;
        (View { index, seen }, visible)
    }

    /// Leaves for the next question what this one reckoned with.
    fn leave(self, tally: Tally) {
        self.index.spare.give(self.seen);
        self.index.spare.give(tally.weights);
    }

    /// The latest instant of what is seen of a case.
    fn latest(&self, place: usize) -> i64 {
        if self.seen[place] == self.index.fields[place] {
            return self.index.newest[place];
        }
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
                    self.tally_term(term, fields, tally);
                }
            }
            Some(places) => self.tally_phrase(places, fields, tally),
            None => {}
        }
    }

    /// Adds up the visible texts that hold a word.
    fn tally_term(&self, term: TermId, fields: u16, tally: &mut Tally) {
        let Some(postings) = self.index.postings.get(term as usize) else { return };
        tally.expect(postings.most());
        let Tally { weights, met: None } = tally else {
            return self.each(term, fields, |slot, field| tally.add(slot, WEIGHTS[field as usize & 15]));
        };
        let (entries, seen) = (self.index.entries(), self.seen.as_slice());
        let weights = weights.as_mut_slice();
        // The texts of a case mostly stand together, and are added at once: which case, which
        // of its fields count, and what is to be added.
        let (mut slot, mut counts, mut sum) = (Slot::MAX, 0_u16, 0_u32);
        let mut add = |slot: Slot, sum: u32| {
            if let Some(weight) = weights.get_mut(slot as usize) {
                *weight = weight.saturating_add(u16::try_from(sum).unwrap_or(u16::MAX));
            }
        };
        postings.all(|number| {
            let (next, field) = entries.get(number as usize).map_or((Slot::MAX, 0), |entry| parts(*entry));
            if next != slot {
                add(slot, sum);
                slot = next;
                counts = seen.get(next as usize).copied().unwrap_or(0) & fields;
                sum = 0;
            }
            let weight = u32::from(WEIGHTS[field as usize & 15]);
            sum += if counts >> field & 1 != 0 { weight } else { 0 };
        });
        add(slot, sum);
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
        self.until(term, fields, |slot, field| {
            give(slot, field);
            ControlFlow::Continue(())
        });
    }

    /// The same, until it is enough.
    #[inline]
    pub fn until(&self, term: TermId, fields: u16, mut give: impl FnMut(Slot, u32) -> ControlFlow<()>) {
        let entries = self.index.entries();
        let Some(postings) = self.index.postings.get(term as usize) else { return };
        postings.until(|number| {
            let Some(&entry) = entries.get(number as usize) else { return ControlFlow::Break(()) };
            let (slot, field) = parts(entry);
            let seen = self.seen.get(slot as usize).copied().unwrap_or(0);
            if (seen & fields) >> field & 1 != 0 { give(slot, field) } else { ControlFlow::Continue(()) }
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
                    tally.add(slot, WEIGHTS[usize::from(passage.field) & 15]);
                }
            }
        }
    }
}
