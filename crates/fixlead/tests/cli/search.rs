//! Looking for cases over the API and from the command line, and what the
//! process leaves on the disk for its next start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{Desk, messages, run};
use crate::house::{House, call};

/// Waits until the desk says that every case can be found.
fn warm(desk: &Desk) {
    for _ in 0..300 {
        let ready = call(desk, "GET", "/readyz", "", None).is(200).json();
        if ready["search"] == "ready" {
            return;
        }
        assert_eq!(ready["search"], "warming");
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it never warms up\n{}", desk.log());
}

#[test]
fn cases_are_found_by_what_they_say_also_after_the_next_start() {
    let mut house = House::new("search");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "a canary-title77 flaw", "steps: canary-body77 & more");
    let (token, _) = house.token(&team.ana.shows, &["read"]);
    warm(&house.desk);
    let found = house.get(&token, "/api/v1/search?q=canary-body77").is(200).json();
    assert_eq!((found["total"].clone(), found["complete"].clone()), (json!(1), json!(true)));
    assert_eq!(found["items"][0]["case"], case.as_str());
    assert_eq!(found["items"][0]["excerpts"], json!([]));
    let found = house.get(&token, "/api/v1/search?q=canary-body77&excerpts=true").is(200).json();
    let parts = json!([
        { "text": "steps: ", "found": false }, { "text": "canary-body77", "found": true },
        { "text": " & more", "found": false },
    ]);
    assert_eq!(found["items"][0]["excerpts"][0], json!({ "field": "report", "room": null, "parts": parts }));
    let knew = house.get(&team.ana.shows, &format!("/api/v1/cases/{case}/who-knew")).is(200).text;
    assert!(knew.contains("case.read"), "{knew}");
    let none = house.get(&olga.shows, "/api/v1/search?q=canary-body77").is(200).json();
    assert_eq!(none["total"], 0, "an operator finds nothing");
    for (query, said) in [
        ("", "`q` is missing"),
        ("?q=", "nothing is asked"),
        ("?q=%22open", "`q`, character 1: the quotation does not end"),
        ("?q=x&limit=201", "from 1 to 200"),
        ("?q=x&order=age", "`fit` or `latest`"),
        ("?q=x&excerpts=maybe", "`true` or `false`"),
        ("?q=x&after=3", "no cursor"),
        ("?w=x", "unknown name"),
    ] {
        let refused = house.get(&token, &format!("/api/v1/search{query}")).is(422).json();
        assert!(refused["detail"].as_str().unwrap().contains(said), "{query}: {refused}");
    }
    house.get("", "/api/v1/search?q=canary-body77").is(401);

    let told = house.says(&token, &["case", "search", "canary-body77", "--excerpts"], 0);
    assert!(
        told.contains(&case) && told.contains("a canary-title77 flaw") && told.contains("& more"),
        "{told}"
    );
    let told = house.says(&token, &["case", "search", "--json", "--", "flaw", "-canary-body77"], 0);
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["items"], json!([]));
    assert!(house.says(&token, &["case", "search", "nowhere"], 0).contains("no cases"));
    assert!(house.says(&token, &["case", "search", "title:"], 1).contains("the field is asked for no word"));

    // It is written when the desk stops; sealed, and for its owner alone.
    house.desk.signal("TERM");
    assert!(house.desk.process.wait().unwrap().success());
    let data = house.desk.place.join("fixlead-data");
    let copy = data.join("search.sealed");
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let mut planted = 0;
    for file in fs::read_dir(&data).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        planted += bytes.windows(8).filter(|at| at.eq_ignore_ascii_case(b"canary-b")).count();
    }
    assert_eq!(planted, 0);
    let place = house.desk.place.clone();
    // The second time nobody has to be set up.
    let _ = fs::remove_file(place.join("first"));
    house.desk = Desk::start_in(place, "");
    warm(&house.desk);
    assert!(house.desk.log().contains("begun with the copy"), "{}", house.desk.log());
    let found = house.get(&token, "/api/v1/search?q=canary-body77%20is:open").is(200).json();
    assert_eq!(found["total"], 1);
    let numbers = house.get("", "/metrics").is(200).text;
    assert!(numbers.contains("fixlead_search_ready 1\n") && numbers.contains("fixlead_search_percent 100\n"));
    assert!(!house.desk.log().contains("canary"), "{}", house.desk.log());
}

#[test]
fn lists_are_compared_with_events_and_made_anew_while_the_desk_is_stopped() {
    let mut house = House::new("rebuild");
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let place = house.desk.place.clone();
    let said = |arguments: &[&str], code: i32| {
        let output = run(&place, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &messages(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    };
    assert!(said(&["rebuild", "--check"], 2).contains("another fixlead uses this data directory"));
    house.desk.signal("TERM");
    assert!(house.desk.process.wait().unwrap().success());
    assert!(said(&["rebuild", "--check"], 0).contains("1 cases: the rows and wake-ups of 0 differ"));
    // Past the desk, as somebody does who can write to the disk.
    let database = place.join("fixlead-data/fixlead.db");
    rusqlite::Connection::open(database).unwrap().execute_batch("DELETE FROM list").unwrap();
    let found = said(&["rebuild", "--check", "--json"], 1);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!((found["agrees"].clone(), found["differing"].clone()), (json!(false), json!([case])));
    assert!(said(&["rebuild"], 0).contains(&format!("{case}  made anew")));
    said(&["rebuild", "--check"], 0);
    said(&["log", "verify"], 0);
    let _ = fs::remove_file(place.join("first"));
    house.desk = Desk::start_in(place.clone(), "");
    let listed = house.get(&team.ana.shows, "/api/v1/inbox").is(200).json();
    assert_eq!(listed["items"][0]["case"], case.as_str());
    drop(house);
    fs::rename(place.join("fixlead-data.key"), place.join("elsewhere")).unwrap();
    assert!(said(&["rebuild"], 2).contains("the installation key is missing"));
}
