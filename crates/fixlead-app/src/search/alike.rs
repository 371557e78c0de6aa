//! Which cases say the same as another one.
//!
//! Two reports of one flaw share the words that are rare elsewhere: names of
//! functions and files, options, numbers. What a case says of itself (its title,
//! its report, components, aliases, names of files) is compared with what others
//! say, by the words that at most one in fifty of the visible cases has. The
//! share of a case is the sum of the rarity of the words that it has too, against
//! that of all of them.
//!
//! Like every answer of the index it depends on visible texts alone.

use std::cmp::Reverse;
use std::ops::ControlFlow;

use fixlead_core::id::CaseId;

use super::find::{View, rarity};
use super::index::{Index, Slot};
use super::passages::{Draft, passages};
use super::terms::TermId;
use super::{Field, Sight, Sights};

/// What a case says of itself.
const TELLING: [Field; 7] = [
    Field::Title,
    Field::Report,
    Field::Component,
    Field::Alias,
    Field::Attachment(super::Room::Reporter),
    Field::Attachment(super::Room::Team),
    Field::Attachment(super::Room::Guest),
];
/// Most words of a case that are compared, the first ones.
const MOST_WORDS: usize = 300;
/// The least share, of a hundred.
const LEAST_SHARE: u32 = 25;
/// The fewest words in common.
const FEWEST_WORDS: usize = 2;
/// Most words that are named.
const MOST_NAMED: usize = 6;
/// Words of every report, which say nothing even where there are few cases.
const COMMON: &[&str] = &[
    "about", "after", "all", "also", "and", "any", "are", "attacker", "because", "been", "before", "but",
    "can", "case", "could", "does", "for", "from", "has", "have", "how", "into", "its", "may", "more", "not",
    "now", "one", "only", "our", "out", "please", "report", "security", "should", "some", "steps", "such",
    "than", "that", "the", "their", "then", "there", "these", "they", "this", "use", "used", "using",
    "version", "was", "when", "where", "which", "while", "will", "with", "without", "would", "you", "your",
];

/// A case that says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Which.
    pub case: CaseId,
    /// How much of what the other one says it says too, of a hundred.
    pub share: u8,
    /// The rarest words that both have.
    pub words: Vec<String>,
}

/// A word of the case, and which others have it.
struct Telling {
    term: TermId,
    rarity: u32,
    /// Ascending.
    slots: Vec<Slot>,
}

