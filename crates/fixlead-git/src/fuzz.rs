//! What this crate reads that strangers wrote, each reader as a function of bytes:
//! `./torture fuzz` looks for bytes that break one, and a test tries again those
//! that once did.

use std::collections::BTreeMap;

use fixlead_core::text::is_harmful;

use crate::diff;
use crate::graph::file::Layer;
use crate::id::Format;
use crate::index::{Index, message, store};
use crate::owners::codeowners::CodeOwners;
use crate::owners::maintainers::Maintainers;
use crate::owners::prow::Prow;
use crate::owners::{Files, PathOwners, Problem};
use crate::private::{receive, serve};
use crate::{Source, blame, identity, refs, series};

/// A name, which is that of its folder in `tests/fuzz/corpora`, and what is given the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every reader.
pub const TARGETS: &[Target] = &[
    ("codeowners", codeowners),
    ("commit-graph", commit_graph),
    ("commit-index", commit_index),
    ("commit-message", commit_message),
    ("git-output", git_output),
    ("maintainers", maintainers),
    ("owners", owners),
    ("patch", patch),
    ("push", push),
    ("ref-pattern", ref_pattern),
    ("upstream", upstream),
];

fn patch(data: &[u8]) {
    let files = diff::read(data);
    let mut lines = 0;
    for hunk in files.iter().flat_map(|file| &file.hunks) {
        lines += hunk.lines.len();
        assert!(hunk.lines.iter().all(|line| matches!(line.first(), Some(b' ' | b'+' | b'-' | b'\\'))));
        assert!(hunk.lines.iter().all(|line| !line.contains(&b'\n')));
    }
    assert!(lines <= data.iter().filter(|byte| **byte == b'\n').count() + 1, "a line is read twice");
    let changes: usize = files.iter().map(|file| file.changes().count()).sum();
    assert!(changes <= lines);
}

fn commit_message(data: &[u8]) {
    let said = message::read(&String::from_utf8_lossy(data));
    assert!(said.notes.len() <= 256);
    for (_, id) in &said.notes {
        assert!((7..=64).contains(&id.len()) && id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{id}");
    }
    // A subject is compared as it is when it is read again.
    let again = message::read(&said.subject);
    assert_eq!(again.subject, said.subject, "a subject changes when it is read again");
}

/// What those who read files of owners say of them.
fn judged(of: PathOwners, problems: &[Problem]) {
    for named in of.approvers.iter().chain(&of.reviewers) {
        assert!(!named.name.is_empty() && named.line > 0, "{named:?}");
    }
    for problem in problems {
        let message = &problem.message;
        assert!(problem.line > 0 && !message.is_empty() && message.len() < 2_000, "{problem:?}");
        assert!(!message.chars().any(is_harmful), "{problem:?}");
    }
}

fn files(names: &[&str], data: &[u8]) -> Files {
    // Several files stand one after the other, each but the last with a zero byte at its end.
    let texts = data.splitn(names.len(), |byte| *byte == 0);
    let texts = texts.map(|text| String::from_utf8_lossy(text).into_owned());
    names.iter().map(|name| (*name).to_owned()).zip(texts).collect::<BTreeMap<_, _>>()
}

fn asked() -> PathOwners {
    PathOwners { path: "src/net/tls.rs".to_owned(), ..PathOwners::default() }
}

fn owners(data: &[u8]) {
    let (mut problems, mut of) = (Vec::new(), asked());
    let read = Prow::read(
        &files(&["OWNERS", "OWNERS_ALIASES", "src/OWNERS", "SECURITY_CONTACTS"], data),
        &mut problems,
    );
    read.find(&mut of);
    assert!(read.security_contacts().iter().all(|named| !named.name.is_empty()));
    judged(of, &problems);
}

fn codeowners(data: &[u8]) {
    for place in ["CODEOWNERS", ".gitlab/CODEOWNERS"] {
        let (mut problems, mut of) = (Vec::new(), asked());
        CodeOwners::read(&files(&[place], data), &mut problems).find(&mut of);
        judged(of, &problems);
    }
}

fn maintainers(data: &[u8]) {
    for place in ["MAINTAINERS", "MAINTAINERS.md"] {
        let (mut problems, mut of) = (Vec::new(), asked());
        Maintainers::read(&files(&[place], data), &mut problems).find(&mut of);
        judged(of, &problems);
    }
}

fn push(data: &[u8]) {
    match receive::read(data) {
        Ok(asked) => {
            assert!(asked.updates.len() <= 32);
            let mut names: Vec<&str> = asked.updates.iter().map(|update| update.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), asked.updates.len(), "a branch is named twice");
            assert!(asked.updates.iter().all(|update| update.branch() != Some("")));
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

fn upstream(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Source::parse(text) {
        Ok(source) => {
            assert_eq!(source.name(), text);
            if let Source::Https(address) = source {
                assert!(address.starts_with("https://") && !address.contains('@'), "{address:?}");
            }
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

fn ref_pattern(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (pattern, name) = text.split_once('\n').unwrap_or((text, text));
    let fits = refs::fits(pattern, name);
    if !pattern.contains(['*', '?']) {
        assert_eq!(fits, pattern == name, "without a star a pattern fits itself alone");
    }
    assert!(refs::fits("*", name) && refs::fits(&format!("{pattern}*"), pattern));
}

fn commit_graph(data: &[u8]) {
    for format in [Format::Sha1, Format::Sha256] {
        let Ok(layer) = Layer::new("commit-graph".into(), data.to_vec(), format) else { continue };
        assert_eq!(layer.ids().len(), layer.count * format.length());
        let mut count = 0;
        let read = layer.each(|_, _| count += 1);
        assert!(read.is_err() || count == layer.count);
    }
}

fn commit_index(data: &[u8]) {
    for format in [Format::Sha1, Format::Sha256] {
        if let Some(index) = store::read(data, format) {
            assert_eq!(store::written(&index), data, "what is kept is written otherwise");
        }
    }
}

/// What git prints of a repository whose names and messages anybody chose. The
/// first byte says which command it is of.
fn git_output(data: &[u8]) {
    let Some((which, output)) = data.split_first() else { return };
    match which % 6 {
        0 => drop(Index::default().take_in(&mut &*output, &Default::default())),
        1 => drop(series::records(output)),
        2 => drop(refs::listed(output)),
        3 => drop(blame::found(&String::from_utf8_lossy(output))),
        4 => drop(serve::headers(&mut &*output)),
        _ => drop(identity::patch_ids(output).count()),
    }
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[test]
fn what_once_broke_a_reader_of_repositories_breaks_it_no_more() {
    replay::all(TARGETS);
}
