//! The desk on the wire: what holds for every request, before any use case.
//!
//! - [`observe`]: ids, log lines and numbers, without content. [`guard`]: bounds
//!   of time and number, headers. [`problem`]: refusals.
//! - [`json`], [`extract`]: strict reading of bodies, headers and queries.
//! - [`enrolment`]: the first operator, and people who were invited. [`account`]:
//!   signing in and out. [`keys`]: one's sessions and tokens.
//! - [`directory`]: organisations, projects, people. [`reports`]: coming in.
//!   [`reaching`]: what forms ask, keys to encrypt to, pauses. [`people`]: sub-teams, names, links that were lost.
//! - [`cases`]: reading them. [`search`]: looking for them. [`commands`]: doing something with them.
//!   [`lifecycle`]: what becomes of a case as a whole. [`attachments`]: their files.
//!   [`fix`]: its private repository. [`triage`]: deciding about reports. [`retention`]: erasing what was kept long enough.
//! - [`webhooks`]: telling addresses outside. [`witness`]: heads of other
//!   installations' logs.
//! - [`caller`]: who asks. [`source`]: from where. [`rates`]: how often.
//! - [`advisory`]: what the world is told. [`import`]: what a project told it before.
//! - [`health`], [`metrics`]: for those who run it. [`openapi`]: the description,
//!   with [`shapes`] of what is read and answered, and [`described`], which says
//!   of every route what holds for all.
//!
//! Handlers call use cases and nothing else: no rule, no store, no clock here.

pub mod account;
pub mod advisory;
pub mod answer;
pub mod attachments;
pub mod caller;
pub mod cases;
pub mod cna;
pub mod commands;
pub mod described;
pub mod directory;
pub mod enrolment;
pub mod extract;
pub mod fix;
pub mod guard;
pub mod health;
pub mod import;
pub mod json;
pub mod keys;
pub mod lifecycle;
pub mod metrics;
pub mod observe;
pub mod openapi;
pub mod people;
pub mod problem;
pub mod rates;
pub mod reaching;
pub mod reports;
pub mod retention;
pub mod search;
pub mod shapes;
pub mod source;
pub mod triage;
pub mod webhooks;
pub mod witness;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use fixlead_app::Desk;
use fixlead_app::problem::Problem;
use fixlead_app::providers::Providers;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;

use crate::configuration::Settings;
use crate::configuration::values::{Network, Origin};
use crate::serve::about::About;
use crate::web::demonstration::Demonstration;
use crate::web::publicity::Notice;
use health::Readiness;
use metrics::Metrics;
use problem::Refusal;
use rates::Rates;

/// What every handler and layer can reach. Clones share it.
#[derive(Clone)]
pub struct Wire {
    /// The bounds of a request.
    pub limits: Arc<Limits>,
    /// How people reach the desk.
    pub public: Arc<Origin>,
    /// The proxies whose word counts.
    pub trusted: Arc<[Network]>,
    /// The numbers.
    pub metrics: Arc<Metrics>,
    /// What the installation is.
    pub about: Arc<About>,
    /// The desk.
    pub desk: Desk,
    /// What has to work for the desk to work.
    pub readiness: Arc<dyn Readiness>,
    /// Room for requests.
    pub room: Arc<Semaphore>,
    /// How often somebody may ask.
    pub rates: Arc<Rates>,
    /// Where people can sign in elsewhere.
    pub providers: Arc<Providers>,
    /// What everybody is told.
    pub notice: Arc<Notice>,
    /// Who can be tried, if this is a demonstration.
    pub demonstration: Option<Arc<Demonstration>>,
    /// The advisories for everybody, if there is somebody who publishes.
    pub advisories: Option<Arc<crate::serve::advisories::Advisories>>,
    /// The private repositories of fixes.
    pub fixes: Arc<crate::serve::fixes::Fixes>,
    /// The streams that tell pages of changes.
    pub live: Arc<crate::web::live::Live>,
}

/// The bounds of a request.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: u64,
    /// The largest file of a case, in bytes.
    pub attachment: u64,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long a request may take.
    pub request_time: Duration,
    /// How many are worked on at a time.
    pub requests: usize,
}

impl Limits {
    /// As they are set.
    pub fn of(settings: &Settings) -> Self {
        let keys = &settings.keys;
        Limits {
            body: keys.limits_body.0,
            attachment: keys.limits_attachment.0,
            body_time: keys.limits_body_time.duration(),
            request_time: keys.limits_request_time.duration(),
            requests: usize::try_from(keys.limits_requests.0).unwrap_or(usize::MAX),
        }
    }
}

/// Every route, with what holds for all of them around it.
pub fn router(wire: Wire) -> Router {
    let (router, description) = OpenApiRouter::with_openapi(openapi::about())
        .merge(enrolment::routes())
        .merge(account::routes())
        .merge(keys::routes())
        .merge(directory::routes())
        .merge(reports::routes())
        .merge(reaching::routes())
        .merge(cases::routes())
        .merge(people::routes())
        .merge(search::routes())
        .merge(triage::routes())
        .merge(advisory::routes())
        .merge(import::routes())
        .merge(cna::routes())
        .merge(commands::routes())
        .merge(lifecycle::routes())
        .merge(attachments::routes())
        .merge(fix::routes())
        .merge(webhooks::routes())
        .merge(retention::routes())
        .merge(witness::routes())
        .merge(health::routes())
        .split_for_parts();
    let cookie = caller::cookie_name(wire.public.is_https());
    let router = openapi::serve(router, described::complete(&description, cookie));
    dress(router.merge(crate::web::routes(&wire)), wire)
}

/// What holds for every request, around whatever routes.
pub fn dress(router: Router<Wire>, wire: Wire) -> Router {
    router
        .fallback(async || Refusal::from(Problem::NotFound))
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
        .layer(from_fn_with_state(wire.clone(), caller::placed))
        .layer(from_fn_with_state(wire.clone(), guard::bound))
        .layer(guard::catch_panics())
        .layer(from_fn_with_state(wire.clone(), guard::headers))
        .layer(from_fn_with_state(wire.clone(), observe::observe))
        .with_state(wire)
}

#[cfg(test)]
mod tests;
