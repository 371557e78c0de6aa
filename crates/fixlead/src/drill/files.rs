//! The directory of a drill: where it lies, and writing into it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Makes the directory that was asked for. It must not exist or be empty.
pub fn make_asked(directory: &Path) -> Result<PathBuf, String> {
    refuse_filled(directory)?;
    fs::create_dir_all(directory).map_err(|error| {
        format!(
            "cannot make {}: {error}; choose a directory you may write to with --out",
            directory.display()
        )
    })?;
    Ok(directory.to_owned())
}

/// More drills of one policy and seed than this in one directory are left to
/// somebody who tidies up.
const MOST_NUMBERED: usize = 999;

/// Makes the usual directory, in the current one or, where that cannot be
/// written, among the temporary files. A drill that lies there already is
/// kept: the next one gets a number.
pub fn make_usual(name: &str) -> Result<PathBuf, String> {
    match make_numbered(Path::new(""), name) {
        Err(error) if is_unwritable(&error) => make_numbered(&std::env::temp_dir(), name),
        made => made,
    }
    .map_err(|error| format!("cannot make {name}: {error}; choose a directory with --out"))
}

/// Makes `NAME`, or the first of `NAME-2`, `NAME-3` and so on that is not there.
fn make_numbered(parent: &Path, name: &str) -> Result<PathBuf, std::io::Error> {
    let others = (2..=MOST_NUMBERED).map(|number| format!("{name}-{number}"));
    for name in std::iter::once(name.to_owned()).chain(others) {
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
    Err(std::io::Error::new(ErrorKind::AlreadyExists, "there are too many of them; remove some"))
}

fn is_unwritable(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
}

fn refuse_filled(directory: &Path) -> Result<(), String> {
    let mut entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            return Err(format!(
                "{} is a file; name a directory that does not exist yet with --out",
                directory.display()
            ));
        }
        Err(error) => {
            return Err(format!(
                "cannot look into {}: {error}; choose another directory with --out",
                directory.display()
            ));
        }
    };
    if entries.next().is_some() {
        return Err(format!(
            "{} is not empty; remove it, or name a new directory with --out",
            directory.display()
        ));
    }
    Ok(())
}

/// Writes a file and the directories above it.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), String> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| format!("cannot make {}: {error}", parent.display()))?;
    }
    fs::write(path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// A name made of letters, digits, `.`, `_` and `-` only.
pub fn plain_name(text: &str) -> String {
    let name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' }).collect();
    name.trim_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_file_gives_a_plain_directory_name() {
        assert_eq!(plain_name("opentelemetry"), "opentelemetry");
        assert_eq!(plain_name("../own/policy.toml"), "own-policy.toml");
    }
}
