//! Pages that are told when what they show has changed, until the right to it
//! ends.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::house::{House, sign_in};

/// The pass mark: a right that was taken away is gone within a second. A stream
/// also has to be closed, on a machine that does other things.
const REVOKED_WITHIN: Duration = Duration::from_millis(1_700);

/// Opens a stream and reads what comes at once.
fn begin(house: &House, shows: &str, about: &str) -> (TcpStream, String) {
    let mut stream = house.desk.connect();
    let head = format!("GET /live?{about} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{shows}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    while !text.contains("\n\n") && !text.ends_with("\r\n0\r\n\r\n") {
        let mut byte = [0; 1];
        if stream.read(&mut byte).unwrap() == 0 {
            break;
        }
        text.push(char::from(byte[0]));
    }
    assert!(text.starts_with("HTTP/1.1 200 ") && text.contains("text/event-stream"), "{text}");
    (stream, text)
}

/// A stream of what has not changed.
fn listen(house: &House, shows: &str, about: &str) -> TcpStream {
    let (stream, text) = begin(house, shows, about);
    assert!(!text.contains("changed"), "{text}");
    stream
}

/// What still comes, and after how long it ends.
fn rest(stream: &mut TcpStream) -> (String, Duration) {
    let begun = Instant::now();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    (text, begun.elapsed())
}

fn status(house: &House, shows: &str, about: &str) -> u16 {
    house.get(shows, &format!("/live?{about}")).status
}

#[test]
fn a_page_is_told_that_it_changed_and_nothing_else() {
    let house = House::new("live");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "canary-title", "canary-body");
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    let version = house.version(&team.ana.shows, &case);
    let version = version.trim_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
    let about = format!("case={case}&version={version}");
    let mut page = listen(&house, &team.ana.shows, &about);
    let (_, told) = begin(&house, &team.bo.shows, "digest=older");
    assert!(told.contains("event: changed"), "what changed before it listened counts too: {told}");
    let note = json!({ "room": "internal", "body": "canary-said" });
    house.post(&team.bo.shows, &at("/messages"), &note).is(201);
    let (told, _) = rest(&mut page);
    assert!(told.contains("event: changed\ndata:\n\n") && !told.contains("canary"), "{told}");
    // Who may not see it is not told whether there is anything.
    assert_eq!(status(&house, &olga.shows, &about), 404);
    assert_eq!(status(&house, &olga.shows, &format!("case={}&version=1", "0".repeat(26))), 404);
    assert_ne!(status(&house, "", &about), 200);
}

#[test]
fn a_stream_ends_within_a_second_of_the_right_to_it() {
    let house = House::new("live-revoked");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let about = format!("case={case}&version=1000000");
    // A session that is ended.
    let session = sign_in(&house.desk, &team.bo, 1);
    let mut stream = listen(&house, &session.shows, &about);
    house.delete(&session.shows, "/api/v1/session").is(204);
    let (told, after) = rest(&mut stream);
    assert!(after < REVOKED_WITHIN && !told.contains("changed"), "{after:?} {told}");
    // A case that somebody is taken out of.
    let mut stream = listen(&house, &team.bo.shows, &about);
    let sent = json!({ "person": team.bo.person, "reason": "found it himself" });
    let version = house.version(&team.bo.shows, &case);
    let headers = format!("{}{version}", team.bo.shows);
    house.post(&headers, &format!("/api/v1/cases/{case}/recusals"), &sent).is(201);
    let (told, after) = rest(&mut stream);
    assert!(after < REVOKED_WITHIN && !told.contains("changed"), "{after:?} {told}");
    // Somebody who may not act any more, with a page of the inbox.
    let digest = house.get(&team.ana.shows, "/inbox").is(200).text;
    let digest = digest.split("digest=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut stream = listen(&house, &team.ana.shows, &format!("digest={digest}"));
    let sent = json!({ "standing": "suspended", "reason": "left" });
    house.post(&olga.shows, &format!("/api/v1/people/{}/standing", team.ana.person), &sent).is(200);
    let (told, after) = rest(&mut stream);
    assert!(after < REVOKED_WITHIN && !told.contains("changed"), "{after:?} {told}");
}

#[test]
fn streams_are_bounded_and_end_when_the_desk_stops() {
    let mut house = House::new("live-bounds");
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let about = format!("case={case}&version=1000000");
    let mut held: Vec<TcpStream> = (0..6).map(|_| listen(&house, &team.ana.shows, &about)).collect();
    assert_eq!(status(&house, &team.ana.shows, &about), 204, "a seventh has no room, and does not come back");
    let other = listen(&house, &team.bo.shows, &about);
    drop(other);
    let begun = Instant::now();
    house.desk.signal("TERM");
    assert!(house.desk.process.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for stream in &mut held {
        let (told, _) = rest(stream);
        assert!(!told.contains("changed"), "{told}");
    }
    assert!(!house.desk.log().contains("cut off"), "{}", house.desk.log());
}
