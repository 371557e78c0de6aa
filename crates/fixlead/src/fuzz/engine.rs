//! Policies, histories, the lines of logs, scores, times and text.

use std::sync::OnceLock;

use fixlead_core::case::history::read_one;
use fixlead_core::case::{History, Project, write};
use fixlead_core::desk::directory::event::DirectoryEntry;
use fixlead_core::desk::entry;
use fixlead_core::id::{CaseId, StreamId, is_cve_id};
use fixlead_core::policy::{Document, Policy, compile, lint, render};
use fixlead_core::replay::{built_in_policy, replay, to_json};
use fixlead_core::severity::{Score, Vector};
use fixlead_core::text;
use fixlead_core::time::{Instant, Span, When, format_day, parse_day};

use super::{Target, halves, is_presentable};

pub const TARGETS: &[Target] = &[
    ("directory-entry", directory_entry),
    ("entry", case_entry),
    ("history", history),
    ("id", id),
    ("overlay", overlay),
    ("policy", policy),
    ("text", hostile_text),
    ("time", time),
    ("vector", vector),
];

/// A history of many kinds of events.
const SMALL: &str = include_str!("../../../../examples/opentelemetry-collector-decompression-2024.json");

fn small() -> &'static History {
    static KNOWN: OnceLock<History> = OnceLock::new();
    KNOWN.get_or_init(|| History::parse(SMALL).expect("an example can be read"))
}

fn opentelemetry() -> &'static Policy {
    static KNOWN: OnceLock<Policy> = OnceLock::new();
    KNOWN.get_or_init(|| built_in_policy("opentelemetry", &[], &[]).expect("a built-in policy"))
}

fn policy(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    let document = match Document::parse(source) {
        Ok(document) => document,
        Err(error) => return is_presentable(&error.to_string()),
    };
    let again = Document::parse(&document.to_string()).expect("what is printed can be read");
    assert_eq!(document, again, "printing changes the policy");
    match compile(&document, &[], &[]) {
        Ok(policy) => {
            let _ = lint::lint(&document, &[], &policy);
            let page = render::markdown(&document, &[], &policy);
            assert!(page.len() <= 20_000 + 100 * source.len(), "{} bytes of a page", page.len());
            let _ = to_json(&replay(&policy, small(), None));
        }
        Err(error) => is_presentable(&error.to_string()),
    }
}

/// An overlay on a policy, and values of parameters one a line.
fn overlay(data: &[u8]) {
    static BASE: OnceLock<Document> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        let (_, text) = fixlead_core::policy::library::BUILT_IN[0];
        Document::parse(text).expect("a built-in policy")
    });
    let (source, values) = halves(data);
    let (Some(source), Some(values)) = (super::text(source), super::text(values)) else { return };
    let Ok(overlay) = Document::parse(source) else { return };
    let values = values.lines().filter_map(|line| line.split_once('='));
    let values: Vec<(String, String)> =
        values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    match compile(base, &[&overlay], &values) {
        Ok(policy) => drop(to_json(&replay(&policy, small(), None))),
        Err(error) => is_presentable(&error.to_string()),
    }
}

fn history(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    match History::parse(source) {
        Ok(history) => {
            let _ = to_json(&replay(opentelemetry(), &history, None)).to_string();
            for event in &history.events {
                let written = write::event(event, &history.project).to_string();
                let again =
                    read_one(&written, &history.project).unwrap_or_else(|error| panic!("{written}: {error}"));
                assert_eq!(*event, again, "{written}");
            }
        }
        Err(error) => is_presentable(&error.to_string()),
    }
}

fn project() -> &'static Project {
    &small().project
}

fn case_entry(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    match entry::read(source, project()) {
        Ok(read) => {
            let written = entry::write(&read, project());
            let again = entry::read(&written, project()).expect("what is written can be read");
            assert!(read == again, "what is written is read otherwise");
            assert_eq!(entry::write(&again, project()), written);
        }
        Err(error) => is_presentable(&error.to_string()),
    }
}

fn directory_entry(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    match DirectoryEntry::read(source) {
        Ok(read) => {
            let written = read.write();
            let again = DirectoryEntry::read(&written).expect("what is written can be read");
            assert_eq!(again.write(), written);
        }
        Err(error) => is_presentable(&error.to_string()),
    }
}

fn vector(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    match Vector::parse(source) {
        Ok(vector) => {
            let scores = vector.scores();
            let (_, overall) = scores.overall();
            assert!(overall.tenths() <= 100);
            let again = Vector::parse(&vector.canonical()).expect("a canonical vector");
            assert_eq!(again, vector);
            assert_eq!(again.scores(), scores, "the same vector has another score");
            assert!(vector.base().scores().overall().1.tenths() <= 100);
        }
        Err(error) => is_presentable(&error.to_string()),
    }
    match Score::parse(source) {
        Ok(score) => assert_eq!(Score::parse(&score.to_string()).ok(), Some(score)),
        Err(error) => is_presentable(&error.to_string()),
    }
}

fn time(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    match Instant::parse(source) {
        Ok(at) => assert_eq!(Instant::parse(&at.to_string()), Ok(at)),
        Err(error) => is_presentable(&error),
    }
    match Span::parse(source) {
        Ok(span) => assert_eq!(Span::parse(&span.to_string()), Ok(span)),
        Err(error) => is_presentable(&error),
    }
    match When::parse(source) {
        Ok(when) => {
            assert_eq!(When::parse(&when.to_string()), Ok(when));
            assert!(when.first() <= when.last());
        }
        Err(error) => is_presentable(&error),
    }
    match parse_day(source) {
        Ok(day) => assert_eq!(parse_day(&format_day(day)), Ok(day)),
        Err(error) => is_presentable(&error),
    }
}

fn hostile_text(data: &[u8]) {
    let source = &*String::from_utf8_lossy(data);
    let most = usize::from(data.first().copied().unwrap_or(0));
    let is_tame = |shown: &str| assert!(!shown.chars().any(text::is_harmful), "{shown:?}");
    for shown in [text::plain(source), text::echo(source), text::file(source), text::short(source, most)] {
        is_tame(&shown);
    }
    assert!(text::middle(source, most).chars().count() <= most.max(1) + 1);
    let encoded = text::percent_encoded(source);
    assert!(encoded.is_ascii() && encoded.len() <= 3 * source.len());
    let quoted: toml::Table =
        toml::from_str(&format!("a = {}", text::toml_string(source))).expect("a text of TOML");
    assert_eq!(quoted["a"].as_str(), Some(source), "quoting changes a text");
    let place = usize::from(data.last().copied().unwrap_or(0));
    let spot = text::Spot::of(source, place);
    assert!(spot.line >= 1 && spot.column >= 1);
}

fn id(data: &[u8]) {
    let Some(source) = super::text(data) else { return };
    if let Ok(id) = CaseId::parse(source) {
        assert_eq!(CaseId::parse(&id.to_string()), Ok(id));
        assert!(id.to_string().eq_ignore_ascii_case(source), "an id has one text: {id} {source}");
    }
    if let Ok(id) = StreamId::parse(source) {
        assert!(id.to_string().eq_ignore_ascii_case(source), "an id has one text: {id} {source}");
    }
    assert!(!is_cve_id(source) || source.len() <= 28);
}
