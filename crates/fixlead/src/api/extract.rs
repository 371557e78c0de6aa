//! What requests say outside their body: idempotency keys, versions, pages, ids.

#![allow(dead_code, reason = "the routes of cases, which read these, come with their use cases")]

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::HeaderName;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;
use fixlead_app::problem::Problem;
use fixlead_core::case::nearest;
use serde::de::DeserializeOwned;

use super::Wire;
use super::problem::Refusal;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How many rows a page has if nobody says.
const USUAL_LIMIT: u32 = 50;
/// The most that it can have.
const MOST_LIMIT: u32 = 200;
/// The longest idempotency key, in bytes.
const LONGEST_KEY: usize = 64;

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

/// How many bytes a cursor has.
pub const CURSOR_BYTES: usize = 24;

/// A place in a list. Its text says nothing to anybody but the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub [u8; CURSOR_BYTES]);

impl Cursor {
    /// Its text.
    pub fn text(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads its text.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 2 * CURSOR_BYTES
            || !text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
        {
            return None;
        }
        let mut bytes = [0; CURSOR_BYTES];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
        }
        Some(Cursor(bytes))
    }
}

/// Which part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// After which row; from the beginning without one.
    pub after: Option<Cursor>,
    /// How many rows at most.
    pub limit: u32,
}

impl FromRequestParts<Wire> for Page {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Wire) -> Result<Self, Refusal> {
        let mut page = Page { after: None, limit: USUAL_LIMIT };
        for (name, value) in query(parts, &["after", "limit"])? {
            if name == "after" {
                page.after = Some(Cursor::parse(&value).ok_or_else(|| {
                    invalid(
                        "`after` is no cursor; take `next` of the page before, or leave it out to begin anew",
                    )
                })?);
            } else {
                let limit = value.parse().ok().filter(|limit| (1..=MOST_LIMIT).contains(limit));
                page.limit = limit
                    .ok_or_else(|| invalid(format!("`limit` is a whole number from 1 to {MOST_LIMIT}")))?;
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
