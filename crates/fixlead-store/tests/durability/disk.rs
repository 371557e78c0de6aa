//! What a disk may hold after the power went.
//!
//! A file's bytes are safe once it was synced. What was written since may be
//! there or not, sector by sector and in any order; a sector that was written
//! twice may hold any of the contents that it had in between, because the
//! system writes whatever it holds at that moment. A sector is not torn: that
//! is what disks promise. The length of a file is such a fact of its own.
//! Between what is there and the length stand zeros, or rubbish.
//!
//! Names follow one of two models, see [`Model`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::chance::Chance;
use crate::trace::{Naming, Step};

/// What a disk writes whole.
const SECTOR: usize = 512;

/// What is known about the names of files after the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// As ext4 keeps them: changes reach the disk in their order, and the sync
    /// of any file takes along all that came before it.
    Ordered,
    /// What POSIX promises, and no more: each change may be lost on its own
    /// until its directory is synced. What a file was lengthened by and did not
    /// receive is rubbish.
    Strict,
}

/// A file with and without a name.
#[derive(Default)]
struct Node {
    /// What the system shows.
    cache: Vec<u8>,
    /// What is on the disk for certain.
    safe: Vec<u8>,
    /// Contents of sectors since the last sync, oldest first.
    sectors: BTreeMap<usize, Vec<Box<[u8]>>>,
    /// Lengths since the last sync, oldest first.
    lengths: Vec<usize>,
}

/// Places a sector into a file, as far as the file reaches.
fn place(file: &mut [u8], sector: usize, bytes: &[u8]) {
    let start = sector * SECTOR;
    if start < file.len() {
        let end = file.len().min(start + bytes.len());
        file[start..end].copy_from_slice(&bytes[..end - start]);
    }
}

impl Node {
    fn keep(&mut self, sector: usize) {
        let start = sector * SECTOR;
        let mut bytes = vec![0; SECTOR].into_boxed_slice();
        if start < self.cache.len() {
            let end = self.cache.len().min(start + SECTOR);
            bytes[..end - start].copy_from_slice(&self.cache[start..end]);
        }
        self.sectors.entry(sector).or_default().push(bytes);
    }

    fn write(&mut self, at: usize, bytes: &[u8]) {
        let end = at + bytes.len();
        if end > self.cache.len() {
            self.cache.resize(end, 0);
            self.lengths.push(end);
        }
        self.cache[at..end].copy_from_slice(bytes);
        (at / SECTOR..end.div_ceil(SECTOR)).for_each(|sector| self.keep(sector));
    }

    fn resize(&mut self, length: usize) {
        let before = self.cache.len();
        self.cache.resize(length, 0);
        self.lengths.push(length);
        // What was cut off reads as zeros if the file grows again.
        (length / SECTOR..before.div_ceil(SECTOR)).for_each(|sector| self.keep(sector));
    }

    fn sync(&mut self) {
        self.safe.resize(self.cache.len(), 0);
        for (sector, contents) in std::mem::take(&mut self.sectors) {
            place(&mut self.safe, sector, &contents[contents.len() - 1]);
        }
        self.lengths.clear();
    }

    /// After a sync that failed the system takes what it could not write for
    /// written: the next one does not try again.
    fn sync_failed(&mut self, chance: &mut Chance) {
        if !self.lengths.is_empty() && chance.of(0.5) {
            self.safe.resize(self.cache.len(), 0);
        }
        for (sector, contents) in std::mem::take(&mut self.sectors) {
            if chance.of(0.5) {
                place(&mut self.safe, sector, &contents[contents.len() - 1]);
            }
        }
        self.lengths.clear();
    }

    /// One of the contents that it may have.
    fn crash(&self, model: Model, luck: Luck, chance: &mut Chance) -> Vec<u8> {
        let mut file = self.safe.clone();
        let known = file.len();
        let length = match luck.pick(self.lengths.len(), chance) {
            Some(index) => self.lengths[index],
            None => known,
        };
        file.resize(length, 0);
        if model == Model::Strict && length > known {
            chance.fill(&mut file[known..]);
        }
        let together = luck.pick(usize::MAX, chance).is_some();
        for (sector, contents) in &self.sectors {
            let picked = match luck.grain {
                Grain::Sectors => luck.pick(contents.len(), chance),
                // All of a file, or nothing of it.
                Grain::Files => together.then(|| contents.len() - 1),
            };
            if let Some(index) = picked {
                place(&mut file, *sector, &contents[index]);
            }
        }
        file
    }
}

/// How much of what was not synced is there.
#[derive(Clone, Copy)]
struct Luck {
    share: f64,
    grain: Grain,
}

#[derive(Clone, Copy)]
enum Grain {
    Sectors,
    Files,
}

impl Luck {
    fn draw(chance: &mut Chance) -> Self {
        const SHARES: [f64; 8] = [0.0, 0.02, 0.1, 0.5, 0.5, 0.9, 0.98, 1.0];
        let share = SHARES[chance.below(SHARES.len())];
        let grain = if chance.of(0.25) { Grain::Files } else { Grain::Sectors };
        Luck { share, grain }
    }

