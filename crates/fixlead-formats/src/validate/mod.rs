//! Judging documents, whoever made them: the structure that a specification
//! demands, and what it demands beyond structure. Everything that is wrong is
//! told at once.

mod csaf;
mod cve;
mod cvss;
mod date;
mod openvex;
mod osv;
pub(crate) mod shape;

use serde_json::Value;

use crate::json;
use crate::words::words;

pub(crate) use cvss::ordered;

pub use crate::json::MOST_BYTES;
pub use shape::Problem;

words! {
    /// A format that is recognised.
    Known, "format that is recognised":
    /// A CVE record, 5.x.
    Cve = "cve",
    /// A CSAF document, 2.0 or 2.1.
    Csaf = "csaf",
    /// An OSV entry.
    Osv = "osv",
    /// An OpenVEX document.
    OpenVex = "openvex",
}

/// What is said of a document.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    /// What it is, if it is something that is known here.
    pub format: Option<Known>,
    /// The version that it names.
    pub version: Option<String>,
    /// What makes it invalid.
    pub errors: Vec<Problem>,
    /// What the specification recommends otherwise.
    pub warnings: Vec<Problem>,
}

impl Verdict {
    /// Whether nothing makes it invalid.
    pub fn is_valid(&self) -> bool {
        self.errors.is_empty()
    }
}

/// Judges a document.
///
/// # Errors
/// Why it cannot be read at all.
pub fn validate(text: &str) -> Result<Verdict, String> {
    json::read(text).map(|value| judge(&value))
}

/// Judges a document that was read.
pub fn judge(value: &Value) -> Verdict {
    let recognised = recognise(value);
    let mut report = shape::Report::default();
    let (format, version) = match recognised {
        Some((format, version)) => (Some(format), Some(version)),
        None => (None, None),
    };
    match format {
        Some(Known::Cve) => cve::judge(value, &mut report),
        Some(Known::Csaf) => csaf::judge(value, &mut report),
        Some(Known::Osv) => osv::judge(value, &mut report),
        Some(Known::OpenVex) => openvex::judge(value, &mut report),
        None => report.error(
            "format",
            &shape::Place::Root,
            "this is none of CVE, CSAF, OSV and OpenVEX: it has no dataType, no document/csaf_version, no id with modified, no @context",
        ),
    }
    Verdict { format, version, errors: report.errors, warnings: report.warnings }
}

/// What a document says it is, and in which version.
fn recognise(value: &Value) -> Option<(Known, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let csaf = value.pointer("/document/csaf_version");
    if let Some(version) = csaf.or_else(|| value.pointer("/document/tracking")) {
        return Some((Known::Csaf, csaf.map_or_else(|| text(version), text)));
    }
    if value.get("dataType").is_some() || value.get("cveMetadata").is_some() {
        return Some((Known::Cve, value.get("dataVersion").map(text).unwrap_or_default()));
    }
    // What is sent to CVE services is a container without the record around it.
    if value.get("providerMetadata").is_some() && value.get("document").is_none() {
        return Some((Known::Cve, String::new()));
    }
    if value.get("@context").is_some() {
        let context = value.get("@context").map(text).unwrap_or_default();
        return Some((
            Known::OpenVex,
            context.rsplit_once("/v").map(|(_, version)| version.to_owned()).unwrap_or_default(),
        ));
    }
    let osv = ["modified", "affected", "schema_version"].iter().any(|key| value.get(key).is_some());
    if value.get("id").is_some() && osv {
        return Some((Known::Osv, value.get("schema_version").map(text).unwrap_or_default()));
    }
    None
}
