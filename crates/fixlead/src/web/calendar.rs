//! Somebody's calendar: an address that calendars read, with a token of its own
//! that opens nothing else, ends, and can be taken back.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fixlead_app::accounts::NewToken;
use fixlead_app::problem::Problem;
use fixlead_core::access::TokenScope;
use fixlead_core::id::TokenId;
use fixlead_core::time::Span;

use super::form::{Form, once};
use super::ical::{self, Entry};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words::{self, Moment};
use crate::api::Wire;
use crate::serve::world;

/// How long an address counts.
const DAYS: i64 = 180;

/// An address that was made.
struct Row {
    token: String,
    name: String,
    made: Moment,
    ends: Moment,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    /// The address, shown once.
    address: Option<String>,
    once: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/calendar", get(page).post(make))
        .route("/calendar/end", post(end))
        .route("/calendar/{file}", get(feed))
}

async fn shown(wire: &Wire, visitor: &Visitor, address: Option<String>) -> Result<Response, Trouble> {
    let now = world::now();
    let tokens = wire.desk.own_tokens(&visitor.caller).await?;
    let rows = tokens.into_iter().filter(|token| token.scopes == [TokenScope::Calendar]).map(|token| Row {
        token: token.id.to_string(),
        name: token.name.clone(),
        made: Moment::new(token.made, now),
        ends: Moment::new(token.ends, now),
    });
    let frame = Frame::desk("Your calendar", "calendar", visitor);
    let page = Page { frame, rows: rows.collect(), address, once: once() };
    Ok(page::show(StatusCode::OK, &page))
}

async fn page(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    shown(&wire, &visitor, None).await
}

fn again(problem: Problem) -> Trouble {
    match problem {
        Problem::StepUp => Trouble::StepUp("/calendar".to_owned()),
        problem => problem.into(),
    }
}

async fn make(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let new = NewToken {
        name: form.some("name").unwrap_or("calendar").to_owned(),
        scopes: vec![TokenScope::Calendar],
        within: None,
        ends: world::now() + Span::days(DAYS),
    };
    let (secret, _) = wire.desk.make_own_token(&visitor.caller, new).await.map_err(again)?;
    let address = format!("{}/calendar/{secret}.ics", wire.public.as_str());
    shown(&wire, &visitor, Some(address)).await
}

async fn end(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let token = TokenId::parse(form.text("token")).map_err(|_| Problem::NotFound)?;
    wire.desk.end_token(&visitor.caller, token).await.map_err(again)?;
    Ok(page::go("/calendar"))
}

/// The feed. Whatever is wrong with the address, there is nothing here.
async fn feed(State(wire): State<Wire>, Path(file): Path<String>) -> Response {
    let secret = file.strip_suffix(".ics").unwrap_or_default();
    let found = async {
        let caller = wire.desk.accounts().caller(secret).await?;
        wire.desk.calendar(&caller).await
    };
    let appointments = match found.await {
        Ok(found) => found,
        Err(Problem::Unavailable { .. }) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => return StatusCode::NOT_FOUND.into_response(),
    };
    let entries: Vec<Entry> = appointments
        .into_iter()
        .map(|appointment| Entry {
            uid: format!("{}@fixlead", appointment.uid),
            at: appointment.at,
            summary: match (appointment.what, appointment.release) {
                (Some(what), _) => format!("Fixlead: {}", words::name(&what)),
                (None, true) => "Fixlead: release step".to_owned(),
                (None, false) => "Fixlead: something is due".to_owned(),
            },
            description: "Sign in to see what it is about.".to_owned(),
            url: format!("{}/inbox", wire.public.as_str()),
        })
        .collect();
    let text = ical::write("Fixlead", &entries, world::now());
    let headers = [
        (CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (CACHE_CONTROL, "private, no-store"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    (headers, text).into_response()
}
