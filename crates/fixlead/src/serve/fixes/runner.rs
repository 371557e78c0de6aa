//! The project's own checks on a commit of a fix: a command of the installation, in a
//! directory of its own with the files of the commit, that is told nothing of the case.

use std::collections::VecDeque;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use fixlead_app::fix::check::Ran;
use fixlead_core::desk::event::RunOutcome;
use fixlead_git::{Id, Private};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::serve::world;

/// How much of the end of what it writes is kept, in bytes.
const KEPT: usize = 16 * 1024;
/// How much it may write, in bytes; then it is stopped.
const MOST_OUTPUT: u64 = 64 << 20;
/// How often it is looked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long what it wrote last is waited for, when others hold its output open.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Where it finds programs.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The command, and where it works.
pub struct Runner {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// How long it may take.
    pub time: Duration,
    /// Where the directories of runs are.
    pub place: PathBuf,
}

impl Runner {
    /// Runs it on a commit, and says how that ended.
    pub fn run(&self, private: &Private, branch: &str, commit: &Id) -> Ran {
        // It stands for the run and says nothing of the case.
        let id = world::random_id().to_string();
        let directory = self.place.join(&id);
        let ran = self.prepared(private, branch, commit, &id, &directory);
        remove(&directory);
        ran.unwrap_or_else(|why| Ran { outcome: RunOutcome::NotRun, code: None, output: why })
    }

    fn prepared(
        &self,
        private: &Private,
        branch: &str,
        commit: &Id,
        id: &str,
        directory: &Path,
    ) -> Result<Ran, String> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(|error| format!("there is no place to run it in: {}", error.kind()))?;
        private
            .export(commit, directory)
            .map_err(|_| "the files of the commit could not be written; the disk may be full".to_owned())?;
        let started = "the command in `fix.runner` could not be started";
        let (program, words) = self.command.split_first().ok_or(started)?;
        let (reader, writer) = std::io::pipe().map_err(|error| format!("{started}: {}", error.kind()))?;
        let tree = directory.join("tree");
        let mut command = Command::new(program);
        command
            .args(words)
            .env_clear()
            .env("PATH", PATH)
            .env("FIXLEAD_RUN", id)
            .env("FIXLEAD_TREE", &tree)
            .env("FIXLEAD_BRANCH", branch)
            .current_dir(&tree)
            .stdin(Stdio::null())
            .stdout(writer.try_clone().map_err(|error| format!("{started}: {}", error.kind()))?)
            .stderr(writer)
            .process_group(0);
        let child = command.spawn().map_err(|error| format!("{started}: {}", error.kind()))?;
        // The last end for writing that is held here goes with it.
        drop(command);
        Ok(self.watched(child, reader))
    }

    /// Reads what it writes, until it ends or has to.
    fn watched(&self, mut child: Child, reader: impl Read + Send + 'static) -> Ran {
        let (tell, told) = mpsc::channel();
        let too_much = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&too_much);
        std::thread::spawn(move || drop(tell.send(read(reader, &flag))));
        let begun = world::ticks();
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let late = loop {
            // It is not taken from the list of processes yet, so that its group is its own.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match group.map(|pid| waitid(WaitId::Pid(pid), options)) {
                Some(Ok(None)) => {}
                _ => break false,
            }
            if world::ticks().saturating_sub(begun) >= self.time || too_much.load(Ordering::SeqCst) {
                break true;
            }
            std::thread::sleep(LOOK_EVERY);
        };
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let status = child.wait().ok();
        let mut output = told.recv_timeout(LAST_WORDS).unwrap_or_default();
        let code = status.and_then(|status| status.code()).filter(|_| !late);
        let outcome = match code {
            Some(0) => RunOutcome::Passed,
            _ if too_much.load(Ordering::SeqCst) => {
                output.push_str("\n(stopped: it wrote more than 64 MiB)");
                RunOutcome::Failed
            }
            _ if late => RunOutcome::TimedOut,
            _ => RunOutcome::Failed,
        };
        Ran { outcome, code, output }
    }
}

/// The end of what comes.
fn read(mut reader: impl Read, too_much: &AtomicBool) -> String {
    let (mut last, mut all) = (VecDeque::with_capacity(2 * KEPT), 0_u64);
    let mut buffer = vec![0; KEPT];
    while let Ok(read @ 1..) = reader.read(&mut buffer) {
        all += read as u64;
        last.extend(&buffer[..read]);
        last.drain(..last.len().saturating_sub(KEPT));
        if all > MOST_OUTPUT {
            too_much.store(true, Ordering::SeqCst);
            break;
        }
    }
    let bytes: Vec<u8> = last.into();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

/// Takes a directory away, also where something in it was made to stay.
pub fn remove(directory: &Path) {
    if fs::remove_dir_all(directory).is_ok() || !directory.exists() {
        return;
    }
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        let _ = fs::set_permissions(&next, fs::Permissions::from_mode(0o700));
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            // Of a link only the link is taken away.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
    }
    if fs::remove_dir_all(directory).is_err() {
        tracing::warn!(target: "fixlead::fixes", "the directory of a run cannot be taken away");
    }
}
