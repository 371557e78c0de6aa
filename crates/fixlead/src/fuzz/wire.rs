//! Bodies, forms and heads of requests, answers of other services, and the files
//! that the command reads.

use std::cell::RefCell;
use std::fs;
use std::io::BufReader;
use std::path::Path;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use fixlead_core::text::percent_encoded;
use fixlead_store::log::{SignedHead, Timestamp, WitnessFile, verify};
use fixlead_store::{Keyring, log};
use serde::de::DeserializeOwned;

use super::{Target, halves, is_presentable, text};
use crate::api::json::{self, MOST_DEPTH, MOST_VALUES};
use crate::api::{caller, commands, directory, extract, reaching, reports, source, triage, webhooks};
use crate::commands::cvss::lines::{Line, Lines};
use crate::commands::patch::batch;
use crate::configuration::keys::Configuration;
use crate::configuration::read;
use crate::cve;
use crate::web::demonstration;
use crate::web::form::Form;

pub const TARGETS: &[Target] = &[
    ("body", body),
    ("configuration", configuration),
    ("cve-services", cve_services),
    ("form", form),
    ("kept-heads", kept_heads),
    ("keyring", keyring),
    ("log-export", log_export),
    ("patch-batch", patch_batch),
    ("request-head", request_head),
    ("timestamp", timestamp),
    ("vector-lines", vector_lines),
];

fn body(data: &[u8]) {
    fn one<T: DeserializeOwned>(data: &[u8]) {
        if let Err(errors) = json::judged::<T>(data) {
            assert!(!errors.is_empty());
            for fault in errors {
                is_presentable(&fault.message);
                assert!(!fault.pointer.chars().any(fixlead_core::text::is_harmful), "{:?}", fault.pointer);
            }
        }
    }
    one::<reports::SendReport>(data);
    one::<commands::Record>(data);
    one::<directory::SetFacts>(data);
    one::<directory::SetRota>(data);
    one::<reaching::SetQuestions>(data);
    one::<triage::Decide>(data);
    one::<webhooks::AddWebhook>(data);
    one::<log::Sending>(data);
    one::<serde_json::Value>(data);
    if json::judged::<serde_json::Value>(data).is_ok() {
        // Whatever is taken is what everybody else reads there, and bounded.
        let value: serde_json::Value = serde_json::from_slice(data).expect("JSON");
        let (depth, values) = measure(&value);
        assert!(depth <= MOST_DEPTH + 1 && values <= MOST_VALUES + 1, "{depth} deep, {values} values");
    }
}

/// How deep a value is, and how many are in it.
fn measure(value: &serde_json::Value) -> (usize, usize) {
    let inner: Vec<(usize, usize)> = match value {
        serde_json::Value::Array(list) => list.iter().map(measure).collect(),
        serde_json::Value::Object(table) => table.values().map(measure).collect(),
        _ => return (0, 1),
    };
    let depth = inner.iter().map(|(depth, _)| depth + 1).max().unwrap_or(1);
    (depth, 1 + inner.iter().map(|(_, count)| count).sum::<usize>())
}

fn form(data: &[u8]) {
    if let Ok(form) = Form::of_fields(data) {
        assert!(form.size() <= data.len(), "a form holds more than was sent");
    }
    let Some(text) = text(data) else { return };
    let sent = format!("a={}", percent_encoded(text));
    let Ok(form) = Form::of_fields(sent.as_bytes()) else { panic!("{sent} is no form") };
    assert_eq!(form.exact("a"), text.replace("\r\n", "\n"), "a field came otherwise");
    assert_eq!(demonstration::unescaped(&percent_encoded(text)), text, "an address came otherwise");
    let _ = demonstration::unescaped(text);
}

fn request_head(data: &[u8]) {
    let (target, headers) = halves(data);
    let request = axum::http::Request::builder().uri(target);
    if let Ok((parts, ())) = request.body(()).map(axum::http::Request::into_parts) {
        match extract::query(&parts, &["after", "limit", "q"]) {
            Ok(pairs) => drop(extract::Page::of(&pairs)),
            Err(_) => assert!(parts.uri.query().is_some()),
        }
    }
    let mut head = HeaderMap::new();
    for line in headers.split(|byte| *byte == b'\n') {
        let Some(at) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = (&line[..at], line[at + 1..].trim_ascii());
        let name = match name {
            b"a" => AUTHORIZATION,
            b"c" => COOKIE,
            b"t" => CONTENT_TYPE,
            _ => continue,
        };
        head.extend(axum::http::HeaderValue::from_bytes(value).ok().map(|value| (name, value)));
    }
    let _ = (caller::shown(&head, true), caller::shown(&head, false), json::is_json(&head));
    if let Some(value) = caller::cookie_value(&head, "fixlead") {
        assert!(!value.contains(';'));
    }
    let _ = text(headers).map(|hop| source::address(hop.trim()));
}

