//! Instants, spans and days, all in UTC.
//!
//! An [`Instant`] counts milliseconds since 1970-01-01T00:00:00Z. A day is
//! exactly 24 hours and a week exactly 168, so local daylight saving never
//! moves a deadline. A [`When`] is an instant that may be known only to its
//! day: comparisons with it can be undecidable, and say so.

use std::fmt;
use std::num::NonZeroI64;
use std::ops::{Add, Sub};

use crate::text::echo;

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

    /// Reads a date and time of RFC 3339, section 5.6, with any offset; finer
    /// than a millisecond is refused.
    ///
    /// Two things that the section permits are refused. `t` and `z` in lower
    /// case, as it lets a format do. And a leap second: instants here are counted
    /// without leap seconds, so `23:59:60` has none of its own, and taking the
    /// second beside it would make one instant of two.
    ///
    /// # Errors
    /// The value, what is wrong with it, and what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let complain = |wrong: &str| Err(format!("`{}` {wrong}", echo(text)));
        let (day, millis, offset) = match read_date_time(text) {
            Ok(parts) => parts,
            Err(wrong) => return complain(wrong),
        };
        let instant = Instant(day * DAY + millis - offset * 60_000);
        if !(first_day(FIRST_YEAR)..first_day(LAST_YEAR + 1)).contains(&instant.day()) {
            return complain(&format!("lies outside the years {FIRST_YEAR} to {LAST_YEAR}"));
        }
        Ok(instant)
    }
}

/// The first of January of a year, counted from 1970-01-01.
fn first_day(year: i16) -> i64 {
    civil_day(year, 1, 1).unwrap_or(0)
}

/// A day of the calendar, counted from 1970-01-01, if there is such a day.
fn civil_day(year: i16, month: i8, day: i8) -> Option<i64> {
    let date = jiff::civil::Date::new(year, month, day).ok()?;
    let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_millisecond().div_euclid(DAY))
}

/// What an instant should look like.
const NO_INSTANT: &str = "is not an instant; write RFC 3339 in UTC like 2027-01-15T16:00:00Z";

/// The number that these digits are, and nothing but digits.
fn digits<T: std::str::FromStr>(text: Option<&str>, count: usize) -> Option<T> {
    let text = text.filter(|text| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

/// Day since 1970-01-01, milliseconds since midnight there, and how many
/// minutes it is there ahead of UTC.
fn read_date_time(text: &str) -> Result<(i64, i64, i64), &'static str> {
    let day = text.get(..10).and_then(read_date).ok_or(NO_INSTANT)?;
    match text.as_bytes().get(10) {
        Some(b'T') => {}
        Some(b't') => return Err("has a small t between date and time; write a capital T"),
        Some(b' ' | b'_') => {
            return Err("has no T between date and time; write it, like 2027-01-15T16:00:00Z");
        }
        None => return Err("is a day; write an instant in UTC like 2027-01-15T16:00:00Z"),
        Some(_) => return Err(NO_INSTANT),
    }
    let end = text.find(['Z', 'z', '+', '[']).or_else(|| text.rfind('-').filter(|place| *place > 10));
    let (clock, zone) = text.split_at(end.unwrap_or(text.len()));
    let clock = clock.get(11..).unwrap_or_default();
    let hour: i64 = digits(clock.get(..2), 2).ok_or(NO_INSTANT)?;
    let minute: i64 = match clock.get(2..3) {
        Some(":") => digits(clock.get(3..5), 2).ok_or(NO_INSTANT)?,
        _ => return Err(NO_INSTANT),
    };
    let second: i64 = match clock.get(5..6) {
        None => return Err("has no seconds; write them, like 2027-01-15T16:00:00Z"),
        Some(":") => digits(clock.get(6..8), 2).ok_or(NO_INSTANT)?,
        Some(_) => return Err(NO_INSTANT),
    };
    if hour > 23 || minute > 59 || second > 60 {
        return Err("names a time of day that there is not; hours go to 23, minutes and seconds to 59");
    }
    if second == 60 {
        return Err("is a leap second, which is not counted here; write the second before it or after it");
    }
    let millis = match clock.get(8..) {
        Some("") => 0,
        Some(fraction) => {
            let fraction = fraction.strip_prefix('.').filter(|fraction| !fraction.is_empty());
            let fraction = fraction.filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            let fraction = fraction.ok_or(NO_INSTANT)?.trim_end_matches('0');
            if fraction.len() > 3 {
                return Err("is finer than a millisecond; round it");
            }
            format!("{fraction:0<3}").parse().map_err(|_| NO_INSTANT)?
        }
        None => return Err(NO_INSTANT),
    };
    let offset = read_offset(zone)?;
    Ok((day, ((hour * 60 + minute) * 60 + second) * 1_000 + millis, offset))
}

/// `Z`, or how many minutes a place is ahead of UTC.
fn read_offset(zone: &str) -> Result<i64, &'static str> {
    match zone.as_bytes() {
        [b'Z'] => return Ok(0),
        [b'z'] => return Err("ends with a small z; write a capital Z"),
        [] => return Err("does not say for which offset from UTC; end it with Z for UTC"),
        _ if zone.contains('[') => return Err("names a time zone in brackets; leave it out"),
        _ => {}
    }
    let ahead = match zone.get(..1) {
        Some("+") => 1,
        Some("-") => -1,
        _ => return Err(NO_INSTANT),
    };
    let no_offset = "ends with no offset from UTC; write Z, or one like +01:00";
    let hours: i64 = digits(zone.get(1..3), 2).ok_or(no_offset)?;
    let minutes: i64 = digits(zone.get(4..), 2).filter(|_| zone.get(3..4) == Some(":")).ok_or(no_offset)?;
    if hours > 23 || minutes > 59 {
        return Err("has an offset from UTC that there is not; write Z, or one from -23:59 to +23:59");
    }
    Ok(ahead * (hours * 60 + minutes))
}

