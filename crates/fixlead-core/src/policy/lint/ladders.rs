//! Ladders of reminders that are for no duty, or reach nobody.

use super::{Kind, Lint, clauses_of};
use crate::policy::document::Entry;
use crate::policy::model::Window;

pub(super) fn look(lint: &mut Lint<'_>) {
    let written: Vec<&Entry> = lint.all("ladder").collect();
    for (place, entry) in written.into_iter().enumerate() {
        let id = entry.text("id").unwrap_or_default();
        for text in faults(lint, place, entry, id) {
            lint.add(Kind::Ladder, clauses_of([entry]), text);
        }
    }
}

/// Everything that is wrong with a ladder. Its place is the same in the file and
/// in the policy, overlays last.
fn faults(lint: &Lint<'_>, place: usize, entry: &Entry, id: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let policy = lint.policy;
    let Some(rule) = policy.ladders.get(place) else { return faults };
    let escalates = entry.texts("escalate").next().is_some();
    match entry.text("to") {
        None if escalates => {
            faults.push(format!("the ladder `{id}` escalates to nobody; name a role with `to`"));
        }
        Some(to) if !escalates => {
            faults.push(format!(
                "the ladder `{id}` never escalates to `{to}`; say when with `escalate`, or leave `to` out"
            ));
        }
        Some(to) if is_nobody(lint, to) => {
            faults.push(format!(
                "the ladder `{id}` escalates to `{to}`, who has no roster, so nobody is told; give the role one"
            ));
        }
        _ => {}
    }
    let its = |duty: &usize| policy.ladder(*duty).is_some_and(|used| std::ptr::eq(used, rule));
    let duties: Vec<usize> = (0..policy.duties.len()).filter(its).collect();
    if duties.is_empty() {
        faults.push(format!(
            "the ladder `{id}` is for no duty: others come first, or none is of its modality; leave it out"
        ));
        return faults;
    }
    let timed = duties.iter().filter(|duty| policy.duties[**duty].window != Window::None).count();
    let climbs = ["before", "after", "escalate"].iter().any(|key| entry.texts(key).next().is_some());
    if !climbs && rule.every.is_none() {
        faults.push(format!(
            "the ladder `{id}` reminds nobody; say when with `before`, `after`, `escalate` or `every`"
        ));
    }
    if climbs && timed == 0 {
        faults.push(format!("no duty of the ladder `{id}` has a due to count from; write `every`"));
    }
    if rule.every.is_some() && timed == duties.len() {
        faults.push(format!(
            "every duty of the ladder `{id}` has a due, so `every` says nothing; leave it out"
        ));
    }
    faults
}

/// Whether nobody is known for a role. Who leads a case its events say, and the
/// body decides as one.
fn is_nobody(lint: &Lint<'_>, role: &str) -> bool {
    let body = lint.all("policy").find_map(|entry| entry.text("body")).unwrap_or_default();
    role != "fix-lead"
        && role != body
        && lint.policy.roles.iter().any(|known| &*known.heading.id == role && known.rosters.is_empty())
}
