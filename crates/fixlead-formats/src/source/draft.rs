//! An advisory that is being written: the outline of `CASE.toml` with whatever
//! stands in it so far, for forms. It has every place that [`super::read()`]
//! knows and judges nothing, so that what is unfinished can be kept.

use std::collections::BTreeMap;
use std::fmt::Write;

use fixlead_core::text::{Spot, echo, toml_string};
use fixlead_core::time::Instant;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::read::{Complaint, MOST_BYTES};
use super::{Category, Justification, Kind, Role, Status};
use crate::words::words;

words! {
    /// What stands under a key.
    Form, "form of a key":
    /// A line.
    Line = "line",
    /// Markdown.
    Text = "text",
    /// An instant.
    Instant = "instant",
    /// Lines, each an item.
    Lines = "lines",
    /// One of a few words.
    Word = "word",
}

/// A key of the outline.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What stands under it.
    pub form: Form,
    /// Whether an advisory cannot do without it.
    pub required: bool,
}

/// A section of the outline.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// Its name.
    pub name: &'static str,
    /// Whether there may be several.
    pub repeats: bool,
    /// What stands in it.
    pub keys: &'static [Key],
    /// The sections in it.
    pub sections: &'static [Outline],
}

const fn key(name: &'static str, form: Form) -> Key {
    Key { name, form, required: false }
}

const fn required(name: &'static str, form: Form) -> Key {
    Key { name, form, required: true }
}

const fn section(name: &'static str, keys: &'static [Key]) -> Outline {
    Outline { name, repeats: true, keys, sections: &[] }
}

/// The whole of `CASE.toml`.
pub const OUTLINE: Outline = Outline {
    name: "",
    repeats: false,
    keys: &[
        required("id", Form::Line),
        key("cve", Form::Line),
        key("aliases", Form::Lines),
        required("title", Form::Line),
        required("summary", Form::Line),
        required("description", Form::Text),
        required("published", Form::Instant),
        key("modified", Form::Instant),
        key("withdrawn", Form::Instant),
        key("severity", Form::Line),
        key("cwe", Form::Lines),
    ],
    sections: &[
        section("score", &[required("vector", Form::Line), key("by", Form::Line)]),
        Outline {
            name: "affected",
            repeats: true,
            keys: &[
                required("package", Form::Line),
                key("repo", Form::Line),
                required("status", Form::Word),
                key("justification", Form::Word),
                key("impact", Form::Text),
            ],
            sections: &[section(
                "range",
                &[
                    required("introduced", Form::Line),
                    key("fixed", Form::Line),
                    key("last_affected", Form::Line),
                    key("introduced_commit", Form::Line),
                    key("fixed_commit", Form::Line),
                ],
            )],
        },
        section("mitigation", &[required("text", Form::Text)]),
        section("reference", &[required("kind", Form::Word), required("url", Form::Line)]),
        section(
            "credit",
            &[
                required("name", Form::Line),
                required("role", Form::Word),
                key("contact", Form::Lines),
                key("login", Form::Line),
            ],
        ),
        section(
            "revision",
            &[
                required("date", Form::Instant),
                required("number", Form::Line),
                required("summary", Form::Line),
            ],
        ),
        Outline {
            name: "publisher",
            repeats: false,
            keys: &[
                required("name", Form::Line),
                required("namespace", Form::Line),
                required("category", Form::Word),
                key("cna_org", Form::Line),
            ],
            sections: &[],
        },
    ],
};

