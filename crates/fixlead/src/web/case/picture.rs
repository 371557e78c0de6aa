//! The clocks of a case as a picture: one line a duty, from the report to its
//! due, what was done and when, and where now is. The table of duties says the
//! same in words.

use fixlead_app::case::board::Board;
use fixlead_core::plan::duties::State;
use fixlead_core::time::{Instant, Span, When, format_day};

use super::super::words;

/// Widths and heights, in units of the picture.
const LABELS: i64 = 190;
const WIDTH: i64 = 960;
const ROW: i64 = 22;
const TOP: i64 = 34;
/// Most lines; the table has the rest.
const MOST: usize = 40;

/// The picture.
pub struct Picture {
    /// Its height.
    pub height: i64,
    /// Its days.
    pub ticks: Vec<Tick>,
    /// Where now is.
    pub now: i64,
    /// Its lines.
    pub lines: Vec<Line>,
    /// Where users were exposed.
    pub exposed: Option<(i64, i64, i64)>,
    /// The whole in a sentence.
    pub sentence: String,
}

/// A mark of the axis.
pub struct Tick {
    /// Where.
    pub x: i64,
    /// Its day.
    pub day: String,
}

/// The line of a duty.
pub struct Line {
    /// Its baseline.
    pub y: i64,
    /// The duty.
    pub name: String,
    /// What it says, for whoever does not see it.
    pub said: String,
    /// Its colour.
    pub tone: &'static str,
    /// From where to where its clock runs.
    pub from: i64,
    /// Its end.
    pub to: i64,
    /// Where its due is.
    pub due: Option<i64>,
    /// Where it was done.
    pub done: Option<i64>,
}

/// The picture of a case; nothing where there are no clocks.
pub fn draw(board: &Board) -> Option<Picture> {
    let now = board.at;
    let first = board.anchors[0].map(When::first).or(board.view.about.as_ref().map(|about| about.opened))?;
    let shown: Vec<_> = board
        .duties
        .iter()
        .filter(|duty| duty.state != State::NotApplicable && (duty.due.is_some() || duty.done_at.is_some()))
        .collect();
    let ends = shown.iter().flat_map(|duty| [duty.due, duty.done_at]).flatten().map(When::last);
    let last =
        ends.max().unwrap_or(now).max(now).max(first + Span::days(1)).min(now.max(first) + Span::days(60));
    let whole = (last - first).millis().max(1);
    let room = WIDTH - LABELS - 12;
    let place = |at: Instant| {
        let along = (at - first).millis().clamp(0, whole);
        LABELS + i64::try_from(i128::from(along) * i128::from(room) / i128::from(whole)).unwrap_or(0)
    };
    let lines: Vec<Line> = shown
        .iter()
        .take(MOST)
        .zip(0_i64..)
        .map(|(duty, row)| {
            let due = duty.due.map(|due| place(due.first()));
            let done = duty.done_at.map(|done| place(done.first()));
            let name = match &duty.subject {
                Some(subject) => format!("{} · {subject}", words::name(&duty.id)),
                None => words::name(&duty.id),
            };
            let at = |when: Option<When>, word: &str| {
                when.map(|when| format!(", {word} {}", words::Moment::of(when, now).text)).unwrap_or_default()
            };
            let said = format!(
                "{name}: {}{}{}",
                words::state(duty.state),
                at(duty.due, "due"),
                at(duty.done_at, "done")
            );
            let to = done.or(due).unwrap_or_else(|| place(now));
            Line {
                y: TOP + row * ROW + 12,
                name: short(&name),
                said,
                tone: words::tone(duty.state),
                from: LABELS,
                to,
                due,
                done,
            }
        })
        .collect();
    let days = (whole / 86_400_000).max(1);
    let step = (days / 8).max(1);
    let ticks = (0..=days).step_by(usize::try_from(step).unwrap_or(1)).filter_map(|day| {
        let at = Instant::midnight(first.day() + day);
        (at >= first && at <= last).then(|| Tick { x: place(at), day: day_of(at) })
    });
    let height = TOP + i64::try_from(lines.len()).unwrap_or(0) * ROW + 30;
    let exposed = board.anchors[1]
        .zip(board.exposed)
        .map(|(public, length)| (place(public.first()), place(public.first() + length.most), height - 20));
    let open = shown.iter().filter(|duty| matches!(duty.state, State::Open | State::Held)).count();
    let late = shown.iter().filter(|duty| matches!(duty.state, State::Overdue | State::Missed)).count();
    Some(Picture {
        height,
        ticks: ticks.collect(),
        now: place(now),
        sentence: format!(
            "{} clocks since the report: {open} run, {late} have run out; the table below says the same.",
            shown.len()
        ),
        lines,
        exposed,
    })
}

fn day_of(at: Instant) -> String {
    format_day(at.day()).split_off(5)
}

fn short(name: &str) -> String {
    if name.chars().count() <= 30 {
        return name.to_owned();
    }
    let cut: String = name.chars().take(29).collect();
    format!("{cut}…")
}
