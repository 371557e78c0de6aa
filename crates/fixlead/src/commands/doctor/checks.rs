//! The checks, in the order in which a start needs what they look at.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fixlead_core::time::{Instant, Span};
use fixlead_store::Store;
use tokio::runtime::Runtime;

use super::{Check, State, publishing};
use crate::client::Server;
use crate::configuration::values::Origin;
use crate::configuration::{Environment, Settings, shown};
use crate::serve::clock::{MOST_APART, agree};
use crate::serve::installation::{KeySource, SystemClock, SystemRandom, database_file, location};
use crate::serve::witnesses::{Place, places};
use crate::serve::{directory, listen, process, world};

/// Less room than this on the disk stops a desk soon, in bytes.
const TOO_LITTLE_ROOM: u64 = 100 << 20;
/// Less room than this should be looked at.
const LITTLE_ROOM: u64 = 1 << 30;
/// How long the clocks are watched.
const WATCHED: Duration = Duration::from_millis(100);
/// How far they may drift apart meanwhile.
const MOST_DRIFT: Span = Span::from_millis(50);
/// Files that a desk has open besides its connections.
const OTHER_FILES: u64 = 64;
/// No desk of this version ran before this instant: 2026-01-01.
const EARLIEST: Instant = Instant::from_millis(1_767_225_600_000);
/// Or will after this one: 2100-01-01.
const LATEST: Instant = Instant::from_millis(4_102_444_800_000);

/// Everything.
pub fn all(settings: &Settings, environment: Environment<'_>, runtime: &Runtime) -> Vec<Check> {
    let (database, seen) = runtime.block_on(database(settings, environment));
    vec![
        configuration(settings),
        data_directory(&settings.keys.data),
        key(settings, environment),
        database,
        disk(&settings.keys.data),
        clock(seen),
        address(settings, runtime),
        public_url(&settings.public_url(), settings.keys.public_url.is_some()),
        proxy(settings),
        open_files(settings),
        witnesses(settings, environment, runtime),
        publishing::advisories(settings),
        publishing::fixes(settings),
    ]
}

fn configuration(settings: &Settings) -> Check {
    let message = match &settings.file {
        Some(path) => format!("{} is read", shown(path)),
        None => "there is no file; everything is as it is by default".to_owned(),
    };
    Check::new("configuration", State::Ok, message)
}

/// Whether people are told apart by where they are.
fn proxy(settings: &Settings) -> Check {
    let name = "proxy";
    let keys = &settings.keys;
    let behind = keys.public_url.as_ref().is_some_and(Origin::is_https);
    match keys.proxy_trusted.len() {
        0 if behind => Check::new(
            name,
            State::Warn,
            "no proxy is trusted, so everybody behind it counts as one source and one who floods keeps the others \
             waiting; name it with `proxy.trusted` and have it set X-Forwarded-For",
        ),
        0 => Check::new(
            name,
            State::Ok,
            "there is none; the source of a request is the other end of its connection",
        ),
        count => Check::new(
            name,
            State::Ok,
            format!("{count} networks are trusted to say where requests come from"),
        ),
    }
}

fn data_directory(path: &Path) -> Check {
    let name = "data directory";
    if !path.exists() {
        return Check::new(name, State::Ok, format!("{} is made at the first start", shown(path)));
    }
    match directory::check(path) {
        Ok(()) => Check::new(name, State::Ok, format!("{} is its owner's alone", shown(path))),
        Err(why) => Check::new(name, State::Fail, why),
    }
}

