//! The subcommands, one file each. A command gets its arguments and the
//! streams it reads and writes, and says how it ended; it knows neither the
//! process nor the other commands.

pub mod advisory;
pub mod cve;
pub mod cvss;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod drill;
pub mod import;
pub mod keep;
pub mod key;
pub mod patch;
pub mod policy;
pub mod publish;
pub mod rebuild;
pub mod serve;

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was asked: exit 0.
    Done,
    /// The answer is "no": a check found something. Exit 1.
    No,
    /// Input could not be read, or the usage is wrong: exit 2.
    Unreadable,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => ExitCode::SUCCESS,
            Outcome::No => ExitCode::from(1),
            Outcome::Unreadable => ExitCode::from(2),
        }
    }
}
