//! One advisory in the tree: what is kept of it, and its own files.

use fixlead_core::text::hex;
use fixlead_core::time::Instant;
use fixlead_formats::format::{Format, Options, build, csaf_file_name};
use fixlead_formats::source::Advisory;
use fixlead_formats::tell;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

use crate::provider::Provider;
use crate::{csaf, site};

/// What is kept of an advisory between two builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The SHA-256 of its source.
    pub hash: String,
    /// The id by which it is published.
    pub id: String,
    /// Whether it has a CVE record.
    pub cve: bool,
    /// When it was published, in milliseconds since 1970.
    pub published: i64,
    /// When it was changed last.
    pub changed: i64,
    /// Where its CSAF document is below the folder of its TLP label.
    pub csaf: String,
    /// When that document was released first.
    pub initial: i64,
    /// When that document was released last.
    pub current: i64,
    /// The package URLs it speaks of.
    pub packages: Vec<String>,
    /// The ecosystems of those that are affected, as OSV calls them.
    pub ecosystems: Vec<String>,
    /// The SHA-256 of the names of its files and what they hold.
    pub digest: String,
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// An instant as documents have it.
pub fn instant(millis: i64) -> String {
    Instant::from_millis(millis).to_string()
}

impl Entry {
    /// What is kept of an advisory whose files are not made yet.
    ///
    /// # Errors
    /// Why it has no place in a tree.
    pub fn of(advisory: &Advisory, hash: String) -> Result<Entry, String> {
        let id = advisory.public_id();
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        // The words that are folders or files of the tree are no ids.
        if !plain
            || id.len() > 100
            || !id.bytes().any(|byte| byte.is_ascii_digit())
            || id.starts_with(['.', '-'])
        {
            return Err(format!(
                "its public id `{}` cannot be the name of a file; give it a CVE or GHSA id, or letters, digits, hyphens and at \
                 least one digit",
                fixlead_core::text::echo(&id)
            ));
        }
        let history = advisory.history();
        let initial = history.first().map_or(advisory.published, |revision| revision.date);
        let current = history.last().map_or(advisory.published, |revision| revision.date);
        let year = initial.to_string().get(..4).unwrap_or("1970").to_owned();
        let mut ecosystems: Vec<String> = Vec::new();
        for affected in advisory.affected.iter().filter(|affected| affected.has_affected_versions()) {
            ecosystems.extend(tell::purl(affected).ecosystem().map(|ecosystem| ecosystem.osv.to_owned()));
        }
        ecosystems.sort_unstable();
        ecosystems.dedup();
        Ok(Entry {
            hash,
            cve: advisory.cve.is_some(),
            published: advisory.published.millis(),
            changed: advisory.changed().millis(),
            csaf: format!("{year}/{}", csaf_file_name(&id)),
            initial: initial.millis(),
            current: current.millis(),
            packages: advisory.affected.iter().map(|affected| affected.package.clone()).collect(),
            ecosystems,
            digest: String::new(),
            id,
        })
    }

    /// What its CSAF document is called, which no two advisories share.
    pub fn csaf_name(&self) -> &str {
        self.csaf.rsplit('/').next().unwrap_or_default()
    }

    /// Its files.
    pub fn paths(&self, signed: bool) -> Vec<String> {
        let id = &self.id;
        let mut paths = vec![
            format!("advisories/{id}/index.html"),
            format!("osv/{id}.json"),
            format!("openvex/{id}.json"),
        ];
        if self.cve {
            paths.push(format!("cve/{id}.json"));
        }
        paths.extend(self.ecosystems.iter().map(|ecosystem| format!("osv/{ecosystem}/{id}.json")));
        let endings: &[&str] =
            if signed { &["", ".sha256", ".sha512", ".asc"] } else { &["", ".sha256", ".sha512"] };
        paths.extend(endings.iter().map(|ending| format!("{}{}{ending}", csaf::PLACE, self.csaf)));
        paths
    }

    /// Makes its files, and remembers their digest.
    ///
    /// # Errors
    /// What a format needs and the source does not have.
    pub fn files(
        &mut self,
        advisory: &Advisory,
        provider: &Provider,
    ) -> Result<Vec<(String, Vec<u8>)>, String> {
        let make = |format| build(advisory, format, Options::default()).map(String::into_bytes);
        let (osv, document) = (make(Format::Osv)?, make(Format::Csaf)?);
        let mut files = Vec::new();
        for path in self.paths(provider.key.is_some()) {
            let name = self.csaf_name();
            let bytes = match path.split('/').next() {
                Some("advisories") => site::advisory(provider, self, advisory).into_bytes(),
                Some("osv") => osv.clone(),
                Some("openvex") => make(Format::OpenVex)?,
                Some("cve") => make(Format::Cve)?,
                _ if path.ends_with(".sha256") => format!("{}  {name}\n", sha256(&document)).into_bytes(),
                _ if path.ends_with(".sha512") => {
                    format!("{}  {name}\n", hex(&Sha512::digest(&document))).into_bytes()
                }
                _ if path.ends_with(".asc") => {
                    let at = Instant::from_millis(self.current);
                    provider.key.as_ref().map(|key| key.sign(&document, at)).unwrap_or_default().into_bytes()
                }
                _ => document.clone(),
            };
            files.push((path, bytes));
        }
        self.digest = files_digest(files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
        Ok(files)
    }
}

/// The SHA-256 of files with their names, in hexadecimal.
pub fn files_digest<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut all = Sha256::new();
    for (path, bytes) in files {
        all.update((path.len() as u64).to_be_bytes());
        all.update(path);
        all.update(Sha256::digest(bytes));
    }
    hex(&all.finalize())
}
