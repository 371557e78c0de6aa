//! The page of a case: where it stands and why, what is next, who is in it,
//! and what was said.
//!
//! - [`head`]: what stands above every page. [`view`]: the page itself, [`rows`] its lines. [`picture`]: its clocks as a
//!   picture.
//! - [`said`]: what the report says beside its text. [`duties`]: each with the whole of its reasons.
//!   [`history`]: the log.
//! - [`act`]: what people do from it. [`record`]: the form for an event of the
//!   policy's vocabulary, [`entry`] its fields, made from the vocabulary; [`recordable`] lists them all.
//! - [`severity`]: calculators and opinions, [`metrics`] in plain words. [`plan`]: the
//!   release planner. [`communication`]: who is told what, where and when.
//! - [`looked`]: what is new in its rooms. [`triage`]: what a report is, and
//!   what its reporter is told. [`relate`]: likely duplicates, merging, splitting, and
//!   going on in public.

pub mod act;
mod communication;
mod duties;
mod entry;
mod head;
mod history;
mod looked;
mod metrics;
mod picture;
mod plan;
mod record;
mod recordable;
mod relate;
mod rows;
mod said;
mod severity;
mod triage;
mod view;

use axum::Router;
use axum::routing::{get, post};

pub use triage::{choice, choices, original};

use crate::api::Wire;

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/cases/{case}", get(view::page))
        .route("/cases/{case}/history", get(history::page))
        .route("/cases/{case}/duties", get(duties::page))
        .route("/cases/{case}/report.asc", get(said::armored))
        .route("/cases/{case}/who-knew", get(view::who_knew))
        .route("/cases/{case}/files/{file}", get(view::file))
        .route("/cases/{case}/messages", post(act::say))
        .route("/cases/{case}/notes", post(act::note))
        .route("/cases/{case}/lead", post(act::lead))
        .route("/cases/{case}/hand-off", post(act::hand_off))
        .route("/cases/{case}/people", post(act::give))
        .route("/cases/{case}/people/revoke", post(act::revoke))
        .route("/cases/{case}/people/end", post(act::move_end))
        .route("/cases/{case}/people/dismiss", post(act::dismiss))
        .route("/cases/{case}/recusals", post(act::recuse))
        .route("/cases/{case}/close", post(act::close))
        .route("/cases/{case}/reopen", post(act::reopen))
        .route("/cases/{case}/severity", get(severity::page))
        .route("/cases/{case}/severity/result", get(severity::result))
        .route("/cases/{case}/plan", get(plan::page))
        .route("/cases/{case}/communication", get(communication::page).post(communication::send))
        .route("/cases/{case}/alike", get(relate::alike))
        .route("/cases/{case}/relate", get(relate::form).post(relate::send))
        .route("/cases/{case}/public-issue", get(relate::issue).post(relate::opened))
        .route("/cases/{case}/triage", get(triage::form).post(triage::send))
        .route("/cases/{case}/record", get(recordable::page))
        .route("/cases/{case}/record/{kind}", get(record::form).post(record::send))
}
