//! What somebody looks for.
//!
//! ```text
//! heap overflow          both words, anywhere in a case
//! "heap overflow"        one after the other
//! confighttp*            words that begin so
//! -duplicate             not in a case with this word
//! title:gateway          in one field; title:"open redirect" too
//! cve:2026-1234          a CVE number
//! is:open                for the caller: what is no word of the case
//! ```
//!
//! A piece of several words, such as a path, stands for those words one after
//! the other.

use std::fmt;

use super::words::{Identifiers, LONGEST_WORD, Word, scan};
use super::{Field, Room};

/// The longest query in bytes.
pub const MOST_BYTES: usize = 512;
/// The most pieces of one query.
pub const MOST_PIECES: usize = 16;
/// The most words of one query, those in phrases included.
pub const MOST_WORDS: usize = 32;
/// The most pieces with a star.
pub const MOST_PREFIXES: usize = 2;
/// The fewest letters before a star.
pub const LEAST_PREFIX: usize = 2;

/// The fields that can be named, and what each stands for.
const NAMES: &[(&str, &[Field])] = &[
    ("title", &[Field::Title]),
    ("report", &[Field::Report]),
    ("message", &[Field::Message(Room::Reporter), Field::Message(Room::Team), Field::Message(Room::Guest)]),
    ("people", &[Field::People]),
    ("component", &[Field::Component]),
    ("cve", &[Field::Alias]),
    ("alias", &[Field::Alias]),
    (
        "attachment",
        &[Field::Attachment(Room::Reporter), Field::Attachment(Room::Team), Field::Attachment(Room::Guest)],
    ),
];

/// Something that a case has to have, or must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// Whether it must not be there.
    pub negated: bool,
    /// In these fields; in any when empty.
    pub fields: &'static [Field],
    /// Words one after the other.
    pub words: Vec<String>,
    /// Whether the last word is only a beginning.
    pub prefix: bool,
}

impl Clause {
    /// Whether it looks into this field.
    pub fn concerns(&self, field: Field) -> bool {
        self.fields.is_empty() || self.fields.contains(&field)
    }

    /// Whether a word of a text is the one at this place of the clause.
    pub fn matches(&self, place: usize, word: &str) -> bool {
        let Some(wanted) = self.words.get(place) else { return false };
        if self.prefix && place + 1 == self.words.len() { word.starts_with(wanted) } else { word == wanted }
    }
}

/// A property that the caller knows: `is:open`, `-is:open`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// What stands after the colon, in lower case.
    pub value: String,
    /// Whether it must not hold.
    pub negated: bool,
}

/// What somebody looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) clauses: Vec<Clause>,
    flags: Vec<Flag>,
}

/// What is wrong with a query. It repeats nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryError {
    /// Where: the character, the first being 1.
    pub character: usize,
    /// What.
    pub problem: Problem,
}

/// What can be wrong with a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing is asked.
    Empty,
    /// It is longer than [`MOST_BYTES`].
    TooLong,
    /// It has more than [`MOST_PIECES`].
    TooManyPieces,
    /// It has more than [`MOST_WORDS`].
    TooManyWords,
    /// It has more than [`MOST_PREFIXES`].
    TooManyPrefixes,
    /// A quotation does not end.
    OpenQuote,
    /// There is no such field.
    UnknownField,
    /// A field is named and nothing asked of it.
    EmptyField,
    /// A piece holds no letter or digit.
    NoWord,
    /// Fewer than [`LEAST_PREFIX`] letters stand before a star.
    ShortPrefix,
    /// A star stands elsewhere than at the end.
    Star,
    /// What follows `is:` is no name.
    Flag,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "character {}: ", self.character)?;
        match self.problem {
            Problem::Empty => f.write_str("nothing is asked; write a word"),
            Problem::TooLong => {
                write!(f, "the query is longer than {MOST_BYTES} bytes; ask for less at once")
            }
            Problem::TooManyPieces => write!(f, "more than {MOST_PIECES} pieces; leave some out"),
            Problem::TooManyWords => write!(f, "more than {MOST_WORDS} words; leave some out"),
            Problem::TooManyPrefixes => {
                write!(f, "more than {MOST_PREFIXES} words with a star; write some out")
            }
            Problem::OpenQuote => f.write_str("the quotation does not end; close it with \""),
            Problem::UnknownField => {
                f.write_str("there is no such field; there are")?;
                NAMES.iter().try_for_each(|(name, _)| write!(f, " {name},"))?;
                f.write_str(" and is. To look for the text itself, put it in quotes")
            }
            Problem::EmptyField => f.write_str("the field is asked for no word; write one after the colon"),
            Problem::NoWord => f.write_str("there is no letter or digit to look for; leave it out"),
            Problem::ShortPrefix => {
                write!(f, "at least {LEAST_PREFIX} letters stand before a star; write more of the word")
            }
            Problem::Star => {
                f.write_str("a star stands only at the end of a word; move it there or leave it out")
            }
            Problem::Flag => {
                f.write_str("after `is:` comes a name of letters and hyphens, such as `is:open`")
            }
        }
    }
}

impl std::error::Error for QueryError {}

/// A part of the query's text and where it stands.
#[derive(Clone, Copy)]
struct Piece<'a> {
    whole: &'a str,
    at: usize,
    text: &'a str,
}

impl<'a> Piece<'a> {
    fn skip(self, bytes: usize) -> Self {
        Piece { at: self.at + bytes, text: &self.text[bytes..], ..self }
    }

    fn error<T>(self, problem: Problem) -> Result<T, QueryError> {
        Err(QueryError { character: self.whole[..self.at].chars().count() + 1, problem })
    }

