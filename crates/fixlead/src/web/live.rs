//! Telling a page that what it shows has changed, by server-sent events (the
//! HTML standard, section 9.2). The stream says `changed` once and ends; the page
//! then offers to show it. It carries nothing else.
//!
//! Each look asks anew who it is and what they may see, so that a stream ends
//! within a second of the right to it. It keeps no session alive. People have few
//! of them at a time, and they end when the desk stops.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use fixlead_app::Desk;
use fixlead_app::live::{Open, Watch};
use fixlead_app::problem::Problem;
use fixlead_core::id::{CaseId, PersonId};
use http_body_util::channel::{Channel, Sender};
use serde::Deserialize;
use tokio::sync::watch;

use super::inbox;
use super::trouble::Trouble;
use super::visitor::Visitor;
use crate::api::Wire;
use crate::api::caller::{Shown, shown};
use crate::web::query::Query;

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(700);
/// After how many looks without a change something is sent, so that nobody on the
/// way takes the connection for dead.
const BEAT_EVERY: u32 = 20;
/// Most streams of one person at a time.
const MOST_OF_A_PERSON: usize = 6;
/// Most streams at a time.
const MOST: usize = 256;

/// Every stream of this process.
pub struct Live {
    stopped: watch::Sender<bool>,
    seats: Mutex<BTreeMap<PersonId, usize>>,
}

impl Default for Live {
    fn default() -> Self {
        Live { stopped: watch::Sender::new(false), seats: Mutex::default() }
    }
}

impl Live {
    /// Ends all of them, and lets no more begin.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
    }

    fn seat(self: &Arc<Self>, person: PersonId) -> Option<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = seats.values().sum();
        let mine = seats.get(&person).copied().unwrap_or_default();
        if *self.stopped.borrow() || all >= MOST || mine >= MOST_OF_A_PERSON {
            return None;
        }
        seats.insert(person, mine + 1);
        Some(Seat { live: Arc::clone(self), person })
    }
}

/// A place among the streams, until it is dropped.
struct Seat {
    live: Arc<Live>,
    person: PersonId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.live.seats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = seats.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                seats.remove(&self.person);
            }
        }
    }
}

/// What is open: a case at a version, or a page of the inbox by what it showed.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    case: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    digest: String,
    #[serde(flatten)]
    list: inbox::Asked,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/live", get(live))
}

async fn live(
    State(wire): State<Wire>,
    visitor: Visitor,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    let Some(Shown::Session(secret)) = shown(&headers, wire.public.is_https()) else {
        return Err(Problem::Unauthenticated.into());
    };
    let open = if wanted.case.is_empty() {
        wanted.list.open(wanted.digest)?
    } else {
        let case = CaseId::parse(&wanted.case).map_err(|_| Problem::NotFound)?;
        let version = wanted.version.parse().map_err(|_| Problem::NotFound)?;
        Open::Case { case, version }
    };
    // Browsers do not come back after this answer.
    let Some(seat) = wire.live.seat(visitor.caller.person) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let mut watch = wire.desk.watch(&visitor.caller, open).await?;
    // What somebody may not see is refused before anything is promised.
    let changed = wire.desk.has_changed(&visitor.caller, &mut watch).await?;
    let (sender, body) = Channel::new(1);
    tokio::spawn(send(wire.desk.clone(), secret.to_owned(), watch, changed, seat, sender));
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Some proxies collect what they pass on unless they are told not to.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

async fn send(
    desk: Desk,
    secret: String,
    mut watch: Watch,
    mut changed: bool,
    seat: Seat,
    mut sender: Sender<Bytes, Infallible>,
) {
    let mut stopped = seat.live.stopped.subscribe();
    let mut beats = 0;
    // Comes back after a while if the connection was lost.
    let mut next = Some("retry: 10000\n\n");
    loop {
        let text = if changed { Some("event: changed\ndata:\n\n") } else { next.take() };
        if let Some(text) = text
            && sender.send_data(Bytes::from_static(text.as_bytes())).await.is_err()
        {
            return;
        }
        if changed {
            return;
        }
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
        let look = async {
            let caller = desk.accounts().still(&secret).await?;
            desk.has_changed(&caller, &mut watch).await
        };
        match look.await {
            Ok(is) => changed = is,
            // The database may be back with the next look.
            Err(problem) if problem.is_retryable() => {}
            Err(_) => return,
        }
        beats += 1;
        if beats % BEAT_EVERY == 0 {
            next = Some(":\n\n");
        }
    }
}