fn configuration(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut configuration = Configuration::default();
    match read::read(text, Path::new("/srv/desk"), &mut configuration) {
        Ok(set) => assert!(set.len() <= text.len()),
        Err(fault) => {
            is_presentable(&fault.message);
            assert!(fault.line <= text.lines().count() + 1, "line {}", fault.line);
        }
    }
}

/// Whoever answers in the name of CVE Services: one answer for each call, a zero
/// byte between them, the status before it.
fn cve_services(data: &[u8]) {
    type Said<'a> = std::slice::Split<'a, u8, fn(&u8) -> bool>;
    struct Stranger<'a>(RefCell<Said<'a>>);
    impl cve::Line for Stranger<'_> {
        fn ask(&self, _: &cve::Call) -> Result<cve::Answered, String> {
            let said = self.0.borrow_mut().next().ok_or("nobody answers")?;
            let (status, body) = said.split_first().ok_or("nobody answers")?;
            let status = [200, 400, 401, 403, 404, 500][usize::from(*status) % 6];
            Ok(cve::Answered { status, body: serde_json::from_slice(body).ok() })
        }
    }
    let line = || Stranger(RefCell::new(data.split(|byte| *byte == 0)));
    let tame = |wrong: &cve::Wrong| is_presentable(&wrong.to_string());
    let id = "CVE-2026-12345";
    let record = serde_json::json!({"containers": {"cna": {"providerMetadata": {}}}});
    let line = [(); 7].map(|()| line());
    let service = |at: usize| cve::Services::new("example", &line[at]);
    let _ = service(0).quota().inspect_err(tame);
    match service(1).reserve(2026, 3, false) {
        Ok((ids, _)) => assert!(ids.len() == 3 && ids.iter().all(|id| fixlead_core::id::is_cve_id(id))),
        Err(wrong) => tame(&wrong),
    }
    match service(2).list(None, None) {
        Ok(ids) => assert!(ids.iter().all(|known| fixlead_core::id::is_cve_id(&known.id))),
        Err(wrong) => tame(&wrong),
    }
    let _ = service(3).publish(id, &record, false).inspect_err(tame);
    let _ = service(4).publish(id, &record, true).inspect_err(tame);
    let _ = service(5).reject(id, "never was one").inspect_err(tame);
    let _ = service(6).transfer(id, "another").inspect_err(tame);
}

fn patch_batch(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for line in text.lines() {
        match batch::query(line) {
            Ok(query) => assert!(!query.id.is_empty() && !query.introduced.is_empty()),
            Err(wrong) => is_presentable(&wrong),
        }
    }
}

/// Whatever the lines of a stream are, they are those of its text.
fn vector_lines(data: &[u8]) {
    let mut seen = Vec::new();
    for room in [1, 7, 4096] {
        let mut lines = Lines::new(BufReader::with_capacity(room, data));
        let mut read = Vec::new();
        while let Some(line) = lines.next().expect("memory can be read") {
            read.push(match line {
                Line::Text(text) => {
                    assert!(text.len() <= 512 && !text.trim_ascii().is_empty() && !text.contains('\n'));
                    text.to_owned()
                }
                Line::TooLong(text) => format!("long {text}"),
                Line::NotText(text) => format!("no text {text}"),
            });
        }
        seen.push(read);
    }
    assert!(seen.windows(2).all(|two| two[0] == two[1]), "lines depend on how they come");
    assert!(seen[0].len() <= data.iter().filter(|byte| **byte == b'\n').count() + 1);
}

/// Has a file read that holds these bytes meanwhile.
fn with_file(data: &[u8], read: impl FnOnce(&Path)) {
    let place = std::env::temp_dir().join(format!("fixlead-fuzz-{}", std::process::id()));
    fs::write(&place, data).expect("a file in the directory for temporary ones");
    read(&place);
    fs::remove_file(&place).expect("the file is there");
}

fn log_export(data: &[u8]) {
    with_file(data, |file| drop(verify::export(file, &[])));
}

fn kept_heads(data: &[u8]) {
    with_file(data, |file| {
        if let Ok(heads) = SignedHead::read_all(file) {
            assert!(heads.len() <= data.iter().filter(|byte| **byte == b'\n').count());
            heads.iter().for_each(|head| assert!(!head.is_signed() || head.number < u64::MAX));
        }
        let _ = WitnessFile::new(file).last();
    });
}

fn timestamp(data: &[u8]) {
    with_file(data, |file| {
        if let Ok(timestamp) = Timestamp::read(file) {
            assert!(timestamp.fault().is_some(), "a timestamp that nobody signed");
        }
    });
}

fn keyring(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Err(wrong) = Keyring::parse(text) {
        let wrong = wrong.to_string();
        is_presentable(&wrong);
        // A key that cannot be read is not shown; one has 44 letters.
        assert!(text.lines().all(|line| line.len() < 40 || line.contains(' ') || !wrong.contains(line)));
    }
}
