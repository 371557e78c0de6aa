//! Coming in by a link that works once: the first operator, and people who were
//! invited. The secret of the link comes in the header `Authorization`, never in
//! an address, so that it stands in no log.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::Response;
use fixlead_app::accounts::Enrolment;
use fixlead_app::problem::Problem;
use fixlead_app::signin::bearer::{Purpose, lookup};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::json;
use super::json::Json;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::Id;

/// What an authenticator calls the desk.
pub const ISSUER: &str = "Fixlead";

/// What somebody has to see before they can enrol.
#[derive(Serialize, ToSchema)]
pub struct Welcome {
    /// Who they are going to be.
    #[schema(value_type = Id)]
    person: String,
    /// Whether they are the first, who sets the desk up.
    first: bool,
    /// The secret for their authenticator, to type.
    totp_secret: String,
    /// The same as an address, to scan.
    totp_address: String,
}

/// What somebody enrols with.
#[derive(Deserialize, ToSchema)]
pub struct Enrol {
    /// The name to sign in with; an address is fine.
    #[schema(min_length = 3, max_length = 200, pattern = r"^\S.*\S$")]
    login: String,
    /// The password they chose.
    #[schema(min_length = 1, max_length = 1024)]
    password: String,
    /// What their authenticator shows now, which shows that it works.
    code: String,
}

/// Somebody who has enrolled, and can sign in.
#[derive(Serialize, ToSchema)]
pub struct Enrolled {
    /// Who they are.
    #[schema(value_type = Id)]
    person: String,
    /// Codes for the day on which they have no authenticator; each counts once,
    /// and they are shown once.
    recovery_codes: Vec<String>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(welcome, enrol))
}

/// The secret of a link, from its header.
pub struct LinkSecret(String);

impl axum::extract::FromRequestParts<Wire> for LinkSecret {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        bearer(parts, Purpose::Link).map(LinkSecret).ok_or(Problem::NotFound.into())
    }
}

/// A secret of a kind, if it is the only one in the header `Authorization`.
pub(super) fn bearer(parts: &Parts, purpose: Purpose) -> Option<String> {
    let mut lines = parts.headers.get_all(AUTHORIZATION).iter();
    let line = lines.next()?.to_str().ok()?;
    let (scheme, secret) = line.split_once(' ')?;
    let counts = lines.next().is_none()
        && scheme.eq_ignore_ascii_case("bearer")
        && lookup(purpose, secret.trim()).is_some();
    counts.then(|| secret.trim().to_owned())
}

/// What a link is for.
#[utoipa::path(get, path = "/api/v1/enrolment", tag = "account", security(("link" = [])),
    responses((status = 200, body = Welcome), (status = 404, body = ProblemDocument)))]
async fn welcome(State(wire): State<Wire>, LinkSecret(link): LinkSecret) -> Result<Response, Refusal> {
    let host = wire.public.as_str().rsplit('/').next().unwrap_or_default();
    let welcome = wire.desk.accounts().welcome(&link, ISSUER, host).await?;
    let body = Welcome {
        person: welcome.person.to_string(),
        first: welcome.first,
        totp_secret: welcome.secret,
        totp_address: welcome.address,
    };
    Ok(json(StatusCode::OK, &body))
}

/// Enrols whom a link is for; it then works no more.
#[utoipa::path(post, path = "/api/v1/enrolment", tag = "account", request_body = Enrol,
    security(("link" = [])),
    responses((status = 201, body = Enrolled), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn enrol(
    State(wire): State<Wire>,
    LinkSecret(link): LinkSecret,
    Json(Enrol { login, password, code }): Json<Enrol>,
) -> Result<Response, Refusal> {
    let (person, recovery_codes) = wire.desk.enrol(&link, Enrolment { login, password, code }).await?;
    Ok(json(StatusCode::CREATED, &Enrolled { person: person.to_string(), recovery_codes }))
}
