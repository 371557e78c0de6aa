//! Words for the reasons that the plan gives as data.

use super::duties::{Because, Duty, State};
use super::facts::{Finding, Mode, Note, Subject};
use super::gates::{Hold, Reason};
use super::planner::Answer;
use super::{Evaluation, Record};
use crate::case::event::{EventKind, Field};
use crate::policy::model::{Anchor, ClauseIndex, Wait, Window};
use crate::time::When;

/// What a finding or duty belongs to, if not to the whole case.
pub fn subject(case: &Record<'_>, subject: Subject) -> Option<String> {
    Some(match subject {
        Subject::None => return None,
        Subject::Branch(branch) => case.project.branches[usize::from(branch)].name.to_string(),
        Subject::Channel(channel) => case.policy.channels[usize::from(channel)].heading.id.to_string(),
        Subject::Duty(duty) => case.policy.duties[usize::from(duty)].heading.id.to_string(),
        Subject::Parameter(place) => case.policy.parameters[usize::from(place)].heading.id.to_string(),
        Subject::Actor(event) => case.events[event as usize].text(Field::By)?.to_owned(),
    })
}

/// Clause ids by their places.
pub fn clauses<'p>(case: &Record<'p>, clauses: &[ClauseIndex]) -> Vec<&'p str> {
    clauses.iter().map(|clause| case.policy.clause(*clause)).collect()
}

/// The clauses of a duty; what is announced in a channel also follows the
/// sentence about that channel.
pub fn duty_clauses<'p>(case: &Record<'p>, duty: &Duty) -> Vec<&'p str> {
    let mut named = clauses(case, &case.policy.duties[usize::from(duty.rule)].heading.clauses);
    if let Subject::Channel(channel) = duty.subject {
        named.extend(clauses(case, &case.policy.channels[usize::from(channel)].heading.clauses));
    }
    named
}

/// The clauses of a mode; the normal one is what the windows are written for.
pub fn mode_clauses<'p>(case: &Record<'p>, mode: Mode) -> Vec<&'p str> {
    let policy = case.policy;
    let rule = policy.modes.iter().find(|rule| &*rule.heading.id == mode.name()).map(|rule| &rule.heading);
    let windows = policy.windows.as_ref().map(|(heading, _)| heading).filter(|_| mode == Mode::Normal);
    rule.or(windows).map(|heading| clauses(case, &heading.clauses)).unwrap_or_default()
}

/// The clauses of the rule that a finding is about.
pub fn finding_clauses<'p>(case: &Record<'p>, finding: &Finding) -> Vec<&'p str> {
    let policy = case.policy;
    let heading = match finding.note {
        Note::Check(check) => Some(&policy.checks[usize::from(check)].heading),
        Note::Gate(gate) => Some(&policy.gates[usize::from(gate)].heading),
        Note::Permission(permission) => Some(&policy.permissions[usize::from(permission)].heading),
        Note::Straddle { .. } | Note::ScoreDiffers { .. } => {
            policy.scoring.as_ref().map(|scoring| &scoring.heading)
        }
        Note::OutOfTurn => policy.rotation.as_ref(),
        Note::TooEarly(duty) => Some(&policy.duties[usize::from(duty)].heading),
        Note::WindowMissed(_) => policy.windows.as_ref().map(|(heading, _)| heading),
        Note::SilentClass => policy.classes.first().map(|rule| &rule.heading),
        Note::Unset => match finding.subject {
            Subject::Parameter(place) => Some(&policy.parameters[usize::from(place)].heading),
            _ => None,
        },
        Note::Silent(_) => None,
    };
    heading.map(|heading| clauses(case, &heading.clauses)).unwrap_or_default()
}

/// A score in hundredths as people write it.
fn score(hundredths: u16) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.strip_suffix('0').map_or(text.clone(), str::to_owned)
}

