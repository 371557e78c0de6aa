//! The command as people run it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod drill;
mod policy;
