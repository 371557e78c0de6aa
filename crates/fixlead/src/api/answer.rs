//! Answers as they leave: JSON, and the version of what it shows.

use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An answer in JSON.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(_) => super::problem::Refusal::Internal.into_response(),
    }
}

/// The same, with the version in `ETag`, which a command brings back in
/// `If-Match`.
pub fn versioned(status: StatusCode, body: &impl Serialize, version: u64) -> Response {
    let mut response = json(status, body);
    if let Ok(tag) = HeaderValue::try_from(format!("\"{version}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}
