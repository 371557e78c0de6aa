//! `fixlead drill`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::drill::{self, Engine, Inject, Request, Screen};

/// Rehearse one case under a policy, from report to retrospective
///
/// Time is simulated; the policy engine, the git repository and the messages
/// are real. Nothing leaves the machine.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The policy to rehearse, like `opentelemetry` or `vitess`
    policy: String,

    /// Decides everything that is left to chance; the same seed tells the same story
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// Where to write; must not exist or be empty [default: ./drill-POLICY-SEED]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// What goes wrong, separated by commas, or `none`; otherwise the seed decides
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    inject: Option<Vec<String>>,

    /// Print one JSON object at the end instead of the timeline
    #[arg(long)]
    json: bool,
}

/// Runs the command with the policy engine.
pub fn run(arguments: &Arguments, engine: &dyn Engine) -> ExitCode {
    match rehearse(arguments, engine) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            // Nobody reads it when the error stream is closed, too.
            let _ = writeln!(io::stderr(), "fixlead drill: {message}");
            ExitCode::from(2)
        }
    }
}

fn rehearse(arguments: &Arguments, engine: &dyn Engine) -> Result<bool, String> {
    let request = Request {
        policy: arguments.policy.clone(),
        seed: arguments.seed,
        out: arguments.out.clone(),
        injects: injects(arguments.inject.as_deref())?,
    };
    let mut stdout = io::stdout().lock();
    if arguments.json {
        let outcome = drill::run(&request, engine, Screen::off())?;
        return match writeln!(stdout, "{}", outcome.summary) {
            Ok(()) => Ok(outcome.closed),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(outcome.closed),
            Err(error) => Err(format!("cannot write the result: {error}")),
        };
    }
    let colour =
        stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let outcome = drill::run(&request, engine, Screen::on(&mut stdout, colour))?;
    Ok(outcome.closed)
}

/// The surprises that were named; none when the seed is to decide.
fn injects(names: Option<&[String]>) -> Result<Option<Vec<Inject>>, String> {
    let Some(names) = names else {
        return Ok(None);
    };
    if names == ["none"] {
        return Ok(Some(Vec::new()));
    }
    let mut chosen = names
        .iter()
        .map(|name| Inject::parse(name))
        .collect::<Result<Vec<_>, _>>()?;
    chosen.sort();
    chosen.dedup();
    Ok(Some(chosen))
}
