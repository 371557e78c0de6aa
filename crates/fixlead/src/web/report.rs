//! The form for reports, without an account and without JavaScript.
//!
//! Whatever is wrong with what somebody sent, the form comes back with all of
//! it: nobody under stress types a report twice.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fixlead_app::intake::{self, More};
use fixlead_app::openpgp;
use fixlead_app::problem::Problem;
use fixlead_app::public::Reporting;
use fixlead_core::desk::event::{Room, Visibility};
use fixlead_core::desk::form::Thanks;
use fixlead_core::id::ProjectId;

use super::form::{Form, Lenient, once};
use super::page::{self, Frame};
use super::questions::Ask;
use super::sign_in::OwnForm;
use super::status;
use super::trouble::Trouble;
use super::words::Moment;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::api::problem::Refusal;
use crate::api::rates::Place;
use crate::api::source::{Source, moment};
use crate::serve::world;

/// What a report that nobody here can read is called.
const ENCRYPTED: &str = "Encrypted report";

/// What somebody has typed.
#[derive(Default)]
struct Typed {
    title: String,
    body: String,
    details: BTreeMap<String, String>,
    public: bool,
    public_where: String,
    exploited: bool,
    exploited_how: String,
    thanks: Option<Thanks>,
    credit: String,
    link: String,
}

impl Typed {
    fn of(form: &Form) -> Typed {
        let text = |name: &str| form.text(name).to_owned();
        Typed {
            title: text("title"),
            body: text("body"),
            details: form
                .starting("details.")
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
            public: form.is_set("public"),
            public_where: text("public-where"),
            exploited: form.is_set("exploited"),
            exploited_how: text("exploited-how"),
            thanks: Thanks::parse(form.text("thanks")),
            credit: text("credit"),
            link: text("link"),
        }
    }

    /// Which way to be thanked is chosen.
    fn thanked(&self, way: &str) -> bool {
        self.thanks.unwrap_or(Thanks::Named).name() == way
    }

    /// All that it is long.
    fn bytes(&self) -> usize {
        let answers: usize = self.details.values().map(String::len).sum();
        self.title.len() + self.body.len() + answers
    }
}

/// Why a report was not taken in right now.
struct Wait {
    title: &'static str,
    detail: String,
    until: Option<Moment>,
}

/// A key to encrypt to, as the form offers it.
struct Key {
    fingerprint: String,
    user: String,
    expires: Option<Moment>,
    expired: bool,
}

/// A pause, as the form tells it.
struct Paused {
    until: Moment,
    reason: String,
    instead: String,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    frame: Frame,
    project: Reporting,
    asks: Vec<Ask>,
    key: Option<Key>,
    pause: Option<Paused>,
    typed: Typed,
    errors: Vec<(String, String)>,
    wait: Option<Wait>,
    once: String,
    megabytes: u64,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    fn wrong_answer(&self, field: &str) -> Option<&str> {
        let mut errors = self.errors.iter();
        errors
            .find(|(name, _)| name.strip_prefix("details.") == Some(field))
            .map(|(_, message)| message.as_str())
    }
}

#[derive(Template)]
#[template(path = "received.html")]
struct ReceivedPage {
    frame: Frame,
    project: Reporting,
    receipt: String,
    at: Moment,
    not_kept: Vec<String>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/projects/{project}/report", get(form).post(send))
        .route("/projects/{project}/key.asc", get(key))
}

fn page(
    wire: &Wire,
    project: Reporting,
    typed: Typed,
    errors: Vec<(String, String)>,
    wait: Option<Wait>,
) -> Response {
    let now = world::now();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let frame = Frame::open(format!("Report a vulnerability in {}", project.name));
    let asks = project.questions.asked().iter().map(|asked| {
        let typed = typed.details.get(asked.question.name()).map_or("", String::as_str);
        Ask::of(asked, typed)
    });
    let key = project.key.as_ref().map(|offered| Key {
        fingerprint: openpgp::grouped(&offered.key.fingerprint),
        user: offered.key.user.clone().unwrap_or_default(),
        expires: offered.key.expires.map(|expires| Moment::new(expires, now)),
        expired: offered.expired,
    });
    let pause = project.pause.as_ref().map(|pause| Paused {
        until: Moment::new(pause.until, now),
        reason: pause.reason.to_string(),
        instead: pause.instead.to_string(),
    });
    let (asks, megabytes) = (asks.collect(), wire.limits.attachment >> 20);
    page::show(
        status,
        &Page { frame, project, asks, key, pause, typed, errors, wait, once: once(), megabytes },
    )
}

async fn form(State(wire): State<Wire>, InPath(project): InPath<ProjectId>) -> Result<Response, Trouble> {
    empty(&wire, project).await
}

/// The form of a project, with nothing typed yet.
pub async fn empty(wire: &Wire, project: ProjectId) -> Result<Response, Trouble> {
    let project = wire.desk.project_for_reporters(project).await?;
    Ok(page(wire, project, Typed::default(), Vec::new(), None))
}

