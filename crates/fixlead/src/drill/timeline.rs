//! The timeline of a rehearsal: told while it runs, and kept for the files.

use std::io::{self, Write};

use fixlead_core::time::{Instant, Span};

use super::answer::{Answer, Duty, Finding, Verdict};
use super::clock::{day, hour, until, words};
use super::wrap;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody did something.
    Act,
    /// The outside world did something.
    Inject,
    /// A clock was started, moved or met.
    Clock,
    /// The engine holds an action.
    Hold,
    /// The engine noticed something.
    Finding,
    /// Somebody was kept from a step.
    Delay,
}

/// A line of the timeline.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// What it is about.
    pub kind: Kind,
    /// The words, several lines at times.
    pub text: String,
}

/// Where lines are shown while they come.
pub struct Screen<'a> {
    sink: Option<&'a mut dyn Write>,
    colour: bool,
}

impl<'a> Screen<'a> {
    /// Shows lines on `sink`, in colour if asked.
    pub fn on(sink: &'a mut dyn Write, colour: bool) -> Self {
        Screen { sink: Some(sink), colour }
    }

    /// Shows nothing.
    pub fn off() -> Self {
        Screen { sink: None, colour: false }
    }

    /// Shows a line; a reader that went away ends the showing, not the drill.
    pub fn show(&mut self, line: &str) -> Result<(), String> {
        let Some(sink) = &mut self.sink else {
            return Ok(());
        };
        match writeln!(sink, "{line}").and_then(|()| sink.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.sink = None;
                Ok(())
            }
            Err(error) => Err(format!("cannot write to the terminal: {error}")),
        }
    }
}

/// The timeline.
pub struct Timeline<'a> {
    screen: Screen<'a>,
    entries: Vec<Entry>,
    last: Option<Instant>,
    seen_duties: Vec<Duty>,
    seen_findings: Vec<Finding>,
    seen_mode: String,
    told_parameters: bool,
    lines: String,
}

/// The widest line.
pub const WIDTH: usize = 80;
/// Width of `  16:00 UTC` and the gap after it.
const MARGIN: usize = 13;
/// Width of `finding` and the gap after it.
const WORD: usize = 9;

impl<'a> Timeline<'a> {
    /// An empty timeline that is shown on a screen.
    pub fn begin(screen: Screen<'a>) -> Self {
        Timeline {
            screen,
            entries: Vec::new(),
            last: None,
            seen_duties: Vec::new(),
            seen_findings: Vec::new(),
            seen_mode: String::new(),
            told_parameters: false,
            lines: String::new(),
        }
    }

    /// Everything so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The timeline as plain text.
    pub fn plain(&self) -> &str {
        &self.lines
    }

    /// Lines outside of time: a heading or the summary. Lines that hang begin
    /// two columns further in.
    pub fn heading(&mut self, text: &str) -> Result<(), String> {
        for line in text.split('\n') {
            let inside = line.len() - line.trim_start_matches(' ').len();
            for line in wrap::broken(line, WIDTH, &" ".repeat(inside + 2)) {
                self.lines.push_str(&line);
                self.lines.push('\n');
                self.screen.show(&line)?;
            }
        }
        Ok(())
    }

    /// Somebody did something.
    pub fn act(&mut self, at: Instant, who: &str, text: &str) -> Result<(), String> {
        self.tell(at, Kind::Act, &format!("{who} {text}"))
    }

    /// Something that was planned for the rehearsal happens.
    pub fn inject(&mut self, at: Instant, text: &str) -> Result<(), String> {
        self.tell(at, Kind::Inject, text)
    }

    /// Somebody was kept from what comes next.
    pub fn delay(&mut self, at: Instant, text: &str) -> Result<(), String> {
        self.tell(at, Kind::Delay, text)
    }

    /// A question was answered with no.
    pub fn hold(&mut self, at: Instant, action: &str, verdict: &Verdict) -> Result<(), String> {
        let mut text = format!("{action}: {}", verdict.because);
        if let Some(earliest) = verdict.earliest {
            text.push_str(&format!("; earliest {}", until(at, earliest)));
        }
        text.push_str(&cite(&verdict.clauses));
        self.tell(at, Kind::Hold, &text)
    }

    /// Adds an entry and shows it: the day when it is a new one, the hour when
    /// it is, and the text beside it.
    pub fn tell(&mut self, at: Instant, kind: Kind, text: &str) -> Result<(), String> {
        let (word, colour) = match kind {
            Kind::Act => ("", ""),
            Kind::Inject => ("INJECT", "\x1b[1;35m"),
            Kind::Clock => ("clock", "\x1b[2m"),
            Kind::Hold => ("HOLD", "\x1b[1;33m"),
            Kind::Delay => ("delay", "\x1b[33m"),
            Kind::Finding => ("finding", "\x1b[31m"),
        };
        if self.last.is_none_or(|last| last.day() != at.day()) {
            self.heading(&format!("\n{}", day(at)))?;
        }
        let hour = if self.last == Some(at) { String::new() } else { format!("  {} UTC", hour(at)) };
        self.last = Some(at);
        let width = if word.is_empty() { 0 } else { WORD };
        let colour = if self.screen.colour && !colour.is_empty() { colour } else { "" };
        let end = if colour.is_empty() { "" } else { "\x1b[0m" };
        for (place, line) in wrap::broken(text, WIDTH - MARGIN - width, "").iter().enumerate() {
            let (hour, word) = if place == 0 { (hour.as_str(), word) } else { ("", "") };
            let head = format!("{hour:MARGIN$}");
            let body = format!("{word:width$}{line}");
            self.lines.push_str(&format!("{head}{body}\n"));
            self.screen.show(&format!("{head}{colour}{body}{end}"))?;
        }
        self.entries.push(Entry { at, kind, text: text.to_owned() });
        Ok(())
    }

