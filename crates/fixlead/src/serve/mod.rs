//! `fixlead serve`: the process around the desk.
//!
//! - [`directory`], [`installation`]: the data directory, the key, the database.
//! - [`listen`], [`connections`], [`stream`]: sockets. Nothing else opens one to
//!   listen on.
//! - [`workers`], [`search`], [`witnesses`]: what is done without being asked. [`outbox`]:
//!   telling webhooks, by [`courier`], the only one who calls people's addresses.
//!   [`verification`]: checking the log when somebody asks. [`about`]: what is set.
//! - [`fixes`]: where the private repositories of fixes are.
//! - [`process`], [`log`], [`world`], [`clock`]: what the system is asked for.
//!
//! Nothing here knows a use case or a page: those are in [`crate::api`].

pub mod about;
pub mod advisories;
pub mod clock;
pub mod connections;
pub mod courier;
pub mod directory;
mod fetch;
pub mod fixes;
pub mod installation;
pub mod listen;
pub mod log;
pub mod outbox;
pub mod process;
pub mod registry;
pub mod search;
pub mod stream;
pub mod verification;
pub mod witnesses;
pub mod workers;
pub mod world;

use std::io::{self, Write};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use crate::api::metrics::Metrics;
use crate::api::rates::Rates;
use crate::api::{self, Limits, Wire};
use crate::commands::Outcome;
use crate::configuration::values::Origin;
use crate::configuration::{self, Environment, Flags, Settings, shown};
use crate::web::demonstration::Demonstration;
use crate::web::live::Live;
use crate::web::publicity::Notice;
use clock::WatchedClock;
use directory::DataDirectory;
use listen::Bounds;

/// Most threads that work on requests: a desk mostly waits.
const MOST_WORKERS: usize = 4;
/// Most threads for what blocks: the database's readers, passwords.
const MOST_BLOCKING: usize = 16;

/// Runs the desk until it is asked to stop.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(
    flags: &Flags,
    environment: Environment<'_>,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Outcome> {
    let refuse = |messages: &mut dyn Write, why: &str| {
        writeln!(messages, "fixlead: {why}")?;
        Ok(Outcome::Unreadable)
    };
    let settings = match configuration::load(flags, environment) {
        Ok(settings) => settings,
        Err(why) => return refuse(messages, &why),
    };
    if let Err(why) = begin(&settings) {
        return refuse(messages, &why);
    }
    let runtime = runtime()?;
    let ended = runtime.block_on(desk(&settings, environment, None, out, messages));
    // What git or a check of a fix does just then is not waited for.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match ended? {
        Ok(()) => Ok(Outcome::Done),
        Err(why) => refuse(messages, &why),
    }
}

/// What holds for the whole process, before anything is opened.
///
/// # Errors
/// What the system does not let it do.
pub fn begin(settings: &Settings) -> Result<(), String> {
    log::begin(settings.keys.log_format, settings.keys.log_level);
    process::forbid_core_dumps()
        .map_err(|error| format!("core dumps cannot be switched off: {error}; they would hold keys"))?;
    process::keep_files_private();
    process::keep_panics_quiet();
    process::raise_open_files();
    Ok(())
}

/// What everything runs on.
///
/// # Errors
/// When the system gives no threads.
pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, MOST_WORKERS));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(MOST_BLOCKING)
        .thread_name("fixlead")
        .enable_io()
        .enable_time()
        .build()
}

