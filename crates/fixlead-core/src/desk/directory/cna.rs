//! Who asks at CVE Services for a project: what the log says of it, without the key.

use super::event::DirectoryEvent;
use super::state::Directory;
use crate::desk::command::Refused;
use crate::desk::wire::Line;
use crate::id::ProjectId;

/// Something to do with who asks at CVE Services.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are those of the events they become")]
pub enum CnaCommand {
    Set { project: ProjectId, organisation: Line, user: Line, address: Line, new_key: bool },
    Remove { project: ProjectId, organisation: Line, user: Line, address: Line },
}

impl CnaCommand {
    /// What it leads to.
    pub(super) fn decide(self, directory: &Directory) -> Result<DirectoryEvent, Refused> {
        let (CnaCommand::Set { project, .. } | CnaCommand::Remove { project, .. }) = &self;
        directory.within(*project)?;
        Ok(match self {
            CnaCommand::Set { project, organisation, user, address, new_key } => {
                DirectoryEvent::CnaSet { project, organisation, user, address, new_key }
            }
            CnaCommand::Remove { project, organisation, user, address } => {
                DirectoryEvent::CnaRemoved { project, organisation, user, address }
            }
        })
    }
}
