//! What is said to people: reasons in an answer, and complaints about a history.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use fixlead_core::case::History;
use fixlead_core::replay::{built_in_policy, replay, to_json};
use fixlead_core::text::is_harmful;
use serde_json::{Value, json};

fn answer(history: &Value) -> Value {
    let history = History::parse(&history.to_string()).unwrap();
    let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters).unwrap();
    to_json(&replay(&policy, &history, None))
}

fn because<'a>(answer: &'a Value, duty: &str) -> &'a str {
    let duties = answer["duties"].as_array().unwrap();
    duties.iter().find(|row| row["id"] == duty).unwrap()["because"].as_str().unwrap()
}

/// A private case with a CVE id under OpenTelemetry's policy, and more.
fn case(events: &[Value], parameters: &Value, evaluate_at: &str) -> Value {
    let mut all = vec![
        json!({"at": "2027-03-22T09:00:00Z", "type": "report.received", "visibility": "private"}),
        json!({"at": "2027-03-22T09:00:00Z", "type": "affected.set", "branches": ["release-1"]}),
        json!({"at": "2027-03-23T11:00:00Z", "type": "cve.assigned"}),
        json!({"at": "2027-03-25T12:00:00Z", "type": "fix.complete"}),
    ];
    all.extend_from_slice(events);
    json!({
        "format": "fixlead-history/1",
        "policy": "opentelemetry",
        "parameters": parameters,
        "project": {"branches": [{"name": "release-1", "class": "supported"}]},
        "events": all,
        "asks": [{"id": "a1", "at": "2027-04-07T15:55:00Z", "action": "release"}],
        "evaluate_at": evaluate_at,
    })
}

#[test]
fn a_span_is_told_as_the_policy_writes_it() {
    let answer = answer(&case(&[], &json!({"window": "P1W"}), "2027-03-24T00:00:00Z"));
    assert_eq!(because(&answer, "fix-team"), "disclosure 2027-03-22T09:00:00Z + PT24H");
    assert_eq!(because(&answer, "score"), "disclosure 2027-03-22T09:00:00Z + P1W");
    assert!(
        because(&answer, "advance-notice").starts_with("public-disclosure (not known yet) − P7D; held: ")
    );
    let fix_team = &answer["duties"].as_array().unwrap().iter().find(|row| row["id"] == "fix-team").unwrap();
    assert_eq!(fix_team["due"], "2027-03-23T09:00:00Z");
}

#[test]
fn a_hold_says_which_release_the_notice_states() {
    let events = [
        json!({"at": "2027-03-26T12:00:00Z", "type": "notice.advance", "states": "2027-04-07T16:00:00Z"}),
        json!({"at": "2027-04-06T10:00:00Z", "type": "notice.prerelease", "states": "2027-04-08T16:00:00Z"}),
        json!({"at": "2027-04-06T12:00:00Z", "type": "release.scheduled", "for": "2027-04-07T16:00:00Z"}),
        json!({"at": "2027-04-07T15:50:00Z", "type": "binaries.verified", "branches": ["release-1"]}),
    ];
    let told = answer(&case(&events, &json!({}), "2027-04-07T15:56:00Z"));
    let held = told["answers"][0]["because"].as_str().unwrap();
    assert!(
        held.contains(
            "(prerelease-notice: the notice of 2027-04-06T10:00:00Z states 2027-04-08T16:00:00Z, another \
             release than 2027-04-07T15:55:00Z; lead PT24H)"
        ),
        "{held}"
    );
    assert!(!held.contains("not sent"), "{held}");
    // Without the notice there is none to speak of.
    let none = answer(&case(&[events[0].clone(), events[2].clone()], &json!({}), "2027-04-07T15:56:00Z"));
    let held = none["answers"][0]["because"].as_str().unwrap();
    assert!(held.contains("(prerelease-notice not sent; lead PT24H)"), "{held}");
}

#[test]
fn a_missed_notice_names_what_came_first() {
    let text = include_str!("../../../examples/linux-dirty-pipe-2022.json");
    let answer = answer(&serde_json::from_str(text).unwrap());
    assert_eq!(
        because(&answer, "advance-notice"),
        "public-disclosure 2022-03-07T12:01:19Z − P7D; missed: the release of 2022-02-23 came first"
    );
    assert_eq!(
        because(&answer, "prerelease-notice"),
        "release-date 2022-02-23 − PT24H; missed: the release of 2022-02-23 came first"
    );
}

/// The complaint about a history that is changed in one place.
fn complaint(pointer: &str, value: Value) -> String {
    let mut history = case(
        &[
            json!({"at": "2027-03-26T12:00:00Z", "type": "merged", "branches": ["release-1"], "repo": "public"}),
        ],
        &json!({}),
        "2027-03-27T00:00:00Z",
    );
    *history.pointer_mut(pointer).unwrap() = value;
    History::parse(&history.to_string()).unwrap_err().to_string()
}

