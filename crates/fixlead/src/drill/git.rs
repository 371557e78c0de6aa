//! The `git` command in a closed world: no configuration of the machine or the
//! user reaches it, and its dates come from the simulated clock.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fixlead_core::time::Instant;

use super::clock::unix_seconds;

/// A name and address that stands in a commit.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The name of the person.
    pub name: String,
    /// Their mail address.
    pub mail: String,
}

/// Settings that make git do the same on every machine.
const SETTINGS: &[&str] = &[
    "init.defaultBranch=main",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "core.autocrlf=false",
    "core.hooksPath=/dev/null",
    "core.editor=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "merge.conflictStyle=merge",
    "advice.mergeConflict=false",
    "protocol.file.allow=always",
];

/// Runs git in one directory.
#[derive(Clone, Debug)]
pub struct Git {
    directory: PathBuf,
}

impl Git {
    /// Git in `directory`.
    pub fn in_directory(directory: &Path) -> Self {
        Git { directory: directory.to_owned() }
    }

    /// Says whether git can be run at all, before anything is written.
    pub fn check() -> Result<(), String> {
        let output = Command::new("git")
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| cannot_start(&error))?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!(
                "`git --version` failed: {}; a drill makes a real repository, so repair the installation of git first",
                first_line(&output.stderr)
            ))
        }
    }

    fn command(&self, arguments: &[&str], who: Option<(&Signature, Instant)>) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.directory);
        for (name, _) in std::env::vars_os() {
            if is_git_setting(&name) {
                command.env_remove(name);
            }
        }
        command
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_DEFAULT_HASH", "sha1")
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        if let Some((signature, at)) = who {
            let date = format!("@{} +0000", unix_seconds(at));
            command
                .env("GIT_AUTHOR_NAME", &signature.name)
                .env("GIT_AUTHOR_EMAIL", &signature.mail)
                .env("GIT_AUTHOR_DATE", &date)
                .env("GIT_COMMITTER_NAME", &signature.name)
                .env("GIT_COMMITTER_EMAIL", &signature.mail)
                .env("GIT_COMMITTER_DATE", &date);
        }
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command
    }

    fn output(
        &self,
        arguments: &[&str],
        who: Option<(&Signature, Instant)>,
        input: Option<&[u8]>,
    ) -> Result<Output, String> {
        let mut command = self.command(arguments, who);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = command.spawn().map_err(|error| cannot_start(&error))?;
        // Patches are small against a pipe's buffer only sometimes, so the
        // input is written from a thread while the output is read.
        let feeder = child.stdin.take().zip(input).map(|(mut pipe, bytes)| {
            let bytes = bytes.to_vec();
            std::thread::spawn(move || pipe.write_all(&bytes))
        });
        let output = child.wait_with_output().map_err(|error| format!("cannot wait for git: {error}"))?;
        if let Some(feeder) = feeder {
            // A git that stops reading early says why on its own.
            let _ = feeder.join();
        }
        Ok(output)
    }

    fn checked(&self, arguments: &[&str], output: Output) -> Result<Vec<u8>, String> {
        if output.status.success() {
            return Ok(output.stdout);
        }
        Err(format!(
            "`git {}` failed in {}: {}; the files written so far are left for you to look at",
            arguments.join(" "),
            self.directory.display(),
            first_line(&output.stderr)
        ))
    }

    /// Runs a command that only reads; returns what it prints.
    pub fn read(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.output(arguments, None, None)?;
        let bytes = self.checked(arguments, output)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// Runs a command that only reads; returns its output byte for byte.
    pub fn read_bytes(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let output = self.output(arguments, None, None)?;
        self.checked(arguments, output)
    }

    /// Runs a command that reads `input`.
    pub fn filter(&self, arguments: &[&str], input: &[u8]) -> Result<String, String> {
        let bytes = self.filter_bytes(arguments, input)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// The same; returns its output byte for byte.
    pub fn filter_bytes(&self, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
        let output = self.output(arguments, None, Some(input))?;
        self.checked(arguments, output)
    }

    /// Runs a command in somebody's name at an instant.
    pub fn run(&self, who: &Signature, at: Instant, arguments: &[&str]) -> Result<String, String> {
        let output = self.output(arguments, Some((who, at)), None)?;
        let bytes = self.checked(arguments, output)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// Runs a command that may say no (a conflict): whether it succeeded, and
    /// all it said.
    pub fn attempt(
        &self,
        who: &Signature,
        at: Instant,
        arguments: &[&str],
    ) -> Result<(bool, String), String> {
        let output = self.output(arguments, Some((who, at)), None)?;
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((output.status.success(), said))
    }
}

/// Whether a variable of the environment would steer git. Where git keeps its
/// own programs is left alone.
fn is_git_setting(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("GIT_") && name != "GIT_EXEC_PATH")
}

fn cannot_start(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        "git is not on the PATH; a drill makes a real repository, so install git 2.38 or newer and run it again".to_owned()
    } else {
        format!("cannot start git: {error}; check that the git on the PATH can be run")
    }
}

fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim().to_owned()
}
