//! The directory that is published. It holds two trees, `a` and `b`, and the
//! link `public` to the one that everybody sees. The other one is brought up to
//! date, and then the link is put on it in one step: whoever reads sees all of a
//! publication or nothing of it. The next publication works on the one that was
//! left, so that it writes what changed in two publications and nothing else.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::mem;
use std::os::unix::fs::symlink;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use fixlead_core::time::Instant;
use fixlead_publish::content::Content;
use fixlead_publish::openpgp::PublicKey;
use fixlead_publish::provider::Provider;
use fixlead_publish::tree::{self, Before, SECURITY_TXT, Tree};
use fixlead_publish::verify::verify;
use serde::{Deserialize, Serialize};
use serde_json::to_vec;

use super::sources::{self, Remembered};
use crate::configuration::shown;

/// The link that a web server is given.
pub const PUBLIC: &str = "public";
const LOCK: &str = "lock";
const HALVES: [&str; 2] = ["a", "b"];
/// The form of what is remembered; another one is not taken over.
const FORM: u32 = 3;
/// The longest line that says for whom a tree was made, in bytes.
const MOST_HEAD: u64 = 4096;

/// What is remembered of a tree, which stands on lines of JSON: its [`Head`], then these.
struct State {
    /// In what the other tree differs from this one.
    behind: Vec<String>,
    files: Remembered,
    tree: Tree,
}

/// The first line, which is read alone where nothing else is asked.
#[derive(Serialize, Deserialize)]
struct Head {
    form: u32,
    mark: String,
}

/// What was published.
#[derive(Debug, PartialEq, Eq)]
pub struct Published {
    /// How many advisories there are.
    pub advisories: usize,
    /// How many files were written or removed.
    pub files: usize,
}

/// How it is published.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// What becomes public later is published too.
    pub ahead: bool,
    /// A site without advisories is meant.
    pub empty: bool,
    /// Every file is made, whatever is there.
    pub anew: bool,
}

/// A directory that this process alone publishes into.
pub struct Site {
    place: PathBuf,
    // The lock goes with the file.
    _lock: File,
}

fn told(path: &Path) -> impl Fn(io::Error) -> String {
    let name = shown(path);
    move |error| format!("{name}: {error}")
}

