//! What is told elsewhere than by mail: chat channels and the public tracking
//! issue, as text files.

use std::path::{Path, PathBuf};

use fixlead_core::time::Instant;

use super::clock::stamp;
use super::files;

/// Chat channels and tracking issue of a rehearsal.
#[derive(Debug)]
pub struct Boards {
    root: PathBuf,
    posted: usize,
    issue: String,
}

impl Boards {
    /// Boards under `root`.
    pub fn open(root: &Path) -> Self {
        Boards { root: root.to_owned(), posted: 0, issue: String::new() }
    }

    /// Posts to a chat channel (`#announcements`).
    pub fn post(&mut self, channel: &str, by: &str, text: &str, at: Instant) -> Result<(), String> {
        self.posted += 1;
        let path = self
            .root
            .join("slack")
            .join(files::plain_name(channel.trim_start_matches('#')))
            .join(format!("{:02}.txt", self.posted));
        let message = format!("{channel}\n{} - {by}\n\n[DRILL] {}\n", stamp(at), text.trim_end());
        files::write(&path, message)
    }

    /// Opens the tracking issue, or adds to it.
    pub fn track(&mut self, by: &str, text: &str, at: Instant) -> Result<(), String> {
        self.issue.push_str(&format!("{} - {by}\n\n{}\n\n", stamp(at), text.trim_end()));
        files::write(&self.root.join("tracking-issue.md"), &self.issue)
    }
}
