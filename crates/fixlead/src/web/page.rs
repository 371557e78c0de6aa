//! From a view to an answer.

use std::sync::Arc;

use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::asset::{self, Area, Asset};
use super::demonstration::{self, Banner};
use super::visitor::Visitor;

/// What a page may do: show itself, its style and its script, and send its
/// forms back here.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What every page has around its content.
pub struct Frame {
    /// What it is called in the browser's list of pages. Never the title of a
    /// case: that would stand in histories and on shared screens.
    pub title: String,
    /// Who looks, if somebody is signed in.
    pub who: Option<String>,
    /// Whether they find something in administration.
    pub administers: bool,
    /// Whether there are published advisories to lead to.
    pub publishes: bool,
    /// Which entry of the menu it belongs to.
    pub here: &'static str,
    /// Whose styles and scripts it loads.
    pub area: Area,
    /// The address of the mark.
    pub icon: &'static str,
    /// What a demonstration says on every page.
    pub shows: Option<Arc<Banner>>,
}

impl Frame {
    /// A page for everybody.
    pub fn open(title: impl Into<String>) -> Frame {
        Frame {
            title: title.into(),
            who: None,
            administers: false,
            publishes: false,
            here: "",
            area: Area::Everybody,
            icon: asset::icon().address(),
            shows: demonstration::banner(),
        }
    }

    /// A page of the desk.
    pub fn desk(title: impl Into<String>, here: &'static str, visitor: &Visitor) -> Frame {
        let who = Some(visitor.name.clone());
        let Visitor { administers, publishes, .. } = *visitor;
        Frame { who, administers, publishes, here, area: Area::of(here), ..Frame::open(title) }
    }

    /// The addresses of its styles.
    pub fn styles(&self) -> impl Iterator<Item = &'static str> {
        asset::styles(self.area).into_iter().map(Asset::address)
    }

    /// The addresses of its scripts.
    pub fn scripts(&self) -> impl Iterator<Item = &'static str> {
        asset::scripts(self.area).iter().map(|script| script.address())
    }
}

/// An answer from a template.
pub fn show(status: StatusCode, template: &impl Template) -> Response {
    let Ok(text) = template.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // Without a referrer browsers do not say where a form comes from.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// To another page, after something was done.
pub fn go(to: &str) -> Response {
    let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(axum::http::header::LOCATION, to)]).into_response()
}

/// An address on this desk to which somebody wanted to go; the front page if
/// it is anything else.
pub fn local(to: &str) -> &str {
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let here = to.starts_with('/') && !to.starts_with("//");
    if plain && here && to.len() <= 512 { to } else { "/" }
}
