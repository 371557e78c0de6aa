//! Desks on PostgreSQL: two nodes on one database, one of them killed again and
//! again, and the commands that look after such a database.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use serde_json::{Value, json};

use crate::cluster;
use crate::desk::{Desk, body, directory, fixlead, messages, rest};
use crate::house::{House, Team, call};

/// Rounds of killing.
const KILLS: usize = 5;
/// What has to be acknowledged between two kills.
const BETWEEN: usize = 24;

/// What was answered 201, by whoever sent it.
#[derive(Default)]
struct Acknowledged {
    /// Title of a report, and the receipt for it.
    reports: BTreeMap<String, String>,
    /// Texts of messages.
    messages: BTreeSet<String>,
}

/// What is there in the end.
#[derive(Default)]
struct Found {
    /// How often each title stands in the list of cases.
    titles: BTreeMap<String, usize>,
    /// How often each message stands in its room.
    messages: BTreeMap<String, usize>,
    /// What each receipt opens.
    opened: BTreeMap<String, String>,
    /// How often a case says that somebody was reminded of the same.
    reminded: BTreeMap<(String, String), usize>,
}

/// Everything that was acknowledged and is not there once, everything that is
/// there and was never acknowledged, and everything that was done twice.
fn faults(acknowledged: &Acknowledged, found: &Found) -> Vec<String> {
    let mut faults = Vec::new();
    let mut once = |what: &str, name: &String, count: Option<&usize>| match count {
        Some(1) => {}
        count => faults.push(format!("{what} {name}: {} times", count.unwrap_or(&0))),
    };
    for title in acknowledged.reports.keys() {
        once("report", title, found.titles.get(title));
    }
    for text in &acknowledged.messages {
        once("message", text, found.messages.get(text));
    }
    for ((case, duty), count) in &found.reminded {
        once("reminder", &format!("{case} {duty}"), Some(count));
    }
    let receipts: BTreeSet<&String> = acknowledged.reports.values().collect();
    if receipts.len() < acknowledged.reports.len() {
        faults.push("one receipt for two reports".to_owned());
    }
    for (title, receipt) in &acknowledged.reports {
        if found.opened.get(receipt) != Some(title) {
            faults.push(format!("the receipt for {title} opens {:?}", found.opened.get(receipt)));
        }
    }
    let unknown = found.titles.keys().filter(|title| !acknowledged.reports.contains_key(*title));
    faults.extend(unknown.map(|title| format!("report {title}: nobody was told of it")));
    faults
}

/// Sends a request to an address, and says nothing when it is cut off.
fn try_ask(address: &str, method: &str, path: &str, headers: &str, sent: &Value) -> Option<(u16, String)> {
    use std::io::Write as _;
    let text = if sent.is_null() { String::new() } else { sent.to_string() };
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}\
         content-length: {}\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    let answer = rest(&mut stream);
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, body(&answer).to_owned()))
}

/// Sends the same request to one node after the other until it is answered.
fn insist(addresses: &[Mutex<String>], first: usize, path: &str, headers: &str, sent: &Value) -> Value {
    for turn in first.. {
        let address = addresses[turn % addresses.len()].lock().unwrap().clone();
        match try_ask(&address, "POST", path, headers, sent) {
            Some((201, text)) => return serde_json::from_str(&text).unwrap(),
            None | Some((503, _)) => std::thread::yield_now(),
            Some(other) => panic!("{path}: {other:?}"),
        }
    }
    unreachable!("turns do not end")
}

