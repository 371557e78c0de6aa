//! `fixlead rebuild`: lists and wake-ups made anew from the events of each case,
//! or compared with them. It needs the installation's key.

use std::io::{self, Write};
use std::sync::Arc;

use clap::Args;
use fixlead_app::rebuild::Rebuilt;
use serde_json::json;

use super::keep::Kept;
use crate::commands::Outcome;
use crate::configuration::{Settings, environment, shown};
use crate::serve::directory::DataDirectory;
use crate::serve::installation::{self, SystemClock};

/// What to rebuild.
#[derive(Args)]
pub struct RebuildArgs {
    /// Only compare; exit 1 and the ids of the cases that differ.
    #[arg(long)]
    check: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    kept: Kept,
}

/// Runs `fixlead rebuild`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &RebuildArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = match args.kept.settings(true) {
        Ok(settings) => runtime.block_on(rebuild(&settings, !args.check)),
        Err(why) => Err(why),
    };
    let done = match done {
        Ok(done) => done,
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    let Rebuilt { cases, differing, unreadable, strays } = &done;
    if args.json {
        let told = json!({
            "agrees": done.agrees(), "mended": !args.check, "cases": cases,
            "differing": differing, "unreadable": unreadable, "strays": strays,
        });
        writeln!(out, "{told}")?;
    } else {
        for case in differing {
            let what = if args.check { "differs from its events" } else { "made anew" };
            writeln!(out, "{case}  {what}")?;
        }
        for case in unreadable {
            writeln!(out, "{case}  cannot be read; run `fixlead log verify`")?;
        }
        let (so, many) = (if args.check { "differ" } else { "were made anew" }, differing.len());
        writeln!(out, "{cases} cases: the rows and wake-ups of {many} {so}, {strays} belonged to no case")?;
    }
    let no = if args.check { !done.agrees() } else { !unreadable.is_empty() };
    Ok(if no { Outcome::No } else { Outcome::Done })
}

async fn rebuild(settings: &Settings, mend: bool) -> Result<Rebuilt, String> {
    // Nodes on PostgreSQL may be at work: what they write meanwhile counts. One on
    // this directory has to be stopped.
    let _directory = DataDirectory::take(&settings.keys.data)?;
    let source = installation::KeySource::find(settings, &environment);
    if let installation::KeySource::File(path) = &source
        && !path.exists()
    {
        return Err(format!(
            "{}: the installation key is missing, and what is kept opens only with it; restore it from where you \
             keep it",
            shown(path)
        ));
    }
    let opened = installation::open(settings, &environment, Arc::new(SystemClock)).await?;
    let desk = installation::desk(settings, opened.store, Arc::new(SystemClock), false).await?;
    desk.rebuild(mend).await.map_err(|problem| problem.to_string())
}
