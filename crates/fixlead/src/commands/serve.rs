//! `fixlead serve`: the desk.

use std::io::{self, Write};

use clap::Args;

use crate::commands::Outcome;
use crate::configuration::{Flags, environment};

/// How to serve.
#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    flags: Flags,
}

/// Runs `fixlead serve`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ServeArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    crate::serve::run(&args.flags, &environment, out, messages)
}
