//! Refusals as pages: what happened, and what to do. Whoever is refused while
//! they are signed in keeps the menu: [`seen`] looks who it is once something
//! was refused, for a refusal itself knows nobody.

use askama::Template;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{COOKIE, USER_AGENT};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use fixlead_app::problem::Problem;

use super::page::{self, Frame};
use super::visitor::Visitor;
use crate::api::Wire;
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
                let mut response = refused(&refusal, None);
                response.extensions_mut().insert(Unseen(refusal));
                response
            }
        }
    }
}

/// A refusal that was shown to nobody in particular.
#[derive(Clone)]
struct Unseen(Refusal);

fn refused(refusal: &Refusal, visitor: Option<&Visitor>) -> Response {
    let (_, title, status) = refusal.kind();
    let document = refusal.document();
    let page = Page {
        frame: visitor.map_or_else(|| Frame::open(title), |visitor| Frame::desk(title, "", visitor)),
        title,
        clauses: document.clauses,
        earliest: document.earliest,
        // One that says it all is not said twice.
        errors: document
            .errors
            .into_iter()
            .map(|place| place.message)
            .filter(|message| *message != document.detail)
            .collect(),
        detail: document.detail,
    };
    page::show(status, &page)
}

/// Shows refusals to whoever is signed in as to somebody who is.
pub async fn seen(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    let mut looks = Request::new(Body::empty());
    for name in [COOKIE, USER_AGENT] {
        for value in request.headers().get_all(&name) {
            looks.headers_mut().append(&name, value.clone());
        }
    }
    let response = next.run(request).await;
    let Some(Unseen(refusal)) = response.extensions().get::<Unseen>() else { return response };
    if !looks.headers().contains_key(COOKIE) {
        return response;
    }
    // Looking changes nothing, whatever was refused.
    let (mut parts, _) = looks.into_parts();
    match Visitor::from_request_parts(&mut parts, &wire).await {
        Ok(visitor) => refused(refusal, Some(&visitor)),
        Err(_) => response,
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
