//! Reads the stories of the clauses: two small histories for each, one that
//! fulfils the clause and one that breaks it.
//!
//! ```text
//! policy opentelemetry              what every story of the file is replayed under
//! project {"branches": …}           and its project, as in a history
//! set intake=security@example.org   and parameters
//! opening reported                  events that many stories begin with
//!   03-01 09:00 report.received visibility=private
//!
//! OT-08 Reporters use the private process.
//!   begin reported                  what both sides share
//! fulfilled
//!   03-02 09:00 …                   an event: month and day of 2027, time in UTC
//!   ask 03-03 09:00 release         a question
//!   at 03-09 09:00                  the instant of the evaluation
//!   no finding                      everything else is what the answer shows
//! broken
//!   …
//! also a report through another channel
//!   …                             a further story of the clause
//! alone …                         one that shares nothing with the others
//! ```

#![allow(dead_code, reason = "each test uses its own part")]

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The files, in the order of the ledger.
pub const FILES: [&str; 4] = ["vitess", "opentelemetry", "linux-distros", "cra-art14"];

/// One side of a clause.
#[derive(Clone, Debug)]
pub struct Story {
    /// The clause it is about.
    pub clause: String,
    /// `fulfilled`, `broken`, or what else it tells.
    pub side: String,
    /// The history, as `fixlead-history/1`.
    pub history: Value,
    /// What the answer must show.
    pub shows: Vec<String>,
}

impl Story {
    /// Its name, like `OT-49.broken`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.clause, self.side)
    }
}

/// What stands at the head of a story, of an opening or of a file.
#[derive(Clone, Debug, Default)]
struct Part {
    policy: String,
    overlays: Vec<Value>,
    project: Value,
    parameters: BTreeMap<String, Value>,
    events: Vec<Value>,
    asks: Vec<Value>,
    evaluate_at: Option<String>,
    shows: Vec<String>,
}

/// Every story of a file, in its order.
pub fn read(file: &str) -> Vec<Story> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clauses").join(format!("{file}.story"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut stories = Vec::new();
    let mut openings: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut head = Part::default();
    let (mut clause, mut side, mut shared, mut part) =
        (String::new(), String::new(), Part::default(), None::<Part>);
    let mut opening = None::<String>;
    let mut finish = |clause: &str, side: &str, part: Option<Part>| {
        if let Some(part) = part {
            stories.push(part.story(clause, side));
        }
    };
    for (number, line) in text.lines().enumerate() {
        let place = format!("{file}.story:{}", number + 1);
        let indented = line.starts_with(' ');
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if indented {
            if let Some(name) = &opening {
                let events = match word {
                    "begin" => openings.get(rest).unwrap_or_else(|| panic!("{place}: {rest}")).clone(),
                    _ => vec![event(line, &place)],
                };
                openings.entry(name.clone()).or_default().extend(events);
                continue;
            }
            let target = part.as_mut().unwrap_or(if clause.is_empty() { &mut head } else { &mut shared });
            match word {
                "begin" => {
                    let events = openings.get(rest).unwrap_or_else(|| panic!("{place}: no opening {rest}"));
                    target.events.extend(events.iter().cloned());
                }
                _ => target.line(line, &place),
            }
            continue;
        }
        match word {
            "fulfilled" | "broken" | "also" | "alone" => {
                finish(&clause, &side, part.take());
                assert!(!clause.is_empty(), "{place}: no clause");
                side = line.to_owned();
                part = Some(if word == "alone" { head.clone() } else { shared.clone() });
            }
            "opening" => {
                opening = Some(rest.to_owned());
                openings.insert(rest.to_owned(), Vec::new());
                continue;
            }
            "policy" | "overlay" | "project" | "set" => head.line(line, &place),
            _ => {
                finish(&clause, &side, part.take());
                clause = word.to_owned();
                shared = head.clone();
            }
        }
        opening = None;
    }
    finish(&clause, &side, part.take());
    stories
}