    /// Which of so many changes is the last one that is there.
    fn pick(self, changes: usize, chance: &mut Chance) -> Option<usize> {
        match changes {
            0 => None,
            _ if chance.of(self.share) => Some(changes - 1),
            // Rarely what stood there in between.
            _ if changes != usize::MAX && chance.of(0.3 * self.share) => Some(chance.below(changes)),
            _ => None,
        }
    }
}

/// A change of names with its files found.
#[derive(Clone)]
enum Change {
    Bind(PathBuf, usize),
    Other(Naming),
}

impl Change {
    /// The directories that have to be synced for it.
    fn touches(&self, directory: &Path) -> bool {
        let inside = |path: &Path| path.parent() == Some(directory);
        match self {
            Change::Bind(path, _) => inside(path),
            Change::Other(Naming::Directory(path) | Naming::RemoveDirectory(path) | Naming::Unlink(path)) => {
                inside(path)
            }
            Change::Other(Naming::Rename(from, to)) => inside(from) || inside(to),
            Change::Other(Naming::Link(_, to)) => inside(to),
        }
    }
}

/// Names: a number of a file, or nothing for a directory.
type Names = BTreeMap<PathBuf, Option<usize>>;

fn rename(names: &mut Names, change: &Change) {
    match change {
        Change::Bind(path, node) => drop(names.insert(path.clone(), Some(*node))),
        Change::Other(Naming::Directory(path)) => drop(names.insert(path.clone(), None)),
        Change::Other(Naming::RemoveDirectory(path) | Naming::Unlink(path)) => drop(names.remove(path)),
        Change::Other(Naming::Rename(from, to)) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
        Change::Other(Naming::Link(from, to)) => {
            if let Some(node) = names.get(from).copied() {
                names.insert(to.clone(), node);
            }
        }
    }
}

/// A disk that follows a trace.
pub struct Disk {
    model: Model,
    chance: Chance,
    nodes: Vec<Node>,
    /// Which file an inode's number means now.
    numbers: BTreeMap<u64, usize>,
    /// What the system shows.
    names: Names,
    /// What is on the disk for certain.
    safe: Names,
    pending: Vec<Change>,
}

impl Disk {
    /// An empty one.
    pub fn new(model: Model, seed: u64) -> Self {
        Disk {
            model,
            chance: Chance::new(seed),
            nodes: Vec::new(),
            numbers: BTreeMap::new(),
            names: Names::new(),
            safe: Names::new(),
            pending: Vec::new(),
        }
    }

    fn node(&mut self, number: u64) -> &mut Node {
        let next = self.nodes.len();
        let index = *self.numbers.entry(number).or_insert(next);
        if index == next {
            self.nodes.push(Node::default());
        }
        &mut self.nodes[index]
    }

    fn change(&mut self, change: Change) {
        rename(&mut self.names, &change);
        self.pending.push(change);
    }

    fn settle_names(&mut self, settled: impl Fn(&Change) -> bool) {
        let (done, open) = std::mem::take(&mut self.pending).into_iter().partition(settled);
        let done: Vec<Change> = done;
        done.iter().for_each(|change| rename(&mut self.safe, change));
        self.pending = open;
    }

    /// Takes one more step.
    pub fn take(&mut self, step: &Step) {
        match step {
            Step::Create { node, path } => {
                self.numbers.insert(*node, self.nodes.len());
                self.change(Change::Bind(path.clone(), self.nodes.len()));
                self.nodes.push(Node::default());
            }
            Step::Write { node, at, bytes } => self.node(*node).write(*at, bytes),
            Step::Resize { node, length } => self.node(*node).resize(*length),
            Step::Sync { node } => {
                self.node(*node).sync();
                if self.model == Model::Ordered {
                    self.settle_names(|_| true);
                }
            }
            Step::SyncFailed { node } => {
                let mut chance = self.chance.split();
                self.node(*node).sync_failed(&mut chance);
            }
            Step::SyncDirectory { path } => match self.model {
                Model::Ordered => self.settle_names(|_| true),
                Model::Strict => self.settle_names(|change| change.touches(path)),
            },
            Step::Name(naming) => self.change(Change::Other(naming.clone())),
            Step::Mark(_) => {}
        }
    }

    /// What the system shows, as if the power had not gone.
    pub fn shown(&self) -> BTreeMap<PathBuf, &[u8]> {
        let files = self.names.iter().filter_map(|(path, node)| Some((path, (*node)?)));
        files.map(|(path, node)| (path.clone(), self.nodes[node].cache.as_slice())).collect()
    }

    /// One of the states in which the power may leave the disk: directories,
    /// and files with their contents.
    pub fn crash(&self, chance: &mut Chance) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        let luck = Luck::draw(chance);
        let mut names = self.safe.clone();
        let until = luck.pick(self.pending.len(), chance).map_or(0, |last| last + 1);
        for (index, change) in self.pending.iter().enumerate() {
            let kept = match self.model {
                Model::Ordered => index < until,
                Model::Strict => chance.of(luck.share),
            };
            if kept {
                rename(&mut names, change);
            }
        }
        let content = |node: usize, chance: &mut Chance| self.nodes[node].crash(self.model, luck, chance);
        names.into_iter().map(|(path, node)| (path, node.map(|node| content(node, chance)))).collect()
    }
}
