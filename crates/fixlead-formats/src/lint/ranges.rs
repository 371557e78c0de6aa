//! Whether packages and ranges of versions are ones.

use std::cmp::Ordering;

use fixlead_core::text::echo;

use super::Findings;
use crate::purl::Purl;
use crate::source::{Affected, Range};
use crate::version::{Place, Scheme};

pub fn lint(affected: &Affected, path: &str, findings: &mut Findings) {
    let purl = match Purl::parse(&affected.package) {
        Ok(purl) => purl,
        Err(wrong) => return findings.error("package", format!("{path}/package"), wrong),
    };
    if purl.version.is_some() {
        findings.error(
            "package",
            format!("{path}/package"),
            "versions stand in [[affected.range]]; leave the at sign and what follows out",
        );
    } else if purl.to_string() != affected.package {
        let message = format!(
            "programs compare package URLs letter by letter; write it as {}",
            echo(&purl.to_string())
        );
        findings.error("package", format!("{path}/package"), message);
    }
    let scheme = purl.scheme();
    let commits =
        affected.ranges.iter().any(|range| range.fixed_commit.is_some() || range.introduced_commit.is_some());
    if commits && affected.repo.is_none() {
        findings.error("repo", path, "commits need their repository; write repo = \"https://…\"");
    }
    if purl.ecosystem().is_none() && affected.has_affected_versions() && !commits {
        findings.warn(
            "package",
            format!("{path}/package"),
            "OSV has no ecosystem of this type and no commits to go by, so scanners will not find it",
        );
    }
    let begins = affected.ranges.iter().any(|range| range.introduced == "0");
    let known = placed(&affected.ranges, scheme);
    for (place, range) in affected.ranges.iter().enumerate() {
        let path = format!("{path}/range/{place}");
        one(range, scheme, &path, findings);
        // Of many that overlap each tells one, so that what is said does not grow with the square.
        let first = (0..place).find_map(|other| two(&known[place], &known[other], other));
        if let Some((key, message)) = first {
            findings.error("range", format!("{path}/{key}"), message);
        }
        if range.fixed_commit.is_some() && range.introduced_commit.is_none() && !begins {
            let message = "OSV leaves these commits out: write introduced_commit beside introduced, since nobody can tell it from the version";
            findings.warn("commit", format!("{path}/fixed_commit"), message);
        }
    }
}

fn one(range: &Range, scheme: Scheme, path: &str, findings: &mut Findings) {
    let versions = [
        ("introduced", Some(&range.introduced)),
        ("fixed", range.fixed.as_ref()),
        ("last_affected", range.last_affected.as_ref()),
    ];
    let mut readable = true;
    for (key, version) in versions {
        let Some(version) = version else { continue };
        if let Err(what) = scheme.check(version) {
            findings.error(
                "version",
                format!("{path}/{key}"),
                format!("`{}` is no version of this ecosystem; {what}", echo(version)),
            );
            readable = false;
        }
    }
    let (key, end, least) = match (&range.fixed, &range.last_affected) {
        (Some(fixed), _) => ("fixed", fixed, Ordering::Greater),
        (None, Some(last)) => ("last_affected", last, Ordering::Equal),
        (None, None) => {
            return findings.warn(
                "range",
                path,
                "nothing ends this range: every later version counts as affected, also those to come",
            );
        }
    };
    if !readable {
        return;
    }
    match scheme.compare(end, &range.introduced) {
        Some(order) if order < least => {
            let message = format!(
                "`{}` does not come after `{}`, with which the range begins",
                echo(end),
                echo(&range.introduced)
            );
            findings.error("range", format!("{path}/{key}"), message);
        }
        None => findings.warn(
            "range",
            format!("{path}/{key}"),
            "versions of this kind cannot be compared here; look at their order yourself",
        ),
        Some(_) => {}
    }
    if range.fixed.as_deref() == Some("0") {
        findings.error(
            "range",
            format!("{path}/fixed"),
            "`0` stands for the first version of all; it fixes nothing",
        );
    }
}

/// A range, and where its ends stand among the versions of all ranges of its package.
struct Placed<'a> {
    range: &'a Range,
    introduced: Place,
    fixed: Option<Place>,
    last_affected: Option<Place>,
}

fn placed(ranges: &[Range], scheme: Scheme) -> Vec<Placed<'_>> {
    let ends = ranges
        .iter()
        .flat_map(|range| [Some(&range.introduced), range.fixed.as_ref(), range.last_affected.as_ref()]);
    let places = scheme.places(ends.flatten().map(String::as_str));
    let place = |version: &String| places[version.as_str()];
    let one = |range| Placed {
        range,
        introduced: place(&range.introduced),
        fixed: range.fixed.as_ref().map(place),
        last_affected: range.last_affected.as_ref().map(place),
    };
    ranges.iter().map(one).collect()
}

/// Two ranges of one package have no version in common, stand in order, and
/// neither is fixed in the other. What is wrong otherwise, and with which key of the first.
fn two(one: &Placed<'_>, other: &Placed<'_>, place: usize) -> Option<(&'static str, String)> {
    if one.fixed.is_some_and(|fixed| contains(other, fixed)) {
        let fixed = one.range.fixed.as_deref().unwrap_or_default();
        let message = format!("`{}` is still affected: it lies in range {}", echo(fixed), place + 1);
        return Some(("fixed", message));
    }
    let in_one =
        |fixed: Place| fixed.compare(one.introduced) != Some(Ordering::Equal) && contains(one, fixed);
    if other.fixed.is_some_and(in_one) {
        let fixed = other.range.fixed.as_deref().unwrap_or_default();
        let message = format!("`{}`, which fixes range {}, is affected by this one", echo(fixed), place + 1);
        return Some(("introduced", message));
    }
    let overlap = contains(other, one.introduced) || contains(one, other.introduced);
    overlap.then(|| ("introduced", format!("it overlaps range {}; make one of them", place + 1)))
}

/// Whether a version certainly lies in a range.
fn contains(range: &Placed<'_>, version: Place) -> bool {
    let not_after = |one: Place, other| matches!(one.compare(other), Some(Ordering::Less | Ordering::Equal));
    let ends = match (range.fixed, range.last_affected) {
        (Some(fixed), _) => version.compare(fixed) == Some(Ordering::Less),
        (None, Some(last)) => not_after(version, last),
        (None, None) => true,
    };
    ends && not_after(range.introduced, version)
}
