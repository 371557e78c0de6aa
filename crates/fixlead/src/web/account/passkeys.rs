//! Adding, renaming and removing passkeys.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use fixlead_app::problem::Problem;
use fixlead_core::id::PasskeyId;

use super::{Faults, again, faults};
use crate::api::Wire;
use crate::api::extract::InPath;
use crate::web::form::Form;
use crate::web::page::{self, Frame};
use crate::web::passkey::{self, Attributes};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

const HERE: &str = "/account/passkeys";

#[derive(Template)]
#[template(path = "account-passkey.html")]
struct Page {
    frame: Frame,
    asked: Attributes,
    name: String,
    faults: Faults,
}

async fn shown(wire: &Wire, visitor: &Visitor, name: &str, faults: Faults) -> Result<Response, Trouble> {
    let relying = passkey::relying(wire).ok_or(Problem::NotFound)?;
    let asked = wire.desk.ask_for_passkey(&visitor.caller, &relying).await;
    let asked = asked.map_err(|problem| again(problem, HERE))?;
    let status = faults.status();
    let page = Page {
        frame: Frame::desk("Add a passkey", "account", visitor),
        asked: Attributes::new(asked, &visitor.name),
        name: name.to_owned(),
        faults,
    };
    Ok(page::show(status, &page))
}

/// The page on which one is made.
pub async fn page(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    shown(&wire, &visitor, "", Faults::default()).await
}

/// Takes the one that was made.
pub async fn add(State(wire): State<Wire>, visitor: Visitor, form: Form) -> Result<Response, Trouble> {
    let relying = passkey::relying(&wire).ok_or(Problem::NotFound)?;
    let name = form.text("name");
    match wire.desk.add_passkey(&visitor.caller, &relying, name, &passkey::making(&form)).await {
        Ok(_) => Ok(page::go("/account?done=passkey")),
        Err(problem) => {
            let faults = faults(problem, HERE)?;
            shown(&wire, &visitor, name, faults).await
        }
    }
}

/// Calls one something else.
pub async fn rename(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(passkey): InPath<PasskeyId>,
    form: Form,
) -> Result<Response, Trouble> {
    wire.desk.rename_passkey(&visitor.caller, passkey, form.text("name")).await?;
    Ok(page::go("/account?done=renamed"))
}

/// Takes one away.
pub async fn remove(
    State(wire): State<Wire>,
    visitor: Visitor,
    InPath(passkey): InPath<PasskeyId>,
) -> Result<Response, Trouble> {
    let removed = wire.desk.remove_passkey(&visitor.caller, passkey).await;
    removed.map_err(|problem| again(problem, "/account"))?;
    Ok(page::go("/account?done=removed"))
}
