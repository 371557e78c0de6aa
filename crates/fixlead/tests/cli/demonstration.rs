//! The demonstration: its links, what each of its people sees, and that nothing
//! of it is left, or is possible on a desk that is none.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::desk::{Desk, directory, fixlead, messages, run};
use crate::publishing::until;

/// A demonstration that runs, and the links that it printed.
struct Shown {
    desk: Desk,
    links: Vec<String>,
}

impl Shown {
    fn start(place: &Path, arguments: &[&str]) -> Shown {
        let mut all = vec!["demo", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let log = fs::File::create(place.join("log")).unwrap();
        let mut process = fixlead(place, &all)
            .env("TMPDIR", place.join("tmp"))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (mut said, mut links, mut address) = (String::new(), Vec::new(), String::new());
        while links.len() < 4 {
            let line = lines.next().unwrap_or_else(|| {
                panic!("{said}{}", fs::read_to_string(place.join("log")).unwrap_or_default())
            });
            if let Some(found) = line.strip_prefix("the desk is at http://") {
                address = found.to_owned();
            }
            if let Some(found) = line.trim().strip_prefix(&format!("http://{address}/demo/")) {
                links.push(format!("/demo/{found}"));
            }
            said.push_str(&line);
            said.push('\n');
        }
        std::thread::spawn(move || lines.for_each(drop));
        Shown { desk: Desk { process, place: place.to_owned(), address, said }, links }
    }

    /// Opens a link as a browser does: the cookies that it gives, and where it leads.
    fn enter(&self, word: &str) -> (String, String) {
        let link = self.links.iter().find(|link| link.ends_with(&format!("/{word}"))).unwrap();
        let answer = self.desk.get(link);
        assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
        let header = |name: &'static str| {
            answer
                .lines()
                .filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "))
                .map(str::to_owned)
        };
        let given = header("set-cookie").filter(|cookie| !cookie.contains("Max-Age=0"));
        let cookies: Vec<String> = given.map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
        assert_eq!(cookies.len(), 1, "nobody is two people at once: {answer}");
        (format!("cookie: {}\r\n", cookies[0]), header("location").next().unwrap())
    }

    fn page(&self, shows: &str, path: &str) -> String {
        self.desk.ask("GET", path, shows, b"")
    }

    /// Stops it as Ctrl-C does.
    fn stop(mut self) {
        self.desk.signal("INT");
        assert!(self.desk.process.wait().unwrap().success());
    }
}

fn place(name: &str) -> PathBuf {
    let place = directory(&format!("demonstration-{name}"));
    fs::create_dir_all(place.join("tmp")).unwrap();
    place
}

fn is_empty(place: &Path) -> bool {
    fs::read_dir(place).unwrap().next().is_none()
}

/// The address of a case in a list.
fn case<'a>(page: &'a str, title: &str) -> &'a str {
    let before = page.rsplit_once(title).unwrap().0;
    // What is undecided leads to triage, which is a page of the case.
    let address = before.rsplit("href=\"").next().unwrap().split(['"', '?']).next().unwrap();
    address.strip_suffix("/triage").unwrap_or(address)
}