/// `2026-02-20` as a day counted from 1970-01-01.
fn read_date(text: &str) -> Option<i64> {
    if text.len() != 10 || text.get(4..5) != Some("-") || text.get(7..8) != Some("-") {
        return None;
    }
    civil_day(digits(text.get(..4), 4)?, digits(text.get(5..7), 2)?, digits(text.get(8..), 2)?)
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
                echo(text)
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
                .ok_or_else(|| format!("`{}` is longer than a hundred years", echo(text)))?;
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
        if read_date(text).is_some() {
            return parse_day(text).map(When::on_day);
        }
        Instant::parse(text).map(When::at).map_err(|complaint| match complaint.strip_suffix(NO_INSTANT) {
            Some(value) => {
                format!("{value}is neither an instant nor a date; write 2027-01-15T16:00:00Z or 2026-02-20")
            }
            None => complaint,
        })
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
///
/// # Errors
/// The value, what is wrong with it, and what to write.
pub fn parse_day(text: &str) -> Result<i64, String> {
    let day = read_date(text)
        .ok_or_else(|| format!("`{}` is not a date; write one like 2026-02-20", echo(text)))?;
    if !(first_day(FIRST_YEAR)..first_day(LAST_YEAR + 1)).contains(&day) {
        return Err(format!("`{}` lies outside the years {FIRST_YEAR} to {LAST_YEAR}", echo(text)));
    }
    Ok(day)
}

/// A day counted from 1970-01-01 as `2026-02-20`.
pub fn format_day(day: i64) -> String {
    When::on_day(day).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Instant::parse(text).map_or_else(|complaint| complaint, |instant| instant.to_string())
    }

    #[test]
    fn an_instant_is_what_rfc_3339_says() {
        for (text, instant) in [
            ("2027-01-15T16:00:00Z", "2027-01-15T16:00:00Z"),
            ("2027-01-15T16:00:00.120Z", "2027-01-15T16:00:00.12Z"),
            ("2027-01-15T16:00:00.123000000000000Z", "2027-01-15T16:00:00.123Z"),
            ("2027-01-15T16:00:00.5-05:30", "2027-01-15T21:30:00.5Z"),
            ("2027-01-15T00:00:00+23:59", "2027-01-14T00:01:00Z"),
            ("2027-01-15T00:00:00-23:59", "2027-01-15T23:59:00Z"),
            ("2027-01-15T00:00:00-00:00", "2027-01-15T00:00:00Z"),
            ("2028-02-29T23:59:59Z", "2028-02-29T23:59:59Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("9000-12-31T23:59:59.999Z", "9000-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(read(text), instant, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused_with_its_remedy() {
        for (text, wrong) in [
            ("2027-01-15T16:00:00+25:00", "one from -23:59 to +23:59"),
            ("2027-01-15T16:00:00+01:60", "one from -23:59 to +23:59"),
            ("2027-01-15T16:00:00+01", "one like +01:00"),
            ("2027-01-15T16:00:00+0100", "one like +01:00"),
            ("2027-01-15T16:00Z", "has no seconds"),
            ("2027-01-15T16:00+01:00", "has no seconds"),
            ("2027-01-15T16:00:00+09:00[Asia/Tokyo]", "names a time zone in brackets"),
            ("2027-01-15T16:00:00[Asia/Tokyo]", "names a time zone in brackets"),
            ("2027-01-15T16:00:00Z[UTC]", "names a time zone in brackets"),
            ("2027-01-15 16:00:00Z", "has no T"),
            ("2027-01-15t16:00:00Z", "a capital T"),
            ("2027-01-15T16:00:00z", "a capital Z"),
            ("2027-01-15T16:00:00", "end it with Z"),
            ("2027-01-15T23:59:60Z", "leap second"),
            ("2027-01-15T24:00:00Z", "hours go to 23"),
            ("2027-01-15T16:60:00Z", "seconds to 59"),
            ("2027-01-15T16:00:61Z", "seconds to 59"),
            ("2027-01-15T16:00:00.1234Z", "finer than a millisecond"),
            ("2027-01-15T16:00:00.Z", "is not an instant"),
            ("2027-01-15T16:00:00,5Z", "is not an instant"),
            ("2027-02-29T16:00:00Z", "is not an instant"),
            ("20270115T160000Z", "is not an instant"),
            ("2027-01-15", "is a day"),
            ("2027-01-15T", "is not an instant"),
            ("2027-01-15TZ", "is not an instant"),
            ("2027-01-15T16:00:00Z ", "is not an instant"),
            (" 2027-01-15T16:00:00Z", "is not an instant"),
            ("+002027-01-15T16:00:00Z", "is not an instant"),
            ("２027-01-15T16:00:00Z", "is not an instant"),
            ("2027-01-15T16:00:0０Z", "is not an instant"),
            ("1969-12-31T23:59:59Z", "outside the years 1970 to 9000"),
            ("1970-01-01T00:00:00+00:01", "outside the years 1970 to 9000"),
            ("9001-01-01T00:00:00Z", "outside the years 1970 to 9000"),
            ("", "is not an instant"),
        ] {
            let complaint = read(text);
            assert!(complaint.starts_with(&format!("`{text}` ")), "{complaint}");
            assert!(complaint.contains(wrong), "{complaint}");
        }
        let long = read(&format!("2027-01-15T16:00:00{}", "\u{202e}".repeat(10_000)));
        assert!(long.len() < 200 && !long.contains('\u{202e}'), "{long}");
    }

    #[test]
    fn an_instant_may_be_known_only_by_its_day() {
        let read = |text: &str| When::parse(text).map_or_else(|complaint| complaint, |when| when.to_string());
        assert_eq!(read("2026-02-20"), "2026-02-20");
        assert_eq!(read("2026-02-20T00:00:00+01:00"), "2026-02-19T23:00:00Z");
        let neither = "is neither an instant nor a date; write 2027-01-15T16:00:00Z or 2026-02-20";
        assert_eq!(read("yesterday"), format!("`yesterday` {neither}"));
        assert_eq!(read("2026-02-30"), format!("`2026-02-30` {neither}"));
        assert!(read("2026-02-20 10:00:00Z").contains("has no T"));
    }

    #[test]
    fn a_day_is_written_in_full() {
        assert_eq!(parse_day("2026-02-20").map(format_day), Ok("2026-02-20".to_owned()));
        for text in ["2026-2-20", "20260220", "2026-02-30", "2026-W08-5", "1969-12-31", "9001-01-01", ""] {
            assert!(parse_day(text).is_err(), "{text}");
        }
    }
}
