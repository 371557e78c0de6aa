//! Deciding about a report, with the report beside it: acknowledged, or what it
//! is, and what its reporter is told. What is sent stands there before it is
//! sent.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::act::Although;
use fixlead_app::case::read::View;
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_app::triage::answers::Answers;
pub use fixlead_app::triage::decide::Original;
use fixlead_app::triage::decide::Triage;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::CaseId;
use serde::Deserialize;

use super::relate::{AlikeView, alike_of};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::api::problem::Refusal;
use crate::serve::world;
use crate::web::form::{Form, once};
use crate::web::markdown::{Inert, inert};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// A decision as it can be chosen.
pub struct Choice {
    /// Its name in the vocabulary.
    pub name: &'static str,
    /// As people say it.
    pub label: &'static str,
    /// The key that chooses it.
    pub key: &'static str,
    /// What it means.
    pub about: &'static str,
}

/// How a decision is offered everywhere.
pub fn choice(decision: Decision) -> Choice {
    let (label, key, about) = match decision {
        Decision::Acknowledge => ("Acknowledge", "a", "we have it; nothing is decided"),
        Decision::Valid => ("Valid", "v", "a vulnerability of this project"),
        Decision::Duplicate => ("Duplicate", "d", "reported before, or known elsewhere"),
        Decision::DefenseInDepth => ("Defense in depth", "i", "hardening, crosses no boundary"),
        Decision::NotAVulnerability => ("Not a vulnerability", "n", "works as it should"),
        Decision::OutOfScope => ("Out of scope", "o", "not this project's to answer"),
        Decision::NotReproducible => ("Not reproducible", "r", "cannot be seen as described"),
        Decision::AlreadyPublic => ("Already public", "p", "no embargo to keep"),
    };
    Choice { name: decision.name(), label, key, about }
}

/// All of them but the acknowledgement, which has a key of its own.
pub fn choices() -> Vec<Choice> {
    Decision::ALL.into_iter().filter(|decision| *decision != Decision::Acknowledge).map(choice).collect()
}

/// What the policy says against it.
struct Objection {
    because: String,
    clauses: String,
    earliest: Option<Moment>,
    may_override: String,
}

#[derive(Template)]
#[template(path = "triage.html")]
struct Page {
    frame: Frame,
    case: String,
    project: String,
    title: String,
    embargoed: bool,
    report: Option<Inert>,
    files: Vec<(String, String)>,
    alike: Option<AlikeView>,
    version: u64,
    chosen: Choice,
    all: Vec<Choice>,
    acknowledged: bool,
    answers: Vec<(usize, String, bool)>,
    may_answer: bool,
    text: String,
    close: bool,
    ends: bool,
    of: String,
    objection: Option<Objection>,
    although: String,
    errors: Vec<String>,
    from: &'static str,
    once: String,
}

/// What somebody wants to decide.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default, rename = "as")]
    decision: String,
    /// Which canned answer, by its place.
    answer: Option<usize>,
    #[serde(default)]
    from: String,
    #[serde(default)]
    of: String,
}

/// Where somebody came from, and goes back to.
fn from(text: &str) -> &'static str {
    if text == "inbox" { "inbox" } else { "case" }
}

/// What is being entered: as it was begun, or as it came back.
struct Entered {
    text: String,
    close: bool,
    of: String,
    although: String,
    from: &'static str,
    answer: Option<usize>,
}

fn was_acknowledged(view: &View) -> bool {
    view.timeline.iter().any(|step| step.event["type"] == "report.acknowledged")
}

/// The decision to begin with, where nobody has chosen.
fn usual(view: &View) -> Decision {
    if was_acknowledged(view) { Decision::Valid } else { Decision::Acknowledge }
}

fn page_of(
    view: &View,
    visitor: &Visitor,
    case: CaseId,
    decision: Decision,
    answers: Option<&Answers>,
    entered: Entered,
) -> Page {
    let offered = answers.into_iter().flat_map(|answers| answers.items.iter().enumerate());
    let fits = |with: Option<Decision>| with.is_none_or(|with| with == decision);
    let files = view.rooms.iter().flat_map(|room| &room.files);
    Page {
        frame: Frame::desk("Triage", "inbox", visitor),
        case: case.to_string(),
        project: view.standing.as_ref().map(|standing| standing.project.to_string()).unwrap_or_default(),
        title: view.about.as_ref().map(|about| about.title.clone()).unwrap_or_default(),
        embargoed: view.about.as_ref().is_some_and(|about| about.state == "embargoed"),
        report: view.report.as_ref().map(|report| inert(&report.body)),
        files: files.map(|file| (file.blob.to_string(), file.name.clone())).collect(),
        alike: None,
        version: view.version,
        chosen: choice(decision),
        all: Decision::ALL.into_iter().map(choice).collect(),
        acknowledged: was_acknowledged(view),
        answers: offered
            .filter(|(_, answer)| fits(answer.with))
            .map(|(place, answer)| (place, answer.name.to_string(), entered.answer == Some(place)))
            .collect(),
        may_answer: answers.is_some(),
        text: entered.text,
        close: entered.close,
        ends: decision.ends() || decision == Decision::Duplicate,
        of: entered.of,
        objection: None,
        although: entered.although,
        errors: Vec::new(),
        from: entered.from,
        once: once(),
    }
}

