//! Whether a version of a package is affected, out of the same ranges as every
//! document.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use fixlead_formats::purl::Purl;
use fixlead_formats::source::{Advisory, Affected, Status};
use fixlead_formats::tell;
use fixlead_formats::version::{Scheme, holds};

/// What is said of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// For each package of that name.
    pub packages: Vec<Found>,
    /// Where there is none: package URLs that have what was asked for in them.
    pub similar: Vec<String>,
}

/// What is said of a version of one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The package URL.
    pub package: String,
    /// The name as its people write it.
    pub name: String,
    /// The version that is answered for, without the sign that tags begin with.
    pub version: String,
    /// Why what was asked about is no version of it.
    pub wrong: Option<String>,
    /// What affects it.
    pub hits: Vec<Hit>,
    /// The ids of advisories of which it cannot be told, or is not known yet.
    pub open: Vec<String>,
    /// The first version that none of them affects, among those that fix something.
    pub upgrade: Option<String>,
}

/// An advisory that affects a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Where it is fixed on this branch.
    pub fixed: Option<String>,
}

/// Most packages that are named where none is meant exactly.
const MOST_SIMILAR: usize = 20;

/// Whether a package is the one that is asked for: by its package URL, or by
/// its name in any case, whole or from one of its parts on.
fn is(affected: &Affected, asked: &str) -> bool {
    if affected.package == asked {
        return true;
    }
    names_of(&affected.package, &tell::purl(affected)).contains(&asked.to_ascii_lowercase())
}

/// The names of a package URL in small letters, by each of which it is found: itself, and
/// `a/b/c`, `b/c` and `c` of a package that is called `a/b/c`.
fn names_of(package: &str, purl: &Purl) -> BTreeSet<String> {
    let whole = purl.full_name().to_ascii_lowercase();
    let parts = whole.match_indices(['/', ':']).map(|(at, _)| whole[at + 1..].to_owned());
    let parts = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let own = [package.to_ascii_lowercase(), purl.name.to_ascii_lowercase()];
    own.into_iter().chain(parts).chain([whole]).collect()
}

/// Under which words an advisory is kept, so that a question need not look at all of them.
pub fn names(advisory: &Advisory) -> BTreeSet<String> {
    let of = |affected: &Affected| names_of(&affected.package, &tell::purl(affected));
    advisory.affected.iter().flat_map(of).collect()
}

/// The word under which everything is kept that a question asks for.
pub fn word(package: &str) -> String {
    bare(package).0.to_ascii_lowercase()
}

/// What is asked for, and the version that a package URL may have.
fn bare(package: &str) -> (String, Option<String>) {
    let package = package.trim();
    match Purl::parse(package) {
        Ok(purl) => {
            let version = purl.version.clone();
            (Purl { version: None, ..purl }.to_string(), version)
        }
        Err(_) => (package.to_owned(), None),
    }
}

/// Packages that have a word in them, for somebody who knows only a part of a name: the
/// first of `packages`, each once, in their order and beside itself in small letters.
pub fn similar(packages: &BTreeMap<String, String>, asked: &str) -> Vec<String> {
    let word = word(asked);
    let fits = |(_, small): &(&String, &String)| word.len() > 1 && small.contains(&word);
    packages.iter().filter(fits).take(MOST_SIMILAR).map(|(package, _)| package.clone()).collect()
}

/// Answers for every package that goes by a name. What was withdrawn affects
/// nothing. Where no version is given, that of the package URL counts.
pub fn ask<'a>(advisories: impl IntoIterator<Item = &'a Advisory>, package: &str, version: &str) -> Answer {
    let (package, own) = bare(package);
    let version = Some(version.trim()).filter(|version| !version.is_empty()).or(own.as_deref());
    let version = version.unwrap_or_default();
    let mut found: Vec<(&Affected, Vec<(&Advisory, &Affected)>)> = Vec::new();
    for advisory in advisories {
        for affected in advisory.affected.iter().filter(|affected| is(affected, &package)) {
            match found.iter_mut().find(|(known, _)| known.package == affected.package) {
                Some((_, all)) => all.push((advisory, affected)),
                None => found.push((affected, vec![(advisory, affected)])),
            }
        }
    }
    found.sort_by(|one, other| one.0.package.cmp(&other.0.package));
    let packages = found.into_iter().map(|(first, all)| answer(first, &all, version)).collect();
    Answer { packages, similar: Vec::new() }
}

fn answer(first: &Affected, all: &[(&Advisory, &Affected)], version: &str) -> Found {
    let purl = tell::purl(first);
    let scheme = purl.scheme();
    let mut found = Found { package: first.package.clone(), name: purl.full_name(), ..Found::default() };
    // People write tags, too.
    let plain = version.trim_start_matches(['v', 'V']);
    let version = if plain.starts_with(|first: char| first.is_ascii_digit()) { plain } else { version };
    found.version = version.to_owned();
    if version.is_empty() {
        found.wrong = Some("no version was given".to_owned());
        return found;
    }
    if let Err(wrong) = scheme.check(version) {
        found.wrong = Some(wrong);
        return found;
    }
    let standing = || all.iter().filter(|(advisory, _)| advisory.withdrawn.is_none());
    for (advisory, affected) in standing() {
        let id = advisory.public_id();
        if affected.status == Status::UnderInvestigation {
            found.open.push(id);
            continue;
        }
        if !affected.has_affected_versions() {
            continue;
        }
        let answers: Vec<Option<bool>> =
            affected.ranges.iter().map(|range| holds(scheme, range, version)).collect();
        if let Some(place) = answers.iter().position(|holds| *holds == Some(true)) {
            let fixed = affected.ranges[place].fixed.clone();
            found.hits.push(Hit { id, title: advisory.title.clone(), fixed });
        } else if answers.contains(&None) {
            found.open.push(id);
        }
    }
    if !found.hits.is_empty() {
        let ranges: Vec<&Affected> = standing().map(|(_, affected)| *affected).collect();
        found.upgrade = upgrade(scheme, &ranges, version);
    }
    found
}

/// The lowest version above this one that fixes something and that no range holds.
fn upgrade(scheme: Scheme, all: &[&Affected], version: &str) -> Option<String> {
    let ranges =
        || all.iter().filter(|affected| affected.has_affected_versions()).flat_map(|one| &one.ranges);
    let mut candidates: Vec<&str> = ranges()
        .filter_map(|range| range.fixed.as_deref())
        .filter(|fixed| scheme.compare(fixed, version) == Some(Ordering::Greater))
        .filter(|fixed| ranges().all(|range| holds(scheme, range, fixed) == Some(false)))
        .collect();
    candidates.sort_by(|one, other| scheme.compare(one, other).unwrap_or(Ordering::Equal));
    candidates.first().map(|version| (*version).to_owned())
}
