//! Webhooks from the command to a receiver: a server with TLS and a certificate
//! of an authority that only the configuration names.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fixlead_app::webhooks::sign::Key;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

use crate::desk::directory;
use crate::house::{House, NOBODY, PASSWORD};

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request as the receiver read it.
#[derive(Clone, Debug)]
struct Heard {
    head: String,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn is_signed_by(&self, secret: &str) -> bool {
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = key(secret).sign(id, timestamp.parse().unwrap(), self.body.as_bytes());
        self.header("webhook-signature").split(' ').any(|one| one == signed)
    }
}

/// The key that a receiver makes of what it was given.
fn key(secret: &str) -> Key {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = secret.strip_prefix("whsec_").unwrap().trim_end_matches('=');
    let bits: Vec<bool> = text
        .bytes()
        .flat_map(|letter| {
            let value = letters.iter().position(|known| *known == letter).unwrap();
            (0..6).rev().map(move |bit| value >> bit & 1 == 1)
        })
        .collect();
    let bytes = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit)));
    Key::from_bytes(bytes.collect::<Vec<u8>>().try_into().unwrap())
}

/// A receiver; what it says can be changed.
struct Receiver {
    url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    says: Arc<Mutex<&'static str>>,
}

impl Receiver {
    /// One on this machine, and the file with its authority.
    fn start(place: &std::path::Path) -> Receiver {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(place.join("authority.pem"), issuer.pem()).unwrap();
        let pair = KeyPair::generate().unwrap();
        let own =
            CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&pair, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(own.der().to_vec())],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.serialize_der())),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://127.0.0.1:{}/in", listener.local_addr().unwrap().port());
        let (heard, says) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new("204 No Content")));
        let (theirs, said) = (Arc::clone(&heard), Arc::clone(&says));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut stream = stream;
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = rustls::Stream::new(&mut tls, &mut stream);
                let (mut text, mut bytes) = (String::new(), [0; 4096]);
                while !text.ends_with('}') {
                    match stream.read(&mut bytes) {
                        Ok(read) if read > 0 => text.push_str(std::str::from_utf8(&bytes[..read]).unwrap()),
                        _ => break,
                    }
                }
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    theirs.lock().unwrap().push(Heard { head: head.to_owned(), body: body.to_owned() });
                    let status = *said.lock().unwrap();
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes());
                    let _ = stream.flush();
                }
            }
        });
        Receiver { url, heard, says }
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it has heard so many.
    fn hears(&self, count: usize, house: &House) -> Vec<Heard> {
        let heard = until(|| Some(self.heard()).filter(|heard| heard.len() >= count));
        heard.unwrap_or_else(|| panic!("only {:?}\n{}", self.heard(), house.desk.log()))
    }
}

/// What is there in the end, if it comes in time.
#[allow(clippy::disallowed_methods, reason = "a desk at work keeps its own time")]
fn until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    None
}