/// Nothing there is as good as removed.
fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Site {
    /// Takes a directory, which is made when it is missing. One that holds
    /// anything else is refused.
    ///
    /// # Errors
    /// Why it cannot be taken, and what to do.
    pub fn take(place: &Path) -> Result<Site, String> {
        fs::create_dir_all(place).map_err(told(place))?;
        let known = |name: &str| {
            let state = name.trim_end_matches(".new").strip_suffix(".json");
            matches!(name.trim_end_matches(".new"), PUBLIC | LOCK)
                || HALVES.iter().any(|half| *half == name || state == Some(half))
        };
        for entry in fs::read_dir(place).map_err(told(place))? {
            let entry = entry.map_err(told(place))?;
            let (name, kind) = (entry.file_name(), entry.file_type().map_err(told(place))?);
            let made = name.to_str().filter(|name| known(name)).is_some_and(|name| {
                match (name.trim_end_matches(".new"), HALVES.contains(&name)) {
                    (PUBLIC, _) => kind.is_symlink(),
                    (_, true) => kind.is_dir(),
                    // One that leads elsewhere would be written there.
                    _ => kind.is_file(),
                }
            });
            if !made {
                return Err(format!(
                    "{}: `{}` is there, which no publication made; name a new directory",
                    shown(place),
                    shown(Path::new(&name))
                ));
            }
        }
        let path = place.join(LOCK);
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(told(&path))?;
        // One that has just ended may hold it for a moment longer: a program that is being
        // started has its open files until it runs.
        for wait in [0, 10, 50, 200, 500] {
            thread::sleep(Duration::from_millis(wait));
            match lock.try_lock() {
                Ok(()) => return Ok(Site { place: place.to_owned(), _lock: lock }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(told(&path)(error)),
            }
        }
        Err(format!("{}: another process publishes there; wait until it is done", shown(place)))
    }

    fn state_file(&self, half: &str) -> PathBuf {
        self.place.join(format!("{half}.json"))
    }

    /// Which tree everybody sees.
    fn live(&self) -> Option<&'static str> {
        let to = fs::read_link(self.place.join(PUBLIC)).ok()?;
        HALVES.into_iter().find(|half| to.as_os_str() == *half)
    }

    /// For whom a tree was made, without reading the rest of what is remembered of it.
    fn mark(&self, half: &str) -> Option<String> {
        let mut line = String::new();
        let file = File::open(self.state_file(half)).ok()?;
        BufReader::new(file.take(MOST_HEAD)).read_line(&mut line).ok()?;
        serde_json::from_str::<Head>(&line).ok().filter(|head| head.form == FORM).map(|head| head.mark)
    }

    fn state(&self, half: &str) -> Option<State> {
        let bytes = fs::read(self.state_file(half)).ok()?;
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let head: Head = serde_json::from_slice(lines.next()?).ok()?;
        let behind = serde_json::from_slice(lines.next()?).ok()?;
        let files = serde_json::from_slice(lines.next()?).ok()?;
        let tree = serde_json::from_slice(lines.next()?).ok()?;
        (head.form == FORM).then_some(State { behind, files, tree })
    }

    /// Publishes what the sources are now. One that becomes public later, and no source at
    /// all, is an error, unless `how` says that it is meant.
    ///
    /// # Errors
    /// Everything that is wrong; what everybody sees is then as it was.
    pub fn publish(
        &self,
        provider: &Provider,
        from: &[PathBuf],
        now: Instant,
        how: How,
    ) -> Result<Published, Vec<String>> {
        let one = |wrong: String| vec![wrong];
        if let Some(expires) = provider.expires.filter(|expires| *expires <= now) {
            return Err(vec![format!(
                "expires: security.txt held until {expires}; write a later instant in the provider's file"
            )]);
        }
        let live = self.live();
        let mark = provider.mark();
        let fits = |half: &&str| !how.anew && self.mark(half).is_some_and(|was| was == mark);
        // Both take about as long where there are many.
        let (listed, state) = thread::scope(|scope| {
            let listed = scope.spawn(|| sources::list(from));
            let state = live.filter(fits).and_then(|half| self.state(half));
            (listed.join(), state)
        });
        let listed = listed.unwrap_or_else(|panic| resume_unwind(panic)).map_err(one)?;
        // What everybody sees and in what the other tree differs from it, and what is built upon.
        let (before, old, files) = match (live, state) {
            (Some(live), Some(State { behind, files, tree })) => (Some((live, behind)), Some(tree), files),
            _ => (None, None, Remembered::new()),
        };
        let found = sources::find(listed, files, now).map_err(one)?;
        if found.sources.is_empty() && !how.empty {
            let places: Vec<String> = from.iter().map(|place| shown(place)).collect();
            return Err(vec![format!(
                "{}: no source is there; say --empty to publish a site without advisories",
                places.join(", ")
            )]);
        }
        let half = if live == Some(HALVES[0]) { HALVES[1] } else { HALVES[0] };
        let root = self.place.join(half);
        let first = before.is_none();
        let touched = Mutex::new(Vec::new());
        let ready: OnceLock<Result<(), String>> = OnceLock::new();
        let was = before.as_ref().map(|(live, behind)| (*live, behind.as_slice()));
        let tree = {
            let put = |path: String, content: Option<Content<'_>>| {
                ready.get_or_init(|| self.prepare(half, &mark, was)).clone()?;
                write(&root, &path, content.as_ref())?;
                touched.lock().unwrap_or_else(PoisonError::into_inner).push(path);
                Ok(())
            };
            let text = |place: usize| found.text(place);
            let from = was.map(|(live, _)| self.place.join(live)).unwrap_or_default();
            let file = |path: &str| plain_file(&from, path).map(Cow::Owned);
            let old = old.map(|tree| Before { tree, file: &file });
            tree::build(provider, &found.sources, &text, old, &put)?
        };
        let early: Vec<String> = tree
            .entries
            .iter()
            .filter(|entry| !how.ahead && entry.published > now.millis())
            .map(|entry| {
                let at = Instant::from_millis(entry.published);
                format!("{}: it becomes public at {at}; leave it out until then, or say --ahead", entry.id)
            })
            .collect();
        if !early.is_empty() {
            return Err(early);
        }
        let mut touched = touched.into_inner().unwrap_or_else(PoisonError::into_inner);
        touched.sort_unstable();
        let (advisories, files) = (tree.entries.len(), touched.len());
        if let (Some((live, behind)), None) = (before, ready.get()) {
            if found.other {
                self.remember(live, &State { behind, files: found.remembered, tree }).map_err(one)?;
            }
            return Ok(Published { advisories, files });
        }
        let state = State { behind: touched, files: found.remembered, tree };
        // One wait for the disk is enough for all that was written. What is remembered
        // comes last: a tree of which nothing is remembered is never built upon.
        self.write_down(half, &state).map_err(one)?;
        self.sync().map_err(one)?;
        self.show(half).map_err(one)?;
        self.settle(half).map_err(one)?;
        if first {
            // So that the next publication finds both trees.
            self.mirror(half, state).map_err(one)?;
        } else {
            // The process ends now: giving back hundreds of thousands of pieces takes longer than that.
            mem::forget(state);
        }
        Ok(Published { advisories, files })
    }

    /// Makes the tree that nobody sees equal to the one that everybody sees, which was made
    /// for `mark`; or empty, where that one is not built upon. Only what changed is taken over,
    /// if both are of one provider's file: otherwise more than that sets them apart.
    fn prepare(&self, half: &str, mark: &str, before: Option<(&str, &[String])>) -> Result<(), String> {
        let root = self.place.join(half);
        let state = self.state_file(half);
        let usable = self.mark(half).is_some_and(|was| was == mark);
        // From here on it is nothing that could be built upon.
        gone(fs::remove_file(&state)).map_err(told(&state))?;
        match before {
            Some((live, behind)) if usable => {
                let live = self.place.join(live);
                behind.iter().try_for_each(|path| take_over(&live, &root, path))
            }
            _ => {
                gone(fs::remove_dir_all(&root)).map_err(told(&root))?;
                fs::create_dir(&root).map_err(told(&root))?;
                match before {
                    Some((live, _)) => self.link_all(&self.place.join(live), &root),
                    None => Ok(()),
                }
            }
        }
    }

    fn link_all(&self, from: &Path, to: &Path) -> Result<(), String> {
        files(from)?.iter().try_for_each(|path| take_over(from, to, path))
    }

    /// Makes the other tree equal to this one, after everything was made anew.
    fn mirror(&self, half: &str, state: State) -> Result<(), String> {
        let other = if half == HALVES[0] { HALVES[1] } else { HALVES[0] };
        // Nothing of it is known to be the same.
        gone(fs::remove_file(self.state_file(other))).map_err(told(&self.state_file(other)))?;
        self.prepare(other, &state.tree.mark, Some((half, &state.behind)))?;
        let same = State { behind: Vec::new(), ..state };
        self.remember(other, &same)?;
        self.remember(half, &same)
    }

    /// Writes what is remembered of a tree beside where it goes.
    fn write_down(&self, half: &str, state: &State) -> Result<File, String> {
        let new = self.state_file(half).with_extension("json.new");
        let head = Head { form: FORM, mark: state.tree.mark.clone() };
        let State { behind, files, tree } = state;
        let lines = thread::scope(|scope| {
            let tree = scope.spawn(|| to_vec(tree));
            let (head, behind, files) = (to_vec(&head), to_vec(behind), to_vec(files));
            [head, behind, files, tree.join().unwrap_or_else(|panic| resume_unwind(panic))]
        });
        let mut file = File::create(&new).map_err(told(&new))?;
        for line in lines {
            let mut line = line.map_err(|error| error.to_string())?;
            line.push(b'\n');
            file.write_all(&line).map_err(told(&new))?;
        }
        Ok(file)
    }

    /// Puts what was written down in its place, in one step.
    fn settle(&self, half: &str) -> Result<(), String> {
        let path = self.state_file(half);
        fs::rename(path.with_extension("json.new"), &path).map_err(told(&path))
    }

    /// Both, as a whole or not at all.
    fn remember(&self, half: &str, state: &State) -> Result<(), String> {
        let file = self.write_down(half, state)?;
        file.sync_all().map_err(told(&self.state_file(half)))?;
        self.settle(half)
    }

    /// Waits until everything that was written is on the disk.
    fn sync(&self) -> Result<(), String> {
        let directory = File::open(&self.place).map_err(told(&self.place))?;
        rustix::fs::syncfs(&directory).map_err(|error| told(&self.place)(error.into()))
    }

    /// Puts the link on a tree, in one step.
    fn show(&self, half: &str) -> Result<(), String> {
        let (link, new) = (self.place.join(PUBLIC), self.place.join(format!("{PUBLIC}.new")));
        gone(fs::remove_file(&new)).map_err(told(&new))?;
        symlink(half, &new).map_err(told(&new))?;
        fs::rename(&new, &link).map_err(told(&link))?;
        let directory = File::open(&self.place).map_err(told(&self.place))?;
        directory.sync_all().map_err(told(&self.place))
    }
}

