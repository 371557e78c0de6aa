//! Copies of content that a node keeps in files of its own, such as the index
//! of its search: sealed like everything else, and worthless once anything was
//! erased.
//!
//! A copy is sealed with a key that is derived from the database's key and from
//! a random setting. An erasure puts another value in the place of that setting
//! in its own commit, so that from then on no copy opens any more, on any
//! node, whatever becomes of the files.
//!
//! ```text
//! "fixlead-copy 1\n"   id (16)   position (8)   entry (8)
//! parts: length of the sealed part (4), the sealed part
//! ```
//!
//! Numbers have their highest byte first. Each part is bound to the
//! installation, the copy's name, its head, the part's number, and whether it is
//! the last, so that no part can be missing, exchanged, or another copy's.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::seal::{self, Place, STEP, Secret};
use crate::store::{Store, setting};
use crate::world::{Random, draw};

const MAGIC: &[u8] = b"fixlead-copy 1\n";
const HEAD: usize = MAGIC.len() + 32;
/// Bytes of a part before they are sealed.
const PART: usize = 256 * 1024;
/// The longest sealed part that is read.
const MOST_SEALED: usize = PART + 256;

/// The moment of the log that a copy is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The position of the last event that is in it.
    pub position: u64,
    /// The number of the last entry of the chain whose erasures are in it.
    pub entry: u64,
}

/// The right to seal and open copies, until the next erasure.
///
/// Whoever writes a copy takes it *before* they look for the last erasure: what
/// was erased after that look is in a copy that opens no more.
pub struct CopyKey {
    key: Secret,
    installation: [u8; 16],
    random: Arc<dyn Random>,
}

/// What every part of a copy is bound to.
#[derive(Clone, Copy)]
struct Bound<'a> {
    installation: [u8; 16],
    name: &'a str,
    head: [u8; 32],
}

impl Bound<'_> {
    fn place(&self, part: u32, last: bool) -> Place<'_> {
        Place::Copy(&self.installation, self.name, &self.head, part, last)
    }
}

impl Store {
    /// The key of copies as it is now.
    pub async fn copy_key(&self) -> Result<CopyKey> {
        let inner = &self.inner;
        let place = Place::Setting(setting::COPIES);
        if inner.engine.setting(setting::COPIES).await?.is_none() {
            let fresh = seal::seal(&inner.keys.settings, place, &draw::<32>(&*inner.random), &*inner.random);
            // Where another node was quicker, one of the two values stands; what
            // was sealed with the other does not open and is made again.
            inner.engine.set(setting::COPIES, fresh).await?;
        }
        let sealed = inner.engine.setting(setting::COPIES).await?.unwrap_or_default();
        let secret = seal::open(&inner.keys.settings, place, sealed)
            .map(Zeroizing::new)
            .ok_or_else(|| Error::Tampered("the secret of copies".into()))?;
        Ok(CopyKey {
            key: inner.keys.copies(&secret),
            installation: inner.installation,
            random: Arc::clone(&inner.random),
        })
    }

    /// What takes the place of the secret of copies at an erasure.
    pub(crate) fn other_copies(&self) -> Vec<u8> {
        let inner = &self.inner;
        let place = Place::Setting(setting::COPIES);
        seal::seal(&inner.keys.settings, place, &draw::<32>(&*inner.random), &*inner.random)
    }
}

