//! How reports reach a project, for whoever may set it: the questions of its
//! form, the key that reports can be encrypted to, a pause of its intake.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use fixlead_app::openpgp;
use fixlead_app::problem::Problem;
use fixlead_app::publicity::Reaching;
use fixlead_core::desk::directory::command::{DirectoryCommand, LONGEST_PAUSE};
use fixlead_core::desk::form::{Asked, Question, QuestionList};
use fixlead_core::desk::wire::Line;
use fixlead_core::id::ProjectId;
use fixlead_core::time::{Instant, format_day};

use super::form::{Form, once};
use super::page::{self, Frame};
use super::questions;
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words::Moment;
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::api::problem::Refusal;
use crate::serve::world;

/// A question that can be asked.
struct Row {
    name: &'static str,
    label: &'static str,
    about: &'static str,
    asked: bool,
    required: bool,
    help: String,
    /// One a line; nothing where there are none to choose from.
    choices: Option<String>,
}

/// The key as it is offered.
struct Key {
    fingerprint: String,
    user: String,
    expires: Option<Moment>,
    expired: bool,
}

struct Paused {
    since: Moment,
    until: Moment,
    reason: String,
    instead: String,
}

#[derive(Template)]
#[template(path = "reaching.html")]
struct Page {
    frame: Frame,
    project: ProjectId,
    name: String,
    rows: Vec<Row>,
    key: Option<Key>,
    pause: Option<Paused>,
    may_ask: bool,
    may_key: bool,
    version: u64,
    done: bool,
    errors: Vec<String>,
    /// What was typed into which of the forms.
    typed: [String; 4],
    part: String,
    latest: String,
    once: String,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/projects/{project}/form", get(show).post(questions))
        .route("/projects/{project}/form/key", post(key))
        .route("/projects/{project}/form/pause", post(pause))
}

async fn show(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    query: axum::extract::RawQuery,
) -> Result<Response, Trouble> {
    let reaching = wire.desk.reaching(&visitor.caller, project).await?;
    let done = query.0.as_deref() == Some("done=1");
    Ok(page::show(StatusCode::OK, &of(&visitor, reaching, done)))
}

fn of(visitor: &Visitor, reaching: Reaching, done: bool) -> Page {
    let now = world::now();
    let Reaching { project, version, may_ask, may_key } = reaching;
    let asked = project.questions.asked();
    let place = |question: Question| asked.iter().position(|one| one.question == question);
    let mut all: Vec<Question> = Question::ALL.to_vec();
    // Those that are asked come first, in their order.
    all.sort_by_key(|question| place(*question).unwrap_or(usize::MAX));
    let rows = all.into_iter().map(|question| {
        let one = place(question).and_then(|place| asked.get(place));
        let (label, about) = questions::words(question);
        let lines =
            |one: &Asked| one.choices.iter().map(|choice| choice.to_string()).collect::<Vec<_>>().join("\n");
        Row {
            name: question.name(),
            label,
            about,
            asked: one.is_some(),
            required: one.is_some_and(|one| one.required),
            help: one.and_then(|one| one.help.as_ref()).map(ToString::to_string).unwrap_or_default(),
            choices: matches!(question, Question::Component | Question::Platform | Question::Versions)
                .then(|| one.map(lines).unwrap_or_default()),
        }
    });
    Page {
        frame: Frame::desk(format!("How reports reach {}", project.name), "", visitor),
        rows: rows.collect(),
        key: project.key.map(|offered| Key {
            fingerprint: openpgp::grouped(&offered.key.fingerprint),
            user: offered.key.user.unwrap_or_default(),
            expires: offered.key.expires.map(|expires| Moment::new(expires, now)),
            expired: offered.expired,
        }),
        pause: project.pause.map(|pause| Paused {
            since: Moment::new(pause.since, now),
            until: Moment::new(pause.until, now),
            reason: pause.reason.to_string(),
            instead: pause.instead.to_string(),
        }),
        project: project.project,
        name: project.name,
        may_ask,
        may_key,
        version,
        done,
        errors: Vec::new(),
        typed: Default::default(),
        part: String::new(),
        latest: format_day(now.day() + LONGEST_PAUSE - 1),
        once: once(),
    }
}