/// Writes a file, or removes it. Trees share files, so that one is never
/// written over.
fn write(root: &Path, path: &str, content: Option<&Content<'_>>) -> Result<(), String> {
    let at = inside(root, path)?;
    gone(fs::remove_file(&at)).map_err(told(&at))?;
    let Some(content) = content else { return Ok(()) };
    let made = match File::create_new(&at) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(at.parent().unwrap_or(root)).map_err(told(&at))?;
            File::create_new(&at)
        }
        made => made,
    };
    made.and_then(|mut file| content.write(&mut file)).map_err(told(&at))
}

/// Makes a file in one tree the same as in another.
fn take_over(from: &Path, to: &Path, path: &str) -> Result<(), String> {
    let (source, at) = (inside(from, path)?, inside(to, path)?);
    gone(fs::remove_file(&at)).map_err(told(&at))?;
    if !source.exists() {
        return Ok(());
    }
    fs::create_dir_all(at.parent().unwrap_or(to)).map_err(told(&at))?;
    // Not every file system knows files with two names.
    fs::hard_link(&source, &at).or_else(|_| fs::copy(&source, &at).map(drop)).map_err(told(&at))
}

/// The files below a directory, as paths from there.
fn files(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let mut open = vec![PathBuf::new()];
    while let Some(inside) = open.pop() {
        let directory = root.join(&inside);
        for entry in fs::read_dir(&directory).map_err(told(&directory))? {
            let entry = entry.map_err(told(&directory))?;
            let path = inside.join(entry.file_name());
            if entry.file_type().map_err(told(&directory))?.is_dir() {
                open.push(path);
            } else {
                found.insert(path.to_string_lossy().into_owned());
            }
        }
    }
    Ok(found)
}

