//! What makes a trusted provider of CSAF documents (CSAF 2.0, section 7).

use std::collections::BTreeMap;
use std::ops::Range;

use fixlead_formats::source::Advisory;
use serde_json::{Value, json};

use crate::content::Content;
use crate::entry::{Entry, instant};
use crate::provider::Provider;

/// The folder of what everybody may read (section 7.1.12, by TLP label).
pub const PLACE: &str = ".well-known/csaf/white/";
/// The metadata, at its well-known address (section 7.1.9).
pub const METADATA: &str = ".well-known/csaf/provider-metadata.json";
/// The feed (section 7.1.15).
pub const FEED: &str = ".well-known/csaf/white/csaf-feed-tlp-white.json";
/// What feeds there are (section 7.1.16).
pub const SERVICE: &str = ".well-known/csaf/service.json";
/// By what they are sorted (section 7.1.17).
pub const CATEGORY: &str = ".well-known/csaf/category-white.json";
/// The key (section 7.1.20).
pub const KEY: &str = ".well-known/csaf/openpgp-key.asc";

/// The kind of information that the feed has (section 7.1.15; RFC 8322).
const SCHEME: &str = "urn:ietf:params:rolie:category:information-type";
const SCHEMA: &str = "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json";

fn text(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

/// `provider-metadata.json` (section 7.1.7). It changes when an advisory does.
pub fn metadata(provider: &Provider, newest: i64) -> Vec<u8> {
    let trusted = provider.key.as_ref();
    let keys: Vec<Value> = trusted
        .map(|key| json!({ "fingerprint": key.public.fingerprint(), "url": provider.at(KEY) }))
        .into_iter()
        .collect();
    let updated = trusted.map_or(newest, |key| newest.max(key.public.created().millis()));
    text(&json!({
        "canonical_url": provider.at(METADATA),
        "distributions": [{
            "directory_url": provider.at(PLACE),
            "rolie": {
                "categories": [provider.at(CATEGORY)],
                "feeds": [{
                    "summary": format!("Every public advisory of {}", provider.name),
                    "tlp_label": "WHITE",
                    "url": provider.at(FEED),
                }],
                "services": [provider.at(SERVICE)],
            },
        }],
        "last_updated": instant(updated),
        "list_on_CSAF_aggregators": provider.listed,
        "metadata_version": "2.0",
        "mirror_on_CSAF_aggregators": provider.mirrored,
        "public_openpgp_keys": keys,
        "publisher": {
            "category": provider.category.as_str(),
            "name": provider.name,
            "namespace": provider.namespace,
        },
        "role": if trusted.is_some() { "csaf_trusted_provider" } else { "csaf_provider" },
    }))
}

/// `service.json`.
pub fn service(provider: &Provider) -> Vec<u8> {
    text(&json!({
        "service": {
            "workspace": [{
                "title": format!("Advisories of {}", provider.name),
                "collection": [{
                    "title": "Every public advisory",
                    "href": provider.at(FEED),
                    "categories": { "category": [{ "scheme": SCHEME, "term": "csaf" }] },
                }],
            }],
        },
    }))
}

/// The category document: the packages that advisories speak of.
pub fn category(packages: &[&str]) -> Vec<u8> {
    let terms: Vec<Value> = packages.iter().map(|package| json!({ "term": package })).collect();
    text(&json!({ "categories": { "category": terms } }))
}

/// What begins an entry of the feed, each of which stands on a line of its own.
const ENTRY: &str = "{\"id\":\"";

/// Where the entries of a feed that [`feed`] made stand in it, by their ids.
pub fn feed_entries(feed: &str) -> BTreeMap<&str, Range<usize>> {
    let mut found = BTreeMap::new();
    let mut at = 0;
    for line in feed.split_inclusive('\n') {
        let entry = line.trim_end_matches(['\n', ',']);
        if let Some(id) = entry.strip_prefix(ENTRY).and_then(|rest| rest.split('"').next()) {
            found.insert(id, at..at + entry.len());
        }
        at += line.len();
    }
    found
}

/// An entry of the feed.
pub fn feed_entry(provider: &Provider, entry: &Entry, advisory: &Advisory) -> String {
    let at = provider.at(&format!("{PLACE}{}", entry.csaf));
    let mut links = vec![
        json!({ "rel": "self", "href": at }),
        json!({ "rel": "hash", "href": format!("{at}.sha256") }),
        json!({ "rel": "hash", "href": format!("{at}.sha512") }),
    ];
    if provider.key.is_some() {
        links.push(json!({ "rel": "signature", "href": format!("{at}.asc") }));
    }
    json!({
        "id": entry.id,
        "title": advisory.title,
        "link": links,
        "published": instant(entry.initial),
        "updated": instant(entry.current),
        "summary": { "content": advisory.summary },
        "content": { "type": "application/json", "src": at },
        "format": { "schema": SCHEMA, "version": "2.0" },
    })
    .to_string()
}

/// An entry of the feed that is made: one that was there before, or a new one.
pub enum FeedEntry {
    /// Where it stood.
    Kept(Range<usize>),
    /// What it says.
    New(String),
}

/// The feed of entries, newest first, the last of which was updated then.
pub fn feed<'a>(
    provider: &Provider,
    updated: i64,
    before: &'a [u8],
    entries: impl Iterator<Item = FeedEntry>,
) -> Content<'a> {
    let head = json!({
        "id": "csaf-feed-tlp-white",
        "title": format!("Every public advisory of {}", provider.name),
        "link": [
            { "rel": "self", "href": provider.at(FEED) },
            { "rel": "service", "href": provider.at(SERVICE) },
        ],
        "category": [{ "scheme": SCHEME, "term": "csaf" }],
        "updated": instant(updated),
    })
    .to_string();
    let mut out = Content::upon(before);
    out.add(format!("{{\"feed\":{},\"entry\":[", head.trim_end_matches('}')).as_bytes());
    for (place, entry) in entries.enumerate() {
        let between: &[u8] = if place == 0 { b"\n" } else { b",\n" };
        match entry {
            FeedEntry::Kept(range) => out.keep_after(between, range),
            FeedEntry::New(entry) => {
                out.add(between);
                out.add(entry.as_bytes());
            }
        }
    }
    out.add(b"\n]}}\n");
    out
}

/// `index.txt` (section 7.1.12): every document.
pub fn index(entries: &[&Entry]) -> Vec<u8> {
    entries.iter().flat_map(|entry| format!("{}\n", entry.csaf).into_bytes()).collect()
}

/// `changes.csv` (section 7.1.13): every document and when it was released, newest first.
pub fn changes(entries: &[&Entry]) -> Vec<u8> {
    let line = |entry: &&Entry| format!("\"{}\",\"{}\"\n", entry.csaf, instant(entry.current)).into_bytes();
    entries.iter().flat_map(line).collect()
}

#[cfg(test)]
mod tests {
    use fixlead_formats::format::csaf_file_name;

    #[test]
    fn files_are_named_as_the_standard_says() {
        assert_eq!(csaf_file_name("CVE-2026-12345"), "cve-2026-12345.json");
        assert_eq!(csaf_file_name("Example Company - 2019-YH3234"), "example_company_-_2019-yh3234.json");
        assert_eq!(csaf_file_name("RHBA-2019:0024"), "rhba-2019_0024.json");
        assert_eq!(csaf_file_name("x_a..b"), "x_a_b.json");
    }
}
