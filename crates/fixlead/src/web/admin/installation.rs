//! The installation: its keys by name, what is set, and how its parts stand.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use fixlead_core::access::Action;

use super::shell::{self, Answer, Shell, Typed};
use crate::api::Wire;
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

#[derive(Template)]
#[template(path = "admin-installation.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    version: &'static str,
    public: String,
    store: String,
    started: Moment,
    search: String,
    searching: bool,
    id: String,
    public_key: String,
    known: String,
    keys: Vec<String>,
    file: Option<String>,
    configuration: Vec<(&'static str, String, &'static str)>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/admin/installation", get(installation))
}

async fn installation(State(wire): State<Wire>, visitor: Visitor) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    if !desk.may_everywhere(Action::InstallationRead) {
        return Err(Trouble::from(fixlead_app::problem::Problem::NotFound));
    }
    let (frame, shell) =
        shell::shell(&visitor, &desk, "Installation", "/admin/installation", Typed::default(), false);
    let (about, state) = (&wire.about, wire.desk.search_state());
    let search = match state.ready {
        true => format!("ready: every case can be found ({} of them)", state.cases),
        false => format!("warming up: {} % of the cases can be found", state.percent),
    };
    let (id, public_key) = about.known.split_once(':').unwrap_or_default();
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        public: wire.public.as_str().to_owned(),
        store: about.store.clone(),
        started: Moment::new(about.started, desk.seen.at),
        // How many cases there are is not for those who may not list them.
        search: if desk.may_everywhere(Action::CaseList) {
            search
        } else {
            search.split(" (").next().unwrap_or_default().to_owned()
        },
        searching: !state.ready,
        id: id.to_owned(),
        public_key: public_key.to_owned(),
        known: about.known.clone(),
        keys: about.keys.clone(),
        file: about.file.clone(),
        configuration: about.configuration.clone(),
        frame,
        shell,
    };
    Ok(page::show(StatusCode::OK, &page))
}
