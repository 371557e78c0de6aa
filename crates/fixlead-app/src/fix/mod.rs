//! The fix of a case before it is public: its repository, what its team reads and
//! agrees to, where it still has to go.
//!
//! git itself is behind a port, [`Repositories`], whose calls wait for disks and
//! programs; every use case here asks the gate first, and calls it beside the
//! desk's own work, what changes a repository in its turn (`turn`). [`origin`]: where
//! the flaw came from and what has it. [`push`]: commits come in. [`look`]: what the page shows.
//! [`lint`]: what a commit message must not say yet. [`check`]: what the project's own
//! checks say to it. [`compare`]: whether what was
//! released is what was sent. [`watch`]: whether it is out already.

pub mod check;
pub mod compare;
pub mod lint;
pub mod look;
pub mod origin;
pub mod push;
pub(crate) mod turn;
pub mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use fixlead_core::access::Action;
use fixlead_core::case::Project;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Sighting;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_core::time::Instant;

use crate::accounts::Caller;
use crate::case::act::{Act, Acted};
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;
use turn::Turn;

/// A commit of a fix.
#[derive(Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// How many commits it changes: one, unless it merges.
    pub parents: usize,
    /// Who wrote it, as it says.
    pub author: String,
    /// Their e-mail address, as it says.
    pub address: String,
    /// Its whole message.
    pub message: String,
}

impl Commit {
    /// The first line of its message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// A private branch that is to move.
#[derive(Clone, PartialEq, Eq)]
pub struct Update {
    /// The public branch that it is for.
    pub branch: String,
    /// Where it ended; nothing if it is new.
    pub from: Option<String>,
    /// Where it is to end.
    pub to: String,
    /// What it holds then that is not public, parents first.
    pub after: Vec<Commit>,
    /// The paths that each of these changes.
    pub paths: BTreeMap<String, Vec<String>>,
    /// The commits that are gone, and which takes the place of each.
    pub rewritten: BTreeMap<String, String>,
    /// The commits that were made out of others of the fix, by the desk or by a pick,
    /// each behind the one that it was made from.
    pub picked: Vec<(String, String)>,
}

/// What a commit changes, as far as it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Patch {
    /// The patch.
    pub text: String,
    /// Whether that is not all of it.
    pub cut: bool,
}

/// How a fix stands to a branch.
#[derive(Clone, PartialEq, Eq)]
pub struct Standing {
    /// The private branch that was tried, by the public one that it is for.
    pub fix: String,
    /// The branch that it was tried on.
    pub branch: String,
    /// `clean`, `conflict`, `already-applied` or `missing-prerequisite`.
    pub outcome: &'static str,
    /// Each place in the way: the file, and what both sides say there.
    pub conflicts: Vec<Conflict>,
    /// Commits that the branch lacks, where the fix applies with them: id and subject.
    pub missing: Vec<(String, String)>,
}

/// A file that needs a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its path.
    pub path: String,
    /// What git calls it.
    pub kind: String,
    /// Line, the branch's lines, the fix's lines.
    pub hunks: Vec<(usize, String, String)>,
}

/// Somebody who is named for changed paths.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// As the file names them.
    pub name: String,
    /// Whether they approve; otherwise they review.
    pub approves: bool,
    /// The file and its line.
    pub place: (String, usize),
    /// The changed paths that they are named for.
    pub paths: Vec<String>,
}

/// A path that a commit of the fix changes, and who may approve that.
#[derive(Clone, PartialEq, Eq)]
pub struct PathOwners {
    /// The commit.
    pub commit: String,
    /// The path.
    pub path: String,
    /// As the files name them, each once.
    pub approvers: Vec<String>,
}

/// What was found out about a fix as it is now.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Radar {
    /// Each supported branch.
    pub standings: Vec<Standing>,
    /// Whom to ask in, and where it says so.
    pub owners: Vec<Owner>,
    /// Each path that each commit changes.
    pub paths: Vec<PathOwners>,
    /// What could not be found out, and why.
    pub failed: Vec<String>,
}

