//! Setting up a project, step by step, for whoever keeps the desk running.
//!
//! Nothing is kept before the last step: every page carries what the others
//! have asked, so that going back, or a wrong word, loses nothing.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Problem;
use fixlead_app::welcome::{Beginning, Considered, Progress, Stage, code, consider};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{PersonId, ProjectId};
use fixlead_core::policy::{Document, library};
use serde::Deserialize;

use super::form::{Form, once};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words;
use crate::api::Wire;
use crate::web::query::Query;

const STEPS: [&str; 5] = ["Project", "Code", "Policy", "What it leaves open", "People"];
/// Most people found among owners who are offered.
const MOST_FOUND: usize = 24;
/// How many others can be named.
const OTHERS: usize = 4;

type Errors = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "welcome.html")]
struct Page {
    frame: Frame,
    first: bool,
    step: usize,
    steps: [&'static str; 5],
    hidden: Vec<(String, String)>,
    errors: Errors,
    once: String,
    repository: String,
    organisation: String,
    project: String,
    branches: String,
    owners: String,
    policies: Vec<(String, String, bool)>,
    chose_own: bool,
    own: String,
    overlays: Vec<(String, String, bool)>,
    considered: String,
    parameters: Vec<(String, String, String)>,
    findings: Vec<(String, String)>,
    rows: Vec<(usize, String, String, bool)>,
    others: Vec<(usize, String)>,
    summary: String,
    left_out: Vec<(usize, String)>,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    fn wrong_in(&self, parameter: &str) -> Option<&str> {
        self.wrong(&format!("parameters/{parameter}"))
    }
}

#[derive(Template)]
#[template(path = "welcome-links.html")]
struct Links {
    frame: Frame,
    made: bool,
    links: Vec<(usize, String, String)>,
}

/// Somebody on the way to answering reports.
struct PersonRow {
    id: String,
    name: String,
    stage: &'static str,
    joined: bool,
    invited: bool,
    once: String,
}

/// A project on the way there.
struct ProjectRow {
    id: String,
    name: String,
    report: String,
    shown: String,
    ready: bool,
    has_rota: bool,
    has_branches: bool,
    people: Vec<PersonRow>,
}

#[derive(Template)]
#[template(path = "welcome-next.html")]
struct Next {
    frame: Frame,
    projects: Vec<ProjectRow>,
}

/// Whether somebody wants to set up another project.
#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    another: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/welcome", get(begin).post(go))
        .route("/welcome/responders", post(responder))
        .route("/welcome/links", post(link))
}

/// Somebody who may make projects; others find nothing here.
async fn keeper(wire: &Wire, visitor: &Visitor) -> Result<(), Trouble> {
    if wire.desk.may_begin(&visitor.caller).await? { Ok(()) } else { Err(Problem::NotFound.into()) }
}