impl Index {
    /// The cases that say most of what this one says, as somebody sees them who sees so
    /// much of each; at most so many.
    pub fn alike(&self, case: CaseId, most: usize, sights: Sights) -> Vec<Alike> {
        let Some(&own) = self.slots().get(&case) else { return Vec::new() };
        let (view, visible) = View::of(self, sights);
        let telling = TELLING.iter().copied().fold(Sight::NOTHING, Sight::with).0;
        let mut compared: Vec<Telling> = Vec::new();
        // A word in more cases than this says nothing.
        let bound = visible as usize / 50 + 8;
        let mut last = vec![TermId::MAX; view.seen.len()];
        for term in self.words_of(own, view.seen[own as usize] & telling) {
            let mut slots = Vec::new();
            view.until(term, telling, |slot, _| {
                let known = &mut last[slot as usize];
                if *known != term {
                    *known = term;
                    slots.push(slot);
                }
                if slots.len() > bound { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if slots.len() <= bound {
                slots.sort_unstable();
                compared.push(Telling { term, rarity: rarity(visible, slots.len() as u32), slots });
            }
        }
        let whole: u32 = compared.iter().map(|telling| telling.rarity).sum();
        let mut scores: Vec<(Slot, u32)> = Vec::new();
        for telling in &compared {
            scores.extend(
                telling.slots.iter().filter(|slot| **slot != own).map(|slot| (*slot, telling.rarity)),
            );
        }
        scores.sort_unstable();
        let mut sums: Vec<(u32, usize, Slot)> = Vec::new();
        for part in scores.chunk_by(|(one, _), (other, _)| one == other) {
            let sum = part.iter().map(|(_, rarity)| rarity).sum();
            sums.extend(part.first().map(|(slot, _)| (sum, part.len(), *slot)));
        }
        let share = |sum: u32| (u64::from(sum) * 100 / u64::from(whole.max(1))) as u32;
        sums.retain(|(sum, words, _)| *words >= FEWEST_WORDS && share(*sum) >= LEAST_SHARE);
        sums.sort_unstable_by_key(|(sum, _, slot)| (Reverse(*sum), self.ids[*slot as usize]));
        sums.truncate(most);
        let alike = |(sum, _, slot): (u32, usize, Slot)| {
            let mut shared: Vec<&Telling> =
                compared.iter().filter(|telling| telling.slots.binary_search(&slot).is_ok()).collect();
            shared.sort_by_key(|telling| Reverse(telling.rarity));
            let words = shared.iter().take(MOST_NAMED);
            let words =
                words.map(|telling| String::from_utf8_lossy(self.terms.text(telling.term)).into_owned());
            Alike { case: self.ids[slot as usize], share: share(sum).min(100) as u8, words: words.collect() }
        };
        sums.into_iter().map(alike).collect()
    }

    /// The distinct words of a case in these fields that can say something, in
    /// the order in which they stand there.
    fn words_of(&self, slot: Slot, fields: u16) -> Vec<TermId> {
        let mut words: Vec<TermId> = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        let mut draft = Draft::default();
        for passage in passages(&self.cases[slot as usize].texts) {
            if fields >> passage.field & 1 == 0 || passage.read(&mut draft).is_none() {
                continue;
            }
            for term in &draft.words {
                if words.len() == MOST_WORDS {
                    return words;
                }
                let text = self.terms.text(*term);
                let common = |text: &[u8]| COMMON.binary_search_by(|word| word.as_bytes().cmp(text)).is_ok();
                if text.len() >= 3 && !common(text) && known.insert(*term) {
                    words.push(*term);
                }
            }
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use fixlead_core::id::CaseId;
    use fixlead_core::time::Instant;

    use super::{Alike, COMMON, Field, Index, Sight};

    fn case(number: u8) -> CaseId {
        CaseId::from_bytes([number; 16])
    }

    fn index(texts: &[&str]) -> Index {
        let mut index = Index::new([7; 16]);
        for (number, text) in (1..).zip(texts) {
            index.add(case(number), Field::Report, text, Instant::EPOCH);
        }
        index
    }

    fn seen(index: &Index) -> Vec<Alike> {
        index.alike(case(1), 5, index.sights_of(|_| Sight::EVERYTHING))
    }

    #[test]
    fn common_words_stand_in_order() {
        assert!(COMMON.is_sorted());
    }

    #[test]
    fn two_reports_of_one_flaw_are_found_by_their_rare_words_and_others_are_not() {
        let index = index(&[
            "the zstd decoder in confighttp inflates a body without a bound",
            "confighttp: a zstd body inflates until memory ends",
            "the website has no record for mail",
        ]);
        let found = seen(&index);
        let [Alike { case: other, share, words }] = &found[..] else { panic!("{found:?}") };
        assert_eq!(*other, case(2));
        assert!(*share >= 50, "{found:?}");
        assert_eq!(words, &["zstd", "confighttp", "inflates", "body"]);
    }

    #[test]
    fn what_is_not_seen_changes_nothing() {
        let texts =
            ["a zstd bomb in confighttp", "another zstd bomb in confighttp", "zstd bomb confighttp secret"];
        let all = index(&texts);
        let hidden = |id: CaseId| if id == case(3) { Sight::NOTHING } else { Sight::EVERYTHING };
        assert_eq!(all.alike(case(1), 5, all.sights_of(hidden)), seen(&index(&texts[..2])));
        assert_eq!(all.alike(case(1), 5, all.sights_of(|_| Sight::NOTHING)), []);
        assert_eq!(all.alike(case(9), 5, all.sights_of(|_| Sight::EVERYTHING)), []);
    }
}
