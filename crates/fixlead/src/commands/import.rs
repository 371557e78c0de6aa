//! `fixlead import`: documents of others as the source of an advisory.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use fixlead_core::text;
use fixlead_formats::import::{From, import};
use fixlead_formats::{source, validate};

use super::Outcome;
use super::desk::{Asking, import as desk};
use super::policy::source::read_text;

/// What to import.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct ImportArgs {
    /// What the document is: ghsa, osv, cve or csaf; case for a source that was completed.
    #[arg(value_name = "FORMAT", value_parser = wanted)]
    from: Wanted,
    /// The documents, or `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Take them into a project of a desk, by name or id, as what it has published before.
    #[arg(long, value_name = "PROJECT")]
    into: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

/// What a document is.
#[derive(Clone, Copy)]
enum Wanted {
    Document(From),
    Source,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    if text == "case" {
        return Ok(Wanted::Source);
    }
    From::parse(text).map(Wanted::Document).map_err(|wrong| format!("{wrong}, case"))
}

/// A document as a source, and what is to be said of that.
fn taken(args: &ImportArgs, text: &str) -> Result<(String, Vec<String>), String> {
    match args.from {
        Wanted::Document(from) => {
            let import = import(from, text)?;
            // What nobody has said may stand in no public document.
            if args.into.is_some() && !import.is_whole {
                let notes = import.notes.join("; ");
                return Err(format!(
                    "{notes}; print it without --into, complete it, and import that as `case`"
                ));
            }
            Ok((source::write(&import.advisory), import.notes))
        }
        Wanted::Source => match source::read(text) {
            Ok(_) => Ok((text.to_owned(), Vec::new())),
            Err(complaints) => Err(complaints.first().map(ToString::to_string).unwrap_or_default()),
        },
    }
}

const HELP: &str = "\
Prints the document as CASE.toml, the one source that `fixlead advisory build`
reads. What has no place there, and what has to be written, is told on standard
error. With --into a desk takes them in instead: what cannot be made into every
document is refused, all of it; then complete it, and import it once more. Where
one names an instant of the last 90 days, by its dates or the year of an id, all
wait until somebody else confirms them with `fixlead project imports`.

Exit code: 0 when a source was printed, taken in or waits, 1 when the desk refuses it,
2 when the document cannot be read.";

/// Runs `fixlead import`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &ImportArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    if args.into.is_none() && args.files.len() > 1 {
        writeln!(
            messages,
            "fixlead: one source is printed at a time; name one document, or a project with --into"
        )?;
        return Ok(Outcome::Unreadable);
    }
    let mut sources = Vec::new();
    for file in &args.files {
        let name = text::file(&file.to_string_lossy());
        let read = read_text(file, validate::MOST_BYTES).and_then(|text| taken(args, &text));
        match read {
            Ok((source, notes)) => {
                for note in notes {
                    writeln!(messages, "{name}: {note}")?;
                }
                sources.push(source);
            }
            Err(wrong) => {
                writeln!(messages, "fixlead: {name}: {wrong}")?;
                return Ok(Outcome::Unreadable);
            }
        }
    }
    let Some(project) = &args.into else {
        out.write_all(sources.concat().as_bytes())?;
        return Ok(Outcome::Done);
    };
    args.asking.ask(
        out,
        messages,
        |server| desk::take_in(server, project, &sources),
        |answer, out| desk::taken(answer, project, out),
    )
}
