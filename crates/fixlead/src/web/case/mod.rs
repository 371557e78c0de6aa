//! The page of a case: where it stands and why, what is next, who is in it,
//! and what was said.
//!
//! - [`view`]: the page itself. [`picture`]: its clocks as a picture.
//! - [`act`]: what people do from it. [`record`]: the form for an event of the
//!   policy's vocabulary, made from the vocabulary.

pub mod act;
mod picture;
mod record;
mod view;

use axum::Router;
use axum::routing::{get, post};

use crate::api::Wire;

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/cases/{case}", get(view::page))
        .route("/cases/{case}/who-knew", get(view::who_knew))
        .route("/cases/{case}/files/{file}", get(view::file))
        .route("/cases/{case}/messages", post(act::say))
        .route("/cases/{case}/notes", post(act::note))
        .route("/cases/{case}/lead", post(act::lead))
        .route("/cases/{case}/hand-off", post(act::hand_off))
        .route("/cases/{case}/people", post(act::give))
        .route("/cases/{case}/people/revoke", post(act::revoke))
        .route("/cases/{case}/recusals", post(act::recuse))
        .route("/cases/{case}/close", post(act::close))
        .route("/cases/{case}/reopen", post(act::reopen))
        .route("/cases/{case}/record/{kind}", get(record::form).post(record::send))
}
