//! What people do with a case.
//!
//! - `kept`: a case in memory, checked against the store at every use.
//! - [`act`]: a command, from the permit to the append. [`record`]: an event of
//!   the policy's vocabulary. `together`: several commands in one commit. [`joint`]:
//!   what concerns two cases.
//! - [`read`]: what somebody may see of it; the log for auditors.
//! - [`board`]: the same with what the policy says of it, as its Fix Lead looks
//!   at it; [`why`] it stands so. [`paper`]: what somebody has to know who records
//!   an event by hand.
//! - [`severity`]: opinions on it, and what a score would change. [`schedule`]: when
//!   the release may be, [`calendar`] for one person. [`communication`]: who is told
//!   what, where and when.
//! - [`advisory`]: what the world is told, written and made public.
//! - [`unread`]: what is new to somebody since they last looked.
//! - [`follow`]: a report as whoever sent it sees it.
//! - [`inbox`]: lists of cases. `rows` says what stands in them and when the
//!   case is looked at again.
//! - [`evaluation`], [`export`]: what the policy says of it; its history as a
//!   document. [`moved`]: another policy, other facts. [`attachments`], [`who_knew`],
//!   [`erase`].
//! - [`retention`]: how long closed cases are kept. `pace`: how many cases
//!   somebody opens in an hour.

pub mod act;
pub mod advisory;
pub mod attachments;
pub mod board;
pub mod calendar;
pub mod communication;
pub mod erase;
pub mod evaluation;
pub mod export;
pub mod follow;
pub mod inbox;
pub mod joint;
pub(crate) mod kept;
pub mod moved;
pub(crate) mod pace;
pub mod paper;
pub mod read;
pub mod record;
pub mod retention;
pub(crate) mod rows;
pub mod schedule;
pub mod severity;
pub(crate) mod together;
pub mod unread;
pub mod who_knew;
pub mod why;