/// The desk itself, until it is asked to stop; perhaps one that shows how it is.
///
/// # Errors
/// When a stream cannot be written; and in words, why it could not run.
pub async fn desk(
    settings: &Settings,
    environment: Environment<'_>,
    demonstration: Option<Demonstration>,
    out: &mut impl Write,
    messages: &mut impl Write,
) -> io::Result<Result<(), String>> {
    let keys = &settings.keys;
    // First of all, so that whoever cannot listen leaves no key and no database behind.
    let listener = match TcpListener::bind(keys.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            return Ok(Err(format!(
                "cannot listen on {}: {error}; stop what does, or name another address with --listen",
                keys.listen
            )));
        }
    };
    let _directory = match DataDirectory::take(&keys.data) {
        Ok(directory) => directory,
        Err(why) => return Ok(Err(why)),
    };
    // Before the first message, so that whoever reads it can already stop us.
    let (mut stop, mut once_more) = (process::Stop::listen()?, process::Stop::listen()?);
    let clock = Arc::new(WatchedClock::default());
    let advisories = match advisories::Advisories::of(keys) {
        Ok(advisories) => advisories,
        Err(why) => return Ok(Err(why)),
    };
    let opened = match installation::open(settings, environment, Arc::clone(&clock) as _).await {
        Ok(opened) => opened,
        Err(why) => return Ok(Err(why)),
    };
    let courier = match courier::HttpCourier::new(keys) {
        Ok(courier) => Arc::new(courier),
        Err(why) => return Ok(Err(why)),
    };
    let registry = match registry::CveRegistry::new(keys) {
        Ok(registry) => Arc::new(registry),
        Err(why) => return Ok(Err(why)),
    };
    let providers = match installation::providers(keys) {
        Ok(providers) => providers,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(path) = &opened.made_key {
        tell_of_key(messages, &shown(path))?;
    }
    if let Err(why) = installation::compare_clocks(&opened.store, &*clock).await {
        return Ok(Err(why));
    }
    let address = listener.local_addr()?;
    let public = keys.public_url.clone().unwrap_or_else(|| Origin::of_address(address));
    writeln!(out, "the desk is at {}", public.as_str())?;
    if keys.public_url.is_some() {
        writeln!(out, "it listens on http://{address}")?;
    }
    let shows = demonstration.is_some();
    let advisories = match demonstration.as_ref().map(|shown| shown.advisories(public.as_str())) {
        Some(Ok(shown)) => Some(shown),
        Some(Err(why)) => return Ok(Err(why)),
        None => advisories,
    };
    let advisories = advisories.map(Arc::new);
    let desk = match installation::desk(settings, opened.store.clone(), Arc::clone(&clock) as _, shows).await
    {
        Ok(desk) => desk,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(demonstration) = &demonstration {
        out.write_all(demonstration.invitation(public.as_str()).as_bytes())?;
    }
    // What comes after `#` in an address is never sent, so that the secret stands
    // in no log of a proxy.
    match desk.set_up().await {
        Ok(Some(link)) => {
            let link = format!("{}/setup#{link}", public.as_str());
            writeln!(out, "open this to set it up; it works once and for three days: {link}")?
        }
        Ok(None) => {}
        Err(problem) => return Ok(Err(problem.to_string())),
    }
    out.flush()?;
    let metrics = Arc::new(Metrics::default());
    let limits = Limits::of(settings);
    let works = workers::work(desk.clone());
    let telling = outbox::work(desk.clone(), courier, Arc::clone(&metrics));
    let tells = async move {
        // Of a demonstration nothing leaves the machine.
        if shows {
            std::future::pending::<()>().await;
        }
        telling.await;
    };
    let witnesses = witnesses::Witnesses::of(settings, Arc::clone(&metrics))?;
    let about = about::About::of(settings, &opened.store, witnesses.board());
    let fed = witnesses.feed(opened.store.clone(), keys.witness_every.duration());
    let searches = search::tend(desk.clone(), search::file(&keys.data));
    let publishes = {
        let (advisories, desk) = (advisories.clone(), desk.clone());
        async move {
            match advisories {
                Some(advisories) => advisories.tend(desk).await,
                None => std::future::pending().await,
            }
        }
    };
    let last = desk.clone();
    let fixes = Arc::new(fixes::Fixes::of(settings));
    fixes.sweep();
    desk.keep_fixes(Arc::clone(&fixes) as _);
    // Of a demonstration nothing leaves the machine.
    if !shows {
        desk.keep_registry(registry);
    }
    let fixed = fixes::tend(desk.clone(), keys.fix_every.duration(), fixes.has_runner());
    let live = Arc::new(Live::default());
    let wire = Wire {
        live: Arc::clone(&live),
        room: Arc::new(Semaphore::new(limits.requests)),
        limits: Arc::new(limits),
        public: Arc::new(public),
        trusted: keys.proxy_trusted.clone().into(),
        metrics: Arc::clone(&metrics),
        rates: Arc::new(Rates::of(settings)),
        providers: Arc::new(providers),
        notice: Arc::new(Notice::of(settings)),
        about: Arc::new(about),
        demonstration: demonstration.map(Arc::new),
        advisories,
        fixes,
        desk,
        readiness: Arc::new(installation::DeskReadiness { store: opened.store.clone(), clock }),
    };
    let bounds = Bounds {
        connections: usize::try_from(keys.limits_connections.0).unwrap_or(usize::MAX),
        header_time: keys.limits_header_time.duration(),
        write_time: keys.limits_body_time.duration(),
        shutdown_time: keys.limits_shutdown_time.duration(),
    };
    info!(target: "fixlead", %address, version = env!("CARGO_PKG_VERSION"), "ready");
    process::notify("READY=1");
    let stopping = async {
        stop.asked().await;
        info!(target: "fixlead", "stopping: what was asked is still answered");
        live.stop();
        process::notify("STOPPING=1");
    };
    let twice = async {
        once_more.asked().await;
        once_more.asked().await;
    };
    tokio::select! {
        ended = listen::serve(listener, api::router(wire), metrics, bounds, stopping) => {
            if ended.cut_off > 0 {
                warn!(target: "fixlead", connections = ended.cut_off, "cut off: they took too long");
            }
            search::keep_last(&last).await;
        }
        () = works => {}
        () = tells => {}
        () = fed => {}
        () = searches => {}
        () = publishes => {}
        () = fixed => {}
        () = twice => warn!(target: "fixlead", "stopped at once, as asked twice"),
    }
    // Whoever waits for this process may then replace its files.
    if tokio::time::timeout(bounds.shutdown_time, opened.store.close()).await.is_err() {
        warn!(target: "fixlead", "the database did not close in time; nothing that was answered is lost");
    }
    info!(target: "fixlead", "stopped");
    Ok(Ok(()))
}

/// The first start made a key. This is said once and loudly.
fn tell_of_key(messages: &mut impl Write, path: &str) -> io::Result<()> {
    writeln!(
        messages,
        "\n\
         A new installation key was made: {path}\n\
         Everything the desk keeps is sealed with it. Copy it now to a safe place,\n\
         APART FROM THE COPIES OF THE DATABASE: without the key the database opens\n\
         for nobody, and whoever has both can read everything.\n"
    )
}
