//! A hundred requests at once for what only one can have, on one node and on two.

use std::collections::BTreeMap;
use std::sync::{Barrier, Mutex};

use serde_json::{Value, json};

use crate::cluster;
use crate::desk::Desk;
use crate::house::{Answer, House, Team, call};

/// How many at once.
const RACERS: usize = 100;

/// Sends everything at once, in turns to each node, and counts the answers by
/// status.
fn race(desks: &[&Desk], ask: &(dyn Fn(&Desk, usize) -> Answer + Sync)) -> BTreeMap<u16, Vec<Answer>> {
    let (line, answers) = (Barrier::new(RACERS), Mutex::new(BTreeMap::<u16, Vec<Answer>>::new()));
    std::thread::scope(|scope| {
        for racer in 0..RACERS {
            let (line, answers) = (&line, &answers);
            scope.spawn(move || {
                line.wait();
                let answer = ask(desks[racer % desks.len()], racer);
                answers.lock().unwrap().entry(answer.status).or_default().push(answer);
            });
        }
    });
    answers.into_inner().unwrap()
}

fn counts(answers: &BTreeMap<u16, Vec<Answer>>) -> BTreeMap<u16, usize> {
    answers.iter().map(|(status, answers)| (*status, answers.len())).collect()
}

/// How often something of a kind stands in a case's timeline.
fn happened(house: &House, team: &Team, case: &str, kind: &str) -> Vec<Value> {
    let read = house.get(&team.ana.shows, &format!("/api/v1/cases/{case}")).is(200).json();
    let steps = read["timeline"].as_array().unwrap().iter().map(|step| step["event"].clone());
    steps.filter(|event| event["type"] == kind).collect()
}

fn only_one_wins(house: &House, desks: &[&Desk]) {
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    let people = [&team.ana, &team.bo];
    // Nobody leads it yet: one of a hundred does.
    let answers = race(desks, &|desk, racer| {
        let key = format!("{}idempotency-key: lead-{racer:04}\r\n", people[racer / 2 % 2].shows);
        call(desk, "POST", &at("/lead"), &key, Some(&json!({})))
    });
    assert_eq!(answers.get(&201).map(Vec::len), Some(1), "{:?}", counts(&answers));
    assert!(answers.keys().all(|status| *status < 500), "{:?}", counts(&answers));
    let lead = house.get(&team.ana.shows, &at("")).json()["standing"]["lead"].clone();
    let (leader, other) =
        if lead == team.ana.person.as_str() { (people[0], people[1]) } else { (people[1], people[0]) };
    assert_eq!(lead, leader.person.as_str());
    let leads = house.get(&team.ana.shows, &at("")).json()["standing"]["people"].clone();
    let leads = leads.as_array().unwrap().iter().filter(|member| member["role"] == "fix-lead").count();
    assert_eq!(leads, 1, "one grant of the role");

    // A fix of the leader's: a hundred say that it looks good, half of them about their own.
    let record = |event: Value| {
        let headers = format!("{}{}{}", leader.shows, house.version(&leader.shows, &case), house.key());
        call(&house.desk, "POST", &at("/events"), &headers, Some(&json!({ "event": event })))
    };
    let commit = json!({
        "type": "commit.proposed", "id": "c1", "author": leader.person, "paths": ["src/lib.rs"],
    });
    record(commit).is(201);
    let version = house.version(&leader.shows, &case);
    let good = json!({ "event": { "type": "lgtm", "on": ["c1"] } });
    let answers = race(desks, &|desk, racer| {
        let who = if racer / 2 % 2 == 0 { leader } else { other };
        let headers = format!("{}{version}idempotency-key: lgtm-{racer:04}\r\n", who.shows);
        call(desk, "POST", &at("/events"), &headers, Some(&good))
    });
    assert_eq!(answers.get(&201).map(Vec::len), Some(1), "{:?}", counts(&answers));
    assert!(answers.keys().all(|status| [201, 409, 422].contains(status)), "{:?}", counts(&answers));
    let given = happened(house, &team, &case, "lgtm");
    assert_eq!(given.len(), 1, "{given:?}");
    assert_eq!(given[0]["by"], other.person.as_str(), "nobody approves their own");
    // On the version that stands the author is refused for who they are, and nobody speaks for another.
    for by in [json!(null), json!(other.person)] {
        let mut own = json!({ "type": "lgtm", "on": ["c1"] });
        if !by.is_null() {
            own["by"] = by;
        }
        record(own).is(422);
    }
    // Not the race decides but the version: without one, every one of them counts.
    let say = json!({ "text": "a note" });
    let answers = race(desks, &|desk, racer| {
        let headers = format!("{}idempotency-key: note-{racer:04}\r\n", people[racer / 2 % 2].shows);
        call(desk, "POST", &at("/notes"), &headers, Some(&say))
    });
    assert_eq!(counts(&answers), BTreeMap::from([(201, RACERS)]));
    assert_eq!(happened(house, &team, &case, "lgtm").len(), 1);
}

#[test]
fn of_a_hundred_at_once_one_leads_and_nobody_approves_their_own() {
    let house = House::new("race");
    only_one_wins(&house, &[&house.desk]);
}

#[test]
fn of_a_hundred_at_once_on_two_nodes_one_leads_and_nobody_approves_their_own() {
    let database = cluster::new_database();
    let (house, other) = House::on(&database, "race-two");
    only_one_wins(&house, &[&house.desk, &other]);
    crate::nodes::verified(&database, 0);
}
