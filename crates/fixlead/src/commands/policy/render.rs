//! `fixlead policy render`: a policy as a document for people.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use fixlead_core::policy::render;

use super::{Readings, source};
use crate::commands::Outcome;

/// What to write, and how.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct RenderArgs {
    /// A built-in policy or a file.
    #[arg(value_name = "ID-or-FILE")]
    policy: String,
    #[command(flatten)]
    readings: Readings,
    /// Which document to write.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

/// The documents that can be written.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// The whole policy, every sentence with its clauses.
    Markdown,
    /// The short SECURITY.md of a repository.
    SecurityMd,
}

const HELP: &str = "\
Exit code: 0, or 1 when a SECURITY.md has gaps because parameters are not set;
they are listed as a warning, and marked in the document. 2 when the policy
cannot be read.";

/// Runs `fixlead policy render`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &RenderArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let source = match source::read(&args.policy, &args.readings.overlays, &args.readings.values) {
        Ok(source) => source,
        Err(unreadable) => return super::complain(&unreadable, false, out, messages),
    };
    let overlays: Vec<_> = source.overlays.iter().collect();
    match args.format {
        Format::Markdown => {
            out.write_all(render::markdown(&source.base, &overlays, &source.policy).as_bytes())?;
            Ok(Outcome::Done)
        }
        Format::SecurityMd => {
            let written = render::security_md(&source.base, &overlays, &source.policy);
            out.write_all(written.text.as_bytes())?;
            if written.unset.is_empty() {
                return Ok(Outcome::Done);
            }
            writeln!(
                messages,
                "fixlead: {}: warning: not ready to be published, these parameters have no value: {}; \
                 give each with --set NAME=VALUE",
                fixlead_core::text::file(&args.policy),
                written.unset.join(", ")
            )?;
            Ok(Outcome::No)
        }
    }
}
