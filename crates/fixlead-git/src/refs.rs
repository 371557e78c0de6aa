//! Tags and branches, each with the commit it stands for.

use crate::error::{Error, Result};
use crate::id::Id;
use crate::repository::Repository;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A tag, annotated or not.
    Tag,
    /// A branch of the repository.
    Branch,
    /// A branch of another repository, as it was when last fetched.
    RemoteBranch,
}

/// A name for a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ref {
    /// What it is.
    pub kind: Kind,
    /// Short: `v1.2.3`, `module/v1.2.3`, `main`, `origin/main`.
    pub name: String,
    /// What it points to when tags are peeled. Of a tag on a file or a
    /// directory this is no commit.
    pub target: Id,
}

/// Every tag and branch of a repository, tags first, by name.
pub(crate) fn read(repository: &Repository) -> Result<Vec<Ref>> {
    let arguments = ["show-ref", "--dereference", "--tags", "--heads"];
    let output = repository.git.try_run(&arguments, &[])?;
    // 1 says that there is nothing.
    if !matches!(output.code, Some(0 | 1)) {
        return Err(Error::from_git("show-ref", &output.messages));
    }
    let mut refs = listed(&output.stdout)?;
    if repository.may_have_remotes() {
        let arguments = ["for-each-ref", "--format=%(objectname) %(symref) %(refname)", "refs/remotes"];
        let output = repository.git.run(&arguments, &[])?;
        for line in String::from_utf8_lossy(&output).lines() {
            let mut words = line.split(' ');
            let (id, symbolic, name) = (words.next(), words.next(), words.next());
            let name = name.and_then(|name| name.strip_prefix("refs/remotes/"));
            // `origin/HEAD` is another name for a branch that has its own.
            if let (Some(id), Some(""), Some(name)) = (id.and_then(Id::from_hex), symbolic, name) {
                refs.push(Ref { kind: Kind::RemoteBranch, name: name.to_owned(), target: id });
            }
        }
    }
    refs.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
    Ok(refs)
}

/// Tags and branches as `git show-ref --dereference` lists them.
pub(crate) fn listed(output: &[u8]) -> Result<Vec<Ref>> {
    let mut refs: Vec<Ref> = Vec::new();
    for line in output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let line = String::from_utf8_lossy(line);
        let read = line.split_once(' ').and_then(|(id, name)| Some((Id::from_hex(id)?, name)));
        let Some((id, name)) = read else {
            return Err(Error::Unexpected { what: "show-ref".to_owned(), detail: line.into_owned() });
        };
        if name.strip_suffix("^{}").is_some() {
            if let Some(tag) = refs.last_mut() {
                tag.target = id;
            }
        } else if let Some(name) = name.strip_prefix("refs/tags/") {
            refs.push(Ref { kind: Kind::Tag, name: name.to_owned(), target: id });
        } else if let Some(name) = name.strip_prefix("refs/heads/") {
            refs.push(Ref { kind: Kind::Branch, name: name.to_owned(), target: id });
        }
    }
    Ok(refs)
}

/// Whether a name fits a pattern in which `*` stands for any letters, `/` not
/// left out, and `?` for one.
pub fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, of));
                at += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[of] => {
                at += 1;
                of += 1;
            }
            _ => {
                // The last star takes one letter more.
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (at, of) = (after, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_letters() {
        for (pattern, name) in [
            ("release-*", "release-1.2"),
            ("*", "a/b"),
            ("r*/v?", "r/x/v1"),
            ("main", "main"),
            ("*a*a", "banana"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("release-*", "main"), ("?", ""), ("main", "mains"), ("*a", "ab"), ("", "a")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
