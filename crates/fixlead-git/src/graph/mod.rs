//! Which commit comes from which: the history of repositories in memory.
//!
//! It is read from git's commit graph where there is one, and asked of
//! `git rev-list` for what is not in it. Commits are numbered; a parent has a
//! lower level than its children.

pub(crate) mod file;
mod sweep;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::id::Id;
use crate::workspace::Workspace;
use file::Layer;
pub(crate) use sweep::{Bits, Sweep};

/// So many commits outside the graph are asked for every time; when there are
/// more, git extends the graph that is kept.
const MOST_OUTSIDE: usize = 2_000;

/// The history that was asked for.
#[derive(Default)]
pub struct Graph {
    /// Ids by number, one after the other, and how long each is.
    ids: Vec<u8>,
    length: usize,
    /// Ranges of numbers in which ids are in order.
    sorted: Vec<(usize, usize)>,
    /// The numbers of the others.
    others: HashMap<Id, u32>,
    /// The parents of number `n` are `parents[starts[n]..starts[n + 1]]`.
    starts: Vec<u32>,
    parents: Vec<u32>,
    levels: Vec<u32>,
}

impl Graph {
    /// The history of commits, all the way back.
    ///
    /// # Errors
    /// When git cannot tell it: objects that are missing, a damaged graph.
    pub fn load(workspace: &Workspace, tips: &[Id]) -> Result<Self> {
        let mut graph = Graph { length: workspace.format().length(), starts: vec![0], ..Graph::default() };
        let own = workspace.directory().join("objects");
        let lent = workspace.repositories().iter().flat_map(|repository| &repository.objects);
        let places: Vec<PathBuf> = std::iter::once(own.clone()).chain(lent.cloned()).collect();
        let read = |place: &PathBuf| file::layers(place, workspace.format());
        let mut chains = places.iter().map(read).collect::<Result<Vec<_>>>()?;
        chains.retain(|layers| !layers.is_empty());
        // The largest is taken as it stands, the others for what it lacks.
        chains.sort_by_key(|layers| std::cmp::Reverse(layers.iter().map(|layer| layer.count).sum::<usize>()));
        for (place, layers) in chains.into_iter().enumerate() {
            if place == 0 {
                graph.take(&layers)?;
            } else if !graph.unknown(tips).is_empty() {
                graph.add_layers(&layers)?;
            }
        }
        let unknown = graph.unknown(tips);
        if unknown.is_empty() {
            return Ok(graph);
        }
        let nothing = graph.is_empty();
        let mut commits = HashSet::new();
        for (id, kind) in workspace.kinds(&unknown)? {
            match kind.as_str() {
                "commit" => commits.extend([id]),
                "missing" => return Err(Error::MissingObject(id.to_string())),
                // A tag can stand for a file or a directory.
                _ => {}
            }
        }
        let tips: Vec<Id> = tips
            .iter()
            .filter(|tip| graph.position(tip).is_some() || commits.contains(*tip))
            .copied()
            .collect();
        let tips = tips.as_slice();
        if nothing && workspace.keeps() {
            write(workspace, tips);
            graph.take(&file::layers(&own, workspace.format())?)?;
        }
        let outside = graph.walk(workspace, tips)?;
        if outside > MOST_OUTSIDE && workspace.keeps() {
            write(workspace, tips);
        }
        Ok(graph)
    }

    /// How many commits it knows.
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The number of a commit, if it is known.
    pub fn position(&self, id: &Id) -> Option<u32> {
        let wanted = id.as_bytes();
        for (start, end) in &self.sorted {
            let (mut low, mut high) = (*start, *end);
            while low < high {
                let middle = low + (high - low) / 2;
                match self.id_bytes(middle).cmp(wanted) {
                    std::cmp::Ordering::Less => low = middle + 1,
                    std::cmp::Ordering::Greater => high = middle,
                    std::cmp::Ordering::Equal => return Some(middle as u32),
                }
            }
        }
        self.others.get(id).copied()
    }

