//! Somebody writes to the database: exchanges, rolls back, cuts off, or writes
//! the whole log anew with the installation's key. It is found out, and where;
//! and nobody is shown what stands in a wrong place.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cluster;
use crate::desk::{Desk, directory, fixlead, messages};
use crate::house::{House, call};

/// Bytes from base64 with padding.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.trim_end_matches('=').chars() {
        held = held << 6 | u32::try_from(letters.find(letter)?).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

/// An export of a running desk's database, row by row.
pub fn exported(place: &Path, environment: &[(&str, &Path)]) -> Vec<Value> {
    let output = fixlead(place, &["export"]).envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{}", messages(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Writes rows as an export that was not cut off.
fn written(name: &str, rows: &[Value]) -> PathBuf {
    let place = directory(name);
    let path = place.join("export");
    let kept: Vec<&Value> = rows[1..].iter().filter(|row| row.get("end").is_none()).collect();
    let mut text = format!("{}\n", rows[0]);
    kept.iter().for_each(|row| text.push_str(&format!("{row}\n")));
    text.push_str(&format!("{}\n", json!({ "end": kept.len() })));
    fs::write(&path, text).unwrap();
    path
}

fn of<'a>(rows: &'a mut [Value], table: &str) -> Vec<&'a mut Value> {
    rows.iter_mut().filter(|row| row["table"] == table).collect()
}

/// What `log verify` says of an export, of a data directory and of a PostgreSQL
/// database made from it: all three have to say the same.
fn verified(name: &str, rows: &[Value], witness: Option<&Path>) -> Value {
    let export = written(name, rows);
    let place = export.parent().unwrap().to_owned();
    let restored = fixlead(&place, &["restore", "export"]).output().unwrap();
    assert!(restored.status.success(), "{}", messages(&restored));
    let database = cluster::new_database();
    let restored = fixlead(&place, &["restore", "export", "--database-url", &database]).output().unwrap();
    assert!(restored.status.success(), "{}", messages(&restored));
    let mut said = Vec::new();
    for which in [&["--export", "export"][..], &["--data", "fixlead-data"], &["--database-url", &database]] {
        let mut arguments = vec!["log", "verify", "--json"];
        arguments.extend(which);
        if let Some(path) = witness {
            arguments.extend(["--witness", path.to_str().unwrap()]);
        }
        let output = fixlead(&place, &arguments).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{name} {which:?}: {}", messages(&output)));
        assert_eq!(output.status.code(), Some(i32::from(answer["whole"] != true)), "{answer}");
        said.push(answer);
    }
    assert!(said.iter().all(|answer| *answer == said[0]), "{name}: {said:?}");
    said.remove(0)
}

/// A desk with two cases of which each has a few events, and an export in which a
/// signed head covers the last of them.
fn history(house: &mut House) -> (Vec<Value>, [String; 2], String) {
    let (_, team) = house.with_team();
    let cases = ["first canary", "second canary"].map(|title| house.reported(&team, title, title).0);
    for case in &cases {
        for number in 0..3 {
            let sent = json!({ "room": "internal", "body": format!("message {number} of {case}") });
            house.post(&team.ana.shows, &format!("/api/v1/cases/{case}/messages"), &sent).is(201);
        }
    }
    (signed(house), cases, team.ana.shows)
}

/// An export in which a signed head covers everything: a desk signs when it
/// starts.
fn signed(house: &mut House) -> Vec<Value> {
    for _ in 0..200 {
        house.desk.kill_and_start(&[]);
        for _ in 0..20 {
            let rows = exported(&house.desk.place, &[]);
            let last = |table: &str| {
                let numbers = rows.iter().filter(|row| row["table"] == table);
                numbers.filter_map(|row| row["number"].as_u64()).max()
            };
            if last("head") == last("chain") {
                return rows;
            }
        }
    }
    panic!("no head was signed");
}

/// The id of a stream as rows have it.
fn stream(rows: &[Value], case: &str) -> Value {
    let id: fixlead_core::id::CaseId = case.parse().unwrap();
    let rows = rows.iter().filter(|row| row["table"] == "stream");
    let mut ids = rows.map(|row| row["id"].clone());
    ids.find(|known| base64(known.as_str().unwrap()).unwrap()[1..] == id.bytes()).unwrap()
}

/// The places of a case's events among the rows.
fn events(rows: &[Value], stream: &Value) -> Vec<usize> {
    (0..rows.len()).filter(|at| rows[*at]["table"] == "event" && rows[*at]["stream"] == *stream).collect()
}

fn exchange(rows: &mut [Value], one: usize, other: usize, column: &str) {
    let (first, second) = (rows[one][column].clone(), rows[other][column].clone());
    rows[one][column] = second;
    rows[other][column] = first;
}

