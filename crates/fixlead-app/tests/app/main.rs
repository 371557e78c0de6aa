//! What the desk does, against a real store in a directory of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop with a panic")]

mod accounts;
mod administration;
mod advisory;
#[allow(dead_code, reason = "the store's tests need more of it")]
#[path = "../../../fixlead-store/tests/store/cluster.rs"]
mod cluster;
mod cna;
mod desk;
mod finding;
mod fix;
mod house;
mod imports;
mod joint;
mod matrix;
mod openpgp;
mod passkeys;
mod providers;
mod publicity;
mod rebuild;
mod retention;
mod signin;
mod stories;
mod triage;
mod unread;
mod webhooks;
mod welcome;
mod work;
mod world;
