//! Who owns which code and which branches there are, from the texts that a
//! repository has: CODEOWNERS, OWNERS, MAINTAINERS.
//!
//! | text | how it is recognised | what of it is read |
//! |---|---|---|
//! | OWNERS | a line `approvers:` or `reviewers:` | the names below, for the whole repository |
//! | MAINTAINERS with sections | lines that begin `M:`, `R:`, `F:` | people and the directories of their section |
//! | CODEOWNERS | lines of a path and `@names` or addresses | directories; other patterns are left out, and said so |
//! | MAINTAINERS | anything else | every `@name` and address, for the whole repository |

use fixlead_core::case::{Branch, BranchClass};
use fixlead_core::time::{Instant, parse_day};

/// The longest text that is read, in bytes.
pub const MOST_BYTES: usize = 256 * 1024;
/// Most directories, and most names of one.
const MOST: usize = 300;
/// The longest path or name, in bytes.
const LONGEST: usize = 200;

/// Who owns what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// Directories with their owners: the root is the empty text, others end in `/`.
    pub directories: Vec<(String, Vec<String>)>,
    /// Lines that say something which directories and names cannot, by their number.
    pub left_out: Vec<(usize, String)>,
}

impl Owners {
    /// Every name, each once, in the order of the text.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.directories.iter().flat_map(|(_, names)| names) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    fn add(&mut self, place: &str, names: impl IntoIterator<Item = String>) {
        let known = self.directories.iter().position(|(known, _)| known == place);
        let at = match known {
            Some(at) => at,
            None if self.directories.len() >= MOST => return,
            None => {
                self.directories.push((place.to_owned(), Vec::new()));
                self.directories.len() - 1
            }
        };
        let (_, owners) = &mut self.directories[at];
        for name in names {
            if !owners.contains(&name) && owners.len() < MOST {
                owners.push(name);
            }
        }
    }
}