/// Starts a desk on rows, with the key of the one that wrote them.
fn desk_on(name: &str, house: &House, rows: &[Value]) -> Desk {
    let place = directory(name);
    fs::copy(written(&format!("{name}-rows"), rows), place.join("export")).unwrap();
    fs::copy(house.desk.place.join("fixlead-data.key"), place.join("fixlead-data.key")).unwrap();
    let restored = fixlead(&place, &["restore", "export"]).output().unwrap();
    assert!(restored.status.success(), "{}", messages(&restored));
    Desk::start_in(place, "")
}

#[test]
fn what_was_altered_is_found_out_and_located_wherever_the_log_lies() {
    let mut house = House::new("altered");
    let (rows, [first, second], _) = history(&mut house);
    let whole = verified("altered-not", &rows, None);
    assert_eq!(whole["whole"], true, "{whole}");
    let (one, two) = (stream(&rows, &first), stream(&rows, &second));
    let (ours, theirs) = (events(&rows, &one), events(&rows, &two));
    let located = |name: &str, at: usize, change: &dyn Fn(&mut Vec<Value>)| {
        let mut altered = rows.clone();
        change(&mut altered);
        assert_ne!(altered, rows, "{name}");
        let said = verified(&format!("altered-{name}"), &altered, None);
        assert_eq!(said["whole"], false, "{name}: {said}");
        assert_eq!(said["position"], rows[at]["position"], "{name}: {said}");
        assert!(said["entry"].is_number() && said["what"].is_string(), "{name}: {said}");
        // What is gone cannot say whose it was.
        if altered.len() == rows.len() {
            assert_eq!(said["version"], rows[at]["version"], "{name}: {said}");
            assert!(said["stream"].is_string(), "{name}: {said}");
        }
    };
    let (a, b) = (ours[ours.len() - 2], theirs[theirs.len() - 2]);
    let last = *ours.last().unwrap();
    located("exchanged-cases", a.min(b), &|rows| exchange(rows, a, b, "sealed"));
    located("exchanged-events", a, &|rows| exchange(rows, a, last, "sealed"));
    located("rolled-back", last, &|rows| {
        for column in ["sealed", "hash"] {
            rows[last][column] = rows[a][column].clone();
        }
    });
    located("a-bit", a, &|rows| {
        let text = rows[a]["sealed"].as_str().unwrap();
        let other = if &text[40..41] == "A" { "B" } else { "A" };
        rows[a]["sealed"] = json!(format!("{}{other}{}", &text[..40], &text[41..]));
    });
    located("left-out", a, &|rows| drop(rows.remove(a)));

    // Cut off so cleanly that what is left fits together: the signed head tells.
    let mut cut = rows.clone();
    let end = rows.iter().filter(|row| row["table"] == "entry").count() as u64 - 3;
    let entry = rows.iter().find(|row| row["table"] == "entry" && row["number"] == end).unwrap().clone();
    let position = entry["position"].as_u64().unwrap();
    cut.retain(|row| {
        (row["table"] != "event" || row["position"].as_u64() <= Some(position))
            && (row["table"] != "entry" || row["number"].as_u64() <= Some(end))
    });
    let ends: Vec<Value> = cut.iter().filter(|row| row["table"] == "event").cloned().collect();
    for row in of(&mut cut, "stream") {
        let last = ends.iter().rfind(|event| event["stream"] == row["id"]).unwrap();
        row["version"] = last["version"].clone();
        row["hash"] = last["hash"].clone();
    }
    for row in of(&mut cut, "chain") {
        for column in ["number", "position", "hash"] {
            row[column] = entry[column].clone();
        }
    }
    let said = verified("altered-cut", &cut, None);
    // What was cut off ends before the first head that was signed after it.
    assert!(said["whole"] == false && said["entry"].as_u64() > Some(end), "{said}");
    // Without the heads it looks whole; then only a witness tells.
    let witness = witness(&rows);
    cut.retain(|row| row["table"] != "head" || row["number"].as_u64() <= Some(end));
    assert_eq!(verified("altered-clean", &cut, None)["whole"], true);
    let said = verified("altered-witnessed", &cut, Some(&witness));
    assert_eq!(said["whole"], false, "{said}");
}

