//! What can be seen of Fixlead from outside: its commands, and its house.

#![allow(clippy::unwrap_used, reason = "a test may stop with a panic")]

mod architecture;
