//! The advisory of a case: the source as a form and as text, what is to be said
//! of it, the documents that would be made of it, and making it public.

mod rows;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};
use fixlead_app::case::advisory::CaseAdvisory;
use fixlead_app::cna::cases::Ids;
use fixlead_app::problem::Problem;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, OfferId};
use fixlead_core::time::Instant;
use fixlead_formats::check::Checked;
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::lint::Level;
use fixlead_formats::source::draft::{Draft, Form as Kind};
use serde::Deserialize;
use tokio::task::block_in_place;

use self::rows::{Row, rows};
use super::head::Head;
use crate::api::Wire;
use crate::api::advisory::site;
use crate::api::extract::InPath;
use crate::web::asset::Area;
use crate::web::form::{Form, once};
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// Most fields and sections of a form; each field is one that a form sends.
const MOST_PLACES: usize = 550;

/// Something that is said of the source.
struct RemarkRow {
    level: &'static str,
    rule: String,
    /// The field that it is about, where the form has one.
    field: Option<String>,
    path: String,
    line: Option<usize>,
    message: String,
}

/// What is said of the source.
struct Remarks {
    rows: Vec<RemarkRow>,
    errors: usize,
    sound: bool,
    /// Whether nobody has typed anything yet, so that nothing is wrong.
    fresh: bool,
}

/// A document that would be made.
struct Document {
    name: &'static str,
    file: &'static str,
    text: String,
}

/// A publication that waits for a second person.
struct Waiting {
    offer: String,
    by: String,
    mine: bool,
    stands: bool,
}

/// A CVE id of the case, and what can be asked of CVE Services about it.
struct CveRow {
    id: String,
    state: &'static str,
    publishable: bool,
    /// Whether it was reserved from here, so that it can be rejected from here.
    reserved: bool,
}

/// The CVE ids of the case.
struct CvePart {
    rows: Vec<CveRow>,
    organisation: Option<String>,
    quota: Option<(u64, u64, Moment)>,
    may: bool,
}

fn cve_part(ids: Ids, now: Instant) -> CvePart {
    let Ids { ids, reserved, organisation, quota, publishable, may } = ids;
    let rows = ids.into_iter().map(|(id, state)| CveRow {
        publishable: publishable.as_ref() == Some(&id),
        reserved: reserved.contains(&id),
        state: state.name(),
        id,
    });
    let quota = quota.map(|(quota, at)| (quota.available, quota.most, Moment::new(at, now)));
    CvePart { rows: rows.collect(), organisation, quota, may }
}

#[derive(Template)]
#[template(path = "advisory.html")]
struct Page {
    frame: Frame,
    head: Head,
    version: u64,
    written: Option<(Moment, String)>,
    published: Option<Moment>,
    is_published: bool,
    may_write: bool,
    may_ask: bool,
    may_confirm: bool,
    waiting: Option<Waiting>,
    /// Whether that is for what it says now.
    asks_now: bool,
    held: Option<(String, String)>,
    may_override: bool,
    /// Why whoever asked wants it published although the policy holds it.
    although: Option<String>,
    /// Where everybody reads it, once it is public.
    public: Option<String>,
    cve: CvePart,
    rows: Vec<Row>,
    /// Why the form cannot show it.
    only_text: Option<String>,
    source: String,
    others: Option<String>,
    remarks: Remarks,
    documents: Vec<Document>,
    errors: Vec<String>,
    done: bool,
    once: String,
}

#[derive(Template)]
#[template(path = "advisory-remarks.html")]
struct Part {
    remarks: Remarks,
}

/// Whether something was just done.
#[derive(Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    done: String,
}

