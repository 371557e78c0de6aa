//! A desk that was set up over its API, with people who have roles in it.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use fixlead_app::signin::totp;
use fixlead_core::time::Instant;
use serde_json::{Value, json};

use crate::desk::{Desk, body, directory};

/// What everybody here signs in with.
pub const PASSWORD: &str = "four unrelated words here";

/// An answer, read.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub text: String,
}

impl Answer {
    fn read(answer: &str) -> Answer {
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let head = answer.split("\r\n\r\n").next().unwrap_or_default().to_owned();
        Answer { status, head, text: body(answer).to_owned() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}\n{}", self.head, self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The answer, which has to have this status.
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text);
        self
    }
}

/// Somebody who has enrolled and signed in.
#[derive(Clone)]
pub struct Member {
    pub person: String,
    /// The headers that show who they are.
    pub shows: String,
    pub login: String,
    pub recovery: Vec<String>,
}

pub struct House {
    pub desk: Desk,
    pub olga: Member,
    keys: Cell<u32>,
}

/// Nobody in particular.
pub const NOBODY: &str = "";

#[allow(clippy::disallowed_methods, reason = "an authenticator has a clock of its own")]
fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Instant::from_millis(i64::try_from(since.as_millis()).unwrap())
}

/// What an authenticator shows that was told a secret.
pub fn code(secret: &str) -> String {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: Vec<bool> = secret
        .chars()
        .flat_map(|letter| {
            let value = letters.find(letter).unwrap();
            (0..5).rev().map(move |bit| value >> bit & 1 == 1)
        })
        .collect();
    let bytes = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit)));
    let secret: [u8; 20] = bytes.collect::<Vec<u8>>().try_into().unwrap();
    totp::code(&secret, now()).unwrap()
}

pub fn call(desk: &Desk, method: &str, path: &str, headers: &str, sent: Option<&Value>) -> Answer {
    let text = sent.map(Value::to_string).unwrap_or_default();
    let kind = if sent.is_some() { "content-type: application/json\r\n" } else { "" };
    Answer::read(&desk.ask(method, path, &format!("{headers}{kind}"), text.as_bytes()))
}

/// Opens a link, enrols under a name, and signs in.
pub fn enrol(desk: &Desk, link: &str, login: &str) -> Member {
    let shows = format!("authorization: Bearer {link}\r\n");
    let welcome = call(desk, "GET", "/api/v1/enrolment", &shows, None).is(200).json();
    let code = code(welcome["totp_secret"].as_str().unwrap());
    let sent = json!({ "login": login, "password": PASSWORD, "code": code });
    let enrolled = call(desk, "POST", "/api/v1/enrolment", &shows, Some(&sent)).is(201).json();
    let codes = enrolled["recovery_codes"].as_array().unwrap();
    let recovery: Vec<String> = codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    let person = enrolled["person"].as_str().unwrap().to_owned();
    let member = Member { person, shows: String::new(), login: login.to_owned(), recovery };
    sign_in(desk, &member, 0)
}

/// Signs somebody in with one of their recovery codes.
pub fn sign_in(desk: &Desk, member: &Member, recovery: usize) -> Member {
    sign_in_from(desk, member, recovery, "")
}

/// The same with more headers, such as where it comes from.
pub fn sign_in_from(desk: &Desk, member: &Member, recovery: usize, more: &str) -> Member {
    let sent =
        json!({ "login": member.login, "password": PASSWORD, "recovery_code": member.recovery[recovery] });
    // A session belongs to what it was begun with; here the command line goes on with it.
    let agent = concat!("user-agent: fixlead/", env!("CARGO_PKG_VERSION"), "\r\n");
    let begun = call(desk, "POST", "/api/v1/session", &format!("{agent}{more}"), Some(&sent)).is(201);
    let cookie = begun.header("set-cookie").unwrap().split(';').next().unwrap();
    let shows = format!("cookie: {cookie}\r\nsec-fetch-site: same-origin\r\n{agent}");
    Member { shows, ..member.clone() }
}

impl House {
    /// A desk with its first operator.
    pub fn new(name: &str) -> House {
        House::set_up(name, "")
    }

    /// The same, with something set.
    pub fn set_up(name: &str, configuration: &str) -> House {
        Self::with(name, configuration, &[])
    }

    /// The same on a PostgreSQL database, and another node on it.
    pub fn on(database: &str, name: &str) -> (House, Desk) {
        let environment = [("FIXLEAD_DATABASE_URL", Path::new(database))];
        let house = Self::with(name, "", &environment);
        let other = directory(&format!("{name}-other"));
        fs::copy(house.desk.place.join("fixlead-data.key"), other.join("fixlead-data.key")).unwrap();
        (house, Desk::start_with(other, "", &environment))
    }

