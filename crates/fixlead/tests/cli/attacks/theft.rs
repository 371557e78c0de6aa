//! Somebody has the disk, the database's administrator is curious, or a crash
//! might write the memory down: of 5,000 strings that were planted on the running
//! desk, and of everything that lets people in, nothing is found.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::json;

use super::altered::{base64, exported};
use crate::cluster;
use crate::desk::{directory, fixlead, messages};
use crate::house::{House, NOBODY, Team, enrol};

/// Strings that are planted, and how many bytes of each are looked for.
const PLANTED: usize = 5000;
const LENGTH: usize = 12;
/// Strings in one text.
const TOGETHER: usize = 80;

/// A string that nothing else is like.
fn planted(number: usize) -> String {
    let mut mixed = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    format!("Pl{:010x}", (mixed ^ mixed >> 27) & 0xff_ffff_ffff)
}

/// What is looked for, and what begins like it.
struct Wanted {
    strings: BTreeSet<[u8; LENGTH]>,
    begins: Vec<bool>,
}

impl Wanted {
    /// The end of each string: what stands before it is often the same for all.
    fn new<'a>(strings: impl IntoIterator<Item = &'a str>) -> Wanted {
        let strings: BTreeSet<[u8; LENGTH]> =
            strings.into_iter().map(|text| *text.as_bytes().last_chunk().unwrap()).collect();
        let mut begins = vec![false; 1 << 16];
        strings.iter().for_each(|text| begins[usize::from(text[0]) << 8 | usize::from(text[1])] = true);
        Wanted { strings, begins }
    }

    fn search(&self, bytes: &[u8]) -> BTreeSet<String> {
        let begins = |at: &usize| self.begins[usize::from(bytes[*at]) << 8 | usize::from(bytes[at + 1])];
        (0..bytes.len().saturating_sub(LENGTH - 1))
            .filter(begins)
            .filter(|at| self.strings.contains(&bytes[*at..at + LENGTH]))
            .map(|at| String::from_utf8_lossy(&bytes[at..at + LENGTH]).into_owned())
            .collect()
    }

    /// How many bytes lie below a place, and what is found in them.
    fn search_files(&self, place: &Path) -> (u64, BTreeSet<String>) {
        let (mut size, mut found) = (0, BTreeSet::new());
        let mut open = vec![place.to_owned()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else if let Ok(bytes) = fs::read(&path) {
                size += bytes.len() as u64;
                found.extend(self.search(&bytes));
            }
        }
        (size, found)
    }
}

/// Plants strings wherever people write something, and gathers what lets them in.
fn plant(house: &House, team: &Team, case: &str, receipt: &str) -> Wanted {
    let mut numbers = 0..PLANTED;
    let mut next = |count: usize| numbers.by_ref().take(count).map(planted).collect::<Vec<_>>().join(" ");
    let (ana, olga) = (&team.ana.shows, &house.olga.shows);
    let at = |what: &str| format!("/api/v1/cases/{case}{what}");
    let mut secrets: Vec<String> = vec![receipt.trim().to_owned()];
    for number in 0..5 {
        let sent = json!({ "room": "internal", "body": next(TOGETHER) });
        house.post(ana, &at("/messages"), &sent).is(201);
        house.post(receipt, "/api/v1/report/messages", &json!({ "body": next(TOGETHER) })).is(201);
        house.post(ana, &at("/notes"), &json!({ "text": next(TOGETHER) })).is(201);
        let name = format!("{}.txt", next(1));
        let path = at(&format!("/attachments?room=internal&name={name}"));
        house.upload(ana, &path, next(TOGETHER * 2).as_bytes()).is(201);
        house.post(olga, "/api/v1/organisations", &json!({ "name": next(1) })).is(201);
        let invited = house.post(olga, "/api/v1/invitations", &json!({ "name": next(1) })).is(201).json();
        secrets.push(invited["link"].as_str().unwrap().to_owned());
        // One of them comes in, under an address of their own.
        if number == 0 {
            let link = secrets.pop().unwrap();
            let member = enrol(&house.desk, &link, &format!("{}@{}.example", next(1), next(1)));
            let (token, _) = house.token(&member.shows, &["read"]);
            secrets.extend([token.trim().to_owned(), link]);
            secrets.extend(member.recovery.iter().cloned());
        }
    }
    let name = json!({ "name": next(1), "scopes": ["read"], "ends": "2030-01-01T00:00:00Z" });
    let ends = house.post(ana, "/api/v1/tokens", &name);
    assert!([201, 422].contains(&ends.status), "{}", ends.text);
    let reports = format!("/api/v1/projects/{}/reports", team.project);
    loop {
        let (title, credit, body) = (next(2), next(1), next(TOGETHER));
        if body.is_empty() {
            break;
        }
        let sent = json!({ "title": title, "body": body, "credit": credit });
        let taken = house.post(NOBODY, &reports, &sent).is(201).json();
        secrets.push(taken["receipt"].as_str().unwrap().to_owned());
    }
    for member in [&team.ana, &team.bo, &team.eli, &house.olga] {
        let cookie = member.shows.split("\r\n").next().unwrap();
        secrets.push(cookie.to_owned());
        secrets.extend(member.recovery.iter().cloned());
    }
    // What they sign in with; of an address the end that all of them share.
    secrets.extend(["four unrelated words here", "ana@example.org"].map(str::to_owned));
    let all: Vec<String> = (0..PLANTED).map(planted).collect();
    let wanted = Wanted::new(all.iter().chain(&secrets).map(String::as_str));
    assert_eq!(wanted.strings.len(), PLANTED + secrets.len(), "all are different");
    assert!(secrets.len() > 50, "{}", secrets.len());
    wanted
}

