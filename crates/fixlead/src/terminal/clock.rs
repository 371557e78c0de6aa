//! Instants and spans in words, in UTC first and in the reader's zone beside it.

use fixlead_core::text::echo;
use fixlead_core::time::{Instant, Span, When};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The reader's clock: now, and the zone they live in.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Instant,
    zone: Option<(TimeZone, String)>,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Clock {
    /// A clock at an instant, with the zone of the system.
    pub fn at(now: Instant) -> Self {
        Clock { now, zone: named(TimeZone::system()) }
    }

    /// A clock at an instant, in a named zone such as `Europe/Berlin`.
    pub fn in_zone(now: Instant, name: &str) -> Result<Self, String> {
        let zone = TimeZone::get(name)
            .map_err(|_| format!("`{}` is not a time zone; write one like Europe/Berlin", echo(name)))?;
        Ok(Clock { now, zone: named(zone) })
    }

    /// `Thu 2027-01-14 22:30 UTC (23:30 Berlin)`; the date is left out when it
    /// is at most six days away.
    pub fn instant(&self, instant: Instant) -> String {
        let near = (instant.day() - self.now.day()).abs() <= 6;
        self.write(instant, near)
    }

    /// The same, always with its date.
    pub fn date_and_time(&self, instant: Instant) -> String {
        self.write(instant, false)
    }

    fn write(&self, instant: Instant, short: bool) -> String {
        let text = instant.to_string();
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        let time = time.trim_end_matches('Z');
        let time = time.strip_suffix(":00").unwrap_or(time);
        let day = DAYS[instant.weekday()];
        let utc = if short { format!("{day} {time} UTC") } else { format!("{day} {date} {time} UTC") };
        match &self.zone {
            Some((zone, name)) => match Timestamp::from_millisecond(instant.millis()) {
                Ok(stamp) => {
                    let there = stamp.to_zoned(zone.clone());
                    let day =
                        if i64::from(there.weekday().to_monday_zero_offset()) == instant.weekday() as i64 {
                            String::new()
                        } else {
                            format!("{} ", DAYS[there.weekday().to_monday_zero_offset() as usize])
                        };
                    format!("{utc} ({day}{:02}:{:02} {name})", there.hour(), there.minute())
                }
                Err(_) => utc,
            },
            None => utc,
        }
    }

    /// An instant or a day.
    pub fn when(&self, when: When) -> String {
        if when.is_exact() { self.instant(when.first()) } else { format!("some time on {when}") }
    }

    /// A due in words: `due in 3 h, Thu 16:00 UTC (17:00 Berlin)`.
    pub fn due(&self, due: When) -> String {
        let at = self.when(due);
        if due.last() >= self.now {
            format!("due in {}, {at}", span(due.last() - self.now))
        } else {
            format!("was due {} ago, {at}", span(self.now - due.last()))
        }
    }
}

/// The zone with the name of its city, unless it is UTC.
fn named(zone: TimeZone) -> Option<(TimeZone, String)> {
    let name = zone.iana_name()?.to_owned();
    if ["UTC", "Etc/UTC", "Etc/UCT", "Zulu", "Etc/Zulu", "GMT", "Etc/GMT"].contains(&name.as_str()) {
        return None;
    }
    let city = name.rsplit('/').next().unwrap_or(&name).replace('_', " ");
    Some((zone, city))
}

/// A span in words, to two units: `2 d 3 h`, `45 min`, `10 s`.
pub fn span(span: Span) -> String {
    let seconds = span.millis().unsigned_abs() / 1_000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in units {
        if rest >= size {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        } else if !parts.is_empty() {
            // Only neighbours go together: "2 d 5 s" helps nobody.
            break;
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).expect("an instant")
    }

    #[test]
    fn a_due_is_told_in_both_zones() {
        let clock = Clock::in_zone(at("2027-01-14T13:00:00Z"), "Europe/Berlin").expect("a zone");
        let due = When::at(at("2027-01-14T16:00:00Z"));
        assert_eq!(clock.due(due), "due in 3 h, Thu 16:00 UTC (17:00 Berlin)");
    }

    #[test]
    fn a_far_due_has_its_date_and_another_day_there_is_named() {
        let clock = Clock::in_zone(at("2027-01-01T00:00:00Z"), "Europe/Berlin").expect("a zone");
        let due = When::at(at("2027-01-14T23:30:00Z"));
        assert_eq!(clock.due(due), "due in 13 d 23 h, Thu 2027-01-14 23:30 UTC (Fri 00:30 Berlin)");
    }

    #[test]
    fn summer_time_is_that_of_the_instant() {
        let clock = Clock::in_zone(at("2027-03-27T12:00:00Z"), "Europe/Berlin").expect("a zone");
        assert_eq!(clock.instant(at("2027-03-28T16:00:00Z")), "Sun 16:00 UTC (18:00 Berlin)");
    }

    #[test]
    fn spans_have_two_neighbouring_units() {
        assert_eq!(span(Span::hours(51)), "2 d 3 h");
        assert_eq!(span(Span::minutes(45)), "45 min");
        assert_eq!(span(Span::from_millis(86_405_000)), "1 d");
        assert_eq!(span(Span::ZERO), "0 s");
    }
}
