//! A member who was removed: nothing new reaches them, in whatever way they were
//! let in, and what they hold ends.

use serde_json::json;

use crate::cluster;
use crate::desk::Desk;
use crate::house::{House, call, enrol, sign_in};

#[test]
fn who_was_removed_gets_nothing_new_and_keeps_nothing() {
    let database = cluster::new_database();
    let (house, other) = House::on(&database, "removed");
    let desks: [&Desk; 2] = [&house.desk, &other];
    let (olga, team) = house.with_team();
    let (case, receipt) = house.reported(&team, "a flaw", "steps");
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    let (ana, bo) = (&team.ana, &team.bo);

    // Bo leads the case, has offered the lead, was offered a role to confirm, reported something, and has a token.
    house.post(&bo.shows, &at("/lead"), &json!({})).is(201);
    let offer = json!({ "to": ana.person, "reason": "on leave" });
    let offered = house.post(&bo.shows, &at("/hand-off"), &offer).is(201).json()["offer"].clone();
    let role = json!({
        "person": team.eli.person, "role": "responder", "reach": { "project": team.project }, "reason": "new",
    });
    let waiting = house.post(&olga.shows, "/api/v1/roles", &role).is(201).json()["offer"].clone();
    let (token, _) = house.token(&bo.shows, &["read", "post", "record", "directory", "audit", "intake"]);
    let session = sign_in(&house.desk, bo, 1);
    let sent = json!({ "title": "by bo", "body": "steps" });
    let own =
        house.post(&bo.shows, &format!("/api/v1/projects/{}/reports", team.project), &sent).is(201).json();
    let receipt_of_bo = format!("authorization: Bearer {}\r\n", own["receipt"].as_str().unwrap());
    let case_of_bo = own["case"].as_str().unwrap().to_owned();
    let ways = [&bo.shows, &session.shows, &token];
    for shows in ways {
        for desk in desks {
            call(desk, "GET", &at(""), shows, None).is(200);
        }
    }

    // From the answer to this on, on both nodes, there is nothing for them.
    let remove = json!({ "standing": "removed", "reason": "left the project" });
    house.post(&olga.shows, &format!("/api/v1/people/{}/standing", bo.person), &remove).is(200);
    house.post(&ana.shows, &at("/messages"), &json!({ "room": "internal", "body": "canary" })).is(201);
    let (fresh, _) = house.reported(&team, "canary after", "canary");
    let paths = [
        at(""),
        at("/log"),
        at("/who-knew"),
        at("/evaluation"),
        format!("/api/v1/cases/{fresh}"),
        format!("/api/v1/cases/{case_of_bo}"),
        "/api/v1/inbox".to_owned(),
        "/api/v1/directory".to_owned(),
    ];
    for desk in desks {
        for shows in ways {
            for path in &paths {
                let read = call(desk, "GET", path, shows, None);
                let nothing = [401, 403, 404].contains(&read.status)
                    || read.status == 200 && read.json()["items"].as_array().is_some_and(Vec::is_empty);
                assert!(nothing && !read.text.contains("canary"), "{path}: {} {}", read.status, read.text);
            }
            for (path, body) in [
                (at("/messages"), json!({ "room": "internal", "body": "still here" })),
                (at("/notes"), json!({ "text": "still here" })),
                (at("/hand-off"), json!({ "to": ana.person, "reason": "again" })),
                (at("/grants"), json!({ "person": bo.person, "role": "guest", "reason": "again" })),
                (format!("/api/v1/offers/{}/confirm", waiting.as_str().unwrap()), json!({})),
                (
                    "/api/v1/tokens".to_owned(),
                    json!({ "name": "again", "scopes": ["read"], "ends": "2030-01-01T00:00:00Z" }),
                ),
            ] {
                let headers = format!("{shows}{}", house.key());
                let done = call(desk, "POST", &path, &headers, Some(&body));
                assert!([401, 403, 404].contains(&done.status), "{path}: {} {}", done.status, done.text);
            }
        }
        // With what another was given they get no further than that other.
        for shows in [&receipt, &receipt_of_bo] {
            let read = call(desk, "GET", &at(""), shows, None);
            assert_eq!(read.status, 401, "a receipt opens no case of the team: {}", read.text);
        }
    }
    // What they reported themselves is not theirs to follow any more either.
    let theirs = call(&other, "GET", "/api/v1/report", &receipt_of_bo, None);
    assert_eq!(theirs.status, 404, "{}", theirs.text);
    call(&other, "GET", "/api/v1/report", &receipt, None).is(200);
    // Nobody signs in under their name.
    let sent = json!({ "login": bo.login, "password": "four unrelated words here", "recovery_code": bo.recovery[2] });
    let signed = call(&other, "POST", "/api/v1/session", "", Some(&sent));
    if signed.status == 201 {
        // Who is nobody here any more may prove who they are, and it opens nothing.
        let cookie = signed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let shows = format!("cookie: {cookie}\r\nsec-fetch-site: same-origin\r\n");
        for path in &paths {
            let read = call(&other, "GET", path, &shows, None);
            assert!(!read.text.contains("canary"), "{path}: {}", read.text);
        }
    }

    // Their standing roles are ended for good: there is no way back but being invited and given them anew.
    let seen = house.get(&ana.shows, "/api/v1/directory").is(200).json();
    let roles = seen["roles"].as_array().unwrap();
    assert!(!roles.iter().any(|role| role["person"] == bo.person.as_str()), "{seen}");
    let back = json!({ "standing": "active", "reason": "again" });
    house.post(&olga.shows, &format!("/api/v1/people/{}/standing", bo.person), &back).is(422);
    let again = house.post(&olga.shows, "/api/v1/invitations", &json!({ "name": "bo" })).is(201).json();
    let newcomer = enrol(&house.desk, again["link"].as_str().unwrap(), "bo-again@example.org");
    call(&other, "GET", &at(""), &newcomer.shows, None).is(404);

    // The others go on: what was offered to ana she may still take, and the case is led again.
    let taken = format!("/hand-off/{}/accept", offered.as_str().unwrap());
    let accepted = house.post(&ana.shows, &at(&taken), &json!({}));
    if accepted.status != 201 {
        let lead = json!({ "person": ana.person, "reason": "bo has left" });
        house.post(&ana.shows, &at("/lead"), &lead).is(201);
    }
    let standing = house.get(&ana.shows, &at("")).is(200).json()["standing"].clone();
    assert_eq!(standing["lead"], ana.person.as_str(), "{standing}");
    crate::nodes::verified(&database, 0);
}
