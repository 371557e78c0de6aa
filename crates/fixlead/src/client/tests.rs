use std::ffi::OsString;

use serde_json::json;

use super::*;

fn refusal(document: Value) -> String {
    ClientError::refused(409, &document).to_string()
}

#[test]
fn a_problem_document_is_printed_for_people() {
    let held = refusal(json!({
        "type": "/problems/held", "status": 409, "detail": "the notice needs seven days",
        "clauses": ["OT-48", "OT-49"], "earliest": "2027-01-22T16:00:00Z", "may_override": ["fix-lead"],
    }));
    assert_eq!(
        held,
        "the notice needs seven days\n  held by OT-48, OT-49\n  allowed from 2027-01-22T16:00:00Z on, if nothing \
         else changes\n  fix-lead may override it with a reason"
    );
    let invalid = refusal(json!({
        "type": "/problems/invalid", "detail": "…",
        "errors": [{"pointer": "/title", "message": "too long"}, {"pointer": "", "message": "\u{1b}[2Jhostile"}],
    }));
    assert!(invalid.starts_with("this does not make sense:\n  /title: too long\n  "), "{invalid}");
    assert!(!invalid.contains('\u{1b}'), "{invalid:?}");
    assert!(refusal(json!({"detail": "busy", "retry_after": 3})).ends_with("try again in 3 s"));
}

#[test]
fn a_token_is_not_sent_where_others_can_read_it() {
    let find = |url: &'static str| {
        let environment = move |name: &str| -> Option<OsString> {
            match name {
                "FIXLEAD_SERVER" => Some(url.into()),
                "FIXLEAD_TOKEN" => Some("CANARY".into()),
                _ => None,
            }
        };
        Server::find(&ServerArgs::default(), &environment)
    };
    assert!(find("https://desk.example.org").is_ok());
    assert!(find("http://127.0.0.1:8470").is_ok());
    let refused = find("http://desk.example.org").err().unwrap();
    assert!(refused.contains("use https://") && !refused.contains("CANARY"), "{refused}");
}

#[test]
fn whoever_does_not_answer_is_named() {
    // The port was free a moment ago, and nobody listens on it now.
    let server = Server::new(Origin::parse("http://127.0.0.1:1").unwrap(), None);
    let error = server.get("/healthz").unwrap_err();
    assert!(!error.is_answer());
    let said = error.to_string();
    assert!(said.starts_with("http://127.0.0.1:1 cannot be reached: "), "{said}");
}
