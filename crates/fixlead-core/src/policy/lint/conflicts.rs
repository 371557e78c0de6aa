//! Gates that hold what a duty asks for, and gates that hold nothing.

use super::satisfy::{agree, requires};
use super::{Kind, Lint};
use crate::case::event::{Action, EventKind};
use crate::policy::expression::{Expression, Fact};
use crate::policy::model::{Anchor, Duty, Gate, Wait, Window};

/// So many gates of one action are held against each other.
const MOST_GATES: usize = 40;

pub(super) fn look(lint: &mut Lint<'_>) {
    let mut named: Vec<Vec<String>> = Vec::new();
    for duty in &lint.policy.duties {
        if lint.is_full() {
            return;
        }
        for action in actions(duty) {
            against(lint, duty, action, &mut named);
        }
    }
    among_gates(lint, &named);
    unreported(lint);
}

/// The actions a duty cannot be discharged without.
fn actions(duty: &Duty) -> Vec<Action> {
    if let Some(action) = duty.action {
        return vec![action];
    }
    match &*duty.done {
        // A merge may be a public step or not; its gates look at which.
        [kind] if *kind != EventKind::Merged => {
            Action::ALL.iter().copied().filter(|action| action.reported_by() == Some(*kind)).collect()
        }
        _ => Vec::new(),
    }
}

/// The gates of an action that ask for a condition whenever another holds.
fn standing<'p>(lint: &Lint<'p>, action: Action, when: &Expression) -> Vec<(&'p Gate, &'p Expression)> {
    lint.policy
        .gates
        .iter()
        .filter(|gate| gate.actions.contains(&action))
        .filter(|gate| {
            let never_apart = || !agree(&[when, &Expression::Not(Box::new(gate.when.clone()))]);
            gate.when == Expression::Always || never_apart()
        })
        .filter_map(|gate| match &gate.wait {
            Wait::Needs(needs) => Some((gate, needs)),
            _ => None,
        })
        .take(MOST_GATES)
        .collect()
}

/// Gates that never open for a duty.
fn against(lint: &mut Lint<'_>, duty: &Duty, action: Action, named: &mut Vec<Vec<String>>) {
    let gates = standing(lint, action, &duty.when);
    let too_late = |needs: &Expression| is_before_release(duty) && requires(needs, &is_publication);
    for (place, (gate, needs)) in gates.iter().enumerate() {
        if !agree(&[&duty.when, needs]) || too_late(needs) {
            report(lint, Some(duty), action, &[gate], named);
            continue;
        }
        for (other, other_needs) in &gates[..place] {
            let alone = agree(&[&duty.when, other_needs]) && !too_late(other_needs);
            if alone && !agree(&[&duty.when, needs, other_needs]) {
                report(lint, Some(duty), action, &[other, gate], named);
            }
        }
    }
}

/// Gates of one action that never open together, whoever asks.
fn among_gates(lint: &mut Lint<'_>, named: &[Vec<String>]) {
    for action in Action::ALL {
        let gates = standing(lint, *action, &Expression::Always);
        for (place, (gate, needs)) in gates.iter().enumerate() {
            for (other, other_needs) in &gates[..place] {
                let ids = vec![other.heading.id.to_string(), gate.heading.id.to_string()];
                if !agree(&[needs, other_needs]) && !named.contains(&ids) {
                    report(lint, None, *action, &[other, gate], &mut Vec::new());
                }
            }
        }
    }
}

fn report(
    lint: &mut Lint<'_>,
    duty: Option<&Duty>,
    action: Action,
    gates: &[&Gate],
    named: &mut Vec<Vec<String>>,
) {
    named.push(gates.iter().map(|gate| gate.heading.id.to_string()).collect());
    let holds: Vec<String> = gates
        .iter()
        .map(|gate| {
            let clauses = lint.cited(&[&gate.heading.clauses]).join(", ");
            let needs = lint.written("gate", &gate.heading.id, "needs");
            format!("the gate `{}` ({clauses}) until `{needs}`", gate.heading.id)
        })
        .collect();
    let held = format!("`{}` is held by {}", action.name(), holds.join(" and by "));
    let mut lists: Vec<_> = gates.iter().map(|gate| &gate.heading.clauses).collect();
    let follows = match duty {
        Some(duty) => {
            lists.push(&duty.heading.clauses);
            let clauses = lint.cited(&[&duty.heading.clauses]).join(", ");
            let name = format!("the duty `{}` ({clauses})", duty.heading.id);
            if gates.len() == 1 && is_before_release(duty) {
                format!("{name} has to be done before that")
            } else {
                format!("{name} can never be discharged")
            }
        }
        None => "nothing opens both".to_owned(),
    };
    let way_out =
        lint.policy.permissions.iter().find(|permission| permission.event == EventKind::Override).map(
            |permission| {
                let clauses = lint.cited(&[&permission.heading.clauses]).join(", ");
                format!("; only an override ({clauses}) leads past it")
            },
        );
    let text = format!("{held}: {follows}. The strictest holds{}", way_out.unwrap_or_default());
    let clauses = lint.cited(&lists);
    lint.add(Kind::Contradiction, clauses, text);
}

/// Whether a duty has to be done before the release or the announcement.
fn is_before_release(duty: &Duty) -> bool {
    fn publishes(anchor: &Anchor) -> bool {
        match anchor {
            Anchor::Released | Anchor::Announced | Anchor::Warned => true,
            Anchor::Known(parts) | Anchor::Earliest(parts) => parts.iter().any(publishes),
            _ => false,
        }
    }
    matches!(&duty.window, Window::Before { anchor, .. } if publishes(anchor))
        || duty.missed.as_ref().is_some_and(publishes)
}

/// Whether a condition holds only once the case is published.
fn is_publication(condition: &Expression) -> bool {
    matches!(
        condition,
        Expression::Fact(Fact::Disclosed)
            | Expression::Seen(EventKind::Released | EventKind::Announced | EventKind::PublicWarning)
    )
}

/// Gates that only answer questions, because no event is held against them.
fn unreported(lint: &mut Lint<'_>) {
    for gate in &lint.policy.gates {
        if gate.actions.iter().any(|action| action.reported_by().is_some()) {
            continue;
        }
        let actions: Vec<String> = gate.actions.iter().map(|action| format!("`{}`", action.name())).collect();
        let text = format!(
            "no event reports {}, so the gate `{}` holds nothing that is done; add the action that does it, like `release`",
            if actions.is_empty() {
                "what it would hold (`actions` is empty)".to_owned()
            } else {
                actions.join(" or ")
            },
            gate.heading.id
        );
        let clauses = lint.cited(&[&gate.heading.clauses]);
        lint.add(Kind::UnreportedAction, clauses, text);
    }
}
