//! `fixlead demo`: a desk on a throw-away directory, filled with made-up people
//! and cases in every stage. They are made by the use cases that people call, on a
//! clock that is set back, so that every deadline, turn and refusal is real.
//!
//! - [`script`]: what is told, read from the files in `crates/fixlead/demo/`.
//! - [`house`]: the people and projects of it. [`tell`]: its cases, step by step.
//!   [`upstream`]: the repository of one project.
//! - [`clock`]: the clock that is set meanwhile.
//! - [`place`]: where it lies, and that nothing of it is left.

mod clock;
mod house;
mod place;
mod script;
mod tell;
mod upstream;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use fixlead_app::Desk;
use fixlead_app::case::inbox::Shelf;
use fixlead_store::{Keyring, Location, Store};

use crate::commands::Outcome;
use crate::configuration::values::LogLevel;
use crate::configuration::{self, Flags, Settings};
use crate::serve::directory::DataDirectory;
use crate::serve::installation::SystemRandom;
use crate::serve::{self, listen, process, world};
use crate::web::demonstration::{Demonstration, Enters, Persona};
use clock::SetClock;
use house::House;
use place::Place;
use script::Script;
use upstream::Public;

/// Who publishes its advisories.
const PROVIDER: &str = include_str!("../../demo/provider.toml");

/// What is public already, in the order of the files.
macro_rules! advisories {
    ($($name:literal),+) => {
        &[$(($name, include_str!(concat!("../../demo/advisories/", $name)))),+]
    };
}
const ADVISORIES: &[(&str, &str)] =
    advisories!["decompression.toml", "redirect.toml", "replica.toml", "withdrawn.toml"];

/// How a demonstration is shown.
pub struct Wanted {
    /// A directory to keep; otherwise one that goes with the process.
    pub data: Option<PathBuf>,
    /// Where it listens.
    pub listen: Option<SocketAddr>,
    /// Whether it is only made and looked at.
    pub check: bool,
}

/// Shows the demonstration until it is asked to stop.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(wanted: &Wanted, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    match shown(wanted, out, messages)? {
        Ok(()) => Ok(Outcome::Done),
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            Ok(Outcome::Unreadable)
        }
    }
}

