//! The clock that the desk is given: the system's, as long as that runs evenly.
//!
//! A clock on the wall can be set wrong, by a person, by a time service that was
//! lied to, or by a machine that wakes up. A desk that followed would remind
//! people too early, let embargoes run out, and forget who is signed in. So the
//! wall is compared with the time that has passed since the last look. When it
//! has jumped, time goes on from where it was, and the desk says that it is not
//! well until the wall is right again or somebody has looked and started anew.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fixlead_core::time::{Instant, Span};
use fixlead_store::Clock;
use tracing::{error, info};

use super::world;

/// How far the wall may be off between two looks: what a time service corrects
/// at a time, and no leap of people's plans.
const MOST_STEP: Span = Span::from_millis(2_000);
/// How far the clocks of a node and of its database may be apart.
pub const MOST_APART: Span = Span::from_millis(60_000);

/// The wall, watched.
#[derive(Debug, Default)]
pub struct WatchedClock {
    state: Mutex<Option<State>>,
}

/// What was seen when the wall was last believed.
#[derive(Clone, Copy, Debug)]
struct State {
    wall: Instant,
    ticks: Duration,
    /// By how much the wall is off, if it is.
    jumped: Option<Span>,
}

/// A change worth a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    Jumped(Span),
    Right,
}

impl State {
    /// The instant to go by when the wall says `wall`, `ticks` after the start.
    fn look(&mut self, wall: Instant, ticks: Duration) -> (Instant, Option<News>) {
        let passed = i64::try_from(ticks.saturating_sub(self.ticks).as_millis()).unwrap_or(i64::MAX);
        let expected = self.wall + Span::from_millis(passed);
        let off = wall - expected;
        if off.millis().abs() <= MOST_STEP.millis() {
            let news = self.jumped.take().map(|_| News::Right);
            (self.wall, self.ticks) = (wall, ticks);
            return (wall, news);
        }
        let news = self.jumped.is_none().then_some(News::Jumped(off));
        self.jumped = Some(off);
        (expected, news)
    }
}

impl WatchedClock {
    /// By how much the wall has jumped, if it has.
    pub fn jumped(&self) -> Option<Span> {
        self.now();
        self.state.lock().unwrap_or_else(PoisonError::into_inner).and_then(|state| state.jumped)
    }
}

impl Clock for WatchedClock {
    fn now(&self) -> Instant {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (wall, ticks) = (world::now(), world::ticks());
        let known = state.get_or_insert(State { wall, ticks, jumped: None });
        let (now, news) = known.look(wall, ticks);
        drop(state);
        match news {
            Some(News::Jumped(off)) => error!(
                target: "fixlead::clock",
                milliseconds = off.millis(),
                "the clock has jumped; the desk goes on by the time that has passed: set the clock right, and if it \
                 was wrong before, start the desk anew"
            ),
            Some(News::Right) => info!(target: "fixlead::clock", "the clock is right again"),
            None => {}
        }
        now
    }
}

/// Whether the clock of a node and that of its database say the same, near
/// enough.
///
/// # Errors
/// What they say, and what to do.
pub fn agree(here: Instant, database: Instant) -> Result<(), String> {
    let apart = here - database;
    if apart.millis().abs() <= MOST_APART.millis() {
        return Ok(());
    }
    Err(format!(
        "the clock here says {here} and the database's {database}; set both right with a time service (chrony, \
         systemd-timesyncd): every promise is counted by them"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn begun() -> State {
        State { wall: Instant::from_millis(1_000_000), ticks: Duration::from_secs(10), jumped: None }
    }

    fn at(millis: i64) -> Instant {
        Instant::from_millis(1_000_000 + millis)
    }

    #[test]
    fn a_clock_that_runs_evenly_is_followed_with_its_corrections() {
        let mut state = begun();
        assert_eq!(state.look(at(5_000), Duration::from_secs(15)), (at(5_000), None));
        assert_eq!(state.look(at(7_900), Duration::from_secs(16)), (at(7_900), None), "1.9 s forwards");
        assert_eq!(state.look(at(7_000), Duration::from_secs(17)), (at(7_000), None), "and back");
        // Suspended for a day: the ticks have gone on as well.
        let later = Duration::from_secs(17 + 86_400);
        assert_eq!(state.look(at(7_000 + DAY), later), (at(7_000 + DAY), None));
    }

    #[test]
    fn a_clock_that_jumps_is_not_followed_until_it_is_right_again() {
        for jump in [DAY * 365, 2_001, -2_001, -DAY * 365] {
            let mut state = begun();
            let jumped = Span::from_millis(jump);
            let tick = |second: u64| Duration::from_secs(10 + second);
            let news = Some(News::Jumped(jumped));
            assert_eq!(state.look(at(1_000 + jump), tick(1)), (at(1_000), news), "{jump}");
            // It is said once, and time goes on.
            assert_eq!(state.look(at(3_000 + jump), tick(3)), (at(3_000), None), "{jump}");
            assert_eq!(state.jumped, Some(jumped), "{jump}");
            assert_eq!(state.look(at(9_100), tick(9)), (at(9_100), Some(News::Right)), "{jump}");
            assert_eq!(state.jumped, None, "{jump}");
        }
    }

    #[test]
    fn a_node_and_its_database_have_to_agree_about_the_time() {
        assert!(agree(at(0), at(59_000)).is_ok() && agree(at(59_000), at(0)).is_ok());
        assert!(agree(at(0), at(61_000)).is_err() && agree(at(61_000), at(0)).is_err());
    }
}
