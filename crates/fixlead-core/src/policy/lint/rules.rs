//! Rules that never apply or have no effect, severity bands and thresholds.

use super::satisfy::{At, can, has_severity};
use super::{Kind, Lint, clauses_of, conditions, label, labels, words};
use crate::case::event::{EventKind, Field};
use crate::policy::document::Entry;
use crate::policy::expression::{Expression, Severity, hundredths};
use crate::policy::model::{Each, Heading};

pub(super) fn look(lint: &mut Lint<'_>) {
    discharges(lint);
    applies(lint);
    shadowed(lint);
    bands(lint);
    thresholds(lint);
}

/// Events that can discharge each duty.
fn discharges(lint: &mut Lint<'_>) {
    let policy = lint.policy;
    for duty in &policy.duties {
        let id = &*duty.heading.id;
        let clauses = lint.cited(&[&duty.heading.clauses]);
        if duty.done.is_empty() {
            let text = format!("the duty `{id}` lists no event under `done`, so nothing discharges it");
            lint.add(Kind::NoDischarge, clauses, text);
            continue;
        }
        let per_branch = !matches!(duty.each, Each::Case | Each::Channel);
        let counts = |kind: &EventKind| {
            can(policy, At::Event(*kind), &duty.filter, true)
                && (!per_branch || kind.allows(Field::Branches) || kind.allows(Field::Branch))
                && (duty.each != Each::Channel || kind.allows(Field::Channels))
        };
        let idle: Vec<String> =
            duty.done.iter().filter(|kind| !counts(kind)).map(|kind| format!("`{}`", kind.name())).collect();
        if idle.is_empty() {
            continue;
        }
        let condition = lint.written("duty", id, "where");
        let reason = match (condition, duty.each) {
            ("", Each::Channel) => "such an event names no channel".to_owned(),
            ("", _) => "such an event names no branch".to_owned(),
            (condition, _) => format!("of such an event `{condition}` never holds"),
        };
        let text = if idle.len() == duty.done.len() {
            format!("nothing discharges the duty `{id}`: it waits for {}, and {reason}", idle.join(", "))
        } else {
            format!("the duty `{id}` is never discharged by {}: {reason}", idle.join(", "))
        };
        lint.add(Kind::NoDischarge, clauses, text);
    }
}

/// Conditions that can never hold.
fn applies(lint: &mut Lint<'_>) {
    let policy = lint.policy;
    let mut never: Vec<(&str, &Heading, &str)> = Vec::new();
    let case = |condition: &Expression| !can(policy, At::Case, condition, true);
    for rule in &policy.duties {
        if case(&rule.when) {
            never.push(("duty", &rule.heading, "when"));
        } else if rule.each == Each::Channel && policy.channels.is_empty() {
            let text = format!(
                "the duty `{}` arises for each channel, and the policy has no [[channel]]",
                rule.heading.id
            );
            let clauses = lint.cited(&[&rule.heading.clauses]);
            lint.add(Kind::NeverApplies, clauses, text);
        }
    }
    for rule in &policy.gates {
        if !can(policy, At::Anything, &rule.when, true) {
            never.push(("gate", &rule.heading, "when"));
        }
    }
    never.extend(policy.excuses.iter().filter(|r| case(&r.when)).map(|r| ("excuse", &r.heading, "when")));
    never.extend(policy.modes.iter().filter(|r| case(&r.when)).map(|r| ("mode", &r.heading, "when")));
    for (section, rules) in [("path", &policy.paths), ("channel", &policy.channels)] {
        never.extend(rules.iter().filter(|rule| case(&rule.when)).map(|r| (section, &r.heading, "when")));
    }
    for rule in &policy.permissions {
        if !can(policy, At::Event(rule.event), &rule.when, true) {
            never.push(("permission", &rule.heading, "when"));
        }
    }
    for rule in &policy.checks {
        let some = |condition: &Expression| {
            rule.on.iter().any(|kind| can(policy, At::Event(*kind), condition, true))
        };
        if !some(&rule.when) {
            never.push(("check", &rule.heading, "when"));
        }
        if !some(&rule.needs) {
            never.push(("check", &rule.heading, "needs"));
        }
    }
    for (section, heading, key) in never {
        let condition = lint.written(section, &heading.id, key);
        let asks = lint.entry(section, &heading.id).map(asked_of).unwrap_or_default();
        let follows = match (section, key) {
            (_, "needs") => "every such event is a finding",
            ("permission", _) => "the decision never has an effect",
            _ => "the rule never applies",
        };
        let text = format!(
            "the {section} `{}` asks for `{condition}`, which never holds{asks}: {follows}",
            heading.id
        );
        let clauses = lint.cited(&[&heading.clauses]);
        lint.add(Kind::NeverApplies, clauses, text);
    }
}

