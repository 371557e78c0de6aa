//! The timeline of a case as a picture made of letters.
//!
//! One line a duty: `━` from its anchor, `●` done, `─` on to its due `┤`,
//! `✗` missed. A line of ticks dates it, a line of `▒` shows exposure.

use fixlead_core::plan::duties::{Because, Duty, State};
use fixlead_core::time::{DAY, Instant, Span, When};

/// A stretch of time drawn over so many columns.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    from: Instant,
    to: Instant,
    columns: usize,
}

impl Scale {
    /// A scale from one instant to another.
    pub fn new(from: Instant, to: Instant, columns: usize) -> Self {
        let to = if to - from < Span::minutes(1) { from + Span::minutes(1) } else { to };
        Scale { from, to, columns: columns.max(20) }
    }

    /// The column of an instant; what lies outside is at the edge.
    fn column(&self, at: Instant) -> usize {
        let whole = (self.to - self.from).millis() as i128;
        let part = (at - self.from).millis().clamp(0, (self.to - self.from).millis()) as i128;
        ((part * (self.columns as i128 - 1) + whole / 2) / whole) as usize
    }

    /// Dates above, ticks below them.
    pub fn axis(&self) -> [String; 2] {
        let mut dates = vec![' '; self.columns];
        let mut ticks = vec!['─'; self.columns];
        let days = ((self.to - self.from).millis() / DAY).max(1);
        // As many dates as fit with a space between them.
        let step = (days * 8 / self.columns as i64).max(1)
            + i64::from(days * 8 % self.columns as i64 != 0 && days > 1);
        let first = self.from.day() + i64::from(self.from.time_of_day() > Span::ZERO);
        let mut free = 0;
        for day in (first..=self.to.day()).filter(|day| (day - first) % step == 0) {
            let column = self.column(Instant::midnight(day));
            let label = Instant::midnight(day).to_string();
            let label = label.get(5..10).unwrap_or_default();
            if column < free || column + label.len() > self.columns {
                continue;
            }
            for (offset, letter) in label.chars().enumerate() {
                dates[column + offset] = letter;
            }
            ticks[column] = '┬';
            free = column + label.len() + 1;
        }
        [dates.into_iter().collect::<String>().trim_end().to_owned(), ticks.into_iter().collect()]
    }

    /// The line of a duty.
    pub fn duty(&self, duty: &Duty, now: Instant) -> String {
        let mut line = vec![' '; self.columns];
        let from = match duty.because {
            Because::Window(anchor) if duty.due.is_some_and(|due| due.first() >= anchor.first()) => {
                Some(anchor)
            }
            Because::Elapsed(anchor) => anchor,
            Because::Asap(since, anchor) => anchor.or(Some(since)),
            Because::Moved { at, .. } => Some(at),
            _ => None,
        };
        let due = duty.due.or(duty.reference_due);
        let end = duty.done_at.map_or(now, When::first);
        let start =
            from.map(When::first).or(duty.done_at.map(When::first)).or(due.map(|due| due.first().min(end)));
        if let Some(start) = start {
            draw(&mut line, self.column(start), self.column(end), '━');
        }
        if let Some(due) = due {
            if due.first() > end {
                draw(&mut line, self.column(end), self.column(due.first()), '─');
            }
            line[self.column(due.first())] = '┤';
        }
        match (duty.state, duty.done_at) {
            (State::Missed, _) => line[self.column(due.map_or(now, |due| due.first()))] = '✗',
            (_, Some(done)) => line[self.column(done.first())] = '●',
            (State::Overdue, None) => line[self.column(now)] = '!',
            _ => {}
        }
        line.into_iter().collect::<String>().trim_end().to_owned()
    }

    /// A stretch of exposure.
    pub fn stretch(&self, from: Instant, to: Instant) -> String {
        let mut line = vec![' '; self.columns];
        draw(&mut line, self.column(from), self.column(to), '▒');
        line.into_iter().collect::<String>().trim_end().to_owned()
    }

    /// Marks of events: how many fall on each column.
    pub fn marks(&self, instants: impl Iterator<Item = Instant>) -> String {
        let mut counts = vec![0_usize; self.columns];
        for at in instants {
            counts[self.column(at)] += 1;
        }
        let mark = |count: &usize| match count {
            0 => ' ',
            1 => '·',
            2..=9 => char::from_digit(*count as u32, 10).unwrap_or('+'),
            _ => '+',
        };
        counts.iter().map(mark).collect::<String>().trim_end().to_owned()
    }
}

fn draw(line: &mut [char], from: usize, to: usize, with: char) {
    let (from, to) = (from.min(to), from.max(to));
    for cell in &mut line[from..=to] {
        *cell = with;
    }
}
