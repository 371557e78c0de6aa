//! A copy of what a project has published: all branches and tags, brought up to
//! date on demand. Nothing that is private is ever in it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::id::Format;
use crate::repository::Repository;
use crate::run::{Git, Limits};
use crate::workspace::furnish;

/// Where a mirror gets its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A repository on this machine.
    Path(PathBuf),
    /// One that is fetched over HTTPS.
    Https(String),
}

impl Source {
    /// A path, or an address that begins with `https://`. Others would run
    /// programs, or send in the clear.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> std::result::Result<Source, &'static str> {
        let plain =
            !text.is_empty() && text.len() <= 1000 && text.bytes().all(|byte| byte > 32 && byte != 127);
        match text.split_once("://") {
            Some(("https", rest)) if plain && !rest.contains('@') => Ok(Source::Https(text.to_owned())),
            Some(_) => Err("a repository is named by a path or by an https:// address without a password"),
            None if text.contains("::") || text.starts_with('-') => {
                Err("a repository is named by a path or by an https:// address")
            }
            None if text.is_empty() => Err("no repository is named; write a path or an https:// address"),
            None => Ok(Source::Path(PathBuf::from(text))),
        }
    }

    /// As it was named.
    pub fn name(&self) -> String {
        match self {
            Source::Path(path) => path.display().to_string(),
            Source::Https(address) => address.clone(),
        }
    }
}

/// A mirror.
#[derive(Clone, Debug)]
pub struct Mirror {
    directory: PathBuf,
    git: Git,
    limits: Limits,
}

impl Mirror {
    /// The mirror in a directory, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or the source is no repository.
    pub fn open(directory: &Path, source: &Source, limits: Limits) -> Result<Self> {
        if !directory.join("HEAD").is_file() {
            let format = match source {
                Source::Path(path) => Repository::open(path, limits)?.format,
                Source::Https(_) => Format::Sha1,
            };
            furnish(directory, format, std::iter::empty())?;
        }
        Ok(Mirror { directory: directory.to_owned(), git: Git::on(directory, limits), limits })
    }

    /// Where it lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Brings it up to date: branches and tags are those of the source.
    ///
    /// # Errors
    /// When the source does not answer, in time, or is shallow.
    pub fn refresh(&self, source: &Source) -> Result<()> {
        let (git, from) = match source {
            // The whole of what is asked is read from there once more, so that a
            // clone that was cut off is refused.
            Source::Path(path) => {
                let repository = Repository::open(path, self.limits)?;
                (self.git.told("GIT_ALLOW_PROTOCOL", "file"), repository.git_dir.into_os_string())
            }
            Source::Https(address) => {
                let git = self.git.told("GIT_ALLOW_PROTOCOL", "https").set("http.followRedirects=false");
                // Ten minutes of next to nothing are too long.
                let git = git.set("http.lowSpeedLimit=1000").set("http.lowSpeedTime=30");
                (git.set("credential.helper="), address.into())
            }
        };
        let words = [
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--update-head-ok",
            "--",
        ];
        let mut arguments: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
        arguments.push(from.clone());
        arguments.extend(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"].map(Into::into));
        git.run(&arguments, &[])?;
        let head =
            git.run(&["ls-remote".into(), "--symref".into(), "--".into(), from, "HEAD".into()], &[])?;
        let head = String::from_utf8_lossy(&head);
        let named = head.lines().find_map(|line| line.strip_prefix("ref: ")?.split_once('\t'));
        if let Some((name, _)) = named.filter(|(name, _)| name.starts_with("refs/heads/")) {
            self.git.run(&["symbolic-ref", "HEAD", name], &[])?;
        }
        Ok(())
    }

    /// The branch that a clone checks out.
    pub(super) fn head(&self) -> Option<String> {
        let text = fs::read_to_string(self.directory.join("HEAD")).ok()?;
        Some(text.trim().strip_prefix("ref: ")?.to_owned())
    }

    /// Every branch and tag as git names it, with the object that it names.
    pub(super) fn names(&self) -> Result<Vec<(String, String)>> {
        names(&self.git, &["refs/heads", "refs/tags"])
    }

    /// Where it keeps its objects.
    pub(super) fn objects(&self) -> PathBuf {
        self.directory.join("objects")
    }

    /// How it names objects.
    pub(super) fn format(&self) -> Result<Format> {
        Ok(Repository::open(&self.directory, self.limits)?.format)
    }
}

/// What names begin so, with the objects that they name.
pub(super) fn names(git: &Git, below: &[&str]) -> Result<Vec<(String, String)>> {
    let mut arguments = vec!["for-each-ref", "--format=%(objectname) %(refname)"];
    arguments.extend(below);
    let text = git.run(&arguments, &[])?;
    let lines = std::str::from_utf8(&text).map_err(|_| Error::Unexpected {
        what: "for-each-ref".to_owned(),
        detail: "a name that is not UTF-8".to_owned(),
    })?;
    let lines = lines.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.map(|(id, name)| (name.to_owned(), id.to_owned())).collect())
}
