//! What lets somebody in: their sessions and tokens, listed and revocable.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::{By, Caller, NewToken};
use fixlead_app::problem::Problem;
use fixlead_app::signin::session::{Session, Token};
use fixlead_core::access::{Scope, TokenScope};
use fixlead_core::desk::directory::event::Reach;
use fixlead_core::id::{SessionId, TokenId};
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Wire;
use super::answer::json;
use super::extract::InPath;
use super::json::Json;
use super::problem::{ProblemDocument, Refusal};
use super::shapes::{Id, Moment, ReachName, TokenScopeName};

/// Somebody's sessions, newest first.
#[derive(Serialize, ToSchema)]
pub struct Sessions {
    /// All of them.
    items: Vec<SessionItem>,
}

/// A session.
#[derive(Serialize, ToSchema)]
pub struct SessionItem {
    /// Which.
    #[schema(value_type = Id)]
    session: String,
    /// Whether it is the one that asks.
    this: bool,
    /// When it began (RFC 3339).
    #[schema(value_type = Moment)]
    began: String,
    /// When it was last used, to a few minutes (RFC 3339).
    #[schema(value_type = Moment)]
    used: String,
    /// What the browser called itself.
    browser: String,
}

impl SessionItem {
    fn of(session: &Session, by: By) -> Self {
        SessionItem {
            session: session.id.to_string(),
            this: by == By::Session(session.id),
            began: session.began.to_string(),
            used: session.used.to_string(),
            browser: session.browser.clone(),
        }
    }
}

/// Somebody's tokens, newest first.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// All of them.
    items: Vec<TokenItem>,
}

/// A token.
#[derive(Serialize, ToSchema)]
pub struct TokenItem {
    /// Which.
    #[schema(value_type = Id)]
    token: String,
    /// What its owner calls it.
    name: String,
    /// What it was made for.
    #[schema(value_type = Vec<TokenScopeName>)]
    scopes: Vec<&'static str>,
    /// Where it counts; everywhere its owner's grants do, if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ReachName>)]
    within: Option<Reach>,
    /// When it was made (RFC 3339).
    #[schema(value_type = Moment)]
    made: String,
    /// When it ends (RFC 3339).
    #[schema(value_type = Moment)]
    ends: String,
    /// The secret itself; shown once, to whoever makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl TokenItem {
    fn of(token: &Token, secret: Option<String>) -> Self {
        TokenItem {
            token: token.id.to_string(),
            name: token.name.clone(),
            scopes: token.scopes.iter().map(|scope| scope.name()).collect(),
            within: match token.within {
                Some(Scope::Organisation(id)) => Some(Reach::Organisation(id)),
                Some(Scope::Project(id)) => Some(Reach::Project(id)),
                _ => None,
            },
            made: token.made.to_string(),
            ends: token.ends.to_string(),
            secret,
        }
    }
}

/// A token to be made.
#[derive(Deserialize, ToSchema)]
pub struct MakeToken {
    /// What to call it.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    name: String,
    /// What it is for: `read`, `post`, `record`, `intake`, `directory`, `audit`.
    #[schema(value_type = Vec<TokenScopeName>, min_items = 1)]
    scopes: Vec<String>,
    /// Where it counts: `{"project": ID}` or `{"organisation": ID}`; everywhere if left out.
    #[schema(value_type = Option<ReachName>)]
    within: Option<Reach>,
    /// When it ends (RFC 3339), at the latest in 366 days.
    #[schema(value_type = Moment)]
    ends: Instant,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Wire> {
    OpenApiRouter::new()
        .routes(routes!(sessions))
        .routes(routes!(end_session))
        .routes(routes!(tokens, make_token))
        .routes(routes!(end_token))
}

/// Lists one's sessions.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "account",
    responses((status = 200, body = Sessions), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument)))]
async fn sessions(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    let sessions = wire.desk.own_sessions(&caller).await?;
    let items = sessions.iter().map(|session| SessionItem::of(session, caller.by)).collect();
    Ok(json(StatusCode::OK, &Sessions { items }))
}

/// Ends a session of one's own; it opens nothing any more.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", tag = "account", params(("session" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn end_session(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(session): InPath<SessionId>,
) -> Result<Response, Refusal> {
    wire.desk.end_session(&caller, session).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Lists one's tokens, without their secrets.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "account",
    responses((status = 200, body = Tokens), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument)))]
async fn tokens(State(wire): State<Wire>, caller: Caller) -> Result<Response, Refusal> {
    let tokens = wire.desk.own_tokens(&caller).await?;
    let items = tokens.iter().map(|token| TokenItem::of(token, None)).collect();
    Ok(json(StatusCode::OK, &Tokens { items }))
}

/// Makes a token. Its secret is in the answer, and nowhere else; whoever does
/// not get it lists their tokens and ends the one that nobody holds.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "account", request_body = MakeToken,
    responses((status = 201, body = TokenItem), (status = 401, body = ProblemDocument),
        (status = 403, body = ProblemDocument), (status = 422, body = ProblemDocument)))]
async fn make_token(
    State(wire): State<Wire>,
    caller: Caller,
    Json(sent): Json<MakeToken>,
) -> Result<Response, Refusal> {
    let mut scopes = Vec::new();
    for (place, name) in sent.scopes.iter().enumerate() {
        let scope = TokenScope::parse(name).ok_or_else(|| {
            let known: Vec<&str> = TokenScope::ALL.iter().map(|scope| scope.name()).collect();
            Problem::invalid(
                format!("/scopes/{place}"),
                format!("no such scope; known are {}", known.join(", ")),
            )
        })?;
        scopes.push(scope);
    }
    let within = sent.within.map(Reach::scope).filter(|scope| *scope != Scope::Installation);
    let new = NewToken { name: sent.name, scopes, within, ends: sent.ends };
    let (secret, token) = wire.desk.make_own_token(&caller, new).await?;
    Ok(json(StatusCode::CREATED, &TokenItem::of(&token, Some(secret))))
}

/// Ends a token of one's own.
#[utoipa::path(delete, path = "/api/v1/tokens/{token}", tag = "account", params(("token" = String, Path)),
    responses((status = 204), (status = 401, body = ProblemDocument), (status = 403, body = ProblemDocument),
        (status = 404, body = ProblemDocument)))]
async fn end_token(
    State(wire): State<Wire>,
    caller: Caller,
    InPath(token): InPath<TokenId>,
) -> Result<Response, Refusal> {
    wire.desk.end_token(&caller, token).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
