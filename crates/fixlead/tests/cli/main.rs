//! The command as people run it.

mod drill;
