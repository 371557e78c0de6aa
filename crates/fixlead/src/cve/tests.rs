//! What is asked of CVE Services, word for word, and what is made of answers.

use std::cell::RefCell;

use super::*;

const ORG: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// A line on which answers wait, and which keeps what was asked.
struct Told {
    answers: RefCell<Vec<(u16, Value)>>,
    asked: RefCell<Vec<Call>>,
}

impl Told {
    fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Told {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Told { answers: RefCell::new(answers), asked: RefCell::default() }
    }

    fn paths(&self) -> Vec<(Method, String)> {
        self.asked.borrow().iter().map(|call| (call.method, call.path.clone())).collect()
    }
}

impl Line for Told {
    fn ask(&self, call: &Call) -> Result<Answered, String> {
        self.asked.borrow_mut().push(call.clone());
        let (status, body) = self.answers.borrow_mut().pop().expect("an answer waits");
        Ok(Answered { status, body: Some(body) })
    }
}

#[test]
fn ids_are_reserved_as_the_api_asks_and_an_answer_that_lacks_some_is_not_believed() {
    let ids = json!({ "cve_ids": [{ "cve_id": "CVE-2026-0001" }, { "cve_id": "CVE-2026-0002" }],
        "meta": { "remaining_quota": 8 } });
    let line = Told::new([(200, ids.clone()), (200, ids)]);
    let services = Services::new("a b", &line);
    let (ids, left) = services.reserve(2026, 2, true).unwrap();
    assert_eq!((ids, left), (vec!["CVE-2026-0001".to_owned(), "CVE-2026-0002".to_owned()], Some(8)));
    let path = "/cve-id?cve_year=2026&amount=2&short_name=a%20b&batch_type=nonsequential";
    assert_eq!(line.paths(), [(Method::Post, path.to_owned())]);
    assert!(matches!(services.reserve(2026, 1, false), Err(Wrong::Unclear(_))));
    assert!(matches!(services.reserve(2026, 101, false), Err(Wrong::Asked(_))));
}

#[test]
fn a_list_is_read_page_by_page_and_ends() {
    let page = |id: &str, next: Value| {
        let one = json!({ "cve_id": id, "state": "RESERVED", "owning_cna": "x", "reserved": "2026-01-01T00:00:00Z" });
        (200, json!({ "cve_ids": [one], "nextPage": next }))
    };
    let line = Told::new([page("CVE-2026-0001", json!(2)), page("CVE-2026-0002", Value::Null)]);
    let found = Services::new("x", &line).list(Some("reserved"), Some(2026)).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(line.paths()[1].1, "/cve-id?page=2&state=RESERVED&cve_id_year=2026");
    let again = Told::new([page("CVE-2026-0001", json!(1))]);
    assert!(matches!(Services::new("x", &again).list(None, None), Err(Wrong::Unclear(_))));
}

#[test]
fn a_record_is_published_in_the_name_of_who_asks_and_of_nobody_else() {
    let org = || (200, json!({ "UUID": ORG }));
    let record = |org: &str| {
        json!({ "dataType": "CVE_RECORD",
        "containers": { "cna": { "title": "x", "providerMetadata": { "orgId": org, "dateUpdated": "2026-01-01T00:00:00Z" } } } })
    };
    let line = Told::new([org(), (200, json!({}))]);
    Services::new("x", &line).publish("CVE-2026-0001", &record(NOBODY), false).unwrap();
    let asked = line.asked.borrow();
    assert_eq!((asked[1].method, asked[1].path.as_str()), (Method::Post, "/cve/CVE-2026-0001/cna"));
    let container = json!({ "cnaContainer": { "title": "x", "providerMetadata": { "orgId": ORG } } });
    assert_eq!(asked[1].body.as_ref(), Some(&container));
    let other = Told::new([org()]);
    let other_org = record("6ba7b810-9dad-41d1-80b4-00c04fd430c8");
    let wrong = Services::new("x", &other).publish("CVE-2026-0001", &other_org, false);
    assert!(matches!(wrong, Err(Wrong::Asked(_))), "{wrong:?}");
    assert_eq!(other.paths().len(), 1, "nothing was sent");
    let nothing = Told::new([]);
    assert!(Services::new("x", &nothing).transfer("../org", "y").is_err());
}

