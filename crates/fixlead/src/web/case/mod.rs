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
//!   release planner. [`communication`]: who is told what, where and when. [`advisory`]: what the world is told.
//! - [`fix`]: the commits of the fix and where they go, [`origin`] where the flaw came from, [`git`] the repository that holds them.
//! - [`looked`]: what is new in its rooms. [`triage`]: what a report is, and
//!   what its reporter is told. [`relate`]: likely duplicates, merging, splitting, and
//!   going on in public.

pub mod act;
mod advisory;
mod communication;
mod duties;
mod entry;
mod fix;
mod git;
mod head;
mod history;
mod looked;
mod metrics;
mod origin;
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

pub use git::host;
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
        .route("/cases/{case}/advisory", get(advisory::page).post(advisory::send))
        .route("/cases/{case}/advisory/check", post(advisory::checked))
        .route("/cases/{case}/advisory/publish", post(advisory::publish))
        .route("/cases/{case}/advisory/cve", post(advisory::cve))
        .route("/cases/{case}/advisory/documents/{format}", get(advisory::document))
        .route("/cases/{case}/fix", get(fix::page))
        .route("/cases/{case}/fix/origin", get(origin::page).post(origin::send))
        .route("/cases/{case}/fix/{what}", post(fix::send))
        .route("/cases/{case}/fix.git/info/refs", get(git::refs))
        .route("/cases/{case}/fix.git/git-upload-pack", post(git::fetch))
        .route("/cases/{case}/fix.git/git-receive-pack", post(git::push))
        .route("/cases/{case}/communication", get(communication::page).post(communication::send))
        .route("/cases/{case}/alike", get(relate::alike))
        .route("/cases/{case}/relate", get(relate::form).post(relate::send))
        .route("/cases/{case}/public-issue", get(relate::issue).post(relate::opened))
        .route("/cases/{case}/triage", get(triage::form).post(triage::send))
        .route("/cases/{case}/record", get(recordable::page))
        .route("/cases/{case}/record/{kind}", get(record::form).post(record::send))
}
