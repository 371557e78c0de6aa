//! Policies: read as documents, with what is found in them and what they need
//! to be told; and setting one, or values for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use fixlead_app::administration::{Administration, Elsewhere};
use fixlead_app::policies::{Examined, Parameter};
use fixlead_app::problem::Problem;
use fixlead_core::access::Action;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::ProjectId;
use fixlead_core::policy::library;
use serde::Deserialize;

use super::document::{Document, document};
use super::projects::{built_in, new_policy};
use super::shell::{self, Answer, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

/// A policy in the list.
struct Row {
    to: String,
    id: String,
    version: String,
    hash: String,
    beside: String,
    projects: Vec<(String, String)>,
    findings: usize,
    unset: usize,
}

#[derive(Template)]
#[template(path = "admin-policies.html")]
struct List {
    frame: Frame,
    shell: Shell,
    used: Vec<Row>,
    built_in: Vec<Row>,
}

#[derive(Template)]
#[template(path = "admin-policy.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    which: String,
    policy: Arc<Examined>,
    document: Document,
    project: Option<(String, String)>,
    others: Vec<(String, String)>,
    may_set: bool,
    cases: Vec<Elsewhere>,
}

impl Page {
    fn unset(&self) -> usize {
        unset(&self.policy.parameters)
    }
}

#[derive(Template)]
#[template(path = "admin-policy-set.html")]
struct SetPage {
    frame: Frame,
    shell: Shell,
    id: String,
    name: String,
    policies: Vec<(&'static str, String)>,
    overlays: Vec<(&'static str, String)>,
    examined: Option<Examined>,
}

impl SetPage {
    fn typed(&self, field: &str) -> &str {
        self.shell.typed.value("policy", field, "")
    }
}

/// Which project a policy is read for.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    project: String,
    #[serde(default)]
    done: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/policies", get(list))
        .route("/admin/policies/{policy}", get(policy))
        .route("/admin/policies/{policy}/text", get(text))
        .route("/admin/projects/{project}/policy", get(choose).post(set))
        .route("/admin/projects/{project}/parameters", post(parameters))
}

fn unset(parameters: &[Parameter]) -> usize {
    parameters.iter().filter(|parameter| parameter.value.is_none()).count()
}

async fn list(State(wire): State<Wire>, visitor: Visitor) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let (frame, shell) =
        shell::shell(&visitor, &desk, "Policies", "/admin/policies", Typed::default(), false);
    let mut used: BTreeMap<(String, String), Row> = BTreeMap::new();
    for (id, record) in desk.parts().projects {
        let pin = &record.policy;
        let values: Vec<&str> = pin.parameters.values().map(|value| &**value).collect();
        let key = (pin.sha256.to_string(), values.join("\n"));
        if !used.contains_key(&key) {
            let policy = wire.desk.policy_of(&visitor.caller, id).await?;
            used.insert(
                key.clone(),
                row(
                    &policy,
                    format!("/admin/policies/{}?project={id}", pin.sha256.as_bytes().escape_ascii()),
                ),
            );
        }
        if let Some(row) = used.get_mut(&key) {
            row.projects.push((id.to_string(), record.name.to_string()));
        }
    }
    let known = library::BUILT_IN.iter().map(|(id, _)| {
        let policy = wire.desk.built_in_policy(id)?;
        Ok(row(&policy, format!("/admin/policies/{id}")))
    });
    // An overlay alone is no policy that can be read.
    let built_in = known.filter_map(|row: Result<Row, Problem>| row.ok()).collect();
    let page = List { frame, shell, used: used.into_values().collect(), built_in };
    Ok(page::show(StatusCode::OK, &page))
}

fn row(policy: &Examined, to: String) -> Row {
    Row {
        to,
        id: policy.id.clone(),
        version: policy.version.clone(),
        hash: policy.sha256.chars().take(12).collect(),
        beside: policy.overlays.join(", "),
        projects: Vec::new(),
        findings: policy.findings.len(),
        unset: unset(&policy.parameters),
    }
}

/// The projects whose new cases run under a hash.
fn under<'d>(desk: &'d Administration, hash: &str) -> Vec<(ProjectId, &'d str)> {
    let projects = desk.parts().projects.into_iter();
    let fits = projects.filter(|(_, record)| *record.policy.sha256 == *hash);
    fits.map(|(id, record)| (id, &*record.name)).collect()
}

async fn policy(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(policy): InPath<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let project = ProjectId::parse(&wanted.project).ok();
    show(&wire, visitor, &policy, project, Typed::default(), !wanted.done.is_empty()).await
}

/// A policy's text, which is too long to stand on its page.
async fn text(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(which): InPath<String>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let used = under(&desk, &which);
    let wanted = ProjectId::parse(&wanted.project).ok();
    let chosen = used.iter().find(|(id, _)| wanted.is_none_or(|wanted| *id == wanted));
    let policy = match chosen {
        Some((id, _)) => wire.desk.policy_of(&visitor.caller, *id).await?,
        None => wire.desk.built_in_policy(&which)?,
    };
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], policy.text.clone()).into_response())
}

