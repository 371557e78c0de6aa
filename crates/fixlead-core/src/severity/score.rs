//! Scores, their bands, and the scores that one vector gives.

use std::fmt;
use std::str::FromStr;

use super::Version;

/// A CVSS score: 0.0 to 10.0 in steps of a tenth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(u8);

/// Why a text is not a [`Score`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreError(String);

/// The word for a score.
///
/// Version 2.0 has no words of its own; the bands of the National
/// Vulnerability Database stand in, which know neither none nor critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Band {
    /// 0.0; not in version 2.0.
    None,
    /// 0.1 to 3.9; in version 2.0 from 0.0.
    Low,
    /// 4.0 to 6.9.
    Medium,
    /// 7.0 to 8.9; in version 2.0 to 10.0.
    High,
    /// 9.0 to 10.0; not in version 2.0.
    Critical,
}

/// Which metrics went into a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// The base metrics alone.
    Base,
    /// Base and temporal metrics, versions 2.0 to 3.1.
    Temporal,
    /// Base and threat metrics, version 4.0.
    Threat,
    /// Environmental metrics too, and temporal or threat metrics if given.
    Environmental,
}

/// What a version 4.0 score calls itself (specification v4.0, section 1.3).
///
/// A metric written as `X` counts as not given: `E:X` leaves a score CVSS-B.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nomenclature {
    /// CVSS-B: base metrics.
    Base,
    /// CVSS-BT: base and threat metrics.
    BaseThreat,
    /// CVSS-BE: base and environmental metrics.
    BaseEnvironmental,
    /// CVSS-BTE: base, threat and environmental metrics.
    BaseThreatEnvironmental,
}

/// The scores of one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scores {
    /// Versions 2.0, 3.0 and 3.1: one score a metric group. A group in which
    /// no metric is defined has no score.
    Grouped {
        /// From the base metrics.
        base: Score,
        /// With the temporal metrics.
        temporal: Option<Score>,
        /// With the environmental metrics, and the temporal ones if given.
        environmental: Option<Score>,
    },
    /// Version 4.0: one score from all metrics given.
    Combined {
        /// The score.
        score: Score,
        /// Which metric groups it is made of.
        nomenclature: Nomenclature,
    },
}

impl Score {
    /// The lowest score, 0.0.
    pub const MIN: Score = Score(0);
    /// The highest score, 10.0.
    pub const MAX: Score = Score(100);

    /// From tenths, 0 to 100; `None` above.
    pub const fn from_tenths(tenths: u8) -> Option<Self> {
        if tenths <= 100 { Some(Score(tenths)) } else { None }
    }

    /// From tenths; anything above 10.0 becomes 10.0.
    pub(super) const fn saturating(tenths: u64) -> Self {
        if tenths < 100 { Score(tenths as u8) } else { Score::MAX }
    }

    /// The score in tenths, 0 to 100.
    pub const fn tenths(self) -> u8 {
        self.0
    }

    /// Reads `8.1`, `10.0` or `7`: at most one decimal, from 0 to 10.
    ///
    /// # Errors
    /// When the text is anything else, `7.25` and `1e1` included.
    pub fn parse(text: &str) -> Result<Self, ScoreError> {
        let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
        let digit = |part: &str| match part.as_bytes() {
            [digit @ b'0'..=b'9'] => Some(digit - b'0'),
            _ => None,
        };
        let tenths = match (whole, digit(tenth)) {
            ("10", Some(tenth)) => Some(100 + tenth),
            (whole, Some(tenth)) => digit(whole).map(|whole| whole * 10 + tenth),
            _ => None,
        };
        tenths.and_then(Score::from_tenths).ok_or_else(|| ScoreError(super::vector_error::excerpt(text)))
    }

    /// The word for this score under a version.
    pub const fn band(self, version: Version) -> Band {
        match (version, self.0) {
            (Version::V2, 0..=39) => Band::Low,
            (Version::V2, 40..=69) => Band::Medium,
            (Version::V2, _) => Band::High,
            (_, 0) => Band::None,
            (_, 1..=39) => Band::Low,
            (_, 40..=69) => Band::Medium,
            (_, 70..=89) => Band::High,
            (_, _) => Band::Critical,
        }
    }
}

impl FromStr for Score {
    type Err = ScoreError;

    fn from_str(text: &str) -> Result<Self, ScoreError> {
        Score::parse(text)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{}", self.0 / 10, self.0 % 10))
    }
}

impl fmt::Display for ScoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a score: write a number from 0.0 to 10.0 with at most one decimal", self.0)
    }
}

impl std::error::Error for ScoreError {}

impl Band {
    /// The word, lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Band::None => "none",
            Band::Low => "low",
            Band::Medium => "medium",
            Band::High => "high",
            Band::Critical => "critical",
        }
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Group {
    /// The word, lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Group::Base => "base",
            Group::Temporal => "temporal",
            Group::Threat => "threat",
            Group::Environmental => "environmental",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Nomenclature {
    /// `CVSS-B`, `CVSS-BT`, `CVSS-BE` or `CVSS-BTE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Nomenclature::Base => "CVSS-B",
            Nomenclature::BaseThreat => "CVSS-BT",
            Nomenclature::BaseEnvironmental => "CVSS-BE",
            Nomenclature::BaseThreatEnvironmental => "CVSS-BTE",
        }
    }

    /// The widest group of metrics in the score.
    pub const fn group(self) -> Group {
        match self {
            Nomenclature::Base => Group::Base,
            Nomenclature::BaseThreat => Group::Threat,
            Nomenclature::BaseEnvironmental | Nomenclature::BaseThreatEnvironmental => Group::Environmental,
        }
    }
}

impl fmt::Display for Nomenclature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Scores {
    /// The score of one group, if the vector has it.
    pub fn group(&self, group: Group) -> Option<Score> {
        match *self {
            Scores::Grouped { base, temporal, environmental } => match group {
                Group::Base => Some(base),
                Group::Temporal => temporal,
                Group::Environmental => environmental,
                Group::Threat => None,
            },
            Scores::Combined { score, nomenclature } => (nomenclature.group() == group).then_some(score),
        }
    }

    /// The score that takes most into account, and its group: environmental
    /// before temporal before base; in version 4.0 the one score there is.
    pub fn overall(&self) -> (Group, Score) {
        match *self {
            Scores::Grouped { environmental: Some(score), .. } => (Group::Environmental, score),
            Scores::Grouped { temporal: Some(score), .. } => (Group::Temporal, score),
            Scores::Grouped { base, .. } => (Group::Base, base),
            Scores::Combined { score, nomenclature } => (nomenclature.group(), score),
        }
    }
}
