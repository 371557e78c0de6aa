//! `fixlead patch introduced`.

use std::io::Write;

use clap::Args;
use fixlead_core::text::plain;
use fixlead_git::introduced::{Candidate, Confidence, candidates};
use serde_json::{Value, json};

use super::{Asked, Outcome, Stopped};
use crate::terminal::lines::elided;
use crate::terminal::{Style, Tone};

/// What to look back from.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct IntroducedArgs {
    /// The fix: OLD..NEW, or one commit.
    #[arg(long, value_name = "A..B")]
    fix: String,
    #[command(flatten)]
    asked: Asked,
}

const NOTE: &str = "guesses from lines are right less than half of the time; look before you rely on one";

const HELP: &str = "\
  stated    the fix's message names it (Fixes: ...)
  likely    it wrote at least half of the lines that the fix takes away
  possible  it wrote some of them, or what stands beside what the fix adds
  weak      it wrote these lines at some time before
Guesses from lines are right less than half of the time: look before you rely
on one.

Exit code: 0 when there is a candidate, 1 when there is none, 2 when something
cannot be read.";

/// So many lines of a candidate are shown to people.
const SHOWN: usize = 5;

/// Runs it.
pub fn run(args: &IntroducedArgs, style: Style, out: &mut impl Write) -> Result<Outcome, Stopped> {
    let workspace = args.asked.open()?;
    let (series, found) = candidates(&workspace, &args.fix, usize::MAX)?;
    if args.asked.json {
        let fix: Vec<String> = series.iter().map(|commit| commit.id.to_string()).collect();
        let candidates: Vec<Value> = found.iter().map(described).collect();
        writeln!(out, "{}", json!({"fix": fix, "candidates": candidates, "note": NOTE}))?;
    } else {
        for candidate in &found {
            let tone = if candidate.confidence <= Confidence::Likely { Tone::Care } else { Tone::Quiet };
            let word = style.paint(tone, format!("{:<8}", candidate.confidence.as_str()));
            let subject = elided(&plain(&candidate.subject), style.width().saturating_sub(28));
            writeln!(
                out,
                "{word}  {:.12}  {:>3} %  {subject}",
                candidate.commit.to_string(),
                candidate.share
            )?;
            for line in candidate.lines.iter().take(SHOWN) {
                let text = format!("{}:{}: {}", line.path, line.number, line.text.trim());
                writeln!(out, "          {}", elided(&plain(&text), style.width() - 10))?;
            }
        }
        writeln!(out, "{}", style.paint(Tone::Quiet, NOTE))?;
    }
    Ok(if found.is_empty() { Outcome::No } else { Outcome::Done })
}

fn described(candidate: &Candidate) -> Value {
    let lines: Vec<Value> = candidate
        .lines
        .iter()
        .map(|line| json!({"path": line.path, "line": line.number, "text": line.text}))
        .collect();
    json!({
        "commit": candidate.commit.to_string(),
        "subject": candidate.subject,
        "confidence": candidate.confidence.as_str(),
        "share": candidate.share,
        "because": candidate.how.iter().map(|how| how.as_str()).collect::<Vec<_>>(),
        "lines": lines,
    })
}
