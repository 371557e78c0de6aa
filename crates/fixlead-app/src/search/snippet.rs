//! Where in a text the words are that somebody looked for.
//!
//! The index keeps no texts. Whoever shows one brings it, and brings only what
//! may be seen.

use std::ops::Range;

use super::Field;
use super::phrase::follow;
use super::query::{Clause, Query};
use super::words::{Identifiers, Part, scan};

/// The most places that are marked in one text.
pub const MOST_PLACES: usize = 1_000;

/// The bytes of a text of a field that the query looks for, ascending and apart.
pub fn places(query: &Query, field: Field, text: &str) -> Vec<Range<usize>> {
    // Each word that is looked for has a bit; there are [`MOST_WORDS`] at most.
    let mut bits = 0;
    let mut clauses: Vec<(usize, &Clause)> = Vec::new();
    for clause in query.clauses.iter().filter(|clause| !clause.negated && clause.concerns(field)) {
        clauses.push((bits, clause));
        bits += clause.words.len();
    }
    let wanted = |word: &str| {
        let fits = |(first, clause): &(usize, &Clause)| {
            let fits = |place: &usize| clause.matches(*place, word);
            (0..clause.words.len()).filter(fits).fold(0_u32, |found, place| found | 1 << (first + place))
        };
        clauses.iter().map(fits).fold(0, |found, bits| found | bits)
    };
    let mut words: Vec<(u32, Range<usize>)> = Vec::with_capacity(text.len().min(4096) / 6);
    let mut joined: Vec<(usize, usize, u32)> = Vec::new();
    scan(text, Identifiers::Divided, |word| match (word.part, wanted(word.text)) {
        (Part::Next, is) => words.push((is, word.place)),
        (Part::Joined(_), 0) => {}
        (Part::Joined(span), is) => joined.push((words.len(), usize::from(span), is)),
    });
    let mut places: Vec<Range<usize>> = Vec::new();
    for (first, clause) in clauses {
        let is_word =
            |place: usize, at: usize| words.get(at).is_some_and(|(is, _)| is >> (first + place) & 1 != 0);
        let is_joined = |place: usize, at: usize| {
            let begin = joined.partition_point(|(start, ..)| *start < at);
            let (_, span, is) = joined.get(begin).filter(|(start, ..)| *start == at)?;
            (is >> (first + place) & 1 != 0).then_some(at + span)
        };
        for start in 0..words.len() {
            let Some(end) = follow(start, clause.words.len(), is_word, is_joined) else { continue };
            if let Some((_, last)) = words.get(end.wrapping_sub(1)) {
                places.push(words[start].1.start..last.end);
            }
            if places.len() >= MOST_PLACES {
                break;
            }
        }
    }
    places.sort_by_key(|place| (place.start, place.end));
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(places.len());
    for place in places {
        match apart.last_mut() {
            Some(before) if place.start < before.end => before.end = before.end.max(place.end),
            _ => apart.push(place),
        }
    }
    apart
}

/// The part of a text of at most so many bytes that holds the most of these
/// places, cut between words where it can be. The beginning when there is none.
pub fn excerpt(text: &str, places: &[Range<usize>], most: usize) -> Range<usize> {
    if text.len() <= most {
        return 0..text.len();
    }
    // Something of what stands before is shown with it.
    let before = most / 5;
    let start_of = |place: &Range<usize>| place.start.saturating_sub(before);
    let held = |start: usize| {
        places.iter().filter(|place| place.start >= start && place.end <= start.saturating_add(most)).count()
    };
    // The earliest of the best.
    let best = places.iter().map(start_of).max_by_key(|start| (held(*start), std::cmp::Reverse(*start)));
    let start = best.unwrap_or(0).min(text.len() - most);
    let mut start = text.ceil_char_boundary(start);
    let mut end = text.floor_char_boundary(start + most);
    let is_free = |cut: usize| !places.iter().any(|place| place.start < cut && cut < place.end);
    if start > 0
        && let Some(space) =
            text[start..end].char_indices().take(24).find(|(_, letter)| letter.is_whitespace())
        && is_free(start + space.0)
        && !places.iter().any(|place| place.start >= start && place.start < start + space.0)
    {
        start += space.0 + space.1.len_utf8();
    }
    if end < text.len()
        && let Some(space) = text[start..end].rfind(char::is_whitespace)
        && space + 24 > end - start
        && !places.iter().any(|place| place.end > start + space && place.end <= end)
    {
        end = start + space;
    }
    start..end
}