fn key(settings: &Settings, environment: Environment<'_>) -> Check {
    let name = "installation key";
    let source = KeySource::find(settings, environment);
    if let KeySource::File(path) = &source
        && !path.exists()
    {
        return if settings.database.is_some() || database_file(settings).exists() {
            let remedy = "restore it from where you keep it; without it the database opens for nobody";
            Check::new(name, State::Fail, format!("{} is missing; {remedy}", shown(path)))
        } else {
            Check::new(name, State::Ok, format!("{} is made at the first start", shown(path)))
        };
    }
    if let Err(why) = source.read(environment) {
        return Check::new(name, State::Fail, why);
    }
    let KeySource::File(path) = &source else {
        let place = if source == KeySource::Environment { "FIXLEAD_KEY" } else { "the service manager" };
        return Check::new(name, State::Ok, format!("it comes from {place}, and can be read"));
    };
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if real(path).starts_with(real(&settings.keys.data)) {
        return Check::new(
            name,
            State::Warn,
            format!(
                "{} lies in the data directory: whoever copies the one has the other; move it elsewhere and name it \
                 with `key-file`",
                shown(path)
            ),
        );
    }
    Check::new(
        name,
        State::Ok,
        format!("{} is there, its owner's alone, and of the right length", shown(path)),
    )
}

/// The store, if there is one.
async fn opened(settings: &Settings, environment: Environment<'_>) -> Result<Option<Store>, String> {
    if settings.database.is_none() && !database_file(settings).exists() {
        return Ok(None);
    }
    let keyring = KeySource::find(settings, environment).read(environment);
    let keyring = keyring.map_err(|_| "it cannot be opened without its key".to_owned())?;
    let opened = Store::open(location(settings), keyring, Arc::new(SystemClock), Arc::new(SystemRandom));
    opened.await.map(Some).map_err(|error| error.to_string())
}

async fn database(settings: &Settings, environment: Environment<'_>) -> (Check, Seen) {
    let name = "database";
    let store = match opened(settings, environment).await {
        Ok(Some(store)) => store,
        Ok(None) => {
            let place = shown(&database_file(settings));
            let check = Check::new(name, State::Ok, format!("{place} is made at the first start"));
            return (check, Seen::default());
        }
        Err(why) => return (Check::new(name, State::Fail, why), Seen::default()),
    };
    let mut seen = Seen::default();
    let looked = match store.quick_check().await {
        Ok(()) => {
            seen = Seen {
                time: store.database_time().await.ok().flatten(),
                latest: store.latest().await.ok().flatten(),
            };
            store.head().await
        }
        Err(error) => Err(error),
    };
    let check = match looked {
        Ok(head) => {
            let kind = if settings.database.is_some() { "PostgreSQL" } else { "SQLite" };
            let events = head.position;
            Check::new(name, State::Ok, format!("{kind} opens with its key and is whole; events: {events}"))
        }
        Err(error) => Check::new(name, State::Fail, error.to_string()),
    };
    (check, seen)
}

/// What the database knows of the time.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// What its own clock says, if it has one.
    time: Option<Instant>,
    /// When it was last written to.
    latest: Option<Instant>,
}

/// The next directory above that is there.
fn existing(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/")).to_owned()
}

/// The directory that a file is in.
fn above(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.parent().map_or_else(PathBuf::new, Path::to_owned)
}

fn disk(path: &Path) -> Check {
    let name = "disk";
    match rustix::fs::statvfs(existing(path)) {
        Ok(about) => {
            let free = about.f_bavail.saturating_mul(about.f_frsize);
            let room = format!("{:.1} GiB are free below {}", free as f64 / f64::from(1 << 30), shown(path));
            match free {
                free if free < TOO_LITTLE_ROOM => {
                    Check::new(name, State::Fail, format!("{room}: make room before the desk stops"))
                }
                free if free < LITTLE_ROOM => {
                    Check::new(name, State::Warn, format!("{room}: make room soon"))
                }
                _ => Check::new(name, State::Ok, room),
            }
        }
        Err(error) => Check::new(name, State::Warn, format!("{}: {error}", shown(path))),
    }
}

fn clock(seen: Seen) -> Check {
    let (began, ticks) = (world::now(), world::ticks());
    std::thread::sleep(WATCHED);
    let ran = world::now() - began;
    let should = world::ticks().saturating_sub(ticks);
    let should = Span::from_millis(i64::try_from(should.as_millis()).unwrap_or(i64::MAX));
    // What passed since the database was asked is no difference worth a word.
    judge_clock(began, ran, should, seen)
}