#[test]
fn what_happens_reaches_a_receiver_over_tls_with_a_signature_that_it_can_check() {
    let place = directory("webhooks");
    let receiver = Receiver::start(&place);
    let configuration = "webhook.allowed-networks = [\"127.0.0.1\"]\n\
                         webhook.certificate-authorities = [\"authority.pem\"]\n";
    let house = House::set_up_in(place, configuration);
    let (olga, team) = house.with_team();
    house.hurried(&team);
    fs::write(house.desk.place.join("password"), PASSWORD).unwrap();
    fs::set_permissions(
        house.desk.place.join("password"),
        <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600),
    )
    .unwrap();

    // A token does not set one up; whoever proves that it is them does, and is
    // told the secret once.
    let (token, _) = house.token(&team.ana.shows, &["directory", "read"]);
    let event = ["--event", "report.received", "--event", "case.updated", "--event", "duty.due-soon"];
    let add =
        [&["webhook", "add", receiver.url.as_str(), "--project", team.project.as_str()], &event[..]].concat();
    let refused = house.says(&token, &add, 1);
    assert!(refused.contains("cannot be done with a token"), "{refused}");
    let code = team.ana.recovery[3].as_str();
    let signing = ["--login", team.ana.login.as_str(), "--recovery-code", code];
    let output = crate::desk::fixlead(&house.desk.place, &[&add[..], &signing[..]].concat())
        .env("FIXLEAD_SERVER", format!("http://{}", house.desk.address))
        .env("FIXLEAD_PASSWORD_FILE", "password")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let webhook = said.lines().next().unwrap().strip_prefix("webhook ").unwrap().to_owned();
    let secret = said.lines().nth(1).unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{said}");
    let shown = house.says(&token, &["webhook", "show", &webhook], 0);
    assert!(shown.contains(&receiver.url) && !shown.contains("whsec_"), "{shown}");

    // A test arrives, and what became of it is listed.
    house.says(&token, &["webhook", "test", &webhook], 0);
    let heard = receiver.hears(1, &house).remove(0);
    assert_eq!((heard.json()["type"].as_str(), heard.is_signed_by(&secret)), (Some("webhook.test"), true));
    assert!(!heard.is_signed_by("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    let listed = until(|| {
        let listed = house.says(&token, &["webhook", "deliveries", &webhook, "--json"], 0);
        let attempt = serde_json::from_str::<Value>(&listed).unwrap()["items"][0]["attempts"][0].clone();
        (attempt["outcome"] == "delivered" && attempt["status"] == 204).then_some(listed)
    });
    assert!(listed.unwrap().contains(heard.header("webhook-id")));
    let table = house.says(&token, &["webhook", "deliveries", &webhook], 0);
    assert!(table.contains("webhook.test"), "{table}");

    // A report arrives as an id, and the first reminder of what it makes due.
    let (case, _) = house.reported(&team, "canary-title", "canary-body");
    let heard = receiver.hears(2, &house).remove(1);
    assert_eq!(heard.json()["type"], "report.received");
    assert_eq!(heard.json()["data"], json!({ "project": team.project, "case": case, "version": 1 }));
    assert!(heard.is_signed_by(&secret), "{heard:?}");
    let reminded = until(|| receiver.heard().into_iter().find(|heard| heard.body.contains("\"duty.")));
    let data = reminded.expect("a reminder").json()["data"].clone();
    assert_eq!((&data["case"], &data["escalated"]), (&json!(case), &json!(false)), "{data}");
    assert!(data["clauses"][0].as_str().is_some_and(|clause| clause.starts_with("OT-")), "{data}");
    for heard in receiver.heard() {
        assert!(!heard.body.contains("canary"), "{heard:?}");
    }

    // Two secrets while the receiver changes over; what failed is sent again
    // under its id when somebody asks.
    let rotated =
        house.post(&team.ana.shows, &format!("/api/v1/webhooks/{webhook}/secret"), &json!({})).is(200).json();
    let second = rotated["secret"].as_str().unwrap().to_owned();
    *receiver.says.lock().unwrap() = "500 Broken";
    let before = receiver.heard().len();
    let tested = house.says(&token, &["webhook", "test", &webhook], 0);
    let message = tested.split(' ').next().unwrap().to_owned();
    let failed = receiver.hears(before + 1, &house).pop().unwrap();
    assert!(failed.is_signed_by(&secret) && failed.is_signed_by(&second), "{failed:?}");
    *receiver.says.lock().unwrap() = "200 OK";
    house.says(&token, &["webhook", "redeliver", &webhook, &message], 0);
    let again = until(|| {
        let heard = receiver.heard();
        let same: Vec<&Heard> = heard.iter().filter(|heard| heard.header("webhook-id") == message).collect();
        (same.len() >= 2).then(|| same.iter().all(|one| one.body == same[0].body))
    });
    assert_eq!(again, Some(true), "the same message");

    // An operator sees that there is one, but not of which cases it told.
    let path = format!("/api/v1/webhooks/{webhook}/deliveries");
    let seen = house.get(&olga.shows, &path).is(200).text;
    assert!(!seen.contains(&case) && seen.contains("webhook.test"), "{seen}");
    assert!(house.get(&team.ana.shows, &path).is(200).text.contains(&case));
    house.get(&team.eli.shows, &path).is(404);
    house.get(NOBODY, &path).is(401);
    let first = house.get(&team.ana.shows, &format!("{path}?limit=1")).is(200).json();
    let next = first["next"].as_str().unwrap();
    let second = house.get(&team.ana.shows, &format!("{path}?limit=1&after={next}")).is(200).json();
    assert_ne!(first["items"][0]["message"], second["items"][0]["message"]);

    // Numbers and logs hold outcomes and ids, not where or what.
    let numbers = house.get(NOBODY, "/metrics").text;
    assert!(numbers.contains("fixlead_webhook_deliveries_total{outcome=\"rejected\"} 1"), "{numbers}");
    let log = house.desk.log();
    assert!(log.contains(&message) && !log.contains(&receiver.url) && !log.contains("whsec_"), "{log}");

    // Paused, it is told nothing; removed, there is none.
    house.says(&token, &["webhook", "pause", &webhook, "--reason", "moving"], 0);
    assert!(house.says(&token, &["webhook", "list"], 0).contains("paused: moving"));
    house.says(&token, &["webhook", "remove", &webhook, "--reason", "gone"], 0);
    house.says(&token, &["webhook", "show", &webhook], 1);
}

