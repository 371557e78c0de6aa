//! What this crate says of repositories, compared with what git itself says of
//! them. Every repository is made on the spot with the real git.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod affected;
mod backports;
mod hostile;
mod identity;
mod introduced;
mod owners;
mod private;
mod repo;