/// What became of a form: the page anew, or with what was wrong.
async fn ended(
    wire: &Wire,
    visitor: &Visitor,
    project: ProjectId,
    form: &Form,
    done: Result<(), Problem>,
) -> Result<Response, Trouble> {
    let problem = match done {
        Ok(()) => return Ok(page::go(&format!("/projects/{project}/form?done=1"))),
        Err(Problem::StepUp) => return Err(Trouble::StepUp(format!("/projects/{project}/form"))),
        Err(problem @ (Problem::Invalid { .. } | Problem::Conflict { .. })) => Refusal::from(problem),
        Err(problem) => return Err(problem.into()),
    };
    let reaching = wire.desk.reaching(&visitor.caller, project).await?;
    let mut page = of(visitor, reaching, false);
    page.typed = ["key", "why", "until", "instead"].map(|name| form.text(name).to_owned());
    page.part = form.text("part").to_owned();
    for row in page.rows.iter_mut().filter(|_| form.is_set("questions")) {
        row.asked = form.is_set(&format!("{}.ask", row.name));
        row.required = form.is_set(&format!("{}.required", row.name));
        row.help = form.text(&format!("{}.help", row.name)).to_owned();
        row.choices = row.choices.take().map(|_| form.text(&format!("{}.choices", row.name)).to_owned());
    }
    let document = problem.document();
    page.errors = if document.errors.is_empty() {
        vec![document.detail]
    } else {
        document.errors.into_iter().map(|place| place.message).collect()
    };
    let (_, _, status) = problem.kind();
    Ok(page::show(status, &page))
}

fn line(form: &Form, name: &str) -> Result<Line, Problem> {
    Line::new(form.text(name)).map_err(|message| Problem::invalid(format!("/{name}"), message))
}

/// The questions as the form has them, in the order of their places.
fn asked(form: &Form) -> Result<QuestionList, Problem> {
    let mut list: Vec<(u32, Asked)> = Vec::new();
    for (place, question) in (100..).zip(Question::ALL) {
        let field = |what: &str| format!("{}.{what}", question.name());
        if !form.is_set(&field("ask")) {
            continue;
        }
        let help = form.some(&field("help")).map(|_| line(form, &field("help"))).transpose()?;
        let choices = form.text(&field("choices")).lines().map(str::trim).filter(|choice| !choice.is_empty());
        let choices = choices.map(Line::new).collect::<Result<Vec<Line>, _>>();
        let choices =
            choices.map_err(|message| Problem::invalid(format!("/{}", field("choices")), message))?;
        let required = form.is_set(&field("required"));
        let order = form.text(&field("order")).parse().unwrap_or(place);
        list.push((order, Asked { question: *question, required, help, choices }));
    }
    list.sort_by_key(|(order, _)| *order);
    let list = list.into_iter().map(|(_, asked)| asked).collect();
    QuestionList::new(list).map_err(|message| Problem::invalid("/questions", message))
}

async fn questions(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = form.repeat(&format!("form {project}"))?;
    let expected = form.text("version").parse().ok();
    let done = match asked(&form) {
        Ok(questions) => {
            let command = DirectoryCommand::SetQuestions { project, questions };
            wire.desk.direct(&visitor.caller, command, expected, Some(&repeat)).await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    ended(&wire, &visitor, project, &form, done).await
}

async fn key(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = form.repeat(&format!("form key {project}"))?;
    let uploaded = form.files.first().map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    let pasted = form.some("key").map(str::to_owned);
    let armored = pasted.or(uploaded).filter(|_| !form.is_set("none"));
    let done = match line(&form, "why") {
        Ok(_) if armored.is_none() && !form.is_set("none") => {
            Err(Problem::invalid("/key", "paste the public key, or choose its file"))
        }
        Ok(why) => {
            let set = wire.desk.set_report_key(
                &visitor.caller,
                project,
                armored.as_deref(),
                why,
                None,
                Some(&repeat),
            );
            set.await.map(drop)
        }
        Err(problem) => Err(problem),
    };
    ended(&wire, &visitor, project, &form, done).await
}

async fn pause(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(project): InPath<ProjectId>,
    form: Form,
) -> Result<Response, Trouble> {
    let repeat = form.repeat(&format!("form pause {project}"))?;
    let command = || {
        if form.is_set("resume") {
            return Ok(DirectoryCommand::ResumeIntake { project });
        }
        let day = fixlead_core::time::parse_day(form.text("until"));
        let day = day
            .map_err(|_| Problem::invalid("/until", "choose the day on which reports are taken in again"))?;
        let (until, reason, instead) = (Instant::midnight(day), line(&form, "why")?, line(&form, "instead")?);
        Ok(DirectoryCommand::PauseIntake { project, until, reason, instead })
    };
    let done = match command() {
        Ok(command) => wire.desk.direct(&visitor.caller, command, None, Some(&repeat)).await.map(drop),
        Err(problem) => Err(problem),
    };
    ended(&wire, &visitor, project, &form, done).await
}
