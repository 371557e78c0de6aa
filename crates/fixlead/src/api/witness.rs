//! Heads of other installations' logs, kept here so that nobody can rewrite
//! those logs unseen. Who sends shows with a signature that they hold the key of
//! their log; which keys count is set here.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::witness::{Sending, SignedHead};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::json;
use super::json::Json;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::keeping::{HeadShape, LetterShape};

/// What is kept of an installation.
#[derive(Serialize, ToSchema)]
pub struct KeptHeads {
    /// How many heads.
    heads: u64,
    /// The one with the highest number.
    #[schema(value_type = Option<HeadShape>, required)]
    last: Option<SignedHead>,
    /// The numbers of those in this letter that contradict what is kept. They
    /// were refused, and are kept apart as evidence.
    refused: Vec<u64>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new().routes(routes!(take))
}

/// Takes signed heads of another installation's log, in a letter that it signed;
/// docs/formats/witness.md says how.
#[utoipa::path(post, path = "/api/v1/witness/heads", tag = "operation", security(()), request_body = LetterShape,
    responses((status = 200, body = KeptHeads), (status = 404, body = ProblemDocument),
        (status = 422, body = ProblemDocument)))]
async fn take(State(wire): State<Wire>, Json(sending): Json<Sending>) -> Result<Response, Refusal> {
    let taken = wire.desk.keep_heads(wire.public.as_str(), &sending).await?;
    wire.metrics.heads_came(taken.new, taken.refused.len() as u64);
    if let Some(head) = taken.refused.first() {
        let installation = fixlead_core::text::hex(&sending.installation);
        error!(target: "fixlead::witnesses", installation, head, "sent a head that contradicts the one kept here: its log was rewritten; `fixlead log kept` shows both");
    }
    let body = KeptHeads { heads: taken.holding.heads, last: taken.holding.last, refused: taken.refused };
    Ok(json(StatusCode::OK, &body))
}
