//! What a policy has once, or few of: roles, levels, bands, scoring, classes,
//! the slot, the rotation and the reading of LGTMs.

use super::{Compiler, Outcome};
use crate::case::project::{BranchClass, OwnersRule};
use crate::policy::expression::{Class, Severity, hundredths};
use crate::policy::model::*;
use crate::text::{echo, is_harmful};
use crate::time::Span;

impl Compiler<'_> {
    pub(super) fn modes(&mut self) -> Outcome<Vec<ModeRule>> {
        let mut modes = Vec::new();
        for (document, entry) in self.of("mode") {
            let known = "a mode; known are asap, asap-provisional, slowed, upstream-bound";
            let find = |name: &str| Mode::parse(name).filter(|mode| *mode != Mode::Normal);
            modes.push(ModeRule {
                mode: self.word(document, entry, "id", known, find, &[])?,
                when: self.condition(document, entry, "when")?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(modes)
    }

    pub(super) fn roles(&mut self) -> Outcome<Vec<Role>> {
        let known = self.role_ids.clone();
        let mut roles: Vec<Role> = Vec::new();
        for (document, entry) in self.of("role") {
            let rosters = self.list(
                document,
                entry,
                "roster",
                "a roster; known are maintainers, responders, added and the roles before this one",
                |name| match name {
                    _ if roles.iter().any(|role| &*role.heading.id == name) => {
                        Some(Roster::Role(name.into()))
                    }
                    "maintainers" => Some(Roster::Maintainers),
                    "responders" => Some(Roster::Responders),
                    "added" => Some(Roster::Added),
                    _ => None,
                },
                &known,
            )?;
            roles.push(Role { heading: self.heading(document, entry)?, rosters });
        }
        Ok(roles)
    }

    pub(super) fn windows(&mut self) -> Outcome<Option<(Heading, bool)>> {
        let Some((document, entry)) = self.of("windows").into_iter().next() else { return Ok(None) };
        let holding = self.word(
            document,
            entry,
            "level",
            "a level; known are advisory, holding",
            |word| match word {
                "advisory" => Some(false),
                "holding" => Some(true),
                _ => None,
            },
            &[],
        )?;
        Ok(Some((self.heading(document, entry)?, holding)))
    }

    pub(super) fn bands(&mut self) -> Outcome<Vec<(Severity, u16, Clauses)>> {
        let mut bands: Vec<(Severity, u16, Clauses)> = Vec::new();
        for (document, entry) in self.of("band") {
            let severity = self.word(
                document,
                entry,
                "id",
                "a severity; known are none, low, medium, high, critical",
                Severity::parse,
                &[],
            )?;
            let from = self.word(document, entry, "from", "a score from 0.0 to 10.0", hundredths, &[])?;
            if bands.last().is_some_and(|(below, start, _)| *below >= severity || *start >= from) {
                return Err(
                    document.error(entry.place("from"), "bands rise from one to the next; put them in order")
                );
            }
            bands.push((severity, from, self.heading(document, entry)?.clauses));
        }
        Ok(bands)
    }

    pub(super) fn scoring(&mut self) -> Outcome<Option<Scoring>> {
        let Some((document, entry)) = self.of("scoring").into_iter().next() else { return Ok(None) };
        let versions = ["2.0", "3.0", "3.1", "4.0"];
        let find = |name: &str| versions.contains(&name).then(|| Box::from(name));
        Ok(Some(Scoring {
            versions: self.list(document, entry, "versions", "a CVSS version", find, &versions)?,
            thresholds: self.list(
                document,
                entry,
                "thresholds",
                "a score from 0.0 to 10.0",
                hundredths,
                &[],
            )?,
            heading: self.heading(document, entry)?,
        }))
    }

    pub(super) fn classes(&mut self) -> Outcome<Vec<ClassRule>> {
        let mut classes = Vec::new();
        for (document, entry) in self.of("class") {
            let find = |name: &str| {
                Class::parse(name).filter(|class| !matches!(class, Class::Undetermined | Class::PolicySilent))
            };
            classes.push(ClassRule {
                class: self.word(
                    document,
                    entry,
                    "id",
                    "a class; known are supported, main-only, unsupported-only",
                    find,
                    &[],
                )?,
                affects: self.word(
                    document,
                    entry,
                    "affects",
                    "a class of branch; known are development, supported, unsupported",
                    BranchClass::parse,
                    &[],
                )?,
                heading: self.heading(document, entry)?,
            });
        }
        Ok(classes)
    }

    pub(super) fn slot(&mut self) -> Outcome<Option<Slot>> {
        let Some((document, entry)) = self.of("slot").into_iter().next() else { return Ok(None) };
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let find = |name: &str| names.iter().position(|day| *day == name);
        let mut days = [false; 7];
        for day in self.list(document, entry, "days", "a day of the week", find, &names)? {
            days[day] = true;
        }
        if !days.contains(&true) {
            return Err(document.error(entry.place("days"), "a slot needs a day of the week"));
        }
        let at = self.word(
            document,
            entry,
            "at",
            "a time of day in UTC like 16:00",
            |text| {
                let (hour, minute) = text.split_once(':')?;
                let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
                ((0..24).contains(&hour) && (0..60).contains(&minute))
                    .then(|| Span::minutes(hour * 60 + minute))
            },
            &[],
        )?;
        Ok(Some(Slot { heading: self.heading(document, entry)?, at, days }))
    }

    pub(super) fn rotation(&mut self) -> Outcome<Option<Heading>> {
        let Some((document, entry)) = self.of("rotation").into_iter().next() else { return Ok(None) };
        self.word(
            document,
            entry,
            "rule",
            "a rule; known is round-robin",
            |word| (word == "round-robin").then_some(()),
            &[],
        )?;
        self.heading(document, entry).map(Some)
    }

    /// The reading of LGTMs is a parameter, because both documents leave it open.
    pub(super) fn lgtm(&self) -> Outcome<LgtmRule> {
        let set = self.parameters.iter().find(|parameter| &*parameter.heading.id == "lgtm-rule");
        let value = set.and_then(|parameter| parameter.value.as_deref());
        Ok(value.and_then(lgtm_rule).unwrap_or(LgtmRule::Owners(OwnersRule::Strict)))
    }
}

/// Reads `strict`, `lenient` or `2 of maintainers`.
fn lgtm_rule(text: &str) -> Option<LgtmRule> {
    if let Some(rule) = OwnersRule::parse(text) {
        return Some(LgtmRule::Owners(rule));
    }
    let count = text.strip_suffix(" of maintainers")?.parse().ok()?;
    (1..=20).contains(&count).then_some(LgtmRule::Maintainers(count))
}

/// What a parameter can hold.
pub(super) const KINDS: [&str; 5] = ["address", "text", "span", "score", "lgtm"];

/// Whether a value is of the kind its parameter holds.
pub(super) fn fits(holds: &str, value: &str) -> Result<(), String> {
    // In a file it is refused where it stands; a value may come from elsewhere.
    if let Some(letter) = value.chars().find(|letter| is_harmful(*letter)) {
        let code = u32::from(letter);
        return Err(format!("`{}` holds the invisible character U+{code:04X}; take it out", echo(value)));
    }
    let fits = match holds {
        "span" => return Span::parse(value).map(|_| ()),
        "score" => hundredths(value).is_some(),
        "lgtm" => lgtm_rule(value).is_some(),
        "address" => !value.trim().is_empty() && !value.contains(char::is_whitespace),
        _ => !value.trim().is_empty(),
    };
    let wanted = match holds {
        "score" => "a score from 0.0 to 10.0",
        "lgtm" => "strict, lenient, or a number like `1 of maintainers`",
        "address" => "an address (mail, link or channel) without spaces",
        _ => "some text",
    };
    if fits { Ok(()) } else { Err(format!("`{}` is not {wanted}", echo(value))) }
}