fn shown(wanted: &Wanted, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Result<(), String>> {
    if let Some(address) = wanted.listen.filter(|address| !address.ip().is_loopback()) {
        return Ok(Err(format!(
            "a demonstration lets in whoever opens its links, so it listens on this machine only, and {address} is \
             reached from others; name an address like 127.0.0.1:8470"
        )));
    }
    // Its removal is the last thing that happens here.
    let mut place = match Place::take(wanted.data.as_deref()) {
        Ok(place) => place,
        Err(why) => return Ok(Err(why)),
    };
    let flags = Flags { data: Some(place.data().to_owned()), listen: wanted.listen, ..Flags::default() };
    // Keys, databases and credentials of a real desk are nothing to it.
    let environment: configuration::Environment<'_> = &|_| None;
    let mut settings = match configuration::load(&flags, environment) {
        Ok(settings) => settings,
        Err(why) => return Ok(Err(why)),
    };
    settings.keys.log_level = LogLevel::Warn;
    if let Err(why) = serve::begin(&settings) {
        return Ok(Err(why));
    }
    let runtime = serve::runtime()?;
    let ended = runtime.block_on(async {
        let mut stop = process::Stop::listen()?;
        let filled = tokio::select! {
            filled = fill(&mut settings, wanted.check) => filled,
            () = stop.asked() => return Ok(Ok(())),
        };
        let filled = match filled {
            Ok(filled) => filled,
            Err(why) => return Ok(Err(why)),
        };
        if wanted.check {
            writeln!(out, "the demonstration is whole: {}", filled.seen)?;
            return Ok(Ok(()));
        }
        place.keep();
        serve::desk(&settings, environment, Some(filled.demonstration), out, messages).await
    });
    drop(runtime);
    ended
}

/// What was made.
struct Filled {
    demonstration: Demonstration,
    /// What each of its people sees, in a line.
    seen: String,
}

/// Fills a new directory, sealed with a key of its own.
async fn fill(settings: &mut Settings, check: bool) -> Result<Filled, String> {
    let said = |error: fixlead_store::Error| error.to_string();
    let wrong = |what: String| {
        format!("the demonstration could not be made, and what there was of it is removed: {what}")
    };
    if !check {
        let busy = |error| {
            let listen = settings.keys.listen;
            format!(
                "cannot listen on {listen}: {error}; stop what does, or name another address with --listen"
            )
        };
        listen::is_free(settings.keys.listen).await.map_err(busy)?;
    }
    let _directory = DataDirectory::take(&settings.keys.data)?;
    let now = world::now();
    let script = Script::read(now).map_err(wrong)?;
    let keyring = Keyring::create(&settings.key_file(), &SystemRandom).map_err(said)?;
    let clock = Arc::new(SetClock::at(script.begins));
    let random = Arc::new(SystemRandom);
    let place = Location::Directory(settings.keys.data.clone());
    let store = Store::open(place, keyring, clock.clone(), random.clone()).await.map_err(said)?;
    let chosen = fixlead_app::Settings { demonstration: true, ..fixlead_app::Settings::default() };
    let desk = Desk::open(store.clone(), clock.clone(), random, chosen)
        .await
        .map_err(|problem| problem.to_string())?;
    let house = house::settle(&desk, &script).await.map_err(wrong)?;
    let public = house.project("collector").and_then(|project| Public::make(settings, &desk, project));
    let public = public.map_err(wrong)?;
    let told = tell::all(&desk, &clock, &house, &script, &public).await.map_err(wrong)?;
    clock.set(now);
    let demonstration = demonstration(&script, &house, &told).map_err(wrong)?;
    let seen = look(&desk, &house, &demonstration).await.map_err(wrong)?;
    store.close().await;
    Ok(Filled { demonstration, seen })
}

/// Who can be tried, and what.
fn demonstration(script: &Script, house: &House, told: &tell::Told) -> Result<Demonstration, String> {
    let mut people = Vec::new();
    for way in &script.ways {
        let enters = match &way.receipt {
            Some(case) => Enters::Receipt(told.case(case)?.receipt.clone()),
            None => Enters::Person(house.person(&way.person)?),
        };
        let mut tries = Vec::new();
        for one in &way.tries {
            let to = match one.to.split_once(':') {
                Some(("case", case)) => {
                    let (case, page) = case.split_once('/').map_or((case, ""), |(case, page)| (case, page));
                    format!("/cases/{}/{page}", told.case(case)?.case).trim_end_matches('/').to_owned()
                }
                Some(("report", project)) => format!("/projects/{}/report", house.project(project)?),
                _ => one.to.clone(),
            };
            tries.push((one.say.clone(), to));
        }
        people.push(Persona {
            word: way.word.clone(),
            name: way.name.clone(),
            role: way.role.clone(),
            why: way.why.clone(),
            enters,
            tries,
        });
    }
    let key = world::random_id().to_string().chars().rev().take(16).collect();
    Ok(Demonstration { key, people, publishes: (PROVIDER, ADVISORIES) })
}

/// Looks at the desk as each of its people, and says what they find.
async fn look(desk: &Desk, house: &House, demonstration: &Demonstration) -> Result<String, String> {
    let mut lines = Vec::new();
    for persona in &demonstration.people {
        let about = |problem: fixlead_app::problem::Problem| format!("{}: {problem}", persona.name);
        let line = match &persona.enters {
            Enters::Receipt(receipt) => {
                let (caller, case) = desk.by_receipt(receipt).await.map_err(about)?;
                let view = desk.read(&caller, case).await.map_err(about)?;
                let messages: usize = view.rooms.iter().map(|room| room.messages.len()).sum();
                format!("{} follows one report with {messages} messages", persona.name)
            }
            Enters::Person(person) => {
                let caller = house.caller(*person, world::now());
                let mut counts = Vec::new();
                for shelf in [Shelf::Open, Shelf::Closed] {
                    let listed = desk.inbox(&caller, shelf, None, None, 100).await.map_err(about)?;
                    for item in &listed.items {
                        desk.board(&caller, item.case).await.map_err(about)?;
                    }
                    counts.push(listed.items.len());
                }
                format!("{} has {} open cases and {} closed ones", persona.name, counts[0], counts[1])
            }
        };
        lines.push(line);
    }
    Ok(lines.join("; "))
}