async fn show(
    wire: &Wire,
    visitor: Visitor,
    which: &str,
    project: Option<ProjectId>,
    typed: Typed,
    done: bool,
) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let used = under(&desk, which);
    let chosen = match project {
        Some(wanted) => used.iter().find(|(id, _)| *id == wanted).copied(),
        None => used.first().copied(),
    };
    let policy = match chosen {
        Some((id, _)) => wire.desk.policy_of(&visitor.caller, id).await?,
        None => wire.desk.built_in_policy(which)?,
    };
    let cases = match chosen {
        Some((id, _)) => wire.desk.cases_under(&visitor.caller, id, Some(which)).await?,
        None => Vec::new(),
    };
    let (frame, shell) = shell::shell(&visitor, &desk, "A policy", "/admin/policies", typed, done);
    let others = used.iter().filter(|(id, _)| Some(*id) != chosen.map(|(id, _)| id));
    let page = Page {
        which: which.to_owned(),
        document: document(&policy.markdown, &policy.clauses),
        others: others.map(|(id, name)| (id.to_string(), (*name).to_owned())).collect(),
        project: chosen.map(|(id, name)| (id.to_string(), name.to_owned())),
        may_set: chosen.is_some_and(|(id, _)| desk.may_in(Action::ProjectPolicy, id)),
        policy,
        cases,
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

async fn parameters(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let repeat = sent.repeat()?;
    let set = async {
        let mut values: BTreeMap<String, Option<Line>> = BTreeMap::new();
        for (name, value) in sent.form.fields() {
            let Some(id) = name.strip_prefix("value-") else { continue };
            let value = match value.trim() {
                "" => None,
                text => {
                    Some(Line::new(text).map_err(|message| Problem::invalid(format!("/{name}"), message))?)
                }
            };
            values.insert(id.to_owned(), value);
        }
        let reason = sent.line("reason")?;
        wire.desk
            .set_parameters(&sent.visitor.caller, project, values, reason, sent.version(), Some(&repeat))
            .await
    };
    let result = set.await;
    let which = sent.form.text("policy").to_owned();
    let to = format!("/admin/projects/{project}");
    sent.answered(result, "parameters", &to, async |visitor, typed| {
        show(&wire, visitor, &which, Some(project), typed, false).await
    })
    .await
}

async fn choose(State(wire): State<Wire>, visitor: Visitor, InPath(project): InPath<ProjectId>) -> Answer {
    choosing(&wire, visitor, project, Typed::default(), None).await
}

async fn choosing(
    wire: &Wire,
    visitor: Visitor,
    project: ProjectId,
    typed: Typed,
    examined: Option<Examined>,
) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let known = desk.parts().projects.into_iter().find(|(id, _)| *id == project);
    let (_, record) = known.ok_or(Problem::NotFound)?;
    if !desk.may_in(Action::ProjectPolicy, project) {
        return Err(Trouble::from(Problem::Forbidden {
            roles: vec![fixlead_core::access::Role::Responder],
            scope: None,
        }));
    }
    let (frame, shell) = shell::shell(&visitor, &desk, "Set a policy", "/admin/policies", typed, false);
    let page = SetPage {
        id: project.to_string(),
        name: record.name.to_string(),
        policies: built_in("base"),
        overlays: built_in("overlay"),
        examined,
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

async fn set(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, mut sent: Sent) -> Answer {
    // A file stands for its text, which goes on as text from here.
    if let Some(file) = sent.form.files.pop() {
        let text = String::from_utf8(file.bytes)
            .map_err(|_| Problem::invalid("/file", "a policy is a text file in UTF-8"))?;
        sent.form.put("text", text);
        sent.form.put("which", "own".to_owned());
    }
    if sent.form.text("which") != "own" {
        sent.form.put("text", String::new());
    }
    let new = new_policy(&sent);
    if sent.form.text("step") != "set" {
        let tried = wire.desk.try_policy(&sent.visitor.caller, project, new).await;
        let (typed, examined) = match tried {
            Ok(examined) => (Typed::kept("policy", sent.form), Some(examined)),
            Err(problem) => (Typed::refused("policy", sent.form, problem)?, None),
        };
        return choosing(&wire, sent.visitor, project, typed, examined).await;
    }
    let repeat = sent.repeat()?;
    let result = async {
        let reason = sent.line("reason")?;
        let caller = &sent.visitor.caller;
        wire.desk.set_policy_keeping(caller, project, new, reason, Some(&repeat)).await
    };
    let result = result.await;
    let to = format!("/admin/projects/{project}");
    sent.answered(result, "policy", &to, async |visitor, typed| {
        choosing(&wire, visitor, project, typed, None).await
    })
    .await
}
