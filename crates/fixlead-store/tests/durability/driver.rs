//! The process that is tormented: clients that append one thing after the
//! other, and say so when the store has.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::desk;
use crate::watch::Watch;

/// What the process does.
#[derive(Clone)]
pub struct Drive {
    pub directory: PathBuf,
    /// Where it says what it did; its standard output when there is none.
    pub says: Option<PathBuf>,
    pub clients: u64,
    /// Appends of each client, those of earlier processes included.
    pub appends: u64,
    /// Ends as if it were killed once this many were acknowledged.
    pub dies_after: u64,
    pub seed: u64,
    /// Pages in the write-ahead log that make a checkpoint; 0 is the store's
    /// own choice.
    pub checkpoint: u64,
    /// It acknowledges before the store has answered: a negative control.
    pub early: bool,
    /// The store does not wait for the disk: a negative control.
    pub weak: bool,
}

impl Drive {
    /// Four clients that go on until they are ended.
    pub fn new(directory: &Path, seed: u64) -> Self {
        Drive {
            directory: directory.to_owned(),
            says: None,
            clients: 4,
            appends: u64::MAX,
            dies_after: u64::MAX,
            seed,
            checkpoint: 0,
            early: false,
            weak: false,
        }
    }

    /// A command that runs it. Its standard output is a pipe.
    pub fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().expect("a process knows its program"));
        command.arg("drive").arg(&self.directory);
        command.arg(self.says.as_deref().unwrap_or(Path::new("-")));
        for number in [self.clients, self.appends, self.dies_after, self.seed, self.checkpoint] {
            command.arg(number.to_string());
        }
        command.arg(self.early.to_string()).arg(self.weak.to_string());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        command
    }

    /// Starts it.
    pub fn start(&self) -> Child {
        self.command().spawn().expect("the test can start itself")
    }

    fn parse(words: &[String]) -> Option<Self> {
        let [directory, says, clients, appends, dies_after, seed, checkpoint, early, weak] = words else {
            return None;
        };
        Some(Drive {
            directory: directory.into(),
            says: (says != "-").then(|| says.into()),
            clients: clients.parse().ok()?,
            appends: appends.parse().ok()?,
            dies_after: dies_after.parse().ok()?,
            seed: seed.parse().ok()?,
            checkpoint: checkpoint.parse().ok()?,
            early: early == "true",
            weak: weak == "true",
        })
    }
}

/// Where the process says what it did, each line at once.
struct Voice(Mutex<Out>);

struct Out {
    file: File,
    acknowledged: u64,
    dies_after: u64,
    seed: u64,
}

impl Voice {
    fn open(drive: &Drive) -> Self {
        let path = drive.says.as_deref().unwrap_or(Path::new("/dev/stdout"));
        let file = OpenOptions::new().append(true).create(true).open(path).expect("the tests listen");
        Voice(Mutex::new(Out { file, acknowledged: 0, dies_after: drive.dies_after, seed: drive.seed }))
    }

    fn say(&self, line: &str) {
        let mut out = self.0.lock().unwrap();
        out.file.write_all(format!("{line}\n").as_bytes()).expect("the tests listen");
        out.acknowledged += u64::from(line.starts_with("ack "));
        if out.acknowledged >= out.dies_after {
            // Nothing is closed and nobody says goodbye; most often in the
            // middle of the next commit.
            std::thread::sleep(Duration::from_micros(out.seed % 2500));
            out.file.write_all(b"die\n").expect("the tests listen");
            std::process::abort();
        }
    }
}

/// Runs as the process.
pub fn run(words: &[String]) {
    let drive = Drive::parse(words).expect("the tests say what to do");
    fixlead_store::hooks::set_weak(drive.weak);
    fixlead_store::hooks::set_checkpoint(drive.checkpoint as u32);
    let voice = Arc::new(Voice::open(&drive));
    let runtime = || tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let watch = Watch::start();
    let store = runtime().block_on(desk::open(&drive.directory, drive.seed));
    let store = match store {
        Ok(store) => store,
        Err(why) => {
            voice.say(&format!("closed {why}"));
            std::process::exit(3);
        }
    };
    voice.say(&format!("open {}", watch.millis()));
    let failed = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..drive.clients)
        .map(|client| {
            let (store, voice, drive) = (store.clone(), Arc::clone(&voice), drive.clone());
            let failed = Arc::clone(&failed);
            std::thread::spawn(move || {
                if let Err(why) = runtime().block_on(be(&store, client, &drive, &voice)) {
                    voice.say(&format!("stuck {client} {why}"));
                    failed.store(true, Ordering::Relaxed);
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| drop(client.join()));
    drop(store);
    voice.say("done");
    std::process::exit(i32::from(failed.load(Ordering::Relaxed)));
}

/// Is a client: whatever fails is tried again, with the same key.
async fn be(store: &fixlead_store::Store, client: u64, drive: &Drive, voice: &Voice) -> Result<(), String> {
    let mut number = loop {
        match desk::reached(store, client).await {
            Ok(number) => break number,
            Err(why) => {
                voice.say(&format!("refused {client} 0 {why}"));
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    };
    // Whoever was not answered asks again, with the same key.
    if number > 0 {
        commit(store, client, number, voice).await?;
        voice.say(&format!("ack {client} {number}"));
    }
    while number < drive.appends {
        number += 1;
        if drive.early {
            voice.say(&format!("ack {client} {number}"));
        }
        commit(store, client, number, voice).await?;
        if !drive.early {
            voice.say(&format!("ack {client} {number}"));
        }
        if client == 0 && number.is_multiple_of(16) {
            // It fails where an append would; the next one comes.
            let _ = store.sign_head().await;
        }
    }
    Ok(())
}

/// Appends, and tries again until the store has it.
async fn commit(store: &fixlead_store::Store, client: u64, number: u64, voice: &Voice) -> Result<(), String> {
    loop {
        let (permit, append) = desk::append(client, number);
        match store.append(&permit, append).await {
            Ok(outcome) if outcome.is_written() => return Ok(()),
            Ok(outcome) => return Err(format!("append {number}: {outcome:?}")),
            Err(why) => {
                let certainty = if why.is_retryable() { "refused" } else { "failed" };
                voice.say(&format!("{certainty} {client} {number} {why}"));
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
