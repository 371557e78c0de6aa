//! Gives the targets of a crate what lies in their corpora: what a fuzzer found
//! worth keeping, and what once broke something.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

type Target = (&'static str, fn(&[u8]));

/// Runs every target on each file of its folder.
pub fn all(targets: &[Target]) {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpora");
    let mut broken = Vec::new();
    for (name, target) in targets {
        let folder = corpora.join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{}: holds nothing to begin with", folder.display());
        for file in files {
            let bytes = fs::read(&file).unwrap();
            if catch_unwind(AssertUnwindSafe(|| target(&bytes))).is_err() {
                broken.push(file.display().to_string());
            }
        }
    }
    assert!(broken.is_empty(), "these break what reads them:\n{}", broken.join("\n"));
}
