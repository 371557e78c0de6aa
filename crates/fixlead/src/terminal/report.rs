//! A replay as people read it: picture, duties, answers, findings, exposure.

use std::io::{self, Write};

use fixlead_core::plan::duties::{Duty, State};
use fixlead_core::plan::exposure::Length;
use fixlead_core::plan::words;
use fixlead_core::policy::model::FindingKind;
use fixlead_core::replay::Replay;
use fixlead_core::time::{Instant, Span};

use super::clock::{self, Clock};
use super::picture::Scale;
use super::{Style, Tone, plain};

/// How wide the picture is, in columns.
const COLUMNS: usize = 64;

/// Writes a replay for people.
///
/// # Errors
/// When the output cannot be written.
pub fn write(
    out: &mut impl Write,
    replay: &Replay<'_>,
    title: Option<&str>,
    clock: &Clock,
    style: Style,
) -> io::Result<()> {
    let (case, evaluation) = (&replay.case.record, &replay.evaluation);
    let policy = case.policy;
    if let Some(title) = title {
        writeln!(out, "{}", style.paint(Tone::Strong, plain(title)))?;
    }
    let overlays: String = policy.overlays.iter().map(|id| format!(" + {id}")).collect();
    writeln!(out, "{}{overlays} {} · {}", policy.id, policy.version, policy.title)?;
    let mut facts = vec![format!("class {}", evaluation.class.name())];
    facts.extend(evaluation.severity.map(|severity| format!("severity {}", severity.name())));
    facts.extend(words::release_path(case, evaluation).map(|path| format!("release {path}")));
    facts.extend(evaluation.modes.last().map(|(_, mode)| format!("mode {}", mode.name())));
    writeln!(out, "{} · seen from {}", facts.join(" · "), clock.date_and_time(evaluation.at))?;

    picture(out, replay, style)?;
    duties(out, replay, clock, style)?;

    if !replay.answers.is_empty() {
        writeln!(out, "\n{}", style.paint(Tone::Strong, "Asked"))?;
        for (ask, answer) in &replay.answers {
            let (word, tone) = if answer.allowed { ("allow", Tone::Good) } else { ("hold", Tone::Care) };
            let target =
                ask.release_at.map(|at| format!(" for {}", clock.date_and_time(at))).unwrap_or_default();
            writeln!(
                out,
                "  {:<6} {} {}{target} at {}",
                style.paint(tone, format!("{word:<6}")),
                plain(&ask.id),
                ask.action.name(),
                clock.date_and_time(ask.at)
            )?;
            let clauses = words::clauses(case, &answer.clauses).join(" ");
            writeln!(out, "         {}{}", prefixed(&clauses), words::answer(case, answer))?;
            if let Some(earliest) = answer.earliest.filter(|_| !answer.allowed) {
                writeln!(out, "         earliest {}", clock.date_and_time(earliest))?;
            }
            if let Some(proposed) = answer.proposed {
                writeln!(out, "         proposed {}", clock.date_and_time(proposed))?;
            }
            for clause in words::clauses(case, &answer.preferences) {
                writeln!(out, "         {clause}: not the recommended instant")?;
            }
        }
    }
    findings(out, replay, clock, style)?;
    exposure(out, replay, style)
}

/// The clauses in front of a sentence.
fn prefixed(clauses: &str) -> String {
    if clauses.is_empty() { String::new() } else { format!("{clauses}: ") }
}

/// What a duty is called: its id and its branch or channel.
fn name(replay: &Replay<'_>, duty: &Duty) -> String {
    let case = &replay.case.record;
    let id = &case.policy.duties[usize::from(duty.rule)].heading.id;
    match words::subject(case, duty.subject) {
        Some(subject) => format!("{id} {}", plain(&subject)),
        None => id.to_string(),
    }
}

fn picture(out: &mut impl Write, replay: &Replay<'_>, style: Style) -> io::Result<()> {
    let evaluation = &replay.evaluation;
    let events = &replay.case.record.events;
    let Some(first) = events.first() else { return Ok(()) };
    let last = evaluation.duties.iter().filter_map(|duty| duty.due).map(|due| due.first()).max();
    let to = last.unwrap_or(evaluation.at).max(evaluation.at).min(evaluation.at + Span::days(30));
    let scale = Scale::new(first.at.first(), to, COLUMNS);
    let [dates, ticks] = scale.axis();
    let shown: Vec<&Duty> =
        evaluation.duties.iter().filter(|duty| duty.due.or(duty.reference_due).is_some()).collect();
    let width = shown.iter().map(|duty| name(replay, duty).chars().count()).max().unwrap_or(6).max(8);
    writeln!(out, "\n  {:width$}  {dates}", "")?;
    writeln!(out, "  {:width$}  {ticks}", "")?;
    let marks = scale.marks(events.iter().map(|event| event.at.first()));
    writeln!(out, "  {:<width$}  {}", "events", style.paint(Tone::Quiet, marks))?;
    for duty in shown {
        let line = scale.duty(duty, evaluation.at);
        writeln!(out, "  {:<width$}  {}", name(replay, duty), style.paint(tone(duty.state), line))?;
    }
    if let (Some(public), Some(length)) = (evaluation.anchors[1], evaluation.exposure.public) {
        let line = scale.stretch(public.first(), public.first() + length.most);
        writeln!(out, "  {:<width$}  {}", "exposed", style.paint(Tone::Bad, line))?;
    }
    Ok(())
}

