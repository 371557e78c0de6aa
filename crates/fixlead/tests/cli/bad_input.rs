//! Bad input over the wire, on the real command: each piece is answered with
//! its place and a remedy, nothing that was there is lost, and nothing is
//! appended.

use serde_json::{Value, json};

use crate::desk::body;
use crate::house::{House, NOBODY, call};

/// An answer's status and its document, which has to be a problem.
fn problem(answer: &str) -> (u16, Value) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    assert!(answer.contains("content-type: application/problem+json"), "{answer}");
    let document: Value = serde_json::from_str(body(answer)).unwrap_or_else(|_| panic!("{answer}"));
    assert_eq!(document["status"], status);
    assert!(document["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{document}");
    (status, document)
}

type Bad<'a> = (&'a str, &'a str, Vec<u8>, u16, &'a str, &'a str);

#[test]
fn a_body_that_makes_no_sense_is_refused_with_its_place_and_appends_nothing() {
    let house = House::new("bad-bodies");
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let ana = &team.ana.shows;
    let before = house.get(ana, &format!("/api/v1/cases/{case}")).is(200).text;
    let reports = format!("/api/v1/projects/{}/reports", team.project);
    let messages = format!("/api/v1/cases/{case}/messages");
    let events = format!("/api/v1/cases/{case}/events");
    let version = house.version(ana, &case);
    let json = "content-type: application/json\r\n";
    let send = |path: &str, headers: &str, sent: &[u8]| {
        house.desk.ask("POST", path, &format!("{ana}{version}{}{headers}", house.key()), sent)
    };
    let title = |title: &str| format!(r#"{{"title":"{title}","body":"x"}}"#).into_bytes();
    let say = |text: &str| format!(r#"{{"room":"internal","body":{text}}}"#).into_bytes();
    let raw = |bytes: &[u8]| [br#"{"title":""#, bytes, br#"","body":"x"}"#].concat();
    let deep = format!(r#"{{"event":{}1{}}}"#, r#"{"a":"#.repeat(40), "}".repeat(40)).into_bytes();
    let wide = format!(r#"{{"event":{{"paths":[{}1]}}}}"#, "1,".repeat(20_000)).into_bytes();
    let long = "x".repeat(301);
    let large = serde_json::to_string(&"x".repeat(300 << 10)).unwrap();
    // What it is, where it goes, what is sent; then the status, the place and the remedy.
    let cases: Vec<Bad<'_>> = vec![
        // Letters that a terminal obeys or nobody sees.
        (
            "a direction override",
            &reports,
            title("a\\u202eb"),
            422,
            "/title",
            "control or direction characters",
        ),
        (
            "the same unescaped",
            &reports,
            title("a\u{202e}b"),
            422,
            "/title",
            "control or direction characters",
        ),
        ("an isolate", &reports, title("a\u{2066}b"), 422, "/title", "control or direction characters"),
        ("a zero byte", &reports, title("a\\u0000b"), 422, "/title", "control or direction characters"),
        (
            "an escape sequence",
            &reports,
            title("\\u001b[2J"),
            422,
            "/title",
            "control or direction characters",
        ),
        ("a tag letter", &reports, title("a\u{e0041}"), 422, "/title", "control or direction characters"),
        ("two lines", &reports, title("a\\nb"), 422, "/title", "control or direction characters"),
        // What is no Unicode at all.
        ("a lone surrogate", &reports, title("\\ud800"), 422, "", "this is not JSON"),
        ("surrogates the wrong way round", &reports, title("\\udc00\\ud800"), 422, "", "this is not JSON"),
        ("an overlong slash", &reports, raw(b"\xc0\xaf"), 422, "", "not UTF-8 from byte 11"),
        ("an encoded surrogate", &reports, raw(b"\xed\xa0\x80"), 422, "", "not UTF-8 from byte 11"),
        ("beyond Unicode", &reports, raw(b"\xf4\x90\x80\x80"), 422, "", "not UTF-8 from byte 11"),
        ("an unescaped control", &reports, raw(b"a\x07b"), 422, "", "this is not JSON"),
        // Too little, too much, too deep, twice.
        ("a blank title", &reports, title(" "), 422, "/title", "the text is empty"),
        ("a long title", &reports, title(&long), 422, "/title", "longer than 300 letters"),
        ("a large text", &messages, say(&large), 422, "/body", "longer than 256 KiB; attach it"),
        ("a blank text", &messages, say("\"\\u00a0\\n\""), 422, "/body", "the text is empty"),
        ("too deep", &events, deep, 422, "/event/a/a/a", "nested deeper than 32"),
        ("too many values", &events, wide, 422, "", "more than 20000 values"),
        (
            "a huge number",
            &events,
            br#"{"event":{"type":"score.set","score":1e999}}"#.to_vec(),
            422,
            "",
            "not JSON",
        ),
        (
            "a key twice, spelled two ways",
            &events,
            br#"{"event":{"type":"triage.started","t\u0079pe":"case.closed"}}"#.to_vec(),
            422,
            "/event/type",
            "stands twice",
        ),
        (
            "a key twice below",
            &events,
            br#"{"event":{"type":"triage.started"},"although":{"reason":"a","reason":"b"}}"#.to_vec(),
            422,
            "/although/reason",
            "stands twice",
        ),
        (
            "an unknown field",
            &messages,
            br#"{"room":"internal","body":"x","by":"olga"}"#.to_vec(),
            422,
            "/by",
            "unknown field",
        ),
        (
            "an unknown room",
            &messages,
            br#"{"room":"public","body":"x"}"#.to_vec(),
            422,
            "/room",
            "known are internal",
        ),
        (
            "an unknown event",
            &events,
            br#"{"event":{"type":"triage.startd"}}"#.to_vec(),
            422,
            "/event/type",
            "did you mean",
        ),
        ("nothing", &messages, Vec::new(), 422, "", "this is not JSON"),
        ("half of it", &messages, br#"{"room":"internal","#.to_vec(), 422, "", "this is not JSON"),
        (
            "a mark before it",
            &messages,
            [b"\xef\xbb\xbf", &say("\"x\"")[..]].concat(),
            422,
            "",
            "this is not JSON",
        ),
    ];
    for (what, path, sent, status, pointer, remedy) in &cases {
        let (got, said) = problem(&send(path, json, sent));
        assert_eq!(got, *status, "{what}: {said}");
        let errors = said["errors"].as_array().unwrap_or_else(|| panic!("{what}: {said}"));
        let at = |error: &Value| error["pointer"].as_str().is_some_and(|found| found.starts_with(pointer));
        assert!(errors.iter().any(at), "{what}: {said}");
        assert!(said.to_string().contains(remedy), "{what}: {said}");
    }
    // Other kinds of body, announced or not.
    for headers in [
        "",
        "content-type: text/plain\r\n",
        "content-type: application/json; charset=utf-16\r\n",
        "content-type: application/json, text/html\r\n",
        "content-type: application/json\r\ncontent-type: application/json\r\n",
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
        "content-type: multipart/form-data; boundary=x\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
    ] {
        let (status, said) = problem(&send(&messages, headers, &say("\"x\"")));
        assert_eq!(status, 415, "{headers}: {said}");
        assert!(said["detail"].as_str().unwrap().contains("application/json"), "{said}");
    }
    let (status, said) = problem(&send(&messages, json, &vec![b' '; (1 << 20) + 1]));
    assert_eq!(status, 413, "{said}");
    let file = format!("/api/v1/cases/{case}/attachments?room=internal&name=a%e2%80%aeb");
    let (status, said) = problem(&send(&file, "", b"x"));
    assert_eq!((status, &said["errors"][0]["pointer"]), (422, &json!("/name")), "{said}");
    // Nothing was lost, and nothing was added.
    assert_eq!(house.get(ana, &format!("/api/v1/cases/{case}")).is(200).text, before);
    let listed = house.get(ana, "/api/v1/inbox").is(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    // A text is kept as it came, whatever letters it has.
    let hostile = "\u{202e}\u{0}\u{1b}[2J\u{feff}\u{e0041} <script>alert(1)</script>";
    house.post(ana, &messages, &json!({ "room": "internal", "body": hostile })).is(201);
    let seen = house.get(ana, &format!("/api/v1/cases/{case}")).is(200).json();
    assert_eq!(seen["rooms"][0]["messages"][0]["body"], hostile);
    assert!(house.desk.is_well());
}

#[test]
fn headers_cursors_and_ids_that_make_no_sense_are_refused_in_words() {
    let house = House::new("bad-headers");
    let (_, team) = house.with_team();
    let (case, _) = house.reported(&team, "a flaw", "steps");
    let ana = &team.ana.shows;
    let note = json!({ "text": "x" });
    let notes = format!("/api/v1/cases/{case}/notes");
    let events = format!("/api/v1/cases/{case}/events");
    let key = |line: &str| call(&house.desk, "POST", &notes, &format!("{ana}{line}"), Some(&note));
    for line in [
        "",
        "idempotency-key: short\r\n",
        "idempotency-key: with space inside\r\n",
        "idempotency-key: schl\u{fc}ssel-eins\r\n",
        "idempotency-key: one-key-here\r\nidempotency-key: two-keys-here\r\n",
    ] {
        let refused = key(line).is(422).json();
        assert!(
            refused["detail"].as_str().unwrap().to_lowercase().contains("`idempotency-key`"),
            "{line}: {refused}"
        );
    }
    let refused = key(&format!("idempotency-key: {}\r\n", "x".repeat(65))).is(422).json();
    assert!(refused["detail"].as_str().unwrap().contains("8 to 64"), "{refused}");

    // A key counts for one request: not for another content, and not for another address.
    let used = "idempotency-key: used-before\r\n";
    let first = key(used).is(201);
    assert_eq!(key(used).is(201).text, first.text, "the same again is done once");
    let other = call(&house.desk, "POST", &notes, &format!("{ana}{used}"), Some(&json!({ "text": "y" })));
    assert_eq!(other.is(422).json()["type"], "/problems/repeated-with-other-content");
    for (path, sent) in [
        ("/api/v1/organisations", json!({ "name": "Other" })),
        (&*format!("/api/v1/people/{}/leave", team.ana.person), json!({ "days": [] })),
        (&*format!("/api/v1/projects/{}/reports", team.project), json!({ "title": "t", "body": "b" })),
    ] {
        let refused = call(&house.desk, "POST", path, &format!("{ana}{used}"), Some(&sent)).is(422).json();
        assert_eq!(refused["type"], "/problems/repeated-with-other-content", "{path}: {refused}");
    }

    let event = json!({ "event": { "type": "triage.started" } });
    let on =
        |line: &str| call(&house.desk, "POST", &events, &format!("{ana}{line}{}", house.key()), Some(&event));
    assert_eq!(on("").is(428).json()["type"], "/problems/precondition-required");
    for line in [
        "*",
        "W/\"1\"",
        "\"1\", \"2\"",
        "1",
        "\"-1\"",
        "\"99999999999999999999\"",
        "\"1\"\r\nif-match: \"1\"",
    ] {
        let refused = on(&format!("if-match: {line}\r\n")).is(422).json();
        assert!(refused["detail"].as_str().unwrap().to_lowercase().contains("if-match"), "{line}: {refused}");
    }
    for version in ["\"0\"", "\"18446744073709551615\""] {
        let refused = on(&format!("if-match: {version}\r\n")).is(409).json();
        assert!(refused["actual"].as_u64().is_some_and(|actual| actual > 0), "{refused}");
    }

    for (query, says) in [
        ("after=junk", "take `next` of the page before"),
        ("after=1.", "take `next` of the page before"),
        ("after=99999999999999999999.00000000000000000000000000", "take `next` of the page before"),
        ("after=1.zzzzzzzzzzzzzzzzzzzzzzzzzz", "take `next` of the page before"),
        ("limit=0", "from 1 to 200"),
        ("limit=201", "from 1 to 200"),
        ("limit=1e2", "from 1 to 200"),
        ("limit=-1", "from 1 to 200"),
        ("limit=1&limit=2", "stands twice"),
        ("limit=1&offset=5", "unknown name"),
        ("Limit=1", "did you mean `limit`"),
        ("shelf=all", "`open` or `closed`"),
        ("project=mine", "the id of a project"),
        ("after=%ff%fe", "take `next` of the page before"),
    ] {
        let refused = house.get(ana, &format!("/api/v1/inbox?{query}")).is(422).json();
        assert!(refused["detail"].as_str().unwrap().contains(says), "{query}: {refused}");
    }
    // What is no id names nothing, and is answered like what is not there.
    let nowhere = house.get(ana, "/api/v1/nothing").is(404).text;
    for id in [
        "none",
        "00000000000000000000000000",
        "0000000000000000000000000",
        "000000000000000000000000000",
        "z0000000000000000000000000",
        "iiiiiiiiiiiiiiiiiiiiiiiiii",
        "%00",
        "..%2f..%2fhealthz",
        "%ff",
    ] {
        assert_eq!(house.get(ana, &format!("/api/v1/cases/{id}")).is(404).text, nowhere, "{id}");
    }
    let refused = house.get(NOBODY, "/api/v1/inbox").is(401);
    assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"fixlead\""));
}

#[test]
fn requests_that_two_readers_would_cut_differently_are_not_carried_out() {
    let house = House::new("smuggled");
    let desk = &house.desk;
    let head = "POST /api/v1/session HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\n";
    let inner = "GET /healthz HTTP/1.1\r\nhost: desk\r\nconnection: close\r\n\r\n";
    let tricks = [
        ("two lengths", format!("{head}content-length: 2\r\ncontent-length: 40\r\n\r\n{{}}{inner}")),
        ("a length that is none", format!("{head}content-length: +2\r\n\r\n{{}}{inner}")),
        ("a length below nothing", format!("{head}content-length: -1\r\n\r\n{{}}{inner}")),
        ("lengths in a list", format!("{head}content-length: 2, 3\r\n\r\n{{}}{inner}")),
        ("an unknown coding", format!("{head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{inner}")),
        ("chunked not last", format!("{head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{inner}")),
        ("a huge chunk", format!("{head}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n{inner}")),
        ("a folded header", format!("{head}content-length: 2\r\nx: a\r\n b\r\n\r\n{{}}{inner}")),
        ("a blank before a colon", format!("{head}content-length : 40\r\n\r\n{inner}")),
        ("a bare line end in a value", format!("{head}x: a\ncontent-length: 40\r\n\r\n{inner}")),
        ("a zero byte in a header", format!("{head}x: a\0b\r\ncontent-length: 2\r\n\r\n{{}}{inner}")),
        ("a line of its own", "GET /healthz\r\n\r\n".to_owned()),
        ("another version", "GET /healthz HTTP/9.9\r\nhost: desk\r\n\r\n".to_owned()),
    ];
    for (what, bytes) in tricks {
        let answer = desk.raw(bytes.as_bytes());
        // The request that hides in the body of the other would have been answered 200.
        assert!(!answer.contains("HTTP/1.1 2"), "{what}: {answer}");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
    }
    // A length beside chunks is left out of account, as RFC 9112 section 6.3 says,
    // and what follows is not taken for the rest of a body.
    let both = format!("{head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
    let answer = desk.raw(format!("{both}{inner}").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    // Floods of headers, of names and of cookies.
    for lines in [
        "x: y\r\n".repeat(101),
        format!("x: {}\r\n", "y".repeat(200_000)),
        (0..200).map(|number| format!("x{number}: y\r\n")).collect(),
    ] {
        let answer = desk.raw(format!("GET /healthz HTTP/1.1\r\nhost: desk\r\n{lines}\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 431 "), "{} bytes: {answer}", lines.len());
    }
    let cookies = format!("cookie: {}\r\n", "fixlead=x; ".repeat(3_000));
    assert_eq!(call(desk, "GET", "/api/v1/session", &cookies, None).status, 401);
    let long = format!("/api/v1/inbox?after={}", "x".repeat(70_000));
    let answer = desk.get(&long);
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert!(desk.is_well());
    assert!(!desk.log().contains("panicked"), "{}", desk.log());
}
