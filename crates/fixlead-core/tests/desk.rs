//! The desk: the case log, what it adds up to, and what may be done with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "desk/commands.rs"]
mod commands;
#[path = "desk/directory.rs"]
mod directory;
#[path = "desk/fix.rs"]
mod fix;
#[path = "desk/log.rs"]
mod log;
#[path = "desk/logins.rs"]
mod logins;
#[path = "desk/office.rs"]
mod office;
#[path = "desk/properties.rs"]
mod properties;
#[path = "desk/reminders.rs"]
mod reminders;
#[path = "desk/untold.rs"]
mod untold;
