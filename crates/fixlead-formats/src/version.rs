//! Which of two versions is the later one, by the rules of their ecosystem.
//!
//! Whoever asks gets no answer rather than a guessed one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use fixlead_core::text::echo;

use crate::source::Range;

/// How versions are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Semantic Versioning 2.0.0, section 11.
    Semver,
    /// Python's version specifiers (PEP 440).
    Python,
    /// Maven's order of versions (the POM reference, "Version Order Specification").
    Maven,
    /// Ruby's (`Gem::Version`).
    Gem,
    /// Numbers between dots and nothing else.
    Dotted,
    /// Nobody here knows.
    Unknown,
}

impl Scheme {
    /// The word that CVE records and version ranges have for it.
    pub const fn cve_word(self) -> &'static str {
        match self {
            Scheme::Semver => "semver",
            Scheme::Python => "python",
            Scheme::Maven => "maven",
            Scheme::Gem | Scheme::Dotted | Scheme::Unknown => "custom",
        }
    }

    /// Why a text is no version; `0` stands for the first of all of them.
    ///
    /// # Errors
    /// What to write instead.
    pub fn check(self, text: &str) -> Result<(), String> {
        let plain = text.trim_start_matches(['v', 'V']);
        if plain.len() < text.len()
            && plain.starts_with(|first: char| first.is_ascii_digit())
            && self != Scheme::Unknown
        {
            return Err(format!("write it without the `v`: {}", echo(plain)));
        }
        let what = match self {
            _ if text == "0" => return Ok(()),
            Scheme::Semver if semver(text).is_none() => {
                "three numbers as in Semantic Versioning, like 1.2.3 or 1.2.3-rc.1"
            }
            Scheme::Python if python(text).is_none() => {
                "a version as Python has them (PEP 440), like 1.2 or 1.2rc1"
            }
            Scheme::Gem
                if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) =>
            {
                "letters and digits between dots"
            }
            _ if text.contains(|letter: char| letter.is_whitespace() || "<>=|,*".contains(letter)) => {
                "one version and no range"
            }
            _ => return Ok(()),
        };
        Err(format!("write {what}"))
    }

    /// Which of two versions comes first; `None` when that cannot be told.
    pub fn compare(self, one: &str, other: &str) -> Option<Ordering> {
        if one == other {
            return Some(Ordering::Equal);
        }
        match (one, other) {
            ("0", _) => return Some(Ordering::Less),
            (_, "0") => return Some(Ordering::Greater),
            _ => {}
        }
        match self {
            Scheme::Semver => Some(semver(one)?.cmp(&semver(other)?)),
            Scheme::Python => Some(python(one)?.cmp(&python(other)?)),
            Scheme::Maven => Some(maven(one, other)),
            Scheme::Gem => gem(one, other),
            Scheme::Dotted => Some(dotted(one)?.cmp(&dotted(other)?)),
            Scheme::Unknown => None,
        }
    }
}

/// Where a version stands among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before all others: `0`.
    First,
    /// So far from the beginning.
    At(usize),
    /// Nobody knows; it is the same as itself alone.
    Unknown(usize),
}

impl Place {
    /// As [`Scheme::compare`] says it of their versions.
    pub fn compare(self, other: Place) -> Option<Ordering> {
        match (self, other) {
            (Place::First, Place::First) => Some(Ordering::Equal),
            (Place::First, _) => Some(Ordering::Less),
            (_, Place::First) => Some(Ordering::Greater),
            (Place::At(one), Place::At(other)) => Some(one.cmp(&other)),
            (one, other) => (one == other).then_some(Ordering::Equal),
        }
    }
}

impl Scheme {
    /// Puts versions in order, so that comparing every two of many reads none of them again.
    pub fn places<'a>(self, versions: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, Place> {
        let versions: BTreeSet<&str> = versions.collect();
        // Versions that are equal stand together.
        let mut order: Vec<Vec<&str>> = Vec::new();
        let mut places = BTreeMap::new();
        for (number, version) in versions.into_iter().enumerate() {
            if version == "0" {
                places.insert(version, Place::First);
            } else if self.reads(version) {
                // Every one that is there can be compared.
                let at = |same: &Vec<&str>| self.compare(same[0], version).unwrap_or(Ordering::Equal);
                match order.binary_search_by(at) {
                    Ok(place) => order[place].push(version),
                    Err(place) => order.insert(place, vec![version]),
                }
            } else {
                places.insert(version, Place::Unknown(number));
            }
        }
        for (place, same) in order.into_iter().enumerate() {
            places.extend(same.into_iter().map(|version| (version, Place::At(place))));
        }
        places
    }

    /// Whether it knows the order of a version and others that it knows.
    fn reads(self, version: &str) -> bool {
        match self {
            Scheme::Semver => semver(version).is_some(),
            Scheme::Python => python(version).is_some(),
            Scheme::Maven => true,
            Scheme::Gem => gem(version, "1").is_some(),
            Scheme::Dotted => dotted(version).is_some(),
            Scheme::Unknown => false,
        }
    }
}

