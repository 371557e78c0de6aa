//! A case as a stream of events, and the facts about the project it belongs to.
//!
//! Here live the vocabulary ([`event`]), the project ([`project`]) and the
//! reader of case histories ([`history`]). What follows from them is none of
//! this module's business: that is [`crate::plan`].

pub mod event;
pub mod history;
pub(crate) mod json;
pub mod project;
pub mod write;

pub use event::{Action, Ask, BranchSet, Event, EventKind, Field, Value};
pub use history::{History, HistoryError};
pub use json::nearest;
pub use project::{Branch, BranchClass, OwnersRule, Project};
