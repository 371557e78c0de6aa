//! Where the private repositories of fixes are: directories beside the database
//! that nobody but the desk can look into, each with what is public borrowed from a
//! mirror of its project.
//!
//! [`incoming`] is what pushes bring, [`radar`] where a fix has to go and [`origin`] where
//! its flaw came from, found out [`aside`], [`runner`] runs the project's own checks, [`watching`] what is done without being asked.

mod aside;
mod incoming;
mod origin;
mod radar;
mod runner;
mod watching;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aside::Aside;
use fixlead_app::fix::check::Ran;
use fixlead_app::fix::origin::{Asked, Origin};
use fixlead_app::fix::{Commit, Comparison, Decide, Fault, Found, Patch, Radar, Repositories};
use fixlead_core::desk::event::Sighting;
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_git::identity::{self, Status};
use fixlead_git::private::Proposed;
use fixlead_git::private::receive;
use fixlead_git::private::serve::Fetch;
use fixlead_git::{Error, Id, Limits, Mirror, Private, Source, watch};
use runner::Runner;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;
pub use watching::tend;

use crate::configuration::Settings;
use crate::serve::world;

/// How long git may take, how much it may write where that is kept as a whole, and how
/// much memory it may have, where it works with what somebody pushed.
const LIMITS: Limits = Limits { time: Duration::from_secs(120), bytes: 256 << 20, memory: 512 << 20 };
/// The same where a whole project is fetched or sent.
const WHOLE: Limits = Limits { time: Duration::from_secs(600), bytes: 1 << 30, memory: 2 << 30 };
/// Most bytes of one patch on a page.
const MOST_PATCH: usize = 64 * 1024;
/// How long git may take for all patches of a page.
const PAGE_TIME: Duration = Duration::from_secs(10);
/// How many fetch at a time.
const MOST_FETCHING: usize = 8;
/// Stands in a mirror once it was fetched.
const FETCHED: &str = "fixlead-fetched";

type Result<T> = std::result::Result<T, Fault>;

/// The repositories.
pub struct Fixes {
    directory: PathBuf,
    upstreams: Vec<(ProjectId, Source)>,
    watched: Vec<(ProjectId, Source)>,
    most_push: usize,
    fetching: Arc<Semaphore>,
    /// Fetches of public repositories, by their names.
    fetches: Mutex<HashMap<String, Arc<Fetches>>>,
    /// What private branches hold, as long as no branch moves.
    series: Mutex<HashMap<CaseId, Series>>,
    radars: Arc<Aside<Radar>>,
    origins: Arc<Aside<Origin>>,
    runner: Runner,
}

/// What private branches hold, behind the hash of what that follows from.
type Series = ([u8; 32], BTreeMap<String, Vec<Commit>>);

/// Fetches of one public repository, one at a time. Whoever waited while a whole one
/// went by needs none of their own.
#[derive(Default)]
struct Fetches {
    alone: Mutex<()>,
    begun: AtomicU64,
    done: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What git said, as far as whoever asked may hear it.
fn fault(error: Error) -> Fault {
    match error {
        Error::NotARepository(_) => Fault::Absent,
        Error::UnknownRevision(_) | Error::Series(..) | Error::Shallow(_) | Error::UnknownBranch(_) => {
            Fault::Said(error.to_string())
        }
        // What else it says can hold names of files.
        error => {
            let kind = match error {
                Error::TooLong { .. } => "took too long",
                Error::TooMuch { .. } => "wrote too much",
                Error::Start(_) => "could not be started",
                Error::File(..) => "could not read or write a file",
                _ => "failed",
            };
            warn!(target: "fixlead::fixes", "git {kind}");
            Fault::Broken
        }
    }
}

fn commit(proposed: &Proposed) -> Commit {
    Commit {
        id: proposed.id.to_string(),
        parents: proposed.parents.len(),
        author: proposed.author.clone(),
        address: proposed.address.clone(),
        message: proposed.message.clone(),
    }
}

impl Fixes {
    /// As they are set.
    pub fn of(settings: &Settings) -> Self {
        let keys = &settings.keys;
        let sources = |set: &[crate::configuration::values::Upstream]| {
            set.iter().map(|upstream| (upstream.project, upstream.source.clone())).collect()
        };
        let directory = keys.data.join("fixes");
        let directory = std::path::absolute(&directory).unwrap_or(directory);
        let runner = Runner {
            command: keys.fix_runner.iter().map(|word| word.0.clone()).collect(),
            time: keys.fix_runner_time.duration(),
            place: directory.join("runs"),
        };
        Fixes {
            runner,
            directory,
            upstreams: sources(&keys.fix_upstreams),
            watched: sources(&keys.fix_watched),
            most_push: usize::try_from(keys.fix_most_push.0).unwrap_or(usize::MAX),
            fetching: Arc::new(Semaphore::new(MOST_FETCHING)),
            fetches: Mutex::default(),
            series: Mutex::default(),
            radars: Arc::default(),
            origins: Arc::default(),
        }
    }

