//! CVE Services: who asks there for each project. A key is entered, and never shown.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fixlead_app::cna::{Account, Shown};
use fixlead_app::problem::Problem;
use fixlead_core::access::Action;
use fixlead_core::id::ProjectId;

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::cve::ADDRESS;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// A project's CNA.
struct Row {
    id: String,
    project: String,
    organisation: String,
    user: String,
    address: String,
    by: String,
    at: Moment,
    quota: Option<(u64, u64, Moment)>,
}

#[derive(Template)]
#[template(path = "admin-cna.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    rows: Vec<Row>,
    projects: Vec<(String, String)>,
    usual: &'static str,
    may: bool,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/cna", get(list).post(set))
        .route("/admin/cna/{project}/quota", post(ask))
        .route("/admin/cna/{project}/remove", post(remove))
}

async fn list(State(wire): State<Wire>, visitor: Visitor, Query(done): Query<Done>) -> Answer {
    listed(&wire, visitor, Typed::default(), done.is_so()).await
}

async fn listed(wire: &Wire, visitor: Visitor, typed: Typed, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let cnas = wire.desk.cnas(&visitor.caller).await?;
    let now = desk.seen.at;
    let row = |shown: Shown| Row {
        id: shown.project.to_string(),
        project: desk.parts().project(shown.project),
        organisation: shown.organisation,
        user: shown.user,
        address: shown.address,
        by: desk.parts().name(shown.by),
        at: Moment::new(shown.at, now),
        quota: shown.quota.map(|(quota, at)| (quota.available, quota.most, Moment::new(at, now))),
    };
    let rows = cnas.into_iter().map(row).collect();
    let parts = desk.parts();
    let projects =
        parts.projects.iter().map(|(id, record)| (id.to_string(), record.name.to_string())).collect();
    let may = desk.may_everywhere(Action::KeysManage);
    let (frame, shell) = shell::shell(&visitor, &desk, "CVE Services", "/admin/cna", typed, done);
    let page = Page { rows, projects, usual: ADDRESS, may, frame, shell };
    Ok(page::show(page.shell.typed.status(), &page))
}

async fn done<T>(wire: &Wire, sent: Sent, name: &str, result: Result<T, Problem>) -> Answer {
    let result = match result {
        // What a service outside says is shown where it was asked.
        Err(Problem::Elsewhere(why)) => Err(Problem::invalid("", why)),
        other => other,
    };
    sent.answered(result, name, "/admin/cna", async |visitor, typed| {
        listed(wire, visitor, typed, false).await
    })
    .await
}

async fn set(State(wire): State<Wire>, sent: Sent) -> Answer {
    let set = async {
        let key = sent.form.text("key").to_owned();
        let anew = !key.is_empty();
        if !anew && sent.form.some(shell::KEY_AGAIN).is_some() {
            return Err(Problem::invalid(
                "/key",
                "enter the key once more: it was not kept while you proved that it is you",
            ));
        }
        let project = ProjectId::parse(sent.form.text("project"))
            .map_err(|_| Problem::invalid("/project", "choose a project"))?;
        let text = |name: &str| sent.form.text(name).to_owned();
        let (address, organisation, user) = (text("address"), text("organisation"), text("user"));
        let account = Account { address, organisation, user, key };
        wire.desk.set_cna(&sent.visitor.caller, project, account, anew).await
    };
    let result = set.await;
    done(&wire, sent, "set", result).await
}

async fn ask(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let result = wire.desk.ask_quota(&sent.visitor.caller, project).await;
    let name = format!("ask-{project}");
    done(&wire, sent, &name, result).await
}

async fn remove(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let result = wire.desk.remove_cna(&sent.visitor.caller, project).await;
    let name = format!("ask-{project}");
    done(&wire, sent, &name, result).await
}
