//! Signing in and out, and proving again that it is you.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_app::accounts::{By, Proof};
use fixlead_app::problem::Problem;
use serde::Deserialize;

use super::form::Form;
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use crate::api::Wire;
use crate::api::caller::{Shown, cookie_name, is_cross_site, set_cookie, shown};
use crate::api::problem::Refusal;
use crate::api::rates::{Guesser, Place};
use crate::api::source::{Source, moment};

/// How long browsers keep the cookie, in seconds; the session itself ends
/// when the desk says so.
const KEPT: u32 = 7 * 86_400;

#[derive(Template)]
#[template(path = "sign-in.html")]
struct Page {
    frame: Frame,
    to: String,
    login: String,
    again: bool,
    problem: Option<String>,
}

/// Where somebody wanted to go.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    to: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/sign-in", get(form).post(sign_in))
        .route("/step-up", get(prove).post(step_up))
        .route("/sign-out", post(sign_out))
}

fn show(to: &str, login: &str, again: bool, problem: Option<String>) -> Response {
    let status = if problem.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    let title = if again { "Prove again that it is you" } else { "Sign in" };
    let page = Page {
        frame: Frame::open(title),
        to: page::local(to).to_owned(),
        login: login.to_owned(),
        again,
        problem,
    };
    page::show(status, &page)
}

async fn form(Query(wanted): Query<Wanted>) -> Response {
    show(&wanted.to, "", false, None)
}

async fn prove(_: Visitor, Query(wanted): Query<Wanted>) -> Response {
    show(&wanted.to, "", true, None)
}

/// A page of this desk sent the form.
struct OwnForm;

impl FromRequestParts<Wire> for OwnForm {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Trouble> {
        if is_cross_site(&parts.method, &parts.headers, wire) {
            Err(Refusal::CrossSite.into())
        } else {
            Ok(OwnForm)
        }
    }
}

/// Whether a code is one of the authenticator or of recovery.
pub fn proof(form: &Form) -> Proof {
    let code = form.text("code");
    let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        Proof::Code(digits)
    } else {
        Proof::Recovery(code.to_owned())
    }
}

/// What to say where signing in did not work; anything else is trouble.
fn wrong(problem: Problem) -> Result<String, Trouble> {
    match problem {
        Problem::SignInFailed | Problem::TooMany { .. } => Ok(problem.to_string()),
        problem => Err(problem.into()),
    }
}

async fn sign_in(
    State(wire): State<Wire>,
    _: OwnForm,
    source: Source,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Trouble> {
    let browser = headers.get(USER_AGENT).and_then(|text| text.to_str().ok()).unwrap_or("a browser");
    let (login, password) = (form.text("login"), form.text("password"));
    if login.len().max(password.len()) > 1024 {
        return Err(Problem::TooLarge { what: "a name or password", most: 1024 }.into());
    }
    let place = Place::of(source);
    let guesser = Guesser::name(login, place);
    wire.rates.sign_in(place, moment())?;
    wire.rates.guess(&guesser, moment())?;
    match wire.desk.accounts().sign_in(login, password, &proof(&form), browser).await {
        Ok(signed_in) => {
            wire.rates.right(&guesser);
            // Whoever was cut off while they enrolled accepts their invitation now.
            wire.desk.join(signed_in.session.person).await?;
            let mut response = page::go(match page::local(form.text("to")) {
                "/" => "/inbox",
                to => to,
            });
            let https = wire.public.is_https();
            let cookie = set_cookie(https, cookie_name(https), &signed_in.secret, Some(KEPT));
            response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
            Ok(response)
        }
        Err(problem) => Ok(show(form.text("to"), login, false, Some(wrong(problem)?))),
    }
}

async fn step_up(
    State(wire): State<Wire>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Trouble> {
    let Some(Shown::Session(secret)) = shown(&headers, wire.public.is_https()) else {
        return Err(Problem::Unauthenticated.into());
    };
    let By::Session(session) = visitor.caller.by else { return Err(Problem::Unauthenticated.into()) };
    let guesser = Guesser::Session(session);
    wire.rates.guess(&guesser, moment())?;
    match wire.desk.accounts().step_up(secret, form.text("password"), &proof(&form)).await {
        Ok(_) => {
            wire.rates.right(&guesser);
            Ok(page::go(page::local(form.text("to"))))
        }
        Err(problem) => Ok(show(form.text("to"), "", true, Some(wrong(problem)?))),
    }
}

async fn sign_out(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    wire.desk.accounts().sign_out(&visitor.caller).await?;
    let mut response = page::go("/");
    let https = wire.public.is_https();
    let gone = set_cookie(https, cookie_name(https), "", Some(0));
    response.headers_mut().extend(gone.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}