/// The arithmetic of a duty.
pub fn because(case: &Record<'_>, duty: &Duty) -> String {
    let rule = &case.policy.duties[usize::from(duty.rule)];
    let span = &rule.written;
    let text = match (&duty.because, &rule.window) {
        (Because::NotApplicable, _) => "does not apply to this case".to_owned(),
        (Because::Elapsed(Some(from)), _) => match duty.done_at.and_then(|done| done.since(*from)) {
            Some(elapsed) => format!("no due; done {elapsed} after disclosure {from}"),
            None => format!("no due; elapsed time counts from disclosure {from}"),
        },
        (Because::Elapsed(None), _) => "no due".to_owned(),
        (Because::NoAnchor, Window::After { name, .. }) => format!("{name} (not known yet) + {span}"),
        (Because::NoAnchor, Window::Before { name, .. }) => format!("{name} (not known yet) − {span}"),
        (Because::Window(anchor), Window::After { name, .. }) => format!("{name} {anchor} + {span}"),
        (Because::Window(anchor), Window::Before { name, .. }) => format!("{name} {anchor} − {span}"),
        (Because::Asap(since, Some(anchor)), Window::After { name, .. }) => {
            format!("as soon as possible since {since}; before that {name} {anchor} + {span}")
        }
        (Because::Asap(since, _), _) => format!("as soon as possible, public since {since}"),
        (Because::Moved { at, slowed: true }, _) => format!("slowed down by the decision of {at}"),
        (Because::Moved { at, slowed: false }, _) => format!("schedule adjusted by the decision of {at}"),
        _ => "no due".to_owned(),
    };
    match (duty.state, duty.excuse, duty.held_by) {
        (State::Excused, Some(excuse), _) => {
            format!("{text}; excused: {}", case.policy.excuses[usize::from(excuse)].heading.say)
        }
        (State::Held, _, Some(gate)) => {
            format!("{text}; held: {}", case.policy.gates[usize::from(gate)].heading.say)
        }
        (State::Missed, _, _) => match rule.missed.as_ref().map(|moment| passed(case, moment)) {
            Some(Ok(Some((kind, at)))) => {
                format!("{text}; missed: the {} of {at} came first", kind_of_moment(kind))
            }
            _ => text,
        },
        _ => text,
    }
}

/// A moment that the events alone do not tell.
struct Untold;

/// The event that a passed moment is, and when, if it has come.
fn passed(case: &Record<'_>, moment: &Anchor) -> Result<Option<(EventKind, When)>, Untold> {
    let kind = match moment {
        Anchor::Released => EventKind::Released,
        Anchor::Announced => EventKind::Announced,
        Anchor::Warned => EventKind::PublicWarning,
        Anchor::Event(kind) => *kind,
        Anchor::Known(parts) => {
            let mut parts = parts.iter().map(|part| passed(case, part));
            return parts.find(|part| !matches!(part, Ok(None))).unwrap_or(Ok(None));
        }
        Anchor::Earliest(parts) => {
            let parts = parts.iter().map(|part| passed(case, part)).collect::<Result<Vec<_>, _>>()?;
            return Ok(parts.into_iter().flatten().min_by_key(|(_, at)| at.first()));
        }
        _ => return Err(Untold),
    };
    // Whether one of these has an effect is not for words to find out.
    if !case.policy.index.voids[kind as usize].is_empty() {
        return Err(Untold);
    }
    Ok(case.events.iter().find(|event| event.kind == kind).map(|event| (kind, event.at)))
}

/// What people call the event after which something can no longer be done.
fn kind_of_moment(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Released => "release",
        EventKind::Announced => "announcement",
        EventKind::PublicWarning => "public warning",
        other => other.name(),
    }
}

