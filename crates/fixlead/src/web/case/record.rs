//! Recording by hand that something was done, with its evidence: a form for
//! any event of the policy's vocabulary, made from the vocabulary. Whoever did
//! the work elsewhere says so here, and sees what the policy expects of it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::act::{Although, Evidence};
use fixlead_app::case::paper::{Paper, Said};
use fixlead_app::case::record::Recording;
use fixlead_app::problem::Problem;
use fixlead_core::case::{EventKind, Field};
use fixlead_core::desk::command::Source;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::CaseId;
use serde::Deserialize;
use serde_json::json;

use super::act::instant;
use super::entry::{self, Entry, Input};
use super::rows::WhyRow;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// What the policy says against it.
struct Objection {
    because: String,
    clauses: String,
    earliest: Option<Moment>,
    may_override: String,
    /// What would open it.
    change: Vec<(&'static str, String)>,
}

/// A sentence of the policy.
struct Sentence {
    say: String,
    clauses: String,
    otherwise: String,
}

#[derive(Template)]
#[template(path = "record.html")]
struct Page {
    frame: Frame,
    case: String,
    kind: &'static str,
    name: String,
    duty: String,
    duties: Vec<Sentence>,
    decision: Option<Sentence>,
    expects: Vec<Sentence>,
    entries: Vec<Entry>,
    version: u64,
    found: bool,
    only_found: bool,
    at: String,
    standing: Option<Objection>,
    objection: Option<Objection>,
    although: String,
    has_evidence: bool,
    evidence: String,
    evidence_reference: String,
    errors: Vec<String>,
    once: String,
}

/// For which duty.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    duty: String,
    #[serde(default)]
    subject: String,
}

fn kind_of(name: &str) -> Result<EventKind, Trouble> {
    EventKind::parse(name).ok_or_else(|| Problem::NotFound.into())
}

/// What only says that something happened: what the desk does itself has a form
/// of its own.
fn only_found(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::ReportReceived
            | EventKind::FixLeadAssigned
            | EventKind::FixLeadVolunteered
            | EventKind::FixTeamAdded
            | EventKind::FixTeamRevoked
    )
}

/// Whether evidence beside the event says anything that its own fields cannot.
fn wants_evidence(kind: EventKind) -> bool {
    let (required, optional) = kind.fields();
    let own = [Field::MessageId, Field::Url, Field::Reference, Field::Links];
    !required.iter().chain(optional).any(|field| own.contains(field))
}

fn sentence(said: &Said, otherwise: &str) -> Sentence {
    Sentence {
        say: words::sentence(&said.say),
        clauses: said.clauses.join(" "),
        otherwise: words::name(otherwise),
    }
}

/// What somebody has sent so far.
struct Sent<'f> {
    form: Option<&'f Form>,
    duty: String,
    subject: String,
    found: bool,
}

fn shown(
    visitor: &Visitor,
    case: CaseId,
    kind: EventKind,
    paper: &Paper,
    sent: Sent<'_>,
    errors: Vec<String>,
    objection: Option<Objection>,
) -> Page {
    let text = |name: &str| sent.form.map(|form| form.text(name).to_owned()).unwrap_or_default();
    let standing = paper.held.as_ref().filter(|_| objection.is_none()).map(|held| Objection {
        because: words::sentence(&held.because),
        clauses: held.clauses.join(" "),
        earliest: held.earliest.map(|at| Moment::new(at, paper.board.at)),
        may_override: String::new(),
        change: WhyRow::changes(&held.why, kind),
    });
    Page {
        frame: Frame::desk("Record", "inbox", visitor),
        case: case.to_string(),
        kind: kind.name(),
        name: entry::capital(&words::happening(kind)),
        duties: paper.duties.iter().map(|duty| sentence(duty, "")).collect(),
        decision: paper.decision.as_ref().map(|decision| sentence(decision, "")),
        expects: paper.expects.iter().map(|(said, otherwise)| sentence(said, otherwise.name())).collect(),
        entries: entry::entries(kind, paper, sent.form, &sent.subject),
        version: paper.board.view.version,
        found: sent.found || only_found(kind),
        only_found: only_found(kind),
        at: text("at"),
        standing,
        objection,
        although: text("although"),
        has_evidence: wants_evidence(kind) && !paper.duties.is_empty(),
        evidence: text("evidence"),
        evidence_reference: text("evidence.reference"),
        errors,
        once: once(),
        duty: sent.duty,
    }
}

