//! Bounds and headers that hold for every request.

use std::any::Any;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fixlead_app::problem::Problem;
use tower_http::catch_panic::{CatchPanicLayer, ResponseForPanic};

use super::Wire;
use super::problem::Refusal;

/// How long whoever finds no room should wait, in seconds.
const COME_BACK_AFTER: u32 = 2;

/// Lets in as many requests as there is room for, each for so long. Whether the
/// desk is well is answered even when there is no room.
pub async fn bound(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    if route.is_some_and(|route| super::health::ROUTES.contains(&route.as_str())) {
        return next.run(request).await;
    }
    let unavailable = || Refusal::from(Problem::Unavailable { retry_after: COME_BACK_AFTER });
    let Ok(_room) = Arc::clone(&wire.room).try_acquire_owned() else {
        wire.metrics.turned_away();
        return unavailable().into_response();
    };
    match tokio::time::timeout(wire.limits.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) => unavailable().into_response(),
    }
}

/// The type of a page.
const HTML: &str = "text/html; charset=utf-8";

/// Tells browsers what not to do. A page may say otherwise for itself.
const HEADERS: &[(&str, &str)] = &[
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// Adds the headers that an answer does not have yet.
pub async fn headers(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    // Where the same desk is an onion service too, Tor Browser is told so.
    let onion = wire.notice.onion.as_ref().filter(|_| request.method() == Method::GET);
    let onion = onion.map(|onion| format!("{}{}", onion.as_str(), request.uri().path()));
    let mut response = next.run(request).await;
    let page = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    let headers = response.headers_mut();
    if let Some(onion) = onion.filter(|_| page).and_then(|onion| HeaderValue::try_from(onion).ok()) {
        headers.insert(HeaderName::from_static("onion-location"), onion);
    }
    for (name, value) in HEADERS.iter().copied() {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if wire.public.is_https() {
        let a_year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(a_year);
    }
    response
}

/// A handler that panics has answered nothing: say so, and go on.
pub fn catch_panics() -> CatchPanicLayer<Broken> {
    CatchPanicLayer::custom(Broken)
}

/// The answer of a handler that panicked. What it said may hold content, and is
/// not repeated.
#[derive(Clone, Copy)]
pub struct Broken;

impl ResponseForPanic for Broken {
    type ResponseBody = Body;
    fn response_for_panic(&mut self, _: Box<dyn Any + Send + 'static>) -> Response {
        Refusal::Internal.into_response()
    }
}
