//! How severe a vulnerability is: CVSS vectors of versions 2.0, 3.0, 3.1 and
//! 4.0, the scores they give, and what to make of scores that disagree.
//!
//! Every score is exact. The equations are worked out in integers, so no
//! rounding happens except where a specification asks for it; even the
//! fifteenth power in version 3 loses no digit. What a version means by its
//! metrics and equations is in its own file; the words they share are here.
//!
//! * [`Vector`] reads a vector strictly and gives its [`Scores`].
//! * [`Score`] is a number from 0.0 to 10.0 in tenths, [`Band`] its word.
//! * [`Opinions`] lays what several people say side by side.
//! * [`straddles`] warns when the version decides on which side of a
//!   threshold a vulnerability falls.
//! * [`Scale`] is for projects that rate in words and never in numbers.
//!
//! Nothing here knows what a policy does with a severity.

mod exact;
mod metrics;
mod opinion;
mod scale;
mod score;
mod straddle;
mod v2;
mod v3;
mod v4;
mod vector;
mod vector_error;

pub use opinion::{Comparison, Opinion, Opinions};
pub use scale::{Scale, ScaleError};
pub use score::{Band, Group, Nomenclature, Score, ScoreError, Scores};
pub use straddle::{Crossing, Straddle, straddles};
pub use vector::{MAX_VECTOR_LENGTH, Vector};
pub use vector_error::VectorError;

use std::fmt;

/// A version of the Common Vulnerability Scoring System.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Version 2.0 (2007). Its vectors carry no prefix.
    V2,
    /// Version 3.0 (2015), prefix `CVSS:3.0/`.
    V30,
    /// Version 3.1 (2019), prefix `CVSS:3.1/`.
    V31,
    /// Version 4.0 (2023), prefix `CVSS:4.0/`.
    V40,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Version; 4] = [Version::V2, Version::V30, Version::V31, Version::V40];

    /// The number as the specifications write it: `2.0`, `3.0`, `3.1`, `4.0`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Version::V2 => "2.0",
            Version::V30 => "3.0",
            Version::V31 => "3.1",
            Version::V40 => "4.0",
        }
    }

    /// The version of that number, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Version::ALL.into_iter().find(|version| version.as_str() == text)
    }

    /// What a vector of this version begins with; empty for 2.0.
    pub const fn prefix(self) -> &'static str {
        match self {
            Version::V2 => "",
            Version::V30 => "CVSS:3.0/",
            Version::V31 => "CVSS:3.1/",
            Version::V40 => "CVSS:4.0/",
        }
    }
}

/// A metric of a version: its name in a vector, what it takes, and the group whose
/// score it is for; none for a supplemental metric, which changes no score.
pub struct Asked {
    /// Its name.
    pub name: &'static str,
    /// Its values, in the order of the specification.
    pub values: &'static [&'static str],
    /// The group.
    pub group: Option<Group>,
}

/// The metrics of a version, in the order of its specification.
pub fn asked(version: Version) -> Vec<Asked> {
    let group = |part| match (part, version) {
        (metrics::Part::Base, _) => Some(Group::Base),
        (metrics::Part::Threat, Version::V40) => Some(Group::Threat),
        (metrics::Part::Threat, _) => Some(Group::Temporal),
        (metrics::Part::Environmental, _) => Some(Group::Environmental),
        (metrics::Part::Supplemental, _) => None,
    };
    let metrics = metrics::metrics(version).iter();
    metrics
        .map(|metric| Asked { name: metric.name, values: metric.values, group: group(metric.part) })
        .collect()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
