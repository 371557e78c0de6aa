//! Signing in and out, and proving again that it is you.

use askama::Template;
use axum::Router;
use axum::extract::{FromRequestParts, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_app::accounts::{By, Proof, SignedIn};
use fixlead_app::problem::Problem;
use serde::Deserialize;

use super::form::Form;
use super::page::{self, Frame};
use super::passkey::{self, Attributes};
use super::provider;
use super::trouble::Trouble;
use super::visitor::Visitor;
use crate::api::Wire;
use crate::api::caller::{Shown, agent, cookie_name, is_cross_site, set_cookie, shown};
use crate::api::problem::Refusal;
use crate::api::rates::{Guesser, Place};
use crate::api::source::{Source, moment};
use crate::web::query::Query;

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
    /// Whether passkeys can be used here.
    passkey: bool,
    /// What the script asks for, where it is known before.
    asked: Option<Attributes>,
    /// Whether there is a password to enter.
    password: bool,
    /// Providers to go to: their ids, and what people call them.
    providers: Vec<(String, String)>,
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
        .route("/sign-in/challenge", post(ask))
        .route("/sign-in/passkey", post(sign_in_with_passkey))
        .route("/step-up", get(prove).post(step_up))
        .route("/step-up/passkey", post(step_up_with_passkey))
        .route("/sign-out", post(sign_out))
}

impl Page {
    fn sign_in(wire: &Wire, to: &str) -> Page {
        Page {
            frame: Frame::open("Sign in"),
            to: page::local(to).to_owned(),
            login: String::new(),
            again: false,
            problem: None,
            passkey: passkey::relying(wire).is_some(),
            asked: None,
            password: true,
            providers: provider::all(wire),
        }
    }

    async fn step_up(wire: &Wire, visitor: &Visitor, to: &str) -> Result<Page, Trouble> {
        let accounts = wire.desk.accounts();
        let asked = match passkey::relying(wire) {
            Some(relying) => accounts.ask_again(&relying, &visitor.caller).await?,
            None => None,
        };
        Ok(Page {
            frame: Frame::desk("Prove again that it is you", "", visitor),
            again: true,
            passkey: asked.is_some(),
            asked: asked.map(|asked| Attributes::new(asked, &visitor.name)),
            password: accounts.ways(visitor.caller.person).await?.login.is_some(),
            providers: linked_with(wire, visitor).await?,
            ..Page::sign_in(wire, to)
        })
    }

    fn wrong(self, login: &str, problem: String) -> Response {
        let page = Page { login: login.to_owned(), problem: Some(problem), ..self };
        page::show(StatusCode::UNAUTHORIZED, &page)
    }
}

async fn form(State(wire): State<Wire>, Query(wanted): Query<Wanted>) -> Response {
    page::show(StatusCode::OK, &Page::sign_in(&wire, &wanted.to))
}

async fn prove(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    Ok(page::show(StatusCode::OK, &Page::step_up(&wire, &visitor, &wanted.to).await?))
}

/// The providers that somebody can show again who they are with.
async fn linked_with(wire: &Wire, visitor: &Visitor) -> Result<Vec<(String, String)>, Trouble> {
    let linked = wire.desk.accounts().linked(visitor.caller.person).await?;
    let names: Vec<_> = linked.iter().filter_map(|one| wire.providers.called(&one.issuer)).collect();
    Ok(provider::all(wire).into_iter().filter(|(_, name)| names.contains(&name.as_str())).collect())
}

/// The page for signing in, after it did not work.
pub fn failed(wire: &Wire, problem: String) -> Response {
    Page::sign_in(wire, "").wrong("", problem)
}

/// A page of this desk sent the form.
pub struct OwnForm;

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
        Problem::SignInFailed | Problem::PasskeyFailed | Problem::TooMany { .. } => Ok(problem.to_string()),
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
    let browser = browser(&headers);
    let (login, password) = (form.text("login"), form.exact("password"));
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
            begun(&wire, &signed_in, form.text("to")).await
        }
        Err(problem) => Ok(Page::sign_in(&wire, form.text("to")).wrong(login, wrong(problem)?)),
    }
}

/// The session that has begun, and on to where they wanted to go.
pub async fn begun(wire: &Wire, signed_in: &SignedIn, to: &str) -> Result<Response, Trouble> {
    // Whoever was cut off while they enrolled accepts their invitation now.
    wire.desk.join(signed_in.session.person).await?;
    let mut response = page::go(match page::local(to) {
        "/" => "/inbox",
        to => to,
    });
    let https = wire.public.is_https();
    let cookie = set_cookie(https, cookie_name(https), &signed_in.secret, Some(KEPT));
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

/// What a browser calls itself.
pub fn browser(headers: &HeaderMap) -> &str {
    agent(headers).unwrap_or("a browser")
}

/// What the script asks the browser for to sign somebody in.
async fn ask(State(wire): State<Wire>, _: OwnForm, source: Source) -> Result<Response, Trouble> {
    let relying = passkey::relying(&wire).ok_or(Problem::NotFound)?;
    wire.rates.sign_in(Place::of(source), moment())?;
    Ok(passkey::answer(&wire.desk.accounts().ask_to_sign_in(&relying).await?))
}

async fn sign_in_with_passkey(
    State(wire): State<Wire>,
    _: OwnForm,
    source: Source,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Trouble> {
    let relying = passkey::relying(&wire).ok_or(Problem::NotFound)?;
    wire.rates.sign_in(Place::of(source), moment())?;
    let (accounts, sent) = (wire.desk.accounts(), passkey::using(&form));
    match accounts.sign_in_with_passkey(&relying, &sent, browser(&headers)).await {
        Ok(signed_in) => begun(&wire, &signed_in, form.text("to")).await,
        Err(problem) => Ok(Page::sign_in(&wire, form.text("to")).wrong("", wrong(problem)?)),
    }
}

async fn step_up_with_passkey(
    State(wire): State<Wire>,
    visitor: Visitor,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Trouble> {
    let relying = passkey::relying(&wire).ok_or(Problem::NotFound)?;
    let Some(Shown::Session(secret)) = shown(&headers, wire.public.is_https()) else {
        return Err(Problem::Unauthenticated.into());
    };
    match wire.desk.accounts().step_up_with_passkey(secret, &relying, &passkey::using(&form)).await {
        Ok(_) => Ok(page::go(page::local(form.text("to")))),
        Err(problem) => {
            let text = wrong(problem)?;
            Ok(Page::step_up(&wire, &visitor, form.text("to")).await?.wrong("", text))
        }
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
    match wire.desk.accounts().step_up(secret, form.exact("password"), &proof(&form)).await {
        Ok(_) => {
            wire.rates.right(&guesser);
            Ok(page::go(page::local(form.text("to"))))
        }
        Err(problem) => {
            let text = wrong(problem)?;
            Ok(Page::step_up(&wire, &visitor, form.text("to")).await?.wrong("", text))
        }
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
