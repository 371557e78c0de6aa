//! The same thing for several cases of the inbox: what is going to be done and
//! sent is shown first, and what became of each afterwards.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use fixlead_app::problem::Problem;
use fixlead_app::triage::Decision;
use fixlead_app::triage::several::{Chosen, Deed, Each, MOST};
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, PersonId};

use super::case::{choice, original};
use super::form::{Form, once};
use super::page::{self, Frame};
use super::trouble::Trouble;
use super::visitor::Visitor;
use super::words;
use crate::api::Wire;
use crate::api::problem::Refusal;

#[derive(Template)]
#[template(path = "several.html")]
struct Page {
    frame: Frame,
    chosen: Vec<(String, String)>,
    gone: usize,
    what: String,
    label: &'static str,
    assigns: bool,
    people: Vec<(String, String)>,
    person: String,
    reason: String,
    of: String,
    answers: Vec<(usize, String, bool)>,
    may_answer: bool,
    text: String,
    close: bool,
    ends: bool,
    errors: Vec<String>,
    once: String,
}

/// What became of a case.
struct Became {
    case: String,
    title: Option<String>,
    why: Option<String>,
    clauses: String,
    answered: bool,
}

#[derive(Template)]
#[template(path = "several-done.html")]
struct Done {
    frame: Frame,
    label: &'static str,
    done: usize,
    held: usize,
    all: Vec<Became>,
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/inbox/several", post(show)).route("/inbox/several/done", post(carry_out))
}

fn cases(form: &Form) -> Result<Vec<CaseId>, Trouble> {
    let cases: Vec<CaseId> = form.all("case").filter_map(|case| CaseId::parse(case).ok()).collect();
    if cases.is_empty() {
        return Err(
            Problem::invalid("/case", "choose cases first: tick them, or press x on their rows").into()
        );
    }
    if cases.len() > MOST {
        return Err(Problem::invalid("/case", "choose at most 100 cases at once").into());
    }
    Ok(cases)
}

/// What is to be done: a decision, or `assign`.
fn decision(what: &str) -> Result<Option<Decision>, Trouble> {
    match what {
        "assign" => Ok(None),
        name => Decision::parse(name)
            .map(Some)
            .ok_or_else(|| Problem::invalid("/do", "choose what to do with these cases").into()),
    }
}

fn label(decision: Option<Decision>) -> &'static str {
    decision.map_or("Assign the lead", |decision| choice(decision).label)
}

async fn shown(
    wire: &Wire,
    visitor: &Visitor,
    form: &Form,
    again: bool,
    errors: Vec<String>,
) -> Result<Page, Trouble> {
    let cases = cases(form)?;
    let what = form.text("do").to_owned();
    let decision = decision(&what)?;
    let chosen = wire.desk.chosen(&visitor.caller, &cases).await?;
    // An answer is a project's own.
    let one_project =
        chosen.windows(2).all(|pair| matches!(pair, [one, other] if one.project == other.project));
    let answers = match (chosen.first(), decision) {
        (Some(Chosen { case, .. }), Some(_)) if one_project => {
            wire.desk.answers_in(&visitor.caller, *case).await.ok()
        }
        _ => None,
    };
    let items = answers.iter().flat_map(|answers| answers.items.iter().enumerate());
    let fitting: Vec<_> = items
        .filter(|(_, answer)| answer.with.is_none() || answer.with == decision)
        .map(|(place, answer)| {
            (place, answer.name.to_string(), answer.with.is_some(), answer.text.to_string())
        })
        .collect();
    let wanted: Option<usize> = form.text("answer").parse().ok();
    let picked = fitting
        .iter()
        .find(|(place, ..)| Some(*place) == wanted)
        .or_else(|| fitting.iter().find(|(_, _, own, _)| *own));
    let text = picked.map(|(.., text)| text.clone()).unwrap_or_default();
    let picked = picked.map(|(place, ..)| *place);
    let people = if decision.is_none() {
        wire.desk.read_directory(&visitor.caller).await.map(|seen| seen.names()).unwrap_or_default()
    } else {
        Vec::new()
    };
    let me = visitor.caller.person.to_string();
    Ok(Page {
        frame: Frame::desk("Several cases", "inbox", visitor),
        gone: cases.len() - chosen.len().min(cases.len()),
        chosen: chosen.into_iter().map(|chosen| (chosen.case.to_string(), chosen.title)).collect(),
        label: label(decision),
        assigns: decision.is_none(),
        people: people.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        person: form.some("person").map_or(me, str::to_owned),
        reason: form.some("reason").unwrap_or("on duty").to_owned(),
        of: form.text("of").to_owned(),
        answers: fitting
            .iter()
            .map(|(place, name, ..)| (*place, name.clone(), picked == Some(*place)))
            .collect(),
        may_answer: answers.is_some(),
        text: if again { form.text("answer-text").to_owned() } else { text },
        close: if again { form.is_set("close") } else { decision.is_some_and(Decision::ends) },
        ends: decision.is_some_and(|decision| decision.ends() || decision == Decision::Duplicate),
        what,
        errors,
        once: once(),
    })
}

