//! Where a repository keeps its things, found without asking its settings.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::id::Format;
use crate::run::{Git, Limits};

/// How deep directories of objects may lend to each other, as in git.
const DEEPEST_ALTERNATE: usize = 5;

/// A repository as somebody named it.
#[derive(Debug)]
pub struct Repository {
    /// As it was named.
    pub path: PathBuf,
    /// Its git directory; of a linked worktree its own one.
    pub git_dir: PathBuf,
    /// Its directories of objects: its own first, then those it borrows from.
    pub objects: Vec<PathBuf>,
    /// How it names objects.
    pub format: Format,
    /// Its settings, which only answer what it is called and refers to.
    pub(crate) git: Git,
}

impl Repository {
    /// The repository at a path: a worktree, its `.git`, or a bare one.
    ///
    /// # Errors
    /// When there is none, or its history is cut off.
    pub fn open(path: &Path, limits: Limits) -> Result<Self> {
        let nothing = || Error::NotARepository(path.to_owned());
        let here = fs::canonicalize(path).map_err(|_| nothing())?;
        let git_dir = git_dir(&here).ok_or_else(nothing)?;
        let common = match fs::read_to_string(git_dir.join("commondir")) {
            Ok(text) => git_dir.join(text.trim_end()),
            Err(_) => git_dir.clone(),
        };
        let objects = common.join("objects");
        if !objects.is_dir() {
            return Err(nothing());
        }
        if fs::metadata(common.join("shallow")).is_ok_and(|file| file.len() > 0) {
            return Err(Error::Shallow(path.to_owned()));
        }
        let config = fs::read_to_string(common.join("config")).unwrap_or_default();
        let git = Git::on(&git_dir, limits);
        Ok(Repository {
            path: path.to_owned(),
            objects: with_alternates(objects),
            format: format(&config),
            git_dir,
            git,
        })
    }
}

impl Repository {
    /// Whether it may know branches of other repositories; asking git costs a
    /// process.
    pub(crate) fn may_have_remotes(&self) -> bool {
        let common = self.objects[0].parent().unwrap_or(&self.git_dir);
        let packed = fs::read(common.join("packed-refs")).unwrap_or_default();
        common.join("refs/remotes").is_dir()
            || common.join("reftable").is_dir()
            || packed.windows(14).any(|part| part == b" refs/remotes/")
    }
}

fn git_dir(here: &Path) -> Option<PathBuf> {
    let inside = here.join(".git");
    if inside.is_dir() {
        return Some(inside);
    }
    if let Ok(text) = fs::read_to_string(&inside) {
        let named = here.join(text.strip_prefix("gitdir:")?.trim());
        return fs::canonicalize(named).ok();
    }
    let is_bare =
        here.join("HEAD").is_file() && (here.join("objects").is_dir() || here.join("commondir").is_file());
    is_bare.then(|| here.to_owned())
}

/// What `extensions.objectFormat` says; settings that are included from other
/// files are none of a repository's format.
fn format(config: &str) -> Format {
    let says = config.lines().filter_map(|line| line.split_once('=')).any(|(key, value)| {
        key.trim().eq_ignore_ascii_case("objectformat") && value.trim().trim_matches('"') == "sha256"
    });
    if says { Format::Sha256 } else { Format::Sha1 }
}

fn with_alternates(own: PathBuf) -> Vec<PathBuf> {
    let mut found = vec![(own, 0)];
    let mut next = 0;
    while next < found.len() {
        let (directory, depth) = found[next].clone();
        next += 1;
        let lent = fs::read_to_string(directory.join("info/alternates")).unwrap_or_default();
        for line in lent.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let lender = directory.join(line);
            if depth < DEEPEST_ALTERNATE && !found.iter().any(|(known, _)| *known == lender) {
                found.push((lender, depth + 1));
            }
        }
    }
    found.into_iter().map(|(directory, _)| directory).collect()
}