/// Whether a version lies in a range; `None` where that cannot be told.
pub fn holds(scheme: Scheme, range: &Range, version: &str) -> Option<bool> {
    if scheme.compare(version, &range.introduced)? == Ordering::Less {
        return Some(false);
    }
    match (&range.fixed, &range.last_affected) {
        (Some(fixed), _) => Some(scheme.compare(version, fixed)? == Ordering::Less),
        (None, Some(last)) => Some(scheme.compare(version, last)? != Ordering::Greater),
        (None, None) => Some(true),
    }
}

/// Digits without leading zeros, compared by length first: numbers of any size.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number(String);

impl Number {
    fn read(text: &str) -> Option<Number> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Number(text.trim_start_matches('0').to_owned()))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A part of a pre-release; numbers come before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Number(Number),
    Word(String),
}

/// The numbers, then whether it is a release, then the pre-release's parts.
type Semver = (Vec<Number>, bool, Vec<Part>);

fn semver(text: &str) -> Option<Semver> {
    let text = text.split_once('+').map_or(text, |(version, _)| version);
    let (numbers, pre) = match text.split_once('-') {
        Some((numbers, pre)) => (numbers, Some(pre)),
        None => (text, None),
    };
    let numbers: Vec<Number> = numbers.split('.').map(Number::read).collect::<Option<_>>()?;
    if numbers.len() != 3 {
        return None;
    }
    let mut parts = Vec::new();
    for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
        let known = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !known {
            return None;
        }
        parts.push(Number::read(part).map_or_else(|| Part::Word(part.to_owned()), Part::Number));
    }
    Some((numbers, pre.is_none(), parts))
}

fn dotted(text: &str) -> Option<Vec<Number>> {
    let mut numbers: Vec<Number> = text.split('.').map(Number::read).collect::<Option<_>>()?;
    while numbers.last().is_some_and(|last| last.0.is_empty()) {
        numbers.pop();
    }
    Some(numbers)
}

/// What decides between two versions of Python, in the order of PEP 440.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Python {
    epoch: Number,
    release: Vec<Number>,
    /// A development release of no pre-release comes before every pre-release,
    /// and what is none comes after all of them.
    pre: (u8, Option<(char, Number)>),
    post: Option<Number>,
    /// A development release comes before what it leads to.
    dev: (bool, Option<Number>),
    /// Here words come before numbers.
    local: Vec<(bool, Part)>,
}

fn python(text: &str) -> Option<Python> {
    let lower = text.trim().to_ascii_lowercase();
    let (public, local) = match lower.split_once('+') {
        Some((public, local)) => (public, Some(local)),
        None => (lower.as_str(), None),
    };
    let (epoch, rest) = match public.split_once('!') {
        Some((epoch, rest)) => (Number::read(epoch)?, rest),
        None => (Number(String::new()), public),
    };
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
    let (numbers, mut rest) = rest.split_at(end);
    let release = dotted(numbers.trim_end_matches('.'))?;
    let mut pre = None;
    let mut post = None;
    let mut dev = None;
    let separators = ['.', '-', '_'];
    while !rest.is_empty() {
        // `1.0-1` is a post release.
        if let Some(number) = rest.strip_prefix('-').filter(|number| Number::read(number).is_some()) {
            post = Number::read(number);
            break;
        }
        let word = rest.trim_start_matches(separators);
        let end = word.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(word.len());
        let (name, after) = word.split_at(end);
        let digits = after.trim_start_matches(separators);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let number = Number::read(&digits[..count]).unwrap_or(Number(String::new()));
        rest = if count > 0 { &digits[count..] } else { after };
        match name {
            "a" | "alpha" if pre.is_none() => pre = Some(('a', number)),
            "b" | "beta" if pre.is_none() => pre = Some(('b', number)),
            "c" | "rc" | "pre" | "preview" if pre.is_none() => pre = Some(('c', number)),
            "post" | "rev" | "r" if post.is_none() => post = Some(number),
            "dev" if dev.is_none() => dev = Some(number),
            _ => return None,
        }
    }
    let rank = match (&pre, &post, &dev) {
        (Some(_), _, _) => 1,
        (None, None, Some(_)) => 0,
        _ => 2,
    };
    let parts = |part: &str| match Number::read(part) {
        Some(number) => (true, Part::Number(number)),
        None => (false, Part::Word(part.to_owned())),
    };
    let local = local.into_iter().flat_map(|local| local.split(separators)).map(parts).collect();
    Some(Python { epoch, release, pre: (rank, pre), post, dev: (dev.is_none(), dev), local })
}

