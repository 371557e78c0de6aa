//! Whether the process lives, whether it can work, and its numbers.

use std::future::Future;
use std::pin::Pin;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::json;

/// The routes that are answered even when there is no room.
pub const ROUTES: &[&str] = &["/healthz", "/readyz", "/metrics"];

/// What has to work, each with a name and whether it does.
pub type Checks = Vec<(&'static str, bool)>;

/// Asks everything that has to work.
pub trait Readiness: Send + Sync + 'static {
    /// Asks now.
    fn check(&self) -> Pin<Box<dyn Future<Output = Checks> + Send + '_>>;
}

/// That the process lives.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `fixlead`, so that a check finds the wrong program on a port.
    program: &'static str,
    /// Its version.
    version: &'static str,
    /// `ok`
    status: &'static str,
}

/// What works and what does not.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// `ok` or `fail`.
    status: &'static str,
    /// Each part.
    checks: Vec<Part>,
    /// `ready`, or `warming` while not every case can be found yet; everything
    /// else works meanwhile.
    search: &'static str,
}

/// A part that has to work.
#[derive(Serialize, ToSchema)]
pub struct Part {
    /// Which.
    name: &'static str,
    /// `ok` or `fail`.
    status: &'static str,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(healthz)).routes(routes!(readyz)).routes(routes!(metrics))
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operation", security(()), responses((status = 200, body = Health)))]
async fn healthz() -> Response {
    json(StatusCode::OK, &Health { program: "fixlead", version: env!("CARGO_PKG_VERSION"), status: "ok" })
}

/// Whether it can work: the database answers and opens with its key.
#[utoipa::path(get, path = "/readyz", tag = "operation", security(()),
    responses((status = 200, body = Ready), (status = 503, body = Ready)))]
async fn readyz(State(wire): State<Wire>) -> Response {
    let word = |works| if works { "ok" } else { "fail" };
    let checks = wire.readiness.check().await;
    let all = checks.iter().all(|(_, works)| *works);
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let checks = checks.into_iter().map(|(name, works)| Part { name, status: word(works) }).collect();
    let search = if wire.desk.search_state().ready { "ready" } else { "warming" };
    json(status, &Ready { status: word(all), checks, search })
}

/// Numbers in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation", security(()),
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn metrics(State(wire): State<Wire>) -> Response {
    (
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        wire.metrics.text(wire.desk.search_state().percent),
    )
        .into_response()
}
