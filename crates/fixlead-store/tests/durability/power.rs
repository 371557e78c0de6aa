//! The power goes: a real process writes and everything it does to files is
//! recorded; the states in which the disk may be left are built from the
//! record, and each has to hold what was acknowledged before.

use std::path::{Path, PathBuf};

use crate::chance::Chance;
use crate::desk::{self, Acknowledged};
use crate::disk::{Disk, Model};
use crate::driver::Drive;
use crate::place::Place;
use crate::shim::{Faults, Shim};
use crate::trace::{self, Step};

/// What is recorded.
#[derive(Clone, Copy)]
pub struct Recording {
    pub clients: u64,
    /// Processes that die one after the other, the last of which does not.
    pub lives: u64,
    /// Appends that are acknowledged in each life.
    pub appends: u64,
    pub early: bool,
    pub weak: bool,
    /// Whether syncs and writes fail now and then.
    pub faulty: bool,
    /// See [`Drive::checkpoint`].
    pub checkpoint: u64,
    pub seed: u64,
}

impl Recording {
    /// As it should be.
    pub fn new(seed: u64) -> Self {
        Recording {
            clients: 4,
            lives: 6,
            appends: 60,
            early: false,
            weak: false,
            faulty: false,
            checkpoint: 0,
            seed,
        }
    }
}

/// A trace, and what it was recorded of.
pub struct Recorded {
    root: PathBuf,
    steps: Vec<Step>,
    clients: u64,
    seed: u64,
}

/// Runs processes and keeps what they did. The trace is complete: followed to
/// its end, it gives the files as they are.
pub fn record(place: &Place, what: Recording) -> Result<Recorded, String> {
    let (root, own) = (place.directory("root"), place.directory("own"));
    let (trace_file, marks) = (own.join("trace"), own.join("marks"));
    let shim = Shim::new(&place.shim, &root, &own);
    shim.pause(1500);
    for life in 0..what.lives {
        let mut drive = Drive::new(&root.join("data"), Chance::new(what.seed << 8 | life).next());
        drive.says = Some(marks.clone());
        (drive.clients, drive.checkpoint) = (what.clients, what.checkpoint);
        (drive.early, drive.weak) = (what.early, what.weak);
        if life + 1 < what.lives {
            drive.dies_after = what.appends;
        } else {
            drive.appends = what.appends * what.lives / what.clients;
        }
        let mut command = drive.command();
        shim.recording(&mut command, &trace_file, &marks);
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        if what.faulty {
            // The first start has to succeed for there to be anything to lose.
            std::thread::sleep(std::time::Duration::from_millis(100));
            shim.faults(Faults { fail: 5, full: 5, brief: 20, sync: 50, read: 0 });
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        shim.faults(Faults::default());
        let said = std::fs::read_to_string(&marks).unwrap_or_default();
        if let Some(line) = said.lines().find(|line| line.starts_with("closed") || line.starts_with("stuck"))
        {
            return Err(format!("the process that was recorded: {line}"));
        }
        if status.code().is_some_and(|code| code != 0) {
            return Err(format!("the process that was recorded ended with {status}"));
        }
    }
    let steps = trace::read(&trace_file)?;
    let mut disk = Disk::new(Model::Ordered, 0);
    steps.iter().for_each(|step| disk.take(step));
    let shown = disk.shown();
    for (path, bytes) in &shown {
        if std::fs::read(path).ok().as_deref() != Some(bytes) {
            return Err(format!("the trace does not lead to {} as it is", path.display()));
        }
    }
    let real = count(&root);
    if shown.len() != real {
        return Err(format!("the trace leads to {} files, there are {real}", shown.len()));
    }
    Ok(Recorded { root, steps, clients: what.clients, seed: what.seed })
}

/// How many files lie below a directory, SQLite's index of its log left out.
fn count(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => count(&path),
            path => usize::from(!path.to_string_lossy().ends_with("-shm")),
        })
        .sum()
}

/// What became of cuts.
#[derive(Default)]
pub struct Tally {
    pub cuts: usize,
    /// In the middle of the first start, before anything was acknowledged.
    pub first_starts: usize,
    /// The longest that a start after a cut took, in milliseconds.
    pub slowest: u64,
    pub appends: u64,
    pub losses: Vec<String>,
}