/// The form.
pub async fn form(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath((case, kind)): InPath<(CaseId, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let paper = wire.desk.paper(&visitor.caller, case, kind, &wanted.duty).await?;
    let sent = Sent { form: None, duty: wanted.duty, subject: wanted.subject, found: false };
    let page = shown(&visitor, case, kind, &paper, sent, Vec::new(), None);
    Ok(page::show(StatusCode::OK, &page))
}

fn line(form: &Form, name: &str) -> Result<Line, Trouble> {
    Line::new(form.text(name)).map_err(|message| Problem::invalid(format!("/{name}"), message).into())
}

/// Evidence beside the event, for the duty that the form was opened for, or the
/// first that the event can discharge.
fn evidence(form: &Form, paper: &Paper) -> Result<Option<Evidence>, Trouble> {
    if form.some("evidence").is_none() && form.some("evidence.reference").is_none() {
        return Ok(None);
    }
    let named = paper.duties.iter().find(|duty| duty.id == form.text("duty")).or(paper.duties.first());
    let Some(duty) = named else { return Ok(None) };
    let text = if form.some("evidence").is_some() { "evidence" } else { "evidence.reference" };
    let reference = form.some("evidence.reference").map(|_| line(form, "evidence.reference")).transpose()?;
    Ok(Some(Evidence { duty: Line::tamed(&duty.id), text: line(form, text)?, reference }))
}

/// What the form describes.
fn recording(kind: EventKind, form: &Form, paper: &Paper, found: bool) -> Result<Recording, Trouble> {
    let mut event = entry::event(kind, form)?;
    if found {
        let text = form.text("at");
        let at =
            instant(text).map(|at| at.to_string()).or_else(|| (text.len() == 10).then(|| text.to_owned()));
        let at = at.ok_or_else(|| {
            Problem::invalid("/at", "say when it happened: a day and an hour in UTC, or a day alone")
        })?;
        event["at"] = json!(at);
    }
    let although = match form.some("although") {
        None => None,
        Some(_) => Some(Although { reason: line(form, "although")?, subject: None }),
    };
    let expected = form.text("seen").parse().unwrap_or(0);
    let source = if found { Source::Found } else { Source::Done };
    Ok(Recording { event, source, expected, although, evidence: evidence(form, paper)? })
}

/// What it sends.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath((case, kind)): InPath<(CaseId, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let found = form.text("when") == "found" || only_found(kind);
    let repeat = form.repeat(&format!("case {case} {}", kind.name()))?;
    let paper = wire.desk.paper(&visitor.caller, case, kind, form.text("duty")).await?;
    let recorded = match recording(kind, &form, &paper, found) {
        Ok(recording) => wire.desk.record(&visitor.caller, case, recording, repeat).await,
        Err(Trouble::Refused(crate::api::problem::Refusal::Problem(problem))) => Err(problem),
        Err(trouble) => return Err(trouble),
    };
    let (mut errors, mut objection) = (Vec::new(), None);
    match recorded {
        Ok(_) => {
            let to = ["severity", "plan"].into_iter().find(|to| form.text("back") == *to);
            let to = to.map_or_else(|| format!("?done={}", kind.name()), |to| format!("/{to}?done=1"));
            return Ok(page::go(&format!("/cases/{case}{to}")));
        }
        Err(Problem::StepUp) => {
            return Err(Trouble::StepUp(format!("/cases/{case}/record/{}", kind.name())));
        }
        Err(Problem::Held { held }) => {
            let roles: Vec<String> = held.may_override.iter().map(|role| words::name(role)).collect();
            objection = Some(Objection {
                because: words::sentence(&held.because),
                clauses: held.clauses.join(" "),
                earliest: held.earliest.map(|at| Moment::new(at, paper.board.at)),
                may_override: roles.join(", "),
                change: paper.held.as_ref().map(|held| WhyRow::changes(&held.why, kind)).unwrap_or_default(),
            });
        }
        Err(Problem::Invalid { errors: faults }) => errors.extend(faults.into_iter().map(|fault| {
            let place = fault.pointer.trim_start_matches("/event").trim_start_matches('/').to_owned();
            if place.is_empty() {
                fault.message
            } else {
                format!("{}: {}", words::name(&place), fault.message)
            }
        })),
        Err(Problem::Conflict { .. }) => errors.push(
            "somebody has changed the case since you opened this form; look whether it still applies, and send it again"
                .to_owned(),
        ),
        Err(problem) => return Err(problem.into()),
    }
    let sent = Sent { form: Some(&form), duty: form.text("duty").to_owned(), subject: String::new(), found };
    let page = shown(&visitor, case, kind, &paper, sent, errors, objection);
    Ok(page::show(StatusCode::CONFLICT, &page))
}