/// Why a gate is closed.
pub fn hold(case: &Record<'_>, hold: &Hold) -> String {
    let gate = &case.policy.gates[usize::from(hold.gate)];
    let say = &gate.heading.say;
    match (hold.reason, &gate.wait) {
        (Reason::Until(until), _) => format!("{say} (until {until})"),
        (Reason::Past(until), _) => format!("{say} (latest {until})"),
        (reason, Wait::Lead(duty)) => {
            let rule = &case.policy.duties[*duty];
            let (id, span) = (&rule.heading.id, &rule.written);
            match reason {
                Reason::NoNotice(_) => format!("{say} ({id} not sent; lead {span})"),
                Reason::Lead(sent, lead) => format!("{say} ({id} {sent} + {span} = {})", sent + lead),
                Reason::OtherRelease { sent, states, release } => format!(
                    "{say} ({id}: the notice of {sent} states {states}, another release than {release}; lead {span})"
                ),
                _ => say.to_string(),
            }
        }
        _ => say.to_string(),
    }
}

/// An answer in words.
pub fn answer(case: &Record<'_>, answer: &Answer) -> String {
    let mut parts: Vec<String> = answer.holds.iter().map(|one| hold(case, one)).collect();
    if let Some(excuse) = answer.excuse.filter(|_| answer.allowed) {
        parts.push(format!("excused: {}", case.policy.excuses[excuse].heading.say));
    }
    for gate in &answer.overridden {
        parts.push(format!("overridden: {}", case.policy.gates[usize::from(*gate)].heading.say));
    }
    if !answer.left.is_empty() {
        let left: Vec<String> = answer.left.iter().filter_map(|duty| subject(case, *duty)).collect();
        parts.push(format!("left to do: {}", left.join(", ")));
    }
    if parts.is_empty() {
        parts.push(if answer.allowed {
            "nothing holds it".to_owned()
        } else {
            "that instant has passed".to_owned()
        });
    }
    parts.join(" · ")
}

/// A finding in words.
pub fn finding(case: &Record<'_>, finding: &Finding) -> String {
    let policy = case.policy;
    match finding.note {
        Note::Check(check) => policy.checks[usize::from(check)].heading.say.to_string(),
        Note::Gate(gate) => policy.gates[usize::from(gate)].heading.say.to_string(),
        Note::Permission(permission) => {
            format!("without effect: {}", policy.permissions[usize::from(permission)].heading.say)
        }
        Note::Silent(kind) => {
            format!("the policy does not speak of `{}`; somebody has to decide", kind.name())
        }
        Note::SilentClass => {
            "the policy does not speak of the branches that are affected; somebody has to decide".to_owned()
        }
        Note::Straddle { threshold, scores: (low, high) } => {
            format!("{} and {} lie on different sides of {}", score(low), score(high), score(threshold))
        }
        Note::ScoreDiffers { stated, computed } => {
            format!("the score {} is stated, its vector gives {}", score(stated), score(computed))
        }
        Note::OutOfTurn => {
            let say = policy.rotation.as_ref().map_or("", |heading| &heading.say);
            format!("out of turn: {say}")
        }
        Note::TooEarly(duty) => policy.duties[usize::from(duty)].heading.say.to_string(),
        Note::WindowMissed(duty) => format!("missed: {}", policy.duties[usize::from(duty)].heading.say),
        Note::Unset => {
            let Subject::Parameter(place) = finding.subject else {
                return "a parameter has no value".to_owned();
            };
            let parameter = &policy.parameters[usize::from(place)].heading;
            format!("the parameter `{}` has no value: {}", parameter.id, parameter.say)
        }
    }
}

/// The names that the rotation of an evaluation speaks of.
pub fn responder(case: &Record<'_>, place: u16) -> String {
    case.project.responders.get(usize::from(place)).map(|name| name.to_string()).unwrap_or_default()
}

/// The id of the release path.
pub fn release_path(case: &Record<'_>, evaluation: &Evaluation) -> Option<String> {
    evaluation.release_path.map(|path| case.policy.paths[usize::from(path)].heading.id.to_string())
}
