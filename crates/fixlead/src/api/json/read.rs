//! A tree of JSON read into a type, with the place of everything that does not
//! fit. A field that the type does not have is refused whatever its attributes
//! say, and no message repeats a value.

use std::fmt;

use fixlead_app::problem::Fault;
use fixlead_core::case::nearest;
use fixlead_core::text::short;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Node, Place, escaped};

/// Reads a tree into a type.
///
/// # Errors
/// What does not fit, each with its pointer.
pub fn read<T: DeserializeOwned>(node: &Node) -> Result<T, Vec<Fault>> {
    T::deserialize(At { node, place: Place::Root }).map_err(|misfit| {
        let at = |(pointer, message): (Option<String>, String)| match within(&message) {
            Some((place, message)) => {
                Fault { pointer: pointer.unwrap_or_default() + place, message: message.to_owned() }
            }
            None => Fault { pointer: pointer.unwrap_or_default(), message },
        };
        misfit.0.into_iter().map(at).collect()
    })
}

/// The place inside a document and what is wrong there, of a complaint about a
/// document that has a reader of its own.
fn within(message: &str) -> Option<(&str, &str)> {
    message
        .split_once(": ")
        .filter(|(place, _)| place.starts_with('/') && !place.contains(char::is_whitespace))
}

/// What does not fit; the pointer is filled in on the way up.
#[derive(Debug)]
pub struct Misfit(Vec<(Option<String>, String)>);

impl Misfit {
    fn new(message: String) -> Self {
        Misfit(vec![(None, message)])
    }

    fn at(mut self, place: &Place<'_>) -> Self {
        for (pointer, _) in &mut self.0 {
            pointer.get_or_insert_with(|| place.pointer());
        }
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.first().map_or("", |(_, message)| message))
    }
}

impl std::error::Error for Misfit {}

/// What a value is, without the value.
fn found(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a flag",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "a list",
        Unexpected::Map => "an object",
        _ => "something else",
    }
}

/// What is expected, without the names of types.
fn wanted(expected: &dyn Expected) -> String {
    let words = expected.to_string();
    match words.as_str() {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "f32" | "f64" => "a number".into(),
        "a boolean" => "true or false".into(),
        "a string" => "a text".into(),
        "a sequence" => "a list".into(),
        "a map" => "an object".into(),
        words if words.starts_with("struct ") || words.starts_with("internally tagged") => "an object".into(),
        words if words.contains("enum ") => "one of the known words".into(),
        words if words.starts_with("a tuple") => "a list of a fixed length".into(),
        words => short(words, 120),
    }
}

fn one_of(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Misfit::new(short(&message.to_string(), 200))
    }
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Misfit::new(format!("expected {}, found {}", wanted(expected), found(&unexpected)))
    }
    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match unexpected {
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => {
                Misfit::new("the number is out of range".to_owned())
            }
            _ => Misfit::new(format!("expected {}", wanted(expected))),
        }
    }
    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Misfit::new(format!("expected {}, found {length} items", wanted(expected)))
    }
    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        let meant = nearest(variant, known.iter().copied());
        Misfit::new(format!("`{}` is none of {}{meant}", escaped(variant), one_of(known)))
    }
    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        Misfit::new(format!("unknown field; known are {}", one_of(known)))
    }
    fn missing_field(field: &'static str) -> Self {
        Misfit::new(format!("the field `{field}` is missing; add it"))
    }
    fn duplicate_field(field: &'static str) -> Self {
        Misfit::new(format!("the field `{field}` stands twice; keep one"))
    }
}

#[derive(Clone, Copy)]
struct At<'a> {
    node: &'a Node,
    place: Place<'a>,
}

