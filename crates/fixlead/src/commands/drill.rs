//! `fixlead drill`: a rehearsal with the real policy engine.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use fixlead_core::case::History;
use fixlead_core::policy::Policy;
use fixlead_core::replay;
use fixlead_core::text::echo;
use serde_json::Value;

use super::Outcome;
use super::policy::source;
use crate::drill::{self, Inject, Request, Screen};

/// What to rehearse.
///
/// Time is simulated; the policy engine, the git repository and the messages
/// are real. Nothing leaves the machine.
#[derive(Args, Debug)]
pub struct DrillArgs {
    /// The policy to rehearse, like `opentelemetry` or `vitess`.
    policy: String,
    /// Decides everything that is left to chance; the same seed tells the same story.
    #[arg(long, default_value_t = 1, value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
    /// Where to write; must not exist or be empty [default: ./drill-POLICY-SEED,
    /// with a number behind it when that is there].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What goes wrong, separated by commas, or `none`; otherwise the seed
    /// decides. There are distributor-leak, reporter-goes-public, upstream-date,
    /// failing-binary, rewritten-commit, differing-merge, hand-over, exploitation.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    inject: Option<Vec<String>>,
    /// Print one JSON object at the end instead of the timeline.
    #[arg(long)]
    json: bool,
}

/// Reads a seed.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}", u64::MAX))
}

/// Runs `fixlead drill`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    args: &DrillArgs,
    colour: bool,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    match rehearse(args, colour, out) {
        Ok(outcome) => {
            if args.json {
                writeln!(out, "{}", outcome.summary)?;
            }
            Ok(if outcome.closed { Outcome::Done } else { Outcome::No })
        }
        Err(message) => {
            writeln!(messages, "fixlead: {message}")?;
            Ok(Outcome::Unreadable)
        }
    }
}

fn rehearse(args: &DrillArgs, colour: bool, out: &mut impl Write) -> Result<drill::Outcome, String> {
    let policy = source::policy(&args.policy, &[], &[])?;
    let request = Request {
        policy: args.policy.clone(),
        // A policy without channels of its own announces in chat.
        chat: policy.channels.is_empty(),
        seed: args.seed,
        out: args.out.clone(),
        injects: injects(args.inject.as_deref())?,
    };
    let engine = |document: &Value| answer(&policy, document);
    let screen = if args.json { Screen::off() } else { Screen::on(out, colour) };
    drill::run(&request, &engine, screen)
}

/// The policy engine.
fn answer(policy: &Policy, document: &Value) -> Result<Value, String> {
    let history = History::parse(&document.to_string())
        .map_err(|error| format!("the engine does not take the drill's history: {error}"))?;
    Ok(replay::to_json(&replay::replay(policy, &history, None)))
}

/// The surprises that were named; none when the seed is to decide.
fn injects(names: Option<&[String]>) -> Result<Option<Vec<Inject>>, String> {
    let Some(names) = names else {
        return Ok(None);
    };
    if names.iter().any(|name| name == "none") {
        return if names.iter().all(|name| name == "none") {
            Ok(Some(Vec::new()))
        } else {
            Err("`none` stands for no inject at all and goes with no other; leave out `none`, or the others"
                .to_owned())
        };
    }
    // A name that is known is short and plain, so it stays what it is.
    let mut chosen = names.iter().map(|name| Inject::parse(&echo(name))).collect::<Result<Vec<_>, _>>()?;
    chosen.sort();
    chosen.dedup();
    Ok(Some(chosen))
}
