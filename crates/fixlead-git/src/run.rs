//! The `git` command in a closed world.
//!
//! No setting of the machine, the user or the repository reaches it, it calls
//! no other program, asks nobody, goes to no network, and has an end. Replaced
//! objects and grafts are not followed: what a commit is follows from its id
//! alone.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::error::{Error, Result};

/// Bounds of one run of git.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long one run may take.
    pub time: Duration,
    /// How much it may write where its output is kept as a whole, in bytes.
    pub bytes: usize,
    /// How much memory of its own each process may ask for, in bytes.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { time: Duration::from_secs(600), bytes: 1 << 30, memory: 2 << 30 }
    }
}

/// What is kept of git's messages, in bytes.
const MOST_MESSAGES: u64 = 64 * 1024;

/// Settings for every run, whatever the git directory says.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.quotePath=true",
    "core.abbrev=40",
    // Larger files count as binary, which bounds memory.
    "core.bigFileThreshold=100m",
    // Each thread has a stack and a cache of its own.
    "pack.threads=4",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    // Whoever fetches is told nothing of how grafts are kept out here.
    "advice.graftFileDeprecated=false",
    "color.ui=false",
    "diff.renames=false",
    "diff.algorithm=myers",
    "diff.renameLimit=2000",
    "merge.renames=true",
    "merge.directoryRenames=conflict",
    "merge.renameLimit=7000",
    "merge.conflictStyle=merge",
];

/// Runs git on one git directory.
#[derive(Clone, Debug)]
pub struct Git {
    directory: PathBuf,
    /// Where new objects go, if not into the git directory.
    objects: Option<PathBuf>,
    /// What a run is told beside what holds for all.
    told: Vec<(&'static str, OsString)>,
    /// Settings of this one run, behind those of all.
    settings: Vec<String>,
    limits: Limits,
}

/// How a run ended that was allowed to say no.
pub struct Output {
    /// The exit code; `None` when it was killed.
    pub code: Option<i32>,
    /// What it wrote.
    pub stdout: Vec<u8>,
    /// What it said.
    pub messages: Vec<u8>,
}

impl Git {
    /// Git on a git directory.
    pub fn on(directory: &Path, limits: Limits) -> Self {
        Git { directory: directory.to_owned(), objects: None, told: Vec::new(), settings: Vec::new(), limits }
    }

    /// The same, with new objects written into another directory of objects.
    pub fn with_objects(&self, objects: &Path) -> Self {
        Git { objects: Some(objects.to_owned()), ..self.clone() }
    }

    /// The same, with a word in its environment.
    pub fn told(&self, name: &'static str, value: impl Into<OsString>) -> Self {
        let mut git = self.clone();
        git.told.push((name, value.into()));
        git
    }

    /// The same, with a setting of its own.
    pub fn set(&self, setting: &str) -> Self {
        let mut git = self.clone();
        git.settings.push(setting.to_owned());
        git
    }

    /// The same, with other bounds.
    pub fn within(&self, limits: Limits) -> Self {
        Git { limits, ..self.clone() }
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new("git");
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .current_dir(&self.directory)
            .env("GIT_DIR", &self.directory)
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "/bin/false")
            .env("GIT_SSH_COMMAND", "/bin/false")
            .env("GIT_EDITOR", "/bin/false")
            .env("GIT_PAGER", "cat")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_GRAFT_FILE", "/dev/null")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // For commits that are only made to try something.
            .env("GIT_AUTHOR_NAME", "fixlead")
            .env("GIT_AUTHOR_EMAIL", "fixlead@invalid")
            .env("GIT_AUTHOR_DATE", "@0 +0000")
            .env("GIT_COMMITTER_NAME", "fixlead")
            .env("GIT_COMMITTER_EMAIL", "fixlead@invalid")
            .env("GIT_COMMITTER_DATE", "@0 +0000");
        if let Some(objects) = &self.objects {
            command.env("GIT_OBJECT_DIRECTORY", objects);
        }
        command.envs(self.told.iter().map(|(name, value)| (name, value)));
        for setting in SETTINGS.iter().copied().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What git writes, all of it; any exit code but 0 is an error.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Result<Vec<u8>> {
        let output = self.try_run(arguments, input)?;
        match output.code {
            Some(0) => Ok(output.stdout),
            _ => Err(Error::from_git(&name(arguments), &output.messages)),
        }
    }

    /// The same, where an exit code can be an answer.
    pub fn try_run<S: AsRef<OsStr>>(&self, arguments: &[S], input: &[u8]) -> Result<Output> {
        let most = self.limits.bytes;
        let (stdout, code, messages) =
            self.watch(vec![self.command(arguments)], name(arguments), input, |out| {
                let mut bytes = Vec::new();
                let read = out.take(most as u64 + 1).read_to_end(&mut bytes);
                match read {
                    Ok(read) if read > most => Err(Error::TooMuch { what: name(arguments), most }),
                    Ok(_) => Ok(bytes),
                    Err(error) => Err(Error::Start(error)),
                }
            })?;
        Ok(Output { code, stdout, messages })
    }

    /// Has what git writes read while it writes; any exit code but 0 is an error.
    pub fn stream<S: AsRef<OsStr>, T>(
        &self,
        arguments: &[S],
        input: &[u8],
        read: impl FnOnce(&mut dyn BufRead) -> Result<T>,
    ) -> Result<T> {
        let (read, code, messages) =
            self.watch(vec![self.command(arguments)], name(arguments), input, read)?;
        match code {
            Some(0) => Ok(read),
            _ => Err(Error::from_git(&name(arguments), &messages)),
        }
    }

