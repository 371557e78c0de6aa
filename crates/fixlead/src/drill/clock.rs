//! Time and chance in a rehearsal: a clock that only moves when somebody acts,
//! and dice that fall the same way for the same seed.

use fixlead_core::time::{Instant, Span};

/// The simulated clock. It never moves backwards, and two acts never share an
/// instant unless they are meant to, so that a question is always put before
/// the act it is about.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Instant,
}

impl Clock {
    /// A clock that stands at `start`.
    pub fn starting(start: Instant) -> Self {
        Clock { now: start }
    }

    /// What the clock shows.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Moves to `instant`, or by one minute if that has passed.
    pub fn advance_to(&mut self, instant: Instant) {
        self.now = instant.max(self.now + Span::minutes(1));
    }

    /// Moves by some minutes.
    pub fn pass_minutes(&mut self, minutes: i64) {
        self.now = self.now + Span::minutes(minutes.max(1));
    }
}

/// A small generator of pseudo-random numbers (splitmix64). Good enough to
/// vary a story; never to be used for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of their own for one topic, so that a throw more in one part of
    /// the story does not change the others.
    pub fn new(seed: u64, topic: &str) -> Self {
        let mut state = seed ^ 0x51ed_270b_9f1c_4a37;
        for byte in topic.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut dice = Dice(state);
        dice.next();
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = (high - low).max(0).unsigned_abs() + 1;
        low + i64::try_from(self.next() % width).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// A place in a list of `length`.
    pub fn place(&mut self, length: usize) -> usize {
        let last = i64::try_from(length).unwrap_or(1).max(1) - 1;
        usize::try_from(self.between(0, last)).unwrap_or(0)
    }

    /// The list in another order.
    pub fn shuffled<T: Clone>(&mut self, list: &[T]) -> Vec<T> {
        let mut rest = list.to_vec();
        let mut order = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            order.push(rest.remove(self.place(rest.len())));
        }
        order
    }
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn weekday(instant: Instant) -> &'static str {
    WEEKDAYS.get(instant.weekday()).copied().unwrap_or("")
}

/// `Thu 2027-03-04 16:00 UTC`.
pub fn stamp(instant: Instant) -> String {
    format!("{} {} UTC", day(instant), hour(instant))
}

/// `Thu 2027-03-04`, in UTC.
pub fn day(instant: Instant) -> String {
    let text = instant.to_string();
    format!("{} {}", weekday(instant), text.get(..10).unwrap_or(&text))
}

/// `16:00`.
pub fn hour(instant: Instant) -> String {
    let text = instant.to_string();
    text.get(11..16).unwrap_or("").to_owned()
}

/// A span in words: `3 h`, `2 d 4 h`, `25 min`.
pub fn words(span: Span) -> String {
    let minutes = span.millis().abs() / 60_000;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) if span == Span::ZERO => "no time".to_owned(),
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, m) => format!("{m} min"),
        (0, h, 0) => format!("{h} h"),
        (0, h, m) => format!("{h} h {m} min"),
        (d, 0, _) => format!("{d} d"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}

/// How far off an instant is: `in 3 h, Thu 16:00 UTC`; the date stands there
/// when it is more than six days away.
pub fn until(now: Instant, then: Instant) -> String {
    let place = if (then - now).millis().abs() < Span::days(6).millis() {
        format!("{} {} UTC", weekday(then), hour(then))
    } else {
        stamp(then)
    };
    if then >= now {
        format!("in {}, {place}", words(then - now))
    } else {
        format!("{} ago, {place}", words(now - then))
    }
}

/// An instant that something is planned for, and how far off it is:
/// `Thu 2027-03-04 16:00 UTC (in 3 h)`.
pub fn on(now: Instant, then: Instant) -> String {
    format!("{} (in {})", stamp(then), words(then - now))
}

/// The seconds since 1970-01-01T00:00:00Z, as git and mail headers want them.
pub fn unix_seconds(instant: Instant) -> i64 {
    instant.millis().div_euclid(1000)
}

/// Rounds up to the next full hour.
pub fn next_hour(instant: Instant) -> Instant {
    let past = instant.time_of_day().millis() % 3_600_000;
    if past == 0 { instant } else { instant + Span::from_millis(3_600_000 - past) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn the_clock_never_stands_still() {
        let mut clock = Clock::starting(at("2027-03-04T16:00:00Z"));
        clock.advance_to(at("2027-03-04T15:00:00Z"));
        assert_eq!(clock.now(), at("2027-03-04T16:01:00Z"));
        clock.advance_to(at("2027-03-05T09:00:00Z"));
        assert_eq!(clock.now(), at("2027-03-05T09:00:00Z"));
    }

    #[test]
    fn the_same_seed_throws_the_same() {
        let throw = |seed| {
            let mut dice = Dice::new(seed, "people");
            (0..20).map(|_| dice.between(1, 6)).collect::<Vec<_>>()
        };
        assert_eq!(throw(7), throw(7));
        assert_ne!(throw(7), throw(8));
        assert!(throw(7).iter().all(|eyes| (1..=6).contains(eyes)));
    }

    #[test]
    fn instants_are_told_with_their_zone() {
        let now = at("2027-03-04T13:00:00Z");
        assert_eq!(stamp(now), "Thu 2027-03-04 13:00 UTC");
        assert_eq!(until(now, at("2027-03-04T16:00:00Z")), "in 3 h, Thu 16:00 UTC");
        assert_eq!(until(now, at("2027-03-14T16:00:00Z")), "in 10 d 3 h, Sun 2027-03-14 16:00 UTC");
        assert_eq!(until(now, at("2027-03-04T12:35:00Z")), "25 min ago, Thu 12:35 UTC");
        assert_eq!(on(now, at("2027-03-04T16:00:00Z")), "Thu 2027-03-04 16:00 UTC (in 3 h)");
        assert_eq!(next_hour(at("2027-03-04T13:01:00Z")), at("2027-03-04T14:00:00Z"));
    }
}
