//! Recording by hand that something was done, with its evidence: a form for
//! any event of the policy's vocabulary, made from the vocabulary. Whoever did
//! the work elsewhere says so here.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::act::Although;
use fixlead_app::case::board::Board;
use fixlead_app::case::record::Recording;
use fixlead_app::problem::Problem;
use fixlead_core::case::event::FieldType;
use fixlead_core::case::{EventKind, Field};
use fixlead_core::desk::command::Source;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::CaseId;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::act::instant;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// What a field is entered with.
enum Input {
    Text,
    Lines,
    Choice(Vec<String>),
    Several(Vec<String>),
    Tick,
    Score,
    Instant,
    Dues,
}

/// A field of the form.
struct Entry {
    name: &'static str,
    label: String,
    hint: &'static str,
    required: bool,
    input: Input,
    value: String,
    chosen: Vec<String>,
    wrong: Option<String>,
}

impl Entry {
    fn has(&self, value: &str) -> bool {
        self.chosen.iter().any(|chosen| chosen == value)
    }
}

/// What the policy says against it.
struct Objection {
    because: String,
    clauses: String,
    earliest: Option<Moment>,
    may_override: String,
}

#[derive(Template)]
#[template(path = "record.html")]
struct Page {
    frame: Frame,
    case: String,
    name: String,
    duty: String,
    entries: Vec<Entry>,
    version: u64,
    found: bool,
    at: String,
    objection: Option<Objection>,
    although: String,
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

/// What helps to fill a field in.
fn hint(field: Field, kind: EventKind) -> &'static str {
    match field {
        Field::Vector => "a CVSS vector, such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        Field::Score => "from 0.0 to 10.0; left out, it comes from the vector",
        Field::MessageId => "the Message-ID of the mail, or its address in the archive",
        Field::Url | Field::Links => "a permanent address",
        Field::Reference => "where it can be read: a message, an issue, a ticket",
        Field::Where => "where it can be seen",
        Field::Id
            if matches!(kind, EventKind::CveAssigned | EventKind::CvePublished | EventKind::CveRejected) =>
        {
            "such as CVE-2027-12345"
        }
        Field::Id => "the commit",
        Field::Who | Field::To | Field::From if kind == EventKind::FixLeadHandedOff => "the id of a person",
        Field::On => "the commits that were read, one a line",
        Field::Paths => "one a line",
        Field::States => "the instant of the release that it states",
        Field::Dues => "one a line: the duty, a space, and its new instant",
        _ => "",
    }
}

