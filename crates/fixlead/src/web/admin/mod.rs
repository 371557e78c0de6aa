//! Administration: for those who keep an installation running, check on it, or
//! look after projects. What a page offers was asked of the one gate; what a
//! form does is asked again.
//!
//! - [`shell`]: the menu, forms that keep what was typed, and proving again that
//!   it is you without losing it.
//! - [`home`]: what waits. [`overview`]: many projects in numbers. [`projects`], [`project`]: what a project is. [`import`]: what it published before.
//!   [`policies`], [`document`]: what it has promised. [`people`], [`person`]: who may do what.
//!   [`rota`]: whose turn it is. [`doors`]: sessions and tokens. [`webhooks`]: who is told. [`cna`]: who asks at CVE Services.
//!   [`retention`]: what was kept long enough. [`audit`]: the log. [`installation`]: what is set.

pub mod audit;
pub mod cna;
pub mod document;
pub mod doors;
pub mod home;
pub mod import;
pub mod installation;
pub mod overview;
pub mod people;
pub mod person;
pub mod policies;
pub mod project;
pub mod projects;
pub mod retention;
pub mod rota;
pub mod shell;
pub mod webhooks;

use axum::Router;

use crate::api::Wire;

/// The pages.
pub fn routes() -> Router<Wire> {
    Router::new()
        .merge(home::routes())
        .merge(overview::routes())
        .merge(projects::routes())
        .merge(project::routes())
        .merge(import::routes())
        .merge(policies::routes())
        .merge(rota::routes())
        .merge(doors::routes())
        .merge(webhooks::routes())
        .merge(cna::routes())
        .merge(audit::routes())
        .merge(installation::routes())
        .merge(retention::routes())
        .merge(people::routes())
        .merge(person::routes())
}
