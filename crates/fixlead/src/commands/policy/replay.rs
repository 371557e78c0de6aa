//! `fixlead policy replay`: a case history under a policy.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use fixlead_core::case::{History, history};
use fixlead_core::policy::Policy;
use fixlead_core::replay;
use fixlead_core::text;
use fixlead_core::time::Instant;
use serde_json::json;

use super::source;
use crate::commands::Outcome;
use crate::terminal::clock::Clock;
use crate::terminal::{Style, report};

/// What to replay.
#[derive(Args)]
pub struct ReplayArgs {
    /// Histories, as `fixlead-history/1` documents; `-` reads one from standard input.
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
    /// Print one JSON object a history, as `fixlead-replay/1`; of one that
    /// cannot be read, its name and the error.
    #[arg(long)]
    json: bool,
}

/// Runs `fixlead policy replay`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    args: &ReplayArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::Done;
    let mut first = true;
    // A zone that there is not is said before anything is printed.
    if let Some(Err(message)) = args.zone.as_deref().map(|zone| Clock::in_zone(Instant::EPOCH, zone)) {
        writeln!(messages, "fixlead: --zone: {message}")?;
        return Ok(Outcome::Unreadable);
    }
    for path in &args.histories {
        let read = || -> Result<(History, Policy), String> {
            let text = source::read_text(path, history::MOST_BYTES)?;
            let history = History::parse(&text).map_err(|error| error.to_string())?;
            let policy = policy_of(args, &history)?;
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
                let zone = args.zone.as_deref().and_then(|zone| Clock::in_zone(now, zone).ok());
                let clock = zone.unwrap_or_else(|| Clock::at(now));
                if !std::mem::take(&mut first) {
                    writeln!(out)?;
                }
                report::write(out, &replay, history.title.as_deref(), &clock, style)?;
            }
            Err(message) => {
                writeln!(messages, "fixlead: {}: {message}", text::file(&path.display().to_string()))?;
                if args.json {
                    let json = json!({"history": path.to_string_lossy(), "error": message});
                    writeln!(out, "{json}")?;
                }
                outcome = Outcome::Unreadable;
            }
        }
    }
    Ok(outcome)
}

/// The policy that a history is replayed under. A complaint about what the
/// history names begins with the JSON pointer to it.
fn policy_of(args: &ReplayArgs, history: &History) -> Result<Policy, String> {
    let (id, place) = match &args.policy {
        Some(id) => (id, "--policy"),
        None => (&history.policy, "/policy"),
    };
    let base = source::document(id).map_err(|error| format!("{place}: {error}"))?;
    let mut overlays = Vec::new();
    for (index, id) in history.overlays.iter().enumerate() {
        overlays.push(source::document(id).map_err(|error| format!("/overlays/{index}: {error}"))?);
    }
    let mut values = history.parameters.clone();
    if args.policy.is_some() {
        // Another policy has other parameters; those it shares keep their values.
        let has = |name: &str| {
            let mut all =
                std::iter::once(&base).chain(&overlays).flat_map(|document| document.all("parameter"));
            all.any(|entry| entry.text("id") == Some(name))
        };
        values.retain(|(name, _)| has(name));
    }
    let source = source::laid_over(id, base, &history.overlays, overlays, &values).map_err(|unreadable| {
        // What has no place in a policy file is a value from the history.
        if unreadable.error.line == 0 {
            format!("/parameters: {}", unreadable.error)
        } else {
            let overlay = history.overlays.iter().rposition(|name| *name == unreadable.policy && name != id);
            let place = overlay.map_or(place.to_owned(), |index| format!("/overlays/{index}"));
            format!("{place}: {unreadable}")
        }
    })?;
    Ok(source.policy)
}
