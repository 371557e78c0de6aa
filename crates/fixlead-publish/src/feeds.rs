//! One feed of all advisories, as Atom (RFC 4287) and JSON Feed 1.1: what
//! changed last, with archives of everything behind it (RFC 5005, section 4).

use fixlead_formats::atom;
use fixlead_formats::html::{escape, markdown};
use fixlead_formats::source::Advisory;
use serde_json::{Value, json};

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

/// A document of the Atom feed.
pub fn atom(provider: &Provider, advisories: &[&Advisory], place: &Place) -> Vec<u8> {
    let updated = advisories.iter().map(|advisory| advisory.changed().millis()).max().unwrap_or_default();
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
    for advisory in advisories {
        out.push_str(&atom::entry(advisory, &page(provider, advisory)));
    }
    out.push_str("</feed>\n");
    out.into_bytes()
}

/// A document of the JSON feed.
pub fn json(provider: &Provider, advisories: &[&Advisory], place: &Place) -> Vec<u8> {
    let items: Vec<Value> = advisories
        .iter()
        .map(|advisory| {
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
        })
        .collect();
    let mut feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": format!("Security advisories of {}", provider.name),
        "home_page_url": provider.at("advisories/"),
        "feed_url": provider.at(&name(place.archive, "json")),
        "language": "en",
        "authors": [{ "name": provider.name, "url": provider.namespace }],
        "items": items,
    });
    if let Some(before) = place.before {
        feed["next_url"] = json!(provider.at(&name(Some(before), "json")));
    }
    format!("{feed:#}\n").into_bytes()
}
