//! The facts about a project that its policy works with.

use std::fmt;

use super::event::{BranchSet, vocabulary};
use crate::text::Untold;
use crate::time::Instant;

/// How many branches a project may name.
pub const MOST_BRANCHES: usize = 128;

vocabulary! {
    /// What a branch is to its users.
    BranchClass {
        Development = "development",
        Supported = "supported",
        Unsupported = "unsupported",
    }
}

vocabulary! {
    /// How many of the OWNERS files that govern a commit must have approved it.
    OwnersRule {
        Strict = "strict",
        Lenient = "lenient",
    }
}

/// A branch and its class.
#[derive(Clone, PartialEq)]
pub struct Branch {
    /// Its name in the repository.
    pub name: Box<str>,
    /// What it is to its users.
    pub class: BranchClass,
    /// Since when the class holds, as the midnight it began; before that the
    /// branch was supported.
    pub since: Option<Instant>,
}

/// Days on which somebody is away, first and last included, counted from
/// 1970-01-01.
pub type Leave = (i64, i64);

/// The facts about a project that its policy works with. Its `Debug` counts them
/// and names nobody.
#[derive(Clone, Default, PartialEq)]
pub struct Project {
    /// Its branches; sets of them are bit masks over this list.
    pub branches: Vec<Branch>,
    /// Those who take turns as Fix Lead, in their order.
    pub responders: Vec<Box<str>>,
    /// The day each responder last served, counted from 1970-01-01.
    pub served: Vec<(Box<str>, i64)>,
    /// Who is away when.
    pub leave: Vec<(Box<str>, Leave)>,
    /// OWNERS by directory; the root is the empty text, others end in `/`.
    pub owners: Vec<(Box<str>, Vec<Box<str>>)>,
    /// Which reading of OWNERS approval the project uses, if not its policy's.
    pub owners_rule: Option<OwnersRule>,
    /// The project's maintainers.
    pub maintainers: Vec<Box<str>>,
    /// Days on which nothing is released by plan, counted from 1970-01-01.
    pub holidays: Vec<i64>,
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Branch { name, class, since } = self;
        write!(f, "Branch({:?}, {}, {since:?})", Untold(name), class.name())
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Project { branches, responders, served, leave, owners, owners_rule, maintainers, holidays } =
            self;
        f.debug_struct("Project")
            .field("branches", &branches.len())
            .field("responders", &responders.len())
            .field("served", &served.len())
            .field("leave", &leave.len())
            .field("owners", &owners.len())
            .field("owners_rule", owners_rule)
            .field("maintainers", &maintainers.len())
            .field("holidays", &holidays.len())
            .finish()
    }
}

impl Project {
    /// The place of a branch in the list.
    pub fn branch(&self, name: &str) -> Option<usize> {
        self.branches.iter().position(|branch| &*branch.name == name)
    }

    /// The branches of a class at an instant.
    pub fn of_class(&self, class: BranchClass, at: Instant) -> BranchSet {
        let mut set = 0;
        for (index, branch) in self.branches.iter().enumerate() {
            let held = match branch.since {
                Some(since) if at < since => BranchClass::Supported,
                _ => branch.class,
            };
            if held == class {
                set |= 1 << index;
            }
        }
        set
    }

    /// Whether somebody is away on the day of an instant.
    pub fn on_leave(&self, who: &str, at: Instant) -> bool {
        let day = at.day();
        self.leave.iter().any(|(person, (first, last))| &**person == who && (*first..=*last).contains(&day))
    }
}
