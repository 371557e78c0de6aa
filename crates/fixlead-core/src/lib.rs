//! The pure heart of Fixlead: policies, cases, deadlines, severity.
//!
//! Nothing in this crate reads a file, a clock, an environment variable or a
//! random number, and nothing logs. Whoever calls it brings the text and the
//! instant; the same input always gives the same answer.

pub mod access;
pub mod case;
pub mod desk;
pub mod id;
pub mod plan;
pub mod policy;
pub mod replay;
pub mod severity;
pub mod text;
pub mod time;
