//! All projects at a glance, for who looks after many.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use fixlead_core::id::OrganisationId;
use serde::Deserialize;

use super::shell::{self, Answer, Shell, Typed};
use crate::api::Wire;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// A project.
struct Row {
    id: String,
    name: String,
    organisation: String,
    open: String,
    embargoed: usize,
    public: usize,
    unled: usize,
    overdue: usize,
    next: Option<(Moment, String)>,
    exposure: Option<(String, usize)>,
    lead: Option<String>,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "admin-overview.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    rows: Vec<Row>,
    organisations: Vec<(String, String)>,
    organisation: String,
    open: usize,
    overdue: usize,
    unled: usize,
}

/// Which projects.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    organisation: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/admin/overview", get(overview))
}

async fn overview(State(wire): State<Wire>, visitor: Visitor, Query(wanted): Query<Wanted>) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let mut numbers = wire.desk.overview(&visitor.caller).await?;
    let parts = desk.parts();
    let now = desk.seen.at;
    let organisation = OrganisationId::parse(&wanted.organisation).ok();
    let of = |id| desk.seen.directory().projects.get(&id);
    if let Some(organisation) = organisation {
        numbers.retain(|one| of(one.project).is_some_and(|record| record.organisation == organisation));
    }
    // What is overdue comes first, then what is due next.
    numbers.sort_by_key(|one| {
        (std::cmp::Reverse(one.overdue), one.next.is_none(), one.next.clone(), parts.project(one.project))
    });
    let rows = numbers.iter().map(|one| Row {
        id: one.project.to_string(),
        name: parts.project(one.project),
        organisation: of(one.project)
            .map(|record| parts.organisation(record.organisation))
            .unwrap_or_default(),
        open: if one.more { format!("{}+", one.open) } else { one.open.to_string() },
        embargoed: one.embargoed,
        public: one.public,
        unled: one.unled,
        overdue: one.overdue,
        next: one.next.as_ref().map(|(due, duty)| (Moment::new(*due, now), words::name(duty))),
        exposure: one.exposure.map(|(median, count)| (words::span(median), count)),
        lead: desk.next_lead(one.project).map(|person| parts.name(person)),
        tone: match one {
            one if one.overdue > 0 => "bad",
            one if one.unled > 0 => "care",
            _ => "",
        },
    });
    let rows: Vec<Row> = rows.collect();
    let (frame, shell) =
        shell::shell(&visitor, &desk, "Overview", "/admin/overview", Typed::default(), false);
    let page = Page {
        rows,
        organisations: parts
            .organisations
            .iter()
            .map(|(id, name)| (id.to_string(), name.to_string()))
            .collect(),
        organisation: organisation.map(|id| id.to_string()).unwrap_or_default(),
        open: numbers.iter().map(|one| one.open).sum(),
        overdue: numbers.iter().map(|one| one.overdue).sum(),
        unled: numbers.iter().map(|one| one.unled).sum(),
        frame,
        shell,
    };
    Ok(page::show(StatusCode::OK, &page))
}
