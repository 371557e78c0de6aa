//! Advisories as entries of a feed (RFC 4287).

use crate::html::{escape, markdown};
use crate::source::Advisory;

/// An entry that stands alone.
pub fn build(advisory: &Advisory) -> String {
    let own = advisory.references.iter().find(|reference| reference.kind == crate::source::Kind::Advisory);
    let link = own.map_or(advisory.publisher.namespace.as_str(), |reference| reference.url.as_str());
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<entry xmlns=\"http://www.w3.org/2005/Atom\">\n{}</entry>\n",
        elements(advisory, link)
    )
}

/// An entry of a feed, which leads to a page.
pub fn entry(advisory: &Advisory, link: &str) -> String {
    format!("<entry>\n{}</entry>\n", elements(advisory, link))
}

/// The id of an advisory's entry, in feeds of any kind; it never changes.
pub fn entry_id(advisory: &Advisory) -> String {
    let namespace = advisory.publisher.namespace.trim_end_matches('/');
    format!("{namespace}/advisories/{}", crate::purl::encode(&advisory.public_id()))
}

fn elements(advisory: &Advisory, link: &str) -> String {
    let id = advisory.public_id();
    let mut out = String::new();
    let mut line = |text: String| out.push_str(&format!("  {text}\n"));
    line(format!("<id>{}</id>", escape(&entry_id(advisory))));
    line(format!("<title>{}: {}</title>", escape(&id), escape(&advisory.title)));
    line(format!("<published>{}</published>", advisory.published));
    line(format!("<updated>{}</updated>", advisory.changed()));
    line(format!(
        "<author><name>{}</name><uri>{}</uri></author>",
        escape(&advisory.publisher.name),
        escape(&advisory.publisher.namespace)
    ));
    line(format!("<link rel=\"alternate\" href=\"{}\"/>", escape(link)));
    for alias in advisory.other_ids() {
        line(format!("<category term=\"{}\"/>", escape(alias)));
    }
    line(format!("<summary>{}</summary>", escape(&advisory.summary)));
    line(format!("<content type=\"html\">{}</content>", escape(&markdown(&advisory.description))));
    out
}
