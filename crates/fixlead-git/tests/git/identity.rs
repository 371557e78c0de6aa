//! Whether what was released is what was sent.

use fixlead_git::identity::{Pair, Status, compare, evidence};

use crate::repo::Repo;

const TEXT: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n";

fn statuses(pairs: &[Pair]) -> Vec<&'static str> {
    pairs.iter().map(|pair| pair.status.as_str()).collect()
}

/// Two patches on `sent`, and a branch `base` to release them on.
fn sent() -> Repo {
    let repo = Repo::new();
    repo.change("f", TEXT, "base");
    repo.git(&["branch", "release"]);
    repo.git(&["switch", "--quiet", "--create", "sent"]);
    repo.change("f", &TEXT.replace("7\n", "seven\n"), "mend seven");
    repo.change("f", &TEXT.replace("7\n", "seven\n").replace("14\n", "14\nfifteen\n"), "add fifteen");
    repo
}

fn release(repo: &Repo, before: &[(&str, &str)]) {
    repo.git(&["switch", "--quiet", "release"]);
    for (old, new) in before {
        let text = std::fs::read_to_string(repo.path().join("f")).unwrap();
        repo.change("f", &text.replacen(old, new, 1), "meanwhile");
    }
    repo.git(&["tag", "before"]);
    repo.git(&["cherry-pick", "main..sent"]);
}

#[test]
fn what_moved_in_the_file_is_the_same() {
    let repo = sent();
    release(&repo, &[("1\n", "0\n0.5\n1\n")]);
    let pairs = compare(&repo.workspace(), "main..sent", "before..release").unwrap();
    assert_eq!(statuses(&pairs), ["same", "same"]);
    assert!(pairs.iter().all(|pair| pair.interdiff.is_empty()));
}

#[test]
fn other_lines_around_are_told_from_other_changes() {
    let repo = sent();
    release(&repo, &[("\n4\n", "\nfour\n")]);
    repo.change(
        "f",
        &TEXT.replace("7\n", "seven\n").replace("\n4\n", "\nfour\n").replace("14\n", "14\nFIFTEEN\n"),
        "add fifteen",
    );
    repo.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    repo.git(&["commit", "--quiet", "-m", "add fifteen"]);
    repo.change("new", "x\n", "nobody saw this");
    let pairs = compare(&repo.workspace(), "main..sent", "before..release").unwrap();
    assert_eq!(statuses(&pairs), ["context-differs", "changed", "added"]);
    let interdiff = &pairs[1].interdiff;
    assert!(interdiff.contains("-+fifteen\n") && interdiff.contains("++FIFTEEN\n"), "{interdiff}");
    let back = compare(&repo.workspace(), "before..release", "main..sent").unwrap();
    assert_eq!(statuses(&back), ["context-differs", "changed", "dropped"]);
}

#[test]
fn white_space_and_modes_count() {
    let repo = Repo::new();
    repo.change("f", "a:\n  b\n", "base");
    repo.change("f", "a:\n  b\n  c\n", "indent");
    repo.git(&["switch", "--quiet", "--create", "other", "main~1"]);
    repo.change("f", "a:\n  b\n    c\n", "indent");
    let one = compare(&repo.workspace(), "main", "other").unwrap();
    assert_eq!(statuses(&one), ["changed"]);
    repo.git(&["reset", "--quiet", "--hard", "main~1"]);
    repo.write("f", "a:\n  b\n  c\n");
    repo.git(&["add", "f"]);
    repo.git(&["update-index", "--chmod=+x", "f"]);
    repo.git(&["commit", "--quiet", "-m", "indent"]);
    let two = compare(&repo.workspace(), "main", "other").unwrap();
    assert_eq!(statuses(&two), ["changed"]);
    assert!(two[0].interdiff.contains("+new mode 100755"), "{}", two[0].interdiff);
}

#[test]
fn mails_compare_with_commits_renames_and_binary_files_included() {
    let repo = Repo::new();
    repo.change("old name", TEXT, "base");
    repo.git(&["branch", "release"]);
    repo.git(&["mv", "old name", "new name"]);
    repo.change("new name", &TEXT.replace("7\n", "seven\n"), "rename and mend");
    std::fs::write(repo.path().join("picture"), b"\0\x01\x02").unwrap();
    repo.commit("a picture \u{e9}");
    repo.change("last", "no line ends here", "last");
    let mails = repo.place.0.join("mails");
    let written = repo.git(&["format-patch", "--stdout", "--cover-letter", "-3"]);
    std::fs::write(&mails, written + "\n").unwrap();
    repo.git(&["switch", "--quiet", "release"]);
    repo.change("other", "x", "meanwhile");
    repo.git(&["cherry-pick", "main~3..main"]);
    let mails = mails.to_str().unwrap();
    let pairs = compare(&repo.workspace(), mails, "release~3..release").unwrap();
    assert_eq!(statuses(&pairs), ["same", "same", "same"]);
    let sent = pairs[1].sent.as_ref().unwrap();
    assert_eq!((sent.subject.as_str(), sent.commit), ("a picture \u{e9}", Some(repo.id("main~1"))));
    std::fs::write(repo.path().join("picture"), b"\0\x01\x03").unwrap();
    repo.git(&["commit", "--quiet", "--all", "--amend", "-m", "last"]);
    let pairs = compare(&repo.workspace(), mails, "release~3..release").unwrap();
    assert_eq!(statuses(&pairs), ["same", "same", "changed"]);
}

#[test]
fn evidence_is_what_git_finds_again() {
    let repo = sent();
    release(&repo, &[("1\n", "0\n1\n"), ("13\n", "13.0\n")]);
    let pairs = compare(&repo.workspace(), "main..sent", "before..release").unwrap();
    assert_eq!(statuses(&pairs), ["same", "context-differs"]);
    let text = evidence(&pairs);
    let lines: Vec<Vec<&str>> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect()).collect();
    assert_eq!(lines.len(), 4);
    let command = text.lines().find_map(|line| line.strip_prefix("#   echo COMMIT | git ")).unwrap();
    let (diff, id) = command.split_once(" | git ").unwrap();
    for line in &lines {
        let patch = repo.feed(&diff.split(' ').collect::<Vec<_>>(), &format!("{}\n", line[3])) + "\n";
        let found = repo.feed(&id.split(' ').collect::<Vec<_>>(), &patch);
        assert_eq!(found, format!("{} {}", line[2], line[3]));
    }
    assert_eq!(lines[0][2], lines[1][2]);
    assert_ne!(lines[2][2], lines[3][2]);
}

#[test]
fn a_series_that_is_none_says_so() {
    let repo = sent();
    let workspace = repo.workspace();
    for (series, wanted) in [
        ("main...sent", "two dots"),
        ("main..", "both ends"),
        ("sent..main", "no commit in it"),
        ("nowhere..main", "no commit of that name"),
    ] {
        let error = compare(&workspace, series, "main..sent").unwrap_err().to_string();
        assert!(error.contains(wanted), "{series}: {error}");
    }
    let empty = repo.place.0.join("empty");
    std::fs::write(&empty, "From nobody\n").unwrap();
    let error = compare(&workspace, empty.to_str().unwrap(), "main..sent").unwrap_err().to_string();
    assert!(error.contains("no mail in it has a patch"), "{error}");
    assert_eq!(compare(&workspace, "sent", "sent").unwrap()[0].status, Status::Same);
}
