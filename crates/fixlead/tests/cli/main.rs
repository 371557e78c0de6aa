//! The command as people run it, and the house it is built in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod api;
mod architecture;
mod attacks;
mod bad_input;
mod desk;
mod drill;
mod house;
mod leading;
mod output;
mod policy;
mod rates;
mod verbs;
