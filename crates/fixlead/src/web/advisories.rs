//! The advisories for everybody: files of the published tree, byte for byte as
//! `fixlead publish` writes them, and the page that answers whether a version is
//! affected. Every other site may read them (CORS), since all of it is public.

use axum::Router;
use axum::extract::State;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, LOCATION,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fixlead_app::problem::Problem;
use fixlead_core::text::plain;
use fixlead_publish::site;
use serde::Deserialize;

use super::trouble::Trouble;
use crate::api::Wire;
use crate::web::query::Query;

/// What a page may do: show itself with its style, and ask whether a version is affected.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// For how long it may be taken for current.
const FRESH: &str = "public, max-age=60";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// The longest question, in bytes: a package and a version.
const MOST_PACKAGE: usize = 500;
const MOST_VERSION: usize = 100;

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/advisories", get(file))
        .route("/advisories/", get(file))
        .route("/advisories/check", get(check))
        .route("/advisories/{*path}", get(file))
        .route("/osv/{*path}", get(file))
        .route("/cve/{*path}", get(file))
        .route("/openvex/{*path}", get(file))
        .route("/.well-known/csaf/{*path}", get(file))
}

/// What a file is, by the end of its name.
fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" if path.starts_with("advisories/feed") => "application/feed+json",
        "json" => "application/json",
        "atom" => "application/atom+xml; charset=utf-8",
        "zip" => "application/zip",
        "csv" => "text/csv; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    }
}

/// What holds for everything that is public.
fn open(headers: &mut HeaderMap, kind: &'static str) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(FRESH));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
}

async fn file(State(wire): State<Wire>, uri: Uri, asked: HeaderMap) -> Result<Response, Trouble> {
    let advisories = wire.advisories.as_ref().ok_or(Problem::NotFound)?;
    let served = advisories.served();
    let path = fixlead_formats::purl::decode(uri.path()).ok_or(Problem::NotFound)?;
    let path = path.trim_start_matches('/');
    let index = format!("{path}index.html");
    let path = if path.ends_with('/') { index.as_str() } else { path };
    let Some(file) = served.file(path) else {
        let called = path.strip_prefix(site::PLACE).unwrap_or_default();
        let called = called.strip_suffix("/index.html").unwrap_or(called);
        if let Some(id) = served.page_of(called) {
            let to = format!("/{}{id}/", site::PLACE);
            let to = HeaderValue::try_from(to).map_err(|_| Problem::NotFound)?;
            return Ok((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)]).into_response());
        }
        // A folder without the slash at its end: its links would lead elsewhere.
        if served.file(&format!("{path}/index.html")).is_none() {
            return Err(Problem::NotFound.into());
        }
        let to = HeaderValue::try_from(format!("{}/", uri.path())).map_err(|_| Problem::NotFound)?;
        return Ok((StatusCode::PERMANENT_REDIRECT, [(LOCATION, to)]).into_response());
    };
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|tags| tags.to_str().ok());
    let same = known
        .flat_map(|tags| tags.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == file.tag.as_bytes());
    let mut response =
        if same { StatusCode::NOT_MODIFIED.into_response() } else { file.bytes.clone().into_response() };
    open(response.headers_mut(), kind(path));
    response.headers_mut().insert(ETAG, file.tag.clone());
    Ok(response)
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    package: String,
    #[serde(default)]
    version: String,
}

async fn check(State(wire): State<Wire>, Query(asked): Query<Question>) -> Result<Response, Trouble> {
    let advisories = wire.advisories.as_ref().ok_or(Problem::NotFound)?;
    let fits = asked.package.len() <= MOST_PACKAGE && asked.version.len() <= MOST_VERSION;
    let answer = (fits && !asked.package.trim().is_empty())
        .then(|| advisories.served().answer(&asked.package, &asked.version));
    let (package, version) = if fits { (asked.package.trim(), asked.version.trim()) } else { ("", "") };
    let (package, version) = (plain(package), plain(version));
    let text = site::answer(advisories.provider(), (&package, &version), answer.as_ref());
    let mut response = text.into_response();
    open(response.headers_mut(), "text/html; charset=utf-8");
    Ok(response)
}
