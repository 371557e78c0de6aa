//! What a refusal looks like on the wire: a problem document (RFC 9457).
//!
//! A use case says why with [`Problem`]; the wire has a few reasons of its own.
//! No document repeats what was sent, and a request id stands in a header and
//! not in the document: what one may not know of answers with the same bytes as
//! what does not exist.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use fixlead_app::problem::Problem;
use fixlead_core::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// By a use case.
    Problem(Problem),
    /// The address is there, but not for this method.
    MethodNotAllowed,
    /// The body is not what it has to be.
    UnsupportedMediaType,
    /// A command on something that changes needs its version.
    PreconditionRequired,
    /// The body took too long to arrive.
    TooSlow,
    /// A page of another site wanted this done.
    CrossSite,
    /// Too much came in from outside.
    Full {
        /// From where, or for what.
        of: &'static str,
        /// Seconds to wait.
        retry_after: u32,
        /// Until when.
        until: Instant,
        /// How else to reach the team.
        other_way: Option<String>,
    },
    /// It broke here.
    Internal,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::Problem(problem)
    }
}

/// A problem document.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Which kind of problem; relative to the desk.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// What happened, and what to do.
    pub detail: String,
    /// Every place of the request that does not make sense.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemPlace>,
    /// What would be needed: roles, or the scope of a token.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// The gate that holds the action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// The clauses that hold the action.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<String>,
    /// The arithmetic behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// From when on it would be allowed (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest: Option<String>,
    /// Who may override it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub may_override: Vec<String>,
    /// The version now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<u64>,
    /// Seconds to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The same as an instant (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A place of a request that does not make sense.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemPlace {
    /// A JSON pointer (RFC 6901) into the body; empty for the whole request.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Refusal {
    /// Its kind, its title and its status.
    pub fn kind(&self) -> (&'static str, &'static str, StatusCode) {
        use StatusCode as S;
        match self {
            Refusal::MethodNotAllowed => ("method-not-allowed", "Not for this method", S::METHOD_NOT_ALLOWED),
            Refusal::UnsupportedMediaType => {
                ("unsupported-media-type", "Not this kind of body", S::UNSUPPORTED_MEDIA_TYPE)
            }
            Refusal::PreconditionRequired => {
                ("precondition-required", "Which version?", S::PRECONDITION_REQUIRED)
            }
            Refusal::TooSlow => ("too-slow", "Took too long to arrive", S::REQUEST_TIMEOUT),
            Refusal::CrossSite => ("cross-site", "Asked for by another site", S::FORBIDDEN),
            Refusal::Full { .. } => ("full", "Too much comes in right now", S::TOO_MANY_REQUESTS),
            Refusal::Internal => ("internal", "Something broke here", S::INTERNAL_SERVER_ERROR),
            Refusal::Problem(problem) => match problem {
                Problem::NotFound => ("not-found", "Not found", S::NOT_FOUND),
                Problem::Unauthenticated => ("unauthenticated", "Sign in first", S::UNAUTHORIZED),
                Problem::PasskeyFailed => ("passkey-failed", "The passkey does not count", S::UNAUTHORIZED),
                Problem::ProviderFailed(_) => {
                    ("provider-failed", "The provider let nobody in", S::UNAUTHORIZED)
                }
                Problem::Elsewhere(_) => ("refused-elsewhere", "A service outside says no", S::BAD_GATEWAY),
                Problem::SignInFailed => ("sign-in-failed", "Signing in failed", S::UNAUTHORIZED),
                Problem::Forbidden { .. } => ("forbidden", "Not allowed", S::FORBIDDEN),
                Problem::WrongState => ("wrong-state", "Not in this state", S::CONFLICT),
                Problem::StepUp => ("step-up", "Prove again that it is you", S::FORBIDDEN),
                Problem::Conflict { .. } => ("conflict", "Changed in between", S::CONFLICT),
                Problem::Held { .. } => ("held", "Held by the policy", S::CONFLICT),
                Problem::Invalid { .. } => ("invalid", "Does not make sense", S::UNPROCESSABLE_ENTITY),
                Problem::TooLarge { .. } => ("too-large", "Too large", S::PAYLOAD_TOO_LARGE),
                Problem::KeyReused => (
                    "repeated-with-other-content",
                    "Idempotency key used for something else",
                    S::UNPROCESSABLE_ENTITY,
                ),
                Problem::TooMany { .. } => ("too-many-requests", "Too many requests", S::TOO_MANY_REQUESTS),
                Problem::Paused { .. } => ("paused", "Not taken in for now", S::SERVICE_UNAVAILABLE),
                Problem::Unavailable { .. } => ("unavailable", "Not right now", S::SERVICE_UNAVAILABLE),
                Problem::Altered => ("altered", "Not what was written", S::INTERNAL_SERVER_ERROR),
                _ => ("refused", "Refused", S::CONFLICT),
            },
        }
    }

    fn detail(&self) -> String {
        match self {
            Refusal::Problem(problem) => problem.to_string(),
            Refusal::MethodNotAllowed => {
                "there is something here, but not for this method; the header `Allow` names those there are".into()
            }
            Refusal::UnsupportedMediaType => {
                "send JSON in UTF-8, uncompressed, with the header `Content-Type: application/json`".into()
            }
            Refusal::PreconditionRequired => {
                "say which version you have read, with the header `If-Match: \"7\"`; its number came in `ETag`".into()
            }
            Refusal::TooSlow => "the body took too long to arrive; nothing was done; send it again".into(),
            Refusal::CrossSite => {
                "a page of another site asked for this; open the desk itself and do it there".into()
            }
            Refusal::Full { of, until, other_way, .. } => {
                let other = other_way.as_ref().map_or_else(
                    || "if it cannot wait, use another way that the project's security policy names".to_owned(),
                    |way| format!("if it cannot wait: {way}"),
                );
                format!(
                    "more came in {of} than is taken at a time; nothing of this was kept; send it again from {until} on; \
                     {other}"
                )
            }
            Refusal::Internal => {
                "something broke here; the log of the desk names it by the id in `X-Request-Id`".into()
            }
        }
    }

    /// Its document.
    pub fn document(&self) -> ProblemDocument {
        let (kind, title, status) = self.kind();
        let mut document = ProblemDocument {
            kind: format!("/problems/{kind}"),
            title,
            status: status.as_u16(),
            detail: self.detail(),
            ..ProblemDocument::default()
        };
        if let Refusal::Full { retry_after, until, .. } = self {
            document.retry_after = Some(*retry_after);
            document.until = Some(until.to_string());
        }
        let Refusal::Problem(problem) = self else { return document };
        match problem {
            Problem::Invalid { errors } => {
                document.errors = errors
                    .iter()
                    .map(|fault| ProblemPlace {
                        pointer: fault.pointer.clone(),
                        message: fault.message.clone(),
                    })
                    .collect();
            }
            Problem::Forbidden { roles, scope } => {
                document.needs = match scope {
                    Some(scope) => vec![scope.name().to_owned()],
                    None => roles.iter().map(|role| role.name().to_owned()).collect(),
                };
            }
            Problem::Held { held } => {
                document.gate = Some(held.gate.clone());
                document.clauses.clone_from(&held.clauses);
                document.because = Some(held.because.clone());
                document.earliest = held.earliest.map(|instant| instant.to_string());
                document.may_override.clone_from(&held.may_override);
            }
            Problem::Conflict { actual } => document.actual = Some(*actual),
            Problem::Paused { retry_after, until, .. } => {
                document.retry_after = Some(*retry_after);
                document.until = Some(until.to_string());
            }
            Problem::TooMany { retry_after } | Problem::Unavailable { retry_after } => {
                document.retry_after = Some(*retry_after);
            }
            _ => {}
        }
        document
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if matches!(self, Refusal::Problem(Problem::Altered)) {
            tracing::error!(
                target: "fixlead",
                "what is kept is not what was written; run `fixlead log verify`, which names the place"
            );
        }
        let document = self.document();
        let (_, _, status) = self.kind();
        let retry_after = document.retry_after;
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Bearer realm=\"fixlead\"");
            headers.insert(axum::http::header::WWW_AUTHENTICATE, realm);
        }
        response
    }
}
