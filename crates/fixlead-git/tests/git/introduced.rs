//! Guesses at where a flaw came from.

use fixlead_git::introduced::{Candidate, Confidence, How, candidates};

use crate::repo::Repo;

fn ask(repo: &Repo, fix: &str) -> Vec<Candidate> {
    candidates(&repo.workspace(), fix, 100).unwrap().1
}

const TEXT: &str = "fn one() {\n    a();\n}\n\nfn two() {\n    b();\n}\n\nfn three() {\n    c();\n}\n";

#[test]
fn who_wrote_what_the_fix_takes_away_is_likely() {
    let repo = Repo::new();
    repo.change("f.rs", TEXT, "base");
    let first = repo.change("f.rs", &TEXT.replace("b();", "b(1);"), "count");
    let flaw = repo.change("f.rs", &TEXT.replace("b();", "b(unchecked);"), "a feature");
    repo.change("f.rs", &TEXT.replace("b();", "  b(unchecked);"), "reformat");
    let fix = repo.change("f.rs", &TEXT.replace("b();", "b(checked);"), "mend it");
    let found = ask(&repo, &fix.to_string());
    assert_eq!((found[0].commit, found[0].confidence, found[0].share), (flaw, Confidence::Likely, 100));
    assert_eq!(found[0].subject, "a feature");
    let line = found[0].lines.first().unwrap();
    assert_eq!((line.path.as_str(), line.number, line.text.trim()), ("f.rs", 6, "b(unchecked);"));
    let earlier = found.iter().find(|candidate| candidate.commit == first).unwrap();
    assert_eq!((earlier.confidence, earlier.how.first()), (Confidence::Weak, Some(&How::EarlierHistory)));
    // Whoever bounds it is told what to do.
    let bounded = candidates(&repo.workspace(), &fix.to_string(), 0).map(drop);
    assert!(bounded.unwrap_err().to_string().contains("name fewer commits"));
}

#[test]
fn beside_an_addition_nothing_is_sure() {
    let repo = Repo::new();
    repo.change("f.rs", TEXT, "base");
    let flaw = repo.change(
        "f.rs",
        &TEXT.replace("    b();\n", "    let x = input();\n    b(x);\n    log(x);\n"),
        "a feature",
    );
    let fix = repo.change(
        "f.rs",
        &TEXT.replace("    b();\n", "    let x = input();\n    check(x);\n    b(x);\n    log(x);\n"),
        "mend it",
    );
    let found = ask(&repo, &fix.to_string());
    assert_eq!((found[0].commit, found[0].confidence), (flaw, Confidence::Possible));
    assert_eq!(found[0].how.first(), Some(&How::SurroundingLines));
    assert!(found.iter().all(|candidate| candidate.confidence >= Confidence::Possible));
}

#[test]
fn what_the_message_states_comes_first() {
    let repo = Repo::new();
    repo.change("f.rs", TEXT, "base");
    let stated = repo.change("g.rs", "x\n", "elsewhere");
    repo.change("f.rs", &TEXT.replace("b();", "b(unchecked);"), "a feature");
    let short = &stated.to_string()[..12];
    let fix = repo.change("f.rs", TEXT, &format!("mend it\n\nFixes: {short} (\"elsewhere\")"));
    let found = ask(&repo, &fix.to_string());
    assert_eq!((found[0].commit, found[0].confidence), (stated, Confidence::Stated));
    assert_eq!(found[1].confidence, Confidence::Likely);
}

#[test]
fn a_fix_that_only_makes_files_has_no_candidate() {
    let repo = Repo::new();
    repo.change("f.rs", TEXT, "base");
    let fix = repo.change("g.rs", "x\n", "new");
    assert!(ask(&repo, &fix.to_string()).is_empty());
    // Nor does a series blame itself.
    repo.change("g.rs", "y\n", "better");
    assert!(ask(&repo, "main~2..main").is_empty());
}
