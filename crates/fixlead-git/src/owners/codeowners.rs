//! `CODEOWNERS` of GitHub and of GitLab. In each the last line that fits a path
//! wins; GitLab's sections are each asked, with their own last line.

use regex::Regex;

use super::pattern::{self, Dialect};
use super::{Files, Named, PathOwners, Problem};

/// Where it is looked for, the first that is there counts for its house.
pub const PLACES: &[&str] = &[".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

#[derive(Debug)]
struct Section {
    /// Without a name before the first heading.
    name: Option<String>,
    optional: bool,
    approvals: Option<u32>,
    defaults: Vec<Named>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    pattern: Regex,
    /// Whether what fits is left out of the section.
    excludes: bool,
    owners: Vec<Named>,
}

/// The file that counts.
#[derive(Debug, Default)]
pub struct CodeOwners {
    sections: Vec<Section>,
}

impl CodeOwners {
    /// Reads it.
    pub fn read(files: &Files, problems: &mut Vec<Problem>) -> Self {
        let Some((file, text)) = PLACES.iter().find_map(|place| files.get_key_value(*place)) else {
            return CodeOwners::default();
        };
        let has_sections = text.lines().any(|line| heading(line.trim()).is_some());
        let dialect =
            if has_sections || file.starts_with(".gitlab/") { Dialect::GitLab } else { Dialect::GitHub };
        let mut sections = vec![Section {
            name: None,
            optional: false,
            approvals: None,
            defaults: Vec::new(),
            lines: Vec::new(),
        }];
        let mut current = 0;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let named = |words: &[String], section: Option<&Section>| -> Vec<Named> {
                let names = words.iter().take_while(|word| !word.starts_with('#'));
                names
                    .map(|name| Named {
                        section: section.and_then(|section| section.name.clone()),
                        optional: section.is_some_and(|section| section.optional),
                        approvals: section.and_then(|section| section.approvals),
                        ..Named::new(name, file, number + 1)
                    })
                    .collect()
            };
            if let Some((name, optional, approvals, rest)) =
                heading(line).filter(|_| dialect == Dialect::GitLab)
            {
                // A section that is named again goes on.
                let same = |section: &Section| {
                    section.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
                };
                current = sections.iter().position(same).unwrap_or_else(|| {
                    let name = Some(name.to_owned());
                    sections.push(Section {
                        name,
                        optional,
                        approvals,
                        defaults: Vec::new(),
                        lines: Vec::new(),
                    });
                    sections.len() - 1
                });
                let defaults = named(&words(rest), Some(&sections[current]));
                if sections[current].defaults.is_empty() {
                    sections[current].defaults = defaults;
                }
                continue;
            }
            let words = words(line);
            let Some((first, owners)) = words.split_first() else { continue };
            let (first, excludes) = match first.strip_prefix('!') {
                Some(rest) if dialect == Dialect::GitLab => (rest, true),
                _ => (first.as_str(), false),
            };
            if dialect == Dialect::GitHub && (first.starts_with('!') || first.contains('[')) {
                let message = "GitHub passes over patterns with ! or [".to_owned();
                problems.push(Problem { file: file.clone(), line: number + 1, message });
                continue;
            }
            match pattern::glob(first, dialect) {
                Ok(pattern) => {
                    let owners = named(owners, Some(&sections[current]));
                    sections[current].lines.push(Line { pattern, excludes, owners });
                }
                Err(message) => problems.push(Problem { file: file.clone(), line: number + 1, message }),
            }
        }
        CodeOwners { sections }
    }

    /// Adds who is named for a path.
    pub fn find(&self, of: &mut PathOwners) {
        for section in &self.sections {
            let mut fitting = section.lines.iter().filter(|line| line.pattern.is_match(&of.path));
            if fitting.clone().any(|line| line.excludes) {
                continue;
            }
            let Some(line) = fitting.next_back() else { continue };
            let owners = if line.owners.is_empty() { &section.defaults } else { &line.owners };
            of.approvers.extend(owners.iter().cloned());
        }
    }
}

/// Reads `^[Name][2] @defaults`: name, whether it is optional, how many agree,
/// and what follows.
fn heading(line: &str) -> Option<(&str, bool, Option<u32>, &str)> {
    let (line, optional) = line.strip_prefix('^').map_or((line, false), |line| (line, true));
    let (name, rest) = line.strip_prefix('[')?.split_once(']')?;
    let count = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    match count {
        Some((count, rest)) => Some((name, optional, Some(count.parse().ok()?), rest)),
        None => Some((name, optional, None, rest)),
    }
}

/// Words between spaces; `\` keeps one within a word.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                let next = letters.next();
                if let (Some(word), Some(next)) = (words.last_mut(), next) {
                    word.extend(['\\', next]);
                }
            }
            letter if letter.is_whitespace() => words.push(String::new()),
            letter => words.last_mut().into_iter().for_each(|word| word.push(letter)),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
