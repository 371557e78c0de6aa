//! What keeps a desk honest and its key young: witnesses of the log, signed
//! timestamps for reporters, rotation of the installation's key. All of it on
//! the real command.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{Desk, body, fixlead, messages, run};
use crate::house::{House, NOBODY, call};

const EVERY_SECOND: &str = "witness.every = \"PT1S\"\n";

/// Waits until something is so; a desk signs within a second and tries again
/// after five.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..300 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("it never came to this: {what}");
}

fn number(desk: &Desk, name: &str) -> Option<u64> {
    let numbers = desk.get("/metrics");
    body(&numbers).lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn said(place: &Path, arguments: &[&str], code: i32) -> String {
    let output = run(place, arguments);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &messages(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
    text
}

/// How many heads are signed, and how many of them a witness's file has.
fn witnessed(place: &Path, file: &Path) -> (u64, u64) {
    let arguments = ["log", "verify", "--json", "--config", "desk.toml", "--witness", file.to_str().unwrap()];
    let output = run(place, &arguments);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (told["heads"].as_u64().unwrap_or(0), told["witnessed"].as_u64().unwrap_or(u64::MAX))
}

fn has_all(place: &Path, file: &Path) -> bool {
    let (signed, kept) = witnessed(place, file);
    signed > 0 && signed == kept
}

fn organisation(house: &House, name: &str) {
    house.post(&house.olga.shows, "/api/v1/organisations", &json!({ "name": name })).is(201);
}

fn signed_after(house: &House, work: impl FnOnce()) {
    let before = number(&house.desk, "fixlead_log_heads_signed_total ").unwrap();
    work();
    until("another head is signed", || {
        number(&house.desk, "fixlead_log_heads_signed_total ").is_some_and(|signed| signed > before)
    });
}

#[test]
fn a_witness_file_gets_what_it_missed_while_it_was_away() {
    let house =
        House::set_up("witness-file", &format!("{EVERY_SECOND}witness.files = [\"elsewhere/heads\"]\n"));
    let place = house.desk.place.clone();
    let (disk, away) = (place.join("elsewhere"), place.join("away"));
    let file = disk.join("heads");
    signed_after(&house, || organisation(&house, "One"));
    until("the witness is behind", || number(&house.desk, "fixlead_witnesses_behind ") == Some(1));
    assert!(house.desk.log().contains("cannot be given signed heads"), "{}", house.desk.log());

    fs::create_dir(&disk).unwrap();
    until("the file has all heads", || has_all(&place, &file));
    until("the witness is level", || number(&house.desk, "fixlead_witnesses_behind ") == Some(0));
    assert!(said(&place, &["doctor", "--config", "desk.toml"], 0).contains("holds every signed head"));

    // Its disk goes, and what is written meanwhile loses half a line.
    fs::rename(&disk, &away).unwrap();
    signed_after(&house, || organisation(&house, "Two"));
    signed_after(&house, || organisation(&house, "Three"));
    until("the witness is behind again", || number(&house.desk, "fixlead_witnesses_behind ") == Some(1));
    let told = said(&place, &["doctor", "--config", "desk.toml"], 1);
    assert!(told.contains("elsewhere/heads has no directory"), "{told}");
    let text = fs::read_to_string(away.join("heads")).unwrap();
    fs::write(away.join("heads"), &text[..text.len() - 20]).unwrap();
    fs::rename(&away, &disk).unwrap();
    until("the file has all heads again", || has_all(&place, &file));
    let lines = fs::read_to_string(&file).unwrap();
    let mut numbers: Vec<u64> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].as_u64().unwrap())
        .collect();
    let many = numbers.len();
    numbers.dedup();
    assert!(numbers.is_sorted() && numbers.len() == many && many >= 3, "{numbers:?}");
    // Nothing of it held the desk up.
    assert!(house.desk.is_well());
}

