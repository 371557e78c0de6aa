//! The description of the API, made from the code. `docs/openapi.json` is a copy
//! that a test compares, so that a change of the wire is seen in review.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::Value;
use utoipa::OpenApi as _;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use super::Wire;
use super::answer::json;
use super::problem::{ProblemDocument, ProblemPlace};
use super::shapes;

/// Where the description stands.
pub const PATH: &str = "/api/v1/openapi.json";

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    ProblemDocument,
    ProblemPlace,
    shapes::Id,
    shapes::Moment,
    shapes::Day,
    shapes::InstantOrDay,
    shapes::SecondName,
    shapes::case::CaseView,
)))]
struct Common;

/// What the API says of itself.
pub fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Fixlead")
        .description(Some(
            "Refusals are problem documents (RFC 9457). Instants are RFC 3339 in UTC, spans ISO-8601 durations. An unknown \
             name in a body or after `?` is refused. A connection whose header is too large or no HTTP is closed with 431 \
             or 400 and no document.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let common = Common::openapi();
    OpenApiBuilder::new().info(info).components(common.components).build()
}

/// Serves the description.
pub fn serve(router: Router<Wire>, description: Value) -> Router<Wire> {
    let description = Arc::new(description);
    router.route(
        PATH,
        get(move || {
            let description = Arc::clone(&description);
            async move { json(StatusCode::OK, &*description) }
        }),
    )
}
