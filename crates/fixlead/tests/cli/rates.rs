//! How often, on the real command: floods of reports and of guesses, from where
//! a proxy says they come.

use serde_json::{Value, json};

use crate::house::{Answer, House, Member, Team, call};

/// A request that a proxy passed on from somewhere.
fn from(place: &str) -> String {
    format!("x-forwarded-for: {place}\r\n")
}

fn report(house: &House, project: &str, who: &str) -> Answer {
    let sent = json!({ "title": "a flaw", "body": "steps to reproduce" });
    house.post(who, &format!("/api/v1/projects/{project}/reports"), &sent)
}

fn listed(house: &House, team: &Team) -> usize {
    house.get(&team.ana.shows, "/api/v1/inbox").is(200).json()["items"].as_array().unwrap().len()
}

/// That it was told until when, and how else.
fn is_full(refused: Answer) -> Value {
    let refused = refused.is(429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    let said = refused.json();
    assert_eq!(said["type"], "/problems/full", "{said}");
    assert_eq!(said["retry_after"], wait);
    assert!((1..=3600).contains(&wait), "{said}");
    let until = said["until"].as_str().unwrap();
    let detail = said["detail"].as_str().unwrap();
    assert!(detail.contains(until) && detail.contains("nothing of this was kept"), "{said}");
    assert!(detail.contains("write to security@example.org"), "{said}");
    said
}

const SET: &str = "proxy.trusted = [\"127.0.0.0/8\", \"10.0.0.0/8\"]\nlimits.reports-per-hour = 3\n\
                   intake.other-way = \"write to security@example.org\"\n";

#[test]
fn a_flood_from_one_source_is_told_until_when_and_keeps_nobody_else_out() {
    let house = House::set_up("flood", SET);
    let (_, team) = house.with_team();
    let here = from("198.51.100.7");
    for _ in 0..3 {
        report(&house, &team.project, &here).is(201);
    }
    let said = is_full(report(&house, &team.project, &here));
    assert!(said["detail"].as_str().unwrap().contains("from where you are"), "{said}");
    // What stands before the last hop that is not trusted can be invented, and
    // hops of the project's own proxies are passed over.
    for invented in ["203.0.113.1, 198.51.100.7", "203.0.113.2, 198.51.100.7, 10.1.2.3", "198.51.100.7:4711"]
    {
        is_full(report(&house, &team.project, &from(invented)));
    }
    let two = format!("{}{here}", from("203.0.113.9"));
    is_full(report(&house, &team.project, &two));
    assert_eq!(listed(&house, &team), 3, "what was refused is not kept");
    // Everybody else is taken in, and so is whoever is signed in.
    report(&house, &team.project, &from("198.51.100.8")).is(201);
    report(&house, &team.project, &format!("{}{here}", team.ana.shows)).is(201);
    // Whoever has one address of IPv6 has all of its network.
    for host in ["2001:db8:0:7::1", "2001:db8:0:7::2", "[2001:db8:0:7:a:b:c:d]:443"] {
        report(&house, &team.project, &from(host)).is(201);
    }
    is_full(report(&house, &team.project, &from("2001:db8:0:7:ffff::")));
    report(&house, &team.project, &from("2001:db8:0:8::1")).is(201);
}

#[test]
fn nobody_is_believed_who_is_no_trusted_proxy() {
    let house = House::set_up("spoof", "limits.reports-per-hour = 3\n");
    let (_, team) = house.with_team();
    for place in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        report(&house, &team.project, &from(place)).is(201);
    }
    let refused = report(&house, &team.project, &from("198.51.100.4")).is(429).json();
    assert!(refused["detail"].as_str().unwrap().contains("security policy names"), "{refused}");
}

