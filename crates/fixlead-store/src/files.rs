//! Names of files that last. The sync of a file promises its bytes; that its
//! name is there after the power went is promised by the sync of its directory.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::error::{Error, Result};

/// Makes a directory that only its owner can enter, with all above it that
/// are missing, so that their names last. One that is there may have been made
/// by a start that the power broke off, so its name is synced too.
pub(crate) fn make_directory(path: &Path) -> Result<()> {
    let fail = |error| Error::file(path, error);
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(fail)?;
    missing.iter().try_for_each(|made| sync_name(made))?;
    sync_name(path)
}

/// Waits until the name of a file or directory is on the disk.
pub(crate) fn sync_name(path: &Path) -> Result<()> {
    let above = match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => return Ok(()),
    };
    let fail = |error| Error::file(above, error);
    match fs::File::open(above) {
        Ok(directory) => directory.sync_all().map_err(fail),
        // Whoever may enter a directory need not be able to read it. Nothing
        // was made in it then.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(fail(error)),
    }
}
