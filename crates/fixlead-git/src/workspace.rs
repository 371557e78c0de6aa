//! A git directory of ours that borrows the objects of repositories.
//!
//! git works in it, and so under our settings and never under theirs; what it
//! makes (a commit graph, the index of patch ids) it makes there. Several
//! repositories are seen as one store of objects, each with its own names.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::id::{Format, Id};
use crate::refs::{self, Kind, Ref};
use crate::repository::Repository;
use crate::run::{Git, Limits};
use crate::scratch::Scratch;

/// Where what was found out about repositories is kept.
#[derive(Clone, Debug)]
pub enum Cache {
    /// In a directory, one below it for each set of repositories. It holds ids
    /// of commits and patches, nothing of their texts.
    Directory(PathBuf),
    /// Nowhere: it goes away with the workspace.
    None,
}

/// Repositories, and where to work on them.
#[derive(Debug)]
pub struct Workspace {
    repositories: Vec<Repository>,
    format: Format,
    git: Git,
    directory: PathBuf,
    /// Whether the directory stays.
    keeps: bool,
    _scratch: Option<Scratch>,
}

impl Workspace {
    /// Opens repositories; the first is asked first for names.
    ///
    /// # Errors
    /// When one is none, is shallow, or names objects differently from the rest.
    pub fn open(paths: &[PathBuf], cache: &Cache, limits: Limits) -> Result<Self> {
        let mut repositories = Vec::new();
        for path in paths {
            repositories.push(Repository::open(path, limits)?);
        }
        let first = repositories.first().ok_or_else(|| Error::NotARepository(PathBuf::new()))?;
        let format = first.format;
        if let Some(other) = repositories.iter().find(|other| other.format != format) {
            return Err(Error::Formats(other.path.clone(), other.format.as_str(), format.as_str()));
        }
        let (directory, scratch) = match cache {
            Cache::Directory(parent) => (parent.join(key(&repositories)), None),
            Cache::None => {
                let scratch = Scratch::new()?;
                (scratch.path().to_owned(), Some(scratch))
            }
        };
        furnish(&directory, format, repositories.iter().map(|repository| repository.objects[0].as_path()))?;
        let git = Git::on(&directory, limits);
        let keeps = scratch.is_none();
        Ok(Workspace { repositories, format, git, directory, keeps, _scratch: scratch })
    }

    /// The repositories, as they were named.
    pub fn repositories(&self) -> &[Repository] {
        &self.repositories
    }

    /// How they name objects.
    pub fn format(&self) -> Format {
        self.format
    }

    /// git, with our settings and all their objects.
    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// Whether what is written below [`Workspace::directory`] stays.
    pub(crate) fn keeps(&self) -> bool {
        self.keeps
    }

    /// Our git directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Tags and branches of a repository, tags first, by name.
    ///
    /// # Errors
    /// When git cannot list them.
    pub fn refs(&self, repository: &Repository) -> Result<Vec<Ref>> {
        refs::read(repository)
    }

    /// Branches that fit names or patterns, in each repository: of the
    /// repository itself, or with the name of the other (`origin/main`).
    ///
    /// # Errors
    /// When nothing fits one of them.
    pub fn branches(&self, patterns: &[String]) -> Result<Vec<(&Repository, Ref)>> {
        let mut found = Vec::new();
        let mut used = vec![false; patterns.len()];
        for repository in &self.repositories {
            for branch in self.refs(repository)?.into_iter().filter(|name| name.kind != Kind::Tag) {
                let mut fits = false;
                for (pattern, used) in patterns.iter().zip(&mut used) {
                    let pattern = pattern
                        .strip_prefix("refs/heads/")
                        .or(pattern.strip_prefix("refs/remotes/"))
                        .unwrap_or(pattern);
                    if refs::fits(pattern, &branch.name)
                        && (branch.kind == Kind::Branch || pattern.contains('/'))
                    {
                        fits = true;
                        *used = true;
                    }
                }
                if fits {
                    found.push((repository, branch));
                }
            }
        }
        match used.iter().position(|used| !used) {
            Some(place) => Err(Error::UnknownBranch(patterns[place].clone())),
            None => Ok(found),
        }
    }

