//! Who asks: a token in the header `Authorization`, or a session in a cookie.
//! The header counts if there is one. What is wrong with a secret is not said.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use fixlead_app::accounts::{Caller, place};
use fixlead_app::problem::Problem;
use fixlead_app::signin::bearer::{Purpose, lookup};

use super::Wire;
use super::problem::Refusal;
use super::rates::Place;
use super::source::Source;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A secret that was shown with a request.
pub(crate) enum Shown<'a> {
    /// A session's, in the cookie.
    Session(&'a str),
    /// A token's, in the header.
    Token(&'a str),
}

/// The cookie of a session. A name that begins with `__Host-` is kept only by
/// browsers that reached the desk over TLS.
pub fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-fixlead" } else { "fixlead" }
}

/// A cookie that only this desk gets back, and no script reads; with an age in
/// seconds, one that ends then.
pub(crate) fn set_cookie(https: bool, name: &str, value: &str, age: Option<u32>) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let age = age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
}

/// The value of a cookie. A request with two of a name has none: two readers
/// could take different ones.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(known, _)| *known == name);
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

/// The secret of a request. A request with two of a kind has none: two readers
/// could take different ones.
pub(crate) fn shown(headers: &HeaderMap, https: bool) -> Option<Shown<'_>> {
    let mut authorizations = headers.get_all(AUTHORIZATION).iter();
    if let Some(first) = authorizations.next() {
        let value = authorizations.next().is_none().then_some(first)?.to_str().ok()?;
        let (scheme, secret) = value.split_once(' ')?;
        let secret = secret.trim();
        let counts = scheme.eq_ignore_ascii_case("bearer") && lookup(Purpose::Token, secret).is_some();
        return counts.then_some(Shown::Token(secret));
    }
    let secret = cookie_value(headers, cookie_name(https))?;
    lookup(Purpose::Session, secret).is_some().then_some(Shown::Session(secret))
}

/// Whether a page of another site made the browser send this. Browsers say it in
/// `Sec-Fetch-Site`, older ones in `Origin`; one that says neither is not
/// believed.
pub(crate) fn is_cross_site(method: &Method, headers: &HeaderMap, wire: &Wire) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    match (headers.get(SEC_FETCH_SITE), headers.get(ORIGIN)) {
        (Some(site), _) => site != "same-origin" && site != "none",
        (None, Some(origin)) => {
            let own = std::iter::once(&*wire.public).chain(&wire.notice.onion);
            own.into_iter().all(|own| origin.as_bytes() != own.as_str().as_bytes())
        }
        (None, None) => true,
    }
}

/// What the browser calls itself.
pub(crate) fn agent(headers: &HeaderMap) -> Option<&str> {
    headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok())
}

/// Has a request worked on as one from where it comes.
pub async fn placed(_: State<Wire>, source: Source, request: Request, next: Next) -> Response {
    place::at(Place::of(source).map(Place::hash), next.run(request)).await
}

/// Who asks, if it is anybody; a secret that was shown has to count.
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequestParts<Wire> for MaybeCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Refusal> {
        let shows = parts.headers.contains_key(AUTHORIZATION)
            || shown(&parts.headers, wire.public.is_https()).is_some();
        if !shows {
            return Ok(MaybeCaller(None));
        }
        Caller::from_request_parts(parts, wire).await.map(|caller| MaybeCaller(Some(caller)))
    }
}

/// Who asks; refused if it is nobody.
impl FromRequestParts<Wire> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Refusal> {
        match shown(&parts.headers, wire.public.is_https()).ok_or(Problem::Unauthenticated)? {
            Shown::Token(secret) => Ok(wire.desk.accounts().caller(secret).await?),
            Shown::Session(_) if is_cross_site(&parts.method, &parts.headers, wire) => {
                Err(Refusal::CrossSite)
            }
            Shown::Session(secret) => {
                Ok(wire.desk.accounts().caller_from(secret, agent(&parts.headers)).await?)
            }
        }
    }
}
