//! The command as people run it, and the house it is built in.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod api;
mod architecture;
mod attacks;
mod bad_input;
mod byhand;
mod clock;
#[path = "../../../fixlead-store/tests/store/cluster.rs"]
mod cluster;
mod cna;
mod demonstration;
mod desk;
mod drill;
mod fixes;
mod house;
mod importing;
mod keeping;
mod leading;
mod live;
mod nodes;
mod output;
mod patches;
mod policy;
mod publicity;
mod publishing;
mod rates;
mod search;
mod tls;
mod verbs;
mod webhooks;
