//! What the message of a commit must not say before the fix is public: a public
//! branch shows it to everybody the moment it is merged, and often before.

use fixlead_core::text::short;

/// A line of a message that says too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Which line, from 1.
    pub line: usize,
    /// What stands there.
    pub word: String,
    /// Whether it is refused; otherwise it is only said.
    pub refused: bool,
}

/// Words that name an entry of a list of vulnerabilities, or a place of insiders.
const NAMES: [&str; 6] = ["cve-", "ghsa-", "cvss:", "/security/advisories/", "embargo", "fixlead_"];
/// Words that make readers of a log curious. A fix can need one of them: crypto
/// code is about security.
const HINTS: [&str; 15] = [
    "cve",
    "security",
    "vulnerability",
    "vulnerabilities",
    "vulnerable",
    "exploit",
    "exploitable",
    "attacker",
    "malicious",
    "overflow",
    "rce",
    "xss",
    "csrf",
    "use-after-free",
    "disclosure",
];

/// What a message says too much. `inside` is what nobody outside knows, such as
/// the id of the case and the address of the desk.
pub fn remarks(message: &str, inside: &[&str]) -> Vec<Remark> {
    let mut found = Vec::new();
    for (number, line) in message.lines().enumerate() {
        let lower = line.to_lowercase();
        let mut note = |word: &str, refused: bool| {
            found.push(Remark { line: number + 1, word: short(word, 60), refused });
        };
        let names = inside.iter().copied().filter(|word| !word.is_empty()).chain(NAMES);
        let mut named = false;
        for name in names {
            let name = name.to_lowercase();
            if let Some(place) = lower.find(&name) {
                let end = lower[place..].find(char::is_whitespace).map_or(lower.len(), |end| place + end);
                note(&lower[place..end], true);
                named = true;
            }
        }
        if named {
            continue;
        }
        let words = lower.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
        for word in words.filter(|word| HINTS.contains(word)) {
            note(word, false);
        }
    }
    found
}

/// A remark on a commit, for whoever pushes it.
pub fn told(subject: &str, remark: &Remark) -> String {
    let Remark { line, word, refused } = remark;
    let remedy = if *refused { "take it out and push again" } else { "readers of a public log look for it" };
    format!("commit \"{}\", line {line} of its message: `{word}`; {remedy}", short(subject, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(message: &str) -> Vec<(usize, String, bool)> {
        let inside = ["case_0123", "desk.example.org"];
        remarks(message, &inside).into_iter().map(|one| (one.line, one.word, one.refused)).collect()
    }

    #[test]
    fn a_message_that_tells_nothing_passes() {
        assert!(
            words("Bound the length of a header\n\nA longer one is refused now. Insecurity is no word here.")
                .is_empty()
        );
    }

    #[test]
    fn names_are_refused_and_words_are_remarked_with_their_line() {
        assert_eq!(words("Fix CVE-2026-12345"), [(1, "cve-2026-12345".to_owned(), true)]);
        assert_eq!(
            words("Bound it\n\nSee https://desk.example.org/cases/x\nand Case_0123"),
            [(3, "desk.example.org/cases/x".to_owned(), true), (4, "case_0123".to_owned(), true)]
        );
        assert_eq!(
            words("A security fix (CVE)"),
            [(1, "security".to_owned(), false), (1, "cve".to_owned(), false)]
        );
        assert_eq!(words("x\n\nGHSA-aaaa-bbbb-cccc"), [(3, "ghsa-aaaa-bbbb-cccc".to_owned(), true)]);
    }
}
