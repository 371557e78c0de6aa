//! Who looks at a page, by the cookie of their browser. Tokens are for
//! programs and open no page.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use fixlead_app::accounts::Caller;
use fixlead_app::problem::Problem;

use super::trouble::Trouble;
use super::zone;
use crate::api::Wire;
use crate::api::caller::{Shown, agent, is_cross_site, shown};
use crate::api::problem::Refusal;

/// Somebody who is signed in.
pub struct Visitor {
    /// Who.
    pub caller: Caller,
    /// What they are called.
    pub name: String,
    /// Whether administration has something for them.
    pub administers: bool,
    /// Whether this desk publishes advisories.
    pub publishes: bool,
}

impl FromRequestParts<Wire> for Visitor {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Trouble> {
        if is_cross_site(&parts.method, &parts.headers, wire) {
            return Err(Refusal::CrossSite.into());
        }
        let to = if parts.method == Method::GET {
            parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
        } else {
            "/".to_owned()
        };
        let Some(Shown::Session(secret)) = shown(&parts.headers, wire.public.is_https()) else {
            return Err(Trouble::SignIn(to));
        };
        let caller = match wire.desk.accounts().caller_from(secret, agent(&parts.headers)).await {
            Ok(caller) => caller,
            Err(Problem::Unauthenticated) => return Err(Trouble::SignIn(to)),
            Err(problem) => return Err(problem.into()),
        };
        let name = wire.desk.own_name(&caller).await?.unwrap_or_else(|| "you".to_owned());
        if let Some(zone) = wire.desk.own_zone(&caller).await? {
            zone::read_in(&zone);
        }
        let administers = wire.desk.administers(&caller).await?;
        Ok(Visitor { caller, name, administers, publishes: wire.advisories.is_some() })
    }
}

/// Somebody who is signed in, or anybody.
pub struct Anybody(pub Option<Visitor>);

impl FromRequestParts<Wire> for Anybody {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Trouble> {
        match Visitor::from_request_parts(parts, wire).await {
            Ok(visitor) => Ok(Anybody(Some(visitor))),
            Err(Trouble::SignIn(_)) => Ok(Anybody(None)),
            Err(trouble) => Err(trouble),
        }
    }
}