    /// A desk with its first operator, set up in some way.
    pub fn with(name: &str, configuration: &str, environment: &[(&str, &Path)]) -> House {
        House::set_up_at(directory(name), configuration, environment)
    }

    /// The same, in a place that has something in it.
    pub fn set_up_in(place: std::path::PathBuf, configuration: &str) -> House {
        House::set_up_at(place, configuration, &[])
    }

    fn set_up_at(place: std::path::PathBuf, configuration: &str, environment: &[(&str, &Path)]) -> House {
        fs::write(place.join("first"), "").unwrap();
        let desk = Desk::start_with(place, configuration, environment);
        // Nobody is waited for a second time.
        fs::remove_file(desk.place.join("first")).unwrap();
        let link = desk.said.lines().find_map(|line| line.split_once("/setup#")).unwrap().1.to_owned();
        let olga = enrol(&desk, &link, "olga");
        House { desk, olga, keys: Cell::new(0) }
    }

    /// Stops the desk, and starts it anew in the same place.
    pub fn restart(&mut self, configuration: &str) {
        self.stop();
        let _ = fs::remove_file(self.desk.place.join("first"));
        self.desk = Desk::start_in(self.desk.place.clone(), configuration);
    }

    /// Stops the desk at once.
    pub fn stop(&mut self) {
        self.desk.process.kill().unwrap();
        self.desk.process.wait().unwrap();
    }

    /// A header with an idempotency key that nobody used.
    pub fn key(&self) -> String {
        self.keys.set(self.keys.get() + 1);
        format!("idempotency-key: key-{:08}\r\n", self.keys.get())
    }

    pub fn get(&self, who: &str, path: &str) -> Answer {
        call(&self.desk, "GET", path, who, None)
    }

    pub fn delete(&self, who: &str, path: &str) -> Answer {
        call(&self.desk, "DELETE", path, who, None)
    }

    /// Sends something with a key of its own.
    pub fn post(&self, who: &str, path: &str, sent: &Value) -> Answer {
        call(&self.desk, "POST", path, &format!("{who}{}", self.key()), Some(sent))
    }

    /// The same, where whoever sends brings the key that makes it happen once.
    pub fn send_once(&self, who: &str, path: &str, sent: &Value) -> Answer {
        call(&self.desk, "POST", path, who, Some(sent))
    }

    /// Replaces a part of the directory as it is now.
    pub fn replace(&self, who: &str, path: &str, sent: &Value) -> Answer {
        let seen = self.get(who, "/api/v1/directory").is(200);
        let version = format!("if-match: {}\r\n", seen.header("etag").unwrap());
        self.post(&format!("{who}{version}"), path, sent)
    }

    /// A token of somebody, as the header that shows it.
    pub fn token(&self, who: &str, scopes: &[&str]) -> (String, String) {
        let ends = now() + fixlead_core::time::Span::days(7);
        let sent = json!({ "name": "test", "scopes": scopes, "ends": ends.to_string() });
        let made = self.post(who, "/api/v1/tokens", &sent).is(201).json();
        let secret = made["secret"].as_str().unwrap();
        (format!("authorization: Bearer {secret}\r\n"), made["token"].as_str().unwrap().to_owned())
    }
}

/// Responders of a project, and somebody without a role.
pub struct Team {
    pub project: String,
    pub ana: Member,
    pub bo: Member,
    pub eli: Member,
}

impl House {
    /// Makes a project with two responders, each confirmed by who was there.
    pub fn with_team(&self) -> (Member, Team) {
        let olga = self.olga.clone();
        let id = |answer: Answer, name: &str| answer.json()[name].as_str().unwrap().to_owned();
        let made = self.post(&olga.shows, "/api/v1/organisations", &json!({ "name": "Example" })).is(201);
        let organisation = id(made, "organisation");
        let sent = json!({ "organisation": organisation, "name": "tool", "policy": "opentelemetry" });
        let project = id(self.post(&olga.shows, "/api/v1/projects", &sent).is(201), "project");
        let join = |name: &str| {
            let invited = self.post(&olga.shows, "/api/v1/invitations", &json!({ "name": name })).is(201);
            enrol(&self.desk, invited.json()["link"].as_str().unwrap(), &format!("{name}@example.org"))
        };
        let (ana, bo, eli) = (join("ana"), join("bo"), join("eli"));
        let mut second: Option<&Member> = None;
        for person in [&ana, &bo] {
            let sent = json!({
                "person": person.person, "role": "responder", "reach": { "project": project }, "reason": "on the team",
            });
            let offer = id(self.post(&olga.shows, "/api/v1/roles", &sent).is(201), "offer");
            if let Some(second) = second {
                self.post(&second.shows, &format!("/api/v1/offers/{offer}/confirm"), &json!({})).is(200);
            }
            second = Some(&ana);
        }
        let at = |what: &str| format!("/api/v1/projects/{project}/{what}");
        let rota = json!({ "people": [ana.person, bo.person] });
        self.replace(&ana.shows, &at("rota"), &rota).is(200);
        let facts = json!({ "facts": { "branches": [
            { "name": "main", "class": "development" }, { "name": "release-1", "class": "supported" },
        ] } });
        self.replace(&ana.shows, &at("facts"), &facts).is(200);
        (olga, Team { project, ana, bo, eli })
    }
}

