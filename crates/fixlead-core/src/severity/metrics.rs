//! The vocabulary of each version: which metrics there are, in which order
//! they stand in a vector, and which values they take.
//!
//! Optional metrics list "not defined" (`ND` in 2.0, `X` later) as their last
//! value. A modified metric lists the values of its base metric first and in
//! the same order, so both share one index into the tables of weights.

use super::Version;

/// One metric of one version.
pub(super) struct Metric {
    /// Its name in a vector.
    pub(super) name: &'static str,
    /// What it takes.
    pub(super) values: &'static [&'static str],
    /// Where it belongs.
    pub(super) part: Part,
}

/// The part of a vector that a metric belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Must be there.
    Base,
    /// Temporal in versions 2.0 to 3.1, threat in 4.0.
    Threat,
    /// Environmental.
    Environmental,
    /// Never changes a score; version 4.0.
    Supplemental,
}

/// The metrics of a version in the order of its specification: v2.0 section
/// 2.4, v3.0 section 6, v3.1 section 6, v4.0 section 7.
pub(super) const fn metrics(version: Version) -> &'static [Metric] {
    match version {
        Version::V2 => &V2,
        Version::V30 | Version::V31 => &V3,
        Version::V40 => &V4,
    }
}

const fn base(name: &'static str, values: &'static [&'static str]) -> Metric {
    Metric { name, values, part: Part::Base }
}

const fn threat(name: &'static str, values: &'static [&'static str]) -> Metric {
    Metric { name, values, part: Part::Threat }
}

const fn environmental(name: &'static str, values: &'static [&'static str]) -> Metric {
    Metric { name, values, part: Part::Environmental }
}

const fn supplemental(name: &'static str, values: &'static [&'static str]) -> Metric {
    Metric { name, values, part: Part::Supplemental }
}

static V2: [Metric; 14] = [
    base("AV", &["L", "A", "N"]),
    base("AC", &["H", "M", "L"]),
    base("Au", &["M", "S", "N"]),
    base("C", &["N", "P", "C"]),
    base("I", &["N", "P", "C"]),
    base("A", &["N", "P", "C"]),
    threat("E", &["U", "POC", "F", "H", "ND"]),
    threat("RL", &["OF", "TF", "W", "U", "ND"]),
    threat("RC", &["UC", "UR", "C", "ND"]),
    environmental("CDP", &["N", "L", "LM", "MH", "H", "ND"]),
    environmental("TD", &["N", "L", "M", "H", "ND"]),
    environmental("CR", &["L", "M", "H", "ND"]),
    environmental("IR", &["L", "M", "H", "ND"]),
    environmental("AR", &["L", "M", "H", "ND"]),
];

static V3: [Metric; 22] = [
    base("AV", &["N", "A", "L", "P"]),
    base("AC", &["L", "H"]),
    base("PR", &["N", "L", "H"]),
    base("UI", &["N", "R"]),
    base("S", &["U", "C"]),
    base("C", &["H", "L", "N"]),
    base("I", &["H", "L", "N"]),
    base("A", &["H", "L", "N"]),
    threat("E", &["H", "F", "P", "U", "X"]),
    threat("RL", &["U", "W", "T", "O", "X"]),
    threat("RC", &["C", "R", "U", "X"]),
    environmental("CR", &["H", "M", "L", "X"]),
    environmental("IR", &["H", "M", "L", "X"]),
    environmental("AR", &["H", "M", "L", "X"]),
    environmental("MAV", &["N", "A", "L", "P", "X"]),
    environmental("MAC", &["L", "H", "X"]),
    environmental("MPR", &["N", "L", "H", "X"]),
    environmental("MUI", &["N", "R", "X"]),
    environmental("MS", &["U", "C", "X"]),
    environmental("MC", &["H", "L", "N", "X"]),
    environmental("MI", &["H", "L", "N", "X"]),
    environmental("MA", &["H", "L", "N", "X"]),
];

static V4: [Metric; 32] = [
    base("AV", &["N", "A", "L", "P"]),
    base("AC", &["L", "H"]),
    base("AT", &["N", "P"]),
    base("PR", &["N", "L", "H"]),
    base("UI", &["N", "P", "A"]),
    base("VC", &["H", "L", "N"]),
    base("VI", &["H", "L", "N"]),
    base("VA", &["H", "L", "N"]),
    base("SC", &["H", "L", "N"]),
    base("SI", &["H", "L", "N"]),
    base("SA", &["H", "L", "N"]),
    threat("E", &["A", "P", "U", "X"]),
    environmental("CR", &["H", "M", "L", "X"]),
    environmental("IR", &["H", "M", "L", "X"]),
    environmental("AR", &["H", "M", "L", "X"]),
    environmental("MAV", &["N", "A", "L", "P", "X"]),
    environmental("MAC", &["L", "H", "X"]),
    environmental("MAT", &["N", "P", "X"]),
    environmental("MPR", &["N", "L", "H", "X"]),
    environmental("MUI", &["N", "P", "A", "X"]),
    environmental("MVC", &["H", "L", "N", "X"]),
    environmental("MVI", &["H", "L", "N", "X"]),
    environmental("MVA", &["H", "L", "N", "X"]),
    environmental("MSC", &["H", "L", "N", "X"]),
    environmental("MSI", &["H", "L", "N", "S", "X"]),
    environmental("MSA", &["H", "L", "N", "S", "X"]),
    supplemental("S", &["N", "P", "X"]),
    supplemental("AU", &["N", "Y", "X"]),
    supplemental("R", &["A", "U", "I", "X"]),
    supplemental("V", &["D", "C", "X"]),
    supplemental("RE", &["L", "M", "H", "X"]),
    supplemental("U", &["Clear", "Green", "Amber", "Red", "X"]),
];
