//! `fixlead patch affected`.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use fixlead_core::text::{echo, plain};
use fixlead_git::affected::{Affected, Answer, Query, Reach, State};
use fixlead_git::{Id, Kind, Ref};
use serde_json::Value;

use super::{Asked, Outcome, Stopped, batch};
use crate::terminal::lines::filled;
use crate::terminal::{Style, Tone};

/// What to ask.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct AffectedArgs {
    /// Commits that brought the flaw in, separated by commas; 0 if it was
    /// there from the beginning.
    #[arg(long, value_name = "REV", value_delimiter = ',', required_unless_present = "batch")]
    introduced: Vec<String>,
    /// Commits that mend it, separated by commas.
    #[arg(long, value_name = "REV", value_delimiter = ',')]
    fixed: Vec<String>,
    /// Read questions from a file, one a line:
    /// {"id":"a","introduced":["REV"],"fixed":["REV"]}. Answers are JSON.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["introduced", "fixed"])]
    batch: Option<PathBuf>,
    /// Count only the commits that are named: no cherry-picks, no reverts.
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    asked: Asked,
}

const HELP: &str = "\
A tag or branch is affected when its history holds an introducing commit that
is in force, and no fix in force that was made after it. The same change on
another branch counts like the one that was named: found by git's patch id, or
by a message that says `(cherry picked from commit ...)`. A revert of the
introducing commit mends, a revert of the fix opens again. Commits of the same
author under the same subject are shown as candidates and do not count.

Exit code: 0 when it is answered, 2 when a commit or repository cannot be
read.";

/// Runs it.
pub fn run(
    args: &AffectedArgs,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> Result<Outcome, Stopped> {
    let queries = match &args.batch {
        Some(path) => batch::read(path)?,
        None => {
            vec![Query { id: String::new(), introduced: args.introduced.clone(), fixed: args.fixed.clone() }]
        }
    };
    let workspace = args.asked.open()?;
    let reach = if args.exact { Reach::NamedOnly } else { Reach::Everything };
    let mut affected = Affected::open(&workspace, reach, &queries)?;
    let several = workspace.repositories().len() > 1;
    let mut outcome = Outcome::Done;
    let mut json = Json::default();
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    let answered = affected.answer(&queries, |query, answer| match answer {
        Ok(answer) if args.asked.json || args.batch.is_some() => {
            json.write(query, answer, several);
            json.flush(&mut out)
        }
        Ok(answer) => print(answer, several, style, &mut out),
        Err(error) => {
            outcome = Outcome::Unreadable;
            if args.batch.is_some() {
                writeln!(out, "{}", serde_json::json!({"id": query.id, "error": error.to_string()}))?;
            }
            let id = if query.id.is_empty() { String::new() } else { format!("{}: ", echo(&query.id)) };
            writeln!(messages, "fixlead: {id}{error}")
        }
    })?;
    answered?;
    out.flush()?;
    Ok(outcome)
}

/// Writes answers as JSON. There can be thousands with thousands of names each, so
/// what stands in them again and again is written once and copied.
#[derive(Default)]
struct Json {
    line: Vec<u8>,
    repositories: HashMap<PathBuf, Names>,
}

/// The names of a repository as they stand in JSON.
struct Names {
    /// Each in quotes, tags first.
    quoted: Vec<Vec<u8>>,
    tags: usize,
    /// For eight tags that stand together, every choice of them that was asked for, each
    /// with a comma behind it.
    chosen: Vec<Option<Box<[u8]>>>,
    /// For sixty-four of them, all.
    whole: Vec<Option<Box<[u8]>>>,
}

impl Names {
    fn new(names: &[Ref]) -> Names {
        let quoted = names.iter().map(|name| Value::from(name.name.as_str()).to_string().into_bytes());
        let tags = names.iter().take_while(|name| name.kind == Kind::Tag).count();
        let (chosen, whole) = (vec![None; tags.div_ceil(8) * 256], vec![None; tags.div_ceil(64)]);
        Names { quoted: quoted.collect(), tags, chosen, whole }
    }

    /// Appends the tags of a set, 64 in a word, with a comma behind each.
    fn tags(&mut self, set: impl Iterator<Item = u64>, line: &mut Vec<u8>) {
        let quoted = &self.quoted[..self.tags];
        let joined = |some: &mut dyn Iterator<Item = usize>| -> Box<[u8]> {
            let names = some.filter_map(|tag| quoted.get(tag));
            names.flat_map(|name| name.iter().copied().chain([b','])).collect()
        };
        for (first, (word, whole)) in (0..).step_by(64).zip(set.zip(&mut self.whole)) {
            if word == u64::MAX {
                line.extend_from_slice(whole.get_or_insert_with(|| joined(&mut (first..first + 64))));
                continue;
            }
            for (place, eight) in (first / 8..).zip(word.to_le_bytes()).filter(|(_, eight)| *eight != 0) {
                let Some(chosen) = self.chosen.get_mut(place * 256 + usize::from(eight)) else { break };
                let inside = || (0..8).filter(|bit| eight >> bit & 1 == 1).map(|bit| place * 8 + bit);
                line.extend_from_slice(chosen.get_or_insert_with(|| joined(&mut inside())));
            }
        }
    }
}

impl Json {
    fn write(&mut self, query: &Query, answer: &Answer<'_>, several: bool) {
        let path = &answer.repository.path;
        if !self.repositories.contains_key(path) {
            self.repositories.insert(path.clone(), Names::new(answer.names));
        }
        let Some(names) = self.repositories.get_mut(path) else { return };
        let line = &mut self.line;
        line.extend_from_slice(b"{\"id\":");
        let id = if query.id.is_empty() { Value::Null } else { Value::from(query.id.as_str()) };
        line.extend_from_slice(id.to_string().as_bytes());
        if several {
            line.extend_from_slice(b",\"repo\":");
            line.extend_from_slice(Value::from(path.display().to_string()).to_string().as_bytes());
        }
        for (key, ids) in [("introduced", &answer.introduced), ("fixed", &answer.fixed)] {
            list(line, key, ids.iter().map(|id| format!("\"{id}\"").into_bytes()));
        }
        let states = [
            ("affected_tags", State::Affected),
            ("fixed_tags", State::Fixed),
            ("unaffected_tags", State::Unaffected),
        ];
        for (key, wanted) in states {
            begin(line, key);
            names.tags(answer.states.words(wanted), line);
            if line.last() == Some(&b',') {
                line.pop();
            }
            line.push(b']');
        }
        line.extend_from_slice(b",\"branches\":{");
        let branches = names.quoted.iter().zip(answer.states.iter()).skip(names.tags);
        let branches = branches.filter_map(|(name, state)| Some((name, state?)));
        for (place, (name, state)) in branches.enumerate() {
            if place > 0 {
                line.push(b',');
            }
            line.extend_from_slice(name);
            line.extend_from_slice(b":\"");
            line.extend_from_slice(state.as_str().as_bytes());
            line.push(b'"');
        }
        line.push(b'}');
        list(
            line,
            "same",
            answer.same.iter().map(|same| {
                format!(r#"{{"of":"{}","commit":"{}","by":"{}"}}"#, same.of, same.commit, same.how.as_str())
                    .into_bytes()
            }),
        );
        list(
            line,
            "candidates",
            answer.candidates.iter().map(|other| {
                format!(
                    r#"{{"of":"{}","commit":"{}","because":"{}"}}"#,
                    other.of,
                    other.commit,
                    other.because.as_str()
                )
                .into_bytes()
            }),
        );
        line.extend_from_slice(b"}\n");
    }

    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.line)?;
        self.line.clear();
        Ok(())
    }
}

