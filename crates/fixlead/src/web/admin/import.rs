//! What a project has published elsewhere, taken in: documents of any kind are sent as files,
//! what would come of each is shown with what is wrong with it, and all of them come in or none.
//! What may be recent waits until another person has read and confirmed it.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use fixlead_app::advisory::import::{Came, Waiting};
use fixlead_app::advisory::{MOST_AT_ONCE, Site as _};
use fixlead_app::problem::Problem;
use fixlead_core::access::Action;
use fixlead_core::desk::directory::import::RECENT;
use fixlead_core::id::{OfferId, PersonId, ProjectId};
use fixlead_core::time::{DAY, Instant, format_day};
use fixlead_formats::import::{self, From};
use fixlead_formats::source;

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::advisory::site;
use crate::api::extract::InPath;
use crate::serve::advisories::PublicSite;
use crate::web::form::Form;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// A source that would come in.
struct Row {
    number: usize,
    name: String,
    /// What it was, before it was a source.
    kind: &'static str,
    /// Its public id, if nothing is wrong with it.
    id: Option<String>,
    /// Whether a second person has to confirm it.
    recent: bool,
    wrong: Vec<String>,
    notes: Vec<String>,
    source: String,
}

/// What waits for a second person.
struct Waits {
    offer: String,
    ids: Vec<String>,
    by: String,
    at: Moment,
    until: Moment,
    confirms: bool,
}

/// An advisory that waits.
struct Read {
    id: String,
    sha256: String,
    latest: String,
    /// What its source says: title, day of publication, package.
    says: Option<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "admin-import-waits.html")]
struct WaitsPage {
    frame: Frame,
    shell: Shell,
    project: String,
    name: String,
    waits: Waits,
    advisories: Vec<Read>,
    /// Why it cannot be read.
    altered: Option<String>,
}

#[derive(Template)]
#[template(path = "admin-import.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    project: String,
    name: String,
    rows: Vec<Row>,
    /// Files of which no source can be made: their names, and why.
    refused: Vec<(String, String)>,
    waiting: Vec<Waits>,
    most: usize,
    days: i64,
    may: bool,
}

impl Page {
    /// Whether what is shown would wait for a second person.
    fn recent(&self) -> bool {
        self.rows.iter().any(|row| row.recent)
    }
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/projects/{project}/import", get(begin).post(look))
        .route("/admin/projects/{project}/import/take", post(take))
        .route("/admin/projects/{project}/import/{offer}", get(waits))
        .route("/admin/projects/{project}/import/{offer}/confirm", post(confirm))
        .route("/admin/projects/{project}/import/{offer}/decline", post(decline))
        .route("/admin/projects/{project}/import/{offer}/sources/{number}", get(source_that_waits))
}

/// What a file is, and the source that it says.
fn read(bytes: &[u8], site: &PublicSite) -> Result<(&'static str, String, Vec<String>), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "this is not text in UTF-8".to_owned())?;
    let Some(from) = From::of(text) else {
        let complaint = |all: Vec<source::Complaint>| {
            let first = all.first().map(ToString::to_string).unwrap_or_default();
            format!("this is neither a GHSA, OSV, CVE or CSAF document nor a CASE.toml: {first}")
        };
        return source::read(text).map_err(complaint).map(|_| ("CASE.toml", text.to_owned(), Vec::new()));
    };
    let mut imported = import::import(from, text)?;
    // What nobody has said is said by whoever publishes here.
    if let (true, Some(publisher)) = (imported.advisory.publisher.name == import::UNKNOWN, site.publisher()) {
        imported.advisory.publisher = publisher;
        imported.notes.retain(|note| !note.contains("[publisher]"));
    }
    Ok((from.as_str(), source::write(&imported.advisory), imported.notes))
}

/// Turns the files of a form into fields, so that they are there again when it is sent once more.
fn unpacked(form: &mut Form, site: &PublicSite) -> Vec<(String, String)> {
    let mut refused = Vec::new();
    let known = form.starting("source-").count();
    let files = std::mem::take(&mut form.files);
    for (place, file) in files.into_iter().enumerate() {
        let name = fixlead_core::text::file(&file.name);
        match read(&file.bytes, site) {
            Ok((kind, source, notes)) => {
                let number = known + place;
                form.put(&format!("source-{number:03}"), source);
                form.put(&format!("name-{number:03}"), name);
                form.put(&format!("kind-{number:03}"), kind.to_owned());
                form.put(&format!("notes-{number:03}"), notes.join("\n"));
            }
            Err(why) => refused.push((name, why)),
        }
    }
    refused
}

