//! The public repository of the demonstration's project, and what its people push.

use std::sync::Arc;

use fixlead_app::Desk;
use fixlead_app::accounts::Caller;
use fixlead_app::fix::look::Patches;
use fixlead_core::id::{CaseId, ProjectId};
use fixlead_git::Source;

use super::tell::said;
use crate::configuration::Settings;
use crate::configuration::values::Upstream;
use crate::drill::git::Git;
use crate::serve::fixes::Fixes;

/// Its history, as `git fast-import` reads it. Below `refs/fix/` is what was pushed to
/// the private repository.
const HISTORY: &[u8] = include_bytes!("../../demo/collector.import");

/// The repository.
pub struct Public(Git);

impl Public {
    /// Makes it beside the data of the demonstration, and lets the desk make private
    /// ones from it.
    pub fn make(settings: &mut Settings, desk: &Desk, project: ProjectId) -> Result<Public, String> {
        let place = std::path::absolute(settings.keys.data.join("collector.git"))
            .map_err(|error| error.to_string())?;
        std::fs::create_dir_all(&place).map_err(|error| error.to_string())?;
        let git = Git::in_directory(&place);
        git.read(&["init", "--quiet", "--bare", "--initial-branch=main", "--template="])?;
        git.filter(&["fast-import", "--quiet", "--done"], HISTORY)?;
        settings.keys.fix_upstreams.push(Upstream { project, source: Source::Path(place) });
        desk.keep_fixes(Arc::new(Fixes::of(settings)));
        Ok(Public(git))
    }

    /// Has somebody push what one of its names holds to `fix/main`.
    pub async fn push(&self, desk: &Desk, caller: &Caller, case: CaseId, name: &str) -> Result<(), String> {
        let look = desk.fix(caller, case, Patches::None).await.map_err(said)?;
        let known = look.branches.first().and_then(|branch| branch.commits.last());
        let known = known.map(|shown| shown.commit.id.clone());
        let body = self.pushed(&format!("refs/fix/{name}"), known.as_deref())?;
        let answer = desk.push_fix(caller, case, body, "localhost".to_owned()).await.map_err(said)?;
        let answer = String::from_utf8_lossy(&answer);
        if answer.contains("ok refs/heads/fix/main") { Ok(()) } else { Err(format!("refused: {answer}")) }
    }

    /// What a git sends that pushes what one name here holds to `fix/main`, where that
    /// is at `known` (gitprotocol-pack).
    fn pushed(&self, name: &str, known: Option<&str>) -> Result<Vec<u8>, String> {
        let id = self.0.read(&["rev-parse", "--verify", name])?;
        let from = known.map_or_else(|| "0".repeat(id.len()), str::to_owned);
        let command = format!("{from} {id} refs/heads/fix/main\0 report-status");
        let mut body = format!("{:04x}{command}0000", command.len() + 4).into_bytes();
        let there = self.0.read(&["for-each-ref", "--format=%(objectname)", "refs/heads"])?;
        let wanted = format!("{id}\n--not\n{there}\n{}\n", known.unwrap_or_default());
        body.extend(
            self.0
                .filter_bytes(&["pack-objects", "--revs", "--stdout", "-q"], wanted.trim_end().as_bytes())?,
        );
        Ok(body)
    }
}
