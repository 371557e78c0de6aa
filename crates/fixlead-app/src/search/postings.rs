//! Which texts hold a word: their numbers, ascending, as differences.

use std::ops::ControlFlow;

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
    /// A list of one piece: so it is with most others, and what lies in one place
    /// is sooner found.
    Short(Piece),
    /// A list of several pieces; an empty one for none.
    Long(Vec<Piece>),
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
        Postings::Long(Vec::new())
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

    fn has_room(&self) -> bool {
        self.differences.len() + DIFFERENCE <= PIECE
    }

    /// The piece without a text; none when nothing is left.
    fn without(&self, number: Number) -> Option<Self> {
        let mut rest: Option<Piece> = None;
        self.each(|known| match &mut rest {
            _ if known == number => {}
            Some(piece) => piece.push(known),
            None => rest = Some(Piece::new(known)),
        });
        rest
    }

    fn each(&self, mut give: impl FnMut(Number)) {
        let _ = self.until(|number| {
            give(number);
            ControlFlow::Continue(())
        });
    }

    #[inline]
    fn until(&self, mut give: impl FnMut(Number) -> ControlFlow<()>) -> ControlFlow<()> {
        let mut number = self.first;
        give(number)?;
        let bytes = self.differences.as_slice();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            // Most differences of the long lists fit into one byte.
            if byte < 0x80 {
                number = number.wrapping_add(u32::from(byte));
                at += 1;
            } else {
                let Some(difference) = take(bytes, &mut at) else { break };
                number = number.wrapping_add(difference);
            }
            give(number)?;
        }
        ControlFlow::Continue(())
    }
}

impl Postings {
    /// Whether no text holds the word.
    pub fn is_empty(&self) -> bool {
        matches!(self, Postings::Long(pieces) if pieces.is_empty())
    }

    /// One more text, with a greater number than all before.
    pub fn push(&mut self, number: Number) {
        match self {
            Postings::One(first) => {
                let mut piece = Piece::new(*first);
                piece.push(number);
                *self = Postings::Short(piece);
            }
            Postings::Short(piece) if piece.has_room() => piece.push(number),
            Postings::Short(piece) => {
                let full = std::mem::replace(piece, Piece::new(number));
                *self = Postings::Long(vec![full, Piece::new(number)]);
            }
            Postings::Long(pieces) => match pieces.last_mut() {
                None => *self = Postings::One(number),
                Some(piece) if piece.has_room() => piece.push(number),
                Some(_) => pieces.push(Piece::new(number)),
            },
        }
    }

    /// Gives the number of every text.
    #[cfg(test)]
    fn each(&self, mut give: impl FnMut(Number)) {
        self.until(|number| {
            give(number);
            ControlFlow::Continue(())
        });
    }

    /// Gives the number of every text, until it is enough.
    #[inline]
    pub fn until(&self, mut give: impl FnMut(Number) -> ControlFlow<()>) {
        let _ = match self {
            Postings::One(number) => give(*number),
            Postings::Short(piece) => piece.until(give),
            Postings::Long(pieces) => pieces.iter().try_for_each(|piece| piece.until(&mut give)),
        };
    }

    /// Gives the number of every text of a long list: eight at a time where each differs
    /// by less than 128 from the one before, as it mostly does.
    #[inline(always)]
    pub fn all(&self, mut give: impl FnMut(Number)) {
        let held;
        let pieces = match self {
            Postings::One(number) => {
                held = Piece::new(*number);
                std::slice::from_ref(&held)
            }
            Postings::Short(piece) => std::slice::from_ref(piece),
            Postings::Long(pieces) => pieces,
        };
        for piece in pieces {
            let mut number = piece.first;
            let mut rest = piece.differences.as_slice();
            give(number);
            loop {
                while let Some((eight, others)) = rest.split_first_chunk::<8>() {
                    if u64::from_le_bytes(*eight) & 0x8080_8080_8080_8080 != 0 {
                        break;
                    }
                    for byte in eight {
                        number = number.wrapping_add(u32::from(*byte));
                        give(number);
                    }
                    rest = others;
                }
                let mut at = 0;
                let Some(difference) = take(rest, &mut at) else { break };
                number = number.wrapping_add(difference);
                give(number);
                rest = rest.get(at..).unwrap_or_default();
            }
        }
    }

    /// How many texts hold the word at most.
    pub fn most(&self) -> usize {
        match self {
            Postings::One(_) => 1,
            Postings::Short(piece) => 1 + piece.differences.len(),
            Postings::Long(pieces) => pieces.iter().map(|piece| 1 + piece.differences.len()).sum(),
        }
    }

    /// Takes a text off the list.
    pub fn remove(&mut self, number: Number) {
        match self {
            Postings::One(only) if *only == number => *self = Postings::default(),
            Postings::One(_) => {}
            Postings::Short(piece) => match piece.without(number) {
                Some(rest) => *piece = rest,
                None => *self = Postings::default(),
            },
            Postings::Long(pieces) => {
                let place = pieces.partition_point(|piece| piece.last < number);
                let Some(piece) = pieces.get_mut(place) else { return };
                match piece.without(number) {
                    Some(rest) => *piece = rest,
                    None => {
                        pieces.remove(place);
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
        let mut all = Vec::new();
        postings.all(|number| all.push(number));
        assert_eq!(numbers, all);
        assert_eq!(numbers, model.iter().copied().collect::<Vec<_>>());
        assert_eq!(postings.count(), model.len());
        for number in numbers {
            postings.remove(number);
        }
        assert!(postings.is_empty());
    }
}
