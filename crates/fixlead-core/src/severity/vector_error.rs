//! Why a text is not a vector, and what to write instead.

use std::fmt;

use super::metrics::metrics;
use super::{MAX_VECTOR_LENGTH, Version};
use crate::text::short;

/// Why a text was not read as a vector.
///
/// A place is the number of a byte in the text, the first being 1. Excerpts
/// are quoted, escaped and short, whatever the text was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VectorError {
    /// Longer than [`MAX_VECTOR_LENGTH`].
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// It begins like no version that is known.
    UnknownVersion {
        /// What it begins with.
        found: String,
        /// What may help.
        hint: &'static str,
    },
    /// Something between two slashes is not `NAME:VALUE`.
    Malformed {
        /// Where.
        place: usize,
        /// What stands there.
        found: String,
    },
    /// The version has no such metric.
    UnknownMetric {
        /// Where.
        place: usize,
        /// The name.
        found: String,
        /// The version.
        version: Version,
    },
    /// The metric takes no such value.
    UnknownValue {
        /// Where.
        place: usize,
        /// The metric.
        metric: String,
        /// The value.
        found: String,
        /// The values it takes.
        expected: &'static [&'static str],
    },
    /// The metric was named before.
    Duplicate {
        /// Where the second one is.
        place: usize,
        /// The metric.
        metric: &'static str,
    },
    /// The metric stands after one that it must precede.
    OutOfOrder {
        /// Where.
        place: usize,
        /// The metric.
        metric: &'static str,
        /// The metrics of the vector as the specification orders them.
        order: Vec<&'static str>,
    },
    /// Base metrics are left out.
    Missing {
        /// The version that requires them.
        version: Version,
        /// Which.
        metrics: Vec<&'static str>,
    },
}

impl VectorError {
    /// Where the trouble begins, as the number of a byte, the first being 1;
    /// `None` when it is with the text as a whole.
    pub fn place(&self) -> Option<usize> {
        match self {
            VectorError::Malformed { place, .. }
            | VectorError::UnknownMetric { place, .. }
            | VectorError::UnknownValue { place, .. }
            | VectorError::Duplicate { place, .. }
            | VectorError::OutOfOrder { place, .. } => Some(*place),
            VectorError::UnknownVersion { .. } => Some(1),
            VectorError::TooLong { .. } | VectorError::Missing { .. } => None,
        }
    }

    pub(super) fn unknown_version(text: &str) -> Self {
        let hint = if text.starts_with("CVSS:2.0/") {
            "a version 2.0 vector has no prefix"
        } else if text.starts_with('(') {
            "write the vector without parentheses"
        } else if text.starts_with("CVSS:") {
            "the known prefixes are \"CVSS:3.0/\", \"CVSS:3.1/\" and \"CVSS:4.0/\""
        } else {
            "begin with \"CVSS:3.0/\", \"CVSS:3.1/\" or \"CVSS:4.0/\", or with \"AV:\" for version 2.0"
        };
        let end = match text.find('/') {
            Some(slash) => slash + 1,
            None => text.len(),
        };
        VectorError::UnknownVersion { found: excerpt(&text[..end]), hint }
    }

    pub(super) fn malformed(text: &str, at: usize, part: &str) -> Self {
        let found = match part {
            "" if at >= text.len() => "the end of the text".to_owned(),
            "" => "nothing between two slashes".to_owned(),
            part => excerpt(part),
        };
        VectorError::Malformed { place: at + 1, found }
    }

    pub(super) fn unknown_metric(at: usize, name: &str, version: Version) -> Self {
        VectorError::UnknownMetric { place: at + 1, found: excerpt(name), version }
    }

    pub(super) fn unknown_value(
        at: usize,
        metric: &str,
        value: &str,
        expected: &'static [&'static str],
    ) -> Self {
        VectorError::UnknownValue {
            place: at + 1,
            metric: metric.to_owned(),
            found: excerpt(value),
            expected,
        }
    }

    pub(super) fn duplicate(at: usize, metric: &'static str) -> Self {
        VectorError::Duplicate { place: at + 1, metric }
    }
}

impl fmt::Display for VectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VectorError::TooLong { length } => write!(
                f,
                "the text has {length} bytes and a vector at most {MAX_VECTOR_LENGTH}: give the vector alone"
            ),
            VectorError::UnknownVersion { found, hint } => {
                write!(f, "{found} begins no vector: {hint}")
            }
            VectorError::Malformed { place, found } => {
                write!(f, "expected a metric such as \"AV:N\" at character {place}, found {found}")
            }
            VectorError::UnknownMetric { place, found, version } => {
                write!(f, "version {version} has no metric {found} (character {place}): its metrics are ")?;
                list(f, metrics(*version).iter().map(|metric| metric.name))?;
                match version {
                    Version::V2 => {
                        f.write_str("; a vector of a later version begins with it, as in \"CVSS:3.1/\"")
                    }
                    _ => Ok(()),
                }
            }
            VectorError::UnknownValue { place, metric, found, expected } => {
                write!(f, "{metric} takes no value {found} (character {place}): it takes ")?;
                list(f, expected.iter().copied())
            }
            VectorError::Duplicate { place, metric } => {
                write!(f, "{metric} is given a second time (character {place}): keep one of the two")
            }
            VectorError::OutOfOrder { place, metric, order } => {
                write!(f, "{metric} is out of order (character {place}): the order is {}", order.join("/"))
            }
            VectorError::Missing { version, metrics } => {
                let subject = match metrics.len() {
                    1 => "the base metric",
                    _ => "the base metrics",
                };
                write!(f, "version {version} requires {subject} ")?;
                list(f, metrics.iter().copied())?;
                f.write_str(": add what is missing")
            }
        }
    }
}

impl std::error::Error for VectorError {}

fn list<'a>(f: &mut fmt::Formatter<'_>, words: impl ExactSizeIterator<Item = &'a str>) -> fmt::Result {
    let last = words.len().saturating_sub(1);
    for (place, word) in words.enumerate() {
        let separator = match place {
            0 => "",
            place if place == last => " and ",
            _ => ", ",
        };
        write!(f, "{separator}{word}")?;
    }
    Ok(())
}

/// A piece of somebody's text, fit to be shown: quoted, escaped, at most 32
/// characters.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 32;
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", short(&escaped, LONGEST))
}
