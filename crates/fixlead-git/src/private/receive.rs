//! What git pushes over HTTP (gitprotocol-pack, "Pushing Data To a Server").
//!
//! No hook and no `git receive-pack` runs: the commands are read here, the pack
//! goes into a directory of its own, and only when everything that is to be asked
//! was asked do its objects and the branches move.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::{BELOW, Private, Proposed};
use crate::error::{Error, Result};
use crate::id::Id;
use crate::run::Limits;
use crate::scratch::Scratch;
use crate::workspace::keep;

/// Most branches in one push.
const MOST_UPDATES: usize = 32;
/// Most objects in one push: files, directories and commits that are not public.
const MOST_OBJECTS: u32 = 20_000;
/// The largest file that is pushed, in bytes.
const LARGEST_FILE: u64 = 50 << 20;
/// The largest directory, which names what is in it, and not what that holds.
const LARGEST_DIRECTORY: u64 = 8 << 20;
/// The largest commit, which is mostly its message.
const LARGEST_COMMIT: u64 = 256 << 10;
/// How large all that is pushed may be when nothing is packed, in bytes.
const LARGEST_PUSH: u64 = 512 << 20;
/// What we can do. Nothing is pushed with options, and nothing is deleted: git is only
/// told that it could be, so that it asks, and is told why not.
const ABLE: &str = "report-status delete-refs side-band-64k ofs-delta agent=fixlead";

/// What somebody asks to be pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The names that are to move.
    pub updates: Vec<Update>,
    /// Whether answers go through the bands of `side-band-64k`.
    bands: bool,
    /// Where the pack begins.
    pack: usize,
}

/// A name that is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The whole name.
    pub name: String,
    /// Where it was, as whoever pushes knows.
    pub from: Option<Id>,
    /// Where it is to be; nothing to take it away.
    pub to: Option<Id>,
}

impl Update {
    /// The public branch that it is for, if it is a private branch's.
    pub fn branch(&self) -> Option<&str> {
        self.name.strip_prefix(BELOW).filter(|branch| !branch.is_empty())
    }
}

/// Reads the commands of a push.
///
/// # Errors
/// What of it cannot be read.
pub fn read(body: &[u8]) -> std::result::Result<Asked, &'static str> {
    let mut asked = Asked { updates: Vec::new(), bands: false, pack: 0 };
    loop {
        let rest = &body[asked.pack..];
        let length = rest.get(..4).and_then(|hex| std::str::from_utf8(hex).ok());
        let length =
            length.and_then(|hex| usize::from_str_radix(hex, 16).ok()).ok_or("a line has no length")?;
        if length == 0 {
            asked.pack += 4;
            return Ok(asked);
        }
        let line = rest.get(4..length).ok_or("a line is cut off")?;
        let line = std::str::from_utf8(line).map_err(|_| "a name is not UTF-8")?;
        asked.pack += length;
        let (command, able) = line.split_once('\0').unwrap_or((line, ""));
        asked.bands |= able.split(' ').any(|word| word == "side-band-64k");
        let mut words = command.trim_end_matches('\n').splitn(3, ' ');
        let (Some(from), Some(to), Some(name)) = (words.next(), words.next(), words.next()) else {
            return Err("a line is no command");
        };
        let id = |text: &str| {
            let none = !text.is_empty() && text.bytes().all(|byte| byte == b'0');
            if none { Ok(None) } else { Id::from_hex(text).map(Some).ok_or("a line names no object") }
        };
        if asked.updates.len() == MOST_UPDATES {
            return Err("more than 32 branches at once; push them one by one");
        }
        if asked.updates.iter().any(|update| update.name == name) {
            return Err("a branch is named twice; push it once");
        }
        asked.updates.push(Update { name: name.to_owned(), from: id(from)?, to: id(to)? });
    }
}

/// What came in and is not kept yet. It goes away unless it is kept.
pub struct Incoming {
    /// The repository, with what came in.
    pub private: Private,
    objects: PathBuf,
    scratch: Scratch,
}

