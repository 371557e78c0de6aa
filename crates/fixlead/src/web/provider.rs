//! Signing in elsewhere: leaving for a provider, and coming back.
//!
//! Whoever leaves is shown a page that goes there by itself: a form may be sent
//! only to this desk, and what it is answered with may not lead it away either.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::{HeaderName, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_app::problem::Problem;
use fixlead_app::providers::{Back, Finished, Leaving, Wanted};
use serde::Deserialize;

use super::form::Form;
use super::page::{self, Frame};
use super::sign_in::{self, OwnForm};
use super::trouble::Trouble;
use super::visitor::Visitor;
use crate::api::Wire;
use crate::api::caller::{Shown, cookie_value, set_cookie, shown};
use crate::api::extract::InPath;
use crate::api::rates::Place;
use crate::api::source::{Source, moment};
use crate::web::query::Query;

/// How long a browser keeps what shows that it left, in seconds.
const AWAY: u32 = 600;

const REFRESH: HeaderName = HeaderName::from_static("refresh");

#[derive(Template)]
#[template(path = "leaving.html")]
struct Page {
    frame: Frame,
    name: String,
    address: String,
}

/// What a provider sends a browser back with.
#[derive(Default, Deserialize)]
struct Returned {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/sign-in/with/{provider}", post(to_sign_in))
        .route("/step-up/with/{provider}", post(to_step_up))
        .route("/setup/with/{provider}", post(to_enrol))
        .route("/account/linked/{provider}", post(to_link))
        .route("/account/unlink", post(unlink))
        .route("/sign-in/back/{provider}", get(back))
}

/// The providers: their ids, and what people call them.
pub fn all(wire: &Wire) -> Vec<(String, String)> {
    wire.providers.all().map(|(id, name)| (id.to_owned(), name.to_owned())).collect()
}

fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-fixlead-away" } else { "fixlead-away" }
}

async fn leave(wire: &Wire, provider: &str, wanted: Wanted) -> Result<Response, Trouble> {
    let public = wire.public.as_str();
    let left = wire.desk.accounts().leave(&wire.providers, provider, public, wanted).await?;
    let Leaving { address, name, browser } = left;
    let https = wire.public.is_https();
    let go = HeaderValue::try_from(format!("0; url={address}")).map_err(|_| Problem::NotFound)?;
    let page = Page { frame: Frame::open("On to your provider"), name, address };
    let mut response = page::show(StatusCode::OK, &page);
    let cookie = set_cookie(https, cookie_name(https), &browser, Some(AWAY));
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response.headers_mut().insert(REFRESH, go);
    Ok(response)
}

async fn to_sign_in(
    State(wire): State<Wire>,
    _: OwnForm,
    source: Source,
    InPath(provider): InPath<String>,
    form: Form,
) -> Result<Response, Trouble> {
    wire.rates.sign_in(Place::of(source), moment())?;
    leave(&wire, &provider, Wanted::SignIn(page::local(form.text("to")).to_owned())).await
}

async fn to_step_up(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(provider): InPath<String>,
    form: Form,
) -> Result<Response, Trouble> {
    let to = page::local(form.text("to")).to_owned();
    leave(&wire, &provider, Wanted::StepUp(visitor.caller, to)).await
}

async fn to_enrol(
    State(wire): State<Wire>,
    _: OwnForm,
    source: Source,
    InPath(provider): InPath<String>,
    form: Form,
) -> Result<Response, Trouble> {
    wire.rates.sign_in(Place::of(source), moment())?;
    leave(&wire, &provider, Wanted::Enrol(form.text("link").to_owned())).await
}

async fn to_link(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(provider): InPath<String>,
) -> Result<Response, Trouble> {
    match wire.desk.may_link(&visitor.caller).await {
        Ok(()) => leave(&wire, &provider, Wanted::Link(visitor.caller)).await,
        Err(Problem::StepUp) => Err(Trouble::StepUp("/account".to_owned())),
        Err(problem) => Err(problem.into()),
    }
}

async fn unlink(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    match wire.desk.unlink(&visitor.caller, form.text("issuer"), form.text("subject")).await {
        Ok(()) => Ok(page::go("/account?done=removed")),
        Err(Problem::StepUp) => Err(Trouble::StepUp("/account".to_owned())),
        Err(problem) => Err(problem.into()),
    }
}

async fn back(
    State(wire): State<Wire>,
    source: Source,
    InPath(provider): InPath<String>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, Trouble> {
    wire.rates.sign_in(Place::of(source), moment())?;
    let https = wire.public.is_https();
    let session = match shown(&headers, https) {
        Some(Shown::Session(secret)) => Some(secret.to_owned()),
        _ => None,
    };
    let back = Back {
        provider,
        state: returned.state,
        code: returned.code,
        issuer: returned.iss,
        browser: cookie_value(&headers, cookie_name(https)).unwrap_or_default().to_owned(),
        session,
        agent: sign_in::browser(&headers).to_owned(),
    };
    let accounts = wire.desk.accounts();
    let mut response = match accounts.come_back(&wire.providers, wire.public.as_str(), back).await {
        Ok(Finished::SignedIn(signed_in, to)) => sign_in::begun(&wire, &signed_in, &to).await?,
        Ok(Finished::Enrolled(signed_in)) => sign_in::begun(&wire, &signed_in, "/account").await?,
        Ok(Finished::Linked) => page::go("/account?done=linked"),
        Ok(Finished::SteppedUp(to)) => page::go(page::local(&to)),
        Err(problem @ Problem::ProviderFailed(_)) => sign_in::failed(&wire, problem.to_string()),
        Err(problem) => return Err(problem.into()),
    };
    let gone = set_cookie(https, cookie_name(https), "", Some(0));
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}
