//! What everybody may know: which projects take reports, and what each promises.

use std::sync::Arc;

use fixlead_core::desk::form::{Pause, QuestionList, ReportKey};
use fixlead_core::id::{PersonId, ProjectId};
use fixlead_core::time::Instant;

use crate::accounts::Caller;
use crate::desk::Desk;
use crate::openpgp::{self, PublicKey};
pub use crate::policies::Rendered;
use crate::problem::{Problem, Result};

/// A project, as reporters see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reporting {
    /// Its id.
    pub project: ProjectId,
    /// What it is called.
    pub name: String,
    /// The organisation it belongs to.
    pub organisation: String,
    /// What its policy is called.
    pub policy: String,
    /// The promises of the policy to whoever reports, with their clauses.
    pub promises: Vec<(String, Vec<String>)>,
    /// What its form asks.
    pub questions: Arc<QuestionList>,
    /// The key that reports can be encrypted to.
    pub key: Option<OfferedKey>,
    /// That it takes nothing in for now.
    pub pause: Option<Pause>,
}

impl Reporting {
    /// How commands name the key of the project.
    pub fn key_recipient(&self) -> &str {
        self.key.as_ref().map_or("", |offered| &offered.key.fingerprint)
    }
}

/// A key that reports can be encrypted to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedKey {
    /// What it says of itself.
    pub key: PublicKey,
    /// It itself, in ASCII armor.
    pub armored: String,
    /// Whether it says that it is not used any more.
    pub expired: bool,
}

pub(crate) fn offered(kept: &ReportKey, now: Instant) -> Option<OfferedKey> {
    let key = openpgp::key::read(&kept.armored).ok()?;
    let expired = key.expires.is_some_and(|expires| expires <= now);
    Some(OfferedKey { expired, key, armored: kept.armored.to_string() })
}

impl Desk {
    /// The projects that take reports, by name.
    pub async fn projects_for_reporters(&self) -> Result<Vec<Reporting>> {
        let snapshot = self.directory().await?;
        let mut all = Vec::new();
        for project in snapshot.directory.projects.keys() {
            all.extend(self.project_for_reporters(*project).await);
        }
        all.sort_by(|a, b| (&a.name, a.project).cmp(&(&b.name, b.project)));
        Ok(all)
    }

    /// One of them.
    pub async fn project_for_reporters(&self, project: ProjectId) -> Result<Reporting> {
        let snapshot = self.directory().await?;
        let record = snapshot.directory.projects.get(&project).ok_or(Problem::NotFound)?;
        let policy = self.policy(&record.policy).await?;
        let now = self.now();
        let organisation = snapshot.directory.organisations.get(&record.organisation);
        // What the first steps of the policy say about a report that came in.
        let first = ["acknowledge", "triage", "fix-lead", "fix-complete"];
        let promises = policy.duties.iter().filter(|duty| first.contains(&&*duty.heading.id)).map(|duty| {
            let clauses = duty.heading.clauses.iter().map(|clause| policy.clause(*clause).to_owned());
            (duty.heading.say.to_string(), clauses.collect())
        });
        Ok(Reporting {
            project,
            name: record.name.to_string(),
            organisation: organisation.map(ToString::to_string).unwrap_or_default(),
            policy: policy.title.to_string(),
            promises: promises.collect(),
            questions: Arc::clone(&record.questions),
            key: record.key.as_deref().and_then(|kept| offered(kept, now)),
            pause: record.pause.clone().filter(|pause| pause.lasts(now)),
        })
    }

    /// What the policy of a project says, for whoever wants to report: a policy
    /// is a promise to everybody. `intake` is where its reports go.
    pub async fn policy_for_reporters(&self, project: ProjectId, intake: &str) -> Result<Arc<Rendered>> {
        let snapshot = self.directory().await?;
        let record = snapshot.directory.projects.get(&project).ok_or(Problem::NotFound)?;
        self.policy_documents(&record.policy, intake).await
    }

    /// What somebody is called who asks for themselves.
    pub async fn own_name(&self, caller: &Caller) -> Result<Option<String>> {
        let snapshot = self.directory().await?;
        Ok(Self::name_of(&snapshot, caller.person))
    }

    /// What somebody is called, for those who were shown their id.
    pub async fn name_for(&self, person: PersonId) -> Result<Option<String>> {
        let snapshot = self.directory().await?;
        Ok(Self::name_of(&snapshot, person))
    }
}