#[test]
fn a_demonstration_shows_each_of_its_people_what_is_theirs_and_leaves_nothing() {
    let place = place("people");
    let shown = Shown::start(&place, &[]);
    assert!(!is_empty(&place.join("tmp")));
    let front = shown.desk.get("/");
    assert!(front.contains("A demonstration.") && front.contains("Meridian Collector"), "{front}");
    assert!(!front.contains("/demo/"), "who was not given a link does not find one");

    for path in [
        "/advisories/",
        "/advisories/feed.atom",
        "/osv/all.zip",
        "/osv/CVE-2024-90001.json",
        "/.well-known/csaf/provider-metadata.json",
    ] {
        let answer = shown.desk.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }

    // What a case of the desk made public stands beside what came from files.
    until("published", || shown.desk.get("/osv/CVE-2026-89774.json").starts_with("HTTP/1.1 200 "));
    assert!(shown.desk.get("/advisories/feed.atom").contains("CVE-2026-89774"));

    let (gus, to) = shown.enter("reporter");
    assert_eq!(to, "/status");
    let status = shown.page(&gus, "/status");
    assert!(status.contains("Gus Petrov") && status.contains("Baggage header"), "{status}");
    assert!(
        status.contains("you hear from us by tomorrow") && !status.contains("Otherwise good."),
        "{status}"
    );
    assert!(shown.page(&gus, "/inbox").starts_with("HTTP/1.1 303 "), "a reporter has no inbox");

    let (bo, to) = shown.enter("responder");
    assert_eq!(to, "/inbox");
    let inbox = shown.page(&bo, "/inbox");
    assert!(inbox.contains("Bo Lind") && inbox.contains("Debug endpoint answers anybody"), "{inbox}");
    assert!(!inbox.contains("release signing key"), "he has a conflict of interest");

    let (ana, _) = shown.enter("fix-lead");
    let inbox = shown.page(&ana, "/inbox");
    let signing = case(&inbox, "A release signing key");
    let led = shown.page(&ana, signing);
    assert!(
        led.starts_with("HTTP/1.1 200 ") && led.contains("Only those who are named in it may read it."),
        "{led}"
    );
    assert!(shown.page(&bo, signing).starts_with("HTTP/1.1 404 "));
    let (olga, _) = shown.enter("operator");
    let nothing = shown.page(&olga, "/inbox");
    assert!(nothing.contains("Olga Brandt") && !nothing.contains("/cases/"), "{nothing}");
    assert!(shown.page(&olga, signing).starts_with("HTTP/1.1 404 "));

    // The study holds the public facts, with their sources.
    let closed = shown.page(&ana, "/inbox?shelf=closed");
    let study = shown.page(&ana, case(&closed, "Study of CVE-2024-36129"));
    assert!(study.contains("OT-37") && study.contains("collector/pull/10289"), "{study}");

    let wrong = shown.links[0].replace("/demo/", "/demo/x");
    assert!(shown.desk.get(&wrong).starts_with("HTTP/1.1 404 "));
    shown.stop();
    assert!(is_empty(&place.join("tmp")), "a demonstration goes when it is stopped");
}

#[test]
fn what_was_kept_of_a_demonstration_is_no_way_into_a_desk() {
    let place = place("kept");
    let shown = Shown::start(&place, &["--data", "kept"]);
    let (link, (ana, _)) = (shown.links[2].clone(), shown.enter("fix-lead"));
    shown.stop();
    let verified = run(&place, &["log", "verify", "--data", "kept"]);
    assert!(verified.status.success(), "{}", messages(&verified));
    let again = run(&place, &["demo", "--data", "kept"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(messages(&again).contains("there is something already"), "{}", messages(&again));
    assert!(place.join("kept/fixlead.db").exists() && place.join("kept.key").exists(), "it is left alone");

    let desk = Desk::start_in(place, "data = \"kept\"\n");
    for path in [&*link, "/demo/x/operator", "/demo"] {
        assert!(desk.get(path).starts_with("HTTP/1.1 404 "), "{path}");
    }
    let front = desk.get("/");
    assert!(front.contains("Meridian Collector") && !front.contains("A demonstration."), "{front}");
    // A session ends on its own; none can be begun.
    assert!(!desk.ask("GET", "/inbox", &ana, b"").contains("class=\"demo\""));
}

#[test]
fn a_demonstration_is_checked_and_listens_to_nobody_else() {
    let place = place("check");
    let checked = fixlead(&place, &["demo", "--check"]).env("TMPDIR", place.join("tmp")).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{}", messages(&checked));
    assert!(said.contains("Olga Brandt has 0 open cases and 0 closed ones"), "{said}");
    let outside = run(&place, &["demo", "--listen", "0.0.0.0:0"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(messages(&outside).contains("listens on this machine only"), "{}", messages(&outside));
    assert!(is_empty(&place.join("tmp")));
}