impl<'a> At<'a> {
    fn describe(&self) -> &'static str {
        match self.node {
            Node::Null => "null",
            Node::Flag(_) => "a flag",
            Node::Number(_) => "a number",
            Node::Text(_) => "a text",
            Node::List(_) => "a list",
            Node::Table(_) => "an object",
        }
    }

    fn expected<T>(&self, what: &str) -> Result<T, Misfit> {
        Err(Misfit::new(format!("expected {what}, found {}", self.describe())).at(&self.place))
    }

    fn visit<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node {
            Node::Null => visitor.visit_unit(),
            Node::Flag(flag) => visitor.visit_bool(*flag),
            Node::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), _, _) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, Some(number)) => visitor.visit_f64(number),
                _ => Err(Misfit::new("the number is out of range".to_owned())),
            },
            Node::Text(text) => visitor.visit_str(text),
            Node::List(items) => {
                let mut access = Items { items: items.iter().enumerate(), place: &self.place };
                let value = visitor.visit_seq(&mut access)?;
                match access.items.next() {
                    None => Ok(value),
                    Some(_) => Err(Misfit::new("the list has too many items".to_owned())),
                }
            }
            Node::Table(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), value: None, place: &self.place })
            }
        }
        .map_err(|misfit: Misfit| misfit.at(&self.place))
    }
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        self.visit(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let Node::Table(entries) = self.node else { return self.expected("an object") };
        let unknown: Vec<_> = entries
            .iter()
            .filter(|(key, _)| !fields.contains(&key.as_str()))
            .take(20)
            .map(|(key, _)| {
                let meant = nearest(key, fields.iter().copied());
                let remedy = if meant.is_empty() { format!("; known are {}", one_of(fields)) } else { meant };
                (Some(Place::Key(&self.place, key).pointer()), format!("unknown field{remedy}"))
            })
            .collect();
        if unknown.is_empty() { self.visit(visitor) } else { Err(Misfit(unknown)) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node {
            Node::List(_) => self.visit(visitor),
            _ => self.expected("a list"),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.node {
            Node::Table(_) => self.visit(visitor),
            _ => self.expected("an object"),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        let place = self.place;
        let tagged = match self.node {
            Node::Text(word) => Tagged { tag: word, content: None },
            Node::Table(entries) => match entries.as_slice() {
                [(tag, node)] => Tagged { tag, content: Some(At { node, place: Place::Key(&place, tag) }) },
                _ => return self.expected("an object with one key"),
            },
            _ => return self.expected(&format!("one of {}", one_of(variants))),
        };
        visitor.visit_enum(tagged).map_err(|misfit| misfit.at(&place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct identifier ignored_any
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
    place: &'a Place<'a>,
}

impl<'de> SeqAccess<'de> for &mut Items<'_> {
    type Error = Misfit;
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Misfit> {
        let Some((index, node)) = self.items.next() else { return Ok(None) };
        let place = Place::Item(self.place, index);
        seed.deserialize(At { node, place }).map(Some).map_err(|misfit| misfit.at(&place))
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, (String, Node)>,
    value: Option<(&'a str, &'a Node)>,
    place: &'a Place<'a>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Misfit;
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Misfit> {
        let Some((key, node)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, node));
        seed.deserialize(key.as_str().into_deserializer())
            .map(Some)
            .map_err(|misfit: Misfit| misfit.at(&Place::Key(self.place, key)))
    }
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let Some((key, node)) = self.value.take() else {
            return Err(Misfit::new("a value without its key".to_owned()));
        };
        let place = Place::Key(self.place, key);
        seed.deserialize(At { node, place }).map_err(|misfit| misfit.at(&place))
    }
}

struct Tagged<'a> {
    tag: &'a str,
    content: Option<At<'a>>,
}

impl<'de, 'a> EnumAccess<'de> for Tagged<'a> {
    type Error = Misfit;
    type Variant = Content<'a>;
    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'a>), Misfit> {
        let value = seed.deserialize(self.tag.into_deserializer())?;
        Ok((value, Content(self.content)))
    }
}

struct Content<'a>(Option<At<'a>>);

impl<'a> Content<'a> {
    fn some(self) -> Result<At<'a>, Misfit> {
        self.0
            .ok_or_else(|| Misfit::new("this word needs content: write an object with it as key".to_owned()))
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Misfit;
    fn unit_variant(self) -> Result<(), Misfit> {
        match self.0 {
            None => Ok(()),
            Some(at) => at.expected("this word alone, as a text"),
        }
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Misfit> {
        let at = self.some()?;
        seed.deserialize(at).map_err(|misfit| misfit.at(&at.place))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.some()?.deserialize_seq(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.some()?.deserialize_struct("", fields, visitor)
    }
}
