//! Advisories as pages, and Markdown as HTML that does nothing by itself.

use fixlead_core::time::Instant;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

use crate::source::{Advisory, Affected, Status};
use crate::{cwe, tell};

/// Markdown as HTML: markup of its own becomes text, images become links, and
/// links lead to addresses of the web alone.
pub fn markdown(text: &str) -> String {
    let mut options = Options::empty();
    options.insert(Options::ENABLE_STRIKETHROUGH);
    options.insert(Options::ENABLE_TABLES);
    let mut links: Vec<bool> = Vec::new();
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
            Some(Event::Text(text))
        }
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
            let address = dest_url.to_ascii_lowercase();
            let leads = address.starts_with("https://") || address.starts_with("http://");
            links.push(leads);
            leads.then_some({
                Event::Start(Tag::Link {
                    link_type,
                    dest_url,
                    title: CowStr::Borrowed(""),
                    id: CowStr::Borrowed(""),
                })
            })
        }
        Event::End(TagEnd::Link | TagEnd::Image) => {
            links.pop().unwrap_or_default().then_some(Event::End(TagEnd::Link))
        }
        other => Some(other),
    });
    let mut out = String::with_capacity(text.len() * 2);
    pulldown_cmark::html::push_html(&mut out, events);
    out.truncate(out.trim_end().len());
    out
}

/// A text with what HTML would read as its own escaped.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// The page's own style; it asks for nothing else.
pub const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem;overflow-wrap:anywhere}\
a{color:#0b5560}@media(prefers-color-scheme:dark){a{color:#79cbd4}}\
h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 .5rem}h2{font-size:1.125rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1rem 0 .5rem}\
.ids,.small{opacity:.75;font-size:.875rem;margin:0}\
.band{display:inline-block;border:1px solid;border-radius:.25rem;padding:0 .5rem;font-weight:600;text-transform:capitalize}\
.notice{border-inline-start:.25rem solid;padding:.25rem .75rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid rgb(128 128 128/.5)}th{overflow-wrap:normal}\
code{font:.875em ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid rgb(128 128 128/.5);border-radius:.25rem}\
dt{font-weight:600}dd{margin:0 0 .5rem}ul{padding-inline-start:1.25rem}";

