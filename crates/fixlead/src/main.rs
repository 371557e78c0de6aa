//! The `fixlead` command.

// Built to be fuzzed, the program has another beginning and needs little of itself.
#![cfg_attr(fuzzing, no_main)]
#![cfg_attr(fuzzing, allow(dead_code, unused_imports))]

mod api;
mod client;
mod commands;
mod configuration;
mod cve;
mod demo;
mod drill;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod publish;
mod serve;
mod terminal;
mod web;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use fixlead_core::text::echo;

use commands::{Outcome, advisory, cvss, desk, keep, patch, policy};

/// Requests make and drop many small things on several threads, at which it is
/// quicker than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The widest that help is written, in columns.
const WIDEST_HELP: usize = 100;

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
    /// Make the documents of an advisory from its one source, and judge documents.
    #[command(subcommand)]
    Advisory(advisory::Command),
    /// Make of advisories a site with pages, feeds, OSV and signed CSAF documents, for any web server.
    Publish(commands::publish::PublishArgs),
    /// Print a document of others as the one source of an advisory.
    Import(commands::import::ImportArgs),
    /// Reserve CVE ids and publish records, as a CNA.
    #[command(subcommand, after_help = commands::cve::HELP)]
    Cve(commands::cve::Command),
    /// Look at a desk with made-up people and cases in every stage.
    Demo(commands::demo::DemoArgs),
    /// Rehearse one case under a policy, from report to retrospective.
    Drill(commands::drill::DrillArgs),
    /// Read, check and replay policies.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Ask git repositories about flaws and their fixes.
    #[command(subcommand)]
    Patch(patch::Command),
    /// Run the desk.
    Serve(commands::serve::ServeArgs),
    /// Check a deployment: key, database, clock, disk, addresses.
    Doctor(commands::doctor::DoctorArgs),
    /// Work on the cases of a desk, over its API.
    #[command(subcommand, after_help = TOKEN)]
    Case(desk::case::Command),
    /// Send a report to a desk, and follow it.
    #[command(subcommand)]
    Report(desk::report::Command),
    /// See who is on a desk, invite people, give them roles.
    #[command(subcommand, after_help = TOKEN)]
    People(desk::people::Command),
    /// See whose turn it is, and say who takes turns.
    #[command(subcommand, after_help = TOKEN)]
    Rota(desk::people::RotaCommand),
    /// Have addresses outside told what happens on a desk.
    #[command(subcommand, after_help = TOKEN)]
    Webhook(desk::webhook::Command),
    /// See projects, their facts, maintainers and policy, and change them.
    #[command(subcommand, after_help = TOKEN)]
    Project(desk::project::Command),
    /// See what was kept long enough, have it erased by two, and hold cases.
    #[command(subcommand, after_help = TOKEN)]
    Retention(desk::retention::Command),
    /// Open the link you were given, once: choose a name and a password.
    Enrol(desk::account::EnrolArgs),
    /// Sign in at a desk on this machine, or prove again that it is you.
    SignIn(desk::account::SignInArgs),
    /// Sign out of it.
    SignOut(desk::account::SignOutArgs),
    /// Make, list and end the tokens that your programs show.
    #[command(subcommand)]
    Token(desk::tokens::Command),
    /// Check the tamper-evident log of what is kept.
    #[command(subcommand)]
    Log(keep::LogCommand),
    /// Show the installation keys by their ids, and rotate them.
    #[command(subcommand)]
    Key(commands::key::Command),
    /// Copy the database of a desk, which may be at work, into a new directory.
    Backup(keep::BackupArgs),
    /// Make a database out of a backup or an export.
    Restore(keep::RestoreArgs),
    /// Write out everything a desk keeps, still sealed, as lines of JSON.
    Export(keep::ExportArgs),
    /// Make lists and wake-ups anew from the events of each case.
    ///
    /// The desk has to be stopped meanwhile.
    Rebuild(commands::rebuild::RebuildArgs),
}

