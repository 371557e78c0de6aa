//! One feed of all advisories, as Atom (RFC 4287) and JSON Feed 1.1: what
//! changed last, with archives of everything behind it (RFC 5005, section 4).

use std::collections::BTreeMap;

use fixlead_formats::atom;
use fixlead_formats::html::{escape, markdown};
use fixlead_formats::source::Advisory;
use serde_json::{Value, json};

use crate::content::cut;
use crate::provider::Provider;

/// The name of a feed's document: the feed itself, or an archive.
pub fn name(archive: Option<usize>, ending: &str) -> String {
    match archive {
        None => format!("advisories/feed.{ending}"),
        Some(number) => format!("advisories/feed-{number}.{ending}"),
    }
}

fn page(provider: &Provider, advisory: &Advisory) -> String {
    provider.at(&format!("advisories/{}/", advisory.public_id()))
}

/// Where a document of a feed stands.
pub struct Place {
    /// The archive that it is; the feed itself without.
    pub archive: Option<usize>,
    /// The archive that comes before it.
    pub before: Option<usize>,
}

/// What begins and ends an entry of the Atom feed. Nothing of an advisory does, since whatever
/// it says is escaped.
const ENTRY: (&str, &str) = ("<entry>\n", "</entry>\n");
/// What begins an item of the JSON feed, each of which stands on a line of its own.
const ITEM: &str = "{\"id\":\"";

/// An advisory in the Atom feed.
pub fn atom_entry(provider: &Provider, advisory: &Advisory) -> String {
    atom::entry(advisory, &page(provider, advisory))
}

/// The entries of a document that [`atom`] made, by the ids of their advisories.
pub fn atom_entries(document: &str) -> BTreeMap<&str, &str> {
    let (open, close) = ENTRY;
    let entries = cut(document, open, close).filter_map(|entry| {
        let (id, _) = entry.split_once("<id>")?.1.split_once("</id>")?;
        Some((id.rsplit('/').next()?, entry))
    });
    entries.collect()
}

/// A document of the Atom feed: its entries, the last of which was updated then.
pub fn atom(provider: &Provider, entries: &[String], updated: i64, place: &Place) -> String {
    let own = provider.at(&name(place.archive, "atom"));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:fh=\"http://purl.org/syndication/history/1.0\">\n",
    );
    let feed = provider.at("advisories/");
    out.push_str(&format!(
        "<id>{}</id>\n<title>Security advisories of {}</title>\n<updated>{}</updated>\n<link rel=\"self\" href=\"{}\"/>\n<link rel=\"alternate\" href=\"{}\"/>\n",
        escape(&feed),
        escape(&provider.name),
        crate::entry::instant(updated),
        escape(&own),
        escape(&feed)
    ));
    out.push_str(&format!("<author><name>{}</name></author>\n", escape(&provider.name)));
    if place.archive.is_some() {
        out.push_str(&format!(
            "<fh:archive/>\n<link rel=\"current\" href=\"{}\"/>\n",
            escape(&provider.at(&name(None, "atom")))
        ));
    }
    if let Some(before) = place.before {
        let at = provider.at(&name(Some(before), "atom"));
        out.push_str(&format!("<link rel=\"prev-archive\" href=\"{}\"/>\n", escape(&at)));
    }
    entries.iter().for_each(|entry| out.push_str(entry));
    out.push_str("</feed>\n");
    out
}

/// An advisory in the JSON feed.
pub fn json_item(provider: &Provider, advisory: &Advisory) -> String {
    let tags: Vec<Value> = advisory.severity.iter().map(|word| json!(word)).collect();
    json!({
        "id": atom::entry_id(advisory),
        "url": page(provider, advisory),
        "title": format!("{}: {}", advisory.public_id(), advisory.title),
        "summary": advisory.summary,
        "content_html": markdown(&advisory.description),
        "date_published": advisory.published.to_string(),
        "date_modified": advisory.changed().to_string(),
        "tags": tags,
    })
    .to_string()
}

/// The items of a document that [`json`] made, by the ids of their advisories.
pub fn json_items(document: &str) -> BTreeMap<&str, &str> {
    let items = document.lines().map(|line| line.trim_end_matches(',')).filter_map(|item| {
        let id = item.strip_prefix(ITEM)?.split('"').next()?;
        Some((id.rsplit('/').next()?, item))
    });
    items.collect()
}

/// A document of the JSON feed.
pub fn json(provider: &Provider, items: &[String], place: &Place) -> String {
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": format!("Security advisories of {}", provider.name),
        "home_page_url": provider.at("advisories/"),
        "feed_url": provider.at(&name(place.archive, "json")),
        "language": "en",
        "authors": [{ "name": provider.name, "url": provider.namespace }],
    });
    if let Some(before) = place.before {
        feed["next_url"] = json!(provider.at(&name(Some(before), "json")));
    }
    let head = feed.to_string();
    let open = head.strip_suffix('}').unwrap_or_default();
    format!("{open},\"items\":[\n{}\n]}}\n", items.join(",\n"))
}
