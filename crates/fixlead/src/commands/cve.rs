//! `fixlead cve`: what a CNA does at CVE Services.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fixlead_core::text::plain;
use fixlead_formats::format::{Format, Options, build};
use fixlead_formats::lint::Insiders;
use fixlead_formats::{check, validate};
use serde_json::{Value, json};

use super::Outcome;
use super::policy::source::read_text;
use crate::client::services::ServicesLine;
use crate::configuration::{environment, secret};
use crate::cve::{ADDRESS, Credentials, Services, Wrong};

/// What to do there.
#[derive(Subcommand)]
pub enum Command {
    /// Show how many ids may be reserved.
    Quota(Asking),
    /// Reserve ids.
    Reserve(ReserveArgs),
    /// List the ids of your organisation.
    List(ListArgs),
    /// Publish the record of an advisory, or of a record made of one.
    Publish(RecordArgs),
    /// Write a published record anew.
    Update(RecordArgs),
    /// Reject an id; the reason is public.
    Reject(RejectArgs),
    /// Give an id to another organisation.
    Transfer(TransferArgs),
}

/// Where CVE Services are, and how to show what they say.
#[derive(Args)]
pub struct Asking {
    /// Where they are.
    #[arg(
        help = "Where they are [default: CVE_API_URL, else https://cveawg.mitre.org/api]",
        long,
        value_name = "URL"
    )]
    url: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// How many ids.
#[derive(Args)]
pub struct ReserveArgs {
    /// How many, at most 100.
    #[arg(default_value_t = 1)]
    count: u32,
    /// The year they begin with.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1999..=2999))]
    year: u16,
    /// Have them scattered rather than one after the other.
    #[arg(long)]
    scattered: bool,
    #[command(flatten)]
    asking: Asking,
}

/// Which ids.
#[derive(Args)]
pub struct ListArgs {
    /// Those that are reserved, published or rejected.
    #[arg(long)]
    state: Option<String>,
    /// Those of a year.
    #[arg(long)]
    year: Option<u16>,
    #[command(flatten)]
    asking: Asking,
}

/// A record.
#[derive(Args)]
pub struct RecordArgs {
    /// The source of the advisory (CASE.toml) or its CVE record; `-` reads standard input.
    file: PathBuf,
    #[command(flatten)]
    asking: Asking,
}

/// An id that is to be none.
#[derive(Args)]
pub struct RejectArgs {
    /// The id.
    id: String,
    /// Why; everybody reads it.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    asking: Asking,
}

/// An id and its next owner.
#[derive(Args)]
pub struct TransferArgs {
    /// The id.
    id: String,
    /// The short name of the organisation.
    to: String,
    #[command(flatten)]
    asking: Asking,
}

/// Where the credentials come from.
pub const HELP: &str = "Who asks stands in CVE_ORG and CVE_USER, the secret in CVE_API_KEY or in the file that CVE_API_KEY_FILE names. \
In the desk a reserved id is recorded with `fixlead case record CASE cve.assigned id=…`, a published one with cve.published.";

/// Runs it.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(command: &Command, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let asking = match command {
        Command::Quota(asking) => asking,
        Command::Reserve(args) => &args.asking,
        Command::List(args) => &args.asking,
        Command::Publish(args) | Command::Update(args) => &args.asking,
        Command::Reject(args) => &args.asking,
        Command::Transfer(args) => &args.asking,
    };
    let line = match credentials().and_then(|known| {
        let org = known.org.clone();
        Ok((ServicesLine::new(&address(asking)?, known)?, org))
    }) {
        Ok(line) => line,
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    let (line, org) = line;
    let (answer, lines) = match carried_out(&Services::new(&org, &line), command) {
        Ok(done) => done,
        Err(wrong) => {
            writeln!(messages, "fixlead: {}", plain(&wrong.to_string()))?;
            let refused = matches!(wrong, Wrong::Refused(..));
            return Ok(if refused { Outcome::No } else { Outcome::Unreadable });
        }
    };
    if asking.json {
        writeln!(out, "{answer}")?;
    } else {
        lines.iter().try_for_each(|line| writeln!(out, "{}", plain(line)))?;
    }
    Ok(Outcome::Done)
}

