//! What commands are answered with.

use utoipa::ToSchema;

use super::{Id, Moment};

/// What was recorded in a case.
#[derive(ToSchema)]
pub struct Done {
    /// When.
    at: Moment,
    /// The version of the case after it.
    version: u64,
}

/// A message that was written.
#[derive(ToSchema)]
pub struct Posted {
    /// The message.
    message: Id,
    /// When it was recorded.
    at: Moment,
    /// The version of the case after it.
    version: u64,
}

/// A role that somebody has in a case now.
#[derive(ToSchema)]
pub struct Granted {
    /// The grant, by which it is taken back.
    grant: Id,
    /// When it was recorded.
    at: Moment,
    /// The version of the case after it.
    version: u64,
}

/// An offer that somebody has to answer.
#[derive(ToSchema)]
pub struct Offered {
    /// The offer.
    offer: Id,
    /// When it was recorded.
    at: Moment,
    /// The version of the case after it.
    version: u64,
}

/// What was changed in the directory.
#[derive(ToSchema)]
pub struct Directed {
    /// The version of the directory after it.
    version: u64,
}

/// An organisation that was added.
#[derive(ToSchema)]
pub struct OrganisationAdded {
    /// The organisation.
    organisation: Id,
    /// The version of the directory after it.
    version: u64,
}

/// A project that was added.
#[derive(ToSchema)]
pub struct ProjectAdded {
    /// The project.
    project: Id,
    /// The version of the directory after it.
    version: u64,
}

/// Somebody who was invited.
#[derive(ToSchema)]
pub struct Invited {
    /// Who they are going to be.
    person: Id,
    /// The secret of the link; shown once.
    link: String,
    /// The link itself.
    address: String,
}

/// A standing role that waits for a second person.
#[derive(ToSchema)]
pub struct Proposed {
    /// What the second person confirms.
    offer: Id,
    /// The grant that it then is.
    grant: Id,
    /// The version of the directory after it.
    version: u64,
}
