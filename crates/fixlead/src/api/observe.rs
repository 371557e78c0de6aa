//! Each request gets an id, a line in the log, and a place in the numbers. All
//! three know the route as the code writes it, the status and the time it took,
//! and nothing that somebody sent.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{error, info};

use super::Wire;
use crate::serve::world;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The route of a request that has none.
const UNMATCHED: &str = "unmatched";

/// Watches a request from its header to the head of its answer.
pub async fn observe(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    let id = world::random_id();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| UNMATCHED.to_owned(), |route| route.as_str().to_owned());
    let method = method(request.method());
    let began = world::ticks();
    let running = wire.metrics.begin();
    let mut response = next.run(request).await;
    drop(running);
    let took = world::ticks().saturating_sub(began);
    let status = response.status().as_u16();
    wire.metrics.answered(method, &route, status, took);
    let milliseconds = tenths(took);
    if status >= 500 {
        error!(target: "fixlead::request", %id, method, route, status, milliseconds, "answered");
    } else {
        info!(target: "fixlead::request", %id, method, route, status, milliseconds, "answered");
    }
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Milliseconds, to a tenth.
fn tenths(took: Duration) -> f64 {
    (took.as_secs_f64() * 10_000.0).round() / 10.0
}

/// A method that is known. Anybody can invent others, and log what they like.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
