//! `OWNERS` files as Prow reads them: who is named in a directory counts for
//! everything below it, up to one that says `no_parent_owners`.

use std::collections::BTreeMap;

use regex::Regex;

use super::yaml::{self, Node};
use super::{Files, Named, PathOwners, Problem, directories, pattern};

/// What one file says.
#[derive(Debug, Default)]
struct Entry {
    /// Whom it names, each for paths below its directory that fit.
    rules: Vec<Rule>,
    no_parents: bool,
    security_contacts: Vec<Named>,
}

#[derive(Debug, Default)]
struct Rule {
    /// Of paths from the file's directory; none fits all.
    filter: Option<Regex>,
    approvers: Vec<Named>,
    reviewers: Vec<Named>,
}

/// All `OWNERS` files.
#[derive(Debug, Default)]
pub struct Prow {
    /// By directory, with a slash at its end.
    entries: BTreeMap<String, Entry>,
    contacts: Vec<Named>,
}

const ALIASES: &str = "OWNERS_ALIASES";
const CONTACTS: &str = "SECURITY_CONTACTS";

impl Prow {
    /// Reads them.
    pub fn read(files: &Files, problems: &mut Vec<Problem>) -> Self {
        let aliases = aliases(files, problems);
        let mut prow = Prow::default();
        for (file, text) in files {
            let Some(directory) =
                file.strip_suffix("OWNERS").filter(|rest| rest.is_empty() || rest.ends_with('/'))
            else {
                continue;
            };
            match yaml::read(text) {
                Ok(node @ Node::Table(_)) => {
                    tell_of_nobody(file, &node, problems);
                    let entry = entry(file, &node, &aliases, problems);
                    prow.entries.insert(directory.to_owned(), entry);
                }
                Ok(_) => problems.push(Problem {
                    file: file.clone(),
                    line: 1,
                    message: "no table with approvers and reviewers".to_owned(),
                }),
                Err((line, message)) => problems.push(Problem { file: file.clone(), line, message }),
            }
        }
        let lines = files.get(CONTACTS).map(String::as_str).unwrap_or_default().lines().enumerate();
        for (number, line) in lines {
            let name = line.split('#').next().unwrap_or_default().trim().trim_start_matches("- ");
            if !name.is_empty() {
                prow.contacts.push(Named::new(name, CONTACTS, number + 1));
            }
        }
        prow
    }

    /// Who is told of security matters.
    pub fn security_contacts(&self) -> Vec<Named> {
        let root = self.entries.get("").map(|entry| entry.security_contacts.as_slice()).unwrap_or_default();
        self.contacts.iter().chain(root).cloned().collect()
    }

    /// Adds who is named for a path.
    pub fn find(&self, of: &mut PathOwners) {
        let path = of.path.clone();
        for directory in directories(&path) {
            let Some(entry) = self.entries.get(directory) else { continue };
            let below = &path[directory.len()..];
            for rule in entry
                .rules
                .iter()
                .filter(|rule| rule.filter.as_ref().is_none_or(|filter| filter.is_match(below)))
            {
                if of.governing.is_none() && !rule.approvers.is_empty() {
                    of.governing = Some(format!("{directory}OWNERS"));
                }
                add(&mut of.approvers, &rule.approvers);
                add(&mut of.reviewers, &rule.reviewers);
            }
            if entry.no_parents {
                break;
            }
        }
    }
}

/// Adds people who are not named nearer.
/// Says where a list names nobody.
fn tell_of_nobody(file: &str, node: &Node, problems: &mut Vec<Problem>) {
    for (name, line) in node.texts() {
        if name.trim_start_matches('@').is_empty() {
            let message = "nobody is named here; write a name or leave the line out".to_owned();
            problems.push(Problem { file: file.to_owned(), line, message });
        }
    }
    node.rows().iter().for_each(|(_, _, inner)| tell_of_nobody(file, inner, problems));
}

fn add(to: &mut Vec<Named>, more: &[Named]) {
    for named in more {
        if !to.iter().any(|known| known.name == named.name) {
            to.push(named.clone());
        }
    }
}

/// The members of each alias.
fn aliases(files: &Files, problems: &mut Vec<Problem>) -> BTreeMap<String, Vec<String>> {
    let Some(text) = files.get(ALIASES) else { return BTreeMap::new() };
    match yaml::read(text) {
        Ok(node) => {
            let rows = node.get("aliases").map(Node::rows).unwrap_or_default();
            let members = |list: &Node| {
                let names = list.texts().map(|(name, _)| name.to_lowercase());
                names.filter(|name| !name.is_empty()).collect()
            };
            rows.iter().map(|(alias, _, list)| (alias.to_lowercase(), members(list))).collect()
        }
        Err((line, message)) => {
            problems.push(Problem { file: ALIASES.to_owned(), line, message });
            BTreeMap::new()
        }
    }
}

fn entry(
    file: &str,
    node: &Node,
    aliases: &BTreeMap<String, Vec<String>>,
    problems: &mut Vec<Problem>,
) -> Entry {
    let people = |table: &Node, key: &str| -> Vec<Named> {
        let mut found = Vec::new();
        for (name, line) in table.get(key).into_iter().flat_map(Node::texts) {
            // Logins are the same in any case, and some write the @.
            let name = name.trim_start_matches('@').to_lowercase();
            if name.is_empty() {
                continue;
            }
            match aliases.get(&name) {
                None => found.push(Named::new(&name, file, line)),
                Some(members) => found.extend(
                    members
                        .iter()
                        .map(|member| Named { alias: Some(name.clone()), ..Named::new(member, file, line) }),
                ),
            }
        }
        found
    };
    let rule = |table: &Node, filter: Option<Regex>| {
        let mut reviewers = people(table, "reviewers");
        add(&mut reviewers, &people(table, "required_reviewers"));
        Rule { filter, approvers: people(table, "approvers"), reviewers }
    };
    let mut entry = Entry {
        no_parents: node
            .get("options")
            .and_then(|options| options.get("no_parent_owners"))
            .is_some_and(Node::is_true),
        security_contacts: people(node, "security_contacts"),
        rules: Vec::new(),
    };
    let all = rule(node, None);
    let filters = node.get("filters").map(Node::rows).unwrap_or_default();
    if !all.approvers.is_empty() || !all.reviewers.is_empty() {
        // Prow reads filters only where nobody is named for everything.
        if let Some((_, line, _)) = filters.first() {
            let message =
                "filters do not count beside approvers or reviewers of the whole directory".to_owned();
            problems.push(Problem { file: file.to_owned(), line: *line, message });
        }
        entry.rules.push(all);
        return entry;
    }
    for (filter, line, table) in filters {
        match pattern::expression(filter) {
            Ok(filter) => entry.rules.push(rule(table, Some(filter))),
            Err(message) => problems.push(Problem { file: file.to_owned(), line: *line, message }),
        }
    }
    entry
}
