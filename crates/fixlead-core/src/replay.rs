//! Replays a case history: the plan with nothing around it.
//!
//! [`replay`] answers a [`History`] under a policy; [`to_json`] writes the
//! answer as `fixlead-replay/1`, described in `docs/formats/replay.md`.

use serde_json::{Map, Value, json};

use crate::case::{Ask, History};
use crate::plan::exposure::Length;
use crate::plan::planner::Answer;
use crate::plan::{Case, Evaluation, words};
use crate::policy::{Document, Policy, PolicyError, compile, library};
use crate::text::echo;
use crate::time::{Instant, When};

/// The format's name and version.
pub const FORMAT: &str = "fixlead-replay/1";

/// A history's case, the answers to its asks and the final evaluation.
#[derive(Debug)]
pub struct Replay<'p> {
    /// The case with every event up to the evaluation.
    pub case: Case<'p>,
    /// Asks with their answers, in the history's order.
    pub answers: Vec<(Ask, Answer)>,
    /// The final evaluation.
    pub evaluation: Evaluation,
}

/// The policy of a history from the built-in ones.
pub fn built_in_policy(
    id: &str,
    overlays: &[String],
    parameters: &[(String, String)],
) -> Result<Policy, String> {
    let read = |id: &str| -> Result<Document, String> {
        let text = library::built_in(id).ok_or_else(|| {
            let known: Vec<&str> = library::BUILT_IN.iter().map(|(id, _)| *id).collect();
            format!("there is no built-in policy `{}`; known are {}", echo(id), known.join(", "))
        })?;
        Document::parse(text).map_err(|error| format!("policy `{}`: {error}", echo(id)))
    };
    let base = read(id)?;
    let overlays: Vec<Document> = overlays.iter().map(|id| read(id)).collect::<Result<_, _>>()?;
    let overlays: Vec<&Document> = overlays.iter().collect();
    compile(&base, &overlays, parameters)
        .map_err(|error: PolicyError| format!("policy `{}`: {error}", echo(id)))
}

/// Answers a history at its own instant, or at another.
pub fn replay<'p>(policy: &'p Policy, history: &'p History, at: Option<Instant>) -> Replay<'p> {
    let last = history.events.last().map_or(Instant::EPOCH, |event| event.at.last());
    let now = at.or(history.evaluate_at).unwrap_or(last);
    let mut order: Vec<usize> = (0..history.asks.len()).collect();
    order.sort_by_key(|place| history.asks[*place].at);
    let mut answers: Vec<Option<Answer>> = vec![None; history.asks.len()];
    let mut case = Case::new(policy, &history.project);
    let mut asks = order.into_iter().peekable();
    for group in history.events.chunk_by(|one, other| one.at.first() == other.at.first()) {
        let Some(instant) = group.first().map(|event| event.at.first()) else { continue };
        // An ask sees only what is strictly before it.
        while let Some(place) = asks.next_if(|place| history.asks[*place].at <= instant) {
            answers[place] = Some(case.answer(&history.asks[place]));
        }
        if instant <= now {
            case.extend(group.iter().cloned());
        }
    }
    for place in asks {
        answers[place] = Some(case.answer(&history.asks[place]));
    }
    let evaluation = case.evaluate(now);
    let answers =
        history.asks.iter().cloned().zip(answers).filter_map(|(ask, answer)| Some((ask, answer?))).collect();
    Replay { case, answers, evaluation }
}

fn when(when: Option<When>) -> Value {
    when.map_or(Value::Null, |when| Value::String(when.to_string()))
}

fn instant(instant: Option<Instant>) -> Value {
    instant.map_or(Value::Null, |instant| Value::String(instant.to_string()))
}

fn length(length: Option<Length>) -> Value {
    match length {
        None => Value::Null,
        Some(length) if length.least == length.most => Value::String(length.least.to_string()),
        Some(_) => Value::String("indeterminate".to_owned()),
    }
}

fn bounds(length: Option<Length>) -> Value {
    length.map_or(Value::Null, |length| {
        json!({"at_least": length.least.to_string(), "at_most": length.most.to_string(), "running": length.running})
    })
}

