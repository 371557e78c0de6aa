//! Writes made-up advisories, their sources and every document of each, for
//! whoever compares them with other implementations:
//! `cargo run -p fixlead-formats --example documents -- DIRECTORY COUNT`. With
//! `sources` behind it only the sources are written, each with an id of its own.

#[path = "../tests/generate/mod.rs"]
mod generate;

use std::path::PathBuf;

use fixlead_core::time::{Instant, Span};
use fixlead_formats::format::{CsafVersion, Format, Options, build};
use fixlead_formats::source::{self, Advisory};

/// Two years before: what becomes public later than now is given to nobody yet.
fn earlier(advisory: &mut Advisory) {
    let before = |at: &mut Instant| *at = *at - Span::days(730);
    before(&mut advisory.published);
    advisory.modified.iter_mut().chain(&mut advisory.withdrawn).for_each(before);
    advisory.revisions.iter_mut().for_each(|revision| before(&mut revision.date));
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().ok_or("name a directory")?);
    let count: u64 = arguments.next().ok_or("say how many")?.parse()?;
    if arguments.next().as_deref() == Some("sources") {
        std::fs::create_dir_all(&directory)?;
        for seed in 0..count {
            let mut advisory = generate::advisory(seed);
            advisory.cve = Some(format!("CVE-2026-{}", 100_000 + seed));
            earlier(&mut advisory);
            std::fs::write(directory.join(format!("{seed:05}.toml")), source::write(&advisory))?;
        }
        return Ok(());
    }
    for seed in 0..count {
        let own = directory.join(format!("{seed:04}"));
        std::fs::create_dir_all(&own)?;
        let mut advisory = generate::advisory(seed);
        earlier(&mut advisory);
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
