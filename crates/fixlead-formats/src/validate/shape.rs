//! The structure of a document as data, and holding a document against it.
//!
//! What the specifications say in sentences and schemas is written down anew
//! in statics of these types, one file for each format.

use std::collections::BTreeSet;

use fixlead_core::text::{echo, short};
use serde_json::{Map, Value};

/// How many problems of a kind are told.
const MOST_PROBLEMS: usize = 500;
/// The longest message, in characters.
const MOST_MESSAGE: usize = 400;

/// Something that is wrong in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule: a section of the specification, or `structure`.
    pub rule: String,
    /// Where: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong, and the remedy.
    pub message: String,
}

/// What was found so far.
#[derive(Default)]
pub struct Report {
    pub errors: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

impl Report {
    pub fn error(&mut self, rule: &str, place: &Place<'_>, message: impl AsRef<str>) {
        add(&mut self.errors, rule, place, message.as_ref());
    }

    pub fn warn(&mut self, rule: &str, place: &Place<'_>, message: impl AsRef<str>) {
        add(&mut self.warnings, rule, place, message.as_ref());
    }
}

fn add(problems: &mut Vec<Problem>, rule: &str, place: &Place<'_>, message: &str) {
    if problems.len() < MOST_PROBLEMS {
        let message = short(message, MOST_MESSAGE);
        problems.push(Problem { rule: rule.to_owned(), pointer: place.pointer(), message });
    }
}

/// A pointer kept as a chain on the stack, written out only for a problem.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl<'a> Place<'a> {
    pub fn key(&'a self, key: &'a str) -> Place<'a> {
        Place::Key(self, key)
    }

    pub fn item(&'a self, index: usize) -> Place<'a> {
        Place::Item(self, index)
    }

    pub fn pointer(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Place::Root => {}
            Place::Key(outer, key) => {
                outer.write(text);
                text.push('/');
                // A hostile key must not fill the screen.
                text.push_str(&echo(key).replace('~', "~0").replace('/', "~1"));
            }
            Place::Item(outer, index) => {
                outer.write(text);
                text.push('/');
                text.push_str(&index.to_string());
            }
        }
    }
}

/// Says why a text is not what it should be.
pub type Check = fn(&str) -> Result<(), &'static str>;