/// The key that reports can be encrypted to, to be saved.
async fn key(State(wire): State<Wire>, InPath(project): InPath<ProjectId>) -> Result<Response, Trouble> {
    let project = wire.desk.project_for_reporters(project).await?;
    let key = project.key.ok_or(Problem::NotFound)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/pgp-keys")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"security-team.asc\"")),
    ];
    Ok((headers, key.armored).into_response())
}

/// Where the form shows what is wrong with a place of the report.
fn field(pointer: &str) -> String {
    match pointer.trim_start_matches('/') {
        "public" => "public-where".to_owned(),
        "exploited" => "exploited-how".to_owned(),
        other => other.replace('/', "."),
    }
}

/// What is wrong before anybody is asked.
fn missing(form: &Form, typed: &Typed) -> Vec<(String, String)> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: &str| errors.push((field.to_owned(), message.to_owned()));
    if typed.title.is_empty() && !openpgp::message::is_armored(&typed.body) {
        wrong("title", "give it one line, so that people can tell reports apart");
    }
    if typed.body.is_empty() {
        wrong("body", "say what is wrong and how to see it");
    }
    if typed.public && typed.public_where.is_empty() {
        wrong("public-where", "say where, so that the team can look at it");
    }
    if typed.exploited && typed.exploited_how.is_empty() {
        wrong("exploited-how", "say how that is known, in a few words");
    }
    if !form.refused.is_empty() {
        let names = form.refused.join(", ");
        errors.push((
            "files".to_owned(),
            format!("these are too much at once: {names}; send them later, on the page of your report"),
        ));
    }
    errors
}

async fn send(
    State(wire): State<Wire>,
    source: Source,
    own: Result<OwnForm, Trouble>,
    InPath(id): InPath<ProjectId>,
    Lenient(form): Lenient,
) -> Result<Response, Trouble> {
    let project = wire.desk.project_for_reporters(id).await?;
    let repeat = form.repeat(&format!("report {id}"))?;
    let typed = Typed::of(&form);
    let errors = missing(&form, &typed);
    if !errors.is_empty() {
        return Ok(page(&wire, project, typed, errors, None));
    }
    // The bound is the same as for programs.
    if let Err(refusal) = wire.rates.report(Place::of(source), id, typed.bytes(), moment()) {
        return Ok(wait(&wire, project, typed, refusal));
    }
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let named = typed.thanks.is_none_or(|thanks| thanks == Thanks::Named);
    let title = some(&typed.title).unwrap_or_else(|| ENCRYPTED.to_owned());
    let more = More {
        details: typed.details.iter().map(|(name, text)| (name.clone(), text.clone())).collect(),
        // A name that nobody typed is no wish.
        thanks: typed.thanks.filter(|thanks| *thanks != Thanks::Named),
        link: some(&typed.link).filter(|_| named),
        public: some(&typed.public_where).filter(|_| typed.public),
        exploited: some(&typed.exploited_how).filter(|_| typed.exploited),
    };
    let report = intake::Report {
        project: id,
        title,
        body: typed.body.clone(),
        visibility: Visibility::Private,
        channel: Some("web".to_owned()),
        credit: some(&typed.credit).filter(|_| named),
        more,
    };
    let taken = match wire.desk.take_report(None, report, Some(&repeat)).await {
        Ok(taken) => taken,
        Err(Problem::Invalid { errors }) => {
            let errors = errors.into_iter().map(|fault| (field(&fault.pointer), fault.message));
            return Ok(page(&wire, project, typed, errors.collect(), None));
        }
        Err(problem @ (Problem::Paused { .. } | Problem::TooLarge { .. } | Problem::Unavailable { .. })) => {
            return Ok(wait(&wire, project, typed, problem.into()));
        }
        Err(problem) => return Err(problem.into()),
    };
    let mut not_kept = Vec::new();
    let (caller, case) = wire.desk.by_receipt(&taken.receipt).await?;
    if !taken.repeated {
        for file in form.files {
            let name = file.name.clone();
            if wire.desk.attach(&caller, case, Room::Reporter, &file.name, file.bytes, None).await.is_err() {
                not_kept.push(name);
            }
        }
    }
    let frame = Frame::open("Your report was received");
    let at = Moment::new(taken.at, taken.at);
    // A page of another site does not change which report this browser follows.
    let cookie = own.ok().and_then(|_| status::keep(wire.public.is_https(), &taken.receipt));
    let shown = ReceivedPage { frame, project, receipt: taken.receipt, at, not_kept };
    let mut response = page::show(StatusCode::CREATED, &shown);
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

/// The form with everything that was typed, and why it has to wait.
fn wait(wire: &Wire, project: Reporting, typed: Typed, refusal: Refusal) -> Response {
    let (_, title, status) = refusal.kind();
    let document = refusal.document();
    let until = match &refusal {
        Refusal::Full { until, .. } | Refusal::Problem(Problem::Paused { until, .. }) => Some(*until),
        _ => None,
    };
    let until = until.map(|until| Moment::new(until, world::now()));
    let wait = Wait { title, detail: super::words::sentence(&document.detail), until };
    let mut response = page(wire, project, typed, Vec::new(), Some(wait));
    *response.status_mut() = status;
    if let Some(seconds) = document.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
