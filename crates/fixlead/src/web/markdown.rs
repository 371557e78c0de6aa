//! What people write, as inert HTML: no markup of their own, no image, no link
//! that leads anywhere by itself. Letters that nobody sees or that turn the
//! reading direction round are shown.

use fixlead_core::text::is_harmful;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// Text that is safe to put into a page as it is.
#[derive(Clone)]
pub struct Inert(String);

impl std::fmt::Display for Inert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Inert {}

/// Markdown from somebody.
pub fn inert(text: &str) -> Inert {
    let shown = shown(text);
    let mut options = Options::empty();
    options.insert(Options::ENABLE_STRIKETHROUGH);
    options.insert(Options::ENABLE_TABLES);
    let mut links: Vec<String> = Vec::new();
    let events = Parser::new_ext(&shown, options).flat_map(|event| match event {
        // Markup of their own is text.
        Event::Html(text) | Event::InlineHtml(text) => [Some(Event::Text(text)), None],
        Event::InlineMath(text) | Event::DisplayMath(text) => [Some(Event::Text(text)), None],
        Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => [None, None],
        // An address is shown beside its words, and clicked by nobody by accident.
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            links.push(dest_url.into_string());
            [None, None]
        }
        Event::End(TagEnd::Link | TagEnd::Image) => {
            let address = links.pop().unwrap_or_default();
            [Some(Event::Text(CowStr::from(format!(" <{address}>")))), None]
        }
        // Headings of a report are not headings of the page.
        Event::Start(Tag::Heading { .. }) => {
            [Some(Event::Start(Tag::Paragraph)), Some(Event::Start(Tag::Strong))]
        }
        Event::End(TagEnd::Heading(_)) => {
            [Some(Event::End(TagEnd::Strong)), Some(Event::End(TagEnd::Paragraph))]
        }
        // A long line is reached with the keyboard as well.
        Event::Start(Tag::CodeBlock(_)) => [Some(Event::Html("<pre tabindex=\"0\"><code>".into())), None],
        Event::End(TagEnd::CodeBlock) => [Some(Event::Html("</code></pre>\n".into())), None],
        Event::SoftBreak => [Some(Event::HardBreak), None],
        other => [Some(other), None],
    });
    let events = events.flatten();
    let mut out = String::with_capacity(shown.len() * 2);
    html::push_html(&mut out, events);
    Inert(out)
}

/// A document of the project's own, such as its policy: headings are headings,
/// below the one of the page, and addresses on the web can be followed. It is
/// as inert as what anybody writes.
pub fn document(text: &str) -> Inert {
    let shown = shown(text);
    let mut options = Options::empty();
    options.insert(Options::ENABLE_TABLES);
    let (mut in_title, mut web) = (false, Vec::new());
    let events = Parser::new_ext(&shown, options).filter_map(|event| match event {
        // The page has its own title.
        Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
            in_title = true;
            None
        }
        Event::End(TagEnd::Heading(HeadingLevel::H1)) => {
            in_title = false;
            None
        }
        _ if in_title => None,
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => {
            None
        }
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            web.push(dest_url.starts_with("https://"));
            Some(event).filter(|_| web.last() == Some(&true))
        }
        Event::End(TagEnd::Link) => Some(event).filter(|_| web.pop() == Some(true)),
        other => Some(other),
    });
    let mut out = String::with_capacity(shown.len() * 2);
    html::push_html(&mut out, events);
    // Wide tables scroll by themselves, and by keyboard.
    let out = out
        .replace(
            "<table>",
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>",
        )
        .replace("</table>", "</table></div>");
    Inert(out)
}

/// The text with what nobody would see written out.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmful(letter) && letter != '\n' {
            shown.push_str(&format!("⟦U+{:04X}⟧", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn markup_of_somebody_is_text() {
        let page = inert("<script>alert(1)</script> <b onclick=x>b</b>").to_string();
        assert!(!page.contains("<script") && !page.contains("<b "), "{page}");
        assert!(page.contains("&lt;script&gt;"), "{page}");
    }

    #[test]
    fn addresses_are_shown_and_lead_nowhere() {
        let page = inert("[click](javascript:alert(1)) ![x](https://evil.example/p.png)").to_string();
        assert!(!page.contains("href") && !page.contains("<img"), "{page}");
        assert!(
            page.contains("javascript:alert(1)") && page.contains("https://evil.example/p.png"),
            "{page}"
        );
    }

    #[test]
    fn letters_that_nobody_sees_are_shown() {
        let page = inert("a\u{202e}b\u{200b}").to_string();
        assert!(page.contains("⟦U+202E⟧") && page.contains("⟦U+200B⟧"), "{page}");
    }

    #[test]
    fn a_document_has_headings_and_no_other_markup_or_scheme() {
        let page = super::document("# Title\n\n## Who\n\n<https://example.org> [x](javascript:y) <b>z</b>");
        let page = page.to_string();
        assert!(page.contains("<h2>Who</h2>") && !page.contains("Title"), "{page}");
        assert!(page.contains("href=\"https://example.org\"") && !page.contains("javascript"), "{page}");
        assert!(page.contains("&lt;b&gt;z"), "{page}");
    }

    #[test]
    fn ordinary_markdown_stays() {
        let page = inert("# Title\n\n- one\n- `two`\n\n```\ncode <x>\n```").to_string();
        assert!(page.contains("<li>one</li>") && page.contains("<code>two</code>"), "{page}");
        assert!(page.contains("<p><strong>Title</strong></p>") && page.contains("code &lt;x&gt;"), "{page}");
    }
}
