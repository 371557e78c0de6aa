//! Sources of advisories in files. Those that are as they were the last time,
//! by size, times and number, are not read again.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fixlead_core::time::{Instant, Span};
use fixlead_formats::source::MOST_BYTES;
use fixlead_publish::tree::{self, Source};
use serde::{Deserialize, Serialize};

use crate::commands::policy::source::read_text;
use crate::configuration::shown;

/// How deep directories are looked through.
const MOST_DEPTH: usize = 8;
/// Most files that are looked at.
const MOST_FILES: usize = 200_000;
/// What changed so shortly before it was read may change again without its times telling.
const SETTLED: Span = Span::from_millis(2_000);

/// What is remembered of files that were read, by their paths.
pub type Remembered = HashMap<String, Seen>;

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Size, times of change in nanoseconds, device and number.
    about: (u64, i64, i64, u64, u64),
    hash: String,
}

/// Files that are there, by their paths.
pub struct Listed(Vec<(PathBuf, Metadata)>);

/// The sources that were found.
pub struct Found {
    /// What each is called, and its hash.
    pub sources: Vec<Source>,
    /// What is to be remembered.
    pub remembered: Remembered,
    /// Whether that is something else than before.
    pub other: bool,
    paths: Vec<PathBuf>,
    /// The texts that were read just now.
    texts: HashMap<usize, String>,
}

/// Looks through files and directories; in a directory every `.toml` file
/// counts, however deep, apart from what is hidden.
///
/// # Errors
/// What cannot be looked at.
pub fn list(places: &[PathBuf]) -> Result<Listed, String> {
    let mut files: Vec<(PathBuf, Metadata)> = Vec::new();
    for place in places {
        let about =
            fs::metadata(place).map_err(|error| format!("{}: cannot be read: {error}", shown(place)))?;
        if about.is_dir() {
            walk(place, 0, &mut files)?;
        } else {
            files.push((place.clone(), about));
        }
    }
    // By their bytes: paths are compared part by part, which takes long for many.
    files.sort_unstable_by(|one, other| one.0.as_os_str().cmp(other.0.as_os_str()));
    files.dedup_by(|one, other| one.0 == other.0);
    Ok(Listed(files))
}

/// Reads what is not as it is remembered.
///
/// # Errors
/// What cannot be read.
pub fn find(listed: Listed, mut remembered: Remembered, now: Instant) -> Result<Found, String> {
    let Listed(files) = listed;
    let mut found = Found {
        sources: Vec::with_capacity(files.len()),
        remembered: Remembered::with_capacity(files.len()),
        other: false,
        paths: Vec::with_capacity(files.len()),
        texts: HashMap::new(),
    };
    for (place, (path, about)) in files.into_iter().enumerate() {
        let name = path.to_string_lossy();
        let whole = |seconds: i64, nanoseconds: i64| {
            seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
        };
        let (changed, moved) =
            (whole(about.mtime(), about.mtime_nsec()), whole(about.ctime(), about.ctime_nsec()));
        let about = (about.len(), changed, moved, about.dev(), about.ino());
        let (name, hash) = match remembered.remove_entry(name.as_ref()) {
            Some((name, seen)) if seen.about == about => {
                let hash = seen.hash.clone();
                found.remembered.insert(name, seen);
                (None, hash)
            }
            was => {
                let text =
                    read_text(&path, MOST_BYTES).map_err(|wrong| format!("{}: {wrong}", shown(&path)))?;
                let hash = tree::hash(&text);
                found.texts.insert(place, text);
                found.other |= was.is_some();
                (Some(name.into_owned()), hash)
            }
        };
        let settled = changed.max(moved) / 1_000_000 + SETTLED.millis() < now.millis();
        if let Some(name) = name.filter(|_| settled) {
            found.remembered.insert(name, Seen { about, hash: hash.clone() });
            found.other = true;
        }
        found.sources.push(Source { name: shown(&path), hash });
        found.paths.push(path);
    }
    found.other |= !remembered.is_empty();
    Ok(found)
}

impl Found {
    /// The text of a source.
    ///
    /// # Errors
    /// Why it cannot be read any more.
    pub fn text(&self, place: usize) -> Result<String, String> {
        match self.texts.get(&place) {
            Some(text) => Ok(text.clone()),
            None => read_text(&self.paths[place], MOST_BYTES),
        }
    }
}

fn walk(directory: &Path, depth: usize, files: &mut Vec<(PathBuf, Metadata)>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: cannot be read: {error}", shown(directory));
    if depth > MOST_DEPTH {
        return Err(format!("{}: directories lie too deep in each other", shown(directory)));
    }
    for entry in fs::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type().map_err(fail)?.is_dir() {
            walk(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            let about =
                fs::metadata(&path).map_err(|error| format!("{}: cannot be read: {error}", shown(&path)))?;
            if about.is_file() {
                files.push((path, about));
            }
        }
        if files.len() > MOST_FILES {
            return Err(format!("{}: more than {MOST_FILES} files", shown(directory)));
        }
    }
    Ok(())
}