/// A name as it is meant: `@eli` is `eli`, an address is itself.
fn name(word: &str) -> Option<String> {
    let word = word.trim_matches(['<', '>', '(', ')', ',', ';', '[', ']', '|', '"', '\'', '`', '*', '.']);
    let name = match word.strip_prefix('@') {
        Some(name) => name,
        None if word.contains('@') && !word.starts_with("mailto:") => word,
        None => return None,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./+@".contains(&byte);
    (!name.is_empty() && name.len() <= LONGEST && name.bytes().all(fits)).then(|| name.to_owned())
}

/// The directory that a path or pattern names, if it is a whole one.
fn directory(pattern: &str) -> Option<String> {
    let bare = pattern.trim_start_matches('/');
    let bare = bare.strip_suffix("**").or_else(|| bare.strip_suffix('*')).unwrap_or(bare);
    let whole = bare.is_empty() || bare.ends_with('/');
    let plain = !bare.contains(['*', '?', '[', '!', '\\']) && !bare.contains("//") && bare.len() <= LONGEST;
    (whole && plain).then(|| bare.to_owned())
}

/// Reads who owns what from a pasted text.
pub fn owners(text: &str) -> Owners {
    let mut owners = Owners::default();
    let lines = || text.lines().enumerate().map(|(place, line)| (place + 1, line.trim_end()));
    let is_list = |line: &str| matches!(line.trim(), "approvers:" | "reviewers:");
    if lines().any(|(_, line)| is_list(line)) {
        let mut inside = false;
        for (_, line) in lines() {
            let bare = line.split('#').next().unwrap_or_default().trim();
            match bare.strip_prefix('-') {
                Some(item) if inside => {
                    let item = item.trim().trim_matches(['"', '\'']);
                    owners.add("", name(&format!("@{}", item.trim_start_matches('@'))));
                }
                _ if bare.is_empty() => {}
                _ => inside = is_list(bare),
            }
        }
        return owners;
    }
    let tagged = |line: &str| {
        let (tag, rest) = line.split_once(':')?;
        matches!(tag, "M" | "R" | "F").then(|| (tag.to_owned(), rest.trim().to_owned()))
    };
    if lines().any(|(_, line)| tagged(line).is_some_and(|(tag, _)| tag == "M")) {
        let mut section: (Vec<String>, Vec<String>) = Default::default();
        for (number, line) in lines().chain([(0, "")]) {
            match tagged(line) {
                Some((tag, path)) if tag == "F" => match directory(&path) {
                    Some(place) => section.1.push(place),
                    None => owners.left_out.push((number, path)),
                },
                Some((_, person)) => section.0.extend(person.split_whitespace().filter_map(name)),
                None if line.is_empty() => {
                    let (names, places) = std::mem::take(&mut section);
                    for place in places {
                        owners.add(&place, names.iter().cloned());
                    }
                }
                None => {}
            }
        }
        return owners;
    }
    let is_path = |word: &str| {
        !word.contains('@') && (word.contains('/') || word.contains('*') || word.starts_with('.'))
    };
    let of_path = |line: &str| {
        let mut words = line.split_whitespace();
        let path = words.next().filter(|word| is_path(word))?.to_owned();
        let names: Vec<String> = words.filter_map(name).collect();
        (!names.is_empty()).then_some((path, names))
    };
    let bare = |line: &str| line.split(" #").next().unwrap_or_default().trim().to_owned();
    let is_comment = |line: &str| line.trim_start().starts_with('#');
    let is_codeowners = lines().any(|(_, line)| !is_comment(line) && of_path(&bare(line)).is_some());
    for (number, line) in lines() {
        let line = bare(line);
        if !is_codeowners {
            owners.add("", line.split_whitespace().filter_map(name));
        } else if !is_comment(&line) && !line.is_empty() {
            match of_path(&line).map(|(path, names)| (directory(&path), names)) {
                Some((Some(place), names)) => owners.add(&place, names),
                _ => owners.left_out.push((number, line)),
            }
        }
    }
    owners.directories.retain(|(_, names)| !names.is_empty());
    owners
}

/// Reads branches, one a line: its name, its class, and for one that is kept no
/// more perhaps since when.
///
/// # Errors
/// The line, what is wrong with it, and what to write.
pub fn branches(text: &str) -> Result<Vec<Branch>, String> {
    let mut branches: Vec<Branch> = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = |what: &str| Err(format!("line {}: {what}", place + 1));
        let (name, class, since) = match words[..] {
            [] => continue,
            [name, class] => (name, class, None),
            [name, class, since] | [name, class, "since", since] => (name, class, Some(since)),
            _ => return at("write a name and a class, such as: release-1 supported"),
        };
        if name.len() > LONGEST {
            return at("this name is too long");
        }
        let Some(class) = BranchClass::parse(class) else {
            return at("the class is one of development, supported, unsupported");
        };
        let since = match since.map(parse_day) {
            None => None,
            Some(Ok(day)) => Some(Instant::midnight(day)),
            Some(Err(_)) => return at("the day is written like 2026-11-23"),
        };
        if since.is_some() && class != BranchClass::Unsupported {
            return at("only a branch that is unsupported has a day since when");
        }
        if branches.iter().any(|known| *known.name == *name) {
            return at("this branch stands there twice");
        }
        branches.push(Branch { name: name.into(), class, since });
    }
    match branches.len() {
        0 => Err("name at least the branch on which you develop, such as: main development".to_owned()),
        many if many > fixlead_core::case::project::MOST_BRANCHES => {
            Err("these are too many branches; at most 128 are kept".to_owned())
        }
        _ => Ok(branches),
    }
}

