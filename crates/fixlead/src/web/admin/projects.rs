//! Projects, and adding one.

use std::sync::LazyLock;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Problem;
use fixlead_core::access::{Action, Within};
use fixlead_core::case::project::BranchClass;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::id::{OrganisationId, ProjectId};
use fixlead_core::policy::{Document, library};

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;

/// A project in the list.
struct Row {
    id: String,
    name: String,
    organisation: String,
    policy: String,
    version: String,
    hash: String,
    branches: String,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "admin-projects.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    rows: Vec<Row>,
    organisations: Vec<(String, String)>,
    may_organise: bool,
    policies: Vec<(&'static str, String)>,
    overlays: Vec<(&'static str, String)>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/projects", get(projects).post(add))
        .route("/admin/organisations", post(organise))
}

/// The built-in policies: their kinds, ids and titles.
static BUILT_IN: LazyLock<Vec<(String, &'static str, String)>> = LazyLock::new(|| {
    let read = library::BUILT_IN.iter().filter_map(|(id, text)| {
        let document = Document::parse(text).ok()?;
        let about = document.one("policy")?;
        let title = about.text("title").unwrap_or(id);
        Some((about.text("kind")?.to_owned(), *id, title.to_owned()))
    });
    read.collect()
});

/// The built-in policies of a kind, `base` or `overlay`: id and title.
pub fn built_in(kind: &str) -> Vec<(&'static str, String)> {
    let fits = BUILT_IN.iter().filter(|(known, ..)| known == kind);
    fits.map(|(_, id, title)| (*id, title.clone())).collect()
}

async fn projects(State(wire): State<Wire>, visitor: Visitor, Query(done): Query<Done>) -> Answer {
    show(&wire, visitor, Typed::default(), done.is_so()).await
}

async fn show(wire: &Wire, visitor: Visitor, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let (frame, shell) = shell::shell(&visitor, &desk, "Projects", "/admin/projects", typed, done);
    let parts = desk.parts();
    let mut rows: Vec<Row> = parts
        .projects
        .iter()
        .map(|(id, record)| {
            let branches = &record.facts.branches;
            let supported = branches.iter().filter(|branch| branch.class == BranchClass::Supported).count();
            let branches = match branches.len() {
                0 => String::new(),
                all => format!("{supported} of {all}"),
            };
            let next = desk.next_lead(*id).map(|person| parts.name(person));
            Row {
                id: id.to_string(),
                name: record.name.to_string(),
                organisation: parts.organisation(record.organisation),
                policy: record.policy.policy.to_string(),
                version: record.policy.version.to_string(),
                hash: record.policy.sha256.to_string(),
                branches,
                next,
            }
        })
        .collect();
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let may_add = |id: OrganisationId| desk.may(Action::ProjectManage, Within::Organisation(id));
    let organisations = parts.organisations.iter().filter(|(id, _)| may_add(*id));
    let page = Page {
        organisations: organisations.map(|(id, name)| (id.to_string(), name.to_string())).collect(),
        may_organise: desk.may_everywhere(Action::OrganisationManage),
        policies: built_in("base"),
        overlays: built_in("overlay"),
        rows,
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

/// The policy that a form names: built-in ones, or the text of one.
pub fn new_policy(sent: &Sent) -> NewPolicy {
    let own = sent.form.some("text").map(str::to_owned);
    NewPolicy {
        policy: own.unwrap_or_else(|| sent.form.text("policy").to_owned()),
        overlays: sent.form.all("overlay").map(str::to_owned).collect(),
        parameters: Default::default(),
    }
}

async fn add(State(wire): State<Wire>, sent: Sent) -> Answer {
    let (project, repeat) = (ProjectId::from_bytes(sent.made("project")?), sent.repeat()?);
    let added = async {
        let organisation = OrganisationId::parse(sent.form.text("organisation"))
            .map_err(|_| Problem::invalid("/organisation", "choose an organisation"))?;
        let (name, policy) = (sent.line("name")?, new_policy(&sent));
        let caller = &sent.visitor.caller;
        wire.desk.add_project(caller, project, organisation, name, policy, Some(&repeat)).await
    };
    let result = added.await;
    let to = format!("/admin/projects/{project}");
    sent.answered(result, "add", &to, async |visitor, typed| show(&wire, visitor, typed, false).await).await
}

async fn organise(State(wire): State<Wire>, sent: Sent) -> Answer {
    let organisation = OrganisationId::from_bytes(sent.made("organisation")?);
    let result = match sent.line("name") {
        Ok(name) => sent.direct(&wire, DirectoryCommand::AddOrganisation { organisation, name }, None).await,
        Err(problem) => Err(problem),
    };
    let to = "/admin/projects";
    sent.answered(result, "organise", to, async |visitor, typed| show(&wire, visitor, typed, false).await)
        .await
}
