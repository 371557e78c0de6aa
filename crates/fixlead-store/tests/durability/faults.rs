//! The disk fails now and then, or is full, and then it is well again.

use std::path::PathBuf;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::desk::{self, Acknowledged};
use crate::driver::Drive;
use crate::kill::listen;
use crate::place::Place;
use crate::shim::{Faults, Shim};
use crate::watch::Watch;

/// What a process has said up to now.
#[derive(Default)]
struct Heard {
    acknowledged: Acknowledged,
    opened: bool,
    acks: u64,
    /// Answers that say that it may be tried again.
    refusals: Vec<String>,
    /// Anything else than that: an answer that is not clear.
    others: Vec<String>,
}

/// A process behind the shim, and ears on it.
struct Patient {
    shim: Shim,
    data: PathBuf,
    child: Child,
    ears: Option<JoinHandle<()>>,
    heard: Arc<Mutex<Heard>>,
    clients: u64,
}

/// Answers of a while.
struct While {
    acks: u64,
    refusals: Vec<String>,
}

impl Patient {
    fn start(place: &Place, seed: u64) -> Self {
        let (root, own) = (place.directory("root"), place.directory("own"));
        let shim = Shim::new(&place.shim, &root, &own);
        let data = root.join("data");
        let drive = Drive::new(&data, seed);
        let mut command = drive.command();
        let mut child = shim.before(&mut command).spawn().expect("the test can start itself");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let noted = Arc::clone(&heard);
        let ears = listen(&mut child, move |line| {
            let mut heard = noted.lock().unwrap();
            if desk::note(&mut heard.acknowledged, line) {
                heard.acks += 1;
            } else if line.starts_with("open ") {
                heard.opened = true;
            } else if line.starts_with("refused ") {
                heard.refusals.push(line.to_owned());
            } else {
                heard.others.push(line.to_owned());
            }
        });
        let patient = Patient { shim, data, child, ears: Some(ears), heard, clients: drive.clients };
        let watch = Watch::start();
        while !patient.heard.lock().unwrap().opened && watch.millis() < 20_000 {
            std::thread::sleep(Duration::from_millis(5));
        }
        patient
    }

    /// What is answered during so many milliseconds.
    fn during(&self, millis: u64) -> While {
        let (acks, refusals) = {
            let heard = self.heard.lock().unwrap();
            (heard.acks, heard.refusals.len())
        };
        std::thread::sleep(Duration::from_millis(millis));
        let heard = self.heard.lock().unwrap();
        While { acks: heard.acks - acks, refusals: heard.refusals[refusals..].to_vec() }
    }

    /// Kills it and looks at everything. What was lost, or not clear.
    fn end(mut self) -> Result<u64, String> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.child.wait().map_err(|error| error.to_string())?;
        self.ears.take().map(JoinHandle::join);
        let heard = self.heard.lock().unwrap();
        crate::on_runtime(async {
            let store = desk::open(&self.data, 1).await?;
            desk::inspect(&store, self.clients, &heard.acknowledged, None).await?;
            desk::verify(&self.data, &[]).await
        })?;
        match heard.others.first() {
            Some(line) => Err(format!("{} answers were not clear, such as `{line}`", heard.others.len())),
            None => Ok(heard.acks),
        }
    }
}

/// Storms of faults, each at its rate per mille, each so many seconds.
pub fn storms(place: &Place, rates: &[u32], seconds: u64) -> Result<(), String> {
    for (number, rate) in rates.iter().enumerate() {
        let patient = Patient::start(place, number as u64);
        let faults = Faults { fail: *rate, full: *rate, brief: *rate, sync: *rate, read: *rate };
        patient.shim.faults(faults);
        let storm = patient.during(seconds * 1000);
        let injected = patient.shim.injected();
        patient.shim.faults(Faults::default());
        // The first answers may still belong to the storm.
        let first = patient.during(1000);
        let calm = patient.during(4000);
        let tries = first.acks + calm.acks + (first.refusals.len() + calm.refusals.len()) as u64;
        let refused = first.refusals.len() + calm.refusals.len();
        let acknowledged = patient.end().map_err(|why| format!("faults at {rate} per mille: {why}"))?;
        println!(
            "faults at {:4.1} %: {injected} calls failed, {} answered and {} refused meanwhile; \
             in 5 s after it {refused} of {tries} refused; 0 of {acknowledged} lost",
            f64::from(*rate) / 10.0,
            storm.acks,
            storm.refusals.len(),
        );
        if injected == 0 || storm.refusals.is_empty() {
            return Err(format!("at {rate} per mille nothing failed: that proves nothing"));
        }
        if tries < 100 || refused as u64 * 100 > tries {
            return Err(format!("{refused} of {tries} were refused after the disk was well again"));
        }
    }
    Ok(())
}

/// The disk gets full, is cleared, and gets full again.
pub fn full_disk(place: &Place, times: u64) -> Result<(), String> {
    let patient = Patient::start(place, 77);
    for time in 0..times {
        patient.shim.room(Some(200_000 * (time % 3)));
        let watch = Watch::start();
        while patient.during(100).refusals.is_empty() {
            if watch.millis() > 30_000 {
                return Err("the disk was full and nobody was refused".into());
            }
        }
        let full = patient.during(1000);
        patient.shim.room(None);
        let first = patient.during(1000);
        let later = patient.during(1000);
        println!(
            "full disk {time}: {} refused in a second, then {} answered in the first second with room",
            full.refusals.len(),
            first.acks
        );
        if full.acks > full.refusals.len() as u64 {
            return Err(format!("{} were answered by a full disk", full.acks));
        }
        if let Some(line) = full.refusals.iter().find(|line| !line.contains("full")) {
            return Err(format!("a refusal does not say that the disk is full: {line}"));
        }
        if later.acks == 0 || !later.refusals.is_empty() {
            return Err(format!("it did not heal: {:?}", later.refusals.first()));
        }
    }
    let acknowledged = patient.end()?;
    println!("full disk: 0 of {acknowledged} lost");
    Ok(())
}
