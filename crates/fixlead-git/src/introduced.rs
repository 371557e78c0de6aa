//! Commits that may have brought a flaw in, from the fix alone: those that last
//! wrote the lines it takes away, those beside what it adds, and those that
//! wrote these lines before. Such guesses are right less than half of the time:
//! they are a place to begin looking. What a message says (`Fixes: …`) comes first.

use std::collections::{BTreeMap, BTreeSet};

use crate::blame;
use crate::diff::{self, FilePatch};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::index::patch_ids::DIFF;
use crate::series::{self, Commit};
use crate::workspace::Workspace;

/// How much speaks for a commit, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The fix's message names it.
    Stated,
    /// It wrote at least half of the lines that the fix takes away.
    Likely,
    /// It wrote some of them, or what stands beside what the fix adds.
    Possible,
    /// It wrote these lines at some time before, or a little beside them.
    Weak,
}

impl Confidence {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Stated => "stated",
            Confidence::Likely => "likely",
            Confidence::Possible => "possible",
            Confidence::Weak => "weak",
        }
    }
}

/// How a commit was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// The message of the fix names it.
    Message,
    /// It last wrote lines that the fix takes away.
    RemovedLines,
    /// It last wrote lines beside what the fix adds.
    SurroundingLines,
    /// It wrote lines that the fix takes away before somebody else did.
    EarlierHistory,
}

impl How {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Message => "message",
            How::RemovedLines => "removed-lines",
            How::SurroundingLines => "surrounding-lines",
            How::EarlierHistory => "earlier-history",
        }
    }
}

/// A line that speaks for a commit, as it was before the fix.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The file.
    pub path: String,
    /// From 1.
    pub number: u32,
    /// What it says.
    pub text: String,
}

/// A commit that may have brought the flaw in.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The commit.
    pub commit: Id,
    /// The first line of its message.
    pub subject: String,
    /// How much speaks for it.
    pub confidence: Confidence,
    /// How it was found.
    pub how: BTreeSet<How>,
    /// How many of the lines that were looked at it wrote, in hundredths.
    pub share: u32,
    /// These lines.
    pub lines: BTreeSet<Line>,
}

/// So many places are followed back through history.
const MOST_TRACED: usize = 20;
/// So many commits of each.
const DEEPEST: usize = 6;
/// Lines beside an addition, on each side.
const BESIDE: usize = 3;

#[derive(Default)]
struct Evidence {
    how: BTreeSet<How>,
    lines: BTreeSet<Line>,
    removed: u32,
    beside: u32,
}

/// Candidates for a fix (`OLD..NEW` or one commit), the best first. None are
/// found for a fix that only makes files.
///
/// # Errors
/// When the series or an object cannot be read, or it changes more than `most` files,
/// each commit's counted: the history of each is gone through.
pub fn candidates(workspace: &Workspace, fix: &str, most: usize) -> Result<(Vec<Commit>, Vec<Candidate>)> {
    let series = series::read(workspace, fix)?;
    let own: BTreeSet<Id> = series.iter().map(|commit| commit.id).collect();
    let mut found: BTreeMap<Id, Evidence> = BTreeMap::new();
    let (mut removed, mut beside, mut traced, mut files) = (0, 0, 0, 0);
    for commit in &series {
        for named in stated(&commit.message) {
            if let Ok(named) = workspace.commit(named) {
                found.entry(named).or_default().how.insert(How::Message);
            }
        }
        let Some(parent) = commit.parent else { continue };
        let patch = workspace.git().run(DIFF, format!("{}\n", commit.id).as_bytes())?;
        for file in diff::read(&patch) {
            let Some(path) = file.old.clone() else { continue };
            files += 1;
            if files > most {
                let why = format!("changes more than {most} files; name fewer commits");
                return Err(Error::Series(fix.to_owned(), why));
            }
            let looked = Looked::at(&file, &path);
            for (lines, how) in
                [(&looked.removed, How::RemovedLines), (&looked.beside, How::SurroundingLines)]
            {
                let ranges = lines.keys().map(|number| (*number, *number));
                for (number, writer) in blame::lines(workspace.git(), &parent, &path, ranges)? {
                    // What the fix itself wrote a commit before is no flaw.
                    let Some(line) = lines.get(&number).filter(|_| !own.contains(&writer)) else { continue };
                    let evidence = found.entry(writer).or_default();
                    evidence.how.insert(how);
                    evidence.lines.insert(line.clone());
                    let (count, total) = match how {
                        How::RemovedLines => (&mut evidence.removed, &mut removed),
                        _ => (&mut evidence.beside, &mut beside),
                    };
                    *count += 1;
                    *total += 1;
                }
            }
            for (first, last) in looked.runs() {
                traced += 1;
                if traced > MOST_TRACED {
                    break;
                }
                for earlier in trace(workspace, &parent, &path, first, last)? {
                    if !own.contains(&earlier) {
                        let evidence = found.entry(earlier).or_default();
                        if !evidence.how.contains(&How::RemovedLines) {
                            evidence.how.insert(How::EarlierHistory);
                            evidence.lines.extend(
                                (first..=last).filter_map(|number| looked.removed.get(&number).cloned()),
                            );
                        }
                    }
                }
            }
        }
    }
    let subjects = subjects(workspace, found.keys())?;
    let mut candidates: Vec<Candidate> = found
        .into_iter()
        .map(|(commit, evidence)| {
            let share = |count: u32, total: u32| (100 * count).checked_div(total).unwrap_or(0);
            let (of_removed, of_beside) = (share(evidence.removed, removed), share(evidence.beside, beside));
            let confidence = if evidence.how.contains(&How::Message) {
                Confidence::Stated
            } else if of_removed >= 50 {
                Confidence::Likely
            } else if of_removed > 0 || (removed == 0 && of_beside >= 50) {
                Confidence::Possible
            } else {
                Confidence::Weak
            };
            Candidate {
                commit,
                subject: subjects.get(&commit).cloned().unwrap_or_default(),
                confidence,
                share: if removed > 0 { of_removed } else { of_beside },
                how: evidence.how,
                lines: evidence.lines,
            }
        })
        .collect();
    candidates.sort_by_key(|candidate| {
        (candidate.confidence, std::cmp::Reverse(candidate.share), candidate.commit)
    });
    Ok((series, candidates))
}