/// What to think of a clock that said `now` and ran so far while it should have
/// run so far.
fn judge_clock(now: Instant, ran: Span, should: Span, seen: Seen) -> Check {
    let name = "clock";
    let remedy = "set it and keep it right with a time service (chrony, systemd-timesyncd): every promise is counted by it";
    if now < EARLIEST || LATEST < now {
        return Check::new(name, State::Fail, format!("it says {now}, which cannot be; {remedy}"));
    }
    if let Some(Err(why)) = seen.time.map(|database| agree(now, database)) {
        return Check::new(name, State::Fail, why);
    }
    if let Some(latest) = seen.latest.filter(|latest| *latest - now > MOST_APART) {
        return Check::new(
            name,
            State::Fail,
            format!("it says {now}, and the log ends at {latest}; {remedy}"),
        );
    }
    let drift = (ran.millis() - should.millis()).abs();
    if drift > MOST_DRIFT.millis() {
        return Check::new(
            name,
            State::Warn,
            format!("it jumped by {drift} ms while it was watched; {remedy}"),
        );
    }
    Check::new(name, State::Ok, format!("it says {now} and runs evenly"))
}

fn address(settings: &Settings, runtime: &Runtime) -> Check {
    let name = "address";
    let address = settings.keys.listen;
    let error = match runtime.block_on(listen::is_free(address)) {
        Ok(()) => return Check::new(name, State::Ok, format!("{address} is free to listen on")),
        Err(error) => error,
    };
    if error.kind() == std::io::ErrorKind::AddrInUse {
        return match running(address) {
            Some(version) => {
                Check::new(name, State::Ok, format!("fixlead {version} is running on {address}"))
            }
            None => Check::new(
                name,
                State::Fail,
                format!(
                    "another program listens on {address}; stop it, or choose another address with `listen`"
                ),
            ),
        };
    }
    Check::new(
        name,
        State::Fail,
        format!("{address} cannot be listened on: {error}; choose another with `listen`"),
    )
}

/// The version of the desk that listens there, if it is one.
fn running(address: SocketAddr) -> Option<String> {
    let answer = Server::new(Origin::of_address(address), None).get("/healthz").ok()?;
    (answer.body["program"] == "fixlead").then(|| answer.body["version"].as_str().unwrap_or("?").to_owned())
}

fn public_url(origin: &Origin, is_set: bool) -> Check {
    let name = "public URL";
    let url = origin.as_str();
    if origin.is_https() {
        Check::new(name, State::Ok, format!("{url} is encrypted"))
    } else if origin.is_loopback() {
        let hint = if is_set { "" } else { "; set `public-url` when others are to reach it" };
        Check::new(name, State::Ok, format!("{url} never leaves this machine{hint}"))
    } else {
        Check::new(
            name,
            State::Fail,
            format!(
                "{url} is not encrypted: passwords and reports would be read on their way; put a proxy with TLS \
                 before the desk and set `public-url` to its https:// address"
            ),
        )
    }
}

fn open_files(settings: &Settings) -> Check {
    let name = "open files";
    let needed = settings.keys.limits_connections.0 + OTHER_FILES;
    match process::open_files_limit() {
        Some(most) if most < needed => Check::new(
            name,
            State::Warn,
            format!(
                "at most {most} are allowed, {needed} can be needed; raise the limit (LimitNOFILE= in systemd) or lower \
                 `limits.connections`"
            ),
        ),
        Some(most) => Check::new(name, State::Ok, format!("{most} are allowed, {needed} can be needed")),
        None => Check::new(name, State::Ok, "as many as are needed"),
    }
}

