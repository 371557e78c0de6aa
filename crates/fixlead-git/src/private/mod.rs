//! The repository for a fix that is not public yet.
//!
//! It borrows the objects of a [`Mirror`] and shows its branches and tags; what
//! is private are the branches below `fix/`, each named after the public branch
//! that it is for: `fix/main` is what is to go on `main`. [`serve`] lets git
//! fetch from it, [`receive`] takes in what git pushes. Who may is asked
//! elsewhere, before.

mod mirror;
mod paths;
pub mod receive;
pub mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use mirror::{Mirror, Source};

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::id::Id;
use crate::run::{Git, Limits};
use crate::workspace::{Cache, Workspace, furnish};

/// Where the private branches are.
pub const BELOW: &str = "refs/heads/fix/";
/// The most bytes that the files of a commit may have where they are written for its checks.
pub const MOST_EXPORTED: u64 = 4 << 30;
/// The longest fix, in commits.
pub const MOST_COMMITS: usize = 100;

/// The repository of a fix.
#[derive(Clone, Debug)]
pub struct Private {
    directory: PathBuf,
    git: Git,
    limits: Limits,
}

/// Where the branches of a repository end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The private ones, by the public branch that each is for.
    pub private: BTreeMap<String, Id>,
    /// The public ones.
    pub public: BTreeMap<String, Id>,
    /// A hash over every branch and tag: another as soon as one moves.
    pub all: [u8; 32],
}

/// A private branch that is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The public branch that it is for.
    pub branch: String,
    /// Where it ended; nothing if it is new.
    pub from: Option<Id>,
    /// Where it is to end.
    pub to: Id,
}

/// A commit of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// Its id.
    pub id: Id,
    /// The commits it changes; one, unless it merges or begins a history.
    pub parents: Vec<Id>,
    /// Who wrote it, as it says.
    pub author: String,
    /// Their address, as it says.
    pub address: String,
    /// When it was written, as it says: seconds since 1970.
    pub written: i64,
    /// Its whole message.
    pub message: String,
}

impl Proposed {
    /// The first line of its message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

impl Private {
    /// Makes one that has what a mirror has.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make(directory: &Path, upstream: &Mirror, limits: Limits) -> Result<Self> {
        let objects = upstream.objects();
        furnish(directory, upstream.format()?, std::iter::once(objects.as_path()))?;
        let private = Private::on(directory, limits);
        private.follow(upstream)?;
        Ok(private)
    }

