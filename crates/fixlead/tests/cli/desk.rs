//! A desk as the network sees it: the real command on a port of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Long enough for a busy machine, short enough for a test that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A new empty directory.
pub fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("fixlead-desk-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

pub fn fixlead(place: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fixlead"));
    command.args(arguments).current_dir(place).env("NO_COLOR", "1");
    for name in ["FIXLEAD_KEY", "FIXLEAD_DATABASE_URL", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command
}

pub fn run(place: &Path, arguments: &[&str]) -> Output {
    fixlead(place, arguments).output().unwrap()
}

pub fn messages(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub struct Desk {
    pub process: Child,
    pub place: PathBuf,
    pub address: String,
    /// What it printed until it was ready.
    pub said: String,
}

impl Desk {
    pub fn start(name: &str, configuration: &str) -> Desk {
        Self::start_in(directory(name), configuration)
    }

    pub fn start_in(place: PathBuf, configuration: &str) -> Desk {
        Self::start_with(place, configuration, &[])
    }

    pub fn start_with(place: PathBuf, configuration: &str, environment: &[(&str, &Path)]) -> Desk {
        let file = place.join("desk.toml");
        fs::write(&file, format!("listen = \"127.0.0.1:0\"\nlog.format = \"json\"\n{configuration}"))
            .unwrap();
        let log = fs::OpenOptions::new().create(true).append(true).open(place.join("log")).unwrap();
        let mut process = fixlead(&place, &["serve", "--config", "desk.toml"])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = String::new();
        let address = lines.next().and_then(Result::ok).and_then(|line| {
            said = format!("{line}\n");
            Some(line.strip_prefix("the desk is at http://")?.to_owned())
        });
        let address = address
            .unwrap_or_else(|| panic!("{said}{}", fs::read_to_string(place.join("log")).unwrap_or_default()));
        // An empty database has a second line.
        if place.join("first").exists() {
            said.push_str(&lines.next().unwrap().unwrap());
        }
        // Whoever closes its output early must not stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Desk { process, place, address, said }
    }

    /// Kills it without a word, and starts it again in the same place.
    pub fn kill_and_start(&mut self, environment: &[(&str, &Path)]) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let again = Self::start_with(self.place.clone(), "", environment);
        // What is let go of here has ended already.
        *self = again;
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.place.join("log")).unwrap()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes as they are, and reads until the desk closes.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A desk that has seen enough stops reading, and that is fine.
        let _ = stream.write_all(bytes);
        rest(&mut stream)
    }

    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> String {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        self.raw(&[head.as_bytes(), body].concat())
    }

    pub fn get(&self, path: &str) -> String {
        self.ask("GET", path, "", b"")
    }

    pub fn is_well(&self) -> bool {
        self.get("/healthz").starts_with("HTTP/1.1 200 ")
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What else comes on a connection until it is closed.
pub fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

/// The start of a sign-in with a body of this kind.
fn sign_in(kind: &str) -> String {
    format!("POST /api/v1/session HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-type: {kind}\r\n")
}

#[test]
fn hostile_requests_are_refused_in_words_and_the_desk_goes_on() {
    let desk = Desk::start("hostile", "limits.body = 4096\n");
    let sized = |kind: &str, body: &[u8]| {
        [format!("{}content-length: {}\r\n\r\n", sign_in(kind), body.len()).as_bytes(), body].concat()
    };
    let json = |body: &str| sized("application/json", body.as_bytes());
    let chunked = |chunks: &str| {
        format!("{}transfer-encoding: chunked\r\n\r\n{chunks}", sign_in("application/json")).into_bytes()
    };
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        (
            "announces too much",
            format!("{}content-length: 99999999\r\n\r\n", sign_in("application/json")).into_bytes(),
            "413",
            "may have 4096 bytes at most",
        ),
        (
            "sends too much",
            chunked(&format!("{}0\r\n\r\n", format!("400\r\n{}\r\n", " ".repeat(1024)).repeat(8))),
            "413",
            "may have 4096 bytes at most",
        ),
        ("chunks that are none", chunked("zz\r\n{}\r\n"), "422", "did not arrive whole"),
        ("another charset", sized("application/json; charset=latin1", b"{}"), "415", "UTF-8"),
        ("a form", sized("application/x-www-form-urlencoded", b"login=a"), "415", "application/json"),
        ("no UTF-8", sized("application/json", b"{\"login\":\"\xff\"}"), "422", "not UTF-8 from byte 11 on"),
        ("a key twice", json(r#"{"login":"a","login":"b"}"#), "422", r#""pointer":"/login""#),
        ("a depth bomb", json(&"[".repeat(4000)), "422", "nested deeper than 32"),
        ("an unknown field", json(r#"{"login":"a","password":"b","admin":true}"#), "422", r#""pointer":"/admin""#),
        ("more after the end", json(r#"{"login":"a","password":"b","code":"1"} {}"#), "422", "this is not JSON"),
        ("a number for a text", json(r#"{"login":1,"password":"b"}"#), "422", "expected a text, found a whole number"),
        (
            "a huge header",
            format!("GET /healthz HTTP/1.1\r\nhost: desk\r\nx: {}\r\n\r\n", "x".repeat(200_000)).into_bytes(),
            "431",
            "",
        ),
        (
            "too many headers",
            format!("GET /healthz HTTP/1.1\r\nhost: desk\r\n{}\r\n", "x: y\r\n".repeat(500)).into_bytes(),
            "431",
            "",
        ),
        ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), "400", ""),
        (
            "two tokens",
            b"GET /api/v1/session HTTP/1.1\r\nhost: desk\r\nconnection: close\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n"
                .to_vec(),
            "401",
            "/problems/unauthenticated",
        ),
    ];
    for (what, bytes, status, text) in cases {
        let answer = desk.raw(&bytes);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {answer}");
        assert!(answer.contains(text), "{what}: {answer}");
        if !text.is_empty() {
            let problem: Value = serde_json::from_str(body(&answer)).unwrap();
            assert_eq!(problem["status"].to_string(), status, "{what}");
            assert!(answer.contains("content-type: application/problem+json"), "{what}: {answer}");
        }
    }
    assert!(desk.is_well());
}

#[test]
fn what_is_unknown_answers_alike_and_every_answer_has_its_headers() {
    let desk = Desk::start("alike", "");
    let unknown = desk.get("/api/v1/nothing/00000000000000000000000000");
    let other = desk.get("/nothing?here=1");
    assert!(unknown.starts_with("HTTP/1.1 404 "), "{unknown}");
    assert_eq!(body(&unknown), body(&other));
    let wrong = desk.ask("PATCH", "/healthz", "", b"");
    assert!(wrong.starts_with("HTTP/1.1 405 ") && wrong.contains("allow: GET"), "{wrong}");
    for answer in [&unknown, &other, &wrong, &desk.get("/healthz")] {
        for header in [
            "x-request-id: ",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "default-src 'none'",
        ] {
            assert!(answer.contains(header), "{header}: {answer}");
        }
    }
    let operation =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operation.md")).unwrap();
    let numbers = desk.get("/metrics");
    let names: Vec<&str> =
        numbers.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()).collect();
    assert!(names.len() > 5, "{numbers}");
    for name in names {
        assert!(operation.contains(&format!("`{name}`")), "docs/operation.md does not name {name}");
    }
    assert!(body(&desk.get("/readyz")).contains(r#"{"name":"database","status":"ok"}"#));
}

#[test]
fn what_was_sent_stands_in_no_log_number_or_error() {
    let desk = Desk::start("canary", "log.level = \"debug\"\n");
    let canary = format!("{}canary5f1d{}", "x".repeat(41), "y".repeat(10));
    let headers = format!(
        "x-canary: {canary}\r\nuser-agent: {canary}\r\ncookie: fixlead={canary}\r\nauthorization: Bearer {canary}\r\n\
         idempotency-key: {canary}\r\ncontent-type: application/json\r\n"
    );
    let bodies = [
        format!(r#"{{"login":"{canary}","password":"{canary}","code":"{canary}"}}"#),
        format!(r#"{{"{canary}":"{canary}"}}"#),
        format!(r#"{{"login":["{canary}"],"password":"{canary}"}}"#),
        format!(r#"{{"login":"{canary}"#),
        canary.clone(),
    ];
    let mut answers = Vec::new();
    for sent in &bodies {
        answers.push(desk.ask("POST", &format!("/api/v1/session?q={canary}"), &headers, sent.as_bytes()));
        answers.push(desk.ask("POST", &format!("/{canary}/{canary}"), &headers, sent.as_bytes()));
    }
    answers.push(desk.ask(&canary.replace('5', "A"), "/healthz", &headers, b""));
    answers.push(desk.get(&format!("/api/v1/session?{canary}")));
    answers.push(desk.raw(format!("{canary} {canary}\r\n\r\n").as_bytes()));
    answers.push(desk.get("/metrics"));
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 ")), "{answers:?}");
    answers.push(desk.log());
    for text in &answers {
        assert!(!text.contains("canary5f1d") && !text.contains("canaryAf1d"), "{text}");
    }
    let log = desk.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let route = |name: &str| lines.iter().filter(|line| line["route"] == name).count();
    assert!(route("/api/v1/session") >= bodies.len() && route("unmatched") >= bodies.len(), "{log}");
    assert!(
        lines.iter().any(|line| line["method"] == "other"),
        "a method that is not known is not named: {log}"
    );
}

#[test]
fn idle_connections_make_room_for_those_who_ask() {
    let desk = Desk::start(
        "slow",
        "limits.connections = 16\nlimits.header-time = \"PT2S\"\nlimits.body-time = \"PT1S\"\n",
    );
    let mut idle = Vec::new();
    for _ in 0..100 {
        let mut stream = desk.connect();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nx-slow: ").unwrap();
        idle.push(stream);
        assert!(desk.is_well());
    }
    // Those that are still there are cut off in time, and some without an answer.
    for stream in &mut idle {
        let last = rest(stream);
        assert!(last.is_empty() || last.starts_with("HTTP/1.1 408 "), "{last}");
    }
    let numbers = desk.get("/metrics");
    let evicted =
        numbers.lines().find_map(|line| line.strip_prefix("fixlead_http_connections_evicted_total "));
    assert!(evicted.unwrap().parse::<u32>().unwrap() >= 84, "{numbers}");
    // A body that does not come is not waited for.
    let mut stream = desk.connect();
    let head = format!("{}content-length: 100\r\n\r\n{{", sign_in("application/json"));
    stream.write_all(head.as_bytes()).unwrap();
    let answer = rest(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("/problems/too-slow"), "{answer}");
}

#[test]
fn a_desk_that_stops_answers_what_it_was_asked() {
    let mut desk = Desk::start("stop", "");
    // Names of their own: who guesses at one name again and again has to wait.
    let sent = |name: usize| {
        format!(r#"{{"login":"ana{name}","password":"correct horse battery","code":"123456"}}"#).into_bytes()
    };
    let mut asked: Vec<TcpStream> = (0..8).map(|_| desk.connect()).collect();
    for (name, stream) in asked.iter_mut().enumerate() {
        let sent = sent(name);
        let head = format!("{}content-length: {}\r\n\r\n", sign_in("application/json"), sent.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&sent[..10]).unwrap();
    }
    // The last one to be accepted: all others have been, too.
    assert!(desk.is_well());
    desk.signal("TERM");
    // It has heard when nobody new is let in.
    while TcpStream::connect(&desk.address).is_ok() {
        std::thread::yield_now();
    }
    assert!(desk.process.try_wait().unwrap().is_none(), "it waits for what was asked");
    for (name, stream) in asked.iter_mut().enumerate() {
        stream.write_all(&sent(name)[10..]).unwrap();
    }
    for stream in &mut asked {
        let answer = rest(stream);
        assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("sign-in-failed"), "{answer}");
    }
    assert!(desk.process.wait().unwrap().success());
    assert!(desk.log().contains("\"stopped\""), "{}", desk.log());
}

#[test]
fn a_desk_that_stops_does_not_wait_for_ever() {
    let mut desk = Desk::start("bounded", "limits.shutdown-time = \"PT1S\"\nlimits.body-time = \"PT60S\"\n");
    let mut asked = desk.connect();
    let head = format!("{}content-length: 100\r\n\r\n{{", sign_in("application/json"));
    asked.write_all(head.as_bytes()).unwrap();
    assert!(desk.is_well());
    desk.signal("INT");
    assert!(desk.process.wait().unwrap().success());
    assert!(desk.log().contains("cut off"), "{}", desk.log());
}

#[test]
fn a_start_keeps_what_it_makes_for_its_owner() {
    let place = directory("first");
    fs::write(place.join("first"), "").unwrap();
    let desk = Desk::start_in(place.clone(), "");
    assert!(desk.said.contains("/setup#fixlead_link_"), "{}", desk.said);
    assert!(desk.log().contains("APART FROM THE COPIES OF THE DATABASE"), "{}", desk.log());
    let mode = |name: &str| fs::metadata(place.join(name)).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode("fixlead-data"), mode("fixlead-data.key")), (0o700, 0o600));
    for entry in fs::read_dir(place.join("fixlead-data")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
    }
    let limits = fs::read_to_string(format!("/proc/{}/limits", desk.process.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // The secret of the link stands in no log.
    assert!(!desk.log().contains("fixlead_link_"), "{}", desk.log());

    let second = run(&place, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(2));
    assert!(messages(&second).contains("another fixlead uses this data directory"), "{}", messages(&second));
}

#[test]
fn a_service_manager_gives_the_key_and_hears_how_it_goes() {
    let place = directory("service");
    drop(Desk::start_in(place.clone(), ""));
    let credentials = place.join("credentials");
    fs::create_dir(&credentials).unwrap();
    fs::rename(place.join("fixlead-data.key"), credentials.join("fixlead-key")).unwrap();
    let socket = place.join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let hears = || {
        let mut bytes = [0; 100];
        let length = manager.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let environment = [("CREDENTIALS_DIRECTORY", credentials.as_path()), ("NOTIFY_SOCKET", socket.as_path())];
    let mut desk = Desk::start_with(place.clone(), "", &environment);
    assert_eq!(hears(), "READY=1");
    assert!(desk.is_well());
    assert!(!place.join("fixlead-data.key").exists(), "it needed no key of its own");
    desk.signal("TERM");
    assert_eq!(hears(), "STOPPING=1");
    assert!(desk.process.wait().unwrap().success());
    // Another key opens nothing.
    fs::write(credentials.join("fixlead-key"), format!("{}=\n", "A1".repeat(21) + "A")).unwrap();
    let mut serve = fixlead(&place, &["serve", "--listen", "127.0.0.1:0"]);
    let refused = serve.env("CREDENTIALS_DIRECTORY", &credentials).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", messages(&refused));
}

#[test]
fn a_desk_that_is_not_safe_does_not_start_and_the_doctor_says_why() {
    let place = directory("unsafe");
    fs::write(place.join("first"), "").unwrap();
    drop(Desk::start_in(place.clone(), ""));
    let set = |name: &str, mode: u32| {
        fs::set_permissions(place.join(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    let refused = |remedy: &str, check: &str| {
        let served = run(&place, &["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(served.status.code(), Some(2), "{}", messages(&served));
        assert!(messages(&served).contains(remedy), "{}", messages(&served));
        let doctor = run(&place, &["doctor", "--listen", "127.0.0.1:0", "--json"]);
        assert_eq!(doctor.status.code(), Some(1), "{}", messages(&doctor));
        let found: Value = serde_json::from_slice(&doctor.stdout).unwrap();
        let checks = found["checks"].as_array().unwrap();
        let of = checks.iter().find(|found| found["check"] == check).unwrap();
        assert_eq!(of["state"], "fail", "{found}");
        assert_eq!(found["state"], "fail");
    };
    set("fixlead-data", 0o755);
    refused("run: chmod 700 fixlead-data", "data directory");
    set("fixlead-data", 0o700);
    set("fixlead-data.key", 0o644);
    refused("chmod 600", "installation key");
    set("fixlead-data.key", 0o600);
    let key = fs::read_to_string(place.join("fixlead-data.key")).unwrap();
    fs::write(place.join("fixlead-data.key"), &key[..20]).unwrap();
    refused("32 bytes in base64", "installation key");
    fs::remove_file(place.join("fixlead-data.key")).unwrap();
    refused("restore", "installation key");
    fs::write(place.join("fixlead-data.key"), &key).unwrap();
    set("fixlead-data.key", 0o600);

    let healthy = run(&place, &["doctor", "--listen", "127.0.0.1:0"]);
    let text = String::from_utf8_lossy(&healthy.stdout).into_owned();
    assert_eq!(healthy.status.code(), Some(0), "{text}{}", messages(&healthy));
    assert!(text.contains("SQLite opens with its key and is whole"), "{text}");
    // A key in the data directory is found, and a damaged database.
    fs::rename(place.join("fixlead-data.key"), place.join("fixlead-data/key")).unwrap();
    fs::write(place.join("k.toml"), "key-file = \"fixlead-data/key\"\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let inside = run(&place, &["doctor", "--config", "k.toml"]);
    let text = String::from_utf8_lossy(&inside.stdout).into_owned();
    assert!(inside.status.success() && text.contains("warn  installation key"), "{text}");
    for name in ["fixlead.db-wal", "fixlead.db-shm"] {
        let _ = fs::remove_file(place.join("fixlead-data").join(name));
    }
    fs::write(place.join("fixlead-data/fixlead.db"), vec![7; 20_000]).unwrap();
    let damaged = run(&place, &["doctor", "--config", "k.toml"]);
    let text = String::from_utf8_lossy(&damaged.stdout).into_owned();
    assert!(damaged.status.code() == Some(1) && text.contains("fail  database"), "{text}");
}

#[test]
fn the_doctor_knows_a_desk_from_another_program() {
    let desk = Desk::start("doctor", "");
    let looked = run(&desk.place, &["doctor", "--listen", &desk.address]);
    let text = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(looked.status.success() && text.contains("is running on"), "{text}");
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let stranger = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        other
    });
    let looked = run(&desk.place, &["doctor", "--listen", &address]);
    let text = String::from_utf8_lossy(&looked.stdout).into_owned();
    assert!(looked.status.code() == Some(1) && text.contains("fail  address"), "{text}");
    stranger.join().unwrap();
}

#[test]
fn a_configuration_that_is_wrong_is_refused_with_its_place() {
    let place = directory("configuration");
    fs::write(place.join("desk.toml"), "[limits]\nbodie = 5\n").unwrap();
    for command in ["serve", "doctor"] {
        let refused = run(&place, &[command, "--config", "desk.toml"]);
        assert_eq!(refused.status.code(), Some(2));
        assert_eq!(
            messages(&refused),
            "fixlead: desk.toml: line 2, column 1: unknown key `limits.bodie`; did you mean `limits.body`?\n"
        );
    }
    let schema = run(&place, &["doctor", "--schema"]);
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert_eq!(schema["properties"]["limits"]["properties"]["body"]["default"], 1_048_576);
}

#[test]
fn the_description_of_the_api_is_the_one_that_was_reviewed() {
    let desk = Desk::start("openapi", "");
    let served: Value = serde_json::from_str(body(&desk.get("/api/v1/openapi.json"))).unwrap();
    let made = format!("{served:#}\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("FIXLEAD_WRITE_DOCS").is_some() {
        fs::write(&file, &made).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == made, "docs/openapi.json is not what is served; run this with FIXLEAD_WRITE_DOCS=1");
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/session"] {
        assert!(served["paths"][path].is_object(), "{path}");
    }
}