/// Everything that a list says, page by page.
fn listed(desk: &Desk, shows: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = call(desk, "GET", &format!("/api/v1/inbox?limit=200{after}"), shows, None).is(200).json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

fn found(desk: &Desk, team: &Team, room: &str, acknowledged: &Acknowledged) -> Found {
    let mut found = Found::default();
    let shows = &team.ana.shows;
    for item in listed(desk, shows) {
        let (title, case) = (item["title"].as_str().unwrap().to_owned(), item["case"].as_str().unwrap());
        if case == room {
            continue;
        }
        *found.titles.entry(title).or_default() += 1;
    }
    // The log of a case says what it was reminded of, and when.
    for item in listed(desk, shows) {
        let case = item["case"].as_str().unwrap();
        let read = call(desk, "GET", &format!("/api/v1/cases/{case}"), shows, None).is(200).json();
        for step in read["timeline"].as_array().unwrap() {
            let event = &step["event"];
            if matches!(event["type"].as_str(), Some("duty.reminded" | "duty.escalated")) {
                *found.reminded.entry((case.to_owned(), event.to_string())).or_default() += 1;
            }
        }
    }
    let read = call(desk, "GET", &format!("/api/v1/cases/{room}"), shows, None).is(200).json();
    for message in
        read["rooms"].as_array().unwrap().iter().flat_map(|room| room["messages"].as_array().unwrap())
    {
        *found.messages.entry(message["body"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    for receipt in acknowledged.reports.values() {
        let shows = format!("authorization: Bearer {receipt}\r\n");
        let read = call(desk, "GET", "/api/v1/report", &shows, None);
        if read.status == 200 {
            let title = read.json()["about"]["title"].as_str().unwrap_or_default().to_owned();
            found.opened.insert(receipt.clone(), title);
        }
    }
    found
}

fn environment(database: &str) -> [(&str, &Path); 1] {
    [("FIXLEAD_DATABASE_URL", Path::new(database))]
}

#[test]
fn nothing_is_lost_or_done_twice_while_nodes_are_killed() {
    let database = cluster::new_database();
    let (mut house, mut other) = House::on(&database, "killed");
    let (_, team) = house.with_team();
    house.hurried(&team);
    let (room, _) = house.reported(&team, "the room", "where messages go");
    let addresses = [house.desk.address.clone(), other.address.clone()].map(Mutex::new);
    let acknowledged = Mutex::new(Acknowledged::default());
    let (told, counts) = mpsc::channel();
    let (stop, number) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let told = told.clone();
            let (addresses, acknowledged, stop, number) = (&addresses, &acknowledged, &stop, &number);
            let (project, shows, room) = (&team.project, &team.ana.shows, &room);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let own = number.fetch_add(1, Ordering::Relaxed);
                    let key = format!("idempotency-key: worker-{own:08}\r\n");
                    let text = format!("number {own}");
                    if own % 2 == 0 {
                        let sent = json!({ "title": text, "body": "steps" });
                        let path = format!("/api/v1/projects/{project}/reports");
                        let answer = insist(addresses, worker, &path, &key, &sent);
                        // Sent once more to the other node, it is the same report.
                        let again = insist(addresses, worker + 1, &path, &key, &sent);
                        assert_eq!(answer["receipt"], again["receipt"]);
                        let receipt = answer["receipt"].as_str().unwrap().to_owned();
                        acknowledged.lock().unwrap().reports.insert(text, receipt);
                    } else {
                        let sent = json!({ "room": "internal", "body": text });
                        let path = format!("/api/v1/cases/{room}/messages");
                        insist(addresses, worker, &path, &format!("{shows}{key}"), &sent);
                        acknowledged.lock().unwrap().messages.insert(text);
                    }
                    told.send(()).unwrap();
                }
            });
        }
        for round in 0..KILLS {
            counts.iter().take(BETWEEN).for_each(drop);
            let (node, place) = match round % 2 {
                0 => (&mut house.desk, &addresses[0]),
                _ => (&mut other, &addresses[1]),
            };
            node.kill_and_start(&environment(&database));
            *place.lock().unwrap() = node.address.clone();
        }
        counts.iter().take(BETWEEN).for_each(drop);
        stop.store(true, Ordering::Relaxed);
    });
    let mut acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.reports.len() > KILLS * BETWEEN / 4, "{}", acknowledged.reports.len());
    for desk in [&house.desk, &other] {
        let found = found(desk, &team, &room, &acknowledged);
        assert!(!found.reminded.is_empty(), "somebody was reminded of something");
        assert_eq!(faults(&acknowledged, &found), Vec::<String>::new());
    }
    verified(&database, 0);

    // The same look finds what is lost, done twice, or not told.
    let mut sent = json!({ "title": "number 0", "body": "steps" });
    let at = format!("/api/v1/projects/{}/reports", team.project);
    house.post("", &at, &sent).is(201);
    sent["title"] = json!("never told");
    house.post("", &at, &sent).is(201);
    let message = acknowledged.messages.first().unwrap().clone();
    let say = json!({ "room": "internal", "body": message });
    house.post(&team.ana.shows, &format!("/api/v1/cases/{room}/messages"), &say).is(201);
    acknowledged.messages.insert("never written".to_owned());
    let lost = acknowledged.reports.keys().next_back().unwrap().clone();
    let case =
        listed(&other, &team.ana.shows).into_iter().find(|item| item["title"] == lost.as_str()).unwrap();
    delete_rows_of(&database, case["case"].as_str().unwrap());
    let seen = faults(&acknowledged, &found(&other, &team, &room, &acknowledged));
    for fault in [
        "report number 0: 2 times".to_owned(),
        "report never told: nobody was told of it".to_owned(),
        format!("message {message}: 2 times"),
        "message never written: 0 times".to_owned(),
        format!("report {lost}: 0 times"),
    ] {
        assert!(seen.contains(&fault), "{fault}: {seen:?}");
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
}

