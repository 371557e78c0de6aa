//! Writes made-up advisories, their sources and every document of each, for
//! whoever compares them with other implementations:
//! `cargo run -p fixlead-formats --example documents -- DIRECTORY COUNT`.

#[path = "../tests/generate/mod.rs"]
mod generate;

use std::path::PathBuf;

use fixlead_formats::format::{CsafVersion, Format, Options, build};
use fixlead_formats::source;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("name a directory")?);
    let count: u64 = arguments.next().ok_or("say how many")?.parse()?;
    for seed in 0..count {
        let own = directory.join(format!("{seed:04}"));
        std::fs::create_dir_all(&own)?;
        let advisory = generate::advisory(seed);
        std::fs::write(own.join("CASE.toml"), source::write(&advisory))?;
        for format in Format::ALL {
            if let Ok(document) = build(&advisory, *format, Options::default()) {
                std::fs::write(own.join(format.file_name()), document)?;
            }
        }
        let draft = Options { csaf: CsafVersion::V21, profile: None };
        std::fs::write(own.join("csaf-2.1.json"), build(&advisory, Format::Csaf, draft)?)?;
    }
    Ok(())
}