impl Private {
    /// What it can take, and where its branches are, for a git that wants to push.
    ///
    /// # Errors
    /// When git cannot list them.
    pub fn advertised(&self) -> Result<Vec<u8>> {
        let names = super::mirror::names(&self.git, &["refs/heads"])?;
        let mut answer = line("# service=git-receive-pack\n");
        answer.extend(b"0000");
        let format = if names.first().is_some_and(|(_, id)| id.len() == 64) { "sha256" } else { "sha1" };
        let able = format!("{ABLE} object-format={format}");
        let zeros = "0".repeat(40);
        let nothing = [("capabilities^{}".to_owned(), zeros)];
        let shown = if names.is_empty() { &nothing[..] } else { &names[..] };
        for (number, (name, id)) in shown.iter().enumerate() {
            let able = if number == 0 { format!("\0{able}") } else { String::new() };
            answer.extend(line(&format!("{id} {name}{able}\n")));
        }
        answer.extend(b"0000");
        Ok(answer)
    }

    /// Takes the objects of a push in, beside those that are there: at most so many
    /// bytes, in at most so much time. What is small when it is packed and not when
    /// it is unpacked is refused.
    ///
    /// # Errors
    /// When the pack is broken, too large, or refers to what is not there.
    pub fn take_in(&self, body: &[u8], asked: &Asked, limits: Limits) -> Result<Incoming> {
        let incoming = self.aside(limits)?;
        let git = &incoming.private.git;
        let pack = &body[asked.pack..];
        let refused = |why: String| Error::Series("this push".to_owned(), why);
        // A push of what is known already brings an empty pack, or none.
        let count = pack.get(8..12).and_then(|count| count.try_into().ok()).map_or(0, u32::from_be_bytes);
        if count > MOST_OBJECTS {
            let why = format!("holds {count} objects; {MOST_OBJECTS} are taken at once, and a fix has fewer");
            return Err(refused(why));
        }
        if count > 0 {
            let most = format!("--max-input-size={}", limits.bytes);
            git.run(&["index-pack", "--stdin", "--fix-thin", "--strict", "--threads=2", &most], pack)?;
        }
        let ends: Vec<String> =
            asked.updates.iter().filter_map(|update| Some(update.to?.to_string())).collect();
        let kinds = format!("{}\n", ends.join("\n"));
        let kinds = git.run(&["cat-file", "--batch-check=%(objecttype)"], kinds.as_bytes())?;
        if !String::from_utf8_lossy(&kinds).lines().all(|kind| kind == "commit") {
            return Err(Error::Series(ends.join(" "), "is no commit; push commits alone".to_owned()));
        }
        let mut arguments = vec!["rev-list", "--objects", "--no-object-names"];
        arguments.extend(ends.iter().map(String::as_str));
        arguments.extend(["--not", "--all"]);
        let asked = "--batch-check=%(objecttype) %(objectsize)";
        let sizes = git.pipe(&arguments, &["cat-file", asked], &[])?;
        let mut sum = 0_u64;
        for line in String::from_utf8_lossy(&sizes).lines() {
            let (kind, size) = line.split_once(' ').unwrap_or_default();
            let size: u64 = size.parse().map_err(|_| refused("lacks an object".to_owned()))?;
            let (what, largest) = match kind {
                "commit" => ("commit", LARGEST_COMMIT),
                "tree" => ("directory", LARGEST_DIRECTORY),
                _ => ("file", LARGEST_FILE),
            };
            if size > largest {
                let (size, largest) = (size >> 10, largest >> 10);
                return Err(refused(format!(
                    "holds a {what} of {size} KiB; {largest} KiB are taken at most"
                )));
            }
            sum = sum.saturating_add(size);
            if sum > LARGEST_PUSH {
                let most = LARGEST_PUSH >> 20;
                return Err(refused(format!("is larger than {most} MiB unpacked; a fix is smaller")));
            }
        }
        Ok(incoming)
    }

    /// Takes away what pushes left behind that were cut off, as when the machine
    /// stopped. Nothing may be coming in meanwhile.
    ///
    /// # Errors
    /// When it cannot be taken away.
    pub fn sweep(&self) -> Result<()> {
        crate::scratch::sweep(&self.directory.join("objects"))
    }