/// Takes a case out of all lists, past the desk.
fn delete_rows_of(database: &str, case: &str) {
    let id: fixlead_core::id::CaseId = case.parse().unwrap();
    cluster::wait(async {
        let client = cluster::connect(database).await;
        let id = id.bytes().to_vec();
        let deleted = client.execute("DELETE FROM list WHERE substr(stream, 2) = $1", &[&id]).await.unwrap();
        assert!(deleted > 0);
    });
}

/// Verifies the log of a database; exits with this code.
pub fn verified(database: &str, code: i32) -> String {
    let place = directory("verify");
    let output = fixlead(&place, &["log", "verify", "--database-url", database]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}{}", messages(&output));
    text
}

#[test]
fn what_one_node_did_counts_on_the_other_at_once() {
    let database = cluster::new_database();
    let (house, other) = House::on(&database, "two");
    let (_, team) = house.with_team();
    let (case, receipt) = house.reported(&team, "a flaw", "steps");
    let ana = &team.ana.shows;
    let at = format!("/api/v1/cases/{case}");

    // Two people on two nodes decide on the same version: one of them is told.
    let read = |desk: &Desk| {
        let read = call(desk, "GET", &at, ana, None).is(200);
        format!("if-match: {}\r\n", read.header("etag").unwrap())
    };
    house.post(ana, &format!("{at}/lead"), &json!({})).is(201);
    let (here, there) = (read(&house.desk), read(&other));
    assert_eq!(here, there);
    let record = |desk: &Desk, version: &str, id: &str| {
        let sent = json!({ "event": { "type": "cve.assigned", "id": id } });
        let headers = format!("{ana}{version}{}", house.key());
        call(desk, "POST", &format!("{at}/events"), &headers, Some(&sent))
    };
    let first = record(&house.desk, &here, "CVE-2026-10001").is(201).json();
    let second = record(&other, &there, "CVE-2026-10002").is(409).json();
    assert_eq!(second["type"], "/problems/conflict");
    assert_eq!(second["actual"], first["version"], "it says which version there is now");
    record(&other, &read(&other), "CVE-2026-10002").is(201);

    // A repetition is recognised wherever it arrives, and so is a stolen key.
    let key = house.key();
    let say = |desk: &Desk, text: &str| {
        let sent = json!({ "room": "internal", "body": text });
        call(desk, "POST", &format!("{at}/messages"), &format!("{ana}{key}"), Some(&sent))
    };
    let written = say(&house.desk, "once").is(201).json();
    assert_eq!(say(&other, "once").is(201).json()["message"], written["message"]);
    assert_eq!(say(&other, "twice").is(422).json()["type"], "/problems/repeated-with-other-content");
    call(&other, "GET", "/api/v1/report", &receipt, None).is(200);

    // A session that was ended here is no session there, with the next request.
    let session = crate::house::sign_in(&house.desk, &team.bo, 1);
    call(&other, "GET", &at, &session.shows, None).is(200);
    house.delete(&session.shows, "/api/v1/session").is(204);
    call(&other, "GET", &at, &session.shows, None).is(401);
    // So are a token, and a person.
    let (token, id) = house.token(ana, &["read"]);
    call(&other, "GET", &at, &token, None).is(200);
    house.delete(ana, &format!("/api/v1/tokens/{id}")).is(204);
    call(&other, "GET", &at, &token, None).is(401);
    call(&other, "GET", &at, &team.bo.shows, None).is(200);
    let suspend = json!({ "standing": "suspended", "reason": "left" });
    house.post(&house.olga.shows, &format!("/api/v1/people/{}/standing", team.bo.person), &suspend).is(200);
    call(&other, "GET", &at, &team.bo.shows, None).is(404);
    verified(&database, 0);
}

