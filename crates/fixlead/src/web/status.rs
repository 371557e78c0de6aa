//! How a report stands, for whoever holds its receipt: the clock that was
//! promised, and the conversation.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::Act;
use fixlead_app::case::read::View;
use fixlead_app::problem::Problem;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::desk::wire::Body;
use fixlead_core::id::{CaseId, MessageId};

use super::form::{Form, once};
use super::markdown::{Inert, inert};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::words::Moment;
use crate::api::Wire;
use crate::api::caller::{cookie_value, is_cross_site, set_cookie};
use crate::api::problem::Refusal;
use crate::api::source::moment;
use crate::serve::world;

/// The cookie that keeps a receipt while somebody looks.
pub(super) fn cookie(https: bool) -> &'static str {
    if https { "__Host-fixlead-receipt" } else { "fixlead-receipt" }
}

/// For how long, in seconds.
const KEPT: u32 = 3_600;

#[derive(Template)]
#[template(path = "status-enter.html")]
struct Enter {
    frame: Frame,
    wrong: bool,
}

/// A message, as a page shows it.
pub struct Message {
    /// Who wrote it.
    pub by: String,
    /// Whether whoever looks did.
    pub own: bool,
    /// When.
    pub at: Moment,
    /// What it says.
    pub body: Inert,
}

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    frame: Frame,
    title: String,
    state: &'static str,
    opened: Moment,
    report: Option<Inert>,
    credit: Option<String>,
    messages: Vec<Message>,
    files: Vec<(String, u64)>,
    once: String,
}

/// Whoever holds a receipt, from the cookie.
struct Holder(Caller, CaseId);

impl FromRequestParts<Wire> for Holder {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Trouble> {
        if is_cross_site(&parts.method, &parts.headers, wire) {
            return Err(Refusal::CrossSite.into());
        }
        let receipt =
            cookie_value(&parts.headers, cookie(wire.public.is_https())).ok_or(Problem::NotFound)?;
        let (caller, case) = wire.desk.by_receipt(receipt).await?;
        Ok(Holder(caller, case))
    }
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/status", get(status).post(enter))
        .route("/status/messages", post(say))
        .route("/status/forget", post(forget))
}

async fn status(State(wire): State<Wire>, mut parts: Parts) -> Result<Response, Trouble> {
    match Holder::from_request_parts(&mut parts, &wire).await {
        Ok(Holder(caller, case)) => {
            let view = wire.desk.read(&caller, case).await?;
            Ok(page::show(StatusCode::OK, &of(view, &caller)))
        }
        Err(Trouble::Refused(Refusal::Problem(Problem::NotFound))) => {
            Ok(page::show(StatusCode::OK, &Enter { frame: Frame::open("Your report"), wrong: false }))
        }
        Err(trouble) => Err(trouble),
    }
}

fn of(view: View, caller: &Caller) -> Page {
    let now = world::now();
    let about = view.about;
    let room = view.rooms.into_iter().find(|room| room.room == Room::Reporter);
    let (messages, files) = room.map(|room| (room.messages, room.files)).unwrap_or_default();
    let messages = messages.into_iter().map(|message| Message {
        own: message.by == Some(caller.person),
        by: if message.by == Some(caller.person) { "You" } else { "The security team" }.to_owned(),
        at: Moment::new(message.at, now),
        body: inert(&message.body),
    });
    Page {
        frame: Frame::open("Your report"),
        title: about.as_ref().map(|about| about.title.clone()).unwrap_or_default(),
        state: about.as_ref().map_or("", |about| about.state),
        opened: Moment::new(about.map_or(now, |about| about.opened), now),
        report: view.report.as_ref().map(|report| inert(&report.body)),
        credit: view.report.and_then(|report| report.credit),
        messages: messages.collect(),
        files: files.into_iter().map(|file| (file.name, file.size)).collect(),
        once: once(),
    }
}

async fn enter(State(wire): State<Wire>, form: Form) -> Result<Response, Trouble> {
    let receipt = form.text("receipt").to_owned();
    match wire.desk.by_receipt(&receipt).await {
        Ok(_) => {
            let mut response = page::go("/status");
            let https = wire.public.is_https();
            let kept = set_cookie(https, cookie(https), &receipt, Some(KEPT));
            response.headers_mut().extend(kept.map(|cookie| (SET_COOKIE, cookie)));
            Ok(response)
        }
        Err(Problem::NotFound) => {
            let page = Enter { frame: Frame::open("Your report"), wrong: true };
            Ok(page::show(StatusCode::NOT_FOUND, &page))
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn say(
    State(wire): State<Wire>,
    Holder(caller, case): Holder,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = form.repeat("status/messages")?;
    if form.some("body").is_some() {
        let project = wire.desk.project_of(case).await?;
        wire.rates.message(case, project, form.text("body").len(), moment())?;
        let body = Body::new(form.text("body")).map_err(|message| Problem::invalid("/body", message))?;
        let id = MessageId::from_bytes(repeat.id(caller.person, "message"));
        let command = Command::Post { id, room: Room::Reporter, body, answers: None };
        wire.desk.act(&caller, case, Act { repeat: Some(repeat), ..Act::new(command) }).await?;
    }
    for file in form.files {
        wire.desk.attach(&caller, case, Room::Reporter, &file.name, file.bytes, None).await?;
    }
    Ok(page::go("/status"))
}

async fn forget(State(wire): State<Wire>) -> Response {
    let mut response = page::go("/");
    let https = wire.public.is_https();
    let gone = set_cookie(https, cookie(https), "", Some(0));
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    response
}
