//! Attacks on the desk's core, on the real command: who may not know, what is
//! told nowhere, and who was let out again.

mod altered;
mod entry;
mod insider;
mod operator;
mod proof;
mod race;
mod removed;
mod streams;
mod theft;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::house::{House, NOBODY, Team, call};

/// An id that nobody has.
const NO_ID: &str = "00000000000000000000000000";

/// The routes of the description: method, path, and whether they take a body.
fn routes(house: &House) -> Vec<(String, String)> {
    let described = house.get(NOBODY, "/api/v1/openapi.json").is(200).json();
    let mut routes = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            routes.push((method.to_uppercase(), path.clone()));
        }
    }
    routes
}

/// A body that a route reads, whatever it leads to.
fn body_for(path: &str, person: &str) -> Option<Value> {
    let last = path.rsplit('/').next().unwrap();
    Some(match last {
        "messages" => json!({ "room": "internal", "body": "text" }),
        "events" => json!({ "event": { "type": "triage.started" } }),
        "lead" | "accept" | "confirm" => json!({}),
        "seen" => json!({ "room": "internal", "messages": 1 }),
        "triage" => json!({ "decision": "acknowledge" }),
        "answers" => json!({ "items": [] }),
        "questions" => json!({ "questions": [] }),
        "key" => json!({ "reason": "why" }),
        "pause" => json!({ "until": "2026-12-01T00:00:00Z", "reason": "why", "instead": "how" }),
        "hand-off" => json!({ "to": person, "reason": "why" }),
        "grants" => json!({ "person": person, "role": "fix-team", "reason": "why" }),
        "recusals" => json!({ "person": person, "reason": "why" }),
        "notes" => json!({ "text": "text" }),
        "advisory" | "check" => json!({ "source": "title = 1" }),
        "advisories" => json!({ "advisories": ["title = 1"] }),
        "decline" | "revoke" | "close" | "reopen" | "restrict" | "unrestrict" | "lift" | "erasure"
        | "end" | "hold" | "publication" => {
            json!({ "reason": "why" })
        }
        "facts" if path.contains("{case}") => json!({ "reason": "why" }),
        "facts" => json!({ "facts": {} }),
        "merge" => json!({ "into": NO_ID, "reason": "why" }),
        "fix" | "origin" | "cve" | "quota" | "record" => json!({}),
        "reject" => json!({ "reason": "why" }),
        "branches" => json!({ "from": "main", "onto": "release-1" }),
        "split" => json!({ "title": "a part", "body": "text", "reason": "why" }),
        "take-over" => json!({ "project": NO_ID, "reason": "why" }),
        "teams" => json!({ "name": "a team", "reason": "why" }),
        "members" => json!({ "person": person }),
        "remove" | "invitation" | "resume" => json!({}),
        "name" => json!({ "name": "somebody" }),
        "standing" => json!({ "standing": "suspended", "reason": "why" }),
        "leave" => json!({ "days": [] }),
        "logins" => json!({ "logins": [] }),
        "maintainers" | "rota" => json!({ "people": [] }),
        "policy" => json!({ "policy": "vitess", "reason": "why" }),
        _ => return None,
    })
}

