//! What stands after the question mark of a page's address.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use fixlead_app::problem::Problem;
use serde::de::DeserializeOwned;

use super::trouble::Trouble;
use crate::api::Wire;

/// It, as fields. What cannot be read is answered with a page, like every refusal.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Wire> for Query<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Trouble> {
        let read = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        let axum::extract::Query(fields) = read.map_err(|_| {
            let message = "what stands after `?` in this address cannot be read: write name=value, joined by `&`, each \
                           name once";
            Problem::invalid("", message)
        })?;
        Ok(Query(fields))
    }
}
