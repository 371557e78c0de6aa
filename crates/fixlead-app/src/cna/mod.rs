//! CVE Services, at which a project's CNA reserves ids and publishes records, from the desk.
//!
//! An operator names for a project who asks there; the key is kept sealed like every record, is
//! shown to nobody, and goes nowhere but to the address it was entered for. Who enters or takes
//! away which account stands in the directory's log, without the key. What speaks the
//! service's language is a port, [`Registry`]: its calls wait for a network.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `cna` | the project | `Kept` |
//! | `cve-id` | the id | the case that it was reserved for |

pub mod cases;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use fixlead_core::access::{Action, Within};
use fixlead_core::desk::directory::cna::CnaCommand;
use fixlead_core::desk::directory::command::DirectoryCommand;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{PersonId, ProjectId};
use fixlead_core::time::Instant;
use fixlead_store::RecordChange;
use serde::{Deserialize, Serialize};

use crate::accounts::{Caller, kept};
use crate::desk::Desk;
use crate::directory::Snapshot;
use crate::problem::{Problem, Result};
use crate::webhooks::address::Address;

const KIND: &str = "cna";
/// The longest name or key, in bytes.
const MOST: usize = 200;

/// Who asks at CVE Services, and where those are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The address of the service, like `https://cveawg.mitre.org/api`.
    pub address: String,
    /// The short name of the organisation.
    pub organisation: String,
    /// The name of the user there.
    pub user: String,
    /// The secret of the user.
    pub key: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, {}, {}, a key)", self.address, self.organisation, self.user)
    }
}

/// How many ids a CNA may have reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// All of them.
    pub most: u64,
    /// Reserved, and neither published nor rejected.
    pub reserved: u64,
    /// What is left.
    pub available: u64,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// How many ids may be reserved.
    Quota,
    /// An id that begins with a year.
    Reserve {
        /// The year.
        year: u16,
    },
    /// To have a record published.
    Publish {
        /// Its id.
        id: String,
        /// The record, as JSON.
        record: String,
        /// Whether there is one already, which it replaces.
        anew: bool,
    },
    /// To have an id rejected.
    Reject {
        /// The id.
        id: String,
        /// Why; everybody reads it.
        reason: String,
    },
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// How many ids may be reserved.
    Quota(Quota),
    /// The id that was reserved, and how many more may be.
    Reserved(String, Option<u64>),
    /// It was done.
    Done,
}

/// What is answered in time; or a sentence that says why not, and what to do.
pub type Asked<'a> = Pin<Box<dyn Future<Output = std::result::Result<Told, String>> + Send + 'a>>;

/// Whoever speaks with CVE Services.
pub trait Registry: Send + Sync {
    /// Asks, within a time that has an end.
    fn ask(&self, account: Account, wish: Wish) -> Asked<'_>;
    /// Whether addresses may be called that are not public.
    fn reaches_inside(&self) -> bool;
}

/// As it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub account: Account,
    pub by: PersonId,
    pub at: i64,
    /// How many ids may be reserved, as it was told last, and when.
    pub quota: Option<(Quota, i64)>,
}

/// A CNA, as those see it who may. Its key is shown to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The project.
    pub project: ProjectId,
    /// The address of the service.
    pub address: String,
    /// The short name of the organisation.
    pub organisation: String,
    /// The name of the user there.
    pub user: String,
    /// Who entered it.
    pub by: PersonId,
    /// When.
    pub at: Instant,
    /// How many ids may be reserved, as it was told last, and when.
    pub quota: Option<(Quota, Instant)>,
}

fn shown(project: ProjectId, kept: Kept) -> Shown {
    let Kept { account: Account { address, organisation, user, .. }, by, at, quota } = kept;
    let quota = quota.map(|(quota, at)| (quota, Instant::from_millis(at)));
    Shown { project, address, organisation, user, by, at: Instant::from_millis(at), quota }
}

