//! What a case has to do with others: likely duplicates, merging, splitting,
//! taking over; and what goes on as a public issue.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::case::joint::{Join, Joining};
use fixlead_app::finding::alike::Likely;
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_app::triage::decide::{PublicIssue, Triage};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, ProjectId};

use super::triage::{Choice, choice, original};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::api::problem::Refusal;
use crate::serve::world;
use crate::web::form::{Form, once};
use crate::web::markdown::{Inert, inert};
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::{self, Moment};

/// A case that is likely to be the same.
pub struct AlikeRow {
    pub case: String,
    pub title: String,
    pub state: &'static str,
    pub opened: Moment,
    pub share: u8,
    pub words: String,
}

/// Likely duplicates, as a page shows them.
pub struct AlikeView {
    pub items: Vec<AlikeRow>,
    pub complete: bool,
    /// Whether the desk could not say just now.
    pub busy: bool,
}

/// The likely duplicates of a case; that nobody can say just now is no reason not
/// to show the rest of a page.
pub async fn alike_of(wire: &Wire, visitor: &Visitor, case: CaseId) -> Result<AlikeView, Trouble> {
    let Likely { items, complete } = match wire.desk.likely_duplicates(&visitor.caller, case).await {
        Ok(likely) => likely,
        Err(problem) if problem.is_retryable() => {
            return Ok(AlikeView { items: Vec::new(), complete: false, busy: true });
        }
        Err(problem) => return Err(problem.into()),
    };
    let now = world::now();
    let items = items.into_iter().map(|item| AlikeRow {
        case: item.case.to_string(),
        title: item.title,
        state: item.state,
        opened: Moment::new(item.opened, now),
        share: item.share,
        words: item.words.join(", "),
    });
    Ok(AlikeView { items: items.collect(), complete, busy: false })
}

#[derive(Template)]
#[template(path = "relate.html")]
struct Page {
    frame: Frame,
    case: String,
    title: String,
    embargoed: bool,
    version: u64,
    alike: Option<AlikeView>,
    may_merge: bool,
    may_split: bool,
    projects: Vec<(String, String)>,
    absorbed: Vec<(String, Moment)>,
    entered: BTreeMap<&'static str, String>,
    errors: Vec<String>,
    once: String,
}

impl Page {
    fn was(&self, field: &str) -> &str {
        self.entered.get(field).map(String::as_str).unwrap_or_default()
    }
}

async fn relating(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    form: Option<&Form>,
    errors: Vec<String>,
) -> Result<Page, Trouble> {
    let view = wire.desk.read(&visitor.caller, case).await?;
    let Some(standing) = view.standing.as_ref() else { return Err(Problem::NotFound.into()) };
    let now = world::now();
    let projects = wire.desk.projects_for_reporters().await?;
    let others = projects.into_iter().filter(|project| project.project != standing.project);
    let fields = ["into", "reason", "title", "body", "project"];
    let entered = form.map(|form| fields.map(|field| (field, form.text(field).to_owned())));
    Ok(Page {
        frame: Frame::desk("Merge or split", "inbox", visitor),
        case: case.to_string(),
        title: view.about.as_ref().map(|about| about.title.clone()).unwrap_or_default(),
        embargoed: view.about.as_ref().is_some_and(|about| about.state == "embargoed"),
        version: view.version,
        alike: Some(alike_of(wire, visitor, case).await?),
        may_merge: view.may.contains(&"case.merge"),
        may_split: view.may.contains(&"case.split"),
        projects: others.map(|project| (project.project.to_string(), project.name)).collect(),
        absorbed: standing
            .absorbed
            .iter()
            .map(|(other, at)| (other.to_string(), Moment::new(*at, now)))
            .collect(),
        entered: entered.into_iter().flatten().collect(),
        errors,
        once: once(),
    })
}

/// The page.
pub async fn form(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let page = relating(&wire, &visitor, case, None, Vec::new()).await?;
    Ok(page::show(StatusCode::OK, &page))
}

fn joining(form: &Form, case: CaseId) -> Result<Joining, Trouble> {
    let line = |field: &str, what: &str| {
        Line::new(form.text(field))
            .map_err(|message| Problem::invalid(format!("/{field}"), format!("{what}: {message}")))
    };
    let what = match form.text("do") {
        "merge" => match original(form, "into")? {
            Some(super::triage::Original::Case(into)) => Join::Merge(into),
            _ => return Err(Problem::invalid("/into", "name the case by its address or its id").into()),
        },
        "split" => Join::Split {
            title: line("title", "what the new case is called")?,
            body: Body::new(form.text("body"))
                .map_err(|message| Problem::invalid("/body", format!("what belongs there: {message}")))?,
        },
        "take-over" => Join::TakeOver(
            ProjectId::parse(form.text("project"))
                .map_err(|_| Problem::invalid("/project", "choose a project"))?,
        ),
        _ => return Err(Problem::invalid("/do", "choose what to do").into()),
    };
    Ok(Joining {
        what,
        reason: line("reason", "why")?,
        expected: form.text("seen").parse().ok(),
        repeat: Some(form.repeat(&format!("case {case} relate"))?),
    })
}

/// What it sends.
pub async fn send(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let done =
        async { Ok::<_, Trouble>(wire.desk.relate(&visitor.caller, case, joining(&form, case)?).await?) };
    let problem = match done.await {
        Ok((_, other)) => return Ok(page::go(&format!("/cases/{other}?done=1"))),
        Err(Trouble::Refused(Refusal::Problem(problem))) => problem,
        Err(trouble) => return Err(trouble),
    };
    let errors = said(problem)?;
    let page = relating(&wire, &visitor, case, Some(&form), errors).await?;
    Ok(page::show(StatusCode::CONFLICT, &page))
}

