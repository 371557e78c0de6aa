//! What people do from the page of a case. Each goes back to the page.

use axum::extract::State;
use axum::response::Response;
use fixlead_app::case::act::{Act, Although};
use fixlead_app::problem::Problem;
use fixlead_core::access::Role;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::{CaseId, GrantId, MessageId, OfferId, PersonId};
use fixlead_core::time::Instant;

use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::form::Form;
use crate::web::page;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

type Done = Result<Response, Trouble>;

fn line(form: &Form, name: &str) -> Result<Line, Trouble> {
    Line::new(form.text(name)).map_err(|message| Problem::invalid(format!("/{name}"), message).into())
}

fn body(form: &Form, name: &str) -> Result<Body, Trouble> {
    Body::new(form.text(name)).map_err(|message| Problem::invalid(format!("/{name}"), message).into())
}

fn person(form: &Form, name: &str) -> Result<PersonId, Trouble> {
    PersonId::parse(form.text(name))
        .map_err(|_| Problem::invalid(format!("/{name}"), "choose somebody").into())
}

async fn act(wire: &Wire, visitor: &Visitor, case: CaseId, form: &Form, command: Command) -> Done {
    act_although(wire, visitor, case, form, command, None).await
}

async fn act_although(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    form: &Form,
    command: Command,
    although: Option<Although>,
) -> Done {
    let repeat = form.repeat(&format!("case {case}"))?;
    let act = Act { repeat: Some(repeat), although, ..Act::new(command) };
    match wire.desk.act(&visitor.caller, case, act).await {
        Ok(_) => Ok(page::go(&format!("/cases/{case}?done=1"))),
        Err(Problem::StepUp) => Err(Trouble::StepUp(format!("/cases/{case}"))),
        Err(problem) => Err(problem.into()),
    }
}

/// The id of what a form makes, the same however often it is sent.
fn made(form: &Form, visitor: &Visitor, case: CaseId, what: &str) -> Result<[u8; 16], Trouble> {
    Ok(form.repeat(&format!("case {case}"))?.id(visitor.caller.person, what))
}

pub async fn say(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    mut form: Form,
) -> Done {
    let room = Room::parse(form.text("room")).ok_or_else(|| Problem::invalid("/room", "choose a room"))?;
    let files = std::mem::take(&mut form.files);
    if form.some("body").is_some() {
        let id = MessageId::from_bytes(made(&form, &visitor, case, "message")?);
        let command = Command::Post { id, room, body: body(&form, "body")?, answers: None };
        act(&wire, &visitor, case, &form, command).await?;
    }
    for file in files {
        wire.desk.attach(&visitor.caller, case, room, &file.name, file.bytes, None).await?;
    }
    Ok(page::go(&format!("/cases/{case}?room={}#rooms", room.name())))
}

pub async fn note(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let command = Command::Note { text: body(&form, "text")? };
    act(&wire, &visitor, case, &form, command).await
}

pub async fn lead(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let grant = GrantId::from_bytes(made(&form, &visitor, case, "grant")?);
    let command = if form.some("person").is_none() {
        Command::Volunteer { grant }
    } else {
        let reason =
            form.some("reason").map_or_else(|| Ok(Line::tamed("assigned")), |_| line(&form, "reason"))?;
        Command::Assign {
            person: person(&form, "person")?,
            grant,
            by_rotation: form.is_set("rotation"),
            reason,
        }
    };
    act(&wire, &visitor, case, &form, command).await
}

pub async fn hand_off(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let offer = |form: &Form| OfferId::parse(form.text("offer")).map_err(|_| Problem::NotFound);
    let command = match form.text("answer") {
        "accept" => {
            let grant = GrantId::from_bytes(made(&form, &visitor, case, "grant")?);
            Command::AcceptLead { offer: offer(&form)?, grant }
        }
        "decline" => Command::DeclineLead { offer: offer(&form)?, reason: line(&form, "reason")? },
        _ => {
            let offer = OfferId::from_bytes(made(&form, &visitor, case, "offer")?);
            Command::OfferLead { offer, to: person(&form, "to")?, reason: line(&form, "reason")? }
        }
    };
    act(&wire, &visitor, case, &form, command).await
}

pub async fn give(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let grant = GrantId::from_bytes(made(&form, &visitor, case, "grant")?);
    let role = Role::parse(form.text("role")).ok_or_else(|| Problem::invalid("/role", "choose a role"))?;
    let until = until(&form)?;
    // Whom somebody does not see in the directory they name by the id.
    let field = if form.some("id").is_some() { "id" } else { "person" };
    let command =
        Command::Give { person: person(&form, field)?, grant, role, reason: line(&form, "reason")?, until };
    act(&wire, &visitor, case, &form, command).await
}

/// An instant as a form sends it, in UTC: `2027-01-22T16:00`, or RFC 3339.
pub fn instant(text: &str) -> Option<Instant> {
    let with_seconds = if text.len() == 16 { format!("{text}:00Z") } else { text.to_owned() };
    Instant::parse(&with_seconds).or_else(|_| Instant::parse(&format!("{text}Z"))).ok()
}

pub async fn revoke(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let grant = GrantId::parse(form.text("grant")).map_err(|_| Problem::NotFound)?;
    let command = Command::Revoke { grant, reason: line(&form, "reason")? };
    act(&wire, &visitor, case, &form, command).await
}

/// Another end of somebody's role, or none.
pub async fn move_end(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let grant = GrantId::parse(form.text("grant")).map_err(|_| Problem::NotFound)?;
    let until = until(&form)?;
    let command = Command::MoveEnd { grant, reason: line(&form, "reason")?, until };
    act(&wire, &visitor, case, &form, command).await
}

/// The end that a form names, if it names one.
fn until(form: &Form) -> Result<Option<Instant>, Trouble> {
    let Some(text) = form.some("until") else { return Ok(None) };
    Ok(Some(instant(text).ok_or_else(|| Problem::invalid("/until", "write a day and an hour"))?))
}

pub async fn dismiss(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let command = Command::DismissTeam { reason: line(&form, "reason")? };
    act(&wire, &visitor, case, &form, command).await
}

pub async fn recuse(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let person = match form.some("person") {
        None => visitor.caller.person,
        Some(_) => person(&form, "person")?,
    };
    let command = Command::Recuse { person, reason: line(&form, "reason")? };
    act(&wire, &visitor, case, &form, command).await
}

pub async fn close(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let command = Command::Close { reason: line(&form, "reason")?, overriding: None };
    let although = match form.some("although") {
        None => None,
        Some(_) => Some(Although { reason: line(&form, "although")?, subject: None }),
    };
    act_although(&wire, &visitor, case, &form, command, although).await
}

pub async fn reopen(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(case): InPath<CaseId>,
    form: Form,
) -> Done {
    let command = Command::Reopen { reason: line(&form, "reason")? };
    act(&wire, &visitor, case, &form, command).await
}
