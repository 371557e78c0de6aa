//! Windows and leads that cannot be kept, and clauses that decide two.

use super::satisfy::{agree, requires};
use super::{Kind, Lint};
use crate::case::event::{Action, EventKind};
use crate::policy::expression::Expression;
use crate::policy::model::{Anchor, Duty, Wait, Window};
use crate::time::Span;

pub(super) fn look(lint: &mut Lint<'_>) {
    for duty in &lint.policy.duties {
        after(lint, duty);
        before(lint, duty);
    }
    two_windows(lint);
}

/// The events that an anchor is set by; none where others set it too.
fn sources(lint: &Lint<'_>, anchor: &Anchor) -> Vec<EventKind> {
    match anchor {
        Anchor::Event(kind) => vec![*kind],
        Anchor::Released => vec![EventKind::Released],
        Anchor::Announced => vec![EventKind::Announced],
        Anchor::Warned => vec![EventKind::PublicWarning],
        Anchor::FirstNotice => vec![
            EventKind::NoticeForthcoming,
            EventKind::NoticeAdvance,
            EventKind::NoticePrerelease,
            EventKind::Announced,
        ],
        Anchor::Duty(duty) => lint.policy.duties[*duty].done.to_vec(),
        Anchor::Known(parts) | Anchor::Earliest(parts) => {
            let lists: Vec<Vec<EventKind>> = parts.iter().map(|part| sources(lint, part)).collect();
            if lists.iter().any(Vec::is_empty) { Vec::new() } else { lists.concat() }
        }
        Anchor::Disclosure | Anchor::Plan | Anchor::Mitigated | Anchor::Upstream => Vec::new(),
    }
}

/// A window after an anchor.
fn after(lint: &mut Lint<'_>, duty: &Duty) {
    let Window::After { anchor, name, span } = &duty.window else { return };
    let id = &*duty.heading.id;
    let set_by = sources(lint, anchor);
    let clauses = lint.cited(&[&duty.heading.clauses]);
    if !set_by.is_empty()
        && duty.filter == Expression::Always
        && set_by.iter().all(|kind| duty.done.contains(kind))
    {
        let text = format!(
            "the duty `{id}` counts from `{name}`, which is there only once the duty is done: it never comes due"
        );
        lint.add(Kind::Window, clauses, text);
        return;
    }
    if *span > Span::ZERO {
        return;
    }
    let waits = |condition: &Expression| {
        requires(condition, &|one| matches!(one, Expression::Seen(kind) if set_by == [*kind]))
    };
    let gated = duty.action.is_some_and(|action| {
        lint.policy.gates.iter().any(|gate| {
            gate.actions.contains(&action)
                && matches!(&gate.wait, Wait::Needs(needs) if waits(needs))
                && gate.when == Expression::Always
        })
    });
    if *anchor == Anchor::Disclosure || waits(&duty.when) || gated {
        let text = format!(
            "the duty `{id}` is due at the very instant of `{name}` and can only be done after it; give it a window longer than zero"
        );
        lint.add(Kind::Window, clauses, text);
    }
}

/// A lead before an anchor.
fn before(lint: &mut Lint<'_>, duty: &Duty) {
    let Window::Before { anchor, name, span, most } = &duty.window else { return };
    let policy = lint.policy;
    let id = &*duty.heading.id;
    if let Some(most) = most.filter(|most| most < span) {
        let text = format!(
            "the duty `{id}` asks for at least {span} and at most {most} before `{name}`: nothing is both"
        );
        let clauses = lint.cited(&[&duty.heading.clauses]);
        lint.add(Kind::Window, clauses, text);
    }
    if !is_release(anchor) {
        return;
    }
    let final_step =
        |action: &Action| matches!(action, Action::ReleaseSchedule | Action::Release | Action::Announce);
    let mut limits = Vec::new();
    for gate in &policy.gates {
        let Wait::Within(_, from, limit) = &gate.wait else { continue };
        if gate.actions.iter().any(final_step) {
            limits.push((&gate.heading, &gate.when, from, *limit, "gate"));
        }
    }
    for other in &policy.duties {
        let releases =
            other.done.iter().all(|kind| matches!(kind, EventKind::Released | EventKind::Announced));
        if let (Window::After { anchor, name: from, span: limit }, true) = (&other.window, releases) {
            // What follows the release has its time from the release on.
            if !is_release(anchor) {
                limits.push((&other.heading, &other.when, from, *limit, "duty"));
            }
        }
    }
    for (heading, when, from, limit, section) in limits {
        if limit >= *span || !agree(&[when, &duty.when]) {
            continue;
        }
        let way_out = if &**from == "disclosure" {
            String::new()
        } else {
            format!(", unless it is done before `{from}`")
        };
        let text = format!(
            "the duty `{id}` has to be done {span} before `{name}`, and the {section} `{}` allows {limit} from `{from}`: both cannot be kept{way_out}",
            heading.id
        );
        let clauses = lint.cited(&[&duty.heading.clauses, &heading.clauses]);
        lint.add(Kind::Window, clauses, text);
    }
}

/// Whether an anchor is the release or what publishes it.
fn is_release(anchor: &Anchor) -> bool {
    match anchor {
        Anchor::Released | Anchor::Announced | Anchor::Plan => true,
        Anchor::Event(kind) => matches!(kind, EventKind::Released | EventKind::Announced),
        Anchor::Known(parts) | Anchor::Earliest(parts) => parts.iter().any(is_release),
        _ => false,
    }
}

/// One sentence gives one window.
fn two_windows(lint: &mut Lint<'_>) {
    let policy = lint.policy;
    let timed: Vec<&Duty> = policy.duties.iter().filter(|duty| duty.window != Window::None).collect();
    for (place, duty) in timed.iter().enumerate() {
        let shared = |other: &Duty| {
            let mut clauses = duty.heading.clauses.iter().copied();
            clauses.find(|clause| other.heading.clauses.contains(clause))
        };
        // The first that differs stands for the rest.
        let rival = timed[..place].iter().find_map(|other| {
            let clause = shared(other)?;
            let differs = !same(&duty.window, &other.window) && agree(&[&duty.when, &other.when]);
            differs.then_some((*other, clause))
        });
        let Some((other, clause)) = rival else { continue };
        let clause = policy.clause(clause).to_owned();
        let text = format!(
            "{clause} gives the duty `{}` {} and the duty `{}` {}; cite for each the sentence its window comes from",
            other.heading.id,
            in_words(&other.window),
            duty.heading.id,
            in_words(&duty.window)
        );
        lint.add(Kind::TwoWindows, vec![clause], text);
    }
}

fn same(one: &Window, other: &Window) -> bool {
    match (one, other) {
        (Window::After { anchor, span, .. }, Window::After { anchor: again, span: other, .. })
        | (Window::Before { anchor, span, .. }, Window::Before { anchor: again, span: other, .. }) => {
            anchor == again && span == other
        }
        _ => false,
    }
}

fn in_words(window: &Window) -> String {
    match window {
        Window::None => "no window".to_owned(),
        Window::After { name, span, .. } => format!("{span} after `{name}`"),
        Window::Before { name, span, .. } => format!("{span} before `{name}`"),
    }
}
