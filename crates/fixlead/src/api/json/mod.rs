//! Strict reading of JSON bodies: bounded in size, time, depth and number of
//! values; in UTF-8; no key twice; no field that is not known. What does not
//! fit is answered with JSON pointers, and repeats no value.

mod read;
mod tree;

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use fixlead_app::problem::Problem;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

pub use tree::{MOST_DEPTH, MOST_VALUES};

use super::Wire;
use super::problem::Refusal;

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Wire> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, wire: &Wire) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(Refusal::UnsupportedMediaType);
        }
        let bytes = bytes(request, wire.limits.body, wire.limits.body_time).await?;
        posted(&bytes, wire).await.map(Json)
    }
}

/// Reads a type out of JSON that somebody has posted: a secret of this desk in
/// any text of it is refused, and ended, before anything else.
pub async fn posted<T: DeserializeOwned>(bytes: &[u8], wire: &Wire) -> Result<T, Refusal> {
    let node = parsed(bytes)?;
    // As it is meant, not as it is escaped.
    let mut texts = String::new();
    node.texts(&mut texts);
    wire.desk.refuse_pasted(&texts).await?;
    from_node(&node)
}

/// Reads a type out of JSON.
#[cfg(test)]
fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    from_node(&parsed(bytes)?)
}

/// What is wrong with JSON that is to be a type.
#[cfg(any(test, fuzzing))]
pub(crate) fn judged<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Vec<fixlead_app::problem::Fault>> {
    tree::parse(bytes).map_err(|fault| vec![fault]).and_then(|node| read::read(&node))
}

fn parsed(bytes: &[u8]) -> Result<tree::Node, Refusal> {
    tree::parse(bytes).map_err(|fault| Problem::Invalid { errors: vec![fault] }.into())
}

fn from_node<T: DeserializeOwned>(node: &tree::Node) -> Result<T, Refusal> {
    read::read(node).map_err(|errors| Problem::Invalid { errors }.into())
}

/// Reads the body, as long and as large as one may be.
pub async fn bytes(request: Request, most: u64, time: Duration) -> Result<Vec<u8>, Refusal> {
    let too_large = || Refusal::from(Problem::TooLarge { what: "the body of this request", most });
    // Who announces too much need not send it.
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large());
    }
    let body = Limited::new(Body::new(request.into_body()), usize::try_from(most).unwrap_or(usize::MAX));
    match tokio::time::timeout(time, body.collect()).await {
        Err(_) => Err(Refusal::TooSlow),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::invalid("", "the body did not arrive whole; send it again").into()),
        Ok(Ok(collected)) => Ok(collected.to_bytes().to_vec()),
    }
}

/// Whether the headers announce JSON that can be read as it is.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (types.next(), types.next()) else { return false };
    let Ok(kind) = kind.to_str() else { return false };
    let kind = kind.to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    plain
        && parts.next() == Some("application/json")
        && parts.all(|part| matches!(part, "" | "charset=utf-8" | "charset=\"utf-8\""))
}

#[cfg(test)]
mod tests;
