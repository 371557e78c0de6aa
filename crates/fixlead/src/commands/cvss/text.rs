//! Scores as people read them.

use std::io::{self, Write};

use fixlead_core::severity::{Group, Opinion, Opinions, Score, Scores, Vector, Version, straddles};

use crate::terminal::Style;
use crate::terminal::lines::{self, Head};

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
/// Where that is too wide, each vector has a line of its own; it is copied from
/// there, so it is never broken.
pub fn several(out: &mut impl Write, style: Style, scored: &[(Vector, Scores)]) -> io::Result<()> {
    if scored.is_empty() {
        return Ok(());
    }
    let of = |scores: &Scores| match scores {
        Scores::Combined { nomenclature, .. } => nomenclature.as_str(),
        Scores::Grouped { .. } => scores.overall().0.as_str(),
    };
    let width = scored.iter().map(|(_, scores)| of(scores).len()).max().unwrap_or(0).max(2);
    let longest = scored.iter().map(|(vector, _)| vector.to_string().len()).max().unwrap_or(0);
    let beside = 28 + width + longest <= style.width();
    let head = format!("{:<7}  {:<5}  {:<8}  {:<width$}  ", "version", "score", "severity", "of");
    writeln!(out, "{}", if beside { head + "vector" } else { head.trim_end().to_owned() })?;
    for (vector, scores) in scored {
        let (_, score) = scores.overall();
        let (version, band) = (vector.version(), score.band(vector.version()));
        let line = format!("{version:<7}  {score:>5}  {band:<8}  {:<width$}", of(scores));
        if beside {
            writeln!(out, "{line}  {vector}")?;
        } else {
            writeln!(out, "{}\n  {vector}", line.trim_end())?;
        }
    }
    side_by_side(out, style, scored)
}

/// Where the opinions differ, and whether the version decides on which side of
/// a usual threshold they fall.
fn side_by_side(out: &mut impl Write, style: Style, scored: &[(Vector, Scores)]) -> io::Result<()> {
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
        let divided = comparison
            .divided_by(&thresholds)
            .first()
            .map_or(String::new(), |threshold| format!(", on both sides of {threshold}"));
        let note = format!(
            "note: the {} scores of version {} run from {low} to {high}{divided}",
            comparison.group, comparison.version
        );
        lines::write(out, style, &Head::plain(""), 2, &note, None)?;
    }
    let overall: Vec<(Version, Score)> =
        scored.iter().map(|(vector, scores)| (vector.version(), scores.overall().1)).collect();
    if let Some(straddle) = straddles(&overall, &thresholds) {
        lines::write(out, style, &Head::plain(""), 2, &format!("warning: {straddle}"), None)?;
    }
    Ok(())
}

/// A text from the command line, short and on one line.
pub fn one_line(text: &str) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { fixlead_core::text::short(text, 80) }
}