/// Lines of one file that are looked at.
#[derive(Default)]
struct Looked {
    removed: BTreeMap<u32, Line>,
    beside: BTreeMap<u32, Line>,
}

impl Looked {
    fn at(file: &FilePatch, path: &str) -> Self {
        let mut looked = Looked::default();
        for hunk in &file.hunks {
            let mut number = hunk.old_start.max(1);
            // What stands around, with the place of additions among it.
            let mut around: Vec<Option<Line>> = Vec::new();
            let mut takes_away = false;
            for line in &hunk.lines {
                let text = String::from_utf8_lossy(&line[1..]).into_owned();
                let says = says_something(&text);
                let line_at = Line { path: path.to_owned(), number, text };
                match line.first() {
                    Some(b'-') => {
                        takes_away |= says;
                        if says {
                            looked.removed.insert(number, line_at);
                        }
                        number += 1;
                    }
                    Some(b' ') => {
                        if says {
                            around.push(Some(line_at));
                        }
                        number += 1;
                    }
                    Some(b'+') if says => around.push(None),
                    _ => {}
                }
            }
            // Additions alone leave only their neighbours to ask.
            if !takes_away {
                for added in (0..around.len()).filter(|place| around[*place].is_none()) {
                    let above = around[..added].iter().rev().flatten().take(BESIDE);
                    let below = around[added..].iter().flatten().take(BESIDE);
                    looked.beside.extend(above.chain(below).map(|line| (line.number, line.clone())));
                }
            }
        }
        looked
    }

    /// Removed lines that follow each other, by their first and last.
    fn runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for number in self.removed.keys() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == *number => *last = *number,
                _ => runs.push((*number, *number)),
            }
        }
        runs
    }
}

/// Whether a line is more than space, brackets or a comment.
fn says_something(text: &str) -> bool {
    let text = text.trim();
    let is_comment = ["//", "/*", "* ", "*/", "# ", "<!--", "-- "].iter().any(|mark| text.starts_with(mark));
    !is_comment && text != "#" && text.chars().any(char::is_alphanumeric)
}

/// The ids that a message names as what it fixes: `Fixes: 1234abc ("…")`,
/// `Introduced-by: …`, `introduced in 1234abc`.
fn stated(message: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut words = message.split_whitespace().peekable();
    let mut before = "";
    while let Some(word) = words.next() {
        let names = matches!(word, "Fixes:" | "Introduced-by:" | "Regression-from:")
            || (before.eq_ignore_ascii_case("introduced") && matches!(word, "in" | "by"));
        let next = words.peek().map(|next| next.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()));
        if let Some(id) = next.filter(|_| names)
            && (7..=64).contains(&id.len())
            && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
        {
            found.push(id);
        }
        before = word;
    }
    found
}

/// Commits that wrote lines, the latest first; that one is left out.
fn trace(workspace: &Workspace, at: &Id, path: &str, first: u32, last: u32) -> Result<Vec<Id>> {
    let (most, range) = (format!("--max-count={DEEPEST}"), format!("-L{first},{last}:{path}"));
    let arguments = ["log", "--no-patch", "--format=%H", &most, &range, &at.to_string()];
    let output = workspace.git().try_run(&arguments, &[])?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(Id::from_hex).skip(1).collect())
}

fn subjects<'a>(
    workspace: &Workspace,
    commits: impl Iterator<Item = &'a Id>,
) -> Result<BTreeMap<Id, String>> {
    let input: String = commits.map(|commit| format!("{commit}\n")).collect();
    if input.is_empty() {
        return Ok(BTreeMap::new());
    }
    let arguments =
        ["log", "--stdin", "--no-walk=unsorted", "--encoding=UTF-8", "--no-show-signature", "--format=%H %s"];
    let output = workspace.git().run(&arguments, input.as_bytes())?;
    let text = String::from_utf8_lossy(&output);
    let pairs = text.lines().filter_map(|line| line.split_once(' '));
    Ok(pairs.filter_map(|(id, subject)| Some((Id::from_hex(id)?, subject.to_owned()))).collect())
}
