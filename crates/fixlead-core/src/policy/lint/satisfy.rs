//! Whether a condition can hold, by its words alone.
//!
//! The answers lean one way: `true` means "as far as can be seen". Only what
//! certainly never holds gets a `false`.

use crate::case::event::{EventKind, FieldType};
use crate::policy::expression::{Class, Expression, Fact, Severity};
use crate::policy::model::Policy;

/// More single conditions than this are not held against each other.
const MOST_LITERALS: usize = 32;
/// So many choices between conditions are looked into.
const MOST_CHOICES: usize = 16;

/// What a condition is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The case as it stands, with no event at hand.
    Case,
    /// An event of this type.
    Event(EventKind),
    /// Either.
    Anything,
}

/// Whether the condition can come out as wanted.
pub fn can(policy: &Policy, at: At, condition: &Expression, wanted: bool) -> bool {
    match (condition, wanted) {
        (Expression::Always, _) => wanted,
        (Expression::Not(inner), _) => can(policy, at, inner, !wanted),
        (Expression::All(list), true) => {
            list.iter().all(|one| can(policy, at, one, true)) && agree(&list.iter().collect::<Vec<_>>())
        }
        (Expression::Any(list), true) => list.iter().any(|one| can(policy, at, one, true)),
        (Expression::All(list), false) => list.iter().any(|one| can(policy, at, one, false)),
        (Expression::Any(list), false) => list.iter().all(|one| can(policy, at, one, false)),
        (_, true) => one(policy, at, condition),
        // Without an event at hand nothing is said of one; else anything can fail to hold.
        (_, false) => true,
    }
}

/// Whether a single condition can hold.
fn one(policy: &Policy, at: At, condition: &Expression) -> bool {
    match condition {
        Expression::Has(field) => match at {
            At::Case => false,
            At::Event(kind) => kind.allows(*field),
            At::Anything => true,
        },
        Expression::Is(field, word) => {
            let fits = |kind: EventKind| {
                kind.allows(*field)
                    && match field.holds(kind) {
                        FieldType::Word(words) => words.contains(&&**word),
                        FieldType::Flag => ["true", "false"].contains(&&**word),
                        FieldType::Text => true,
                        FieldType::Texts => field.words().is_none_or(|words| words.contains(&&**word)),
                        _ => false,
                    }
            };
            match at {
                At::Case => false,
                At::Event(kind) => fits(kind),
                At::Anything => EventKind::ALL.iter().any(|kind| fits(*kind)),
            }
        }
        Expression::By(_) | Expression::WhoFrom(_) => at != At::Case,
        Expression::ScoreBelow(below) => *below > 0,
        Expression::SeverityBelow(below) => *below > Severity::None && has_severity(policy),
        Expression::SeverityAtLeast(_) => has_severity(policy),
        Expression::Class(class) => match class {
            Class::Undetermined | Class::PolicySilent => true,
            class => policy.classes.iter().any(|rule| rule.class == *class),
        },
        Expression::Fact(fact) => decision(*fact)
            .is_none_or(|event| policy.permissions.iter().any(|permission| permission.event == event)),
        _ => true,
    }
}

/// Whether the policy lets a case have a severity in words.
pub fn has_severity(policy: &Policy) -> bool {
    let may_classify =
        policy.permissions.iter().any(|permission| permission.event == EventKind::SeverityClassified);
    !policy.bands.is_empty() || may_classify
}

/// The decision that a fact stands on; it has an effect only by a permission.
fn decision(fact: Fact) -> Option<EventKind> {
    match fact {
        Fact::EarlyWarningStands => Some(EventKind::EarlyWarningDecided),
        Fact::EmergencyStands => Some(EventKind::EmergencyDeclared),
        Fact::ExceptionStands => Some(EventKind::ExceptionExtreme),
        Fact::SemiPublic => Some(EventKind::SemipublicDecided),
        Fact::Slowed => Some(EventKind::SlowdownDecided),
        _ => None,
    }
}

