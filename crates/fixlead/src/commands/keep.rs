//! `fixlead log verify`, `backup`, `restore`, `export`: what is kept, checked,
//! copied and brought back. None of them needs the installation's key; `log kept`
//! does, for what is kept of others is sealed.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use fixlead_store::log::{SignedHead, Timestamp, verify};
use fixlead_store::{Location, backup};
use serde_json::json;

use crate::commands::Outcome;
use crate::configuration::{self, Flags, Settings, environment};
use crate::serve::installation;

mod heads;

/// What to do with the log.
#[derive(Subcommand)]
pub enum LogCommand {
    /// Check the tamper-evident log; exit 1 and the first bad entry when it was altered.
    Verify(VerifyArgs),
    /// Print the signed heads kept here for another installation, as a witness's file.
    Kept(KeptArgs),
}

/// Whose heads.
#[derive(Args)]
pub struct KeptArgs {
    /// The installation, as `witness.keep` names it; what is kept of each if left out.
    #[arg(value_name = "INSTALLATION")]
    installation: Option<String>,
    /// Print the heads that were refused because they contradict those, instead.
    #[arg(long, requires = "installation")]
    refused: bool,
    #[command(flatten)]
    kept: Kept,
}

/// Which log.
#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    kept: Kept,
    /// Check this export instead of a database.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "database_url", "config"])]
    export: Option<PathBuf>,
    /// Compare with the heads that a witness kept.
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
    /// Check a reporter's signed timestamp; on its own if no database or export is named.
    #[arg(long, value_name = "FILE")]
    timestamp: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Where to.
#[derive(Args)]
pub struct BackupArgs {
    /// A directory that is made for it.
    #[arg(value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    kept: Kept,
}

/// Where from.
#[derive(Args)]
pub struct RestoreArgs {
    /// The directory of a backup, or an export.
    #[arg(value_name = "DIR")]
    from: PathBuf,
    #[command(flatten)]
    kept: Kept,
}

/// What to write out.
#[derive(Args)]
pub struct ExportArgs {
    /// Write to this new file instead of standard output.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    kept: Kept,
}

/// Which database.
#[derive(Args)]
pub struct Kept {
    /// Read this file; otherwise fixlead.toml in the data directory, if it is there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory [default: ./fixlead-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The PostgreSQL database.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Kept {
    /// Whether a database was named, and not left to be found.
    fn is_named(&self) -> bool {
        self.config.is_some() || self.data.is_some() || self.database_url.is_some()
    }

    fn location(&self, must_exist: bool) -> Result<Location, String> {
        Ok(installation::location(&self.settings(must_exist)?))
    }

    /// What is set, for a database that has to be there.
    pub(super) fn settings(&self, must_exist: bool) -> Result<Settings, String> {
        let flags = Flags {
            config: self.config.clone(),
            data: self.data.clone(),
            database_url: self.database_url.clone(),
            ..Flags::default()
        };
        let settings = configuration::load(&flags, &environment)?;
        let file = installation::database_file(&settings);
        if must_exist && settings.database.is_none() && !file.exists() {
            return Err(format!(
                "{}: there is no database; name its directory with --data",
                configuration::shown(&file)
            ));
        }
        Ok(settings)
    }
}

/// Waits for what the store does.
fn wait<T>(work: impl Future<Output = fixlead_store::Result<T>>) -> io::Result<Result<T, String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    Ok(runtime.block_on(work).map_err(|error| error.to_string()))
}

fn refuse(messages: &mut impl Write, why: &str) -> io::Result<Outcome> {
    writeln!(messages, "fixlead: {why}")?;
    Ok(Outcome::Unreadable)
}

