//! Doing what the policy holds, with a reason and by somebody who may.

use super::{happened, text};
use crate::access::{Action, Permit};
use crate::case::event::{Action as Asked, Event, EventKind, Field};
use crate::desk::wire::Line;
use crate::time::Instant;

/// A reason to do what the policy holds, by somebody who may.
#[derive(Clone, Debug)]
pub struct Overriding {
    /// The permit to override.
    pub permit: Permit,
    /// Why.
    pub reason: Line,
    /// The one branch or channel it is for.
    pub subject: Option<Line>,
}

impl Overriding {
    /// Whether it is of whoever has a permit, and for the same case.
    pub(super) fn fits(&self, permit: &Permit) -> bool {
        self.permit.action() == Action::Override
            && self.permit.stream() == permit.stream()
            && self.permit.person() == permit.person()
    }

    /// The override of an action, as it stands in the log.
    pub(super) fn of(&self, action: Asked, now: Instant) -> Event {
        let lifting = happened(EventKind::Override, &self.permit, now)
            .with(Field::Gate, text(action.name()))
            .with(Field::Reason, text(&self.reason));
        match &self.subject {
            Some(subject) => lifting.with(Field::Subject, text(subject)),
            None => lifting,
        }
    }
}
