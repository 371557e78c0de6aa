//! CVE Services asked by the desk: a stand-in for them on this machine, and a case whose CVE id
//! is reserved, published, written anew and rejected there.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::house::House;

const ORG: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const ID: &str = "CVE-2026-4711";

/// What came in: method and path, and the body.
type Heard = Arc<Mutex<Vec<(String, Value)>>>;

/// A stand-in that knows one organisation, and refuses whoever has another key.
fn services() -> (String, Heard, Arc<Mutex<u64>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/api", listener.local_addr().unwrap().port());
    let (heard, left): (Heard, _) = (Heard::default(), Arc::new(Mutex::new(1)));
    let (theirs, quota) = (Arc::clone(&heard), Arc::clone(&left));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let (mut head, mut line) = (String::new(), String::new());
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                head.push_str(&line);
                line.clear();
            }
            let field = |name: &str| {
                let found = head.lines().filter_map(|line| line.split_once(": "));
                found.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            };
            let mut body = vec![0; field("content-length").map_or(0, |length| length.parse().unwrap())];
            reader.read_exact(&mut body).unwrap();
            let asked: Vec<&str> = head.split(' ').take(2).collect();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let known = field("cve-api-key") == Some("key-of-ana") && field("cve-api-org") == Some("example");
            let left = *quota.lock().unwrap();
            let (status, answer) = match (asked[0], asked[1].split('?').next().unwrap()) {
                _ if !known => (401, json!({ "error": "UNAUTHORIZED", "message": "Unauthorized" })),
                ("GET", "/api/org/example") => (200, json!({ "UUID": ORG })),
                ("GET", "/api/org/example/id_quota") => {
                    (200, json!({ "id_quota": 1, "total_reserved": 1 - left, "available": left }))
                }
                ("POST", "/api/cve-id") if left == 0 => (
                    403,
                    json!({ "error": "EXCEEDED_ID_QUOTA", "message": "the quota is used\u{1b}[31m up" }),
                ),
                ("POST", "/api/cve-id") => {
                    *quota.lock().unwrap() = 0;
                    (200, json!({ "cve_ids": [{ "cve_id": ID }], "meta": { "remaining_quota": 0 } }))
                }
                ("GET", _) => (404, json!({ "error": "CVE_RECORD_DNE", "message": "no record" })),
                _ => (200, json!({ "message": "done" })),
            };
            theirs.lock().unwrap().push((asked.join(" "), body));
            let text = answer.to_string();
            let answer = format!(
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                text.len()
            );
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    (url, heard, left)
}

