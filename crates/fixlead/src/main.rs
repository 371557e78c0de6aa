//! The `fixlead` command.

mod commands;
mod drill;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::Value;

/// The security response desk that open-source projects run themselves
#[derive(Parser, Debug)]
#[command(name = "fixlead", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Drill(commands::drill::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Drill(arguments) => commands::drill::run(&arguments, &replay),
    }
}

/// The policy engine.
fn replay(_history: &Value) -> Result<Value, String> {
    Err("this build has no policy engine; use one that has".to_owned())
}
