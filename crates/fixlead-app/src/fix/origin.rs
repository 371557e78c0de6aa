//! Where a flaw came from and how far it reaches, asked of the repository of its fix:
//! which commits may have brought it in, and which tags and branches have it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use fixlead_core::access::Action;
use fixlead_core::case::event::{EventKind, Field};
use fixlead_core::desk::event::Room;
use fixlead_core::id::CaseId;

use super::Found;
use crate::accounts::Caller;
use crate::case::act::Acted;
use crate::case::read::View;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// How long a page waits; then it says that it is not found out yet.
const PATIENCE: Duration = Duration::from_secs(4);
/// The longest name of a commit, in bytes.
const LONGEST: usize = 200;
/// Most commits that are said to have brought the flaw in.
const MOST_INTRODUCED: usize = 20;

/// What is said with every answer.
pub const LIMITS: &str = "Commits are guessed from the lines that the fix changes. Such guesses are right less than half of \
                          the time, and nothing is guessed for a fix that only makes files: look before you rely on one. \
                          A revert or pick that was made by hand counts only if its patch or message says so.";

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The fix, as git names it: `OLD..NEW`, or one commit; what was pushed, if it is
    /// empty.
    pub fix: String,
    /// The commits that brought the flaw in, or `0` for the beginning; those that speak
    /// most for themselves, if none is named.
    pub introduced: Vec<String>,
}

impl Asked {
    /// As somebody wrote it: commits separated by commas or spaces.
    ///
    /// # Errors
    /// What makes no sense.
    pub fn new(fix: &str, introduced: &str) -> Result<Asked> {
        let introduced: Vec<String> = introduced
            .split(|letter: char| letter == ',' || letter.is_whitespace())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let sound = |name: &str| {
            name.len() <= LONGEST && !name.starts_with('-') && !name.chars().any(char::is_control)
        };
        if !sound(fix.trim()) {
            return Err(Problem::invalid("/fix", "name the fix as git does: a commit, or OLD..NEW"));
        }
        if introduced.len() > MOST_INTRODUCED || !introduced.iter().all(|name| sound(name)) {
            let message = format!("name up to {MOST_INTRODUCED} commits as git does, or 0 for the beginning");
            return Err(Problem::invalid("/introduced", message));
        }
        Ok(Asked { fix: fix.trim().to_owned(), introduced })
    }
}

/// A commit that may have brought the flaw in.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
    /// `stated`, `likely`, `possible` or `weak`.
    pub confidence: &'static str,
    /// How many of the lines that were looked at it wrote, in hundredths.
    pub share: u32,
    /// How it was found.
    pub because: Vec<&'static str>,
    /// Some of the lines that speak for it: file, line, text.
    pub lines: Vec<(String, u32, String)>,
}

/// What was found out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The commits of the fix.
    pub fix: Vec<String>,
    /// The best first.
    pub candidates: Vec<Candidate>,
    /// The commits that count as having brought it in.
    pub introduced: Vec<String>,
    /// The tags that have it.
    pub affected_tags: Vec<String>,
    /// The tags that have it and its fix.
    pub fixed_tags: Vec<String>,
    /// Each public branch: `affected`, `fixed` or `unaffected`.
    pub branches: Vec<(String, &'static str)>,
    /// Commits that count like those that were named: of which, which, and why.
    pub same: Vec<(String, String, &'static str)>,
    /// What could not be found out, and why.
    pub failed: Option<String>,
}

/// The answer, for somebody who may read the fix.
pub struct Traced {
    /// The case.
    pub view: View,
    /// What was asked.
    pub asked: Asked,
    /// What was found; nothing while it is being found out.
    pub found: Option<Arc<Origin>>,
    /// The branches of the case's facts that are affected.
    pub affected: Vec<String>,
    /// The branches that the case holds for affected.
    pub recorded: Vec<String>,
}

impl Desk {
    /// Where the flaw of a case came from, and what has it. It is found out aside.
    pub async fn trace_fix(&self, caller: &Caller, case: CaseId, asked: Asked) -> Result<Traced> {
        let (snapshot, kept) = self.read_as(caller, case, &[Action::FixRead]).await?;
        let view = self.view(caller, &snapshot, &kept);
        let question = asked.clone();
        let found = self.with_fixes(move |fixes| fixes.origin(case, &question)).await?;
        let found = waited(found).await;
        let facts = &kept.file.facts.branches;
        let has_it: BTreeSet<&str> = found
            .iter()
            .flat_map(|found| &found.branches)
            .filter(|(_, state)| *state == "affected")
            .map(|(name, _)| name.as_str())
            .collect();
        let affected = facts.iter().filter(|branch| has_it.contains(&*branch.name));
        let affected = affected.map(|branch| branch.name.to_string()).collect();
        let set = kept.file.history.iter().rev();
        let set = set.filter(|event| event.kind == EventKind::AffectedSet);
        let set = set.filter_map(|event| event.branches(Field::Branches)).next().unwrap_or(0);
        let places = facts.iter().enumerate().filter(|(place, _)| *place < 128 && set >> place & 1 == 1);
        let recorded = places.map(|(_, branch)| branch.name.to_string()).collect();
        Ok(Traced { view, asked, found, affected, recorded })
    }

    /// Puts what was found into the team's room as a file, for the retrospective.
    pub async fn keep_origin(
        &self,
        caller: &Caller,
        case: CaseId,
        asked: Asked,
        repeat: Repeat,
    ) -> Result<Acted> {
        let traced = self.trace_fix(caller, case, asked).await?;
        let found = traced.found.ok_or(Problem::Unavailable { retry_after: 5 })?;
        if let Some(why) = &found.failed {
            return Err(Problem::invalid("", why.clone()));
        }
        let text = evidence(&traced.asked, &found);
        self.attach(caller, case, Room::Internal, "origin.txt", text.into_bytes(), Some(repeat)).await
    }
}

async fn waited(mut found: Found<Origin>) -> Option<Arc<Origin>> {
    let waited = tokio::time::timeout(PATIENCE, found.wait_for(Option::is_some)).await;
    waited.ok().and_then(|found| found.ok()?.clone())
}

/// What was found, with the commands that find it again in any clone.
fn evidence(asked: &Asked, found: &Origin) -> String {
    let mut text = String::from("Where the flaw came from, and what has it\n\n");
    let introduced = found.introduced.join(",");
    let fixed = found.fix.join(",");
    let fix = if asked.fix.is_empty() { found.fix.last().map_or("", String::as_str) } else { &asked.fix };
    let _ = writeln!(text, "$ fixlead patch introduced --fix {fix}");
    for candidate in &found.candidates {
        let Candidate { commit, subject, confidence, share, because, .. } = candidate;
        let _ = writeln!(text, "{confidence}  {commit}  {share} %  {}  {subject}", because.join(","));
    }
    let _ = writeln!(text, "{LIMITS}\n\n$ fixlead patch affected --introduced {introduced} --fixed {fixed}");
    for (name, tags) in [("affected", &found.affected_tags), ("fixed", &found.fixed_tags)] {
        let _ = writeln!(text, "{} {name} tags: {}", tags.len(), tags.join(" "));
    }
    for (name, state) in &found.branches {
        let _ = writeln!(text, "branch {name}: {state}");
    }
    for (of, commit, why) in &found.same {
        let _ = writeln!(text, "{commit} counts like {of}: {why}");
    }
    text
}