/// The events a rule looks at, in words.
fn asked_of(entry: &Entry) -> String {
    let events: Vec<&str> = entry.texts("on").map(|(event, _)| event).chain(entry.text("event")).collect();
    if events.is_empty() { String::new() } else { format!(" of {}", events.join(", ")) }
}

/// Only one permission stands for an event.
fn shadowed(lint: &mut Lint<'_>) {
    let policy = lint.policy;
    for (place, rule) in policy.permissions.iter().enumerate() {
        let Some(later) =
            policy.permissions[place + 1..].iter().rev().find(|later| later.event == rule.event)
        else {
            continue;
        };
        let text = format!(
            "the permission `{}` has no effect: `{}` is for `{}` too and stands later; make them one",
            rule.heading.id,
            later.heading.id,
            rule.event.name()
        );
        let clauses = lint.cited(&[&rule.heading.clauses, &later.heading.clauses]);
        lint.add(Kind::Shadowed, clauses, text);
    }
}

/// Bands cover every score, where a condition asks for the severity.
fn bands(lint: &mut Lint<'_>) {
    let policy = lint.policy;
    if let Some((severity, from, clauses)) = policy.bands.first().filter(|(_, from, _)| *from > 0) {
        let text = format!(
            "the lowest band `{}` begins at {}, so a lower score has no severity; begin with one at 0.0",
            severity.name(),
            score(*from)
        );
        let clauses = lint.cited(&[clauses]);
        lint.add(Kind::Bands, clauses, text);
    }
    if has_severity(policy) {
        return;
    }
    let asking: Vec<&Entry> = lint
        .entries
        .iter()
        .copied()
        .filter(|entry| conditions(entry).any(|condition| words(condition).any(|word| word == "severity")))
        .collect();
    if !asking.is_empty() {
        let text = format!(
            "no [[band]] gives a score its severity, and nobody may classify one; asked for by {}",
            labels(&asking)
        );
        lint.add(Kind::Bands, clauses_of(asking), text);
    }
}

/// Scores that decide something.
fn thresholds(lint: &mut Lint<'_>) {
    let policy = lint.policy;
    let boundary = |score: u16| policy.bands.iter().any(|(_, from, _)| *from == score);
    let listed: &[u16] = policy.scoring.as_ref().map_or(&[], |scoring| &scoring.thresholds);
    // One version alone gives no two sides.
    let may_differ = policy.scoring.as_ref().is_some_and(|scoring| scoring.versions.len() > 1);
    let mut found = Vec::new();
    for entry in &lint.entries {
        for condition in conditions(entry) {
            let list: Vec<&str> = words(condition).collect();
            for pair in list.windows(2) {
                let (deciding, literal) = match pair {
                    ["score", number] => match number.strip_prefix('$') {
                        Some(id) => (policy.parameter(id).and_then(hundredths), false),
                        None => (hundredths(number), true),
                    },
                    ["severity", word] => {
                        let band = Severity::parse(word).and_then(|severity| {
                            policy.bands.iter().find(|(known, _, _)| *known == severity)
                        });
                        (band.map(|(_, from, _)| *from), false)
                    }
                    _ => continue,
                };
                let Some(deciding) = deciding else { continue };
                if literal && !boundary(deciding) {
                    found.push((*entry, format!(
                        "{} decides by the score {}, which is no band's boundary and no parameter; make it one, so that its reason is on record",
                        label(entry),
                        score(deciding)
                    )));
                }
                if may_differ && !listed.contains(&deciding) {
                    found.push((*entry, format!(
                        "{} decides by the score {}, which [scoring] does not list: CVSS versions on different sides of it are not noticed",
                        label(entry),
                        score(deciding)
                    )));
                }
            }
        }
    }
    found.dedup();
    for (entry, text) in found {
        lint.add(Kind::Threshold, clauses_of([entry]), text);
    }
}

/// A score in hundredths as people write it.
fn score(hundredths: u16) -> String {
    format!("{}.{}", hundredths / 100, hundredths % 100 / 10)
}