/// A case in each state: one that is embargoed, and others of its project.
fn in_every_state(house: &House, team: &Team, embargoed: String) -> Vec<(&'static str, String)> {
    let ana = &team.ana.shows;
    let mut cases = vec![("embargoed", embargoed)];
    for (number, state) in ["public", "closed", "restricted", "recused"].into_iter().enumerate() {
        let (case, _) = house.reported(team, &format!("canary-title-{number}"), "canary-body");
        let at = |what: &str| format!("/api/v1/cases/{case}{what}");
        let on = |what: &str, sent: &Value| {
            let headers = format!("{ana}{}", house.version(ana, &case));
            house.post(&headers, &at(what), sent).is(201);
        };
        house.post(ana, &at("/lead"), &json!({})).is(201);
        match state {
            "public" => on("/events", &json!({ "event": { "type": "public.appeared" }, "source": "done" })),
            "closed" => on("/close", &json!({ "reason": "done", "although": { "reason": "a rehearsal" } })),
            "restricted" => {
                house.post(ana, &at("/restrict"), &json!({ "reason": "about Bo" })).is(201);
            }
            _ => {
                let recuse = json!({ "person": team.bo.person, "reason": "wrote the code" });
                house.post(ana, &at("/recusals"), &recuse).is(201);
            }
        }
        if matches!(state, "public" | "closed") {
            let seen = house.get(ana, &at("")).is(200).json();
            assert_eq!(seen["about"]["state"], state);
        }
        cases.push((state, case));
    }
    cases
}

