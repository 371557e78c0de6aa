//! Coming in by a link that works once. The link holds its secret behind `#`,
//! which browsers never send; the script puts it into the form, and without
//! the script it is pasted there.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use fixlead_app::accounts::Enrolment;
use fixlead_app::problem::Problem;
use qrcodegen::{QrCode, QrCodeEcc};

use super::form::Form;
use super::page::{self, Frame};
use super::passkey::{self, Attributes};
use super::provider;
use super::trouble::Trouble;
use crate::api::Wire;
use crate::api::enrolment::ISSUER;

#[derive(Template)]
#[template(path = "enrol-link.html")]
struct Link {
    frame: Frame,
    wrong: bool,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct Page {
    frame: Frame,
    link: String,
    first: bool,
    secret: String,
    squares: Squares,
    login: String,
    errors: Vec<(String, String)>,
    /// What the script asks for, where passkeys can be made.
    asked: Option<Attributes>,
    providers: Vec<(String, String)>,
}

impl Page {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }
}

#[derive(Template)]
#[template(path = "enrolled.html")]
struct Enrolled {
    frame: Frame,
    codes: Vec<String>,
}

/// A code to scan: its width, and its dark squares as a path.
pub struct Squares {
    pub width: i32,
    pub path: String,
}

/// The code of a text.
pub fn squares(text: &str) -> Squares {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return Squares { width: 1, path: String::new() };
    };
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + 4, y + 4));
        }
    }
    Squares { width: code.size() + 8, path }
}

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new().route("/setup", get(link).post(send)).route("/invitation", get(link).post(send))
}

async fn link() -> Response {
    page::show(StatusCode::OK, &Link { frame: Frame::open("Set up your account"), wrong: false })
}

async fn send(State(wire): State<Wire>, form: Form) -> Result<Response, Trouble> {
    let secret = form.text("link");
    // A whole link is as good as its secret.
    let secret = secret.rsplit('#').next().unwrap_or_default().to_owned();
    let host = wire.public.as_str().rsplit('/').next().unwrap_or_default().to_owned();
    let welcome = match wire.desk.accounts().welcome(&secret, ISSUER, &host).await {
        Ok(welcome) => welcome,
        Err(Problem::NotFound) => {
            let page = Link { frame: Frame::open("Set up your account"), wrong: true };
            return Ok(page::show(StatusCode::NOT_FOUND, &page));
        }
        Err(problem) => return Err(problem.into()),
    };
    let login = form.text("login").to_owned();
    let mut errors = Vec::new();
    let relying = passkey::relying(&wire);
    if let (Some(relying), Some(name)) = (&relying, form.some("passkey")) {
        match wire.desk.enrol_with_passkey(&secret, relying, name, &passkey::making(&form)).await {
            Ok(_) => return Ok(page::go("/sign-in?to=/account")),
            Err(Problem::Invalid { errors: faults }) => {
                errors.extend(faults.into_iter().map(|fault| ("passkey".to_owned(), fault.message)));
            }
            Err(problem) => return Err(problem.into()),
        }
    }
    if form.is_set("enrol") {
        let password = form.exact("password").to_owned();
        if password != form.exact("again") {
            errors.push(("again".to_owned(), "this is not the same password".to_owned()));
        } else {
            let enrolment = Enrolment { login: login.clone(), password, code: form.text("code").to_owned() };
            match wire.desk.enrol(&secret, enrolment).await {
                Ok((_, codes)) => {
                    let frame = Frame::open("Your recovery codes");
                    return Ok(page::show(StatusCode::CREATED, &Enrolled { frame, codes }));
                }
                Err(Problem::Invalid { errors: faults }) => {
                    errors.extend(
                        faults
                            .into_iter()
                            .map(|fault| (fault.pointer.trim_start_matches('/').to_owned(), fault.message)),
                    );
                }
                Err(problem) => return Err(problem.into()),
            }
        }
    }
    let asked = match &relying {
        Some(relying) => Some(wire.desk.accounts().ask_to_enrol(relying, &secret).await?),
        None => None,
    };
    let called = wire.desk.name_for(welcome.person).await?.unwrap_or_default();
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: Frame::open("Set up your account"),
        link: secret,
        first: welcome.first,
        squares: squares(&welcome.address),
        secret: welcome.secret,
        login,
        errors,
        asked: asked.map(|asked| Attributes::new(asked, &called)),
        providers: provider::all(&wire),
    };
    Ok(page::show(status, &page))
}
