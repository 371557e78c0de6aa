//! What lets people in: the sessions and tokens of everybody.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use fixlead_core::access::Scope;
use fixlead_core::id::{PersonId, SessionId, TokenId};
use tracing::info;

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// A session.
struct SessionRow {
    id: String,
    person: String,
    name: String,
    browser: String,
    began: Moment,
    used: Moment,
    fresh: bool,
}

/// A token.
struct TokenRow {
    id: String,
    person: String,
    owner: String,
    name: String,
    scopes: String,
    reach: String,
    made: Moment,
    used: Option<Moment>,
    ends: Moment,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "admin-doors.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    more: bool,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/access", get(doors))
        .route("/admin/people/{person}/sessions/{session}/end", post(end_session))
        .route("/admin/people/{person}/sessions/end", post(end_sessions))
        .route("/admin/people/{person}/tokens/{token}/end", post(end_token))
}

async fn doors(State(wire): State<Wire>, visitor: Visitor, Query(done): Query<Done>) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let all = wire.desk.everybodys(&visitor.caller).await?;
    let now = desk.seen.at;
    let parts = desk.parts();
    let sessions = all.sessions.iter().map(|session| SessionRow {
        id: session.id.to_string(),
        person: session.person.to_string(),
        name: parts.name(session.person),
        browser: session.browser.clone(),
        began: Moment::new(session.began, now),
        used: Moment::new(session.used, now),
        fresh: session.stepped_up.is_some_and(|at| (now - at).millis() < 600_000),
    });
    let tokens = all.tokens.iter().map(|token| {
        let soon = (token.ends - now).millis() < 14 * 86_400_000;
        TokenRow {
            id: token.id.to_string(),
            person: token.person.to_string(),
            owner: parts.name(token.person),
            name: token.name.clone(),
            scopes: token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "),
            reach: shell::reach_of(&desk, token.within.unwrap_or(Scope::Installation)),
            made: Moment::new(token.made, now),
            used: token.used.map(|used| Moment::new(used, now)),
            ends: Moment::new(token.ends, now),
            tone: if soon { "care" } else { "quiet" },
        }
    });
    let done = done.is_so();
    let (frame, shell) =
        shell::shell(&visitor, &desk, "Sessions and tokens", "/admin/access", Typed::default(), done);
    let page = Page { sessions: sessions.collect(), tokens: tokens.collect(), more: all.more, frame, shell };
    Ok(page::show(StatusCode::OK, &page))
}

async fn end_session(
    State(wire): State<Wire>,
    InPath((person, session)): InPath<(PersonId, SessionId)>,
    sent: Sent,
) -> Answer {
    wire.desk.end_session_of(&sent.visitor.caller, person, session).await?;
    info!(target: "fixlead::access", by = %sent.visitor.caller.person, %person, %session, "ended a session of somebody else");
    Ok(page::go("/admin/access?done=1"))
}

async fn end_sessions(State(wire): State<Wire>, InPath(person): InPath<PersonId>, sent: Sent) -> Answer {
    let ended = wire.desk.end_sessions_of(&sent.visitor.caller, person).await?;
    info!(target: "fixlead::access", by = %sent.visitor.caller.person, %person, ended, "ended all sessions of somebody");
    Ok(page::go("/admin/access?done=1"))
}

async fn end_token(
    State(wire): State<Wire>,
    InPath((person, token)): InPath<(PersonId, TokenId)>,
    sent: Sent,
) -> Answer {
    wire.desk.end_token_of(&sent.visitor.caller, person, token).await?;
    info!(target: "fixlead::access", by = %sent.visitor.caller.person, %person, %token, "ended a token of somebody");
    Ok(page::go("/admin/access?done=1"))
}