/// Numbers and words of a version, cut where digits meet letters.
fn tokens(text: &str) -> Vec<(char, Part)> {
    let mut tokens: Vec<(char, Part)> = Vec::new();
    let mut separator = '.';
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if matches!(first, '.' | '-' | '_') {
            separator = if first == '_' { '-' } else { first };
            rest = &rest[1..];
            continue;
        }
        let digits = first.is_ascii_digit();
        let end = rest
            .find(|letter: char| letter.is_ascii_digit() != digits || matches!(letter, '.' | '-' | '_'))
            .unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        let part = Number::read(token).map_or_else(|| Part::Word(token.to_ascii_lowercase()), Part::Number);
        tokens.push((separator, part));
        // A change from letters to digits counts as a hyphen.
        separator = '-';
        rest = after;
    }
    tokens
}

/// Maven's rank of a qualifier; an unknown one comes after all known, by name.
fn qualifier(word: &str) -> (usize, &str) {
    let known: [&[&str]; 7] = [
        &["alpha", "a"],
        &["beta", "b"],
        &["milestone", "m"],
        &["rc", "cr"],
        &["snapshot"],
        &["", "final", "ga", "release"],
        &["sp"],
    ];
    match known.iter().position(|words| words.contains(&word)) {
        Some(rank) => (rank, ""),
        None => (known.len(), word),
    }
}

