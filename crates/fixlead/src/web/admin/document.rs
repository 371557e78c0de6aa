//! A policy as a page: its Markdown as HTML, with a place for every clause and
//! a table of contents. Whoever writes a policy can put no markup into it.

use std::collections::BTreeSet;

use fixlead_core::text::is_harmful;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// A policy that can be put into a page as it is.
pub struct Document {
    html: String,
    /// Its chapters: the place of each, and its title.
    pub chapters: Vec<(String, String)>,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.html)
    }
}

impl askama::filters::HtmlSafe for Document {}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The place of a title or clause, as an address names it.
fn place(text: &str) -> String {
    let plain = text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    plain.collect()
}

/// Clauses as marks; the first mark of each is its place.
struct Marks<'c> {
    clauses: &'c [String],
    marked: BTreeSet<String>,
}

impl Marks<'_> {
    /// A list of clauses as marks; nothing if a text is something else.
    fn of(&mut self, text: &str) -> Option<String> {
        let text = text.trim().trim_start_matches('(').trim_end_matches(')');
        let parts: Vec<&str> = text.split(", ").collect();
        if !parts.iter().all(|part| self.clauses.iter().any(|clause| clause == part)) {
            return None;
        }
        let mut marks = String::new();
        for part in parts {
            let id = match self.marked.insert(part.to_owned()) {
                true => format!(" id=\"clause-{}\"", place(part)),
                false => String::new(),
            };
            marks.push_str(&format!("<span class=\"clause\"{id}>{}</span> ", escaped(part)));
        }
        Some(marks)
    }
}

/// A policy's Markdown as a page.
pub fn document(markdown: &str, clauses: &[String]) -> Document {
    let plain: String = markdown
        .chars()
        .map(|letter| if is_harmful(letter) && letter != '\n' { '\u{fffd}' } else { letter })
        .collect();
    let mut marks = Marks { clauses, marked: BTreeSet::new() };
    let mut chapters = Vec::new();
    let mut out: Vec<Event<'_>> = Vec::new();
    let mut title: Option<String> = None;
    let mut skipped = false;
    for event in Parser::new_ext(&plain, Options::ENABLE_TABLES) {
        let markup = |text: String| Event::InlineHtml(CowStr::from(text));
        match event {
            // The page says the title itself.
            Event::Start(Tag::Heading { level: pulldown_cmark::HeadingLevel::H1, .. }) => skipped = true,
            Event::End(TagEnd::Heading(pulldown_cmark::HeadingLevel::H1)) => skipped = false,
            _ if skipped => {}
            Event::Start(Tag::Heading { .. }) => title = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let words = title.take().unwrap_or_default();
                let at = format!("chapter-{}", place(&words));
                out.push(markup(format!("<h2 id=\"{at}\">{}</h2>\n", escaped(&words))));
                chapters.push((at, words));
            }
            Event::Text(text) if title.is_some() => {
                if let Some(title) = &mut title {
                    title.push_str(&text);
                }
            }
            Event::Text(text) => {
                let marked = marks.of(&text).map(markup);
                out.push(marked.unwrap_or(Event::Text(text)));
            }
            // Markup of its author is text, and an address leads nowhere by itself.
            Event::Html(text) | Event::InlineHtml(text) => out.push(Event::Text(text)),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock)
            | Event::End(TagEnd::Link | TagEnd::Image | TagEnd::HtmlBlock) => {}
            Event::Start(Tag::Table(columns)) => {
                out.push(markup("<div class=\"wide\" role=\"group\" tabindex=\"0\">".to_owned()));
                out.push(Event::Start(Tag::Table(columns)));
            }
            Event::End(TagEnd::Table) => {
                out.push(Event::End(TagEnd::Table));
                out.push(markup("</div>".to_owned()));
            }
            other => out.push(other),
        }
    }
    let mut page = String::with_capacity(plain.len() * 2);
    html::push_html(&mut page, out.into_iter());
    Document { html: page, chapters }
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn clauses_have_one_place_each_and_markup_of_authors_is_text() {
        let clauses = ["AB-1".to_owned(), "AB-2".to_owned()];
        let text = "# T\n\nSee <https://a.example/x> <b onclick=x>\n\n## Fix & it\n\n- One. _(AB-1, AB-2)_\n- Two. _(AB-1)_\n";
        let page = document(text, &clauses);
        assert_eq!(page.chapters, [("chapter-Fix---it".to_owned(), "Fix & it".to_owned())]);
        let html = page.to_string();
        assert_eq!(html.matches("id=\"clause-AB-1\"").count(), 1, "{html}");
        assert_eq!(html.matches(">AB-1</span>").count(), 2, "{html}");
        assert!(!html.contains("<b ") && !html.contains("href") && html.contains("Fix &amp; it"), "{html}");
    }
}
