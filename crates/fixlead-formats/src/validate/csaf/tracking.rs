//! The document itself: its history, version, languages and category (sections
//! 6.1.12, 6.1.14 to 6.1.22, 6.1.26, 6.1.28, 6.1.30).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use fixlead_core::text::echo;
use serde_json::Value;

use super::super::date;
use super::super::shape::{Place, Report, items, text};
use super::language::is_language;

/// The number of a document or of a revision.
#[derive(Clone, Debug)]
pub enum Number {
    /// A whole one.
    Whole(u64),
    /// A version of Semantic Versioning.
    Semantic([u64; 3], String),
}

impl Number {
    pub fn read(text: &str) -> Option<Number> {
        let plain = |part: &str| {
            let known =
                part == "0" || (!part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()));
            // A number beyond every count is as good as the largest.
            if known && !part.is_empty() { Some(part.parse().unwrap_or(u64::MAX)) } else { None }
        };
        if let Some(whole) = plain(text) {
            return Some(Number::Whole(whole));
        }
        let identifiers = |text: &str| {
            text.split('.').all(|part| {
                !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        };
        let (version, build) = match text.split_once('+') {
            Some((version, build)) => (version, Some(build)),
            None => (text, None),
        };
        let (version, pre) = match version.split_once('-') {
            Some((version, pre)) => (version, pre),
            None => (version, ""),
        };
        let zeros = pre.split('.').any(|part| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        });
        if !build.is_none_or(identifiers)
            || (text.contains('-') && version.len() < text.len() && !pre.is_empty() && !identifiers(pre))
            || zeros
        {
            return None;
        }
        if pre.is_empty() && text.split('+').next().is_some_and(|version| version.contains('-')) {
            return None;
        }
        let parts: Vec<u64> = version.split('.').map(plain).collect::<Option<_>>()?;
        Some(Number::Semantic(parts.try_into().ok()?, pre.to_owned()))
    }

    /// Whether it is a version before the first one.
    fn is_before_first(&self) -> bool {
        matches!(self, Number::Whole(0) | Number::Semantic([0, ..], _))
    }

    fn is_pre_release(&self) -> bool {
        matches!(self, Number::Semantic(_, pre) if !pre.is_empty())
    }

    fn major(&self) -> u64 {
        match self {
            Number::Whole(number) | Number::Semantic([number, ..], _) => *number,
        }
    }

    fn compare(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Whole(one), Number::Whole(other)) => one.cmp(other),
            (Number::Semantic(one, pre), Number::Semantic(two, other_pre)) => {
                one.cmp(two).then_with(|| match (pre.is_empty(), other_pre.is_empty()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => {
                        let whole = |pre: &str| format!("0.0.0-{pre}");
                        crate::version::Scheme::Semver
                            .compare(&whole(pre), &whole(other_pre))
                            .unwrap_or(Ordering::Equal)
                    }
                })
            }
            (one, other) => one.major().cmp(&other.major()),
        }
    }

    /// The same without its pre-release part.
    fn release(&self) -> Number {
        match self {
            Number::Semantic(parts, _) => Number::Semantic(*parts, String::new()),
            whole => whole.clone(),
        }
    }
}

pub fn judge(value: &Value, report: &mut Report) {
    let document = value.get("document").unwrap_or(&Value::Null);
    let root = Place::Root;
    let place = root.key("document");
    for key in ["lang", "source_lang"] {
        let language = text(document, key);
        if !language.is_empty() && !is_language(language) {
            report.error("6.1.12", &place.key(key), format!("there is no language `{}`", echo(language)));
        }
    }
    let languages = (text(document, "lang"), text(document, "source_lang"));
    let translator = document.pointer("/publisher/category").and_then(Value::as_str) == Some("translator");
    if translator && languages.1.is_empty() {
        report.error("6.1.15", &place, "a translator says from which language: add source_lang");
    }
    if !languages.1.is_empty() && languages.0 == languages.1 {
        report.error(
            "6.1.28",
            &place.key("source_lang"),
            "this is the language it is written in; leave it out where nothing was translated",
        );
    }
    category(document, &place, report);
    let Some(tracking) = document.get("tracking") else { return };
    history(tracking, &place.key("tracking"), report);
}

