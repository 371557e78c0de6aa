//! What Fixlead knows of git: which versions a flaw affects, where a fix
//! still has to go, whether what was released is what was reviewed, where a
//! flaw came from, and whose agreement a change needs.
//!
//! Repositories are taken to be hostile. The `git` command never runs with
//! the configuration of a repository or of a user, never reaches a network,
//! never writes into a repository, and has bounds in time and output: it
//! works in a git directory of ours that borrows the repositories' objects
//! ([`Workspace`]).
//!
//! Two kinds of repositories are this crate's own: a [`Mirror`] of what is public,
//! and one for the fix of a case ([`private`]).
//!
//! This crate opens no store and no socket, and formats nothing for people.

pub mod affected;
pub mod backports;
mod blame;
mod diff;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod graph;
mod history;
mod id;
pub mod identity;
mod index;
pub mod introduced;
pub mod owners;
pub mod private;
mod refs;
mod repository;
mod run;
mod scratch;
pub mod series;
pub mod watch;
mod workspace;

pub use error::{Error, Result};
pub use graph::Graph;
pub use id::{Format, Id};
pub use private::{Mirror, Private, Source};
pub use refs::{Kind, Ref};
pub use run::Limits;
pub use workspace::{Cache, Workspace};
