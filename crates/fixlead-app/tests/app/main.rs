//! What the desk does, against a real store in a directory of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop with a panic")]

mod accounts;
mod desk;
mod house;
mod joint;
mod matrix;
mod signin;
mod stories;
mod work;
mod world;
