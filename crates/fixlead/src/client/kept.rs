//! The sessions of whoever has signed in on this machine, one for each desk, in
//! a file that nobody else can read.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::configuration::values::Origin;
use crate::configuration::{Environment, secret, shown};

/// Where they are: `FIXLEAD_SESSION_FILE`, else in the directory for what
/// programs keep of a user (`XDG_STATE_HOME`).
///
/// # Errors
/// When nothing says where.
pub fn place(environment: Environment<'_>) -> Result<PathBuf, String> {
    if let Some(path) = environment("FIXLEAD_SESSION_FILE") {
        return Ok(PathBuf::from(path));
    }
    let state = environment("XDG_STATE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(environment("HOME")?).join(".local/state"));
    let state = state.filter(|path| path.is_absolute()).or_else(home);
    let state = state.ok_or("say in FIXLEAD_SESSION_FILE where your session is kept")?;
    Ok(state.join("fixlead/session"))
}

fn read(path: &Path) -> Result<BTreeMap<String, String>, String> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = secret::read(path)?;
    serde_json::from_str(&text)
        .map_err(|_| format!("{}: not what `fixlead sign-in` wrote; delete it, and sign in", shown(path)))
}

/// The session at a desk, as its cookie.
///
/// # Errors
/// When the file cannot be read.
pub fn session(environment: Environment<'_>, origin: &Origin) -> Result<Option<String>, String> {
    match place(environment) {
        Ok(path) => Ok(read(&path)?.remove(origin.as_str())),
        // Who keeps no session has none.
        Err(_) => Ok(None),
    }
}

/// Keeps the session at a desk, in place of the one before; nothing forgets it.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(environment: Environment<'_>, origin: &Origin, cookie: Option<&str>) -> Result<(), String> {
    let path = place(environment)?;
    let mut sessions = read(&path)?;
    match cookie {
        Some(cookie) => sessions.insert(origin.as_str().to_owned(), cookie.to_owned()),
        None => sessions.remove(origin.as_str()),
    };
    let fail = |error: std::io::Error| format!("{}: cannot be written: {error}", shown(&path));
    let beside = path.with_extension("new");
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(fail)?;
    }
    // Left behind by one that was cut off.
    let _ = fs::remove_file(&beside);
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).map_err(fail)?;
    let text = serde_json::to_string(&sessions).unwrap_or_default();
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)?;
    fs::rename(&beside, &path).map_err(fail)
}
