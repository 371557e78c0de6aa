//! The pages for everybody: HTML without scripts, each whole with one style
//! beside it, on any server and under any address.

use std::collections::BTreeMap;

use fixlead_formats::html::{self, escape};
use fixlead_formats::purl::Purl;
use fixlead_formats::source::{Advisory, Affected, Range, Status};
use fixlead_formats::tell;

use crate::checker::{Answer, Found};
use crate::content::cut;
use crate::csaf;
use crate::entry::{Entry, sha256};
use crate::provider::Provider;

/// The folder of the pages.
pub const PLACE: &str = "advisories/";

/// Advisories on one page.
pub const ON_A_PAGE: usize = 50;

/// What the pages look like: in the light and in the dark, on a phone and on paper.
pub fn style() -> String {
    format!(
        "{}\n\
         body>header,body>footer{{font-size:.875rem}}body>header{{border-bottom:1px solid rgb(128 128 128/.5);padding-bottom:.5rem;margin-bottom:1rem}}\
         body>footer{{border-top:1px solid rgb(128 128 128/.5);margin-top:3rem;padding-top:.5rem}}\
         nav a{{display:inline-block;padding:.5rem .75rem .5rem 0}}\
         ol.list{{list-style:none;padding:0}}ol.list li{{padding:.5rem 0;border-bottom:1px solid rgb(128 128 128/.25)}}ol.list a{{font-weight:600}}ol.list p{{margin:.125rem 0}}\
         form.check{{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end;margin:1rem 0}}form.check label{{display:grid;gap:.25rem;flex:1 1 12rem}}\
         input,button{{font:inherit;padding:.5rem;min-height:2.75rem;box-sizing:border-box}}input{{width:100%}}\
         .withdrawn{{text-decoration:line-through}}.answer{{font-size:1.125rem}}\
         @media print{{nav,form.check{{display:none}}}}\n",
        html::STYLE
    )
}

/// What stands around a page; `root` leads to the folder of the pages.
fn page(provider: &Provider, root: &str, title: &str, content: &str) -> String {
    let name = escape(&provider.name);
    let policy = provider.policy.as_ref().map_or_else(String::new, |policy| {
        format!(" <a href=\"{}\">How to report a vulnerability</a>", escape(policy))
    });
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} · {name}</title>\n<link rel=\"stylesheet\" href=\"{root}style.css\">\n\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"Advisories\" href=\"{root}feed.atom\">\n\
         <link rel=\"alternate\" type=\"application/feed+json\" title=\"Advisories\" href=\"{root}feed.json\">\n</head>\n<body>\n\
         <header><nav aria-label=\"Site\"><a href=\"{root}\">Security advisories of {name}</a> <a href=\"{root}packages/\">By package</a></nav></header>\n\
         <main>\n{content}</main>\n\
         <footer><nav aria-label=\"For programs\"><a href=\"{root}feed.atom\">Atom</a> <a href=\"{root}feed.json\">JSON Feed</a> \
         <a href=\"{root}../osv/all.zip\">OSV</a> <a href=\"{root}../{}\">CSAF</a>{policy}</nav></footer>\n</body>\n</html>\n",
        csaf::METADATA
    )
}

/// The form that asks a desk whether a version is affected.
fn form(provider: &Provider, package: &str, version: &str) -> String {
    let Some(checker) = &provider.checker else { return String::new() };
    format!(
        "<form class=\"check\" method=\"get\" action=\"{}\">\n<label>Package<input name=\"package\" required maxlength=\"500\" value=\"{}\" autocapitalize=\"none\" spellcheck=\"false\"></label>\n\
         <label>Version<input name=\"version\" required maxlength=\"100\" value=\"{}\" autocapitalize=\"none\" spellcheck=\"false\"></label>\n<button>Am I affected?</button>\n</form>\n",
        escape(checker),
        escape(package),
        escape(version)
    )
}

/// The page of one advisory.
pub fn advisory(provider: &Provider, entry: &Entry, advisory: &Advisory) -> String {
    let mut content = String::with_capacity(8 * 1024);
    html::content(advisory, &mut content);
    let id = &entry.id;
    content.push_str("<h2>For programs</h2>\n<nav aria-label=\"Documents\">");
    let mut link = |to: &str, what: &str| content.push_str(&format!("<a href=\"../../{to}\">{what}</a> "));
    if entry.cve {
        link(&format!("cve/{id}.json"), "CVE record");
    }
    link(&format!("osv/{id}.json"), "OSV");
    link(&format!("{}{}", csaf::PLACE, entry.csaf), "CSAF");
    link(&format!("openvex/{id}.json"), "OpenVEX");
    content.push_str("</nav>\n");
    page(provider, "../", &format!("{}: {}", escape(id), escape(&advisory.title)), &content)
}

