//! The verbs that ask a desk, and those that check and copy what it keeps.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{messages, run};
use crate::house::House;

/// An address of this machine is not encrypted, and stays on it.
#[test]
fn no_proxy_reads_what_stays_on_the_machine() {
    let (desk, proxy) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let at = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
    let (own, other) = (at(&desk), at(&proxy));
    let heard = thread::spawn(move || {
        let (mut stream, _) = desk.accept().unwrap();
        let mut head = [0; 2048];
        let read = stream.read(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 401 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        String::from_utf8_lossy(&head[..read]).into_owned()
    });
    proxy.set_nonblocking(true).unwrap();
    let mut asks = Command::new(env!("CARGO_BIN_EXE_fixlead"));
    asks.args(["case", "list", "--server", &own]).env("FIXLEAD_TOKEN", "canary").env_remove("no_proxy");
    for name in ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
        asks.env(name, &other);
    }
    // Nobody answers where the proxy listens, so that who asks it would wait for it.
    let mut asks = asks.env_remove("NO_PROXY").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in (0..6000).take_while(|_| !heard.is_finished()) {
        assert!(proxy.accept().is_err(), "the proxy was asked");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(heard.join().unwrap().contains("canary"));
    asks.wait().unwrap();
    assert!(proxy.accept().is_err(), "the proxy was asked");
}

#[test]
fn a_case_is_worked_on_from_the_command_line() {
    let house = House::new("verbs");
    let (olga, team) = house.with_team();
    let (token, _) = house.token(&team.ana.shows, &["read", "post", "record", "directory"]);
    let place = &house.desk.place;
    fs::write(place.join("report.md"), "steps to reproduce").unwrap();
    let sent = ["report", "send", &team.project, "--title", "a flaw in the parser", "report.md"];
    let told = house.says("", &sent, 0);
    let receipt = told.lines().nth(1).unwrap();
    assert!(receipt.starts_with("fixlead_receipt_") && told.contains("keep this receipt"), "{told}");

    let listed = house.says(&token, &["case", "list"], 0);
    let table = listed;
    let listed: Value = serde_json::from_str(&house.says(&token, &["case", "list", "--json"], 0)).unwrap();
    let case = listed["items"][0]["case"].as_str().unwrap().to_owned();
    assert!(table.starts_with("CASE") && table.contains(&case) && table.contains("a flaw"), "{table}");
    house.says(&token, &["case", "say", &case, "--room", "reporter", "we are looking into it"], 0);
    house.post(&team.ana.shows, &format!("/api/v1/cases/{case}/lead"), &json!({})).is(201);
    let recorded = house.says(&token, &["case", "record", &case, "cve.assigned", "id=CVE-2026-12345"], 0);
    assert!(recorded.starts_with("recorded at "), "{recorded}");
    house.says(&token, &["case", "record", &case, "affected.set", r#"branches=["main","release-1"]"#], 0);
    let stale = ["case", "record", &case, "triage.started", "--version", "1"];
    assert!(house.says(&token, &stale, 1).contains("changed since you read it"));
    let wrong = ["case", "record", &case, "affected.set", "branches=[\"release-9\"]"];
    assert!(house.says(&token, &wrong, 1).contains("/event/branches/0"));
    let shown = house.says(&token, &["case", "show", &case], 0);
    for text in ["a flaw in the parser", "DUTY", "fix-team", "OT-", "we are looking into it"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let history = house.says(&token, &["case", "history", &case], 0);
    assert!(history.contains("cve.assigned") && history.contains("id=CVE-2026-12345"), "{history}");

    let status = house.says(&format!("authorization: Bearer {receipt}"), &["report", "status"], 0);
    assert!(status.contains("a flaw in the parser") && status.contains("we are looking into it"), "{status}");
    let people = house.says(&token, &["people", "list"], 0);
    assert!(people.contains("ana") && people.contains("responder") && !people.contains("eli"), "{people}");
    let rota = house.says(&token, &["rota", "show"], 0);
    assert!(rota.contains("tool\n") && rota.contains("bo"), "{rota}");

    // A token without the scope, and one that is none, are told apart from a desk that is not there.
    let (reader, id) = house.token(&team.ana.shows, &["read"]);
    assert!(house.says(&reader, &["case", "say", &case, "x"], 1).contains("needs the scope `post`"));
    house.delete(&team.ana.shows, &format!("/api/v1/tokens/{id}")).is(204);
    assert!(house.says(&reader, &["case", "list"], 1).contains("sign in first"));
    let nowhere = house.says(&token, &["case", "list", "--server", "http://127.0.0.1:1"], 2);
    assert!(nowhere.contains("cannot be reached"), "{nowhere}");
    let elsewhere = house.says(&token, &["case", "list", "--server", "http://desk.example.org"], 2);
    assert!(elsewhere.contains("not encrypted"), "{elsewhere}");
    assert!(house.says(&token, &["case", "show", "../session"], 2).contains("letters and digits"));
    // Nobody is told of a case that is none of theirs.
    let (stranger, _) = house.token(&olga.shows, &["read", "directory"]);
    let told = house.says(&stranger, &["people", "invite", "gus"], 1);
    assert!(told.contains("cannot be done with a token") && told.contains("fixlead sign-in"), "{told}");
    let none = house.says(&stranger, &["case", "show", &case], 1);
    assert_eq!(none, house.says(&stranger, &["case", "show", "00000000000000000000000000"], 1));
}

#[test]
fn what_is_kept_is_checked_copied_and_brought_back() {
    let house = House::new("kept");
    let (_, team) = house.with_team();
    house.reported(&team, "canary-title-77", "canary-body-77");
    let place = house.desk.place.clone();
    let said = |arguments: &[&str], code: i32| {
        let output = run(&place, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}{}", messages(&output));
        text
    };
    let whole = said(&["log", "verify", "--data", "fixlead-data"], 0);
    assert!(whole.starts_with("the log is whole: "), "{whole}");
    assert!(!whole.contains(" 0 signed heads"), "a head was signed at the start: {whole}");
    // While the desk is at work.
    said(&["backup", "copy"], 0);
    said(&["export", "--to", "everything.ndjson"], 0);
    let piped = said(&["export"], 0);
    assert!(piped.ends_with(&format!("{{\"end\":{}}}\n", piped.lines().count() - 2)), "{piped}");
    assert!(!piped.contains("canary"), "what was sealed stays sealed");
    said(&["log", "verify", "--export", "everything.ndjson"], 0);
    said(&["restore", "copy", "--data", "again"], 0);
    let again: Value =
        serde_json::from_str(&said(&["log", "verify", "--data", "again", "--json"], 0)).unwrap();
    assert_eq!(again["whole"], true);
    assert!(again["events"].as_u64().unwrap() > 10, "{again}");
    said(&["restore", "copy", "--data", "again"], 2);
    said(&["log", "verify", "--data", "nowhere"], 2);

    // One byte of one event, and the first bad entry is named.
    let text = fs::read_to_string(place.join("everything.ndjson")).unwrap();
    let row = text.lines().find(|line| line.contains("\"table\":\"event\"")).unwrap();
    let sealed = serde_json::from_str::<Value>(row).unwrap();
    let (_, longest) = sealed
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .max_by_key(|(_, value)| value.len())
        .unwrap();
    let at = text.find(longest).unwrap() + longest.len() / 2;
    let file = fs::OpenOptions::new().write(true).open(place.join("everything.ndjson")).unwrap();
    let other = if &text[at..=at] == "0" { b"1" } else { b"0" };
    file.write_all_at(other, at as u64).unwrap();
    let altered = said(&["log", "verify", "--export", "everything.ndjson"], 1);
    assert!(altered.starts_with("the log was altered: entry ") && altered.contains("version "), "{altered}");
    let altered = said(&["log", "verify", "--export", "everything.ndjson", "--json"], 1);
    assert_eq!(serde_json::from_str::<Value>(&altered).unwrap()["whole"], false);
}