fn input(field: Field, kind: EventKind, branches: &[(String, &'static str)]) -> Input {
    let branches = || branches.iter().map(|(name, _)| name.clone()).collect();
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match field.holds(kind) {
        FieldType::Text => Input::Text,
        FieldType::Texts => field.words().map_or(Input::Lines, |words| Input::Several(owned(words))),
        FieldType::Word(words) => Input::Choice(owned(words)),
        FieldType::Flag => Input::Tick,
        FieldType::Score => Input::Score,
        FieldType::Instant => Input::Instant,
        FieldType::Branch => Input::Choice(branches()),
        FieldType::Branches => Input::Several(branches()),
        FieldType::Dues => Input::Dues,
    }
}

fn entries(kind: EventKind, board: &Board, form: Option<&Form>, subject: &str) -> Vec<Entry> {
    let (required, optional) = kind.fields();
    let all = required.iter().map(|field| (*field, true)).chain(optional.iter().map(|field| (*field, false)));
    all.map(|(field, required)| {
        let input = input(field, kind, &board.branches);
        let mut value = form.map(|form| form.text(field.name()).to_owned()).unwrap_or_default();
        let mut chosen: Vec<String> =
            form.into_iter().flat_map(|form| form.all(field.name())).map(str::to_owned).collect();
        if form.is_none() && !subject.is_empty() {
            match &input {
                Input::Choice(words) if words.iter().any(|word| word == subject) => {
                    subject.clone_into(&mut value)
                }
                Input::Several(words) if words.iter().any(|word| word == subject) => {
                    chosen.push(subject.to_owned())
                }
                _ => {}
            }
        }
        let label = words::name(field.name());
        Entry {
            name: field.name(),
            label,
            hint: hint(field, kind),
            required,
            input,
            value,
            chosen,
            wrong: None,
        }
    })
    .collect()
}

/// The event that the form describes.
fn event(kind: EventKind, form: &Form) -> Result<Value, Trouble> {
    let wrong =
        |field: Field, message: &str| Trouble::from(Problem::invalid(format!("/{}", field.name()), message));
    let mut event = Map::new();
    event.insert("type".to_owned(), json!(kind.name()));
    let (required, optional) = kind.fields();
    for field in required.iter().chain(optional).copied() {
        let text = form.text(field.name());
        let value = match field.holds(kind) {
            FieldType::Flag => form.is_set(field.name()).then_some(json!(true)),
            FieldType::Texts | FieldType::Branches => {
                let lines = form
                    .all(field.name())
                    .flat_map(str::lines)
                    .map(str::trim)
                    .filter(|line| !line.is_empty());
                let list: Vec<&str> = lines.collect();
                (!list.is_empty()).then(|| json!(list))
            }
            _ if text.is_empty() => None,
            FieldType::Score => {
                let score: f64 =
                    text.parse().map_err(|_| wrong(field, "a score is a number from 0.0 to 10.0"))?;
                Some(json!(score))
            }
            FieldType::Instant => {
                let at = instant(text).ok_or_else(|| wrong(field, "write a day and an hour, in UTC"))?;
                Some(json!(at.to_string()))
            }
            FieldType::Dues => {
                let mut dues = Map::new();
                for line in text.lines() {
                    let (duty, at) = line
                        .trim()
                        .split_once(char::is_whitespace)
                        .ok_or_else(|| wrong(field, "write the duty, a space and its new instant"))?;
                    let at = instant(at.trim())
                        .ok_or_else(|| wrong(field, "write an instant like 2027-01-22T16:00"))?;
                    dues.insert(duty.to_owned(), json!(at.to_string()));
                }
                Some(Value::Object(dues))
            }
            FieldType::Text | FieldType::Word(_) | FieldType::Branch => Some(json!(text)),
        };
        if let Some(value) = value {
            event.insert(field.name().to_owned(), value);
        }
    }
    Ok(Value::Object(event))
}

fn kind_of(name: &str) -> Result<EventKind, Trouble> {
    EventKind::parse(name).ok_or_else(|| Problem::NotFound.into())
}

/// The form.
pub async fn form(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath((case, kind)): InPath<(CaseId, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let board = wire.desk.board(&visitor.caller, case).await?;
    let page = Page {
        frame: Frame::desk("Record", "inbox", &visitor),
        case: case.to_string(),
        name: words::name(kind.name()),
        duty: wanted.duty,
        entries: entries(kind, &board, None, &wanted.subject),
        version: board.view.version,
        found: false,
        at: String::new(),
        objection: None,
        although: String::new(),
        errors: Vec::new(),
        once: once(),
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// What it sends.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath((case, kind)): InPath<(CaseId, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let kind = kind_of(&kind)?;
    let found = form.text("when") == "found";
    let repeat = form.repeat(&format!("case {case} {}", kind.name()))?;
    let recorded = async {
        let mut event = event(kind, &form)?;
        if found {
            let text = form.text("at");
            let at = instant(text)
                .map(|at| at.to_string())
                .or_else(|| (text.len() == 10).then(|| text.to_owned()));
            let at = at.ok_or_else(|| {
                Problem::invalid("/at", "say when it happened: a day and an hour in UTC, or a day alone")
            })?;
            event["at"] = json!(at);
        }
        let although = match form.some("although") {
            None => None,
            Some(reason) => {
                let reason = Line::new(reason).map_err(|message| Problem::invalid("/although", message))?;
                Some(Although { reason, subject: None })
            }
        };
        let expected = form.text("seen").parse().unwrap_or(0);
        let source = if found { Source::Found } else { Source::Done };
        let recording = Recording { event, source, expected, although };
        Ok::<_, Trouble>(wire.desk.record(&visitor.caller, case, recording, repeat).await?)
    };
    let (mut errors, mut objection) = (Vec::new(), None);
    let board = match recorded.await {
        Ok(_) => return Ok(page::go(&format!("/cases/{case}?done=1"))),
        Err(Trouble::Refused(crate::api::problem::Refusal::Problem(problem))) => {
            let board = wire.desk.board(&visitor.caller, case).await?;
            match problem {
                Problem::StepUp => return Err(Trouble::StepUp(format!("/cases/{case}"))),
                Problem::Held { held } => {
                    objection = Some(Objection {
                        because: words::sentence(&held.because),
                        clauses: held.clauses.join(" "),
                        earliest: held.earliest.map(|at| Moment::new(at, board.at)),
                        may_override: held.may_override.iter().map(|role| words::name(role)).collect::<Vec<_>>().join(", "),
                    });
                }
                Problem::Invalid { errors: faults } => {
                    errors.extend(faults.into_iter().map(|fault| {
                        let place = fault.pointer.trim_start_matches("/event").trim_start_matches('/').to_owned();
                        if place.is_empty() { fault.message } else { format!("{}: {}", words::name(&place), fault.message) }
                    }));
                }
                Problem::Conflict { .. } => errors.push(
                    "somebody has changed the case since you opened this form; look whether it still applies, and send it again".to_owned(),
                ),
                problem => return Err(problem.into()),
            }
            board
        }
        Err(trouble) => return Err(trouble),
    };
    let page = Page {
        frame: Frame::desk("Record", "inbox", &visitor),
        case: case.to_string(),
        name: words::name(kind.name()),
        duty: form.text("duty").to_owned(),
        entries: entries(kind, &board, Some(&form), ""),
        version: board.view.version,
        found,
        at: form.text("at").to_owned(),
        objection,
        although: form.text("although").to_owned(),
        errors,
        once: once(),
    };
    Ok(page::show(StatusCode::CONFLICT, &page))
}
