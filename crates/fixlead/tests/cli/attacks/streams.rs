//! A session, a token or a role that was taken away while an answer is on its
//! way: the rest of it does not come.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use crate::house::{House, Member, Team, sign_in};

/// Far more than the system keeps between two ends of a connection.
const SIZE: usize = 4 << 20;

/// A way to lose a right: its name, what it was shown with, and what takes it away.
type Way<'a> = (&'a str, &'a str, Box<dyn Fn() + 'a>);

/// Begins a download and reads its beginning only.
fn begin(house: &House, shows: &str, path: &str) -> TcpStream {
    let mut stream = house.desk.connect();
    let head = format!("GET {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{shows}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = vec![0; 1024];
    stream.read_exact(&mut first).unwrap();
    let first = String::from_utf8_lossy(&first).into_owned();
    assert!(first.starts_with("HTTP/1.1 200 "), "{first}");
    assert!(first.contains(&format!("content-length: {SIZE}")), "{first}");
    stream
}

/// How much of it still comes.
fn rest(stream: &mut TcpStream) -> usize {
    let mut bytes = Vec::new();
    // A connection that is cut off may end in an error.
    let _ = stream.read_to_end(&mut bytes);
    bytes.len()
}

#[test]
fn a_download_ends_when_the_right_to_it_does() {
    let house = House::new("streams");
    let (olga, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at % 251) as u8).collect();
    house.upload(&team.ana.shows, &at("/attachments?room=internal&name=core"), &bytes).is(201);
    let seen = house.get(&team.ana.shows, &at("")).is(200).json();
    let path = at(&format!("/attachments/{}", seen["rooms"][0]["files"][0]["blob"].as_str().unwrap()));

    // As long as nothing is taken away the whole of it comes, however slowly.
    let whole = rest(&mut begin(&house, &team.ana.shows, &path));
    assert!(whole >= SIZE - 1024, "{whole}");
    // Each way to lose the right, with a download in the middle.
    let Team { bo, .. } = &team;
    let session = sign_in(&house.desk, bo, 1);
    let (token, id) = house.token(&bo.shows, &["read"]);
    let ways: [Way<'_>; 3] = [
        (
            "session",
            &session.shows,
            Box::new(|| drop(house.delete(&session.shows, "/api/v1/session").is(204))),
        ),
        (
            "token",
            &token,
            Box::new(|| drop(house.delete(&bo.shows, &format!("/api/v1/tokens/{id}")).is(204))),
        ),
        ("standing", &bo.shows, Box::new(|| suspend(&house, &olga, bo))),
    ];
    for (way, shows, take_away) in ways {
        let mut stream = begin(&house, shows, &path);
        take_away();
        let came = rest(&mut stream);
        assert!(came < SIZE - (1 << 20), "{way}: {came} of {SIZE} bytes came afterwards");
        assert_ne!(house.get(shows, &path).status, 200, "{way}");
    }
}

fn suspend(house: &House, olga: &Member, person: &Member) {
    let sent = json!({ "standing": "suspended", "reason": "left" });
    house.post(&olga.shows, &format!("/api/v1/people/{}/standing", person.person), &sent).is(200);
}
