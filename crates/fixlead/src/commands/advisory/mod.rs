//! `fixlead advisory`: documents made from one source, documents judged, and the
//! key that signs them.

mod build;
mod key;
mod validate;

use std::io::{self, Write};

use clap::Subcommand;

use super::Outcome;

/// What `fixlead advisory` can do.
#[derive(Subcommand)]
pub enum Command {
    /// Make documents of an advisory's one source, CASE.toml.
    Build(build::BuildArgs),
    /// Judge CVE, CSAF, OSV and OpenVEX documents.
    Validate(validate::ValidateArgs),
    /// Make the OpenPGP key with which you sign what you publish.
    Key(key::KeyArgs),
}

/// Runs `fixlead advisory`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    match command {
        Command::Build(args) => build::run(args, out, messages),
        Command::Validate(args) => validate::run(args, out, messages),
        Command::Key(args) => key::run(args, out, messages),
    }
}
