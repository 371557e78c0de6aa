//! `MAINTAINERS` in the form of the kernel (sections of `M:`, `R:`, `F:`, `X:`,
//! `N:`), and in Markdown (tables and lists of people below headings).

use regex::Regex;

use super::pattern::{self, Dialect};
use super::{Files, Named, PathOwners, Problem};

/// Where it is looked for.
pub const PLACES: &[&str] = &[
    "MAINTAINERS",
    "MAINTAINERS.md",
    "maintainers.md",
    ".github/MAINTAINERS.md",
    "docs/MAINTAINERS.md",
    "OWNERS.md",
];

/// People for some paths.
#[derive(Debug, Default)]
struct Section {
    /// Paths that fit any; in Markdown none means every path.
    files: Vec<Regex>,
    excluded: Vec<Regex>,
    everything: bool,
    maintainers: Vec<Named>,
    reviewers: Vec<Named>,
}

/// Everybody who is named.
#[derive(Debug, Default)]
pub struct Maintainers {
    sections: Vec<Section>,
}

impl Maintainers {
    /// Reads all that are there.
    pub fn read(files: &Files, problems: &mut Vec<Problem>) -> Self {
        let mut sections = Vec::new();
        for file in PLACES {
            let Some(text) = files.get(*file) else { continue };
            if text.lines().any(|line| matches!(tagged(line), Some(('F' | 'N', _)))) {
                kernel(file, text, &mut sections, problems);
            } else {
                markdown(file, text, &mut sections);
            }
        }
        Maintainers { sections }
    }

    /// Adds who is named for a path.
    pub fn find(&self, of: &mut PathOwners) {
        for section in &self.sections {
            let fits = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(&of.path));
            if (section.everything || fits(&section.files)) && !fits(&section.excluded) {
                of.approvers.extend(section.maintainers.iter().cloned());
                of.reviewers.extend(section.reviewers.iter().cloned());
            }
        }
    }
}

/// A letter with a colon, and what follows: `M: Name <address>`.
fn tagged(line: &str) -> Option<(char, &str)> {
    let mut letters = line.chars();
    let tag = letters.next().filter(char::is_ascii_uppercase)?;
    let rest = letters.as_str().strip_prefix(':')?;
    rest.starts_with([' ', '\t']).then(|| (tag, rest.trim()))
}

fn kernel(file: &str, text: &str, sections: &mut Vec<Section>, problems: &mut Vec<Problem>) {
    let mut title = "";
    let mut open: Option<Section> = None;
    for (number, line) in text.lines().enumerate() {
        let Some((tag, value)) = tagged(line) else {
            sections.extend(open.take());
            title = if line.trim().is_empty() { title } else { line.trim() };
            continue;
        };
        let section = open.get_or_insert_with(Section::default);
        if value.is_empty() && "MRFXN".contains(tag) {
            let message = format!("nothing stands behind `{tag}:`; complete the line or leave it out");
            problems.push(Problem { file: file.to_owned(), line: number + 1, message });
            continue;
        }
        let named = || Named { section: Some(title.to_owned()), ..Named::new(value, file, number + 1) };
        let read = match tag {
            'M' => {
                section.maintainers.push(named());
                continue;
            }
            'R' => {
                section.reviewers.push(named());
                continue;
            }
            'F' | 'X' => pattern::kernel(value),
            'N' => pattern::expression(value),
            _ => continue,
        };
        match (read, tag) {
            (Ok(pattern), 'X') => section.excluded.push(pattern),
            (Ok(pattern), _) => section.files.push(pattern),
            (Err(message), _) => problems.push(Problem { file: file.to_owned(), line: number + 1, message }),
        }
    }
    sections.extend(open);
}

/// What a heading says of the people below it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Maintainer,
    Reviewer,
    /// Not asked any more.
    Former,
}

fn markdown(file: &str, text: &str, sections: &mut Vec<Section>) {
    let mut standing = Standing::Maintainer;
    let mut heading = String::new();
    let mut columns: Option<Columns> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(title) = line.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim().to_owned();
            let said = heading.to_lowercase();
            let former = ["emeritus", "emeriti", "former", "alumni", "retired", "inactive", "past "];
            standing = if former.iter().any(|word| said.contains(word)) {
                Standing::Former
            } else if said.contains("reviewer") {
                Standing::Reviewer
            } else {
                Standing::Maintainer
            };
            columns = None;
            continue;
        }
        let found = if line.starts_with('|') || (columns.is_some() && line.contains('|')) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            match &columns {
                None => {
                    columns = Columns::read(&cells);
                    None
                }
                Some(columns) => columns.person(&cells),
            }
        } else {
            columns = None;
            // A list names people by their logins.
            let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
            item.and_then(login).map(|name| (name, Vec::new()))
        };
        let Some((name, paths)) = found.filter(|_| standing != Standing::Former) else { continue };
        let section = (!heading.is_empty()).then(|| heading.clone());
        let named = Named { section, ..Named::new(&name, file, number + 1) };
        let files: Vec<Regex> =
            paths.iter().filter_map(|path| pattern::glob(path, Dialect::GitHub).ok()).collect();
        let mut section = Section { everything: files.is_empty(), files, ..Section::default() };
        match standing {
            Standing::Reviewer => section.reviewers.push(named),
            _ => section.maintainers.push(named),
        }
        sections.push(section);
    }
}

/// Which columns of a table say what.
struct Columns {
    login: Option<usize>,
    name: Option<usize>,
    paths: Option<usize>,
}

impl Columns {
    /// Reads the heading of a table; none if it is not one of people.
    fn read(cells: &[&str]) -> Option<Self> {
        let find = |words: &[&str]| {
            cells.iter().position(|cell| {
                let cell = cell.to_lowercase();
                words.iter().any(|word| cell.contains(word))
            })
        };
        let columns = Columns {
            login: find(&["github", "gitlab", "handle", "login", "username", "user name"]),
            name: find(&["name", "maintainer", "reviewer", "who", "person"]),
            paths: find(&["path", "director", "files", "folder"]),
        };
        (columns.login.is_some() || columns.name.is_some()).then_some(columns)
    }

    /// The person of a row, and the paths that it names.
    fn person(&self, cells: &[&str]) -> Option<(String, Vec<String>)> {
        if cells
            .iter()
            .all(|cell| !cell.is_empty() && cell.chars().all(|letter| matches!(letter, '-' | ':' | ' ')))
        {
            return None;
        }
        let cell =
            |column: Option<usize>| column.and_then(|column| cells.get(column)).copied().unwrap_or_default();
        let by_login = login(cell(self.login)).or_else(|| Some(linked(cell(self.login)).to_owned()));
        let by_name = login(cell(self.name)).or_else(|| Some(linked(cell(self.name)).to_owned()));
        let name = by_login.filter(|name| !name.is_empty()).or(by_name).filter(|name| !name.is_empty())?;
        let paths = cell(self.paths).split([',', ' ', '`']).filter(|path| path.contains(['/', '*', '.']));
        Some((name, paths.map(str::to_owned).collect()))
    }
}

/// The first `@login` of a text.
fn login(text: &str) -> Option<String> {
    let (before, rest) = text.split_once('@')?;
    let name: String = rest
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '/'))
        .collect();
    // Within a word it is the middle of an address.
    let is_address = before.chars().next_back().is_some_and(|letter| letter.is_ascii_alphanumeric());
    (!name.is_empty() && !is_address).then_some(name)
}

/// What is shown of `[text](address)`.
fn linked(text: &str) -> &str {
    text.strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .map_or(text, |(shown, _)| shown)
        .trim_matches('`')
}
