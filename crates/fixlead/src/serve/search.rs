//! Keeps the search of this node current, and its copy in a file, so that the
//! next start need not read every case. Nobody who sends something waits for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fixlead_app::Desk;
use fixlead_app::finding::Reopened;
use tracing::{info, warn};

use super::world;

/// The copy, below the data directory.
pub const FILE: &str = "search.sealed";

/// How often it is looked what has happened, if nobody says so before.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long what happens is let gather, so that a flood is taken in by heaps.
/// Whoever asks meanwhile looks themselves.
const GATHER: Duration = Duration::from_millis(200);
/// How long to wait when the database does not answer.
const AGAIN: Duration = Duration::from_secs(5);
/// The copy is not written more often than this.
const KEEP_AT_MOST: Duration = Duration::from_secs(5 * 60);
/// When anything has changed it is written at least this often.
const KEEP_AT_LEAST: Duration = Duration::from_secs(60 * 60);
/// How long writing it may hold up the end of the process.
const LAST: Duration = Duration::from_secs(30);

/// Works until it is dropped.
pub async fn tend(desk: Desk, file: PathBuf) {
    desk.search_is_tended();
    loop {
        match desk.open_search(&file).await {
            Ok(Reopened::Taken(cases)) => info!(target: "fixlead::search", cases, "begun with the copy"),
            Ok(Reopened::Missing) => info!(target: "fixlead::search", "no copy: every case is read"),
            Ok(Reopened::ThrownAway) => {
                warn!(target: "fixlead::search", "the copy did not open and was thrown away: every case is read");
            }
            Err(_) => {
                warn!(target: "fixlead::search", "the copy cannot be looked for; it is tried again");
                tokio::time::sleep(AGAIN).await;
                continue;
            }
        }
        break;
    }
    let (mut told, mut kept) = (false, None);
    loop {
        let Ok(tended) = desk.tend_search().await else {
            warn!(target: "fixlead::search", "what has happened cannot be read; it is tried again");
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        if tended.unreadable > 0 {
            let cases = tended.unreadable;
            warn!(target: "fixlead::search", cases, "cannot be read and are not found; run `fixlead log verify`");
        }
        if tended.behind > 0 {
            continue;
        }
        let state = desk.search_state();
        if !told && state.ready {
            told = true;
            info!(target: "fixlead::search", cases = state.cases, "every case can be found");
        }
        if is_due(desk.search_changed(), state.cases, kept) {
            keep(&desk).await;
            kept = Some(world::ticks());
        }
        // Being told is quicker; either way it is looked again.
        let _ = tokio::time::timeout(LOOK_EVERY, desk.search_has_more()).await;
        tokio::time::sleep(GATHER).await;
    }
}

/// Whether so much has changed that the copy is written anew.
fn is_due(changed: u64, cases: usize, kept: Option<Duration>) -> bool {
    let much = 100 + cases as u64 / 50;
    match kept.map(|at| world::ticks().saturating_sub(at)) {
        None => changed >= much,
        Some(ago) => ago >= KEEP_AT_MOST && changed >= much || ago >= KEEP_AT_LEAST && changed > 0,
    }
}

/// Writes the copy once more before the process ends.
pub async fn keep_last(desk: &Desk) {
    let state = desk.search_state();
    if state.ready && desk.search_changed() > 0 {
        // Without it the next start takes longer.
        let _ = tokio::time::timeout(LAST, keep(desk)).await;
    }
}

async fn keep(desk: &Desk) {
    match desk.keep_search().await {
        Ok(Some(bytes)) => info!(target: "fixlead::search", bytes, "the copy was written"),
        Ok(None) => {}
        Err(_) => {
            warn!(target: "fixlead::search", "the copy could not be written; the next start takes longer")
        }
    }
}

/// Where the copy is.
pub fn file(data: &Path) -> PathBuf {
    data.join(FILE)
}