fn remarks(checked: &Checked, draft: Option<&Draft>) -> Remarks {
    let known: BTreeSet<String> = draft.map(places).unwrap_or_default();
    let rows = checked.remarks.iter().map(|remark| RemarkRow {
        level: remark.level.as_str(),
        rule: remark.rule.clone(),
        field: field(&known, &remark.path),
        path: remark.path.clone(),
        line: remark.spot.as_ref().map(|spot| spot.line),
        message: remark.message.clone(),
    });
    Remarks {
        rows: rows.collect(),
        errors: checked.errors().count(),
        sound: checked.is_sound(),
        fresh: false,
    }
}

/// The fields and sections of the form.
fn places(draft: &Draft) -> BTreeSet<String> {
    let place = |row| match row {
        Row::Field(field) => Some(field.path),
        Row::Begin(place, _) => Some(place),
        _ => None,
    };
    rows(draft, &|_| Vec::new()).into_iter().filter_map(place).collect()
}

/// The one that a path leads to, or what is around it.
fn field(known: &BTreeSet<String>, path: &str) -> Option<String> {
    let mut path = path;
    while !path.is_empty() {
        if known.contains(path) {
            return Some(path.to_owned());
        }
        path = path.rsplit_once('/').map_or("", |(around, _)| around);
    }
    None
}

/// A draft, if a form can send it back.
fn fitting(draft: Draft) -> Result<Draft, String> {
    match places(&draft).len() <= MOST_PLACES {
        true => Ok(draft),
        false => Err("it is too long for a form; write it as text".to_owned()),
    }
}

fn documents(checked: &Checked) -> Vec<Document> {
    let Some(advisory) = checked.advisory.as_ref().filter(|_| checked.is_sound()) else { return Vec::new() };
    let made = |format: &Format| {
        let text = build(advisory, *format, Options::default()).ok()?;
        Some(Document { name: format.as_str(), file: format.file_name(), text })
    };
    Format::ALL.iter().filter_map(made).collect()
}

/// What was typed, or stands.
struct Shown {
    text: String,
    draft: Result<Draft, String>,
    errors: Vec<String>,
    others: Option<String>,
    done: bool,
    status: StatusCode,
    /// Whether it is what the case knows, and nobody has typed anything yet.
    fresh: bool,
}

impl Shown {
    fn new(text: String, draft: Result<Draft, String>) -> Shown {
        let (errors, others, status) = (Vec::new(), None, StatusCode::OK);
        Shown { text, draft, errors, others, done: false, status, fresh: false }
    }

    fn text(text: String) -> Shown {
        let draft = Draft::read(&text).map_err(|complaint| {
            let line = complaint.spot.map(|spot| format!("line {}: ", spot.line));
            format!("{}{}", line.unwrap_or_default(), complaint.message)
        });
        let draft = draft.and_then(fitting);
        Shown::new(text, draft)
    }

    fn draft(draft: Draft) -> Shown {
        Shown::new(draft.write(), fitting(draft))
    }

    /// What a form has sent: the fields, or the source as text.
    fn sent(form: &Form) -> Shown {
        if form.is_set("as-text") {
            return Shown::text(form.exact("source").to_owned());
        }
        let mut draft = Draft::from_fields(form.fields());
        if let Some((what, path)) = form.text("do").split_once(' ') {
            match what {
                "add" => draft.add(path),
                "remove" => draft.remove(path),
                _ => {}
            }
        }
        Shown::draft(draft)
    }
}

