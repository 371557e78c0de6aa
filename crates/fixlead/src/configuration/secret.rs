//! Secrets of the configuration: read from a file that only its owner can
//! read, or from the environment. They have no `Debug` and are never printed.

use std::path::Path;

use super::{Configuration, Environment, Flags, shown};

/// The largest secret that is read, in bytes.
const MOST_BYTES: u64 = 16 * 1024;

/// How to reach a PostgreSQL database, with its password.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL, for the driver and nobody else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL with a file of certificate authorities, unless it names one.
    pub fn trusting(&self, path: &Path) -> String {
        use std::fmt::Write as _;
        let (address, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        if query.split('&').any(|pair| pair.starts_with("sslrootcert=")) {
            return self.0.clone();
        }
        let mut url = format!("{address}?{query}{}sslrootcert=", if query.is_empty() { "" } else { "&" });
        for byte in path.as_os_str().as_encoded_bytes() {
            // Writing to a text does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
        url
    }

    /// Looks where it may stand: the flag, the environment, the file that the
    /// configuration names; in this order.
    pub fn find(
        flags: &Flags,
        keys: &Configuration,
        environment: Environment<'_>,
    ) -> Result<Option<Self>, String> {
        if let Some(url) = &flags.database_url {
            return Self::parse(url, "--database-url").map(Some);
        }
        if let Some(url) = environment("FIXLEAD_DATABASE_URL") {
            let url = url.into_string().map_err(|_| "FIXLEAD_DATABASE_URL is not UTF-8".to_owned())?;
            return Self::parse(&url, "FIXLEAD_DATABASE_URL").map(Some);
        }
        let Some(path) = &keys.database_url_file else { return Ok(None) };
        Self::parse(&read(path)?, &shown(path)).map(Some)
    }

    fn parse(text: &str, place: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Ok(DatabaseUrl(text.to_owned()))
        } else {
            Err(format!("{place}: a database URL begins with postgres://; without one, SQLite is used"))
        }
    }
}

/// Reads a secret from a file that nobody else can read.
///
/// # Errors
/// Which file, and what to do about it.
pub fn read(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    use std::os::unix::fs::MetadataExt as _;
    let fail = |error: std::io::Error| format!("{}: cannot be read: {error}", shown(path));
    // A pipe that nobody writes to would be waited for.
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        return Err(format!("{}: is no file; name one that holds the secret", shown(path)));
    }
    let file = std::fs::File::open(path).map_err(fail)?;
    let about = file.metadata().map_err(fail)?;
    if about.mode() & 0o077 != 0 {
        return Err(format!(
            "{0}: a secret that others can read (mode {1:04o}); run: chmod 600 {0}",
            shown(path),
            about.mode() & 0o7777
        ));
    }
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(fail)?;
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("{}: is empty; write the secret into it", shown(path)));
    }
    Ok(text.to_owned())
}