/// What is going to be done, before it is done.
async fn show(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let page = shown(&wire, &visitor, &form, false, Vec::new()).await?;
    Ok(page::show(StatusCode::OK, &page))
}

fn deed(form: &Form, decision: Option<Decision>) -> Result<Deed, Trouble> {
    let invalid = |place: &str, message: &str| Problem::invalid(place, message);
    match decision {
        None => {
            let person = PersonId::parse(form.text("person"));
            Ok(Deed::Assign {
                person: person.map_err(|_| invalid("/person", "choose somebody"))?,
                reason: Line::new(form.text("reason")).map_err(|message| invalid("/reason", message))?,
            })
        }
        Some(decision) => {
            let answer = form.some("answer-text").map(Body::new).transpose();
            let of = if decision == Decision::Duplicate { original(form, "of")? } else { None };
            if decision == Decision::Duplicate && of.is_none() {
                return Err(invalid("/of", "say what they are duplicates of").into());
            }
            let answer = answer.map_err(|message| invalid("/answer", message))?;
            Ok(Deed::Triage { decision, of, answer, close: form.is_set("close") })
        }
    }
}

fn became(each: Each) -> Became {
    let (why, clauses) = match each.refused {
        None => (None, String::new()),
        Some(Problem::Held { held }) => {
            (Some(format!("the policy holds it: {}", words::sentence(&held.because))), held.clauses.join(" "))
        }
        Some(Problem::Invalid { errors }) => (
            Some(errors.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")),
            String::new(),
        ),
        Some(problem) => (Some(problem.to_string()), String::new()),
    };
    Became { case: each.case.to_string(), title: each.title, why, clauses, answered: each.answered }
}

async fn carry_out(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let cases = cases(&form)?;
    let decision = decision(form.text("do"))?;
    let done = async {
        let deed = deed(&form, decision)?;
        // The whole form, so that a key that comes with another one is noticed.
        form.repeat("several")?;
        let content =
            format!("several {} {} {}", form.text("do"), form.text("answer-text"), form.text("person"));
        let all =
            wire.desk.each(&visitor.caller, &cases, &deed, form.text("once"), content.as_bytes()).await?;
        Ok::<_, Trouble>(all)
    };
    let all = match done.await {
        Ok(all) => all,
        Err(Trouble::Refused(Refusal::Problem(Problem::Invalid { errors }))) => {
            let errors = errors.into_iter().map(|fault| fault.message).collect();
            let page = shown(&wire, &visitor, &form, true, errors).await?;
            return Ok(page::show(StatusCode::CONFLICT, &page));
        }
        Err(trouble) => return Err(trouble),
    };
    let held = all.iter().filter(|each| each.refused.is_some()).count();
    let page = Done {
        frame: Frame::desk("Several cases", "inbox", &visitor),
        label: label(decision),
        done: all.len() - held,
        held,
        all: all.into_iter().map(became).collect(),
    };
    Ok(page::show(StatusCode::OK, &page))
}
