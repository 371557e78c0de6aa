//! Whether what was released is what was sent out and reviewed, patch by patch.
//!
//! Patches are the same when they take away and add the same lines, byte for
//! byte, white space included, between the same lines around them, with the
//! same modes and names; where in the file that is does not count.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::diff::{self, FilePatch};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::index::patch_ids::DIFF;
use crate::scratch::Scratch;
use crate::series;
use crate::workspace::Workspace;

/// One patch of a series.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The commit, where the series says it.
    pub commit: Option<Id>,
    /// The first line of the message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// Its id by `git patch-id --verbatim`, with which anybody checks again.
    pub patch_id: Option<Id>,
    files: Vec<FilePatch>,
}

/// How a patch that was released stands to one that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The same, byte for byte, but for its place in the file.
    Same,
    /// The same lines added and taken away, with others around them.
    ContextDiffers,
    /// Something else is added or taken away.
    Changed,
    /// Released without having been sent.
    Added,
    /// Sent and not released.
    Dropped,
}

impl Status {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Same => "same",
            Status::ContextDiffers => "context-differs",
            Status::Changed => "changed",
            Status::Added => "added",
            Status::Dropped => "dropped",
        }
    }
}

/// A patch sent, the one released for it, and how they stand to each other.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The patch that was sent; none if it was [`Status::Added`].
    pub sent: Option<Patch>,
    /// The patch that was released; none if it was [`Status::Dropped`].
    pub released: Option<Patch>,
    /// How they stand to each other.
    pub status: Status,
    /// How the one patch becomes the other, as a difference of patches.
    pub interdiff: String,
}

/// The largest file of mails that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// What two patches must have in common to be taken for versions of one, in
/// hundredths of the lines of the longer one.
const ALIKE: usize = 50;

/// Compares two series, each `OLD..NEW`, one commit, or a file of mails as
/// `git format-patch --stdout` writes it. Pairs are in the order of what was
/// sent, then what was added.
///
/// # Errors
/// When one cannot be read.
pub fn compare(workspace: &Workspace, sent: &str, released: &str) -> Result<Vec<Pair>> {
    let mails = [sent, released].map(|text| Path::new(text).is_file().then_some(text));
    let [sent_mails, released_mails] = mails;
    let from_mails =
        |mails: Option<&str>| mails.map(|path| read_mails(workspace, Path::new(path))).transpose();
    let (sent_mails, released_mails) = (from_mails(sent_mails)?, from_mails(released_mails)?);
    // Mails usually tell renames as such, so commits are asked for the same.
    let renames = [&sent_mails, &released_mails].into_iter().flatten().flatten().any(|patch| {
        patch.files.iter().any(|file| {
            file.header.iter().any(|line| line.starts_with("rename ") || line.starts_with("copy "))
        })
    });
    let sent = sent_mails.map_or_else(|| read_commits(workspace, sent, renames), Ok)?;
    let released = released_mails.map_or_else(|| read_commits(workspace, released, renames), Ok)?;
    pair(workspace, sent, released)
}

fn read_commits(workspace: &Workspace, text: &str, renames: bool) -> Result<Vec<Patch>> {
    let commits = series::read(workspace, text)?;
    let input: String = commits.iter().map(|commit| format!("{}\n", commit.id)).collect();
    let ids = workspace.git().pipe(DIFF, &["patch-id", "--verbatim"], input.as_bytes())?;
    let ids: HashMap<Id, Id> = patch_ids(&ids).collect();
    let mut patches = Vec::new();
    for commit in commits {
        let mut arguments = DIFF.to_vec();
        arguments.push("--binary");
        if renames {
            arguments.push("--find-renames");
        }
        let diff = workspace.git().run(&arguments, format!("{}\n", commit.id).as_bytes())?;
        patches.push(Patch {
            commit: Some(commit.id),
            subject: commit.subject,
            author: commit.author,
            patch_id: ids.get(&commit.id).copied(),
            files: diff::read(&diff),
        });
    }
    Ok(patches)
}

