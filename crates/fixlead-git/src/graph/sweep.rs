//! Sweeps over the whole history with a bit for each question, 256 at once,
//! in the order of levels: from children to parents to learn which tips
//! contain a commit, from parents to children to learn what descends from it.

use std::collections::HashMap;

use super::Graph;

/// Questions in one sweep.
const LANES: usize = 256;
const WORDS: usize = LANES / 64;

type Lane = [u64; WORDS];

/// A set of tips, or of other things that are numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

impl Bits {
    /// None of so many.
    pub fn none(count: usize) -> Self {
        Bits(vec![0; count.div_ceil(64)])
    }

    /// Adds one.
    pub fn add(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    /// The same, 64 in a word, the first in the lowest bit.
    pub fn words(&self) -> &[u64] {
        &self.0
    }

    /// Adds those of another set.
    pub fn join(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    /// Takes out those of another set.
    pub fn without(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= !other);
    }

    /// Whether some are in both.
    pub fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(own, other)| own & other != 0)
    }
}

/// The history in the order of levels, in which a sweep finds parents near
/// their children.
pub struct Sweep {
    /// The rank of each number, lower for parents.
    ranks: Vec<u32>,
    starts: Vec<u32>,
    parents: Vec<u32>,
}

impl Sweep {
    /// Sorts the history.
    pub fn new(graph: &Graph) -> Self {
        let count = graph.len();
        // Sorted by counting: levels are at most as many as commits.
        let highest = graph.levels.iter().copied().max().unwrap_or(0) as usize;
        let mut next = vec![0u32; highest + 2];
        for level in &graph.levels {
            next[*level as usize + 1] += 1;
        }
        for level in 1..next.len() {
            next[level] += next[level - 1];
        }
        let (mut ranks, mut order) = (vec![0u32; count], vec![0u32; count]);
        for (position, level) in graph.levels.iter().enumerate() {
            let rank = &mut next[*level as usize];
            ranks[position] = *rank;
            order[*rank as usize] = position as u32;
            *rank += 1;
        }
        let mut starts = Vec::with_capacity(count + 1);
        let mut parents = Vec::with_capacity(graph.parents.len());
        starts.push(0);
        for position in &order {
            parents.extend(graph.parents(*position).iter().map(|parent| ranks[*parent as usize]));
            starts.push(parents.len() as u32);
        }
        Sweep { ranks, starts, parents }
    }

    fn parents(&self, rank: usize) -> &[u32] {
        &self.parents[self.starts[rank] as usize..self.starts[rank + 1] as usize]
    }

    /// For each commit, which of the tips are it or descend from it; a place without a tip never does.
    pub fn tips_containing(&self, commits: &[u32], tips: &[Option<u32>]) -> Vec<Bits> {
        let mut rows = vec![Bits::none(tips.len()); commits.len()];
        let lowest = commits.iter().map(|commit| self.ranks[*commit as usize] as usize).min().unwrap_or(0);
        let mut lanes: Vec<Lane> = Vec::new();
        for (pass, some) in tips.chunks(LANES).enumerate() {
            lanes.clear();
            lanes.resize(self.ranks.len(), [0; WORDS]);
            for (bit, tip) in some.iter().enumerate() {
                let Some(tip) = tip else { continue };
                lanes[self.ranks[*tip as usize] as usize][bit / 64] |= 1 << (bit % 64);
            }
            for rank in (lowest..lanes.len()).rev() {
                let lane = lanes[rank];
                if lane == [0; WORDS] {
                    continue;
                }
                for parent in self.parents(rank) {
                    join(&mut lanes[*parent as usize], &lane);
                }
            }
            for (row, commit) in rows.iter_mut().zip(commits) {
                let lane = lanes[self.ranks[*commit as usize] as usize];
                let width = row.0.len().min((pass + 1) * WORDS) - pass * WORDS;
                row.0[pass * WORDS..pass * WORDS + width].copy_from_slice(&lane[..width]);
            }
        }
        rows
    }

    /// Whether the first of each pair is the second or descends from it.
    pub fn descends(&self, pairs: &[(u32, u32)]) -> Vec<bool> {
        let mut answers = vec![false; pairs.len()];
        let mut places: HashMap<u32, usize> = HashMap::new();
        // Ancestors of one pass are near each other, so that it is short.
        let mut ancestors: Vec<u32> =
            pairs.iter().map(|(_, ancestor)| self.ranks[*ancestor as usize]).collect();
        ancestors.sort_unstable();
        ancestors.dedup();
        for (place, ancestor) in ancestors.iter().enumerate() {
            places.insert(*ancestor, place);
        }
        let mut by_pass: Vec<Vec<(usize, usize, usize)>> = vec![Vec::new(); ancestors.len().div_ceil(LANES)];
        for (answer, (descendant, ancestor)) in pairs.iter().enumerate() {
            let rank = self.ranks[*ancestor as usize];
            let (descendant, place) = (self.ranks[*descendant as usize] as usize, places[&rank]);
            if descendant >= rank as usize {
                by_pass[place / LANES].push((answer, descendant, place % LANES));
            }
        }
        let mut lanes: Vec<Lane> = Vec::new();
        for (some, asked) in ancestors.chunks(LANES).zip(by_pass) {
            let (Some(first), Some(last)) =
                (some.first(), asked.iter().map(|(_, descendant, _)| *descendant).max())
            else {
                continue;
            };
            let first = *first as usize;
            lanes.clear();
            lanes.resize(last + 1 - first, [0; WORDS]);
            for (bit, ancestor) in some.iter().enumerate() {
                if let Some(lane) = lanes.get_mut(*ancestor as usize - first) {
                    lane[bit / 64] |= 1 << (bit % 64);
                }
            }
            for rank in first..=last {
                let mut lane = lanes[rank - first];
                for parent in self.parents(rank) {
                    if let Some(inside) = (*parent as usize).checked_sub(first) {
                        let above = lanes[inside];
                        join(&mut lane, &above);
                    }
                }
                lanes[rank - first] = lane;
            }
            for (answer, descendant, bit) in asked {
                answers[answer] = lanes[descendant - first][bit / 64] >> (bit % 64) & 1 == 1;
            }
        }
        answers
    }
}

fn join(own: &mut Lane, other: &Lane) {
    own.iter_mut().zip(other).for_each(|(own, other)| *own |= other);
}