/// Whether what was released is what was sent.
pub struct Comparison {
    /// Whether every patch is the same.
    pub identical: bool,
    /// How each stands, with its first line.
    pub patches: Vec<(&'static str, String)>,
    /// What anybody can check again with git.
    pub evidence: String,
}

/// Why a repository did not do what it was asked.
pub enum Fault {
    /// There is none for this case, or nothing to make it from.
    Absent,
    /// What was asked makes no sense; what it is, for whoever asked.
    Said(String),
    /// Too many wait for their turn with it.
    Busy,
    /// git or the disk failed.
    Broken,
}

/// What somebody decides on branches that are to move: what to tell whoever pushes,
/// or why they do not move.
pub type Decide<'a> = dyn FnMut(&[Update]) -> std::result::Result<String, String> + 'a;

/// What is found out aside; nothing until it is.
pub type Found<T> = tokio::sync::watch::Receiver<Option<Arc<T>>>;

/// Where the repositories of fixes are. Every call waits for disks and programs, and
/// those that change one are made one at a time for each case.
pub trait Repositories: Send + Sync {
    /// What repositories of a project are made from, as the installation names it.
    fn upstream(&self, project: ProjectId) -> Option<String>;
    /// The public repositories of a project, by the names that the installation gives
    /// them: what its fixes are made from first, then where else they are looked for.
    fn public(&self, project: ProjectId) -> Vec<String>;
    /// Fetches what one of them has now. It waits for others.
    ///
    /// # Errors
    /// When it does not answer.
    fn fetch(&self, name: &str) -> std::result::Result<(), Fault>;
    /// The cases that have one.
    fn all(&self) -> Vec<CaseId>;
    /// Makes one out of what was fetched, and says whether there was none yet.
    ///
    /// # Errors
    /// When there is nothing to make it from.
    fn make(&self, case: CaseId, project: ProjectId) -> std::result::Result<bool, Fault>;
    /// Takes one away for good.
    ///
    /// # Errors
    /// When it is still there.
    fn remove(&self, case: CaseId) -> std::result::Result<(), Fault>;
    /// Takes over what was fetched meanwhile.
    ///
    /// # Errors
    /// When it cannot be written.
    fn refresh(&self, case: CaseId, project: ProjectId) -> std::result::Result<(), Fault>;
    /// The private branches and what they hold.
    ///
    /// # Errors
    /// When it cannot be read.
    fn branches(&self, case: CaseId) -> std::result::Result<BTreeMap<String, Vec<Commit>>, Fault>;
    /// What commits change, as far as that is found in the time that a page has.
    ///
    /// # Errors
    /// When it cannot be read.
    fn patches(
        &self,
        case: CaseId,
        commits: &[String],
    ) -> std::result::Result<BTreeMap<String, Patch>, Fault>;
    /// How it stands to branches, and whose they are; nothing where nothing was pushed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn radar(&self, case: CaseId, onto: &[String]) -> std::result::Result<Option<Found<Radar>>, Fault>;
    /// Where the flaw came from and what has it.
    ///
    /// # Errors
    /// When it cannot be read, or nothing was pushed and no fix is named.
    fn origin(
        &self,
        case: CaseId,
        asked: &origin::Asked,
    ) -> std::result::Result<Found<origin::Origin>, Fault>;
    /// Takes in what git pushed, if it is decided so, and answers it.
    ///
    /// # Errors
    /// When it cannot be read at all.
    fn push(&self, case: CaseId, body: &[u8], decide: &mut Decide<'_>)
    -> std::result::Result<Vec<u8>, Fault>;
    /// Makes a private branch for another public one out of what one holds.
    ///
    /// # Errors
    /// When it does not apply, or it is decided against.
    fn carry(
        &self,
        case: CaseId,
        from: &str,
        onto: &str,
        decide: &mut Decide<'_>,
    ) -> std::result::Result<(), Fault>;
    /// Compares what a private branch holds with what was released for it, written
    /// `A..B` or as one commit.
    ///
    /// # Errors
    /// When one of them is not there, or was released for another branch.
    fn compare(&self, case: CaseId, branch: &str, released: &str) -> std::result::Result<Comparison, Fault>;
    /// Has the project's own checks run on a commit of a private branch; it takes as
    /// long as they do.
    ///
    /// # Errors
    /// When there is no such commit.
    fn check(&self, case: CaseId, branch: &str, commit: &str) -> std::result::Result<check::Ran, Fault>;
    /// Public commits that resemble the fix, among what was fetched since it has a
    /// repository.
    ///
    /// # Errors
    /// When they cannot be read.
    fn watch(&self, case: CaseId, project: ProjectId) -> std::result::Result<Vec<Sighting>, Fault>;
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Absent => Problem::invalid(
                "",
                "there is no private repository for this fix; make one on the page of the fix, or have whoever runs \
                 this desk name in `fix.upstreams` what to make it from",
            ),
            Fault::Said(why) => Problem::invalid("", why),
            Fault::Busy => Problem::TooMany { retry_after: 5 },
            Fault::Broken => Problem::Unavailable { retry_after: 5 },
        }
    }
}

impl Desk {
    /// Lets fixes have repositories. Without this, no case has one.
    pub fn keep_fixes(&self, repositories: Arc<dyn Repositories>) {
        let _ = self.inner.fixes.set(repositories);
    }

    /// The host at which the code of a project is, where the desk knows it: a login in
    /// its files is one there.
    pub(crate) fn code_host(&self, project: ProjectId) -> Option<String> {
        let upstream = self.inner.fixes.get()?.upstream(project)?;
        let (_, rest) = upstream.split_once("://")?;
        let place = rest.split('/').next()?;
        let host = place.rsplit('@').next()?.split(':').next()?;
        Some(host.to_ascii_lowercase())
    }