/// What a value has to be.
pub enum Shape {
    /// Anything.
    Any,
    /// A text of so many characters that passes a check.
    Text(usize, usize, Check),
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number from this on.
    Whole(i64),
    /// A list of at least so many items; whether each stands once.
    List(&'static Shape, usize, bool),
    /// An object.
    Object(&'static Fields),
    /// The same, or `null`.
    OrNull(&'static Shape),
    /// What a function judges.
    Judged(fn(&Value, &Place<'_>, &mut Report)),
    /// Both.
    Both(&'static Shape, &'static Shape),
}

/// The keys of an object.
pub struct Fields {
    /// Those that have to be there.
    pub needed: &'static [(&'static str, &'static Shape)],
    /// Those that may be.
    pub known: &'static [(&'static str, &'static Shape)],
    /// What becomes of others.
    pub others: Others,
    /// How many entries there are at least.
    pub least: usize,
}

/// Keys that a specification does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They may be there.
    Free,
    /// They may, and somebody may have misspelt one.
    Doubtful(&'static str),
    /// They may not.
    Refused,
    /// Those may that begin with `x_`.
    Extensions,
}

/// The rule that is named for what is wrong in the structure.
pub const STRUCTURE: &str = "structure";

/// A text that is not empty.
pub const FILLED: Shape = Shape::Text(1, usize::MAX, anything);
/// Any text.
pub const TEXT: Shape = Shape::Text(0, usize::MAX, anything);
/// An address.
pub const URI: Shape = Shape::Text(1, usize::MAX, uri);

pub fn anything(_: &str) -> Result<(), &'static str> {
    Ok(())
}

/// RFC 3986: a scheme, a colon, and no letter that has to be escaped.
pub fn uri(text: &str) -> Result<(), &'static str> {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
    let known = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !known {
        return Err("an address with its scheme, like https://…");
    }
    if text.contains(|letter: char| {
        letter.is_whitespace() || letter.is_control() || "<>\"{}|\\^`".contains(letter)
    }) {
        return Err("an address without spaces and brackets; escape them with percent signs");
    }
    Ok(())
}

/// An instant with its offset (RFC 3339).
pub fn date_time(text: &str) -> Result<(), &'static str> {
    super::date::read(text).map(|_| ()).ok_or("an instant like 2026-11-30T16:00:00Z")
}

/// Holds a value against a shape.
pub fn hold(value: &Value, shape: &Shape, place: &Place<'_>, report: &mut Report) {
    match (shape, value) {
        (Shape::Any, _) => {}
        (Shape::OrNull(_), Value::Null) => {}
        (Shape::OrNull(inner), _) => hold(value, inner, place, report),
        (Shape::Both(one, other), _) => {
            hold(value, one, place, report);
            hold(value, other, place, report);
        }
        (Shape::Judged(judge), _) => judge(value, place, report),
        (Shape::Text(least, most, check), Value::String(text)) => {
            // Bytes are at least as many as characters.
            if text.len() < *least {
                report.error(
                    STRUCTURE,
                    place,
                    "the text is empty or too short; write it or leave the key out",
                );
            } else if text.len() > *most && text.chars().count() > *most {
                report.error(STRUCTURE, place, format!("more than {most} characters; shorten it"));
            } else if let Err(wanted) = check(text) {
                report.error(STRUCTURE, place, format!("`{}` is not what stands here: {wanted}", echo(text)));
            }
        }
        (Shape::Word(words), Value::String(text)) => {
            if !words.contains(&text.as_str()) {
                let hint = fixlead_core::case::nearest(text, words.iter().copied());
                let message = format!("`{}` is none of {}{hint}", echo(text), words.join(", "));
                report.error(STRUCTURE, place, message);
            }
        }
        (Shape::Flag, Value::Bool(_)) => {}
        (Shape::Whole(least), Value::Number(number)) => {
            let whole = number.as_i64().or_else(|| number.as_u64().map(|_| i64::MAX));
            if whole.is_none_or(|whole| whole < *least) {
                report.error(STRUCTURE, place, format!("{number} is no whole number from {least} on"));
            }
        }
        (Shape::List(of, least, distinct), Value::Array(items)) => {
            if items.len() < *least {
                report.error(
                    STRUCTURE,
                    place,
                    format!("at least {least} stand here; leave the key out where there is none"),
                );
            }
            if *distinct {
                each_once(items, place, report);
            }
            for (index, item) in items.iter().enumerate() {
                hold(item, of, &place.item(index), report);
            }
        }
        (Shape::Object(fields), Value::Object(map)) => object(map, fields, place, report),
        _ => {
            let wanted = match shape {
                Shape::Text(..) | Shape::Word(_) => "a text",
                Shape::Flag => "true or false",
                Shape::Whole(_) => "a whole number",
                Shape::List(..) => "a list",
                _ => "an object",
            };
            report.error(STRUCTURE, place, format!("expected {wanted}, found {}", describe(value)));
        }
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn each_once(items: &[Value], place: &Place<'_>, report: &mut Report) {
    if items.len() < 2 {
        return;
    }
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if !seen.insert(canonical(item)) {
            report.error(STRUCTURE, &place.item(index), "this stands in the list already; keep one");
        }
    }
}

/// The value with its keys in order, so that equal values are equal texts.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key:?}:{}", canonical(value))).collect();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

fn object(map: &Map<String, Value>, fields: &Fields, place: &Place<'_>, report: &mut Report) {
    for (key, _) in fields.needed {
        if !map.contains_key(*key) {
            report.error(STRUCTURE, place, format!("the key `{key}` is missing"));
        }
    }
    if map.len() < fields.least {
        report.error(STRUCTURE, place, "there is too little in this object; fill it or leave it out");
    }
    for (key, value) in map {
        let known = fields.needed.iter().chain(fields.known).find(|(name, _)| name == key);
        let inner = place.key(key);
        if let Some((_, shape)) = known {
            hold(value, shape, &inner, report);
            continue;
        }
        let hint = || {
            fixlead_core::case::nearest(key, fields.needed.iter().chain(fields.known).map(|(name, _)| *name))
        };
        match fields.others {
            Others::Free => {}
            Others::Extensions if key.starts_with("x_") && !key.contains('.') => {}
            Others::Doubtful(rule) => {
                report.warn(rule, &inner, format!("the specification has no such key{}", hint()))
            }
            Others::Refused | Others::Extensions => {
                report.error(STRUCTURE, &inner, format!("there is no such key{}; take it out", hint()));
            }
        }
    }
}

/// The object that a value is, or an empty one.
pub fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of the list under a key, with their numbers.
pub fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The text under a key, or an empty one.
pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
