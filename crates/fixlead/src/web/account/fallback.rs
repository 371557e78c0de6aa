//! Password, authenticator and recovery codes.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use fixlead_app::accounts::Chosen;
use fixlead_app::problem::Problem;

use super::{Faults, again, faults};
use crate::api::Wire;
use crate::api::enrolment::ISSUER;
use crate::web::enrol::{Squares, squares};
use crate::web::form::Form;
use crate::web::page::{self, Frame};
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "account-password.html")]
struct PasswordPage {
    frame: Frame,
    login: String,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "account-authenticator.html")]
struct AuthenticatorPage {
    frame: Frame,
    /// Whether there is a password already.
    known: bool,
    login: String,
    secret: String,
    squares: Squares,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "account-once.html")]
struct Once {
    frame: Frame,
    codes: Vec<String>,
}

async fn password_page(wire: &Wire, visitor: &Visitor, faults: Faults) -> Result<Response, Trouble> {
    let login = wire.desk.own_ways(&visitor.caller).await?.login.ok_or(Problem::NotFound)?;
    let status = faults.status();
    let frame = Frame::desk("Change your password", "account", visitor);
    Ok(page::show(status, &PasswordPage { frame, login, faults }))
}

/// The page for another password.
pub async fn password(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    password_page(&wire, &visitor, Faults::default()).await
}

/// Sets another password.
pub async fn set_password(
    State(wire): State<Wire>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Trouble> {
    if let Some(faults) = differs(&form) {
        return password_page(&wire, &visitor, faults).await;
    }
    match wire.desk.set_password(&visitor.caller, form.exact("password")).await {
        Ok(()) => Ok(page::go("/account?done=password")),
        Err(problem) => {
            let faults = faults(problem, "/account/password")?;
            password_page(&wire, &visitor, faults).await
        }
    }
}

fn differs(form: &Form) -> Option<Faults> {
    let differs = form.exact("password") != form.exact("again");
    differs.then(|| Faults::one("again", "this is not the same password"))
}

async fn authenticator_page(
    wire: &Wire,
    visitor: &Visitor,
    login: &str,
    faults: Faults,
) -> Result<Response, Trouble> {
    let host = wire.public.as_str().rsplit('/').next().unwrap_or_default();
    let offered = wire.desk.offer_authenticator(&visitor.caller, ISSUER, host).await;
    let offered = offered.map_err(|problem| again(problem, "/account/authenticator"))?;
    let status = faults.status();
    let page = AuthenticatorPage {
        frame: Frame::desk("Your authenticator", "account", visitor),
        known: wire.desk.own_ways(&visitor.caller).await?.login.is_some(),
        login: login.to_owned(),
        squares: squares(&offered.address),
        secret: offered.secret,
        faults,
    };
    Ok(page::show(status, &page))
}

/// The page for another authenticator.
pub async fn authenticator(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    authenticator_page(&wire, &visitor, "", Faults::default()).await
}

/// Sets another authenticator; with a name and a password where there were none.
pub async fn set_authenticator(
    State(wire): State<Wire>,
    visitor: Visitor,
    form: Form,
) -> Result<Response, Trouble> {
    let login = form.text("login");
    if let Some(faults) = differs(&form) {
        return authenticator_page(&wire, &visitor, login, faults).await;
    }
    let chosen = form
        .some("password")
        .map(|_| Chosen { login: login.to_owned(), password: form.exact("password").to_owned() });
    match wire.desk.set_authenticator(&visitor.caller, form.text("code"), chosen).await {
        Ok(codes) => {
            let frame = Frame::desk("Your recovery codes", "account", &visitor);
            Ok(page::show(StatusCode::OK, &Once { frame, codes }))
        }
        Err(problem) => {
            let faults = faults(problem, "/account/authenticator")?;
            authenticator_page(&wire, &visitor, login, faults).await
        }
    }
}

/// Makes new recovery codes.
pub async fn recovery_codes(State(wire): State<Wire>, visitor: Visitor) -> Result<Response, Trouble> {
    let codes = wire.desk.set_recovery_codes(&visitor.caller).await;
    let codes = codes.map_err(|problem| again(problem, "/account"))?;
    let frame = Frame::desk("Your recovery codes", "account", &visitor);
    Ok(page::show(StatusCode::OK, &Once { frame, codes }))
}
