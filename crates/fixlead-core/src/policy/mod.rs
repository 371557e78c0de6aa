//! Policies: what a project has promised, as data.
//!
//! [`grammar`] says what a file may hold, [`document`] reads and prints it,
//! [`expression`] its conditions, [`mod@compile`] makes a [`model::Policy`] of
//! it, [`events`] says which events its rules look at, and [`library`] holds the
//! built-in ones. Nothing here knows a case; that
//! is [`crate::plan`].

pub mod compile;
pub mod document;
pub mod events;
pub mod expression;
pub mod grammar;
pub mod library;
pub mod lint;
pub mod model;
pub mod render;

pub use compile::compile;
pub use document::{Document, PolicyError};
pub use model::Policy;