/// The sources of a form, with the numbers of their fields.
fn sources(form: &Form) -> Vec<(usize, String)> {
    let all = form.starting("source-").filter(|(_, text)| !text.is_empty());
    let numbered = all.filter_map(|(number, _)| {
        Some((number.parse().ok()?, form.exact(&format!("source-{number}")).to_owned()))
    });
    numbered.collect()
}

async fn show(
    wire: &Wire,
    visitor: Visitor,
    project: ProjectId,
    (rows, refused): (Vec<Row>, Vec<(String, String)>),
    typed: Typed,
    done: bool,
) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let record = desk.seen.directory().projects.get(&project).ok_or(Problem::NotFound)?;
    let name = record.name.to_string();
    let may = desk.may_in(Action::ProjectPolicy, project);
    if !may {
        return Err(Problem::NotFound.into());
    }
    let waiting = wire.desk.waiting_imports(&visitor.caller, project).await?;
    let now = desk.seen.at;
    let named = wire.desk.proposers(&waiting).await?;
    let waiting = waiting.iter().map(|waiting| said(waiting, &named, now)).collect();
    let (frame, shell) = shell::shell(&visitor, &desk, "Take advisories in", "/admin/projects", typed, done);
    let (project, most, days) = (project.to_string(), MOST_AT_ONCE, RECENT.millis() / DAY);
    let page = Page { frame, shell, project, name, rows, refused, waiting, most, days, may };
    Ok(page::show(page.shell.typed.status(), &page))
}

async fn begin(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    Query(done): Query<Done>,
) -> Answer {
    show(&wire, visitor, project, Default::default(), Typed::default(), done.is_so()).await
}

/// What would come in, with what is wrong with each.
async fn looked(
    wire: &Wire,
    visitor: &Visitor,
    project: ProjectId,
    form: &Form,
) -> Result<Vec<Row>, Problem> {
    let sources = sources(form);
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let texts: Vec<String> = sources.iter().map(|(_, text)| text.clone()).collect();
    let found = wire.desk.look_through_advisories(&visitor.caller, project, &texts, &site(wire)).await?;
    let rows = sources.into_iter().zip(found).map(|((number, source), found)| {
        let field = |what: &str| form.text(&format!("{what}-{number:03}"));
        let kind = ["cve", "osv", "csaf", "ghsa"].into_iter().find(|kind| *kind == field("kind"));
        let (id, recent, wrong) = match found {
            Ok(fit) => (Some(fit.id), fit.recent, Vec::new()),
            Err(faults) => (None, false, faults.into_iter().map(|fault| fault.message).collect()),
        };
        Row {
            number,
            name: field("name").to_owned(),
            kind: kind.unwrap_or("CASE.toml"),
            id,
            recent,
            wrong,
            notes: field("notes").lines().map(str::to_owned).collect(),
            source,
        }
    });
    Ok(rows.collect())
}

async fn look(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, mut sent: Sent) -> Answer {
    // Who may not is not read.
    wire.desk.may_take_in_advisories(&sent.visitor.caller, project).await?;
    // Large documents are read beside what others wait for.
    let refused = tokio::task::block_in_place(|| unpacked(&mut sent.form, &site(&wire)));
    match looked(&wire, &sent.visitor, project, &sent.form).await {
        Ok(rows) => {
            let typed = Typed::kept("take", Form::default());
            show(&wire, sent.visitor, project, (rows, refused), typed, false).await
        }
        Err(problem) => {
            sent.answered(Err::<(), _>(problem), "look", "", async |visitor, typed| {
                show(&wire, visitor, project, (Vec::new(), refused), typed, false).await
            })
            .await
        }
    }
}