    /// What one git writes when it reads what another one wrote.
    pub fn pipe(&self, first: &[&str], second: &[&str], input: &[u8]) -> Result<Vec<u8>> {
        let most = self.limits.bytes;
        let commands = vec![self.command(first), self.command(second)];
        let (read, code, messages) = self.watch(commands, name(first), input, |out| {
            let mut bytes = Vec::new();
            match out.take(most as u64 + 1).read_to_end(&mut bytes) {
                Ok(read) if read > most => Err(Error::TooMuch { what: name(second), most }),
                Ok(_) => Ok(bytes),
                Err(error) => Err(Error::Start(error)),
            }
        })?;
        match code {
            Some(0) => Ok(read),
            _ => Err(Error::from_git(&name(first), &messages)),
        }
    }

    /// Runs commands, each reading what the one before wrote, feeds the first,
    /// has the last one's output read, and sees that all of them end. The code
    /// is the first that is not 0.
    fn watch<T>(
        &self,
        commands: Vec<Command>,
        what: String,
        input: &[u8],
        read: impl FnOnce(&mut dyn BufRead) -> Result<T>,
    ) -> Result<(T, Option<i32>, Vec<u8>)> {
        let mut guards = Vec::new();
        let mut before: Option<Stdio> = (!input.is_empty()).then(Stdio::piped);
        let count = commands.len();
        let mut out = None;
        let mut feeder = None;
        for (place, mut command) in commands.into_iter().enumerate() {
            if let Some(stdin) = before.take() {
                command.stdin(stdin);
            }
            let mut child = command.spawn().map_err(Error::Start)?;
            confine(&mut child, self.limits.memory)?;
            // Written from a thread, since git may answer before it has read
            // everything; one that has read enough closes its end.
            feeder = feeder.or_else(|| {
                let (mut pipe, input) = (child.stdin.take()?, input.to_vec());
                Some(spawn(move || drop(pipe.write_all(&input))))
            });
            let stdout = child.stdout.take();
            if place + 1 == count {
                out = stdout;
            } else {
                before = stdout.map(Stdio::from);
            }
            guards.push(Guard::new(child, self.limits.time));
        }
        let mut out = BufReader::with_capacity(
            1 << 16,
            out.ok_or_else(|| Error::Start(std::io::ErrorKind::BrokenPipe.into()))?,
        );
        let read = read(&mut out);
        drop(out);
        let failed = read.is_err();
        let (mut code, mut messages) = (Some(0), Vec::new());
        let mut late = false;
        for guard in guards {
            let ended = guard.end(failed);
            late |= ended.late;
            if code == Some(0) {
                code = ended.status.and_then(|status| status.code());
                messages = ended.messages;
            }
        }
        if let Some(feeder) = feeder {
            let _ = feeder.join();
        }
        if late {
            return Err(Error::TooLong { what, seconds: self.limits.time.as_secs() });
        }
        Ok((read?, code, messages))
    }
}

/// Bounds the memory of a child, and of those that it starts: what is small on its
/// way can become very large.
fn confine(child: &mut Child, memory: u64) -> Result<()> {
    let limit = Rlimit { current: Some(memory), maximum: Some(memory) };
    let set = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default())
        .ok_or(Errno::SRCH)
        .and_then(|pid| prlimit(Some(pid), Resource::Data, limit));
    match set {
        // One that is done already needs no bound.
        Ok(_) | Err(Errno::SRCH) => Ok(()),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(Error::Start(error.into()))
        }
    }
}

/// Which of git's commands it is, for messages.
fn name<S: AsRef<OsStr>>(arguments: &[S]) -> String {
    let first: Option<OsString> = arguments
        .iter()
        .map(|word| word.as_ref().to_owned())
        .find(|word| !word.to_string_lossy().starts_with('-') && !word.to_string_lossy().contains('='));
    first.map(|word| word.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A child that is killed when its time is over.
struct Guard {
    done: Sender<bool>,
    thread: JoinHandle<Ended>,
}

struct Ended {
    status: Option<ExitStatus>,
    messages: Vec<u8>,
    late: bool,
}

impl Guard {
    fn new(mut child: Child, time: Duration) -> Self {
        let (done, told) = channel();
        let stderr = child.stderr.take();
        let thread = spawn(move || {
            let reader = spawn(move || {
                let mut messages = Vec::new();
                if let Some(mut stderr) = stderr {
                    let _ = stderr.by_ref().take(MOST_MESSAGES).read_to_end(&mut messages);
                    let _ = std::io::copy(&mut stderr, &mut std::io::sink());
                }
                messages
            });
            let told = told.recv_timeout(time);
            let late = told == Err(RecvTimeoutError::Timeout);
            if late || told == Ok(true) {
                let _ = child.kill();
            }
            let status = child.wait().ok();
            Ended { status, messages: reader.join().unwrap_or_default(), late }
        });
        Guard { done, thread }
    }

    /// Waits for the end, which is now when nobody wants the rest.
    fn end(self, kill: bool) -> Ended {
        let _ = self.done.send(kill);
        self.thread.join().unwrap_or(Ended { status: None, messages: Vec::new(), late: false })
    }
}