    /// What stands before and after the first letter that is one of these.
    fn split(self, ends: impl Fn(char) -> bool) -> Option<(&'a str, Self)> {
        let (at, letter) = self.text.char_indices().find(|(_, letter)| ends(*letter))?;
        Some((&self.text[..at], self.skip(at + letter.len_utf8())))
    }
}

fn is_quote(letter: char) -> bool {
    matches!(letter, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

impl Query {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let mut query = Query { clauses: Vec::new(), flags: Vec::new() };
        let mut rest = Piece { whole: text, at: 0, text };
        if text.len() > MOST_BYTES {
            return rest.skip(text.floor_char_boundary(MOST_BYTES)).error(Problem::TooLong);
        }
        loop {
            rest = rest.skip(rest.text.len() - rest.text.trim_start().len());
            if rest.text.is_empty() {
                break;
            }
            if query.clauses.len() + query.flags.len() == MOST_PIECES {
                return rest.error(Problem::TooManyPieces);
            }
            rest = query.piece(rest)?;
        }
        if query.clauses.is_empty() && query.flags.is_empty() {
            return Piece { whole: text, at: 0, text }.error(Problem::Empty);
        }
        Ok(query)
    }

    /// What only the caller can judge: it says [`super::Sight::NOTHING`] for
    /// cases that do not fit.
    pub fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// Reads one piece and returns what comes after it.
    fn piece<'a>(&mut self, start: Piece<'a>) -> Result<Piece<'a>, QueryError> {
        let negated = start.text.starts_with('-') && start.text.len() > 1;
        let mut rest = if negated { start.skip(1) } else { start };
        let mut fields: &'static [Field] = &[];
        let mut cve = false;
        if let Some(name) = field_name(rest.text) {
            let named = rest;
            rest = rest.skip(name.len() + 1);
            if rest.text.starts_with(char::is_whitespace) || rest.text.is_empty() {
                return named.error(Problem::EmptyField);
            }
            let name = name.to_ascii_lowercase();
            if name == "is" {
                return self.flag(rest, negated);
            }
            let Some((_, known)) = NAMES.iter().find(|(known, _)| *known == name) else {
                return named.error(Problem::UnknownField);
            };
            fields = known;
            cve = name == "cve";
        }
        let quoted = rest.text.starts_with(is_quote);
        let (text, after, value) = if quoted {
            let inner = rest.split(is_quote).map_or(rest, |(_, inner)| inner);
            let Some((text, after)) = inner.split(is_quote) else { return rest.error(Problem::OpenQuote) };
            (text, after, inner)
        } else {
            let length = rest.text.find(char::is_whitespace).unwrap_or(rest.text.len());
            (&rest.text[..length], rest.skip(length), rest)
        };
        let (body, prefix) = match text.strip_suffix('*') {
            Some(body) if !quoted => (body, true),
            _ => (text, false),
        };
        if let (false, Some(star)) = (quoted, body.find('*')) {
            return value.skip(star).error(Problem::Star);
        }
        let number;
        let body = if cve && body.starts_with(|letter: char| letter.is_ascii_digit()) {
            number = ["CVE-", body].concat();
            &number
        } else {
            body
        };
        let mut words: Vec<String> = Vec::new();
        scan(body, Identifiers::Whole, |word: Word<'_>| words.push(word.text.to_owned()));
        if prefix {
            self.prefix(body, &mut words, value)?;
        }
        if words.is_empty() {
            return start.error(Problem::NoWord);
        }
        let before: usize = self.clauses.iter().map(|clause| clause.words.len()).sum();
        if before + words.len() > MOST_WORDS {
            return start.error(Problem::TooManyWords);
        }
        self.clauses.push(Clause { negated, fields, words, prefix });
        Ok(after)
    }

    /// Makes the last word the beginning that a star stands after.
    fn prefix(&self, body: &str, words: &mut [String], place: Piece<'_>) -> Result<(), QueryError> {
        let Some(last) = words.last_mut() else { return place.error(Problem::ShortPrefix) };
        // `1.2.*` and `CVE-2026-*`: the mark belongs to the word that goes on.
        let number = last.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if body.ends_with('.') && number && last.len() < LONGEST_WORD {
            last.push('.');
        } else if body.ends_with('-') && last.starts_with("cve") && last.len() < LONGEST_WORD {
            last.push('-');
        } else if !body.ends_with(|letter: char| letter.is_alphanumeric()) {
            return place.skip(body.len().min(place.text.len())).error(Problem::Star);
        }
        if last.chars().count() < LEAST_PREFIX {
            return place.error(Problem::ShortPrefix);
        }
        if self.clauses.iter().filter(|clause| clause.prefix).count() == MOST_PREFIXES {
            return place.error(Problem::TooManyPrefixes);
        }
        Ok(())
    }

    fn flag<'a>(&mut self, rest: Piece<'a>, negated: bool) -> Result<Piece<'a>, QueryError> {
        let length = rest.text.find(char::is_whitespace).unwrap_or(rest.text.len());
        let value = &rest.text[..length];
        if !value.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-') {
            return rest.error(Problem::Flag);
        }
        self.flags.push(Flag { value: value.to_ascii_lowercase(), negated });
        Ok(rest.skip(length))
    }
}

/// The name of a field at the beginning of a piece. `std::string` and
/// `https://…` name none.
fn field_name(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, rest) = text.split_at(length);
    let after = rest.strip_prefix(':')?;
    (length > 0 && !after.starts_with([':', '/'])).then_some(name)
}
