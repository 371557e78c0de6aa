//! Every duty of the built-in policies is discharged on the page of a case, by
//! somebody who fills in the forms that it offers and presses their buttons.

use std::collections::BTreeMap;

use fixlead_core::policy::{Document, Policy, compile, library};
use fixlead_core::time::{Instant, Span};
use serde_json::json;

use crate::house::{Answer, House};

/// The values of an attribute, in order.
fn attributes<'h>(html: &'h str, name: &str) -> Vec<&'h str> {
    let needle = format!("{name}=\"");
    html.split(needle.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn attribute<'h>(tag: &'h str, name: &str) -> Option<&'h str> {
    attributes(tag, &format!(" {name}")).first().copied()
}

/// The tags of a name with what stands in them, as far as the closing tag.
fn elements<'h>(html: &'h str, name: &str) -> Vec<(&'h str, &'h str)> {
    let (open, close) = (format!("<{name} "), format!("</{name}>"));
    let rest = html.split(open.as_str()).skip(1);
    rest.filter_map(|rest| {
        let (tag, inner) = rest.split_once('>')?;
        Some((tag, inner.split(close.as_str()).next().unwrap_or_default()))
    })
    .collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// Fills a form in as whoever did the work would: ticks everything, chooses what is
/// offered, and writes where words are asked for.
fn filled(form: &str, at: Instant, prefer: &Wishes) -> String {
    let mut sent: Vec<(String, String)> = Vec::new();
    let instant = at.to_string()[..16].to_owned();
    let wish = |name: &str| prefer.get(name).map(String::as_str);
    for (tag, inner) in elements(form, "select") {
        let name = attribute(tag, "name").unwrap();
        let options = inner.split("<option ").skip(1).map(|option| option.split('>').next().unwrap());
        let options: Vec<(&str, bool)> = options
            .filter_map(|tag| Some((*attributes(tag, "value").first()?, tag.ends_with("selected"))))
            .filter(|(value, _)| !value.is_empty())
            .collect();
        let selected = options.iter().find(|(_, selected)| *selected).or(options.first());
        // Who did it is left open, as on most forms.
        let first = selected.map(|(value, _)| *value).filter(|_| name != "by");
        if let Some(value) = wish(name).or(first) {
            assert!(options.iter().any(|(known, _)| *known == value), "{name} has no {value}: {options:?}");
            sent.push((name.to_owned(), unescaped(value)));
        }
    }
    for (tag, inner) in elements(form, "textarea") {
        let name = attribute(tag, "name").unwrap();
        let text = if inner.is_empty() { "as it was" } else { inner };
        if !name.ends_with(".other") {
            sent.push((name.to_owned(), unescaped(wish(name).unwrap_or(text))));
        }
    }
    for tag in form.split("<input ").skip(1).filter_map(|rest| rest.split('>').next()) {
        let tag = format!(" {tag}");
        let Some(name) = attribute(&tag, "name") else { continue };
        let value = attribute(&tag, "value").unwrap_or_default();
        let text = match (name, attribute(&tag, "type").unwrap_or("text")) {
            ("when", "radio") if value != "found" => continue,
            ("although", _) => continue,
            (_, "hidden" | "radio") => value,
            (_, "checkbox") if wish(name).is_some_and(|wish| !wish.split(',').any(|one| one == value)) => {
                continue;
            }
            (_, "checkbox") => value,
            ("at", _) | (_, "datetime-local") => &instant,
            _ if name.ends_with(".other") => continue,
            _ => wish(name).unwrap_or(if value.is_empty() { "as it was" } else { value }),
        };
        sent.push((name.to_owned(), unescaped(text)));
    }
    let pairs = sent.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn send(house: &House, who: &str, path: &str, form: &str) -> Answer {
    let headers = format!("{who}content-type: application/x-www-form-urlencoded\r\n");
    let text = house.desk.ask("POST", path, &headers, form.as_bytes());
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer { status, head: head.to_owned(), text: body.to_owned() }
}

fn policy(id: &str) -> Policy {
    let document = Document::parse(library::built_in(id).unwrap()).unwrap();
    compile(&document, &[], &[]).unwrap()
}

/// What somebody enters who was not asked for a word of the policy.
type Wishes = BTreeMap<&'static str, String>;

fn wishes(list: &[(&'static str, &str)]) -> Wishes {
    list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// The state of a duty, by its row.
fn state(row: &str) -> &str {
    row.split_once("<span class=\"state\">").map_or("", |(_, rest)| rest.split('<').next().unwrap())
}

struct Hand<'h> {
    house: &'h House,
    shows: &'h str,
    case: String,
    clock: Instant,
}

impl Hand<'_> {
    fn page(&self) -> String {
        self.house.get(self.shows, &format!("/cases/{}", self.case)).is(200).text
    }

    /// Opens a form, fills it in and sends it, half an hour after the last.
    fn record(&mut self, address: &str, prefer: &Wishes) {
        self.clock = self.clock + Span::minutes(30);
        let page = self.house.get(self.shows, address).is(200).text;
        let form = page.split_once("<form method=\"post\" class=\"sheet\">").unwrap().1;
        let sent = filled(form.split("</form>").next().unwrap(), self.clock, prefer);
        let done = send(self.house, self.shows, address.split('?').next().unwrap(), &sent);
        assert_eq!(done.status, 303, "{address}: {sent}\n{}", done.text);
    }

    /// Fills in whatever the page offers for each duty until nothing is left to do:
    /// the duties that were done by it.
    fn lead(&mut self) -> Vec<String> {
        let mut released = false;
        for number in 0..60 {
            let html = self.page();
            let (_, section) = html.split_once("id=\"duties\"").unwrap();
            let rows =
                || section.split("<li class=\"duty ").skip(1).filter_map(|row| row.split("</li>").next());
            let open = rows().find(|row| matches!(state(row), "open" | "overdue" | "held" | "not decidable"));
            let Some(row) = open else {
                let done =
                    rows().filter(|row| matches!(state(row), "done in time" | "done late" | "excused"));
                return done.map(|row| attributes(row, "data-duty")[0].to_owned()).collect();
            };
            let duty = attributes(row, "data-duty")[0];
            let record = format!("/cases/{}/record", self.case);
            // What is announced is released.
            if matches!(duty, "announce" | "fixed-notice") && !released {
                released = true;
                self.record(&format!("{record}/released"), &Wishes::new());
                continue;
            }
            let (_, offers) = row.split_once("<div class=\"do\">").unwrap();
            let offers = attributes(offers.split("<details").next().unwrap(), "href");
            let address = unescaped(offers.first().unwrap_or_else(|| panic!("no form for {duty}: {row}")));
            if address.ends_with("#ask-in") {
                assert!(html.contains(&format!("action=\"/cases/{}/people\"", self.case)));
                self.record(&format!("{record}/fixteam.added"), &Wishes::new());
                continue;
            }
            assert!(address.starts_with(&record), "{duty}: {address}");
            let id =
                if address.contains("/cve.") { "CVE-2026-12345".to_owned() } else { format!("c{number}") };
            let mut prefer = wishes(&[
                ("repo", "public"),
                ("vector", VECTOR),
                ("score", ""),
                ("group", "base"),
                ("version", "3.0"),
            ]);
            prefer.insert("id", id);
            self.record(&address, &prefer);
        }
        panic!("something stays open whatever is filled in:\n{}", self.page());
    }
}

const VECTOR: &str = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";

/// Leads a case with forms alone, after what the story begins with.
fn led(house: &House, shows: &str, project: &str, story: &[(&str, Wishes)], number: usize) -> Vec<String> {
    let title = format!("case {number}");
    let sent = json!({ "title": title, "body": "steps" });
    house.post("", &format!("/api/v1/projects/{project}/reports"), &sent).is(201);
    let listed = house.get(shows, "/api/v1/inbox").is(200).json();
    let item =
        listed["items"].as_array().unwrap().iter().find(|item| item["title"] == title.as_str()).unwrap();
    let case = item["case"].as_str().unwrap().to_owned();
    let now = Instant::parse(item["opened"].as_str().unwrap()).unwrap();
    // The work was done in the last days.
    let mut hand = Hand { house, shows, case: case.clone(), clock: now - Span::days(4) };
    let html = hand.page();
    assert!(html.contains(&format!("href=\"/cases/{case}#lead\"")), "who leads is the first question");
    let (_, form) = html.split_once(&format!("action=\"/cases/{case}/lead\"")).unwrap();
    let once = format!("once={}", attributes(form, "value")[0]);
    assert_eq!(send(house, shows, &format!("/cases/{case}/lead"), &once).status, 303);
    for (kind, prefer) in story {
        hand.record(&format!("/cases/{case}/record/{kind}"), prefer);
    }
    hand.lead()
}

#[test]
fn every_duty_of_the_built_in_policies_is_done_on_the_page_of_a_case() {
    let house = House::new("by-hand");
    let (_, team) = house.with_team();
    let facts = json!({ "facts": { "branches": [
        { "name": "main", "class": "development" }, { "name": "release-1", "class": "supported" },
        { "name": "release-0", "class": "unsupported" },
    ] } });
    let ana = &team.ana.shows;
    let at = |what: &str| format!("/api/v1/projects/{}/{what}", team.project);
    house.replace(ana, &at("facts"), &facts).is(200);
    let affected = |branches: &str| ("affected.set", wishes(&[("branches", branches)]));
    let received = |visibility: &str| ("report.received", wishes(&[("visibility", visibility)]));
    let leaked = ("embargo.leaked", Wishes::new());
    let stories = [
        (
            "opentelemetry",
            vec![
                vec![received("private"), affected("main,release-1")],
                vec![received("public"), affected("release-1"), leaked],
            ],
        ),
        (
            "vitess",
            vec![vec![affected("main,release-1")], vec![affected("main")], vec![affected("release-0")]],
        ),
    ];
    for (id, stories) in stories {
        house.replace(ana, &at("policy"), &json!({ "policy": id, "reason": "a rehearsal" }));
        let mut done: Vec<String> = Vec::new();
        for (number, story) in stories.iter().enumerate() {
            done.extend(led(&house, ana, &team.project, story, number + id.len()));
        }
        let policy = policy(id);
        let duties = policy.duties.iter().map(|duty| duty.heading.id.to_string());
        let missing: Vec<String> = duties.filter(|duty| !done.contains(duty)).collect();
        assert!(missing.is_empty(), "{id}: no form discharges {missing:?}; done are {done:?}");
    }
}
