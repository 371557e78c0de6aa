//! `fixlead patch identity`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use fixlead_core::text::{file, plain};
use fixlead_git::identity::{Pair, Patch, Status, compare, evidence};
use serde_json::{Value, json};

use super::{Asked, Outcome, Stopped};
use crate::terminal::{Style, Tone};

/// What to compare.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct IdentityArgs {
    /// What was sent and reviewed: OLD..NEW, one commit, or a file of mails as
    /// `git format-patch --stdout` writes it.
    sent: String,
    /// What was released, written alike.
    released: String,
    /// Write the ids of all patches, which git finds again, to this new file.
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    #[command(flatten)]
    asked: Asked,
}

const HELP: &str = "\
  same             the same lines, white space included, between the same
                   lines, wherever in the file
  context-differs  the same lines added and taken away, other lines around
  changed          something else is added or taken away; the difference of
                   the two patches says what
  added, dropped   released without having been sent, or the reverse
Messages and authors are shown and do not count.

Exit code: 0 when every patch is the same, 1 when one is not, 2 when a series
cannot be read.";

/// Runs it.
pub fn run(args: &IdentityArgs, style: Style, out: &mut impl Write) -> Result<Outcome, Stopped> {
    let workspace = args.asked.open()?;
    let pairs = compare(&workspace, &args.sent, &args.released)?;
    if let Some(path) = &args.evidence {
        let name = || file(&path.display().to_string());
        let mut new = fs::File::create_new(path).map_err(|error| format!("{}: {error}", name()))?;
        new.write_all(evidence(&pairs).as_bytes()).map_err(|error| format!("{}: {error}", name()))?;
    }
    let identical = pairs.iter().all(|pair| pair.status == Status::Same);
    if args.asked.json {
        let described = |pair: &Pair| {
            json!({
                "status": pair.status.as_str(),
                "sent": pair.sent.as_ref().map(described),
                "released": pair.released.as_ref().map(described),
                "interdiff": (!pair.interdiff.is_empty()).then_some(&pair.interdiff),
            })
        };
        let patches: Vec<Value> = pairs.iter().map(described).collect();
        writeln!(out, "{}", json!({"identical": identical, "patches": patches}))?;
    } else {
        pairs.iter().try_for_each(|pair| print(pair, style, out))?;
    }
    Ok(if identical { Outcome::Done } else { Outcome::No })
}

fn described(patch: &Patch) -> Value {
    json!({
        "commit": patch.commit.map(|id| id.to_string()),
        "subject": patch.subject,
        "author": patch.author,
        "patch_id": patch.patch_id.map(|id| id.to_string()),
    })
}

fn print(pair: &Pair, style: Style, out: &mut impl Write) -> std::io::Result<()> {
    let tone = match pair.status {
        Status::Same => Tone::Good,
        Status::ContextDiffers => Tone::Care,
        Status::Changed | Status::Added | Status::Dropped => Tone::Bad,
    };
    let commit = |patch: &Option<Patch>| {
        let id = patch.as_ref().and_then(|patch| patch.commit);
        id.map_or_else(|| "-".repeat(12), |id| id.to_string().chars().take(12).collect())
    };
    let subject = pair.released.as_ref().or(pair.sent.as_ref()).map_or("", |patch| patch.subject.as_str());
    let head = format!("{} {} ", commit(&pair.sent), commit(&pair.released));
    let status = style.paint(tone, format!("{:<15}", pair.status.as_str()));
    let room = style.width().saturating_sub(head.len() + 16);
    writeln!(out, "{head}{status} {}", crate::terminal::lines::elided(&plain(subject), room))?;
    for line in pair.interdiff.lines() {
        writeln!(out, "    {}", plain(line))?;
    }
    Ok(())
}
