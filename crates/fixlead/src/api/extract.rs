//! What requests say outside their body: idempotency keys, versions, pages, ids.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderName;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_core::case::nearest;
use serde::de::DeserializeOwned;

use super::problem::Refusal;
use super::{Wire, json};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How many rows a page has if nobody says.
pub const USUAL_LIMIT: u32 = 50;
/// The most that it can have.
pub const MOST_LIMIT: u32 = 200;
/// The longest idempotency key, in bytes.
pub const LONGEST_KEY: usize = 64;

fn invalid(message: impl Into<String>) -> Refusal {
    Problem::invalid("", message).into()
}

/// The only header of a name.
fn single<'a>(parts: &'a Parts, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut all = parts.headers.get_all(name).iter();
    let Some(first) = all.next() else { return Ok(None) };
    match (all.next(), first.to_str()) {
        (None, Ok(text)) => Ok(Some(text.trim())),
        _ => Err(invalid(format!("the header `{name}` stands once, in visible ASCII"))),
    }
}

/// The key under which a request may be repeated without being done twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl FromRequestParts<Wire> for IdempotencyKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        let Some(text) = single(parts, &IDEMPOTENCY_KEY)? else {
            return Err(invalid(
                "the header `Idempotency-Key` is missing; send a new random one with each request, and the same \
                 one to repeat it",
            ));
        };
        let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let fits = (8..=LONGEST_KEY).contains(&key.len())
            && key.bytes().all(|letter| letter.is_ascii_graphic() && letter != b'"');
        if fits {
            Ok(IdempotencyKey(key.to_owned()))
        } else {
            Err(invalid(format!(
                "the header `Idempotency-Key` holds 8 to {LONGEST_KEY} visible ASCII characters, like a UUID"
            )))
        }
    }
}

/// A body that is sent with an idempotency key: the same one twice is done once.
pub struct Once<T>(pub T, pub Repeat);

impl<T: DeserializeOwned> FromRequest<Wire> for Once<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, wire: &Wire) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let IdempotencyKey(key) = IdempotencyKey::from_request_parts(&mut parts, wire).await?;
        if !json::is_json(&parts.headers) {
            return Err(Refusal::UnsupportedMediaType);
        }
        // The key is for this address and this body together.
        let mut content = format!("{} {}\n", parts.method, parts.uri).into_bytes();
        let sent =
            json::bytes(Request::from_parts(parts, body), wire.limits.body, wire.limits.body_time).await?;
        let value = json::posted(&sent, wire).await?;
        content.extend(sent);
        Ok(Once(value, Repeat::new(&key, &content)?))
    }
}

/// The version that whoever asks has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub u64);

impl FromRequestParts<Wire> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        let text = single(parts, &IF_MATCH)?.ok_or(Refusal::PreconditionRequired)?;
        let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        number
            .filter(|number| !number.is_empty() && number.bytes().all(|letter| letter.is_ascii_digit()))
            .and_then(|number| number.parse().ok())
            .map(IfMatch)
            .ok_or_else(|| {
                invalid(
                    "the header `If-Match` holds one version as `ETag` gave it, like \"7\"; `*` is not taken",
                )
            })
    }
}

/// The same, where whoever asks may leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaybeIfMatch(pub Option<u64>);

impl FromRequestParts<Wire> for MaybeIfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Refusal> {
        if !parts.headers.contains_key(IF_MATCH) {
            return Ok(MaybeIfMatch(None));
        }
        IfMatch::from_request_parts(parts, wire).await.map(|IfMatch(version)| MaybeIfMatch(Some(version)))
    }
}

/// Which part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// After which row, as `next` of the page before says; from the beginning
    /// without one.
    pub after: Option<String>,
    /// How many rows at most.
    pub limit: u32,
}

impl Page {
    /// Reads it out of what stands after the question mark.
    pub fn of(pairs: &[(String, String)]) -> Result<Page, Refusal> {
        let mut page = Page { after: None, limit: USUAL_LIMIT };
        for (name, value) in pairs {
            match name.as_str() {
                "after" => page.after = Some(value.clone()),
                "limit" => {
                    let limit = value.parse().ok().filter(|limit| (1..=MOST_LIMIT).contains(limit));
                    page.limit = limit.ok_or_else(|| {
                        invalid(format!("`limit` is a whole number from 1 to {MOST_LIMIT}"))
                    })?;
                }
                _ => {}
            }
        }
        Ok(page)
    }
}

/// What stands after the question mark: known names, each at most once.
pub fn query(parts: &Parts, known: &[&str]) -> Result<Vec<(String, String)>, Refusal> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| invalid("what stands after `?` is not name=value, joined by `&`"))?;
    let mut seen = Vec::new();
    for (name, _) in &pairs {
        let Some(name) = known.iter().find(|known| *known == name) else {
            let meant = nearest(name, known.iter().copied());
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            return Err(invalid(format!("unknown name after `?`{meant}; known are {}", names.join(", "))));
        };
        if seen.contains(&name) {
            return Err(invalid(format!("`{name}` stands twice after `?`; keep one")));
        }
        seen.push(name);
    }
    Ok(pairs)
}

/// The ids in a path. What is no id names nothing: it is not found.
pub struct InPath<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Wire> for InPath<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Refusal> {
        let Path(value) = Path::<T>::from_request_parts(parts, wire).await.map_err(|_| Problem::NotFound)?;
        Ok(InPath(value))
    }
}
