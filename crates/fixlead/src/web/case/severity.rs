//! How severe a case is: a calculator for every version of CVSS, everybody's
//! opinion, and what a score changes before it is recorded. All arithmetic is
//! the core's; the script only asks for the result anew.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::severity::{Change, Severity, text};
use fixlead_core::id::CaseId;
use fixlead_core::severity::{Group, Score, Vector, Version, asked};

use super::entry::capital;
use super::head::Head;
use super::metrics;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::form::once;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// A metric with its choices.
struct Dial {
    name: &'static str,
    title: &'static str,
    question: &'static str,
    choices: Vec<(&'static str, &'static str, bool)>,
    /// Whether it may stay undefined, and does.
    open: Option<bool>,
}

/// Metrics of one group.
struct Panel {
    title: &'static str,
    dials: Vec<Dial>,
    /// Whether something in it is defined.
    shown: bool,
}

/// An opinion.
struct Opinion {
    at: Moment,
    by: String,
    vector: Option<String>,
    score: String,
    /// Its place on the scale, from 0 to 100.
    place: String,
    band: String,
    group: String,
    reason: String,
    is_final: bool,
    counts: bool,
}

/// A change, in words.
struct Differs {
    what: String,
    before: String,
    after: String,
    clauses: String,
}

/// What a score changes, threshold by threshold.
struct Threshold {
    from: String,
    severity: String,
    changes: Vec<Differs>,
    law: Vec<(String, String)>,
    here: bool,
}