fn category(document: &Value, place: &Place<'_>, report: &mut Report) {
    const PROFILES: &[&str] = &[
        "csaf_base",
        "csaf_security_incident_response",
        "csaf_informational_advisory",
        "csaf_security_advisory",
        "csaf_vex",
        "csaf_withdrawn",
        "csaf_superseded",
    ];
    let category = text(document, "category");
    let draft = text(document, "csaf_version") == "2.1";
    let profiles = if draft { PROFILES } else { &PROFILES[..5] };
    if profiles.contains(&category) {
        return;
    }
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|letter| {
                !letter.is_whitespace()
                    && !"-_\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2212}".contains(*letter)
            })
            .collect::<String>()
            .to_lowercase()
    };
    let own = bare(category);
    let taken = profiles.iter().any(|profile| {
        let name = profile.strip_prefix("csaf_").unwrap_or(profile);
        (own == bare(name) && *profile != "csaf_base") || own == bare(profile)
    });
    if taken || category.starts_with("csaf_") {
        let message = format!(
            "`{}` is taken for a profile of CSAF; write the profile, or another word",
            echo(category)
        );
        report.error("6.1.26", &place.key("category"), message);
    }
}

struct Revision<'v> {
    date: date::Instant,
    number: Number,
    written: &'v str,
    index: usize,
}

fn history(tracking: &Value, place: &Place<'_>, report: &mut Report) {
    let list = place.key("revision_history");
    let mut seen = BTreeSet::new();
    let mut revisions = Vec::new();
    let mut forms = BTreeSet::new();
    let status = text(tracking, "status");
    for (index, revision) in items(tracking, "revision_history") {
        let written = text(revision, "number");
        let Some(number) = Number::read(written) else { continue };
        let place = list.item(index);
        let place = place.key("number");
        if !seen.insert(written) {
            report.error("6.1.22", &place, format!("there are two revisions `{}`", echo(written)));
        }
        if status != "draft" && number.is_before_first() {
            report.error(
                "6.1.18",
                &place,
                format!("`{}` is a draft's; a published history begins with 1", echo(written)),
            );
        }
        if number.is_pre_release() {
            report.error("6.1.19", &place, "a pre-release has no entry in the history; leave it out");
        }
        forms.insert(matches!(number, Number::Whole(_)));
        if let Some(date) = date::read(text(revision, "date")) {
            revisions.push(Revision { date, number, written, index });
        }
    }
    let version = Number::read(text(tracking, "version"));
    if let Some(version) = &version {
        forms.insert(matches!(version, Number::Whole(_)));
    }
    if forms.len() > 1 {
        report.error("6.1.30", place, "whole numbers and versions like 1.0.0 are mixed; keep to one of them");
    }
    revisions.sort_by(|one, other| one.date.cmp(&other.date).then_with(|| one.number.compare(&other.number)));
    for pair in revisions.windows(2) {
        if pair[0].number.compare(&pair[1].number) == Ordering::Greater {
            let message = format!(
                "`{}` is later than `{}` and has a smaller number",
                echo(pair[1].written),
                echo(pair[0].written)
            );
            report.error("6.1.14", &list.item(pair[1].index), message);
        }
    }
    missing(&revisions, &list, report);
    let Some(version) = version else { return };
    let place = place.key("version");
    if let Some(last) = revisions.last() {
        let (own, newest) = if status == "draft" {
            (version.release(), last.number.release())
        } else {
            (version.clone(), last.number.clone())
        };
        if own.compare(&newest) != Ordering::Equal {
            let message = format!("the newest revision has the number `{}`", echo(last.written));
            report.error("6.1.16", &place, message);
        }
    }
    if status != "draft" && (version.is_before_first() || version.is_pre_release()) {
        report.error(
            "6.1.17",
            &place,
            format!("this version is a draft's, and the status is `{}`", echo(status)),
        );
    }
    if ["final", "interim"].contains(&status) && version.is_pre_release() {
        report.error("6.1.20", &place, "a published document is no pre-release");
    }
}

/// Whole numbers, or the first of three, count on by one.
fn missing(revisions: &[Revision<'_>], list: &Place<'_>, report: &mut Report) {
    let mut last: Option<u64> = None;
    for revision in revisions {
        let number = revision.number.major();
        let whole = matches!(revision.number, Number::Whole(_));
        let wrong = match last {
            None => number > 1,
            Some(last) if whole => number != last && number != last.saturating_add(1),
            Some(last) => number > last.saturating_add(1),
        };
        if wrong {
            let message = format!("a revision is missing before `{}`", echo(revision.written));
            report.error("6.1.21", &list.item(revision.index), message);
        }
        last = Some(number);
    }
}
