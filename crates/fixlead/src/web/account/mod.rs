//! One's own account: the ways in, open sessions, tokens. What changes a way in
//! asks for a fresh proof.

mod fallback;
mod passkeys;
mod tokens;
mod view;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use fixlead_app::problem::Problem;

use super::trouble::Trouble;
use crate::api::Wire;

/// The routes.
pub fn routes() -> Router<Wire> {
    Router::new()
        .route("/account", get(view::view))
        .route("/account/notices/read", post(view::read))
        .route("/account/passkeys", get(passkeys::page).post(passkeys::add))
        .route("/account/passkeys/{passkey}/name", post(passkeys::rename))
        .route("/account/passkeys/{passkey}/remove", post(passkeys::remove))
        .route("/account/password", get(fallback::password).post(fallback::set_password))
        .route("/account/authenticator", get(fallback::authenticator).post(fallback::set_authenticator))
        .route("/account/recovery-codes", post(fallback::recovery_codes))
        .route("/account/sessions/end-others", post(view::end_others))
        .route("/account/sessions/{session}/end", post(view::end_session))
        .route("/account/tokens", get(tokens::page).post(tokens::make))
        .route("/account/tokens/{token}/end", post(tokens::end))
}

/// Where somebody proves again that it is them, and then goes on.
fn again(problem: Problem, to: &str) -> Trouble {
    match problem {
        Problem::StepUp => Trouble::StepUp(to.to_owned()),
        problem => problem.into(),
    }
}

/// What is wrong with a form, field by field.
#[derive(Default)]
struct Faults(Vec<(String, String)>);

impl Faults {
    /// One field.
    fn one(field: &str, message: &str) -> Faults {
        Faults(vec![(field.to_owned(), message.to_owned())])
    }

    /// What is wrong with a field; with the whole, for the empty name.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, message)| message.as_str())
    }

    fn status(&self) -> StatusCode {
        if self.0.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

/// What a use case did not like about a form; anything else is trouble.
fn faults(problem: Problem, to: &str) -> Result<Faults, Trouble> {
    match problem {
        Problem::Invalid { errors } => Ok(Faults(
            errors
                .into_iter()
                .map(|fault| (fault.pointer.trim_start_matches('/').to_owned(), fault.message))
                .collect(),
        )),
        problem => Err(again(problem, to)),
    }
}
