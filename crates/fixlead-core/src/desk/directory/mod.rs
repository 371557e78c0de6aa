//! The directory of an installation: organisations, projects, people, standing
//! grants, sub-teams, and whose turn it is.
//!
//! [`event`] is its log, [`Directory`] what the log adds up to, [`command`]
//! what may be done with it, [`rota`] who is on duty, [`login`] who is who where code
//! lies, [`webhook`] who outside is told, [`import`] what was published elsewhere and
//! comes in, [`cna`] who asks at CVE Services. From a project's entry come the facts that
//! a policy works with: [`Directory::facts`].

pub mod cna;
pub mod command;
pub mod event;
pub mod import;
pub mod login;
pub mod rota;
mod state;
pub mod webhook;

pub use event::{DirectoryEntry, DirectoryEvent, Incoming};
pub use import::Import;
pub use login::Login;
pub use state::{Directory, Invitation, Person, ProjectRecord, Proposed, Team};
pub use webhook::Webhook;
