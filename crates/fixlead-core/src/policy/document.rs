//! A policy file as it is written: sections, keys and values with their places.
//!
//! The reader accepts what [`SECTIONS`] lists and nothing else, and the printer
//! writes it back.

use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::grammar::Holds::{Text, Texts};
pub use super::grammar::{Holds, Key, SECTIONS, Section, section};
use crate::case::json::nearest;
use crate::text::{Spot, echo, is_harmful, short, toml_string};

/// The largest policy file that is read, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;
/// The most sections a policy file may have.
pub const MOST_SECTIONS: usize = 2_000;
/// The longest message, in characters; what a file says is quoted no further.
const MOST_MESSAGE: usize = 500;

/// A complaint about a policy file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The id of the policy it is about; empty while that is not known.
    pub policy: String,
    /// Line, from 1; 0 when it concerns no single place.
    pub line: usize,
    /// Column in characters, from 1; 0 when it concerns no single place.
    pub column: usize,
    /// The text of that line around the place.
    pub excerpt: String,
    /// Where in the excerpt the place is, in characters from 0.
    pub mark: usize,
    /// What is wrong and the remedy.
    pub message: String,
}

impl PolicyError {
    /// A complaint about no single place.
    pub fn anywhere(message: impl Into<String>) -> PolicyError {
        PolicyError {
            policy: String::new(),
            line: 0,
            column: 0,
            excerpt: String::new(),
            mark: 0,
            message: short(&message.into(), MOST_MESSAGE),
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.message);
        }
        writeln!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        let number = self.line.to_string();
        writeln!(f, "  {number} | {}", self.excerpt)?;
        write!(f, "  {:width$} | {:mark$}^", "", "", width = number.len(), mark = self.mark)
    }
}

impl std::error::Error for PolicyError {}

/// The value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A text.
    Text(String),
    /// Several texts, each with its place in the source.
    Texts(Vec<(String, usize)>),
}

/// A section as it stands in a file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which section it is.
    pub section: &'static Section,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Keys in the order of the file, with the place of each value.
    pub values: Vec<(&'static str, Written, usize)>,
}

impl Entry {
    /// The value of a key and its place.
    pub fn get(&self, key: &str) -> Option<(&Written, usize)> {
        self.values.iter().find(|(name, _, _)| *name == key).map(|(_, value, place)| (value, *place))
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some((Written::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    /// The texts of a key; none when it is absent.
    pub fn texts(&self, key: &str) -> impl Iterator<Item = (&str, usize)> {
        let list: &[(String, usize)] = match self.get(key) {
            Some((Written::Texts(list), _)) => list,
            _ => &[],
        };
        list.iter().map(|(text, place)| (text.as_str(), *place))
    }

    /// The place of a key's value, or of the section.
    pub fn place(&self, key: &str) -> usize {
        self.get(key).map_or(self.start, |(_, place)| place)
    }

    /// What the section calls itself: its id, or its first clause.
    pub fn name(&self) -> &str {
        self.text("id").or_else(|| self.texts("clauses").next().map(|(clause, _)| clause)).unwrap_or("")
    }
}

/// Two entries are the same rule wherever they stand in their files.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        let plain = |entry: &Entry| -> Vec<(&'static str, Vec<String>)> {
            entry
                .values
                .iter()
                .map(|(key, value, _)| {
                    let texts = match value {
                        Written::Text(text) => vec![text.clone()],
                        Written::Texts(list) => list.iter().map(|(text, _)| text.clone()).collect(),
                    };
                    (*key, texts)
                })
                .collect()
        };
        self.section.name == other.section.name && plain(self) == plain(other)
    }
}