#[test]
fn a_database_on_postgresql_is_looked_after_like_one_in_a_file() {
    let database = cluster::new_database();
    let (house, other) = House::on(&database, "kept");
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let at = format!("/api/v1/cases/{case}");
    drop(other);
    let place = house.desk.place.clone();
    let run = |arguments: &[&str], code: i32| {
        let output = fixlead(&place, arguments).env("FIXLEAD_DATABASE_URL", &database).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &messages(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
        text
    };
    let looked = run(&["doctor", "--listen", &house.desk.address], 0);
    assert!(looked.contains("PostgreSQL opens with its key and is whole"), "{looked}");
    assert!(looked.contains("ok    clock"), "{looked}");
    // While the desk runs: a backup, an export, and both are whole.
    run(&["backup", "copy"], 0);
    run(&["export", "--to", "export"], 0);
    assert!(run(&["log", "verify"], 0).contains("the log is whole"));
    assert!(run(&["log", "verify", "--export", "export"], 0).contains("the log is whole"));
    // What is written after the backup is not in it.
    house.post(&team.ana.shows, &format!("{at}/notes"), &json!({ "text": "later" })).is(201);

    // A backup of PostgreSQL opens on PostgreSQL with the same key, and never over another database.
    let refused = run(&["restore", "copy"], 2);
    assert!(refused.contains("empty") || refused.contains("already"), "{refused}");
    let second = cluster::new_database();
    let restored = fixlead(&place, &["restore", "copy", "--database-url", &second]).output().unwrap();
    assert!(restored.status.success(), "{}", messages(&restored));
    verified(&second, 0);
    let again = directory("kept-again");
    std::fs::copy(place.join("fixlead-data.key"), again.join("fixlead-data.key")).unwrap();
    let desk = Desk::start_with(again, "", &environment(&second));
    let read = call(&desk, "GET", &at, &team.ana.shows, None).is(200);
    assert!(read.text.contains("a flaw") && !read.text.contains("later"), "{}", read.text);
    let read = house.get(&team.ana.shows, &at).is(200);
    assert!(read.text.contains("later"), "{}", read.text);

    // Another key opens nothing, and a server that is gone is named as that.
    let stranger = directory("kept-stranger");
    std::fs::write(stranger.join("fixlead-data.key"), format!("{}=\n", "A1".repeat(21) + "A")).unwrap();
    std::fs::set_permissions(
        stranger.join("fixlead-data.key"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let looked = fixlead(&stranger, &["doctor", "--database-url", &database]).output().unwrap();
    let text = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(looked.status.code() == Some(1) && text.contains("fail  database"), "{text}");
    let gone = "postgres://postgres@127.0.0.1:1/none";
    let looked = fixlead(&place, &["doctor", "--database-url", gone]).output().unwrap();
    let text = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(looked.status.code() == Some(1) && text.contains("refused"), "{text}");
}
