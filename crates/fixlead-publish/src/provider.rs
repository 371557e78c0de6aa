//! Who publishes, and where: `provider.toml`, as docs/advisories.md describes it.

use fixlead_core::text::{Spot, echo, hex, short};
use fixlead_core::time::Instant;
use fixlead_formats::source::Category;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::openpgp::Key;

/// The largest file that is read, in bytes.
pub const MOST_BYTES: usize = 64 * 1024;
/// The form of the tree's files. Another one builds upon nothing that was there before.
const FORM: u32 = 2;

/// Who publishes.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The name, as people read it.
    pub name: String,
    /// An address that is theirs and names no other publisher (CSAF 2.0, section 3.2.1.8.5).
    pub namespace: String,
    /// What they are to the products.
    pub category: Category,
    /// Where the tree is reached, without a slash at its end.
    pub base: String,
    /// How to report a vulnerability, as URIs, for security.txt.
    pub contacts: Vec<String>,
    /// Where it stands how reports are handled.
    pub policy: Option<String>,
    /// The languages in which reports are read.
    pub languages: Vec<String>,
    /// Until when security.txt holds; without it there is none in the tree.
    pub expires: Option<Instant>,
    /// A desk's page that answers whether a version is affected.
    pub checker: Option<String>,
    /// Addresses that begin so are for insiders, and stand in nothing that is published.
    pub insiders: Vec<String>,
    /// Whether aggregators may list it.
    pub listed: bool,
    /// Whether they may keep copies.
    pub mirrored: bool,
    /// What signs. Without it nothing is signed, and the provider is no trusted one.
    pub key: Option<Key>,
}

/// What a file says, before anything is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: String,
    namespace: String,
    #[serde(default = "vendor")]
    category: String,
    base_url: String,
    #[serde(default = "white")]
    tlp: String,
    key_file: Option<String>,
    #[serde(default)]
    contact: Vec<String>,
    policy: Option<String>,
    #[serde(default)]
    languages: Vec<String>,
    expires: Option<toml::value::Datetime>,
    checker: Option<String>,
    #[serde(default)]
    insiders: Vec<String>,
    #[serde(default = "yes")]
    list_on_aggregators: bool,
    #[serde(default = "yes")]
    mirror_on_aggregators: bool,
}

fn vendor() -> String {
    "vendor".to_owned()
}

fn white() -> String {
    "white".to_owned()
}

const fn yes() -> bool {
    true
}

impl Provider {
    /// Reads the file, and says which file holds its key, if one does. The
    /// path is as it was written there.
    ///
    /// # Errors
    /// What is wrong, where, and what to do.
    pub fn read(text: &str) -> Result<(Provider, Option<String>), String> {
        if text.len() > MOST_BYTES {
            return Err(format!("{} bytes, at most {MOST_BYTES} are read", text.len()));
        }
        let written: Written = toml::from_str(text).map_err(|error| {
            let spot = Spot::of(text, error.span().map_or(0, |span| span.start));
            let message = short(&error.message().replace('\n', "; "), 200);
            format!("line {}, column {}: {message}", spot.line, spot.column)
        })?;
        if !matches!(written.tlp.as_str(), "white" | "clear") {
            return Err(format!(
                "tlp: `{}` is not for everybody; only what is `white` (`clear` in TLP 2.0) is published",
                echo(&written.tlp)
            ));
        }
        let line = |what: &str, text: &str| -> Result<String, String> {
            let fits = (1..=500).contains(&text.len()) && !text.chars().any(char::is_control);
            let why = || format!("{what}: write one line of at most 500 bytes");
            fits.then(|| text.to_owned()).ok_or_else(why)
        };
        let expires = written.expires.map(|date| {
            let text = date.to_string();
            Instant::parse(&text)
                .map_err(|_| format!("expires: `{text}` is no instant; write one like 2027-11-23T00:00:00Z"))
        });
        let lines = |what: &str, all: &[String]| -> Result<Vec<String>, String> {
            if all.len() > 20 {
                return Err(format!("{what}: at most 20 are read"));
            }
            all.iter().map(|one| line(what, one)).collect()
        };
        let provider = Provider {
            name: line("name", &written.name)?,
            namespace: address("namespace", &written.namespace)?,
            category: Category::parse(&written.category).map_err(|wrong| format!("category: {wrong}"))?,
            base: address("base-url", &written.base_url)?,
            contacts: lines("contact", &written.contact)?,
            policy: written.policy.map(|policy| address("policy", &policy)).transpose()?,
            languages: lines("languages", &written.languages)?,
            expires: expires.transpose()?,
            checker: written.checker.map(|checker| address("checker", &checker)).transpose()?,
            insiders: lines("insiders", &written.insiders)?,
            listed: written.list_on_aggregators,
            mirrored: written.mirror_on_aggregators,
            key: None,
        };
        if provider.expires.is_some() && provider.contacts.is_empty() {
            return Err("contact: security.txt needs one, like `mailto:security@example.org`".to_owned());
        }
        Ok((provider, written.key_file))
    }

    /// What decides how files look beside the advisories: who publishes, with
    /// which key, and what makes them.
    pub fn mark(&self) -> String {
        let print = self.key.as_ref().map(|key| key.public.armored());
        let said = format!(
            "{:?}",
            (
                (env!("CARGO_PKG_VERSION"), FORM, &self.name, &self.namespace, self.category, &self.base),
                (&self.contacts, &self.policy, &self.languages, self.expires, &self.checker),
                (&self.insiders, self.listed, self.mirrored, print),
            )
        );
        hex(&Sha256::digest(said))
    }

    /// The address of a path of the tree.
    pub fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }
}

/// An address of the web with TLS; without it on one's own machine, to try.
fn address(what: &str, text: &str) -> Result<String, String> {
    let trying = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let own = trying.iter().filter_map(|start| text.strip_prefix(start));
    let own = own.into_iter().any(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    let plain = text.len() <= 500
        && text.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"'?#\\".contains(letter));
    let host = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if plain && (host || own) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(format!(
        "{what}: `{}` is no address that everybody reaches; write one that begins with https://",
        echo(text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "name = \"Example\"\nnamespace = \"https://example.org\"\nbase-url = \"https://example.org/\"\n";

    #[test]
    fn what_is_not_known_or_not_for_everybody_is_refused() {
        let (provider, key) = Provider::read(GOOD).unwrap();
        assert_eq!((provider.base.as_str(), key), ("https://example.org", None));
        for (more, says) in [
            ("key-fil = \"x\"", "key-fil"),
            ("tlp = \"amber\"", "not for everybody"),
            ("checker = \"http://example.org\"", "https://"),
            ("checker = \"http://127.0.0.1.example.org\"", "https://"),
            ("expires = 2027-01-01T00:00:00Z", "contact"),
            ("category = \"vendr\"", "vendor"),
            ("# \u{1b}[2J", "line 4, column 3"),
        ] {
            let wrong = Provider::read(&format!("{GOOD}{more}\n")).unwrap_err();
            assert!(wrong.contains(says), "{more}: {wrong}");
            assert!(!wrong.chars().any(char::is_control), "a terminal obeys it: {wrong:?}");
        }
    }
}
