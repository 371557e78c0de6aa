//! The zone of whoever reads. Instants stand in UTC, and beside it in this zone;
//! who has said none gets theirs from the script, if it runs.
//!
//! A zone is known to the words of one request and to no other: it is set when
//! the page learns who looks.

use std::cell::RefCell;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::problem::Problem;
use fixlead_core::time::Instant;
use jiff::Timestamp;
use jiff::tz::{self, TimeZone};
use serde::Deserialize;

use super::form::{Form, once};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use crate::api::Wire;
use crate::web::query::Query;

tokio::task_local! {
    static HERE: RefCell<Option<TimeZone>>;
}

/// Gives a request room for the zone of whoever reads.
pub async fn around(request: Request, next: Next) -> Response {
    HERE.scope(RefCell::new(None), next.run(request)).await
}

/// From here on this request is read in a zone.
pub fn read_in(name: &str) {
    if let Ok(zone) = TimeZone::get(name) {
        // Outside a request there is nobody to read.
        let _ = HERE.try_with(|here| here.replace(Some(zone)));
    }
}

/// An instant in the zone of whoever reads, if they have said one.
pub fn here(at: Instant) -> Option<String> {
    let zone = HERE.try_with(|here| here.borrow().clone()).ok().flatten()?;
    let local = Timestamp::from_millisecond(at.millis()).ok()?.to_zoned(zone);
    Some(local.strftime("%a %H:%M %Z").to_string())
}

#[derive(Template)]
#[template(path = "preferences.html")]
struct Page {
    frame: Frame,
    zone: String,
    zones: Vec<String>,
    wrong: bool,
    done: bool,
    once: String,
}

/// What was just done.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    done: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/preferences", get(preferences).post(prefer))
}

fn show(visitor: &Visitor, zone: &str, wrong: bool, done: bool) -> Response {
    let zones = tz::db().available().map(|name| name.to_string()).filter(|name| name.contains('/'));
    let page = Page {
        frame: Frame::desk("Preferences", "", visitor),
        zone: zone.to_owned(),
        zones: zones.collect(),
        wrong,
        done,
        once: once(),
    };
    page::show(if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }, &page)
}

async fn preferences(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let zone = wire.desk.own_zone(&visitor.caller).await?.unwrap_or_default();
    Ok(show(&visitor, &zone, false, !wanted.done.is_empty()))
}

async fn prefer(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let zone = form.text("zone");
    if zone.len() > 64 || (!zone.is_empty() && TimeZone::get(zone).is_err()) {
        return Ok(show(&visitor, zone, true, false));
    }
    match wire.desk.set_own_zone(&visitor.caller, Some(zone).filter(|zone| !zone.is_empty())).await {
        Ok(()) => Ok(page::go("/preferences?done=1")),
        Err(problem @ Problem::NotFound) => Err(problem.into()),
        Err(problem) => Err(problem.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{HERE, here, read_in};
    use fixlead_core::time::Instant;
    use std::cell::RefCell;

    #[test]
    fn a_zone_counts_for_its_request_alone_and_knows_summer() {
        let at = |text| Instant::parse(text).unwrap_or(Instant::EPOCH);
        assert_eq!(here(at("2027-01-22T16:05:00Z")), None);
        HERE.sync_scope(RefCell::new(None), || {
            read_in("nowhere/at-all");
            assert_eq!(here(at("2027-01-22T16:05:00Z")), None);
            read_in("Europe/Berlin");
            assert_eq!(here(at("2027-01-22T16:05:00Z")).as_deref(), Some("Fri 17:05 CET"));
            assert_eq!(here(at("2027-07-22T22:05:00Z")).as_deref(), Some("Fri 00:05 CEST"));
        });
        assert_eq!(here(at("2027-01-22T16:05:00Z")), None);
    }
}
