//! Bits turn over in files at rest. What is wrong has to be found out, or has
//! to make no difference.

use std::path::Path;

use crate::chance::Chance;
use crate::desk::{self, Acknowledged};
use crate::driver::Drive;
use crate::place::Place;

/// What became of flipped bits.
#[derive(Default)]
pub struct Tally {
    pub flips: u64,
    /// The database, the log or the store said so.
    pub detected: u64,
    /// Among these: only what a witness keeps elsewhere told it.
    pub by_witness: u64,
    pub harmless: u64,
    /// Something else was read, and nothing said so.
    pub silent: Vec<String>,
}

/// Flips so many bits, each in a fresh copy of a database that a process left
/// when it was killed.
pub fn flips(place: &Place, flips: u64, seed: u64) -> Result<Tally, String> {
    let mut chance = Chance::new(seed);
    let origin = place.directory("origin");
    let mut drive = Drive::new(&origin, seed);
    let said = place.directory("own").join("said");
    drive.says = Some(said.clone());
    for appends in [120, 240] {
        // Killed twice, so that there is a file and a log that is not in it.
        (drive.dies_after, drive.seed) = (appends, chance.next());
        let mut child = drive.start();
        child.wait().map_err(|error| error.to_string())?;
        let text = std::fs::read_to_string(&said).map_err(|error| error.to_string())?;
        if appends == 120 {
            std::fs::write(&said, "").map_err(|error| error.to_string())?;
            crate::on_runtime(async { desk::open(&origin, 5).await.map(drop) })?;
        } else if !text.contains("ack ") {
            return Err("nothing was written whose bits could be flipped".into());
        }
    }
    // What is there is what has to be there.
    let copy = place.directory("copy");
    let (acknowledged, witness) = {
        copy_files(&origin, &copy)?;
        crate::on_runtime(async {
            let store = desk::open(&copy, 6).await?;
            let mut acknowledged = Acknowledged::new();
            for client in 0..drive.clients {
                acknowledged.insert(client, desk::reached(&store, client).await?);
            }
            desk::inspect(&store, drive.clients, &acknowledged, None).await?;
            Ok::<_, String>((acknowledged, store.sign_head().await.map_err(|error| error.to_string())?))
        })?
    };
    let mut tally = Tally::default();
    for flip in 0..flips {
        let copy = place.directory("copy");
        copy_files(&origin, &copy)?;
        let file = &copy.join(["fixlead.db", "fixlead.db-wal"][(flip % 2) as usize]);
        let mut bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        // A quarter of them where the files say what they are.
        let reach = if chance.of(0.25) { bytes.len().min(4096) } else { bytes.len() };
        let (at, bit) = (chance.below(reach), chance.below(8));
        bytes[at] ^= 1 << bit;
        std::fs::write(file, &bytes).map_err(|error| error.to_string())?;
        tally.flips += 1;
        let looked = crate::on_runtime(async {
            let store = desk::open(&copy, 7).await.map_err(|_| Seen::Store)?;
            desk::verify(&copy, &[]).await.map_err(|_| Seen::Store)?;
            desk::verify(&copy, std::slice::from_ref(&witness)).await.map_err(|_| Seen::Witness)?;
            let inspected = desk::inspect(&store, drive.clients, &acknowledged, None).await;
            inspected.map_err(|why| if desk::is_said(&why) { Seen::Store } else { Seen::Not(why) })
        });
        let _ = std::fs::remove_dir_all(&copy);
        match looked {
            Ok(_) => tally.harmless += 1,
            Err(Seen::Store) => tally.detected += 1,
            Err(Seen::Witness) => {
                (tally.detected, tally.by_witness) = (tally.detected + 1, tally.by_witness + 1)
            }
            Err(Seen::Not(why)) => {
                let name =
                    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                tally.silent.push(format!("bit {bit} of byte {at} of {name}: {why}"));
            }
        }
    }
    Ok(tally)
}

/// Who saw that something is wrong.
enum Seen {
    Store,
    Witness,
    Not(String),
}

fn copy_files(from: &Path, to: &Path) -> Result<(), String> {
    for name in ["fixlead.db", "fixlead.db-wal"] {
        std::fs::copy(from.join(name), to.join(name)).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}