    /// The one commit whose id in hexadecimal begins with these digits.
    pub fn beginning_with(&self, digits: &str) -> Option<Id> {
        if let Some(id) = Id::from_hex(digits) {
            return self.position(&id).map(|_| id);
        }
        let mut low = vec![0; self.length];
        for (place, digit) in digits.bytes().enumerate() {
            let value = char::from(digit).to_digit(16)? as u8;
            *low.get_mut(place / 2)? |= if place % 2 == 0 { value << 4 } else { value };
        }
        let mut found = self.others.keys().filter(|id| id.begins_with(digits)).copied().collect::<Vec<_>>();
        for (start, end) in &self.sorted {
            let (mut first, mut last) = (*start, *end);
            while first < last {
                let middle = first + (last - first) / 2;
                if self.id_bytes(middle) < low.as_slice() {
                    first = middle + 1;
                } else {
                    last = middle;
                }
            }
            let here = (first..*end).filter_map(|place| Id::from_bytes(self.id_bytes(place)));
            found.extend(here.take_while(|id| id.begins_with(digits)).take(2));
        }
        match found[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The commit of a number.
    pub fn id(&self, position: u32) -> Option<Id> {
        let position = position as usize;
        (position < self.len()).then(|| self.id_bytes(position)).and_then(Id::from_bytes)
    }

    /// The parents of a commit, the first one first.
    pub fn parents(&self, position: u32) -> &[u32] {
        let position = position as usize;
        &self.parents[self.starts[position] as usize..self.starts[position + 1] as usize]
    }

    /// Greater than that of any ancestor; 1 for a commit without parents.
    pub fn level(&self, position: u32) -> u32 {
        self.levels[position as usize]
    }

    /// For each number, whether a tip is it or descends from it.
    pub fn reachable(&self, tips: &[Id]) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut open: Vec<u32> = tips.iter().filter_map(|tip| self.position(tip)).collect();
        while let Some(position) = open.pop() {
            if !std::mem::replace(&mut reached[position as usize], true) {
                open.extend(self.parents(position));
            }
        }
        reached
    }

    fn id_bytes(&self, position: usize) -> &[u8] {
        &self.ids[position * self.length..(position + 1) * self.length]
    }

    fn unknown(&self, tips: &[Id]) -> Vec<Id> {
        tips.iter().filter(|tip| self.position(tip).is_none()).copied().collect()
    }

    /// Takes a chain as it is.
    fn take(&mut self, layers: &[Layer]) -> Result<()> {
        let total: usize = layers.iter().map(|layer| layer.count).sum();
        self.levels.reserve(total);
        self.starts.reserve(total);
        self.parents.reserve(total + total / 2);
        let mut sound = true;
        for layer in layers {
            let start = self.len();
            self.ids.extend_from_slice(layer.ids());
            layer.each(|level, parents| {
                sound &= parents.iter().all(|parent| (*parent as usize) < total);
                self.parents.extend_from_slice(parents);
                self.starts.push(self.parents.len() as u32);
                self.levels.push(level);
            })?;
            self.sorted.push((start, self.len()));
            if !sound {
                return Err(Error::Graph(
                    layer.path().to_owned(),
                    "a parent lies outside the graph".to_owned(),
                ));
            }
        }
        let rises = (0..self.len() as u32).all(|child| {
            let level = self.level(child);
            level > 0 && self.parents(child).iter().all(|parent| self.level(*parent) < level)
        });
        if !rises && !self.find_levels() {
            let path = layers.first().map(|layer| layer.path().to_owned()).unwrap_or_default();
            return Err(Error::Graph(path, "a commit is its own ancestor".to_owned()));
        }
        Ok(())
    }

    /// Finds levels where git wrote none; false if history goes in a circle.
    fn find_levels(&mut self) -> bool {
        let count = self.len();
        let mut waiting = vec![0u32; count];
        let mut children = vec![Vec::new(); count];
        for child in 0..count as u32 {
            waiting[child as usize] = self.parents(child).len() as u32;
            for parent in self.parents(child) {
                children[*parent as usize].push(child);
            }
        }
        self.levels.fill(1);
        let mut open: Vec<u32> = (0..count as u32).filter(|place| waiting[*place as usize] == 0).collect();
        let mut done = 0;
        while let Some(parent) = open.pop() {
            done += 1;
            let level = self.level(parent) + 1;
            for child in &children[parent as usize] {
                let child = *child as usize;
                self.levels[child] = self.levels[child].max(level);
                waiting[child] -= 1;
                if waiting[child] == 0 {
                    open.push(child as u32);
                }
            }
        }
        done == count
    }

    /// Takes from another chain what is not known yet.
    fn add_layers(&mut self, layers: &[Layer]) -> Result<()> {
        let mut other = Graph { length: self.length, starts: vec![0], ..Graph::default() };
        other.take(layers)?;
        let mut order: Vec<u32> = (0..other.len() as u32).collect();
        order.sort_by_key(|position| other.level(*position));
        for position in order {
            let Some(id) = other.id(position) else { continue };
            if self.position(&id).is_none() {
                let parents: Vec<Id> =
                    other.parents(position).iter().filter_map(|parent| other.id(*parent)).collect();
                self.add(id, &parents)?;
            }
        }
        Ok(())
    }

    /// Adds a commit whose parents are known.
    fn add(&mut self, id: Id, parents: &[Id]) -> Result<()> {
        let mut level = 0;
        for parent in parents {
            let position = self.position(parent).ok_or_else(|| Error::MissingObject(parent.to_string()))?;
            level = level.max(self.level(position));
            self.parents.push(position);
        }
        let position = self.len() as u32;
        self.others.insert(id, position);
        self.ids.extend_from_slice(id.as_bytes());
        self.starts.push(self.parents.len() as u32);
        self.levels.push(level + 1);
        Ok(())
    }

    /// Asks git for what is not known yet, and says how much that was.
    fn walk(&mut self, workspace: &Workspace, tips: &[Id]) -> Result<usize> {
        let unknown = self.unknown(tips);
        if unknown.is_empty() {
            return Ok(0);
        }
        let mut input = String::new();
        for id in &unknown {
            input.push_str(&format!("{id}\n"));
        }
        for id in tips.iter().filter(|tip| self.position(tip).is_some()) {
            input.push_str(&format!("^{id}\n"));
        }
        let before = self.len();
        let arguments = ["rev-list", "--parents", "--topo-order", "--reverse", "--stdin"];
        let lines = workspace.git().run(&arguments, input.as_bytes())?;
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line = String::from_utf8_lossy(line);
            let ids: Option<Vec<Id>> = line.split(' ').map(Id::from_hex).collect();
            let Some([id, parents @ ..]) = ids.as_deref() else {
                return Err(Error::Unexpected { what: "rev-list".to_owned(), detail: line.into_owned() });
            };
            if self.position(id).is_none() {
                self.add(*id, parents)?;
            }
        }
        Ok(self.len() - before)
    }
}

/// Has git write a commit graph of ours, or a further layer of it. Where it
/// cannot, as when somebody else does just then, history is walked instead,
/// and what is wrong with it is found there.
fn write(workspace: &Workspace, tips: &[Id]) {
    let input: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
    let arguments = ["commit-graph", "write", "--stdin-commits", "--split", "--no-progress"];
    let _ = workspace.git().run(&arguments, input.as_bytes());
}
