//! The real git repository of a rehearsal: a public one with three release
//! branches, a private fork in which the embargoed fix is made and backported,
//! and the working copy people share. What happens to it on release day stands
//! in [`super::merging`].

use std::fs;
use std::path::{Path, PathBuf};

use fixlead_core::time::{Instant, Span};

use super::files;
use super::git::Git;
use super::people::{Cast, Person};
use super::scene::Scene;

/// The page that comes with the fix.
const NOTES: &str = "docs/notes.md";

/// A commit with what a review needs to know about it.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The branch it is meant for.
    pub branch: String,
    /// Its object id.
    pub id: String,
    /// The handle of its author.
    pub author: String,
    /// The first line of its message.
    pub subject: String,
    /// The paths it touches.
    pub paths: Vec<String>,
}

/// A cherry-pick that git could not do alone.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The branch.
    pub branch: String,
    /// The file with the conflict.
    pub path: String,
    /// Where the conflicted file and git's words are kept.
    pub record: PathBuf,
}

/// The repository of a rehearsal.
#[derive(Debug)]
pub struct Repository {
    pub(super) root: PathBuf,
    pub(super) work: Git,
    pub(super) work_tree: PathBuf,
    pub(super) scene: Scene,
    /// The commits of the fix as they stand in the private fork, all branches.
    pub(super) prepared: Vec<Commit>,
}

