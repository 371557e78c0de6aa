//! Spans, anchors, roles and sentences as people read them.

use crate::case::event::EventKind;
use crate::policy::model::Policy;

/// A text as Markdown prose: one line, with nothing that a reader's browser
/// would take for markup of its own.
pub(super) fn prose(text: &str) -> String {
    text.replace(['\r', '\n'], " ").replace('<', "\\<")
}

/// A cell of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// An ISO-8601 duration in words: `P7D` is "7 days". A day is 24 hours and a
/// week 168, so nothing is converted.
pub(super) fn span(text: &str) -> String {
    let mut words = Vec::new();
    let mut digits = String::new();
    let mut in_time = false;
    for letter in text.chars() {
        let unit = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            'T' => {
                in_time = true;
                continue;
            }
            'W' => "week",
            'D' => "day",
            'H' => "hour",
            'M' if in_time => "minute",
            'S' => "second",
            _ => continue,
        };
        let number = digits.trim_start_matches('0');
        match number {
            "" => {}
            "1" => words.push(format!("1 {unit}")),
            _ => words.push(format!("{number} {unit}s")),
        }
        digits.clear();
    }
    if words.is_empty() { "no time".to_owned() } else { words.join(" ") }
}

/// The same with its source: "7 days (`P7D`)".
pub(super) fn span_with_source(text: &str) -> String {
    format!("{} (`{}`)", span(text), text.replace('`', "'"))
}

/// A role's id as a name: `fix-lead` is "Fix Lead".
pub(super) fn role(id: &str) -> String {
    if id.len() <= 3 {
        return id.to_uppercase();
    }
    let words = id.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    });
    prose(&words.collect::<Vec<String>>().join(" "))
}

/// An anchor as people say it.
pub(super) fn anchor(policy: &Policy, name: &str) -> String {
    match name {
        "disclosure" => "disclosure".to_owned(),
        "plan" => "the planned release".to_owned(),
        "mitigated" => "the first measure available to users".to_owned(),
        "first-notice" => "the first notice".to_owned(),
        "upstream" => "the upstream date".to_owned(),
        "warned" => "the first public warning".to_owned(),
        "announced" => "the first announcement".to_owned(),
        "released" => "the first release".to_owned(),
        name if EventKind::parse(name).is_some() => format!("`{name}`"),
        name if policy.duties.iter().any(|duty| &*duty.heading.id == name) => {
            format!("the duty `{name}` is done")
        }
        name => prose(name).replace('-', " "),
    }
}