fn maven(one: &str, other: &str) -> Ordering {
    let drop_empty = |kept: &mut Vec<(char, Part)>| {
        while kept.last().is_some_and(|(_, part)| match part {
            Part::Number(number) => number.0.is_empty(),
            Part::Word(word) => qualifier(word).0 == 5,
        }) {
            kept.pop();
        }
    };
    let trim = |text: &str| {
        let mut kept = Vec::new();
        for token in tokens(text) {
            // Zeros and words for a release say nothing at the end, and before a
            // qualifier: 1.0-alpha is 1-alpha.
            if matches!(token.1, Part::Word(_)) {
                drop_empty(&mut kept);
            }
            kept.push(token);
        }
        drop_empty(&mut kept);
        kept
    };
    let (one, other) = (trim(one), trim(other));
    let release = (5, "");
    for place in 0..one.len().max(other.len()) {
        let order = match (one.get(place), other.get(place)) {
            // A number after a hyphen comes before one after a dot.
            (Some((one, Part::Number(_))), Some((other, Part::Number(_)))) if one != other => one.cmp(other),
            (Some((_, Part::Number(a))), Some((_, Part::Number(b)))) => a.cmp(b),
            (Some((_, Part::Word(a))), Some((_, Part::Word(b)))) => qualifier(a).cmp(&qualifier(b)),
            (Some((_, Part::Number(_))), Some((_, Part::Word(_)))) => Ordering::Greater,
            (Some((_, Part::Word(_))), Some((_, Part::Number(_)))) => Ordering::Less,
            (Some((_, Part::Number(a))), None) => a.cmp(&Number(String::new())),
            (None, Some((_, Part::Number(b)))) => Number(String::new()).cmp(b),
            (Some((_, Part::Word(a))), None) => qualifier(a).cmp(&release),
            (None, Some((_, Part::Word(b)))) => release.cmp(&qualifier(b)),
            (None, None) => Ordering::Equal,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn gem(one: &str, other: &str) -> Option<Ordering> {
    let zero = Part::Number(Number(String::new()));
    let parts = |text: &str| -> Vec<Part> {
        let mut parts: Vec<Part> = tokens(text).into_iter().map(|(_, part)| part).collect();
        // Zeros before the first word say nothing: 1.0.a is 1.a.
        if let Some(word) = parts.iter().position(|part| matches!(part, Part::Word(_))) {
            let told = parts[..word].iter().rposition(|part| *part != zero).map_or(0, |last| last + 1);
            parts.drain(told..word);
        }
        parts
    };
    let (one, other) = (parts(one), parts(other));
    if one.is_empty() || other.is_empty() {
        return None;
    }
    for place in 0..one.len().max(other.len()) {
        let order = match (one.get(place).unwrap_or(&zero), other.get(place).unwrap_or(&zero)) {
            // A word makes a pre-release, which comes before the number.
            (Part::Number(_), Part::Word(_)) => Ordering::Greater,
            (Part::Word(_), Part::Number(_)) => Ordering::Less,
            (a, b) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every version comes before all that follow it.
    fn ascend(scheme: Scheme, versions: &[&str]) {
        for (place, one) in versions.iter().enumerate() {
            for other in &versions[place + 1..] {
                assert_eq!(scheme.compare(one, other), Some(Ordering::Less), "{one} {other}");
                assert_eq!(scheme.compare(other, one), Some(Ordering::Greater), "{other} {one}");
            }
        }
    }

    #[test]
    fn places_say_what_comparing_says() {
        let schemes =
            [Scheme::Semver, Scheme::Python, Scheme::Maven, Scheme::Gem, Scheme::Dotted, Scheme::Unknown];
        let versions = [
            "0",
            "0.0.0",
            "1",
            "1.0",
            "1.0.0",
            "01.0",
            "1.0.0+a",
            "1.0.0+b",
            "1.0.0-rc.1",
            "1.0rc1",
            "1.0.dev1",
            "10.0.0",
            "2.0.0",
            "1!0.1",
            "a",
            "1.a",
            "ga",
            "",
            "...",
            "999999999999999999999.0.0",
        ];
        for scheme in schemes {
            let places = scheme.places(versions.into_iter());
            for one in versions {
                for other in versions {
                    let said = places[one].compare(places[other]);
                    assert_eq!(said, scheme.compare(one, other), "{scheme:?} `{one}` `{other}`");
                }
            }
        }
    }

    #[test]
    fn semantic_versions_ascend() {
        let versions = [
            "0",
            "0.0.1",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.10",
            "1.2.0",
            "99999999999999999999.0.0",
            "100000000000000000000.0.0",
        ];
        ascend(Scheme::Semver, &versions);
        assert_eq!(Scheme::Semver.compare("1.0.0+a", "1.0.0+b"), Some(Ordering::Equal));
        assert_eq!(Scheme::Semver.compare("1.0", "1.0.0"), None);
        assert!(Scheme::Semver.check("v1.0.0").unwrap_err().contains("1.0.0"));
    }

    #[test]
    fn python_versions_ascend() {
        let versions = [
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.1.dev1",
            "1!0.1",
        ];
        ascend(Scheme::Python, &versions);
        assert_eq!(Scheme::Python.compare("1.0", "1.0.0"), Some(Ordering::Equal));
        assert_eq!(Scheme::Python.compare("1.0-1", "1.0.post1"), Some(Ordering::Equal));
        assert!(Scheme::Python.check("1.0-feature").is_err());
    }

    #[test]
    fn maven_versions_ascend() {
        let versions = [
            "1-alpha-1",
            "1-beta",
            "1-milestone",
            "1-rc",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-abc",
            "1-1",
            "1.1",
            "2.0.1",
        ];
        ascend(Scheme::Maven, &versions);
        assert_eq!(Scheme::Maven.compare("1.0.0", "1"), Some(Ordering::Equal));
        assert_eq!(Scheme::Maven.compare("1-ga", "1"), Some(Ordering::Equal));
        // Zeros before a qualifier say nothing.
        assert_eq!(Scheme::Maven.compare("1.0-alpha", "1-alpha"), Some(Ordering::Equal));
        ascend(Scheme::Maven, &["1.0.0-alpha-1", "1-beta", "1.0", "1.foo", "1.0.1"]);
    }

    #[test]
    fn gem_versions_ascend() {
        ascend(Scheme::Gem, &["1.0.a", "1.0.b2", "1.0.rc1", "1.0", "1.0.1", "1.10"]);
        ascend(Scheme::Gem, &["1.0.0.a", "1.b", "1.0"]);
        let wrong = Scheme::Gem.check("v1\u{1b}[2J").unwrap_err();
        assert!(!wrong.chars().any(char::is_control), "a terminal obeys it: {wrong:?}");
        ascend(Scheme::Dotted, &["1.2", "1.2.1", "1.10", "2"]);
        assert_eq!(Scheme::Dotted.compare("1.2-3", "1.2"), None);
    }
}