/// A policy file as it is written.
#[derive(Clone, Debug)]
pub struct Document {
    /// The text it was read from, for messages.
    pub source: String,
    /// Its sections in order.
    pub entries: Vec<Entry>,
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Document {
    /// Reads a policy file.
    pub fn parse(source: &str) -> Result<Document, PolicyError> {
        if source.len() > MOST_BYTES {
            let size = source.len();
            return Err(PolicyError::anywhere(format!(
                "{size} bytes, at most {MOST_BYTES} are read; a file holds one policy"
            )));
        }
        let mut document = Document { source: source.to_owned(), entries: Vec::new() };
        let table = DeTable::parse(source).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            let hint = if error.message().contains("duplicate key") {
                "; a key stands once, and what repeats, like [[duty]], has double brackets wherever it stands"
            } else {
                ""
            };
            document.error(place, format!("not readable as TOML: {}{hint}", error.message()))
        })?;
        let mut sections: Vec<_> = table.get_ref().iter().collect();
        // The first complaint is about the first place.
        sections.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in sections {
            let place = name.span().start;
            let Some(section) = section(name.get_ref()) else {
                let known = SECTIONS.iter().map(|section| section.name);
                return Err(document.error(
                    place,
                    format!("unknown section `{}`{}", echo(name.get_ref()), nearest(name.get_ref(), known)),
                ));
            };
            let tables: Vec<_> = match (value.get_ref(), section.repeats) {
                (DeValue::Array(list), true) => list.iter().collect(),
                (DeValue::Table(_), false) => vec![value],
                (_, true) => return Err(document.error(place, format!("write it as [[{}]]", section.name))),
                (_, false) => {
                    return Err(document.error(place, format!("write it once, as [{}]", section.name)));
                }
            };
            for table in tables {
                let DeValue::Table(keys) = table.get_ref() else {
                    return Err(
                        document.error(table.span().start, format!("write it as [[{}]]", section.name))
                    );
                };
                let entry = document.read_entry(section, keys, table.span())?;
                if document.entries.len() == MOST_SECTIONS {
                    return Err(document.error(
                        entry.start,
                        format!("more than {MOST_SECTIONS} sections; a file holds one policy"),
                    ));
                }
                document.entries.push(entry);
            }
        }
        document.entries.sort_by_key(|entry| entry.start);
        if !document.entries.iter().any(|entry| entry.section.name == "policy") {
            return Err(document.error(
                0,
                "the section [policy] is missing; a policy begins with its id, version and title",
            ));
        }
        Ok(document)
    }

    fn read_entry(
        &self,
        section: &'static Section,
        keys: &DeTable<'_>,
        span: Range<usize>,
    ) -> Result<Entry, PolicyError> {
        let mut entry = Entry { section, start: span.start, values: Vec::new() };
        let mut written: Vec<_> = keys.iter().collect();
        written.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in written {
            let place = name.span().start;
            let Some((key, holds, _)) = section.keys.iter().find(|(key, _, _)| key == name.get_ref()) else {
                let known = section.keys.iter().map(|(key, _, _)| *key);
                return Err(self.error(
                    place,
                    format!(
                        "unknown key `{}` in `{}`{}; known are {}",
                        echo(name.get_ref()),
                        section.name,
                        nearest(name.get_ref(), known.clone()),
                        known.collect::<Vec<_>>().join(", ")
                    ),
                ));
            };
            let place = value.span().start;
            let written = match (value.get_ref(), holds) {
                (DeValue::String(text), Text) => Written::Text(self.readable(text, place)?),
                (DeValue::Array(list), Texts) => {
                    let mut texts = Vec::new();
                    for item in list.iter() {
                        let DeValue::String(text) = item.get_ref() else {
                            return Err(self.error(item.span().start, "expected a text in quotes".to_owned()));
                        };
                        let place = item.span().start;
                        texts.push((self.readable(text, place)?, place));
                    }
                    Written::Texts(texts)
                }
                (_, Text) => {
                    return Err(self.error(place, format!("`{key}` holds a text; write it in quotes")));
                }
                (_, Texts) => {
                    return Err(
                        self.error(place, format!("`{key}` holds a list of texts, like [\"…\", \"…\"]"))
                    );
                }
            };
            entry.values.push((key, written, place));
        }
        for (key, _, required) in section.keys {
            if *required && entry.get(key).is_none() {
                return Err(self.error(span.start, format!("`{}` needs the key `{key}`", section.name)));
            }
        }
        if section.is_rule && entry.texts("clauses").next().is_none() {
            return Err(self.error(
                entry.place("clauses"),
                format!("this `{}` cites no clause; name the sentence it executes", section.name),
            ));
        }
        Ok(entry)
    }

    /// A text that can be shown: what a terminal would obey is refused.
    fn readable(&self, text: &str, place: usize) -> Result<String, PolicyError> {
        match text.chars().find(|letter| *letter != '\n' && is_harmful(*letter)) {
            Some(letter) => Err(self.error(
                place,
                format!("the text holds the invisible character U+{:04X}; take it out", u32::from(letter)),
            )),
            None => Ok(text.to_owned()),
        }
    }

    /// A complaint about a place in the file, in bytes from its beginning.
    pub fn error(&self, place: usize, message: impl Into<String>) -> PolicyError {
        let message = short(&message.into(), MOST_MESSAGE);
        let policy = short(self.one("policy").and_then(|entry| entry.text("id")).unwrap_or_default(), 80);
        if self.source.is_empty() {
            return PolicyError { policy, ..PolicyError::anywhere(message) };
        }
        let Spot { line, column, excerpt, mark } = Spot::of(&self.source, place);
        PolicyError { policy, line, column, excerpt, mark, message }
    }

    /// The place in the file of a byte of a text value, which may be written
    /// with escapes or in several lines.
    pub fn place_within(&self, value: usize, offset: usize) -> usize {
        let Some(written) = self.source.get(value..) else { return value };
        let fences = ["\"\"\"", "'''", "\"", "'"];
        let Some(fence) = fences.into_iter().find(|fence| written.starts_with(fence)) else {
            return value + offset;
        };
        let mut at = fence.len();
        if fence.len() == 3 {
            let rest = &written[at..];
            at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        }
        if fence.starts_with('\'') {
            return value + at + offset;
        }
        // Walk the escapes: each stands for one character of the value.
        let mut passed = 0;
        while passed < offset {
            let Some(letter) = written[at..].chars().next() else { break };
            if letter != '\\' {
                at += letter.len_utf8();
                passed += letter.len_utf8();
                continue;
            }
            let escape = &written[at..];
            let digits = match escape.as_bytes().get(1) {
                Some(b'u') => 4,
                Some(b'U') => 8,
                Some(b'x') => 2,
                _ => 0,
            };
            let code = escape.get(2..2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
            passed += code.filter(|_| digits > 0).and_then(char::from_u32).map_or(1, char::len_utf8);
            at += (2 + digits).min(escape.len());
            while !self.source.is_char_boundary(value + at) {
                at += 1;
            }
        }
        value + at
    }

    /// The sections with this name.
    pub fn all<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d Entry> {
        self.entries.iter().filter(move |entry| entry.section.name == name)
    }

    /// The one section with this name.
    pub fn one(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.section.name == name)
    }
}

/// Writes the document as TOML that reads back as the same document.
impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.entries.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            let name = entry.section.name;
            if entry.section.repeats {
                writeln!(f, "[[{name}]]")?;
            } else {
                writeln!(f, "[{name}]")?;
            }
            for (key, value, _) in &entry.values {
                match value {
                    Written::Text(text) => writeln!(f, "{key} = {}", toml_string(text))?,
                    Written::Texts(list) => {
                        let texts: Vec<String> = list.iter().map(|(text, _)| toml_string(text)).collect();
                        writeln!(f, "{key} = [{}]", texts.join(", "))?;
                    }
                }
            }
        }
        Ok(())
    }
}
