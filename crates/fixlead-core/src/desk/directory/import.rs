//! Advisories that a project published elsewhere and takes in here: what may be done, and
//! what the log says of it. Their texts stand in no log, only the hashes of these.

use std::collections::BTreeMap;

use super::command::{unknown, wrong};
use super::event::{DirectoryEntry, DirectoryEvent, Incoming};
use super::state::{Directory, author};
use crate::access::{self, Action, Actor, Permit, Presence, Standing, Target, Within};
use crate::desk::command::{Refused, Thing, Wrong};
use crate::desk::wire::Line;
use crate::id::{InstallationId, OfferId, PersonId, ProjectId};
use crate::time::{Instant, Span};

/// How old an advisory has to be for one person to take it in alone. An embargo is over
/// within days or weeks of the fix, and few last longer than ninety days: what is older is
/// history, what is younger may be the flaw that others still keep quiet about.
pub const RECENT: Span = Span::days(90);
/// How long what was proposed waits for a second person.
pub const WAITS: Span = Span::days(14);
/// The most that waits in a project at a time, so that nobody fills the desk with it.
pub const MOST_WAITING: usize = 10;

impl Incoming {
    /// Whether a second person has to confirm it.
    pub fn is_recent(&self, now: Instant) -> bool {
        now < self.latest + RECENT
    }
}

/// Advisories that wait for a second person.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Whose they are.
    pub project: ProjectId,
    /// Who proposed them.
    pub by: Option<PersonId>,
    /// When.
    pub at: Instant,
    /// Until when they wait, exclusive.
    pub until: Instant,
    /// What they are.
    pub advisories: Vec<Incoming>,
}

/// Something to do with advisories that come in.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the fields are those of the events they become")]
pub enum ImportCommand {
    Propose {
        offer: OfferId,
        project: ProjectId,
        advisories: Vec<Incoming>,
    },
    /// Have them public: alone, or as the second person.
    TakeIn {
        project: ProjectId,
        offer: Option<OfferId>,
        advisories: Vec<Incoming>,
    },
    /// Say no, or take back what one proposed.
    Decline {
        project: ProjectId,
        offer: OfferId,
        reason: Line,
    },
    /// They made room for what a case published under their ids.
    Replace {
        project: ProjectId,
        advisories: Vec<Incoming>,
    },
}

impl Directory {
    /// What waits in a project, and is not over.
    pub fn importing(&self, project: ProjectId, now: Instant) -> impl Iterator<Item = (OfferId, &Import)> {
        let imports = self.imports.iter().map(|(offer, import)| (*offer, import));
        imports.filter(move |(_, import)| import.project == project && now < import.until)
    }

    fn import(&self, offer: OfferId, project: ProjectId) -> Result<&Import, Refused> {
        match self.imports.get(&offer).filter(|import| import.project == project) {
            Some(import) => Ok(import),
            None => unknown(Thing::Offer, offer),
        }
    }

    /// Whether whoever proposed it could still propose it.
    fn proposer_may(&self, import: &Import, installation: InstallationId, now: Instant) -> bool {
        let (Some(person), Ok(within)) = (import.by, self.within(import.project)) else { return false };
        let Some(standing) = self.standing(person) else { return false };
        let presence = Presence::Session { stepped_up: Some(now) };
        let actor = Actor::Person { person, standing, presence };
        let target = Target::Directory(installation, within);
        access::decide(&actor, &self.grants_of(person), Action::ProjectPolicy, target, now).is_ok()
    }
}

impl ImportCommand {
    /// What a permit for it has to allow, and where.
    pub(super) fn needs(&self, directory: &Directory) -> Result<(Action, Within), Refused> {
        use ImportCommand as C;
        Ok(match self {
            C::Propose { project, .. } | C::TakeIn { project, .. } | C::Decline { project, .. } => {
                (Action::ProjectPolicy, directory.within(*project)?)
            }
            C::Replace { project, .. } => (Action::ImportReplace, directory.within(*project)?),
        })
    }

    /// What it leads to.
    pub(super) fn decide(
        self,
        directory: &Directory,
        installation: InstallationId,
        permit: &Permit,
        now: Instant,
    ) -> Result<DirectoryEvent, Refused> {
        use DirectoryEvent as E;
        use ImportCommand as C;
        Ok(match self {
            C::Propose { offer, .. } if directory.imports.contains_key(&offer) => {
                return wrong(Wrong::Repeated);
            }
            C::Propose { project, .. } if directory.importing(project, now).count() >= MOST_WAITING => {
                return wrong(Wrong::TooManyWait);
            }
            C::Propose { offer, project, advisories } => {
                E::AdvisoriesProposed { offer, project, until: now + WAITS, advisories }
            }
            C::TakeIn { offer: None, advisories, .. } if advisories.iter().any(|one| one.is_recent(now)) => {
                return wrong(Wrong::SamePerson);
            }
            C::TakeIn { project, offer: None, advisories } => {
                E::AdvisoriesTakenIn { project, offer: None, advisories }
            }
            C::TakeIn { project, offer: Some(offer), advisories } => {
                let import = directory.import(offer, project)?;
                if import.until <= now {
                    return wrong(Wrong::WaitOver);
                }
                if permit.person().is_none() || import.by == permit.person() {
                    return wrong(Wrong::SamePerson);
                }
                if !directory.proposer_may(import, installation, now) {
                    return wrong(Wrong::ProposerGone);
                }
                if import.advisories != advisories {
                    return wrong(Wrong::NotWhatWasProposed);
                }
                E::AdvisoriesTakenIn { project, offer: Some(offer), advisories }
            }
            C::Decline { project, offer, reason } => {
                directory.import(offer, project)?;
                E::AdvisoriesDeclined { project, offer, reason }
            }
            C::Replace { project, advisories } => E::AdvisoriesReplaced { project, advisories },
        })
    }
}

/// Adds an entry of the log.
pub(super) fn apply(imports: &mut BTreeMap<OfferId, Import>, entry: &DirectoryEntry) {
    use DirectoryEvent as E;
    let at = entry.at;
    match &entry.event {
        E::AdvisoriesProposed { offer, project, until, advisories } => {
            // What nobody confirmed in time is not kept in memory for ever.
            imports.retain(|_, import| at < import.until);
            let (project, by, until) = (*project, author(entry.by), *until);
            let import = Import { project, by, at, until, advisories: advisories.clone() };
            imports.entry(*offer).or_insert(import);
        }
        E::AdvisoriesTakenIn { offer: Some(offer), .. } | E::AdvisoriesDeclined { offer, .. } => {
            imports.remove(offer);
        }
        E::PersonStanding { person, standing: Standing::Removed, .. } => {
            imports.retain(|_, import| import.by != Some(*person));
        }
        _ => {}
    }
}
