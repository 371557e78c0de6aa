//! What goes wrong: the surprises of a rehearsal, chosen by seed or by name.

use fixlead_core::time::{Instant, Span};

use super::clock::Dice;
use super::scene::Habit;

/// A surprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inject {
    /// A distributor passes the advance notice on.
    DistributorLeak,
    /// The reporter publishes before the fix is out.
    ReporterGoesPublic,
    /// Another project that shares the flaw names its own date.
    UpstreamDate,
    /// A download is broken on release day.
    FailingBinary,
    /// A commit is rewritten after its review.
    RewrittenCommit,
    /// A merged commit is not the one that was sent out.
    DifferingMerge,
    /// The Fix Lead hands over.
    HandOver,
    /// Somebody is found to exploit the flaw.
    Exploitation,
}

impl Inject {
    /// Every surprise.
    pub const ALL: &[Inject] = &[
        Inject::DistributorLeak,
        Inject::ReporterGoesPublic,
        Inject::UpstreamDate,
        Inject::FailingBinary,
        Inject::RewrittenCommit,
        Inject::DifferingMerge,
        Inject::HandOver,
        Inject::Exploitation,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Inject::DistributorLeak => "distributor-leak",
            Inject::ReporterGoesPublic => "reporter-goes-public",
            Inject::UpstreamDate => "upstream-date",
            Inject::FailingBinary => "failing-binary",
            Inject::RewrittenCommit => "rewritten-commit",
            Inject::DifferingMerge => "differing-merge",
            Inject::HandOver => "hand-over",
            Inject::Exploitation => "exploitation",
        }
    }

    /// The surprise with this name.
    pub fn parse(name: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|inject| inject.name() == name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|inject| inject.name()).collect();
            format!("there is no inject `{name}`; choose from {}", names.join(", "))
        })
    }

    /// Whether it changes how much time there is; a seed brings one of these
    /// at most, since together they blur what each would have taught.
    fn presses(self) -> bool {
        matches!(
            self,
            Inject::DistributorLeak
                | Inject::ReporterGoesPublic
                | Inject::UpstreamDate
                | Inject::Exploitation
        )
    }

    /// Whether it can happen in a project of this habit: two of them need
    /// distributors who are told beforehand.
    pub fn fits(self, habit: Habit) -> bool {
        habit == Habit::Lists || !matches!(self, Inject::DistributorLeak | Inject::DifferingMerge)
    }

    /// None to three surprises for a seed.
    pub fn choose(seed: u64, habit: Habit) -> Vec<Inject> {
        let mut dice = Dice::new(seed, "injects");
        let count = usize::try_from(dice.between(0, 3)).unwrap_or(0);
        let mut chosen: Vec<Inject> = Vec::new();
        for inject in dice.shuffled(Self::ALL) {
            let fits =
                inject.fits(habit) && !(inject.presses() && chosen.iter().any(|other| other.presses()));
            if fits && chosen.len() < count {
                chosen.push(inject);
            }
        }
        chosen.sort();
        chosen
    }
}

/// When and where the surprises of one rehearsal strike.
#[derive(Clone, Debug)]
pub struct Surprises {
    /// Which there are.
    pub all: Vec<Inject>,
    struck: Vec<Inject>,
    hours_to_publication: i64,
    hours_to_upstream: i64,
    upstream_days: i64,
    hours_to_exploitation: i64,
    hours_to_hand_over: i64,
    share_of_embargo: i64,
    /// Which release branch has the bad luck, by place.
    pub unlucky_branch: usize,
}

impl Surprises {
    /// Fixes all details by seed.
    pub fn prepare(seed: u64, all: Vec<Inject>) -> Self {
        let mut dice = Dice::new(seed, "surprises");
        Surprises {
            all,
            struck: Vec::new(),
            hours_to_publication: dice.between(20, 110),
            hours_to_upstream: dice.between(30, 60),
            upstream_days: dice.between(13, 19),
            hours_to_exploitation: dice.between(40, 120),
            hours_to_hand_over: dice.between(26, 50),
            share_of_embargo: dice.between(20, 70),
            unlucky_branch: dice.place(3),
        }
    }

    /// Whether a surprise is still to come.
    pub fn awaits(&self, inject: Inject) -> bool {
        self.all.contains(&inject) && !self.struck.contains(&inject)
    }

    /// Notes that it has struck, or can no longer.
    pub fn strike(&mut self, inject: Inject) {
        self.struck.push(inject);
    }

    /// When a surprise that comes by itself strikes; `embargo` runs from the
    /// advance notice to the planned release.
    pub fn instant(
        &self,
        inject: Inject,
        report: Instant,
        embargo: Option<(Instant, Instant)>,
    ) -> Option<Instant> {
        let after = |hours| Some(report + Span::hours(hours));
        match inject {
            Inject::ReporterGoesPublic => after(self.hours_to_publication),
            Inject::UpstreamDate => after(self.hours_to_upstream),
            Inject::Exploitation => after(self.hours_to_exploitation),
            Inject::HandOver => after(self.hours_to_hand_over),
            Inject::DistributorLeak => {
                let (told, release) = embargo?;
                let share = (release - told).millis() / 100 * self.share_of_embargo;
                Some(told + Span::from_millis(share - share % 60_000))
            }
            Inject::FailingBinary | Inject::RewrittenCommit | Inject::DifferingMerge => None,
        }
    }

    /// The date that the other project names.
    pub fn upstream_date(&self, report: Instant) -> Instant {
        Instant::midnight(report.day() + self.upstream_days) + Span::hours(14)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_bring_none_to_three_and_all_of_them_in_the_end() {
        let mut seen: Vec<Inject> = Vec::new();
        let mut counts = [0; 4];
        for seed in 0..200 {
            let chosen = Inject::choose(seed, Habit::Lists);
            counts[chosen.len()] += 1;
            assert!(chosen.iter().filter(|inject| inject.presses()).count() <= 1);
            seen.extend(chosen);
            let chat = Inject::choose(seed, Habit::Chat);
            assert!(chat.iter().all(|inject| inject.fits(Habit::Chat)));
        }
        assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
        assert!(Inject::ALL.iter().all(|inject| seen.contains(inject)));
    }

    #[test]
    fn names_lead_back() {
        for inject in Inject::ALL {
            assert_eq!(Inject::parse(inject.name()), Ok(*inject));
        }
        assert!(Inject::parse("flood").is_err());
    }
}
