//! JSON with its place: every complaint names the JSON pointer (RFC 6901).
//!
//! Duplicate keys, which JSON permits and readers resolve differently, are
//! refused here, because two readers of one history must see one case.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::text::{echo, plain};

/// A JSON value that remembers the order and the duplicates of its keys.
#[derive(Debug)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// Any number.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// What it is, for messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Node::Null => "null",
            Node::Flag(_) => "a flag",
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Table(_) => "an object",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Flag(flag))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number as f64))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number as f64))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Number(number))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }
    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut seen = std::collections::HashSet::new();
        let mut table: Vec<(String, Node)> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(A::Error::custom(format!(
                    "the key `{}` stands twice in one object; keep one",
                    echo(&key)
                )));
            }
            table.push((key, entries.next_value()?));
        }
        Ok(Node::Table(table))
    }
}

/// A complaint with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryError {
    /// The JSON pointer of the offending value, empty for the whole document;
    /// `line L column C` where the text is not JSON at all.
    pub place: String,
    /// What was expected, and the remedy.
    pub message: String,
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.place, self.message)
        }
    }
}

impl std::error::Error for HistoryError {}

/// A value and the pointer to it.
#[derive(Clone, Copy)]
pub struct At<'a> {
    node: &'a Node,
    place: Place<'a>,
}

/// A pointer kept as a chain on the stack, written out only in a complaint.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn write(&self, text: &mut String) {
        match self {
            Place::Root => {}
            Place::Key(parent, key) => {
                parent.write(text);
                text.push('/');
                // A hostile key must not fill the screen.
                text.push_str(&echo(key).replace('~', "~0").replace('/', "~1"));
            }
            Place::Item(parent, index) => {
                parent.write(text);
                text.push('/');
                text.push_str(&index.to_string());
            }
        }
    }
}

/// The outcome of reading a part of a document.
pub type Read<T> = Result<T, HistoryError>;

impl<'a> At<'a> {
    /// The whole document.
    pub fn root(node: &'a Node) -> Self {
        At { node, place: Place::Root }
    }

    /// The value itself.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// A complaint about this value.
    pub fn error<T>(&self, message: impl Into<String>) -> Read<T> {
        let mut place = String::new();
        self.place.write(&mut place);
        Err(HistoryError { place, message: plain(&message.into()) })
    }

    /// A complaint about the type of this value.
    pub fn expected<T>(&self, what: &str) -> Read<T> {
        self.error(format!("expected {what}, found {}", self.node.describe()))
    }

    /// The text it is.
    pub fn text(&self) -> Read<&'a str> {
        match self.node {
            Node::Text(text) if text.len() <= MOST_TEXT => Ok(text),
            Node::Text(_) => self.error(format!("the text is longer than {MOST_TEXT} bytes; shorten it")),
            _ => self.expected("a text"),
        }
    }

    /// Reads a text with a parser that explains what it wants.
    pub fn parse<T>(&self, parse: impl Fn(&str) -> Result<T, String>) -> Read<T> {
        let text = self.text()?;
        parse(text).or_else(|message| self.error(message))
    }

    /// Visits the entries of an object.
    pub fn entries(&self, mut visit: impl FnMut(&'a str, At<'_>) -> Read<()>) -> Read<()> {
        let Node::Table(table) = self.node else {
            return self.expected("an object");
        };
        for (key, node) in table {
            visit(key, At { node, place: Place::Key(&self.place, key) })?;
        }
        Ok(())
    }

    /// Visits the items of a list.
    pub fn items(&self, most: usize, mut visit: impl FnMut(At<'_>) -> Read<()>) -> Read<()> {
        let Node::List(list) = self.node else {
            return self.expected("a list");
        };
        if list.len() > most {
            return self.error(format!("{} items, at most {most} are read; split it", list.len()));
        }
        for (index, node) in list.iter().enumerate() {
            visit(At { node, place: Place::Item(&self.place, index) })?;
        }
        Ok(())
    }

    /// The texts of a list.
    pub fn texts(&self) -> Read<Vec<Box<str>>> {
        let mut texts = Vec::new();
        self.items(MOST_ITEMS, |item| {
            texts.push(item.text()?.into());
            Ok(())
        })?;
        Ok(texts)
    }
}

/// The longest text in a history, in bytes.
pub const MOST_TEXT: usize = 64 * 1024;
/// The longest list in a history.
pub const MOST_ITEMS: usize = 10_000;

/// The name among the known ones that a wrong one probably meant.
pub fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    let wrong: Vec<char> = wrong.chars().take(40).collect();
    let best = known
        .map(|name| (edits(&wrong, name), name))
        .min()
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3);
    best.map(|(_, name)| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Levenshtein's distance.
fn edits(wrong: &[char], name: &str) -> usize {
    let name: Vec<char> = name.chars().collect();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (i, a) in wrong.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in name.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[name.len()]
}