    /// A place for new objects beside those that are there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn aside(&self, limits: Limits) -> Result<Incoming> {
        let objects = self.directory.join("objects");
        let scratch = Scratch::below(&objects)?;
        for below in ["info", "pack"] {
            let path = scratch.path().join(below);
            fs::create_dir(&path).map_err(Error::file(&path))?;
        }
        let lender = format!("{}\n", objects.display());
        keep(&scratch.path().join("info/alternates"), lender.as_bytes())?;
        let git = self.git.within(limits).with_objects(scratch.path());
        Ok(Incoming { private: Private { git, ..self.clone() }, objects, scratch })
    }
}

impl Incoming {
    /// Keeps the objects. Nothing names them yet.
    ///
    /// # Errors
    /// When they cannot be moved.
    pub fn keep(self) -> Result<()> {
        let mut files = Vec::new();
        for directory in fs::read_dir(self.scratch.path()).map_err(Error::file(self.scratch.path()))? {
            let directory = directory.map_err(Error::file(self.scratch.path()))?;
            let name = directory.file_name();
            let kind = name.to_string_lossy().into_owned();
            let objects = kind.len() == 2 && kind.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !objects && kind != "pack" {
                continue;
            }
            let below = self.objects.join(&name);
            fs::create_dir_all(&below).map_err(Error::file(&below))?;
            for file in fs::read_dir(directory.path()).map_err(Error::file(directory.path()))? {
                let file = file.map_err(Error::file(directory.path()))?;
                files.push((file.path(), below.join(file.file_name())));
            }
        }
        // An index is read only when its pack is there.
        files.sort_by_key(|(from, _)| from.extension().is_some_and(|end| end == "idx"));
        for (from, to) in files {
            fs::rename(&from, &to).map_err(Error::file(&to))?;
        }
        Ok(())
    }
}

/// What became of a push, as git reads it. `refused` holds for all of it: a push
/// is kept whole or not at all. `said` is shown line by line to whoever pushes.
pub fn report(asked: &Asked, refused: Option<&str>, said: &str) -> Vec<u8> {
    let mut report = line("unpack ok\n");
    for update in &asked.updates {
        report.extend(match refused {
            None => line(&format!("ok {}\n", update.name)),
            Some(why) => line(&format!("ng {} {}\n", update.name, fixlead_core::text::short(why, 200))),
        });
    }
    report.extend(b"0000");
    if !asked.bands {
        return report;
    }
    let mut answer = Vec::new();
    for said in said.lines() {
        answer.extend(band(2, format!("{}\n", fixlead_core::text::short(said, 900)).as_bytes()));
    }
    for part in report.chunks(60_000) {
        answer.extend(band(1, part));
    }
    answer.extend(b"0000");
    answer
}

fn line(text: &str) -> Vec<u8> {
    let mut line = format!("{:04x}", text.len() + 4).into_bytes();
    line.extend(text.as_bytes());
    line
}

fn band(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut line = format!("{:04x}", bytes.len() + 5).into_bytes();
    line.push(number);
    line.extend(bytes);
    line
}

/// Which new commit takes the place of each that is gone. Two belong together
/// when they say the same in their first line and were written at the same instant
/// (a rebase or an amendment keeps both), otherwise in their order; what is left
/// over has become part of the last.
pub fn rewritten(before: &[Proposed], after: &[Proposed]) -> BTreeMap<Id, Id> {
    let stays = |commit: &Proposed, there: &[Proposed]| there.iter().any(|other| other.id == commit.id);
    let mut gone: Vec<&Proposed> = before.iter().filter(|commit| !stays(commit, after)).collect();
    let mut new: Vec<&Proposed> = after.iter().filter(|commit| !stays(commit, before)).collect();
    let mut pairs = BTreeMap::new();
    type Alike = fn(&Proposed, &Proposed) -> bool;
    let alike: [Alike; 3] = [
        |old, new| old.subject() == new.subject() && old.written == new.written,
        |old, new| old.subject() == new.subject() || old.written == new.written,
        |_, _| true,
    ];
    for alike in alike {
        gone.retain(|old| {
            let Some(place) = new.iter().position(|new| alike(old, new)) else { return true };
            pairs.insert(old.id, new.remove(place).id);
            false
        });
    }
    if let Some(last) = after.last() {
        pairs.extend(gone.into_iter().map(|old| (old.id, last.id)));
    }
    pairs
}
