//! Signing in and out, and who one is.

use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::{By, Caller, Proof};
use fixlead_app::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::json;
use super::caller::{Shown, cookie_name, set_cookie, shown};
use super::json::Json;
use super::problem::{ProblemDocument, Refusal};
use super::rates::{Guesser, Place};
use super::shapes::{Id, Moment};
use super::source::{Source, moment};

/// The longest name or password that is looked at, in bytes.
const MOST_TEXT: usize = 1024;

/// What somebody signs in with. One of `code` and `recovery_code` is needed.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// The name they chose.
    #[schema(max_length = 1024)]
    login: String,
    /// Their password.
    #[schema(max_length = 1024)]
    password: String,
    /// What their authenticator shows now.
    code: Option<String>,
    /// A recovery code instead; it counts once.
    recovery_code: Option<String>,
}

/// A session that has begun. Its secret is in the cookie.
#[derive(Serialize, ToSchema)]
pub struct Begun {
    /// The person.
    #[schema(value_type = Id)]
    person: String,
    /// The session.
    #[schema(value_type = Id)]
    session: String,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
}

/// What somebody proves again with. One of `code` and `recovery_code` is needed.
#[derive(Deserialize, ToSchema)]
pub struct StepUp {
    /// Their password.
    #[schema(max_length = 1024)]
    password: String,
    /// What their authenticator shows now.
    code: Option<String>,
    /// A recovery code instead; it counts once.
    recovery_code: Option<String>,
}

/// They have.
#[derive(Serialize, ToSchema)]
pub struct SteppedUp {
    /// When (RFC 3339); it counts for ten minutes.
    #[schema(value_type = Moment)]
    stepped_up: String,
}

/// Who one is.
#[derive(Serialize, ToSchema)]
pub struct Who {
    /// The person.
    #[schema(value_type = Id)]
    person: String,
    /// The session, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    session: Option<String>,
    /// The token, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Id>)]
    token: Option<String>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(who, sign_in, sign_out)).routes(routes!(step_up))
}

/// Signs in.
#[utoipa::path(post, path = "/api/v1/session", tag = "account", request_body = SignIn, security(()),
    responses((status = 201, body = Begun), (status = 401, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn sign_in(
    State(wire): State<Wire>,
    headers: HeaderMap,
    source: Source,
    Json(sent): Json<SignIn>,
) -> Result<Response, Refusal> {
    bounded("/login", &sent.login)?;
    bounded("/password", &sent.password)?;
    let proof = proof(sent.code, sent.recovery_code)?;
    let browser = headers.get(USER_AGENT).and_then(|browser| browser.to_str().ok()).unwrap_or_default();
    let place = Place::of(source);
    let guesser = Guesser::name(&sent.login, place);
    wire.rates.sign_in(place, moment())?;
    wire.rates.guess(&guesser, moment())?;
    let begun = wire.desk.accounts().sign_in(&sent.login, &sent.password, &proof, browser).await?;
    wire.rates.right(&guesser);
    // Whoever was cut off while they enrolled accepts their invitation now.
    wire.desk.join(begun.session.person).await?;
    let body = Begun {
        person: begun.session.person.to_string(),
        session: begun.session.id.to_string(),
        recovery_codes_left: begun.recovery_left,
    };
    let mut response = json(StatusCode::CREATED, &body);
    response.headers_mut().insert(SET_COOKIE, cookie(&wire, &begun.secret, None)?);
    Ok(response)
}

/// Says who one is.
#[utoipa::path(get, path = "/api/v1/session", tag = "account",
    responses((status = 200, body = Who), (status = 401, body = ProblemDocument)))]
async fn who(caller: Caller) -> Response {
    let (session, token) = match caller.by {
        By::Session(id) => (Some(id.to_string()), None),
        By::Token(id) => (None, Some(id.to_string())),
        // A receipt signs nobody in.
        By::Receipt(_) => (None, None),
    };
    json(StatusCode::OK, &Who { person: caller.person.to_string(), session, token })
}

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "account",
    responses((status = 204), (status = 401, body = ProblemDocument)))]
async fn sign_out(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    wire.desk.accounts().sign_out(&caller).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(SET_COOKIE, cookie(&wire, "", Some(0))?);
    Ok(response)
}

/// Proves again that it is them, as what weighs much asks for.
#[utoipa::path(post, path = "/api/v1/session/step-up", tag = "account", request_body = StepUp,
    responses((status = 200, body = SteppedUp), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument),
        (status = 429, body = ProblemDocument)))]
async fn step_up(
    State(wire): State<Wire>,
    caller: Caller,
    headers: HeaderMap,
    Json(sent): Json<StepUp>,
) -> Result<Response, Refusal> {
    bounded("/password", &sent.password)?;
    let proof = proof(sent.code, sent.recovery_code)?;
    let (By::Session(session), Some(Shown::Session(secret))) =
        (caller.by, shown(&headers, wire.public.is_https()))
    else {
        return Err(Problem::Forbidden { roles: Vec::new(), scope: None }.into());
    };
    let guesser = Guesser::Session(session);
    wire.rates.guess(&guesser, moment())?;
    let at = wire.desk.accounts().step_up(secret, &sent.password, &proof).await?;
    wire.rates.right(&guesser);
    Ok(json(StatusCode::OK, &SteppedUp { stepped_up: at.to_string() }))
}

fn bounded(pointer: &str, text: &str) -> Result<(), Refusal> {
    if text.len() > MOST_TEXT {
        return Err(Problem::invalid(pointer, format!("longer than {MOST_TEXT} bytes; shorten it")).into());
    }
    Ok(())
}

fn proof(code: Option<String>, recovery_code: Option<String>) -> Result<Proof, Refusal> {
    match (code, recovery_code) {
        (Some(code), None) => Ok(Proof::Code(code)),
        (None, Some(code)) => Ok(Proof::Recovery(code)),
        _ => Err(Problem::invalid("", "send either `code` or `recovery_code`").into()),
    }
}

/// The cookie of a session; with an age, one that ends then.
fn cookie(wire: &Wire, secret: &str, age: Option<u32>) -> Result<HeaderValue, Refusal> {
    let https = wire.public.is_https();
    set_cookie(https, cookie_name(https), secret, age).ok_or(Refusal::Internal)
}