/// What a file of a tree holds. Nothing is read that leads out of the tree, and nothing that is
/// no file, such as a pipe that nobody writes to.
fn plain_file(root: &Path, path: &str) -> Option<Vec<u8>> {
    let at = inside(root, path).ok()?;
    fs::symlink_metadata(&at).ok()?.is_file().then(|| fs::read(&at).ok()).flatten()
}

/// Where a file of a tree is, if no directory on the way leads out of the tree.
fn inside(root: &Path, path: &str) -> Result<PathBuf, String> {
    let at = root.join(path);
    let mut way = at.parent();
    while let Some(directory) = way.filter(|directory| directory.starts_with(root)) {
        match fs::symlink_metadata(directory) {
            Ok(found) if !found.is_dir() => {
                return Err(format!(
                    "{}: it is no directory, and no publication made it; publish with --anew",
                    shown(directory)
                ));
            }
            _ => way = directory.parent(),
        }
    }
    Ok(at)
}

/// What is wrong with what is published in a directory; and how many advisories it has.
///
/// # Errors
/// Why it cannot be looked at.
pub fn check(place: &Path, key: Option<&PublicKey>, now: Instant) -> Result<(usize, Vec<String>), String> {
    let nothing = || format!("{}: nothing was published there", shown(place));
    if fs::symlink_metadata(place.join(PUBLIC)).is_err() {
        return Err(nothing());
    }
    let site = Site::take(place)?;
    let live = site.live().ok_or_else(nothing)?;
    let state = site.state(live).ok_or_else(|| {
        format!("{}: what is remembered of it cannot be read; publish again", shown(&site.state_file(live)))
    })?;
    let root = place.join(live);
    let read = |path: &str| plain_file(&root, path);
    let mut wrong = verify(&state.tree, key, &files(&root)?, &read);
    let text = read(SECURITY_TXT).map(|text| String::from_utf8_lossy(&text).into_owned());
    let until = text.iter().flat_map(|text| text.lines()).find_map(|line| line.strip_prefix("Expires: "));
    if let Some(until) =
        until.and_then(|until| Instant::parse(until.trim()).ok()).filter(|until| *until <= now)
    {
        wrong.push(format!("{SECURITY_TXT}: held until {until}; write a later `expires`, and publish again"));
    }
    Ok((state.tree.entries.len(), wrong))
}

#[cfg(test)]
mod tests;
