//! A replay as people read it: picture, duties, answers, findings, exposure.

use std::io::{self, Write};

use fixlead_core::plan::duties::{Duty, State};
use fixlead_core::plan::exposure::Length;
use fixlead_core::plan::facts::Note;
use fixlead_core::plan::words;
use fixlead_core::policy::model::FindingKind;
use fixlead_core::replay::Replay;
use fixlead_core::time::{Instant, Span};

use super::clock::{self, Clock};
use super::lines::{self, Head, columns, elided, pad};
use super::picture::Scale;
use super::{Style, Tone, plain};

/// The widest that the picture itself gets, in columns.
const WIDEST_PICTURE: usize = 100;
/// The widest column of names; a longer one has a line of its own.
const WIDEST_NAME: usize = 28;
/// Where what belongs to a row begins below it.
const BELOW: usize = 18;

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
        lines::indented(out, style, 0, &plain(title), Some(Tone::Strong))?;
    }
    let overlays: String = policy.overlays.iter().map(|id| format!(" + {id}")).collect();
    let head = format!("{}{overlays} {} · {}", policy.id, policy.version, policy.title);
    lines::write(out, style, &Head::plain(""), 2, &head, None)?;
    let mut facts = vec![format!("class {}", evaluation.class.name())];
    facts.extend(evaluation.severity.map(|severity| format!("severity {}", severity.name())));
    facts.extend(words::release_path(case, evaluation).map(|path| format!("release {path}")));
    facts.extend(evaluation.modes.last().map(|(_, mode)| format!("mode {}", mode.name())));
    let seen = format!("{} · seen from {}", facts.join(" · "), clock.date_and_time(evaluation.at));
    lines::write(out, style, &Head::plain(""), 2, &seen, None)?;

    picture(out, replay, style)?;
    duties(out, replay, clock, style)?;
    answers(out, replay, clock, style)?;
    findings(out, replay, clock, style)?;
    exposure(out, replay, style)
}

fn answers(out: &mut impl Write, replay: &Replay<'_>, clock: &Clock, style: Style) -> io::Result<()> {
    if replay.answers.is_empty() {
        return Ok(());
    }
    let case = &replay.case.record;
    writeln!(out, "\n{}", style.paint(Tone::Strong, "Asked"))?;
    for (ask, answer) in &replay.answers {
        let (word, tone) = if answer.allowed { ("allow ", Tone::Good) } else { ("hold  ", Tone::Care) };
        let target = ask.release_at.map(|at| format!(" for {}", clock.date_and_time(at))).unwrap_or_default();
        let head = Head::plain("  ").and(style, tone, word).and(style, Tone::Plain, " ");
        let asked =
            format!("{} {}{target} at {}", plain(&ask.id), ask.action.name(), clock.date_and_time(ask.at));
        lines::write(out, style, &head, 11, &asked, None)?;
        let clauses = words::clauses(case, &answer.clauses).join(" ");
        let mut below = vec![format!("{}{}", prefixed(&clauses), words::answer(case, answer))];
        let earliest = answer.earliest.filter(|_| !answer.allowed);
        below.extend(earliest.map(|at| format!("earliest {}", clock.date_and_time(at))));
        below.extend(answer.proposed.map(|at| format!("proposed {}", clock.date_and_time(at))));
        let preferences = words::clauses(case, &answer.preferences);
        below.extend(preferences.iter().map(|clause| format!("{clause}: not the recommended instant")));
        for text in below {
            lines::write(out, style, &Head::plain("         "), 9, &text, None)?;
        }
    }
    Ok(())
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

/// How wide a column of names is: as the longest, if that leaves room.
fn column<'n>(names: impl Iterator<Item = &'n String>, style: Style) -> usize {
    let longest = names.map(|name| columns(name)).max().unwrap_or(0);
    longest.clamp(8, WIDEST_NAME.min(style.width() / 3))
}