/// An advisory as a page: whether one is affected, how bad it is, what to do
/// and where the fix is come first. It is whole without any other file.
pub fn page(advisory: &Advisory) -> String {
    let id = advisory.public_id();
    let mut out = String::with_capacity(8 * 1024);
    out.push_str("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str(&format!(
        "<title>{}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        escape(&id),
        escape(&advisory.title)
    ));
    content(advisory, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// What such a page says, without what is around it: whether one is affected
/// and what to do come first.
pub fn content(advisory: &Advisory, out: &mut String) {
    let id = advisory.public_id();
    let names: Vec<String> = std::iter::once(id.as_str())
        .chain(advisory.other_ids())
        .map(|id| format!("<span data-fact=\"id\">{}</span>", escape(id)))
        .collect();
    out.push_str(&format!(
        "<p class=\"ids\">{}</p>\n<h1>{}</h1>\n",
        names.join(" · "),
        escape(&advisory.title)
    ));
    if let (Some(date), Some(why)) = (advisory.withdrawn, tell::withdrawn(advisory)) {
        out.push_str(&format!(
            "<p class=\"notice\"><strong>Withdrawn</strong> on {}. {}</p>\n<p>It said:</p>\n",
            time("withdrawn", date),
            escape(&why)
        ));
    }
    out.push_str(&format!("<p>{}</p>\n", escape(&advisory.summary)));
    if let Some(severity) = &advisory.severity {
        out.push_str(&format!(
            "<p>Severity: <span class=\"band\" data-fact=\"severity\">{}</span></p>\n",
            escape(severity)
        ));
    }
    let asked = if advisory.withdrawn.is_some() { "What it said was affected" } else { "Am I affected?" };
    out.push_str(&format!("<h2>{asked}</h2>\n"));
    out.push_str("<table>\n<thead><tr><th scope=\"col\">Package</th><th scope=\"col\">Affected</th><th scope=\"col\">Fixed in</th></tr></thead>\n<tbody>\n");
    for affected in &advisory.affected {
        rows(affected, out);
    }
    out.push_str(&format!("</tbody>\n</table>\n<h2>{}</h2>\n", tell::remedy_heading(advisory)));
    let upgrades = tell::upgrades(advisory);
    for upgrade in &upgrades {
        out.push_str(&format!("<p>{}</p>\n", escape(upgrade)));
    }
    if !advisory.mitigations.is_empty() {
        if !upgrades.is_empty() {
            out.push_str("<h3>Until then</h3>\n");
        }
        for mitigation in &advisory.mitigations {
            out.push_str(&format!("{}\n", markdown(mitigation)));
        }
    } else if upgrades.is_empty() {
        out.push_str(&format!("<p>{}</p>\n", crate::mail::nothing_to_do(advisory)));
    }
    out.push_str(&format!("<h2>Description</h2>\n{}\n", markdown(&advisory.description)));
    how_bad(advisory, out);
    if !advisory.references.is_empty() {
        out.push_str("<h2>References</h2>\n<ul>\n");
        for reference in &advisory.references {
            let url = escape(&reference.url);
            out.push_str(&format!(
                "<li>{}: <a data-fact=\"reference\" href=\"{url}\">{url}</a></li>\n",
                reference.kind.as_str()
            ));
        }
        out.push_str("</ul>\n");
    }
    if !advisory.credits.is_empty() {
        out.push_str("<h2>Thanks to</h2>\n<ul>\n");
        for credit in &advisory.credits {
            out.push_str(&format!(
                "<li data-fact=\"credit\">{} ({})</li>\n",
                escape(&credit.name),
                credit.role.as_str()
            ));
        }
        out.push_str("</ul>\n");
    }
    let changed = advisory.changed();
    out.push_str(&format!("<p class=\"small\">Published {}", time("published", advisory.published)));
    if changed != advisory.published {
        out.push_str(&format!(", changed {}", time("changed", changed)));
    }
    let publisher = &advisory.publisher;
    out.push_str(&format!(
        " by <a href=\"{}\">{}</a>.</p>\n",
        escape(&publisher.namespace),
        escape(&publisher.name)
    ));
}

fn time(fact: &str, instant: Instant) -> String {
    let text = instant.to_string();
    let shown = text.get(..16).unwrap_or(&text).replace('T', " ");
    format!("<time data-fact=\"{fact}\" datetime=\"{text}\">{shown} UTC</time>")
}

fn how_bad(advisory: &Advisory, out: &mut String) {
    if advisory.scores.is_empty() && advisory.cwe.is_empty() {
        return;
    }
    out.push_str("<h2>How bad it is</h2>\n<dl>\n");
    for score in &advisory.scores {
        let version = score.vector.version();
        let overall = score.vector.scores().overall().1;
        out.push_str(&format!(
            "<dt>CVSS {version}</dt><dd>{overall} ({}) <code data-fact=\"score\">{}</code></dd>\n",
            overall.band(version),
            score.vector.canonical()
        ));
    }
    for id in &advisory.cwe {
        out.push_str(&format!(
            "<dt>Weakness</dt><dd><span data-fact=\"cwe\">{}</span> {}</dd>\n",
            escape(id),
            escape(cwe::name(id).unwrap_or_default())
        ));
    }
    out.push_str("</dl>\n");
}

fn rows(affected: &Affected, out: &mut String) {
    let package = escape(&affected.package);
    let mut row = |versions: &str, fixed: &str| {
        out.push_str(&format!("<tr data-fact=\"package\"><td><code>{package}</code></td><td>{versions}</td><td>{fixed}</td></tr>\n"));
    };
    match affected.status {
        Status::Affected | Status::Fixed => {
            for range in &affected.ranges {
                let fixed = range.fixed.as_deref().map_or_else(|| "none yet".to_owned(), escape);
                row(&escape(&tell::range(range)), &fixed);
            }
        }
        Status::UnderInvestigation => row("under investigation", ""),
        Status::NotAffected => {
            let reason =
                affected.justification.map(|reason| format!(": {}", reason.as_str().replace('_', " ")));
            let impact = affected.impact.as_deref().map(|impact| format!("; {}", escape(impact)));
            row(&format!("not affected{}{}", reason.unwrap_or_default(), impact.unwrap_or_default()), "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn markup_of_somebody_is_text() {
        let page = markdown("<script>alert(1)</script>\n\na <b onclick=x>b</b>");
        assert!(!page.contains("<script") && !page.contains("<b "), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn links_lead_to_the_web_alone() {
        let page =
            markdown("[a](https://a.example/) [b](javascript:x) ![c](https://c.example/p.png) ![d](data:x)");
        assert!(page.contains("<a href=\"https://a.example/\">a</a>"), "{page}");
        assert!(page.contains("<a href=\"https://c.example/p.png\">c</a>"), "{page}");
        assert!(!page.contains("<img") && !page.contains("javascript") && !page.contains("data:"), "{page}");
    }
}
