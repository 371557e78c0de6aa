//! Sessions and tokens, as they are kept, and how long they last.
//!
//! A session ends when nobody used it for a while, at the latest after some
//! days, and at once when it is revoked: every request looks it up. A token
//! ends on the day it was made for, at the latest after a year.

use fixlead_core::access::{Presence, Scope, TokenScope};
use fixlead_core::id::{PersonId, SessionId, TokenId};
use fixlead_core::time::{Instant, Span};

/// The longest life of a token.
pub const LONGEST_TOKEN: Span = Span::days(366);
/// How exactly the last use is kept: one more write in so long a time.
pub const TOUCH_AFTER: Span = Span::minutes(5);

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// Without being used.
    pub idle: Span,
    /// At all.
    pub most: Span,
}

impl Default for Lengths {
    /// Twelve hours without use, seven days at all.
    fn default() -> Self {
        Lengths { idle: Span::hours(12), most: Span::days(7) }
    }
}

/// A session in a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, by which it is listed and revoked.
    pub id: SessionId,
    /// Whose it is.
    pub person: PersonId,
    /// When it began.
    pub began: Instant,
    /// When it was last used, to about [`TOUCH_AFTER`].
    pub used: Instant,
    /// When its person last proved again that it is them.
    pub stepped_up: Option<Instant>,
    /// The browser, in its own words, shortened.
    pub browser: String,
    /// Where its person last proved who they are, as a hash.
    pub place: Option<u64>,
}

impl Session {
    /// When it ends if it is not used again.
    pub fn ends(&self, lengths: Lengths) -> Instant {
        (self.used + lengths.idle).min(self.began + lengths.most)
    }

    /// Whether it counts. One from the future does not: a clock was wrong.
    pub fn is_live(&self, lengths: Lengths, now: Instant) -> bool {
        self.began <= now && now < self.ends(lengths)
    }

    /// Whether its use is worth writing down.
    pub fn is_worth_touching(&self, now: Instant) -> bool {
        now - self.used >= TOUCH_AFTER
    }

    /// What the decision about access has to know of it.
    pub fn presence(&self) -> Presence {
        Presence::Session { stepped_up: self.stepped_up }
    }
}

/// A token for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id, by which it is listed and revoked.
    pub id: TokenId,
    /// Whose rights it has, at most.
    pub person: PersonId,
    /// What its owner calls it.
    pub name: String,
    /// What it was made for.
    pub scopes: Vec<TokenScope>,
    /// Where it counts; everywhere its owner's grants do, if nothing.
    pub within: Option<Scope>,
    /// When it was made.
    pub made: Instant,
    /// When it ends.
    pub ends: Instant,
    /// When it was last used, to about [`TOUCH_AFTER`].
    pub used: Option<Instant>,
}

impl Token {
    /// Whether its use is worth writing down.
    pub fn is_worth_touching(&self, now: Instant) -> bool {
        self.used.is_none_or(|used| now - used >= TOUCH_AFTER)
    }

    /// Whether it counts.
    pub fn is_live(&self, now: Instant) -> bool {
        self.made <= now && now < self.ends
    }

    /// What the decision about access has to know of it.
    pub fn presence(&self) -> Presence {
        Presence::Token { scopes: self.scopes.clone(), within: self.within }
    }
}

/// Failed attempts: at the second factor of an account by whoever knows its
/// password, and at a name from one source.
///
/// Nobody is locked out for good, because that would let a stranger lock
/// somebody out on release day: each failure after the fourth doubles the wait,
/// up to a quarter of an hour, and an hour without one forgets them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many failed since the last success.
    pub failed: u32,
    /// When the last one failed.
    pub last: Option<Instant>,
}

/// Failures that cost nothing.
const FREE: u32 = 4;
/// The longest wait.
const LONGEST_WAIT: Span = Span::minutes(15);
/// After so long without a failure they are forgotten.
const FORGOTTEN_AFTER: Span = Span::hours(1);

impl Attempts {
    /// With one more failure.
    #[must_use]
    pub fn fail(self, now: Instant) -> Self {
        let forgotten = self.last.is_none_or(|last| now - last >= FORGOTTEN_AFTER);
        Attempts { failed: if forgotten { 1 } else { self.failed.saturating_add(1) }, last: Some(now) }
    }

    /// From when on the next attempt is looked at.
    pub fn free_from(self) -> Option<Instant> {
        let doubled = self.failed.checked_sub(FREE + 1)?;
        let seconds = 1_i64.checked_shl(doubled.min(20)).unwrap_or(i64::MAX);
        Some(self.last? + Span::from_millis(seconds * 1_000).min(LONGEST_WAIT))
    }
}