impl Repository {
    /// Makes the public repository with its past, and the private fork of it.
    pub fn create(root: &Path, scene: &Scene, cast: &Cast) -> Result<Self, String> {
        let work_tree = root.join("work");
        for name in ["public.git", "private.git", "work"] {
            let path = root.join(name);
            fs::create_dir_all(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        }
        for name in ["public.git", "private.git"] {
            Git::in_directory(&root.join(name)).read(&["init", "--quiet", "--bare"])?;
        }
        let work = Git::in_directory(&work_tree);
        work.read(&["init", "--quiet"])?;
        // Relative, so that the directory can be moved.
        work.read(&["remote", "add", "public", "../public.git"])?;
        work.read(&["remote", "add", "private", "../private.git"])?;
        let repository =
            Repository { root: root.to_owned(), work, work_tree, scene: scene.clone(), prepared: Vec::new() };
        repository.write_past(cast)?;
        for remote in ["public", "private"] {
            repository.work.read(&["push", "--quiet", remote, "--all"])?;
            repository.work.read(&["push", "--quiet", remote, "--tags"])?;
        }
        repository.work.read(&["fetch", "--quiet", "--all"])?;
        Ok(repository)
    }

    /// The year before the report: the flaw comes in, the code around it is
    /// restructured after the oldest branch was cut, newer branches are cut.
    fn write_past(&self, cast: &Cast) -> Result<(), String> {
        let scene = &self.scene;
        let flaw = scene.flaw;
        let ago = |days: i64| scene.start - Span::days(days);
        let newest_author = cast.owners.last().unwrap_or(cast.engineer());
        let list = |people: &[Person]| {
            let names: Vec<_> = people.iter().map(|who| format!("  - {}\n", who.handle)).collect();
            format!("approvers:\n{0}reviewers:\n{0}", names.concat())
        };
        self.put("README.md", &format!("# {}\n\nAn invented project for a rehearsal.\n", scene.project))?;
        self.put("OWNERS", &list(&cast.root_owners))?;
        self.put(&format!("{}/OWNERS", flaw.component), &list(&cast.owners))?;
        self.put("VERSION", "next\n")?;
        self.commit(cast.release_manager(), ago(420), "Begin the project")?;
        self.put(&flaw.path(), &flaw.text(flaw.older))?;
        self.commit(newest_author, ago(380), &format!("{}: first version of {}", flaw.component, flaw.file))?;
        let count = scene.branches.len();
        for (place, branch) in scene.branches.iter().rev().enumerate() {
            let cut = ago(220 - 60 * i64::try_from(place).unwrap_or(0));
            if place == 1 {
                self.put(&flaw.path(), &flaw.text(flaw.newer))?;
                self.commit(
                    cast.engineer(),
                    cut - Span::days(20),
                    &format!("{}: one shape for all requests", flaw.component),
                )?;
            }
            if place + 1 == count {
                self.put("docs/start.md", "# How to start\n\nRun it.\n")?;
                self.commit(cast.release_manager(), cut - Span::days(5), "docs: how to start")?;
            }
            let tip = self.work.read(&["rev-parse", "HEAD"])?;
            self.work.read(&["checkout", "--quiet", "-b", &branch.name])?;
            self.put("VERSION", &format!("{}\n", branch.affected))?;
            self.commit(cast.release_manager(), cut, &format!("Release {}", branch.affected))?;
            self.tag(cast.release_manager(), cut + Span::minutes(5), &branch.affected)?;
            self.work.read(&["checkout", "--quiet", "main"])?;
            debug_assert_eq!(self.work.read(&["rev-parse", "HEAD"]).as_deref(), Ok(tip.as_str()));
        }
        self.put("docs/faq.md", "# Questions\n\nNone so far.\n")?;
        self.commit(newest_author, ago(3), "docs: a page for questions")?;
        Ok(())
    }

    /// Writes the fix on top of main in the private fork: the repair with its
    /// test, and the note for users. The subjects say nothing of what is
    /// repaired: they can be read in public before the announcement is.
    pub fn write_fix(&mut self, author: &Person, at: Instant) -> Result<Vec<Commit>, String> {
        let flaw = self.scene.flaw;
        self.work.read(&["checkout", "--quiet", "-B", "embargo/main", "private/main"])?;
        self.put(&flaw.path(), &flaw.text(flaw.newer_fixed))?;
        self.put(&flaw.test_path(), flaw.test)?;
        self.commit(
            author,
            at,
            &format!(
                "{}: rework {}\n\nThe reasons stand in the notes of the release.",
                flaw.component, flaw.file
            ),
        )?;
        self.put(
            NOTES,
            &format!(
                "# Notes for operators\n\n- In earlier versions {}. Upgrade; until then: {}\n",
                flaw.title, flaw.mitigation
            ),
        )?;
        self.commit(author, at + Span::minutes(20), "docs: notes for operators")?;
        self.work.read(&["push", "--quiet", "--force", "private", "embargo/main"])?;
        self.note("main", author, "private/main..embargo/main")
    }

    /// Rewrites the last commit of the fix on main, as somebody does who
    /// finds one more case to write down; returns the old and the new id.
    pub fn rewrite_last(&mut self, author: &Person, at: Instant) -> Result<(String, String), String> {
        self.work.read(&["checkout", "--quiet", "embargo/main"])?;
        let from = self.work.read(&["rev-parse", "HEAD"])?;
        let mut text = self.text(NOTES)?;
        text.push_str("- This holds for every supported branch.\n");
        self.put(NOTES, &text)?;
        self.work.read(&["add", "--all"])?;
        self.work.run(&author.signature(), at, &["commit", "--quiet", "--amend", "--no-edit"])?;
        let to = self.work.read(&["rev-parse", "HEAD"])?;
        self.work.read(&["push", "--quiet", "--force", "private", "embargo/main"])?;
        for commit in &mut self.prepared {
            if commit.id == from {
                commit.id.clone_from(&to);
            }
        }
        Ok((from, to))
    }

    /// Picks the fix onto a release branch in the private fork. Where git
    /// stops at a conflict, the text is put right by hand.
    pub fn backport(
        &mut self,
        branch: &str,
        author: &Person,
        at: Instant,
    ) -> Result<(Vec<Commit>, Option<Conflict>), String> {
        let here = format!("embargo/{branch}");
        let base = format!("private/{branch}");
        self.work.read(&["checkout", "--quiet", "-B", &here, &base])?;
        let series = self.ids("private/main..embargo/main")?;
        let mut conflict = None;
        for (place, id) in series.iter().enumerate() {
            let when = at + Span::minutes(5 * i64::try_from(place).unwrap_or(0));
            let (done, said) = self.work.attempt(&author.signature(), when, &["cherry-pick", "-x", id])?;
            if !done {
                conflict = Some(self.resolve(branch, author, when, &said)?);
            }
        }
        self.work.read(&["push", "--quiet", "--force", "private", &here])?;
        let commits = self.note(branch, author, &format!("{base}..{here}"))?;
        Ok((commits, conflict))
    }

    fn resolve(&self, branch: &str, author: &Person, at: Instant, said: &str) -> Result<Conflict, String> {
        let flaw = self.scene.flaw;
        let unmerged = self.work.read(&["diff", "--name-only", "--diff-filter=U"])?;
        if unmerged != flaw.path() {
            return Err(format!(
                "git could not pick the fix onto {branch}, and not for the conflict the drill is made for: {}; look into {}",
                said.trim(),
                self.work_tree.display()
            ));
        }
        let record = self.root.join("conflicts").join(format!("{}.txt", files::plain_name(branch)));
        let conflicted = self.text(&flaw.path())?;
        files::write(
            &record,
            format!(
                "git said:\n\n{}\n\n{} with the conflict:\n\n{conflicted}\nresolved by hand to:\n\n{}\nand its test {} to:\n\n{}",
                said.trim(),
                flaw.path(),
                flaw.text(flaw.older_fixed),
                flaw.test_path(),
                flaw.older_test
            ),
        )?;
        self.put(&flaw.path(), &flaw.text(flaw.older_fixed))?;
        // The test of main calls what this branch does not have yet.
        self.put(&flaw.test_path(), flaw.older_test)?;
        self.work.read(&["add", "--all"])?;
        self.work.run(&author.signature(), at, &["cherry-pick", "--continue"])?;
        Ok(Conflict { branch: branch.to_owned(), path: flaw.path(), record })
    }

    /// The prepared patches of a branch as a mailbox, ready to be attached.
    pub fn patches(&self, branch: &str) -> Result<String, String> {
        let range = format!("private/{branch}..embargo/{branch}");
        let mut text =
            self.work.read(&["format-patch", "--stdout", "--no-signature", "--full-index", &range])?;
        text.push('\n');
        Ok(text)
    }

    /// The commit that brought the flaw in.
    pub fn introduced_by(&self) -> Result<String, String> {
        let flaw = self.scene.flaw;
        let search = format!("-S{}", flaw.trace);
        let found = self.work.read(&[
            "log",
            "--reverse",
            "--format=%h %as %an: %s",
            &search,
            "private/main",
            "--",
            &flaw.path(),
        ])?;
        Ok(found.lines().next().unwrap_or("not found in the history").to_owned())
    }

    /// The commits of the fix in the private fork, branch by branch.
    #[cfg(test)]
    pub fn prepared(&self) -> &[Commit] {
        &self.prepared
    }

    /// Work that has nothing to do with the fix goes on in public meanwhile.
    pub fn unrelated_work(&self, author: &Person, at: Instant) -> Result<(), String> {
        self.work.read(&["checkout", "--quiet", "-B", "main", "public/main"])?;
        self.put("docs/faq.md", "# Questions\n\nHow do I start? See start.md.\n")?;
        self.commit(author, at, "docs: answer the first question")?;
        self.work.read(&["push", "--quiet", "public", "main"])?;
        self.work.read(&["fetch", "--quiet", "public"])?;
        Ok(())
    }

    fn note(&mut self, branch: &str, author: &Person, range: &str) -> Result<Vec<Commit>, String> {
        let mut commits = Vec::new();
        for id in self.ids(range)? {
            let subject = self.work.read(&["show", "--no-patch", "--format=%s", &id])?;
            let paths = self.work.read(&["diff-tree", "--no-commit-id", "--name-only", "-r", &id])?;
            commits.push(Commit {
                branch: branch.to_owned(),
                id,
                author: author.handle.clone(),
                subject,
                paths: paths.lines().map(str::to_owned).collect(),
            });
        }
        self.prepared.extend(commits.iter().cloned());
        Ok(commits)
    }

    /// The ids of a range, oldest first.
    pub(super) fn ids(&self, range: &str) -> Result<Vec<String>, String> {
        let text = self.work.read(&["rev-list", "--reverse", range])?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    pub(super) fn commit(&self, who: &Person, at: Instant, message: &str) -> Result<String, String> {
        self.work.read(&["add", "--all"])?;
        self.work.run(&who.signature(), at, &["commit", "--quiet", "-m", message])?;
        self.work.read(&["rev-parse", "HEAD"])
    }

    pub(super) fn tag(&self, who: &Person, at: Instant, version: &str) -> Result<(), String> {
        let message = format!("{} {version}", self.scene.project);
        self.work.run(&who.signature(), at, &["tag", "-a", version, "-m", &message])?;
        Ok(())
    }

    pub(super) fn put(&self, path: &str, text: &str) -> Result<(), String> {
        files::write(&self.work_tree.join(path), text)
    }

    pub(super) fn text(&self, path: &str) -> Result<String, String> {
        let path = self.work_tree.join(path);
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    }
}
