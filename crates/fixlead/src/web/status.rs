//! How a report stands, for whoever holds its receipt: where it is, what was
//! promised, the conversation, the proof that it was first.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, RETRY_AFTER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fixlead_app::accounts::Caller;
use fixlead_app::case::act::Act;
use fixlead_app::problem::Problem;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::desk::form::{CreditWish, Thanks};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{BlobId, CaseId, MessageId};

use super::following::{self, Notice};
use super::form::Form;
use super::markdown::Inert;
use super::page::{self, Frame};
use super::sign_in::OwnForm;
use super::trouble::Trouble;
use super::words::{Moment, sentence};
use crate::api::Wire;
use crate::api::attachments::{self, Proof};
use crate::api::caller::{cookie_value, is_cross_site, set_cookie};
use crate::api::extract::InPath;
use crate::api::problem::Refusal;
use crate::api::source::moment;
use crate::serve::world;

/// The cookie that keeps a receipt while somebody looks.
pub(super) fn cookie(https: bool) -> &'static str {
    if https { "__Host-fixlead-receipt" } else { "fixlead-receipt" }
}

/// For how long, in seconds.
const KEPT: u32 = 3_600;

/// Has the browser keep a receipt for an hour.
pub fn keep(https: bool, receipt: &str) -> Option<HeaderValue> {
    set_cookie(https, cookie(https), receipt, Some(KEPT))
}

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
        .route("/status/credit", post(credit))
        .route("/status/proof", get(proof))
        .route("/status/report", get(report))
        .route("/status/files/{file}", get(file))
        .route("/status/forget", post(forget))
}

async fn status(State(wire): State<Wire>, mut parts: Parts) -> Result<Response, Trouble> {
    match Holder::from_request_parts(&mut parts, &wire).await {
        Ok(holder) => show(&wire, &holder, Notice::default()).await,
        Err(Trouble::Refused(Refusal::Problem(Problem::NotFound))) => {
            Ok(page::show(StatusCode::OK, &Enter { frame: Frame::open("Your report"), wrong: false }))
        }
        Err(trouble) => Err(trouble),
    }
}

async fn show(wire: &Wire, Holder(caller, case): &Holder, notice: Notice) -> Result<Response, Trouble> {
    let following = wire.desk.follow(caller, *case).await?;
    let megabytes = wire.limits.attachment >> 20;
    let code = if notice.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page::show(code, &following::page(following, caller, notice, megabytes)))
}

async fn enter(State(wire): State<Wire>, _: OwnForm, form: Form) -> Result<Response, Trouble> {
    let receipt = form.text("receipt").to_owned();
    match wire.desk.by_receipt(&receipt).await {
        Ok(_) => {
            let mut response = page::go("/status");
            let kept = keep(wire.public.is_https(), &receipt);
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

/// The page with what was typed, and what was wrong with it.
async fn again(
    wire: &Wire,
    holder: &Holder,
    form: &Form,
    place: &str,
    refusal: Refusal,
) -> Result<Response, Trouble> {
    let (_, _, status) = refusal.kind();
    let document = refusal.document();
    let mut errors: Vec<(String, String)> = document
        .errors
        .iter()
        .map(|wrong| (wrong.pointer.trim_start_matches('/').to_owned(), wrong.message.clone()))
        .filter(|(pointer, _)| !pointer.is_empty())
        .collect();
    if errors.is_empty() {
        errors.push((place.to_owned(), sentence(&document.detail)));
    }
    let until = match &refusal {
        Refusal::Full { until, .. } => Some(Moment::new(*until, world::now())),
        _ => None,
    };
    let notice = Notice { errors, until, typed: form.text("body").to_owned() };
    let mut response = show(wire, holder, notice).await?;
    *response.status_mut() = status;
    if let Some(seconds) = document.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

async fn say(State(wire): State<Wire>, holder: Holder, form: Form) -> Result<Response, Trouble> {
    let repeat = form.repeat("status/messages")?;
    let Holder(caller, case) = &holder;
    let (caller, case) = (caller.clone(), *case);
    if form.some("body").is_some() {
        let project = wire.desk.project_of(case).await?;
        if let Err(refusal) = wire.rates.message(case, project, form.text("body").len(), moment()) {
            return again(&wire, &holder, &form, "body", refusal).await;
        }
        let said = match Body::new(form.text("body")) {
            Ok(body) => {
                let id = MessageId::from_bytes(repeat.id(caller.person, "message"));
                let command = Command::Post { id, room: Room::Reporter, body, answers: None };
                wire.desk
                    .act(&caller, case, Act { repeat: Some(repeat), ..Act::new(command) })
                    .await
                    .map(drop)
            }
            Err(message) => Err(Problem::invalid("/body", message)),
        };
        if let Err(problem) = said {
            return again(&wire, &holder, &form, "body", problem.into()).await;
        }
    }
    for file in form.files {
        wire.desk.attach(&caller, case, Room::Reporter, &file.name, file.bytes, None).await?;
    }
    Ok(page::go("/status#conversation"))
}

async fn credit(State(wire): State<Wire>, holder: Holder, form: Form) -> Result<Response, Trouble> {
    let repeat = form.repeat("status/credit")?;
    let line = |name: &str| {
        let line = form.some(name).map(Line::new).transpose();
        line.map_err(|message| Problem::invalid(format!("/{name}"), message))
    };
    let wish = || {
        let thanks = Thanks::parse(form.text("thanks"))
            .ok_or_else(|| Problem::invalid("/thanks", "choose one of these"))?;
        let wish = CreditWish::new(thanks, line("credit")?, line("link")?);
        wish.map_err(|(place, message)| Problem::invalid(format!("/{place}"), message))
    };
    let Holder(caller, case) = &holder;
    let done = match wish() {
        Ok(wish) => wire.desk.wish_credit(caller, *case, wish, Some(repeat)).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(()) => Ok(page::go("/status#credit")),
        Err(problem @ Problem::Invalid { .. }) => {
            again(&wire, &holder, &form, "credit", problem.into()).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Something to be saved.
fn saved(kind: &'static str, name: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

/// The signed timestamp of a report, to be saved.
async fn proof(State(wire): State<Wire>, Holder(caller, case): Holder) -> Result<Response, Trouble> {
    let timestamp = wire.desk.report_timestamp(&caller, case).await?;
    let timestamp = timestamp.ok_or(Problem::Unavailable { retry_after: 60 })?;
    let text = serde_json::to_vec_pretty(&timestamp).unwrap_or_default();
    Ok(saved("application/json", "report-proof.json", text))
}

/// What the timestamp is about, byte by byte.
async fn report(State(wire): State<Wire>, Holder(caller, case): Holder) -> Result<Response, Trouble> {
    let text = wire.desk.report_text(&caller, case).await?;
    Ok(saved("application/octet-stream", "report.txt", text))
}

async fn file(
    State(wire): State<Wire>,
    Holder(caller, case): Holder,
    headers: HeaderMap,
    InPath(file): InPath<BlobId>,
) -> Result<Response, Trouble> {
    let receipt = cookie_value(&headers, cookie(wire.public.is_https())).ok_or(Problem::NotFound)?;
    Ok(attachments::save(&wire, &caller, Proof::Receipt(receipt.to_owned()), case, file).await?)
}

async fn forget(State(wire): State<Wire>, _: OwnForm) -> Response {
    let mut response = page::go("/");
    let https = wire.public.is_https();
    let gone = set_cookie(https, cookie(https), "", Some(0));
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    response
}
