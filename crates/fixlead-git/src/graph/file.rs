//! The reader of git's commit-graph files, single or in a chain, as the format
//! is described in git's `gitformat-commit-graph`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::id::Format;

/// No parent.
const NONE: u32 = 0x7000_0000;
/// The second parent is a place in the list of further ones; there it marks
/// the last.
const HIGH: u32 = 0x8000_0000;
const HEADER: usize = 8;
const CHUNK: usize = 12;
/// More layers than git ever makes.
const MOST_LAYERS: usize = 1024;

/// One layer, its tables in place.
pub struct Layer {
    path: PathBuf,
    data: Vec<u8>,
    /// How many commits.
    pub count: usize,
    length: usize,
    ids: usize,
    commits: usize,
    edges: (usize, usize),
}

/// The layers of the commit graph in a directory of objects, the lowest first;
/// none if there is no graph.
pub fn layers(objects: &Path, format: Format) -> Result<Vec<Layer>> {
    let info = objects.join("info");
    if let Ok(chain) = fs::read_to_string(info.join("commit-graphs/commit-graph-chain")) {
        let mut layers = Vec::new();
        for line in chain.lines().take(MOST_LAYERS) {
            let path = info.join("commit-graphs").join(format!("graph-{line}.graph"));
            // The name is of digits, so that it leads nowhere else.
            if !line.bytes().all(|letter| letter.is_ascii_hexdigit()) {
                return Err(Error::Graph(path, "its name is no checksum".to_owned()));
            }
            match fs::read(&path) {
                Ok(data) => layers.push(Layer::new(path, data, format)?),
                // git replaces chains while others read: what is there counts.
                Err(_) => break,
            }
        }
        return Ok(layers);
    }
    let path = info.join("commit-graph");
    match fs::read(&path) {
        Ok(data) => Ok(vec![Layer::new(path, data, format)?]),
        Err(_) => Ok(Vec::new()),
    }
}

impl Layer {
    /// A layer out of the bytes of its file.
    pub fn new(path: PathBuf, data: Vec<u8>, format: Format) -> Result<Self> {
        let bad = |what: &str| Error::Graph(path.clone(), what.to_owned());
        let hash = if format == Format::Sha1 { 1 } else { 2 };
        match data.get(..HEADER) {
            Some([b'C', b'G', b'P', b'H', 1, version, ..]) if *version == hash => {}
            Some([b'C', b'G', b'P', b'H', 1, ..]) => return Err(bad("it is of another object format")),
            _ => return Err(bad("not a commit graph of version 1")),
        }
        let chunks = usize::from(data[6]);
        let table = data.get(HEADER..HEADER + (chunks + 1) * CHUNK).ok_or_else(|| bad("cut short"))?;
        let mut found = [None::<(usize, usize)>; 4];
        for pair in table.chunks_exact(CHUNK).collect::<Vec<_>>().windows(2) {
            let (start, end) = (offset(pair[0]), offset(pair[1]));
            if start > end || end > data.len() {
                return Err(bad("a table lies outside the file"));
            }
            let place = match &pair[0][..4] {
                b"OIDF" => 0,
                b"OIDL" => 1,
                b"CDAT" => 2,
                b"EDGE" => 3,
                _ => continue,
            };
            found[place] = Some((start, end));
        }
        let [Some(fan), Some(ids), Some(commits), edges] = found else {
            return Err(bad("a table is missing"));
        };
        let length = format.length();
        let count = (ids.1 - ids.0) / length;
        let counted = data.get(fan.0 + 255 * 4..fan.0 + 256 * 4).map(number);
        if fan.1 - fan.0 != 1024
            || counted != Some(count as u32)
            || (commits.1 - commits.0) / (length + 16) != count
        {
            return Err(bad("its tables do not fit each other"));
        }
        let edges = edges.unwrap_or((0, 0));
        Ok(Layer { count, length, ids: ids.0, commits: commits.0, edges, path, data })
    }

    /// The ids, in order, one after the other.
    pub fn ids(&self) -> &[u8] {
        &self.data[self.ids..self.ids + self.count * self.length]
    }

    /// Calls with the level and the parents of each commit in order; parents
    /// are places in the whole chain.
    pub fn each(&self, mut take: impl FnMut(u32, &[u32])) -> Result<()> {
        let bad = |what: &str| Error::Graph(self.path.clone(), what.to_owned());
        let size = self.length + 16;
        let rows = self.data[self.commits..self.commits + self.count * size].chunks_exact(size);
        let mut parents = Vec::new();
        for row in rows {
            let row = &row[self.length..];
            let (first, second, level) = (number(&row[..4]), number(&row[4..8]), number(&row[8..12]) >> 2);
            parents.clear();
            if first != NONE {
                parents.push(first);
            }
            if second & HIGH != 0 {
                let from = self.edges.0 + 4 * (second & !HIGH) as usize;
                let further = self
                    .data
                    .get(from..self.edges.1)
                    .ok_or_else(|| bad("a list of parents lies outside its table"))?;
                let mut ended = false;
                for edge in further.chunks_exact(4).map(number) {
                    parents.push(edge & !HIGH);
                    if edge & HIGH != 0 {
                        ended = true;
                        break;
                    }
                }
                if !ended {
                    return Err(bad("a list of parents has no end"));
                }
            } else if second != NONE {
                parents.push(second);
            }
            take(level, &parents);
        }
        Ok(())
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |number, byte| (number << 8) | u32::from(*byte))
}

fn offset(entry: &[u8]) -> usize {
    let high = u64::from(number(&entry[4..8])) << 32;
    usize::try_from(high | u64::from(number(&entry[8..12]))).unwrap_or(usize::MAX)
}