    /// The facts of a project that its policy works with, with the people whose logins
    /// its owners are.
    pub(crate) fn facts_of(&self, snapshot: &Snapshot, project: ProjectId, at: Instant) -> Option<Project> {
        snapshot.directory.facts(project, at, self.code_host(project).as_deref())
    }

    pub(crate) fn repositories(&self) -> Result<Arc<dyn Repositories>> {
        Ok(self.inner.fixes.get().cloned().ok_or(Fault::Absent)?)
    }

    /// Has the repositories do something, beside what the desk does.
    pub(crate) async fn with_fixes<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Repositories) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.beside(&self.inner.fix_room, None, work).await
    }

    /// The same with what changes the repository of a case: when it is its turn.
    pub(crate) async fn with_fix<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&dyn Repositories) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.beside(&self.inner.fix_room, Some(turn), work).await
    }

    /// The turn with the repository of a case.
    pub(crate) async fn fix_turn(&self, case: CaseId) -> Result<Turn> {
        Ok(self.inner.fix_turns.take(case).await.ok_or(Fault::Busy)?)
    }

    async fn beside<T: Send + 'static>(
        &self,
        room: &Arc<tokio::sync::Semaphore>,
        turn: Option<Turn>,
        work: impl FnOnce(&dyn Repositories) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        let repositories = self.repositories()?;
        let unavailable = || Problem::Unavailable { retry_after: 5 };
        let room = Arc::clone(room).acquire_owned().await.map_err(|_| unavailable())?;
        let work = move || {
            // It holds its room and its turn until it is done, also when nobody waits
            // any more.
            let _held = (room, turn);
            work(&*repositories)
        };
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|_| unavailable())??)
    }

    /// Has the project's own checks run.
    pub(crate) async fn run_checks<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Repositories) -> std::result::Result<T, Fault> + Send + 'static,
    ) -> Result<T> {
        self.beside(&self.inner.check_room, None, work).await
    }

    /// Fetches one public repository.
    pub(crate) async fn fetch_public(&self, name: String) -> Result<()> {
        self.beside(&self.inner.fetch_room, None, move |fixes| fixes.fetch(&name)).await
    }

    /// Makes a private repository for the fix.
    pub async fn open_fix(&self, caller: &Caller, case: CaseId, repeat: Repeat) -> Result<Acted> {
        let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
        let permit = self.case_permit(caller, &snapshot, &kept.file, Action::FixPush);
        if let Some(done) = self.done(caller, permit.as_ref().err(), Some(&repeat)).await? {
            return Ok(done);
        }
        permit?;
        let project = kept.file.opened.as_ref().map(|opened| opened.project).ok_or(Problem::NotFound)?;
        let repositories = self.repositories()?;
        let from = repositories.upstream(project).ok_or(Fault::Absent)?;
        let turn = self.fix_turn(case).await?;
        if kept.file.fix.is_none() || !repositories.all().contains(&case) {
            self.fetch_public(from.clone()).await?;
        }
        let made = self.with_fix(turn, move |fixes| fixes.make(case, project)).await?;
        // One that is there and not in the log was made by a request that was given up.
        if !made && kept.file.fix.is_some() {
            return Err(Fault::Said("this fix has a private repository already".to_owned()).into());
        }
        let command = Command::OpenFix { from: Line::tamed(&from) };
        self.act(caller, case, Act { repeat: Some(repeat), ..Act::new(command) }).await
    }

    /// Whether somebody may fetch the fix; that they did is recorded.
    pub async fn fetch_fix(&self, caller: &Caller, case: CaseId) -> Result<()> {
        self.read_as(caller, case, &[Action::FixRead]).await?;
        Ok(())
    }

    /// Whether somebody may have the rest of what they began to fetch.
    pub async fn may_fetch_on(&self, caller: &Caller, case: CaseId) -> Result<()> {
        let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
        self.case_permit(caller, &snapshot, &kept.file, Action::FixRead)?;
        Ok(())
    }

    /// Takes away the repositories of cases that are over or erased. Says how many; one
    /// that cannot be taken away does not keep the others.
    pub async fn tidy_fixes(&self) -> Result<usize> {
        let Some(repositories) = self.inner.fixes.get().cloned() else { return Ok(0) };
        let (mut removed, mut failed) = (0, None);
        for case in repositories.all() {
            let over = match self.kept(case).await {
                Ok(kept) => Ok(kept.file.closed || kept.file.opened.is_none()),
                Err(Problem::NotFound) => Ok(true),
                Err(problem) => Err(problem),
            };
            let done = match over {
                // Where somebody is at it still, it is taken away the next time.
                Ok(true) => match self.inner.fix_turns.free(case) {
                    Some(turn) => self.with_fix(turn, move |fixes| fixes.remove(case)).await.map(|()| 1),
                    None => Ok(0),
                },
                other => other.map(|_| 0),
            };
            match done {
                Ok(count) => removed += count,
                Err(problem) => failed = failed.or(Some(problem)),
            }
        }
        failed.map_or(Ok(removed), Err)
    }
}