/// The page.
pub async fn form(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let view = wire.desk.read(&visitor.caller, case).await?;
    if view.standing.is_none() {
        return Err(Problem::NotFound.into());
    }
    // Whoever reads the report here has looked at the case.
    wire.desk.mark_seen(&visitor.caller, case, None).await?;
    let decision = Decision::parse(&wanted.decision).unwrap_or_else(|| usual(&view));
    let answers = match wire.desk.answers_in(&visitor.caller, case).await {
        Ok(answers) => Some(answers),
        // Whoever may not write to the reporter decides without an answer.
        Err(Problem::Forbidden { .. } | Problem::NotFound) => None,
        Err(problem) => return Err(problem.into()),
    };
    let fits = |place: &usize| {
        let answer = answers.as_ref().and_then(|answers| answers.items.get(*place));
        answer.is_some_and(|answer| answer.with.is_none_or(|with| with == decision))
    };
    let first = answers.iter().flat_map(|answers| answers.items.iter().enumerate());
    let first = first.filter(|(_, answer)| answer.with == Some(decision)).map(|(place, _)| place).next();
    let place = wanted.answer.filter(fits).or(first);
    let text = match place.and_then(|place| answers.as_ref()?.items.get(place)) {
        Some(answer) => wire.desk.filled(&visitor.caller, case, &answer.text, decision).await?,
        None => String::new(),
    };
    let entered = Entered {
        text,
        close: decision.ends(),
        of: wanted.of,
        although: String::new(),
        from: from(&wanted.from),
        answer: place,
    };
    let page = page_of(&view, &visitor, case, decision, answers.as_ref(), entered);
    // Where the question is which case it is the same as, they stand there also
    // without a script; otherwise a page is not kept waiting for them.
    let alike = match decision {
        Decision::Duplicate => Some(alike_of(&wire, &visitor, case).await?),
        _ => None,
    };
    Ok(page::show(StatusCode::OK, &Page { alike, ..page }))
}

/// What a form names as the original of a duplicate: a case by its id or its
/// address on this desk, or something elsewhere.
pub fn original(form: &Form, field: &str) -> Result<Option<Original>, Trouble> {
    let Some(text) = form.some(field) else { return Ok(None) };
    let last = text.trim_end_matches('/').rsplit('/').next().unwrap_or(text);
    let last = last.split(['?', '#']).next().unwrap_or(last);
    if let Ok(case) = CaseId::parse(last) {
        return Ok(Some(Original::Case(case)));
    }
    let line = Line::new(text).map_err(|message| Problem::invalid(format!("/{field}"), message))?;
    Ok(Some(Original::Elsewhere(line)))
}

fn read(form: &Form, decision: Decision, case: CaseId) -> Result<Triage, Trouble> {
    let invalid = |place: &str, message: &str| Problem::invalid(place, message);
    let answer = form.some("answer-text").map(Body::new).transpose();
    let although = form.some("although").map(Line::new).transpose();
    let although = although.map_err(|message| invalid("/although", message))?;
    Ok(Triage {
        decision,
        of: if decision == Decision::Duplicate { original(form, "of")? } else { None },
        answer: answer.map_err(|message| invalid("/answer", message))?,
        issue: None,
        close: form.is_set("close"),
        expected: form.text("seen").parse().ok(),
        although: although.map(|reason| Although { reason, subject: None }),
        repeat: Some(form.repeat(&format!("case {case} triage"))?),
    })
}

/// What it sends.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let decision =
        Decision::parse(form.text("as")).ok_or_else(|| Problem::invalid("/as", "choose what you decide"))?;
    let back = from(form.text("from"));
    let done = async {
        let triage = read(&form, decision, case)?;
        Ok::<_, Trouble>(wire.desk.triage(&visitor.caller, case, triage).await?)
    };
    let problem = match done.await {
        Ok(done) => {
            let answered = if done.answered { "&answered=1" } else { "" };
            let did = format!("did={}{answered}", decision.name());
            return Ok(page::go(&match back {
                "inbox" => format!("/inbox?{did}"),
                _ => format!("/cases/{case}?done=1"),
            }));
        }
        Err(Trouble::Refused(Refusal::Problem(problem))) => problem,
        Err(trouble) => return Err(trouble),
    };
    let (mut errors, mut objection) = (Vec::new(), None);
    match problem {
        Problem::StepUp => return Err(Trouble::StepUp(format!("/cases/{case}/triage"))),
        Problem::Held { held } => {
            objection = Some(Objection {
                because: words::sentence(&held.because),
                clauses: held.clauses.join(" "),
                earliest: held.earliest.map(|at| Moment::new(at, world::now())),
                may_override: held.may_override.iter().map(|role| words::name(role)).collect::<Vec<_>>().join(", "),
            });
        }
        Problem::Invalid { errors: faults } => errors.extend(faults.into_iter().map(|fault| fault.message)),
        Problem::Conflict { .. } => errors.push(
            "somebody has changed the case since you opened this page; look whether it still applies, and send it again"
                .to_owned(),
        ),
        problem => return Err(problem.into()),
    }
    let view = wire.desk.read(&visitor.caller, case).await?;
    let answers = wire.desk.answers_in(&visitor.caller, case).await.ok();
    let entered = Entered {
        text: form.text("answer-text").to_owned(),
        close: form.is_set("close"),
        of: form.text("of").to_owned(),
        although: form.text("although").to_owned(),
        from: back,
        answer: None,
    };
    let page = page_of(&view, &visitor, case, decision, answers.as_ref(), entered);
    Ok(page::show(StatusCode::CONFLICT, &Page { errors, objection, ..page }))
}