async fn take(State(wire): State<Wire>, InPath(project): InPath<ProjectId>, sent: Sent) -> Answer {
    let texts = sources(&sent.form).into_iter().map(|(_, text)| text).collect();
    let (caller, repeat) = (&sent.visitor.caller, sent.repeat()?);
    let result = wire.desk.take_in_advisories(caller, project, texts, &site(&wire), Some(&repeat)).await;
    let again = match &result {
        Err(Problem::Invalid { .. }) => {
            looked(&wire, &sent.visitor, project, &sent.form).await.unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let mut to = format!("/admin/projects/{project}/import");
    if let Ok(Came { waits: Some(offer), .. }) = &result {
        to = format!("{to}/{offer}");
    }
    sent.answered(result, "take", &to, async |visitor, typed| {
        show(&wire, visitor, project, (again, Vec::new()), typed, false).await
    })
    .await
}

fn said(waiting: &Waiting, named: &[(PersonId, String)], now: Instant) -> Waits {
    let Waiting { offer, import, confirms } = waiting;
    let by = named.iter().find(|(id, _)| Some(*id) == import.by).map(|(_, name)| name.clone());
    Waits {
        offer: offer.to_string(),
        ids: import.advisories.iter().map(|one| one.id.to_string()).collect(),
        by: by.unwrap_or_default(),
        at: Moment::new(import.at, now),
        until: Moment::new(import.until, now),
        confirms: *confirms,
    }
}

async fn waits(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(which): InPath<(ProjectId, OfferId)>,
) -> Answer {
    show_waiting(&wire, visitor, which, Typed::default()).await
}

async fn show_waiting(
    wire: &Wire,
    visitor: Visitor,
    (project, offer): (ProjectId, OfferId),
    typed: Typed,
) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    let (waiting, sources) = wire.desk.waiting_import(&visitor.caller, project, offer).await?;
    // What was altered is not shown, and can be declined.
    let (sources, altered) = match sources {
        Ok(sources) => (sources, None),
        Err(Problem::Invalid { errors }) => {
            (Vec::new(), errors.into_iter().next().map(|fault| fault.message))
        }
        Err(problem) => return Err(problem.into()),
    };
    let mut sources = sources.iter().map(|text| source::read(text).ok().map(|read| read.advisory));
    let advisories = waiting.import.advisories.iter().map(|one| Read {
        id: one.id.to_string(),
        sha256: one.sha256.to_string(),
        latest: format_day(one.latest.day()),
        says: sources.next().flatten().map(|advisory| {
            let packages: Vec<&str> = advisory.affected.iter().map(|one| one.package.as_str()).collect();
            (advisory.title.clone(), format_day(advisory.published.day()), packages.join(", "))
        }),
    });
    let advisories = advisories.collect();
    let named = wire.desk.proposers(std::slice::from_ref(&waiting)).await?;
    let waits = said(&waiting, &named, desk.seen.at);
    let name = desk.parts().project(project);
    let project = project.to_string();
    let (frame, shell) =
        shell::shell(&visitor, &desk, "Advisories that wait", "/admin/projects", typed, false);
    let page = WaitsPage { frame, shell, project, name, waits, advisories, altered };
    Ok(page::show(page.shell.typed.status(), &page))
}

/// A source that waits, as text.
async fn source_that_waits(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath((project, offer, number)): InPath<(ProjectId, OfferId, usize)>,
) -> Answer {
    let (_, sources) = wire.desk.waiting_import(&visitor.caller, project, offer).await?;
    let source =
        number.checked_sub(1).zip(Some(sources?)).and_then(|(place, sources)| sources.into_iter().nth(place));
    let source = source.ok_or(Problem::NotFound)?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], source).into_response())
}

async fn confirm(
    State(wire): State<Wire>,
    InPath((project, offer)): InPath<(ProjectId, OfferId)>,
    sent: Sent,
) -> Answer {
    let (caller, repeat) = (&sent.visitor.caller, sent.repeat()?);
    let result = wire.desk.confirm_import(caller, project, offer, &site(&wire), Some(&repeat)).await;
    let to = format!("/admin/projects/{project}/import");
    sent.answered(result, "confirm", &to, async |visitor, typed| {
        show_waiting(&wire, visitor, (project, offer), typed).await
    })
    .await
}

async fn decline(
    State(wire): State<Wire>,
    InPath((project, offer)): InPath<(ProjectId, OfferId)>,
    sent: Sent,
) -> Answer {
    let repeat = sent.repeat()?;
    let declined = async {
        let reason = sent.line("reason")?;
        wire.desk.decline_import(&sent.visitor.caller, project, offer, reason, Some(&repeat)).await
    };
    let result = declined.await;
    let to = format!("/admin/projects/{project}/import");
    sent.answered(result, "decline", &to, async |visitor, typed| {
        show_waiting(&wire, visitor, (project, offer), typed).await
    })
    .await
}
