//! Where tests put their files.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::shim;

/// A directory that goes when the test does, unless it failed.
pub struct Place {
    path: PathBuf,
    made: AtomicU64,
    /// The compiled shim.
    pub shim: PathBuf,
}

impl Place {
    /// In memory where there is such a place: what is on a disk is decided by
    /// the tests, not by the disk under them.
    pub fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let below = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = below.join(format!("fixlead-durability-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a place for the tests' files");
        let path = path.canonicalize().expect("a place for the tests' files");
        let shim = shim::compile(&path);
        Place { path, made: AtomicU64::new(0), shim }
    }

    /// A new, empty directory in it. No two have one path: a store that was
    /// dropped may still be closing, and SQLite removes files by their names.
    pub fn directory(&self, name: &str) -> PathBuf {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{name}-{number}"));
        std::fs::create_dir_all(&path).expect("a place for the tests' files");
        path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