async fn begin(
    State(wire): State<Wire>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Trouble> {
    keeper(&wire, &visitor).await?;
    let progress = wire.desk.beginnings(&visitor.caller).await?;
    if progress.is_empty() || !wanted.another.is_empty() {
        let form = Typed { form: Form::default(), first: progress.is_empty(), once: once() };
        return Ok(form.page(&visitor, 1, Vec::new()));
    }
    let projects = progress.into_iter().map(|progress| row(&wire, progress)).collect();
    let page = Next { frame: Frame::desk("What is next", "", &visitor), projects };
    Ok(page::show(StatusCode::OK, &page))
}

fn row(wire: &Wire, progress: Progress) -> ProjectRow {
    let report = format!("/projects/{}/report", progress.project);
    let people = progress.people.into_iter().map(|(id, name, stage)| PersonRow {
        id: id.to_string(),
        name,
        stage: match stage {
            Stage::Invited => "has not opened their link",
            Stage::Joined => "has joined",
            Stage::Proposed => "waits for a responder to confirm them",
            Stage::Responder => "answers reports",
        },
        joined: stage == Stage::Joined,
        invited: stage == Stage::Invited,
        once: once(),
    });
    let people: Vec<PersonRow> = people.collect();
    ProjectRow {
        id: progress.project.to_string(),
        name: progress.name,
        shown: format!("{}{report}", wire.public.as_str()),
        report,
        ready: people.iter().any(|person| person.stage == "answers reports"),
        has_rota: progress.has_rota,
        has_branches: progress.has_branches,
        people,
    }
}

/// What has been typed so far, on all pages.
struct Typed {
    form: Form,
    first: bool,
    once: String,
}

/// The page on which a field is asked.
fn page_of(field: &str) -> usize {
    match field {
        "repository" | "organisation" | "project" => 1,
        "branches" | "owners" => 2,
        "policy" | "own" | "overlay" => 3,
        name if name.starts_with("parameter-") => 4,
        name if ["invite-", "called-", "also-"].iter().any(|start| name.starts_with(start)) => 5,
        _ => 0,
    }
}

/// The built-in policies of a kind: id and title.
fn built_in(kind: &str) -> Vec<(String, String)> {
    let all = library::BUILT_IN.iter().filter_map(|(id, text)| {
        let document = Document::parse(text).ok()?;
        let policy = document.one("policy")?;
        let title = policy.text("title").unwrap_or(id).to_owned();
        (policy.text("kind") == Some(kind)).then(|| ((*id).to_owned(), title))
    });
    all.collect()
}

fn wrong(field: &str, message: impl Into<String>) -> (String, String) {
    (field.to_owned(), message.into())
}

impl Typed {
    fn text(&self, name: &str) -> &str {
        self.form.text(name)
    }

    /// What the organisation and the project are called: as typed, or as the
    /// address says.
    fn names(&self) -> (String, String) {
        let (organisation, project) = code::of_repository(self.text("repository")).unwrap_or_default();
        let or = |typed: &str, named: String| if typed.is_empty() { named } else { typed.to_owned() };
        (or(self.text("organisation"), organisation), or(self.text("project"), project))
    }

    /// The policy as it would be kept.
    fn policy(&self) -> Result<NewPolicy, Errors> {
        let policy = match self.text("policy") {
            "" => return Err(vec![wrong("policy", "choose one")]),
            "own" if self.text("own").is_empty() => {
                return Err(vec![wrong("policy", "paste the text of your own policy, or choose another")]);
            }
            "own" => self.text("own").to_owned(),
            id if library::built_in(id).is_some() => id.to_owned(),
            _ => return Err(vec![wrong("policy", "choose one of these")]),
        };
        let overlays = self.form.all("overlay").filter(|id| library::built_in(id).is_some());
        let (mut parameters, mut errors) = (BTreeMap::new(), Vec::new());
        for (name, value) in self.form.fields() {
            let Some(id) = name.strip_prefix("parameter-").filter(|_| !value.trim().is_empty()) else {
                continue;
            };
            match Line::new(value.trim()) {
                Ok(value) => drop(parameters.insert(id.to_owned(), value)),
                Err(message) => errors.push(wrong(&format!("parameters/{id}"), message)),
            }
        }
        let overlays = overlays.map(str::to_owned).collect();
        if errors.is_empty() { Ok(NewPolicy { policy, overlays, parameters }) } else { Err(errors) }
    }

    /// The policy looked at. Values of another policy that was chosen before are
    /// left out.
    fn considered(&self) -> Result<(NewPolicy, Considered), Errors> {
        let mut policy = self.policy()?;
        let bare = NewPolicy { parameters: BTreeMap::new(), ..policy.clone() };
        let known = consider(&bare).map_err(faults)?.open;
        policy.parameters.retain(|name, _| known.iter().any(|(id, _)| id == name));
        let considered = consider(&policy).map_err(faults)?;
        Ok((policy, considered))
    }

    /// Whom to invite: what they are called, and their name among the owners.
    fn people(&self) -> Result<Vec<(Line, String)>, Errors> {
        let (mut people, mut errors) = (Vec::new(), Vec::new());
        for (field, value) in self.form.fields() {
            let (called, handle) = match field.split_once('-') {
                Some(("invite", place)) => (self.text(&format!("called-{place}")), value),
                Some(("also", _)) if !value.trim().is_empty() => (value.trim(), ""),
                _ => continue,
            };
            let called = if called.is_empty() { handle } else { called };
            match Line::new(called) {
                Ok(name) => people.push((name, handle.to_owned())),
                Err(message) => errors.push(wrong("also", message)),
            }
        }
        if errors.is_empty() { Ok(people) } else { Err(errors) }
    }

    /// What is wrong on a page.
    fn check(&self, step: usize) -> Errors {
        match step {
            1 => {
                let (organisation, project) = self.names();
                let mut errors = Vec::new();
                if !self.text("repository").is_empty()
                    && code::of_repository(self.text("repository")).is_none()
                {
                    let message = "this names no repository; write an address like https://git.example.org/name/project, \
                                   or leave it out";
                    errors.push(wrong("repository", message));
                }
                for (field, name) in [("organisation", &organisation), ("project", &project)] {
                    match Line::new(name) {
                        Ok(_) if !name.is_empty() => {}
                        Err(message) if !name.is_empty() => errors.push(wrong(field, message)),
                        _ => {
                            errors.push(wrong(field, "give it a name, or the address of a repository above"))
                        }
                    }
                }
                errors
            }
            2 => {
                let mut errors = Vec::new();
                if let Err(message) = code::branches(self.text("branches")) {
                    errors.push(wrong("branches", message));
                }
                let owners = self.text("owners");
                if owners.len() > code::MOST_BYTES {
                    errors.push(wrong("owners", "this is too long; paste the part that names people"));
                } else if !owners.is_empty() && code::owners(owners).directories.is_empty() {
                    let message = "nobody is named in this as far as it can be read; names begin with @ or are addresses";
                    errors.push(wrong("owners", message));
                }
                errors
            }
            3 => {
                let plain = self.policy().map(|policy| NewPolicy { parameters: BTreeMap::new(), ..policy });
                let looked = plain.and_then(|policy| consider(&policy).map_err(faults));
                looked
                    .err()
                    .map(|errors| errors.into_iter().map(|(_, message)| wrong("policy", message)).collect())
                    .unwrap_or_default()
            }
            4 => self.considered().err().unwrap_or_default(),
            _ => self.people().err().unwrap_or_default(),
        }
    }

    fn page(&self, visitor: &Visitor, step: usize, errors: Errors) -> Response {
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let hidden = self.form.fields().filter(|(name, _)| page_of(name) != 0 && page_of(name) != step);
        let (organisation, project) = if step == 1 {
            (self.text("organisation").to_owned(), self.text("project").to_owned())
        } else {
            self.names()
        };
        let chosen = self.text("policy");
        let is_overlay = |id: &str| self.form.all("overlay").any(|known| known == id);
        let policies = built_in("base").into_iter().map(|(id, title)| {
            let chosen = chosen == id;
            (id, title, chosen)
        });
        let overlays = built_in("overlay").into_iter().map(|(id, title)| {
            let chosen = is_overlay(&id);
            (id, title, chosen)
        });
        // What is wrong with a value must not hide the others.
        let looked = self.considered().map(|(_, considered)| considered).or_else(|errors| {
            let plain = self.policy().map(|policy| NewPolicy { parameters: BTreeMap::new(), ..policy });
            plain.and_then(|policy| consider(&policy).map_err(faults)).map_err(|_| errors)
        });
        let looked = looked.ok().filter(|_| step >= 4);
        let (considered, open, findings) = match looked {
            Some(Considered { title, open, findings }) => (title, open, findings),
            None => Default::default(),
        };
        let parameters = open.into_iter().map(|(id, about)| {
            let value = self.text(&format!("parameter-{id}")).to_owned();
            (id, words::sentence(&about), value)
        });
        let owners = code::owners(self.text("owners"));
        let asked = self.form.fields().any(|(name, _)| name.starts_with("called-"));
        let rows = owners.names().into_iter().take(MOST_FOUND).enumerate().map(|(place, handle)| {
            let called = self.form.some(&format!("called-{place}")).unwrap_or(&handle).to_owned();
            // A team of the code host is nobody.
            let chosen = if asked {
                self.form.is_set(&format!("invite-{place}"))
            } else {
                !handle.contains('/') && place < 4
            };
            (place, handle, called, chosen)
        });
        let branches = code::branches(self.text("branches")).map_or(0, |branches| branches.len());
        let count = |count: usize, one: &str, many: &str| {
            if count == 1 { format!("one {one}") } else { format!("{count} {many}") }
        };
        let summary = format!(
            "{} and {}",
            count(branches, "branch", "branches"),
            count(owners.directories.len(), "directory with owners", "directories with owners")
        );
        let typed_branches = if self.text("branches").is_empty() && errors.is_empty() {
            "main development\n".to_owned()
        } else {
            self.text("branches").to_owned()
        };
        let page = Page {
            frame: Frame::desk("Set up a project", "", visitor),
            first: self.first,
            step,
            steps: STEPS,
            hidden: hidden.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            errors,
            once: self.once.clone(),
            repository: self.text("repository").to_owned(),
            organisation,
            project,
            branches: typed_branches,
            owners: self.text("owners").to_owned(),
            policies: policies.collect(),
            chose_own: chosen == "own",
            own: self.text("own").to_owned(),
            overlays: overlays.collect(),
            considered,
            parameters: parameters.collect(),
            findings,
            rows: rows.collect(),
            others: (0..OTHERS)
                .map(|place| (place, self.text(&format!("also-{place}")).to_owned()))
                .collect(),
            summary,
            left_out: owners.left_out,
        };
        page::show(status, &page)
    }

    fn beginning(&self) -> Result<Beginning, Errors> {
        let (organisation, project) = self.names();
        let line = |field: &str, text: &str| Line::new(text).map_err(|message| vec![wrong(field, message)]);
        let (policy, _) = self.considered()?;
        Ok(Beginning {
            organisation: line("organisation", &organisation)?,
            project: line("project", &project)?,
            policy,
            branches: code::branches(self.text("branches"))
                .map_err(|message| vec![wrong("branches", message)])?,
            owners: code::owners(self.text("owners")),
            people: self.people()?,
        })
    }
}

/// What a use case found wrong, by field.
fn faults(problem: Problem) -> Errors {
    match problem {
        Problem::Invalid { errors } => errors
            .into_iter()
            .map(|fault| (fault.pointer.trim_start_matches('/').to_owned(), fault.message))
            .collect(),
        problem => vec![wrong("", problem.to_string())],
    }
}

async fn go(State(wire): State<Wire>, visitor: Visitor, mut form: Form) -> Result<Response, Trouble> {
    keeper(&wire, &visitor).await?;
    let step = form.text("step").parse::<usize>().unwrap_or(1).clamp(1, STEPS.len());
    let first = wire.desk.beginnings(&visitor.caller).await?.is_empty();
    for file in std::mem::take(&mut form.files) {
        match String::from_utf8(file.bytes) {
            Ok(text) => form.append("owners", &text),
            Err(_) => {
                let typed = Typed { once: form.some("once").map_or_else(once, str::to_owned), form, first };
                let message = "this file is not text in UTF-8; paste the part that names people";
                return Ok(typed.page(&visitor, step, vec![wrong("owners", message)]));
            }
        }
    }
    let typed = Typed { once: form.some("once").map_or_else(once, str::to_owned), form, first };
    if typed.text("go") == "back" {
        return Ok(typed.page(&visitor, (step - 1).max(1), Vec::new()));
    }
    // What was right on its page can be wrong by now; that page is shown again.
    for earlier in 1..=step {
        let errors = typed.check(earlier);
        if !errors.is_empty() {
            return Ok(typed.page(&visitor, earlier, errors));
        }
    }
    if step < STEPS.len() {
        return Ok(typed.page(&visitor, step + 1, Vec::new()));
    }
    let beginning = match typed.beginning() {
        Ok(beginning) => beginning,
        Err(errors) => return Ok(typed.page(&visitor, step, errors)),
    };
    let repeat = typed.form.repeat("welcome")?;
    let begun = match wire.desk.begin(&visitor.caller, beginning, &repeat).await {
        Ok(begun) => begun,
        Err(problem @ Problem::Invalid { .. }) => {
            let errors = faults(problem).into_iter().map(|(_, message)| wrong("", message)).collect();
            return Ok(typed.page(&visitor, step, errors));
        }
        Err(problem) => return Err(problem.into()),
    };
    Ok(links(&wire, &visitor, true, begun.links))
}

fn links(wire: &Wire, visitor: &Visitor, made: bool, links: Vec<(String, String)>) -> Response {
    let whole = |link: String| format!("{}/invitation#{link}", wire.public.as_str());
    let links = links.into_iter().enumerate().map(|(place, (name, link))| (place, name, whole(link)));
    let frame = Frame::desk("Links to hand over", "", visitor);
    page::show(StatusCode::CREATED, &Links { frame, made, links: links.collect() })
}

async fn responder(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let repeat = form.repeat("welcome/responders")?;
    let project = ProjectId::parse(form.text("project")).map_err(|_| Problem::NotFound)?;
    let person = PersonId::parse(form.text("person")).map_err(|_| Problem::NotFound)?;
    match wire.desk.make_responder(&visitor.caller, project, person, &repeat).await {
        Ok(()) => Ok(page::go("/welcome")),
        Err(Problem::StepUp) => Err(Trouble::StepUp("/welcome".to_owned())),
        Err(problem) => Err(problem.into()),
    }
}

async fn link(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let repeat = form.repeat("welcome/links")?;
    let person = PersonId::parse(form.text("person")).map_err(|_| Problem::NotFound)?;
    let link = wire.desk.invite_again(&visitor.caller, person, Some(&repeat)).await?;
    let name = wire.desk.name_for(person).await?.unwrap_or_default();
    Ok(links(&wire, &visitor, false, vec![(name, link)]))
}