async fn shown(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    found: CaseAdvisory,
    shown: Shown,
) -> Result<Response, Trouble> {
    // Large ones are looked through beside what others wait for.
    let checked = block_in_place(|| found.ground.looked_through(&shown.text, &site(wire)));
    let may = |action: &str| found.view.may.contains(&action);
    let may_ask = may("publish") && found.version > 0 && !found.is_published;
    let held = match found.version > 0 && !found.is_published {
        true => wire.desk.publication_held(&visitor.caller, case).await?,
        false => None,
    };
    let held = held.and_then(|problem| match problem {
        Problem::Held { held } => Some((words::sentence(&held.because), held.clauses.join(" "))),
        _ => None,
    });
    let ids = wire.desk.cve_ids(&visitor.caller, case).await?;
    let named = |person| words::called(&found.view.names, person);
    let public = found.published.and_then(|_| {
        let id = checked.advisory.as_ref()?.public_id();
        let given = wire.advisories.as_ref()?.served().has(&id);
        given.then(|| format!("/advisories/{id}/"))
    });
    let fresh = shown.fresh;
    let wrong = |path: &str| {
        let here = checked
            .remarks
            .iter()
            .filter(|remark| !fresh && remark.path == path && remark.level == Level::Error);
        here.map(|remark| remark.message.clone()).collect()
    };
    let page = Page {
        frame: Frame { area: Area::Advisory, ..Frame::desk("Advisory", "inbox", visitor) },
        head: Head::of(&found.view, "advisory"),
        version: found.version,
        written: found
            .written
            .map(|(at, by)| (Moment::new(at, found.at), by.map_or_else(|| "the desk".to_owned(), named))),
        published: found.published.map(|at| Moment::new(at, found.at)),
        is_published: found.is_published,
        may_write: may("record.fix"),
        may_confirm: may("publish.confirm"),
        asks_now: found.asked.is_some_and(|(.., stands)| stands),
        waiting: found.asked.map(|(offer, by, stands)| Waiting {
            offer: offer.to_string(),
            by: by.map_or_else(|| "the desk".to_owned(), named),
            mine: by == Some(visitor.caller.person),
            stands,
        }),
        may_ask,
        may_override: held.is_some() && may("override"),
        although: found.although,
        public,
        cve: cve_part(ids, found.at),
        held,
        rows: shown.draft.as_ref().map(|draft| rows(draft, &wrong)).unwrap_or_default(),
        remarks: Remarks { fresh, ..remarks(&checked, shown.draft.as_ref().ok()) },
        only_text: shown.draft.err(),
        documents: documents(&checked),
        source: shown.text,
        others: shown.others,
        errors: shown.errors,
        done: shown.done,
        once: once(),
    };
    Ok(page::show(shown.status, &page))
}

/// The page.
pub async fn page(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let found = wire.desk.advisory(&visitor.caller, case, &site(&wire)).await?;
    let fresh = found.version == 0;
    let now = Shown { done: !wanted.done.is_empty(), fresh, ..Shown::text(found.source.clone()) };
    shown(&wire, &visitor, case, found, now).await
}

