//! Words one after the other.

use memchr::memmem::Finder;

use super::passages::{Draft, Passage, put, take};
use super::terms::TermId;

/// Follows a row of wanted words through a text from one place and says where
/// it ends. `word` says whether the word at a place is the wanted one, `joined`
/// where a joined word that begins at a place and is the wanted one ends.
pub fn follow(
    start: usize,
    wanted: usize,
    word: impl Fn(usize, usize) -> bool,
    joined: impl Fn(usize, usize) -> Option<usize>,
) -> Option<usize> {
    // Almost every place ends here.
    if !word(0, start) && joined(0, start).is_none() {
        return None;
    }
    let mut reached = vec![start];
    for place in 0..wanted {
        let mut next = Vec::with_capacity(reached.len() + 1);
        for at in reached {
            next.extend(word(place, at).then_some(at + 1));
            next.extend(joined(place, at));
        }
        next.sort_unstable();
        next.dedup();
        reached = next;
    }
    reached.last().copied()
}

/// Words that a text has to hold one after the other.
pub struct Pattern {
    /// For each place the numbers of the words that fit, ascending.
    places: Vec<Vec<TermId>>,
    /// The numbers of the places at the beginning that only one word fits.
    head: Vec<u8>,
    finder: Finder<'static>,
    /// How many places the head leaves.
    open: usize,
    /// Whether a word that fits is anywhere a joined one.
    joinable: bool,
}

impl Pattern {
    /// From the words that fit each place; `joinable` when one of them is
    /// anywhere a joined one.
    pub fn new(places: Vec<Vec<TermId>>, joinable: bool) -> Self {
        let mut head = Vec::new();
        let mut known = 0;
        for place in &places {
            let [only] = place.as_slice() else { break };
            put(&mut head, *only);
            known += 1;
        }
        let finder = Finder::new(&head).into_owned();
        Pattern { open: places.len() - known, places, head, finder, joinable }
    }

    /// Whether one of the texts of a case could hold it: a quick look at all of
    /// them together.
    pub fn may_be_in(&self, bytes: &[u8]) -> bool {
        self.joinable || self.finder.find(bytes).is_some()
    }

    /// Whether a text holds it.
    pub fn is_in(&self, passage: &Passage<'_>, draft: &mut Draft) -> bool {
        if self.joinable && !passage.joined.is_empty() {
            return passage.read(draft).is_some() && self.is_in_draft(draft);
        }
        let words = passage.words;
        let mut from = 0;
        while let Some(found) = self.finder.find(&words[from..]) {
            let at = from + found;
            let begins = at == 0 || words[at - 1] < 0x80;
            if begins && (self.open == 0 || self.goes_on(words, at + self.head.len())) {
                return true;
            }
            from = at + 1;
        }
        false
    }

    /// Whether what follows the head fits the places that are left.
    fn goes_on(&self, words: &[u8], mut at: usize) -> bool {
        let open = &self.places[self.places.len() - self.open..];
        open.iter().all(|fit| take(words, &mut at).is_some_and(|term| fit.binary_search(&term).is_ok()))
    }

    fn is_in_draft(&self, draft: &Draft) -> bool {
        let fits = |place: usize, term: TermId| self.places[place].binary_search(&term).is_ok();
        let word = |place: usize, at: usize| draft.words.get(at).is_some_and(|term| fits(place, *term));
        let joined = |place: usize, at: usize| {
            let first = draft.joined.partition_point(|joined| (joined.at as usize) < at);
            let joined = draft.joined.get(first).filter(|joined| joined.at as usize == at)?;
            fits(place, joined.term).then_some(at + joined.span as usize)
        };
        (0..draft.words.len()).any(|start| follow(start, self.places.len(), word, joined).is_some())
    }
}