/// The parts of a page that was made before, an advisory each, by their ids:
/// what stands in an element with the id. Nothing of an advisory begins like one,
/// since whatever it says is escaped.
pub fn parts<'a>(page: &'a str, element: &str) -> BTreeMap<&'a str, &'a str> {
    let (open, close) = (format!("<{element} id=\""), format!("</{element}>\n"));
    let id = |part: &'a str| Some((part[open.len()..].split('"').next()?, part));
    cut(page, &open, &close).filter_map(id).collect()
}

/// The element of an advisory in a list.
pub const ITEM: &str = "li";
/// The element of an advisory on the page of a package.
pub const SECTION: &str = "section";

/// An advisory in a list.
pub fn item(root: &str, advisory: &Advisory) -> String {
    let id = advisory.public_id();
    let mut out = String::new();
    let date = advisory.published.to_string();
    let day = date.get(..10).unwrap_or(&date);
    let class = if advisory.withdrawn.is_some() { " class=\"withdrawn\"" } else { "" };
    out.push_str(&format!(
        "<li id=\"{}\"><p class=\"small\"><time datetime=\"{date}\">{day}</time> · {}</p>\n<a href=\"{root}{}/\"{class}>{}</a>",
        escape(&id),
        escape(&id),
        escape(&id),
        escape(&advisory.title)
    ));
    if advisory.withdrawn.is_some() {
        out.push_str(" <span class=\"band\">withdrawn</span>");
    } else if let Some(severity) = &advisory.severity {
        out.push_str(&format!(" <span class=\"band\">{}</span>", escape(severity)));
    }
    const MOST: usize = 3;
    let affected = || advisory.affected.iter().filter(|affected| affected.has_affected_versions());
    for one in affected().take(MOST) {
        let ranges: Vec<String> = one.ranges.iter().map(tell::range).collect();
        let name = tell::purl(one).full_name();
        out.push_str(&format!("\n<p>{} <code>{}</code></p>", escape(&name), escape(&ranges.join(" || "))));
    }
    let more = affected().count().saturating_sub(MOST);
    if more > 0 {
        out.push_str(&format!("\n<p>and {more} more</p>"));
    }
    out.push_str("</li>\n");
    out
}

/// A list of advisories by their [`item`]s, the newest first; `older` and `newer` lead on.
pub fn list(
    provider: &Provider,
    root: &str,
    items: &[String],
    total: usize,
    older: Option<usize>,
    newer: Option<usize>,
) -> String {
    let name = escape(&provider.name);
    let mut content = format!("<h1>Security advisories of {name}</h1>\n");
    if root.is_empty() {
        content.push_str(&form(provider, "", ""));
    }
    if items.is_empty() {
        content.push_str("<p>There are none yet.</p>\n");
    } else {
        content.push_str("<ol class=\"list\">\n");
        items.iter().for_each(|item| content.push_str(item));
        content.push_str("</ol>\n");
    }
    if older.is_some() || newer.is_some() {
        content.push_str(&format!("<nav aria-label=\"Pages\">{total} in all. "));
        if let Some(newer) = newer {
            content.push_str(&format!("<a rel=\"prev\" href=\"{root}page/{newer}/\">Newer</a> "));
        }
        if let Some(older) = older {
            content.push_str(&format!("<a rel=\"next\" href=\"{root}page/{older}/\">Older</a>"));
        }
        content.push_str("</nav>\n");
    }
    page(provider, if root.is_empty() { "./" } else { root }, "Security advisories", &content)
}

