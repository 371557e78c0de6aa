//! Where a flaw came from and what has it, as `fixlead patch introduced` and `affected`
//! find it in the repository of the fix.

use fixlead_app::fix::Fault;
use fixlead_app::fix::origin::{Asked, Candidate, Origin};
use fixlead_core::text::short;
use fixlead_git::affected::{Affected, FROM_THE_BEGINNING, Query, Reach, State};
use fixlead_git::introduced::{self, Confidence};
use fixlead_git::private::{BELOW, Ends};
use fixlead_git::{Error, Kind, Private, series};

use super::{Result, fault};

/// Most candidates, and most lines of each.
const MOST_CANDIDATES: usize = 20;
const MOST_LINES: usize = 5;
/// Most files whose history is gone through, counted for each commit of the fix.
const MOST_FILES: usize = 200;
/// Most commits that count like others.
const MOST_SAME: usize = 50;

/// The fix as git names it: as it was asked, or what was pushed for the first branch.
pub fn fix(private: &Private, ends: &Ends, asked: &Asked) -> Result<String> {
    if !asked.fix.is_empty() {
        return Ok(asked.fix.clone());
    }
    let end = ends.private.get("main").or(ends.private.values().next());
    let end =
        end.ok_or_else(|| Fault::Said("nothing was pushed yet; name the commit that mends it".to_owned()))?;
    let series = private.series(end).map_err(fault)?;
    Private::range(&series).ok_or_else(|| {
        Fault::Said("what was pushed is public by now; name the commit that mends it".to_owned())
    })
}

/// Finds it out.
pub fn trace(private: &Private, fix: &str, introduced: &[String]) -> Origin {
    let mut origin = Origin::default();
    if let Err(error) = found(private, fix, introduced, &mut origin) {
        origin.failed = Some(match fault(error) {
            Fault::Said(why) => why,
            _ => "git could not find it out; the log of the desk says when".to_owned(),
        });
    }
    origin
}

fn found(
    private: &Private,
    fix: &str,
    named: &[String],
    origin: &mut Origin,
) -> std::result::Result<(), Error> {
    let workspace = private.workspace()?;
    // A merge that is named as the fix mends as well; what it brings is looked at.
    let commits = series::read(&workspace, fix)?;
    origin.fix = commits.iter().map(|commit| commit.id.to_string()).collect();
    let (_, candidates) = introduced::candidates(&workspace, fix, MOST_FILES)?;
    let best = candidates.first().map(|candidate| candidate.confidence);
    origin.introduced = named.to_vec();
    if named.is_empty() {
        // Of guesses only those count that speak for themselves.
        let counts = |one: &&introduced::Candidate| {
            Some(one.confidence) == best && one.confidence <= Confidence::Likely
        };
        origin.introduced =
            candidates.iter().filter(counts).map(|candidate| candidate.commit.to_string()).collect();
    }
    for candidate in candidates.into_iter().take(MOST_CANDIDATES) {
        let lines = candidate.lines.into_iter().take(MOST_LINES);
        origin.candidates.push(Candidate {
            commit: candidate.commit.to_string(),
            subject: short(&candidate.subject, 200),
            confidence: candidate.confidence.as_str(),
            share: candidate.share,
            because: candidate.how.iter().map(|how| how.as_str()).collect(),
            lines: lines.map(|line| (line.path, line.number, short(line.text.trim(), 160))).collect(),
        });
    }
    if origin.introduced.is_empty() {
        return Ok(());
    }
    let introduced: Vec<&str> =
        origin.introduced.iter().map(String::as_str).filter(|name| *name != FROM_THE_BEGINNING).collect();
    workspace.commits(&introduced)?;
    let query = Query { id: String::new(), introduced: origin.introduced.clone(), fixed: origin.fix.clone() };
    let queries = [query];
    let mut affected = Affected::open(&workspace, Reach::Everything, &queries)?;
    let mut failed = None;
    let _ = affected.answer(&queries, |_, answer| -> std::result::Result<(), ()> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                failed = Some(error.to_string());
                return Ok(());
            }
        };
        let names = |state| answer.names_in(true, state).map(str::to_owned).collect();
        origin.affected_tags = names(State::Affected);
        origin.fixed_tags = names(State::Fixed);
        let below = BELOW.trim_start_matches("refs/heads/");
        for (name, state) in answer.names.iter().zip(answer.states.iter()) {
            if let (Kind::Branch, Some(state)) = (name.kind, state)
                && !name.name.starts_with(below)
            {
                origin.branches.push((name.name.clone(), state.as_str()));
            }
        }
        let same = answer.same.iter().take(MOST_SAME);
        origin.same =
            same.map(|one| (one.of.to_string(), one.commit.to_string(), one.how.as_str())).collect();
        Ok(())
    })?;
    origin.failed = failed;
    Ok(())
}