/// What is wrong, where whoever sent it can do something about it on the page.
fn said(problem: Problem) -> Result<Vec<String>, Trouble> {
    match problem {
        Problem::Invalid { errors } => Ok(errors.into_iter().map(|fault| fault.message).collect()),
        Problem::Conflict { .. } => Ok(vec![
            "somebody has changed the case since you opened this page; look whether it still applies, and send it again"
                .to_owned(),
        ]),
        Problem::Held { held } => {
            Ok(vec![format!("the policy holds this: {} ({})", words::sentence(&held.because), held.clauses.join(" "))])
        }
        problem => Err(problem.into()),
    }
}

#[derive(Template)]
#[template(path = "alike.html")]
struct AlikePage {
    frame: Frame,
    case: String,
    alike: Option<AlikeView>,
}

/// Likely duplicates alone, for a page that shows them beside the report.
pub async fn alike(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let alike = Some(alike_of(&wire, &visitor, case).await?);
    let frame = Frame::desk("Likely duplicates", "inbox", &visitor);
    Ok(page::show(StatusCode::OK, &AlikePage { frame, case: case.to_string(), alike }))
}

#[derive(Template)]
#[template(path = "public-issue.html")]
struct IssuePage {
    frame: Frame,
    case: String,
    embargoed: bool,
    report: Option<Inert>,
    version: u64,
    issue_title: String,
    text: String,
    left_out: Vec<(usize, &'static str)>,
    url: String,
    decisions: Vec<Choice>,
    decision: String,
    answer: String,
    may_answer: bool,
    close: bool,
    errors: Vec<String>,
    once: String,
}

/// What can go on in public.
const IN_PUBLIC: [Decision; 4] =
    [Decision::DefenseInDepth, Decision::NotAVulnerability, Decision::OutOfScope, Decision::AlreadyPublic];

async fn issue_page(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    form: Option<&Form>,
    errors: Vec<String>,
) -> Result<IssuePage, Trouble> {
    let scrubbed = wire.desk.scrubbed(&visitor.caller, case).await?;
    let view = wire.desk.read(&visitor.caller, case).await?;
    let answers = wire.desk.answers_in(&visitor.caller, case).await.ok();
    let was = |field: &str, else_: String| form.map_or(else_, |form| form.text(field).to_owned());
    let usual = Decision::DefenseInDepth;
    let canned =
        answers.as_ref().and_then(|answers| answers.items.iter().find(|answer| answer.with == Some(usual)));
    let answer = match canned {
        Some(answer) if form.is_none() => {
            wire.desk.filled(&visitor.caller, case, &answer.text, usual).await?
        }
        _ => String::new(),
    };
    Ok(IssuePage {
        frame: Frame::desk("Public issue", "inbox", visitor),
        case: case.to_string(),
        embargoed: view.about.as_ref().is_some_and(|about| about.state == "embargoed"),
        report: view.report.as_ref().map(|report| inert(&report.body)),
        version: view.version,
        issue_title: was("title", scrubbed.title),
        text: was("text", scrubbed.text),
        left_out: scrubbed.left_out.into_iter().map(|(what, count)| (count, what)).collect(),
        url: was("url", String::new()),
        decisions: IN_PUBLIC.into_iter().map(choice).collect(),
        decision: was("as", usual.name().to_owned()),
        answer: was("answer-text", answer),
        may_answer: answers.is_some(),
        close: form.is_none_or(|form| form.is_set("close")),
        errors,
        once: once(),
    })
}

/// The page on which a report becomes the text of a public issue.
pub async fn issue(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
) -> Result<Response, Trouble> {
    let page = issue_page(&wire, &visitor, case, None, Vec::new()).await?;
    Ok(page::show(StatusCode::OK, &page))
}

/// Records that somebody has opened it.
pub async fn opened(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Result<Response, Trouble> {
    let done = async {
        let decision = Decision::parse(form.text("as")).filter(|decision| IN_PUBLIC.contains(decision));
        let invalid =
            |place: &str, what: &str, message: &str| Problem::invalid(place, format!("{what}: {message}"));
        let line = |field: &str, what: &str| {
            Line::new(form.text(field)).map_err(|message| invalid(&format!("/{field}"), what, message))
        };
        let body = |field: &str, what: &str| {
            Body::new(form.text(field)).map_err(|message| invalid(&format!("/{field}"), what, message))
        };
        let answer = form.some("answer-text").map(|_| body("answer-text", "the answer")).transpose()?;
        let issue = PublicIssue {
            url: line("url", "the address of the issue")?,
            title: line("title", "what it is called")?,
            text: body("text", "what it says")?,
        };
        let triage = Triage {
            decision: decision.ok_or_else(|| Problem::invalid("/as", "choose what the report is"))?,
            of: None,
            answer,
            issue: Some(issue),
            close: form.is_set("close"),
            expected: form.text("seen").parse().ok(),
            although: None,
            repeat: Some(form.repeat(&format!("case {case} public issue"))?),
        };
        Ok::<_, Trouble>(wire.desk.triage(&visitor.caller, case, triage).await?)
    };
    let problem = match done.await {
        Ok(_) => return Ok(page::go(&format!("/cases/{case}?done=1"))),
        Err(Trouble::Refused(Refusal::Problem(problem))) => problem,
        Err(trouble) => return Err(trouble),
    };
    let errors = said(problem)?;
    let page = issue_page(&wire, &visitor, case, Some(&form), errors).await?;
    Ok(page::show(StatusCode::CONFLICT, &page))
}