/// What was worked out.
#[derive(Default)]
struct Outcome {
    vector: String,
    version: &'static str,
    scores: Vec<(String, String, String)>,
    overall: String,
    band: String,
    group: String,
    counts_here: bool,
    changes: Option<Vec<Differs>>,
    missing: Vec<&'static str>,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "severity.html")]
struct Page {
    frame: Frame,
    head: Head,
    version: &'static str,
    versions: Vec<(&'static str, bool)>,
    panels: Vec<Panel>,
    outcome: Outcome,
    opinions: Vec<Opinion>,
    thresholds: Vec<Threshold>,
    revision: u64,
    may_score: bool,
    leads: bool,
    done: bool,
    once: String,
}

#[derive(Template)]
#[template(path = "severity-result.html")]
struct Part {
    case: String,
    outcome: Outcome,
    revision: u64,
    may_score: bool,
    leads: bool,
    once: String,
}

fn value(text: &str) -> String {
    let text = words::sentence(text);
    if text.is_empty() { "not there".to_owned() } else { words::name(&text) }
}

fn differs(changes: Vec<Change>) -> Vec<Differs> {
    let row = |change: Change| Differs {
        what: capital(&words::name(&change.what)),
        before: value(&change.before),
        after: value(&change.after),
        clauses: change.clauses.join(" "),
    };
    changes.into_iter().map(row).collect()
}

/// The vector that the choices make, or what is missing in them.
fn chosen(version: Version, sent: &BTreeMap<String, String>) -> Result<Vector, Vec<&'static str>> {
    let mut missing = Vec::new();
    let mut parts: Vec<String> = Vec::new();
    for metric in asked(version) {
        match sent.get(metric.name).map(String::as_str).filter(|value| !value.is_empty()) {
            Some(value) => parts.push(format!("{}:{value}", metric.name)),
            None if metric.group == Some(Group::Base) => {
                missing.push(metrics::of(version, metric.name).title);
            }
            None => {}
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    Vector::parse(&format!("{}{}", version.prefix(), parts.join("/"))).map_err(|_| missing)
}

fn outcome(vector: &Vector) -> (Outcome, Score) {
    let scores = vector.scores();
    let (group, score) = scores.overall();
    let version = vector.version();
    let groups = [Group::Base, Group::Temporal, Group::Environmental];
    let rows = groups.into_iter().filter_map(|group| {
        let score = scores.group(group)?;
        Some((capital(group.as_str()), score.to_string(), score.band(version).as_str().to_lowercase()))
    });
    let rows: Vec<_> = rows.collect();
    let found = Outcome {
        vector: vector.canonical(),
        version: version.as_str(),
        overall: score.to_string(),
        band: score.band(version).as_str().to_lowercase(),
        group: group.as_str().to_owned(),
        scores: if rows.len() > 1 { rows } else { Vec::new() },
        ..Outcome::default()
    };
    (found, score)
}

/// What was asked for: the version, the choices, and the vector they make.
struct Wanted {
    version: Version,
    choices: BTreeMap<String, String>,
    vector: Option<Vector>,
    outcome: Outcome,
    score: Option<Score>,
}

fn wanted(sent: BTreeMap<String, String>, usual: Version) -> Wanted {
    let pasted = sent.get("vector").map(|text| text.trim()).filter(|text| !text.is_empty());
    let mut version = sent.get("version").and_then(|text| Version::parse(text)).unwrap_or(usual);
    let mut choices = sent.clone();
    let mut found = Outcome::default();
    let mut vector = None;
    match pasted.map(Vector::parse) {
        Some(Ok(read)) => {
            version = read.version();
            for metric in asked(version) {
                if let Some(value) = read.metric(metric.name) {
                    choices.insert(metric.name.to_owned(), value.to_owned());
                }
            }
            vector = Some(read);
        }
        Some(Err(error)) => found.wrong = Some(error.to_string()),
        None => match chosen(version, &choices) {
            Ok(made) => vector = Some(made),
            Err(missing) => found.missing = missing,
        },
    }
    let score = vector.as_ref().map(|vector| {
        let (worked, score) = outcome(vector);
        found = worked;
        score
    });
    Wanted { version, choices, vector, outcome: found, score }
}

fn panels(version: Version, choices: &BTreeMap<String, String>) -> Vec<Panel> {
    let mut panels: Vec<Panel> = Vec::new();
    for metric in asked(version) {
        let Some(group) = metric.group else { continue };
        let title = match group {
            Group::Base => "The flaw itself",
            Group::Temporal | Group::Threat => "As it is now",
            Group::Environmental => "In one environment",
        };
        let meaning = metrics::of(version, metric.name);
        let sent = choices.get(metric.name).map_or("", String::as_str);
        let open = (group != Group::Base).then_some(sent.is_empty() || matches!(sent, "X" | "ND"));
        let dial = Dial {
            name: metric.name,
            title: meaning.title,
            question: meaning.question,
            choices: meaning.values.iter().map(|(value, words)| (*value, *words, *value == sent)).collect(),
            open,
        };
        let shown = group == Group::Base || open == Some(false);
        match panels.last_mut().filter(|panel| panel.title == title) {
            Some(panel) => {
                panel.shown |= shown;
                panel.dials.push(dial);
            }
            None => panels.push(Panel { title, dials: vec![dial], shown }),
        }
    }
    panels
}

fn opinions(severity: &Severity) -> Vec<Opinion> {
    let now = severity.board.at;
    let row = |given: &fixlead_app::case::severity::Given| {
        let version =
            given.vector.as_deref().and_then(|text| Vector::parse(text).ok()).map(|vector| vector.version());
        let score = given.score.clone().unwrap_or_default();
        let parsed = Score::parse(&score).ok();
        let band = parsed.map(|score| score.band(version.unwrap_or(Version::V31)).as_str().to_lowercase());
        Opinion {
            at: Moment::of(given.at, now),
            by: if given.by.is_empty() { "not said".to_owned() } else { given.by.join(", ") },
            vector: given.vector.clone(),
            place: parsed.map(|score| score.tenths().to_string()).unwrap_or_default(),
            band: band.unwrap_or_default(),
            group: given.group.clone().unwrap_or_default(),
            reason: given.reason.clone().unwrap_or_default(),
            is_final: given.is_final,
            counts: given.counts,
            score,
        }
    };
    severity.given.iter().map(row).collect()
}

fn usual(versions: &[String]) -> Version {
    versions.iter().rev().find_map(|version| Version::parse(version)).unwrap_or(Version::V31)
}

/// What was asked for, and what it changes. Which version is usual stands in
/// the policy, so the case is looked at first where none is named.
async fn worked_out(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    sent: BTreeMap<String, String>,
) -> Result<(Severity, Wanted), Trouble> {
    let first = wanted(sent.clone(), Version::V31);
    let asked = first.score.map(|score| (score, first.vector.as_ref()));
    let severity = wire.desk.severity(&visitor.caller, case, asked).await?;
    let usual = usual(&severity.versions);
    // Who has chosen nothing yet begins with the score that counts.
    let counting = severity.given.iter().find(|given| given.counts).and_then(|given| given.vector.clone());
    let untouched = sent.keys().all(|name| name == "done");
    let mut sent = sent;
    if let Some(vector) = counting.filter(|_| untouched) {
        sent.insert("vector".to_owned(), vector);
    }
    let mut found = if first.score.is_some() { first } else { wanted(sent, usual) };
    found.outcome.counts_here = severity.versions.iter().any(|known| *known == found.outcome.version);
    found.outcome.changes = severity.changes.clone().map(differs);
    Ok((severity, found))
}

fn rights(severity: &Severity, visitor: &Visitor) -> (bool, bool) {
    let lead = severity.board.view.standing.as_ref().and_then(|standing| standing.lead);
    (severity.board.view.may.contains(&"record.score"), lead == Some(visitor.caller.person))
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(sent): Query<BTreeMap<String, String>>,
) -> Result<Response, Trouble> {
    let done = sent.contains_key("done");
    let (severity, found) = worked_out(&wire, &visitor, case, sent).await?;
    let thresholds = severity.steps.iter().map(|step| Threshold {
        from: text(step.from),
        severity: step.severity.unwrap_or_default().to_owned(),
        changes: differs(step.changes.clone()),
        law: step.law.iter().map(|(say, clauses)| (words::sentence(say), clauses.join(" "))).collect(),
        here: step.here,
    });
    let (may_score, leads) = rights(&severity, &visitor);
    let page = Page {
        frame: Frame::desk("Severity", "inbox", &visitor),
        head: Head::of(&severity.board.view, "severity"),
        version: found.version.as_str(),
        versions: Version::ALL
            .iter()
            .map(|version| {
                (version.as_str(), severity.versions.iter().any(|known| known == version.as_str()))
            })
            .collect(),
        panels: panels(found.version, &found.choices),
        thresholds: thresholds.collect(),
        opinions: opinions(&severity),
        revision: severity.board.view.version,
        may_score,
        leads,
        outcome: found.outcome,
        done,
        once: once(),
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// Only what was worked out, for a page that is open already.
pub async fn result(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(sent): Query<BTreeMap<String, String>>,
) -> Result<Response, Trouble> {
    let (severity, found) = worked_out(&wire, &visitor, case, sent).await?;
    let (may_score, leads) = rights(&severity, &visitor);
    let part = Part {
        case: case.to_string(),
        outcome: found.outcome,
        revision: severity.board.view.version,
        may_score,
        leads,
        once: once(),
    };
    Ok(page::show(StatusCode::OK, &part))
}
