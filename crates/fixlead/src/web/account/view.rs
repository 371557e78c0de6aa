//! The page of the account.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::{By, Ways};
use fixlead_app::pasted::What;
use fixlead_core::access::Scope;
use fixlead_core::id::SessionId;
use fixlead_core::time::Instant;
use serde::Deserialize;

use crate::api::Wire;
use crate::api::extract::InPath;
use crate::serve::world;
use crate::web::page::{self, Frame};
use crate::web::passkey;
use crate::web::provider;
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

struct PasskeyRow {
    id: String,
    name: String,
    made: Moment,
    used: Option<Moment>,
    travels: bool,
    doubted: bool,
}

struct SessionRow {
    id: String,
    browser: String,
    /// The same in the browser's own words.
    agent: String,
    this: bool,
    began: Moment,
    used: Moment,
}

struct LinkedRow {
    provider: String,
    issuer: String,
    subject: String,
    called: String,
    since: Moment,
}

struct TokenRow {
    id: String,
    name: String,
    scopes: String,
    within: Option<String>,
    made: Moment,
    ends: Moment,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    name: String,
    done: Option<&'static str>,
    notices: Vec<(Moment, String)>,
    /// Whether passkeys can be made here.
    named: bool,
    passkeys: Vec<PasskeyRow>,
    ways: Ways,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    linked: Vec<LinkedRow>,
    providers: Vec<(String, String)>,
}

/// What was just done.
#[derive(Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// A browser and its system, as people call them; its own words where it calls
/// itself something else.
fn browser(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 5] = [
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        _ => agent.to_owned(),
    }
}

/// The page.
pub async fn view(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(Done { done }): Query<Done>,
) -> Result<Response, Trouble> {
    let (desk, caller, now) = (&wire.desk, &visitor.caller, world::now());
    let passkeys = desk.own_passkeys(caller).await?.into_iter().map(|passkey| PasskeyRow {
        id: passkey.id.to_string(),
        name: passkey.name,
        made: Moment::new(passkey.made, now),
        used: passkey.used.map(|used| Moment::new(used, now)),
        travels: passkey.travels,
        doubted: passkey.doubted,
    });
    let sessions = desk.own_sessions(caller).await?.into_iter().map(|session| SessionRow {
        id: session.id.to_string(),
        this: caller.by == By::Session(session.id),
        browser: browser(&session.browser),
        agent: session.browser,
        began: Moment::new(session.began, now),
        used: Moment::new(session.used, now),
    });
    let projects = desk.projects_for_reporters().await?;
    let tokens = desk.own_tokens(caller).await?.into_iter().map(|token| TokenRow {
        id: token.id.to_string(),
        name: token.name,
        scopes: token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "),
        within: match token.within {
            Some(Scope::Project(id)) => Some(
                projects
                    .iter()
                    .find(|project| project.project == id)
                    .map_or_else(|| "one project".to_owned(), |project| project.name.clone()),
            ),
            Some(Scope::Organisation(_)) => Some("one organisation".to_owned()),
            _ => None,
        },
        made: Moment::new(token.made, now),
        ends: Moment::new(token.ends, now),
    });
    let linked = desk.own_linked(caller).await?.into_iter().map(|one| LinkedRow {
        provider: wire.providers.called(&one.issuer).unwrap_or(&one.issuer).to_owned(),
        since: Moment::new(Instant::from_millis(one.since), now),
        issuer: one.issuer,
        subject: one.subject,
        called: one.called,
    });
    let notices = desk.own_notices(caller).await?.into_iter().map(|(at, what)| {
        let text = match what {
            What::Session => "The secret of a session of yours was pasted into a text. The session was ended.".to_owned(),
            What::Replayed => "The cookie of a session of yours came from another browser. The session was ended; if \
                               that was not you, end the others too."
                .to_owned(),
            What::ManyOpened { name, cases } => format!(
                "{name} has opened {cases} cases within an hour, and is stopped until that is less. Ask them why."
            ),
            What::Token(name) => {
                format!("Your token “{name}” was pasted into a text. It was ended; make another one if you need it.")
            }
            What::Webhook(url) => format!(
                "The secret of your webhook to {url} was pasted into a text. Give it a new one: whoever read the old \
                 one can sign as this desk."
            ),
        };
        (Moment::new(at, now), text)
    });
    let page = Page {
        frame: Frame::desk("Your account", "account", &visitor),
        done: match done.as_str() {
            "passkey" => Some("The passkey is yours: try it the next time you sign in."),
            "linked" => Some("It is linked: you can sign in with it from now on."),
            "removed" => Some("It opens nothing any more."),
            "renamed" => Some("Renamed."),
            "password" => Some("The password was changed, and you were signed out everywhere else."),
            "ended" => Some("Ended. It opens nothing any more."),
            _ => None,
        },
        named: passkey::relying(&wire).is_some(),
        passkeys: passkeys.collect(),
        ways: desk.own_ways(caller).await?,
        sessions: sessions.collect(),
        tokens: tokens.collect(),
        linked: linked.collect(),
        notices: notices.collect(),
        providers: provider::all(&wire),
        name: visitor.name,
    };
    Ok(page::show(StatusCode::OK, &page))
}

/// Ends a session of one's own.
pub async fn end_session(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(session): InPath<SessionId>,
) -> Result<Response, Trouble> {
    wire.desk.end_session(&visitor.caller, session).await?;
    Ok(page::go("/account?done=ended#sessions"))
}

/// Ends every session but this one.
pub async fn end_others(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    wire.desk.end_other_sessions(&visitor.caller).await?;
    Ok(page::go("/account?done=ended#sessions"))
}

/// What was told was read.
pub async fn read(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    wire.desk.forget_notices(&visitor.caller).await?;
    Ok(page::go("/account"))
}