#[test]
fn another_instance_keeps_heads_and_finds_a_log_out_that_was_rewritten() {
    let mut house = House::set_up("witnessed", EVERY_SECOND);
    let place = house.desk.place.clone();
    let shown: Value =
        serde_json::from_str(&said(&place, &["key", "show", "--json", "--config", "desk.toml"], 0)).unwrap();
    let own = shown["witness"].as_str().unwrap().to_owned();
    let keep = format!("witness.keep = [\"{own}\"]\n");
    let keeper = Desk::start("keeper", &keep);
    let origin = format!("http://{}", keeper.address);
    let back = format!("{keep}listen = \"{}\"\n", keeper.address);
    let sends = format!("{EVERY_SECOND}witness.instances = [\"{origin}\"]\n");
    let file = place.join("kept");
    let kept = |of: &Desk, more: &[&str]| {
        let mut arguments = vec!["log", "kept", own.as_str(), "--config", "desk.toml"];
        arguments.extend(more);
        let output = run(&of.place, &arguments);
        assert!(output.status.success(), "{}", messages(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    house.restart(&sends);
    organisation(&house, "One");
    until("the keeper has all heads", || {
        fs::write(&file, kept(&keeper, &[])).unwrap();
        has_all(&place, &file)
    });

    // It goes down, the desk goes on, and it comes back.
    let there = keeper.place.clone();
    drop(keeper);
    signed_after(&house, || organisation(&house, "Two"));
    until("the witness is behind", || number(&house.desk, "fixlead_witnesses_behind ") == Some(1));
    organisation(&house, "Three");
    let keeper = Desk::start_in(there, &back);
    until("the keeper has all heads again", || {
        fs::write(&file, kept(&keeper, &[])).unwrap();
        has_all(&place, &file)
    });

    // Somebody with the key puts an older database back, and goes on from there
    // with another history of the same length.
    house.stop();
    let data = place.join("fixlead-data");
    let database = |name: &str| data.join(name);
    let copy = place.join("older.db");
    fs::copy(database("fixlead.db"), &copy).unwrap();
    assert!(
        !database("fixlead.db-wal").metadata().is_ok_and(|wal| wal.len() > 0) || {
            fs::copy(database("fixlead.db-wal"), place.join("older.db-wal")).is_ok()
        }
    );
    house.restart(&sends);
    signed_after(&house, || organisation(&house, "Four"));
    until("the keeper has the last one", || {
        fs::write(&file, kept(&keeper, &[])).unwrap();
        has_all(&place, &file)
    });
    house.stop();
    for name in ["fixlead.db-wal", "fixlead.db-shm"] {
        let _ = fs::remove_file(database(name));
    }
    fs::copy(&copy, database("fixlead.db")).unwrap();
    let _ = fs::copy(place.join("older.db-wal"), database("fixlead.db-wal"));
    house.restart(EVERY_SECOND);
    signed_after(&house, || organisation(&house, "Not Four"));
    assert!(said(&place, &["log", "verify", "--config", "desk.toml"], 0).contains("the log is whole"));
    let told = said(&place, &["log", "verify", "--config", "desk.toml", "--witness", "kept"], 1);
    assert!(told.contains("the log was altered") && told.contains("witness kept"), "{told}");

    // The desk itself finds out, and the keeper refuses, alarms, and keeps both.
    house.restart(&sends);
    until("the desk knows", || number(&house.desk, "fixlead_witnesses_contradicting ") == Some(1));
    assert!(house.desk.log().contains("rolled back or rewritten"));
    until("the keeper knows", || number(&keeper, "fixlead_witness_heads_refused_total ") == Some(1));
    assert!(keeper.log().contains("contradicts the one kept here"), "{}", keeper.log());
    assert_eq!(kept(&keeper, &["--refused"]).lines().count(), 1);
    assert_eq!(kept(&keeper, &[]), fs::read_to_string(&file).unwrap(), "what was kept stays");
    let told = said(&place, &["doctor", "--json", "--config", "desk.toml"], 1);
    assert!(told.contains("holds a head that this log does not know"), "{told}");
}

#[test]
fn heads_are_kept_for_nobody_who_is_not_named() {
    let stranger = House::set_up("witness-stranger", EVERY_SECOND);
    let keeper = Desk::start("witness-nobody", "");
    let sends = format!("{EVERY_SECOND}witness.instances = [\"http://{}\"]\n", keeper.address);
    let mut stranger = stranger;
    stranger.restart(&sends);
    until("it is refused", || stranger.desk.log().contains("cannot be given signed heads"));
    assert_eq!(number(&keeper, "fixlead_witness_heads_kept_total "), Some(0));
    let sent = json!({ "installation": "00", "key": "", "to": "x", "at": 0, "heads": [], "signature": "" });
    call(&keeper, "POST", "/api/v1/witness/heads", "", Some(&sent)).is(422);
}

#[test]
fn a_reporter_can_prove_what_was_reported() {
    let house = House::set_up("timestamp", EVERY_SECOND);
    let (_, team) = house.with_team();
    let (_, receipt) = house.reported(&team, "overflow in the decoder", "it reads past the end");
    let place = &house.desk.place;
    let mut timestamp = String::new();
    until("the timestamp is there", || {
        let answer = house.get(&receipt, "/api/v1/report/timestamp");
        assert!(answer.status == 200 || answer.status == 503, "{}", answer.text);
        timestamp = answer.text.clone();
        answer.status == 200
    });
    house.get(NOBODY, "/api/v1/report/timestamp").is(404);
    fs::write(place.join("proof"), &timestamp).unwrap();
    let told = said(place, &["log", "verify", "--timestamp", "proof"], 0);
    assert!(told.contains("the timestamp is right"), "{told}");
    // What was reported is what anybody can hash.
    use std::io::Write as _;
    let mut hash = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    hash.stdin.take().unwrap().write_all(b"overflow in the decoder\nit reads past the end").unwrap();
    let hash = String::from_utf8(hash.wait_with_output().unwrap().stdout).unwrap();
    assert!(told.contains(hash.split(' ').next().unwrap()), "{told}{hash}");
    let with_log = ["log", "verify", "--timestamp", "proof", "--config", "desk.toml"];
    assert!(said(place, &with_log, 0).contains("the log is whole"));

    // Any change of it is found.
    let whole: Value = serde_json::from_str(&timestamp).unwrap();
    let zeros = |bytes: usize| json!("0".repeat(2 * bytes));
    for (pointer, other) in [
        ("/report", zeros(32)),
        ("/recorded", json!(0)),
        ("/position", json!(1)),
        ("/event", zeros(32)),
        ("/signature", zeros(64)),
        ("/head/number", json!(1)),
        ("/head/hash", zeros(32)),
        ("/head/key", zeros(32)),
    ] {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = other;
        fs::write(place.join("changed"), changed.to_string()).unwrap();
        let told = said(place, &["log", "verify", "--timestamp", "changed"], 1);
        assert!(told.contains("the timestamp is wrong"), "{pointer}: {told}");
    }
    // Another desk's log does not hold it.
    let other = House::set_up("timestamp-other", EVERY_SECOND);
    signed_after(&other, || organisation(&other, "One"));
    fs::write(other.desk.place.join("proof"), &timestamp).unwrap();
    assert!(said(&other.desk.place, &with_log, 1).contains("another installation"));
}

/// The lines of a key file, without looking at them.
fn keys(place: &Path) -> Vec<String> {
    let text = fs::read_to_string(place.join("fixlead-data.key")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn opens(place: &Path) -> bool {
    run(place, &["key", "show", "--config", "desk.toml"]).status.success()
}

#[test]
fn a_rotated_key_opens_nothing_after_it_was_removed() {
    let mut house = House::new("rotate");
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "text");
    let place = house.desk.place.clone();
    let config = ["--config", "desk.toml"];
    let key = |verb: &[&str], code| said(&place, &[&["key"], verb, &config].concat(), code);
    assert!(key(&["rotate"], 2).contains("another fixlead uses this data directory"));
    house.stop();
    let old = keys(&place);
    assert!(key(&["rotate"], 0).contains("copy the key file now"));
    let both = keys(&place);
    assert!(both.len() == 2 && both[1] == old[0] && both[0] != old[0]);
    let mode = fs::metadata(place.join("fixlead-data.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = key(&["show"], 0);
    assert!(!both.iter().any(|line| shown.contains(line.as_str())), "ids, never keys");
    assert!(shown.contains("nothing is wrapped with it"), "{shown}");
    key(&["remove-older"], 0);
    assert_eq!(keys(&place), both[..1]);

    // The old key alone is as good as none, and the new one opens everything.
    let with = |line: &String, verb: &[&str]| {
        let mut command = fixlead(&place, &[verb, &config].concat());
        command.env("FIXLEAD_KEY", line).output().unwrap()
    };
    let refused = with(&old[0], &["key", "show"]);
    assert!(!refused.status.success() && messages(&refused).contains("another installation key"));
    assert!(with(&both[0], &["key", "show"]).status.success());
    house.restart("");
    house.get(&team.ana.shows, &format!("/api/v1/cases/{case}")).is(200);
    house.stop();

    // A key that the command cannot change is refused with what to do.
    let told = with(&both[0], &["key", "rotate"]);
    assert!(messages(&told).contains("openssl rand -base64 32"), "{}", messages(&told));
    let mut lines = both.clone();
    lines.swap(0, 1);
    let given = with(&lines.join("\n"), &["key", "rotate"]);
    assert!(given.status.success(), "{}", messages(&given));
    assert!(with(&old[0], &["key", "show"]).status.success(), "it is the new one now");
}

#[test]
fn a_rotation_that_is_killed_anywhere_goes_on() {
    let mut house = House::new("rotate-killed");
    let (_, team) = house.with_team();
    let reports: Vec<String> =
        (0..40).map(|number| house.reported(&team, &format!("flaw {number}"), "text").0).collect();
    house.stop();
    let place = house.desk.place.clone();
    let rotate = ["key", "rotate", "--config", "desk.toml"];
    // Broken off after the file was written: both keys open, and nothing is
    // lost of either.
    said(&place, &["key", "rotate", "--prepare", "--config", "desk.toml"], 0);
    let prepared = keys(&place);
    assert_eq!(prepared.len(), 2);
    let older = fixlead(&place, &["key", "show", "--config", "desk.toml"])
        .env("FIXLEAD_KEY", &prepared[1])
        .output()
        .unwrap();
    assert!(older.status.success(), "before anything is wrapped anew the older key opens all of it");
    said(&place, &rotate, 0);
    assert_eq!(keys(&place), prepared, "it went on with the key that was there");
    said(&place, &["key", "remove-older", "--config", "desk.toml"], 0);

    // And wherever it happens to be.
    let mut killed = 0;
    for wait in 0..30 {
        let mut child = fixlead(&place, &rotate).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait * 3));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        let _ = child.kill();
        child.wait().unwrap();
        assert!(opens(&place), "killed after {} ms", wait * 3);
        if keys(&place).len() > 8 {
            said(&place, &rotate, 0);
            said(&place, &["key", "remove-older", "--config", "desk.toml"], 0);
        }
    }
    assert!(killed > 0, "nothing was killed, so nothing was tried");
    said(&place, &rotate, 0);
    said(&place, &["key", "remove-older", "--config", "desk.toml"], 0);
    assert_eq!(keys(&place).len(), 1);
    house.restart("");
    for case in &reports {
        house.get(&team.ana.shows, &format!("/api/v1/cases/{case}")).is(200);
    }
}