pub(crate) fn patch_ids(lines: &[u8]) -> impl Iterator<Item = (Id, Id)> {
    let lines = String::from_utf8_lossy(lines).into_owned();
    let ids = lines.lines().filter_map(|line| {
        let (patch, commit) = line.split_once(' ')?;
        Some((Id::from_hex(commit)?, Id::from_hex(patch)?))
    });
    ids.collect::<Vec<_>>().into_iter()
}

/// Has git take mails apart, as it does for `git am`.
fn read_mails(workspace: &Workspace, path: &Path) -> Result<Vec<Patch>> {
    let size = fs::metadata(path).map_err(Error::file(path))?.len();
    if size > MOST_BYTES {
        let most = MOST_BYTES as usize;
        return Err(Error::TooMuch { what: format!("format-patch in {}", path.display()), most });
    }
    let bytes = fs::read(path).map_err(Error::file(path))?;
    let scratch = Scratch::new()?;
    let place = scratch.path();
    let nothing = || {
        let why = "no mail in it has a patch; write one with `git format-patch --stdout OLD..NEW`";
        Error::Series(path.display().to_string(), why.to_owned())
    };
    let split = workspace.git().try_run(&["mailsplit", &format!("-o{}", place.display())], &bytes)?;
    if split.code != Some(0) {
        return Err(nothing());
    }
    let mut mails: Vec<_> =
        fs::read_dir(place).map_err(Error::file(place))?.flatten().map(|entry| entry.path()).collect();
    mails.sort();
    let mut patches = Vec::new();
    for mail in mails {
        let bytes = fs::read(&mail).map_err(Error::file(&mail))?;
        let (message, patch) = (place.join("message"), place.join("patch"));
        let arguments =
            ["mailinfo", "--encoding=UTF-8", &message.display().to_string(), &patch.display().to_string()];
        let about = workspace.git().run(&arguments, &bytes)?;
        let about = String::from_utf8_lossy(&about).into_owned();
        let field = |name: &str| {
            let line = about.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let diff = fs::read(&patch).map_err(Error::file(&patch))?;
        let files = diff::read(&diff);
        // A letter that goes before a series brings no patch.
        if files.is_empty() {
            continue;
        }
        let first = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default())
            .into_owned();
        let commit = first.strip_prefix("From ").and_then(|rest| Id::from_hex(rest.split(' ').next()?));
        let id = workspace.git().run(&["patch-id", "--verbatim"], &diff)?;
        let patch_id = String::from_utf8_lossy(&id).split(' ').next().and_then(Id::from_hex);
        let author = format!("{} <{}>", field("Author:"), field("Email:"));
        patches.push(Patch { commit, subject: field("Subject:"), author, patch_id, files });
    }
    match patches.len() {
        0 => Err(nothing()),
        count if count > series::MOST_COMMITS => Err(Error::Series(
            path.display().to_string(),
            "more than 1000 patches; ask about fewer at once".to_owned(),
        )),
        _ => Ok(patches),
    }
}

impl Patch {
    /// The patch without places in files and without what follows from it.
    fn whole(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for file in &self.files {
            self.heading(file, &mut text);
            for hunk in &file.hunks {
                text.extend_from_slice(b"@@\n");
                hunk.lines.iter().for_each(|line| push(&mut text, line));
            }
        }
        text
    }

    /// What is added and taken away alone.
    fn changes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for file in &self.files {
            self.heading(file, &mut text);
            file.changes().for_each(|line| push(&mut text, line));
        }
        text
    }

    fn heading(&self, file: &FilePatch, text: &mut Vec<u8>) {
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "/dev/null".to_owned());
        push(text, format!("{} -> {}", name(&file.old), name(&file.new)).as_bytes());
        file.header.iter().for_each(|line| push(text, line.as_bytes()));
    }

    /// How much of the longer patch is in both, in hundredths.
    fn likeness(&self, other: &Patch) -> usize {
        let lines = |patch: &Patch| {
            let mut count: HashMap<Vec<u8>, usize> = HashMap::new();
            for line in patch.files.iter().flat_map(FilePatch::changes) {
                *count.entry(line.to_vec()).or_default() += 1;
            }
            count
        };
        let (own, others) = (lines(self), lines(other));
        let common: usize =
            own.iter().map(|(line, count)| (*count).min(others.get(line).copied().unwrap_or(0))).sum();
        let longer = own.values().sum::<usize>().max(others.values().sum());
        (100 * common).checked_div(longer).unwrap_or(0)
    }
}

