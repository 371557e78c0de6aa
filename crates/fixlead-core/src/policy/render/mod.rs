//! A policy as documents for people, in its own sentences.
//!
//! [`markdown`] writes all of it, every sentence with the clauses it executes;
//! [`security_md`] the short text that a repository carries. Both fill
//! parameters in, with spans in words.
//!
//! - `chapters`: where in the document a rule belongs.
//! - `tables`: what reads better in rows: dues, gates, bands, parameters.
//! - `security`: the short text.
//! - `words`: spans, anchors and roles as people say them.

mod chapters;
mod security;
mod tables;
mod words;

use std::cell::RefCell;
use std::fmt::Write;

use super::document::{Document, Entry};
use super::model::Policy;
use chapters::Chapter;

pub use security::{SecurityMd, security_md};

/// A policy being written, with the sections it comes from.
struct Page<'p> {
    policy: &'p Policy,
    base: &'p Document,
    overlays: &'p [&'p Document],
    /// Parameters that were asked for and have no value.
    unset: RefCell<Vec<String>>,
}

impl<'p> Page<'p> {
    fn new(base: &'p Document, overlays: &'p [&'p Document], policy: &'p Policy) -> Self {
        Page { policy, base, overlays, unset: RefCell::default() }
    }

    /// Every section, overlays last.
    fn entries(&self) -> impl Iterator<Item = &'p Entry> + use<'p> {
        std::iter::once(self.base).chain(self.overlays.iter().copied()).flat_map(|document| &document.entries)
    }

    /// The sections of a name.
    fn all(&self, section: &'static str) -> impl Iterator<Item = &'p Entry> + use<'p> {
        self.entries().filter(move |entry| entry.section.name == section)
    }

    /// The value of a parameter in words; marked where there is none.
    fn parameter(&self, id: &str) -> String {
        match self.policy.parameter(id) {
            Some(value) => {
                let holds = self
                    .all("parameter")
                    .find(|entry| entry.text("id") == Some(id))
                    .and_then(|entry| entry.text("holds"));
                if holds == Some("span") { words::span_with_source(value) } else { words::prose(value) }
            }
            None => {
                if !self.unset.borrow().iter().any(|known| known == id) {
                    self.unset.borrow_mut().push(id.to_owned());
                }
                format!("_not set: {id}_")
            }
        }
    }

    /// A sentence with parameters and bands filled in.
    fn filled(&self, sentence: &str) -> String {
        let mut filled = String::new();
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else { break };
            filled.push_str(&words::prose(before));
            let band = self.all("band").find(|entry| entry.text("id") == Some(name));
            let is_parameter = self.all("parameter").any(|entry| entry.text("id") == Some(name));
            match band.filter(|_| !is_parameter) {
                Some(band) => filled.push_str(band.text("from").unwrap_or_default()),
                None => filled.push_str(&self.parameter(name)),
            }
            rest = tail;
        }
        filled.push_str(&words::prose(rest));
        filled
    }

    /// The sentence of a section.
    fn say(&self, entry: &Entry) -> String {
        self.filled(entry.text("say").unwrap_or_default())
    }

    /// A condition or other text of a rule, parameters filled in, as code.
    fn code(&self, text: &str) -> String {
        let filled = text.split_whitespace().map(|word| match word.strip_prefix('$') {
            Some(id) => self.policy.parameter(id).unwrap_or(word),
            None => word,
        });
        format!("`{}`", filled.collect::<Vec<_>>().join(" ").replace('`', "'"))
    }
}

/// The clauses of a section, as they stand behind its sentence.
fn clauses(entry: &Entry) -> String {
    entry.texts("clauses").map(|(clause, _)| clause).collect::<Vec<_>>().join(", ")
}

/// The whole policy as a Markdown document: `policy` is what `base` and
/// `overlays` compile to.
pub fn markdown(base: &Document, overlays: &[&Document], policy: &Policy) -> String {
    let page = Page::new(base, overlays, policy);
    let mut text = format!("# {}\n", words::prose(&policy.title));
    for about in page.all("policy") {
        let of = |key: &str| about.text(key).unwrap_or_default();
        if of("kind") == "overlay" {
            let _ = write!(
                text,
                "\nWith the overlay **{}**: {}\n",
                words::prose(of("title")),
                page.filled(of("about"))
            );
        } else {
            let _ = write!(text, "\n{}\n", page.filled(of("about")));
        }
        let _ = write!(
            text,
            "\nPolicy `{}`, version {}. Source: <{}>\n",
            of("id"),
            words::prose(of("version")),
            of("source").replace(['<', '>', ' '], "")
        );
    }
    for chapter in Chapter::ALL {
        let body = write_chapter(&page, *chapter);
        if !body.is_empty() {
            let _ = write!(text, "\n## {}\n\n{body}", chapter.title());
        }
    }
    text
}

