//! Instants, spans and days, all in UTC.
//!
//! An [`Instant`] counts milliseconds since 1970-01-01T00:00:00Z. A day is
//! exactly 24 hours and a week exactly 168, so local daylight saving never
//! moves a deadline. A [`When`] is an instant that may be known only to its
//! day: comparisons with it can be undecidable, and say so.

use std::fmt;
use std::num::NonZeroI64;
use std::ops::{Add, Sub};

use crate::text::short;

/// Milliseconds in a day.
pub const DAY: i64 = 86_400_000;

/// The earliest year that is accepted from outside.
pub const FIRST_YEAR: i16 = 1970;
/// The latest year that is accepted from outside; sums of accepted values
/// never overflow.
pub const LAST_YEAR: i16 = 9000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// A length of elapsed time in milliseconds; may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

/// An instant, or a UTC day within which the instant is unknown.
///
/// Cases keep and copy hundreds of these, most of them absent, so that one is
/// a single word: twice the milliseconds of its first instant, and one more
/// where only the day is known. The word is turned so that it is never zero,
/// and an absent one needs no room of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct When(NonZeroI64);

/// The answer to a comparison that may not be decidable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// A date-only event leaves it open.
    Unknown,
}

impl Truth {
    /// Yes or no from a plain condition.
    pub fn of(condition: bool) -> Self {
        if condition { Truth::Yes } else { Truth::No }
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Yes, Truth::Yes) => Truth::Yes,
            _ => Truth::Unknown,
        }
    }

    /// At least one holds.
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
            (Truth::No, Truth::No) => Truth::No,
            _ => Truth::Unknown,
        }
    }

    /// It does not hold.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
        }
    }

    /// Whether it certainly holds.
    pub fn is_yes(self) -> bool {
        self == Truth::Yes
    }

    /// Whether it certainly does not hold.
    pub fn is_no(self) -> bool {
        self == Truth::No
    }
}

impl Instant {
    /// The beginning of the epoch.
    pub const EPOCH: Instant = Instant(0);

    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Instant(millis)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Days since 1970-01-01.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// Time since midnight UTC.
    pub fn time_of_day(self) -> Span {
        Span(self.0.rem_euclid(DAY))
    }

    /// Midnight UTC of a day counted from 1970-01-01.
    pub fn midnight(day: i64) -> Self {
        Instant(day * DAY)
    }

    /// Day of the week, 0 = Monday … 6 = Sunday.
    pub fn weekday(self) -> usize {
        // 1970-01-01 was a Thursday.
        (self.day() + 3).rem_euclid(7) as usize
    }

    /// Reads RFC 3339 with any offset; finer than a millisecond is refused.
    pub fn parse(text: &str) -> Result<Self, String> {
        let stamp: jiff::Timestamp = text.parse().map_err(|_| {
            format!(
                "`{}` is not an instant; write RFC 3339 in UTC like 2027-01-15T16:00:00Z",
                short(text, 40)
            )
        })?;
        if stamp.subsec_nanosecond() % 1_000_000 != 0 {
            return Err(format!("`{}` is finer than a millisecond; round it", short(text, 40)));
        }
        let year = stamp.to_zoned(jiff::tz::TimeZone::UTC).year();
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return Err(format!("`{}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}", short(text, 40)));
        }
        Ok(Instant(stamp.as_millisecond()))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Span(millis)
    }

    /// From days of exactly 24 hours.
    pub const fn days(days: i64) -> Self {
        Span(days * DAY)
    }

    /// From hours.
    pub const fn hours(hours: i64) -> Self {
        Span(hours * 3_600_000)
    }

    /// From minutes.
    pub const fn minutes(minutes: i64) -> Self {
        Span(minutes * 60_000)
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads an ISO-8601 duration of weeks, days, hours, minutes and seconds
    /// (`P7D`, `PT24H`, `P1DT12H`); years and months have no fixed length and
    /// are refused.
    pub fn parse(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "`{}` is not a span; write an ISO-8601 duration of weeks, days, hours, minutes or seconds like P7D or PT24H",
                short(text, 40)
            )
        };
        let rest = text.strip_prefix('P').ok_or_else(bad)?;
        let mut total: i64 = 0;
        let mut digits = String::new();
        let mut in_time = false;
        let mut last_rank = 0;
        let mut parts = 0;
        for letter in rest.chars() {
            let (rank, unit) = match (in_time, letter) {
                (_, '0'..='9') => {
                    digits.push(letter);
                    continue;
                }
                (false, 'T') if digits.is_empty() => {
                    in_time = true;
                    parts = 0;
                    continue;
                }
                (false, 'W') => (1, 7 * DAY),
                (false, 'D') => (2, DAY),
                (true, 'H') => (3, 3_600_000),
                (true, 'M') => (4, 60_000),
                (true, 'S') => (5, 1_000),
                _ => return Err(bad()),
            };
            let count: i64 = digits.parse().map_err(|_| bad())?;
            if rank <= last_rank {
                return Err(bad());
            }
            last_rank = rank;
            digits.clear();
            parts += 1;
            total = count
                .checked_mul(unit)
                .and_then(|part| total.checked_add(part))
                .filter(|sum| *sum <= 100 * 366 * DAY)
                .ok_or_else(|| format!("`{}` is longer than a hundred years", short(text, 40)))?;
        }
        if parts == 0 || !digits.is_empty() {
            return Err(bad());
        }
        Ok(Span(total))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return write!(f, "PT0S");
        }
        let rest = self.0.unsigned_abs();
        if self.0 < 0 {
            write!(f, "-")?;
        }
        let (days, rest) = (rest / DAY as u64, rest % DAY as u64);
        let (hours, rest) = (rest / 3_600_000, rest % 3_600_000);
        let (minutes, rest) = (rest / 60_000, rest % 60_000);
        let (seconds, millis) = (rest / 1_000, rest % 1_000);
        write!(f, "P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if hours + minutes + seconds + millis > 0 {
            write!(f, "T")?;
        }
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        match (seconds, millis) {
            (0, 0) => Ok(()),
            (_, 0) => write!(f, "{seconds}S"),
            _ => write!(f, "{seconds}.{millis:03}S"),
        }
    }
}

