//! A clock on the wall that jumps: the desk does not follow, and says so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixlead_core::time::Instant;
use serde_json::json;

use crate::desk::{Desk, body, directory, fixlead};
use crate::house::{House, call};

const DAY: i64 = 86_400_000;

/// The library that lets a test set the wall of a process.
fn shim(place: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/clock.c");
    let library = place.join("clock.so");
    let compiled = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(source)
        .status()
        .expect("a C compiler is installed");
    assert!(compiled.success());
    library
}

/// When a case was opened, or last written to.
fn instant(value: &serde_json::Value) -> i64 {
    Instant::parse(value.as_str().unwrap()).unwrap().millis()
}

fn opened(house: &House, shows: &str, case: &str) -> i64 {
    instant(&house.get(shows, &format!("/api/v1/cases/{case}")).is(200).json()["about"]["opened"])
}

#[test]
fn a_desk_does_not_follow_a_clock_that_jumps_and_says_so() {
    let place = directory("clock");
    let (library, offset) = (shim(&place), place.join("offset"));
    let environment = [("LD_PRELOAD", library.as_path()), ("FIXLEAD_TEST_CLOCK", offset.as_path())];
    let set = |days: i64| fs::write(&offset, format!("{}", days * 86_400)).unwrap();
    set(0);
    let house = House::with("clock-desk", "", &environment);
    let (_, team) = house.with_team();
    let ana = &team.ana.shows;
    let (first, _) = house.reported(&team, "before", "steps");
    let began = opened(&house, ana, &first);
    let ready = || house.desk.get("/readyz");
    assert!(ready().starts_with("HTTP/1.1 200 "), "{}", ready());
    for days in [400, -400] {
        set(days);
        // Whoever has signed in still is, and a report comes in at its real time.
        let (case, _) = house.reported(&team, &format!("meanwhile {days}"), "steps");
        let at = opened(&house, ana, &case);
        assert!((began..began + DAY).contains(&at), "{days}: {at} {began}");
        let answer = ready();
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(body(&answer).contains(r#"{"name":"clock","status":"fail"}"#), "{answer}");
        set(0);
        assert!(ready().starts_with("HTTP/1.1 200 "), "{days}: {}", ready());
    }
    let log = house.desk.log();
    assert_eq!(log.matches("the clock has jumped").count(), 2, "{log}");
    assert_eq!(log.matches("the clock is right again").count(), 2, "{log}");
    let place = house.desk.place.clone();
    let project = team.project.clone();
    drop(house);
    let doctor = || {
        let output = fixlead(&place, &["doctor", "--listen", "127.0.0.1:0"]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(doctor().contains("ok    clock"), "{}", doctor());

    // What a desk is started with it cannot doubt; but nothing goes back behind what was recorded.
    set(400);
    let ahead = Desk::start_with(place.clone(), "", &environment);
    let sent = json!({ "title": "ahead", "body": "steps" });
    let path = format!("/api/v1/projects/{project}/reports");
    let taken =
        call(&ahead, "POST", &path, "idempotency-key: the-clock-is-ahead\r\n", Some(&sent)).is(201).json();
    let later = instant(&taken["at"]);
    assert!(later > began + 399 * DAY, "the wall can be set: {later}");
    drop(ahead);
    assert!(doctor().contains("fail  clock") && doctor().contains("the log ends at"), "{}", doctor());
    let desk = Desk::start_with(place.clone(), "", &[]);
    assert!(desk.log().contains("the log ends later than it is now"), "{}", desk.log());
    let shows = format!("authorization: Bearer {}\r\n", taken["receipt"].as_str().unwrap());
    let headers = format!("{shows}idempotency-key: the-clock-is-right\r\n");
    let say = json!({ "body": "today" });
    let said = call(&desk, "POST", "/api/v1/report/messages", &headers, Some(&say)).is(201).json();
    assert!(instant(&said["at"]) >= later, "{said}");
}
