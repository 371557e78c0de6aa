//! What was kept long enough: asking that it be erased, confirming what another
//! has asked for, and holds.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use fixlead_app::case::act::Act;
use fixlead_app::case::retention::{AskedBy, Outcome};
use fixlead_app::problem::Problem;
use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::id::CaseId;

use super::shell::{self, Answer, Done, Sent, Shell, Typed};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::page::{self, Frame};
use crate::web::query::Query;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;
use crate::web::words::Moment;

/// A closed case.
struct Row {
    id: String,
    title: String,
    project: String,
    closed: Moment,
    until: Moment,
    state: &'static str,
    tone: &'static str,
    may_ask: bool,
    may_confirm: bool,
    held: bool,
}

#[derive(Template)]
#[template(path = "admin-retention.html")]
struct Page {
    frame: Frame,
    shell: Shell,
    rows: Vec<Row>,
    lengths: Vec<(&'static str, String)>,
    any_ask: bool,
    any_confirm: bool,
    outcomes: Vec<Outcome>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/admin/retention", get(retention))
        .route("/admin/retention/ask", post(ask))
        .route("/admin/retention/confirm", post(confirm))
        .route("/admin/retention/{case}/hold", post(hold))
        .route("/admin/retention/{case}/release", post(release))
}

async fn retention(State(wire): State<Wire>, visitor: Visitor, Query(done): Query<Done>) -> Answer {
    show(&wire, visitor, Typed::default(), Vec::new(), done.is_so()).await
}

async fn show(wire: &Wire, visitor: Visitor, typed: Typed, outcomes: Vec<Outcome>, done: bool) -> Answer {
    let desk = wire.desk.administration(&visitor.caller).await?;
    if !desk.may_anywhere(Action::CaseList) {
        return Err(Trouble::from(Problem::NotFound));
    }
    let now = desk.seen.at;
    let parts = desk.parts();
    let ending = wire.desk.ending(&visitor.caller).await?;
    let mut rows = Vec::new();
    for kept in ending {
        let (state, tone) = match (kept.held, kept.asked, kept.is_due) {
            (true, ..) => ("held", "quiet"),
            (_, Some(AskedBy::You), _) => ("you asked; another person confirms", "open"),
            (_, Some(AskedBy::Another), _) => ("waits for you to confirm", "care"),
            (_, None, true) => ("may be erased", "care"),
            (_, None, false) => ("announced", "quiet"),
        };
        rows.push(Row {
            id: kept.case.to_string(),
            title: wire.desk.title_of(&visitor.caller, kept.case).await?,
            project: parts.project(kept.project),
            closed: Moment::new(kept.closed, now),
            until: Moment::new(kept.until, now),
            state,
            tone,
            may_ask: kept.is_due && !kept.held && kept.asked.is_none(),
            may_confirm: kept.is_due && !kept.held && kept.asked == Some(AskedBy::Another),
            held: kept.held,
        });
    }
    let set = |path: &str| wire.about.configuration.iter().find(|(key, ..)| *key == path);
    let lengths = [
        ("retention.closed-cases", "Closed cases are kept for"),
        ("retention.rejected-reports", "Reports that were no vulnerability for"),
        ("retention.announce", "Announced before"),
    ];
    let lengths = lengths.into_iter().filter_map(|(path, words)| {
        let value = &set(path)?.1;
        Some((words, if value == "not set" { "ever".to_owned() } else { value.clone() }))
    });
    let (frame, shell) = shell::shell(&visitor, &desk, "Retention", "/admin/retention", typed, done);
    let page = Page {
        any_ask: rows.iter().any(|row| row.may_ask),
        any_confirm: rows.iter().any(|row| row.may_confirm),
        lengths: lengths.collect(),
        rows,
        outcomes: outcomes.into_iter().filter(|outcome| !outcome.done).collect(),
        frame,
        shell,
    };
    Ok(page::show(page.shell.typed.status(), &page))
}

fn cases(sent: &Sent) -> Result<Vec<CaseId>, Problem> {
    let cases: Vec<CaseId> = sent.form.all("case").filter_map(|case| CaseId::parse(case).ok()).collect();
    if cases.is_empty() {
        return Err(Problem::invalid("/case", "tick the cases first"));
    }
    Ok(cases)
}

async fn outcome(wire: &Wire, sent: Sent, name: &str, result: Result<Vec<Outcome>, Problem>) -> Answer {
    match result {
        Ok(outcomes) if outcomes.iter().any(|outcome| !outcome.done) => {
            let typed = Typed::kept(name, sent.form);
            show(wire, sent.visitor, typed, outcomes, false).await
        }
        result => {
            sent.answered(result, name, "/admin/retention", async |visitor, typed| {
                show(wire, visitor, typed, Vec::new(), false).await
            })
            .await
        }
    }
}

async fn ask(State(wire): State<Wire>, sent: Sent) -> Answer {
    let asked = async {
        let (cases, reason) = (cases(&sent)?, sent.line("reason")?);
        wire.desk.ask_erasures(&sent.visitor.caller, &cases, &reason).await
    };
    let result = asked.await;
    outcome(&wire, sent, "ask", result).await
}

async fn confirm(State(wire): State<Wire>, sent: Sent) -> Answer {
    let result = match cases(&sent) {
        Ok(cases) => wire.desk.confirm_erasures(&sent.visitor.caller, &cases).await,
        Err(problem) => Err(problem),
    };
    outcome(&wire, sent, "ask", result).await
}

async fn held(wire: &Wire, case: CaseId, sent: Sent, hold: bool) -> Answer {
    let repeat = sent.repeat()?;
    let result = async {
        let reason = sent.line("reason")?;
        let command = if hold { Command::Hold { reason } } else { Command::LiftHold { reason } };
        let act = Act { repeat: Some(repeat), ..Act::new(command) };
        wire.desk.act(&sent.visitor.caller, case, act).await
    };
    let result = result.await;
    let name = format!("hold-{case}");
    sent.answered(result, &name, "/admin/retention", async |visitor, typed| {
        show(wire, visitor, typed, Vec::new(), false).await
    })
    .await
}

async fn hold(State(wire): State<Wire>, InPath(case): InPath<CaseId>, sent: Sent) -> Answer {
    held(&wire, case, sent, true).await
}

async fn release(State(wire): State<Wire>, InPath(case): InPath<CaseId>, sent: Sent) -> Answer {
    held(&wire, case, sent, false).await
}
