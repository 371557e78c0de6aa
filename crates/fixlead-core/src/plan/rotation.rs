//! Whose turn it is to be Fix Lead.
//!
//! The role goes round the list of responders. Whoever serves, in turn or as
//! a volunteer, moves the pointer behind themselves; whoever is passed over
//! because they are away is owed a turn.

use super::conditions::View;
use crate::case::event::Field;
use crate::case::project::Project;
use crate::time::Instant;

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Rotation {
    /// Who was due when the case was assigned, or is due now.
    pub expected: Option<u16>,
    /// Who comes next.
    pub next: Option<u16>,
    /// Who was passed over because they were away.
    pub owed: Vec<u16>,
}

/// The place behind whoever served last.
fn pointer(project: &Project) -> usize {
    let place = |name: &str| project.responders.iter().position(|person| &**person == name);
    let last = project.served.iter().filter_map(|(name, day)| Some((*day, place(name)?))).max();
    last.map_or(0, |(_, place)| (place + 1) % project.responders.len().max(1))
}

/// Who is due at an instant, and who is passed over for being away.
pub fn expected(project: &Project, at: Instant) -> Option<(&str, Vec<u16>)> {
    let count = project.responders.len();
    let start = pointer(project);
    let mut owed = Vec::new();
    for step in 0..count {
        let place = (start + step) % count;
        let name = &project.responders[place];
        if !project.on_leave(name, at) {
            return Some((name, owed));
        }
        owed.push(place as u16);
    }
    None
}

/// The rotation of a case.
pub fn derive(view: &View<'_, '_>) -> Option<Rotation> {
    view.case.policy.rotation.as_ref()?;
    let project = view.case.project;
    let place = |name: &str| project.responders.iter().position(|person| &**person == name);
    let events = &view.case.events;
    let assigned = view.facts.first_lead.map_or(view.at.first(), |index| events[index as usize].at.first());
    let (expected, owed) = match expected(project, assigned) {
        Some((name, owed)) => (place(name), owed),
        None => (None, Vec::new()),
    };
    // Whoever became Fix Lead last served last; somebody from outside the
    // list has no place in it and leaves the pointer where it was.
    let who = |index: u32| place(events[index as usize].text(Field::Who)?);
    let served = view.facts.lead.and_then(who).or_else(|| view.facts.first_lead.and_then(who));
    let next = match served {
        Some(place) => Some((place + 1) % project.responders.len()),
        None => expected,
    };
    Some(Rotation {
        expected: expected.map(|place| place as u16),
        next: next.map(|place| place as u16),
        owed,
    })
}
