//! Which texts hold a word: their numbers, ascending, as differences.

use super::passages::{put, take};

/// A text's number. Later texts have greater ones.
pub type Number = u32;

/// The most bytes of one piece of a list. Removing rewrites one piece.
const PIECE: usize = 1024;
/// The most bytes of one difference.
const DIFFERENCE: usize = 5;

/// The texts that hold a word.
#[derive(Debug)]
pub enum Postings {
    /// One text: so it is with most words.
    One(Number),
    /// Several, or none.
    List(Vec<Piece>),
}

/// A piece of a list.
#[derive(Debug)]
pub struct Piece {
    first: Number,
    last: Number,
    /// What is to be added to the number before, for each after the first.
    differences: Vec<u8>,
}

impl Default for Postings {
    fn default() -> Self {
        Postings::List(Vec::new())
    }
}

impl Piece {
    fn new(first: Number) -> Self {
        Piece { first, last: first, differences: Vec::new() }
    }

    fn push(&mut self, number: Number) {
        put(&mut self.differences, number.saturating_sub(self.last));
        self.last = number;
    }

    #[inline]
    fn each(&self, mut give: impl FnMut(Number)) {
        let mut number = self.first;
        give(number);
        let bytes = self.differences.as_slice();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            // Most differences of the long lists fit into one byte.
            if byte < 0x80 {
                number = number.wrapping_add(u32::from(byte));
                at += 1;
            } else {
                let Some(difference) = take(bytes, &mut at) else { return };
                number = number.wrapping_add(difference);
            }
            give(number);
        }
    }
}

impl Postings {
    /// Whether no text holds the word.
    pub fn is_empty(&self) -> bool {
        matches!(self, Postings::List(pieces) if pieces.is_empty())
    }

    /// One more text, with a greater number than all before.
    pub fn push(&mut self, number: Number) {
        match self {
            Postings::List(pieces) => match pieces.last_mut() {
                None => *self = Postings::One(number),
                Some(piece) if piece.differences.len() + DIFFERENCE <= PIECE => piece.push(number),
                Some(_) => pieces.push(Piece::new(number)),
            },
            Postings::One(first) => {
                let mut piece = Piece::new(*first);
                piece.push(number);
                *self = Postings::List(vec![piece]);
            }
        }
    }

    /// Gives the number of every text.
    #[inline]
    pub fn each(&self, mut give: impl FnMut(Number)) {
        match self {
            Postings::One(number) => give(*number),
            Postings::List(pieces) => pieces.iter().for_each(|piece| piece.each(&mut give)),
        }
    }

    /// Takes a text off the list.
    pub fn remove(&mut self, number: Number) {
        match self {
            Postings::One(only) if *only == number => *self = Postings::default(),
            Postings::One(_) => {}
            Postings::List(pieces) => {
                let place = pieces.partition_point(|piece| piece.last < number);
                let Some(piece) = pieces.get_mut(place) else { return };
                let mut rest = Vec::with_capacity(piece.differences.len() + 1);
                piece.each(|known| rest.extend((known != number).then_some(known)));
                match rest.split_first() {
                    None => {
                        pieces.remove(place);
                    }
                    Some((first, rest)) => {
                        let mut fresh = Piece::new(*first);
                        rest.iter().for_each(|number| fresh.push(*number));
                        *piece = fresh;
                    }
                }
            }
        }
    }

    /// How many texts hold the word.
    #[cfg(test)]
    fn count(&self) -> usize {
        let mut count = 0;
        self.each(|_| count += 1);
        count
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_list_is_a_set_that_grows_at_its_end_and_shrinks_anywhere() {
        let (mut postings, mut model) = (Postings::default(), BTreeSet::new());
        let mut number = 0;
        for turn in 0..20_000_u32 {
            number += 1 + turn * 7919 % 311;
            postings.push(number);
            model.insert(number);
            if turn % 3 == 0 {
                let at = turn as usize * 31 % model.len();
                let gone = *model.iter().nth(at.min(200)).unwrap();
                model.remove(&gone);
                postings.remove(gone);
                postings.remove(gone);
            }
        }
        let mut numbers = Vec::new();
        postings.each(|number| numbers.push(number));
        assert_eq!(numbers, model.iter().copied().collect::<Vec<_>>());
        assert_eq!(postings.count(), model.len());
        for number in numbers {
            postings.remove(number);
        }
        assert!(postings.is_empty());
    }
}