/// Attack 8, seen from outside: whoever watches over the desk elsewhere is told
/// by whom and until when, and nothing of the cases.
#[test]
fn a_webhook_of_the_installation_is_told_who_opens_everything() {
    let place = directory("webhooks-pace");
    let receiver = Receiver::start(&place);
    let configuration = "webhook.allowed-networks = [\"127.0.0.1\"]\n\
                         webhook.certificate-authorities = [\"authority.pem\"]\n\
                         limits.cases-per-hour = 3\n";
    let house = House::set_up_in(place, configuration);
    let (olga, team) = house.with_team();
    let add = |member: &crate::house::Member, reach: Value| {
        let sent = json!({ "reach": reach, "url": receiver.url, "events": ["reading.stopped"] });
        house.post(&member.shows, "/api/v1/webhooks", &sent).is(201).json()
    };
    let made = add(&olga, json!("installation"));
    // Whoever may not check the log of the installation is not told.
    let other = add(&team.ana, json!({ "project": team.project }));
    let cases: Vec<String> =
        (0..5).map(|number| house.reported(&team, &format!("canary {number}"), "canary").0).collect();
    let opened = cases.iter().map(|case| house.get(&team.bo.shows, &format!("/api/v1/cases/{case}")).status);
    assert_eq!(opened.collect::<Vec<_>>(), [200, 200, 200, 429, 429]);
    let heard = receiver.hears(1, &house).remove(0);
    assert!(heard.is_signed_by(made["secret"].as_str().unwrap()), "{heard:?}");
    let data = heard.json()["data"].clone();
    assert_eq!((&heard.json()["type"], &data["cases"]), (&json!("reading.stopped"), &json!(3)));
    assert_eq!(data["person"], json!(team.bo.person), "{data}");
    assert!(fixlead_core::time::Instant::parse(data["until"].as_str().unwrap()).is_ok(), "{data}");
    assert!(
        !heard.body.contains("canary") && cases.iter().all(|case| !heard.body.contains(case)),
        "{heard:?}"
    );
    // Nothing more comes: one alarm, to one webhook. A test shows that the other one would hear.
    let webhook = other["webhook"].as_str().unwrap();
    house.post(&team.ana.shows, &format!("/api/v1/webhooks/{webhook}/test"), &json!({})).is(202);
    let all = receiver.hears(2, &house);
    assert_eq!(all.iter().filter(|heard| heard.json()["type"] == "reading.stopped").count(), 1, "{all:?}");
}

#[test]
fn an_address_inside_is_not_called_unless_its_network_is_allowed() {
    let house = House::new("webhooks-inside");
    let (_, team) = house.with_team();
    let add = |url: &str| {
        let sent = json!({ "reach": { "project": team.project }, "url": url, "events": ["report.received"] });
        house.post(&team.ana.shows, "/api/v1/webhooks", &sent)
    };
    for url in [
        "http://hooks.example.org/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost:8443/",
        "https://169.254.169.254/latest/meta-data/",
        "https://2130706433/",
        "https://name:password@hooks.example.org/",
        "file:///etc/passwd",
        "gopher://hooks.example.org/",
    ] {
        let refused = add(url).is(422).json();
        assert_eq!(refused["errors"][0]["pointer"], "/url", "{url}: {refused}");
        assert!(!refused.to_string().contains("password@"), "{refused}");
    }
    // A public name that stands for this machine is seen when it is called.
    let webhook = add("https://localtest.me.invalid/").is(201).json()["webhook"].as_str().unwrap().to_owned();
    house.reported(&team, "title", "text");
    let path = format!("/api/v1/webhooks/{webhook}/deliveries");
    let tried = until(|| {
        let seen = house.get(&team.ana.shows, &path).is(200).json();
        let attempt = &seen["items"][0]["attempts"][0];
        (attempt["outcome"] == "unresolved").then(|| seen.clone())
    });
    let seen = tried.expect("an attempt");
    assert_eq!(seen["items"][0]["stage"], "waiting", "{seen}");
}
