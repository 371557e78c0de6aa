//! Somebody who is let in opens what they can, takes it along, and wants it gone:
//! what they may not is refused, and what they did is on record.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::house::{House, call, sign_in};

/// Cases that are opened one after the other.
const CASES: usize = 30;

#[test]
fn what_an_insider_opens_is_on_record_and_takes_two_to_erase() {
    let house = House::new("insider");
    let (olga, team) = house.with_team();
    let (ana, bo) = (&team.ana, &team.bo);
    let reports = format!("/api/v1/projects/{}/reports", team.project);
    for number in 0..CASES {
        house.post("", &reports, &json!({ "title": format!("flaw {number}"), "body": "steps" })).is(201);
    }
    let listed = house.get(&bo.shows, "/api/v1/inbox?limit=100").is(200).json();
    let cases: Vec<String> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["case"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(cases.len(), CASES);

    // Bo opens all of them but the last, by a session, and takes what there is along.
    let (token, _) = house.token(&bo.shows, &["read", "audit"]);
    let stepped = sign_in(&house.desk, bo, 1);
    for case in &cases[1..] {
        house.get(&bo.shows, &format!("/api/v1/cases/{case}")).is(200);
        // An embargoed case is not for a responder to export, with or without a token.
        for shows in [&bo.shows, &token, &stepped.shows] {
            let taken = house.get(shows, &format!("/api/v1/cases/{case}/history"));
            assert!([403, 409].contains(&taken.status), "{} {}", taken.status, taken.text);
        }
    }
    // And every one of them is on record, by name and instant; the one that was left alone is not.
    let knew = |case: &str| -> BTreeSet<String> {
        let report = house.get(&ana.shows, &format!("/api/v1/cases/{case}/who-knew")).is(200).json();
        let people = report["people"].as_array().unwrap().iter();
        let read = people.filter(|person| person["read"].as_array().is_some_and(|read| !read.is_empty()));
        read.map(|person| person["person"].as_str().unwrap().to_owned()).collect()
    };
    for case in &cases[1..] {
        assert!(knew(case).contains(&bo.person), "{case}");
        let log = house.get(&ana.shows, &format!("/api/v1/cases/{case}/log")).is(200).json();
        let events: Vec<&Value> =
            log["items"].as_array().unwrap().iter().map(|line| &line["event"]).collect();
        assert!(events.iter().any(|event| **event == "read.recorded"), "{events:?}");
    }
    assert!(!knew(&cases[0]).contains(&bo.person), "the same look finds who has not read");
    // Who may not read leaves no trace and gets nothing.
    house.get(&olga.shows, &format!("/api/v1/cases/{}", cases[0])).is(404);
    assert!(!knew(&cases[0]).contains(&olga.person));

    // Nothing of a case is deleted by anybody, and nothing of the record either.
    for method in ["DELETE", "PUT", "PATCH"] {
        for path in ["", "/log", "/who-knew", "/messages", "/events"] {
            let path = format!("/api/v1/cases/{}{path}", cases[1]);
            let refused =
                call(&house.desk, method, &path, &format!("{}{}", bo.shows, house.key()), Some(&json!({})));
            assert!([404, 405].contains(&refused.status), "{method} {path}: {}", refused.status);
        }
    }
    house.get(&ana.shows, &format!("/api/v1/cases/{}", cases[1])).is(200);
}
