//! What the shim recorded: calls that change files, in their order.

use std::path::{Path, PathBuf};

/// The length of what stands before the path and the bytes of a record.
const HEAD: usize = 1 + 8 + 8 + 4 + 4;

/// A call that succeeded, or a mark. `node` is the number of an inode, which
/// the system may give to another file once its own is gone.
#[derive(Debug)]
pub enum Step {
    /// A file was made.
    Create { node: u64, path: PathBuf },
    /// Bytes were written.
    Write { node: u64, at: usize, bytes: Vec<u8> },
    /// A file got another length.
    Resize { node: u64, length: usize },
    /// A file was synced.
    Sync { node: u64 },
    /// The sync of a file failed.
    SyncFailed { node: u64 },
    /// A directory was synced.
    SyncDirectory { path: PathBuf },
    /// Names changed.
    Name(Naming),
    /// The process said something to whoever waits for it.
    Mark(String),
}

/// A change of names.
#[derive(Clone, Debug)]
pub enum Naming {
    Directory(PathBuf),
    RemoveDirectory(PathBuf),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
}

/// Reads a trace. What the shim saw and could not express is an error: states
/// made from such a trace would prove nothing.
pub fn read(file: &Path) -> Result<Vec<Step>, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut steps = Vec::new();
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let (step, length) = step(rest).ok_or("the trace ends in the middle of a record")?;
        steps.push(step?);
        rest = &rest[length..];
    }
    Ok(steps)
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

fn length(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize)
}

/// The first record and its length; nothing when it is cut off.
fn step(bytes: &[u8]) -> Option<(Result<Step, String>, usize)> {
    let (node, value) = (number(bytes, 1)?, number(bytes, 9)? as usize);
    let (first, second) = (length(bytes, 17)?, length(bytes, 21)?);
    let path = bytes.get(HEAD..HEAD + first)?;
    let data = bytes.get(HEAD + first..HEAD + first + second)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (path, other) = (PathBuf::from(text(path)), || PathBuf::from(text(data)));
    let step = match bytes[0] {
        b'C' => Step::Create { node, path },
        b'W' => Step::Write { node, at: value, bytes: data.to_vec() },
        b'T' => Step::Resize { node, length: value },
        b'F' => Step::Sync { node },
        b'f' => Step::SyncFailed { node },
        b'D' => Step::SyncDirectory { path },
        b'M' => Step::Name(Naming::Directory(path)),
        b'X' => Step::Name(Naming::RemoveDirectory(path)),
        b'U' => Step::Name(Naming::Unlink(path)),
        b'R' => Step::Name(Naming::Rename(path, other())),
        b'L' => Step::Name(Naming::Link(path, other())),
        b'A' => Step::Mark(text(data)),
        b'?' => return Some((Err(format!("the shim cannot express {}", path.display())), 0)),
        what => return Some((Err(format!("the trace holds a record of kind {what}")), 0)),
    };
    Some((Ok(step), HEAD + first + second))
}