    /// Takes away what was left half done when the desk was stopped. Nothing may be
    /// done with the repositories yet.
    pub fn sweep(&self) {
        runner::remove(&self.runner.place);
        let entries = fs::read_dir(self.directory.join("cases")).into_iter().flatten().flatten();
        let half = entries.filter(|entry| entry.path().extension().is_some_and(|end| end == "new"));
        let gone = half.map(|entry| fs::remove_dir_all(entry.path()).is_ok());
        let swept = self
            .all()
            .into_iter()
            .map(|case| Private::open(&self.case(case), LIMITS).and_then(|private| private.sweep()).is_ok());
        if gone.chain(swept).any(|done| !done) {
            warn!(target: "fixlead::fixes", "what pushes left behind that were cut off cannot be taken away");
        }
    }

    /// Whether the project's own checks are run.
    pub fn has_runner(&self) -> bool {
        !self.runner.command.is_empty()
    }

    /// The largest push, in bytes.
    pub fn most_push(&self) -> usize {
        self.most_push
    }

    /// Room to fetch, if there is any.
    pub fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.fetching).try_acquire_owned().ok()
    }

    fn case(&self, case: CaseId) -> PathBuf {
        self.directory.join("cases").join(format!("{case}.git"))
    }

    fn private(&self, case: CaseId) -> Result<Private> {
        Private::open(&self.case(case), LIMITS).map_err(fault)
    }

    /// Where the mirror of a source is.
    fn mirrored(&self, source: &Source) -> PathBuf {
        let hash = Sha256::digest(source.name().as_bytes());
        let name: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        self.directory.join("public").join(format!("{name}.git"))
    }

    fn source(&self, project: ProjectId) -> Result<&Source> {
        let mut known = self.upstreams.iter().filter(|(known, _)| *known == project);
        known.next().map(|(_, source)| source).ok_or(Fault::Absent)
    }

    /// The public repositories of a project.
    fn sources(&self, project: ProjectId) -> impl Iterator<Item = &Source> {
        let watched = self.watched.iter().filter(move |(of, _)| *of == project).map(|(_, source)| source);
        self.source(project).into_iter().chain(watched)
    }

    /// The mirror of a source, once it was fetched.
    fn fetched(&self, source: &Source) -> Result<Option<Mirror>> {
        let path = self.mirrored(source);
        if !path.join(FETCHED).is_file() {
            return Ok(None);
        }
        Mirror::open(&path, source, WHOLE).map(Some).map_err(fault)
    }

    /// Answers a git that fetches: the type first, then the bytes.
    ///
    /// # Errors
    /// When git does not answer, or nobody reads on.
    pub fn fetch(
        &self,
        case: CaseId,
        fetch: &Fetch,
        head: impl FnOnce(&str) -> bool,
        part: impl FnMut(Vec<u8>) -> bool,
    ) -> Result<()> {
        Private::open(&self.case(case), WHOLE)
            .and_then(|private| private.serve(fetch, head, part))
            .map_err(fault)
    }

    /// What a git that wants to push is told.
    ///
    /// # Errors
    /// When there is no repository.
    pub fn advertised(&self, case: CaseId) -> Result<Vec<u8>> {
        self.private(case)?.advertised().map_err(fault)
    }
}

impl Repositories for Fixes {
    fn upstream(&self, project: ProjectId) -> Option<String> {
        self.source(project).ok().map(Source::name)
    }

    fn all(&self) -> Vec<CaseId> {
        let entries = fs::read_dir(self.directory.join("cases")).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().to_str().map(str::to_owned);
        entries.filter_map(|entry| CaseId::parse(name(entry)?.strip_suffix(".git")?).ok()).collect()
    }

