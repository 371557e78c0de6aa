//! Whose LGTM of a fix counts, by the logins that files name owners with.

use serde_json::{Value, json};

use super::{fix, ground, hand, lines, recorded};
use crate::house::Member;

#[test]
fn an_lgtm_counts_when_its_giver_has_a_login_that_the_owners_name() {
    let (house, team, _public, case) = ground("fixes-owners");
    let (olga, ana, bo, eli) = (&house.olga, &team.ana, &team.bo, &team.eli);
    let facts = json!({ "facts": { "owners": { "/": ["@Ana-M", "eli"] }, "owners_rule": "strict", "branches": [
        { "name": "main", "class": "development" }, { "name": "release-1", "class": "supported" },
    ] } });
    house.replace(&ana.shows, &format!("/api/v1/projects/{}/facts", team.project), &facts).is(200);
    house.tells(ana, &["case", "facts", &case, "--reason", "owners were written down"], 0);
    let at = format!("/api/v1/cases/{case}/fix");
    let address =
        house.post(&ana.shows, &at, &json!({})).is(201).json()["clone"].as_str().unwrap().to_owned();
    let elis = hand(&house, eli, "Eli");
    elis.git(&["clone", "-q", &address, "."]);
    elis.write("parser.txt", &lines("limit = 64"));
    let first = elis.commit("Bound the length of a header");
    elis.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);
    let lgtm = |who: &Member| {
        let headers = format!("{}{}", who.shows, house.version(&who.shows, &case));
        let sent = json!({ "event": { "type": "lgtm", "on": [first] }, "source": "done" });
        house.post(&headers, &format!("/api/v1/cases/{case}/events"), &sent).is(201);
    };
    let of = |seen: &Value| seen["branches"][0]["commits"][0].clone();
    let page = || house.get(&ana.shows, &format!("/cases/{case}/fix")).is(200).text;
    let not =
        |name: &str| format!("LGTM <bdi>{name}</bdi> does not count: no owner of a path that it changes.");

    // Neither is named: bo not at all, ana by a login that the desk does not know to be hers.
    lgtm(bo);
    lgtm(ana);
    let seen = of(&fix(&house, ana, &case));
    assert_eq!((&seen["quorum"], &seen["reviewed"]), (&json!("each-owner"), &json!(false)));
    assert_eq!((&seen["counted"], &seen["paths"][0]["approved"]), (&json!([]), &json!([])));
    assert_eq!(seen["paths"][0]["owners"], json!(["@Ana-M", "eli"]));
    let shown = page();
    assert!(shown.contains(&not("ana")) && shown.contains(&not("bo")), "{shown}");
    assert!(shown.contains("waits for the LGTM of an owner of one more path"), "{shown}");
    assert!(shown.contains("nobody here has this login"), "hal is nobody here: {shown}");

    // Nobody claims a login, and none is of two people.
    let logins = |who: &Member, of: &Member, logins: Value| {
        house.post(&who.shows, &format!("/api/v1/people/{}/logins", of.person), &json!({ "logins": logins }))
    };
    logins(ana, ana, json!(["ana-m"])).is(404);
    logins(olga, bo, json!(["not a login"])).is(422);
    logins(olga, bo, json!(["github.com/ana"])).is(422);
    house.tells(olga, &["people", "logins", "ana", "ana", "ana-m", "Ana <ana@example.org>"], 0);
    assert_eq!(house.tells(ana, &["people", "logins", "ana"], 0), "ana\nana-m\nana@example.org\n");
    let audit = house.get(&olga.shows, "/admin/audit").is(200).text;
    assert!(audit.contains("person.logins") && audit.contains("ana, ana-m, ana@example.org"), "{audit}");
    let form = house.get(&olga.shows, &format!("/admin/people/{}", ana.person)).is(200).text;
    assert!(form.contains("Keep these logins") && form.contains("ana@example.org"), "{form}");

    // A case goes by the facts that it has taken over.
    let seen = fix(&house, ana, &case);
    assert_eq!((&seen["owners_moved"], &of(&seen)["reviewed"]), (&json!(true), &json!(false)));
    assert!(page().contains("goes by other owners than its project"));
    house.tells(ana, &["case", "facts", &case, "--reason", "whose login it is was said"], 0);
    let seen = fix(&house, ana, &case);
    assert_eq!((&seen["owners_moved"], &of(&seen)["reviewed"]), (&json!(false), &json!(true)));
    assert_eq!(of(&seen)["counted"], json!([ana.person]));
    assert_eq!(of(&seen)["paths"][0]["approved"], json!([ana.person]));
    assert_eq!(of(&seen)["paths"][0]["owners"], json!(["ana", "eli"]));
    let shown = page();
    assert!(
        shown.contains("<span class=\"good\">LGTM <bdi>ana</bdi></span>") && shown.contains(&not("bo")),
        "{shown}"
    );

    // Whose address a commit has is who wrote it, whoever pushes it.
    logins(olga, eli, json!(["eli", "x@example.org"])).is(200);
    let anas = hand(&house, ana, "Ana");
    anas.git(&["clone", "-q", "--branch", "fix/main", &address, "."]);
    anas.write("more.txt", "more of it\n");
    anas.commit("Say so");
    anas.git(&["push", "-q", "origin", "HEAD:refs/heads/fix/main"]);
    let proposed = recorded(&house, ana, &case, "commit.proposed");
    assert_eq!(proposed[1]["author"], json!(eli.person));
}
