//! Refusals as pages: what happened, and what to do.

use askama::Template;
use axum::response::{IntoResponse, Response};
use fixlead_app::problem::Problem;

use super::page::{self, Frame};
use crate::api::problem::Refusal;

/// Why a page is not shown.
pub enum Trouble {
    /// Somebody has to sign in, and then goes on at this address.
    SignIn(String),
    /// Somebody has to prove again that it is them.
    StepUp(String),
    /// Anything else.
    Refused(Refusal),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Trouble::Refused(refusal)
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Trouble::Refused(problem.into())
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Page {
    frame: Frame,
    title: &'static str,
    detail: String,
    clauses: Vec<String>,
    earliest: Option<String>,
    errors: Vec<String>,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        match self {
            Trouble::SignIn(to) => page::go(&format!("/sign-in?to={}", escaped(&to))),
            Trouble::StepUp(to) => page::go(&format!("/step-up?to={}", escaped(&to))),
            Trouble::Refused(refusal) => {
                let (_, title, status) = refusal.kind();
                let document = refusal.document();
                let page = Page {
                    frame: Frame::open(title),
                    title,
                    detail: document.detail,
                    clauses: document.clauses,
                    earliest: document.earliest,
                    errors: document.errors.into_iter().map(|place| place.message).collect(),
                };
                page::show(status, &page)
            }
        }
    }
}

/// An address as a value in another one.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'/' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}