/// The organisation and the project that the address of a repository names.
pub fn of_repository(address: &str) -> Option<(String, String)> {
    let address = address.trim().trim_end_matches('/');
    let address = address.strip_suffix(".git").unwrap_or(address);
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => address.split_once(':')?.1,
    };
    let mut parts = path.rsplit('/');
    let (project, organisation) = (parts.next()?, parts.next()?);
    let fits = |part: &str| {
        !part.is_empty()
            && part.len() <= LONGEST
            && !part.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    };
    (fits(project) && fits(organisation)).then(|| (organisation.to_owned(), project.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        owners(text).directories.into_iter().map(|(place, names)| (place, names.join(" "))).collect()
    }

    fn is(found: &[(String, String)], wanted: &[(&str, &str)]) {
        let found: Vec<(&str, &str)> = found.iter().map(|(place, names)| (&**place, &**names)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn codeowners_become_directories_and_what_they_cannot_say_is_named() {
        let text = "# who\n* @hal\n/receiver/ @eli @meridian/readers # both\n*.go @fay\ndocs/* docs@example.org\nexporter/** @fay\n";
        is(
            &read(text),
            &[
                ("", "hal"),
                ("receiver/", "eli meridian/readers"),
                ("docs/", "docs@example.org"),
                ("exporter/", "fay"),
            ],
        );
        assert_eq!(owners(text).left_out, [(4, "*.go @fay".to_owned())]);
        assert_eq!(owners(text).names(), ["hal", "eli", "meridian/readers", "docs@example.org", "fay"]);
    }

    #[test]
    fn owners_and_maintainers_are_of_the_whole_repository() {
        let text =
            "approvers:\n  - eli\n  - \"fay\" # on leave\nlabels:\n  - area/x\nreviewers:\n- hal\n- eli\n";
        is(&read(text), &[("", "eli fay hal")]);
        is(
            &read(
                "# Maintainers\n\n| Name | Handle |\n|---|---|\n| Eli Marsh | @eli |\n- Fay Ito <fay@example.org>\n",
            ),
            &[("", "eli fay@example.org")],
        );
        let text = "NET\nM: Eli Marsh <eli@example.org>\nR: Fay <fay@example.org>\nF: net/\nF: lib/*.c\n\nREST\nM: Hal <hal@example.org>\nF: *\n";
        is(&read(text), &[("net/", "eli@example.org fay@example.org"), ("", "hal@example.org")]);
        assert_eq!(owners(text).left_out, [(5, "lib/*.c".to_owned())]);
        for nothing in ["", "nobody yet", "# @eli\n", "approvers:\n"] {
            let read = read(nothing);
            assert!(read.iter().all(|(_, names)| !names.contains("nobody")), "{nothing}: {read:?}");
        }
    }

    #[test]
    fn hostile_texts_are_bounded() {
        let long = format!("* @{}\n", "x".repeat(10_000));
        assert!(owners(&long).directories.is_empty());
        let many: String = (0..2_000).map(|n| format!("d{n}/ @p{n}\n")).collect();
        assert_eq!(owners(&many).directories.len(), MOST);
        assert!(owners("../../etc/ @eli\n/a\\b/ @eli\n\u{202e}/ @eli").directories.len() <= 2);
    }

    #[test]
    fn branches_and_addresses_are_read_strictly() {
        let read =
            branches("main development\n\nrelease-1.8 supported\nrelease-1.6 unsupported since 2026-05-01\n")
                .unwrap();
        let names: Vec<&str> = read.iter().map(|branch| &*branch.name).collect();
        assert_eq!(names, ["main", "release-1.8", "release-1.6"]);
        assert!(read[2].since.is_some());
        for wrong in [
            "",
            "main",
            "main kept",
            "main development\nmain supported",
            "a unsupported 1.5.2026",
            "a supported 2026-05-01",
        ] {
            assert!(branches(wrong).is_err(), "{wrong}");
        }
        let both = Some(("meridian".to_owned(), "collector".to_owned()));
        for address in [
            "https://git.example/meridian/collector.git",
            "git@git.example:meridian/collector",
            "https://git.example/meridian/collector/",
        ] {
            assert_eq!(of_repository(address), both, "{address}");
        }
        for wrong in ["", "collector", "https://git.example", "https://git.example/collector"] {
            assert_eq!(of_repository(wrong), None, "{wrong}");
        }
    }
}