fn write_chapter(page: &Page<'_>, chapter: Chapter) -> String {
    let mut body = String::new();
    for entry in page.entries().filter(|entry| chapters::of(entry) == Some(chapter)) {
        let _ = writeln!(body, "- {} _({})_", line(page, entry), clauses(entry));
    }
    let tables = match chapter {
        Chapter::Process => vec![tables::bands(page)],
        Chapter::Timelines => vec![tables::dues(page)],
        Chapter::Holds => vec![tables::gates(page)],
        Chapter::Parameters => vec![tables::parameters(page)],
        _ => Vec::new(),
    };
    for table in tables.into_iter().filter(|table| !table.is_empty()) {
        if !body.is_empty() {
            body.push('\n');
        }
        body.push_str(&table);
    }
    if chapter == Chapter::Timelines && !body.is_empty() && page.policy.ladders.is_empty() {
        body.push_str(
            "\nThe document says nothing about reminders: the desk reminds with a ladder of its own.\n",
        );
    }
    body
}

/// When a ladder reminds whom, and of what.
fn ladder(page: &Page<'_>, entry: &Entry) -> String {
    let spans = |key: &'static str| -> Vec<String> {
        let filled = |text: &str| match text.strip_prefix('$') {
            Some(id) => page.parameter(id),
            None => words::span_with_source(text),
        };
        entry.texts(key).map(|(text, _)| filled(text)).collect()
    };
    let mut parts = Vec::new();
    for (key, when) in [("before", "before the due"), ("after", "after the due")] {
        let list = spans(key);
        if !list.is_empty() {
            parts.push(format!("the holder is reminded {} {when}", list.join(", ")));
        }
    }
    let list = spans("escalate");
    if !list.is_empty() {
        let to = entry.text("to").map_or("nobody".to_owned(), words::role);
        parts.push(format!("{to} is told {} after the due", list.join(", ")));
    }
    if let Some(every) = entry.text("every") {
        let every = match every.strip_prefix('$') {
            Some(id) => page.parameter(id),
            None => words::span_with_source(every),
        };
        parts.push(format!("without a due the holder is reminded every {every}"));
    }
    let duties: Vec<String> = entry.texts("duties").map(|(duty, _)| format!("`{duty}`")).collect();
    let of = match (duties.is_empty(), entry.text("modality")) {
        (false, _) => duties.join(", "),
        (true, Some(modality)) => format!("every duty that is {modality} and no other ladder names"),
        (true, None) => "every duty that no other ladder names".to_owned(),
    };
    format!("For {of}: {}.", parts.join("; "))
}

/// A section in one line: its sentence, and what the sentence leaves to the rule.
fn line(page: &Page<'_>, entry: &Entry) -> String {
    let say = page.say(entry);
    let id = entry.text("id").unwrap_or_default();
    let when = |key: &str| entry.text(key).map(|condition| page.code(condition));
    match entry.section.name {
        "role" => format!("**{}**: {say}", words::role(id)),
        "class" => format!("**{}**: {say}", words::prose(id)),
        "mode" | "path" => {
            format!("**{}**: {say} When {}.", words::prose(id), when("when").unwrap_or_default())
        }
        "channel" => match when("when") {
            Some(condition) => format!("**{}**: {say} When {condition}.", words::prose(id)),
            None => format!("**{}**: {say}", words::prose(id)),
        },
        "anchor" => {
            let (how, key) = match entry.get("known") {
                Some(_) => ("The first of these that is known", "known"),
                None => ("The earliest of", "earliest"),
            };
            let parts: Vec<String> =
                entry.texts(key).map(|(part, _)| words::anchor(page.policy, part)).collect();
            format!("**{}**: {say} {how}: {}.", words::prose(id), parts.join(", "))
        }
        "slot" => {
            let days: Vec<&str> = entry.texts("days").map(|(day, _)| day).collect();
            format!("{say} Slots: {} UTC on {}.", entry.text("at").unwrap_or_default(), days.join(", "))
        }
        "scoring" => {
            let list = |key: &str| entry.texts(key).map(|(text, _)| text).collect::<Vec<_>>().join(", ");
            let named = [("Versions", list("versions")), ("Thresholds", list("thresholds"))];
            let named = named.iter().filter(|(_, list)| !list.is_empty());
            named.fold(say, |line, (name, list)| format!("{line} {name}: {list}."))
        }
        "ladder" => format!("**{}**: {say} {}", words::prose(id), ladder(page, entry)),
        "check" => {
            let events: Vec<String> = entry.texts("on").map(|(event, _)| format!("`{event}`")).collect();
            let finding = entry.text("finding").unwrap_or_default();
            format!("{say} Looked at on {}; otherwise: {finding}.", events.join(", "))
        }
        "excuse" => {
            let shortened: Vec<String> = page
                .all("duty")
                .filter(|duty| duty.texts("excuses").any(|(excuse, _)| excuse == id))
                .filter_map(|duty| duty.text("id").map(|id| format!("`{id}`")))
                .collect();
            let condition = when("when").unwrap_or_default();
            format!("**{}**: {say} When {condition}; shortens {}.", words::prose(id), shortened.join(", "))
        }
        "permission" => {
            let mut line = format!(
                "**{}**: {say} Recorded as `{}`",
                words::prose(id),
                entry.text("event").unwrap_or_default()
            );
            if let Some(condition) = when("when") {
                let _ = write!(line, ", if {condition}");
            }
            if let Some(after) = entry.text("after") {
                let _ = write!(line, ", after `{after}`");
            }
            let duties: Vec<String> = entry.texts("duties").map(|(duty, _)| format!("`{duty}`")).collect();
            if !duties.is_empty() {
                let _ = write!(line, "; gives a new due to {}", duties.join(", "));
            }
            line + "."
        }
        _ => say,
    }
}
