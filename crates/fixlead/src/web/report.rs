//! The form for reports, without an account and without JavaScript.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::intake;
use fixlead_app::problem::Problem;
use fixlead_app::public::Reporting;
use fixlead_core::desk::event::{Room, Visibility};
use fixlead_core::id::ProjectId;

use super::form::{Form, once};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::words::Moment;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::api::rates::Place;
use crate::api::source::{Source, moment};

/// What somebody has typed, and what was wrong with it.
#[derive(Default)]
struct Typed {
    title: String,
    body: String,
    affected: String,
    known: String,
    credit: String,
    exploited: bool,
    public: bool,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    frame: Frame,
    project: Reporting,
    typed: Typed,
    errors: Vec<(String, String)>,
    once: String,
    megabytes: u64,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }
}

#[derive(Template)]
#[template(path = "received.html")]
struct ReceivedPage {
    frame: Frame,
    project: Reporting,
    receipt: String,
    at: Moment,
    not_kept: Vec<String>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/projects/{project}/report", get(form).post(send))
}

fn page(
    wire: &Wire,
    project: Reporting,
    typed: Typed,
    errors: Vec<(String, String)>,
    once: String,
) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let frame = Frame::open(format!("Report a vulnerability in {}", project.name));
    let megabytes = wire.limits.attachment >> 20;
    page::show(status, &Page { frame, project, typed, errors, once, megabytes })
}

async fn form(State(wire): State<Wire>, InPath(project): InPath<ProjectId>) -> Result<Response, Trouble> {
    empty(&wire, project).await
}

/// The form of a project, with nothing typed yet.
pub async fn empty(wire: &Wire, project: ProjectId) -> Result<Response, Trouble> {
    let project = wire.desk.project_for_reporters(project).await?;
    Ok(page(wire, project, Typed::default(), Vec::new(), once()))
}

async fn send(
    State(wire): State<Wire>,
    source: Source,
    InPath(id): InPath<ProjectId>,
    form: Form,
) -> Result<Response, Trouble> {
    let project = wire.desk.project_for_reporters(id).await?;
    let repeat = form.repeat(&format!("report {id}"))?;
    let typed = Typed {
        title: form.text("title").to_owned(),
        body: form.text("body").to_owned(),
        affected: form.text("affected").to_owned(),
        known: form.text("known").to_owned(),
        credit: form.text("credit").to_owned(),
        exploited: form.is_set("exploited"),
        public: form.is_set("public"),
    };
    let mut errors = Vec::new();
    if typed.title.is_empty() {
        errors
            .push(("title".to_owned(), "give it one line, so that people can tell reports apart".to_owned()));
    }
    if typed.body.is_empty() {
        errors.push(("body".to_owned(), "say what is wrong and how to see it".to_owned()));
    }
    if !errors.is_empty() {
        return Ok(page(&wire, project, typed, errors, once()));
    }
    // The bound is the same as for programs.
    wire.rates.report(Place::of(source), id, typed.title.len() + whole(&typed).len(), moment())?;
    let report = intake::Report {
        project: id,
        title: typed.title.clone(),
        body: whole(&typed),
        visibility: if typed.public { Visibility::Public } else { Visibility::Private },
        channel: Some("web".to_owned()),
        credit: Some(typed.credit.clone()).filter(|credit| !credit.is_empty()),
    };
    let taken = match wire.desk.take_report(None, report, Some(&repeat)).await {
        Ok(taken) => taken,
        Err(Problem::Invalid { errors }) => {
            let errors = errors
                .into_iter()
                .map(|fault| (fault.pointer.trim_start_matches('/').to_owned(), fault.message));
            return Ok(page(&wire, project, typed, errors.collect(), once()));
        }
        Err(problem) => return Err(problem.into()),
    };
    let mut not_kept = Vec::new();
    let (caller, case) = wire.desk.by_receipt(&taken.receipt).await?;
    if !taken.repeated {
        for file in form.files {
            let name = file.name.clone();
            if wire.desk.attach(&caller, case, Room::Reporter, &file.name, file.bytes, None).await.is_err() {
                not_kept.push(name);
            }
        }
    }
    let frame = Frame::open("Your report was received");
    let at = Moment::new(taken.at, taken.at);
    Ok(page::show(
        StatusCode::CREATED,
        &ReceivedPage { frame, project, receipt: taken.receipt, at, not_kept },
    ))
}

/// Everything that the form asks apart, in one text under headings.
fn whole(typed: &Typed) -> String {
    let mut text = typed.body.clone();
    if !typed.affected.is_empty() {
        text.push_str("\n\n## Affected\n\n");
        text.push_str(&typed.affected);
    }
    if !typed.known.is_empty() {
        text.push_str("\n\n## Known elsewhere\n\n");
        text.push_str(&typed.known);
    }
    if typed.public {
        text.push_str("\n\n**Already public**, says the reporter.");
    }
    if typed.exploited {
        text.push_str("\n\n**Exploited**, says the reporter.");
    }
    text
}