/// Runs `fixlead log`.
///
/// # Errors
/// When a stream cannot be written.
pub fn log(command: &LogCommand, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let args = match command {
        LogCommand::Verify(args) => args,
        LogCommand::Kept(args) => return heads::kept(args, out, messages),
    };
    let witness = match args.witness.as_deref().map(SignedHead::read_all).transpose() {
        Ok(heads) => heads.unwrap_or_default(),
        Err(error) => return refuse(messages, &error.to_string()),
    };
    let timestamp = match args.timestamp.as_deref().map(Timestamp::read).transpose() {
        Ok(timestamp) => timestamp,
        Err(error) => return refuse(messages, &error.to_string()),
    };
    if let Some(timestamp) = &timestamp {
        let ended = heads::timestamp(timestamp, &witness, args.json, out)?;
        let is_alone = args.export.is_none() && !args.kept.is_named();
        if is_alone || matches!(ended, Outcome::No) {
            return Ok(ended);
        }
    }
    let verified = match &args.export {
        Some(export) => {
            verify::export_with(export, &witness, timestamp.as_ref()).map_err(|error| error.to_string())
        }
        None => match args.kept.location(true) {
            Ok(location) => wait(verify::database_with(&location, &witness, timestamp.as_ref()))?,
            Err(why) => Err(why),
        },
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(why) => return refuse(messages, &why),
    };
    match verified {
        Ok(found) => {
            let key = fixlead_core::text::hex(&found.key);
            if args.json {
                let told = json!({
                    "whole": true, "entries": found.entries, "events": found.events, "streams": found.streams.0,
                    "erased": found.streams.1, "heads": found.heads, "witnessed": found.witnessed, "key": key,
                });
                writeln!(out, "{told}")?;
            } else {
                writeln!(
                    out,
                    "the log is whole: {} entries, {} events in {} streams ({} erased), {} signed heads, {} of a witness",
                    found.entries,
                    found.events,
                    found.streams.0,
                    found.streams.1,
                    found.heads,
                    found.witnessed
                )?;
                writeln!(out, "heads are signed by {key}")?;
            }
            Ok(Outcome::Done)
        }
        Err(fault) => {
            if args.json {
                let told = json!({
                    "whole": false, "entry": fault.entry, "stream": fault.stream.map(|stream| stream.to_string()),
                    "version": fault.version, "position": fault.position, "what": fault.what,
                });
                writeln!(out, "{told}")?;
            } else {
                writeln!(out, "the log was altered: {fault}")?;
            }
            Ok(Outcome::No)
        }
    }
}

/// Runs `fixlead backup`.
///
/// # Errors
/// When a stream cannot be written.
pub fn back_up(args: &BackupArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let done = match args.kept.location(true) {
        Ok(location) => wait(backup::backup(&location, &args.to))?,
        Err(why) => Err(why),
    };
    match done {
        Ok(()) => {
            writeln!(
                out,
                "written to {}; keep the installation key elsewhere",
                configuration::shown(&args.to)
            )?;
            Ok(Outcome::Done)
        }
        Err(why) => refuse(messages, &why),
    }
}

/// Runs `fixlead restore`.
///
/// # Errors
/// When a stream cannot be written.
pub fn restore(args: &RestoreArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let done = match args.kept.location(false) {
        Ok(location) => wait(backup::restore(&args.from, &location))?,
        Err(why) => Err(why),
    };
    match done {
        Ok(()) => {
            writeln!(
                out,
                "restored; check it with `fixlead log verify`, and bring its installation key back"
            )?;
            Ok(Outcome::Done)
        }
        Err(why) => refuse(messages, &why),
    }
}

/// Runs `fixlead export`.
///
/// # Errors
/// When a stream cannot be written.
pub fn export(args: &ExportArgs, messages: &mut impl Write) -> io::Result<Outcome> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let location = match args.kept.location(true) {
        Ok(location) => location,
        Err(why) => return refuse(messages, &why),
    };
    let done = match &args.to {
        Some(path) => {
            let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            match made {
                Ok(file) => wait(backup::export(&location, BufWriter::new(file)))?,
                Err(error) => Err(format!("{}: cannot be made: {error}", configuration::shown(path))),
            }
        }
        // Whoever holds the lock of standard output would wait for the thread that writes.
        None => wait(backup::export(&location, BufWriter::new(args.pipe()?)))?,
    };
    match done {
        Ok(rows) => {
            writeln!(messages, "{rows} rows, still sealed")?;
            Ok(Outcome::Done)
        }
        Err(why) => refuse(messages, &why),
    }
}

impl ExportArgs {
    /// Standard output, past the lock that the process holds on it.
    fn pipe(&self) -> io::Result<std::fs::File> {
        use std::os::fd::AsFd as _;
        Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
    }
}
