//! Reading a vector, strictly, and writing it again.

use std::fmt;
use std::str::FromStr;

use super::metrics::{Metric, Part, metrics};
use super::{Scores, VectorError, Version, v2, v3, v4};

/// The longest text that is read as a vector, in bytes. The longest real one
/// has fewer than half as many.
pub const MAX_VECTOR_LENGTH: usize = 512;

const MOST_METRICS: usize = 32;
const ABSENT: u8 = u8::MAX;

/// A CVSS vector with every metric that its version requires, each named once
/// and in the order of the specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vector {
    version: Version,
    /// For each metric of the version, which of its values was given.
    values: [u8; MOST_METRICS],
}

impl Vector {
    /// Reads a vector: `AV:N/…` is version 2.0, the others begin with
    /// `CVSS:3.0/`, `CVSS:3.1/` or `CVSS:4.0/`.
    ///
    /// Optional metrics may be left out one by one. Version 3 itself only
    /// prefers an order and 4.0 demands one; here all versions demand theirs,
    /// so that equal vectors are equal texts.
    ///
    /// # Errors
    /// When the text is too long, begins like no version, leaves a base metric
    /// out, names one twice, out of order or unknown, or gives it a value that
    /// it does not take.
    pub fn parse(text: &str) -> Result<Self, VectorError> {
        if text.len() > MAX_VECTOR_LENGTH {
            return Err(VectorError::TooLong { length: text.len() });
        }
        let (version, body) = split_version(text)?;
        let known = metrics(version);
        let mut values = [ABSENT; MOST_METRICS];
        let mut next = 0;
        let mut at = text.len() - body.len();
        loop {
            let (part, rest) = match cut(&text[at..], b'/') {
                Some((part, rest)) => (part, Some(rest)),
                None => (&text[at..], None),
            };
            let Some((name, value)) = cut(part, b':') else {
                return Err(VectorError::malformed(text, at, part));
            };
            let Some(index) = position_from(known, next, name) else {
                return Err(misplaced(text, version, &values, at, name));
            };
            let metric = &known[index];
            let Some(choice) = metric.values.iter().position(|known| same(known, value)) else {
                return Err(VectorError::unknown_value(at + name.len() + 1, name, value, metric.values));
            };
            values[index] = choice as u8;
            next = index + 1;
            let Some(rest) = rest else { break };
            at = text.len() - rest.len();
        }
        let vector = Vector { version, values };
        if known.iter().zip(&values).any(|(metric, value)| metric.part == Part::Base && *value == ABSENT) {
            return Err(VectorError::Missing {
                version,
                metrics: known
                    .iter()
                    .zip(&values)
                    .filter(|(metric, value)| metric.part == Part::Base && **value == ABSENT)
                    .map(|(metric, _)| metric.name)
                    .collect(),
            });
        }
        Ok(vector)
    }

    /// The version it is written in.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The same metrics read as another version. Only 3.0 and 3.1 share their
    /// metrics; `None` for any other pair of different versions.
    pub fn with_version(&self, version: Version) -> Option<Self> {
        let readable = match self.version {
            Version::V30 | Version::V31 => matches!(version, Version::V30 | Version::V31),
            own => own == version,
        };
        readable.then_some(Vector { version, ..*self })
    }

    /// The vector with its base metrics alone.
    #[must_use]
    pub fn base(&self) -> Self {
        let mut values = self.values;
        for (metric, value) in metrics(self.version).iter().zip(&mut values) {
            if metric.part != Part::Base {
                *value = ABSENT;
            }
        }
        Vector { values, ..*self }
    }

    /// The value given for a metric, such as `"R"` for `UI`; `None` when the
    /// vector does not name it, or its version has no such metric.
    pub fn metric(&self, name: &str) -> Option<&'static str> {
        self.given().find(|(metric, _)| metric.name == name).map(|(_, value)| value)
    }

    /// Its scores, exact, by the equations of its version.
    pub fn scores(&self) -> Scores {
        match self.version {
            Version::V2 => v2::scores(self),
            Version::V30 | Version::V31 => v3::scores(self),
            Version::V40 => v4::scores(self),
        }
    }

    /// The vector as text; the text that was read.
    pub fn canonical(&self) -> String {
        self.to_string()
    }

    /// Which value a metric has, by their places in the version's tables. One
    /// that was not given has its last value, "not defined".
    pub(super) fn choice(&self, metric: usize) -> usize {
        match self.values[metric] {
            ABSENT => metrics(self.version)[metric].values.len() - 1,
            given => usize::from(given),
        }
    }

    /// Whether some metric of that part says something.
    pub(super) fn defines(&self, part: Part) -> bool {
        metrics(self.version)
            .iter()
            .zip(&self.values)
            .any(|(metric, value)| metric.part == part && usize::from(*value) + 1 < metric.values.len())
    }

    fn given(&self) -> impl Iterator<Item = (&'static Metric, &'static str)> {
        metrics(self.version)
            .iter()
            .zip(self.values)
            .filter_map(|(metric, value)| Some((metric, *metric.values.get(usize::from(value))?)))
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version.prefix())?;
        for (place, (metric, value)) in self.given().enumerate() {
            let separator = if place == 0 { "" } else { "/" };
            write!(f, "{separator}{}:{value}", metric.name)?;
        }
        Ok(())
    }
}

impl FromStr for Vector {
    type Err = VectorError;

    fn from_str(text: &str) -> Result<Self, VectorError> {
        Vector::parse(text)
    }
}

/// The version a text announces, and what follows the announcement.
fn split_version(text: &str) -> Result<(Version, &str), VectorError> {
    for version in [Version::V31, Version::V40, Version::V30] {
        if let Some(body) = text.strip_prefix(version.prefix()) {
            return Ok((version, body));
        }
    }
    let first = text.split(':').next().unwrap_or_default();
    if metrics(Version::V2).iter().any(|metric| metric.name == first) {
        return Ok((Version::V2, text));
    }
    Err(VectorError::unknown_version(text))
}

fn position_from(known: &[Metric], from: usize, name: &str) -> Option<usize> {
    known[from..].iter().position(|metric| same(metric.name, name)).map(|place| from + place)
}

/// What is before and after the first such byte. The general search of the
/// standard library is made for longer texts; reading is mostly this.
fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    debug_assert!(at.is_ascii(), "so that both halves are text");
    let place = text.as_bytes().iter().position(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

/// Whether two short texts are equal, byte by byte for the same reason.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(a, b)| a == b)
}

/// Why a metric is not welcome at this place: named before, too late, or not
/// of this version.
fn misplaced(
    text: &str,
    version: Version,
    values: &[u8; MOST_METRICS],
    at: usize,
    name: &str,
) -> VectorError {
    let known = metrics(version);
    match position_from(known, 0, name) {
        Some(index) if values[index] != ABSENT => VectorError::duplicate(at, known[index].name),
        Some(index) => {
            let body = &text[version.prefix().len()..];
            let named =
                |metric: &&Metric| body.split('/').any(|part| part.split(':').next() == Some(metric.name));
            VectorError::OutOfOrder {
                place: at + 1,
                metric: known[index].name,
                order: known.iter().filter(named).map(|metric| metric.name).collect(),
            }
        }
        None => VectorError::unknown_metric(at, name, version),
    }
}