    /// Tells what changed in the engine's answer: clocks that started, moved
    /// or were met, the mode, and new findings.
    pub fn compare(&mut self, now: Instant, answer: &Answer) -> Result<(), String> {
        let mode = answer.mode();
        if !mode.is_empty() && mode != self.seen_mode {
            if !self.seen_mode.is_empty() {
                self.tell(now, Kind::Clock, &format!("the case is now in mode {mode}"))?;
            }
            self.seen_mode = mode;
        }
        let duties = answer.duties();
        let mut started: Vec<(Instant, Vec<&Duty>)> = Vec::new();
        for duty in &duties {
            let before =
                self.seen_duties.iter().find(|seen| seen.id == duty.id && seen.subject == duty.subject);
            if duty.is_undone() {
                let Some(due) = duty.due.filter(|_| duty.state != "overdue") else {
                    continue;
                };
                if before.is_none_or(|before| before.due != duty.due || !before.is_undone()) {
                    match started.iter_mut().find(|(instant, _)| *instant == due) {
                        Some((_, group)) => group.push(duty),
                        None => started.push((due, vec![duty])),
                    }
                }
            }
        }
        for (due, group) in started {
            let names: Vec<_> = group.iter().map(|duty| duty.label()).collect();
            let mut clauses: Vec<String> = Vec::new();
            for clause in group.iter().flat_map(|duty| &duty.clauses) {
                if !clauses.contains(clause) {
                    clauses.push(clause.clone());
                }
            }
            let due = if due < now {
                format!("was due {}", until(now, due))
            } else {
                format!("due {}", until(now, due))
            };
            let text = format!("{}: {due}{}", names.join(", "), cite(&clauses));
            self.tell(now, Kind::Clock, &text)?;
        }
        let seen = std::mem::take(&mut self.seen_duties);
        for duty in &duties {
            let before = seen.iter().find(|seen| seen.id == duty.id && seen.subject == duty.subject);
            if before.is_some_and(|before| before.state != duty.state)
                && let Some(text) = outcome(duty)
            {
                self.tell(now, Kind::Clock, &text)?;
            }
        }
        self.seen_duties = duties;
        let (open, findings): (Vec<Finding>, Vec<Finding>) =
            answer.findings().into_iter().partition(|finding| finding.kind == "unset-parameter");
        if !open.is_empty() && !self.told_parameters {
            self.told_parameters = true;
            let text = match open.len() {
                1 => "the policy leaves 1 parameter open; replay.json names it".to_owned(),
                many => format!("the policy leaves {many} parameters open; replay.json names them"),
            };
            self.tell(now, Kind::Finding, &text)?;
        }
        for finding in findings {
            if !self.seen_findings.contains(&finding) {
                let clause = finding.clause.iter().cloned().collect::<Vec<_>>();
                let text = format!("{}: {}{}", finding.kind, finding.text, cite(&clause));
                self.tell(now, Kind::Finding, &text)?;
                self.seen_findings.push(finding);
            }
        }
        Ok(())
    }
}

/// How a duty ended, in words; none while it runs.
pub fn outcome(duty: &Duty) -> Option<String> {
    let label = duty.label();
    let margin = duty.margin.as_deref().map(|text| text.trim_start_matches('-'));
    let margin = margin.and_then(|text| Span::parse(text).ok()).map(words);
    let clauses = cite(&duty.clauses);
    match (duty.state.as_str(), margin) {
        ("met", Some(margin)) => Some(format!("{label} met, {margin} to spare{clauses}")),
        ("late", Some(margin)) => Some(format!("{label} done, {margin} late{clauses}")),
        ("late", None) => Some(format!("{label} done late{clauses}")),
        ("overdue", _) => Some(format!("{label} is overdue{clauses}")),
        ("missed", _) => Some(format!("{label} was missed{clauses}")),
        ("excused", _) => {
            let excuse = duty.excuse.as_deref().unwrap_or("a reason the policy accepts");
            Some(format!("{label} shortened: {excuse}{clauses}"))
        }
        _ => None,
    }
}

/// ` [OT-23, OT-24]`, or nothing.
pub fn cite(clauses: &[String]) -> String {
    if clauses.is_empty() { String::new() } else { format!(" [{}]", clauses.join(", ")) }
}