    /// The one in a directory.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(directory: &Path, limits: Limits) -> Result<Self> {
        if directory.join("HEAD").is_file() {
            Ok(Private::on(directory, limits))
        } else {
            Err(Error::NotARepository(directory.to_owned()))
        }
    }

    fn on(directory: &Path, limits: Limits) -> Self {
        Private { directory: directory.to_owned(), git: Git::on(directory, limits), limits }
    }

    /// Takes over where the branches and tags of the mirror are now. A branch that is
    /// called `fix`, or begins with `fix/`, has no room here.
    ///
    /// # Errors
    /// When git cannot write them.
    pub fn follow(&self, upstream: &Mirror) -> Result<()> {
        let there: BTreeMap<String, String> =
            upstream.names()?.into_iter().filter(|(name, _)| !is_ours(name)).collect();
        let here: BTreeMap<String, String> = mirror::names(&self.git, &["refs/heads", "refs/tags"])?
            .into_iter()
            .filter(|(name, _)| !is_ours(name))
            .collect();
        let gone = here.keys().filter(|name| !there.contains_key(*name));
        let gone: String = gone.map(|name| format!("delete {name}\n")).collect();
        let moved = there.iter().filter(|(name, id)| here.get(*name) != Some(id));
        let moved: String = moved.map(|(name, id)| format!("update {name} {id}\n")).collect();
        // What is gone comes first, on its own: a branch `a/b` has no room beside one that is called `a`.
        for changes in [&gone, &moved] {
            if !changes.is_empty() {
                self.git.run(&["update-ref", "--stdin"], changes.as_bytes())?;
            }
        }
        if !gone.is_empty() || !moved.is_empty() {
            self.git.run(&["pack-refs", "--all"], &[])?;
        }
        if let Some(head) = upstream.head() {
            self.git.run(&["symbolic-ref", "HEAD", &head], &[])?;
        }
        Ok(())
    }

    /// The same, with other bounds.
    pub fn within(&self, limits: Limits) -> Self {
        Private { directory: self.directory.clone(), git: self.git.within(limits), limits }
    }

    /// Where its branches end, private and public.
    ///
    /// # Errors
    /// When git cannot list them.
    pub fn ends(&self) -> Result<Ends> {
        let mut ends = Ends::default();
        let mut all = Sha256::new();
        for (name, id) in mirror::names(&self.git, &["refs/heads", "refs/tags"])? {
            all.update(format!("{id} {name}\n"));
            let Some(id) = Id::from_hex(&id) else { continue };
            if let Some(branch) = name.strip_prefix(BELOW) {
                ends.private.insert(branch.to_owned(), id);
            } else if let Some(branch) = name.strip_prefix("refs/heads/").filter(|_| !is_ours(&name)) {
                ends.public.insert(branch.to_owned(), id);
            }
        }
        ends.all = all.finalize().into();
        Ok(ends)
    }

    /// The public branches that have a commit in their history.
    ///
    /// # Errors
    /// When there is no such commit.
    pub fn branches_with(&self, commit: &Id) -> Result<Vec<String>> {
        let contains = format!("--contains={commit}");
        let text = self.git.run(&["for-each-ref", "--format=%(refname)", &contains, "refs/heads"], &[])?;
        let text = String::from_utf8_lossy(&text);
        let names = text.lines().filter(|name| !is_ours(name));
        Ok(names.filter_map(|name| name.strip_prefix("refs/heads/").map(str::to_owned)).collect())
    }

    /// The commits up to one that are in no public branch or tag, parents first.
    ///
    /// # Errors
    /// When there are more than [`MOST_COMMITS`], or git cannot list them.
    pub fn series(&self, end: &Id) -> Result<Vec<Proposed>> {
        let most = format!("--max-count={}", MOST_COMMITS + 1);
        let end = end.to_string();
        let arguments = [
            "log",
            "-z",
            "--topo-order",
            "--encoding=UTF-8",
            "--no-show-signature",
            "--no-notes",
            "--format=tformat:%H%x01%P%x01%an%x01%ae%x01%at%x01%B",
            &most,
            &end,
            "--not",
            "--exclude=fix/*",
            "--branches",
            "--tags",
        ];
        let output = self.git.run(&arguments, &[])?;
        let mut commits = Vec::new();
        for record in output.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
            commits.push(proposed(&String::from_utf8_lossy(record)).ok_or_else(|| Error::Unexpected {
                what: "log".to_owned(),
                detail: "no commit".to_owned(),
            })?);
        }
        if commits.len() > MOST_COMMITS {
            let why = format!("holds more than {MOST_COMMITS} commits that are not public; a fix is smaller");
            return Err(Error::Series(end, why));
        }
        commits.reverse();
        Ok(commits)
    }

    /// A fix as git writes a series: from the public commit that it stands on to its
    /// end.
    pub fn range(series: &[Proposed]) -> Option<String> {
        let (first, last) = (series.first()?, series.last()?);
        Some(format!("{}..{}", first.parents.first()?, last.id))
    }

    /// What a commit changes, as a patch of at most so many bytes, and whether that is
    /// not all of it; the rest is not waited for.
    ///
    /// # Errors
    /// When git cannot read it.
    pub fn patch(&self, commit: &Id, most: usize) -> Result<(Vec<u8>, bool)> {
        let id = commit.to_string();
        let arguments = [
            "diff-tree",
            "-p",
            "--root",
            "--no-commit-id",
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--find-renames",
            &id,
        ];
        let mut patch = Vec::new();
        let read = self.git.stream(&arguments, &[], |out| {
            use std::io::Read as _;
            let read = out.take(most as u64 + 1).read_to_end(&mut patch).map_err(Error::Start)?;
            // Enough is read: an error here ends git.
            if read > most { Err(too_much("diff-tree", most)) } else { Ok(()) }
        });
        match read {
            Err(Error::TooMuch { .. }) => {}
            read => read?,
        }
        let cut = patch.len() > most;
        patch.truncate(most);
        Ok((patch, cut))
    }

    /// Makes the commits of a series anew on another commit, and gives the last. They
    /// belong to no branch yet.
    ///
    /// # Errors
    /// When one does not apply, or git cannot write it.
    pub fn pick(&self, series: &[Proposed], onto: Id, now: i64) -> Result<Id> {
        let one = |text: Vec<u8>, what: &str| {
            let text = String::from_utf8_lossy(&text).into_owned();
            let id = text.lines().next().and_then(Id::from_hex);
            id.ok_or_else(|| Error::Unexpected {
                what: what.to_owned(),
                detail: fixlead_core::text::echo(&text),
            })
        };
        let mut end = onto;
        for commit in series {
            let [parent] = commit.parents[..] else {
                return Err(Error::Series(commit.id.to_string(), "is no commit with one parent".to_owned()));
            };
            let (base, ours, theirs) =
                (format!("--merge-base={parent}"), end.to_string(), commit.id.to_string());
            let merged = self
                .git
                .try_run(&["merge-tree", "--write-tree", "--no-messages", &base, &ours, &theirs], &[])?;
            if merged.code != Some(0) {
                return Err(Error::Series(
                    theirs,
                    "does not apply there; pick it by hand and push it".to_owned(),
                ));
            }
            let tree = one(merged.stdout, "merge-tree")?;
            let git = self
                .git
                .told("GIT_AUTHOR_NAME", &commit.author)
                .told("GIT_AUTHOR_EMAIL", &commit.address)
                .told("GIT_AUTHOR_DATE", format!("@{} +0000", commit.written))
                .told("GIT_COMMITTER_DATE", format!("@{now} +0000"));
            let made =
                git.run(&["commit-tree", &tree.to_string(), "-p", &ours], commit.message.as_bytes())?;
            end = one(made, "commit-tree")?;
        }
        Ok(end)
    }

    /// Moves the ends of private branches, if each is still where it was: all of them,
    /// or none.
    ///
    /// # Errors
    /// When one is not, or git cannot write it.
    pub fn move_ends(&self, moves: &[Move]) -> Result<()> {
        let mut changes = String::new();
        for Move { branch, from, to } in moves {
            let from = from.map_or_else(|| "0".repeat(to.to_string().len()), |id| id.to_string());
            changes.push_str(&format!("update {BELOW}{branch} {to} {from}\n"));
        }
        self.git.run(&["update-ref", "--stdin"], changes.as_bytes()).map(drop)
    }

    /// Writes the files of a commit below `tree` in a directory that is there. No
    /// attribute runs a program on the way.
    ///
    /// # Errors
    /// When they are more than [`MOST_EXPORTED`] bytes together, or git cannot write them.
    pub fn export(&self, commit: &Id, directory: &Path) -> Result<()> {
        // One object can stand under many names.
        let sizes = self.git.stream(&["ls-tree", "-r", "-l", "-z", &commit.to_string()], &[], |out| {
            let mut whole = 0_u64;
            for entry in std::io::BufRead::split(out, 0) {
                let entry = entry.map_err(Error::Start)?;
                let head = entry.split(|byte| *byte == b'\t').next().unwrap_or_default();
                let size = head.rsplit(|byte| *byte == b' ').next().unwrap_or_default();
                let size = std::str::from_utf8(size).ok().and_then(|size| size.parse::<u64>().ok());
                // A file takes a block, however small it is.
                whole = whole.saturating_add(size.unwrap_or(0).max(4096));
            }
            Ok(whole)
        })?;
        if sizes > MOST_EXPORTED {
            return Err(too_much("export", MOST_EXPORTED as usize));
        }
        let tree = directory.join("tree");
        std::fs::create_dir(&tree).map_err(Error::file(&tree))?;
        let git = self.git.set("core.bare=false").told("GIT_WORK_TREE", &tree);
        let git = git.told("GIT_INDEX_FILE", directory.join("index"));
        git.run(&["read-tree", &commit.to_string()], &[])?;
        git.run(&["checkout-index", "--all", "--quiet"], &[]).map(drop)
    }

    /// What questions are asked of: this repository, with what was found out
    /// kept in it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn workspace(&self) -> Result<Workspace> {
        let cache = Cache::Directory(self.directory.join("fixlead"));
        Workspace::open(std::slice::from_ref(&self.directory), &cache, self.limits)
    }
}

fn too_much(what: &str, most: usize) -> Error {
    Error::TooMuch { what: what.to_owned(), most }
}

/// Whether a name is a private branch's, or would be in the way of one.
fn is_ours(name: &str) -> bool {
    name.starts_with(BELOW) || name == BELOW.trim_end_matches('/')
}

fn proposed(record: &str) -> Option<Proposed> {
    let mut parts = record.splitn(6, '\u{1}');
    let mut next = || parts.next();
    let (id, parents) = (Id::from_hex(next()?.trim())?, next()?);
    Some(Proposed {
        id,
        parents: parents.split(' ').filter_map(Id::from_hex).collect(),
        author: next()?.to_owned(),
        address: next()?.to_owned(),
        written: next()?.parse().ok()?,
        message: next()?.trim_end().to_owned(),
    })
}