fn picture(out: &mut impl Write, replay: &Replay<'_>, style: Style) -> io::Result<()> {
    let evaluation = &replay.evaluation;
    let events = &replay.case.record.events;
    let Some(first) = events.first() else { return Ok(()) };
    let last = evaluation.duties.iter().filter_map(|duty| duty.due).map(|due| due.first()).max();
    let to = last.unwrap_or(evaluation.at).max(evaluation.at).min(evaluation.at + Span::days(30));
    let shown: Vec<(String, &Duty)> = evaluation
        .duties
        .iter()
        .filter(|duty| duty.due.or(duty.reference_due).is_some())
        .map(|duty| (name(replay, duty), duty))
        .collect();
    let width = column(shown.iter().map(|(name, _)| name), style);
    let room = style.width().saturating_sub(width + 4).min(WIDEST_PICTURE);
    let scale = Scale::new(first.at.first(), to, room);
    // A name without its middle stands whole among the duties below.
    let mut line = |name: &str, tone: Tone, drawn: String| {
        let name = pad(&elided(name, width), width);
        writeln!(out, "{}", format!("  {name}  {}", style.paint(tone, drawn)).trim_end())
    };
    let [dates, ticks] = scale.axis();
    line("\n", Tone::Plain, String::new())?;
    line("", Tone::Plain, dates)?;
    line("", Tone::Plain, ticks)?;
    line("events", Tone::Quiet, scale.marks(events.iter().map(|event| event.at.first())))?;
    for (name, duty) in &shown {
        line(name, tone(duty.state), scale.duty(duty, evaluation.at))?;
    }
    if let (Some(public), Some(length)) = (evaluation.anchors[1], evaluation.exposure.public) {
        line("exposed", Tone::Bad, scale.stretch(public.first(), public.first() + length.most))?;
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
    let shown: Vec<(String, &Duty)> = evaluation
        .duties
        .iter()
        .filter(|duty| duty.state != State::NotApplicable)
        .map(|duty| (name(replay, duty), duty))
        .collect();
    let width = column(shown.iter().map(|(name, _)| name), style);
    for (name, duty) in &shown {
        let rule = &case.policy.duties[usize::from(duty.rule)];
        let clauses = words::clauses(case, &rule.heading.clauses).join(" ");
        let stand = format!("{} [{clauses}]", stand(duty, evaluation.at, clock));
        let head = Head::plain("  ").and(style, tone(duty.state), &format!("{:<13}", duty.state.name()));
        let head = head.and(style, Tone::Plain, " ");
        let row = format!("{}  {stand}", pad(name, width));
        if columns(name) <= width && head.columns() + columns(&row) <= style.width() {
            // Spaces between the columns are kept.
            writeln!(out, "{}{row}", head.printed())?;
        } else {
            lines::write(out, style, &head, BELOW, name, None)?;
            lines::indented(out, style, BELOW, &stand, None)?;
        }
        let because = words::because(case, duty);
        if !because.starts_with("no due") {
            lines::indented(out, style, BELOW, &because, Some(Tone::Quiet))?;
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
        let at = if finding.at.is_exact() {
            clock.date_and_time(finding.at.first())
        } else {
            clock.when(finding.at)
        };
        let mut head = Head::plain("  ").and(style, tone, &format!("{:<13} ", finding.kind.name()));
        let mut text = format!("{at}{}", subject.unwrap_or_default());
        if columns(clause) <= WIDEST_NAME {
            head = head.and(style, Tone::Plain, &format!("{clause:<12} "));
        } else {
            text = format!("{clause} {text}");
        }
        lines::write(out, style, &head, BELOW, &text, None)?;
        // What a rule says is not what happened.
        let is_rule = matches!(finding.note, Note::Check(_) | Note::Gate(_) | Note::Permission(_));
        let rule = if is_rule { "against: " } else { "" };
        let text = format!("{rule}{}", words::finding(case, finding));
        lines::indented(out, style, BELOW, &text, None)?;
    }
    let unset: Vec<String> = evaluation
        .findings
        .iter()
        .filter(|finding| is_unset(finding.kind))
        .filter_map(|finding| words::subject(case, finding.subject))
        .collect();
    if !unset.is_empty() {
        writeln!(out)?;
        let text = format!("Parameters without a value: {}", unset.join(", "));
        lines::write(out, style, &Head::plain(""), 2, &text, Some(Tone::Quiet))?;
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
    const LABEL: usize = 25;
    let exposure = &replay.evaluation.exposure;
    writeln!(out, "\n{}", style.paint(Tone::Strong, "How long users were exposed"))?;
    let mut line = |label: &str, length: &str| {
        let mut head = Head::plain(pad(label, LABEL));
        if columns(label) >= LABEL {
            lines::write(out, style, &Head::plain("    "), 6, label, None)?;
            head = Head::plain(" ".repeat(LABEL));
        }
        lines::write(out, style, &head, LABEL, length, None)
    };
    line("  to what is public", &length(exposure.public))?;
    if exposure.public.is_some() && exposure.branches.len() > 1 {
        for (branch, one) in &exposure.branches {
            let name = &replay.case.record.project.branches[usize::from(*branch)].name;
            line(&format!("    on {}", plain(name)), &length(*one))?;
        }
    }
    line("  to known exploitation", &length(exposure.exploited))?;
    line("  without a mitigation", &length(exposure.unmitigated))?;
    if exposure.awareness_lag.is_some() {
        line("  before we knew of it", &length(exposure.awareness_lag))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use fixlead_core::case::History;
    use fixlead_core::replay::{built_in_policy, replay};

    use super::*;

    #[test]
    fn a_replay_fits_into_any_width_with_letters_of_any_width() {
        let text = include_str!("../../../../examples/linux-dirty-pipe-2022.json");
        let long = "東京都港区芝公園".repeat(6);
        let history = History::parse(&text.replace("linux-5.16.y", &long)).unwrap();
        let policy = built_in_policy(&history.policy, &history.overlays, &history.parameters).unwrap();
        let replay = replay(&policy, &history, None);
        let clock = Clock::in_zone(replay.evaluation.at, "Asia/Kolkata").unwrap();
        for width in [40, 60, 80, 100, 200] {
            let mut out = Vec::new();
            write(&mut out, &replay, history.title.as_deref(), &clock, Style::plain(width)).unwrap();
            let out = String::from_utf8(out).unwrap();
            for line in out.lines() {
                assert!(columns(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end(), "{width}");
            }
            let whole: String = out.split_whitespace().collect();
            assert!(whole.contains(&format!("cherry-pick{long}")), "{out}");
        }
    }
}
