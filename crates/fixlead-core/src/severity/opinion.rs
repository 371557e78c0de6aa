//! Several people's severities side by side.

use super::{Group, Score, Scores, Straddle, Vector, Version, straddles};

/// What one person or body holds the severity to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// Whose it is.
    pub who: String,
    /// The vector, if there is one and not only a number.
    pub vector: Option<Vector>,
    version: Version,
    scores: Vec<(Group, Score)>,
}

/// Opinions on one case, in the order they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinions {
    opinions: Vec<Opinion>,
}

/// What the opinions say under one version about one group of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison<'a> {
    /// The version.
    pub version: Version,
    /// The group.
    pub group: Group,
    /// Who says what, in the order they came; at least one.
    pub scores: Vec<(&'a str, Score)>,
}

impl Opinion {
    /// An opinion given as a vector.
    pub fn from_vector(who: impl Into<String>, vector: Vector) -> Self {
        let scores = match vector.scores() {
            Scores::Grouped { base, temporal, environmental } => [
                (Group::Base, Some(base)),
                (Group::Temporal, temporal),
                (Group::Environmental, environmental),
            ]
            .into_iter()
            .filter_map(|(group, score)| Some((group, score?)))
            .collect(),
            combined @ Scores::Combined { .. } => {
                // The base metrics alone are comparable with everybody's.
                let base = vector.base().scores().overall();
                let overall = combined.overall();
                if base.0 == overall.0 { vec![base] } else { vec![base, overall] }
            }
        };
        Opinion { who: who.into(), vector: Some(vector), version: vector.version(), scores }
    }

    /// An opinion given as a number.
    pub fn from_score(who: impl Into<String>, version: Version, group: Group, score: Score) -> Self {
        Opinion { who: who.into(), vector: None, version, scores: vec![(group, score)] }
    }

    /// The version it is held under.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its score for a group, if it has one.
    pub fn score(&self, group: Group) -> Option<Score> {
        self.scores.iter().find(|(own, _)| *own == group).map(|(_, score)| *score)
    }
}

impl Opinions {
    /// Adds an opinion.
    pub fn add(&mut self, opinion: Opinion) {
        self.opinions.push(opinion);
    }

    /// The opinions in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &Opinion> {
        self.opinions.iter()
    }

    /// One comparison for each version and group that somebody scored, in the
    /// order of the versions.
    pub fn compare(&self) -> Vec<Comparison<'_>> {
        let mut comparisons: Vec<Comparison<'_>> = Vec::new();
        for opinion in &self.opinions {
            for (group, score) in &opinion.scores {
                let entry = (opinion.who.as_str(), *score);
                let same = comparisons
                    .iter_mut()
                    .find(|comparison| comparison.version == opinion.version && comparison.group == *group);
                match same {
                    Some(comparison) => comparison.scores.push(entry),
                    None => comparisons.push(Comparison {
                        version: opinion.version,
                        group: *group,
                        scores: vec![entry],
                    }),
                }
            }
        }
        comparisons.sort_by_key(|comparison| (comparison.version, comparison.group));
        comparisons
    }

    /// Whether the version decides on which side of a threshold the case
    /// falls, by the scores of one group.
    pub fn straddles(&self, group: Group, thresholds: &[Score]) -> Option<Straddle> {
        let scores: Vec<(Version, Score)> = self
            .opinions
            .iter()
            .filter_map(|opinion| Some((opinion.version, opinion.score(group)?)))
            .collect();
        straddles(&scores, thresholds)
    }
}

impl FromIterator<Opinion> for Opinions {
    fn from_iter<I: IntoIterator<Item = Opinion>>(opinions: I) -> Self {
        Opinions { opinions: opinions.into_iter().collect() }
    }
}

impl Comparison<'_> {
    /// The lowest score.
    pub fn lowest(&self) -> Score {
        self.only().min().unwrap_or(Score::MIN)
    }

    /// The highest score.
    pub fn highest(&self) -> Score {
        self.only().max().unwrap_or(Score::MIN)
    }

    /// How far apart lowest and highest are, in tenths.
    pub fn spread(&self) -> u8 {
        self.highest().tenths() - self.lowest().tenths()
    }

    /// The thresholds that divide the opinions: somebody is under them and
    /// somebody is not.
    pub fn divided_by(&self, thresholds: &[Score]) -> Vec<Score> {
        let (lowest, highest) = (self.lowest(), self.highest());
        thresholds.iter().copied().filter(|threshold| lowest < *threshold && *threshold <= highest).collect()
    }

    fn only(&self) -> impl Iterator<Item = Score> {
        self.scores.iter().map(|(_, score)| *score)
    }
}
