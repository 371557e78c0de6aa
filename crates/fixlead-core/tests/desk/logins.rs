//! Who is who where code lies, and whose LGTM counts by it.

use fixlead_core::access::Standing;
use fixlead_core::case::event::{Event, EventKind, Field};
use fixlead_core::case::project::OwnersRule;
use fixlead_core::case::{Project, event::Value};
use fixlead_core::desk::command::{Refused, Thing, Wrong};
use fixlead_core::desk::directory::Login;
use fixlead_core::desk::directory::command::DirectoryCommand as C;
use fixlead_core::desk::directory::login::MOST_LOGINS;
use fixlead_core::id::PersonId;
use fixlead_core::plan::Case;
use fixlead_core::plan::owners::{Quorum, Review, review};

use super::directory::{Hall, OPERATOR};
use super::office::{ANA, BO, CHEN, ELI, PROJECT, event, facts, line, policy, text, texts};

fn logins(list: &[&str]) -> Vec<Login> {
    list.iter().map(|one| Login::new(one).unwrap()).collect()
}

fn set(person: PersonId, list: &[&str]) -> C {
    C::SetLogins { person, logins: logins(list) }
}

#[test]
fn an_operator_says_which_logins_are_whose_and_nobody_claims_one() {
    let mut hall = Hall::staffed();
    assert_eq!(hall.by(ANA, set(ANA, &["ana"])), Err(Refused::Permit));
    assert_eq!(hall.by(ANA, set(BO, &["ana"])), Err(Refused::Permit));
    assert_eq!(hall.by(OPERATOR, set(OPERATOR, &["op"])), Err(Refused::Wrong(Wrong::SamePerson)));
    hall.by(OPERATOR, set(ANA, &["github.com/Ana", "ana@example.org", "@ANA-at-work", "ana-at-work"]))
        .unwrap();
    let known = &hall.directory.people[&ANA].logins;
    assert_eq!(*known, logins(&["ana-at-work", "ana@example.org", "github.com/ana"]));
    let again = set(ANA, &["github.com/ana", "ana@example.org", "ana-at-work"]);
    assert_eq!(hall.by(OPERATOR, again), Err(Refused::Wrong(Wrong::Unchanged)));
    let stranger = PersonId::from_bytes([98; 16]);
    assert!(matches!(hall.by(OPERATOR, set(stranger, &["x"])), Err(Refused::Unknown(Thing::Person, _))));
    let many: Vec<String> = (0..=MOST_LOGINS).map(|number| format!("a{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(hall.by(OPERATOR, set(BO, &many)), Err(Refused::Wrong(Wrong::TooMany)));
    hall.by(OPERATOR, set(BO, &many[1..])).unwrap();
}

#[test]
fn whoever_sets_the_desk_up_alone_may_say_which_are_their_own() {
    let mut hall = Hall::new();
    hall.by(OPERATOR, set(OPERATOR, &["op"])).unwrap();
}

#[test]
fn a_login_is_of_one_person_until_it_is_taken_or_they_are_removed() {
    let mut hall = Hall::staffed();
    hall.by(OPERATOR, set(ANA, &["github.com/ana", "ana@example.org"])).unwrap();
    for taken in ["github.com/ANA", "ana", "Ana <ana@example.org>"] {
        assert_eq!(hall.by(OPERATOR, set(BO, &[taken])), Err(Refused::Wrong(Wrong::LoginTaken)), "{taken}");
    }
    hall.by(OPERATOR, set(BO, &["gitlab.com/ana"])).unwrap();
    hall.by(OPERATOR, C::SetStanding { person: ANA, standing: Standing::Removed, reason: line("left") })
        .unwrap();
    assert!(hall.directory.people[&ANA].logins.is_empty());
    assert_eq!(hall.by(OPERATOR, set(ANA, &["ana"])), Err(Refused::Wrong(Wrong::NotActive)));
    hall.by(OPERATOR, set(BO, &["ana"])).unwrap();
}

#[test]
fn owners_that_files_name_stand_in_facts_as_the_people_whose_logins_they_are() {
    let mut hall = Hall::staffed();
    hall.by(OPERATOR, set(ANA, &["github.com/anita", "ana@example.org"])).unwrap();
    hall.by(OPERATOR, set(BO, &["bo", &CHEN.to_string()])).unwrap();
    let names = ["@Anita", "ana@EXAMPLE.org", "BO", "nobody", "Somebody"].map(Into::into);
    let chen: Box<str> = CHEN.to_string().into();
    let owners = vec![("".into(), [&names[..], std::slice::from_ref(&chen)].concat())];
    let facts = Project { owners, ..facts() };
    hall.by(ANA, C::SetFacts { project: PROJECT, facts: Box::new(facts) }).unwrap();
    let at = |host| hall.directory.facts(PROJECT, hall.now, host).unwrap().owners[0].1.clone();
    let (ana, bo) = (ANA.to_string(), BO.to_string());
    assert_eq!(at(Some("github.com")), [&ana, &ana, &bo, "nobody", "Somebody", &chen].map(Into::into));
    assert_eq!(at(Some("gitlab.com"))[0], "@Anita".into());
    assert_eq!(at(None)[0], "@Anita".into());
}

const BOTH: &[&str] = &["receiver/a.go", "exporter/b.go"];

/// A fix of one commit of Chen's that changes these paths, to which these have agreed.
fn fix(paths: &[&str], agreed: &[PersonId]) -> Vec<Event> {
    let commit = event(EventKind::CommitProposed)
        .with(Field::Id, text("c1"))
        .with(Field::Author, text(CHEN))
        .with(Field::Paths, texts(paths));
    let lgtm =
        |by: &PersonId| event(EventKind::Lgtm).with(Field::By, text(by)).with(Field::On, texts(&["c1"]));
    let complete = event(EventKind::FixComplete).with(Field::By, Value::Texts(vec![CHEN.to_string().into()]));
    std::iter::once(commit).chain(agreed.iter().map(lgtm)).chain([complete]).collect()
}

/// Asks about the commit; what the release goes by says the same.
fn asked<T>(id: &str, project: &Project, events: Vec<Event>, ask: impl Fn(&Review<'_>) -> T) -> T {
    let policy = policy(id);
    let case = Case::with_events(&policy, project, events);
    let review = review(&case.record, case.facts(), "c1").unwrap();
    assert!(review.needed);
    assert_eq!(review.done, case.facts().reviewed);
    ask(&review)
}

#[test]
fn an_lgtm_counts_for_the_paths_that_its_giver_owns_and_for_no_other() {
    let people = |list: &[PersonId]| list.iter().map(|person| person.to_string().into()).collect();
    let owners = vec![
        ("".into(), people(&[BO])),
        ("receiver/".into(), people(&[ELI])),
        ("exporter/".into(), people(&[ANA])),
    ];
    let project = Project { owners, ..facts() };
    let id = "opentelemetry";
    let (eli, bo) = (ELI.to_string(), BO.to_string());
    asked(id, &project, fix(BOTH, &[ELI, BO]), |review| {
        assert_eq!((review.quorum, review.done), (Quorum::EachOwner, false));
        assert!(review.counts(&eli) && review.paths[0].counts(&eli) && !review.paths[1].counts(&eli));
        // He owns what is above, and the nearest file governs.
        assert!(!review.counts(&bo) && !review.paths[0].counts(&bo));
    });
    asked(id, &project, fix(BOTH, &[ELI, ANA]), |review| assert!(review.done));
    asked(id, &project, fix(&["main.go"], &[BO]), |review| assert!(review.done && review.counts(&bo)));
    let lenient = Project { owners_rule: Some(OwnersRule::Lenient), ..project.clone() };
    asked(id, &lenient, fix(BOTH, &[BO]), |review| {
        assert_eq!((review.quorum, review.done, review.counts(&bo)), (Quorum::AnyOwner, true, true));
    });
    let nobody = Project { owners: Vec::new(), ..project.clone() };
    asked(id, &nobody, fix(BOTH, &[BO]), |review| {
        assert_eq!((review.quorum, review.done), (Quorum::Anybody, true));
    });
    let maintained = Project { maintainers: people(&[ELI]), ..project.clone() };
    asked("vitess", &maintained, fix(BOTH, &[BO]), |review| {
        assert_eq!((review.quorum, review.done, review.counts(&bo)), (Quorum::Maintainers(1), false, false));
        assert!(review.counts(&eli));
    });
    let policy = policy(id);
    let case = Case::with_events(&policy, &project, fix(BOTH, &[]));
    assert!(review(&case.record, case.facts(), "c2").is_none());
}
