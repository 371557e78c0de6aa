//! What the desk does.
//!
//! A use case a file: who asks, whether they may, what the core decides, what
//! is appended. Nothing here speaks HTTP or SQL, reads a clock or draws a
//! random number of its own; all of that comes in from whoever calls and from the
//! store.
//!
//! - [`desk`]: what every use case stands on. [`directory`]: people, projects,
//!   roles. [`setup`]: the first person, and invitations. [`welcome`]: the first
//!   project. [`policies`]: kept and compiled.
//! - [`public`]: what everybody may know: which projects take reports.
//! - [`publicity`]: the questions of a form, its key, a pause, for whoever may set them.
//! - [`openpgp`]: keys and encrypted reports, as far as they can be read without secrets.
//! - [`intake`]: a report becomes a case. [`case`]: everything people do with
//!   it. [`scheduler`]: what the clock does.
//! - [`advisory`]: what is public.
//! - [`administration`]: what somebody may administer, and what waits for them. [`seen`]:
//!   the part of the directory that they read.
//! - [`overview`]: many projects in numbers. [`preferences`]: the zone somebody reads in.
//! - [`audit`]: the tamper-evident log, for those who check it.
//! - [`everybody`]: sessions and tokens, for operators.
//! - [`live`]: whether what somebody has open has changed.
//! - [`accounts`]: who signs in, sessions, tokens, links that work once.
//! - [`providers`]: signing in with OpenID Connect.
//! - [`rebuild`]: lists and wake-ups made anew from events.
//! - [`pasted`]: secrets in the wrong place.
//! - [`problem`]: why a use case was refused. [`repeat`]: requests that are
//!   sent again.
//! - [`search`]: an index in memory over what cases say. [`finding`]: it at work.
//! - [`fix`]: the private repository of a fix, its review, where it still has to go.
//! - [`webhooks`]: telling addresses outside what happens.
//! - [`triage`]: what is decided about a report that came in, and what its reporter is
//!   answered.
//! - [`timestamp`]: a signed proof of a report. [`witness`]: heads of other
//!   installations' logs.
//! - [`signin`]: passwords, second factors, recovery codes, bearer secrets.

pub mod accounts;
pub mod administration;
pub mod advisory;
pub mod audit;
pub mod case;
pub mod cna;
pub mod desk;
pub mod directory;
pub mod everybody;
pub mod finding;
pub mod fix;
pub mod intake;
pub mod live;
pub mod openpgp;
pub mod overview;
mod own;
pub mod pasted;
pub mod policies;
pub mod preferences;
pub mod problem;
pub mod providers;
pub mod public;
pub mod publicity;
pub mod rebuild;
pub mod repeat;
pub mod scheduler;
pub mod search;
pub mod seen;
pub mod setup;
pub mod signin;
pub mod timestamp;
pub mod triage;
pub mod webhooks;
pub mod welcome;
pub mod witness;

pub use desk::{Desk, Settings};
