//! JSON as it was sent: bounded, in UTF-8, and without a key standing twice,
//! which readers would resolve differently.

use std::cell::{Cell, RefCell};
use std::fmt;

use fixlead_app::problem::Fault;
use fixlead_core::text::short;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep lists and objects may lie in each other.
pub const MOST_DEPTH: usize = 32;
/// How many values a document may hold.
pub const MOST_VALUES: usize = 20_000;
/// How much of what was sent a message repeats, in characters.
pub const MOST_REPEATED: usize = 40;
/// The longest pointer that a message gives, in bytes.
const MOST_POINTER: usize = 200;

/// A value.
#[derive(Debug)]
pub enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Flag(bool),
    /// A number.
    Number(serde_json::Number),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object.
    Table(Vec<(String, Node)>),
}

impl Node {
    /// Every text and every key in it, one a line.
    pub fn texts(&self, into: &mut String) {
        match self {
            Node::Null | Node::Flag(_) | Node::Number(_) => {}
            Node::Text(text) => {
                into.push_str(text);
                into.push('\n');
            }
            Node::List(items) => items.iter().for_each(|item| item.texts(into)),
            Node::Table(fields) => {
                for (key, value) in fields {
                    into.push_str(key);
                    into.push('\n');
                    value.texts(into);
                }
            }
        }
    }
}

/// Where a value stands, as a chain on the stack.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// The document.
    Root,
    /// The value of a key.
    Key(&'a Place<'a>, &'a str),
    /// An item of a list.
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// Its JSON pointer, with long keys cut.
    pub fn pointer(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        let (parent, step) = match self {
            Place::Root => return,
            Place::Key(parent, key) => (parent, escaped(key).replace('~', "~0").replace('/', "~1")),
            Place::Item(parent, index) => (parent, index.to_string()),
        };
        parent.write(text);
        if text.len() + step.len() < MOST_POINTER {
            text.push('/');
            text.push_str(&step);
        }
    }
}

/// A piece of what was sent, cut and without anything a terminal would obey.
pub fn escaped(text: &str) -> String {
    let cut: String = text.chars().flat_map(char::escape_debug).take(MOST_REPEATED).collect();
    short(&cut, MOST_REPEATED)
}

/// Reads a body.
///
/// # Errors
/// The first place that cannot be read.
pub fn parse(bytes: &[u8]) -> Result<Node, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| Fault {
        pointer: String::new(),
        message: format!("the body is not UTF-8 from byte {} on; send UTF-8", error.valid_up_to() + 1),
    })?;
    let shared = Shared { left: Cell::new(MOST_VALUES), fault: RefCell::new(None) };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Seed { place: Place::Root, depth: 0, shared: &shared }
        .deserialize(&mut reader)
        .and_then(|node| reader.end().map(|()| node));
    read.map_err(|error| {
        shared.fault.into_inner().unwrap_or_else(|| Fault {
            pointer: String::new(),
            message: format!("this is not JSON: {}", short(&error.to_string(), 120)),
        })
    })
}

struct Shared {
    left: Cell<usize>,
    fault: RefCell<Option<Fault>>,
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    place: Place<'a>,
    depth: usize,
    shared: &'a Shared,
}

impl Seed<'_> {
    /// Remembers what is wrong, with its place, and makes the parser stop.
    fn stop<E: Error>(&self, place: &Place<'_>, message: String) -> E {
        *self.shared.fault.borrow_mut() = Some(Fault { pointer: place.pointer(), message });
        E::custom("")
    }

    fn enter<E: Error>(&self) -> Result<usize, E> {
        if self.depth == MOST_DEPTH {
            return Err(self.stop(&self.place, format!("nested deeper than {MOST_DEPTH}; send it flatter")));
        }
        Ok(self.depth + 1)
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let left = self.shared.left.get();
        if left == 0 {
            let message = format!("the body has more than {MOST_VALUES} values; send it in parts");
            return Err(self.stop(&Place::Root, message));
        }
        self.shared.left.set(left - 1);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
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
        Ok(Node::Number(number.into()))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        // To JSON 7.0 is a whole number, as long as it is exact.
        if number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number) {
            return Ok(Node::Number((number as u64).into()));
        }
        if number.fract() == 0.0 && (-9_007_199_254_740_992.0..0.0).contains(&number) {
            return Ok(Node::Number((number as i64).into()));
        }
        let number = serde_json::Number::from_f64(number);
        number.map(Node::Number).ok_or_else(|| self.stop(&self.place, "the number is too large".into()))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }
    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let depth = self.enter()?;
        let mut list = Vec::new();
        loop {
            let place = Place::Item(&self.place, list.len());
            match items.next_element_seed(Seed { place, depth, shared: self.shared })? {
                Some(item) => list.push(item),
                None => return Ok(Node::List(list)),
            }
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let depth = self.enter()?;
        let mut seen = std::collections::BTreeSet::new();
        let mut table: Vec<(String, Node)> = Vec::new();
        while let Some(key) = entries.next_key::<String>()? {
            let place = Place::Key(&self.place, &key);
            if !seen.insert(key.clone()) {
                return Err(self.stop(&place, "this key stands twice in one object; keep one".into()));
            }
            let value = entries.next_value_seed(Seed { place, depth, shared: self.shared })?;
            table.push((key, value));
        }
        Ok(Node::Table(table))
    }
}
