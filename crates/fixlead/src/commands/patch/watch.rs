//! `fixlead patch watch`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use fixlead_core::text::{file, plain};
use fixlead_git::series;
use fixlead_git::watch::{How, look};
use serde_json::json;

use super::{Asked, Outcome, Stopped};
use crate::terminal::{Style, Tone};

/// What to look for.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct WatchArgs {
    /// The fix that nobody should know of: OLD..NEW, or one commit, as --fix-repo
    /// names them.
    #[arg(long, value_name = "A..B")]
    fix: String,
    /// The repository that holds it; those with --repo are searched.
    #[arg(long, value_name = "PATH", default_value = ".")]
    fix_repo: PathBuf,
    /// Pass over what leads to this commit of the public repositories, too; may
    /// be given several times.
    #[arg(long, value_name = "REV")]
    known: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

const HELP: &str = "\
Commits of the public repositories that the commit under the fix does not have
in its history are compared with the fix.
  patch-id  the same `git patch-id --stable`
  lines     three lines or more that a commit of the fix adds, and three in five
            of all that it adds, spaces and lines of a few letters not counted
Fetch the repositories first; nothing is fetched here. What is found may be
somebody else's work: look at it.

Exit code: 0 when nothing is found, 1 when something is, 2 when something cannot
be read.";

/// Runs it.
pub fn run(args: &WatchArgs, style: Style, out: &mut impl Write) -> Result<Outcome, Stopped> {
    let workspace = args.asked.open_behind(&args.fix_repo)?;
    // A name such as HEAD means one commit here and others there.
    let (private, public) = args.asked.open_apart(&args.fix_repo)?;
    let commits = series::read(&private, &args.fix)?;
    let known: Vec<&str> = args.known.iter().map(String::as_str).collect();
    let known: BTreeSet<_> = public.commits(&known)?.into_iter().collect();
    let found = look(&workspace, &commits, &known)?;
    for sighting in &found {
        let repository = workspace.repositories()[sighting.repository + 1].path.display().to_string();
        let (commit, of) = (sighting.commit.to_string(), sighting.of.to_string());
        if args.asked.json {
            let mut object = json!({ "repo": repository, "commit": commit, "of": of });
            match sighting.how {
                How::PatchId => object["by"] = "patch-id".into(),
                How::Lines(same, all) => {
                    object["by"] = "lines".into();
                    object["same"] = same.into();
                    object["added"] = all.into();
                }
            }
            writeln!(out, "{object}")?;
        } else {
            let how = match sighting.how {
                How::PatchId => "the same patch id".to_owned(),
                How::Lines(same, all) => format!("{same} of the {all} lines that it adds"),
            };
            let commit = style.paint(Tone::Bad, commit);
            writeln!(out, "{commit} in {}", file(&repository))?;
            writeln!(out, "  resembles {} {}", &of[..12], plain(&how))?;
        }
    }
    Ok(if found.is_empty() { Outcome::Done } else { Outcome::No })
}
