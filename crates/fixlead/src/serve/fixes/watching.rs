//! What is done with the repositories without being asked: what is over is taken
//! away, and what is public is fetched and looked through.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use fixlead_app::Desk;
use fixlead_app::fix::Fault;
use fixlead_core::desk::event::Sighting;
use fixlead_core::desk::wire::Line;
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_git::watch::{self, How};
use fixlead_git::{Cache, Error, Id, Workspace};
use sha2::{Digest as _, Sha256};
use tracing::{info, warn};

use super::{Fixes, Result, WHOLE, fault};

/// How often what is over is taken away.
const TIDY_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked for ends that the checks have not seen, beside after a push.
const CHECK_EVERY: Duration = Duration::from_secs(60);
/// Where it is written down what was public when a private repository was made.
const SEEN: &str = "fixlead-seen";

/// What is done with a public repository beside the private one, and what was there
/// before.
pub type Looking<'a> =
    dyn FnMut(&Workspace, &BTreeSet<Id>) -> std::result::Result<Vec<watch::Sighting>, Error> + 'a;

/// Takes away what is over, has the rest follow what is public, which is looked through
/// for fixes, and has the project's checks run if there are any, until it is dropped. A
/// slow answer to the one does not keep the others.
pub async fn tend(desk: Desk, every: Duration, checks: bool) {
    let checked = async {
        if checks {
            check(&desk).await;
        }
    };
    tokio::join!(tidy(&desk), follow(&desk, every), checked);
}

async fn check(desk: &Desk) {
    let mut tick = tokio::time::interval(CHECK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = desk.fix_pushed() => {}
        }
        match desk.check_fixes().await {
            Ok(0) => {}
            Ok(runs) => info!(target: "fixlead::fixes", runs, "checks were run on private branches"),
            Err(_) => {
                warn!(target: "fixlead::fixes", "checks could not be run on a private branch; they are tried again")
            }
        }
    }
}

async fn tidy(desk: &Desk) {
    let mut tick = tokio::time::interval(TIDY_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match desk.tidy_fixes().await {
            Ok(0) => {}
            Ok(removed) => {
                info!(target: "fixlead::fixes", removed, "private repositories of closed cases are gone")
            }
            Err(_) => {
                warn!(target: "fixlead::fixes", "a private repository could not be looked at; it is tried again")
            }
        }
    }
}

async fn follow(desk: &Desk, every: Duration) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first is now; what was left is as it was.
    tick.tick().await;
    loop {
        tick.tick().await;
        match desk.watch_fixes().await {
            Ok(0) => {}
            Ok(found) => {
                warn!(target: "fixlead::fixes", found, "public changes resemble an embargoed fix; its case says which")
            }
            Err(_) => {
                warn!(target: "fixlead::fixes", "fixes could not be looked for in public; it is tried again")
            }
        }
    }
}

impl Fixes {
    /// Looks at what came to each public repository since the private one was made: a
    /// fix can be pushed here after it was pushed there.
    pub(super) fn see(
        &self,
        case: CaseId,
        project: ProjectId,
        look: &mut Looking<'_>,
    ) -> Result<Vec<Sighting>> {
        let path = self.case(case);
        let mut found = Vec::new();
        for source in self.sources(project) {
            // One that never answered is looked at when it did.
            let Some(mirror) = self.fetched(source)? else { continue };
            let hash = Sha256::digest(source.name().as_bytes());
            let seen =
                path.join(format!("{SEEN}-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3]));
            let known: Option<BTreeSet<Id>> =
                fs::read_to_string(&seen).ok().map(|text| text.lines().filter_map(Id::from_hex).collect());
            let both = [path.clone(), mirror.directory().to_owned()];
            let workspace =
                Workspace::open(&both, &Cache::Directory(path.join("fixlead")), WHOLE).map_err(fault)?;
            let ends = watch::ends(&workspace, &workspace.repositories()[1]).map_err(fault)?;
            if known.as_ref() == Some(&ends) {
                continue;
            }
            if let Some(known) = known {
                for sighting in look(&workspace, &known).map_err(fault)? {
                    found.push(Sighting {
                        commit: Line::tamed(&sighting.commit.to_string()),
                        of: Line::tamed(&sighting.of.to_string()),
                        place: Line::tamed(&source.name()),
                        how: Line::tamed(&match sighting.how {
                            How::PatchId => "the same patch id".to_owned(),
                            How::Lines(count, all) => format!("{count} of the {all} lines that it adds"),
                        }),
                    });
                }
            } else {
                // What was public before there was a fix is no leak of it.
                let text: String = ends.iter().map(|id| format!("{id}\n")).collect();
                fs::write(&seen, text).map_err(|_| Fault::Broken)?;
            }
        }
        Ok(found)
    }
}
