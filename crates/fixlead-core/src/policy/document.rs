//! A policy file as it is written: sections, keys and values with their places.
//!
//! [`SECTIONS`] is the grammar: which sections there are, which keys each may
//! carry and what those hold. The reader refuses what is not in it, the
//! printer writes it back, and `docs/policy-language.md` is held against it.

use std::fmt;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::case::json::nearest;

/// The largest policy file that is read, in bytes.
pub const MOST_BYTES: usize = 1024 * 1024;

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
}

/// A key, what it holds, and whether it must be there.
pub type Key = (&'static str, Holds, bool);

/// A section of the language.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// Whether it may stand several times, as `[[name]]`.
    pub repeats: bool,
    /// Whether it is a rule: a rule cites at least one clause.
    pub is_rule: bool,
    /// Its keys.
    pub keys: &'static [Key],
}

use Holds::{Text, Texts};

const ID: Key = ("id", Text, true);
const CLAUSES: Key = ("clauses", Texts, true);
const SAY: Key = ("say", Text, true);
const WHEN: Key = ("when", Text, false);

/// Every section and key of the language.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "policy",
        repeats: false,
        is_rule: false,
        keys: &[
            ID,
            ("version", Text, true),
            ("title", Text, true),
            ("kind", Text, true),
            ("source", Text, true),
            ("body", Text, false),
            ("about", Text, true),
        ],
    },
    Section { name: "sentence", repeats: true, is_rule: false, keys: &[CLAUSES, SAY] },
    Section {
        name: "role",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("roster", Texts, false), SAY],
    },
    Section {
        name: "parameter",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("holds", Text, true), ("default", Text, false), ("why", Text, true)],
    },
    Section { name: "windows", repeats: false, is_rule: true, keys: &[CLAUSES, ("level", Text, true), SAY] },
    Section { name: "band", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("from", Text, true)] },
    Section {
        name: "scoring",
        repeats: false,
        is_rule: true,
        keys: &[CLAUSES, ("versions", Texts, true), ("thresholds", Texts, false), SAY],
    },
    Section {
        name: "class",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("affects", Text, true), SAY],
    },
    Section {
        name: "anchor",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("known", Texts, false), ("earliest", Texts, false), SAY],
    },
    Section { name: "mode", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("when", Text, true), SAY] },
    Section {
        name: "slot",
        repeats: false,
        is_rule: true,
        keys: &[CLAUSES, ("at", Text, true), ("days", Texts, true), SAY],
    },
    Section { name: "channel", repeats: true, is_rule: true, keys: &[ID, CLAUSES, WHEN, SAY] },
    Section {
        name: "duty",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("who", Text, true),
            WHEN,
            ("each", Text, false),
            ("done", Texts, true),
            ("where", Text, false),
            ("after", Text, false),
            ("within", Text, false),
            ("before", Text, false),
            ("lead", Text, false),
            ("most", Text, false),
            ("excuses", Texts, false),
            ("states", Text, false),
            ("missed", Text, false),
            ("action", Text, false),
            SAY,
        ],
    },
    Section {
        name: "gate",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("actions", Texts, true),
            WHEN,
            ("needs", Text, false),
            ("until", Text, false),
            ("by", Text, false),
            ("within", Text, false),
            ("lead-of", Text, false),
            ("step-of", Text, false),
            ("apart-from", Texts, false),
            ("finding", Text, false),
            SAY,
        ],
    },
    Section { name: "excuse", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("when", Text, true), SAY] },
    Section {
        name: "permission",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("event", Text, true),
            WHEN,
            ("after", Text, false),
            ("duties", Texts, false),
            SAY,
        ],
    },
    Section {
        name: "check",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("on", Texts, true), WHEN, ("needs", Text, true), ("finding", Text, true), SAY],
    },
    Section { name: "path", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("when", Text, true), SAY] },
    Section { name: "rotation", repeats: false, is_rule: true, keys: &[CLAUSES, ("rule", Text, true), SAY] },
];

/// The section with this name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// A complaint about a policy file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Line, from 1; 0 when it concerns no single place.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of that line.
    pub excerpt: String,
    /// What is wrong and the remedy.
    pub message: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.message);
        }
        writeln!(f, "line {}, column {}: {}", self.line, self.column, self.message)?;
        let number = self.line.to_string();
        writeln!(f, "  {number} | {}", self.excerpt)?;
        write!(f, "  {:width$} | {:>column$}", "", "^", width = number.len(), column = self.column)
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
        let mut document = Document { source: source.to_owned(), entries: Vec::new() };
        if source.len() > MOST_BYTES {
            document.source.clear();
            return Err(document.error(
                0,
                format!("{} bytes, at most {MOST_BYTES} are read; a file holds one policy", source.len()),
            ));
        }
        let table = DeTable::parse(source).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            document.error(place, format!("not readable as TOML: {}", error.message()))
        })?;
        for (name, value) in table.get_ref() {
            let place = name.span().start;
            let Some(section) = section(name.get_ref()) else {
                let known = SECTIONS.iter().map(|section| section.name);
                return Err(document.error(
                    place,
                    format!("unknown section `{}`{}", name.get_ref(), nearest(name.get_ref(), known)),
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
                document.entries.push(entry);
            }
        }
        document.entries.sort_by_key(|entry| entry.start);
        if !document.entries.iter().any(|entry| entry.section.name == "policy") {
            return Err(document.error(0, "the section [policy] is missing".to_owned()));
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
        for (name, value) in keys {
            let place = name.span().start;
            let Some((key, holds, _)) = section.keys.iter().find(|(key, _, _)| key == name.get_ref()) else {
                let known = section.keys.iter().map(|(key, _, _)| *key);
                return Err(self.error(
                    place,
                    format!(
                        "unknown key `{}` in `{}`{}; known are {}",
                        name.get_ref(),
                        section.name,
                        nearest(name.get_ref(), known.clone()),
                        known.collect::<Vec<_>>().join(", ")
                    ),
                ));
            };
            let place = value.span().start;
            let written = match (value.get_ref(), holds) {
                (DeValue::String(text), Text) => Written::Text(text.to_string()),
                (DeValue::Array(list), Texts) => {
                    let mut texts = Vec::new();
                    for item in list.iter() {
                        let DeValue::String(text) = item.get_ref() else {
                            return Err(self.error(item.span().start, "expected a text in quotes".to_owned()));
                        };
                        texts.push((text.to_string(), item.span().start));
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
        entry.values.sort_by_key(|(_, _, place)| *place);
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

    /// A complaint about a place in the file.
    pub fn error(&self, place: usize, message: String) -> PolicyError {
        if self.source.is_empty() {
            return PolicyError { line: 0, column: 0, excerpt: String::new(), message };
        }
        let place = (0..=place.min(self.source.len()))
            .rev()
            .find(|at| self.source.is_char_boundary(*at))
            .unwrap_or(0);
        let before = &self.source[..place];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let excerpt = self.source[line_start..].lines().next().unwrap_or_default();
        PolicyError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            excerpt: excerpt.chars().take(160).collect(),
            message,
        }
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
                    Written::Text(text) => writeln!(f, "{key} = {}", quote(text))?,
                    Written::Texts(list) => {
                        let texts: Vec<String> = list.iter().map(|(text, _)| quote(text)).collect();
                        writeln!(f, "{key} = [{}]", texts.join(", "))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// A TOML basic string (TOML 1.0, section String).
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