impl Recorded {
    /// How many calls and syncs there are.
    pub fn size(&self) -> (usize, usize) {
        let syncs = self.steps.iter().filter(|step| matches!(step, Step::Sync { .. })).count();
        (self.steps.len(), syncs)
    }

    /// Cuts the power at this many moments and looks what is left. The first
    /// starts get a tenth of them: there are few calls in them, and each is
    /// one of a kind.
    pub fn cut(&self, place: &Place, model: Model, cuts: usize) -> Tally {
        let mut chance = Chance::new(self.seed ^ 0x0c07);
        let first = self.steps.iter().position(|step| matches!(step, Step::Mark(_))).unwrap_or(0);
        let mut moments: Vec<usize> = (0..cuts)
            .map(|number| match number % 10 {
                0 => chance.below(first + 1),
                // Around a sync is where promises are made.
                1..=3 => self.near_sync(&mut chance),
                4..=5 => self.after_start(&mut chance),
                _ => chance.below(self.steps.len() + 1),
            })
            .collect();
        moments.sort_unstable();
        let mut disk = Disk::new(model, self.seed);
        let mut acknowledged = Acknowledged::new();
        let (mut taken, mut tally) = (0, Tally::default());
        for moment in moments {
            while taken < moment {
                if let Step::Mark(line) = &self.steps[taken] {
                    desk::note(&mut acknowledged, line);
                }
                disk.take(&self.steps[taken]);
                taken += 1;
            }
            let luck = chance.next();
            tally.cuts += 1;
            tally.first_starts += usize::from(moment <= first);
            let left = place.directory("left");
            match self.inspect(&disk, &left, luck, &acknowledged) {
                Ok((appends, millis)) => {
                    tally.appends = tally.appends.max(appends);
                    tally.slowest = tally.slowest.max(millis);
                }
                Err(why) => {
                    let cut = format!("{model:?} model, cut before call {moment}, luck {luck:x}: {why}");
                    tally.losses.push(cut);
                }
            }
            let _ = std::fs::remove_dir_all(&left);
        }
        tally
    }

    fn near_sync(&self, chance: &mut Chance) -> usize {
        let start = chance.below(self.steps.len());
        let sync = self.steps[start..].iter().position(|step| matches!(step, Step::Sync { .. }));
        // Just before it, or just after it.
        start + sync.unwrap_or(0) + chance.below(2)
    }

    /// Soon after a start, when what an earlier life left is taken over.
    fn after_start(&self, chance: &mut Chance) -> usize {
        let starts: Vec<usize> = (0..self.steps.len())
            .filter(|at| matches!(&self.steps[*at], Step::Mark(line) if line.starts_with("open")))
            .collect();
        let start = starts[chance.below(starts.len())];
        (start + chance.below(24)).min(self.steps.len())
    }

    /// Builds a state and looks at it.
    fn inspect(
        &self,
        disk: &Disk,
        left: &Path,
        luck: u64,
        acknowledged: &Acknowledged,
    ) -> Result<(u64, u64), String> {
        let mut chance = Chance::new(luck);
        let mut directory = left.join("data");
        for (path, content) in disk.crash(&mut chance) {
            let path = left.join(path.strip_prefix(&self.root).map_err(|error| error.to_string())?);
            let write = match &content {
                None => std::fs::create_dir(&path),
                Some(bytes) => std::fs::write(&path, bytes),
            };
            // A name whose directory was lost is lost with it.
            if write.is_err() && path.parent().is_some_and(Path::exists) {
                return Err(format!("{} cannot be made", path.display()));
            }
        }
        if directory.exists() && chance.of(0.3) {
            let mut rubbish = vec![0; 32 * 1024];
            chance.fill(&mut rubbish);
            std::fs::write(directory.join("fixlead.db-shm"), rubbish).map_err(|error| error.to_string())?;
        }
        let watch = crate::watch::Watch::start();
        directory = left.join("data");
        crate::on_runtime(async {
            let store = desk::open(&directory, luck).await?;
            let millis = watch.millis();
            let appends = desk::inspect(&store, self.clients, acknowledged, None).await?;
            desk::verify(&directory, &[]).await?;
            desk::is_alive(&store, luck).await?;
            Ok((appends, millis))
        })
    }
}