fn witnesses(settings: &Settings, environment: Environment<'_>, runtime: &Runtime) -> Check {
    let name = "witnesses";
    let (files, instances) = (&settings.keys.witness_files, &settings.keys.witness_instances);
    if let Some(path) = files.iter().find(|path| !above(path).is_dir()) {
        let remedy = "make its directory, or name another file with `witness.files`";
        return Check::new(name, State::Fail, format!("{} has no directory; {remedy}", shown(path)));
    }
    if let Some(origin) = instances.iter().find(|origin| !origin.is_https() && !origin.is_loopback()) {
        return Check::new(name, State::Warn, format!("{} is not encrypted; use https://", origin.as_str()));
    }
    if files.len() + instances.len() == 0 {
        return Check::new(name, State::Ok, "there are none; a log rewritten as a whole is not found out");
    }
    let store = match runtime.block_on(opened(settings, environment)) {
        Ok(Some(store)) => store,
        Ok(None) => {
            return Check::new(name, State::Ok, "they are given signed heads from the first start on");
        }
        Err(_) => {
            return Check::new(name, State::Fail, "the database does not open, so they cannot be compared");
        }
    };
    let mut worst = State::Ok;
    let mut told = Vec::new();
    for place in places(settings) {
        let (state, found) = witness(&place, &store, settings, runtime);
        worst = if state as u8 > worst as u8 { state } else { worst };
        told.push(format!("{}: {found}", place.name()));
    }
    Check::new(name, worst, told.join("; "))
}

/// How a witness stands to the log.
fn witness(place: &Place, store: &Store, settings: &Settings, runtime: &Runtime) -> (State, String) {
    let unread = || (State::Fail, "the log cannot be read".to_owned());
    let last = match place.last(store) {
        Ok(last) => last,
        Err(why) => return (State::Warn, format!("is away ({why}); it gets what it lacks when it is back")),
    };
    if let Some(last) = &last {
        match runtime.block_on(store.knows(last)) {
            Ok(true) => {}
            Ok(false) => {
                let what = "holds a head that this log does not know: the log was rolled back or rewritten; run \
                            `fixlead log verify --witness`";
                return (State::Fail, what.to_owned());
            }
            Err(_) => return unread(),
        }
    }
    let number = last.map_or(0, |last| last.number);
    match runtime.block_on(store.heads(number, 1)) {
        Ok(missing) => match missing.first() {
            // What was signed just now is on its way.
            Some(head) if world::now() - Instant::from_millis(head.at) > lateness(settings) => {
                let since = Instant::from_millis(head.at);
                (State::Warn, format!("is behind since {since}; is the desk running?"))
            }
            _ => (State::Ok, "holds every signed head".to_owned()),
        },
        Err(_) => unread(),
    }
}

/// How long a witness may lack a head before it is behind.
fn lateness(settings: &Settings) -> Span {
    Span::from_millis(2 * settings.keys.witness_every.0.millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_judged_by_its_year_and_by_how_it_runs() {
        let (good, second) = (Instant::from_millis(1_800_000_000_000), Span::from_millis(1_000));
        let none = Seen::default();
        assert_eq!(judge_clock(good, second, second, none).state, State::Ok);
        assert_eq!(judge_clock(good, Span::from_millis(1_200), second, none).state, State::Warn);
        assert_eq!(judge_clock(good, Span::from_millis(-5_000), second, none).state, State::Warn);
        assert_eq!(judge_clock(Instant::EPOCH, second, second, none).state, State::Fail);
        assert_eq!(judge_clock(Instant::from_millis(i64::MAX / 4), second, second, none).state, State::Fail);
        // And by what the database knows of the time.
        let later = |seconds: i64| Some(good + Span::from_millis(seconds * 1_000));
        for (time, latest, state) in [
            (later(50), later(50), State::Ok),
            (later(-50), later(-9_999), State::Ok),
            (later(70), None, State::Fail),
            (later(-70), None, State::Fail),
            (None, later(70), State::Fail),
        ] {
            assert_eq!(
                judge_clock(good, second, second, Seen { time, latest }).state,
                state,
                "{time:?} {latest:?}"
            );
        }
    }

    #[test]
    fn only_an_encrypted_address_leaves_the_machine() {
        let state = |url: &str| public_url(&Origin::parse(url).unwrap(), true).state;
        assert_eq!(state("https://desk.example.org"), State::Ok);
        assert_eq!(state("http://localhost:8470"), State::Ok);
        assert_eq!(state("http://[::1]:8470"), State::Ok);
        assert_eq!(state("http://127.0.0.1.example.org"), State::Fail);
        assert_eq!(state("http://desk.example.org"), State::Fail);
    }
}
