//! Whether packages and ranges of versions are ones.

use std::cmp::Ordering;

use fixlead_core::text::echo;

use super::Findings;
use crate::purl::Purl;
use crate::source::{Affected, Range};
use crate::version::Scheme;

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
    for (place, range) in affected.ranges.iter().enumerate() {
        let path = format!("{path}/range/{place}");
        one(range, scheme, &path, findings);
        for (other_place, other) in affected.ranges[..place].iter().enumerate() {
            two(range, other, other_place, scheme, &path, findings);
        }
        let begins = affected.ranges.iter().any(|range| range.introduced == "0");
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

/// Two ranges of one package have no version in common, stand in order, and
/// neither is fixed in the other.
fn two(
    range: &Range,
    other: &Range,
    other_place: usize,
    scheme: Scheme,
    path: &str,
    findings: &mut Findings,
) {
    if let Some(fixed) = &range.fixed
        && contains(other, fixed, scheme)
    {
        let message = format!("`{}` is still affected: it lies in range {}", echo(fixed), other_place + 1);
        return findings.error("range", format!("{path}/fixed"), message);
    }
    if let Some(fixed) = &other.fixed
        && scheme.compare(fixed, &range.introduced) != Some(Ordering::Equal)
        && contains(range, fixed, scheme)
    {
        let message =
            format!("`{}`, which fixes range {}, is affected by this one", echo(fixed), other_place + 1);
        return findings.error("range", format!("{path}/introduced"), message);
    }
    if contains(other, &range.introduced, scheme) || contains(range, &other.introduced, scheme) {
        let message = format!("it overlaps range {}; make one of them", other_place + 1);
        findings.error("range", format!("{path}/introduced"), message);
    }
}

/// Whether a version certainly lies in a range.
fn contains(range: &Range, version: &str, scheme: Scheme) -> bool {
    let starts = matches!(scheme.compare(&range.introduced, version), Some(Ordering::Less | Ordering::Equal));
    let ends = match (&range.fixed, &range.last_affected) {
        (Some(fixed), _) => scheme.compare(version, fixed) == Some(Ordering::Less),
        (None, Some(last)) => matches!(scheme.compare(version, last), Some(Ordering::Less | Ordering::Equal)),
        (None, None) => true,
    };
    starts && ends
}