/// Whether conditions can hold together.
pub fn agree(conditions: &[&Expression]) -> bool {
    let mut literals = Vec::new();
    let mut choices = Vec::new();
    for condition in conditions {
        flatten(condition, true, &mut literals, &mut choices);
    }
    consistent(&mut literals) && choices.iter().take(MOST_CHOICES).all(|choice| may_choose(choice, &literals))
}

type Literal<'e> = (&'e Expression, bool);

/// Whether one of several alternatives fits what is settled.
fn may_choose(choice: &[Literal<'_>], settled: &[Literal<'_>]) -> bool {
    choice.iter().any(|(alternative, wanted)| {
        let (mut literals, mut inner) = (settled.to_vec(), Vec::new());
        flatten(alternative, *wanted, &mut literals, &mut inner);
        consistent(&mut literals)
    })
}

/// Splits a condition into what must hold and what leaves a choice.
fn flatten<'e>(
    condition: &'e Expression,
    wanted: bool,
    literals: &mut Vec<Literal<'e>>,
    choices: &mut Vec<Vec<Literal<'e>>>,
) {
    match (condition, wanted) {
        (Expression::Not(inner), _) => flatten(inner, !wanted, literals, choices),
        (Expression::All(list), true) | (Expression::Any(list), false) => {
            list.iter().for_each(|one| flatten(one, wanted, literals, choices));
        }
        (Expression::Any(list), true) | (Expression::All(list), false) => {
            choices.push(list.iter().map(|one| (one, wanted)).collect());
        }
        _ => literals.push((condition, wanted)),
    }
}

/// Whether single conditions do not exclude each other.
fn consistent(literals: &mut Vec<Literal<'_>>) -> bool {
    literals.dedup();
    if literals.len() > MOST_LITERALS {
        return true;
    }
    literals.iter().enumerate().all(|(place, one)| {
        literals[..place].iter().all(|other| !exclude(one, other) && !exclude(other, one))
    })
}

fn exclude((one, holds): &Literal<'_>, (other, other_holds): &Literal<'_>) -> bool {
    use Expression as E;
    if one == other {
        return holds != other_holds;
    }
    if !holds {
        return false;
    }
    if !other_holds {
        return implies(one, other);
    }
    match (one, other) {
        (E::ScoreBelow(below), E::ScoreAtLeast(least)) => below <= least,
        (E::SeverityBelow(below), E::SeverityAtLeast(least)) => below <= least,
        (E::Class(one), E::Class(other)) => one != other,
        (E::Is(field, one), E::Is(again, other)) => {
            let single = |kind: &EventKind| field.holds(*kind) != FieldType::Texts;
            field == again && one != other && EventKind::ALL.iter().all(single)
        }
        _ => false,
    }
}

/// Whether a condition that holds brings another with it.
fn implies(one: &Expression, other: &Expression) -> bool {
    use Expression as E;
    let publishes = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::PublicAppeared
                | EventKind::ExploitPublic
                | EventKind::EmbargoLeaked
                | EventKind::PublicWarning
                | EventKind::Announced
        )
    };
    match (one, other) {
        (E::Fact(Fact::Public), E::Fact(Fact::Disclosed)) => true,
        (E::Seen(kind), E::Fact(Fact::Disclosed)) => publishes(kind),
        (E::ScoreBelow(_) | E::ScoreAtLeast(_), E::Fact(Fact::Scored)) => true,
        (E::ScoreBelow(low), E::ScoreBelow(high)) => low <= high,
        (E::ScoreAtLeast(high), E::ScoreAtLeast(low)) => high >= low,
        (E::SeverityBelow(low), E::SeverityBelow(high)) => low <= high,
        (E::SeverityAtLeast(high), E::SeverityAtLeast(low)) => high >= low,
        _ => false,
    }
}

/// Whether a condition holds only once something with this property holds.
pub fn requires(condition: &Expression, property: &dyn Fn(&Expression) -> bool) -> bool {
    match condition {
        Expression::All(list) => list.iter().any(|one| requires(one, property)),
        Expression::Any(list) => !list.is_empty() && list.iter().all(|one| requires(one, property)),
        other => property(other),
    }
}