impl Add<Span> for Instant {
    type Output = Instant;
    fn add(self, span: Span) -> Instant {
        Instant(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Instant {
    type Output = Instant;
    fn sub(self, span: Span) -> Instant {
        Instant(self.0.saturating_sub(span.0))
    }
}

impl Sub<Instant> for Instant {
    type Output = Span;
    fn sub(self, other: Instant) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl When {
    /// A known instant.
    pub const fn at(instant: Instant) -> Self {
        When::new(instant, false)
    }

    const fn new(first: Instant, day: bool) -> Self {
        // Instants that could not be doubled lie 146 million years away.
        let most = i64::MAX / 2 - 1;
        let millis = if first.0 > most {
            most
        } else if first.0 < -most {
            -most
        } else {
            first.0
        };
        match NonZeroI64::new((millis << 1 | day as i64) ^ i64::MIN) {
            Some(word) => When(word),
            None => When(NonZeroI64::MIN),
        }
    }

    /// Some instant of a UTC day, counted from 1970-01-01.
    pub fn on_day(day: i64) -> Self {
        When::new(Instant::midnight(day), true)
    }

    /// Reads an instant, or a bare date like `2026-02-20`.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() <= 10 {
            return parse_day(text).map(When::on_day);
        }
        Instant::parse(text).map(When::at)
    }

    /// The first instant it can be; the one it is placed at in a timeline.
    pub const fn first(self) -> Instant {
        Instant((self.0.get() ^ i64::MIN) >> 1)
    }

    /// The last instant it can be.
    pub fn last(self) -> Instant {
        if self.is_exact() { self.first() } else { Instant(self.first().0 + DAY - 1_000) }
    }

    /// Whether the instant is known.
    pub const fn is_exact(self) -> bool {
        self.0.get() & 1 == 0
    }

    /// Whether it lies at or before the other.
    pub fn at_or_before(self, other: When) -> Truth {
        if self.last() <= other.first() {
            Truth::Yes
        } else if self.first() > other.last() {
            Truth::No
        } else {
            Truth::Unknown
        }
    }

    /// Whether it lies before the other.
    pub fn before(self, other: When) -> Truth {
        other.at_or_before(self).negate()
    }

    /// The exact difference, where both are exact.
    pub fn since(self, earlier: When) -> Option<Span> {
        (self.is_exact() && earlier.is_exact()).then(|| self.first() - earlier.first())
    }
}

impl Add<Span> for When {
    type Output = When;
    fn add(self, span: Span) -> When {
        When::new(self.first() + span, !self.is_exact())
    }
}

impl Sub<Span> for When {
    type Output = When;
    fn sub(self, span: Span) -> When {
        When::new(self.first() - span, !self.is_exact())
    }
}

impl From<Instant> for When {
    fn from(instant: Instant) -> When {
        When::at(instant)
    }
}

impl fmt::Debug for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_exact() {
            return self.first().fmt(f);
        }
        let text = self.first().to_string();
        f.write_str(text.get(..10).unwrap_or(&text))
    }
}

/// Reads a bare date as days since 1970-01-01.
pub fn parse_day(text: &str) -> Result<i64, String> {
    let date: jiff::civil::Date = text
        .parse()
        .ok()
        .filter(|_| text.len() == 10)
        .ok_or_else(|| format!("`{}` is not a date; write one like 2026-02-20", short(text, 40)))?;
    if !(FIRST_YEAR..=LAST_YEAR).contains(&date.year()) {
        return Err(format!("`{}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}", short(text, 40)));
    }
    let zoned =
        date.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| format!("`{}` is not a date", short(text, 40)))?;
    Ok(zoned.timestamp().as_millisecond().div_euclid(DAY))
}

/// A day counted from 1970-01-01 as `2026-02-20`.
pub fn format_day(day: i64) -> String {
    When::on_day(day).to_string()
}
