//! The grammar of a policy file: its sections and their keys.
//!
//! [`SECTIONS`] is the one list: the reader refuses what is not in it, the
//! printer writes it back, and `docs/policy-language.md` is held against it.

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A text.
    Text,
    /// A list of texts.
    Texts,
}

/// A key, what it holds, and whether it must be there.
pub type Key = (&'static str, Holds, bool);

/// A section of the language.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// Whether it may stand several times, as `[[name]]`.
    pub repeats: bool,
    /// Whether it is a rule: a rule cites at least one clause.
    pub is_rule: bool,
    /// Its keys.
    pub keys: &'static [Key],
}

use Holds::{Text, Texts};

const ID: Key = ("id", Text, true);
const CLAUSES: Key = ("clauses", Texts, true);
const SAY: Key = ("say", Text, true);
const WHEN: Key = ("when", Text, false);

/// Every section and key of the language.
pub const SECTIONS: &[Section] = &[
    Section {
        name: "policy",
        repeats: false,
        is_rule: false,
        keys: &[
            ID,
            ("version", Text, true),
            ("title", Text, true),
            ("kind", Text, true),
            ("source", Text, true),
            ("body", Text, false),
            ("about", Text, true),
        ],
    },
    Section { name: "sentence", repeats: true, is_rule: false, keys: &[CLAUSES, SAY] },
    Section {
        name: "role",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("roster", Texts, false), SAY],
    },
    Section {
        name: "parameter",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("holds", Text, true), ("default", Text, false), ("why", Text, true)],
    },
    Section { name: "windows", repeats: false, is_rule: true, keys: &[CLAUSES, ("level", Text, true), SAY] },
    Section { name: "band", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("from", Text, true)] },
    Section {
        name: "scoring",
        repeats: false,
        is_rule: true,
        keys: &[CLAUSES, ("versions", Texts, true), ("thresholds", Texts, false), SAY],
    },
    Section {
        name: "class",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("affects", Text, true), SAY],
    },
    Section {
        name: "anchor",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("known", Texts, false), ("earliest", Texts, false), SAY],
    },
    Section { name: "mode", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("when", Text, true), SAY] },
    Section {
        name: "slot",
        repeats: false,
        is_rule: true,
        keys: &[CLAUSES, ("at", Text, true), ("days", Texts, true), SAY],
    },
    Section { name: "channel", repeats: true, is_rule: true, keys: &[ID, CLAUSES, WHEN, SAY] },
    Section {
        name: "duty",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("who", Text, true),
            WHEN,
            ("each", Text, false),
            ("done", Texts, true),
            ("where", Text, false),
            ("after", Text, false),
            ("within", Text, false),
            ("before", Text, false),
            ("lead", Text, false),
            ("most", Text, false),
            ("excuses", Texts, false),
            ("states", Text, false),
            ("modality", Text, false),
            ("missed", Text, false),
            ("action", Text, false),
            SAY,
        ],
    },
    Section {
        name: "ladder",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("duties", Texts, false),
            ("modality", Text, false),
            ("before", Texts, false),
            ("after", Texts, false),
            ("escalate", Texts, false),
            ("to", Text, false),
            ("every", Text, false),
            SAY,
        ],
    },
    Section {
        name: "gate",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("actions", Texts, true),
            WHEN,
            ("needs", Text, false),
            ("until", Text, false),
            ("by", Text, false),
            ("within", Text, false),
            ("lead-of", Text, false),
            ("step-of", Text, false),
            ("apart-from", Texts, false),
            ("finding", Text, false),
            SAY,
        ],
    },
    Section { name: "excuse", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("when", Text, true), SAY] },
    Section {
        name: "permission",
        repeats: true,
        is_rule: true,
        keys: &[
            ID,
            CLAUSES,
            ("event", Text, true),
            WHEN,
            ("after", Text, false),
            ("duties", Texts, false),
            SAY,
        ],
    },
    Section {
        name: "check",
        repeats: true,
        is_rule: true,
        keys: &[ID, CLAUSES, ("on", Texts, true), WHEN, ("needs", Text, true), ("finding", Text, true), SAY],
    },
    Section { name: "path", repeats: true, is_rule: true, keys: &[ID, CLAUSES, ("when", Text, true), SAY] },
    Section { name: "rotation", repeats: false, is_rule: true, keys: &[CLAUSES, ("rule", Text, true), SAY] },
];

/// The section with this name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}
