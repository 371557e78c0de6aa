//! `fixlead key`: which installation keys there are, and how one takes the
//! place of another. Ids are shown, never a key.
//!
//! A rotation has three steps, each of which can be broken off and done again:
//! a new key goes in front of the key file; every key of the database is
//! wrapped with it; the older keys leave the file when that is asked for.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use clap::{Args, Subcommand};
use fixlead_app::witness::Known;
use fixlead_store::{Keyring, Readers, Store};
use serde_json::json;

use super::keep::Kept;
use crate::commands::Outcome;
use crate::configuration::values::Known as Setting;
use crate::configuration::{Settings, environment, shown};
use crate::serve::directory::DataDirectory;
use crate::serve::installation::{self, KeySource, SystemClock, SystemRandom};

/// What to do with the keys.
#[derive(Subcommand)]
pub enum Command {
    /// Show the ids of the keys, what they still open, and what names this log elsewhere.
    Show(ShowArgs),
    /// Make a new key, and wrap everything with it; goes on where it was broken off.
    Rotate(RotateArgs),
    /// Take the keys out of the file that nothing needs any more.
    RemoveOlder(RemoveArgs),
}

/// Which database.
#[derive(Args)]
pub struct ShowArgs {
    #[command(flatten)]
    kept: Kept,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Which database, and how far.
#[derive(Args)]
pub struct RotateArgs {
    #[command(flatten)]
    kept: Kept,
    /// Only put the new key in front of the file, so that every node can be given the file
    /// and started anew before anything is wrapped with it.
    #[arg(long)]
    prepare: bool,
}

/// Which database.
#[derive(Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    kept: Kept,
}

/// Runs `fixlead key`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let done = runtime.block_on(async {
        match command {
            Command::Show(args) => show(args).await,
            Command::Rotate(args) => rotate(args).await,
            Command::RemoveOlder(args) => remove_older(args).await,
        }
    });
    match done {
        Ok(told) => {
            writeln!(out, "{told}")?;
            Ok(Outcome::Done)
        }
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            Ok(Outcome::Unreadable)
        }
    }
}

async fn open(settings: &Settings) -> Result<Store, String> {
    Ok(installation::open(settings, &environment, Arc::new(SystemClock)).await?.store)
}

fn said(error: fixlead_store::Error) -> String {
    error.to_string()
}

async fn show(args: &ShowArgs) -> Result<String, String> {
    let settings = args.kept.settings(true)?;
    let store = open(&settings).await?;
    let known = Known { installation: store.installation(), key: store.public_key() };
    let mut keys = Vec::new();
    for id in store.key_ids() {
        keys.push((format!("{id:016x}"), store.wraps(id).await.map_err(said)?));
    }
    if args.json {
        let keys: Vec<_> = keys.iter().map(|(id, used)| json!({ "key": id, "used": used })).collect();
        return Ok(json!({ "keys": keys, "witness": Setting::written(&known) }).to_string());
    }
    let mut lines: Vec<String> = keys
        .iter()
        .enumerate()
        .map(|(place, (id, used))| {
            let role = if place == 0 { "wraps what is new" } else { "only opens" };
            let used = if *used { "used" } else { "nothing is wrapped with it" };
            format!("{id}  {role}, {used}")
        })
        .collect();
    lines
        .push(format!("others keep this log's heads with witness.keep = [\"{}\"]", Setting::written(&known)));
    Ok(lines.join("\n"))
}

/// The key file that can be changed. A key from elsewhere cannot be.
fn key_file(source: &KeySource) -> Result<&Path, String> {
    let place = match source {
        KeySource::File(path) => return Ok(path),
        KeySource::Environment => "FIXLEAD_KEY".to_owned(),
        KeySource::Credential(path) => format!("the credential {}", shown(path)),
    };
    Err(format!(
        "the installation key comes from {place}, which this command cannot change; put a line with 32 new bytes in \
         base64 (openssl rand -base64 32) in front of the one that is there, and run `fixlead key rotate` again with \
         both"
    ))
}

async fn rotate(args: &RotateArgs) -> Result<String, String> {
    let settings = args.kept.settings(true)?;
    // A desk at work knows its keys from its start, and would not open what is
    // wrapped with a new one.
    let _directory = DataDirectory::take(&settings.keys.data)?;
    let source = KeySource::find(&settings, &environment);
    let mut store = open(&settings).await?;
    if !pending(&store).await? {
        let elsewhere = !matches!(source, KeySource::File(_));
        if elsewhere && store.key_ids().len() > 1 {
            return Ok("everything is wrapped with the first key already".to_owned());
        }
        let path = key_file(&source)?;
        let keyring = Keyring::read(path, Readers::Owner).map_err(said)?;
        keyring.with_new(&SystemRandom).and_then(|keyring| keyring.replace(path)).map_err(said)?;
        drop(store);
        store = open(&settings).await?;
    }
    let current = store.key_ids().first().copied().unwrap_or_default();
    if args.prepare {
        return Ok(format!(
            "the key {current:016x} stands in front; copy it now, give every node the file and start it anew, then run \
             `fixlead key rotate`"
        ));
    }
    let mut wrapped = 0;
    for older in store.key_ids().into_iter().skip(1) {
        wrapped += store.rewrap(older).await.map_err(said)?;
    }
    Ok(format!(
        "everything is wrapped with the key {current:016x} ({wrapped} keys); copy the key file now, apart from the \
         database. Backups made before need the older key; when there are none to keep, run `fixlead key remove-older`"
    ))
}

/// Whether an older key wraps something still.
async fn pending(store: &Store) -> Result<bool, String> {
    for older in store.key_ids().into_iter().skip(1) {
        if store.wraps(older).await.map_err(said)? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn remove_older(args: &RemoveArgs) -> Result<String, String> {
    let settings = args.kept.settings(true)?;
    let _directory = DataDirectory::take(&settings.keys.data)?;
    let source = KeySource::find(&settings, &environment);
    let KeySource::File(path) = &source else {
        return Err(
            "the installation key does not come from a file; take the older lines out where it comes from, \
                    after `fixlead key rotate`"
                .to_owned(),
        );
    };
    let store = open(&settings).await?;
    if pending(&store).await? {
        return Err("an older key still wraps something; run `fixlead key rotate` first".to_owned());
    }
    let older = store.key_ids().len().saturating_sub(1);
    if older == 0 {
        return Ok("there is no older key".to_owned());
    }
    let keyring = Keyring::read(path, Readers::Owner).map_err(said)?;
    keyring.without_older().replace(path).map_err(said)?;
    Ok(format!("{older} older keys are gone from {}; destroy their copies too", shown(path)))
}
