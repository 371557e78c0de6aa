//! `fixlead advisory build`: the documents of one source.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use fixlead_core::text;
use fixlead_formats::format::{CsafVersion, Format, Options, Profile, build};
use fixlead_formats::lint::{Insiders, Level, lint};
use fixlead_formats::source::{self, Source};

use crate::commands::Outcome;
use crate::commands::policy::source::read_text;

/// What to make.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct BuildArgs {
    /// The source: CASE.toml, or `-` for standard input.
    file: PathBuf,
    /// Which document: cve, osv, csaf, openvex, ghsa, mail, html, atom, or all of them.
    #[arg(long, value_name = "FORMAT", value_parser = wanted)]
    format: Wanted,
    /// Where to write, under the names that the help lists; otherwise the one
    /// document goes to standard output.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The version of CSAF: 2.0, or the draft of 2.1.
    #[arg(long, value_name = "VERSION", default_value = "2.0", value_parser = CsafVersion::parse)]
    csaf: CsafVersion,
    /// The profile of CSAF: advisory or vex [default: advisory, where something is affected].
    #[arg(long, value_name = "PROFILE", value_parser = Profile::parse)]
    profile: Option<Profile>,
    /// Addresses that begin so are for insiders and stand in no document; may be repeated.
    #[arg(long, value_name = "URL")]
    insiders: Vec<String>,
}

const HELP: &str = "\
The source is described in docs/advisories.md. Before anything is made it is
looked through: errors stop it, warnings do not; both go to standard error with
their place.

Files in --out DIR: cve.json osv.json csaf.json openvex.json ghsa.json mail.txt
advisory.html atom.xml. Without a CVE id `all` makes everything else.

Exit code: 0 when everything was made, 1 when an error was found and nothing
was made, 2 when the source cannot be read.";

/// One format, or all.
#[derive(Clone, Copy)]
enum Wanted {
    One(Format),
    All,
}

fn wanted(text: &str) -> Result<Wanted, String> {
    if text == "all" {
        return Ok(Wanted::All);
    }
    Format::parse(text).map(Wanted::One).map_err(|wrong| format!("{wrong}, all"))
}

/// Runs `fixlead advisory build`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &BuildArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let name = text::file(&args.file.to_string_lossy());
    if matches!(args.format, Wanted::All) && args.out.is_none() {
        writeln!(messages, "fixlead: all documents need a place: add --out DIR, or name one --format")?;
        return Ok(Outcome::Unreadable);
    }
    let text = match read_text(&args.file, source::MOST_BYTES) {
        Ok(text) => text,
        Err(wrong) => {
            writeln!(messages, "fixlead: {name}: {wrong}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    let source = match source::read(&text) {
        Ok(source) => source,
        Err(complaints) => {
            for complaint in complaints {
                writeln!(messages, "{name}: {complaint}")?;
            }
            return Ok(Outcome::Unreadable);
        }
    };
    if !lints(&name, &source, args, messages)? {
        return Ok(Outcome::No);
    }
    let options = Options { csaf: args.csaf, profile: args.profile };
    let formats = match args.format {
        Wanted::One(format) => vec![format],
        Wanted::All => Format::ALL.to_vec(),
    };
    let mut documents = Vec::new();
    for format in formats {
        match build(&source.advisory, format, options) {
            Ok(document) => documents.push((format, document)),
            Err(wrong) if matches!(args.format, Wanted::All) => {
                writeln!(messages, "{name}: {} is left out: {wrong}", format.file_name())?;
            }
            Err(wrong) => {
                writeln!(messages, "fixlead: {name}: no {} can be made: {wrong}", format.as_str())?;
                return Ok(Outcome::No);
            }
        }
    }
    let Some(directory) = &args.out else {
        for (_, document) in documents {
            out.write_all(document.as_bytes())?;
        }
        return Ok(Outcome::Done);
    };
    match write(directory, &documents) {
        Ok(paths) => {
            for path in paths {
                writeln!(out, "{}", text::file(&path.to_string_lossy()))?;
            }
            Ok(Outcome::Done)
        }
        Err(wrong) => {
            writeln!(messages, "fixlead: {wrong}")?;
            Ok(Outcome::Unreadable)
        }
    }
}

/// Tells what is found, and says whether documents may be made.
fn lints(name: &str, source: &Source, args: &BuildArgs, messages: &mut impl Write) -> io::Result<bool> {
    let findings = lint(&source.advisory, &Insiders(args.insiders.clone()));
    for finding in &findings {
        let message = format!("{}: {} [{}]", finding.level.as_str(), finding.message, finding.rule);
        writeln!(messages, "{name}: {}", source.complaint(&finding.path, &message))?;
    }
    Ok(!findings.iter().any(|finding| finding.level == Level::Error))
}

/// Writes documents into a directory, which is made when it is missing.
fn write(directory: &Path, documents: &[(Format, String)]) -> Result<Vec<PathBuf>, String> {
    let shown = |path: &Path| text::file(&path.to_string_lossy());
    fs::create_dir_all(directory)
        .map_err(|error| format!("{}: cannot be made: {error}", shown(directory)))?;
    let mut paths = Vec::new();
    for (format, document) in documents {
        let path = directory.join(format.file_name());
        fs::write(&path, document)
            .map_err(|error| format!("{}: cannot be written: {error}", shown(&path)))?;
        paths.push(path);
    }
    Ok(paths)
}
