//! Who keeps the installation running has no business in its cases.

use crate::house::{House, call};

#[test]
fn an_operator_without_a_grant_finds_a_case_exactly_as_one_that_never_was() {
    let house = House::new("operator");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "canary-title", "canary-body");
    let (token, _) = house.token(&olga.shows, &["read", "audit", "directory"]);
    let drawn = |line: &&str| !line.starts_with("x-request-id") && !line.starts_with("date");
    for shows in [&olga.shows, &token] {
        for part in ["", "/evaluation", "/history", "/log", "/who-knew"] {
            let asked =
                |id: &str| call(&house.desk, "GET", &format!("/api/v1/cases/{id}{part}"), shows, None);
            let there = asked(&case).is(404);
            // Another id of a case, one that nobody ever had.
            let mut never: Vec<char> = case.chars().collect();
            never[3] = if never[3] == 'a' { 'b' } else { 'a' };
            let nowhere = asked(&never.iter().collect::<String>()).is(404);
            assert_eq!(there.text.as_bytes(), nowhere.text.as_bytes(), "{part}");
            let (ours, theirs): (Vec<_>, Vec<_>) =
                (there.head.lines().filter(drawn).collect(), nowhere.head.lines().filter(drawn).collect());
            assert_eq!(ours, theirs, "{part}");
        }
        let listed = house.get(shows, "/api/v1/inbox").is(200);
        assert_eq!(listed.json()["items"].as_array().map(Vec::len), Some(0), "{}", listed.text);
    }
    // The same look finds a difference for whoever may know of the case.
    let there = house.get(&team.ana.shows, &format!("/api/v1/cases/{case}"));
    assert!(there.status == 200 && there.text.contains("canary-body"), "{}", there.text);
    // Nobody makes themselves a responder: another one has to say yes.
    let sent = serde_json::json!({
        "person": olga.person, "role": "responder", "reach": { "project": team.project }, "reason": "curious",
    });
    let offer = house.post(&olga.shows, "/api/v1/roles", &sent);
    if offer.status == 201 {
        let path = format!("/api/v1/offers/{}/confirm", offer.json()["offer"].as_str().unwrap());
        let own = house.post(&olga.shows, &path, &serde_json::json!({}));
        assert!(own.status >= 400, "{}", own.text);
    }
    house.get(&olga.shows, &format!("/api/v1/cases/{case}")).is(404);
}