/// Takes everything that lies on the disk of a running desk, and looks.
fn steal(house: &House, wanted: &Wanted, elsewhere: Option<&Path>) {
    let place = &house.desk.place;
    let environment = std::env::var_os("FIXLEAD_DATABASE_URL");
    assert!(environment.is_none(), "the tests bring their own database");
    let (size, found) = wanted.search_files(place);
    assert!(found.is_empty(), "{} of {}: {found:?}", found.len(), wanted.strings.len());
    let enough = 1_000_000;
    match elsewhere {
        None => assert!(size > enough, "only {size} bytes were looked at"),
        Some(other) => {
            let (size, found) = wanted.search_files(other);
            assert!(size > enough && found.is_empty(), "{size}: {} {found:?}", found.len());
        }
    }
    // The key alone is 32 bytes in base64, and is of no use without the database.
    assert_eq!(fs::read(place.join("fixlead-data.key")).unwrap().len(), 45);
    // The search would find it: one of them beside the rest, in the clear.
    fs::write(place.join("fixlead-data/left"), planted(1234)).unwrap();
    assert_eq!(wanted.search_files(place).1, BTreeSet::from([planted(1234)]));
    fs::remove_file(place.join("fixlead-data/left")).unwrap();
}

/// Lets a process dump its core, as far as anybody can, and kills it so that it
/// would. Whether it did.
fn dumps(process: &mut Child, signal: &str) -> Option<bool> {
    let pid = process.id().to_string();
    let id = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
    let endless = Rlimit { current: None, maximum: None };
    // Only who runs the tests as root can take the limit away again.
    let raised = prlimit(Some(id), Resource::Core, endless).is_ok();
    // One that comes from outside only takes away the handler that tells an
    // overflow of the stack from other faults; the next one ends it.
    let ended = loop {
        Command::new("kill").args(["-s", signal, &pid]).stderr(Stdio::null()).status().unwrap();
        if let Some(ended) = process.try_wait().unwrap() {
            break ended;
        }
    };
    assert!(ended.signal().is_some(), "{ended:?}");
    raised.then_some(ended.core_dumped())
}

/// The process is killed in the ways that leave a core, and leaves none.
fn crash(house: &mut House, wanted: &Wanted, signal: &str) {
    let pid = house.desk.process.id();
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    let bounds: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(bounds, ["0", "0"], "{core}");
    let dumped = dumps(&mut house.desk.process, signal);
    assert_ne!(dumped, Some(true), "without its limit the process still must not be dumped");
    let names: Vec<String> = fs::read_dir(&house.desk.place)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("core"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
    assert_eq!(wanted.search_files(&house.desk.place).1, BTreeSet::new());
    // A process that does not see to it is dumped, where the system dumps any.
    let mut careless = Command::new("sleep").arg("600").current_dir(directory("careless")).spawn().unwrap();
    let control = dumps(&mut careless, signal);
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    let dumps_any = !pattern.trim().is_empty();
    assert!(control != Some(false) || !dumps_any, "the same look finds a dump: {pattern}");
}

#[test]
fn a_stolen_disk_of_a_running_desk_holds_nothing_readable_and_no_core_is_written() {
    let mut house = House::new("theft");
    let (_, team) = house.with_team();
    let (case, receipt) = house.reported(&team, "the case", "its report");
    let wanted = plant(&house, &team, &case, &receipt);
    let place = house.desk.place.clone();
    for arguments in [&["backup", "copy"][..], &["export", "--to", "export"]] {
        let output = fixlead(&place, arguments).output().unwrap();
        assert!(output.status.success(), "{}", messages(&output));
    }
    assert!(place.join("fixlead-data/fixlead.db-wal").exists(), "the write-ahead log is looked at, too");
    steal(&house, &wanted, None);
    crash(&mut house, &wanted, "ABRT");
    house.desk.kill_and_start(&[]);
    crash(&mut house, &wanted, "SEGV");
}

#[test]
fn the_administrator_of_the_database_sees_ciphertext_only() {
    let database = cluster::new_database();
    let (house, _other) = House::on(&database, "administrator");
    let (_, team) = house.with_team();
    let (case, receipt) = house.reported(&team, "the case", "its report");
    let wanted = plant(&house, &team, &case, &receipt);
    // The files of the server, its write-ahead log among them.
    let execute = |statement: &str| {
        cluster::wait(async {
            cluster::connect(&database).await.batch_execute(statement).await.unwrap();
        });
    };
    execute("CHECKPOINT");
    steal(&house, &wanted, Some(&cluster::data()));
    // Everything that can be selected.
    let environment = [("FIXLEAD_DATABASE_URL", Path::new(&database))];
    let rows = exported(&house.desk.place, &environment);
    let mut looked = 0;
    for value in rows.iter().flat_map(|row| row.as_object().unwrap().values()) {
        let text = value.to_string();
        assert_eq!(wanted.search(text.as_bytes()), BTreeSet::new());
        if let Some(bytes) = value.as_str().and_then(base64) {
            looked += bytes.len();
            assert_eq!(wanted.search(&bytes), BTreeSet::new());
        }
    }
    assert!(looked > 250_000, "only {looked} bytes were looked at");
    // And the same search finds what somebody put there in the clear.
    let text = planted(77);
    execute(&format!("INSERT INTO setting VALUES ('x', '{text}')"));
    let rows = exported(&house.desk.place, &environment);
    let found = rows
        .iter()
        .filter_map(|row| row["value"].as_str())
        .filter_map(base64)
        .any(|bytes| wanted.search(&bytes) == BTreeSet::from([text.clone()]));
    assert!(found, "{text}");
}