/// Where the verbs of a desk find it.
const TOKEN: &str = "The desk is named by --server or FIXLEAD_SERVER. `fixlead sign-in` shows who asks, for everything you may do. \
For programs, FIXLEAD_TOKEN holds a token, or FIXLEAD_TOKEN_FILE names its file; it does only what it was made for.";

fn main() -> ExitCode {
    // Tokens, keys and advisories are in the memory of more than the desk, which refuses to start
    // where this cannot be done.
    let _ = serve::process::forbid_core_dumps();
    let style = terminal::Style::of_stdout();
    let mut out = io::stdout().lock();
    // Not locked for good: a desk that runs logs from other threads.
    let mut messages = terminal::Plain(io::stderr());
    let command = Cli::command().term_width(style.width().min(WIDEST_HELP));
    let read = command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let ended = match read {
        Err(told) => tell(told, &mut out, &mut messages),
        Ok(Cli { command }) => match &command {
            Command::Cvss(command) => cvss::run(command, style, io::stdin().lock(), &mut out, &mut messages),
            Command::Advisory(command) => advisory::run(command, &mut out, &mut messages),
            Command::Publish(args) => commands::publish::run(args, &mut out, &mut messages),
            Command::Import(args) => commands::import::run(args, &mut out, &mut messages),
            Command::Cve(command) => commands::cve::run(command, &mut out, &mut messages),
            Command::Demo(args) => commands::demo::run(args, &mut out, &mut messages),
            Command::Drill(args) => commands::drill::run(args, style.is_coloured(), &mut out, &mut messages),
            Command::Policy(command) => policy::run(command, style, &mut out, &mut messages),
            Command::Patch(command) => patch::run(command, style, &mut out, &mut messages),
            Command::Serve(args) => commands::serve::run(args, &mut out, &mut messages),
            Command::Doctor(args) => commands::doctor::run(args, style, &mut out, &mut messages),
            Command::Case(command) => {
                desk::case::run(command, style, io::stdin().lock(), &mut out, &mut messages)
            }
            Command::Report(command) => {
                desk::report::run(command, io::stdin().lock(), &mut out, &mut messages)
            }
            Command::People(command) => desk::people::run(command, style, &mut out, &mut messages),
            Command::Rota(command) => desk::people::rota(command, style, &mut out, &mut messages),
            Command::Webhook(command) => desk::webhook::run(command, style, &mut out, &mut messages),
            Command::Project(command) => desk::project::run(command, style, &mut out, &mut messages),
            Command::Retention(command) => desk::retention::run(command, style, &mut out, &mut messages),
            Command::Enrol(args) => desk::account::enrol(args, io::stdin().lock(), &mut out, &mut messages),
            Command::Token(command) => desk::tokens::run(command, style, &mut out, &mut messages),
            Command::SignIn(args) => {
                desk::account::sign_in(args, io::stdin().lock(), &mut out, &mut messages)
            }
            Command::SignOut(args) => desk::account::sign_out(args, &mut out, &mut messages),
            Command::Log(command) => keep::log(command, &mut out, &mut messages),
            Command::Key(command) => commands::key::run(command, &mut out, &mut messages),
            Command::Backup(args) => keep::back_up(args, &mut out, &mut messages),
            Command::Restore(args) => keep::restore(args, &mut out, &mut messages),
            Command::Export(args) => keep::export(args, &mut messages),
            Command::Rebuild(args) => commands::rebuild::run(args, &mut out, &mut messages),
        },
    };
    let ended = ended.and_then(|outcome| out.flush().map(|()| outcome));
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

/// Prints what the reader of arguments has to say: help, or what is wrong.
///
/// # Errors
/// When a stream cannot be written.
fn tell(mut told: clap::Error, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    if !told.use_stderr() {
        let text = told.render().to_string();
        writeln!(out, "{}", text.trim_end())?;
        return Ok(Outcome::Done);
    }
    // What was typed is repeated on one short line.
    let given: Vec<(ContextKind, String)> = told
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, echo(text))),
            _ => None,
        })
        .collect();
    for (kind, text) in given {
        told.insert(kind, ContextValue::String(text));
    }
    write!(messages, "{}", told.render())?;
    Ok(Outcome::Unreadable)
}
