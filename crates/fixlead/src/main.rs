//! The `fixlead` command.

mod commands;
mod drill;
mod terminal;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{Outcome, cvss, policy};

/// The security response desk that open-source projects run themselves.
#[derive(Parser)]
#[command(name = "fixlead", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Score CVSS vectors.
    #[command(subcommand)]
    Cvss(cvss::Command),
    /// Rehearse one case under a policy, from report to retrospective.
    Drill(commands::drill::DrillArgs),
    /// Read, check and replay policies.
    #[command(subcommand)]
    Policy(policy::Command),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let mut messages = terminal::Plain(io::stderr().lock());
    let ended = match &cli.command {
        Command::Cvss(command) => cvss::run(command, io::stdin().lock(), &mut out, &mut messages),
        Command::Drill(args) => {
            let colour =
                out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            commands::drill::run(args, colour, &mut out, &mut messages)
        }
        Command::Policy(command) => policy::run(command, &mut out, &mut messages),
    };
    match ended {
        Ok(outcome) => outcome.into(),
        // Whoever read the output has had enough of it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Done.into(),
        Err(error) => {
            // When not even this can be written, the exit code says it.
            let _ = writeln!(messages, "fixlead: reading or writing failed: {error}");
            Outcome::Unreadable.into()
        }
    }
}
