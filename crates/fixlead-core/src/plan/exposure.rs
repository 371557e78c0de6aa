//! How long users were exposed: to what is public, to what is exploited, to
//! what they could not mitigate; and how long the project did not know.
//!
//! Exposure ends on a branch when its binaries are public and work, and for
//! the case when that holds on every branch whose users wait for a fix. A
//! measure that has not begun is absent; one that goes on runs to the instant
//! of the evaluation.

use super::conditions::{View, bits};
use crate::case::event::EventKind;
use crate::time::{Span, When};

/// A length of time that date-only events may leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// At least so long.
    pub least: Span,
    /// At most so long.
    pub most: Span,
    /// Whether it still goes on.
    pub running: bool,
}

/// How long users were exposed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exposure {
    /// From the first public appearance to the fix.
    pub public: Option<Length>,
    /// From the first exploitation known to the fix.
    pub exploited: Option<Length>,
    /// From the first public appearance to the first measure users could take.
    pub unmitigated: Option<Length>,
    /// From the first public appearance to the project's knowing.
    pub awareness_lag: Option<Length>,
    /// Public exposure of each affected branch, by its place.
    pub branches: Vec<(u8, Option<Length>)>,
}

/// From one instant to another, or to now while it goes on.
fn length(view: &View<'_, '_>, from: When, to: Option<When>) -> Length {
    let end = to.unwrap_or(view.at);
    let not_negative = |span: Span| span.max(Span::ZERO);
    Length {
        least: not_negative(end.first() - from.last()),
        most: not_negative(end.last() - from.first()),
        running: to.is_none(),
    }
}

/// Measures the exposure of a case.
pub fn derive(view: &View<'_, '_>) -> Exposure {
    let facts = view.facts;
    let verified = facts.first(EventKind::BinariesVerified).is_some();
    // Where nobody checks binaries, the release is the fix.
    let fixed = |index: usize| {
        let branch = &facts.branches[index];
        branch.binaries.or(if verified { None } else { branch.released })
    };
    let waiting = view.waiting();
    let mut fixed_at: Option<When> = None;
    let mut all = waiting != 0;
    for index in bits(waiting) {
        match fixed(index) {
            Some(at) => fixed_at = Some(fixed_at.filter(|latest| latest.last() >= at.last()).unwrap_or(at)),
            None => all = false,
        }
    }
    let fixed_at = fixed_at.filter(|_| all);
    let mitigated = [facts.mitigated, fixed_at].into_iter().flatten().min_by_key(|when| when.first());
    let public = facts.public_at;
    Exposure {
        public: public.map(|from| length(view, from, fixed_at)),
        exploited: facts.exploited.map(|from| length(view, from, fixed_at)),
        unmitigated: public.map(|from| length(view, from, mitigated)),
        awareness_lag: match (public, facts.first(EventKind::ProjectAware)) {
            (Some(from), Some(aware)) => Some(length(view, from, Some(aware))),
            _ => None,
        },
        branches: bits(facts.affected)
            .map(|index| (index as u8, public.map(|from| length(view, from, fixed(index)))))
            .collect(),
    }
}
