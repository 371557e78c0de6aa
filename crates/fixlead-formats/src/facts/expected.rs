//! What each document has to say: everything in the source that its format has
//! words for.

use fixlead_core::severity::Version;

use super::Fact::*;
use super::{Facts, commit, credit, fixed, number, range, reference, status, vector, words_of};
use crate::format::{CsafVersion, Format, Options};
use crate::source::{Advisory, Affected, Status};
use crate::{osv, tell};

pub fn facts(advisory: &Advisory, format: Format, options: Options) -> Facts {
    let mut facts = Facts::default();
    facts.say(Ids, std::iter::once(advisory.public_id()).chain(advisory.aliases.iter().cloned()));
    facts.say(Title, [advisory.title.clone()]);
    packages(advisory, format, &mut facts);
    if format != Format::Atom {
        facts.say(Scores, scores(advisory, format, options));
    }
    // OpenVEX says nothing but whether something is affected, a feed's entry
    // leaves the rest to the page.
    let whole = !matches!(format, Format::OpenVex | Format::Atom);
    let word = advisory.severity.iter().cloned();
    if whole && format != Format::Ghsa {
        facts.say(Severity, word);
    }
    if whole {
        facts.say(Weaknesses, advisory.cwe.iter().cloned());
        facts.say(Credits, credits(advisory, format));
        facts.say(References, advisory.references.iter().map(|one| reference(one.kind, &one.url)));
        facts.say(Mitigations, mitigations(advisory, format));
    }
    // GitHub has dates of its own.
    if format != Format::Ghsa {
        facts.say(Dates, dates(advisory, format));
    }
    match format {
        // The body in which GitHub takes an advisory has room for the CVE id alone.
        Format::Ghsa => facts.only(Ids, advisory.cve.iter().cloned()),
        // What goes to everybody who follows a project is the entry's own link.
        Format::Atom => facts.drop(&[Packages, Ranges, Commits]),
        _ => {}
    }
    facts
}

impl Facts {
    fn only(&mut self, fact: super::Fact, texts: impl IntoIterator<Item = String>) {
        self.said.retain(|(known, _)| *known != fact);
        self.say(fact, texts);
    }

    fn drop(&mut self, facts: &[super::Fact]) {
        self.said.retain(|(known, _)| !facts.contains(known));
    }
}

fn packages(advisory: &Advisory, format: Format, facts: &mut Facts) {
    // OSV and GHSA are silent about what is not affected.
    let silent = matches!(format, Format::Osv | Format::Ghsa);
    for affected in &advisory.affected {
        if silent && !affected.has_affected_versions() {
            continue;
        }
        let package = name(affected, format);
        // That a branch is fixed stands with its range.
        let known = if affected.status == Status::Fixed { Status::Affected } else { affected.status };
        facts.say(Packages, [status(&package, known)]);
        let has_ecosystem = tell::purl(affected).ecosystem().is_some();
        if affected.has_affected_versions() && (format != Format::Osv || has_ecosystem) {
            facts.say(Ranges, affected.ranges.iter().map(|one| range(&package, &tell::range(one))));
            // These name fixed versions beside the ranges.
            if matches!(format, Format::Csaf | Format::OpenVex | Format::Ghsa | Format::Mail | Format::Html) {
                facts.say(Ranges, tell::fixed(affected).into_iter().map(|version| fixed(&package, version)));
            }
        }
        if matches!(format, Format::Osv | Format::Cve) {
            for (introduced, fixes) in osv::commits(affected) {
                let fixes: Vec<Option<&str>> =
                    if fixes.is_empty() { vec![None] } else { fixes.into_iter().map(Some).collect() };
                facts.say(Commits, fixes.into_iter().map(|fixed| commit(&package, introduced, fixed)));
            }
        }
    }
}

/// GitHub names packages by ecosystem and name.
fn name(affected: &Affected, format: Format) -> String {
    let purl = tell::purl(affected);
    match (format, purl.ecosystem()) {
        (Format::Ghsa, Some(ecosystem)) if ecosystem.ghsa != "other" => {
            format!("{}:{}", ecosystem.ghsa, purl.full_name())
        }
        (Format::Ghsa, _) => format!("other:{}", affected.package),
        _ => affected.package.clone(),
    }
}

fn scores(advisory: &Advisory, format: Format, options: Options) -> Vec<String> {
    let all = advisory.scores.iter().map(|score| &score.vector);
    let has = |version: Version| advisory.scores.iter().any(|score| score.vector.version() == version);
    let affected = advisory.affected.iter().any(Affected::has_affected_versions);
    let numbered = |own: Vec<&fixlead_core::severity::Vector>| {
        own.into_iter().flat_map(|own| [vector(own), number(own)]).collect()
    };
    match format {
        Format::OpenVex | Format::Atom => Vec::new(),
        Format::Cve => numbered(all.collect()),
        // Products have scores, and here none is affected.
        Format::Csaf if !affected => Vec::new(),
        Format::Csaf => numbered(
            all.filter(|one| match one.version() {
                Version::V40 => options.csaf == CsafVersion::V21,
                Version::V30 => !has(Version::V31),
                _ => true,
            })
            .collect(),
        ),
        Format::Ghsa => {
            let wanted = [Version::V31, Version::V30, Version::V40].into_iter().find(|version| has(*version));
            all.filter(|one| Some(one.version()) == wanted).map(vector).collect()
        }
        Format::Osv | Format::Mail | Format::Html => all.map(vector).collect(),
    }
}

fn credits(advisory: &Advisory, format: Format) -> Vec<String> {
    let name = |one: &crate::source::Credit| match (&one.login, format) {
        (Some(login), Format::Ghsa) => login.clone(),
        _ => one.name.clone(),
    };
    advisory.credits.iter().map(|one| credit(&name(one), one.role)).collect()
}

/// Where there is one text for all of them, they are compared as one.
fn mitigations(advisory: &Advisory, format: Format) -> Vec<String> {
    let affected = advisory.affected.iter().any(Affected::has_affected_versions);
    let all = advisory.mitigations.iter();
    let single: Vec<String> = match format {
        // A remedy is one for a product, and here none needs one.
        Format::Csaf if !affected => Vec::new(),
        Format::Html => all.map(|text| words_of(&crate::html::markdown(text))).collect(),
        _ => all.map(|text| words_of(text)).collect(),
    };
    match format {
        Format::Cve | Format::Csaf => single,
        _ if single.is_empty() => single,
        _ => vec![single.join(" ")],
    }
}

fn dates(advisory: &Advisory, format: Format) -> Vec<String> {
    let mut dates = vec![format!("published {}", advisory.published)];
    dates.push(format!("changed {}", advisory.changed()));
    // A CVE record is rejected by its CNA; OpenVEX and feeds know no such thing.
    if !matches!(format, Format::Cve | Format::OpenVex | Format::Atom) {
        dates.extend(advisory.withdrawn.map(|date| format!("withdrawn {date}")));
    }
    dates
}
