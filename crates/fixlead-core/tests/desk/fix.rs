//! The private repository of a fix, as the log of its case knows it.

use fixlead_core::case::event::{Event, EventKind, Field};
use fixlead_core::desk::command::{Command, Refused, Thing, Wrong};
use fixlead_core::desk::event::{By, Push, Run, RunOutcome, Sighting};
use fixlead_core::id::PersonId;

use super::office::*;

fn proposed(id: &str, author: PersonId) -> Event {
    event(EventKind::CommitProposed)
        .with(Field::Id, text(id))
        .with(Field::Author, text(author))
        .with(Field::Paths, texts(&["src/lib.rs"]))
}

fn rewritten(from: &str, to: &str) -> Event {
    event(EventKind::CommitRewritten).with(Field::From, text(from)).with(Field::To, text(to))
}

fn push(to: &str, commits: &[&str], events: Vec<Event>) -> Command {
    let commits = commits.iter().map(|id| line(id)).collect();
    let push = Push { branch: line("main"), from: None, to: line(to), commits, picked: Vec::new() };
    Command::PushFix { pushes: vec![push], events }
}

fn lgtm(on: &str) -> Event {
    event(EventKind::Lgtm).with(Field::On, texts(&[on]))
}

#[test]
fn who_pushed_a_commit_never_approves_it_whoever_it_says_wrote_it() {
    let mut office = Office::with_fix("opentelemetry");
    office.by(ELI, push("p1", &["p1"], vec![proposed("p1", ANA)])).unwrap();
    assert_eq!(office.file.brought[&line("p1")], By::Person(ELI));
    for person in [ELI, ANA] {
        assert_eq!(office.record(person, lgtm("p1")), Err(Refused::Wrong(Wrong::SelfApproval)));
    }
    office.record(BO, lgtm("p1")).unwrap();
    // Two that became one are of both who wrote them.
    office.by(ANA, push("p2", &["p2"], vec![proposed("p2", ANA)])).unwrap();
    office.by(BO, push("p3", &["p3"], Vec::new())).unwrap_err();
    let both = vec![rewritten("p1", "p3"), rewritten("p2", "p3")];
    office.by(ELI, push("p3", &["p3"], both)).unwrap();
    for person in [ELI, ANA] {
        assert_eq!(office.record(person, lgtm("p3")), Err(Refused::Wrong(Wrong::SelfApproval)));
    }
    assert!(office.record(BO, lgtm("p3")).is_ok());
}

#[test]
fn who_pushed_a_commit_does_not_approve_it_after_somebody_else_wrote_it_anew() {
    let mut office = Office::with_fix("opentelemetry");
    // Eli's commit says that Bo wrote it; Ana amends it, and then it is hers as well.
    office.by(ELI, push("p1", &["p1"], vec![proposed("p1", BO)])).unwrap();
    office.by(ANA, push("p2", &["p2"], vec![rewritten("p1", "p2")])).unwrap();
    for person in [ELI, ANA, BO] {
        assert_eq!(office.record(person, lgtm("p2")), Err(Refused::Wrong(Wrong::SelfApproval)));
    }
    assert!(office.record(CHEN, lgtm("p2")).is_ok());
}

#[test]
fn what_the_desk_makes_for_another_branch_is_of_whoever_pushed_what_it_is_made_from() {
    let mut office = Office::with_fix("opentelemetry");
    office.by(ELI, push("p1", &["p1"], vec![proposed("p1", BO)])).unwrap();
    let carried = |from: &str, to: &str| {
        let commits = vec![line(to)];
        let picked = vec![(line(from), line(to))];
        let push = Push { branch: line("v1"), from: None, to: line(to), commits, picked };
        Command::PushFix { pushes: vec![push], events: vec![proposed(to, ANA)] }
    };
    office.by(ANA, carried("p1", "d1")).unwrap();
    for person in [ELI, ANA, BO] {
        assert_eq!(office.record(person, lgtm("d1")), Err(Refused::Wrong(Wrong::SelfApproval)));
    }
    // Nor when that is written anew, and made for a branch once more.
    office.by(ANA, push("d2", &["d2"], vec![rewritten("d1", "d2")])).unwrap();
    office.by(ANA, carried("d2", "e1")).unwrap();
    for person in [ELI, ANA, BO] {
        assert_eq!(office.record(person, lgtm("e1")), Err(Refused::Wrong(Wrong::SelfApproval)));
    }
    assert!(office.record(CHEN, lgtm("e1")).is_ok());
}

#[test]
fn what_checks_said_to_a_commit_is_kept_with_it_and_the_last_word_counts() {
    let mut office = Office::with_fix("opentelemetry");
    office.by(ELI, push("p1", &["p1"], vec![proposed("p1", ELI)])).unwrap();
    let ran = |commit: &str, outcome| Command::RecordRun {
        run: Box::new(Run {
            branch: line("main"),
            commit: line(commit),
            outcome,
            code: Some(1),
            output: None,
        }),
    };
    let desk = fixlead_core::access::Actor::System;
    let nothing = office.act(desk.clone(), ran("p9", RunOutcome::Failed));
    assert_eq!(nothing, Err(Refused::Unknown(Thing::Commit, "p9".into())));
    office.act(desk.clone(), ran("p1", RunOutcome::Failed)).unwrap();
    office.act(desk, ran("p1", RunOutcome::Passed)).unwrap();
    assert_eq!(office.file.runs[&line("p1")].1.outcome, RunOutcome::Passed);
    assert!(
        !office.file.history.iter().any(|event| event.kind == EventKind::Lgtm),
        "a check agrees to nothing"
    );
}

#[test]
fn a_push_brings_commits_and_nothing_else() {
    let mut office = Office::with_fix("opentelemetry");
    let before = office.file.clone();
    let known = office.by(ELI, push("c1", &["c1"], vec![proposed("c1", ELI)]));
    assert_eq!(known, Err(Refused::Wrong(Wrong::Repeated)));
    let other = office.by(ELI, push("p1", &["p1"], vec![lgtm("c1")]));
    assert_eq!(other, Err(Refused::Wrong(Wrong::OwnCommand)));
    let nothing = office.by(ELI, push("p1", &["p1"], vec![rewritten("p0", "p1")]));
    assert_eq!(nothing, Err(Refused::Unknown(Thing::Commit, "p0".into())));
    assert_eq!(office.file, before);
}

#[test]
fn a_leak_is_suspected_by_the_desk_and_dismissed_by_a_person_once() {
    let mut office = Office::with_fix("opentelemetry");
    let sighting =
        Sighting { commit: line("d1"), of: line("c1"), place: line("public"), how: line("patch id") };
    let suspect = Command::SuspectLeak { sighting };
    let dismiss = |commit: &str| Command::DismissLeak { commit: line(commit), reason: line("our own") };
    assert_eq!(office.by(ANA, dismiss("d1")), Err(Refused::Unknown(Thing::Commit, "d1".into())));
    office.act(fixlead_core::access::Actor::System, suspect.clone()).unwrap();
    assert_eq!(
        office.act(fixlead_core::access::Actor::System, suspect),
        Err(Refused::Wrong(Wrong::Repeated))
    );
    assert!(!office.file.public, "a suspicion ends no embargo");
    office.by(ANA, dismiss("d1")).unwrap();
    assert!(office.file.sightings[&line("d1")].1);
    assert_eq!(office.by(ANA, dismiss("d1")), Err(Refused::Wrong(Wrong::Repeated)));
}
