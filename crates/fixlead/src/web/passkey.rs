//! Passkeys on pages: what the script needs to ask the browser for one, and
//! what it sends back in a form.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use fixlead_app::accounts::Asked;
use fixlead_app::signin::passkey::{Making, Relying, Using};

use super::form::Form;
use crate::api::Wire;

/// This desk as passkeys know it, if it is reached by a name.
pub fn relying(wire: &Wire) -> Option<Relying> {
    Relying::of(wire.public.as_str())
}

/// What the script asks the browser for, as attributes of a form.
#[derive(Template)]
#[template(
    ext = "html",
    source = "data-challenge=\"{{ challenge }}\" data-relying=\"{{ relying }}\" data-credentials=\"{{ credentials }}\"\
              {% if let Some(user) = user %} data-user=\"{{ user }}\" data-called=\"{{ called }}\" data-algorithms=\"{{ algorithms }}\"{% endif %}"
)]
pub struct Attributes {
    challenge: String,
    relying: String,
    credentials: String,
    user: Option<String>,
    called: String,
    algorithms: String,
}

impl Attributes {
    /// For somebody who is called so.
    pub fn new(asked: Asked, called: &str) -> Attributes {
        Attributes {
            challenge: asked.challenge,
            relying: asked.relying,
            credentials: asked.credentials.join(" "),
            user: asked.user,
            called: called.to_owned(),
            algorithms: asked.algorithms.iter().map(i64::to_string).collect::<Vec<_>>().join(" "),
        }
    }
}

/// The same for a script that asks first, as JSON.
pub fn answer(asked: &Asked) -> Response {
    let body = serde_json::json!({
        "challenge": asked.challenge, "relying": asked.relying, "credentials": asked.credentials.join(" "),
    });
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A passkey that was made, out of a form.
pub fn making(form: &Form) -> Making {
    Making {
        client_data: form.text("client_data").to_owned(),
        attestation: form.text("attestation").to_owned(),
    }
}

/// A passkey that was used, out of a form.
pub fn using(form: &Form) -> Using {
    Using {
        credential: form.text("credential").to_owned(),
        client_data: form.text("client_data").to_owned(),
        authenticator: form.text("authenticator").to_owned(),
        signature: form.text("signature").to_owned(),
        user: form.text("user").to_owned(),
    }
}
