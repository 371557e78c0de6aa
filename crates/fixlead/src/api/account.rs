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
use super::caller::cookie_name;
use super::health::json;
use super::json::Json;
use super::problem::{ProblemDocument, Refusal};

/// The longest name or password that is looked at, in bytes.
const MOST_TEXT: usize = 1024;

/// What somebody signs in with. One of `code` and `recovery_code` is needed.
#[derive(Deserialize, ToSchema)]
pub struct SignIn {
    /// The name they chose.
    login: String,
    /// Their password.
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
    person: String,
    /// The session.
    session: String,
    /// How many recovery codes are left.
    recovery_codes_left: usize,
}

/// Who one is.
#[derive(Serialize, ToSchema)]
pub struct Who {
    /// The person.
    person: String,
    /// The session, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// The token, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(who, sign_in, sign_out))
}

/// Signs in.
#[utoipa::path(post, path = "/api/v1/session", tag = "account", request_body = SignIn,
    responses((status = 201, body = Begun), (status = 401, body = ProblemDocument),
        (status = 422, body = ProblemDocument), (status = 429, body = ProblemDocument)))]
async fn sign_in(
    State(wire): State<Wire>,
    headers: HeaderMap,
    Json(sent): Json<SignIn>,
) -> Result<Response, Refusal> {
    for (pointer, text) in [("/login", &sent.login), ("/password", &sent.password)] {
        if text.len() > MOST_TEXT {
            return Err(
                Problem::invalid(pointer, format!("longer than {MOST_TEXT} bytes; shorten it")).into()
            );
        }
    }
    let proof = match (sent.code, sent.recovery_code) {
        (Some(code), None) => Proof::Code(code),
        (None, Some(code)) => Proof::Recovery(code),
        _ => return Err(Problem::invalid("", "send either `code` or `recovery_code`").into()),
    };
    let browser = headers.get(USER_AGENT).and_then(|browser| browser.to_str().ok()).unwrap_or_default();
    let begun = wire.accounts.sign_in(&sent.login, &sent.password, &proof, browser).await?;
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
    wire.accounts.sign_out(&caller).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(SET_COOKIE, cookie(&wire, "", Some(0))?);
    Ok(response)
}

/// The cookie of a session; with an age, one that ends then.
fn cookie(wire: &Wire, secret: &str, age: Option<u32>) -> Result<HeaderValue, Refusal> {
    let https = wire.public.is_https();
    let secure = if https { "; Secure" } else { "" };
    let age = age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{age}", cookie_name(https));
    HeaderValue::try_from(text).map_err(|_| Refusal::Internal)
}
