//! What only a demonstration has: links that let anybody in as one of its made-up
//! people, and a banner on every page that says so. A desk that is no
//! demonstration has neither the links nor the banner.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use fixlead_app::problem::Problem;
use fixlead_core::id::PersonId;

use super::trouble::Trouble;
use super::{page, status};
use crate::api::Wire;
use crate::api::caller::{Shown, agent, cookie_name, cookie_value, set_cookie, shown};
use crate::api::extract::InPath;
use crate::api::source::Source;
use crate::serve::advisories::Advisories;

/// How long browsers keep the cookies, in seconds.
const KEPT: u32 = 86_400;

tokio::task_local! {
    /// The banner of the page that is being made.
    static BANNER: Arc<Banner>;
}

/// Who can be tried.
pub struct Demonstration {
    /// Stands in the links, so that only those in the know come in.
    pub key: String,
    /// The people.
    pub people: Vec<Persona>,
    /// Who publishes advisories, and their sources.
    pub publishes: Publishes,
}

/// Who publishes, as a provider's file has it, and sources by their names.
pub type Publishes = (&'static str, &'static [(&'static str, &'static str)]);

/// Somebody to be.
#[derive(Clone)]
pub struct Persona {
    /// Their word in the link.
    pub word: String,
    /// What they are called.
    pub name: String,
    /// What they are.
    pub role: String,
    /// What they would like to see.
    pub why: String,
    /// How they come in.
    pub enters: Enters,
    /// What they could try: what to do, and on which page.
    pub tries: Vec<(String, String)>,
}

/// How somebody comes in.
#[derive(Clone)]
pub enum Enters {
    /// As somebody who has signed in.
    Person(PersonId),
    /// With the receipt of a report.
    Receipt(String),
}

/// What a demonstration says on every page.
pub struct Banner {
    /// Who looks.
    pub me: Option<Persona>,
    /// Everybody to be: name, role, link, whether it is who looks.
    pub others: Vec<(String, String, String, bool)>,
    /// The link with which they prove again that it is them.
    pub again: Option<String>,
}

/// The banner of the page that is being made, in a demonstration.
pub fn banner() -> Option<Arc<Banner>> {
    BANNER.try_with(Arc::clone).ok()
}

impl Demonstration {
    fn link(&self, word: &str) -> String {
        format!("/demo/{}/{word}", self.key)
    }

    /// The advisories that it shows.
    ///
    /// # Errors
    /// Never, unless what is in the binary is wrong.
    pub fn advisories(&self, public: &str) -> Result<Advisories, String> {
        let (provider, sources) = self.publishes;
        Advisories::shown(public, provider, sources)
    }

    /// What is printed: whom to be, and by which link.
    pub fn invitation(&self, public: &str) -> String {
        let mut text = String::from(
            "it is a demonstration: people and flaws are made up, and nothing leaves this machine.\nBe one of them:\n",
        );
        for persona in &self.people {
            let link = self.link(&persona.word);
            text.push_str(&format!(
                "\n  {}, {}\n  {}\n  {public}{link}\n",
                persona.name, persona.role, persona.why
            ));
        }
        text
    }

    /// Which of the people looks, by what their browser shows.
    async fn who(&self, wire: &Wire, headers: &HeaderMap) -> Option<&Persona> {
        let https = wire.public.is_https();
        if let Some(Shown::Session(secret)) = shown(headers, https)
            && let Ok(caller) = wire.desk.accounts().caller(secret).await
        {
            let is = |persona: &&Persona| matches!(persona.enters, Enters::Person(person) if person == caller.person);
            return self.people.iter().find(is);
        }
        let receipt = cookie_value(headers, status::cookie(https))?;
        self.people
            .iter()
            .find(|persona| matches!(&persona.enters, Enters::Receipt(known) if known == receipt))
    }

    fn banner(&self, me: Option<&Persona>, at: &Uri) -> Banner {
        // Who only looks at the front page does not learn the links.
        let everybody = self.people.iter().filter(|_| me.is_some());
        let is_me = |persona: &Persona| me.is_some_and(|me| me.word == persona.word);
        let others = everybody.map(|persona| {
            (persona.name.clone(), persona.role.clone(), self.link(&persona.word), is_me(persona))
        });
        let again = me.filter(|_| at.path() == "/step-up").map(|me| {
            let query = at.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", self.link(&me.word))
        });
        Banner { others: others.collect(), me: me.cloned(), again }
    }
}

/// The pages as they are; in a demonstration, with its banner and its links.
pub fn around(pages: Router<Wire>, wire: &Wire) -> Router<Wire> {
    if wire.demonstration.is_none() {
        return pages;
    }
    pages.route("/demo/{key}/{who}", get(enter)).layer(from_fn_with_state(wire.clone(), tell))
}

async fn tell(State(wire): State<Wire>, request: Request, next: Next) -> Response {
    let Some(demonstration) =
        wire.demonstration.clone().filter(|_| !request.uri().path().starts_with("/assets/"))
    else {
        return next.run(request).await;
    };
    let me = demonstration.who(&wire, request.headers()).await;
    let banner = Arc::new(demonstration.banner(me, request.uri()));
    BANNER.scope(banner, next.run(request)).await
}

/// Lets somebody in from this machine.
async fn enter(
    State(wire): State<Wire>,
    Source(from): Source,
    InPath((key, word)): InPath<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let demonstration = wire.demonstration.as_ref().ok_or(Problem::NotFound)?;
    let near = from.is_some_and(|from| from.is_loopback());
    let persona = demonstration.people.iter().find(|persona| persona.word == word);
    let persona = persona.filter(|_| near && key == demonstration.key).ok_or(Problem::NotFound)?;
    let https = wire.public.is_https();
    let browser = agent(&headers).unwrap_or("a browser");
    let (session, receipt, first) = match &persona.enters {
        Enters::Person(person) => (Some(wire.desk.let_in(*person, browser).await?.secret), None, "/inbox"),
        Enters::Receipt(receipt) => (None, Some(receipt.clone()), "/status"),
    };
    let wanted = uri.query().and_then(|query| query.strip_prefix("to=")).map(unescaped).unwrap_or_default();
    let to = Some(page::local(&wanted)).filter(|to| *to != "/").unwrap_or(first);
    let mut response = page::go(to);
    // Nobody is two people at once.
    for (name, value) in [(cookie_name(https), session), (status::cookie(https), receipt)] {
        let age = if value.is_some() { KEPT } else { 0 };
        let cookie = set_cookie(https, name, value.as_deref().unwrap_or_default(), Some(age));
        if let Some(cookie) = cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// An address as it was before it stood in another one.
pub(crate) fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let byte = match byte {
            b'%' => match (digit(rest.next()), digit(rest.next())) {
                (Some(high), Some(low)) => (high * 16 + low) as u8,
                _ => return String::new(),
            },
            byte => byte,
        };
        bytes.push(byte);
    }
    String::from_utf8(bytes).unwrap_or_default()
}