    fn public(&self, project: ProjectId) -> Vec<String> {
        self.sources(project).map(Source::name).collect()
    }

    fn fetch(&self, name: &str) -> Result<()> {
        let mut all = self.upstreams.iter().chain(&self.watched).map(|(_, source)| source);
        let source = all.find(|source| source.name() == name).ok_or(Fault::Absent)?;
        let fetches = Arc::clone(lock(&self.fetches).entry(name.to_owned()).or_default());
        let before = fetches.begun.load(Ordering::SeqCst);
        let _alone = lock(&fetches.alone);
        if fetches.done.load(Ordering::SeqCst) > before {
            return Ok(());
        }
        let number = fetches.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let path = self.mirrored(source);
        let mirror = Mirror::open(&path, source, WHOLE).map_err(fault)?;
        mirror.refresh(source).map_err(fault)?;
        fs::write(path.join(FETCHED), "").map_err(|_| Fault::Broken)?;
        fetches.done.store(number, Ordering::SeqCst);
        Ok(())
    }

    fn make(&self, case: CaseId, project: ProjectId) -> Result<bool> {
        let source = self.source(project)?;
        let path = self.case(case);
        let is_new = !path.join("HEAD").is_file();
        if is_new {
            let mirror = self.fetched(source)?.ok_or(Fault::Broken)?;
            for directory in [&self.directory, &self.directory.join("cases")] {
                let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
                made.map_err(|_| Fault::Broken)?;
            }
            // Half of one is never found under its name.
            let begun = path.with_extension("git.new");
            if begun.exists() {
                fs::remove_dir_all(&begun).map_err(|_| Fault::Broken)?;
            }
            Private::make(&begun, &mirror, LIMITS).map_err(fault)?;
            fs::rename(&begun, &path).map_err(|_| Fault::Broken)?;
        }
        self.see(case, project, &mut |_, _| Ok(Vec::new()))?;
        Ok(is_new)
    }

    fn remove(&self, case: CaseId) -> Result<()> {
        fs::remove_dir_all(self.case(case)).map_err(|_| Fault::Broken)?;
        self.radars.forget(case);
        self.origins.forget(case);
        lock(&self.series).remove(&case);
        Ok(())
    }

    fn refresh(&self, case: CaseId, project: ProjectId) -> Result<()> {
        let private = self.private(case)?;
        let mirror = self.fetched(self.source(project)?)?.ok_or(Fault::Broken)?;
        private.follow(&mirror).map_err(fault)
    }

    fn branches(&self, case: CaseId) -> Result<BTreeMap<String, Vec<Commit>>> {
        let private = self.private(case)?;
        let ends = private.ends().map_err(fault)?;
        if let Some((_, known)) = lock(&self.series).get(&case).filter(|(all, _)| *all == ends.all) {
            return Ok(known.clone());
        }
        let mut branches = BTreeMap::new();
        for (branch, end) in &ends.private {
            let series = private.series(end).map_err(fault)?;
            branches.insert(branch.clone(), series.iter().map(commit).collect());
        }
        lock(&self.series).insert(case, (ends.all, branches.clone()));
        Ok(branches)
    }

