//! How reports reach a project, for whoever may set it: the questions of its
//! form, the key that reports can be encrypted to, a pause of its intake.

use fixlead_core::access::Action;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::form::ReportKey;
use fixlead_core::desk::wire::{Body, Line};
use fixlead_core::id::ProjectId;

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::directory::Directed;
use crate::openpgp;
use crate::problem::{Problem, Result};
use crate::public::Reporting;
use crate::repeat::Repeat;

/// How reports reach a project, and what somebody may change about it.
#[derive(Clone)]
pub struct Reaching {
    /// The project, as reporters see it.
    pub project: Reporting,
    /// The version of the directory.
    pub version: u64,
    /// Whether its questions and its pause are theirs to set.
    pub may_ask: bool,
    /// Whether its key is.
    pub may_key: bool,
}

impl Desk {
    /// How reports reach a project, for whoever may change something about it.
    pub async fn reaching(&self, caller: &Caller, project: ProjectId) -> Result<Reaching> {
        let snapshot = self.directory().await?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        let may = |action| match self.directory_permit(&snapshot, caller, action, within) {
            Ok(_) => Ok(true),
            // Who only has to prove that it is them will be asked for that.
            Err(denied) => match Problem::from(denied) {
                Problem::StepUp => Ok(true),
                Problem::NotFound => Err(Problem::NotFound),
                _ => Ok(false),
            },
        };
        let (may_ask, may_key) = (may(Action::ProjectFacts)?, may(Action::ProjectPolicy)?);
        if !may_ask && !may_key {
            return Err(Problem::NotFound);
        }
        let project = self.project_for_reporters(project).await?;
        Ok(Reaching { project, version: snapshot.version, may_ask, may_key })
    }

    /// Offers another key to encrypt reports to, or none any more.
    pub async fn set_report_key(
        &self,
        caller: &Caller,
        project: ProjectId,
        armored: Option<&str>,
        reason: Line,
        expected: Option<u64>,
        repeat: Option<&Repeat>,
    ) -> Result<Directed> {
        let snapshot = self.directory().await?;
        let within = snapshot.directory.within(project).map_err(|_| Problem::NotFound)?;
        self.directory_permit(&snapshot, caller, Action::ProjectPolicy, within)?;
        let invalid = |message: &str| Problem::invalid("/key", message);
        let key = match armored.map(str::trim) {
            None => None,
            Some(armored) => {
                let read = openpgp::key::read(armored).map_err(invalid)?;
                if read.expires.is_some_and(|expires| expires <= self.now()) {
                    return Err(invalid("this key has expired; prolong it, and give it again"));
                }
                let fingerprint = Line::new(&read.fingerprint).map_err(invalid)?;
                Some(ReportKey { fingerprint, armored: Body::new(armored).map_err(invalid)? })
            }
        };
        let command = DirectoryCommand::SetKey { project, key, reason };
        self.direct(caller, command, expected, repeat).await
    }
}
