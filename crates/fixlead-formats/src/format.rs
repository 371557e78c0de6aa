//! Which documents there are, and making one.

use serde_json::Value;

use crate::source::Advisory;
use crate::words::words;
use crate::{atom, csaf, cve, ghsa, html, mail, openvex, osv};

words! {
    /// A document that is made of an advisory.
    Format, "format":
    /// A CVE record.
    Cve = "cve",
    /// An entry of the Open Source Vulnerability format.
    Osv = "osv",
    /// A CSAF document.
    Csaf = "csaf",
    /// An OpenVEX document.
    OpenVex = "openvex",
    /// What GitHub takes to make or change a repository's security advisory.
    Ghsa = "ghsa",
    /// The text of an announcement by mail.
    Mail = "mail",
    /// A page.
    Html = "html",
    /// An entry of a feed.
    Atom = "atom",
}

impl Format {
    /// The name of its file.
    pub const fn file_name(self) -> &'static str {
        match self {
            Format::Cve => "cve.json",
            Format::Osv => "osv.json",
            Format::Csaf => "csaf.json",
            Format::OpenVex => "openvex.json",
            Format::Ghsa => "ghsa.json",
            Format::Mail => "mail.txt",
            Format::Html => "advisory.html",
            Format::Atom => "atom.xml",
        }
    }
}

/// The name of the file of a CSAF document (CSAF 2.0, section 5.1), by its id.
pub fn csaf_file_name(id: &str) -> String {
    let mut name = String::with_capacity(id.len() + 5);
    for letter in id.to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() || "+-".contains(letter) {
            name.push(letter);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name + ".json"
}

/// What can be chosen about the documents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The version of CSAF.
    pub csaf: CsafVersion,
    /// The profile of CSAF; otherwise an advisory, if something is affected.
    pub profile: Option<Profile>,
}

words! {
    /// A version of CSAF.
    #[derive(Default)]
    CsafVersion, "version of CSAF":
    /// The standard.
    #[default]
    V20 = "2.0",
    /// The draft that follows it.
    V21 = "2.1",
}

words! {
    /// A profile of CSAF.
    Profile, "profile of CSAF":
    /// A security advisory.
    Advisory = "advisory",
    /// Whether products are affected, and nothing else.
    Vex = "vex",
}

/// What documents name as the program that made them.
pub(crate) const ENGINE: &str = "Fixlead";
/// Its version.
pub(crate) const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes a document of an advisory in which the lint found no error.
///
/// # Errors
/// What the format needs and the source does not have.
pub fn build(advisory: &Advisory, format: Format, options: Options) -> Result<String, String> {
    match format {
        Format::Cve => cve::build(advisory).map(|value| text(&value)),
        Format::Osv => Ok(text(&osv::build(advisory))),
        Format::Csaf => Ok(text(&csaf::build(advisory, options))),
        Format::OpenVex => Ok(text(&openvex::build(advisory))),
        Format::Ghsa => Ok(text(&ghsa::build(advisory))),
        Format::Mail => Ok(mail::build(advisory)),
        Format::Html => Ok(html::page(advisory)),
        Format::Atom => Ok(atom::build(advisory)),
    }
}

/// JSON for people and for programs.
fn text(value: &Value) -> String {
    let mut text = format!("{value:#}");
    text.push('\n');
    text
}