#[test]
fn what_one_may_not_know_answers_on_every_route_like_what_does_not_exist() {
    let house = House::new("unknown");
    let (olga, team) = house.with_team();
    let (case, receipt) = house.reported(&team, "canary-title", "canary-body");
    // A second project with a responder of its own, who is nobody in the first.
    let organisation = house.post(&olga.shows, "/api/v1/organisations", &json!({ "name": "Other" })).is(201);
    let sent = json!({
        "organisation": organisation.json()["organisation"], "name": "other", "policy": "vitess",
    });
    let other = house.post(&olga.shows, "/api/v1/projects", &sent).is(201).json();
    let sent = json!({
        "person": team.eli.person, "role": "responder", "reach": { "project": other["project"] }, "reason": "why",
    });
    let offer = house.post(&olga.shows, "/api/v1/roles", &sent).is(201).json()["offer"].clone();
    let (eli_token, _) = house.token(&team.eli.shows, &["read", "post", "record", "directory", "audit"]);
    // A second operator confirms it, once a responder has confirmed them.
    let confirm = |who: &str, offer: &Value| {
        let path = format!("/api/v1/offers/{}/confirm", offer.as_str().unwrap());
        house.post(who, &path, &json!({})).is(200);
    };
    let second = json!({
        "person": team.bo.person, "role": "operator", "reach": "installation", "reason": "why",
    });
    let operator = house.post(&olga.shows, "/api/v1/roles", &second).is(201).json()["offer"].clone();
    confirm(&team.ana.shows, &operator);
    confirm(&team.bo.shows, &offer);
    let seen = house.get(&team.eli.shows, "/api/v1/directory").is(200).json();
    assert_eq!(seen["projects"].as_array().unwrap().len(), 1, "{seen}");
    let strangers = [
        ("nobody", NOBODY.to_owned()),
        ("operator", olga.shows.clone()),
        ("stranger", team.eli.shows.clone()),
        ("stranger's token", eli_token),
    ];
    // The same in every state of a case; where it is restricted, or they have a
    // conflict of interest, a responder of the project is a stranger too.
    let cases = in_every_state(&house, &team, case.clone());
    let (bo_token, _) = house.token(&team.bo.shows, &["read", "post", "record", "directory", "audit"]);
    let mut tried = BTreeSet::new();
    let every = routes(&house).into_iter().filter(|(_, path)| path.starts_with("/api/v1/cases/{case}"));
    for (method, path) in every {
        tried.insert((method.clone(), path.clone()));
        for ((state, case), (role, shows)) in cases.iter().flat_map(|case| {
            let shut_out = matches!(case.0, "restricted" | "recused");
            let bo = [("responder", team.bo.shows.clone()), ("responder's token", bo_token.clone())];
            let bo = bo.into_iter().filter(move |_| shut_out);
            strangers.iter().cloned().chain(bo).map(move |role| (case, role))
        }) {
            let role = format!("{role}, {state}");
            let asked = |id: &str| {
                let mut address =
                    path.replace("{case}", id).replace("{format}", "osv").replace("{id}", "CVE-2026-1");
                for other in ["{offer}", "{grant}", "{file}", "{person}"] {
                    address = address.replace(other, NO_ID);
                }
                let headers = format!("{shows}if-match: \"1\"\r\n{}", house.key());
                if path.ends_with("/attachments") {
                    return house.upload(
                        &format!("{shows}if-match: \"1\"\r\n"),
                        &format!("{address}?room=internal&name=x"),
                        b"x",
                    );
                }
                let writes = matches!(method.as_str(), "POST" | "PUT");
                let body = if writes { body_for(&path, &team.bo.person) } else { None };
                assert!(!writes || body.is_some(), "say what {path} reads");
                call(&house.desk, &method, &address, &headers, body.as_ref())
            };
            let (there, nowhere) = (asked(case), asked(NO_ID));
            assert_eq!(there.text, nowhere.text, "{role}: {method} {path}");
            let expected = if shows.is_empty() { 401 } else { 404 };
            assert_eq!(
                (there.status, nowhere.status),
                (expected, expected),
                "{role}: {method} {path}: {}",
                there.text
            );
            // Only what is drawn for each answer differs between the two.
            let lines = |head: &str| -> Vec<String> {
                let drawn = |line: &&str| !line.starts_with("x-request-id") && !line.starts_with("date");
                head.lines().filter(drawn).map(str::to_owned).collect()
            };
            assert_eq!(lines(&there.head), lines(&nowhere.head), "{role}: {method} {path}");
        }
    }
    assert!(tried.len() >= 27, "{tried:?}");
    // The same for projects, people, teams and offers that one may not know of.
    let made = house.post(
        &team.ana.shows,
        &format!("/api/v1/projects/{}/teams", team.project),
        &json!({ "name": "parsers", "reason": "they wrote it" }),
    );
    let waits = made.is(201).json();
    let id = |name: &str| waits[name].as_str().unwrap().to_owned();
    let places = [
        ("{project}", team.project.clone()),
        ("{grant}", team.project.clone()),
        ("{offer}", id("offer")),
        ("{team}", id("team")),
        ("{person}", team.ana.person.clone()),
    ];
    for (method, path) in routes(&house) {
        let Some((place, id)) = places.iter().find(|(place, _)| path.contains(place)) else {
            continue;
        };
        if path.contains("{case}") || path.ends_with("/reports") || method != "POST" {
            continue;
        }
        let body = body_for(&path, &team.bo.person);
        let asked = |id: &str| {
            let address = path.replace(place, id).replace("{person}", &team.bo.person);
            let headers = format!("{}if-match: \"1\"\r\n{}", team.eli.shows, house.key());
            assert!(body.is_some(), "say what {path} reads");
            call(&house.desk, &method, &address, &headers, body.as_ref())
        };
        let (there, nowhere) = (asked(id), asked(NO_ID));
        assert_eq!((there.status, &there.text), (nowhere.status, &nowhere.text), "{method} {path}");
        assert_eq!(there.status, 404, "{method} {path}: {}", there.text);
    }
    // And the receipt of one report opens no address of a case.
    assert_eq!(house.get(&receipt, &format!("/api/v1/cases/{case}")).status, 401);
    // Lists do not tell either.
    for (role, shows) in &strangers[1..] {
        let listed = house.get(shows, "/api/v1/inbox");
        assert!(!listed.text.contains(&case) && !listed.text.contains("canary"), "{role}: {}", listed.text);
    }
}

