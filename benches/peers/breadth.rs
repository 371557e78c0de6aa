//! The peer of `fixlead patch affected`: a breadth-first search for each query, as databases of
//! vulnerabilities do it. From the commits that introduce a flaw it goes to their children, as far as
//! they go, and from those that fix it likewise; what the first reaches and the second does not is
//! affected. The history is read from git in one run, and everything is in memory then.
//!
//! Usage: breadth REPOSITORY BATCH, a line of JSON in BATCH for each query with one commit in
//! `introduced` and one in `fixed`. Prints for each query its id and the tags that are affected.
//! Compiled by `rustc -O`, with the standard library alone.

use std::collections::{HashMap, VecDeque};
use std::io::Write as _;
use std::process::Command;

fn git(repository: &str, arguments: &[&str]) -> String {
    let output = Command::new("git").arg(format!("--git-dir={repository}")).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

struct History<'a> {
    numbers: HashMap<&'a str, usize>,
    children: Vec<Vec<usize>>,
}

impl History<'_> {
    /// A commit and all that come from it.
    fn reached(&self, from: usize, seen: &mut [bool]) {
        let mut queue = VecDeque::from([from]);
        seen[from] = true;
        while let Some(commit) = queue.pop_front() {
            for &next in &self.children[commit] {
                if !std::mem::replace(&mut seen[next], true) {
                    queue.push_back(next);
                }
            }
        }
    }
}

/// What stands between the quotes after a name.
fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line.split_once(&format!("\"{name}\"")).expect(name);
    rest.split('"').nth(1).expect(name)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, repository, batch] = arguments.as_slice() else { panic!("breadth REPOSITORY BATCH") };
    let listed = git(repository, &["rev-list", "--parents", "--tags", "--branches"]);
    let lines: Vec<&str> = listed.lines().collect();
    let numbers: HashMap<&str, usize> =
        lines.iter().enumerate().map(|(number, line)| (line.split(' ').next().unwrap(), number)).collect();
    let mut history = History { numbers, children: vec![Vec::new(); lines.len()] };
    for (number, line) in lines.iter().enumerate() {
        for parent in line.split(' ').skip(1) {
            let parent = history.numbers[parent];
            history.children[parent].push(number);
        }
    }
    let format = "--format=%(refname:strip=2)%00%(objectname)%00%(*objectname)";
    let refs = git(repository, &["for-each-ref", format, "refs/tags"]);
    let mut tags: Vec<(&str, usize)> = Vec::new();
    for line in refs.lines() {
        let parts: Vec<&str> = line.split('\0').collect();
        let commit = if parts[2].is_empty() { parts[1] } else { parts[2] };
        tags.extend(history.numbers.get(commit).map(|number| (parts[0], *number)));
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::fs::read_to_string(batch).unwrap().lines() {
        let introduced = history.numbers[field(line, "introduced")];
        let fix = history.numbers[field(line, "fixed")];
        let (mut affected, mut mended) = (vec![false; lines.len()], vec![false; lines.len()]);
        history.reached(introduced, &mut affected);
        // A fix that never had the flaw mends nothing.
        if affected[fix] {
            history.reached(fix, &mut mended);
        }
        write!(out, "{}", field(line, "id")).unwrap();
        for (tag, commit) in &tags {
            if affected[*commit] && !mended[*commit] {
                write!(out, " {tag}").unwrap();
            }
        }
        writeln!(out).unwrap();
    }
}
