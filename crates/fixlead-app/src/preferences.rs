//! What somebody prefers, for themselves alone: the zone in which they read instants.
//!
//! | kind | key | value |
//! |---|---|---|
//! | `preferences` | the person | `Kept` |

use fixlead_core::access::{self, Action, Target, Within};
use serde::{Deserialize, Serialize};

use crate::accounts::{By, Caller, kept};
use crate::desk::Desk;
use crate::problem::Result;

const KIND: &str = "preferences";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    zone: Option<String>,
}

impl Desk {
    /// The zone that whoever asks reads in, if they have said one.
    pub async fn own_zone(&self, caller: &Caller) -> Result<Option<String>> {
        if matches!(caller.by, By::Receipt(_)) {
            return Ok(None);
        }
        let found = kept::get::<Kept>(&self.inner.store, KIND, &caller.person.bytes()).await?;
        Ok(found.and_then(|found| found.value.zone))
    }

    /// Has whoever asks read in a zone.
    pub async fn set_own_zone(&self, caller: &Caller, zone: Option<&str>) -> Result<()> {
        let snapshot = self.directory().await?;
        let actor = self.actor(caller, &snapshot);
        let target = Target::Directory(self.inner.installation, Within::Person(caller.person));
        access::decide(&actor, &[], Action::OwnProfile, target, self.now())?;
        let zone = zone.map(str::to_owned);
        let set = |preferences: &mut Kept| preferences.zone.clone_from(&zone);
        kept::update::<Kept>(&self.inner.store, KIND, &caller.person.bytes(), set).await
    }
}