/// What became of it: as JSON, and as lines for people.
fn carried_out(services: &Services<'_>, command: &Command) -> Result<(Value, Vec<String>), Wrong> {
    Ok(match command {
        Command::Quota(_) => {
            let quota = services.quota()?;
            let line = format!("{} of {} left, {} reserved", quota.available, quota.most, quota.reserved);
            (
                json!({ "quota": quota.most, "reserved": quota.reserved, "available": quota.available }),
                vec![line],
            )
        }
        Command::Reserve(args) => {
            let (ids, left) = services.reserve(args.year, args.count, args.scattered)?;
            (json!({ "ids": ids, "available": left }), ids)
        }
        Command::List(args) => {
            let ids = services.list(args.state.as_deref(), args.year)?;
            let object = |one: &crate::cve::KnownId| json!({ "id": one.id, "state": one.state, "owner": one.owner, "reserved": one.reserved });
            let line = |one: &crate::cve::KnownId| format!("{}  {}  {}", one.id, one.state, one.reserved);
            (json!({ "items": ids.iter().map(object).collect::<Vec<_>>() }), ids.iter().map(line).collect())
        }
        Command::Publish(args) => recorded(services, args, false)?,
        Command::Update(args) => recorded(services, args, true)?,
        Command::Reject(args) => {
            services.reject(&args.id, &args.reason)?;
            (json!({ "rejected": args.id }), vec![format!("{} is rejected", args.id)])
        }
        Command::Transfer(args) => {
            services.transfer(&args.id, &args.to)?;
            let line = format!("{} belongs to {}", args.id, args.to);
            (json!({ "transferred": args.id, "owner": args.to }), vec![line])
        }
    })
}

fn recorded(services: &Services<'_>, args: &RecordArgs, anew: bool) -> Result<(Value, Vec<String>), Wrong> {
    let record = record(&args.file).map_err(Wrong::Asked)?;
    let id = record["cveMetadata"]["cveId"].as_str().unwrap_or_default().to_owned();
    services.publish(&id, &record, anew)?;
    let line =
        if anew { format!("the record of {id} is written anew") } else { format!("{id} is published") };
    Ok((json!({ "published": id }), vec![line]))
}

/// A record out of a file, made of the source of an advisory where it is one.
fn record(file: &Path) -> Result<Value, String> {
    let text = read_text(file, validate::MOST_BYTES)?;
    let text = if text.trim_start().starts_with('{') { text } else { made(&text)? };
    let verdict = validate::validate(&text)?;
    if let Some(wrong) = verdict.errors.first() {
        return Err(format!("the record is invalid at {}: {}", wrong.pointer, wrong.message));
    }
    let record: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    match record["dataType"] == "CVE_RECORD" {
        true => Ok(record),
        false => Err("this is no CVE record; `fixlead advisory build --format cve` makes one".to_owned()),
    }
}

fn made(source: &str) -> Result<String, String> {
    let checked = check::check(source, &Insiders::default());
    if let Some(wrong) = checked.errors().next() {
        let line = wrong.spot.as_ref().map(|spot| format!("line {}: ", spot.line)).unwrap_or_default();
        return Err(format!("{line}{}", wrong.message));
    }
    let advisory = checked.advisory.ok_or("the source cannot be read")?;
    build(&advisory, Format::Cve, Options::default())
}

fn text(name: &str) -> Result<Option<String>, String> {
    match environment(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(format!("{name} is not UTF-8")),
    }
}

fn address(asking: &Asking) -> Result<String, String> {
    Ok(asking.url.clone().or(text("CVE_API_URL")?).unwrap_or_else(|| ADDRESS.to_owned()))
}

fn credentials() -> Result<Credentials, String> {
    let needed = |name: &str| {
        let missing =
            || format!("{name} is not set; CVE_ORG, CVE_USER and CVE_API_KEY say who asks CVE Services");
        text(name)?.ok_or_else(missing)
    };
    let (org, user) = (needed("CVE_ORG")?, needed("CVE_USER")?);
    let key = match environment("CVE_API_KEY_FILE") {
        Some(path) if text("CVE_API_KEY")?.is_none() => secret::read(Path::new(&path))?,
        _ => needed("CVE_API_KEY")?,
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if ![&org, &user, &key].iter().all(|text| plain(text)) {
        return Err("CVE_ORG, CVE_USER and CVE_API_KEY hold plain letters without spaces".to_owned());
    }
    Ok(Credentials { org, user, key: key.trim().to_owned() })
}