#[test]
fn what_has_no_record_gets_its_first_when_it_is_rejected_and_a_refusal_is_told_in_its_words() {
    let org = || (200, json!({ "UUID": ORG }));
    for (status, method) in [(404, Method::Post), (200, Method::Put)] {
        let line = Told::new([org(), (status, json!({ "error": "CVE_RECORD_DNE" })), (200, json!({}))]);
        Services::new("x", &line).reject("CVE-2026-0001", "not a flaw").unwrap();
        assert_eq!(line.paths()[2], (method, "/cve/CVE-2026-0001/reject".to_owned()));
        let body = line.asked.borrow()[2].body.clone().unwrap();
        assert_eq!(
            body["cnaContainer"]["rejectedReasons"][0],
            json!({ "lang": "en", "value": "not a flaw" })
        );
    }
    let said = json!({ "error": "EXCEEDED_ID_QUOTA", "message": "no \u{1b}[31mmore" });
    let line = Told::new([(403, said)]);
    let wrong = Services::new("x", &line).reserve(2026, 1, false).unwrap_err().to_string();
    assert!(wrong.contains("403 EXCEEDED_ID_QUOTA") && wrong.contains("larger quota"), "{wrong}");
    assert!(!wrong.contains('\u{1b}'));
    let secret = Credentials { org: "x".into(), user: "y".into(), key: "canary".into() };
    assert!(!format!("{secret:?}").contains("canary"));
}

#[test]
fn an_id_of_another_year_is_not_taken_and_a_key_that_is_repeated_is_not_shown() {
    let line = Told::new([(200, json!({ "cve_ids": [{ "cve_id": "CVE-2025-0001" }] }))]);
    assert!(matches!(Services::new("x", &line).reserve(2026, 1, false), Err(Wrong::Unclear(_))));

    let bytes =
        br#"{"error":"the canary","details":[{"k canary":["\u0063anary","1"]}],"message":"canarycanary"}"#;
    let Answered { status, body } = Answered::read(401, bytes, "canary");
    let body = body.unwrap().to_string();
    assert!(status == 401 && !body.contains("anary") && body.contains("the …"), "{body}");
    assert_eq!(Answered::read(200, b"{\"a\":\"b\"}", "").body, Some(json!({ "a": "b" })));
}

/// Answers as they may come from a service that is broken, or is none.
#[test]
fn whatever_a_service_answers_is_believed_within_bounds_or_refused_in_words() {
    let ids = json!([{ "cve_id": "CVE-2026-0001", "state": "RESERVED" }]);
    let parts = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!("\u{202e}\u{1b}[2J../../org"),
        json!("CVE-2026-0001"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([{ "cve_id": "CVE-2026-0001/../x" }]),
        json!({ "errors": vec![json!({ "instancePath": "\u{1b}", "message": [1] }); 1000] }),
        ids,
    ];
    let fields = [
        "cve_ids",
        "meta",
        "id_quota",
        "total_reserved",
        "available",
        "UUID",
        "nextPage",
        "error",
        "message",
        "details",
    ];
    let (mut seed, mut calm) = (7_u64, 0);
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for _ in 0..20_000 {
        let mut answers = Vec::new();
        for _ in 0..4 {
            let mut body = Map::new();
            for _ in 0..next(5) {
                body.insert(fields[next(fields.len())].to_owned(), parts[next(parts.len())].clone());
            }
            let status = [200, 200, 200, 400, 401, 403, 404, 500][next(8)];
            answers.push((status, if next(6) == 0 { parts[next(parts.len())].clone() } else { body.into() }));
        }
        // The last one ends whatever goes on.
        answers.push((500, Value::Null));
        let line = Told::new(answers);
        let services = Services::new("x", &line);
        let outcome = match next(5) {
            0 => services.quota().map(drop),
            1 => services.reserve(2026, 1, false).map(|(ids, _)| assert!(ids.iter().all(|id| is_cve_id(id)))),
            2 => services.list(None, None).map(|all| assert!(all.iter().all(|one| is_cve_id(&one.id)))),
            3 => services.publish("CVE-2026-0001", &json!({ "title": "x" }), false),
            _ => services.reject("CVE-2026-0001", "none"),
        };
        match outcome {
            Ok(()) => calm += 1,
            Err(wrong) => {
                let said = wrong.to_string();
                assert!(said.len() < 4_000, "{} bytes", said.len());
                assert!(!said.chars().any(fixlead_core::text::is_harmful), "{said:?}");
            }
        }
    }
    assert!(calm > 0, "nothing was ever believed");
}
