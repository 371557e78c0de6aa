//! Scores as people read them.

use std::io::{self, Write};

use fixlead_core::severity::{Group, Opinion, Opinions, Score, Scores, Vector, Version, straddles};

/// One vector and everything about its scores.
pub fn one(out: &mut impl Write, vector: &Vector, scores: &Scores) -> io::Result<()> {
    let version = vector.version();
    writeln!(out, "{vector}")?;
    writeln!(out, "  {:<14} {version}", "version")?;
    match scores {
        Scores::Combined { score, nomenclature } => {
            let band = score.band(version);
            writeln!(out, "  {:<14} {score:>4}  {band}", nomenclature.as_str())?;
        }
        Scores::Grouped { .. } => {
            for group in [Group::Base, Group::Temporal, Group::Environmental] {
                match scores.group(group) {
                    Some(score) => {
                        writeln!(out, "  {group:<14} {score:>4}  {}", score.band(version))?;
                    }
                    None => writeln!(out, "  {group:<14}    -",)?,
                }
            }
        }
    }
    other_reading(out, vector, scores)
}

/// Says so when the other minor version of 3 gives the vector another score.
fn other_reading(out: &mut impl Write, vector: &Vector, scores: &Scores) -> io::Result<()> {
    let other = match vector.version() {
        Version::V30 => Version::V31,
        Version::V31 => Version::V30,
        Version::V2 | Version::V40 => return Ok(()),
    };
    let Some(reading) = vector.with_version(other) else {
        return Ok(());
    };
    let (group, score) = reading.scores().overall();
    if score != scores.overall().1 {
        writeln!(out, "  note: read as version {other} the {group} score is {score}")?;
    }
    Ok(())
}

/// Several vectors, a line each, with the score that takes most into account.
pub fn several(out: &mut impl Write, scored: &[(Vector, Scores)]) -> io::Result<()> {
    if scored.is_empty() {
        return Ok(());
    }
    writeln!(out, "{:<7}  {:<5}  {:<8}  {:<13}  vector", "version", "score", "severity", "of")?;
    for (vector, scores) in scored {
        let version = vector.version();
        let (group, score) = scores.overall();
        let of = match scores {
            Scores::Combined { nomenclature, .. } => nomenclature.as_str(),
            Scores::Grouped { .. } => group.as_str(),
        };
        let band = score.band(version);
        writeln!(out, "{version:<7}  {score:>5}  {band:<8}  {of:<13}  {vector}")?;
    }
    side_by_side(out, scored)
}

/// Where the opinions differ, and whether the version decides on which side of
/// a usual threshold they fall.
fn side_by_side(out: &mut impl Write, scored: &[(Vector, Scores)]) -> io::Result<()> {
    if scored.len() < 2 {
        return Ok(());
    }
    let thresholds = [40, 70].map(Score::from_tenths).map(Option::unwrap_or_default);
    let opinions: Opinions = scored
        .iter()
        .enumerate()
        .map(|(place, (vector, _))| Opinion::from_vector(format!("line {}", place + 1), *vector))
        .collect();
    for comparison in opinions.compare().iter().filter(|comparison| comparison.spread() > 0) {
        let (low, high) = (comparison.lowest(), comparison.highest());
        write!(
            out,
            "note: the {} scores of version {} run from {low} to {high}",
            comparison.group, comparison.version
        )?;
        match comparison.divided_by(&thresholds).first() {
            Some(threshold) => writeln!(out, ", on both sides of {threshold}")?,
            None => writeln!(out)?,
        }
    }
    let overall: Vec<(Version, Score)> =
        scored.iter().map(|(vector, scores)| (vector.version(), scores.overall().1)).collect();
    if let Some(straddle) = straddles(&overall, &thresholds) {
        writeln!(out, "warning: {straddle}")?;
    }
    Ok(())
}

/// A text from the command line, short and on one line.
pub fn one_line(text: &str) -> String {
    fixlead_core::text::short(text, 80)
}