/// What it sends: to be looked at again with a section more or less, to be
/// checked, or to be kept.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let mut typed = block_in_place(|| Shown::sent(&form));
    if form.text("do") == "save" {
        let repeat = form.repeat(&format!("case {case} advisory"))?;
        let over = form.text("seen").parse().unwrap_or(0);
        let written = wire.desk.write_advisory(&visitor.caller, case, &typed.text, over, Some(repeat)).await;
        match written {
            Ok(_) => return Ok(page::go(&format!("/cases/{case}/advisory?done=1"))),
            Err(Problem::Invalid { errors }) => {
                typed.status = StatusCode::UNPROCESSABLE_ENTITY;
                typed.errors = errors.into_iter().map(|fault| fault.message).collect();
            }
            Err(Problem::Conflict { .. }) => {
                typed.status = StatusCode::CONFLICT;
                typed.errors = vec![
                    "somebody has written it since you opened this page; what you typed stands below, and theirs \
                     beside it: compare, and save again"
                        .to_owned(),
                ];
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    let found = wire.desk.advisory(&visitor.caller, case, &site(&wire)).await?;
    if typed.status == StatusCode::CONFLICT {
        typed.others = Some(found.source.clone());
    }
    shown(&wire, &visitor, case, found, typed).await
}

/// Only what is to be said of it, for a page that is open already.
pub async fn checked(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let ground = wire.desk.advisory_ground(&visitor.caller, case).await?;
    let (typed, checked) = block_in_place(|| {
        let typed = Shown::sent(&form);
        let checked = ground.looked_through(&typed.text, &site(&wire));
        (typed, checked)
    });
    let part = Part { remarks: remarks(&checked, typed.draft.as_ref().ok()) };
    Ok(page::show(StatusCode::OK, &part))
}

/// A document of what is kept, as a file.
pub async fn document(
    State(wire): State<Wire>,
    visitor: Visitor,
    Path((case, format)): Path<(String, String)>,
) -> Result<Response, Trouble> {
    let case = CaseId::parse(&case).map_err(|_| Problem::NotFound)?;
    let format = Format::parse(&format).map_err(|_| Problem::NotFound)?;
    let found = wire.desk.advisory(&visitor.caller, case, &site(&wire)).await?;
    let text = crate::api::advisory::made(&wire, &found, format)?;
    let mark = if found.is_published { "" } else { "UNDER-EMBARGO-" };
    let name = format!("attachment; filename=\"{mark}{}\"", format.file_name());
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Has CVE Services reserve an id, publish a record, write it anew, or reject an id.
pub async fn cve(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = Some(form.repeat(&format!("case {case} cve"))?);
    let (caller, id) = (&visitor.caller, form.text("id"));
    let done = match form.text("do") {
        "reserve" => wire.desk.reserve_cve(caller, case, repeat).await.map(|_| ()),
        what @ ("publish" | "update") => {
            wire.desk.publish_cve(caller, case, id, what == "update", repeat).await.map(|_| ())
        }
        "reject" => match Line::new(form.text("reason")) {
            Ok(reason) => wire.desk.reject_cve(caller, case, id, reason, repeat).await.map(|_| ()),
            Err(message) => Err(Problem::invalid("/reason", message)),
        },
        _ => Err(Problem::NotFound),
    };
    answered(&wire, &visitor, case, done).await
}

/// Asks that it be made public, or confirms what somebody else has asked.
pub async fn publish(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = Some(form.repeat(&format!("case {case} publication"))?);
    let (caller, own) = (&visitor.caller, site(&wire));
    let although = match form.some("although").map(Line::new).transpose() {
        Ok(although) => although,
        Err(message) => return Err(Problem::invalid("/although", message).into()),
    };
    let done = match form.some("offer") {
        Some(offer) => {
            let offer = OfferId::parse(offer).map_err(|_| Problem::NotFound)?;
            wire.desk.publish_advisory(caller, case, offer, although, &own, repeat).await.map(|_| ())
        }
        None => match Line::new(form.text("reason")) {
            Ok(reason) => {
                wire.desk.ask_publication(caller, case, (reason, although), &own, repeat).await.map(|_| ())
            }
            Err(message) => Err(Problem::invalid("/reason", message)),
        },
    };
    answered(&wire, &visitor, case, done).await
}

/// What follows something that was asked for: the page, with word that it is done or why it is
/// not.
async fn answered(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    done: Result<(), Problem>,
) -> Result<Response, Trouble> {
    let here = format!("/cases/{case}/advisory");
    let errors = match done {
        Ok(()) => return Ok(page::go(&format!("{here}?done=1"))),
        Err(Problem::StepUp) => return Err(Trouble::StepUp(here)),
        Err(Problem::Invalid { errors }) => errors.into_iter().map(|fault| fault.message).collect(),
        Err(Problem::Elsewhere(why)) => vec![why],
        Err(Problem::Held { held }) => {
            vec![format!("{} ({})", words::sentence(&held.because), held.clauses.join(" "))]
        }
        Err(problem) => return Err(problem.into()),
    };
    let found = wire.desk.advisory(&visitor.caller, case, &site(wire)).await?;
    let now = Shown { errors, status: StatusCode::CONFLICT, ..Shown::text(found.source.clone()) };
    shown(wire, visitor, case, found, now).await
}