/// The words that may stand under a key of this name.
pub fn choices(key: &str) -> Vec<&'static str> {
    match key {
        "status" => Status::ALL.iter().map(|word| word.as_str()).collect(),
        "justification" => Justification::ALL.iter().map(|word| word.as_str()).collect(),
        "kind" => Kind::ALL.iter().map(|word| word.as_str()).collect(),
        "role" => Role::ALL.iter().map(|word| word.as_str()).collect(),
        "category" => Category::ALL.iter().map(|word| word.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Most sections of a name in a section.
pub const MOST_SECTIONS: usize = 500;
/// Most sections of a draft in all: a number in the name of a field makes all before it.
pub const MOST_IN_ALL: usize = 2_000;

/// What stands in a section so far. The items of a list stand on lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    values: BTreeMap<&'static str, String>,
    sections: BTreeMap<&'static str, Vec<Draft>>,
}

impl Draft {
    /// What stands under a key; empty when nothing does.
    pub fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    /// The sections of a name.
    pub fn sections(&self, name: &str) -> &[Draft] {
        self.sections.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.values.values().all(|value| value.trim().is_empty())
            && self.sections.values().flatten().all(Draft::is_empty)
    }

    /// A draft from what a form sends: the value of each path, which is named
    /// as the lint does (`affected/0/range/1/fixed`). What no outline has is
    /// passed over.
    pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Draft {
        let (mut draft, mut room) = (Draft::default(), MOST_IN_ALL);
        for (path, value) in fields {
            draft.set(&OUTLINE, path, value, &mut room);
        }
        draft
    }

    fn set(&mut self, outline: &Outline, path: &str, value: &str, room: &mut usize) {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        if rest.is_empty() {
            if let Some(key) = outline.keys.iter().find(|key| key.name == name) {
                self.values.insert(key.name, value.to_owned());
            }
            return;
        }
        let Some(inner) = outline.sections.iter().find(|section| section.name == name) else { return };
        let (place, rest) = if inner.repeats {
            let Some((place, rest)) = rest.split_once('/') else { return };
            let Some(place) = place.parse::<usize>().ok().filter(|place| *place < MOST_SECTIONS) else {
                return;
            };
            (place, rest)
        } else {
            (0, rest)
        };
        let list = self.sections.entry(inner.name).or_default();
        let more = (place + 1).saturating_sub(list.len());
        if more > *room {
            return;
        }
        *room -= more;
        list.resize(list.len() + more, Draft::default());
        list[place].set(inner, rest, value, room);
    }

    /// Adds an empty section of this path, `affected` or `affected/0/range`,
    /// at the end.
    pub fn add(&mut self, path: &str) {
        if let Some((list, _)) = self.list(path)
            && list.len() < MOST_SECTIONS
        {
            list.push(Draft::default());
        }
    }

    /// Takes a section out: `affected/0` or `affected/0/range/1`.
    pub fn remove(&mut self, path: &str) {
        let Some((path, place)) = path.rsplit_once('/') else { return };
        if let (Some((list, _)), Ok(place)) = (self.list(path), place.parse::<usize>())
            && place < list.len()
        {
            list.remove(place);
        }
    }

    /// The sections of a path.
    fn list(&mut self, path: &str) -> Option<(&mut Vec<Draft>, &'static Outline)> {
        let mut parts = path.split('/');
        let name = parts.next()?;
        let outline = OUTLINE.sections.iter().find(|section| section.name == name && section.repeats)?;
        let list = self.sections.entry(outline.name).or_default();
        let Some(place) = parts.next() else { return Some((list, outline)) };
        let (name, None) = (parts.next()?, parts.next()) else { return None };
        let inner = outline.sections.iter().find(|section| section.name == name)?;
        let list = list.get_mut(place.parse::<usize>().ok()?)?.sections.entry(inner.name).or_default();
        Some((list, inner))
    }

    /// Reads a source, finished or not. Notes behind `#` are lost.
    ///
    /// # Errors
    /// What is no TOML, or has no place in the outline.
    pub fn read(text: &str) -> Result<Draft, Complaint> {
        let complain = |place: usize, message: String| {
            let spot = Some(Spot::of(text, place));
            Complaint { spot, path: String::new(), message }
        };
        if text.len() > MOST_BYTES {
            return Err(complain(0, format!("at most {MOST_BYTES} bytes are read; shorten it")));
        }
        let table = DeTable::parse(text).map_err(|error| {
            let place = error.span().map_or(0, |span| span.start);
            complain(place, format!("not readable as TOML: {}", error.message()))
        })?;
        Draft::taken(&OUTLINE, table.get_ref(), &mut { MOST_IN_ALL })
            .map_err(|(place, message)| complain(place, message))
    }

    fn taken(outline: &Outline, table: &DeTable<'_>, room: &mut usize) -> Result<Draft, (usize, String)> {
        let mut draft = Draft::default();
        for (name, value) in table.iter() {
            let place = name.span().start;
            let word = name.get_ref().as_ref();
            if let Some(key) = outline.keys.iter().find(|key| key.name == word) {
                let text = value_of(key.form, value)
                    .ok_or_else(|| (place, format!("`{}` holds something else than it should", key.name)))?;
                draft.values.insert(key.name, text);
                continue;
            }
            let inner = outline.sections.iter().find(|section| section.name == word);
            let unknown = || (place, format!("the key `{}` is not known", echo(word)));
            let inner = inner.ok_or_else(unknown)?;
            let tables: Vec<&DeTable<'_>> = match value.get_ref() {
                DeValue::Table(table) if !inner.repeats => vec![table],
                DeValue::Array(list) if inner.repeats && list.len() <= MOST_SECTIONS => list
                    .iter()
                    .map(|item| match item.get_ref() {
                        DeValue::Table(table) => Ok(table),
                        _ => Err(unknown()),
                    })
                    .collect::<Result<_, _>>()?,
                _ => return Err((place, format!("`{}` is no section of this kind", inner.name))),
            };
            *room = room.checked_sub(tables.len()).ok_or_else(|| {
                (place, format!("more than {MOST_IN_ALL} sections in all are not read; leave some out"))
            })?;
            let tables = tables.into_iter().map(|table| Draft::taken(inner, table, room));
            draft.sections.insert(inner.name, tables.collect::<Result<_, _>>()?);
        }
        Ok(draft)
    }

    /// The source, with what is empty left out.
    pub fn write(&self) -> String {
        let mut out = String::new();
        self.put(&OUTLINE, "", &mut out);
        out
    }

    // Writing to a text cannot fail.
    fn put(&self, outline: &Outline, path: &str, out: &mut String) {
        for key in outline.keys {
            let value = self.get(key.name);
            if value.trim().is_empty() {
                continue;
            }
            let _ = match key.form {
                Form::Lines => {
                    let items = value.lines().map(str::trim).filter(|item| !item.is_empty());
                    let items: Vec<String> = items.map(toml_string).collect();
                    writeln!(out, "{} = [{}]", key.name, items.join(", "))
                }
                Form::Instant => match Instant::parse(value.trim()) {
                    Ok(instant) => writeln!(out, "{} = {instant}", key.name),
                    Err(_) => writeln!(out, "{} = {}", key.name, toml_string(value.trim())),
                },
                Form::Text if on_lines(value) => {
                    writeln!(out, "{} = \"\"\"\n{}\"\"\"", key.name, value.replace('\\', "\\\\"))
                }
                Form::Text => writeln!(out, "{} = {}", key.name, toml_string(value)),
                Form::Line | Form::Word => writeln!(out, "{} = {}", key.name, toml_string(value.trim())),
            };
        }
        for inner in outline.sections {
            let name = if path.is_empty() { inner.name.to_owned() } else { format!("{path}.{}", inner.name) };
            for section in self.sections(inner.name) {
                let _ = match inner.repeats {
                    // Also an empty one: what is said of it names its number.
                    true => writeln!(out, "\n[[{name}]]"),
                    false if section.is_empty() => continue,
                    false => writeln!(out, "\n[{name}]"),
                };
                section.put(inner, &name, out);
            }
        }
    }
}

/// Whether a text can be written line by line.
fn on_lines(text: &str) -> bool {
    let plain = |letter: char| letter == '\n' || letter == '\t' || !letter.is_control();
    text.contains('\n') && text.chars().all(plain) && !text.contains("\"\"\"") && !text.ends_with('"')
}

fn value_of(form: Form, value: &Spanned<DeValue<'_>>) -> Option<String> {
    let text = |value: &DeValue<'_>| match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    };
    match (form, value.get_ref()) {
        (Form::Instant, DeValue::Datetime(datetime)) => Some(datetime.to_string()),
        (Form::Lines, DeValue::Array(list)) => {
            let items = list.iter().map(|item| text(item.get_ref()).filter(|item| !item.contains('\n')));
            items.collect::<Option<Vec<_>>>().map(|items| items.join("\n"))
        }
        (Form::Lines, _) => None,
        (_, value) => text(value),
    }
}
