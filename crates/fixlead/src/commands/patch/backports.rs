//! `fixlead patch backports`.

use std::io::Write;

use clap::Args;
use fixlead_core::text::plain;
use fixlead_git::backports::{Conflict, Radar, Standing, Step, scan};
use fixlead_git::series::Commit;
use serde_json::{Map, Value, json};

use super::{Asked, Outcome, Stopped};
use crate::terminal::lines::elided;
use crate::terminal::{Style, Tone};

/// What to try.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct BackportsArgs {
    /// The fix: OLD..NEW, or one commit.
    #[arg(long, value_name = "A..B")]
    fix: String,
    /// Branches to try it on, by name or pattern (release-*, origin/release-*).
    #[arg(long, value_name = "BRANCH", required = true, num_args = 1.., value_delimiter = ',')]
    onto: Vec<String>,
    #[command(flatten)]
    asked: Asked,
}

const HELP: &str = "\
Each commit is picked on each branch as a dry run, as `git merge-tree` does it,
renames followed; nothing is written into a repository.
  clean                 it applies; the tree that results is named
  conflict              it needs a person, in these files and places
  already-applied       the branch has it, perhaps as another commit
  missing-prerequisite  it applies when the commits named are picked first
.gitattributes do not count, and so no merge driver of a repository is run.

Exit code: 0 when every branch has the fix or takes it, 1 when one does not, 2
when something cannot be read. Needs git 2.45 or later.";

/// Runs it.
pub fn run(args: &BackportsArgs, style: Style, out: &mut impl Write) -> Result<Outcome, Stopped> {
    let workspace = args.asked.open()?;
    let radar = scan(&workspace, &args.fix, &args.onto)?;
    let several = workspace.repositories().len() > 1;
    for repository in workspace.repositories() {
        let standings = radar.standings.iter().filter(|standing| standing.repository.path == repository.path);
        if args.asked.json {
            let branches: Map<String, Value> = standings
                .map(|standing| (standing.branch.name.clone(), described(standing, &radar.series)))
                .collect();
            let mut object =
                json!({"fix": radar.series.iter().map(|commit| commit.id.to_string()).collect::<Vec<_>>()});
            if several {
                object["repo"] = Value::from(repository.path.display().to_string());
            }
            object["branches"] = Value::Object(branches);
            writeln!(out, "{object}")?;
        } else {
            if several {
                let path = plain(&repository.path.display().to_string());
                writeln!(out, "{}", style.paint(Tone::Strong, path))?;
            }
            for standing in standings {
                print(standing, &radar, style, out)?;
            }
        }
    }
    let takes = |standing: &Standing<'_>| matches!(standing.outcome(), "clean" | "already-applied");
    Ok(if radar.standings.iter().all(takes) { Outcome::Done } else { Outcome::No })
}

fn described(standing: &Standing<'_>, series: &[Commit]) -> Value {
    let commits = standing.steps.iter().zip(series).map(|(step, commit)| {
        let mut object = json!({"commit": commit.id.to_string(), "outcome": step.as_str()});
        match step {
            Step::AlreadyApplied(Some(same)) => object["as"] = Value::from(same.to_string()),
            Step::Conflict(conflicts) => object["files"] = files(conflicts),
            Step::MissingPrerequisite(missing, conflicts) => {
                object["prerequisites"] = missing.iter().map(ToString::to_string).collect();
                object["files"] = files(conflicts);
            }
            _ => {}
        }
        object
    });
    let mut object = json!({
        "outcome": standing.outcome(),
        "tip": standing.branch.target.to_string(),
        "tree": standing.tree.map(|tree| tree.to_string()),
    });
    match in_the_way(standing) {
        Some(Step::Conflict(conflicts)) => object["files"] = files(conflicts),
        Some(Step::MissingPrerequisite(missing, conflicts)) => {
            object["prerequisites"] = missing.iter().map(ToString::to_string).collect();
            object["files"] = files(conflicts);
        }
        _ => {}
    }
    object["commits"] = commits.collect();
    object
}

fn in_the_way<'a>(standing: &'a Standing<'_>) -> Option<&'a Step> {
    standing.steps.iter().find(|step| matches!(step, Step::Conflict(_) | Step::MissingPrerequisite(..)))
}

fn files(conflicts: &[Conflict]) -> Value {
    let hunk = |hunk: &fixlead_git::backports::Hunk| json!({"line": hunk.line, "ours": hunk.ours, "theirs": hunk.theirs});
    let file = |conflict: &Conflict| {
        let hunks: Vec<Value> = conflict.hunks.iter().map(hunk).collect();
        json!({"path": conflict.path, "kind": conflict.kind, "hunks": hunks})
    };
    conflicts.iter().map(file).collect()
}

fn print(
    standing: &Standing<'_>,
    radar: &Radar<'_>,
    style: Style,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let outcome = standing.outcome();
    let tone = match outcome {
        "clean" | "already-applied" => Tone::Good,
        "missing-prerequisite" => Tone::Care,
        _ => Tone::Bad,
    };
    let tree = standing.tree.map_or_else(String::new, |tree| format!("  tree {:.12}", tree.to_string()));
    let name = plain(&standing.branch.name);
    writeln!(out, "{name}  {}{}", style.paint(tone, outcome), style.paint(Tone::Quiet, tree))?;
    for (step, commit) in standing.steps.iter().zip(&radar.series) {
        let (conflicts, missing): (&[Conflict], &[fixlead_git::Id]) = match step {
            Step::AlreadyApplied(Some(same)) if *same != commit.id => {
                writeln!(out, "  {:.12} is there as {:.12}", commit.id.to_string(), same.to_string())?;
                continue;
            }
            Step::Conflict(conflicts) => (conflicts, &[]),
            Step::MissingPrerequisite(missing, conflicts) => (conflicts, missing),
            _ => continue,
        };
        let subject = elided(&plain(&commit.subject), style.width().saturating_sub(16));
        writeln!(out, "  {:.12} {subject}", commit.id.to_string())?;
        for commit in missing {
            writeln!(out, "    pick {:.12} before it", commit.to_string())?;
        }
        for conflict in conflicts {
            let lines: Vec<String> = conflict.hunks.iter().map(|hunk| hunk.line.to_string()).collect();
            let at = if lines.is_empty() { String::new() } else { format!(", at {}", lines.join(", ")) };
            writeln!(out, "    {}: {}{at}", plain(&conflict.path), plain(&conflict.kind))?;
        }
    }
    Ok(())
}
