//! The desk in a browser.
//!
//! Every page is HTML from a typed template, is whole without JavaScript, and
//! asks the same use cases as the API. Templates see views that are made for
//! them, never a secret or a store.
//!
//! - [`page`]: from a view to an answer, with what browsers may do. [`asset`]:
//!   the style and the script, compiled in. [`trouble`]: refusals as pages.
//! - [`form`]: what a form sends. [`query`]: what an address says after its path. [`visitor`]: who looks, by the cookie.
//! - [`zone`]: the zone in which somebody reads. [`words`]: instants, spans and names of the field as people read them;
//!   [`markdown`]: what people write, made inert.
//! - [`live`]: telling a page that what it shows has changed.
//! - [`answers`]: what a project answers reporters with. [`search`]: looking for
//!   cases. [`several`]: the same for several cases at once.
//! - [`front`], [`report`], [`status`] with [`following`], [`publicity`],
//!   [`advisories`]: for everybody.
//!   [`questions`]: what forms ask, in words; [`reaching`]: who may set it. [`enrol`],
//!   [`sign_in`], [`passkey`], [`provider`]: the way in. [`welcome`]: the first project.
//!   [`account`]: what lets somebody in. [`inbox`], [`case`]: where work is done. [`admin`]: what it is
//!   done with. [`calendar`]: what is due for one person, as [`ical`] writes it.
//! - [`demonstration`]: what only a demonstration has.

pub mod account;
pub mod admin;
pub mod advisories;
pub mod answers;
pub mod asset;
pub mod calendar;
pub mod case;
pub mod demonstration;
pub mod enrol;
pub mod following;
pub mod form;
pub mod front;
pub mod ical;
pub mod inbox;
pub mod live;
pub mod markdown;
pub mod page;
pub mod passkey;
pub mod provider;
pub mod publicity;
pub mod query;
pub mod questions;
pub mod reaching;
pub mod report;
pub mod search;
pub mod several;
pub mod sign_in;
pub mod status;
pub mod trouble;
pub mod visitor;
pub mod welcome;
pub mod words;
pub mod zone;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::api::Wire;

/// The pages.
pub fn routes(wire: &Wire) -> Router<Wire> {
    let pages = Router::new()
        .merge(asset::routes())
        .merge(front::routes())
        .merge(report::routes())
        .merge(publicity::routes())
        .merge(advisories::routes())
        .merge(status::routes())
        .merge(reaching::routes())
        .merge(enrol::routes())
        .merge(sign_in::routes())
        .merge(account::routes())
        .merge(provider::routes())
        .merge(inbox::routes())
        .merge(answers::routes())
        .merge(search::routes())
        .merge(several::routes())
        .merge(live::routes())
        .merge(case::routes())
        .merge(welcome::routes())
        .merge(admin::routes())
        .merge(zone::routes())
        .merge(calendar::routes())
        .layer(axum::middleware::from_fn(zone::around))
        .layer(from_fn_with_state(wire.clone(), trouble::seen));
    demonstration::around(pages, wire)
}
