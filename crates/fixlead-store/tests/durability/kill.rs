//! The process is killed while clients wait for it, again and again.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::chance::Chance;
use crate::desk::{self, Acknowledged};
use crate::driver::Drive;
use crate::place::Place;
use crate::watch::Watch;

/// Kills before a new database is begun, so that each stays small enough to
/// look at all of it.
const IN_DATABASE: u64 = 20;

/// What a process says, line by line. What it wrote only half of it did not
/// say.
pub fn listen(child: &mut Child, mut hear: impl FnMut(&str) + Send + 'static) -> JoinHandle<()> {
    let out = child.stdout.take().expect("its output is a pipe");
    std::thread::spawn(move || {
        let mut lines = BufReader::new(out);
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
            hear(line.trim_end());
            line.clear();
        }
    })
}

/// What became of kills.
#[derive(Default)]
pub struct Tally {
    pub kills: u64,
    pub acknowledged: u64,
    /// The longest start, in milliseconds.
    pub slowest: u64,
    pub losses: Vec<String>,
}

/// Kills a process so many times.
pub fn kills(place: &Place, kills: u64, early: bool, seed: u64) -> Tally {
    let mut chance = Chance::new(seed);
    let mut tally = Tally::default();
    let mut acknowledged = Acknowledged::new();
    let mut directory = place.directory("killed");
    for kill in 0..kills {
        if kill.is_multiple_of(IN_DATABASE) {
            tally.acknowledged += acknowledged.values().sum::<u64>();
            acknowledged.clear();
            let _ = std::fs::remove_dir_all(&directory);
            directory = place.directory("killed");
        }
        let data = directory.join("data");
        let mut drive = Drive::new(&data, chance.next());
        drive.early = early;
        let mut child = drive.start();
        let known = std::mem::take(&mut acknowledged);
        let (sender, heard) = std::sync::mpsc::channel();
        let ears = listen(&mut child, move |line| drop(sender.send(line.to_owned())));
        // Now and then in the middle of its start.
        std::thread::sleep(Duration::from_micros(500 * chance.below(300) as u64));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        drop(ears.join());
        acknowledged = known;
        for line in heard {
            desk::note(&mut acknowledged, &line);
            if let Some(millis) = line.strip_prefix("open ").and_then(|text| text.parse().ok()) {
                tally.slowest = tally.slowest.max(millis);
            } else if !line.starts_with("ack ") {
                tally.losses.push(format!("kill {kill}: {line}"));
            }
        }
        let whole = kill % IN_DATABASE == IN_DATABASE - 1 || kill + 1 == kills;
        let watch = Watch::start();
        let inspected = crate::on_runtime(async {
            let store = desk::open(&data, chance.next()).await?;
            tally.slowest = tally.slowest.max(watch.millis());
            let recent = if whole { None } else { Some(16) };
            desk::inspect(&store, drive.clients, &acknowledged, recent).await?;
            if whole { desk::verify(&data, &[]).await } else { Ok(()) }
        });
        tally.kills += 1;
        if let Err(why) = inspected {
            tally.losses.push(format!("kill {kill}: {why}"));
            // What is lost would be missed again after each of the next kills.
            acknowledged.clear();
            directory = place.directory("killed");
        }
    }
    tally.acknowledged += acknowledged.values().sum::<u64>();
    tally
}
