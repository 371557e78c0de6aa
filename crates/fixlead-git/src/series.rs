//! A series of commits, written `OLD..NEW`, or one commit.

use crate::error::{Error, Result};
use crate::id::Id;
use crate::workspace::Workspace;

/// The longest series that is taken, in commits.
pub const MOST_COMMITS: usize = 1000;

/// A commit of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: Id,
    /// The commit it changes; none for the first of a history.
    pub parent: Option<Id>,
    /// The first line of its message.
    pub subject: String,
    /// The name and address of who wrote it.
    pub author: String,
    /// Its whole message.
    pub message: String,
}

/// The commits of a series, parents first. Merges are left out: what they
/// bring stands in the series itself.
///
/// # Errors
/// When it is written otherwise, names nothing, is empty or too long.
pub fn read(workspace: &Workspace, text: &str) -> Result<Vec<Commit>> {
    let bad = |why: &str| Error::Series(text.to_owned(), why.to_owned());
    let input = match text.split_once("..") {
        Some((_, new)) if new.starts_with('.') => {
            return Err(bad("write a series with two dots, like OLD..NEW"));
        }
        Some(("", _) | (_, "")) => return Err(bad("name both ends of the series, like OLD..NEW")),
        Some((old, new)) => format!("{}\n^{}\n", workspace.commit(new)?, workspace.commit(old)?),
        None => {
            let one = workspace.commit(text)?;
            format!("{one}\n")
        }
    };
    let most = (MOST_COMMITS + 1).to_string();
    let most = format!("--max-count={}", if text.contains("..") { &most } else { "1" });
    let arguments = [
        "log",
        "-z",
        "--stdin",
        "--no-merges",
        "--topo-order",
        "--encoding=UTF-8",
        "--no-show-signature",
        "--no-notes",
        "--format=tformat:%H%x01%P%x01%an <%ae>%x01%B",
        &most,
    ];
    let output = workspace.git().run(&arguments, input.as_bytes())?;
    let mut commits = records(&output)?;
    match commits.len() {
        0 => Err(bad("there is no commit in it but merges; is it written OLD..NEW?")),
        count if count > MOST_COMMITS => Err(bad("more than 1000 commits; ask about fewer at once")),
        _ => {
            commits.reverse();
            // One commit that is named is that commit, not one before a merge.
            match commits[..] {
                [ref one] if !text.contains("..") && !input.starts_with(&one.id.to_string()) => {
                    Err(bad("is a merge; write what it brought as OLD..NEW"))
                }
                _ => Ok(commits),
            }
        }
    }
}

/// Commits as git tells them in the format that [`read`] asks for.
pub(crate) fn records(output: &[u8]) -> Result<Vec<Commit>> {
    let unexpected = |record: &str| {
        let detail = fixlead_core::text::echo(record);
        Error::Unexpected { what: "log".to_owned(), detail }
    };
    let mut commits = Vec::new();
    for record in output.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let record = String::from_utf8_lossy(record);
        let parts: Vec<&str> = record.splitn(4, '\u{1}').collect();
        let [id, parents, author, message] = parts[..] else {
            return Err(unexpected(&record));
        };
        let id = Id::from_hex(id.trim()).ok_or_else(|| unexpected(&record))?;
        commits.push(Commit {
            id,
            parent: parents.split(' ').next().and_then(Id::from_hex),
            subject: message.lines().next().unwrap_or_default().to_owned(),
            author: author.to_owned(),
            message: message.trim_end().to_owned(),
        });
    }
    Ok(commits)
}
