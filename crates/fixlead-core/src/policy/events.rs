//! Which events a rule looks at, and what a policy says under a clause: what
//! people need who ask why something stands as it does.

use super::expression::{Expression, Fact, Severity};
use super::model::{Anchor, ClauseIndex, Duty, Gate, Heading, Policy, Wait, Window};
use crate::case::event::{Action, EventKind, Field};

/// A list without repetitions, in the order things came.
fn once<T: PartialEq>(list: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut kept = Vec::new();
    for one in list {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

const APPEARANCES: &[EventKind] = &[
    EventKind::PublicAppeared,
    EventKind::ExploitPublic,
    EventKind::EmbargoLeaked,
    EventKind::PublicWarning,
    EventKind::Announced,
];

impl Fact {
    /// The events that make the fact so, or undo it.
    pub const fn events(self) -> &'static [EventKind] {
        use EventKind as K;
        match self {
            Fact::AllAnnounced
            | Fact::ApplyLink
            | Fact::CveLink
            | Fact::DistributorLink
            | Fact::InSlot
            | Fact::ReleaseNotesLink => &[K::Announced],
            Fact::Binaries => &[K::BinariesVerified],
            Fact::BranchesApproved => &[K::Approved],
            Fact::BranchesMerged => &[K::Merged],
            Fact::CveAssigned | Fact::CveInTitle => &[K::CveAssigned],
            Fact::CvePublished => &[K::CvePublished],
            Fact::Disclosed | Fact::Public => APPEARANCES,
            Fact::EarlyWarningStands => &[K::EarlyWarningDecided],
            Fact::EmergencyStands => &[K::EmergencyDeclared],
            Fact::ExceptionStands => &[K::ExceptionExtreme],
            Fact::FixReady => &[K::FixComplete, K::Lgtm],
            Fact::Identical => &[K::PatchDiffers],
            Fact::LateAwareness => &[K::ProjectAware],
            Fact::LeakContinued => &[K::LeakDecided],
            Fact::Lgtms => &[K::Lgtm],
            Fact::OwnersAsked | Fact::ReleaseManagerAdded | Fact::FixTeamAuthor => &[K::FixTeamAdded],
            Fact::PatchesForAll => &[K::NoticeAdvance],
            Fact::PathKept | Fact::PlanKept => &[K::ReleaseScheduled],
            Fact::PubliclyReported => &[K::ReportReceived],
            Fact::Scored | Fact::ScoreTimely | Fact::UserInteraction | Fact::VersionNamed => &[K::ScoreSet],
            Fact::SemiPublic => &[K::SemipublicDecided],
            Fact::Slowed => &[K::SlowdownDecided],
            Fact::UnsupportedFix => &[K::AffectedSet],
            Fact::UpstreamDay | Fact::UpstreamPending => &[K::UpstreamTimeline],
            Fact::DutiesDone | Fact::QuietTitle => &[],
        }
    }
}

impl Expression {
    /// The events that a condition looks at, apart from the one at hand.
    pub fn events(&self) -> Vec<EventKind> {
        match self {
            Expression::All(list) | Expression::Any(list) => once(list.iter().flat_map(Expression::events)),
            Expression::Not(inner) => inner.events(),
            Expression::Fact(fact) => fact.events().to_vec(),
            Expression::Seen(kind) => vec![*kind],
            Expression::ScoreBelow(_) | Expression::ScoreAtLeast(_) => vec![EventKind::ScoreSet],
            Expression::SeverityBelow(_) | Expression::SeverityAtLeast(_) => {
                vec![EventKind::ScoreSet, EventKind::SeverityClassified]
            }
            Expression::Class(_) => vec![EventKind::AffectedSet],
            Expression::Always
            | Expression::Has(_)
            | Expression::Is(..)
            | Expression::By(_)
            | Expression::WhoFrom(_) => Vec::new(),
        }
    }

    /// The fields that the event at hand has to carry.
    fn carried(&self) -> Vec<Field> {
        match self {
            Expression::All(list) => once(list.iter().flat_map(Expression::carried)),
            Expression::Has(field) => vec![*field],
            _ => Vec::new(),
        }
    }

    /// Whether a condition compares with a severity.
    fn names(&self, severity: Severity) -> bool {
        match self {
            Expression::All(list) | Expression::Any(list) => list.iter().any(|one| one.names(severity)),
            Expression::Not(inner) => inner.names(severity),
            Expression::SeverityBelow(word) | Expression::SeverityAtLeast(word) => *word == severity,
            _ => false,
        }
    }

    /// The scores that a condition compares with, in hundredths.
    fn scores(&self) -> Vec<u16> {
        match self {
            Expression::All(list) | Expression::Any(list) => once(list.iter().flat_map(Expression::scores)),
            Expression::Not(inner) => inner.scores(),
            Expression::ScoreBelow(score) | Expression::ScoreAtLeast(score) => vec![*score],
            _ => Vec::new(),
        }
    }

    /// The words that a condition compares a field of the event at hand with.
    fn words_of(&self, field: Field) -> Vec<&str> {
        match self {
            Expression::All(list) | Expression::Any(list) => {
                once(list.iter().flat_map(|one| one.words_of(field)))
            }
            Expression::Is(named, word) if *named == field => vec![word],
            // What must not be there is no suggestion.
            _ => Vec::new(),
        }
    }
}

impl Policy {
    /// The events that an anchor is counted from.
    pub fn events_of_anchor(&self, anchor: &Anchor) -> Vec<EventKind> {
        use EventKind as K;
        match anchor {
            Anchor::Disclosure => vec![K::ReportReceived, K::PublicAppeared, K::ProjectAware],
            Anchor::Plan => vec![K::ReleaseScheduled, K::NoticeForthcoming, K::NoticeCorrection],
            Anchor::Mitigated => vec![K::PublicWarning, K::NoticeForthcoming, K::Released],
            Anchor::FirstNotice => {
                vec![K::NoticeForthcoming, K::NoticeAdvance, K::NoticePrerelease, K::Announced]
            }
            Anchor::Upstream => vec![K::UpstreamTimeline],
            Anchor::Warned => vec![K::PublicWarning],
            Anchor::Announced => vec![K::Announced],
            Anchor::Released => vec![K::Released],
            Anchor::Event(kind) => vec![*kind],
            Anchor::Duty(duty) => self.duties.get(*duty).map(|duty| duty.done.to_vec()).unwrap_or_default(),
            Anchor::Known(list) | Anchor::Earliest(list) => {
                once(list.iter().flat_map(|one| self.events_of_anchor(one)))
            }
        }
    }

    /// The events that a duty is counted from, and by which it is done.
    pub fn events_of_duty(&self, duty: &Duty) -> Vec<EventKind> {
        let from = match &duty.window {
            Window::None => self.events_of_anchor(&Anchor::Disclosure),
            Window::After { anchor, .. } | Window::Before { anchor, .. } => self.events_of_anchor(anchor),
        };
        once(from.into_iter().chain(duty.when.events()).chain(duty.done.iter().copied()))
    }

    /// The events that a gate looks at.
    pub fn events_of_gate(&self, gate: &Gate) -> Vec<EventKind> {
        let wait = match &gate.wait {
            Wait::Needs(condition) => condition.events(),
            Wait::Until(anchor, _) | Wait::Within(anchor, ..) => self.events_of_anchor(anchor),
            Wait::Lead(duty) => self
                .duties
                .get(*duty)
                .map_or_else(Vec::new, |duty| once(duty.done.iter().copied().chain(self.excusing(duty)))),
            Wait::StepOf(action, apart) => once(
                [EventKind::ReleaseScheduled].into_iter().chain(
                    self.gates_of(*action)
                        .filter(|(place, inner)| {
                            !apart.contains(place) && !matches!(inner.wait, Wait::StepOf(..))
                        })
                        .flat_map(|(_, inner)| self.events_of_gate(inner)),
                ),
            ),
        };
        once(wait)
    }

    /// The gates of an action, with their places.
    pub fn gates_of(&self, action: Action) -> impl Iterator<Item = (usize, &Gate)> {
        self.gates.iter().enumerate().filter(move |(_, gate)| gate.actions.contains(&action))
    }

    /// The events that can excuse a duty from its time.
    pub fn excusing(&self, duty: &Duty) -> Vec<EventKind> {
        let named = duty.excuses.iter().filter_map(|place| self.excuses.get(*place));
        once(named.flat_map(|excuse| excuse.when.events()))
    }

    /// Whether an event is a decision that the policy lets somebody take.
    pub fn is_decision(&self, kind: EventKind) -> bool {
        self.permissions.iter().any(|permission| permission.event == kind)
    }

    /// The fields that rules expect such an event to carry.
    pub fn wanted(&self, kind: EventKind) -> Vec<Field> {
        let permissions = self.permissions.iter().filter(|rule| rule.event == kind).map(|rule| &rule.when);
        let checks = self.checks.iter().filter(|rule| rule.on.contains(&kind)).map(|rule| &rule.needs);
        once(permissions.chain(checks).flat_map(Expression::carried))
    }

    /// The words that rules compare a field of such an event with: what
    /// somebody who fills it in may want to choose from. Those of the duty that
    /// it is filled in for come first.
    pub fn words(&self, kind: EventKind, field: Field, duty: &str) -> Vec<&str> {
        let mut duties: Vec<&Duty> = self.duties.iter().filter(|rule| rule.done.contains(&kind)).collect();
        duties.sort_by_key(|rule| *rule.heading.id != *duty);
        let duties = duties.into_iter().map(|rule| &rule.filter);
        let checks = self.checks.iter().filter(|check| check.on.contains(&kind)).map(|check| &check.needs);
        once(duties.chain(checks).flat_map(|condition| condition.words_of(field)))
    }

    /// Every condition that looks at the whole case, with the rule it is of.
    fn conditions(&self) -> impl Iterator<Item = (&Heading, &Expression)> {
        let waits = self.gates.iter().filter_map(|rule| match &rule.wait {
            Wait::Needs(condition) => Some((&rule.heading, condition)),
            _ => None,
        });
        (self.modes.iter().map(|rule| (&rule.heading, &rule.when)))
            .chain(self.permissions.iter().map(|rule| (&rule.heading, &rule.when)))
            .chain(self.gates.iter().map(|rule| (&rule.heading, &rule.when)))
            .chain(waits)
            .chain(self.duties.iter().map(|rule| (&rule.heading, &rule.when)))
            .chain(self.paths.iter().map(|rule| (&rule.heading, &rule.when)))
            .chain(self.channels.iter().map(|rule| (&rule.heading, &rule.when)))
    }

    /// The scores that a condition compares with, in hundredths; where it names a
    /// severity, the score at which that begins.
    fn scores_of(&self, condition: &Expression) -> Vec<u16> {
        let begins = self.bands.iter().filter(|(word, ..)| condition.names(*word)).map(|(_, from, _)| *from);
        condition.scores().into_iter().chain(begins).collect()
    }

    /// Scores at which something changes, in hundredths: where bands begin, and
    /// what conditions compare with.
    pub fn thresholds(&self) -> Vec<u16> {
        let mut scores: Vec<u16> =
            self.conditions().flat_map(|(_, condition)| self.scores_of(condition)).collect();
        scores.extend(self.bands.iter().map(|(_, from, _)| *from));
        scores.sort_unstable();
        scores.dedup();
        scores
    }

    /// The rules that compare with a score, in hundredths.
    pub fn rules_at(&self, score: u16) -> Vec<&Heading> {
        let rules = self.conditions().filter(|(_, condition)| self.scores_of(condition).contains(&score));
        once(rules.map(|(heading, _)| heading))
    }

    /// Every sentence of the policy that cites a clause, reasons of parameters
    /// included, in the order of the policy.
    pub fn sentences(&self, clause: ClauseIndex) -> Vec<&str> {
        let named = self.roles.iter().map(|rule| &rule.heading);
        let headings = named
            .chain(self.windows.iter().map(|(heading, _)| heading))
            .chain(self.scoring.iter().map(|rule| &rule.heading))
            .chain(self.classes.iter().map(|rule| &rule.heading))
            .chain(self.modes.iter().map(|rule| &rule.heading))
            .chain(self.slot.iter().map(|rule| &rule.heading))
            .chain(self.channels.iter().map(|rule| &rule.heading))
            .chain(self.duties.iter().map(|rule| &rule.heading))
            .chain(self.gates.iter().map(|rule| &rule.heading))
            .chain(self.excuses.iter().map(|rule| &rule.heading))
            .chain(self.permissions.iter().map(|rule| &rule.heading))
            .chain(self.checks.iter().map(|rule| &rule.heading))
            .chain(self.paths.iter().map(|rule| &rule.heading))
            .chain(self.rotation.iter())
            .chain(self.parameters.iter().map(|rule| &rule.heading));
        let citing = headings.filter(|heading: &&Heading| heading.clauses.contains(&clause));
        once(citing.map(|heading| &*heading.say).filter(|say| !say.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Document, compile, library};
    use crate::case::event::{Action, EventKind, Field};

    #[test]
    fn a_gate_names_what_could_open_it_and_a_clause_what_is_said_under_it() {
        let text = library::built_in("opentelemetry").unwrap_or_default();
        let document = Document::parse(text).unwrap_or_else(|error| panic!("{error:?}"));
        let policy = compile(&document, &[], &[]).unwrap_or_else(|error| panic!("{error:?}"));
        let gate =
            policy.gates_of(Action::PublicWarning).find(|(_, gate)| &*gate.heading.id == "fix-before-notice");
        let events =
            policy.events_of_gate(gate.map(|(_, gate)| gate).unwrap_or_else(|| panic!("no such gate")));
        assert_eq!(
            events,
            [EventKind::FixComplete, EventKind::MitigationDeveloped, EventKind::EarlyWarningDecided]
        );
        let clause = policy.clauses.iter().position(|clause| &**clause == "OT-49").unwrap_or(usize::MAX);
        let said = policy.sentences(u16::try_from(clause).unwrap_or(u16::MAX));
        assert!(said.iter().any(|say| say.contains("seven days of exactly 24 hours")), "{said:?}");
        assert!(said.iter().any(|say| say.starts_with("The distributors list hears")), "{said:?}");
        assert_eq!(
            policy.words(EventKind::RetroSent, Field::Parts, "retro"),
            ["people", "timeline", "critique"]
        );
        let at = policy.rules_at(400);
        assert!(at.iter().any(|heading| &*heading.id == "slow-down"), "who may slow down is decided at 4.0");
        assert_eq!(policy.thresholds(), [0, 10, 400, 700, 900]);
        assert_eq!(policy.wanted(EventKind::EmergencyDeclared), [Field::Reason]);
        assert!(policy.is_decision(EventKind::EmergencyDeclared) && !policy.is_decision(EventKind::Released));
    }
}
