//! Where a demonstration lies: a directory that goes with the process, or one
//! that was named and stays. What could not be filled is removed either way.

use std::fs::{DirBuilder, remove_dir_all, remove_file};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::configuration::shown;
use crate::serve::world;

/// The place. It is removed when it is dropped, unless it is kept.
pub struct Place {
    /// What is removed with everything in it.
    home: PathBuf,
    data: PathBuf,
    named: bool,
    kept: bool,
}

impl Place {
    /// Takes a directory that is not there yet, or is empty.
    ///
    /// # Errors
    /// Why it cannot be taken, and what to do.
    pub fn take(named: Option<&Path>) -> Result<Place, String> {
        let Some(data) = named else {
            let home = std::env::temp_dir().join(format!("fixlead-demo-{}", world::random_id()));
            let made = DirBuilder::new().mode(0o700).create(&home);
            made.map_err(|error| format!("{}: cannot be made: {error}; set TMPDIR", shown(&home)))?;
            return Ok(Place { data: home.join("desk"), home, named: false, kept: false });
        };
        let cannot = |error| format!("{}: cannot be read: {error}; name another with --data", shown(data));
        let taken = data.exists() && std::fs::read_dir(data).map_err(cannot)?.next().is_some();
        let mut place = Place { home: data.to_owned(), data: data.to_owned(), named: true, kept: false };
        if taken || place.key().exists() {
            // Nothing of it is ours to remove.
            place.kept = true;
            return Err(format!(
                "{}: there is something already; name a new directory with --data, or leave it out for one that goes \
                 by itself",
                shown(data)
            ));
        }
        Ok(place)
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The key beside the data directory.
    fn key(&self) -> PathBuf {
        let mut name = self.data.file_name().unwrap_or_default().to_owned();
        name.push(".key");
        self.data.with_file_name(name)
    }

    /// What was named stays from now on: it is whole.
    pub fn keep(&mut self) {
        self.kept = self.named;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // What is not there any more is as good as removed.
        let _ = remove_dir_all(&self.home);
        if self.named {
            let _ = remove_file(self.key());
        }
    }
}
