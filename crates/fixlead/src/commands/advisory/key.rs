//! `fixlead advisory key`: the key with which a publisher signs.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use fixlead_publish::openpgp::{Key, Zeroizing};

use crate::commands::Outcome;
use crate::configuration::shown;
use crate::serve::world;

/// Whose key it is, and where it goes.
#[derive(Args)]
pub struct KeyArgs {
    /// The new file, which only its owner can read. Whoever has it signs as you: keep a copy safe.
    file: PathBuf,
    /// Whom the key names, like `Example Project <security@example.org>`.
    #[arg(long, value_name = "OWNER")]
    owner: String,
}

/// Runs `fixlead advisory key`: makes an OpenPGP key (Ed25519) and prints its public half.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &KeyArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let mut seed = Zeroizing::new([0; 32]);
    world::random(&mut seed[..]);
    let made = Key::new(&seed, &args.owner, world::now()).and_then(|key| {
        keep(&args.file, key.armored_secret().as_bytes())
            .map_err(|error| format!("{}: cannot be made: {error}", shown(&args.file)))?;
        Ok(key)
    });
    match made {
        Ok(key) => {
            writeln!(messages, "made {}: {}", shown(&args.file), key.public.fingerprint())?;
            out.write_all(key.public.armored().as_bytes())?;
            Ok(Outcome::Done)
        }
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            Ok(Outcome::Unreadable)
        }
    }
}

fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
