//! The desk: a case as people work on it, round the case that the policy sees.
//!
//! - [`event`]: what the case log holds beside [`crate::case`]'s events.
//! - [`entry`]: its lines, read strictly and written; [`wire`]: their texts.
//! - [`state`]: what a log adds up to.
//! - [`command`]: what a person may do with it, decided before it happens.
//! - [`directory`]: organisations, projects, people, teams, turns.
//! - [`form`]: what a project asks of reporters, and how reports reach it.
//! - [`reminders`]: who is told of a duty, and when.
//!
//! Nothing here reads a store or a clock: a command in, events out.

pub mod command;
pub mod directory;
pub mod entry;
pub mod event;
pub mod form;
pub mod reminders;
pub mod state;
pub mod wire;

pub use event::{By, DeskEvent, Entry, Happening, Pin, Room};
pub use state::CaseFile;