fn tone(state: State) -> Tone {
    match state {
        State::Met | State::Excused | State::Waived => Tone::Good,
        State::Late | State::Held | State::Indeterminate => Tone::Care,
        State::Overdue | State::Missed => Tone::Bad,
        State::Open => Tone::Strong,
        State::NotApplicable => Tone::Quiet,
    }
}

fn duties(out: &mut impl Write, replay: &Replay<'_>, clock: &Clock, style: Style) -> io::Result<()> {
    let (case, evaluation) = (&replay.case.record, &replay.evaluation);
    writeln!(out, "\n{}", style.paint(Tone::Strong, "Duties"))?;
    let shown = || evaluation.duties.iter().filter(|duty| duty.state != State::NotApplicable);
    let width = shown().map(|duty| name(replay, duty).chars().count()).max().unwrap_or(0);
    for duty in shown() {
        let rule = &case.policy.duties[usize::from(duty.rule)];
        let state = style.paint(tone(duty.state), format!("{:<13}", duty.state.name()));
        let clauses = words::clauses(case, &rule.heading.clauses).join(" ");
        writeln!(
            out,
            "  {state} {:<width$}  {}  [{clauses}]",
            name(replay, duty),
            stand(duty, evaluation.at, clock)
        )?;
        let because = words::because(case, duty);
        if !because.starts_with("no due") {
            writeln!(out, "  {:13} {:width$}  {}", "", "", style.paint(Tone::Quiet, because))?;
        }
    }
    Ok(())
}

/// How a duty stands, in words.
fn stand(duty: &Duty, now: Instant, clock: &Clock) -> String {
    let due = duty.due.or(duty.reference_due);
    match (duty.done_at, due) {
        (Some(done), Some(due)) => match due.since(done) {
            Some(margin) if margin >= Span::ZERO => {
                format!("done {}, {} in hand", clock.when(done), clock::span(margin))
            }
            Some(margin) => format!("done {}, {} late", clock.when(done), clock::span(margin)),
            None => format!("done {}, due {}", clock.when(done), clock.when(due)),
        },
        (Some(done), None) => format!("done {}", clock.when(done)),
        (None, Some(due)) if due.last() < now && duty.state == State::Missed => {
            format!("not done by {}", clock.when(due))
        }
        (None, Some(due)) => clock.due(due),
        (None, None) => "no due".to_owned(),
    }
}

fn findings(out: &mut impl Write, replay: &Replay<'_>, clock: &Clock, style: Style) -> io::Result<()> {
    let (case, evaluation) = (&replay.case.record, &replay.evaluation);
    let is_unset = |kind: FindingKind| kind == FindingKind::UnsetParameter;
    let found: Vec<_> = evaluation.findings.iter().filter(|finding| !is_unset(finding.kind)).collect();
    if !found.is_empty() {
        writeln!(out, "\n{}", style.paint(Tone::Strong, "Findings"))?;
    }
    for finding in found {
        let tone = match finding.kind {
            FindingKind::Violation | FindingKind::Strike | FindingKind::WrongChannel => Tone::Bad,
            _ => Tone::Care,
        };
        let clause = finding.clause.map(|clause| case.policy.clause(clause)).unwrap_or("–");
        let subject = words::subject(case, finding.subject).map(|subject| format!(" ({})", plain(&subject)));
        writeln!(
            out,
            "  {} {clause:<12} {}{}",
            style.paint(tone, format!("{:<13}", finding.kind.name())),
            if finding.at.is_exact() {
                clock.date_and_time(finding.at.first())
            } else {
                clock.when(finding.at)
            },
            subject.unwrap_or_default(),
        )?;
        writeln!(out, "  {:26} {}", "", words::finding(case, finding))?;
    }
    let unset: Vec<String> = evaluation
        .findings
        .iter()
        .filter(|finding| is_unset(finding.kind))
        .filter_map(|finding| words::subject(case, finding.subject))
        .collect();
    if !unset.is_empty() {
        writeln!(
            out,
            "\n{}",
            style.paint(Tone::Quiet, format!("Parameters without a value: {}", unset.join(", ")))
        )?;
    }
    Ok(())
}

/// A length of exposure in words.
fn length(length: Option<Length>) -> String {
    match length {
        None => "not begun".to_owned(),
        Some(length) => {
            let text = if length.least == length.most {
                clock::span(length.least)
            } else {
                format!(
                    "between {} and {} (only the day is known)",
                    clock::span(length.least),
                    clock::span(length.most)
                )
            };
            if length.running { format!("{text} and going on") } else { text }
        }
    }
}

fn exposure(out: &mut impl Write, replay: &Replay<'_>, style: Style) -> io::Result<()> {
    let exposure = &replay.evaluation.exposure;
    writeln!(out, "\n{}", style.paint(Tone::Strong, "How long users were exposed"))?;
    writeln!(out, "  to what is public      {}", length(exposure.public))?;
    writeln!(out, "  to known exploitation  {}", length(exposure.exploited))?;
    writeln!(out, "  without a mitigation   {}", length(exposure.unmitigated))?;
    if exposure.awareness_lag.is_some() {
        writeln!(out, "  before we knew of it   {}", length(exposure.awareness_lag))?;
    }
    if exposure.public.is_some() && exposure.branches.len() > 1 {
        for (branch, one) in &exposure.branches {
            let name = &replay.case.record.project.branches[usize::from(*branch)].name;
            writeln!(out, "    on {:<18} {}", plain(name), length(*one))?;
        }
    }
    Ok(())
}