#[test]
fn what_people_write_stands_in_no_log_number_or_refusal() {
    let house = House::new("canaries");
    let (_, team) = house.with_team();
    let canary = "kanarie5f1d";
    let (case, receipt) = house.reported(&team, &format!("{canary} title"), &format!("{canary} body"));
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    let ana = &team.ana.shows;
    house.post(ana, &at("/messages"), &json!({ "room": "internal", "body": canary })).is(201);
    house.post(&receipt, "/api/v1/report/messages", &json!({ "body": canary })).is(201);
    house.post(ana, &at("/notes"), &json!({ "text": canary })).is(201);
    house.upload(ana, &at(&format!("/attachments?room=internal&name={canary}")), canary.as_bytes()).is(201);
    house.post(ana, &at("/lead"), &json!({})).is(201);
    assert!(house.get(ana, &at("")).text.contains(canary), "those in the case read it");
    // Everything that is refused, and repeats nothing.
    let mut told = Vec::new();
    let version = house.version(ana, &case);
    for event in [
        json!({ "type": "affected.set", "branches": [canary] }),
        json!({ "type": "severity.classified", "severity": "high", "reason": canary, "by": canary }),
        json!({ "type": "lgtm", "by": team.ana.person, "on": [canary] }),
        json!({ "type": "released", "versions": [canary], "branches": ["main"] }),
    ] {
        let headers = format!("{ana}{version}{}", house.key());
        let refused = call(&house.desk, "POST", &at("/events"), &headers, Some(&json!({ "event": event })));
        told.push(refused.text);
    }
    let (ours, theirs) = (&team.ana.shows, &team.eli.shows);
    told.push(
        house.post(theirs, &at("/messages"), &json!({ "room": "internal", "body": canary })).is(404).text,
    );
    told.push(house.post(ours, &at("/hand-off"), &json!({ "to": canary, "reason": canary })).is(422).text);
    told.push(house.post(ours, &at("/messages"), &json!({ "room": canary, "body": canary })).is(422).text);
    told.push(house.get(ours, &format!("/api/v1/inbox?{canary}={canary}")).is(422).text);
    told.push(house.get(NOBODY, "/metrics").is(200).text);
    told.push(house.desk.log());
    for text in &told {
        assert!(!text.contains(canary), "{text}");
    }
    assert!(!house.desk.log().contains(&case), "not even the id of a case");
}

#[test]
fn who_was_let_out_is_out_with_the_next_request() {
    let house = House::new("revoked");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let at = format!("/api/v1/cases/{case}");
    let (ana, bo) = (&team.ana, &team.bo);
    let (token, id) = house.token(&bo.shows, &["read"]);
    let other = crate::house::sign_in(&house.desk, bo, 1);
    for shows in [&bo.shows, &token, &other.shows] {
        house.get(shows, &at).is(200);
    }
    // A token, a session, a standing: each is gone at once and leaves the others.
    house.delete(&bo.shows, &format!("/api/v1/tokens/{id}")).is(204);
    house.get(&token, &at).is(401);
    house.get(&bo.shows, &at).is(200);
    house.delete(&other.shows, "/api/v1/session").is(204);
    house.get(&other.shows, &at).is(401);
    house.get(&bo.shows, &at).is(200);
    let recuse = json!({ "person": bo.person, "reason": "wrote the code" });
    house.post(&ana.shows, "/api/v1/cases/none/recusals", &recuse).is(404);
    let suspend = json!({ "standing": "suspended", "reason": "left" });
    house.post(&olga.shows, &format!("/api/v1/people/{}/standing", bo.person), &suspend).is(200);
    house.get(&bo.shows, &at).is(404);
    let listed = house.get(&bo.shows, "/api/v1/inbox");
    assert!(!listed.text.contains(&case), "{}", listed.text);

    // A standing role: whoever had it knows of no case any more.
    let seen = house.get(&ana.shows, "/api/v1/directory").is(200).json();
    let mut roles = seen["roles"].as_array().unwrap().iter();
    let role = roles.find(|role| role["person"] == ana.person.as_str()).unwrap()["grant"].as_str().unwrap();
    house.get(&ana.shows, &at).is(200);
    house.post(&olga.shows, &format!("/api/v1/roles/{role}/revoke"), &json!({ "reason": "left" })).is(200);
    house.get(&ana.shows, &at).is(404);
}
