//! `fixlead policy`: read, check and replay policies.

mod replay;
pub mod source;

use std::io::{self, Write};

use clap::Subcommand;

use super::Outcome;

/// What `fixlead policy` can do.
#[derive(Subcommand)]
pub enum Command {
    /// Replay a case history under a policy.
    Replay(replay::ReplayArgs),
}

/// Runs `fixlead policy`.
///
/// # Errors
/// When a stream cannot be read or written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    match command {
        Command::Replay(args) => replay::run(args, out, messages),
    }
}
