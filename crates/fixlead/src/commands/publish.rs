//! `fixlead publish`: advisories as files for any web server.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::commands::Outcome;
use crate::configuration::shown;
use crate::publish::provider;
use crate::publish::site::{self, How, PUBLIC, Site};
use crate::serve::world;

/// What to publish, and where.
#[derive(Args)]
#[command(after_long_help = HELP)]
pub struct PublishArgs {
    /// The directory; a web server is given `public` in it.
    out: PathBuf,
    /// A source, or a directory of sources (`.toml`); say it once for each.
    #[arg(long, value_name = "PATH", required_unless_present = "check")]
    from: Vec<PathBuf>,
    /// Who publishes, where and with which key.
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    provider: Option<PathBuf>,
    /// Publish what says that it becomes public later than now, too.
    #[arg(long, conflicts_with = "check")]
    ahead: bool,
    /// Publish a site without advisories, where no source is found.
    #[arg(long, conflicts_with = "check")]
    empty: bool,
    /// Make every file anew, whatever is there: what `--check` found altered is mended.
    #[arg(long, conflicts_with = "check")]
    anew: bool,
    /// Publish nothing; check what is published against its hashes and signatures.
    #[arg(long, conflicts_with = "from")]
    check: bool,
}

const HELP: &str = "\
docs/advisories.md describes the sources, the provider's file and what is made:
pages, feeds, OSV entries, CSAF documents with hashes and signatures, CVE records
and OpenVEX documents.

Everybody sees all of a publication or nothing of it. Only what changed is made
anew, and nothing from a file that somebody altered: such files stay as they are
until what they say changes, or --anew makes all of them again. An error in one source, one that becomes public later than now, no source
at all, or a security.txt that has expired, and nothing is published.

Exit code: 0 when everything was published, or all is as it was published; 1 when
a source has an error, or something was altered; 2 when something cannot be read.";

/// Runs `fixlead publish`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &PublishArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let provider = match args.provider.as_deref().map(provider).transpose() {
        Ok(provider) => provider,
        Err(wrong) => {
            writeln!(messages, "fixlead: {wrong}")?;
            return Ok(Outcome::Unreadable);
        }
    };
    if let (false, Some(provider)) = (args.check, &provider) {
        let taken = Site::take(&args.out).map_err(|wrong| (Outcome::Unreadable, vec![wrong]));
        let published = taken.and_then(|site| {
            let PublishArgs { ahead, empty, anew, .. } = *args;
            let how = How { ahead, empty, anew };
            site.publish(provider, &args.from, world::now(), how).map_err(|wrong| (Outcome::No, wrong))
        });
        return match published {
            Ok(published) => {
                if provider.key.is_none() {
                    writeln!(
                        messages,
                        "nothing is signed: name a `key-file` in the provider's file to be a trusted provider"
                    )?;
                }
                if provider.expires.is_none() {
                    writeln!(
                        messages,
                        "there is no security.txt: say in the provider's file when it `expires`"
                    )?;
                }
                let (advisories, files) = (published.advisories, published.files);
                writeln!(
                    out,
                    "{}: {advisories} advisories, {files} files changed",
                    shown(&args.out.join(PUBLIC))
                )?;
                Ok(Outcome::Done)
            }
            Err((outcome, complaints)) => {
                for complaint in complaints {
                    writeln!(messages, "fixlead: {complaint}")?;
                }
                writeln!(messages, "fixlead: nothing was published")?;
                Ok(outcome)
            }
        };
    }
    let key = provider.and_then(|provider| provider.key).map(|key| key.public);
    match site::check(&args.out, key.as_ref(), world::now()) {
        Ok((advisories, wrong)) if wrong.is_empty() => {
            writeln!(
                out,
                "{}: {advisories} advisories, all as they were published",
                shown(&args.out.join(PUBLIC))
            )?;
            Ok(Outcome::Done)
        }
        Ok((_, wrong)) => {
            for line in &wrong {
                writeln!(out, "{line}")?;
            }
            writeln!(messages, "fixlead: publish with --anew, and every file is made again")?;
            Ok(Outcome::No)
        }
        Err(why) => {
            writeln!(messages, "fixlead: {why}")?;
            Ok(Outcome::Unreadable)
        }
    }
}