#[test]
fn a_complaint_repeats_the_value_and_names_its_place() {
    for (pointer, value, expected) in [
        ("/format", "fixlead-history/2", "expected `fixlead-history/1`, found `fixlead-history/2`"),
        (
            "/events/4/repo",
            "pubic",
            "unknown word `pubic`; did you mean `public`?; known are public, private",
        ),
        ("/events/4/type", "mergde", "unknown event type `mergde`; did you mean `merged`?"),
        ("/events/4/at", "2027-03-26T12:00:00+25:00", "`2027-03-26T12:00:00+25:00` has an offset"),
        ("/events/4/at", "2027-03-26 12:00:00Z", "`2027-03-26 12:00:00Z` has no T"),
        ("/evaluate_at", "2027-03-27", "`2027-03-27` is a day; write an instant"),
        ("/asks/0/action", "realease", "unknown action `realease`; did you mean `release`?"),
        ("/asks/0/at", "2027-06-30T23:59:60Z", "`2027-06-30T23:59:60Z` is a leap second"),
        ("/project/branches/0/class", "suported", "unknown class `suported`; did you mean `supported`?"),
    ] {
        let told = complaint(pointer, value.into());
        assert!(told.starts_with(&format!("{pointer}: {expected}")), "{told}");
    }
    let told = complaint("/project", json!({"rotation": "random", "branches": []}));
    assert_eq!(told, "/project/rotation: unknown rotation `random`; known are round-robin");
    let told = complaint("/project", json!({"owners_rule": "stricter"}));
    assert!(
        told.starts_with("/project/owners_rule: unknown rule `stricter`; did you mean `strict`?"),
        "{told}"
    );
}

#[test]
fn a_branch_has_a_name() {
    let told = complaint("/project/branches/0/name", "".into());
    assert_eq!(told, "/project/branches/0/name: the name is empty; name the branch");
}

#[test]
fn a_parameter_holds_nothing_that_a_terminal_would_obey() {
    for value in ["a\u{1b}[31mb", "a\u{202e}b"] {
        let set = [("intake".to_owned(), value.to_owned())];
        let told = built_in_policy("vitess", &[], &set).unwrap_err();
        assert!(
            told.contains("parameter `intake`") && told.contains("holds the invisible character U+"),
            "{told}"
        );
        assert!(!told.contains(is_harmful), "{told}");
    }
}

#[test]
fn a_complaint_is_one_short_line_whatever_it_repeats() {
    let nasty = "a\n\u{1b}[31m\u{200b}\u{2028}\u{202e}".repeat(3_000);
    for pointer in [
        "/format",
        "/events/4/type",
        "/events/4/at",
        "/events/4/repo",
        "/events/4/branches/0",
        "/asks/0/at",
        "/asks/0/action",
        "/evaluate_at",
        "/project/branches/0/class",
    ] {
        let told = complaint(pointer, nasty.clone().into());
        // The event types and actions that are known take their room.
        assert!(told.len() < 600, "{told}");
        assert!(!told.contains(is_harmful), "{told}");
        assert!(told.contains(r"`a\n\u{1b}[31m\u{200b}\u{2028}\u{202e}a"), "{told}");
    }
    for key in ["events", "asks", "project"] {
        let told = complaint(&format!("/{key}"), json!([{ nasty.clone(): 1 }]));
        assert!(told.len() < 600 && !told.contains(is_harmful), "{told}");
    }
    for (pointer, twice) in [
        (
            "/project/branches",
            json!([{"name": nasty, "class": "supported"}, {"name": nasty, "class": "supported"}]),
        ),
        (
            "/asks",
            json!([{"id": nasty, "at": "2027-04-07T15:55:00Z", "action": "release"}, {"id": nasty, "at": "2027-04-07T15:55:00Z", "action": "release"}]),
        ),
    ] {
        let told = complaint(pointer, twice);
        assert!(told.len() < 300 && !told.contains(is_harmful) && told.contains(r"`a\n\u{1b}"), "{told}");
    }
    let told = built_in_policy(&nasty, &[], &[]).unwrap_err();
    assert!(told.len() < 300 && !told.contains(is_harmful), "{told}");
}

#[test]
fn a_byte_order_mark_before_a_history_is_passed_over() {
    let text = case(&[], &json!({}), "2027-03-27T00:00:00Z").to_string();
    assert_eq!(History::parse(&format!("\u{feff}{text}")), History::parse(&text));
    let twice = History::parse(&format!("\u{feff}\u{feff}{text}")).unwrap_err();
    assert!(twice.to_string().starts_with("line 1 column 1: not readable as JSON"), "{twice}");
}