/// The answer as `fixlead-replay/1`.
pub fn to_json(replay: &Replay<'_>) -> Value {
    let (case, evaluation) = (&replay.case.record, &replay.evaluation);
    let policy = case.policy;
    let [disclosure, public_at, released_at] = evaluation.anchors;
    let duties: Vec<Value> = evaluation
        .duties
        .iter()
        .map(|duty| {
            let rule = &policy.duties[usize::from(duty.rule)];
            json!({
                "id": rule.heading.id,
                "subject": words::subject(case, duty.subject),
                "who": rule.who,
                "state": duty.state.name(),
                "due": when(duty.due),
                "reference_due": when(duty.reference_due),
                "done_at": when(duty.done_at),
                "margin": duty.margin().map(|margin| margin.to_string()),
                "clauses": words::duty_clauses(case, duty),
                "because": words::because(case, duty),
                "excuse": duty.excuse.map(|excuse| policy.excuses[usize::from(excuse)].heading.id.to_string()),
                "held_by": duty.held_by.map(|gate| words::clauses(case, &policy.gates[usize::from(gate)].heading.clauses)),
            })
        })
        .collect();
    let answers: Vec<Value> = replay
        .answers
        .iter()
        .map(|(ask, answer)| {
            json!({
                "id": ask.id,
                "verdict": if answer.allowed { "allow" } else { "hold" },
                "clauses": words::clauses(case, &answer.clauses),
                "because": words::answer(case, answer),
                "earliest": instant(answer.earliest),
                "proposed": instant(answer.proposed),
                "excuse": answer.excuse.filter(|_| answer.allowed).map(|excuse| policy.excuses[excuse].heading.id.to_string()),
                "preferences": words::clauses(case, &answer.preferences),
            })
        })
        .collect();
    let findings: Vec<Value> = evaluation
        .findings
        .iter()
        .map(|finding| {
            json!({
                "at": finding.at.to_string(),
                "kind": finding.kind.name(),
                "clause": finding.clause.map(|clause| policy.clause(clause)),
                "clauses": words::finding_clauses(case, finding),
                "subject": words::subject(case, finding.subject),
                "text": words::finding(case, finding),
            })
        })
        .collect();
    let exposure = &evaluation.exposure;
    let branches: Map<String, Value> = exposure
        .branches
        .iter()
        .map(|(branch, length)| {
            (case.project.branches[usize::from(*branch)].name.to_string(), self::length(*length))
        })
        .collect();
    json!({
        "format": FORMAT,
        "policy": {"id": policy.id, "version": policy.version, "sha256": policy.sha256, "overlays": policy.overlays},
        "evaluated_at": evaluation.at.to_string(),
        "class": evaluation.class.name(),
        "severity": evaluation.severity.map(|severity| severity.name()),
        "windows": policy.windows.as_ref().map(|(heading, holding)| json!({
            "level": if *holding { "holding" } else { "advisory" },
            "clauses": words::clauses(case, &heading.clauses),
        })),
        "modes": evaluation.modes.iter().map(|(from, mode)| json!({
            "from": from.to_string(),
            "mode": mode.name(),
            "clauses": words::mode_clauses(case, *mode),
        })).collect::<Vec<_>>(),
        "anchors": {"disclosure": when(disclosure), "public_at": when(public_at), "released_at": when(released_at)},
        "duties": duties,
        "answers": answers,
        "findings": findings,
        "release_path": words::release_path(case, evaluation),
        "rotation": evaluation.rotation.as_ref().map(|rotation| json!({
            "expected": rotation.expected.map(|place| words::responder(case, place)),
            "next": rotation.next.map(|place| words::responder(case, place)),
            "owed": rotation.owed.iter().map(|place| words::responder(case, *place)).collect::<Vec<_>>(),
        })),
        "exposure": {
            "public": length(exposure.public),
            "exploited": length(exposure.exploited),
            "unmitigated": length(exposure.unmitigated),
            "awareness_lag": length(exposure.awareness_lag),
            "branches": branches,
            "bounds": {"public": bounds(exposure.public), "exploited": bounds(exposure.exploited), "unmitigated": bounds(exposure.unmitigated)},
        },
    })
}
