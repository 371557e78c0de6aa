//! What keeps people: delays as every project knows them, chosen by seed. A
//! delayed step misses its window, which the policy shows and nobody is
//! blamed for. Leads and prohibitions are kept all the same.

use fixlead_core::time::Span;

use super::clock::Dice;
use super::scene::Habit;
use super::steps::Step;

/// A step that takes longer than anybody thought.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    /// The step.
    pub step: Step,
    /// Why, in words.
    pub why: &'static str,
    /// The hours that come on top, at least and at most.
    hours: (i64, i64),
    /// Whether it only costs anything where a first day is promised.
    first_day: bool,
}

const DELAYS: &[Delay] = &[
    Delay {
        step: Step::Acknowledge,
        why: "the responder on duty was travelling and had not seen the report",
        hours: (24, 34),
        first_day: true,
    },
    Delay {
        step: Step::Overview,
        why: "the overview lay unsent among the drafts",
        hours: (22, 30),
        first_day: true,
    },
    Delay {
        step: Step::Score,
        why: "those who score it could not agree",
        hours: (160, 200),
        first_day: false,
    },
    Delay {
        step: Step::AssignCve,
        why: "the numbering authority took its time",
        hours: (165, 210),
        first_day: false,
    },
    Delay {
        step: Step::WriteFix,
        why: "the first attempt at the fix broke something else and was written anew",
        hours: (120, 190),
        first_day: false,
    },
    Delay {
        step: Step::Backport,
        why: "whoever knows the oldest branch was on leave",
        hours: (110, 190),
        first_day: false,
    },
    Delay {
        step: Step::Retrospective,
        why: "the Fix Lead took days off after the release",
        hours: (50, 100),
        first_day: true,
    },
];

/// In so many of a hundred rehearsals somebody is kept; in some of them the
/// rest is quick enough, so that a duty is late in about one of four.
const CHANCE: i64 = 36;

/// The delays of one rehearsal.
#[derive(Clone, Debug, Default)]
pub struct Delays(Vec<(Delay, Span)>);

impl Delays {
    /// Chooses by seed; most rehearsals have none, a few have two.
    pub fn choose(seed: u64, habit: Habit) -> Self {
        let mut dice = Dice::new(seed, "delays");
        let count = match dice.between(1, 100) {
            throw if throw > CHANCE => 0,
            throw if throw > CHANCE / 6 => 1,
            _ => 2,
        };
        let known: Vec<Delay> =
            DELAYS.iter().copied().filter(|delay| habit == Habit::Lists || !delay.first_day).collect();
        let chosen = dice.shuffled(&known).into_iter().take(count);
        Delays(chosen.map(|delay| (delay, Span::hours(dice.between(delay.hours.0, delay.hours.1)))).collect())
    }

    /// What delays a step, if anything does; a step is delayed once.
    pub fn strike(&mut self, step: Step) -> Option<(Delay, Span)> {
        let place = self.0.iter().position(|(delay, _)| delay.step == step)?;
        Some(self.0.remove(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_kept_in_one_rehearsal_of_three_and_everything_happens_to_somebody() {
        for habit in [Habit::Lists, Habit::Chat] {
            let all: Vec<_> = (0..600).map(|seed| Delays::choose(seed, habit).0).collect();
            let some = all.iter().filter(|delays| !delays.is_empty()).count();
            assert!((180..260).contains(&some), "{some} of 600");
            assert!(all.iter().any(|delays| delays.len() == 2));
            for delay in DELAYS.iter().filter(|delay| habit == Habit::Lists || !delay.first_day) {
                let seen = all.iter().flatten().any(|(other, _)| other.step == delay.step);
                assert!(seen, "{} never happens", delay.why);
            }
        }
    }
}