#[test]
fn a_flood_from_everywhere_is_bounded_for_a_project_and_for_a_receipt() {
    let set = format!("{SET}limits.reports-per-project = 4\nlimits.messages-per-hour = 2\n");
    let house = House::set_up("everywhere", &set);
    let (olga, team) = house.with_team();
    let mut receipts = Vec::new();
    for place in 1..=4 {
        let taken = report(&house, &team.project, &from(&format!("198.51.100.{place}"))).is(201).json();
        receipts.push(format!("authorization: Bearer {}\r\n", taken["receipt"].as_str().unwrap()));
    }
    let said = is_full(report(&house, &team.project, &from("198.51.100.99")));
    assert!(said["detail"].as_str().unwrap().contains("for this project"), "{said}");
    // Another project takes in, and the team writes down what reaches it another way.
    let organisation = house.post(&olga.shows, "/api/v1/organisations", &json!({ "name": "Other" })).is(201);
    let sent =
        json!({ "organisation": organisation.json()["organisation"], "name": "x", "policy": "vitess" });
    let other = house.post(&olga.shows, "/api/v1/projects", &sent).is(201).json();
    report(&house, other["project"].as_str().unwrap(), &from("198.51.100.99")).is(201);
    report(&house, &team.project, &team.ana.shows).is(201);
    // A receipt is no way around it.
    let say = |receipt: &str| house.post(receipt, "/api/v1/report/messages", &json!({ "body": "news?" }));
    say(&receipts[0]).is(201);
    say(&receipts[0]).is(201);
    is_full(say(&receipts[0]));
    say(&receipts[1]).is(201);
}

fn try_in(house: &House, member: &Member, place: &str, password: &str, code: &str) -> Answer {
    let sent = json!({ "login": member.login, "password": password, "recovery_code": code });
    call(&house.desk, "POST", "/api/v1/session", &from(place), Some(&sent))
}

#[test]
fn a_stranger_who_guesses_waits_and_makes_nobody_else_wait() {
    let house = House::set_up("guesses", SET);
    let (_, team) = house.with_team();
    let (ana, right) = (&team.ana, "four unrelated words here");
    let mut waited = 0;
    for _ in 0..12 {
        let refused = try_in(&house, ana, "198.51.100.7", "a wrong password", &ana.recovery[1]);
        assert!([401, 429].contains(&refused.status), "{}", refused.text);
        waited += u32::from(refused.status == 429);
    }
    assert!(waited >= 7, "{waited} of 12 guesses had to wait");
    // Where the guesses come from even the right password waits: it is bounded at all.
    try_in(&house, ana, "198.51.100.7", right, &ana.recovery[1]).is(429);
    try_in(&house, ana, "198.51.100.8", right, &ana.recovery[1]).is(201);
    // Names that nobody has wait alike, so that waiting tells nothing.
    let nobody = Member { login: "nobody@example.org".to_owned(), ..ana.clone() };
    let refused = (0..12).map(|_| try_in(&house, &nobody, "198.51.100.9", right, "x").status);
    assert!(refused.filter(|status| *status == 429).count() >= 7);
    // Whoever knows the password and guesses the rest is counted wherever they are.
    let bo = &team.bo;
    let statuses: Vec<u16> = (1..=12)
        .map(|place| try_in(&house, bo, &format!("203.0.113.{place}"), right, "wrong code").status)
        .collect();
    assert!(statuses.ends_with(&[429, 429, 429]), "{statuses:?}");
}

#[test]
fn a_source_that_tries_many_names_waits() {
    let house = House::set_up("names", &format!("{SET}limits.sign-ins-per-minute = 5\n"));
    let someone = |name: u32| Member { login: format!("name{name}@example.org"), ..house.olga.clone() };
    let statuses: Vec<u16> = (0..8)
        .map(|name| try_in(&house, &someone(name), "198.51.100.7", "some password", "x").status)
        .collect();
    assert_eq!(statuses[..5], [401; 5]);
    assert_eq!(statuses[5..], [429; 3]);
    let refused = try_in(&house, &someone(9), "198.51.100.7", "some password", "x").is(429);
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() <= 60);
    try_in(&house, &someone(9), "198.51.100.8", "some password", "x").is(401);
}
