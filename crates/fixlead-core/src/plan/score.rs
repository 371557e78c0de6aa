//! Takes scores in: the final one counts, and every version's latest is kept
//! to see whether they fall on different sides of a threshold.

use super::Record;
use super::conditions::version_of;
use super::facts::{EventIndex, Facts, Final, Finding, Note, Subject, note_first};
use super::fold::permitted;
use crate::case::event::{EventKind, Field, Value};
use crate::policy::model::FindingKind;
use crate::severity::{Group, Vector, Version};
use crate::time::When;

/// Takes a score in: the final one counts, every version's latest is kept.
pub(super) fn take_in(case: &Record<'_>, facts: &mut Facts, index: usize) {
    let event = &case.events[index];
    let vector = event.text(Field::Vector).and_then(|text| Vector::parse(text).ok());
    let computed = vector.as_ref().map(|vector| group_score(vector, event.text(Field::Group)));
    let stated = match event.get(Field::Score) {
        Some(Value::Score(hundredths)) => Some(*hundredths),
        _ => None,
    };
    let Some(hundredths) = stated.or(computed) else { return };
    if let (Some(stated), Some(computed)) = (stated, computed) {
        let groups = ["base", "temporal", "environmental"].map(Some);
        let any = |vector: &Vector| groups.iter().any(|group| group_score(vector, *group) == stated);
        if stated != computed && (event.get(Field::Group).is_some() || !vector.as_ref().is_some_and(any)) {
            let clause =
                case.policy.scoring.as_ref().and_then(|scoring| scoring.heading.clauses.first().copied());
            facts.findings.push(Finding {
                at: event.at,
                kind: FindingKind::Deviation,
                clause,
                subject: Subject::None,
                note: Note::ScoreDiffers { stated, computed },
            });
        }
    }
    let place = |version: Version| match version {
        Version::V2 => 0,
        Version::V30 => 1,
        Version::V31 => 2,
        Version::V40 => 3,
    };
    let version = version_of(event)
        .and_then(|name| ["2.0", "3.0", "3.1", "4.0"].iter().position(|known| *known == name));
    if let Some(version) = version {
        facts.by_version[version] = Some(hundredths);
    }
    if let Some(vector) = &vector {
        // One vector read by the other 3.x version can round differently.
        let other = match vector.version() {
            Version::V30 => Some(Version::V31),
            Version::V31 => Some(Version::V30),
            _ => None,
        };
        if let Some(again) = other.and_then(|other| vector.with_version(other)) {
            facts.read_again[place(again.version())] = Some(group_score(&again, event.text(Field::Group)));
        }
        let interaction = vector.metric("UI");
        facts.user_interaction = matches!(interaction, Some("R" | "A" | "P"));
    }
    let permitted = case.policy.index.permissions[EventKind::ScoreSet as usize].is_none()
        || permitted(case, facts, event).is_yes();
    if event.flag(Field::Final, true) && permitted {
        facts.score = Some(Final { hundredths, event: index as EventIndex });
    } else {
        note_first(&mut facts.estimate, event.at);
    }
    straddle(case, facts, event.at);
}

/// The score of a metric group, in hundredths; the base score where the group is
/// absent.
fn group_score(vector: &Vector, group: Option<&str>) -> u16 {
    let scores = vector.scores();
    let group = match group {
        Some("temporal") => Some(Group::Temporal),
        Some("environmental") => Some(Group::Environmental),
        Some("threat") => Some(Group::Threat),
        _ => None,
    };
    let named = group.and_then(|group| scores.group(group));
    let score = named.unwrap_or_else(|| vector.base().scores().overall().1);
    u16::from(score.tenths()) * 10
}

/// Scores of the versions that the policy names, on different sides of a
/// threshold.
fn straddle(case: &Record<'_>, facts: &mut Facts, at: When) {
    let Some(scoring) = &case.policy.scoring else { return };
    let known = ["2.0", "3.0", "3.1", "4.0"];
    let scores = scoring
        .versions
        .iter()
        .filter_map(|version| known.iter().position(|name| *name == &**version))
        .filter_map(|version| facts.by_version[version].or(facts.read_again[version]));
    let (Some(low), Some(high)) = (scores.clone().min(), scores.max()) else { return };
    for threshold in &scoring.thresholds {
        if low < *threshold && high >= *threshold {
            let note = Note::Straddle { threshold: *threshold, scores: (low, high) };
            if facts.findings.iter().any(|finding| finding.note == note) {
                continue;
            }
            let clause = scoring.heading.clauses.first().copied();
            facts.findings.push(Finding {
                at,
                kind: FindingKind::Straddle,
                clause,
                subject: Subject::None,
                note,
            });
        }
    }
}
