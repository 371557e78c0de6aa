//! `fixlead patch`: what git repositories say about flaws and their fixes.

mod affected;
mod backports;
pub(crate) mod batch;
mod identity;
mod introduced;
mod owners;
mod watch;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use fixlead_git::{Cache, Limits, Workspace};

use super::Outcome;
use crate::terminal::Style;

/// What `fixlead patch` can do.
#[derive(Subcommand)]
pub enum Command {
    /// Say which tags and branches a flaw affects.
    Affected(affected::AffectedArgs),
    /// Try a fix on branches, without writing anything.
    Backports(backports::BackportsArgs),
    /// Say whether what was released is what was sent, patch by patch.
    Identity(identity::IdentityArgs),
    /// Guess at the commits that brought a flaw in, from its fix.
    Introduced(introduced::IntroducedArgs),
    /// Say whose agreement changed paths need.
    Owners(owners::OwnersArgs),
    /// Look whether a fix stands in public already.
    Watch(watch::WatchArgs),
}

/// Which repositories, and how they are asked.
///
/// git never runs with the settings of a repository or a user, reaches no
/// network, and writes nothing into a repository.
#[derive(Args)]
pub struct Asked {
    /// A repository, bare or with a worktree; may be given several times, and
    /// then their objects are seen as one store [default: .].
    #[arg(long = "repo", value_name = "PATH")]
    repositories: Vec<PathBuf>,
    /// Keep what was found out (ids of commits and patches) in this directory,
    /// one below it for each repository [default: fixlead/git in
    /// $XDG_CACHE_HOME or ~/.cache].
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache")]
    cache: Option<PathBuf>,
    /// Keep nothing, and use nothing that was kept.
    #[arg(long)]
    no_cache: bool,
    /// How long one run of git may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
    /// Print one JSON object, or one a line where there are several.
    #[arg(long)]
    json: bool,
}

impl Asked {
    fn open(&self) -> Result<Workspace, String> {
        let here = [PathBuf::from(".")];
        let repositories = if self.repositories.is_empty() { &here } else { self.repositories.as_slice() };
        self.open_all(repositories)
    }

    /// The same behind one repository that is none of them.
    fn open_behind(&self, first: &Path) -> Result<Workspace, String> {
        if self.repositories.is_empty() {
            return Err("no public repository is named; name each with --repo".to_owned());
        }
        let all: Vec<PathBuf> =
            std::iter::once(first.to_owned()).chain(self.repositories.iter().cloned()).collect();
        self.open_all(&all)
    }

    /// One repository alone, and all the others alone.
    fn open_apart(&self, first: &Path) -> Result<(Workspace, Workspace), String> {
        Ok((self.open_all(&[first.to_owned()])?, self.open_all(&self.repositories)?))
    }

    fn open_all(&self, repositories: &[PathBuf]) -> Result<Workspace, String> {
        let limits = Limits { time: Duration::from_secs(self.timeout), ..Limits::default() };
        Workspace::open(repositories, &self.place(), limits).map_err(|error| error.to_string())
    }

    fn place(&self) -> Cache {
        if self.no_cache {
            return Cache::None;
        }
        let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let usual = || {
            let caches = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
            Some(caches.join("fixlead/git"))
        };
        match self.cache.clone().or_else(usual) {
            // git works elsewhere, so the path has to hold from there.
            Some(place) => std::path::absolute(&place).map_or(Cache::None, Cache::Directory),
            None => Cache::None,
        }
    }
}

/// Runs `fixlead patch`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    command: &Command,
    style: Style,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let ended = match command {
        Command::Affected(args) => affected::run(args, style, out, messages),
        Command::Backports(args) => backports::run(args, style, out),
        Command::Identity(args) => identity::run(args, style, out),
        Command::Introduced(args) => introduced::run(args, style, out),
        Command::Watch(args) => watch::run(args, style, out),
        Command::Owners(args) => owners::run(args, style, out, messages),
    };
    match ended {
        Ok(outcome) => Ok(outcome),
        Err(Stopped::Stream(error)) => Err(error),
        Err(Stopped::Said(message)) => {
            writeln!(messages, "fixlead: {message}")?;
            Ok(Outcome::Unreadable)
        }
    }
}

/// Why a command stopped.
enum Stopped {
    /// A stream cannot be written.
    Stream(io::Error),
    /// What is to be said.
    Said(String),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Stopped::Stream(error)
    }
}

impl From<String> for Stopped {
    fn from(message: String) -> Self {
        Stopped::Said(message)
    }
}

impl From<fixlead_git::Error> for Stopped {
    fn from(error: fixlead_git::Error) -> Self {
        Stopped::Said(error.to_string())
    }
}
