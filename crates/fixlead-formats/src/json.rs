//! JSON from outside: bounded, and with every key once.

use fixlead_core::text::echo;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The largest document that is read, in bytes; CSAF recommends about as much
/// as a bound (version 2.0, appendix C).
pub const MOST_BYTES: usize = 16 * 1024 * 1024;
/// The most values in a document.
const MOST_VALUES: usize = 1_000_000;

/// Reads a document.
///
/// # Errors
/// Why it cannot be read, with line and column.
pub fn read(text: &str) -> Result<Value, String> {
    if text.len() > MOST_BYTES {
        return Err(format!(
            "{} bytes, at most {MOST_BYTES} are read; an advisory is far smaller",
            text.len()
        ));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut left = MOST_VALUES;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Seed(&mut left).deserialize(&mut deserializer).map_err(|error| complaint(&error))?;
    deserializer.end().map_err(|error| complaint(&error))?;
    Ok(value)
}

fn complaint(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    format!("line {}, column {}: {message}", error.line(), error.column())
}

struct Seed<'c>(&'c mut usize);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if *self.0 == 0 {
            return Err(D::Error::custom(format!(
                "more than {MOST_VALUES} values; an advisory has far fewer"
            )));
        }
        *self.0 -= 1;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("the number is too large"))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }
    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Seed(self.0))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Seed(self.0))?;
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!(
                    "the key `{}` stands twice in one object; keep one",
                    echo(&key)
                )));
            }
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_readers_would_read_differently_is_refused() {
        let wrong = read("{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2}}").unwrap_err();
        assert!(wrong.starts_with("line 2") && wrong.contains("`c`"), "{wrong}");
        assert!(read("{} x").is_err());
        assert!(read(&"[".repeat(500)).is_err());
    }

    #[test]
    fn what_is_too_large_is_refused_before_it_is_looked_at() {
        assert!(read(&" ".repeat(MOST_BYTES + 1)).unwrap_err().contains("at most"));
        assert!(read(&format!("[{}0]", "0,".repeat(MOST_VALUES))).unwrap_err().contains("values"));
    }

    #[test]
    fn what_is_read_is_kept_as_it_is() {
        let text = r#"{"z":[1,-2,9.8,null,true],"a":{"x_other":"é"}}"#;
        assert_eq!(read(text).unwrap().to_string(), text);
    }
}
