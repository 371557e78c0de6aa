//! What everybody may read of a desk: where to report, security.txt, the policy.

use serde_json::{Value, json};

use crate::house::{Answer, House, NOBODY};

fn read(house: &House, path: &str) -> Answer {
    house.get("", path)
}

#[test]
fn a_stranger_finds_the_form_the_promises_and_a_security_txt() {
    let house = House::set_up(
        "publicity",
        "onion-url = \"http://expyuzz4wqqyqhjn.onion\"\n\
         security-txt.contact = [\"mailto:security@example.org\"]\nsecurity-txt.languages = [\"en\", \"de\"]\n",
    );
    let front = read(&house, "/report").is(200);
    assert!(front.text.contains("No project takes reports here yet"), "{}", front.text);
    let (_, team) = house.with_team();

    // With one project the address of all reports is its form.
    let form = read(&house, "/report").is(200);
    assert!(form.text.contains(&format!("action=\"/projects/{}/report\"", team.project)), "{}", form.text);
    assert_eq!(form.header("onion-location"), Some("http://expyuzz4wqqyqhjn.onion/report"));

    let file = read(&house, "/.well-known/security.txt").is(200);
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(file.header("onion-location"), None, "only pages lead to the onion service");
    let text = file.text;
    for line in [
        "Contact: mailto:security@example.org",
        "Preferred-Languages: en, de",
        "/.well-known/security.txt",
        "/report",
        &format!("/projects/{}/policy", team.project),
    ] {
        assert!(text.lines().any(|written| written.ends_with(line)), "{line} in {text}");
    }

    let policy = read(&house, &format!("/projects/{}/policy", team.project)).is(200);
    assert!(policy.text.contains("<h2>Timelines</h2>") && policy.text.contains("OT-29"));
    let markdown = read(&house, &format!("/projects/{}/SECURITY.md", team.project)).is(200);
    assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
    let form = format!("/projects/{}/report.", team.project);
    assert!(markdown.text.contains(&form), "{}", markdown.text);
    read(&house, "/projects/00000000-0000-4000-8000-000000000000/policy").is(404);
}

#[test]
fn what_a_form_asks_is_set_by_whoever_may_and_kept_with_the_report() {
    let house = House::new("questions");
    let (_, team) = house.with_team();
    let at = |what: &str| format!("/api/v1/projects/{}/{what}", team.project);
    let directory = || house.get(&team.ana.shows, "/api/v1/directory").is(200);
    let stands = || format!("if-match: {}\r\n", directory().header("etag").unwrap());
    let component = json!({ "question": "component", "required": true, "choices": ["parser", "exporter"] });
    let set = |questions: Value| {
        let shows = format!("{}{}", team.ana.shows, stands());
        house.post(&shows, &at("questions"), &json!({ "questions": questions }))
    };
    let twice = set(json!([component, component])).is(422).json();
    assert_eq!(twice["errors"][0]["pointer"], "/questions", "{twice}");
    set(json!([{ "question": "colour" }])).is(422);
    set(json!([component, { "question": "vector" }])).is(200);
    let asked = directory().json()["projects"][0]["questions"].clone();
    assert_eq!(asked, json!([component, { "question": "vector" }]));

    let send = |more: Value| {
        let mut report = json!({ "title": "a flaw", "body": "steps", "credit": "Gus" });
        report.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        house.post(NOBODY, &at("reports"), &report)
    };
    let missing = send(json!({})).is(422).json();
    assert_eq!(missing["errors"][0]["pointer"], "/details/component", "{missing}");
    let unknown = send(json!({ "details": { "component": "parser", "colour": "red" } })).is(422).json();
    assert_eq!(unknown["errors"][0]["pointer"], "/details/colour", "{unknown}");
    send(json!({ "detail": {} })).is(422);
    let sent = json!({ "details": { "component": "parser" }, "link": "https://gus.example/" });
    let receipt = send(sent).is(201).json()["receipt"].as_str().unwrap().to_owned();
    let holder = format!("authorization: Bearer {receipt}\r\n");
    let report = house.get(&holder, "/api/v1/report").is(200).json()["report"].clone();
    assert_eq!(report["details"], json!([{ "question": "component", "answer": "parser" }]));
    assert_eq!(report["wish"]["link"], "https://gus.example/");
    let wished = house.post(&holder, "/api/v1/report/credit", &json!({ "thanks": "nobody" })).is(200).json();
    assert_eq!(
        (&wished["report"]["credit"], &wished["report"]["wish"]["thanks"]),
        (&Value::Null, &json!("nobody"))
    );
    house.post(&holder, "/api/v1/report/credit", &json!({ "thanks": "named" })).is(422);

    // A pause says until when, and a key can be saved by anybody.
    let pause = |until: &str| json!({ "until": until, "reason": "away", "instead": "call us" });
    house.post(&team.ana.shows, &at("pause"), &pause("2020-01-01T00:00:00Z")).is(422);
    house.post(NOBODY, &at("pause"), &pause("2020-01-01T00:00:00Z")).is(401);
    let key = include_str!("../../../../tests/browser/team.asc");
    house.post(&team.ana.shows, &at("key"), &json!({ "key": "x", "reason": "new" })).is(422);
    house.post(&team.ana.shows, &at("key"), &json!({ "key": key, "reason": "new" })).is(200);
    let saved = house.get(NOBODY, &format!("/projects/{}/key.asc", team.project)).is(200);
    assert_eq!((saved.text.trim(), saved.header("content-type")), (key.trim(), Some("application/pgp-keys")));
    assert!(read(&house, "/.well-known/security.txt").text.contains("Encryption: openpgp4fpr:"));
}