    fn patches(&self, case: CaseId, commits: &[String]) -> Result<BTreeMap<String, Patch>> {
        let private = self.private(case)?;
        let begun = world::ticks();
        let mut patches = BTreeMap::new();
        for commit in commits {
            let time = PAGE_TIME.saturating_sub(world::ticks().saturating_sub(begun));
            let Some(id) = Id::from_hex(commit).filter(|_| !time.is_zero()) else { break };
            match private.within(Limits { time, ..LIMITS }).patch(&id, MOST_PATCH) {
                Ok((bytes, cut)) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    patches.insert(commit.clone(), Patch { text, cut });
                }
                Err(Error::TooLong { .. }) => break,
                Err(error) => return Err(fault(error)),
            }
        }
        Ok(patches)
    }

    fn radar(&self, case: CaseId, onto: &[String]) -> Result<Option<Found<Radar>>> {
        let private = self.private(case)?;
        let ends = private.ends().map_err(fault)?;
        if ends.private.is_empty() {
            return Ok(None);
        }
        let onto: Vec<String> = onto.iter().filter(|name| ends.public.contains_key(*name)).cloned().collect();
        let key = radar::key(&ends, &onto);
        Ok(Some(self.radars.ask(case, &key, move || radar::scan(&private, &ends.private, &onto))))
    }

    fn origin(&self, case: CaseId, asked: &Asked) -> Result<Found<Origin>> {
        let private = self.private(case)?;
        let ends = private.ends().map_err(fault)?;
        let fix = origin::fix(&private, &ends, asked)?;
        let introduced = asked.introduced.clone();
        let key = format!("{:?} {fix} {}", ends.all, introduced.join(" "));
        Ok(self.origins.ask(case, &key, move || origin::trace(&private, &fix, &introduced)))
    }

    fn push(&self, case: CaseId, body: &[u8], decide: &mut Decide<'_>) -> Result<Vec<u8>> {
        let private = self.private(case)?;
        let asked = receive::read(body).map_err(|why| Fault::Said(format!("this is no push: {why}")))?;
        if asked.updates.is_empty() {
            // A git with much to push asks first whether it may.
            return Ok(Vec::new());
        }
        Ok(match self.take(&private, body, &asked, decide) {
            Ok(said) => receive::report(&asked, None, &said),
            Err(why) => receive::report(&asked, why.lines().next().or(Some("refused")), &why),
        })
    }

    fn carry(&self, case: CaseId, from: &str, onto: &str, decide: &mut Decide<'_>) -> Result<()> {
        self.carried(&self.private(case)?, from, onto, decide)
    }

    fn compare(&self, case: CaseId, branch: &str, released: &str) -> Result<Comparison> {
        let private = self.private(case)?;
        let workspace = private.workspace().map_err(fault)?;
        let ends = private.ends().map_err(fault)?;
        let said = |why: &str| Fault::Said(why.to_owned());
        let end = ends.private.get(branch).ok_or_else(|| said("nothing was pushed for this branch"))?;
        let series = private.series(end).map_err(fault)?;
        let Some(sent) = Private::range(&series) else {
            return Err(said(
                "everything that was pushed is public, under the very ids; there is nothing to compare",
            ));
        };
        // Only commits are named: git would also take a path for a file of mails.
        let revisions: Vec<&str> = released.split("..").collect();
        let ids = workspace.commits(&revisions).map_err(fault)?;
        // One that is on no branch, as under a tag alone, can be for any.
        let on = ids.last().map(|id| private.branches_with(id)).transpose().map_err(fault)?;
        let on = on.filter(|on| !on.is_empty() && !on.iter().any(|name| name == branch));
        if let Some(on) = on {
            let on = on.into_iter().take(3).collect::<Vec<_>>().join(", ");
            return Err(Fault::Said(format!(
                "what was released is on {on} and not on {branch}; name what was released there"
            )));
        }
        let released = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("..");
        let pairs = identity::compare(&workspace, &sent, &released).map_err(fault)?;
        let subject = |pair: &identity::Pair| {
            let patch = pair.released.as_ref().or(pair.sent.as_ref());
            patch.map(|patch| patch.subject.clone()).unwrap_or_default()
        };
        Ok(Comparison {
            identical: pairs.iter().all(|pair| pair.status == Status::Same),
            patches: pairs.iter().map(|pair| (pair.status.as_str(), subject(pair))).collect(),
            evidence: identity::evidence(&pairs),
        })
    }

    fn check(&self, case: CaseId, branch: &str, commit: &str) -> Result<Ran> {
        let private = self.private(case)?.within(WHOLE);
        let id = Id::from_hex(commit).ok_or(Fault::Absent)?;
        Ok(self.runner.run(&private, branch, &id))
    }

    fn watch(&self, case: CaseId, project: ProjectId) -> Result<Vec<Sighting>> {
        let private = self.private(case)?;
        let mut series = Vec::new();
        for end in private.ends().map_err(fault)?.private.values() {
            series.extend(Private::range(&private.series(end).map_err(fault)?));
        }
        self.see(case, project, &mut |workspace, known| {
            let mut found = Vec::new();
            for range in &series {
                let commits = fixlead_git::series::read(workspace, range)?;
                found.extend(watch::look(workspace, &commits, known)?);
            }
            Ok(found)
        })
    }
}