/// Appends `,"key":[`.
fn begin(line: &mut Vec<u8>, key: &str) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(key.as_bytes());
    line.extend_from_slice(b"\":[");
}

/// Appends `,"key":[…]`.
fn list(line: &mut Vec<u8>, key: &str, items: impl Iterator<Item = impl AsRef<[u8]>>) {
    begin(line, key);
    for (place, item) in items.enumerate() {
        if place > 0 {
            line.push(b',');
        }
        line.extend_from_slice(item.as_ref());
    }
    line.push(b']');
}

fn print(answer: &Answer<'_>, several: bool, style: Style, out: &mut impl Write) -> io::Result<()> {
    if several {
        let path = plain(&answer.repository.path.display().to_string());
        writeln!(out, "{}", style.paint(Tone::Strong, path))?;
    }
    let commits = |out: &mut dyn Write, what: &str, ids: &[Id]| -> io::Result<()> {
        for id in ids {
            let same = answer.same.iter().find(|same| same.commit == *id);
            let how = same.map_or_else(String::new, |same| {
                format!("  {} of {:.12}", same.how.as_str(), same.of.to_string())
            });
            writeln!(out, "{what:<11} {:.12}{}", id.to_string(), style.paint(Tone::Quiet, how))?;
        }
        Ok(())
    };
    commits(out, "introduced", &answer.introduced)?;
    commits(out, "fixed", &answer.fixed)?;
    for revert in answer.same.iter().filter(|same| same.how == fixlead_git::affected::How::Reverts) {
        writeln!(out, "reverted    {:.12} by {:.12}", revert.of.to_string(), revert.commit.to_string())?;
    }
    for (state, tone) in
        [(State::Affected, Tone::Bad), (State::Fixed, Tone::Good), (State::Unaffected, Tone::Quiet)]
    {
        for (tags, what) in [(true, "tags"), (false, "branches")] {
            let names: Vec<String> = answer.names_in(tags, state).map(plain).collect();
            let head = format!("{} {} {what}", names.len(), state.as_str());
            writeln!(out, "\n{}", style.paint(tone, head))?;
            // Everything that ever was without the flaw is of little interest.
            let shown = if state == State::Unaffected && tags { String::new() } else { names.join(" ") };
            for line in filled(&shown, style.width() - 2, style.width() - 2) {
                if !line.is_empty() {
                    writeln!(out, "  {line}")?;
                }
            }
        }
    }
    if !answer.candidates.is_empty() {
        writeln!(out, "\n{}", style.paint(Tone::Care, "Not counted, for somebody to look at"))?;
        for other in answer.candidates {
            let because = match other.because {
                fixlead_git::affected::Because::AuthorAndSubject => "has author and subject of",
                fixlead_git::affected::Because::RevertSubject => "has a subject that reverts",
            };
            writeln!(out, "  {:.12} {because} {:.12}", other.commit.to_string(), other.of.to_string())?;
        }
    }
    Ok(())
}
