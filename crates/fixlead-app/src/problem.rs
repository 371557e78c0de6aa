//! Why a use case did not do what it was asked.
//!
//! What is said here may reach whoever asked: it names what was wrong and what
//! to do, and never repeats content, keys or what a database said. The wire
//! turns it into a problem document (RFC 9457).

use fixlead_core::access::{Denied, Needs, Role, TokenScope};
use fixlead_core::time::Instant;

/// A use case that was refused.
pub type Result<T> = std::result::Result<T, Problem>;

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// There is nothing there, as far as whoever asks may know.
    #[error("there is nothing here; check the address, or ask whoever gave it to you for access")]
    NotFound,
    /// Nobody is signed in.
    #[error("sign in first, or send a token in the header `Authorization: Bearer fixlead_token_…`")]
    Unauthenticated,
    /// Name, password or code are wrong. It does not say which.
    #[error(
        "name, password or code are wrong; try again (a code counts once: wait for the next one), or use a recovery code"
    )]
    SignInFailed,
    /// A passkey does not count here. It does not say why.
    #[error("this passkey does not work here; try again, use another one, or sign in with password and code")]
    PasskeyFailed,
    /// Signing in with a provider failed.
    #[error("{0}")]
    ProviderFailed(&'static str),
    /// A service outside refuses what was asked of it, or does not answer.
    #[error("{0}")]
    Elsewhere(String),
    /// It may not be done by whoever asks.
    #[error("{}", needs(roles, *scope))]
    Forbidden {
        /// The roles that may.
        roles: Vec<Role>,
        /// The scope that a token would need.
        scope: Option<TokenScope>,
    },
    /// The case is in a state in which nobody may.
    #[error("nobody may do this in the state that the case is in")]
    WrongState,
    /// It asks for a fresh proof that it is them.
    #[error("prove again that it is you, with a passkey or with password and code, then repeat this")]
    StepUp,
    /// Somebody else has written in between.
    #[error(
        "this has changed since you read it (it is at version {actual}); read it again and repeat what still applies"
    )]
    Conflict {
        /// The version now.
        actual: u64,
    },
    /// The policy holds it.
    #[error("{}", held.because)]
    Held {
        /// By what, and until when.
        held: Box<Held>,
    },
    /// What was sent does not make sense.
    #[error("{}", first(errors))]
    Invalid {
        /// Every place that does not, and what to do about it.
        errors: Vec<Fault>,
    },
    /// It is too large.
    #[error("{what} may have {most} bytes at most")]
    TooLarge {
        /// What is.
        what: &'static str,
        /// How much it may have.
        most: u64,
    },
    /// The same idempotency key came with other content.
    #[error("this idempotency key was used for another request; choose a new one for each request")]
    KeyReused,
    /// Too often.
    #[error("too many requests; wait {retry_after} s")]
    TooMany {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// The project takes nothing in for a while.
    #[error(
        "{reason}: this project takes no reports in until {until}; nothing of this was kept; if it cannot wait: \
         {instead}; what is public or exploited already is taken in all the same, where the report says so"
    )]
    Paused {
        /// Why.
        reason: String,
        /// Until when.
        until: Instant,
        /// How to reach the team all the same.
        instead: String,
        /// Seconds to wait.
        retry_after: u32,
    },
    /// The database does not answer, or the machine has no room.
    #[error(
        "this cannot be done right now; nothing was changed that you were not told of; try again in {retry_after} s"
    )]
    Unavailable {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// What is kept is not what was written.
    #[error(
        "what is kept here is not what was written: somebody or something changed the database; nothing of it is \
         shown; tell whoever runs this desk to run `fixlead log verify`"
    )]
    Altered,
}

/// What holds an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The gate, by its id in the policy.
    pub gate: String,
    /// The clauses it executes.
    pub clauses: Vec<String>,
    /// The arithmetic, in words.
    pub because: String,
    /// From when on it would be allowed, if everything else stands still.
    pub earliest: Option<Instant>,
    /// The roles that may override it with a reason.
    pub may_override: Vec<String>,
}

/// One place that does not make sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Problem {
    /// About one place.
    pub fn invalid(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Problem::Invalid { errors: vec![Fault { pointer: pointer.into(), message: message.into() }] }
    }

    /// Whether the same request may succeed later without being changed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Problem::TooMany { .. } | Problem::Paused { .. } | Problem::Unavailable { .. })
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Problem::NotFound,
            Denied::Forbidden { needs } => match needs {
                Needs::Role(roles) => Problem::Forbidden { roles, scope: None },
                Needs::Scope(scope) => Problem::Forbidden { roles: Vec::new(), scope },
                Needs::State => Problem::WrongState,
                Needs::StepUp => Problem::StepUp,
                Needs::Standing => Problem::Forbidden { roles: Vec::new(), scope: None },
            },
        }
    }
}

fn needs(roles: &[Role], scope: Option<TokenScope>) -> String {
    let list = |names: Vec<&str>| names.join(" or ");
    match (roles, scope) {
        (_, Some(scope)) => {
            format!("this token was not made for this; it needs the scope `{}`", scope.name())
        }
        ([], None) => "this cannot be done with a token; sign in".to_owned(),
        (roles, None) => {
            format!("this needs the role {}", list(roles.iter().map(|role| role.name()).collect()))
        }
    }
}

fn first(errors: &[Fault]) -> String {
    match errors {
        [] => "this could not be read".to_owned(),
        [one] if one.pointer.is_empty() => one.message.clone(),
        [one] => format!("{}: {}", one.pointer, one.message),
        [one, rest @ ..] => format!("{}: {} (and {} more)", one.pointer, one.message, rest.len()),
    }
}

impl From<fixlead_store::Error> for Problem {
    /// What a database said stays inside.
    fn from(error: fixlead_store::Error) -> Self {
        match error {
            fixlead_store::Error::Missing(_) | fixlead_store::Error::Erased(_) => Problem::NotFound,
            fixlead_store::Error::NotPermitted(_) => Problem::NotFound,
            fixlead_store::Error::Tampered(_) => Problem::Altered,
            _ => Problem::Unavailable { retry_after: 5 },
        }
    }
}
