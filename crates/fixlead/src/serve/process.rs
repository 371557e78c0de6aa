//! The process itself: what it must not leave behind, how it is told to stop,
//! and whom it tells that it is ready.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Makes sure that a crash writes no memory to the disk, and that no other
/// process of the same user can read it: it holds keys and reports.
///
/// # Errors
/// When the system does not let it.
pub fn forbid_core_dumps() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Files that this process makes are for its owner alone.
pub fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
}

/// Asks for as many open files as the system allows.
pub fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    // Without more, there are fewer connections.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// How many open files the process may have at most; nothing if there is no end.
pub fn open_files_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).maximum
}

/// A panic says where it happened. What it says of the values is content.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let (file, line) = panic.location().map_or(("somewhere", 0), |place| (place.file(), place.line()));
        tracing::error!(target: "fixlead", file, line, "a part of the desk broke off; please report it");
    }));
}

/// Waits until the process is asked to stop.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Begins to listen.
    ///
    /// # Errors
    /// When the system does not let it.
    pub fn listen() -> io::Result<Self> {
        Ok(Stop { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Until somebody asks.
    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Tells systemd, if it started this, how it goes (`sd_notify(3)`): `READY=1`,
/// `STOPPING=1`. Without systemd nobody listens.
pub fn notify(state: &str) {
    let Some(path) = crate::configuration::environment("NOTIFY_SOCKET") else { return };
    let address = match path.as_bytes() {
        [b'@', name @ ..] => {
            use std::os::linux::net::SocketAddrExt as _;
            SocketAddr::from_abstract_name(name)
        }
        _ => SocketAddr::from_pathname(&path),
    };
    let sent = address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if sent.is_err() {
        tracing::warn!(target: "fixlead", "the service manager does not listen on NOTIFY_SOCKET");
    }
}

/// Memory in use, in bytes (`proc(5)`, `statm`).
pub fn resident_bytes() -> Option<i64> {
    let pages: i64 = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    pages.checked_mul(i64::try_from(rustix::param::page_size()).ok()?)
}

/// Open files and sockets.
pub fn open_files() -> Option<i64> {
    i64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}