impl Part {
    fn line(&mut self, line: &str, place: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "policy" => self.policy = rest.to_owned(),
            "overlay" => self.overlays.push(rest.into()),
            "project" => {
                let own: Value = serde_json::from_str(rest).unwrap_or_else(|e| panic!("{place}: {e}"));
                if self.project.is_null() {
                    self.project = json!({});
                }
                for (key, value) in own.as_object().expect("an object") {
                    self.project[key] = value.clone();
                }
            }
            "set" => {
                for (key, value) in fields(rest, place) {
                    self.parameters.insert(key, value);
                }
            }
            "unset" => {
                self.parameters.remove(rest).unwrap_or_else(|| panic!("{place}: `{rest}` is not set"));
            }
            "ask" => {
                let mut ask = event(rest, place);
                let ask = ask.as_object_mut().expect("an object");
                let action = ask.remove("type").expect("an action");
                ask.insert("action".into(), action);
                ask.insert("id".into(), format!("a{}", self.asks.len() + 1).into());
                self.asks.push(Value::Object(ask.clone()));
            }
            "at" => self.evaluate_at = Some(instant(&rest.replace(' ', "T")).expect(place)),
            _ if word.starts_with(|letter: char| letter.is_ascii_digit()) => {
                self.events.push(event(line, place));
            }
            _ => self.shows.push(line.to_owned()),
        }
    }

    fn story(self, clause: &str, side: &str) -> Story {
        let mut history = json!({
            "format": "fixlead-history/1", "policy": self.policy, "overlays": self.overlays,
            "parameters": self.parameters, "project": self.project, "events": self.events, "asks": self.asks,
        });
        if let Some(at) = self.evaluate_at {
            history["evaluate_at"] = at.into();
        }
        Story { clause: clause.into(), side: side.into(), history, shows: self.shows }
    }
}

/// `03-01 09:00 type key=value …`; a day alone is an event known by its day.
fn event(line: &str, place: &str) -> Value {
    let mut words = line.splitn(3, ' ');
    let (day, second) = (words.next().expect(place), words.next().expect(place));
    let timed = second.as_bytes().get(2) == Some(&b':');
    let (at, kind, rest) = if timed {
        let (kind, rest) = words
            .next()
            .expect(place)
            .trim()
            .split_once(' ')
            .unwrap_or_else(|| (line.splitn(3, ' ').nth(2).expect(place).trim(), ""));
        (instant(&format!("{day}T{second}")).expect(place), kind, rest)
    } else {
        (format!("2027-{day}"), second, words.next().unwrap_or(""))
    };
    let mut object = Map::new();
    object.insert("at".into(), at.into());
    object.insert("type".into(), kind.into());
    object.extend(fields(rest, place));
    Value::Object(object)
}

/// `key=value key="two words" key=[a, b] key={a: b}`
fn fields(text: &str, place: &str) -> Vec<(String, Value)> {
    let mut list = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, tail) = rest.split_once('=').unwrap_or_else(|| panic!("{place}: {rest}"));
        let close = match tail.chars().next() {
            Some('"') => tail[1..].find('"').map(|end| end + 2),
            Some('[') => tail.find(']').map(|end| end + 1),
            Some('{') => tail.find('}').map(|end| end + 1),
            _ => Some(tail.find(' ').unwrap_or(tail.len())),
        };
        let end = close.unwrap_or_else(|| panic!("{place}: `{key}` does not end"));
        list.push((key.trim().to_owned(), value(&tail[..end])));
        rest = tail[end..].trim();
    }
    list
}

fn value(text: &str) -> Value {
    if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return inner.split(',').map(str::trim).filter(|item| !item.is_empty()).map(value).collect();
    }
    if let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let pairs = inner.split(',').filter_map(|pair| pair.split_once(": "));
        return Value::Object(pairs.map(|(key, due)| (key.trim().into(), value(due.trim()))).collect());
    }
    if let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return inner.into();
    }
    match (instant(text), text) {
        (Some(instant), _) => instant.into(),
        (None, "true") => true.into(),
        (None, "false") => false.into(),
        (None, _) => match text.parse::<f64>() {
            Ok(number) if text.contains('.') && text.len() <= 4 => json!(number),
            _ => text.into(),
        },
    }
}

/// `03-01T09:00` or `03-01T09:00:01` of the year in which the stories happen.
fn instant(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let shaped = bytes.get(2) == Some(&b'-') && bytes.get(5) == Some(&b'T') && bytes.get(8) == Some(&b':');
    match text.len() {
        11 if shaped => Some(format!("2027-{text}:00Z")),
        14 if shaped => Some(format!("2027-{text}Z")),
        _ => None,
    }
}
