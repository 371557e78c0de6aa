//! How people are called where code lies: the names that OWNERS, CODEOWNERS and
//! MAINTAINERS write, and the addresses that commits carry.
//!
//! | written | names somebody in |
//! |---|---|
//! | `eli` | the files of every project |
//! | `github.com/eli` | the files of projects whose upstream is at that host |
//! | `eli@example.org` | the files of every project, as an address |
//!
//! Letter case does not count. A name stands for one person at most.

use std::fmt;

use crate::text::Untold;

/// The most logins of a person.
pub const MOST_LOGINS: usize = 20;
/// The longest login, in bytes.
const LONGEST: usize = 254;

/// A login or an address, in small letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login(Box<str>);

/// What a name in a file can be.
#[derive(PartialEq)]
enum Named<'a> {
    Address(&'a str),
    At(&'a str, &'a str),
    Anywhere(&'a str),
}

fn is_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.bytes().next().is_some_and(|first| first != b'-' && first != b'.') && text.bytes().all(letter)
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && !label.is_empty()
    };
    text.contains('.') && text.split('.').all(label)
}

fn named(text: &str) -> Option<Named<'_>> {
    if text.len() > LONGEST {
        None
    } else if let Some((local, domain)) = text.split_once('@') {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"@".contains(&byte);
        (!local.is_empty() && local.bytes().all(plain) && is_host(domain)).then_some(Named::Address(text))
    } else if let Some((host, login)) = text.split_once('/') {
        (is_host(host) && is_name(login)).then_some(Named::At(host, login))
    } else {
        is_name(text).then_some(Named::Anywhere(text))
    }
}

impl Login {
    /// A login as it was typed, with or without `@` before it.
    ///
    /// # Errors
    /// When it is none; what to write instead.
    pub fn new(text: &str) -> Result<Login, &'static str> {
        let text = plain(text);
        match named(&text) {
            Some(_) => Ok(Login(text.into())),
            None => {
                Err("write a login like `eli`, one at a host like `github.com/eli`, or an e-mail address")
            }
        }
    }

    /// Whether a name in a file of a project whose upstream is at a host means this.
    /// Where no host is known, a login at one is not meant by a name without it.
    pub fn is_meant(&self, name: &str, host: Option<&str>) -> bool {
        let name = plain(name);
        match (named(&name), named(&self.0)) {
            (Some(Named::Anywhere(name)), Some(Named::At(at, login))) => {
                name == login && host.is_some_and(|host| host.eq_ignore_ascii_case(at))
            }
            (Some(Named::At(_, name)), Some(Named::Anywhere(login))) => name == login,
            (Some(name), Some(own)) => name == own,
            _ => false,
        }
    }

    /// Whether there is a name that could mean either.
    fn overlaps(&self, other: &Login) -> bool {
        match (named(&self.0), named(&other.0)) {
            (Some(Named::Anywhere(one)), Some(Named::At(_, two)))
            | (Some(Named::At(_, one)), Some(Named::Anywhere(two))) => one == two,
            _ => self == other,
        }
    }

    /// Whether one of these is, or could be taken for, one of those.
    pub fn any_overlaps(these: &[Login], those: &[Login]) -> bool {
        these.iter().any(|one| those.iter().any(|other| one.overlaps(other)))
    }
}

/// A name without what files put around it: `@` before a login, a name before an
/// address in angle brackets.
fn plain(text: &str) -> String {
    let text = text.trim();
    let inner = text.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    inner.unwrap_or_else(|| text.strip_prefix('@').unwrap_or(text)).to_ascii_lowercase()
}

impl std::ops::Deref for Login {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({:?})", Untold(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::Login;

    fn login(text: &str) -> Login {
        Login::new(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn a_login_is_written_in_one_way_and_nothing_else_is_one() {
        for (typed, kept) in [
            ("Eli", "eli"),
            (" @fay-I ", "fay-i"),
            ("GitHub.com/Eli", "github.com/eli"),
            ("Eli Marsh <Eli@Example.org>", "eli@example.org"),
        ] {
            assert_eq!(&*login(typed), kept);
        }
        let long = "a".repeat(255);
        for wrong in
            ["", "@", "eli marsh", "org/team", "github.com/", "a@b", "a@@b.org", "-x", "é", "a/b/c", &long]
        {
            assert!(Login::new(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_login_at_a_host_is_meant_there_alone() {
        let github = Some("github.com");
        assert!(login("github.com/eli").is_meant("@Eli", github));
        assert!(!login("github.com/eli").is_meant("eli", Some("gitlab.com")));
        assert!(!login("github.com/eli").is_meant("eli", None));
        assert!(login("eli").is_meant("ELI", github) && login("eli").is_meant("eli", None));
        assert!(login("eli").is_meant("github.com/eli", None));
        assert!(!login("gitlab.com/eli").is_meant("github.com/eli", Some("gitlab.com")));
        assert!(login("eli@example.org").is_meant("Eli Marsh <eli@EXAMPLE.org>", None));
        assert!(!login("eli@example.org").is_meant("fay@example.org", None));
        assert!(!login("eli").is_meant("org/eli", github) && !login("eli").is_meant("eli marsh", github));
    }

    #[test]
    fn what_could_mean_two_people_overlaps() {
        let overlaps = |one: &str, two: &str| Login::any_overlaps(&[login(one)], &[login(two)]);
        assert!(
            overlaps("eli", "ELI") && overlaps("eli", "github.com/eli") && overlaps("github.com/eli", "eli")
        );
        assert!(!overlaps("gitlab.com/eli", "github.com/eli") && !overlaps("eli@example.org", "eli"));
    }
}
