//! Checking the whole log when somebody asks for it: one check at a time, beside
//! the desk's work, and what came of the last one.

use std::sync::{Arc, Mutex, PoisonError};

use fixlead_core::time::{Instant, Span};
use fixlead_store::Location;
use fixlead_store::log::{self, Verified};
use tracing::{error, info};

use super::world;

/// How a check stands.
#[derive(Clone, Debug)]
pub enum State {
    /// None was asked for since the start.
    Never,
    /// It goes on.
    Running {
        /// Since when.
        since: Instant,
    },
    /// It has ended.
    Done {
        /// When.
        at: Instant,
        /// How long it took.
        took: Span,
        /// What was found: how much is as it was written, or what is not.
        outcome: Result<Verified, String>,
    },
}

/// Checks of the log.
pub struct Verification {
    location: Location,
    state: Mutex<State>,
}

impl Verification {
    /// Of a database.
    pub fn of(location: Location) -> Self {
        Verification { location, state: Mutex::new(State::Never) }
    }

    /// How the last one stands.
    pub fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins one, unless one goes on.
    pub fn begin(self: Arc<Self>) {
        let since = world::now();
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if matches!(*state, State::Running { .. }) {
                return;
            }
            *state = State::Running { since };
        }
        // It waits for the disk again and again, and keeps no worker from requests.
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let outcome = match runtime.block_on(log::verify::database(&self.location, &[])) {
                Ok(Ok(verified)) => Ok(verified),
                Ok(Err(fault)) => {
                    Err(format!("The log was changed: {fault}. Keep a copy of the database as it is."))
                }
                Err(error) => Err(format!("It could not be read: {error}")),
            };
            match &outcome {
                Ok(_) => info!(target: "fixlead::log", "the log was checked: it is as it was written"),
                Err(why) => error!(target: "fixlead::log", why, "the log was checked"),
            }
            let at = world::now();
            let done = State::Done { at, took: at - since, outcome };
            *self.state.lock().unwrap_or_else(PoisonError::into_inner) = done;
        });
    }
}
