//! When the version decides on which side of a threshold a score falls.

use std::fmt;

use super::{Score, Version};

/// A warning: scores under different versions fall on different sides of at
/// least one threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Straddle {
    crossings: Vec<Crossing>,
}

/// One threshold and who is on which side of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The threshold.
    pub threshold: Score,
    /// The scores under it, in the order given.
    pub under: Vec<(Version, Score)>,
    /// The scores at or above it, in the order given.
    pub at_or_above: Vec<(Version, Score)>,
}

/// Whether scores under different versions fall on different sides of a
/// threshold. Under a threshold of 4.0 are the scores below 4.0; 4.0 is not.
///
/// Two scores of the same version never straddle: they are two opinions, and
/// [`Opinions`](super::Opinions) compares them.
pub fn straddles(scores: &[(Version, Score)], thresholds: &[Score]) -> Option<Straddle> {
    let mut thresholds = thresholds.to_vec();
    thresholds.sort_unstable();
    thresholds.dedup();
    let crossings: Vec<Crossing> =
        thresholds.into_iter().filter_map(|threshold| crossing(scores, threshold)).collect();
    (!crossings.is_empty()).then_some(Straddle { crossings })
}

fn crossing(scores: &[(Version, Score)], threshold: Score) -> Option<Crossing> {
    let (under, at_or_above): (Vec<_>, Vec<_>) =
        scores.iter().copied().partition(|(_, score)| *score < threshold);
    let versions_differ = under.iter().any(|(low, _)| at_or_above.iter().any(|(high, _)| low != high));
    versions_differ.then_some(Crossing { threshold, under, at_or_above })
}

impl Straddle {
    /// The thresholds that are straddled, lowest first; at least one.
    pub fn crossings(&self) -> &[Crossing] {
        &self.crossings
    }
}

impl fmt::Display for Straddle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, crossing) in self.crossings.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{crossing}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "under {} by ", self.threshold)?;
        by(f, &self.under)?;
        f.write_str(", not by ")?;
        by(f, &self.at_or_above)
    }
}

fn by(f: &mut fmt::Formatter<'_>, scores: &[(Version, Score)]) -> fmt::Result {
    for (place, (version, score)) in scores.iter().enumerate() {
        let separator = if place == 0 { "" } else { " and " };
        write!(f, "{separator}version {version} ({score})")?;
    }
    Ok(())
}