/// The folder of a package below that of all packages: its package URL, with
/// what is no plain letter told apart by a hash.
pub fn folder(package: &str) -> String {
    let text = package.strip_prefix("pkg:").unwrap_or(package);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte);
    let parts = text.split('/').map(|part| {
        let decoded = fixlead_formats::purl::decode(part).unwrap_or_else(|| part.to_owned());
        let fits = (1..=100).contains(&decoded.len()) && decoded.bytes().all(plain);
        if fits && !decoded.starts_with('.') && decoded != "index.html" {
            return decoded;
        }
        let letters: String =
            decoded.bytes().filter(|byte| byte.is_ascii_alphanumeric()).take(60).map(char::from).collect();
        format!("{letters}-{}", sha256(package.as_bytes()).get(..12).unwrap_or_default())
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The name of a package as its people write it.
fn name(package: &str) -> String {
    Purl::parse(package).map_or_else(|_| package.to_owned(), |purl| purl.full_name())
}

/// All packages; `root` leads to the folder of the pages.
pub fn packages(provider: &Provider, packages: &[(&str, usize)]) -> String {
    let mut content =
        String::from("<h1>Packages</h1>\n<p>Which of their versions are affected, in words.</p>\n");
    content.push_str(&form(provider, "", ""));
    content.push_str("<ul>\n");
    for (package, count) in packages {
        let plural = if *count == 1 { "y" } else { "ies" };
        content.push_str(&format!(
            "<li><a href=\"{}/\">{}</a> <span class=\"small\">{}, {count} advisor{plural}</span></li>\n",
            folder(package),
            escape(&name(package)),
            escape(package.split('/').next().unwrap_or_default().trim_start_matches("pkg:")),
        ));
    }
    content.push_str("</ul>\n");
    page(provider, "../", "Packages", &content)
}

/// Which versions a range has, in words.
fn words(range: &Range) -> String {
    let start = (range.introduced != "0").then_some(&range.introduced);
    match (start, &range.fixed, &range.last_affected) {
        (None, Some(fixed), _) => format!("Every version before {fixed}"),
        (None, None, Some(last)) => format!("Every version up to {last}, that one included"),
        (None, None, None) => "Every version".to_owned(),
        (Some(start), Some(fixed), _) => format!("From {start} on, before {fixed}"),
        (Some(start), None, Some(last)) => format!("From {start} to {last}, both included"),
        (Some(start), None, None) => format!("Every version from {start} on"),
    }
}

/// What is known of one package, by the [`section`]s of its advisories.
pub fn package(provider: &Provider, package: &str, sections: &[String]) -> String {
    let shown = name(package);
    let mut content = format!("<p class=\"ids\">{}</p>\n<h1>{}</h1>\n", escape(package), escape(&shown));
    content.push_str(&form(provider, package, ""));
    sections.iter().for_each(|section| content.push_str(section));
    page(provider, &package_root(package), &escape(&shown), &content)
}

/// What leads from the page of a package to the folder of the pages.
fn package_root(package: &str) -> String {
    "../".repeat(folder(package).matches('/').count() + 2)
}

/// An advisory on the page of a package.
pub fn section(package: &str, advisory: &Advisory) -> String {
    let (root, id) = (package_root(package), escape(&advisory.public_id()));
    let mut out = format!(
        "<section id=\"{id}\">\n<h2><a href=\"{root}{id}/\">{id}</a>: {}</h2>\n<p>{}</p>\n",
        escape(&advisory.title),
        escape(&advisory.summary)
    );
    if advisory.withdrawn.is_some() {
        out.push_str("<p><strong>Withdrawn.</strong> No version is affected by it.</p>\n");
    } else {
        for affected in advisory.affected.iter().filter(|affected| affected.package == package) {
            out.push_str(&of(affected));
        }
    }
    out + "</section>\n"
}

fn of(affected: &Affected) -> String {
    match affected.status {
        Status::NotAffected => "<p>No version is affected.</p>\n".to_owned(),
        Status::UnderInvestigation => "<p>Whether it is affected is being looked into.</p>\n".to_owned(),
        Status::Affected | Status::Fixed => {
            let mut out = String::from("<ul>\n");
            for range in &affected.ranges {
                let then = match &range.fixed {
                    Some(fixed) => format!("upgrade to {fixed} or later"),
                    None if range.last_affected.is_some() => "later versions are not".to_owned(),
                    None => "there is no fixed version yet".to_owned(),
                };
                out.push_str(&format!(
                    "<li>{} is affected; {}.</li>\n",
                    escape(&words(range)),
                    escape(&then)
                ));
            }
            out + "</ul>\n"
        }
    }
}

/// What a desk answers to whoever asks about a version; it stands in the folder
/// of the pages.
pub fn answer(provider: &Provider, asked: (&str, &str), answer: Option<&Answer>) -> String {
    let (package, version) = asked;
    let mut content = String::from("<h1>Is my version affected?</h1>\n");
    content.push_str(&form(provider, package, version));
    if let Some(answer) = answer {
        if answer.packages.is_empty() {
            content.push_str(&format!(
                "<p class=\"answer\">No advisory here speaks of a package <code>{}</code>. Look for its name among <a href=\"packages/\">the packages</a>.</p>\n",
                escape(package)
            ));
            if !answer.similar.is_empty() {
                content.push_str("<p>Did you mean one of these?</p>\n<ul>\n");
                for package in &answer.similar {
                    let (folder, shown) = (escape(&folder(package)), escape(package));
                    content.push_str(&format!("<li><a href=\"packages/{folder}/\">{shown}</a></li>\n"));
                }
                content.push_str("</ul>\n");
            }
        }
        answer.packages.iter().for_each(|found| told(found, &mut content));
    }
    page(provider, "./", "Is my version affected?", &content)
}

fn told(found: &Found, out: &mut String) {
    let (name, version) = (escape(&found.name), escape(&found.version));
    if let (Some(wrong), true) = (&found.wrong, version.is_empty()) {
        out.push_str(&format!("<p class=\"answer\">{name}: {}; write one.</p>\n", escape(wrong)));
        return;
    }
    if let Some(wrong) = &found.wrong {
        out.push_str(&format!(
            "<p class=\"answer\">{version} is no version of {name}: {}.</p>\n",
            escape(wrong)
        ));
        return;
    }
    let link = |id: &str| format!("<a href=\"{}/\">{}</a>", escape(id), escape(id));
    let links = |ids: &[String]| ids.iter().map(|id| link(id)).collect::<Vec<_>>().join(", ");
    if found.hits.is_empty() && found.open.is_empty() {
        out.push_str(&format!("<p class=\"answer\"><strong>Not affected.</strong> No advisory here says that {version} of {name} is affected.</p>\n"));
    } else if !found.hits.is_empty() {
        let remedy = match &found.upgrade {
            Some(upgrade) => format!("Upgrade to {} or later.", escape(upgrade)),
            None => {
                "There is no version yet that is free of all of it; see what helps until then.".to_owned()
            }
        };
        let ids: Vec<String> = found.hits.iter().map(|hit| hit.id.clone()).collect();
        out.push_str(&format!(
            "<p class=\"answer\"><strong>Affected.</strong> {version} of {name} is affected by {}. {remedy}</p>\n<ul>\n",
            links(&ids)
        ));
        for hit in &found.hits {
            let fixed = hit.fixed.as_deref().map_or_else(
                || "no fixed version yet".to_owned(),
                |fixed| format!("fixed in {}", escape(fixed)),
            );
            out.push_str(&format!("<li>{}: {} ({fixed})</li>\n", link(&hit.id), escape(&hit.title)));
        }
        out.push_str("</ul>\n");
    }
    if !found.open.is_empty() {
        out.push_str(&format!(
            "<p>It cannot be told here, or is still being looked into, for {}.</p>\n",
            links(&found.open)
        ));
    }
}

/// A listing of a folder of documents (CSAF 2.0, section 7.1.14).
pub fn listing(title: &str, names: &[&str]) -> String {
    let title = escape(title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n<ul>\n"
    );
    for name in names {
        out.push_str(&format!("<li><a href=\"{0}\">{0}</a></li>\n", escape(name)));
    }
    out + "</ul>\n</main>\n</body>\n</html>\n"
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn each_package_has_a_folder_of_its_own() {
        assert_eq!(folder("pkg:npm/%40scope/name"), "npm/@scope/name");
        assert_eq!(folder("pkg:golang/go.example.org/a/b"), "golang/go.example.org/a/b");
        let hard = [
            "pkg:npm/..",
            "pkg:npm/.",
            "pkg:npm/index.html",
            "pkg:npm/a%2Fb",
            "pkg:npm/ab",
            "pkg:npm/a?b=c",
            "pkg:npm/%E6%9D%B1",
        ];
        let mut folders: Vec<String> = hard.iter().map(|package| folder(package)).collect();
        for folder in &folders {
            let fits = |part: &str| !part.is_empty() && !part.starts_with('.') && part != "index.html";
            assert!(folder.split('/').all(fits) && folder.is_ascii(), "{folder}");
        }
        folders.sort_unstable();
        folders.dedup();
        assert_eq!(folders.len(), hard.len(), "{folders:?}");
    }
}
