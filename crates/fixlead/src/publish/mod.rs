//! Publishing on files: where the sources of advisories are found, who
//! publishes them, and the directory in which a tree is kept.
//!
//! - [`sources`]: files of sources, and which of them changed.
//! - [`site`]: the directory that a web server gives to everybody.

pub mod site;
pub mod sources;

use std::path::Path;

use fixlead_publish::openpgp::Key;
use fixlead_publish::provider::{self, Provider};

use crate::commands::policy::source::read_text;
use crate::configuration::{secret, shown};

/// Reads who publishes, with the key that the file names. A relative path is
/// one from the file's own directory.
///
/// # Errors
/// Which file, what is wrong with it, and what to do.
pub fn provider(path: &Path) -> Result<Provider, String> {
    let about = |wrong: String| format!("{}: {wrong}", shown(path));
    let text = read_text(path, provider::MOST_BYTES).map_err(about)?;
    let (mut provider, key) = Provider::read(&text).map_err(about)?;
    if let Some(key) = key {
        let place = path.parent().unwrap_or(Path::new("")).join(key);
        let key = Key::read(&secret::read(&place)?).map_err(|wrong| format!("{}: {wrong}", shown(&place)))?;
        provider.key = Some(key);
    }
    Ok(provider)
}
