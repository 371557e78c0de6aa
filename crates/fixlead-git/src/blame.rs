//! Who last wrote lines of a file.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::id::Id;
use crate::run::Git;

/// More ranges than one command line takes.
const MOST_RANGES: usize = 500;

/// The commit that last wrote each line of a file in some ranges (first and
/// last line, from 1), as the file is in a commit; white space and moves within
/// the file are looked through. Nothing for ranges behind the end of the file,
/// or for a path that is no file there.
///
/// # Errors
/// When git cannot be run.
pub fn lines(
    git: &Git,
    at: &Id,
    path: &str,
    ranges: impl Iterator<Item = (u32, u32)>,
) -> Result<BTreeMap<u32, Id>> {
    let mut arguments: Vec<String> = ["blame", "--porcelain", "-w", "-M"].map(str::to_owned).into();
    let before = arguments.len();
    arguments.extend(
        ranges
            .take(MOST_RANGES)
            .map(|(first, last)| format!("-L{},{}", first.max(1), last.max(first).max(1))),
    );
    if arguments.len() == before {
        return Ok(BTreeMap::new());
    }
    arguments.extend([at.to_string(), "--".to_owned(), path.to_owned()]);
    let output = git.try_run(&arguments, &[])?;
    if output.code != Some(0) {
        let error = crate::error::Error::from_git("blame", &output.messages);
        return match error {
            missing @ crate::error::Error::MissingObject(_) => Err(missing),
            _ => Ok(BTreeMap::new()),
        };
    }
    Ok(found(&String::from_utf8_lossy(&output.stdout)))
}

/// The commit of each line, as git says.
pub(crate) fn found(text: &str) -> BTreeMap<u32, Id> {
    let mut found = BTreeMap::new();
    for line in text.lines() {
        // `ID LINE-THEN LINE-NOW [COUNT]` before each line, which has a tab.
        let mut words = line.split(' ');
        if let (Some(commit), Some(now)) = (words.next().and_then(Id::from_hex), words.nth(1)) {
            found.extend(now.parse().map(|now: u32| (now, commit)));
        }
    }
    found
}
