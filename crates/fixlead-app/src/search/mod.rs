//! The desk's search: an index in memory over what cases say.
//!
//! Cases are sealed where they are kept, so that nothing there can be searched.
//! The index holds their words in memory only; its [snapshot](Index::snapshot)
//! is for a caller that seals it. Nothing here reads a file, a clock or a
//! random number.
//!
//! - [`words`]: a text cut into words, the same way for texts and questions.
//! - [`query`]: what somebody looks for, and what is wrong with it.
//! - `terms`, `postings`, `passages`: every distinct word, the texts that hold
//!   it, and each text as a row of words.
//! - `index`: texts come and go. `find`, `phrase`: questions are answered.
//!   [`alike`]: which cases say the same.
//! - `snapshot`: the index as bytes. [`snippet`]: where in a text the words are.
//!
//! # What one may not see has no influence
//!
//! A question comes with what may be seen of each case ([`Sights`]), whether the
//! case matches or not. Only visible texts count: for matches, for exclusions
//! (`-word`), for totals, for recency, and for the statistics that rank. How
//! rare a word is is counted anew for each question among the visible cases.
//! An answer is therefore the same, to the last score, as that of an index in
//! which the invisible texts do not exist.
//!
//! The time an answer takes grows with the number of texts that hold the words,
//! invisible ones included, by a few nanoseconds each: a word in one invisible
//! case is lost in the noise; whether a word is in tens of thousands of them can
//! be measured by somebody with a quiet line to the machine.
//! `docs/benchmarks/search.md` has the figures.

pub mod alike;
mod find;
mod index;
mod passages;
mod phrase;
mod postings;
pub mod query;
mod snapshot;
pub mod snippet;
mod terms;
pub mod words;

pub use find::{Found, Hit, MOST_HITS, Order, Page};
pub use index::{Index, Size, Taken};
pub use query::{Query, QueryError};
pub use snapshot::{Damage, LoadError};

/// A room of a case, where messages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// With the reporter.
    Reporter,
    /// The Fix Team among themselves.
    Team,
    /// With guests and distributors.
    Guest,
}

/// The part of a case that a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Its title.
    Title,
    /// What was reported.
    Report,
    /// A message in a room.
    Message(Room),
    /// Names of people.
    People,
    /// Names of components.
    Component,
    /// CVE numbers and other names that the case has elsewhere.
    Alias,
    /// The name of a file attached in a room.
    Attachment(Room),
}

impl Field {
    /// Every field, in the order of their numbers in a snapshot.
    pub const ALL: [Field; FIELDS] = [
        Field::Title,
        Field::Report,
        Field::Message(Room::Reporter),
        Field::Message(Room::Team),
        Field::Message(Room::Guest),
        Field::People,
        Field::Component,
        Field::Alias,
        Field::Attachment(Room::Reporter),
        Field::Attachment(Room::Team),
        Field::Attachment(Room::Guest),
    ];

    /// Its place in [`Field::ALL`].
    pub(crate) const fn number(self) -> u8 {
        const fn room(room: Room) -> u8 {
            match room {
                Room::Reporter => 0,
                Room::Team => 1,
                Room::Guest => 2,
            }
        }
        match self {
            Field::Title => 0,
            Field::Report => 1,
            Field::Message(of) => 2 + room(of),
            Field::People => 5,
            Field::Component => 6,
            Field::Alias => 7,
            Field::Attachment(of) => 8 + room(of),
        }
    }

    /// How much a word in this field says about the case, against others.
    const fn weight(self) -> u16 {
        match self {
            Field::Title | Field::Alias => 8,
            Field::Component => 6,
            Field::Report | Field::People => 4,
            Field::Attachment(_) => 3,
            Field::Message(_) => 2,
        }
    }
}

/// How many fields there are.
pub(crate) const FIELDS: usize = 11;

/// What somebody sees of every case of an index, as it is now; made by
/// [`Index::sights`] or [`Index::sights_of`].
pub struct Sights(Vec<u16>);

/// Which fields of a case somebody may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight(u16);

impl Sight {
    /// None: for this somebody the case does not exist.
    pub const NOTHING: Sight = Sight(0);
    /// All of them.
    pub const EVERYTHING: Sight = Sight((1 << FIELDS) - 1);

    /// Only these.
    pub fn of(fields: impl IntoIterator<Item = Field>) -> Self {
        fields.into_iter().fold(Sight::NOTHING, Sight::with)
    }

    /// This one too.
    #[must_use]
    pub const fn with(self, field: Field) -> Self {
        Sight(self.0 | 1 << field.number())
    }

    /// What can be seen in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Sight(self.0 & other.0)
    }

    /// Whether this field is seen.
    pub const fn sees(self, field: Field) -> bool {
        self.0 & 1 << field.number() != 0
    }
}