impl CopyKey {
    /// Writes a copy to a file that only its owner can read, in place of the one
    /// that is there. Either stands there whole whenever the power goes. How
    /// many bytes it has.
    ///
    /// # Errors
    /// When the file cannot be written, or `fill` fails.
    pub fn write(
        &self,
        path: &Path,
        name: &str,
        moment: Moment,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<u64> {
        let fail = |error: io::Error| Error::file(path, error);
        let fresh = path.with_extension("new");
        // What a start that was broken off has left there is no copy.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(fail)?;
        let mut sealing = self.sealing(file, name, moment).map_err(fail)?;
        let written = fill(&mut sealing).and_then(|()| sealing.finish());
        let written = written.and_then(|(file, bytes)| file.sync_all().map(|()| bytes));
        match written.and_then(|bytes| fs::rename(&fresh, path).map(|()| bytes)) {
            Ok(bytes) => {
                crate::files::sync_name(path)?;
                Ok(bytes)
            }
            Err(error) => {
                let _ = fs::remove_file(&fresh);
                Err(fail(error))
            }
        }
    }

    fn sealing<'a, W: Write>(
        &'a self,
        mut out: W,
        name: &'a str,
        moment: Moment,
    ) -> io::Result<Sealing<'a, W>> {
        let mut head = [0; 32];
        self.random.fill(&mut head[..16]);
        head[16..24].copy_from_slice(&moment.position.to_be_bytes());
        head[24..].copy_from_slice(&moment.entry.to_be_bytes());
        out.write_all(MAGIC)?;
        out.write_all(&head)?;
        let bound = Bound { installation: self.installation, name, head };
        let part = Zeroizing::new(Vec::with_capacity(PART));
        Ok(Sealing { key: self, out, bound, part, parts: 0, bytes: HEAD as u64 })
    }

    /// Opens a copy for reading; nothing, if there is no file. Whether it is
    /// whole shows at its end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open<'a>(&'a self, path: &Path, name: &'a str) -> Result<Option<Opening<'a, File>>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file(path, error)),
        };
        self.opening(file, name).map(Some).map_err(|error| Error::file(path, error))
    }

    fn opening<'a, R: Read>(&'a self, mut from: R, name: &'a str) -> io::Result<Opening<'a, R>> {
        let mut bytes = [0; HEAD];
        from.read_exact(&mut bytes)?;
        let (magic, rest) = bytes.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(io::Error::other("this is no sealed copy"));
        }
        let mut head = [0; 32];
        head.copy_from_slice(rest);
        let number = |from: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&head[from..from + 8]);
            u64::from_be_bytes(bytes)
        };
        let moment = Moment { position: number(16), entry: number(24) };
        let bound = Bound { installation: self.installation, name, head };
        let part = Zeroizing::new(Vec::new());
        Ok(Opening { key: self, from, bound, moment, part, at: 0, parts: 0, ended: false })
    }
}

/// Deletes a copy, so that its name is gone for good. Whether there was one.
///
/// # Errors
/// When it cannot be deleted.
pub fn delete(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => crate::files::sync_name(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::file(path, error)),
    }
}

struct Sealing<'a, W> {
    key: &'a CopyKey,
    out: W,
    bound: Bound<'a>,
    part: Zeroizing<Vec<u8>>,
    parts: u32,
    bytes: u64,
}

impl<W: Write> Sealing<'_, W> {
    fn seal(&mut self, last: bool) -> io::Result<()> {
        let place = self.bound.place(self.parts, last);
        let sealed = seal::seal_padded(&self.key.key, place, &self.part, STEP, &*self.key.random);
        let length = u32::try_from(sealed.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.out.write_all(&length.to_be_bytes())?;
        self.out.write_all(&sealed)?;
        self.parts = self.parts.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        self.bytes += u64::from(length) + 4;
        self.part.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<(W, u64)> {
        self.seal(true)?;
        self.out.flush()?;
        Ok((self.out, self.bytes))
    }
}

impl<W: Write> Write for Sealing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.part.len() == PART {
            self.seal(false)?;
        }
        let taken = bytes.len().min(PART - self.part.len());
        self.part.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A copy that is being read.
pub struct Opening<'a, R> {
    key: &'a CopyKey,
    from: R,
    bound: Bound<'a>,
    moment: Moment,
    part: Zeroizing<Vec<u8>>,
    at: usize,
    parts: u32,
    ended: bool,
}

impl<R> Opening<'_, R> {
    /// The moment that it is of; true only if its first part opens.
    pub fn moment(&self) -> Moment {
        self.moment
    }
}

impl<R: Read> Opening<'_, R> {
    fn next(&mut self) -> io::Result<()> {
        let damaged = || io::Error::other("the copy does not open: it is damaged, or older than an erasure");
        let mut length = [0; 4];
        self.from.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length > MOST_SEALED {
            return Err(damaged());
        }
        let mut sealed = vec![0; length];
        self.from.read_exact(&mut sealed)?;
        // Only the last part is shorter than the others, or opens as the last.
        let opened = seal::open(&self.key.key, self.bound.place(self.parts, false), sealed.clone());
        let (opened, last) = match opened {
            Some(opened) => (Some(opened), false),
            None => (seal::open(&self.key.key, self.bound.place(self.parts, true), sealed), true),
        };
        self.part = Zeroizing::new(opened.ok_or_else(damaged)?);
        (self.at, self.ended) = (0, last);
        self.parts = self.parts.checked_add(1).ok_or_else(damaged)?;
        if last && self.from.read(&mut [0])? != 0 {
            return Err(damaged());
        }
        Ok(())
    }
}

impl<R: Read> Read for Opening<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.part.len() {
            if self.ended {
                return Ok(0);
            }
            self.next()?;
        }
        let taken = into.len().min(self.part.len() - self.at);
        into[..taken].copy_from_slice(&self.part[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
