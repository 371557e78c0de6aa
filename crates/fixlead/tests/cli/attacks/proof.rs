//! What asks for a fresh proof, action by action: whoever holds a session and
//! cannot show again that it is them publishes, exports and gives nothing.
//!
//! A session that is used from another place than where it was proved has no
//! proof there, so one session stands for both: with, and without.

use serde_json::{Value, json};

use crate::house::{House, Member, call, sign_in_from};

const HERE: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.9";

/// Actions that ask for a proof, as `docs/access.md` says.
fn marked() -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/access.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    let mut column = None;
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.iter().position(|cell| *cell == "step-up") {
            Some(place) => column = Some(place),
            None if column.is_some_and(|place| cells.get(place) == Some(&"yes")) => {
                found.push(cells[0].to_owned())
            }
            None => {}
        }
    }
    found
}

/// Actions that nobody can ask for over the network yet.
const NO_ROUTE: &[&str] =
    &["publish", "publish.confirm", "installation.manage", "installation.export", "keys.manage"];

#[test]
fn every_action_that_weighs_much_asks_for_a_fresh_proof_on_the_wire() {
    let house = House::set_up("proof", "proxy.trusted = [\"127.0.0.0/8\"]\n");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let (gone, _) = house.reported(&team, "another flaw", "steps");
    // Each begins anew, and has proved who it is here.
    let from = |who: &str, place: &str| format!("{who}x-forwarded-for: {place}\r\n");
    let anew = |member: &Member| sign_in_from(&house.desk, member, 1, &from("", HERE));
    let (olga, ana, bo) = (anew(&olga), anew(&team.ana), anew(&team.bo));
    let here = from(&ana.shows, HERE);
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    house.post(&here, &at("/lead"), &json!({})).is(201);
    house.post(&here, &format!("/api/v1/cases/{gone}/lead"), &json!({})).is(201);
    house.post(&here, &at("/recusals"), &json!({ "person": team.bo.person, "reason": "wrote it" })).is(201);
    let (quiet, _) = house.reported(&team, "a quiet flaw", "steps");
    let quiet = |what: &str| format!("/api/v1/cases/{quiet}{what}");
    house.post(&here, &quiet("/lead"), &json!({})).is(201);
    house.post(&here, &quiet("/restrict"), &json!({ "reason": "quiet" })).is(201);
    let close = json!({ "reason": "done", "although": { "reason": "a rehearsal" } });
    let version = house.version(&here, &gone);
    house.post(&format!("{here}{version}"), &format!("/api/v1/cases/{gone}/close"), &close).is(201);
    let erasure =
        house.post(&here, &format!("/api/v1/cases/{gone}/erasure"), &json!({ "reason": "old" })).is(201);
    let erasure = erasure.json()["made"].as_str().or(erasure.json()["offer"].as_str()).map(str::to_owned);
    let role = json!({
        "person": team.eli.person, "role": "auditor", "reach": { "project": team.project }, "reason": "why",
    });
    let offer = house.post(&from(&olga.shows, HERE), "/api/v1/roles", &role).is(201).json();
    let offer = offer["offer"].as_str().unwrap().to_owned();

    let grant = |role: &str| json!({ "person": team.eli.person, "role": role, "reason": "why" });
    let project = |what: &str| format!("/api/v1/projects/{}/{what}", team.project);
    let hook = json!({
        "reach": { "project": team.project }, "url": "https://hooks.example.org/x", "events": ["case.updated"],
    });
    let token = json!({ "name": "t", "scopes": ["read"], "ends": "2020-01-01T00:00:00Z" });
    let reason = json!({ "reason": "why" });
    let tries: Vec<(&str, &str, &str, String, Option<Value>)> = vec![
        ("case.export", &ana.shows, "GET", at("/history"), None),
        ("team.add", &ana.shows, "POST", at("/grants"), Some(grant("fix-team"))),
        ("access.give", &ana.shows, "POST", at("/grants"), Some(grant("guest"))),
        (
            "recuse.other",
            &ana.shows,
            "POST",
            at("/recusals"),
            Some(json!({ "person": team.eli.person, "reason": "why" })),
        ),
        (
            "recusal.lift",
            &ana.shows,
            "POST",
            at(&format!("/recusals/{}/lift", team.bo.person)),
            Some(reason.clone()),
        ),
        ("case.unrestrict", &ana.shows, "POST", quiet("/unrestrict"), Some(reason.clone())),
        (
            "announce",
            &ana.shows,
            "POST",
            at("/events"),
            Some(json!({ "event": { "type": "public.warning" } })),
        ),
        (
            "policy.move",
            &ana.shows,
            "POST",
            at("/policy"),
            Some(json!({ "policy": "vitess", "reason": "why" })),
        ),
        ("case.erase", &ana.shows, "POST", format!("/api/v1/cases/{gone}/erasure"), Some(reason.clone())),
        (
            "case.erase-confirm",
            &bo.shows,
            "POST",
            format!("/api/v1/cases/{gone}/erasure/{}/confirm", erasure.unwrap_or_default()),
            Some(json!({})),
        ),
        (
            "project.policy",
            &ana.shows,
            "POST",
            project("policy"),
            Some(json!({ "policy": "vitess", "reason": "why" })),
        ),
        (
            "team.delegate",
            &ana.shows,
            "POST",
            project("teams"),
            Some(json!({ "name": "docs", "reason": "why" })),
        ),
        (
            "people.standing",
            &olga.shows,
            "POST",
            format!("/api/v1/people/{}/standing", team.eli.person),
            Some(json!({ "standing": "suspended", "reason": "why" })),
        ),
        ("roles.give", &olga.shows, "POST", "/api/v1/roles".into(), Some(role)),
        ("roles.confirm", &ana.shows, "POST", format!("/api/v1/offers/{offer}/confirm"), Some(json!({}))),
        ("webhooks.manage", &ana.shows, "POST", "/api/v1/webhooks".into(), Some(hook)),
        ("own.keys", &ana.shows, "POST", "/api/v1/tokens".into(), Some(token)),
    ];
    let mut tried: Vec<&str> =
        tries.iter().map(|(action, ..)| *action).chain(NO_ROUTE.iter().copied()).collect();
    let mut marked = marked();
    tried.sort_unstable();
    marked.sort_unstable();
    assert_eq!(tried, marked, "every action that asks for a proof is tried here, or has no route");

    let ask = |who: &str, place: &str, method: &str, path: &str, sent: Option<&Value>| {
        let who = from(who, place);
        let version = match path {
            path if path.starts_with(&format!("/api/v1/cases/{case}")) => house.version(&who, &case),
            path if path.starts_with("/api/v1/cases/") => {
                house.version(&from(&ana.shows, HERE), path.split('/').nth(4).unwrap())
            }
            path if path.contains("/projects/") || path.contains("/people/") => {
                let seen = house.get(&who, "/api/v1/directory");
                format!("if-match: {}\r\n", seen.header("etag").unwrap_or_default())
            }
            _ => String::new(),
        };
        call(&house.desk, method, path, &format!("{who}{version}{}", house.key()), sent)
    };
    for (action, who, method, path, sent) in &tries {
        let refused = ask(who, ELSEWHERE, method, path, sent.as_ref());
        assert_eq!(refused.status, 403, "{action}: {} {}", refused.status, refused.text);
        assert_eq!(refused.json()["type"], "/problems/step-up", "{action}: {}", refused.text);
    }
    // Negative control: where it was proved, none of them asks for a proof.
    for (action, who, method, path, sent) in &tries {
        let answer = ask(who, HERE, method, path, sent.as_ref());
        assert!(!answer.text.contains("/problems/step-up"), "{action}: {} {}", answer.status, answer.text);
    }

    // The pages send whoever has no proof to give one, and bring them back.
    let elsewhere = from(&ana.shows, ELSEWHERE);
    for path in ["/account/passkeys", "/account/authenticator"] {
        let answer = house.get(&elsewhere, path);
        let asked = answer.header("location").is_some_and(|to| to.starts_with("/step-up?to=/account"));
        assert!(asked || answer.status == 404, "{path}: {} {}", answer.status, answer.head);
    }
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let eli = &team.eli.person;
    for (path, fields) in [
        ("/account/tokens".to_owned(), "name=t&scope=read&days=7".to_owned()),
        ("/account/recovery-codes".to_owned(), String::new()),
        (
            "/account/password".to_owned(),
            "password=four+unrelated+words+there&again=four+unrelated+words+there".to_owned(),
        ),
        ("/account/passkeys/00000000000000000000000000/remove".to_owned(), String::new()),
        (format!("/cases/{case}/people"), format!("once=abcdefgh1&person={eli}&role=fix-team&reason=why")),
        (format!("/cases/{case}/recusals"), format!("once=abcdefgh2&person={eli}&reason=why")),
    ] {
        let answer = house.desk.ask("POST", &path, &format!("{elsewhere}{form}"), fields.as_bytes());
        assert!(answer.contains(" 303 ") && answer.contains("location: /step-up?to=/"), "{path}: {answer}");
    }
}
