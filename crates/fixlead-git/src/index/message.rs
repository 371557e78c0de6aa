//! What the message of a commit says of other commits.

/// What one commit says of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// It is the same change, on another branch.
    Picked,
    /// It takes the other back.
    Reverts,
}

/// What a message says.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject as it is compared.
    pub subject: String,
    /// The subject that it reverts, by its own subject.
    pub reverts_subject: Option<String>,
    /// Which commits it names.
    pub notes: Vec<(Says, String)>,
}

/// The shortest beginning of an id that is believed, in digits.
const LEAST_DIGITS: usize = 7;
/// More commits than one message names in earnest.
const MOST_NOTES: usize = 256;

/// Reads a message: git's own lines (`(cherry picked from commit …)`, `This
/// reverts commit …`), and those of Linux' stable branches (`commit …
/// upstream.`, `[ Upstream commit … ]`).
pub fn read(message: &str) -> Message {
    let first = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let subject = comparable(first);
    let reverted = subject.strip_prefix("revert \"").and_then(|rest| rest.strip_suffix('"'));
    let mut notes = Vec::new();
    // A sentence may be broken where lines end.
    let text: Vec<&str> = message.split_whitespace().collect();
    for (place, word) in text.iter().enumerate() {
        let next = |away: usize| text.get(place + away).copied().unwrap_or_default();
        let before = |away: usize| {
            place.checked_sub(away).and_then(|place| text.get(place)).copied().unwrap_or_default()
        };
        let says = match *word {
            "(cherry" if next(1) == "picked" && next(2) == "from" && next(3) == "commit" => {
                Some((Says::Picked, next(4)))
            }
            "reverts" if next(1) == "commit" && before(1).eq_ignore_ascii_case("this") => {
                Some((Says::Reverts, next(2)))
            }
            "commit" if next(2).eq_ignore_ascii_case("upstream.") => Some((Says::Picked, next(1))),
            "commit" if before(1).eq_ignore_ascii_case("upstream") && before(2).ends_with('[') => {
                Some((Says::Picked, next(1)))
            }
            _ => None,
        };
        if let Some((says, named)) = says {
            let digits: String =
                named.chars().take_while(|letter| matches!(letter, '0'..='9' | 'a'..='f')).collect();
            if (LEAST_DIGITS..=64).contains(&digits.len()) && notes.len() < MOST_NOTES {
                notes.push((says, digits));
            }
        }
    }
    notes.sort();
    notes.dedup();
    Message { reverts_subject: reverted.map(comparable), subject, notes }
}

/// A subject without what a backport changes of it: names of branches in
/// brackets before it, numbers of requests behind it, case and spaces.
fn comparable(subject: &str) -> String {
    let words: Vec<String> = subject.split_whitespace().map(str::to_lowercase).collect();
    let words = words.join(" ");
    let mut rest = words.as_str();
    while let Some((_, after)) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        if after.trim().is_empty() {
            break;
        }
        rest = after.trim_start_matches([':', ' ']);
    }
    while let Some((before, number)) = rest.rsplit_once(" (#") {
        let is_number =
            number.strip_suffix(')').is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
        if !is_number {
            break;
        }
        rest = before;
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_message_names_what_it_picks_and_what_it_reverts() {
        let cases = [
            (format!("Fix\n\n(cherry picked from commit {ID})\n"), vec![(Says::Picked, ID)]),
            (format!("Revert \"Fix\"\n\nThis reverts commit {ID}.\n"), vec![(Says::Reverts, ID)]),
            (format!("Fix\n\nThis reverts\ncommit {ID}, reversing\nchanges"), vec![(Says::Reverts, ID)]),
            (format!("Fix\n\ncommit {ID} upstream.\n"), vec![(Says::Picked, ID)]),
            (format!("Fix\n\n[ Upstream commit {ID} ]\n"), vec![(Says::Picked, ID)]),
            ("Fix\n\n(cherry picked from commit 0123456)\n".to_owned(), vec![(Says::Picked, "0123456")]),
            ("Fix\n\n(cherry picked from commit 012345)\n".to_owned(), vec![]),
            (format!("Fix what commit {ID} broke"), vec![]),
            (format!("Never reverts commit {ID}"), vec![]),
        ];
        for (message, wanted) in cases {
            let notes = read(&message).notes;
            let notes: Vec<(Says, &str)> = notes.iter().map(|(says, of)| (*says, of.as_str())).collect();
            assert_eq!(notes, wanted, "{message}");
        }
    }

    #[test]
    fn a_subject_is_the_same_on_every_branch() {
        let plain = read("Fix the parser").subject;
        for other in [
            "[release-1.2] Fix the parser (#1200000) (#1300000)",
            "fix  the Parser",
            "[1.2][backport]: Fix the parser",
        ] {
            assert_eq!(read(other).subject, plain, "{other}");
        }
        assert_eq!(read("Revert \"Fix the parser (#1200000)\" (#1400000)").reverts_subject, Some(plain));
        assert_eq!(read("[all of it]").subject, "[all of it]");
    }
}
