//! Whose turn it is in a project.
//!
//! Round robin goes case by case: whoever serves moves the pointer behind
//! themselves, and whoever is passed over for being away is owed a turn, which
//! comes before the pointer as soon as they are back. Weekly turns go by the
//! calendar, from Monday to Sunday.

use super::event::Turns;
use super::state::ProjectRecord;
use crate::id::PersonId;
use crate::time::Instant;

/// Whether a day lies in a leave; first and last day included.
pub fn is_away(leave: &[(i64, i64)], day: i64) -> bool {
    leave.iter().any(|(first, last)| (*first..=*last).contains(&day))
}

/// Those who take turns, the one whose turn it is first, whoever is away where
/// they stand.
pub fn order(project: &ProjectRecord, at: Instant, away: impl Fn(PersonId) -> bool) -> Vec<PersonId> {
    let count = project.rota.len();
    let start = match project.turns {
        Turns::RoundRobin => project.pointer,
        Turns::Weekly { first } => {
            let weeks = at.day().saturating_sub(first).div_euclid(7);
            weeks.rem_euclid(count.max(1) as i64) as usize
        }
    };
    let mut list: Vec<PersonId> = Vec::with_capacity(count);
    if project.turns == Turns::RoundRobin {
        list.extend(project.owed.iter().copied().filter(|person| !away(*person)));
    }
    for step in 0..count {
        let person = project.rota[(start + step) % count];
        if !list.contains(&person) {
            list.push(person);
        }
    }
    list
}

/// Takes note that somebody served.
pub(super) fn serve(project: &mut ProjectRecord, person: PersonId, away: impl Fn(PersonId) -> bool) {
    if let Some(place) = project.owed.iter().position(|owed| *owed == person) {
        // A turn that was owed is paid back; whose turn is next stays so.
        project.owed.remove(place);
        return;
    }
    let count = project.rota.len();
    let Some(place) = project.rota.iter().position(|known| *known == person) else { return };
    let mut at = project.pointer % count;
    while at != place {
        let passed = project.rota[at];
        if away(passed) && !project.owed.contains(&passed) {
            project.owed.push(passed);
        }
        at = (at + 1) % count;
    }
    project.pointer = (place + 1) % count;
}