    /// The commits that revisions name, in their order. Full ids that the
    /// graph knows cost nothing. A revision that names nothing, or different
    /// commits in different repositories, is an error of its own.
    ///
    /// # Errors
    /// When git cannot be asked.
    pub fn resolve(&self, names: &[&str], graph: Option<&Graph>) -> Result<Vec<Result<Id>>> {
        let mut found: Vec<Option<Result<Id>>> = Vec::with_capacity(names.len());
        let mut open = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let known =
                Id::from_hex(name).filter(|id| graph.is_some_and(|graph| graph.position(id).is_some()));
            if known.is_none() && is_revision(name) {
                open.push(place);
            }
            found.push(known.map(Ok));
        }
        let mut by: Vec<Option<&Repository>> = vec![None; names.len()];
        for repository in self.repositories.iter().filter(|_| !open.is_empty()) {
            let input: String = open.iter().map(|place| format!("{}^{{commit}}\n", names[*place])).collect();
            let output = repository.git.run(&["cat-file", "--batch-check"], input.as_bytes())?;
            let output = String::from_utf8_lossy(&output);
            for (line, place) in output.lines().zip(&open) {
                let Some((id, _)) = line.split_once(" commit ") else { continue };
                let Some(id) = Id::from_hex(id) else { continue };
                match (&found[*place], by[*place]) {
                    (Some(Ok(other)), Some(who)) if *other != id => {
                        let (one, two) = (who.path.clone(), repository.path.clone());
                        found[*place] = Some(Err(Error::Ambiguous(names[*place].to_owned(), one, two)));
                    }
                    (None, _) => {
                        found[*place] = Some(Ok(id));
                        by[*place] = Some(repository);
                    }
                    _ => {}
                }
            }
        }
        let nothing = |name: &str| Err(Error::UnknownRevision(name.to_owned()));
        Ok(found.into_iter().zip(names).map(|(id, name)| id.unwrap_or_else(|| nothing(name))).collect())
    }

    /// The same, where every revision has to name a commit.
    ///
    /// # Errors
    /// When one does not.
    pub fn commits(&self, names: &[&str]) -> Result<Vec<Id>> {
        self.resolve(names, None)?.into_iter().collect()
    }

    /// What each of some ids is: `commit`, `tree`, `blob`, `tag`, or `missing`.
    pub(crate) fn kinds(&self, ids: &[Id]) -> Result<Vec<(Id, String)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let arguments = ["cat-file", "--batch-check=%(objectname) %(objecttype)"];
        let lines = self.git.run(&arguments, input.as_bytes())?;
        let lines = String::from_utf8_lossy(&lines);
        let words = lines.lines().filter_map(|line| line.split_once(' '));
        Ok(words.filter_map(|(id, kind)| Some((Id::from_hex(id)?, kind.to_owned()))).collect())
    }

    /// The commit that one revision names.
    ///
    /// # Errors
    /// As for [`Workspace::commits`].
    pub fn commit(&self, name: &str) -> Result<Id> {
        Ok(self.commits(&[name])?[0])
    }
}

/// Whether git may be asked for it.
fn is_revision(name: &str) -> bool {
    !name.is_empty() && name.len() <= 1024 && !name.chars().any(char::is_control)
}

/// The name of the directory for a set of repositories.
fn key(repositories: &[Repository]) -> String {
    let mut hash = Sha256::new();
    for repository in repositories {
        hash.update(repository.objects[0].as_os_str().as_encoded_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a directory into a git directory that borrows objects.
pub(crate) fn furnish<'a>(
    directory: &Path,
    format: Format,
    lenders: impl Iterator<Item = &'a Path>,
) -> Result<()> {
    let version = if format == Format::Sha1 { 0 } else { 1 };
    let mut config = format!("[core]\n\trepositoryformatversion = {version}\n\tbare = true\n");
    if format == Format::Sha256 {
        config.push_str("[extensions]\n\tobjectFormat = sha256\n");
    }
    let mut alternates = Vec::new();
    for lender in lenders {
        // What a line cannot hold plainly, git reads quoted.
        let name = lender.as_os_str().as_encoded_bytes();
        alternates.push(b'"');
        for byte in name {
            match byte {
                b'"' | b'\\' => alternates.extend([b'\\', *byte]),
                b'\n' => alternates.extend(b"\\n"),
                _ => alternates.push(*byte),
            }
        }
        alternates.extend(b"\"\n");
    }
    for below in ["objects/info", "refs"] {
        let path = directory.join(below);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(Error::file(&path))?;
    }
    keep(&directory.join("HEAD"), b"ref: refs/heads/none\n")?;
    keep(&directory.join("config"), config.as_bytes())?;
    keep(&directory.join("objects/info/alternates"), &alternates)
}

/// Writes a file whole or not at all, unless it says so already.
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let scratch = Scratch::below(parent)?;
    let new = scratch.path().join("new");
    let mut file = fs::File::create_new(&new).map_err(Error::file(&new))?;
    file.write_all(bytes).map_err(Error::file(&new))?;
    drop(file);
    fs::rename(&new, path).map_err(Error::file(path))
}
