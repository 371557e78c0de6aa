//! The first project of an installation, made out of what its operator knows.

use std::collections::BTreeMap;

use fixlead_app::policies::NewPolicy;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;
use fixlead_app::welcome::{Beginning, Stage, code, consider};
use fixlead_core::id::PersonId;

use crate::house::{House, line};

fn beginning() -> Beginning {
    Beginning {
        organisation: line("Meridian"),
        project: line("Shardwell"),
        policy: NewPolicy::built_in("vitess"),
        branches: code::branches("main development\nrelease-1 supported").unwrap(),
        owners: code::owners("* @hal\n/go/ @fay @hal\n"),
        people: vec![(line("Fay Ito"), "fay".to_owned()), (line("Gil"), String::new())],
    }
}

#[tokio::test]
async fn a_project_begins_once_however_often_it_is_asked_for() {
    let house = House::under("opentelemetry").await;
    let olga = house.caller(house.olga);
    let repeat = Repeat::new("one", b"all of it").unwrap();
    let begun = house.desk.begin(&olga, beginning(), &repeat).await.unwrap();
    let again = house.desk.begin(&olga, beginning(), &repeat).await.unwrap();
    assert_eq!(begun.project, again.project);
    assert_ne!(begun.links, again.links, "links are not kept, so there are others");
    let seen = house.desk.read_directory(&olga).await.unwrap();
    let directory = seen.directory();
    let named = |name: &str| directory.people.iter().filter(|(_, person)| &*person.name == name).count();
    assert_eq!((directory.organisations.len(), directory.projects.len()), (2, 2));
    assert_eq!((named("Fay Ito"), named("Gil")), (1, 1));
    let facts = &directory.projects[&begun.project].facts;
    let fay = directory.people.iter().find(|(_, person)| &*person.name == "Fay Ito").unwrap().0.to_string();
    let owners: BTreeMap<&str, Vec<&str>> = facts
        .owners
        .iter()
        .map(|(place, names)| (&**place, names.iter().map(|name| &**name).collect()))
        .collect();
    assert_eq!(owners, BTreeMap::from([("", vec!["hal"]), ("go/", vec![&*fay, "hal"])]));

    // The old link opens nothing any more, the new one lets her in; then she answers reports.
    let old = house.desk.accounts().welcome(&begun.links[0].1, "desk", "desk").await;
    assert_eq!(old.err(), Some(Problem::NotFound));
    let welcome = house.desk.accounts().welcome(&again.links[0].1, "desk", "desk").await.unwrap();
    let stage = async |person: PersonId| {
        let progress = house.desk.beginnings(&olga).await.unwrap();
        let project = progress.into_iter().find(|one| one.project == begun.project).unwrap();
        project.people.into_iter().find(|(id, _, _)| *id == person).unwrap().2
    };
    assert_eq!(stage(welcome.person).await, Stage::Invited);
    house.desk.join(welcome.person).await.unwrap();
    assert_eq!(stage(welcome.person).await, Stage::Joined);
    let repeat = Repeat::new("two", b"fay").unwrap();
    house.desk.make_responder(&olga, begun.project, welcome.person, &repeat).await.unwrap();
    assert_eq!(stage(welcome.person).await, Stage::Proposed, "there are responders here, who confirm it");
}

#[tokio::test]
async fn only_who_keeps_the_desk_begins_a_project() {
    let house = House::under("vitess").await;
    let repeat = Repeat::new("one", b"all of it").unwrap();
    for person in [house.ana, house.eli] {
        let caller = house.caller(person);
        assert!(!house.desk.may_begin(&caller).await.unwrap());
        assert!(house.desk.begin(&caller, beginning(), &repeat).await.is_err());
    }
    let seen = house.desk.read_directory(&house.caller(house.olga)).await.unwrap();
    assert_eq!((seen.directory().organisations.len(), seen.directory().projects.len()), (1, 1));
    assert!(house.desk.may_begin(&house.caller(house.olga)).await.unwrap());
}

#[test]
fn a_policy_is_looked_at_with_what_it_leaves_open_and_what_is_wrong_in_it() {
    let looked = consider(&NewPolicy::built_in("opentelemetry")).unwrap();
    assert!(looked.open.iter().any(|(id, about)| id == "intake" && !about.is_empty()));
    assert!(looked.findings.iter().all(|(_, text)| !text.contains("has no value")));
    let set = |name: &str, value: &str| NewPolicy {
        parameters: BTreeMap::from([(name.to_owned(), line(value))]),
        ..NewPolicy::built_in("opentelemetry")
    };
    let open = consider(&set("intake", "security@example.org")).unwrap().open;
    assert_eq!(open, looked.open, "what can be changed goes on to be shown");
    for (policy, place) in [
        (set("intake", "two words"), "/parameters/intake"),
        (set("nothing", "x"), "/parameters/nothing"),
        (NewPolicy::built_in("[policy]\nid = 7\n"), "/policy"),
    ] {
        let Err(Problem::Invalid { errors }) = consider(&policy) else { panic!("{place} is not noticed") };
        assert_eq!(errors[0].pointer, place);
    }
}
