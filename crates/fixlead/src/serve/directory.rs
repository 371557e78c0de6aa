//! The data directory: made for its owner alone, refused if others can read it,
//! and used by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::configuration::shown;

/// The file that a running desk holds locked.
pub const LOCK: &str = "lock";

/// A data directory that this process alone uses, until it is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    // The lock goes with the file.
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if there is none, and takes it.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn take(path: &Path) -> Result<Self, String> {
        if !path.exists() {
            let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
            made.map_err(|error| format!("{}: the data directory cannot be made: {error}", shown(path)))?;
        }
        check(path)?;
        let fail = |error: std::io::Error| {
            format!(
                "{}: cannot be written: {error}; the data directory has to belong to whoever runs this",
                shown(path)
            )
        };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => Ok(DataDirectory { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(format!(
                "{}: another fixlead uses this data directory; stop it first, or name another one with --data",
                shown(path)
            )),
            Err(TryLockError::Error(error)) => Err(fail(error)),
        }
    }
}

/// Whether nobody but its owner can look into a directory.
///
/// # Errors
/// What is wrong with it, and what to do.
pub fn check(path: &Path) -> Result<(), String> {
    let about = std::fs::metadata(path).map_err(|error| format!("{}: {error}", shown(path)))?;
    if !about.is_dir() {
        return Err(format!("{}: is no directory; name one with --data", shown(path)));
    }
    if about.mode() & 0o077 != 0 {
        return Err(format!(
            "{0}: others can look into this data directory (mode {1:04o}); run: chmod 700 {0}",
            shown(path),
            about.mode() & 0o7777
        ));
    }
    Ok(())
}
