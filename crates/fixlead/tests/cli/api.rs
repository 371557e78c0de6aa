//! The API from outside: the real command, set up over its own link.

use serde_json::json;

use crate::house::{House, NOBODY, call, sign_in};

#[test]
fn the_first_operator_comes_in_by_the_link_and_ends_what_they_do_not_need() {
    let house = House::new("set-up");
    let olga = &house.olga;
    let who = house.get(&olga.shows, "/api/v1/session").is(200).json();
    assert_eq!(who["person"], olga.person.as_str());
    // The link has worked once, and says of itself no more than one that never was.
    let link = house.desk.said.split("/setup#").nth(1).unwrap().trim().to_owned();
    let used = house.get(&format!("authorization: Bearer {link}\r\n"), "/api/v1/enrolment").is(404);
    let never = house.get("authorization: Bearer fixlead_link_x\r\n", "/api/v1/enrolment").is(404);
    assert_eq!(used.text, never.text);
    assert!(!house.desk.log().contains("fixlead_link_"), "{}", house.desk.log());

    // A second session is listed, and gone with the next request after it was ended.
    let other = sign_in(&house.desk, olga, 1);
    let listed = house.get(&olga.shows, "/api/v1/sessions").is(200).json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{listed}");
    let theirs = items.iter().find(|item| item["this"] == false).unwrap()["session"].as_str().unwrap();
    house.delete(&olga.shows, &format!("/api/v1/sessions/{theirs}")).is(204);
    house.get(&other.shows, "/api/v1/session").is(401);
    house.delete(&olga.shows, &format!("/api/v1/sessions/{theirs}")).is(404);

    // What they prove again, they prove with what they have.
    let wrong = json!({ "password": "not the password", "recovery_code": olga.recovery[2] });
    house.post(&olga.shows, "/api/v1/session/step-up", &wrong).is(401);
    let right = json!({ "password": "four unrelated words here", "recovery_code": olga.recovery[2] });
    house.post(&olga.shows, "/api/v1/session/step-up", &right).is(200);

    // A token does what it was made for, makes no other, and is gone when it was ended.
    let (token, id) = house.token(&olga.shows, &["read", "directory"]);
    assert_eq!(house.get(&token, "/api/v1/session").is(200).json()["token"], id.as_str());
    let more = json!({ "name": "more", "scopes": ["read"], "ends": "2030-01-01T00:00:00Z" });
    let refused = house.post(&token, "/api/v1/tokens", &more).is(403).json();
    assert_eq!(refused["type"], "/problems/forbidden");
    let unknown = json!({ "name": "x", "scopes": ["everything"], "ends": "2030-01-01T00:00:00Z" });
    let refused = house.post(&olga.shows, "/api/v1/tokens", &unknown).is(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/scopes/0");
    house.delete(&olga.shows, &format!("/api/v1/tokens/{id}")).is(204);
    house.get(&token, "/api/v1/session").is(401);

    // A page of another site does nothing in their name.
    let cross = olga.shows.replace("same-origin", "cross-site");
    let refused = call(&house.desk, "DELETE", "/api/v1/session", &cross, None).is(403).json();
    assert_eq!(refused["type"], "/problems/cross-site");
    house.get(NOBODY, "/api/v1/sessions").is(401);
    house.delete(&olga.shows, "/api/v1/session").is(204);
    house.get(&olga.shows, "/api/v1/session").is(401);
}

#[test]
fn a_team_is_made_over_the_api_and_a_second_person_confirms() {
    let house = House::new("team");
    let (olga, team) = house.with_team();
    let seen = house.get(&team.ana.shows, "/api/v1/directory").is(200);
    let tag = seen.header("etag").unwrap().to_owned();
    let seen = seen.json();
    assert_eq!(seen["projects"][0]["project"], team.project.as_str());
    assert_eq!(seen["projects"][0]["policy"]["policy"], "opentelemetry");
    assert_eq!(seen["projects"][0]["rota"]["next"].as_array().unwrap().len(), 2, "{seen}");
    assert!(tag.trim_matches('"').parse::<u64>().is_ok(), "{tag}");
    let named = |name: &str| seen["people"].as_array().unwrap().iter().any(|person| person["name"] == name);
    assert!(
        named("ana") && named("bo") && !named("eli"),
        "whoever is in no project of hers is left out: {seen}"
    );

    // The same request again makes nothing new and answers the same.
    let sent = json!({ "name": "Another" });
    let headers = format!("{}{}", olga.shows, house.key());
    let first = call(&house.desk, "POST", "/api/v1/organisations", &headers, Some(&sent)).is(201);
    let again = call(&house.desk, "POST", "/api/v1/organisations", &headers, Some(&sent)).is(201);
    assert_eq!(first.text, again.text);
    let other = json!({ "name": "Yet another" });
    let refused = call(&house.desk, "POST", "/api/v1/organisations", &headers, Some(&other)).is(422).json();
    assert_eq!(refused["type"], "/problems/repeated-with-other-content");
    let without = call(&house.desk, "POST", "/api/v1/organisations", &olga.shows, Some(&sent)).is(422).json();
    assert!(without["detail"].as_str().unwrap().contains("Idempotency-Key"), "{without}");

    // What replaces a whole that somebody has read says which version that was.
    let path = format!("/api/v1/projects/{}/rota", team.project);
    let rota = json!({ "people": [team.bo.person, team.ana.person] });
    let unsaid = house.post(&team.ana.shows, &path, &rota).is(428).json();
    assert_eq!(unsaid["type"], "/problems/precondition-required");
    let stale = format!("{}if-match: {tag}\r\n", team.ana.shows);
    let refused = house.post(&stale, &path, &rota).is(409).json();
    assert!(refused["actual"].as_u64().unwrap() > tag.trim_matches('"').parse().unwrap(), "{refused}");
    house.replace(&team.ana.shows, &path, &rota).is(200);
    let leave = format!("/api/v1/people/{}/leave", team.bo.person);
    house.post(&stale, &leave, &json!({ "days": [] })).is(409);
    house.post(&team.bo.shows, &leave, &json!({ "days": [] })).is(200);

    // Who was on leave is skipped; who is suspended has no session that counts for anything.
    let leave = json!({ "days": [["2020-01-01", "2099-12-31"]] });
    house.post(&team.ana.shows, &format!("/api/v1/people/{}/leave", team.ana.person), &leave).is(200);
    let wrong = json!({ "days": [["2020-01-01", "soon"]] });
    let refused = house.post(&team.ana.shows, &format!("/api/v1/people/{}/leave", team.ana.person), &wrong);
    assert_eq!(refused.is(422).json()["errors"][0]["pointer"], "/days/0/1");
    let seen = house.get(&team.bo.shows, "/api/v1/directory").is(200).json();
    assert_eq!(seen["projects"][0]["rota"]["away"][0], team.ana.person.as_str());
    let suspend = json!({ "standing": "suspended", "reason": "left the team" });
    house.post(&olga.shows, &format!("/api/v1/people/{}/standing", team.bo.person), &suspend).is(200);
    house.get(&team.bo.shows, "/api/v1/directory").is(404);
    house.get(&team.bo.shows, "/api/v1/sessions").is(403);
}

#[test]
fn a_report_becomes_a_case_that_is_worked_on_over_the_api() {
    let house = House::new("case");
    let (_, team) = house.with_team();
    let (ana, bo, eli) = (&team.ana.shows, &team.bo.shows, &team.eli.shows);
    let (case, receipt) = house.reported(&team, "a flaw in the parser", "steps to reproduce");
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");

    // The reporter follows it with the receipt, and both sides write to each other.
    let seen = house.get(&receipt, "/api/v1/report").is(200).json();
    assert_eq!(seen["about"]["title"], "a flaw in the parser");
    assert!(seen["timeline"].as_array().unwrap().is_empty(), "{seen}");
    house.post(&receipt, "/api/v1/report/messages", &json!({ "body": "any news?" })).is(201);
    let say = |room: &str, body: &str| json!({ "room": room, "body": body });
    house.post(ana, &at("/messages"), &say("reporter", "we are looking into it")).is(201);
    house.post(ana, &at("/messages"), &say("internal", "between us")).is(201);
    let seen = house.get(&receipt, "/api/v1/report").is(200).text;
    assert!(seen.contains("we are looking into it") && !seen.contains("between us"), "{seen}");
    house.get("authorization: Bearer fixlead_receipt_x\r\n", "/api/v1/report").is(404);
    // The receipt opens nothing else.
    house.get(&receipt, &at("")).is(401);

    // Somebody leads it; what the policy holds says why, and until when.
    house.post(ana, &at("/lead"), &json!({})).is(201);
    let record = |who: &str, version: &str, sent: &serde_json::Value| {
        let headers = format!("{who}{version}{}", house.key());
        call(&house.desk, "POST", &at("/events"), &headers, Some(sent))
    };
    let cve = json!({ "event": { "type": "cve.assigned", "id": "CVE-2026-12345" } });
    assert_eq!(record(ana, "", &cve).is(428).json()["type"], "/problems/precondition-required");
    let old = house.version(ana, &case);
    record(ana, &old, &cve).is(201);
    let stale = record(ana, &old, &cve).is(409).json();
    assert_eq!(stale["type"], "/problems/conflict");
    assert!(stale["actual"].as_u64().unwrap() > 0, "{stale}");
    let affected = json!({ "event": { "type": "affected.set", "branches": ["main", "release-1"] } });
    record(ana, &house.version(ana, &case), &affected).is(201);
    let wrong = json!({ "event": { "type": "affected.set", "branches": ["release-9"] } });
    let refused = record(ana, &house.version(ana, &case), &wrong).is(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/event/branches/0", "{refused}");
    let received = house.get(ana, &at("")).json()["about"]["opened"].as_str().unwrap().to_owned();
    let plan = |although: bool| {
        let soon = json!({ "type": "release.scheduled", "for": received });
        match although {
            true => json!({ "event": soon, "although": { "reason": "exploited already" } }),
            false => json!({ "event": soon }),
        }
    };
    let held = record(ana, &house.version(ana, &case), &plan(false)).is(409).json();
    assert_eq!(held["type"], "/problems/held");
    assert!(held["clauses"].as_array().unwrap().contains(&json!("OT-49")), "{held}");
    assert!(
        held["because"].is_string() && held["gate"].is_string() && held["earliest"].is_string(),
        "{held}"
    );
    assert_eq!(held["may_override"], json!(["fix-lead"]));
    record(bo, &house.version(bo, &case), &plan(true)).is(403);
    record(ana, &house.version(ana, &case), &plan(true)).is(201);

    // Its evaluation, its history, and the files of its rooms.
    let evaluation = house.get(ana, &at("/evaluation")).is(200).json();
    assert_eq!(evaluation["format"], "fixlead-replay/1");
    let history = house.get(ana, &at("/history")).is(200).json();
    assert_eq!(history["format"], "fixlead-history/1");
    let file = format!("/api/v1/cases/{case}/attachments?room=internal&name=proof%20of%20concept.svg");
    house.upload(ana, &file, b"<svg onload=alert(1)>").is(201);
    let rooms = house.get(ana, &at("")).json()["rooms"].clone();
    let blob = rooms[0]["files"][0]["blob"].as_str().unwrap_or_else(|| panic!("{rooms}")).to_owned();
    let got = house.get(ana, &at(&format!("/attachments/{blob}"))).is(200);
    assert_eq!(got.text, "<svg onload=alert(1)>");
    assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    let named = "attachment; filename*=UTF-8''proof%20of%20concept.svg";
    assert_eq!(got.header("content-disposition"), Some(named));
    assert!(got.header("content-security-policy").unwrap().starts_with("sandbox"), "{}", got.head);

    // The lead is handed over when it is taken, and by whom it was offered to.
    let offer = json!({ "to": team.bo.person, "reason": "on leave from tomorrow" });
    let offer =
        house.post(ana, &at("/hand-off"), &offer).is(201).json()["offer"].as_str().unwrap().to_owned();
    house.post(ana, &at(&format!("/hand-off/{offer}/accept")), &json!({})).is(422);
    house.post(bo, &at(&format!("/hand-off/{offer}/accept")), &json!({})).is(201);
    let standing = house.get(bo, &at("")).json()["standing"].clone();
    assert_eq!(standing["lead"], team.bo.person.as_str());

    // A grant lets somebody in, and its revocation out again with the next request.
    house.get(eli, &at("")).is(404);
    let give = json!({ "person": team.eli.person, "role": "fix-team", "reason": "knows the parser" });
    let given = house.post(bo, &at("/grants"), &give).is(201).json()["grant"].as_str().unwrap().to_owned();
    house.get(eli, &at("")).is(200);
    house.post(bo, &at(&format!("/grants/{given}/revoke")), &json!({ "reason": "done" })).is(201);
    house.get(eli, &at("")).is(404);
    let close = json!({ "reason": "done" });
    let headers = format!("{bo}{}{}", house.version(bo, &case), house.key());
    let closing = call(&house.desk, "POST", &at("/close"), &headers, Some(&close));
    assert!([201, 409].contains(&closing.status), "{}", closing.text);
}

#[test]
fn what_concerns_two_cases_is_done_once_and_to_the_version_that_was_read() {
    let house = House::new("two-cases");
    let (_, team) = house.with_team();
    let ana = &team.ana.shows;
    let (one, _) = house.reported(&team, "first", "steps");
    let (two, _) = house.reported(&team, "second", "steps");
    let path = format!("/api/v1/cases/{one}/merge");
    let sent = json!({ "into": two, "reason": "the same flaw" });
    assert_eq!(house.post(ana, &path, &sent).is(428).json()["type"], "/problems/precondition-required");
    let stale = format!("{ana}if-match: \"1\"\r\n");
    assert_eq!(house.post(&stale, &path, &sent).is(409).json()["type"], "/problems/conflict");
    let headers = format!("{ana}{}{}", house.version(ana, &one), house.key());
    let first = call(&house.desk, "POST", &path, &headers, Some(&sent)).is(201);
    // Whoever does not know what became of it asks again, and is told: the case is closed by now.
    let again = call(&house.desk, "POST", &path, &headers, Some(&sent)).is(201);
    assert_eq!((first.header("etag"), &first.text), (again.header("etag"), &again.text));
    assert_eq!(first.json()["case"], two.as_str());
    let late = format!("{ana}{}", house.version(ana, &one));
    assert_eq!(house.post(&late, &path, &sent).is(409).json()["type"], "/problems/wrong-state");
    let seen = house.get(ana, &format!("/api/v1/cases/{two}")).is(200).json();
    assert_eq!(seen["standing"]["absorbed"][0][0], one.as_str());
    assert_eq!(seen["names"][&team.ana.person], "ana", "{}", seen["names"]);
    // A case of another project's is no case at all to merge into.
    let (three, _) = house.reported(&team, "third", "steps");
    let at = |case: &str| format!("/api/v1/cases/{case}/merge");
    let headers = format!("{ana}{}", house.version(ana, &three));
    let none = json!({ "into": "00000000000000000000000000", "reason": "x" });
    let refused = house.post(&headers, &at(&three), &none).is(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/into");
}
