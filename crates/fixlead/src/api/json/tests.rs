use fixlead_core::id::CaseId;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Note {
    title: String,
    #[serde(default)]
    count: u32,
    case: Option<CaseId>,
    #[serde(default)]
    parts: Vec<Part>,
    kind: Option<Kind>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Part {
    size: u8,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Plain,
    Linked { to: String },
}

/// The complaints about a document, as `pointer: message`.
fn complaints(document: impl AsRef<[u8]>) -> Vec<String> {
    match from_bytes::<Note>(document.as_ref()) {
        Err(Refusal::Problem(Problem::Invalid { errors })) => {
            errors.into_iter().map(|fault| format!("{}: {}", fault.pointer, fault.message)).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_fits_is_read() {
    let text = br#"{"title":"a\u0000b","count":3,"parts":[{"size":1}],"kind":{"linked":{"to":"x"}}}"#;
    let note: Note = from_bytes(text).unwrap();
    assert_eq!((note.title.as_str(), note.count, note.parts[0].size), ("a\0b", 3, 1));
    assert_eq!(note.kind, Some(Kind::Linked { to: "x".into() }));
    let note: Note = from_bytes(br#"{"title":"","case":null,"kind":"plain"}"#).unwrap();
    assert_eq!((note.case, note.kind), (None, Some(Kind::Plain)));
}

#[test]
fn each_misfit_has_its_pointer_and_a_remedy() {
    let cases: &[(&str, &[&str])] = &[
        (r#"{"titel":"x"}"#, &["/titel: unknown field; did you mean `title`?"]),
        (
            r#"{"title":"x","parts":[{"size":1},{"size":2,"sice":3,"a/b~c":4}]}"#,
            &[
                "/parts/1/sice: unknown field; did you mean `size`?",
                "/parts/1/a~1b~0c: unknown field; known are `size`",
            ],
        ),
        (r#"{"title":"x","parts":[{"size":300}]}"#, &["/parts/0/size: the number is out of range"]),
        (r#"{"title":7}"#, &["/title: expected a text, found a whole number"]),
        (r#"{"title":"x","count":-1}"#, &["/count: the number is out of range"]),
        (
            r#"{"title":"x","count":1.5}"#,
            &["/count: expected a whole number that is not negative, found a number"],
        ),
        (r#"{"title":"x","parts":{}}"#, &["/parts: expected a list, found an object"]),
        (r#"{"title":"x","parts":[7]}"#, &["/parts/0: expected an object, found a number"]),
        (r#"{"title":"x","case":"short"}"#, &["/case: an id has 26 characters; copy the whole of it"]),
        (
            r#"{"title":"x","kind":"plane"}"#,
            &["/kind: `plane` is none of `plain`, `linked`; did you mean `plain`?"],
        ),
        (
            r#"{"title":"x","kind":{"linked":{"tu":"y"}}}"#,
            &["/kind/linked/tu: unknown field; did you mean `to`?"],
        ),
        (r#"{"count":3}"#, &[": the field `title` is missing; add it"]),
        (r#"[]"#, &[": expected an object, found a list"]),
        (r#"{"title":"x","title":"y"}"#, &["/title: this key stands twice in one object; keep one"]),
        (
            r#"{"title":"x","parts":[{"size":1,"size":1}]}"#,
            &["/parts/0/size: this key stands twice in one object; keep one"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(complaints(text), *expected, "{text}");
    }
}

#[test]
fn what_is_no_json_or_too_much_of_it_is_refused() {
    assert_eq!(complaints(b"{\"title\":\"\xff\"}"), [": the body is not UTF-8 from byte 11 on; send UTF-8"]);
    for broken in ["", "{", "{}{}", "nul", "{\"title\":01}", "\u{feff}{}", "{'title':1}"] {
        let said = complaints(broken);
        assert!(said[0].starts_with(": this is not JSON: "), "{broken}: {said:?}");
    }
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(complaints(deep(32)), [": expected an object, found a list"]);
    assert!(complaints(deep(33))[0].ends_with(": nested deeper than 32; send it flatter"));
    assert!(complaints(deep(200_000))[0].ends_with(": nested deeper than 32; send it flatter"));
    let wide = format!("[{}1]", "1,".repeat(20_000));
    assert_eq!(complaints(wide), [": the body has more than 20000 values; send it in parts"]);
}

#[test]
fn nothing_longer_than_forty_characters_is_repeated() {
    let secret = "x".repeat(40) + "CANARY";
    for text in [
        format!(r#"{{"title":"x","kind":"{secret}"}}"#),
        format!(r#"{{"title":"x","{secret}":1}}"#),
        format!(r#"{{"title":{{"{secret}":[]}}}}"#),
        format!(r#"{{"title":"x","case":"{secret}"}}"#),
        format!(r#"{{"{secret}":1,"{secret}":2}}"#),
        format!(r#"{{"title":"x","count":"{secret}"}}"#),
    ] {
        let said = complaints(&text).join("\n");
        assert!(!said.is_empty() && !said.contains("CANARY"), "{said}");
    }
    let said = complaints("{\"title\":\"x\",\"kind\":\"\u{1b}[2J\u{202e}\"}").join("\n");
    assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said}");
}

#[test]
fn only_plain_json_in_utf_8_is_taken() {
    let taken = |lines: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, axum::http::HeaderValue::from_static(value));
        }
        is_json(&headers)
    };
    assert!(taken(&[("content-type", "application/json")]));
    assert!(taken(&[("content-type", "Application/JSON; charset=UTF-8")]));
    assert!(!taken(&[]));
    assert!(!taken(&[("content-type", "text/plain")]));
    assert!(!taken(&[("content-type", "application/json; charset=latin1")]));
    assert!(!taken(&[("content-type", "application/json"), ("content-type", "application/json")]));
    assert!(!taken(&[("content-type", "application/json"), ("content-encoding", "gzip")]));
}
