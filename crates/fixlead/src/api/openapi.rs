//! The description of the API, made from the code. `docs/openapi.json` is a copy
//! that a test compares, so that a change of the wire is seen in review.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use utoipa::OpenApi as _;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use super::Wire;
use super::answer::json;
use super::problem::{ProblemDocument, ProblemPlace};

/// Where the description stands.
pub const PATH: &str = "/api/v1/openapi.json";

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(ProblemDocument, ProblemPlace)))]
struct Common;

/// What the API says of itself.
pub fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Fixlead")
        .description(Some(
            "Refusals are problem documents (RFC 9457). Instants are RFC 3339 in UTC, spans ISO-8601 durations.",
        ))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let common = Common::openapi();
    OpenApiBuilder::new().info(info).components(common.components).build()
}

/// Serves the description.
pub fn serve(router: Router<Wire>, description: OpenApi) -> Router<Wire> {
    let description = Arc::new(description);
    router.route(
        PATH,
        get(move || {
            let description = Arc::clone(&description);
            async move { answer(&description) }
        }),
    )
}

fn answer(description: &OpenApi) -> Response {
    json(StatusCode::OK, description)
}
