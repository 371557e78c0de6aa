//! The policy language: what reads, what does not and where it says so, what
//! the linter finds, and what people get to read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

#[path = "policy_language/errors.rs"]
mod errors;
#[path = "policy_language/hostile.rs"]
mod hostile;
#[path = "policy_language/linting.rs"]
mod linting;
#[path = "policy_language/reading.rs"]
mod reading;
#[path = "policy_language/reference.rs"]
mod reference;
#[path = "policy_language/rendering.rs"]
mod rendering;

use fixlead_core::policy::lint::{Finding, lint};
use fixlead_core::policy::{Document, Policy, PolicyError, compile};

/// The least that is a policy: five lines of [policy], a role.
const BASE: &str = include_str!("policy_language/small.toml");

/// The policy with these sections added; they begin at line 14.
fn with(sections: &str) -> String {
    format!("{BASE}{sections}")
}

fn read(text: &str) -> Result<Policy, PolicyError> {
    compile(&Document::parse(text)?, &[], &[])
}

/// The complaint about a text.
fn complaint(text: &str) -> PolicyError {
    read(text).expect_err("it should not be read")
}

fn findings(text: &str) -> Vec<Finding> {
    let document = Document::parse(text).unwrap();
    let policy = compile(&document, &[], &[]).unwrap();
    lint(&document, &[], &policy)
}