impl House {
    /// Has new cases of the project run under OpenTelemetry's policy with a
    /// ladder whose first rung lies a second after a case is opened.
    pub fn hurried(&self, team: &Team) {
        let policy = fixlead_core::policy::library::built_in("opentelemetry").unwrap();
        let ladder = "\n[[ladder]]\nid = \"hurried\"\nclauses = [\"OT-23\"]\nduties = [\"fix-team\"]\n\
                      before = [\"PT23H59M59S\"]\nsay = \"Somebody hears of it at once.\"\n";
        let sent = json!({ "policy": format!("{policy}{ladder}"), "reason": "to be told" });
        self.post(&team.ana.shows, &format!("/api/v1/projects/{}/policy", team.project), &sent).is(200);
    }
}

impl House {
    /// Sends a report from outside: the case and the receipt.
    pub fn reported(&self, team: &Team, title: &str, text: &str) -> (String, String) {
        let sent = json!({ "title": title, "body": text, "credit": "Gus" });
        let at = format!("/api/v1/projects/{}/reports", team.project);
        let taken = self.post(NOBODY, &at, &sent).is(201).json();
        assert!(taken["case"].is_null(), "who reports from outside is not told the case: {taken}");
        let receipt = format!("authorization: Bearer {}\r\n", taken["receipt"].as_str().unwrap());
        let listed = self.get(&team.ana.shows, "/api/v1/inbox").is(200).json();
        let mut items = listed["items"].as_array().unwrap().iter();
        let item = items.find(|item| item["title"] == title).unwrap_or_else(|| panic!("{listed}"));
        (item["case"].as_str().unwrap().to_owned(), receipt)
    }

    /// The version of a case, as the header that names it.
    pub fn version(&self, who: &str, case: &str) -> String {
        let read = self.get(who, &format!("/api/v1/cases/{case}")).is(200);
        format!("if-match: {}\r\n", read.header("etag").unwrap())
    }

    /// Sends bytes as they are, with a key of their own.
    pub fn upload(&self, who: &str, path: &str, bytes: &[u8]) -> Answer {
        Answer::read(&self.desk.ask("POST", path, &format!("{who}{}", self.key()), bytes))
    }
}

impl House {
    /// Runs the command as somebody with a token, in the desk's own place.
    pub fn run(&self, token: &str, arguments: &[&str]) -> std::process::Output {
        let secret = token.trim().strip_prefix("authorization: Bearer ").unwrap_or_default();
        crate::desk::fixlead(&self.desk.place, arguments)
            .env("FIXLEAD_SERVER", format!("http://{}", self.desk.address))
            .env("FIXLEAD_TOKEN", secret)
            .env("FIXLEAD_RECEIPT", secret)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    /// Keeps the session of somebody as `fixlead sign-in` does, and runs the
    /// command as them.
    pub fn as_member(&self, who: &Member, arguments: &[&str]) -> std::process::Output {
        let file = self.session_file(who);
        if !file.exists() {
            let cookie = who.shows.lines().find_map(|line| line.strip_prefix("cookie: ")).unwrap();
            let text = json!({ format!("http://{}", self.desk.address): cookie }).to_string();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        crate::desk::fixlead(&self.desk.place, arguments)
            .env("FIXLEAD_SERVER", format!("http://{}", self.desk.address))
            .env("FIXLEAD_SESSION_FILE", file)
            .env_remove("FIXLEAD_TOKEN")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    pub fn session_file(&self, who: &Member) -> std::path::PathBuf {
        self.desk.place.join(format!("session-{}", who.person))
    }

    /// Runs it as somebody who has signed in, and expects this exit code.
    pub fn tells(&self, who: &Member, arguments: &[&str], code: i32) -> String {
        let output = self.as_member(who, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}{messages}");
        if code == 0 { text } else { text + &messages }
    }

    /// Runs it with `--json`, which is one object.
    pub fn object(&self, who: &Member, arguments: &[&str]) -> Value {
        let text = self.tells(who, &[arguments, &["--json"]].concat(), 0);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?}: {text}"))
    }

    /// Runs it, and expects this exit code.
    pub fn says(&self, token: &str, arguments: &[&str], code: i32) -> String {
        let output = self.run(token, arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}{messages}");
        if code == 0 { text } else { text + &messages }
    }
}
