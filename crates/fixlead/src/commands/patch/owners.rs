//! `fixlead patch owners`.

use std::io::Write;

use clap::Args;
use fixlead_core::text::{echo, file, plain};
use fixlead_git::owners::{Named, owners, paths};
use serde_json::{Value, json};

use super::{Asked, Outcome, Stopped};
use crate::terminal::{Style, Tone};

/// Whose agreement to look for.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct OwnersArgs {
    /// A series (OLD..NEW, or one commit) whose changed paths are meant, or a
    /// file with a path a line.
    #[arg(long, value_name = "A..B|FILE")]
    paths_from: String,
    /// Read the files of this commit [default: the one before the series; HEAD
    /// for a file].
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

const HELP: &str = "\
Read are OWNERS with aliases, filters and no_parent_owners, SECURITY_CONTACTS,
CODEOWNERS of GitHub and GitLab, and MAINTAINERS in the kernel's form or in
Markdown. Files of the series itself make nobody an owner.

Exit code: 0 when every path has an approver, 1 when one has none, 2 when
something cannot be read.";

/// Runs it.
pub fn run(
    args: &OwnersArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> Result<Outcome, Stopped> {
    let workspace = args.asked.open()?;
    let (paths, before) = paths(&workspace, &args.paths_from)?;
    let at = match (&args.at, before) {
        (Some(revision), _) => workspace.commit(revision)?,
        (None, Some(before)) => before,
        (None, None) => workspace.commit("HEAD")?,
    };
    let answer = owners(&workspace, at, &paths)?;
    if args.asked.json {
        let people = |named: &[Named]| named.iter().map(described).collect::<Vec<_>>();
        let paths: Vec<Value> = answer
            .paths
            .iter()
            .map(|path| {
                json!({
                    "path": path.path,
                    "governing": path.governing,
                    "approvers": people(&path.approvers),
                    "reviewers": people(&path.reviewers),
                })
            })
            .collect();
        let problems = answer.problems.iter();
        let problems: Vec<Value> = problems
            .map(|problem| json!({"file": problem.file, "line": problem.line, "message": problem.message}))
            .collect();
        let contacts = people(&answer.security_contacts);
        let answer = json!({"at": at.to_string(), "paths": paths, "security_contacts": contacts, "problems": problems});
        writeln!(out, "{answer}")?;
    } else {
        for path in &answer.paths {
            writeln!(out, "{}", style.paint(Tone::Strong, plain(&path.path)))?;
            for (what, named) in [("approver", &path.approvers), ("reviewer", &path.reviewers)] {
                for named in named {
                    writeln!(out, "  {what}  {}", line(named))?;
                }
            }
            if path.approvers.is_empty() {
                writeln!(out, "  {}", style.paint(Tone::Care, "nobody is named"))?;
            }
        }
        for named in &answer.security_contacts {
            writeln!(out, "security contact  {}", line(named))?;
        }
    }
    for problem in &answer.problems {
        writeln!(messages, "fixlead: {}:{}: {}", file(&problem.file), problem.line, echo(&problem.message))?;
    }
    let named = answer.paths.iter().all(|path| !path.approvers.is_empty());
    Ok(if named { Outcome::Done } else { Outcome::No })
}

fn line(named: &Named) -> String {
    let alias = named.alias.as_ref().map_or_else(String::new, |alias| format!(" (as {alias})"));
    let optional = if named.optional { ", optional" } else { "" };
    let section =
        named.section.as_ref().map_or_else(String::new, |section| format!("  [{section}{optional}]"));
    plain(&format!("{}{alias}  {}:{}{section}", named.name, named.file, named.line))
}

fn described(named: &Named) -> Value {
    let mut object = json!({"name": named.name, "file": named.file, "line": named.line});
    if let Some(alias) = &named.alias {
        object["alias"] = Value::from(alias.as_str());
    }
    if let Some(section) = &named.section {
        object["section"] = Value::from(section.as_str());
        object["optional"] = Value::from(named.optional);
        object["approvals"] = Value::from(named.approvals);
    }
    object
}
