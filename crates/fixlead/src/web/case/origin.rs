//! Where the flaw of a case came from, and what has it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::record::Recording;
use fixlead_app::fix::origin::{Asked, Candidate, LIMITS, Traced};
use fixlead_core::desk::command::Source;
use fixlead_core::id::CaseId;
use serde::Deserialize;
use serde_json::json;

use super::fix::visible;
use super::head::Head;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::asset::Area;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

/// Most tags that are named on a page.
const MOST_TAGS: usize = 200;

struct CandidateRow {
    commit: String,
    short: String,
    subject: String,
    confidence: &'static str,
    tone: &'static str,
    share: u32,
    because: String,
    lines: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "fix-origin.html")]
struct Page {
    frame: Frame,
    head: Head,
    fix: String,
    introduced: String,
    working: bool,
    failed: String,
    limits: &'static str,
    /// The commits of the fix.
    commits: Vec<String>,
    /// What counts as having brought it in.
    counts: Vec<String>,
    candidates: Vec<CandidateRow>,
    branches: Vec<(String, &'static str, &'static str)>,
    affected_tags: Vec<String>,
    fixed_tags: Vec<String>,
    more_tags: usize,
    same: Vec<(String, String, &'static str)>,
    /// Branches of the case's facts that have it, and those that the case says have it.
    affected: Vec<String>,
    recorded: Vec<String>,
    may_set: bool,
    may_keep: bool,
    revision: u64,
    done: bool,
    once: String,
}

fn candidate(one: &Candidate) -> CandidateRow {
    CandidateRow {
        commit: one.commit.clone(),
        short: one.commit.chars().take(12).collect(),
        subject: visible(&one.subject),
        confidence: one.confidence,
        tone: if matches!(one.confidence, "stated" | "likely") { "care" } else { "quiet" },
        share: one.share,
        because: one.because.join(", ").replace('-', " "),
        lines: one
            .lines
            .iter()
            .map(|(path, line, text)| (format!("{}:{line}", visible(path)), visible(text)))
            .collect(),
    }
}

fn shown(traced: &Traced, visitor: &Visitor, done: bool) -> Page {
    let may = |action: &str| traced.view.may.contains(&action);
    let working = traced.found.is_none();
    let found = traced.found.as_deref().cloned().unwrap_or_default();
    let tags = found.affected_tags.len() + found.fixed_tags.len();
    let some = |tags: &[String]| tags.iter().take(MOST_TAGS).map(|tag| visible(tag)).collect::<Vec<_>>();
    let tone = |state: &str| match state {
        "affected" => "bad",
        "fixed" => "good",
        _ => "quiet",
    };
    let (affected_tags, fixed_tags) = (some(&found.affected_tags), some(&found.fixed_tags));
    Page {
        frame: Frame { area: Area::Fix, ..Frame::desk("Where it came from", "inbox", visitor) },
        head: Head::of(&traced.view, "fix"),
        fix: traced.asked.fix.clone(),
        introduced: traced.asked.introduced.join(" "),
        working,
        failed: found.failed.unwrap_or_default(),
        limits: LIMITS,
        commits: found.fix,
        counts: found.introduced,
        candidates: found.candidates.iter().map(candidate).collect(),
        branches: found.branches.iter().map(|(name, state)| (visible(name), *state, tone(state))).collect(),
        more_tags: tags - affected_tags.len() - fixed_tags.len(),
        affected_tags,
        fixed_tags,
        same: found.same,
        may_set: may("triage") && traced.affected != traced.recorded && !traced.affected.is_empty(),
        may_keep: may("internal.attach"),
        affected: traced.affected.clone(),
        recorded: traced.recorded.clone(),
        revision: traced.view.version,
        done,
        once: once(),
    }
}

/// What is asked.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    fix: String,
    #[serde(default)]
    introduced: String,
    #[serde(default)]
    done: String,
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let asked = Asked::new(&wanted.fix, &wanted.introduced)?;
    let traced = wire.desk.trace_fix(&visitor.caller, case, asked).await?;
    Ok(page::show(StatusCode::OK, &shown(&traced, &visitor, !wanted.done.is_empty())))
}

/// Takes the affected branches over, or keeps what was found.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let (desk, caller) = (&wire.desk, &visitor.caller);
    let repeat = form.repeat(&format!("case {case} fix origin"))?;
    if form.text("what") == "affected" {
        let branches: Vec<&str> = form.all("branch").collect();
        let recording = Recording {
            event: json!({ "type": "affected.set", "branches": branches }),
            source: Source::Done,
            expected: form.text("seen").parse().unwrap_or(0),
            although: None,
            evidence: None,
        };
        desk.record(caller, case, recording, repeat).await?;
    } else {
        let asked = Asked::new(form.text("fix"), form.text("introduced"))?;
        desk.keep_origin(caller, case, asked, repeat).await?;
    }
    Ok(page::go(&format!("/cases/{case}/fix/origin?done=1")))
}
