//! What a project published elsewhere, taken into a desk: what may be recent by two people, and
//! all of it in the log.

use std::fs;

use serde_json::{Value, json};

use crate::desk::{messages, run};
use crate::house::House;

fn source(id: &str, published: &str) -> String {
    format!(
        "id = \"{id}\"\naliases = [\"{id}\"]\ntitle = \"A flaw\"\nsummary = \"It crashes.\"\n\
         description = \"canary-text\"\npublished = {published}T00:00:00Z\n[[affected]]\npackage = \"pkg:cargo/tool\"\n\
         status = \"affected\"\n[[affected.range]]\nintroduced = \"0\"\nfixed = \"1.2.0\"\n[[reference]]\n\
         kind = \"fix\"\nurl = \"https://example.org/fix\"\n[publisher]\nname = \"Example\"\n\
         namespace = \"https://example.org\"\ncategory = \"vendor\"\n"
    )
}

#[test]
fn a_recent_advisory_is_taken_in_by_two_people_and_the_log_says_by_whom() {
    let house = House::set_up("importing", "");
    let (_, team) = house.with_team();
    let (ana, bo, olga) = (&team.ana, &team.bo, &house.olga);
    let place = house.desk.place.clone();
    let directory = house.get(&olga.shows, "/api/v1/directory").json();
    let today = directory["roles"][0]["from"].as_str().unwrap()[..10].to_owned();
    let old = source("GHSA-c74f-6mfw-mm4v", "2021-03-01");
    // Today by the clock of the desk: what is published later than now is refused anyway.
    let young = source("GHSA-c74f-6mfw-mm4w", &today);
    for (file, text) in [("old.toml", &old), ("young.toml", &young)] {
        fs::write(place.join(file), text).unwrap();
    }
    let import = |who, files: &[&str]| {
        let arguments = [&["import", "case"], files, &["--into", "tool"]].concat();
        house.tells(who, &arguments, 0)
    };
    assert_eq!(import(ana, &["old.toml"]), "GHSA-c74f-6mfw-mm4v\n");
    let waits = import(ana, &["old.toml", "young.toml"]);
    assert!(waits.starts_with("waiting for a second person"), "{waits}");
    assert!(waits.contains("nothing is public before"), "{waits}");

    let listed = house.object(bo, &["project", "imports", "tool"]);
    let found = &listed["found"]["items"][0];
    let offer = found["offer"].as_str().unwrap();
    assert!(found["advisories"][0].get("source").is_none(), "{found}");
    let read = house.tells(bo, &["project", "imports", "tool", offer], 0);
    assert!(read.contains("proposed") && read.contains("canary-text") && read.contains("by ana"), "{read}");
    let confirm = ["project", "imports", "tool", offer, "--confirm"];
    let own = house.tells(ana, &confirm, 1);
    assert!(own.contains("this needs a second person"), "{own}");
    house.tells(olga, &confirm, 1);
    assert_eq!(house.tells(bo, &confirm, 0), "GHSA-c74f-6mfw-mm4v\nGHSA-c74f-6mfw-mm4w\n");
    assert_eq!(house.tells(bo, &["project", "imports", "tool"], 0), "nothing waits for a second person\n");
    let other = import(bo, &["young.toml"]);
    let offer = other.split_whitespace().rev().nth(1).unwrap().to_owned();
    let said = house.tells(ana, &["project", "imports", "tool", &offer, "--decline", "it is here"], 0);
    assert_eq!(said, "declined; nothing of it is public\n");

    // The same by the API, and the same request twice is one proposal.
    let path = format!("/api/v1/projects/{}/advisories", team.project);
    let answer = house.post(&ana.shows, &path, &json!({ "advisories": [young] })).is(202);
    let answer: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((&answer["items"], &answer["waiting"]), (&json!([]), &json!(["GHSA-c74f-6mfw-mm4w"])));

    // The log has it, in words and without content, and is whole.
    let audit = house.get(&olga.shows, "/admin/audit?what=advisories.").is(200).text;
    for words in [
        "advisories.proposed",
        "another person has to confirm it",
        "confirmed that advisories published elsewhere become public here",
        "alone took in advisories that were published elsewhere",
        "declined or took back",
        "GHSA-c74f-6mfw-mm4w",
        "SHA-256 ",
        "<bdi>tool</bdi>",
    ] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
    assert!(!audit.contains("canary"), "{audit}");
    // An address that cannot be read is answered with a page of the desk, to whom it concerns.
    let twice = house.get(&olga.shows, "/admin/audit?what=a&what=b").is(422).text;
    assert!(twice.contains("<h1") && twice.contains("each name once"), "{twice}");
    let checked = run(&place, &["log", "verify", "--config", "desk.toml"]);
    assert!(checked.status.success(), "{}", messages(&checked));
}