/// A word that stands in a header.
fn word(pointer: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let fits = (1..=MOST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let message = format!("write at most {MOST} letters, digits and signs, without spaces");
    fits.then(|| text.to_owned()).ok_or_else(|| Problem::invalid(pointer, message))
}

/// What the log says of an account: everything but the key.
fn told(account: &Account) -> [Line; 3] {
    [&account.organisation, &account.user, &account.address].map(|text| Line::tamed(text))
}

fn record(project: ProjectId, expected: u64, kept: Option<&Kept>) -> Result<RecordChange> {
    let value = kept.map(serde_json::to_vec).transpose();
    let value = value.map_err(|_| Problem::Unavailable { retry_after: 60 })?;
    let key = project.bytes().to_vec();
    Ok(RecordChange { kind: KIND.to_owned(), key, expected, value, expires: None })
}

impl Desk {
    /// Has the desk speak with CVE Services by this.
    pub fn keep_registry(&self, registry: Arc<dyn Registry>) {
        let _ = self.inner.registry.set(registry);
    }

    fn registry(&self) -> Result<&Arc<dyn Registry>> {
        let none = || Problem::invalid("", "this desk speaks with no CVE Services");
        self.inner.registry.get().ok_or_else(none)
    }

    fn cna_permit(&self, snapshot: &Snapshot, caller: &Caller, action: Action) -> Result<()> {
        self.directory_permit(snapshot, caller, action, Within::Installation)?;
        Ok(())
    }

    async fn kept_cna(&self, project: ProjectId) -> Result<Option<kept::Found<Kept>>> {
        kept::get(&self.inner.store, KIND, &project.bytes()).await
    }

    /// The CNAs that are set, of all projects.
    pub async fn cnas(&self, caller: &Caller) -> Result<Vec<Shown>> {
        let snapshot = self.directory().await?;
        self.cna_permit(&snapshot, caller, Action::InstallationRead)?;
        let mut all = Vec::new();
        for project in snapshot.directory.projects.keys() {
            all.extend(self.kept_cna(*project).await?.map(|found| shown(*project, found.value)));
        }
        Ok(all)
    }

    /// Names who asks at CVE Services for a project. Without a key the one that is kept stays,
    /// as long as it goes to the same address.
    pub async fn set_cna(
        &self,
        caller: &Caller,
        project: ProjectId,
        account: Account,
        over_key: bool,
    ) -> Result<Shown> {
        let snapshot = self.directory().await?;
        self.cna_permit(&snapshot, caller, Action::KeysManage)?;
        if !snapshot.directory.projects.contains_key(&project) {
            return Err(Problem::NotFound);
        }
        let registry = self.registry()?;
        let address = account.address.trim().trim_end_matches('/').to_owned();
        let wrong = |message: &str| Problem::invalid("/address", message);
        let parsed = Address::parse(&address).map_err(wrong)?;
        if let Some(message) = parsed.refusal(registry.reaches_inside()) {
            return Err(wrong(&message.replace("webhook.allowed-networks", "cve.allowed-networks")));
        }
        if address.contains('?') {
            return Err(wrong("the address ends with a plain path, like /api"));
        }
        let before = self.kept_cna(project).await?;
        let known = before.as_ref().map(|found| &found.value.account);
        let key = match (over_key, known) {
            (true, _) => word("/key", &account.key)?,
            (false, Some(known)) if known.address == address => known.key.clone(),
            (false, Some(_)) => {
                let message = "a key goes only to the address that it was entered for: enter it anew";
                return Err(Problem::invalid("/key", message));
            }
            (false, None) => return Err(Problem::invalid("/key", "enter the key of the user")),
        };
        let account = Account {
            address,
            organisation: word("/organisation", &account.organisation)?,
            user: word("/user", &account.user)?,
            key,
        };
        let [organisation, user, address] = told(&account);
        let command = CnaCommand::Set { project, organisation, user, address, new_key: over_key };
        let kept = Kept { account, by: caller.person, at: self.now().millis(), quota: None };
        let record = record(project, before.as_ref().map_or(0, |found| found.version), Some(&kept))?;
        self.direct_with(caller, DirectoryCommand::Cna(command), None, None, vec![record]).await?;
        Ok(shown(project, kept))
    }

    /// Forgets who asks for a project, key and all.
    pub async fn remove_cna(&self, caller: &Caller, project: ProjectId) -> Result<()> {
        let snapshot = self.directory().await?;
        self.cna_permit(&snapshot, caller, Action::KeysManage)?;
        let before = self.kept_cna(project).await?.ok_or(Problem::NotFound)?;
        let [organisation, user, address] = told(&before.value.account);
        let command = CnaCommand::Remove { project, organisation, user, address };
        let record = record(project, before.version, None)?;
        self.direct_with(caller, DirectoryCommand::Cna(command), None, None, vec![record]).await?;
        Ok(())
    }

    /// Asks how many ids may be reserved for a project: whether what is set works.
    pub async fn ask_quota(&self, caller: &Caller, project: ProjectId) -> Result<Quota> {
        let snapshot = self.directory().await?;
        self.cna_permit(&snapshot, caller, Action::KeysManage)?;
        let found = self.kept_cna(project).await?.ok_or(Problem::NotFound)?;
        match self.asked(found.value.account, Wish::Quota).await? {
            Told::Quota(quota) => {
                self.remember_quota(project, quota).await?;
                Ok(quota)
            }
            _ => Err(Problem::Elsewhere("CVE Services answered something else".to_owned())),
        }
    }

    async fn asked(&self, account: Account, wish: Wish) -> Result<Told> {
        self.registry()?.ask(account, wish).await.map_err(Problem::Elsewhere)
    }

    /// What was told last is shown without asking again. Where somebody else writes at the same
    /// time, theirs is as good.
    async fn remember_quota(&self, project: ProjectId, quota: Quota) -> Result<()> {
        let Some(found) = self.kept_cna(project).await? else { return Ok(()) };
        let kept = Kept { quota: Some((quota, self.now().millis())), ..found.value };
        let _ = self.inner.store.put_record(record(project, found.version, Some(&kept))?).await?;
        Ok(())
    }
}
