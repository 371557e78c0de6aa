//! The shim: compiled when it is needed, and told what to do while it runs.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where a field stands in the shim's `struct control`.
#[derive(Clone, Copy)]
enum Field {
    Fail = 0,
    Full = 4,
    Brief = 8,
    Sync = 12,
    Room = 16,
    Injected = 24,
    Pause = 32,
    Read = 36,
}

/// The length of `struct control`.
const CONTROL: u64 = 40;

/// Compiles it below a directory.
pub fn compile(below: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability/shim.c");
    let library = below.join("shim.so");
    let status = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread", "-o"])
        .arg(&library)
        .arg(&source)
        .status()
        .expect("a C compiler is installed");
    assert!(status.success(), "cc could not compile {}", source.display());
    library
}

/// What one process is told.
pub struct Shim {
    library: PathBuf,
    root: PathBuf,
    control: File,
    path: PathBuf,
}

/// How many of a thousand calls go wrong, and how.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// Writes and changes of names fail.
    pub fail: u32,
    /// There is no room for writes that lengthen a file.
    pub full: u32,
    /// Writes write less.
    pub brief: u32,
    /// Syncs fail.
    pub sync: u32,
    /// Reads fail.
    pub read: u32,
}

impl Shim {
    /// For files below a directory; its own files are elsewhere.
    pub fn new(library: &Path, root: &Path, own: &Path) -> Self {
        let path = own.join("control");
        let control = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .expect("a control file");
        control.set_len(CONTROL).expect("a control file");
        let shim = Shim { library: library.into(), root: root.into(), control, path };
        shim.room(None);
        shim
    }

    fn set(&self, field: Field, bytes: &[u8]) {
        self.control.write_all_at(bytes, field as u64).expect("a control file");
    }

    /// From now on, so many calls go wrong.
    pub fn faults(&self, faults: Faults) {
        self.set(Field::Fail, &faults.fail.to_le_bytes());
        self.set(Field::Full, &faults.full.to_le_bytes());
        self.set(Field::Brief, &faults.brief.to_le_bytes());
        self.set(Field::Sync, &faults.sync.to_le_bytes());
        self.set(Field::Read, &faults.read.to_le_bytes());
    }

    /// From now on, so many bytes are left on the disk.
    pub fn room(&self, bytes: Option<u64>) {
        let bytes = bytes.map_or(-1, |bytes| bytes as i64);
        self.set(Field::Room, &bytes.to_le_bytes());
    }

    /// From now on, a sync that is recorded takes so many microseconds.
    pub fn pause(&self, micros: u32) {
        self.set(Field::Pause, &micros.to_le_bytes());
    }

    /// How many calls went wrong.
    pub fn injected(&self) -> u64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, Field::Injected as u64).expect("a control file");
        u64::from_le_bytes(bytes)
    }

    /// Puts it before a process.
    pub fn before<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FIXLEAD_SHIM_ROOT", &self.root)
            .env("FIXLEAD_SHIM_CONTROL", &self.path)
    }

    /// Has it record what a process does to files, and its marks.
    pub fn recording<'a>(&self, command: &'a mut Command, trace: &Path, marks: &Path) -> &'a mut Command {
        self.before(command).env("FIXLEAD_SHIM_TRACE", trace).env("FIXLEAD_SHIM_MARKS", marks)
    }
}