#[test]
fn a_cve_id_is_reserved_published_written_anew_and_rejected_from_its_case() {
    let (url, heard, _) = services();
    let house = House::set_up("cna", "cve.allowed-networks = [\"127.0.0.0/8\"]\n");
    let (_, team) = house.with_team();
    let (ana, bo, olga) = (&team.ana, &team.bo, &house.olga);
    let place = house.desk.place.clone();
    let (case, _) = house.reported(&team, "a flaw in the parser", "canary steps");
    let c = case.as_str();
    house.tells(ana, &["case", "lead", c], 0);
    let none = house.tells(ana, &["case", "cve", "reserve", c], 1);
    assert!(none.contains("no CNA is set"), "{none}");

    // An operator enters who asks; nobody sees the key again, and it goes to no other address.
    for (file, key) in [("key", "key-of-ana\n"), ("wrong", "key-of-eve\n")] {
        fs::write(place.join(file), key).unwrap();
        fs::set_permissions(place.join(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let set = |key: &'static str| {
        ["project", "cna", "tool", "--organisation", "example", "--user", "ana@example.org", "--url"]
            .into_iter()
            .chain([url.as_str(), "--key-file", key])
            .collect::<Vec<_>>()
    };
    house.tells(ana, &set("key"), 1);
    house.tells(olga, &set("wrong"), 0);
    let unknown = house.tells(olga, &["project", "cna", "tool", "--quota"], 1);
    assert!(unknown.contains("do not know these credentials"), "{unknown}");
    house.tells(olga, &set("key"), 0);
    let other = ["project", "cna", "tool", "--organisation", "example", "--user", "x", "--url"];
    let elsewhere = [other.as_slice(), &["https://else.example.org/api"]].concat();
    assert!(house.tells(olga, &elsewhere, 1).contains("enter it anew"));
    assert_eq!(house.tells(olga, &["project", "cna", "tool", "--quota"], 0), "1 of 1 ids can be reserved\n");
    let seen = house.get(&olga.shows, "/api/v1/cnas").is(200).text;
    assert!(seen.contains("ana@example.org") && !seen.contains("key-of"), "{seen}");
    house.get(&ana.shows, "/api/v1/cnas").is(404);

    let reserved = house.tells(ana, &["case", "cve", "reserve", c], 0);
    assert!(reserved.starts_with(ID), "{reserved}");
    let shown = house.tells(bo, &["case", "cve", "show", c], 0);
    assert!(shown.starts_with(&format!("{ID}  assigned\nthe CNA is example: 0 of 1")), "{shown}");
    let full = house.tells(ana, &["case", "cve", "reserve", c], 1);
    assert!(full.contains("403 EXCEEDED_ID_QUOTA") && full.contains("larger quota"), "{full}");
    assert!(!full.contains('\u{1b}'), "{full}");
    // Whoever does not lead asks for nothing, and is not told more.
    house.tells(bo, &["case", "cve", "reserve", c], 1);

    // The record is what two people made public, and nothing before.
    let early = house.tells(ana, &["case", "cve", "publish", c, ID], 1);
    assert!(early.contains("make that public first"), "{early}");
    let begun = house.tells(ana, &["case", "advisory", "show", c], 0);
    assert!(begun.contains(&format!("cve = \"{ID}\"")), "{begun}");
    let whole = format!(
        "summary = \"It stops.\"\ndescription = \"It stops on stripes.\"\npublished = 2026-01-01T00:00:00Z\n{}",
        begun
            .replace("status = \"affected\"", "status = \"affected\"\npackage = \"pkg:cargo/tool\"")
            .replace("introduced = \"0\"", "introduced = \"0\"\nfixed = \"1.2.0\"")
            .replace("category", "namespace = \"https://example.org\"\ncategory")
            .replace(
                "[publisher]",
                "[[reference]]\nkind = \"fix\"\nurl = \"https://example.org/1\"\n[publisher]"
            )
    );
    // Another id than the case's is refused at asking.
    fs::write(place.join("other.toml"), whole.replace(ID, "CVE-2026-9999")).unwrap();
    house.tells(ana, &["case", "advisory", "write", c, "other.toml"], 0);
    let other = house.tells(ana, &["case", "advisory", "publish", c, "--reason", "ready"], 1);
    assert!(other.contains("CVE-2026-9999 is not the case's"), "{other}");
    fs::write(place.join("CASE.toml"), &whole).unwrap();
    house.tells(ana, &["case", "advisory", "write", c, "CASE.toml"], 0);
    // Nothing is released: the policy holds it, and the Fix Lead says why it is done all the same.
    let asked =
        ["case", "advisory", "publish", c, "--reason", "ready", "--although", "attacks are under way"];
    let told = house.tells(ana, &asked, 0);
    assert!(told.contains("the policy holds it now"), "{told}");
    house.tells(bo, &["case", "advisory", "publish", c, "--confirm"], 0);
    let history = house.tells(ana, &["case", "history", c, "--replay"], 0);
    assert!(history.contains("attacks are under way"), "{history}");

    house.tells(ana, &["case", "cve", "publish", c, ID], 0);
    house.tells(ana, &["case", "cve", "update", c, ID], 0);
    assert!(house.tells(bo, &["case", "cve", "show", c], 0).starts_with(&format!("{ID}  published")));
    // Whoever leads another case cannot have it rejected by naming it there.
    let (mine, _) = house.reported(&team, "something else", "canary steps");
    house.tells(ana, &["case", "lead", &mine], 0);
    let named = format!("id={ID}");
    house.tells(ana, &["case", "record", &mine, "cve.assigned", &named], 0);
    let foreign = house.tells(ana, &["case", "cve", "reject", &mine, ID, "--reason", "gone"], 1);
    assert!(foreign.contains("not reserved for this case"), "{foreign}");
    house.tells(ana, &["case", "cve", "reject", c, ID, "--reason", "it was none"], 0);
    assert!(house.tells(bo, &["case", "cve", "show", c], 0).starts_with(&format!("{ID}  rejected")));
    house.tells(ana, &["case", "cve", "publish", c, ID], 1);
    let heard = heard.lock().unwrap();
    let sent: Vec<&(String, Value)> = heard.iter().filter(|(asked, _)| !asked.starts_with("GET")).collect();
    let asked: Vec<&str> = sent.iter().map(|(asked, _)| asked.as_str()).collect();
    let record = format!("/api/cve/{ID}");
    assert!(asked.contains(&format!("POST {record}/cna").as_str()), "{asked:?}");
    assert!(asked.contains(&format!("PUT {record}/cna").as_str()), "{asked:?}");
    assert_eq!(asked.last(), Some(&format!("POST {record}/reject").as_str()));
    let container = &sent.iter().find(|(asked, _)| asked.ends_with("/cna")).unwrap().1["cnaContainer"];
    assert_eq!(container["providerMetadata"]["orgId"], ORG);
    assert!(container["descriptions"][0]["value"].as_str().unwrap().contains("stripes"), "{container}");
    drop(heard);

    // The key is nowhere but in what is sealed.
    house.tells(olga, &["project", "cna", "tool", "--remove"], 0);
    let audit = house.get(&olga.shows, "/admin/audit?what=cna.").is(200).text;
    for words in
        ["entered the key of a CNA", "removed a CNA, key and all", "ana@example.org", "<bdi>tool</bdi>"]
    {
        assert!(audit.contains(words), "{words}: {audit}");
    }
    assert!(!audit.contains("key-of"), "{audit}");
    let log = house.desk.log();
    assert!(!log.contains("key-of"), "{log}");
    for entry in fs::read_dir(place.join("fixlead-data")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(10).any(|window| window == b"key-of-ana"));
    }
}

#[test]
fn cve_services_inside_are_asked_only_where_the_configuration_names_their_network() {
    let house = House::new("cna-inside");
    house.with_team();
    let set = |url: &str| {
        let sent = json!({ "organisation": "example", "user": "ana", "key": "k", "address": url });
        let directory = house.get(&house.olga.shows, "/api/v1/directory").json();
        let project = directory["projects"][0]["project"].as_str().unwrap().to_owned();
        crate::house::call(
            &house.desk,
            "PUT",
            &format!("/api/v1/projects/{project}/cna"),
            &house.olga.shows,
            Some(&sent),
        )
    };
    for url in [
        "http://cve.example.org/api",
        "https://127.0.0.1/api",
        "https://localhost/api",
        "cve",
        "https://a/b?c",
    ] {
        set(url).is(422);
    }
    set("https://cve.example.org/api").is(200);
}
