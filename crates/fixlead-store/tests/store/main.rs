//! The store, tried from outside. Each story runs on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cluster;
mod conformance;
mod copies;
mod failure;
mod ground;
mod model;
mod restoring;
mod tamper;
mod theft;
