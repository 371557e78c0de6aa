//! How people prove who they are.
//!
//! A passkey; or a password and a code from an authenticator, ten recovery codes
//! for the day when the authenticator is gone; and bearer secrets for sessions,
//! tokens and one-time links. Nothing here knows where they are kept: these are the pure
//! parts, so that a test can bring time and chance.
//!
//! E-mail is no factor: whoever reads a mailbox must not be able to sign in.

pub mod bearer;
pub mod id_token;
pub mod passkey;
pub mod password;
pub mod public_key;
pub mod recovery;
pub mod session;
pub mod totp;
