//! Whether a fix that nobody should know of stands in public already: the same
//! patch, or the lines that it adds, among commits that came to public
//! repositories.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read as _;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::index::patch_ids::{DIFF, PatchIds};
use crate::refs::Kind;
use crate::repository::Repository;
use crate::series::Commit;
use crate::workspace::Workspace;

/// Most commits that are looked at in one repository.
pub const MOST_COMMITS: usize = 20_000;
/// Shorter lines say nothing: brackets, `return;`. In letters, spaces not counted.
const LEAST_LETTERS: usize = 8;
/// How many lines two changes must have in common.
const LEAST_LINES: usize = 3;
/// And how much of the lines that a commit of the fix adds, in hundredths.
const LEAST_SHARE: usize = 60;
/// A line longer than that is data, in bytes.
const MOST_LINE: usize = 4096;

/// How a public commit resembles one of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The same `git patch-id --stable`.
    PatchId,
    /// So many of so many lines that the fix adds, spaces not counted.
    Lines(usize, usize),
}

/// A public commit that resembles one of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which of the public repositories, in their order, from 0.
    pub repository: usize,
    /// The public commit.
    pub commit: Id,
    /// The commit of the fix.
    pub of: Id,
    /// How.
    pub how: How,
}

/// The ends of the branches and tags of a repository, to say later what is new.
///
/// # Errors
/// When git cannot list them.
pub fn ends(workspace: &Workspace, repository: &Repository) -> Result<BTreeSet<Id>> {
    Ok(workspace.refs(repository)?.into_iter().map(|name| name.target).collect())
}

/// Looks for a series in public: in every repository of the workspace but the first,
/// which holds the series. Commits that the public commit under the series has in
/// its history, and what leads to `known`, were there before and are passed over.
///
/// # Errors
/// When git cannot read something, or more is new than is looked at.
pub fn look(workspace: &Workspace, series: &[Commit], known: &BTreeSet<Id>) -> Result<Vec<Sighting>> {
    let before = series.first().and_then(|first| first.parent);
    let mut ids = PatchIds::load(workspace);
    ids.ask(workspace, series.iter().map(|commit| commit.id))?;
    let patches: HashMap<Id, Id> =
        series.iter().filter_map(|commit| Some((ids.of(&commit.id)?, commit.id))).collect();
    let own: Vec<Id> = series.iter().map(|commit| commit.id).collect();
    let mut lines: BTreeMap<Id, HashSet<Vec<u8>>> = BTreeMap::new();
    added(workspace, &own, |commit, line| {
        lines.entry(commit).or_default().insert(line);
    })?;
    let mut owners: HashMap<&[u8], Vec<Id>> = HashMap::new();
    for (commit, lines) in &lines {
        for line in lines {
            owners.entry(line).or_default().push(*commit);
        }
    }
    let mut found = Vec::new();
    for (number, repository) in workspace.repositories().iter().skip(1).enumerate() {
        let new = new(workspace, repository, known, before)?;
        ids.ask(workspace, new.iter().copied())?;
        let mut common: BTreeMap<(Id, Id), HashSet<Vec<u8>>> = BTreeMap::new();
        added(workspace, &new, |commit, line| {
            for of in owners.get(&line[..]).into_iter().flatten() {
                common.entry((commit, *of)).or_default().insert(line.clone());
            }
        })?;
        for commit in &new {
            let same = ids.of(commit).and_then(|patch| patches.get(&patch));
            if let Some(of) = same {
                let of = *of;
                found.push(Sighting { repository: number, commit: *commit, of, how: How::PatchId });
                continue;
            }
            let best = own.iter().filter_map(|of| Some((common.get(&(*commit, *of))?.len(), *of)));
            let best = best.max_by_key(|(count, _)| *count);
            let Some((count, of)) = best else { continue };
            let all = lines.get(&of).map_or(0, HashSet::len);
            if count >= LEAST_LINES && count * 100 >= all * LEAST_SHARE {
                found.push(Sighting { repository: number, commit: *commit, of, how: How::Lines(count, all) });
            }
        }
    }
    Ok(found)
}

/// The commits of a repository that were not there before, without merges.
fn new(
    workspace: &Workspace,
    repository: &Repository,
    known: &BTreeSet<Id>,
    before: Option<Id>,
) -> Result<Vec<Id>> {
    let names = workspace.refs(repository)?.into_iter();
    let tips: BTreeSet<Id> =
        names.filter(|name| matches!(name.kind, Kind::Branch | Kind::Tag)).map(|name| name.target).collect();
    let mut asked: Vec<Id> = tips.iter().chain(known).copied().collect();
    asked.extend(before);
    // A tag can stand on a file, and what was known can be gone.
    let kinds = workspace.kinds(&asked)?.into_iter();
    let commits: BTreeSet<Id> = kinds.filter(|(_, kind)| kind == "commit").map(|(id, _)| id).collect();
    let mut input = String::new();
    for tip in tips.iter().filter(|tip| commits.contains(tip) && !known.contains(tip)) {
        input.push_str(&format!("{tip}\n"));
    }
    if input.is_empty() {
        return Ok(Vec::new());
    }
    for old in known.iter().chain(&before).filter(|old| commits.contains(old)) {
        input.push_str(&format!("^{old}\n"));
    }
    let most = format!("--max-count={}", MOST_COMMITS + 1);
    let output = workspace.git().run(&["rev-list", "--no-merges", "--stdin", &most], input.as_bytes())?;
    let found: Vec<Id> = String::from_utf8_lossy(&output).lines().filter_map(Id::from_hex).collect();
    if found.len() > MOST_COMMITS {
        let name = repository.path.display().to_string();
        let why = format!("has more than {MOST_COMMITS} new commits; look at it after a shorter time");
        return Err(Error::Series(name, why));
    }
    Ok(found)
}

/// Tells each line that commits add, without spaces, if it says anything.
fn added(workspace: &Workspace, commits: &[Id], mut tell: impl FnMut(Id, Vec<u8>)) -> Result<()> {
    if commits.is_empty() {
        return Ok(());
    }
    let input: String = commits.iter().map(|commit| format!("{commit}\n")).collect();
    workspace.git().stream(DIFF, input.as_bytes(), |out| {
        let (mut commit, mut line) = (None, Vec::new());
        loop {
            line.clear();
            // What is longer is read on, and says nothing.
            let mut limited = (&mut *out).take(MOST_LINE as u64);
            if std::io::BufRead::read_until(&mut limited, b'\n', &mut line).map_err(Error::Start)? == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') && line.len() == MOST_LINE {
                let mut rest = Vec::new();
                while std::io::BufRead::read_until(&mut (&mut *out).take(1 << 16), b'\n', &mut rest)
                    .map_err(Error::Start)?
                    > 0
                    && rest.last() != Some(&b'\n')
                {
                    rest.clear();
                }
                continue;
            }
            match line.first() {
                Some(b'+') if !line.starts_with(b"+++ ") => {
                    let said: Vec<u8> =
                        line[1..].iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                    let letters = said.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
                    if let Some(commit) = commit.filter(|_| letters >= LEAST_LETTERS) {
                        tell(commit, said);
                    }
                }
                Some(byte) if byte.is_ascii_hexdigit() => {
                    commit =
                        std::str::from_utf8(&line).ok().and_then(|text| Id::from_hex(text.trim())).or(commit);
                }
                _ => {}
            }
        }
    })
}