#[test]
fn what_stands_in_a_wrong_place_is_shown_to_nobody() {
    let mut house = House::new("misplaced");
    let (rows, [first, second], ana) = history(&mut house);
    let (one, two) = (stream(&rows, &first), stream(&rows, &second));
    let (a, b) = (events(&rows, &one)[1], events(&rows, &two)[1]);
    let mut altered = rows.clone();
    exchange(&mut altered, a, b, "sealed");
    exchange(&mut altered, a, b, "hash");
    let desk = desk_on("misplaced-desk", &house, &altered);
    for (case, other) in [(&first, "second canary"), (&second, "first canary")] {
        for part in ["", "/evaluation", "/log", "/who-knew"] {
            let read = call(&desk, "GET", &format!("/api/v1/cases/{case}{part}"), &ana, None).is(500);
            assert_eq!(read.json()["type"], "/problems/altered", "{}", read.text);
            assert!(!read.text.contains("canary") && !read.text.contains(other), "{}", read.text);
        }
    }
    assert!(desk.log().contains("fixlead log verify"), "{}", desk.log());
    assert!(!desk.log().contains("canary"), "{}", desk.log());
    // A key of one case under the name of another opens neither; the others go on.
    let mut altered = rows.clone();
    let places: Vec<usize> = [&one, &two]
        .map(|id| {
            (0..rows.len()).find(|at| rows[*at]["table"] == "stream" && rows[*at]["id"] == *id).unwrap()
        })
        .into();
    exchange(&mut altered, places[0], places[1], "key");
    let desk = desk_on("misplaced-keys", &house, &altered);
    for case in [&first, &second] {
        let read = call(&desk, "GET", &format!("/api/v1/cases/{case}"), &ana, None).is(500);
        assert!(!read.text.contains("canary"), "{}", read.text);
    }
    call(&desk, "GET", "/api/v1/directory", &ana, None).is(200);
    // Put right again, both are read.
    let desk = desk_on("misplaced-not", &house, &rows);
    for case in [&first, &second] {
        call(&desk, "GET", &format!("/api/v1/cases/{case}"), &ana, None).is(200);
    }
}

/// The signed heads of an export, as a witness keeps them.
fn witness(rows: &[Value]) -> PathBuf {
    let hex = |value: &Value| -> String {
        let bytes = base64(value.as_str().unwrap()).unwrap();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let setting = |name: &str| {
        let row = rows.iter().find(|row| row["table"] == "setting" && row["name"] == name).unwrap();
        hex(&row["value"])
    };
    let mut text = String::new();
    for head in rows.iter().filter(|row| row["table"] == "head") {
        let line = json!({
            "installation": setting("installation"), "number": head["number"], "position": head["position"],
            "at": head["at"], "hash": hex(&head["hash"]), "key": setting("public-key"),
            "signature": hex(&head["signature"]),
        });
        text.push_str(&format!("{line}\n"));
    }
    let path = directory("witness").join(format!("heads-{}", text.len()));
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_log_that_was_written_anew_with_the_key_does_not_fool_a_witness() {
    let mut house = House::new("rewritten");
    let (rows, ..) = history(&mut house);
    let kept = witness(&rows);
    assert_eq!(verified("rewritten-not", &rows, Some(&kept))["whole"], true);
    // With the key, the settings and the program itself, somebody makes another
    // history of the same installation, signed by the same key.
    let mut anew: Vec<Value> = rows[..1].to_vec();
    anew.extend(rows.iter().filter(|row| row["table"] == "setting").cloned());
    let mut chain = rows.iter().find(|row| row["table"] == "chain").unwrap().clone();
    chain["number"] = json!(0);
    chain["position"] = json!(0);
    chain["hash"] = json!(format!("{}=", "A".repeat(43)));
    anew.push(chain);
    let place = directory("rewritten-anew");
    fs::copy(written("rewritten-rows", &anew), place.join("export")).unwrap();
    fs::copy(house.desk.place.join("fixlead-data.key"), place.join("fixlead-data.key")).unwrap();
    let restored = fixlead(&place, &["restore", "export"]).output().unwrap();
    assert!(restored.status.success(), "{}", messages(&restored));
    fs::write(place.join("first"), "").unwrap();
    let desk = Desk::start_in(place.clone(), "");
    let link = desk.said.lines().find_map(|line| line.split_once("/setup#")).unwrap().1.to_owned();
    crate::house::enrol(&desk, &link, "olga");
    fs::remove_file(place.join("first")).unwrap();
    house.desk = desk;
    let other = signed(&mut house);
    // By itself it is in order, down to the key that signs it.
    let said = verified("rewritten-alone", &other, None);
    assert_eq!(said["whole"], true, "{said}");
    assert_eq!(said["key"], verified("rewritten-key", &rows, None)["key"]);
    let said = verified("rewritten-found", &other, Some(&kept));
    assert_eq!(said["whole"], false, "{said}");
    assert!(said["entry"].is_number(), "{said}");
}
