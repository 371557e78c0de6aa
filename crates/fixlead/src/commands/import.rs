//! `fixlead import`: documents of others as the source of an advisory.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use fixlead_core::text;
use fixlead_formats::import::{From, import};
use fixlead_formats::{source, validate};

use super::Outcome;
use super::policy::source::read_text;

/// What to import.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct ImportArgs {
    /// What the document is: ghsa, osv, cve or csaf.
    #[arg(value_name = "FORMAT", value_parser = From::parse)]
    from: From,
    /// The document, or `-` for standard input.
    file: PathBuf,
}

const HELP: &str = "\
Prints the document as CASE.toml, the one source that `fixlead advisory build`
reads. What has no place there, and what has to be written, is told on standard
error.

Exit code: 0 when a source was printed, 2 when the document cannot be read.";

/// Runs `fixlead import`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ImportArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let name = text::file(&args.file.to_string_lossy());
    let read = read_text(&args.file, validate::MOST_BYTES).and_then(|text| import(args.from, &text));
    match read {
        Ok(import) => {
            for note in &import.notes {
                writeln!(messages, "{name}: {note}")?;
            }
            out.write_all(source::write(&import.advisory).as_bytes())?;
            Ok(Outcome::Done)
        }
        Err(wrong) => {
            writeln!(messages, "fixlead: {name}: {wrong}")?;
            Ok(Outcome::Unreadable)
        }
    }
}