fn push(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}

/// Finds for each patch sent the one released for it: the same, then the same
/// change, then the same subject, then the one most alike.
fn pair(workspace: &Workspace, sent: Vec<Patch>, released: Vec<Patch>) -> Result<Vec<Pair>> {
    let mut of_sent: Vec<Option<(usize, Status)>> = vec![None; sent.len()];
    let mut taken = vec![false; released.len()];
    let mut settle = |status: Status, fits: &dyn Fn(&Patch, &Patch) -> bool| {
        for (place, patch) in sent.iter().enumerate() {
            if of_sent[place].is_none()
                && let Some(found) =
                    (0..released.len()).find(|other| !taken[*other] && fits(patch, &released[*other]))
            {
                of_sent[place] = Some((found, status));
                taken[found] = true;
            }
        }
    };
    settle(Status::Same, &|one, other| one.whole() == other.whole());
    settle(Status::ContextDiffers, &|one, other| one.changes() == other.changes());
    settle(Status::Changed, &|one, other| one.subject == other.subject);
    settle(Status::Changed, &|one, other| one.likeness(other) >= ALIKE);
    let mut pairs = Vec::new();
    for (patch, found) in sent.iter().zip(of_sent) {
        pairs.push(match found {
            None => Pair {
                sent: Some(patch.clone()),
                released: None,
                status: Status::Dropped,
                interdiff: String::new(),
            },
            Some((other, status)) => {
                let other = &released[other];
                let interdiff =
                    if status == Status::Same { String::new() } else { interdiff(workspace, patch, other)? };
                Pair { sent: Some(patch.clone()), released: Some(other.clone()), status, interdiff }
            }
        });
    }
    let added = released.into_iter().zip(taken).filter(|(_, taken)| !taken);
    pairs.extend(added.map(|(patch, _)| Pair {
        sent: None,
        released: Some(patch),
        status: Status::Added,
        interdiff: String::new(),
    }));
    Ok(pairs)
}

fn interdiff(workspace: &Workspace, sent: &Patch, released: &Patch) -> Result<String> {
    let scratch = Scratch::new()?;
    let names = ["sent", "released"].map(|name| scratch.path().join(name));
    for (name, patch) in names.iter().zip([sent, released]) {
        fs::write(name, patch.whole()).map_err(Error::file(name))?;
    }
    let [sent, released] = names.map(|name| name.display().to_string());
    let arguments = [
        "diff",
        "--no-index",
        "--text",
        "--no-color",
        "--no-ext-diff",
        "--unified=3",
        "--",
        &sent,
        &released,
    ];
    let output = workspace.git().try_run(&arguments, &[])?;
    if !matches!(output.code, Some(0 | 1)) {
        return Err(Error::from_git("diff", &output.messages));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // From the first place on: the names are ours.
    Ok(text.find("\n@@ ").map_or_else(String::new, |start| text[start + 1..].to_owned()))
}

/// What anybody can check again with git alone: the id of every patch by
/// `git patch-id --verbatim`, a line each, below the commands that find it.
pub fn evidence(pairs: &[Pair]) -> String {
    let mut text = String::from("# Ids of patches, by git alone. For a commit:\n#   echo COMMIT | git ");
    text.push_str(&DIFF.join(" "));
    text.push_str(
        " | git patch-id --verbatim\n# For a mail with a patch:\n#   git patch-id --verbatim < MAIL\n# SIDE STATUS PATCH-ID COMMIT\n",
    );
    for pair in pairs {
        for (side, patch) in [("sent", &pair.sent), ("released", &pair.released)] {
            let Some(patch) = patch else { continue };
            let or_none = |id: Option<Id>| id.map_or_else(|| "-".to_owned(), |id| id.to_string());
            let (status, id, commit) = (pair.status.as_str(), or_none(patch.patch_id), or_none(patch.commit));
            text.push_str(&format!("{side} {status} {id} {commit}\n"));
        }
    }
    text
}
