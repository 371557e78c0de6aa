//! The case log as text: what is read, and what is refused.

use fixlead_core::case::Project;
use fixlead_core::desk::entry;
use fixlead_core::desk::event::Entry;
use fixlead_core::desk::wire::{Body, Line};

use super::office::*;

fn read(event: &str) -> Result<Entry, String> {
    let text = format!(r#"{{"at":"2027-01-07T22:30:00Z","by":"system","event":{event}}}"#);
    entry::read(&text, &facts()).map_err(|error| error.to_string())
}

#[test]
fn events_of_the_policy_stand_in_their_own_form() {
    let event = r#"{"at":"2027-01-06","type":"affected.set","branches":["release-1"],"by":["fix-lead"]}"#;
    let entry = read(event).unwrap();
    let written = entry::write(&entry, &facts());
    assert!(written.contains(r#""branches":["release-1"]"#), "{written}");
    assert!(written.contains(r#""at":"2027-01-06""#), "{written}");
    assert_eq!(entry::read(&written, &facts()).unwrap(), entry);
}

#[test]
fn what_is_not_known_is_refused_with_its_place() {
    for (event, part) in [
        (r#"{"type":"note.added","text":"x","extra":1}"#, "extra"),
        (r#"{"type":"note.added"}"#, "text"),
        (r#"{"type":"note.added","text":""}"#, "empty"),
        (r#"{"type":"note.written","text":"x"}"#, "note.written"),
        (r#"{"text":"x"}"#, "type"),
        (r#"{"type":"note.added","text":"x","text":"y"}"#, "twice"),
        (r#"{"type":"grant.revoked","grant":"short","reason":"x"}"#, "26 characters"),
        (r#"{"type":"case.restricted","reason":"a\u202eb"}"#, "direction characters"),
        (r#"{"type":"case.restricted","reason":"a\nb"}"#, "control"),
        (
            r#"{"type":"message.posted","id":"00000000000000000000000000","room":"cellar","body":"x"}"#,
            "internal",
        ),
        (r#"{"type":"affected.set","at":"2027-01-06","branches":["release-9"]}"#, "/event/branches/0"),
        (r#"{"type":"affected.set","at":"2027-01-06","branches":[],"text":"x"}"#, "/event/text"),
        (
            r#"{"type":"second.asked","offer":"00000000000000000000000000","what":"publication","sha256":"AB","reason":"x"}"#,
            "64",
        ),
        (r#"[]"#, ""),
        (r#"null"#, ""),
    ] {
        let error = read(event).expect_err(event);
        assert!(error.contains(part), "{event}: {error}");
    }
    for text in [
        "",
        "{}",
        "[1]",
        r#"{"at":"2027-01-07T22:30:00Z","by":"admin","event":{"type":"note.added","text":"x"}}"#,
    ] {
        assert!(entry::read(text, &Project::default()).is_err(), "{text}");
    }
    let long = format!(r#"{{"type":"note.added","text":"{}"}}"#, "x".repeat(300 * 1024));
    assert!(read(&long).unwrap_err().contains("256 KiB"));
    assert!(entry::read(&"[".repeat(2_000_000), &Project::default()).is_err());
    assert!(entry::read(&"[".repeat(500_000), &Project::default()).is_err());
}

#[test]
fn a_body_is_kept_as_it_came_and_a_line_is_tamed() {
    let hostile = "\u{202e}txt.exe\u{0}\r\n\u{1b}[2J";
    assert_eq!(&*Body::new(hostile).unwrap(), hostile);
    assert!(Line::new(hostile).is_err());
    let tamed = Line::tamed(hostile);
    assert!(Line::new(&tamed).is_ok(), "{tamed}");
    for text in ["", "   ", "\u{1b}", &"ß".repeat(1_000), "a\tb"] {
        assert!(Line::new(&Line::tamed(text)).is_ok(), "{text:?}");
    }
}

#[test]
fn a_log_read_line_by_line_is_the_same_case() {
    let mut office = Office::with_fix("opentelemetry");
    office.by(BO, fixlead_core::desk::command::Command::Note { text: body("seen") }).unwrap();
    let mut file = fixlead_core::desk::CaseFile::default();
    for line in &office.lines {
        file.apply(&entry::read(line, &file.facts).unwrap());
    }
    assert_eq!(file, office.file);
    assert!(office.lines[0].contains("case.opened"));
    assert_eq!(file.pin(), Some(&pin(&office.policy)));
}
