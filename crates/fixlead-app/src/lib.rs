//! What the desk does.
//!
//! A use case a file: who asks, whether they may, what the core decides, what
//! is appended. Nothing here speaks HTTP or SQL, reads a clock or draws a
//! random number of its own; all of that comes in from whoever calls and from the
//! store.
//!
//! - [`desk`]: what every use case stands on. [`directory`]: people, projects,
//!   roles. [`setup`]: the first person, and invitations. [`policies`]: kept
//!   and compiled.
//! - [`public`]: what everybody may know: which projects take reports.
//! - [`publicity`]: the questions of a form, its key, a pause, for whoever may set them.
//! - [`openpgp`]: keys and encrypted reports, as far as they can be read without secrets.
//! - [`intake`]: a report becomes a case. [`case`]: everything people do with
//!   it. [`scheduler`]: what the clock does.
//! - [`live`]: whether what somebody has open has changed.
//! - [`accounts`]: who signs in, sessions, tokens, links that work once.
//! - [`rebuild`]: lists and wake-ups made anew from events.
//! - [`problem`]: why a use case was refused. [`repeat`]: requests that are
//!   sent again.
//! - [`search`]: an index in memory over what cases say. [`finding`]: it at work.
//! - [`webhooks`]: telling addresses outside what happens.
//! - [`triage`]: what is decided about a report that came in, and what its reporter is
//!   answered.
//! - [`timestamp`]: a signed proof of a report. [`witness`]: heads of other
//!   installations' logs.
//! - [`signin`]: passwords, second factors, recovery codes, bearer secrets.

pub mod accounts;
pub mod case;
pub mod desk;
pub mod directory;
pub mod finding;
pub mod intake;
pub mod live;
pub mod openpgp;
mod own;
pub mod policies;
pub mod problem;
pub mod public;
pub mod publicity;
pub mod rebuild;
pub mod repeat;
pub mod scheduler;
pub mod search;
mod seen;
pub mod setup;
pub mod signin;
pub mod timestamp;
pub mod triage;
pub mod webhooks;
pub mod witness;

pub use desk::{Desk, Settings};
