//! `fixlead policy replay`: a case history under a policy.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use fixlead_core::case::{History, history};
use fixlead_core::replay;
use fixlead_core::time::Instant;

use super::source;
use crate::commands::Outcome;
use crate::terminal::clock::Clock;
use crate::terminal::{Style, report};

/// What to replay.
#[derive(Args)]
pub struct ReplayArgs {
    /// Histories, as `fixlead-history/1` documents.
    #[arg(value_name = "HISTORY.json", required = true)]
    histories: Vec<PathBuf>,
    /// Replay under this policy (a built-in one or a file) instead of the
    /// history's own.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Evaluate at this instant instead of the history's own.
    #[arg(long, value_name = "INSTANT", value_parser = Instant::parse)]
    at: Option<Instant>,
    /// Show instants in this zone beside UTC, such as Europe/Berlin; without
    /// it, in the system's.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Print one JSON object a history, as `fixlead-replay/1`.
    #[arg(long)]
    json: bool,
}

/// Runs `fixlead policy replay`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ReplayArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let mut outcome = Outcome::Done;
    let mut first = true;
    for path in &args.histories {
        let read = || -> Result<(History, fixlead_core::policy::Policy), String> {
            let text = source::read_file(path, history::MOST_BYTES)?;
            let history = History::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            let id = args.policy.as_deref().unwrap_or(&history.policy);
            let policy = source::policy(id, &history.overlays, &history.parameters)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            Ok((history, policy))
        };
        match read() {
            Ok((history, policy)) => {
                let replay = replay::replay(&policy, &history, args.at);
                if args.json {
                    writeln!(out, "{}", replay::to_json(&replay))?;
                    continue;
                }
                let now = replay.evaluation.at;
                let clock = match &args.zone {
                    Some(zone) => Clock::in_zone(now, zone),
                    None => Ok(Clock::at(now)),
                };
                let clock = match clock {
                    Ok(clock) => clock,
                    Err(message) => {
                        writeln!(messages, "fixlead: --zone: {message}")?;
                        return Ok(Outcome::Unreadable);
                    }
                };
                if !std::mem::take(&mut first) {
                    writeln!(out)?;
                }
                report::write(out, &replay, history.title.as_deref(), &clock, Style::of_stdout())?;
            }
            Err(message) => {
                writeln!(messages, "fixlead: {message}")?;
                outcome = Outcome::Unreadable;
            }
        }
    }
    Ok(outcome)
}
