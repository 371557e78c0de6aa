//! `fixlead advisory validate`: documents judged, whoever made them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use fixlead_core::text;
use fixlead_formats::validate::{self, Problem, Verdict};
use serde_json::{Value, json};

use crate::commands::Outcome;
use crate::commands::policy::source::read_text;

/// What to judge.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct ValidateArgs {
    /// CVE records, CSAF, OSV and OpenVEX documents, or `-` for standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Recognised are CVE records 5.x (and the container that is sent to CVE services),
CSAF 2.0 with every mandatory test of its section 6.1, what CSAF 2.1 shares with
it, OSV 1.7 and OpenVEX 0.2. Warnings are what a specification recommends; they
make nothing invalid.

Exit code: 0 when all are valid, 1 when one is not, 2 when one cannot be read;
the others are judged all the same.";

/// Runs `fixlead advisory validate`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ValidateArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let mut outcome = Outcome::Done;
    for file in &args.files {
        let name = text::file(&file.to_string_lossy());
        match judge(file) {
            Ok(verdict) => {
                if !verdict.is_valid() && outcome == Outcome::Done {
                    outcome = Outcome::No;
                }
                if args.json {
                    writeln!(out, "{}", line(&name, &verdict))?;
                } else {
                    tell(&name, &verdict, out)?;
                }
            }
            Err(wrong) => {
                outcome = Outcome::Unreadable;
                if args.json {
                    let problem = json!({ "rule": "readable", "pointer": "", "message": wrong });
                    let line = json!({ "file": name, "format": null, "valid": false, "errors": [problem], "warnings": [] });
                    writeln!(out, "{line}")?;
                }
                writeln!(messages, "fixlead: {name}: {wrong}")?;
            }
        }
    }
    Ok(outcome)
}

fn judge(file: &Path) -> Result<Verdict, String> {
    validate::validate(&read_text(file, validate::MOST_BYTES)?)
}

fn line(name: &str, verdict: &Verdict) -> Value {
    let problems = |problems: &[Problem]| -> Vec<Value> {
        problems
            .iter()
            .map(|problem| json!({ "rule": problem.rule, "pointer": problem.pointer, "message": problem.message }))
            .collect()
    };
    json!({
        "file": name,
        "format": verdict.format.map(|format| format.as_str()),
        "version": verdict.version,
        "valid": verdict.is_valid(),
        "errors": problems(&verdict.errors),
        "warnings": problems(&verdict.warnings),
    })
}

fn tell(name: &str, verdict: &Verdict, out: &mut impl Write) -> io::Result<()> {
    let format = verdict.format.map_or("no known format", |format| format.as_str());
    let version = text::echo(verdict.version.as_deref().unwrap_or_default());
    let said = if verdict.is_valid() { "valid" } else { "not valid" };
    let gap = if version.is_empty() { "" } else { " " };
    writeln!(out, "{name}: {format}{gap}{version}, {said}")?;
    for (word, problems) in [("error", &verdict.errors), ("warning", &verdict.warnings)] {
        for problem in problems {
            let pointer = if problem.pointer.is_empty() { "the document" } else { &problem.pointer };
            writeln!(out, "  {word} [{}] {pointer}: {}", problem.rule, problem.message)?;
        }
    }
    Ok(())
}
