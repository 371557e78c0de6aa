//! Tokens for programs: made, shown once, ended.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::NewToken;
use fixlead_app::problem::Problem;
use fixlead_core::access::{Scope, TokenScope};
use fixlead_core::id::{ProjectId, TokenId};
use fixlead_core::time::Span;

use super::{Faults, faults};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::serve::world;
use crate::web::form::Form;
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// After how many days a token can be chosen to end.
const DAYS: [i64; 4] = [7, 30, 90, 366];

#[derive(Template)]
#[template(path = "account-token.html")]
struct Page {
    frame: Frame,
    name: String,
    scopes: Vec<(&'static str, &'static str, bool)>,
    projects: Vec<(String, String)>,
    days: [i64; 4],
    faults: Faults,
}

#[derive(Template)]
#[template(path = "account-token-made.html")]
struct Made {
    frame: Frame,
    name: String,
    secret: String,
    ends: Moment,
}

fn about(scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => "read cases and their rooms",
        TokenScope::Post => "write in rooms and attach files",
        TokenScope::Record => "record what happened in a case",
        TokenScope::Intake => "open cases",
        TokenScope::Directory => "read people and projects, and what concerns oneself",
        TokenScope::Audit => "read logs and who knew what",
        TokenScope::Calendar => "read what is due as a calendar, and nothing else",
        TokenScope::Fix => "fetch and push the private repository of a fix with git",
    }
}

async fn shown(wire: &Wire, visitor: &Visitor, form: &Form, faults: Faults) -> Result<Response, Trouble> {
    let projects = wire.desk.projects_for_reporters().await?;
    let status = faults.status();
    let chosen = |scope: &TokenScope| form.all("scope").any(|name| name == scope.name());
    let page = Page {
        frame: Frame::desk("Make a token", "account", visitor),
        name: form.text("name").to_owned(),
        scopes: TokenScope::ALL.iter().map(|scope| (scope.name(), about(*scope), chosen(scope))).collect(),
        projects: projects.into_iter().map(|project| (project.project.to_string(), project.name)).collect(),
        days: DAYS,
        faults,
    };
    Ok(page::show(status, &page))
}

/// The form.
pub async fn page(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    shown(&wire, &visitor, &Form::default(), Faults::default()).await
}

/// Makes one, and shows its secret this once.
pub async fn make(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let within = match form.some("project") {
        None => None,
        Some(text) => Some(Scope::Project(ProjectId::parse(text).map_err(|_| Problem::NotFound)?)),
    };
    let days = form.text("days").parse().ok().filter(|days| DAYS.contains(days)).unwrap_or(DAYS[0]);
    let new = NewToken {
        name: form.text("name").to_owned(),
        scopes: form.all("scope").filter_map(TokenScope::parse).collect(),
        within,
        ends: world::now() + Span::days(days),
    };
    match wire.desk.make_own_token(&visitor.caller, new).await {
        Ok((secret, token)) => {
            let frame = Frame::desk("Your token", "account", &visitor);
            let ends = Moment::new(token.ends, world::now());
            Ok(page::show(StatusCode::CREATED, &Made { frame, name: token.name, secret, ends }))
        }
        Err(problem) => {
            let faults = faults(problem, "/account/tokens")?;
            shown(&wire, &visitor, &form, faults).await
        }
    }
}

/// Ends one.
pub async fn end(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(token): InPath<TokenId>,
) -> Result<Response, Trouble> {
    wire.desk.end_token(&visitor.caller, token).await?;
    Ok(page::go("/account?done=ended#tokens"))
}
