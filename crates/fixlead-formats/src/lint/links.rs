//! Whether every address can be opened by everybody, and tells nobody what
//! only insiders may know.

use fixlead_core::text::echo;

use super::Findings;
use crate::source::Advisory;

/// Addresses that only insiders open: of the desk, of private forks and lists.
#[derive(Clone, Debug, Default)]
pub struct Insiders(
    /// How they begin.
    pub Vec<String>,
);

pub fn lint(advisory: &Advisory, insiders: &Insiders, findings: &mut Findings) {
    let mut fields: Vec<(String, &str)> = vec![
        ("title".to_owned(), &advisory.title),
        ("summary".to_owned(), &advisory.summary),
        ("description".to_owned(), &advisory.description),
    ];
    let places = |name: &str, place: usize, key: &str| format!("{name}/{place}/{key}");
    fields.extend(
        advisory
            .mitigations
            .iter()
            .enumerate()
            .map(|(place, text)| (places("mitigation", place, "text"), text.as_str())),
    );
    fields.extend(
        advisory
            .revisions
            .iter()
            .enumerate()
            .map(|(place, one)| (places("revision", place, "summary"), one.summary.as_str())),
    );
    fields.extend(
        advisory
            .affected
            .iter()
            .enumerate()
            .filter_map(|(place, one)| Some((places("affected", place, "impact"), one.impact.as_deref()?))),
    );
    for (path, text) in fields {
        for url in urls(text) {
            if let Err(wrong) = check(url, insiders) {
                findings.error("link", &path, wrong);
            }
        }
    }
    let mut addresses = vec![("publisher/namespace".to_owned(), advisory.publisher.namespace.as_str())];
    addresses.extend(
        advisory
            .references
            .iter()
            .enumerate()
            .map(|(place, one)| (places("reference", place, "url"), one.url.as_str())),
    );
    addresses.extend(
        advisory
            .affected
            .iter()
            .enumerate()
            .filter_map(|(place, one)| Some((places("affected", place, "repo"), one.repo.as_deref()?))),
    );
    for (place, credit) in advisory.credits.iter().enumerate() {
        for (which, contact) in credit.contact.iter().enumerate() {
            if !contact.starts_with("mailto:") {
                addresses.push((format!("credit/{place}/contact/{which}"), contact));
            }
        }
    }
    for (path, url) in addresses {
        if let Err(wrong) = check(url, insiders) {
            findings.error("link", path, wrong);
        } else if url.starts_with("http://") {
            findings.warn("link", path, "this address is not encrypted; write https:// if it can be had so");
        }
    }
    for (place, reference) in advisory.references.iter().enumerate() {
        if advisory.references[..place].iter().any(|other| other.url == reference.url) {
            findings.error(
                "link",
                places("reference", place, "url"),
                "this address is named twice; keep one",
            );
        }
    }
}

/// The addresses in a text, without what closes them.
pub(crate) fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("://").filter_map(move |(at, _)| {
        let start = text[..at]
            .rfind(|letter: char| !letter.is_ascii_alphanumeric())
            .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
        let end = text[at..]
            .find(|letter: char| letter.is_whitespace() || "<>\"'`)]}|\\".contains(letter))
            .map_or(text.len(), |length| at + length);
        let url = text[start..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        (start < at).then_some(url)
    })
}

/// Whether an address is another one, or stands below it.
fn begins(url: &str, prefix: &str) -> bool {
    let ends =
        |rest: &str| rest.is_empty() || prefix.ends_with('/') || rest.starts_with(['/', '?', '#', ':']);
    url.strip_prefix(prefix).is_some_and(ends)
}

/// Whether an address may stand in public.
fn check(url: &str, insiders: &Insiders) -> Result<(), String> {
    let shown = echo(url);
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return Err(format!("`{shown}` is no address that everybody can open; write one with https://"));
    };
    if url.contains(|letter: char| letter.is_whitespace() || "<>\"{}|\\^`".contains(letter)) {
        return Err(format!("`{shown}` has letters that an address escapes with percent signs"));
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(format!("`{shown}` has a name or password before its host; take that out"));
    }
    if let Some(prefix) = insiders.0.iter().find(|prefix| begins(&lower, &prefix.to_ascii_lowercase())) {
        return Err(format!(
            "`{shown}` is for insiders: it begins with {}; take it out before publication",
            echo(prefix)
        ));
    }
    let host =
        if authority.starts_with('[') { authority } else { authority.split(':').next().unwrap_or_default() };
    if is_inside(host) {
        return Err(format!("`{shown}` can be opened from inside one network only; name a public address"));
    }
    let mut parts = rest.split(['/', '?', '#']).skip(1);
    let repository = parts.nth(1).unwrap_or_default();
    let fork = repository.split_once("-ghsa-").is_some_and(|(_, id)| id.split('-').count() == 3);
    if host == "github.com" && fork {
        return Err(format!(
            "`{shown}` is the private fork of an advisory; name the public commit or pull request"
        ));
    }
    Ok(())
}

/// Whether a host is known to one machine or one network.
fn is_inside(host: &str) -> bool {
    let numbers: Vec<Option<u8>> = host.split('.').map(|part| part.parse().ok()).collect();
    if let [Some(first), Some(second), Some(_), Some(_)] = numbers[..] {
        return matches!(
            (first, second),
            (0 | 10 | 127, _) | (169, 254) | (172, 16..=31) | (192, 168) | (100, 64..=127)
        );
    }
    let endings = [".local", ".localhost", ".internal", ".intranet", ".corp", ".home", ".lan", ".home.arpa"];
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.trim_end_matches(']');
        return inner == "::1"
            || inner.starts_with("fe80:")
            || inner.starts_with("fc")
            || inner.starts_with("fd");
    }
    host.is_empty() || !host.contains('.') || endings.iter().any(|ending| host.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_a_sentence() {
        let text = "See <https://a.example/x>, [this](https://b.example/y). And http://c.example/z; éhttps://d.example/.";
        let found: Vec<&str> = urls(text).collect();
        assert_eq!(
            found,
            ["https://a.example/x", "https://b.example/y", "http://c.example/z", "https://d.example/"]
        );
    }

    #[test]
    fn what_only_insiders_open_is_refused() {
        let insiders = Insiders(vec!["https://desk.example.org/cases/".to_owned()]);
        for url in [
            "https://desk.example.org/cases/abc",
            "HTTPS://DESK.example.org/cases/abc",
            "https://localhost/x",
            "https://10.1.2.3/x",
            "http://build.internal/x",
            "https://wiki/x",
            "https://user:secret@example.org/",
            "https://github.com/org/project-ghsa-2c4m-59x9-fr2g/pull/1",
            "https://[::1]/",
            "file:///etc/passwd",
            "git://example.org/x",
        ] {
            assert!(check(url, &insiders).is_err(), "{url}");
        }
        for url in [
            "https://example.org/",
            "https://github.com/org/project/security/advisories/GHSA-2c4m-59x9-fr2g",
            "https://192.0.2.1/x",
        ] {
            assert_eq!(check(url, &insiders), Ok(()), "{url}");
        }
    }
}
